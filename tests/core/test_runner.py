"""The runner on its thread: commands, states, queue and frames. Times here are generous; orders are strict."""

from __future__ import annotations

import gc
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_core import publisher
from gan_core import runner as module
from gan_core.config import DataConfig, Intervention, RunConfig
from gan_core.errors import ConfigError, DataError
from gan_core.frame import decode
from gan_core.history import StepStats
from gan_core.metrics import Score
from gan_core.runner import MAX_FRAME_RATE, Runner
from gan_core.slots import Slots
from gan_core.trainer import Trainer

SMALL = RunConfig().changed(
    {"data.name": "ring-8", "batch_size": 8, "ema": 0.9}
    | {"generator.width": 8, "generator.depth": 1, "discriminator.width": 8, "discriminator.depth": 1}
)
EXPLOSIVE = SMALL.changed({"optimizer_d": "sgd", "lr_d": 1, "regularisers": [{"name": "r1", "weight": 1000}]})
Make = Callable[..., Runner]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes runners, waits for their first picture, and sees that every thread ends."""
    made: list[Runner] = []

    def start(config: RunConfig = SMALL, *, wait: bool = True, **options: Any) -> Runner:
        runner = Runner(config, **options)
        made.append(runner)
        if wait:
            assert runner.wait(lambda r: r.state == "paused" and r.frame() is not None)
        return runner

    yield start
    for runner in made:
        runner.close()
    assert all(runner.wait(lambda r: r.state == "closed", 10) for runner in made)


def look(runner: Runner) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    frame = runner.frame()
    assert frame is not None
    return decode(frame)


def until(runner: Runner, seconds: float = 15, **expected: Any) -> dict[str, Any]:
    """The header of the first frame in which all these keys have these values."""

    def fits(r: Runner) -> bool:
        frame = r.frame()
        return frame is not None and expected.items() <= decode(frame)[0].items()

    assert runner.wait(fits, seconds), f"no frame with {expected}; the last one: {look(runner)[0]}"
    return look(runner)[0]


def trained(n: int, config: RunConfig = SMALL) -> dict[str, Any]:
    trainer = Trainer(config)
    for _ in range(n):
        stats = trainer.step()
    return asdict(stats)


def played(runner: Runner, n: int) -> dict[str, Any]:
    """Play to step ``n``; its numbers."""
    runner.set_stop_at(n)
    runner.play()
    stats: dict[str, Any] = until(runner, state="paused", step=n)["stats"]
    stats.pop("value")
    return stats


# -- playing -------------------------------------------------------------------------------------------------


def test_a_run_begins_paused_with_a_picture(make: Make) -> None:
    header, arrays = look(make(preset="ring-8"))
    assert (header["state"], header["step"], header["run"], header["preset"]) == ("paused", 0, 1, "ring-8")
    assert header["message"] == ""
    assert arrays["fake"].shape == (256, 2)
    assert header["verdict"]["headline"]


def test_play_trains_and_pause_stops(make: Make) -> None:
    runner = make()
    runner.play()
    assert runner.wait(lambda r: r.step_count > 50)
    assert (runner.state, runner.playing) == ("playing", True)
    runner.pause()
    assert runner.wait(lambda r: r.state == "paused", 0.15 + 1)
    stopped = runner.step_count
    time.sleep(0.1)
    assert runner.step_count == stopped
    header, _ = look(runner)
    assert (header["step"], header["steps_per_second"]) == (stopped, 0)
    runner.play()
    assert runner.wait(lambda r: r.step_count > stopped)


def test_a_played_run_has_the_trainers_numbers(make: Make) -> None:
    assert played(make(), 20) == pytest.approx(trained(20), rel=0, abs=0)


def test_two_runs_at_once_have_the_numbers_of_each_alone(make: Make) -> None:
    configs = [SMALL.changed({"seed": seed, "discriminator.dropout": 0.3}) for seed in (1, 2)]
    runners = [make(config) for config in configs]
    for runner in runners:
        runner.set_stop_at(60)
        runner.play()
    for runner, config in zip(runners, configs, strict=True):
        stats = until(runner, state="paused", step=60)["stats"]
        assert stats["d_loss"] == trained(60, config)["d_loss"]


def test_one_step_is_one_step_and_pauses(make: Make) -> None:
    runner = make()
    runner.play()
    runner.wait(lambda r: r.step_count > 5)
    runner.step()
    runner.wait(lambda r: r.state == "paused")
    before = runner.step_count
    runner.step()
    runner.step()
    assert until(runner, step=before + 2)["state"] == "paused"


def test_lone_updates_are_shown_recorded_and_equal_the_trainers(make: Make) -> None:
    runner, trainer = make(), Trainer(SMALL)
    for _ in range(2):
        runner.step_d()
        expected = trainer.step_d().d_loss
        assert runner.wait(lambda r: look(r)[0]["stats"]["d_loss"] == expected)  # noqa: B023
    assert look(runner)[0]["phase"] == "d"
    runner.step_g()
    header = until(runner, phase="g")
    assert header["stats"]["g_loss"] == trainer.step_g().g_loss
    assert header["step"] == 0
    assert [i.update for i in runner.interventions] == ["d", "d", "g"]
    assert [mark["label"] for mark in header["marks"]] == ["lone D update"] * 2 + ["lone G update"]


def test_a_step_asked_for_before_the_run_is_built_is_made(make: Make) -> None:
    runner = make(wait=False)
    runner.step()
    until(runner, step=1)
    runner.restart(SMALL.changed({"seed": 5}))
    runner.step()
    assert until(runner, run=2, step=1)["stats"]["d_loss"] == trained(1, SMALL.changed({"seed": 5}))["d_loss"]


# -- the end of a stretch ------------------------------------------------------------------------------------


def test_a_run_stops_at_the_step_that_was_named(make: Make) -> None:
    runner = make()
    runner.set_stop_at(30)
    runner.play()
    header = until(runner, state="paused", step=30)
    assert header["message"] == "Stopped at step 30, as asked."
    assert header["stop_at"] is None
    runner.play()
    assert runner.wait(lambda r: r.step_count > 40)


def test_a_stop_that_is_set_right_after_a_restart_holds(make: Make) -> None:
    runner = make()
    runner.restart(SMALL.changed({"seed": 1}))
    runner.set_stop_at(7)
    runner.play()
    assert until(runner, run=2, state="paused", step=7)


def test_a_restart_forgets_the_stop_of_the_run_before(make: Make) -> None:
    runner = make()
    runner.set_stop_at(5)
    runner.reset()
    runner.play()
    assert runner.wait(lambda r: r.step_count > 20)


@pytest.mark.parametrize("step", [0, -1, 10**13])
def test_a_stop_that_cannot_be_is_refused(make: Make, step: int) -> None:
    with pytest.raises(ConfigError, match=r"1 to 10\^12"):
        make().set_stop_at(step)


# -- pace ----------------------------------------------------------------------------------------------------


def test_a_pace_is_kept(make: Make) -> None:
    runner = make()
    runner.set_pace(20)
    runner.play()
    assert runner.wait(lambda r: r.step_count > 0)
    start, before = time.perf_counter(), runner.step_count
    time.sleep(0.5)
    steps, seconds = runner.step_count - before, time.perf_counter() - start
    assert steps <= 20 * seconds + 2
    assert steps >= 3
    runner.set_pace(None)
    assert runner.wait(lambda r: r.step_count > before + 200)


def test_in_slow_motion_the_halves_of_a_step_are_shown_apart(make: Make) -> None:
    runner = make()
    runner.set_pace(2)
    runner.play()
    seen: list[tuple[int, str]] = []

    def record(r: Runner) -> bool:
        header, _ = look(r)
        moment = (header["step"], header["phase"])
        if header["phase"] and moment not in seen:
            seen.append(moment)
        return len(seen) >= 4

    assert runner.wait(record, 10)
    assert seen[:4] == [(0, "d"), (1, "g"), (1, "d"), (2, "g")]


def test_a_command_does_not_wait_for_a_slow_step(make: Make) -> None:
    runner = make()
    runner.set_pace(0.1)
    runner.play()
    until(runner, phase="d")
    start = time.perf_counter()
    runner.pause()
    assert runner.wait(lambda r: r.state == "paused", 2)
    assert time.perf_counter() - start < 1  # a step takes ten seconds
    assert runner.step_count == 1  # and the step in hand is finished


@pytest.mark.parametrize("pace", [0, -3, 0.01, 1e9, math.nan])
def test_a_pace_that_cannot_be_is_refused(make: Make, pace: float) -> None:
    with pytest.raises(ConfigError, match=r"0.1 to 1000"):
        make().set_pace(pace)


# -- changes -------------------------------------------------------------------------------------------------


def test_a_live_knob_keeps_the_run_and_is_marked(make: Make) -> None:
    runner = make()
    played(runner, 10)
    runner.retune({"lr_g": 0.01})
    header = until(runner, marks=[{"step": 10, "label": "lr_g = 0.01"}])
    assert (header["run"], header["step"]) == (1, 10)
    assert runner.config.lr_g == 0.01
    assert runner.initial_config == SMALL
    assert runner.interventions == (Intervention(step=10, changes={"lr_g": 0.01}),)
    trainer = Trainer(SMALL, interventions=runner.interventions)
    for _ in range(15):
        expected = trainer.step()
    assert played(runner, 15)["g_loss"] == expected.g_loss


def test_a_wrong_change_is_refused_at_once_and_the_run_goes_on(make: Make) -> None:
    runner = make()
    runner.play()
    for changes, said in (
        ({"lr_g": 7}, "less than or equal"),
        ({"seed": 3}, "start a new one"),
        ({"x": 1}, "there are"),
    ):
        with pytest.raises(ConfigError, match=said):
            runner.retune(changes)
    before = runner.step_count
    assert runner.wait(lambda r: r.step_count > before + 20)
    assert runner.config == SMALL
    assert runner.interventions == ()


def test_a_change_before_the_run_is_built_belongs_to_its_beginning(make: Make) -> None:
    runner = make()
    runner.restart(SMALL.changed({"seed": 2}))
    runner.retune({"lr_g": 0.02})
    until(runner, run=2, state="paused")
    replay = Trainer(runner.initial_config, interventions=runner.interventions)
    assert played(runner, 3)["d_loss"] == [replay.step() for _ in range(3)][-1].d_loss
    assert replay.config.lr_g == 0.02


def test_reset_repeats_the_same_numbers(make: Make) -> None:
    runner = make()
    first = played(runner, 12)
    runner.reset()
    header = until(runner, run=2, step=0)
    assert header["state"] == "paused"
    assert header["seconds"] == 0
    assert played(runner, 12) == first


def test_another_config_starts_another_run_that_plays_on(make: Make) -> None:
    runner = make(preset="ring-8")
    runner.play()
    runner.wait(lambda r: r.step_count > 3)
    other = SMALL.changed({"data.name": "moons", "seed": 9})
    runner.restart(other, preset="moons")
    header = until(runner, run=2, state="playing", data="moons")
    assert header["preset"] == "moons"
    assert runner.initial_config == runner.config == other
    assert runner.interventions == ()


def test_a_run_repeats_the_interventions_that_it_is_given(make: Make) -> None:
    interventions = [Intervention(step=0, update="d"), Intervention(step=4, changes={"lr_d": 0.05})]
    trainer = Trainer(SMALL, interventions=interventions)
    for _ in range(9):
        expected = trainer.step()
    runner = make(interventions=interventions)
    assert runner.interventions == tuple(interventions)  # also what is still to come, so that a link carries it
    assert played(runner, 4)["step"] == 4
    runner.retune({"ema": 0.5})
    assert played(runner, 6)["step"] == 6
    assert runner.config.lr_d == 0.05  # what the page shows follows what the run repeats
    assert [i.step for i in runner.interventions] == [0, 4, 4]
    assert played(runner, 9)["d_loss"] == expected.d_loss  # an average has no say in the training


# -- nobody is there -----------------------------------------------------------------------------------------


def test_a_run_that_nobody_watches_can_be_suspended_and_goes_on(make: Make) -> None:
    runner = make()
    runner.play()
    runner.wait(lambda r: r.step_count > 3)
    runner.suspend()
    assert runner.wait(lambda r: r.state == "paused", 5)
    assert runner.playing
    stopped = runner.step_count
    time.sleep(0.05)
    assert runner.step_count == stopped
    runner.resume()
    assert runner.wait(lambda r: r.step_count > stopped, 2)


def test_suspending_does_not_wait_for_a_slow_step(make: Make) -> None:
    runner = make()
    runner.set_pace(0.1)
    runner.play()
    until(runner, phase="d")
    runner.suspend()
    assert runner.wait(lambda r: r.state == "paused", 2)


def test_scores_do_not_hurry_a_slow_step(make: Make) -> None:
    runner = make()
    runner.set_pace(0.5)
    runner.play()
    until(runner, phase="d")
    for _ in range(20):
        runner.report(1, 0, {})
        time.sleep(0.01)
    assert look(runner)[0]["phase"] == "d"


def test_resuming_straight_after_suspending_holds(make: Make) -> None:
    runner = make()
    runner.play()
    for _ in range(50):
        runner.suspend()
        runner.resume()
    before = runner.step_count
    assert runner.wait(lambda r: r.step_count > before + 5, 2)


def test_a_closed_run_ends_its_thread_and_lets_go_of_its_memory() -> None:
    seen: list[weakref.ref[Trainer]] = []
    runner = Runner(SMALL, observers=[lambda _, trainer: seen.append(weakref.ref(trainer))])
    runner.play()
    assert runner.wait(lambda r: r.step_count > 5)
    name = runner._thread.name
    runner.close()
    assert runner.wait(lambda r: r.state == "closed", 5)
    runner._thread.join(5)
    assert name not in {thread.name for thread in threading.enumerate()}
    gc.collect()
    assert seen
    assert seen[0]() is None
    assert runner.frame() is None
    assert runner.snapshot is None
    assert runner.step_count == 0


def test_a_restart_lets_go_of_the_run_before(make: Make) -> None:
    seen: list[weakref.ref[Trainer]] = []
    runner = make(observers=[lambda _, trainer: seen.append(weakref.ref(trainer))])
    played(runner, 5)
    runner.reset()
    until(runner, run=2)
    gc.collect()
    assert seen[0]() is None


def test_commands_to_a_closed_run_are_harmless(make: Make) -> None:
    runner = make()
    runner.close()
    runner.wait(lambda r: r.state == "closed")
    for command in (runner.play, runner.pause, runner.step, runner.reset, runner.resume, runner.close):
        command()
    assert runner.state == "closed"


# -- what can go wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("pace", [None, 2.0])
def test_a_run_that_diverges_says_so_and_keeps_the_last_good_picture(make: Make, pace: float | None) -> None:
    runner = make(EXPLOSIVE)
    runner.set_pace(pace)
    runner.play()
    header = until(runner, state="diverged", seconds=30)
    assert not runner.playing
    assert f"diverged at step {runner.step_count}" in header["message"]
    assert "Try: " in header["message"]
    _, arrays = look(runner)
    for name in ("fake", "heat", "fake_logits", "real_logits"):
        assert np.isfinite(arrays[name]).all(), name


def test_single_steps_into_divergence_say_so_too(make: Make) -> None:
    runner = make(EXPLOSIVE)
    for _ in range(200):
        runner.step()
    until(runner, state="diverged")
    _, arrays = look(runner)
    assert np.isfinite(arrays["heat"]).all()
    for command in (runner.step, runner.step_d, runner.step_g, runner.pause):
        command()
    runner.retune({"lr_d": 0.01})
    time.sleep(0.05)
    assert runner.state == "diverged"


def test_playing_on_after_a_divergence_begins_again_with_the_settings_of_now(make: Make) -> None:
    runner = make(EXPLOSIVE)
    runner.play()
    until(runner, state="diverged")
    runner.retune({"lr_d": 1e-4, "regularisers.0.weight": 0.1})
    runner.play()
    until(runner, state="playing", run=2)
    assert runner.wait(lambda r: r.step_count > 50)
    assert runner.initial_config == runner.config
    assert runner.initial_config.lr_d == 1e-4  # so that a link to this run is a link to this run
    assert runner.interventions == ()


def test_an_exception_becomes_a_state_with_a_message_and_reset_heals_it(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: Trainer) -> StepStats:
        raise RuntimeError("the disk is on fire")

    runner = make()
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "step", fail)
        runner.play()
        header = until(runner, state="error")
        assert "the disk is on fire" in header["message"]
        assert "Reset" in header["message"]
        assert not runner.playing
        assert "the disk is on fire" in caplog.text
    runner.reset()
    until(runner, run=2, state="paused", message="")
    assert played(runner, 3) == pytest.approx(trained(3), rel=0, abs=0)


def test_data_that_cannot_be_had_is_a_state_and_can_be_tried_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: DataConfig, **_: object) -> None:
        raise DataError(f"{data.name} is not here: put it into /some/folder")

    runner = make()
    with monkeypatch.context() as patch:
        patch.setattr(module, "load_data", fail)
        runner.restart(SMALL.changed({"data.name": "moons"}))
        assert until(runner, state="error")["message"] == "moons is not here: put it into /some/folder"
    runner.play()
    until(runner, state="playing", data="moons")


def test_an_observer_that_fails_is_a_state_too(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    def spy(runner: Runner, trainer: Trainer) -> None:
        if trainer.step_count:
            raise KeyError("monitor")

    runner = make(observers=[spy])
    runner.play()
    assert "KeyError" in until(runner, state="error")["message"]
    assert "failed" in caplog.text


# -- frames --------------------------------------------------------------------------------------------------


def test_no_picture_is_made_while_nobody_asks(make: Make) -> None:
    looks: list[int] = []
    runner = make(observers=[lambda _, trainer: looks.append(trainer.step_count)])
    runner.play()
    assert runner.wait(lambda r: r.step_count > 100)
    at = len(looks)
    before = runner.step_count
    time.sleep(0.3)
    assert runner.step_count > before
    assert len(looks) <= at + 1  # one that was asked for before


def test_pictures_are_made_at_most_at_the_display_rate(make: Make) -> None:
    looks: list[int] = []
    runner = make(observers=[lambda _, trainer: looks.append(trainer.step_count)])
    runner.play()
    start = time.perf_counter()
    while time.perf_counter() - start < 0.6:
        runner.frame()
        time.sleep(0.005)
    assert 3 <= len(looks) <= MAX_FRAME_RATE * 0.6 + 3


def test_a_frame_is_given_once_and_its_serial_grows(make: Make) -> None:
    runner = make()
    header, _ = look(runner)
    serial = header["serial"]
    assert runner.frame(since=serial) is None
    serials = [serial]
    for _ in range(3):
        runner.step()
        assert runner.wait(lambda r: r.frame(since=serials[-1]) is not None)
        serials.append(look(runner)[0]["serial"])
    assert serials == sorted(set(serials))
    runner.reset()
    until(runner, run=2)
    assert look(runner)[0]["serial"] > serials[-1]


def test_every_change_of_state_is_a_new_frame(make: Make) -> None:
    runner = make()
    before = look(runner)[0]["serial"]
    runner.play()
    playing = until(runner, state="playing")["serial"]
    runner.pause()
    assert before < playing < until(runner, state="paused")["serial"]


def test_raw_and_averaged_samples_can_be_had_while_paused(make: Make) -> None:
    runner = make()
    played(runner, 30)
    until(runner, generator="ema")
    _, averaged = look(runner)
    assert runner.wait(lambda r: decode(r.frame(which="raw") or b"")[0]["generator"] == "raw")
    frame = runner.frame(which="raw")
    assert frame is not None
    assert not np.array_equal(decode(frame)[1]["fake"], averaged["fake"])


def test_a_frame_has_every_word_that_the_page_needs(make: Make) -> None:
    header = until(make(), state="paused")
    needed = (
        "serial run state message position step phase pace stop_at steps_per_second seconds generator has_ema kind "
        "data frame manifold meaning heat_scale objective preset latent_dim prior g_weights d_weights d_steps g_steps "
        "batch_size stats optimum metrics metrics_step verdict marks"
    )
    assert set(needed.split()) <= set(header)


def test_speed_and_time_are_shown(make: Make) -> None:
    runner = make()
    runner.play()
    assert runner.wait(lambda r: look(r)[0]["steps_per_second"] > 10)
    assert runner.wait(lambda r: look(r)[0]["seconds"] > 0.2)
    runner.pause()
    seconds = until(runner, state="paused")["seconds"]
    time.sleep(0.1)
    runner.step()
    runner.wait(lambda r: look(r)[0]["serial"] > 0)
    assert look(runner)[0]["seconds"] < seconds + 0.05


# -- scores from elsewhere -----------------------------------------------------------------------------------


def scores(value: float) -> dict[str, Score]:
    return {
        "modes_reached": Score(value, 8, 2500),
        "n_modes": Score(8, 8, 2500),
        "high_quality": Score(0.5, 0.99, 2500),
    }


def test_scores_appear_in_the_frame_and_those_of_an_earlier_run_do_not(make: Make) -> None:
    runner = make()
    runner.report(1, 100, scores(3))
    runner.report(1, 200, scores(4))
    header = until(runner, metrics_step=200)
    assert header["metrics"]["modes_reached"] == {"value": 4, "floor": 8, "n": 2500}
    _, arrays = look(runner)
    assert arrays["metric_step"].tolist() == [100, 200]
    assert arrays["metric_modes_reached"].tolist() == [3, 4]
    runner.reset()
    until(runner, run=2, metrics={}, metrics_step=0)
    runner.report(1, 300, scores(5))
    runner.step()
    assert until(runner, step=1)["metrics"] == {}


def test_the_curve_of_scores_has_bounded_memory_and_keeps_its_end(make: Make) -> None:
    runner = make()
    for step in range(1, 1001):
        runner.report(1, step, scores(step))
    until(runner, metrics_step=1000)
    _, arrays = look(runner)
    steps = arrays["metric_step"]
    assert len(steps) <= publisher.MAX_METRIC_POINTS
    assert steps[0] < 20
    assert steps[-1] > 990
    assert (np.diff(steps) > 0).all()


def test_scores_that_are_no_numbers_do_no_harm(make: Make) -> None:
    runner = make()
    played(runner, 120)
    runner.report(1, 110, {name: Score(math.nan, 8, 2500) for name in scores(1)} | {"js": Score(math.nan, 0.1, 2500)})
    header = until(runner, metrics_step=110)
    assert header["state"] == "paused"
    assert header["metrics"]["modes_reached"]["value"] is None


def test_observers_run_on_the_training_thread_between_steps(make: Make) -> None:
    seen: list[tuple[str, int]] = []

    def spy(runner: Runner, trainer: Trainer) -> None:
        seen.append((threading.current_thread().name, trainer.step_count))

    runner = make(observers=[spy])
    played(runner, 10)
    assert {name for name, _ in seen} == {runner._thread.name}
    assert seen[-1][1] == 10


# -- slots ---------------------------------------------------------------------------------------------------


def test_a_run_waits_for_a_slot_and_says_where_it_stands(make: Make) -> None:
    slots = Slots(1)
    first, second, third = (make(slots=slots, visitor=name) for name in "abc")
    first.play()
    assert first.wait(lambda r: r.state == "playing")
    second.play()
    header = until(second, state="queued", position=1)
    assert header["message"] == "Waiting for a free place: number 1 in the queue."
    third.play()
    until(third, state="queued", position=2)
    assert second.step_count == third.step_count == 0
    first.pause()
    header = until(second, state="playing", position=0, seconds=2)
    assert header["message"] == ""
    until(third, state="queued", position=1, seconds=2)
    assert slots.playing == 1


def test_a_queued_run_that_is_paused_no_longer_waits(make: Make) -> None:
    slots = Slots(1)
    first, second = (make(slots=slots, visitor=name) for name in "ab")
    first.play()
    first.wait(lambda r: r.state == "playing")
    for _ in range(2):
        second.play()
        header = until(second, state="queued", position=1)
        assert "number 1" in header["message"]
        second.pause()
        until(second, state="paused", position=0, message="")
    first.pause()
    first.wait(lambda r: r.state == "paused")
    assert slots.playing == 0


@pytest.mark.parametrize("how", ["pause", "close", "suspend", "diverge", "step", "restart and pause"])
def test_a_run_that_no_longer_plays_frees_its_slot(make: Make, how: str) -> None:
    slots = Slots(1)
    first = make(EXPLOSIVE if how == "diverge" else SMALL, slots=slots, visitor="a")
    second = make(slots=slots, visitor="b")
    first.play()
    first.wait(lambda r: r.step_count > 0)
    second.play()
    if how == "restart and pause":
        first.restart(SMALL.changed({"seed": 4}))
        first.pause()
    elif how != "diverge":
        getattr(first, how)()
    assert second.wait(lambda r: r.state == "playing", 3)


def test_a_second_run_of_one_visitor_makes_room_for_another_visitor(make: Make) -> None:
    slots = Slots(2)
    older, newer = (make(slots=slots, visitor="a") for _ in range(2))
    other = make(slots=slots, visitor="b")
    for runner in (older, newer):
        runner.play()
        assert runner.wait(lambda r: r.state == "playing")
    other.play()
    assert other.wait(lambda r: r.state == "playing", 3)
    assert newer.wait(lambda r: r.state == "queued", 3)
    assert older.state == "playing"
    other.pause()
    assert newer.wait(lambda r: r.state == "playing", 3)


def test_what_was_asked_for_last_is_what_is_read_at_once_and_for_good(make: Make) -> None:
    runner = make()
    for seed in range(1, 60):
        runner.restart(runner.config.changed({"seed": seed}))
        time.sleep(0.003 * (seed % 3))
        assert runner.config.seed == runner.initial_config.seed == seed
    assert runner.wait(lambda r: r.state == "paused")
    runner.flush()
    assert runner.config.seed == 59
