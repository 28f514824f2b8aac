"""Runs in lockstep: each side's numbers are those of its run alone, and what is shown is of one step."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from gan_core.config import RunConfig
from gan_core.diagnosis.report import Report
from gan_core.errors import ConfigError
from gan_core.experiments.gallery import find
from gan_core.live.frame_builder import FrameBuilder
from gan_core.live.lockstep import MAX_SIDES, Lockstep
from gan_core.live.queue import Slots
from gan_core.live.run import Run
from gan_core.metrics import Score
from gan_core.record import frame as frames
from gan_core.record.frame import decode
from gan_core.training import Trainer

SMALL = RunConfig().changed(
    {"data.name": "ring-8", "batch_size": 8, "ema": 0.9}
    | {"generator.width": 8, "generator.depth": 1, "discriminator.width": 8, "discriminator.depth": 1}
)
OTHER = SMALL.changed({"g_steps": 2, "regularisers": [{"name": "r1", "weight": 0.1}]})
EXPLOSIVE = SMALL.changed({"optimizer_d": "sgd", "lr_d": 1, "regularisers": [{"name": "r1", "weight": 1000}]})
Make = Callable[..., Lockstep]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Lockstep] = []

    def start(*configs: RunConfig, **options: Any) -> Lockstep:
        group = Lockstep(configs or (SMALL, OTHER), **options)
        made.append(group)
        assert group.wait(lambda g: g.frame() is not None)
        return group

    yield start
    for group in made:
        group.close()
    for group in made:
        group.join(10)
        assert group.state == "closed"


def seen(group: Lockstep) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Headers of the newest set and of its frames."""
    frame = group.frame()
    assert frame is not None
    header, arrays = decode(frame)
    return header, [decode(arrays[f"side_{i}"].tobytes())[0] for i in range(len(arrays))]


def until(group: Lockstep, seconds: float = 15, **expected: Any) -> list[dict[str, Any]]:
    """The headers of the sides in the first set whose own header has these values."""
    assert group.wait(lambda g: g.frame() is not None and expected.items() <= seen(g)[0].items(), seconds), seen(group)
    return seen(group)[1]


def played(group: Lockstep, n: int) -> list[dict[str, Any]]:
    group.set_stop_at(n)
    group.play()
    return until(group, state="paused", step=n)


def alone(config: RunConfig, n: int) -> Trainer:
    trainer = Trainer(config)
    for _ in range(n):
        trainer.step()
    return trainer


def same_numbers(header: dict[str, Any], trainer: Trainer) -> bool:
    assert trainer.stats is not None
    return all(header["stats"][name] == getattr(trainer.stats, name) for name in ("d_loss", "g_loss", "g_grad_norm"))


def test_each_side_has_the_numbers_of_its_run_alone(make: Make) -> None:
    configs = [SMALL, OTHER, SMALL.changed({"discriminator.dropout": 0.3})]
    headers = played(make(*configs), 30)
    assert all(same_numbers(header, alone(config, 30)) for header, config in zip(headers, configs, strict=True))


def test_sides_begin_with_the_same_weights_where_shapes_agree(make: Make) -> None:
    group = make(SMALL, OTHER, SMALL.changed({"discriminator.width": 9}))
    first, second, wider = (run.trainer for run in group.sides)
    assert first is not None
    assert second is not None
    assert wider is not None
    for mine, theirs in ((first, second), (first, wider)):
        for a, b in zip(mine.generator.parameters(), theirs.generator.parameters(), strict=True):
            assert torch.equal(a, b)
    for a, b in zip(first.discriminator.parameters(), second.discriminator.parameters(), strict=True):
        assert torch.equal(a, b)
    for purpose in ("data", "z"):
        mine, theirs = (t.state_dict()["rngs"][purpose] for t in (first, second))
        assert torch.equal(mine, theirs)


def test_what_is_shown_is_always_of_one_step(make: Make) -> None:
    group = make()
    group.play()
    steps: set[int] = set()

    def look(g: Lockstep) -> bool:
        header, sides = seen(g)
        assert {side["step"] for side in sides} == {header["step"]}
        steps.add(header["step"])
        return len(steps) > 8

    assert group.wait(look)


