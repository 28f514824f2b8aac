from __future__ import annotations

import threading
from collections import Counter

import pytest

from gan_core.live.queue import Slots


class Woken(Counter[str]):
    """Counts who was woken."""

    def ask(self, slots: Slots, key: int, visitor: str) -> int:
        return slots.request(key, visitor, lambda: self.update([visitor]))


@pytest.fixture
def woken() -> Woken:
    return Woken()


def test_first_come_first_served(woken: Woken) -> None:
    slots = Slots(2)
    assert [woken.ask(slots, key, f"visitor {key}") for key in range(5)] == [0, 0, 1, 2, 3]
    assert slots.playing == 2
    slots.release(0)
    assert [woken.ask(slots, key, f"visitor {key}") for key in range(1, 5)] == [0, 0, 1, 2]


def test_asking_again_changes_nothing(woken: Woken) -> None:
    slots = Slots(1)
    for _ in range(3):
        assert woken.ask(slots, 0, "a") == 0
        assert woken.ask(slots, 1, "b") == 1
        assert woken.ask(slots, 2, "c") == 2


def test_giving_a_slot_back_wakes_everybody_who_waits(woken: Woken) -> None:
    slots = Slots(1)
    for key, visitor in enumerate("abc"):
        woken.ask(slots, key, visitor)
    slots.release(0)
    assert woken == {"b": 1, "c": 1}
    assert slots.playing == 1


def test_leaving_the_queue_moves_those_behind(woken: Woken) -> None:
    slots = Slots(1)
    for key, visitor in enumerate("abc"):
        woken.ask(slots, key, visitor)
    slots.release(1)
    assert woken.ask(slots, 2, "c") == 1
    assert woken["c"] == 1
    assert slots.playing == 1


def test_giving_back_what_one_does_not_hold_is_harmless(woken: Woken) -> None:
    slots = Slots(1)
    woken.ask(slots, 0, "a")
    woken.ask(slots, 1, "b")
    slots.release(77)
    slots.release(0)
    slots.release(0)
    assert woken.ask(slots, 1, "b") == 0


def test_runs_without_a_visitor_give_their_slots_back_too() -> None:
    slots, calls = Slots(1), Counter[int]()
    for key in (0, 1):
        slots.request(key, None, lambda: calls.update([1]))
    slots.release(0)
    assert calls[1] == 1
    assert slots.request(1, None, lambda: None) == 0


def test_while_others_wait_a_visitor_gets_no_second_slot(woken: Woken) -> None:
    slots = Slots(2)
    woken.ask(slots, 0, "greedy")
    woken.ask(slots, 1, "b")
    woken.ask(slots, 2, "greedy")  # waits before c does
    woken.ask(slots, 3, "c")
    slots.release(1)
    assert woken.ask(slots, 3, "c") == 0
    assert woken.ask(slots, 2, "greedy") == 1


def test_a_second_slot_is_fine_while_nobody_waits(woken: Woken) -> None:
    slots = Slots(3)
    assert [woken.ask(slots, key, "only") for key in range(4)] == [0, 0, 0, 1]


def test_a_second_slot_goes_to_the_first_who_has_none(woken: Woken) -> None:
    slots = Slots(2)
    assert woken.ask(slots, 0, "greedy") == 0
    assert woken.ask(slots, 1, "greedy") == 0
    assert woken.ask(slots, 2, "b") == 0
    assert slots.playing == 2
    assert woken.ask(slots, 0, "greedy") == 0  # the older run plays on
    assert woken.ask(slots, 1, "greedy") == 1
    assert woken.ask(slots, 3, "c") == 2  # one each: now it is first come, first served
    slots.release(2)
    assert woken.ask(slots, 3, "c") == 0
    assert woken.ask(slots, 1, "greedy") == 1


@pytest.mark.parametrize("n", [0, -1])
def test_no_slots_at_all_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        Slots(n)


