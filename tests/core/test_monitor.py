"""The monitor: metrics of playing runs, on a thread of their own."""

from __future__ import annotations

import gc
import itertools
import logging
import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from gan_core import Runner, Trainer
from gan_core.config import RunConfig, parse_config
from gan_core.diagnosis import Finding, Signs
from gan_core.diagnosis import look as take_look
from gan_core.live import monitor as monitor_module
from gan_core.live.clock import WallClock
from gan_core.live.driver import OBSERVED_EVERY
from gan_core.live.monitor import Monitor
from gan_core.metrics import Score
from gan_core.metrics.scoring import LIVE, score_generators
from gan_core.record.frame import decode
from tests.core.runners import HandClock, by_hand, turn

SMALL: dict[str, Any] = {
    "data": {"name": "ring-8"},
    "batch_size": 8,
    "generator": {"width": 8, "depth": 1},
    "discriminator": {"width": 8, "depth": 1},
}
CONFIG = parse_config(SMALL)


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    monkeypatch.setattr(monitor_module, "INTERVAL", 0.0)
    monkeypatch.setattr(monitor_module, "LOOK_INTERVAL", 0.0)
    monkeypatch.setattr(monitor_module, "SHARE", math.inf)  # of no weight here: time is what a busy machine lacks
    monkeypatch.setattr(monitor_module, "SHARE_SCORES", math.inf)
    found = Monitor()
    yield found
    found.close()


@pytest.fixture
def play(monitor: Monitor) -> Iterator[Callable[[RunConfig], Runner]]:
    runners: list[Runner] = []

    def begin(config: RunConfig) -> Runner:
        runners.append(Runner(config, observers=(monitor,)))
        return runners[-1]

    yield begin
    for runner in runners:
        runner.close()
        runner.join(10)


def metrics(runner: Runner) -> dict[str, Any]:
    frame = runner.frame()
    header = decode(frame)[0] if frame else {}
    found: dict[str, Any] = header.get("metrics") or {}
    return found


def test_scores_are_of_the_averaged_generator_and_raw_ones_stand_beside_them() -> None:
    trainer = Trainer(CONFIG)
    for _ in range(30):
        trainer.step()
    assert trainer.ema is not None
    scores = score_generators(trainer.config, trainer.data, trainer.generator.eval(), trainer.ema)  # type: ignore[arg-type]
    swapped = score_generators(trainer.config, trainer.data, trainer.ema, trainer.generator.eval())  # type: ignore[arg-type]
    names = {name for name in scores if not name.startswith("raw_")}
    assert {"modes_reached", "high_quality", "js", "sliced_wasserstein"} <= names
    assert set(scores) == names | {f"raw_{name}" for name in names}
    assert scores["js"].n == LIVE.n_points
    assert scores["js"] != scores["raw_js"]
    assert swapped["raw_js"] == scores["js"]
    alone = score_generators(trainer.config, trainer.data, trainer.generator, None)  # type: ignore[arg-type]
    assert alone["js"] == alone["raw_js"] == scores["raw_js"]


def test_a_run_that_is_watched_shows_its_metrics(play: Callable[[RunConfig], Runner]) -> None:
    runner = play(CONFIG)
    runner.play()
    assert runner.wait(lambda r: "modes_reached" in metrics(r))
    frame = runner.frame()
    assert frame is not None
    header, arrays = decode(frame)
    assert 0 < header["metrics_step"] <= header["step"]
    assert header["metrics"]["modes_reached"]["n"] > 0
    assert arrays["metric_modes_reached"].shape == arrays["metric_step"].shape


def watched(config: RunConfig = CONFIG) -> tuple[Runner, Monitor, HandClock]:
    """A run and its monitor, both turned by hand."""
    clock = HandClock()
    monitor = Monitor(clock, threaded=False)
    runner, _ = by_hand(config, clock, observers=(lambda *seen: (monitor(*seen), monitor.work()),))
    return runner, monitor, clock


