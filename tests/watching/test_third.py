"""The third set of loops and bugs, written without the rules in sight, and what was mended after it was met."""

from __future__ import annotations

import pytest
import torch

from gan_core.watching.capture import checksum, transformed
from gan_core.watching.losses import AVERAGED, averaged, told
from gan_core.watching.rules import RULES
from tests.full import FULL
from tests.watching.bugs import BUGS, Bug
from tests.watching.loops import LOOPS
from tests.watching.more_bugs import MORE_BUGS
from tests.watching.more_loops import MORE
from tests.watching.running import bare, run
from tests.watching.third import THIRD
from tests.watching.third.bugs import BLIND, THIRD_BUGS

FALSE_ALARMS = ("boundary_seeking", "coupled", "information", "sentences", "per_sample")
"""Loops that raised an alarm at first contact, or put the watch to sleep."""
NEW = (
    "one of two players in the optimizer-cycles",
    "G's block steps D's optimizer-growing",
    "two steps on one backward-auxiliary",
    "optimizer made anew each step-growing",
    "rate a thousand times too high-upsampled",
    "clip of the wrong player-clipped",
    "clipped while scaled-sentences",
    "detached in G's step-pairs_with_l1",
    "log of a logit-simple_mlp",
    "penalty's sign-gradient_penalty_numpy",
    "penalty on the whole batch-growing",
    "same noise each step-trainer_class",
    "first batch again and again-styles",
    "old weights loaded each step-looking_ahead",
)
"""Places of the kinds that were mended."""
SEEN = [bug for bug in THIRD_BUGS if bug.name not in BLIND]


@pytest.mark.parametrize("name", [name for name in THIRD if FULL or name in FALSE_ALARMS])
def test_a_correct_loop_raises_no_alarm_and_keeps_every_bit(name: str) -> None:
    ran = run(THIRD[name], 7, seed=1)
    assert [(found.rule, found.evidence) for found in ran.summary.findings if found.severity != "info"] == []
    assert ran.summary.notes == ()
    assert ran.summary.seen
    for mine, theirs in zip(ran.after, bare(THIRD[name], 7, seed=1), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("bug", [bug for bug in SEEN if FULL or bug.name in NEW], ids=lambda bug: bug.name)
def test_a_bug_is_named_within_ten_steps(bug: Bug) -> None:
    ran = run(bug.build(), bug.acts + 11, seed=2, named=bug.named)
    steps = [found.step for found in ran.summary.findings if found.rule in bug.named]
    assert steps, [(found.rule, found.step) for found in ran.summary.findings]
    assert min(steps) <= bug.acts + 10


def test_the_third_set_has_names_of_its_own_and_its_edits_fit() -> None:
    names = [bug.name for bug in (*BUGS, *MORE_BUGS, *THIRD_BUGS)]
    assert len(set(names)) == len(names)
    assert not set(THIRD) & set(LOOPS | MORE)
    assert set(NEW) <= {bug.name for bug in SEEN}
    assert set(names) >= BLIND
    assert {name for bug in SEEN for name in bug.named} & {rule.name for rule in RULES}
    for bug in THIRD_BUGS:
        bug.build()


def gradients(loss: str, places: int = 1) -> tuple[torch.Tensor, ...]:
    """Answers to 16 real and fake samples, and the gradients of a loss by them."""
    torch.manual_seed(0)
    r, f = (torch.randn(16, places, requires_grad=True) for _ in range(2))
    away, toward = r - f.mean(0), f - r.mean(0)
    value = {
        "d": torch.nn.functional.softplus(-away).mean() + torch.nn.functional.softplus(toward).mean(),
        "g": torch.nn.functional.softplus(away).mean() + torch.nn.functional.softplus(-toward).mean(),
        "squares": ((away - 1) ** 2).mean() + ((toward + 1) ** 2).mean(),
        "plain": torch.nn.functional.softplus(-r).mean() + torch.nn.functional.softplus(f).mean(),
    }[loss]
    return r.detach(), *torch.autograd.grad(value, (r, f)), f.detach()


@pytest.mark.parametrize(
    ("loss", "places", "push"), [("d", 1, 1), ("g", 1, -1), ("squares", 1, 1), ("d", 6, 1), ("plain", 1, None)]
)
def test_a_loss_against_the_other_sides_mean_is_read_with_its_direction(
    loss: str, places: int, push: int | None
) -> None:
    r, g_r, g_f, f = (x.numpy() for x in gradients(loss, places))
    what = averaged(r, g_r, f, g_f, places)
    assert (what is None) == (push is None)
    assert what is None or (what.form, what.push) == (AVERAGED, push)


def test_a_loss_with_its_optimum_between_pushes_no_way_and_names_no_form() -> None:
    torch.manual_seed(0)
    p = (0.5 + 0.01 * torch.randn(32)).requires_grad_()
    (g,) = torch.autograd.grad((torch.log(p) - torch.log(1 - p)).square().mean(), p)
    what = told(p.detach().numpy(), g.numpy())
    assert what.push == 0 or what.form == "unknown"


def test_rows_of_zeros_and_ones_have_checksums_of_their_own() -> None:
    words = (torch.arange(12)[:, None] + torch.arange(10)) % 12
    more = torch.randint(0, 12, (300, 10), generator=torch.Generator().manual_seed(0))
    rows = torch.nn.functional.one_hot(torch.cat([words, more]), 12).float().flatten(1).unique(dim=0)
    sums = checksum(rows)
    assert len(sums.unique(dim=0)) == len(rows)
    assert torch.equal(checksum(rows.double()), sums)
    assert torch.equal(checksum(torch.where(rows == 0, -rows, rows)), sums)
    assert torch.equal(checksum(torch.cat([rows, rows], 1)[:, 120:]), sums)


def test_a_transform_of_functions_is_told_from_plain_code() -> None:
    seen = []
    torch.func.vmap(lambda x: (seen.append(transformed()), x)[1])(torch.zeros(3))
    assert seen == [True]
    assert not transformed()
