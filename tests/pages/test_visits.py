"""Visits: what becomes of a run when its browser goes, comes back, or never does."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gan_core.config import Intervention
from gan_core.live.commands import RunCommand, Suspend
from pages.ui.presence import GRACE, Rooms, Visit, cores, default_hosts, default_pace, default_slots
from tests.pages.conftest import Seen, host_of
from tests.pages.test_routes import CONFIG

RELEASE = 60.0


class Clock:
    """Seconds that are turned by hand; to the reaper also what tells it to stop, after so many."""

    now, end = 1000.0, 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, timeout: float) -> bool:
        self.now += timeout
        return self.now > self.end


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rooms(clock: Clock) -> Iterator[Rooms]:
    found = Rooms(4, release_after=RELEASE, clock=clock)
    yield found
    found.close()


@pytest.fixture
def visit(rooms: Rooms) -> Visit:
    found = rooms.open(CONFIG, (), "")
    assert Seen(found).wait(lambda r: r.state == "playing" and r.step > 0)
    return found


def test_a_visit_opens_with_a_run_that_plays(rooms: Rooms) -> None:
    link = (Intervention(step=2, changes={"lr_g": 0.5}),)
    visit = rooms.open(CONFIG, link, "ring-8")
    assert Seen(visit).preset == "ring-8"
    assert Seen(visit).initial_config == CONFIG
    assert Seen(visit).wait(lambda r: r.state == "playing" and r.step > 2)
    assert Seen(visit).interventions == link
    assert Seen(visit).config.lr_g == 0.5
    assert rooms.find(visit.token) is visit


def test_tokens_cannot_be_guessed(rooms: Rooms) -> None:
    tokens = {rooms.open(CONFIG, (), "").token for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 22 for token in tokens), "22 characters of base64url are 128 bits"
    starts = {token[:4] for token in tokens}
    assert len(starts) == 20, "no part is common to all"
    assert all(rooms.find(other) is None for other in ("", "0", next(iter(tokens))[:-1]))


def test_a_run_plays_on_through_a_short_absence(clock: Clock, rooms: Rooms, visit: Visit) -> None:
    visit.leave()
    clock.now += GRACE - 1
    rooms.sweep()
    step = Seen(visit).step
    assert Seen(visit).wait(lambda r: r.step > step)
    assert Seen(visit).state == "playing"


def test_a_run_whose_browser_is_gone_stops_within_ten_seconds_and_frees_its_slot(
    clock: Clock, rooms: Rooms, visit: Visit
) -> None:
    assert GRACE + 1 < 10, "the reaper looks once a second"
    visit.leave()
    clock.now += GRACE + 0.1
    rooms.sweep()
    assert Seen(visit).wait(lambda r: r.state == "paused")
    assert host_of(rooms).slots.playing == 0
    step = Seen(visit).step
    rooms.sweep()
    time.sleep(0.1)
    assert Seen(visit).step == step


def test_the_same_run_goes_on_when_the_browser_is_back(clock: Clock, rooms: Rooms, visit: Visit) -> None:
    visit.leave()
    clock.now += GRACE + 0.1
    rooms.sweep()
    assert Seen(visit).wait(lambda r: r.state == "paused")
    step = Seen(visit).step
    visit.arrive()
    rooms.sweep()
    assert Seen(visit).wait(lambda r: r.step > step and r.state == "playing")
    assert Seen(visit).run == 1


def test_a_run_that_was_paused_is_still_paused_when_the_browser_is_back(
    clock: Clock, rooms: Rooms, visit: Visit
) -> None:
    Seen(visit).pause()
    visit.leave()
    clock.now += GRACE + 0.1
    rooms.sweep()
    visit.arrive()
    assert Seen(visit).flush()
    assert Seen(visit).wait(lambda r: r.state == "paused")
    step = Seen(visit).step
    time.sleep(0.1)
    assert Seen(visit).step == step


def test_a_browser_that_is_back_while_its_run_is_put_aside_finds_it_playing(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, rooms: Rooms, visit: Visit
) -> None:
    """Whoever comes first, sweep or browser, the browser has the last word."""
    send, begun = visit.run.send, threading.Event()

    def slowly(command: RunCommand[Any]) -> Any:
        if isinstance(command, Suspend):
            begun.set()
            time.sleep(0.2)
        return send(command)

    monkeypatch.setattr(visit.run, "send", slowly)
    visit.leave()
    clock.now += GRACE + 0.1
    sweeper = threading.Thread(target=rooms.sweep)
    sweeper.start()
    assert begun.wait(10)
    visit.arrive()
    sweeper.join()
    assert Seen(visit).flush()
    step = Seen(visit).step
    assert Seen(visit).wait(lambda r: r.step > step and r.state == "playing")


def test_memory_is_given_back_after_the_time_to_live(clock: Clock, rooms: Rooms, visit: Visit) -> None:
    runner = Seen(visit)
    network = weakref.ref(runner.behind.trainer.generator)  # type: ignore[union-attr]
    trainer = weakref.ref(runner.behind.trainer)
    visit.leave()
    clock.now += RELEASE - 1
    rooms.sweep()
    assert rooms.find(visit.token) is visit
    visit.leave()
    clock.now += RELEASE + 0.1
    rooms.sweep()
    assert runner.wait(lambda r: r.state == "closed")
    assert rooms.find(visit.token) is None
    assert runner.frame() is None
    assert runner.snapshot is None
    gc.collect()
    assert trainer() is None, "the trainer is held by something"
    assert network() is None
    runner.handle.join(10)
    assert not any(thread.name == runner.thread_name for thread in threading.enumerate())


def test_a_visit_that_a_session_drops_takes_its_run_along(rooms: Rooms) -> None:
    visit: Visit | None = rooms.open(CONFIG, (), "")
    assert visit is not None
    runner, token = Seen(visit), visit.token
    assert runner.wait(lambda r: r.step > 0)
    visit = None
    gc.collect()
    assert runner.wait(lambda r: r.state == "closed")
    assert rooms.find(token) is None


def test_the_reaper_does_all_this_by_itself_and_ends_when_told(clock: Clock, rooms: Rooms, visit: Visit) -> None:
    begun = clock.now
    visit.leave()
    clock.end = begun + GRACE
    rooms.reap(clock)
    assert clock.now == begun + GRACE + 1, "it looked once a second, and ended when told"
    assert Seen(visit).flush()
    assert Seen(visit).state == "playing"
    clock.end = begun + GRACE + 2
    rooms.reap(clock)
    assert Seen(visit).wait(lambda r: r.state == "paused")
    clock.end = begun + RELEASE + 2
    rooms.reap(clock)
    assert Seen(visit).wait(lambda r: r.state == "closed")


def test_closing_ends_every_run_and_every_thread(rooms: Rooms) -> None:
    runners = [Seen(rooms.open(CONFIG, (), "")) for _ in range(3)]
    kept = [rooms.open(CONFIG, (), "") for _ in range(3)]
    assert all(Seen(v).wait(lambda r: r.step > 0) for v in kept)
    rooms.close()
    assert all(Seen(v).state == "closed" for v in kept)
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {Seen(v).thread_name for v in kept}
    assert all(r.wait(lambda r: r.state == "closed") for r in runners)


def test_a_waiting_run_plays_when_a_browser_that_holds_the_slot_is_gone() -> None:
    clock = Clock()
    rooms = Rooms(1, release_after=RELEASE, clock=clock)
    try:
        first = rooms.open(CONFIG, (), "")
        assert Seen(first).wait(lambda r: r.state == "playing")
        second = rooms.open(CONFIG, (), "")
        assert Seen(second).wait(lambda r: r.state == "queued")
        first.leave()
        clock.now += GRACE + 0.1
        rooms.sweep()
        assert Seen(second).wait(lambda r: r.state == "playing")
        first.arrive()
        assert Seen(first).wait(lambda r: r.state == "queued")
        assert "number 1" in Seen(first).message
        Seen(second).pause()
        assert Seen(first).wait(lambda r: r.state == "playing")
    finally:
        rooms.close()


def test_a_click_acts_once_however_often_it_arrives(visit: Visit) -> None:
    assert visit.heard == "0"
    assert visit.is_new(1)
    assert not visit.is_new(1)
    assert visit.is_new(2)
    assert not visit.is_new(1), "it comes again along with the second"
    assert visit.heard == "2"


@pytest.mark.parametrize(
    ("text", "slots"), [("1", 1), ("3", 3), ("0", 1), ("-2", None), ("", None), ("²", None), ("x", None)]
)
def test_slots_are_twice_the_cores_or_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, text: str, slots: int | None
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_SLOTS", text)
    assert default_slots() == (slots or 2 * (os.cpu_count() or 1))
    monkeypatch.delenv("GAN_EXPLORER_SLOTS")
    assert default_slots() == 2 * (os.cpu_count() or 1)


@pytest.mark.parametrize(("text", "pace"), [("20", 20.0), ("0", 1.0), ("", None), ("-3", None), ("fast", None)])
def test_the_environment_says_how_fast_any_run_may_be(
    monkeypatch: pytest.MonkeyPatch, text: str, pace: float | None
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_PACE", text)
    assert default_pace() == pace


@pytest.mark.parametrize(
    ("said", "for_many", "device", "n"),
    [("", False, "", 0), ("", True, "", None), ("", True, "cuda", 0), ("0", True, "", 0), ("3", False, "cuda", 3)],
)
def test_a_server_for_many_has_a_process_for_each_core(
    said: str, for_many: bool, device: str, n: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_HOSTS", said)
    monkeypatch.setenv("GAN_EXPLORER_DEVICE", device)
    assert default_hosts(for_many=for_many) == (cores() if n is None else n)


@pytest.mark.parametrize(("said", "n"), [("max 100000", None), ("100000 100000", 1), ("150001 100000", 2), ("", None)])
def test_a_container_has_the_cores_that_it_may_use(said: str, n: int | None, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(said)
    machine = len(os.sched_getaffinity(0))
    assert cores(tmp_path / "cpu.max") == min(machine, n or machine)
    assert cores(tmp_path / "nowhere") == machine