def test_never_more_runs_play_than_there_are_slots() -> None:
    slots, playing, most = Slots(3), Counter[int](), [0]
    lock = threading.Lock()

    def visitor(number: int) -> None:
        for key in range(number * 100, number * 100 + 20):
            wake = threading.Event()
            while slots.request(key, number, wake.set):
                wake.wait(1)
                wake.clear()
            with lock:
                playing["now"] += 1  # type: ignore[index]
                most[0] = max(most[0], playing["now"])  # type: ignore[index]
            with lock:
                playing["now"] -= 1  # type: ignore[index]
            slots.release(key)

    threads = [threading.Thread(target=visitor, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert 1 <= most[0] <= 3
    assert slots.playing == 0


class Turns:
    """Slots whose clock is turned by hand."""

    def __init__(self, n: int) -> None:
        self.now = 0.0
        self.slots = Slots(n, turn=10.0, clock=lambda: self.now)
        self.unseen: dict[int, float] = {}
        self.woken = Counter[str]()

    def ask(self, key: int, visitor: str) -> int:
        return self.slots.request(key, visitor, lambda: self.woken.update([visitor]), unseen=self.unseen.get(key, 0.0))

    def play(self, runs: dict[int, str], seconds: float) -> Counter[str]:
        """Let all runs ask once a second; returns the seconds for which each visitor played."""
        had = Counter[str]()
        for _ in range(round(seconds)):
            self.now += 1.0
            for key, visitor in runs.items():
                self.ask(key, visitor)
            had.update(visitor for key, visitor in runs.items() if self.ask(key, visitor) == 0)
        return had


def test_slots_rotate_while_others_wait() -> None:
    turns = Turns(4)
    had = turns.play({key: f"visitor {key}" for key in range(10)}, 1000)
    assert max(had.values()) < 1.1 * min(had.values()), had
    assert len(had) == 10


def test_nobody_is_interrupted_while_nobody_waits() -> None:
    turns = Turns(2)
    had = turns.play({0: "a", 1: "b"}, 100)
    assert had == {"a": 100, "b": 100}


def test_four_tabs_are_one_visitor() -> None:
    turns = Turns(1)
    had = turns.play({0: "greedy", 1: "greedy", 2: "greedy", 3: "modest", 4: "greedy"}, 1000)
    assert had["modest"] > 0.45 * had.total(), had


def test_a_turn_that_is_over_wakes_who_is_next() -> None:
    turns = Turns(1)
    turns.ask(0, "a")
    assert turns.ask(1, "b") == 1
    turns.now = 9.9
    assert turns.ask(0, "a") == 0
    turns.now = 10.0
    assert turns.ask(0, "a") == 1
    assert turns.woken["b"]
    assert turns.ask(1, "b") == 0


def test_a_run_that_nobody_looks_at_lets_others_go_first() -> None:
    turns = Turns(1)
    turns.ask(0, "asleep")
    turns.unseen[0] = 61.0
    assert turns.ask(0, "asleep") == 0, "as long as nobody waits"
    assert turns.ask(1, "awake") == 1
    assert turns.ask(0, "asleep") == 1
    had = turns.play({0: "asleep", 1: "awake", 2: "awake too"}, 100)
    assert set(had) == {"awake", "awake too"}
    turns.unseen[0] = 0.0
    assert turns.play({0: "asleep", 1: "awake", 2: "awake too"}, 300)["asleep"] > 90


def test_the_wait_is_foretold() -> None:
    turns = Turns(2)
    for key in range(6):
        turns.ask(key, f"visitor {key}")
        turns.now += 1.0
    assert [turns.slots.seconds_until(place) for place in range(5)] == [0.0, 4.0, 5.0, 14.0, 15.0]
    for _ in range(14):
        turns.play({key: f"visitor {key}" for key in range(6)}, 1)
    assert turns.ask(5, "visitor 5") in (1, 2), "it was the fourth in the queue"


def test_to_leave_and_come_back_gains_nothing() -> None:
    turns, had = Turns(1), Counter[str]()
    key, played = 100, 0
    for _ in range(900):
        turns.now += 1.0
        if played == 5:  # the hopper pauses in the middle of a turn, and plays again as a new run
            turns.slots.release(key)
            key, played = key + 1, 0
        runs = {0: "a", 1: "b", 2: "c", 3: "d", key: "hopper"}
        for k, visitor in runs.items():
            turns.ask(k, visitor)
        (playing,) = (k for k, visitor in runs.items() if turns.ask(k, visitor) == 0)
        had[runs[playing]] += 1
        played += playing == key
    assert had["hopper"] < 1.2 * min(had[visitor] for visitor in "abcd"), had
