"""What becomes of a run that nobody watches, and of one in which something goes wrong."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gan_core.config import DataConfig
from gan_core.diagnosis.report import Report
from gan_core.errors import DataError
from gan_core.live import run as engine
from gan_core.live.runner import Runner
from gan_core.record.history import StepStats
from gan_core.training import Trainer
from tests.core.runners import EXPLOSIVE, SMALL, Make, by_hand, look, played, trained, until

# -- nobody is there -----------------------------------------------------------------------------------------


def test_a_run_that_nobody_watches_can_be_suspended_and_goes_on(make: Make) -> None:
    runner = make()
    runner.play()
    runner.wait(lambda r: r.step_count > 3)
    runner.suspend()
    assert runner.wait(lambda r: r.state == "paused")
    assert runner.playing
    stopped = runner.step_count
    runner.flush()
    assert runner.step_count == stopped
    runner.resume()
    assert runner.wait(lambda r: r.step_count > stopped)


def test_suspending_does_not_wait_for_a_slow_step(make: Make) -> None:
    runner = make()
    runner.set_pace(0.1)
    runner.play()
    until(runner, phase="d")
    runner.suspend()
    assert runner.wait(lambda r: r.state == "paused")


def test_scores_do_not_hurry_a_slow_step() -> None:
    runner, clock = by_hand()
    runner.set_pace(0.5)
    runner.play()
    naps: list[float] = []

    def wait(condition: object, ready: Callable[[], bool], seconds: float) -> bool:
        runner.report(Report(1, 0, {}))
        naps.append(seconds)
        assert not ready(), "a report wakes nobody"
        clock.now += seconds
        return False

    clock.wait = wait  # type: ignore[method-assign]
    runner.driver.turn()
    assert (runner.step_count, naps) == (1, [1.0, 1.0])


def test_resuming_straight_after_suspending_holds(make: Make) -> None:
    runner = make()
    runner.play()
    for _ in range(50):
        runner.suspend()
        runner.resume()
    before = runner.step_count
    assert runner.wait(lambda r: r.step_count > before + 5)


def test_a_closed_run_ends_its_thread_and_lets_go_of_its_memory() -> None:
    seen: list[weakref.ref[Trainer]] = []
    runner = Runner(SMALL, observers=[lambda _, trainer: seen.append(weakref.ref(trainer))])
    runner.play()
    assert runner.wait(lambda r: r.step_count > 5)
    name = runner.driver.thread_name
    runner.close()
    assert runner.wait(lambda r: r.state == "closed")
    runner.join(5)
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
    runner.flush()
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
        patch.setattr(engine, "load_data", fail)
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


def test_python_ends_in_peace_while_a_run_plays() -> None:
    script = (
        "from gan_core import Runner, preset\n"
        "runner = Runner(preset('ring-8'))\n"
        "runner.play()\n"
        "assert runner.wait(lambda r: r.step_count > 20)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
