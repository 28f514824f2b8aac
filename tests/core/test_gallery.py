"""The failure gallery, what is measured of it, and the repetition over seeds."""

from __future__ import annotations

import math
import threading
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.config import RunConfig
from gan_core.config.presets import preset, presets
from gan_core.data import Images, load, load_data, own
from gan_core.errors import ConfigError
from gan_core.experiments.gallery import FEW_DIGITS, GOALS, HELPS, Failure, Tried, failures, find, goal_of
from gan_core.experiments.lessons import lessons
from gan_core.experiments.published import PROTOCOLS
from gan_core.experiments.seeds import Repeats, close
from gan_core.experiments.trials import Trial, interval, run_trial
from gan_core.game.networks import count_weights
from gan_core.training import Trainer

SMALL = RunConfig().changed(
    {"data.name": "ring-8", "batch_size": 8, "ema": 0.9}
    | {"generator.width": 8, "generator.depth": 1, "discriminator.width": 8, "discriminator.depth": 1}
)
EXPLOSIVE = SMALL.changed({"optimizer_d": "sgd", "lr_d": 1, "regularisers": [{"name": "r1", "weight": 1000}]})


@pytest.mark.parametrize("failure", failures().values(), ids=list(failures()))
def test_every_failure_and_every_cure_can_be_trained_and_differs(failure: Failure) -> None:
    base = failure.config(seed=3)
    assert base.seed == 3
    assert failure.preset in presets()
    assert failure.goal in GOALS
    assert failure.cures
    assert len({cure.name for cure in failure.cures}) == len(failure.cures)
    for cure in failure.cures:
        changed = failure.cured(cure, seed=3)
        assert set(base.differences(changed)) >= {path for path in cure.changes if path != "regularisers"}
        assert changed.seed == 3
        assert changed.data_shape == base.data_shape
        assert changed.data == base.data or failure.data  # more data cure what few data cause, and nothing else
    for text in (failure.see, failure.why, *(cure.why for cure in failure.cures)):
        assert text.endswith(".")
    assert Trainer(base).step().finite


def test_the_gallery_has_what_the_field_asks_about() -> None:
    assert {
        "ring-collapse",
        "digits-collapse",
        "saturated",
        "oscillation",
        "clip-too-large",
        "divergence",
        "memorising-d",
        "flat-d",
    } <= set(failures())


def test_what_was_tried_is_said_as_it_came_out() -> None:
    assert Tried(9, 10).helps
    assert not Tried(8, 10).helps
    assert not Tried(2, 2).helps  # two seeds are an anecdote
    assert not Tried(0, 0).helps
    assert not Tried(2, 3).settled
    assert Tried(1, 3).settled  # seven good ones more make eight of ten
    assert not Tried(1, 3).helps
    for failure in failures().values():
        if failure.tried is not None:
            assert failure.tried.good < HELPS * failure.tried.of or not failure.tried.settled, (
                f"{failure.name} does not fail"
            )
        if all(cure.tried is not None and cure.tried.settled for cure in failure.cures):
            order = [bool(cure.tried and cure.tried.helps) for cure in failure.cures]
            assert order == sorted(order, reverse=True), f"{failure.name}: cures that help come first"


def test_the_readme_says_what_was_tried() -> None:
    text = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for failure in failures().values():
        cures = [
            f"{f'**{cure.title}**' if cure.tried.helps else cure.title}: {cure.tried.good} of {cure.tried.of}"
            for cure in failure.cures
            if cure.tried is not None
        ]
        assert failure.tried is not None
        counts = f"{failure.tried.good} of {failure.tried.of}"
        assert f"| {failure.title} (`{failure.name}`) | {counts} | {'; '.join(cures)} |" in text


def test_unknown_names_are_answered_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="there are: ring-collapse"):
        find("boredom")
    failure = find("ring-collapse")
    with pytest.raises(ConfigError, match="packing"):
        failure.cure("luck")


def test_fifty_digits_are_fifty_of_the_training_digits() -> None:
    few, digits = load_data(find("memorising-d").config().data), load("digits")
    assert isinstance(few, Images)
    assert isinstance(digits, Images)
    assert few.n_train == FEW_DIGITS
    assert torch.allclose(few.train.float() / 127.5 - 1, digits.train[:FEW_DIGITS], atol=0.005)


def test_the_fifty_digits_come_back_after_others_pushed_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    first = find("memorising-d").config()
    monkeypatch.delitem(own._sets, first.data.hash)
    assert not own.known(first.data.hash)
    assert find("memorising-d").config() == first
    assert own.known(first.data.hash)


def test_a_trial_is_the_run_checked_at_its_steps() -> None:
    trial = run_trial(SMALL, "modes", first=2, last=6, every=2)
    assert trial == run_trial(SMALL, "modes", first=2, last=6, every=2)
    assert (trial.seed, trial.diverged_at) == (0, None)
    assert 0 <= trial.value <= 8
    assert trial.passed in (0, 1 / 3, 2 / 3, 1)


