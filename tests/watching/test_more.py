"""The second set of loops and bugs, and what was mended after it was met."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from gan_core.watching import WatchCallback, schedule
from gan_core.watching.losses import RELATIVISTIC, against, pairing
from gan_core.watching.probe import twin
from gan_core.watching.rules import RULES
from gan_core.watching.script import run_script
from gan_core.watching.session import Watch, watch
from tests.watching.bugs import BUGS, Bug
from tests.watching.loops import LOOPS, UpG, images
from tests.watching.more_bugs import MORE_BUGS
from tests.watching.more_loops import MORE, Critic
from tests.watching.running import bare, run
from tests.watching.split import untouched


@pytest.mark.parametrize("name", MORE)
def test_a_correct_loop_raises_no_alarm_and_keeps_every_bit(name: str) -> None:
    ran = run(MORE[name], 7, seed=1)
    assert [(found.rule, found.evidence) for found in ran.summary.findings if found.severity != "info"] == []
    assert ran.summary.notes == ()
    assert ran.summary.seen
    for mine, theirs in zip(ran.after, bare(MORE[name], 7, seed=1), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("bug", MORE_BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_named_within_ten_steps(bug: Bug) -> None:
    ran = run(bug.build(), bug.acts + 11, seed=3, named=bug.named)
    steps = [found.step for found in ran.summary.findings if found.rule in bug.named]
    assert steps, [(found.rule, found.step) for found in ran.summary.findings]
    assert min(steps) <= bug.acts + 10


def test_the_second_set_has_names_of_its_own_and_half_of_it_is_set_aside() -> None:
    names = [bug.name for bug in (*BUGS, *MORE_BUGS)]
    assert len(set(names)) == len(names)
    assert not set(LOOPS) & set(MORE)
    assert {name for bug in MORE_BUGS for name in bug.named} <= {rule.name for rule in RULES}
    assert len(untouched(bug.name for bug in MORE_BUGS)) == len(MORE_BUGS) // 2


@pytest.mark.parametrize("name", ["paired", "r3gan"])
def test_a_loss_of_differences_is_recognised_for_both_players(name: str) -> None:
    ran = run((LOOPS | MORE)[name], 4, seed=0)
    assert ran.summary.losses == f"D {RELATIVISTIC}, G {RELATIVISTIC}"
    losses = [term.loss for facts in ran.watching._seen.facts for term in facts.terms]
    assert all(0.1 < loss < 1.5 for loss in losses)


def gradients(loss: str, seed: int = 0) -> list[torch.Tensor]:
    """Answers of D and the gradients of a loss by them."""
    torch.manual_seed(seed)
    real, fake = torch.randn(16, requires_grad=True), torch.randn(16, requires_grad=True)
    losses = {
        "pairs": F.softplus(fake - real).mean(),
        "swapped": F.softplus(real - fake).mean(),
        "plain": F.softplus(-real).mean() + F.softplus(fake).mean(),
        "linear": (fake - real).mean(),
        "squares": ((real - fake - 1) ** 2).mean(),
    }
    g_real, g_fake = torch.autograd.grad(losses[loss], (real, fake))
    return [real.detach(), g_real, fake.detach(), g_fake]


def test_pairs_are_read_with_their_direction_and_nothing_else_is_taken_for_them() -> None:
    told = {name: pairing(*[x.numpy() for x in gradients(name)]) for name in ("pairs", "swapped")}
    pairs, swapped = told["pairs"], told["swapped"]
    assert pairs is not None
    assert swapped is not None
    assert (pairs.push, swapped.push) == (1, -1)
    assert pairs.total == pytest.approx(1, rel=1e-4)
    for name in ("plain", "linear", "squares"):
        real, g_real, fake, g_fake = (x.numpy() for x in gradients(name))
        assert pairing(real, g_real, fake, g_fake) is None
        assert against(real, g_real, fake) is None
    real, g_real, fake, _ = (x.numpy() for x in gradients("pairs"))
    assert against(real, g_real, fake) is not None
    assert against(real, g_real, fake[::-1].copy()) is None  # not these partners


def trained(n: int, *, momentum: float = 0.1, bias: float = 0.0) -> Watch:
    """A healthy DCGAN, unless its batch norm hardly averages, or D's answers begin far out."""
    torch.manual_seed(0)
    generator, critic = UpG(), Critic()
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = momentum
    nn.init.constant_(critic.fc.bias, bias)
    opt_g, opt_d = (torch.optim.Adam(m.parameters(), 2e-4, (0.5, 0.999)) for m in (generator, critic))
    with watch(generator, critic, on="silent") as watching:
        for _ in range(n):
            fake = generator(torch.randn(16, 8, 1, 1))
            opt_d.zero_grad()
            (F.softplus(-critic(images())).mean() + F.softplus(critic(fake.detach())).mean()).backward()
            opt_d.step()
            opt_g.zero_grad()
            F.softplus(-critic(fake)).mean().backward()
            opt_g.step()
    return watching


