"""The runner on its thread: commands, stops, pace, changes. Times here are generous; orders are strict."""

from __future__ import annotations

import math
import time

import pytest

from gan_core.config import Intervention
from gan_core.errors import ConfigError
from gan_core.live.queue import Slots
from gan_core.record.frame import decode
from gan_core.training import Trainer
from tests.core.runners import SMALL, HandClock, Make, by_hand, look, played, trained, turn, until

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
    runner.flush()
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


def test_a_pace_is_kept() -> None:
    runner, clock = by_hand()
    runner.set_pace(20)
    runner.play()
    turn(runner, clock, 5)
    assert runner.step_count == pytest.approx(100, abs=2)
    runner.set_pace(None)
    before = runner.step_count
    turn(runner, clock, 1, step=0.004)
    assert runner.step_count > before + 200


def test_a_pace_is_kept_on_a_thread_too(make: Make) -> None:
    runner = make()
    runner.set_pace(100)
    runner.play()
    assert runner.wait(lambda r: r.step_count > 0)
    start, before = time.perf_counter(), runner.step_count
    assert runner.wait(lambda r: r.step_count >= before + 20)
    assert time.perf_counter() - start > 0.17


def test_no_run_is_faster_than_all_of_a_process_may_be() -> None:
    runner, clock = by_hand(slots=Slots(1, 20))
    runner.play()
    for pace in (None, 200):
        runner.set_pace(pace)
        before = runner.step_count
        turn(runner, clock, 5, step=0.001)
        assert runner.step_count - before == pytest.approx(100, abs=2)


def test_in_slow_motion_the_halves_of_a_step_are_shown_apart() -> None:
    shown: list[tuple[float, int, str]] = []

    def note(run: int, step: int, frame: bytes) -> None:
        header = decode(frame)[0]
        if header["phase"]:
            shown.append((clock.now, header["step"], header["phase"]))

    clock = HandClock()
    runner, _ = by_hand(clock=clock, on_frame=note)
    runner.set_pace(2)
    runner.play()
    turn(runner, clock, 1.1)
    seen = list(dict.fromkeys((step, phase) for _, step, phase in shown))
    assert seen[:4] == [(0, "d"), (1, "g"), (1, "d"), (2, "g")]
    first = {(step, phase): now for now, step, phase in reversed(shown)}
    assert first[1, "d"] - first[0, "d"] == pytest.approx(0.5)
    assert first[1, "g"] - first[0, "d"] == pytest.approx(0.25)


def test_a_command_does_not_wait_for_a_slow_step(make: Make) -> None:
    runner = make()
    runner.set_pace(0.1)
    runner.play()
    until(runner, phase="d")
    start = time.perf_counter()
    runner.pause()
    assert runner.wait(lambda r: r.state == "paused")
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
    assert runner.flush()
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
