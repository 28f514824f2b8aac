"""Rules on the course of a run: whether G's samples collapse, lose regions, or stay away from the data.

No limit is in steps of a particular GAN: what is said holds over the last looks, and is measured against the run's own
earlier ones or against what real samples attain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from gan_core.watching.course import Look
from gan_core.watching.evidence import Evidence, Facts
from gan_core.watching.rule import OK, UNKNOWN, Rule, Told

__all__ = ["COURSE_RULES"]

IN_A_ROW: Final = 3
"""Looks that must agree."""
OVER: Final = 100
"""Steps of G that they must span."""
ALIKE: Final = 0.2
"""Spread below which samples are alike, in units of the data's."""
VARIED: Final = 0.5
LATE: Final = 1_000
"""Steps before which nothing is said of a run that has not begun to learn."""
LOST: Final = 0.35
"""Share of its own best coverage below which a run has lost regions."""
SEEN: Final = 0.3
PART: Final = 0.4
"""Share of what real samples cover below which G makes a part of the data."""
RISING: Final = 1.15
NOTHING: Final = 0.05
MARGIN: Final = 0.1
"""Share beyond chance that counts as learned by heart."""
MANY: Final = 384
DUE: Final = 20
"""Samples of a class that were due, if it is called missing: none comes by chance once in 10⁸."""


def _last(looks: Sequence[Look]) -> Sequence[Look]:
    """Find the last looks that must agree; none if there are too few yet."""
    for n in range(IN_A_ROW, len(looks) + 1):
        if looks[-1].step - looks[-n].step >= OVER:
            return looks[-n:]
    return ()


def _second_half(looks: Sequence[Look]) -> Sequence[Look]:
    """Find the looks at the second half of the run; none if they are too few, or the run is young."""
    found = [look for look in looks if 2 * look.step >= looks[-1].step]
    return found if looks[-1].step >= LATE and len(found) >= IN_A_ROW else ()


def _rises(values: Sequence[float]) -> bool:
    """Tell whether the later half is above the earlier one."""
    half = len(values) // 2
    return sum(values[-half:]) > RISING * sum(values[:half])


def _at_most(share: float) -> str:
    """Say a share in words that are never below it."""
    return "less than 1 %" if share < 0.01 else f"at most {math.ceil(100 * share)} %"


def _samples_alike(now: Facts, seen: Evidence) -> Told:
    looks = seen.course.looks
    last = _last(looks)
    if not last:
        return UNKNOWN
    spread = max(look.spread for look in last)
    if spread >= ALIKE:
        return OK
    best = max(looks, key=lambda look: look.spread)
    words = (
        f"the mean distance between two samples is {_at_most(spread)} of that between two real ones, "
        f"from step {last[0].step} to {last[-1].step}"
    )
    if best.spread >= VARIED:
        return Told(f"{words}; at step {best.step} it was {100 * best.spread:.0f} %")
    half = _second_half(looks)
    if half and not _rises([look.spread for look in half]):
        return Told(f"{words}, and it does not grow")
    return OK


def _regions_lost(now: Facts, seen: Evidence) -> Told:
    looks = seen.course.looks
    last = _last(looks)
    if not last:
        return UNKNOWN
    covered = max(look.coverage for look in last)
    best = max(looks, key=lambda look: look.coverage)
    if best.coverage < SEEN or covered >= LOST * best.coverage:
        return OK
    return Told(
        f"samples lie near {_at_most(covered)} of the real ones, from step {last[0].step} to {last[-1].step}; "
        f"at step {best.step} it was {100 * best.coverage:.0f} %"
    )


def _part_of_data(now: Facts, seen: Evidence) -> Told:
    half = _second_half(seen.course.looks)
    if not half:
        return UNKNOWN
    on_data = min(look.precision / max(look.real_precision, 1e-9) for look in half) >= VARIED
    covered = max(look.coverage / max(look.real_coverage, 1e-9) for look in half)
    if not on_data or covered > PART or _rises([look.coverage for look in half]):
        return OK
    last = half[-1]
    return Told(
        f"samples lie near {100 * last.coverage:.0f} % of the real ones (other real samples: near "
        f"{100 * last.real_coverage:.0f} %), and it has not grown since step {half[0].step}"
    )


