"""The step in slow motion: the lines are executed, and each leaves what it says."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from gan_core.experiments import slow_motion
from gan_core.experiments.slow_motion import Done, Shown, SlowMotion, further, left
from gan_core.training.debugger import SWITCHES, Stepper, lines


def run_to(stepper: Stepper, source: str) -> None:
    """Execute up to and including the next line of this source."""
    for _ in range(60):
        if stepper.next().source == source:
            return
    raise AssertionError(f"no line {source}")


def sizes(stepper: Stepper, player: str) -> list[float]:
    return list(stepper.look().gradients[player].values())


def test_the_lines_are_a_step_of_training() -> None:
    stepper = Stepper()
    first = stepper.look().fake
    for _ in lines():
        stepper.next()
    assert (stepper.at, stepper.n_steps) == (0, 1)
    assert np.abs(stepper.look().fake - first).max() > 0


def test_backward_fills_the_gradients_of_the_player_whose_half_it_is_and_no_others() -> None:
    stepper = Stepper()
    run_to(stepper, "loss_d.backward()")
    assert all(size > 0 for size in sizes(stepper, "D"))
    assert all(math.isnan(size) for size in sizes(stepper, "G"))
    run_to(stepper, "opt_d.step()")
    view = stepper.look()
    assert min(view.changes["D"].values()) > 0
    assert max(view.changes["G"].values()) == 0
    held = sizes(stepper, "D")
    run_to(stepper, "loss_g.backward()")
    assert all(size > 0 for size in sizes(stepper, "G"))
    assert sizes(stepper, "D") == held
    run_to(stepper, "opt_g.step()")
    view = stepper.look()
    assert min(view.changes["G"].values()) > 0
    assert max(view.changes["D"].values()) == 0
    assert view.moved > 0
    stepper.next()
    assert stepper.look().moved == 0


def test_without_detach_ds_loss_reaches_g() -> None:
    stepper = Stepper()
    stepper.switches = frozenset({"no_detach"})
    run_to(stepper, "loss_d.backward()")
    assert all(size > 0 for size in sizes(stepper, "G"))


def weight_gradients(stepper: Stepper) -> np.ndarray:
    """All of G's gradients in one row."""
    gradients = [w.grad for w in stepper._networks["G"].parameters()]
    return np.concatenate([g.flatten().numpy() for g in gradients if g is not None])


def test_what_reaches_g_without_detach_would_help_d() -> None:
    stepper = Stepper()
    stepper.switches = frozenset({"no_detach"})
    run_to(stepper, "loss_d.backward()")
    of_d = weight_gradients(stepper).copy()
    run_to(stepper, "loss_g.backward()")
    assert of_d @ weight_gradients(stepper) < 0


@pytest.mark.parametrize("name", ["no_detach", "no_freeze"])
def test_zero_grad_makes_up_for_the_other_two_mistakes_and_without_it_they_count(name: str) -> None:
    plain, mistaken = Stepper(), Stepper()
    mistaken.switches = frozenset({name})
    for _ in range(2 * len(lines())):
        plain.next()
        mistaken.next()
    np.testing.assert_array_equal(plain.look().fake, mistaken.look().fake)
    piling, both = Stepper(), Stepper()
    piling.switches, both.switches = frozenset({"no_zero_grad"}), frozenset({"no_zero_grad", name})
    for _ in range(3 * len(lines())):
        piling.next()
        both.next()
    assert np.abs(piling.look().fake - both.look().fake).max() > 0


def test_a_line_that_a_switch_changed_is_not_described_as_what_it_was() -> None:
    plain = {line.source: line.note for line in lines()}
    for name in SWITCHES:
        for line, before in zip(lines(frozenset({name})), lines(), strict=True):
            assert (line.source == before.source) == (line.note == before.note), line
    assert "without that memory" in plain["shown = fake.detach()"]


def test_without_zero_grad_gradients_pile_up() -> None:
    plain, piling = Stepper(), Stepper()
    piling.switches = frozenset({"no_zero_grad"})
    for stepper in (plain, piling):
        for _ in range(6):
            run_to(stepper, "loss_d.backward()")
    assert sum(sizes(piling, "D")) > 1.5 * sum(sizes(plain, "D"))


def test_an_unfrozen_d_is_given_gradients_in_gs_half() -> None:
    stepper = Stepper()
    run_to(stepper, "opt_d.step()")
    stepper.switches = frozenset({"no_freeze"})
    held = sizes(stepper, "D")
    run_to(stepper, "loss_g.backward()")
    assert sizes(stepper, "D") != held


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_changes_a_line(name: str) -> None:
    assert [line.source for line in lines(frozenset({name}))] != [line.source for line in lines()]


def test_looking_changes_nothing() -> None:
    seen, unseen = Stepper(), Stepper()
    for _ in range(40):
        seen.next()
        seen.look()
        unseen.next()
    np.testing.assert_array_equal(seen.look().fake, unseen.look().fake)


def test_the_prose_counts_right() -> None:
    assert "nineteen lines" in Path("assets/learn/step.md").read_text(encoding="utf-8")
    assert len(lines()) == 19


# -- the same, asked of any process --------------------------------------------------------------------------------

PLAIN, OPEN = frozenset[str](), frozenset({"no_detach"})


def seen(shown: Shown) -> tuple[object, ...]:
    numbers = [*shown.gradients["G"].values(), *shown.changes["G"].values(), shown.moved]
    return shown.at, shown.n_steps, shown.last, np.array(numbers).tobytes(), shown.fake.tobytes()


def test_a_process_that_never_saw_the_walk_makes_it_again_to_the_same_numbers() -> None:
    done: Done = ()
    for n, switches in ((5, PLAIN), (1, PLAIN), (30, OPEN), (3, PLAIN)):
        done = further(done, n, switches)
        walked = SlowMotion("walk", done).answer()
    assert done == ((6, PLAIN), (30, OPEN), (3, PLAIN))
    assert seen(SlowMotion("another", done).answer()) == seen(walked)
    assert walked.at == 39 % len(walked.lines)
    assert seen(SlowMotion("walk", done).answer())[:3] == seen(walked)[:3], "to ask again changes nothing"
    assert seen(SlowMotion("walk", done[:1]).answer()) == seen(SlowMotion("short", done[:1]).answer()), "and back"


def test_what_is_left_to_do_is_found_and_another_past_is_none() -> None:
    had = ((6, PLAIN), (30, OPEN))
    assert left(had, ((6, PLAIN), (31, OPEN), (2, PLAIN))) == [(1, OPEN), (2, PLAIN)]
    assert left(had, had) == []
    for other in (((6, PLAIN),), ((7, PLAIN), (30, OPEN)), ((6, PLAIN), (30, PLAIN)), ((6, PLAIN), (29, OPEN))):
        assert left(had, other) is None


def test_a_walk_too_long_to_be_made_again_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_motion, "MAX_AGAIN", 10)
    shown = SlowMotion("long", ((11, PLAIN),)).answer()
    assert (shown.anew, shown.at, shown.last) == (True, 0, None)
    assert not SlowMotion("long", ((2, PLAIN),)).answer().anew