def test_a_trial_that_diverges_says_where_and_has_not_passed() -> None:
    trial = run_trial(EXPLOSIVE, "modes", first=1, last=500, every=1)
    trainer = Trainer(EXPLOSIVE)
    while trainer.step().finite:
        pass
    assert trial.diverged_at == trainer.step_count
    assert not trial.good


def test_a_trial_can_be_stopped() -> None:
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(CancelledError):
        run_trial(SMALL, "modes", stopped=stopped)


def test_classes_and_unseen_images_are_measured() -> None:
    digits = preset("digits").changed({"batch_size": 8})
    classes = run_trial(digits, "classes", first=2, last=2)
    assert 0 <= classes.value <= 10
    few = find("memorising-d").config()
    assert math.isfinite(run_trial(few, "unseen", first=30, last=30).value)


@pytest.mark.parametrize(
    ("name", "goal"), [("ring-8", "modes"), ("grid-25", "modes"), ("digits", "classes"), ("moons", None)]
)
def test_the_goal_suits_the_data(name: str, goal: str | None) -> None:
    assert goal_of(preset(name)) == goal


def test_an_interval_is_of_the_numbers_alone() -> None:
    assert interval([1.0, 2.0, 3.0, math.nan]) == pytest.approx((2.0, 1.2, 2.8))
    assert all(math.isnan(v) for v in interval([math.nan]))


def test_repeats_fill_row_by_row_with_each_seeds_own_numbers() -> None:
    with ThreadPoolExecutor(1) as executor:
        repeats = Repeats([SMALL, EXPLOSIVE], "modes", [0, 4], last=6, executor=executor)
        assert repeats.total == 4
    assert not repeats.running
    assert repeats.trials(0) == [run_trial(SMALL.changed({"seed": s}), "modes", first=4, last=6) for s in (0, 4)]
    assert [trial.seed for trial in repeats.trials(1)] == [0, 4]
    assert repeats.trouble == ""


class _Held(Executor):
    """Does nothing until it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Future[Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting.append(Future())
        return self.waiting[-1]


def test_repeats_can_be_cancelled_and_say_what_went_wrong() -> None:
    held = _Held()
    repeats = Repeats([SMALL], "modes", [0, 1, 2], executor=held)
    held.waiting[0].set_result(Trial(0, 8.0, 1.0))
    held.waiting[1].set_exception(MemoryError("no room"))
    assert (repeats.finished, repeats.running) == (2, True)
    assert repeats.trials(0) == [Trial(0, 8.0, 1.0)]
    assert repeats.trouble == "MemoryError: no room"
    repeats.cancel()
    assert repeats.cancelled
    assert (repeats.finished, repeats.running) == (2, False)  # the third never began
    assert repeats.trials(0) == [Trial(0, 8.0, 1.0)]


@pytest.mark.slow
def test_repeats_run_in_processes_of_their_own() -> None:
    few = find("memorising-d").config()
    repeats = Repeats([few], "unseen", [0], last=3)
    assert _ends(repeats)
    assert repeats.trouble == ""
    assert repeats.trials(0) == [run_trial(few, "unseen", first=2, last=3)]
    long = Repeats([SMALL], "modes", [0, 1], last=30_000)
    close()
    assert _ends(long, 20)
    assert long.trials(0) == []


def _ends(repeats: Repeats, seconds: float = 60) -> bool:
    waiting = threading.Event()
    for _ in range(int(seconds * 20)):
        if not repeats.running:
            return True
        waiting.wait(0.05)
    return False


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=list(PROTOCOLS))
def test_a_published_protocol_can_be_trained_with_every_packing_of_its_table(protocol: Any) -> None:
    for row in protocol.rows:
        assert 0 < row.modes[0] <= protocol.n_modes
        if row.packing:
            assert protocol.config(row.packing).packing == row.packing
    trainer = Trainer(protocol.config(2))
    # Two points side by side, three layers of 200 maxout units of five sums each, one logit.
    assert count_weights(trainer.discriminator) == 5 * 1_000 + 2 * 201 * 1_000 + 201
    assert trainer.step().finite


def test_one_name_means_one_gan() -> None:
    named: dict[str, list[RunConfig]] = {}
    for entry in presets().values():
        for name in (entry.name, entry.title):
            named.setdefault(name.casefold(), []).append(entry.config)
    for lesson in lessons().values():
        for name in (lesson.name, lesson.title):
            named.setdefault(name.casefold(), []).append(lesson.config())
    for failure in failures().values():
        for name in (failure.name, failure.title):
            named.setdefault(name.casefold(), []).append(failure.config())
        for cure in failure.cures:
            if cure.name in presets():
                named[cure.name].append(failure.cured(cure))
    assert len(named) > 60
    assert {name: len(found) for name, found in named.items() if len(set(map(str, found))) > 1} == {}