def test_a_run_that_nobody_watches_is_scored_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[float] = []

    def count(*_: Any) -> dict[str, Score]:
        scored.append(clock.now)
        return {}

    monkeypatch.setattr(monitor_module, "score_generators", count)
    runner, _, clock = watched()
    runner.play()
    turn(runner, clock, 20, step=0.1)
    assert len(scored) == pytest.approx(20 / OBSERVED_EVERY, abs=2)
    assert min(b - a for a, b in itertools.pairwise(scored)) >= OBSERVED_EVERY


def test_looks_are_paid_for_in_the_training_threads_own_time() -> None:
    class Clock(HandClock):
        trained = looked = 0.0

        def worked(self) -> float:  # each reading while the monitor works costs a tenth of a second
            self.looked += 0.1 if working else 0.0
            return self.trained + self.looked

    class Run:
        run = n_together = 1
        scoring = -1
        n_looks = 0

        def report(self, *_: Any) -> None:
            self.n_looks += 1

    clock, run, trainer, working = Clock(), Run(), Trainer(CONFIG), False
    monitor = Monitor(clock, threaded=False)
    trainer.step()

    def observe() -> int:
        nonlocal working
        monitor(run, trainer)
        working = True
        monitor.work()
        working = False
        clock.looked = 0.0  # that was another thread's time
        return run.n_looks

    assert observe() == 1
    clock.now += 1000
    assert observe() == 1, "a thread that only waited has not earned a second look"
    clock.trained += 0.5 / monitor_module.SHARE
    assert observe() == 2


@pytest.mark.parametrize("n", [1, 2])
def test_runs_that_share_a_thread_share_what_their_looks_may_take(n: int) -> None:
    class Clock(WallClock):
        ticks = itertools.count()

        def worked(self) -> float:  # each reading takes a second: one for the copy, one for the look
            return float(next(self.ticks))

    class Run:
        run = 1
        n_together = n
        scoring = -1
        looked = 0

        def report(self, *_: Any) -> None:
            self.looked += 1

    run, trainer, monitor = Run(), Trainer(CONFIG), Monitor(Clock(), threaded=False)
    trainer.step()
    monitor(run, trainer)
    monitor.work()
    assert run.looked == 1
    record = monitor._records[run]
    assert record.look_from - record.worked == pytest.approx(n * 2 / monitor_module.SHARE)


def test_a_run_in_classes_says_with_its_step_which_is_made_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_module, "SHARE", math.inf)
    monkeypatch.setattr(monitor_module, "SHARE_SCORES", math.inf)
    runner, _, clock = watched(CONFIG.changed({"data.name": "digits"}))
    runner.play()
    turn(runner, clock, 3, step=0.1)
    header = decode(runner.frame() or b"")[0]
    (said,) = (line for line in header["verdict"]["evidence"] if "classes" in line)
    assert said.startswith(f"At step {header['metrics_step']:,}: Of 10 classes, by the nearest real image:")
    runner.reset()
    turn(runner, clock, 0.1, step=0.1)
    after = decode(runner.frame() or b"")[0]
    assert not any("classes" in line for line in after.get("verdict", {}).get("evidence", ()))


def test_looking_for_metrics_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_module, "SHARE", math.inf)
    monkeypatch.setattr(monitor_module, "SHARE_SCORES", math.inf)
    runner, _, clock = watched()
    runner.set_stop_at(60)
    runner.play()
    while runner.playing or runner.step_count == 0:
        runner.frame()
        turn(runner, clock, 0.05, step=0.05)
    assert runner.step_count == 60
    assert len(metrics(runner)) > 0
    alone = Trainer(CONFIG)
    for _ in range(60):
        alone.step()
    theirs = runner.trainer
    assert theirs is not None
    assert theirs.stats == alone.stats
    for mine, other in zip(alone.generator.parameters(), theirs.generator.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=0)