@pytest.mark.parametrize("n_sides", [1, 2])
def test_a_set_that_says_paused_is_of_the_step_at_which_all_stand(
    make: Make, monkeypatch: pytest.MonkeyPatch, n_sides: int
) -> None:
    publish = FrameBuilder.publish

    def slowly(self: FrameBuilder, *what: Any) -> None:
        if threading.current_thread().name.startswith("view-"):
            time.sleep(0.03)  # steps are done meanwhile
        publish(self, *what)

    monkeypatch.setattr(FrameBuilder, "publish", slowly)
    group = make(*(SMALL, OTHER)[:n_sides])
    sets: list[tuple[str, int]] = []
    encode = frames.encode

    def note(header: dict[str, Any], arrays: dict[str, Any]) -> bytes:
        if "side_0" in arrays:
            sets.append((header["state"], header["step"]))
        return encode(header, arrays)

    monkeypatch.setattr(frames, "encode", note)
    for _ in range(6):
        step = group.step_count
        group.play()
        assert group.wait(lambda g, step=step: g.frame() is not None and g.step_count > step + 30)  # type: ignore[misc]
        assert group.wait(lambda g: g.sides[0].display.busy)
        sets.clear()
        group.pause()
        until(group, state="paused")
        assert {step for state, step in sets if state == "paused"} == {group.step_count}


def test_one_transport_for_all(make: Make) -> None:
    group = make()
    group.step()
    assert [side["step"] for side in until(group, state="paused", step=1)] == [1, 1]
    group.play()
    assert group.wait(lambda g: g.step_count > 20)
    assert group.playing
    group.pause()
    assert group.wait(lambda g: g.state == "paused")
    assert len({side.step_count for side in group.sides}) == 1
    group.set_pace(1)
    group.play()
    stopped = group.step_count
    assert group.wait(lambda g: seen(g)[1][0]["phase"] == "g")
    group.pause()
    group.flush()
    assert {side.step_count for side in group.sides} == {stopped + 1}


def test_reset_repeats_the_numbers_and_a_new_seed_does_not(make: Make) -> None:
    group = make()
    first = [side["stats"]["g_loss"] for side in played(group, 5)]
    group.reset()
    assert until(group, step=0, state="paused")
    assert [side["stats"]["g_loss"] for side in played(group, 5)] == first
    group.reset(seed=7)
    until(group, step=0, state="paused")
    assert {side.config.seed for side in group.sides} == {7}
    assert [side["stats"]["g_loss"] for side in played(group, 5)] != first


def test_a_live_change_of_one_side_is_that_of_the_run_alone(make: Make) -> None:
    group = make()
    played(group, 5)
    assert group.change(1, {"lr_g": 0.01}) is False
    assert group.sides[1].config.lr_g == 0.01
    assert group.sides[0].config == SMALL
    headers = played(group, 12)
    changed = alone(OTHER, 5)
    changed.retune({"lr_g": 0.01})
    for _ in range(7):
        changed.step()
    assert same_numbers(headers[0], alone(SMALL, 12))
    assert same_numbers(headers[1], changed)


def test_a_structural_change_of_one_side_begins_all_again(make: Make) -> None:
    group = make()
    played(group, 5)
    assert group.change(1, {"discriminator.width": 9}) is True
    headers = until(group, step=0, state="paused")
    assert [header["run"] for header in headers] == [2, 2]
    assert (group.sides[0].config, group.sides[1].config.discriminator.width) == (SMALL, 9)


def test_data_and_seed_are_changed_on_all_sides(make: Make) -> None:
    group = make()
    assert group.change(0, {"data.name": "grid-25"})
    until(group, step=0, state="paused")
    assert {side.config.data.name for side in group.sides} == {"grid-25"}


