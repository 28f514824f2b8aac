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