def _far_from_data(now: Facts, seen: Evidence) -> Told:
    half = _second_half(seen.course.looks)
    if not half or min(look.real_precision for look in half) < VARIED:
        return UNKNOWN
    if max(look.precision for look in half) > NOTHING:
        return OK
    last = half[-1]
    return Told(
        f"{100 * last.precision:.0f} % of the samples lie near a real one (of other real samples "
        f"{100 * last.real_precision:.0f} %), and never more than {100 * NOTHING:.0f} % since step {half[0].step}"
    )


def _copies(now: Facts, seen: Evidence) -> Told:
    last = [look for look in _last(seen.course.looks) if look.nearer == look.nearer]
    if not last:
        return UNKNOWN
    least = min(look.nearer for look in last)
    chance = 0.5 + 3 * (0.25 / min(look.n for look in last)) ** 0.5
    if least <= chance + MARGIN:
        return OK
    return Told(
        f"at least {100 * least:.0f} % of the samples are nearer to a training sample than to a held-out one, "
        f"from step {last[0].step} to {last[-1].step}; it would be 50 % if nothing were learned by heart"
    )


def _class_missing(now: Facts, seen: Evidence) -> Told:
    half = _second_half(seen.course.looks)
    if not half or not seen.course.shares:
        return UNKNOWN
    made: dict[str, int] = {}
    for look in half:
        for name, count in look.classes.items():
            made[name] = made.get(name, 0) + count
    n = sum(made.values())
    if n < MANY or min(look.precision / max(look.real_precision, 1e-9) for look in half) < VARIED:
        return UNKNOWN
    missing = [(name, share) for name, share in seen.course.shares.items() if share * n >= DUE and not made.get(name)]
    if not missing:
        return OK
    words = ", ".join(f"{name[:40]!r} ({100 * share:.0f} % of the real ones)" for name, share in missing[:5])
    return Told(f"of {n} samples since step {half[0].step} none is nearest to a real one of class {words}")


COURSE_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "samples_alike", "warning", "G's samples have become alike: mode collapse.", _samples_alike,
        "loss_d = loss_d + 0.5 * r1 * grad_real.square().sum(1).mean()  # or a lower lr, minibatch standard deviation",
        "fakes and 64 real samples, as D gets them, over 100 steps", course=True,
    ),
    Rule(
        "regions_lost", "warning", "G no longer makes what it made before.", _regions_lost,
        "opt = torch.optim.Adam(player.parameters(), lr=lr / 3, betas=(0.5, 0.999))  # or R1, or an average of G",
        "fakes and 64 real samples, as D gets them, over 100 steps", course=True,
    ),
    Rule(
        "part_of_data", "warning", "G makes a part of the data only.", _part_of_data,
        "D = with_minibatch_std(D)  # or packing, a larger batch, R1 in place of a strong D",
        "fakes and 64 real samples, as D gets them, over 1,000 steps", course=True,
    ),
    Rule(
        "class_missing", "warning", "A class is never made.", _class_missing,
        "D = with_minibatch_std(D)  # or tell both players the class",
        "watch(…, real=data, labels=classes), over 1,000 steps", course=True,
    ),
    Rule(
        "copies", "warning", "G learns training samples by heart.", _copies,
        "x = augment(x)  # the same differentiable augmentation for real and fake; or more data, a smaller D",
        "watch(…, held_out=samples) that are not trained on", course=True,
    ),
    Rule(
        "far_from_data", "info", "G's samples are not like the data.", _far_from_data,
        "opt_g = torch.optim.Adam(G.parameters(), lr=lr / 3, betas=(0.5, 0.999))  # or longer, or a larger G",
        "fakes and 64 real samples, as D gets them, over 1,000 steps", course=True,
    ),
)  # fmt: skip