def test_a_side_that_diverges_keeps_its_picture_while_the_others_go_on(make: Make) -> None:
    group = make(SMALL, EXPLOSIVE)
    group.play()
    assert group.wait(lambda g: g.sides[1].state == "diverged")
    ended = group.sides[1].step_count
    assert group.wait(lambda g: g.sides[0].step_count > ended + 20)

    def goes_on(g: Lockstep) -> bool:
        header, sides = seen(g)
        return header["step"] > ended and [side["state"] for side in sides] == ["playing", "diverged"]

    assert group.wait(goes_on)
    assert "diverged at step" in group.sides[1].message
    group.reset()
    assert group.wait(lambda g: g.sides[1].run == 2 and g.sides[0].run == 2)


def test_a_group_stops_when_no_side_can_go_on(make: Make) -> None:
    slots = Slots(1)
    group = make(EXPLOSIVE, EXPLOSIVE, slots=slots)
    group.play()
    assert group.wait(lambda g: all(side.state == "diverged" for side in g.sides))
    assert group.wait(lambda g: not g.playing and g.state == "paused")
    assert slots.playing == 0
    group.play()  # begins again
    assert group.wait(lambda g: g.sides[0].run == 2)


def test_sides_come_and_go(make: Make) -> None:
    group = make()
    played(group, 5)
    assert [side.n_together for side in group.sides] == [2, 2]
    group.remove(0)
    assert [side.n_together for side in group.sides] == [1]
    assert group.wait(lambda g: len(seen(g)[1]) == 1)
    (left,) = seen(group)[1]
    assert same_numbers(left, alone(OTHER, 5))
    with pytest.raises(ConfigError, match="0 sides"):
        group.remove(0)
    group.add(SMALL)
    assert [side["step"] for side in until(group, step=0, state="paused")] == [0, 0]
    assert [side.config for side in group.sides] == [OTHER, SMALL]
    headers = played(group, 4)
    assert same_numbers(headers[1], alone(SMALL, 4))
    with pytest.raises(ConfigError, match=f"1 to {MAX_SIDES} run in lockstep"):
        group.restart([SMALL] * (MAX_SIDES + 1))


@pytest.mark.parametrize("changes", [{"seed": 3}, {"data.name": "grid-25"}])
def test_sides_of_other_data_or_seeds_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="the same data and seed"):
        Lockstep([SMALL, SMALL.changed(changes)])


def test_sides_may_have_other_images_of_one_size_for_more_of_them_are_a_cure(make: Make) -> None:
    failure = find("memorising-d")
    few, all_ = failure.config(), failure.cured(failure.cure("more-images"))
    group = make(few, all_)
    headers = played(group, 3)
    assert same_numbers(headers[0], alone(few, 3))
    assert same_numbers(headers[1], alone(all_, 3))


def test_a_group_holds_one_slot(make: Make) -> None:
    slots = Slots(1)
    group, other = make(slots=slots, visitor="a"), make(slots=slots, visitor="b")
    group.play()
    assert group.wait(lambda g: g.step_count > 3)
    other.play()
    assert other.wait(lambda g: seen(g)[0]["state"] == "queued")
    assert seen(other)[0]["position"] == 1
    assert slots.playing == 1
    group.pause()
    assert other.wait(lambda g: g.step_count > 3)


def test_observers_see_every_side_and_report_to_it(make: Make) -> None:
    watched: list[tuple[Run, int]] = []
    group = make(observers=[lambda side, trainer: watched.append((side, trainer.step_count))])
    played(group, 5)
    assert {side for side, _ in watched} == set(group.sides)
    group.sides[1].report(Report(1, 5, {"modes_reached": Score(3, 8, 2500)}))
    assert group.wait(lambda g: seen(g)[1][1]["metrics_step"] == 5)
    assert seen(group)[1][0]["metrics"] == {}
    assert group.sides[1].scores[1]["modes_reached"].value == 3


def test_the_other_generator_is_shown_on_all_sides(make: Make) -> None:
    group = make()
    group.frame(which="raw")

    def raw(g: Lockstep) -> bool:
        frame = g.frame(which="raw")
        assert frame is not None
        _, arrays = decode(frame)
        return {decode(part.tobytes())[0]["generator"] for part in arrays.values()} == {"raw"}

    assert group.wait(raw)