def test_metrics_do_not_hurry_a_run_in_slow_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_module, "SHARE", math.inf)
    monkeypatch.setattr(monitor_module, "SHARE_SCORES", math.inf)
    runner, _, clock = watched()
    runner.set_pace(2)
    runner.play()
    turn(runner, clock, 10)
    assert runner.step_count == pytest.approx(20, abs=1), "two steps a second"
    assert metrics(runner)


def test_newest_wins_while_one_waits(play: Callable[[RunConfig], Runner], monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow metric delays itself only: one copy waits at most, and the next one is a fresh one."""
    gate = threading.Event()
    steps: list[int] = []

    def slow(*_: Any) -> dict[str, Score]:
        gate.wait(20)
        return {"js": Score(0.5, 0.1, 10)}

    monkeypatch.setattr(monitor_module, "score_generators", slow)
    runner = play(CONFIG)
    runner.play()
    assert runner.wait(lambda r: bool(r.frame()) and r.step_count > 50)
    assert not metrics(runner)
    gate.set()
    assert runner.wait(lambda r: bool(metrics(r)))
    for _ in range(2):
        frame = runner.frame()
        assert frame is not None
        steps.append(decode(frame)[0]["metrics_step"])
        runner.wait(lambda r: decode(r.frame() or b"")[0]["metrics_step"] > steps[-1])
    assert steps[1] > steps[0]


def test_metrics_of_an_earlier_run_are_dropped(
    play: Callable[[RunConfig], Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    asked = threading.Event()

    def slow(*_: Any) -> dict[str, Score]:
        asked.set()
        gate.wait(20)
        return {"js": Score(0.5, 0.1, 10)}

    monkeypatch.setattr(monitor_module, "score_generators", slow)
    runner = play(CONFIG)
    runner.play()
    assert runner.wait(lambda r: bool(r.frame()) and asked.is_set())
    runner.pause()
    runner.reset()
    assert runner.wait(lambda r: r.run == 2 and r.state == "paused")
    gate.set()
    time.sleep(0.1)
    assert runner.flush()
    assert not metrics(runner)


def test_images_are_scored_as_images(play: Callable[[RunConfig], Runner]) -> None:
    runner = play(CONFIG.changed({"data.name": "digits"}))
    runner.play()
    assert runner.wait(lambda r: "frechet_classifier" in metrics(r))
    found = metrics(runner)
    assert "js" not in found
    assert found["coverage"]["n"] == 897


def header(runner: Runner) -> dict[str, Any]:
    frame = runner.frame()
    return decode(frame)[0] if frame else {}


BROKEN = CONFIG.changed({"lr_g": 1.0, "lr_d": 1.0, "objective": "non_saturating"})


def test_a_run_that_is_watched_says_what_is_wrong(play: Callable[[RunConfig], Runner]) -> None:
    runner = play(BROKEN)
    assert not runner.findings
    runner.play()
    assert runner.wait(lambda r: "name" in header(r).get("verdict", {}), 60)
    said = header(runner)["verdict"]
    assert said["level"] == "bad"
    assert {"since_step", "why", "cures"} <= set(said)
    assert runner.findings[0].name == said["name"]
    runner.pause()
    runner.reset()
    assert runner.wait(lambda r: r.run == 2 and r.state == "paused")
    assert not runner.findings, "a new run begins without"


def test_a_failure_sounds_an_alarm_once(play: Callable[[RunConfig], Runner], monitor: Monitor) -> None:
    heard: list[str] = []
    runner = play(BROKEN)

    def pause(finding: Finding) -> None:
        heard.append(finding.name)
        if len(heard) == 1:  # another failure may follow, and would pause it again
            runner.pause()

    monitor.on_failure(runner, pause)
    runner.play()
    assert runner.wait(lambda r: r.state == "paused" and bool(heard), 60)
    first = list(heard)
    runner.play()
    step = runner.step_count
    assert runner.wait(lambda r: bool(r.frame()) and r.step_count > step + 30)
    assert len(set(heard)) == len(heard), "what is known is not said again"
    monitor.on_failure(runner, None)
    assert first == heard[: len(first)]


def test_looks_and_scores_keep_to_their_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    at: dict[str, list[float]] = {}

    def work(kind: str, seconds: float, answer: Any) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            calls.append(kind)
            at.setdefault(kind, []).append(clock.now)
            clock.spent += seconds
            return answer(*given)

        return call

    class Clock(HandClock):
        spent = 0.0

        def worked(self) -> float:
            return self.now + self.spent

    clock = Clock()
    taken: list[Signs] = []

    def look_once(*given: Any) -> Signs:
        if not taken:
            taken.append(take_look(*given))
        return taken[0]

    monkeypatch.setattr(monitor_module, "look", work("look", 0.02, look_once))
    monkeypatch.setattr(monitor_module, "score_generators", work("score", 0.5, lambda *_: {}))
    monitor, trainer = Monitor(clock, threaded=False), Trainer(CONFIG)
    trainer.step()

    class Run:
        run = n_together = 1
        scoring = -1

        def report(self, *_: Any) -> None:
            pass

    run, end = Run(), clock.now + 150
    while clock.now < end:
        clock.now += 0.1
        monitor(run, trainer)
        monitor.work()
        clock.spent = 0.0  # that was another thread's time
    assert 0.5 * calls.count("score") / 150 <= monitor_module.SHARE_SCORES * 1.5
    assert 0.02 * calls.count("look") / 150 <= monitor_module.SHARE * 1.1
    assert calls.count("score") >= 2
    assert calls.count("look") >= 60
    first, second, third = at["score"][:3]
    assert second - first < 15, "the first is of a game that has hardly begun"
    assert third - second > 50


def test_a_metric_that_fails_is_logged_and_the_next_one_works(
    play: Callable[[RunConfig], Runner], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = score_generators
    failed: list[int] = []

    def first_fails(*args: Any) -> dict[str, Score]:
        if not failed:
            failed.append(1)
            raise ArithmeticError("no such number")
        return real(*args)

    monkeypatch.setattr(monitor_module, "score_generators", first_fails)
    with caplog.at_level(logging.ERROR):
        runner = play(CONFIG)
        runner.play()
        assert runner.wait(lambda r: "js" in metrics(r))
    assert "metrics failed" in caplog.text
    assert runner.state == "playing"


def test_one_thread_serves_all_runs_in_turn(play: Callable[[RunConfig], Runner]) -> None:
    runners = [play(CONFIG.changed({"seed": seed})) for seed in range(3)]
    before = sum(thread.name == "metrics" for thread in threading.enumerate())
    for runner in runners:
        runner.play()
    for runner in runners:
        assert runner.wait(lambda r: "js" in metrics(r))
    assert sum(thread.name == "metrics" for thread in threading.enumerate()) - before <= 1


def test_a_run_that_has_ended_is_not_held(play: Callable[[RunConfig], Runner], monitor: Monitor) -> None:
    runner = Runner(CONFIG, observers=(monitor,))
    runner.play()
    assert runner.wait(lambda r: "js" in metrics(r))
    found = weakref.ref(runner)
    runner.close()
    runner.join(10)
    del runner
    end = time.monotonic() + 20
    while found() is not None and time.monotonic() < end:
        gc.collect()
        time.sleep(0.02)
    assert found() is None


def test_close_ends_the_thread(monitor: Monitor, play: Callable[[RunConfig], Runner]) -> None:
    runner = play(CONFIG)
    runner.play()
    assert runner.wait(lambda r: "js" in metrics(r))
    thread = monitor._thread
    assert thread is not None
    monitor.close()
    assert not thread.is_alive()
    step = runner.step_count
    assert runner.wait(lambda r: bool(r.frame()) and r.step_count > step), "the run plays on without metrics"
