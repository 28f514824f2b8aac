"""Who has just clicked goes first: the other runs of a process rest meanwhile, shortly and seldom."""

from __future__ import annotations

import threading

import pytest

from gan_core.live import commands as do
from gan_core.live.clock import WALL
from gan_core.live.display import Tempo
from gan_core.live.driver import Driver
from gan_core.live.run import Run
from gan_core.live.way import LONGEST, SHARE, Way
from gan_core.record.frame import decode
from tests.core.runners import SMALL, HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def way(clock: HandClock) -> Way:
    return Way(clock)


def rested(way: Way, clock: HandClock, key: str) -> float:
    """How long somebody rests who comes to the end of a step now."""
    before = clock.now
    way.give(key)
    return clock.now - before


def test_the_others_rest_until_it_is_done_and_who_goes_first_does_not(way: Way, clock: HandClock) -> None:
    assert rested(way, clock, "b") == 0
    way.claim("a")
    assert rested(way, clock, "a") == 0
    clock.now += 0.03
    assert rested(way, clock, "b") == pytest.approx(LONGEST - 0.03), "nobody says that it is done"
    assert rested(way, clock, "b") == 0, "and not for longer"


def test_two_who_click_at_once_do_not_wait_for_each_other(way: Way, clock: HandClock) -> None:
    way.claim("a")
    way.claim("b")
    assert rested(way, clock, "a") == rested(way, clock, "b") == 0
    way.done("a")
    assert rested(way, clock, "b") == 0
    assert rested(way, clock, "c") == pytest.approx(LONGEST)


@pytest.mark.parametrize("ends", ["it is done", "it lasts"])
def test_however_much_is_clicked_the_others_rest_for_a_share_of_the_time(way: Way, clock: HandClock, ends: str) -> None:
    begun, lost = clock.now, 0.0
    for i in range(2_000):
        way.claim(f"who clicks {i % 7}")
        if ends == "it is done":
            clock.now += 0.02
            lost += 0.02 * bool(way._first)
            way.done(f"who clicks {i % 7}")
        lost += rested(way, clock, "b")
        clock.now += 0.005
    assert 0 < lost / (clock.now - begun) < 1.1 * SHARE


def test_who_rests_goes_on_as_soon_as_it_is_done() -> None:
    way, gone = Way(), threading.Event()
    way._first["a"] = WALL() + 60  # no patience comes to its end
    resting = threading.Thread(target=lambda: (way.give("b"), gone.set()))
    resting.start()
    assert not gone.wait(0.05)
    way.done("a")
    assert gone.wait(20)
    resting.join()


def drivers(clock: HandClock, way: Way) -> list[Driver]:
    made = []
    for _ in range(2):
        driver = Driver(Tempo(), clock=clock, way=way)
        driver.add(Run(SMALL, tempo=driver.tempo, clock=clock))
        driver.send(do.Play())
        driver.turn()
        made.append(driver)
    return made


def test_a_click_lets_its_run_go_first_until_it_is_shown(way: Way, clock: HandClock) -> None:
    one, other = drivers(clock, way)
    assert not way._first
    one.send(do.Pause())
    before = clock.now
    other.turn()
    assert clock.now - before == pytest.approx(LONGEST), "it rests before its step"
    clock.now += 10
    one.send(do.Play())
    one.turn()
    before = clock.now
    other.turn()
    assert clock.now == before, "it is done"


def test_what_a_run_says_of_itself_makes_nobody_rest(way: Way, clock: HandClock) -> None:
    one, other = drivers(clock, way)
    one.runs[0].frame(which="raw")  # another picture
    before = clock.now
    other.turn()
    assert clock.now == before


def test_who_waits_for_the_frame_goes_on_when_it_is_there(way: Way, clock: HandClock) -> None:
    driver, _ = drivers(clock, way)
    assert not driver.settle(0.0), "nobody turns it"
    seen: list[str] = []

    def watch() -> None:
        driver.send(do.Pause())
        assert driver.settle(20)
        frame = driver.runs[0].display.builder.frame
        assert frame is not None
        seen.append(decode(frame[1])[0]["state"])

    watching = threading.Thread(target=watch)
    watching.start()
    while watching.is_alive():
        driver.turn()
    assert seen == ["paused"]


def test_who_waits_where_nothing_changes_goes_on_at_the_end_of_the_turn(way: Way, clock: HandClock) -> None:
    driver, _ = drivers(clock, way)
    driver.send(do.Pause())
    driver.turn()
    settled: list[bool] = []
    waiting = threading.Thread(target=lambda: settled.append(driver.settle(5)))
    waiting.start()
    while waiting.is_alive():
        driver.turn()
    assert settled == [True]
