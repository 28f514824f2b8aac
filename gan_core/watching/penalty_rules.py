"""Rules on penalties on D's gradient."""

from __future__ import annotations

from typing import Final

import numpy as np

from gan_core.watching.evidence import Evidence, Facts
from gan_core.watching.rule import OK, UNKNOWN, Rule, Told

__all__ = ["PENALTY_RULES"]


def _penalty_without_effect(now: Facts, seen: Evidence) -> Told:
    if not now.penalties:
        return UNKNOWN
    if any(penalty.has_force for penalty in now.penalties):
        return OK
    return Told("D's gradient by its input was computed, and nothing of it reached D's parameters")


def _whole_batch(seen: Evidence) -> Told:
    """Tell whether one norm of a whole batch is drawn to a centre: one force for all samples, by that norm alone."""
    seen_so_far = [p for facts in seen.facts for p in facts.penalties if p.level == p.level and p.whole == p.whole]
    levels = np.array([p.level for p in seen_so_far[-6:]])
    inverse = np.array([1 / max(p.whole, 1e-12) for p in seen_so_far[-6:]])
    if len(levels) < 4 or np.ptp(levels) < 0.02 * np.abs(levels).max() or np.ptp(inverse) < 0.02 * inverse.max():
        return OK
    slope, level = np.polyfit(inverse, levels, 1)
    if level <= 0 or slope >= 0 or np.abs(level + slope * inverse - levels).max() > 1e-3 * level:
        return OK
    return Told("the penalty takes one norm of the whole batch's gradients, not one a sample")


def _penalty_axis(now: Facts, seen: Evidence) -> Told:
    forces = [penalty for penalty in now.penalties if penalty.has_force]
    if not forces:
        return UNKNOWN
    worst = min(penalty.cosine for penalty in forces)
    if worst > 0.99:
        return _whole_batch(seen)
    return Told(f"the penalty does not act along each sample's whole gradient (cosine {worst:.2f} instead of 1)")


def _penalty_batch_norm(now: Facts, seen: Evidence) -> Told:
    if not now.penalties:
        return UNKNOWN
    mixed = seen.players["D"].has_batch_norm and any(penalty.training for penalty in now.penalties)
    return Told("D has batch norm, so one sample's gradient depends on the others") if mixed else OK


def _penalty_sign(now: Facts, seen: Evidence) -> Told:
    lately = [penalty for facts in seen.facts for penalty in facts.penalties if penalty.sign][-2:]
    if not any(penalty.sign for penalty in now.penalties) or len(lately) < 2 or now.update.maximizes:
        return UNKNOWN
    first, second = lately
    if first.level == first.level and not abs(first.level - second.level) <= 1e-2 * abs(first.level):
        return UNKNOWN  # one force for all samples is that of their own norms only if it stays the same
    if first.sign > 0 or second.sign > 0:
        return OK
    return Told(
        "the penalty's weight in D's loss is negative: it drives the gradient's norm away from where it should be"
    )


def _penalty_place(now: Facts, seen: Evidence) -> Told:
    at_one = [p for p in now.penalties if p.centre is not None and abs(p.centre - 1) < 0.01]
    if not at_one:
        return UNKNOWN
    places = {penalty.place for penalty in at_one}
    if "" in places or len(places) > 1:
        return OK
    return Told(
        f"the gradient's norm is drawn to 1 at the {places.pop()} samples themselves, not between real and fake"
    )


PENALTY_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "penalty_without_effect", "error", "The gradient penalty has no effect.", _penalty_without_effect,
        "torch.autograd.grad(out.sum(), x, create_graph=True)  # and add the penalty to D's loss",
        "a penalty on D's gradient", confirm=1,
    ),
    Rule(
        "penalty_axis", "error", "The gradient's norm is taken along the wrong axis.", _penalty_axis,
        "grad.flatten(1).norm(2, dim=1)",
        "a penalty on D's gradient", confirm=2,
    ),
    Rule(
        "penalty_sign", "error", "The gradient penalty is subtracted.", _penalty_sign,
        "loss_d = loss_d + 10 * gradient_penalty(D, real, fake)  # plus",
        "two penalties on D's gradient",
    ),
    Rule(
        "penalty_place", "warning", "The gradient penalty is not taken between real and fake.", _penalty_place,
        "x_hat = torch.lerp(real, fake, torch.rand(n, 1, 1, 1))",
        "a penalty that draws the norm to 1", confirm=3,
    ),
    Rule(
        "penalty_batch_norm", "warning", "A gradient penalty beside batch norm in D.", _penalty_batch_norm,
        "nn.GroupNorm(1, width)  # or InstanceNorm, in place of BatchNorm in D",
        "a penalty on D's gradient", confirm=2,
    ),
)  # fmt: skip
