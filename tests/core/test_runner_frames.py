"""What a runner shows: frames, scores that are reported to it, and its place in the queue for a slot."""

from __future__ import annotations

import itertools
import math
import threading
import time

import numpy as np
import pytest

from gan_core.diagnosis.report import Report
from gan_core.live import frame_builder
from gan_core.live.clock import CROWDED_FRAME_RATE, MAX_FRAME_RATE, MIN_FRAME_RATE, rest_between_looks
from gan_core.live.driver import OBSERVED_EVERY
from gan_core.live.queue import Slots
from gan_core.live.runner import Runner
from gan_core.metrics import Score
from gan_core.record.frame import decode
from gan_core.training import Trainer
from tests.core.runners import EXPLOSIVE, SMALL, HandClock, Make, by_hand, look, played, turn, until

# -- frames --------------------------------------------------------------------------------------------------


def test_no_picture_is_made_while_nobody_asks() -> None:
    looks: list[int] = []
    runner, clock = by_hand(on_frame=lambda run, step, frame: looks.append(step))
    runner.play()
    turn(runner, clock, 1, step=0.05)
    at, before = len(looks), runner.step_count
    turn(runner, clock, 10, step=0.05)
    assert runner.step_count - before == pytest.approx(200, abs=1)
    assert len(looks) == at


def test_observers_see_a_run_now_and_then_while_nobody_asks() -> None:
    looks: list[int] = []
    runner, clock = by_hand(observers=[lambda _, trainer: looks.append(trainer.step_count)])
    runner.play()
    turn(runner, clock, 1, step=0.05)
    at = len(looks)
    turn(runner, clock, 10, step=0.05)
    assert len(looks) - at == pytest.approx(10 / OBSERVED_EVERY, abs=1)


def test_pictures_are_made_at_most_at_the_display_rate() -> None:
    shown: list[float] = []
    clock = HandClock()
    runner, _ = by_hand(clock=clock, on_frame=lambda run, step, frame: shown.append(clock.now))
    runner.play()
    turn(runner, clock, 0.2)
    shown.clear()
    for _ in range(200):
        runner.frame()
        turn(runner, clock, 0.01)
    assert len(shown) == pytest.approx(2 * MAX_FRAME_RATE, rel=0.1)
    assert min(b - a for a, b in itertools.pairwise(shown)) >= 0.99 / MAX_FRAME_RATE


def test_many_runs_at_once_are_each_shown_less_often_but_never_seldom() -> None:
    alone = [rest_between_looks(cost, 1) for cost in (0.0001, 0.006, 1.0)]
    assert alone == pytest.approx([1 / MAX_FRAME_RATE, 0.2, 1 / MIN_FRAME_RATE])
    rests = [rest_between_looks(0.0001, n) for n in range(1, 40)]
    assert rests == sorted(rests)
    assert max(rests) == rest_between_looks(1.0, 8) == 1 / CROWDED_FRAME_RATE
    assert rest_between_looks(0.0001, 0) == alone[0]  # it has just given its slot back


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


def test_speed_and_time_are_shown() -> None:
    runner, clock = by_hand()
    runner.play()
    for _ in range(300):
        runner.frame()
        turn(runner, clock, 0.01)
    header, _ = look(runner)
    assert header["steps_per_second"] == pytest.approx(100, rel=0.05)
    assert header["seconds"] == pytest.approx(3, abs=0.2)
    runner.pause()
    turn(runner, clock, 10)
    seconds = look(runner)[0]["seconds"]
    assert seconds == pytest.approx(3, abs=0.05)
    runner.step()
    turn(runner, clock, 10)
    header, _ = look(runner)
    assert (header["step"], header["seconds"]) == (runner.step_count, seconds)


# -- scores from elsewhere -----------------------------------------------------------------------------------


def scores(value: float) -> dict[str, Score]:
    return {
        "modes_reached": Score(value, 8, 2500),
        "n_modes": Score(8, 8, 2500),
        "high_quality": Score(0.5, 0.99, 2500),
    }