@pytest.mark.parametrize(("momentum", "found"), [(0.1, False), (1e-4, True)])
def test_a_generator_that_changes_in_eval_mode_is_named(
    momentum: float, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "GAPS", (40, 50))
    watching = trained(75, momentum=momentum)
    summary = watching.summary()
    assert "train_eval_gap" in summary.checked
    assert ("train_eval_gap" in [finding.rule for finding in watching.findings]) is found


@pytest.mark.parametrize(("bias", "found"), [(0.0, False), (6.0, True)])
def test_a_first_loss_that_is_far_out_is_a_hint(bias: float, found: bool) -> None:
    findings = [finding for finding in trained(2, bias=bias).findings if finding.rule == "initial_loss"]
    assert bool(findings) is found
    assert all(finding.severity == "info" for finding in findings)
    assert not found or "ln 2" in findings[0].evidence


def test_a_callback_is_lightnings_own_whichever_was_imported_first(monkeypatch: pytest.MonkeyPatch) -> None:
    class Callback:
        state_key = "its own"

        def on_fit_start(self, trainer: object, module: object) -> None:
            raise AssertionError("ours comes first")

    pytorch = types.ModuleType("lightning.pytorch")
    pytorch.Callback = Callback  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lightning.pytorch", pytorch)
    made = WatchCallback(generator="net.G", on="silent")
    assert isinstance(made, Callback)
    assert isinstance(made, WatchCallback)
    assert made.state_key == "its own"
    assert made._names == ("net.G", "discriminator")
    assert type(made).on_fit_start is WatchCallback.on_fit_start
    monkeypatch.delitem(sys.modules, "lightning.pytorch")
    assert type(WatchCallback()) is WatchCallback


OWN_WATCH = """
import torch
from torch import nn
from gan_core.watching import watch
G, D = nn.Sequential(nn.Linear(4, 16), nn.Linear(16, 8)), nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 1))
opt_g, opt_d = (torch.optim.Adam(m.parameters(), 1e-3) for m in (G, D))
w = watch(G, D, on="silent")
bce = nn.BCEWithLogitsLoss()
for _ in range(6):
    fake = G(torch.randn(16, 4))
    opt_d.zero_grad()
    (bce(D(torch.randn(16, 8)), torch.ones(16, 1)) + bce(D(fake.detach()), torch.zeros(16, 1))).backward()
    opt_d.step()
    opt_g.zero_grad()
    bce(D(fake), torch.zeros(16, 1)).backward()  # the wrong label
    opt_g.step()
"""


def test_a_script_that_watches_itself_can_be_watched_by_the_command(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(OWN_WATCH, encoding="utf-8")
    outcome = run_script(script, [], on="error", out=None, steps=None, fail_on="error")
    assert outcome.error is None
    assert outcome.summary is not None
    assert outcome.status == 1
    assert [found.rule for found in outcome.summary.findings if found.severity == "error"] == ["same_goal"]
    assert outcome.summary.steps_g == 6  # its own watch, from the first step on


def test_a_module_whose_weights_a_hook_computes_is_copied_all_the_same() -> None:
    critic = Critic(norm=True)
    critic(images()).sum().backward()
    copied = twin(critic)
    assert copied is not None
    torch.testing.assert_close(copied(images(2)).shape, critic.eval()(images(2)).shape)
    x = images(4)
    torch.testing.assert_close(copied(x), critic(x))
