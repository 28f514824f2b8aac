"""Correct loops raise no alarm and stay as they are to the last bit; bugs are named within ten steps."""

from __future__ import annotations

import pytest
import torch

from gan_core.watching.rules import RULES
from tests.watching.bugs import BUGS, Bug
from tests.watching.loops import LOOPS
from tests.watching.running import bare, run
from tests.watching.split import held_out


@pytest.mark.filterwarnings("ignore")  # torch.compile warns about its own
@pytest.mark.parametrize("name", LOOPS)
def test_a_correct_loop_raises_no_alarm_and_keeps_every_bit(name: str) -> None:
    ran = run(LOOPS[name], 7, seed=1)
    alarms = [(found.rule, found.evidence) for found in ran.summary.findings if found.severity != "info"]
    assert alarms == []
    assert ran.summary.notes == ()
    assert ran.summary.seen
    for mine, theirs in zip(ran.after, bare(LOOPS[name], 7, seed=1), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_named_within_ten_steps(bug: Bug) -> None:
    ran = run(bug.build(), bug.acts + 11, seed=3, named=bug.named)
    steps = [found.step for found in ran.summary.findings if found.rule in bug.named]
    assert steps, [(found.rule, found.step) for found in ran.summary.findings]
    assert min(steps) <= bug.acts + 10


def test_the_tables_are_as_wide_as_promised() -> None:
    assert len(LOOPS) >= 20
    assert len({bug.kind for bug in BUGS}) >= 35
    assert len(BUGS) >= 60
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    names = {rule.name for rule in RULES}
    assert {name for bug in BUGS for name in bug.named} <= names
    assert len(names) == len(RULES)


def test_a_third_was_held_out() -> None:
    assert "dcgan" in held_out(LOOPS)
    assert len(held_out(bug.name for bug in BUGS)) == 31