def test_scores_appear_in_the_frame_and_those_of_an_earlier_run_do_not(make: Make) -> None:
    runner = make()
    runner.report(Report(1, 100, scores(3)))
    runner.report(Report(1, 200, scores(4)))
    header = until(runner, metrics_step=200)
    assert header["metrics"]["modes_reached"] == {"value": 4, "floor": 8, "n": 2500}
    _, arrays = look(runner)
    assert arrays["metric_step"].tolist() == [100, 200]
    assert arrays["metric_modes_reached"].tolist() == [3, 4]
    runner.reset()
    until(runner, run=2, metrics={}, metrics_step=0)
    runner.report(Report(1, 300, scores(5)))
    runner.step()
    assert until(runner, step=1)["metrics"] == {}


def test_images_have_curves_of_how_much_they_cover_and_how_credible_they_are(make: Make) -> None:
    runner = make()
    of_images = {"coverage": Score(0.5, 0.98, 897), "precision": Score(0.7, 0.97, 897), "kid": Score(0.1, 0, 897)}
    runner.report(Report(1, 100, of_images))
    until(runner, metrics_step=100)
    _, arrays = look(runner)
    assert {n for n in arrays if n.startswith("metric_")} == {"metric_step", "metric_coverage", "metric_precision"}
    assert arrays["metric_precision"].tolist() == pytest.approx([0.7])


def test_the_curve_of_scores_has_bounded_memory_and_keeps_its_end(make: Make) -> None:
    runner = make()
    for step in range(1, 1001):
        runner.report(Report(1, step, scores(step)))
    until(runner, metrics_step=1000)
    _, arrays = look(runner)
    steps = arrays["metric_step"]
    assert len(steps) <= frame_builder.MAX_METRIC_POINTS
    assert steps[0] < 20
    assert steps[-1] > 990
    assert (np.diff(steps) > 0).all()


def test_scores_that_are_no_numbers_do_no_harm(make: Make) -> None:
    runner = make()
    played(runner, 120)
    runner.report(
        Report(1, 110, {name: Score(math.nan, 8, 2500) for name in scores(1)} | {"js": Score(math.nan, 0.1, 2500)})
    )
    header = until(runner, metrics_step=110)
    assert header["state"] == "paused"
    assert header["metrics"]["modes_reached"]["value"] is None


def test_observers_run_on_the_training_thread_between_steps(make: Make) -> None:
    seen: list[tuple[str, int]] = []

    def spy(runner: Runner, trainer: Trainer) -> None:
        seen.append((threading.current_thread().name, trainer.step_count))

    runner = make(observers=[spy])
    played(runner, 10)
    assert {name for name, _ in seen} == {runner.driver.thread_name}
    assert seen[-1][1] == 10


# -- slots ---------------------------------------------------------------------------------------------------


def test_a_run_waits_for_a_slot_and_says_where_it_stands(make: Make) -> None:
    slots = Slots(1)
    first, second, third = (make(slots=slots, visitor=name) for name in "abc")
    first.play()
    assert first.wait(lambda r: r.state == "playing")
    second.play()
    header = until(second, state="queued", position=1)
    assert header["message"] == ("Waiting for a free place: number 1 in the queue. The next turn comes in about 10 s.")
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
    assert second.wait(lambda r: r.state == "playing")


def test_a_second_run_of_one_visitor_makes_room_for_another_visitor(make: Make) -> None:
    slots = Slots(2)
    older, newer = (make(slots=slots, visitor="a") for _ in range(2))
    other = make(slots=slots, visitor="b")
    for runner in (older, newer):
        runner.play()
        assert runner.wait(lambda r: r.state == "playing")
    other.play()
    assert other.wait(lambda r: r.state == "playing")
    assert newer.wait(lambda r: r.state == "queued")
    assert older.state == "playing"
    other.pause()
    assert newer.wait(lambda r: r.state == "playing")


def test_what_was_asked_for_last_is_what_is_read_at_once_and_for_good(make: Make) -> None:
    runner = make()
    for seed in range(1, 60):
        runner.restart(runner.config.changed({"seed": seed}))
        time.sleep(0.003 * (seed % 3))
        assert runner.config.seed == runner.initial_config.seed == seed
    assert runner.wait(lambda r: r.state == "paused")
    runner.flush()
    assert runner.config.seed == 59
