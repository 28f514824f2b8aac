r"""Losses, recognised from the gradients of a batch of answers alone.

With answers $o_i$ and $g_i = \partial L / \partial o_i$ each usual loss is $g = a f(o) + b h(o)$ with fixed $f, h$: two
unknowns for a whole batch. The form that fits exactly names the loss; its target is $t = -b/a$ and its weight per
sample $a$. Scores are high for real in the usual convention; nothing here relies on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LEAST_SQUARES: Final = "least_squares"
"""The form of a loss whose gradient is linear in the answers."""
HINGE: Final = "hinge"
"""The form of a loss that leaves answers beyond a margin alone."""

RELATIVISTIC: Final = "differences"
"""The form of a loss of differences, each fake's answer against one real sample's."""
AVERAGED: Final = "differences_from_mean"
"""The form of a loss of differences, each answer against the mean of the other side's (arXiv:1807.00734)."""

__all__ = ["AVERAGED", "FLAT", "RELATIVISTIC", "Told", "against", "averaged", "pairing", "told", "value"]

Values = NDArray[np.float64]

FLAT: Final = 1e-4
"""Answers that differ by less (standard deviation) cannot name a loss."""
EXACT: Final = 2e-4
"""Largest relative residual of a form in single precision; true forms leave 1e-7 to 1e-5."""
ALONE: Final = 1e-5
"""Largest residual of a form whose target is no usual label."""
MIDDLE: Final = 0.05
"""Distance from one half within which a target pushes no way."""
FEWEST: Final = 5
"""Answers below which a fit of two unknowns says nothing."""


@dataclass(frozen=True)
class Told:
    """Loss that a batch of answers was given.

    Attributes:
        form: ``bce_logits``, ``bce_prob``, ``least_squares``, ``linear``, ``hinge``, ``differences``,
            ``differences_from_mean``, ``flat`` (one gradient for answers too alike to tell) or ``unknown``.
        target: The answer's target where the form has one, for ``bce`` in [0, 1].
        weight: Size of the gradient per sample, without the form.
        push: +1 if the step raises the answers, −1 if it lowers them, 0 if neither is sure.
        n: Number of answers.
        exact: Whether the gradients were precise enough to name a form.
        outside: Whether the loss is the logarithm of answers some of which are no probabilities.
    """

    form: str
    target: float | None
    weight: float
    push: int
    n: int
    exact: bool = True
    outside: bool = False

    @property
    def total(self) -> float:
        """Weight of the whole batch: 1 for a mean, n for a sum."""
        return self.weight * self.n

    def words(self) -> str:
        """Short description for evidence."""
        if self.target is not None:
            return f"→ {round(self.target, 2) + 0.0:.2f}"  # never "-0.00"
        return {1: "up", -1: "down", 0: "unclear"}[self.push]


def told(answers: NDArray[Any], gradients: NDArray[Any], *, exact: bool = True) -> Told:
    """Name the loss.

    Args:
        answers: D's answers, flat.
        gradients: Gradient of the loss by each of them.
        exact: Whether both are in single precision; otherwise only signs are read.
    """
    o, g = answers.astype(np.float64).ravel(), gradients.astype(np.float64).ravel()
    finite = np.isfinite(o) & np.isfinite(g)
    o, g = o[finite], g[finite]
    n, size = len(o), float(np.abs(g).max(initial=0.0))
    if not n or size == 0.0:
        return Told("unknown", None, 0.0, 0, n)
    push = _one_sign(g)
    spread = float(np.ptp(g)) / size
    if spread < 1e-5:  # one value everywhere; a flat batch of another form looks so too
        # A bent form bends the gradients of answers that differ; those of a linear one are equal to the last digit.
        sure = float(o.std()) > 1e-2 or (exact and float(np.ptp(o)) > 20 * max(spread, 1e-6))
        return Told("linear" if sure else "flat", None, size, push, n)
    zero = g == 0
    if zero.any() and float(np.ptp(g[~zero])) / size < 1e-5:
        return Told(HINGE, None, size, push, n)
    if not exact or n < FEWEST or float(o.std()) < FLAT:
        return Told("unknown", None, float(np.abs(g).mean()), push, n, exact=False)
    if _outside(o, g):
        return Told("unknown", None, float(np.abs(g).mean()), push, n, outside=True)
    fits = sorted(_fits(o, g), key=lambda fit: fit[1])
    form, residual, a, b = fits[0]
    if form == LEAST_SQUARES and residual > 1e-6:
        # Near 0 a sigmoid is straight: a cross entropy with a usual label is the likelier of two that fit.
        for name, rest, other_a, other_b in fits[1:]:
            if rest <= EXACT and other_a and min(abs(-other_b / other_a - t) for t in (0.0, 1.0)) < 1e-2:
                form, residual, a, b = name, rest, other_a, other_b
    if residual > EXACT or a == 0:
        return Told("unknown", None, float(np.abs(g).mean()), push, n)
    target = -b / a
    if min(abs(target), abs(target - 1)) > 1e-2 and residual > min(ALONE, fits[1][1] / 5):
        # Of answers that are nearly alike every form fits, also to a loss that is none of these.
        return Told("unknown", None, float(np.abs(g).mean()), push, n)
    if form != LEAST_SQUARES:
        if not -0.01 <= target <= 1.01:
            return Told("unknown", None, float(np.abs(g).mean()), push, n)
        aim = target if a > 0 else 1 - target
        return Told(form, aim, abs(a), 0 if abs(aim - 0.5) < MIDDLE else 1 if aim > 0.5 else -1, n)
    return Told(form, target, abs(a), push, n) if a > 0 else Told("unknown", None, abs(a), push, n)


def pairing(first: NDArray[Any], g_first: NDArray[Any], second: NDArray[Any], g_second: NDArray[Any]) -> Told | None:
    r"""Read a loss of differences, $f(o_i - p_i)$, from its gradients by both: one is minus the other.

    Args:
        first: Answers, flat.
        g_first: Gradients by them.
        second: As many others.
        g_second: Gradients by these.

    Returns:
        What the first were told, or None if the two are no pairs.
    """
    g, other = g_first.astype(np.float64).ravel(), g_second.astype(np.float64).ravel()
    size = float(np.abs(g).max(initial=0.0))
    if len(g) < FEWEST or len(g) != len(other) or not size or float(np.ptp(g)) < 1e-5 * size:
        return None  # of a linear loss nobody can tell
    if not np.isfinite(g).all() or float(np.abs(g + other).max()) > 1e-5 * size:
        return None
    return against(first, g_first, second)


def against(answers: NDArray[Any], gradients: NDArray[Any], partners: NDArray[Any]) -> Told | None:
    """Read a loss of differences from its gradients by one side alone; None if they are not of these partners.

    Args:
        answers: D's answers, flat.
        gradients: Gradient of the loss by each of them.
        partners: As many answers, in the same order.
    """
    difference = answers.astype(np.float64).ravel() - partners.astype(np.float64).ravel()
    if float(difference.std()) < FLAT:
        return None
    what = told(difference, gradients)
    if what.form == "bce_logits" and what.target is not None and min(what.target, 1 - what.target) < 1e-2:
        return Told(RELATIVISTIC, None, what.weight, what.push, what.n)
    return None


def averaged(
    first: NDArray[Any], g_first: NDArray[Any], second: NDArray[Any], g_second: NDArray[Any] | None, places: int = 1
) -> Told | None:
    r"""Read a loss of differences from the other side's mean, $f(o_i - \bar p)$, with or without its counterpart.

    The gradient by one side is $A/n\,(f'(o_i - \bar p) - t)$ plus a constant, the counterpart's
    $-B/n \cdot \mathrm{mean}_j(f'(p_j - \bar o) - t')$. Targets are known up to $At - Bt'$, which has the direction;
    the two constants must add up, and that is what tells this form from others.

    Args:
        first: Answers, flat.
        g_first: Gradients by them.
        second: Answers of the other side.
        g_second: Gradients by these; None if they had none.
        places: Answers of one sample, if each place has a mean of its own.

    Returns:
        What the first were told, or None if it is no such loss.
    """
    o, g, p = (x.astype(np.float64).reshape(-1, places) for x in (first, g_first, second))
    if min(len(o), len(p)) < FEWEST or not np.ptp(g) or float(o.std()) < FLAT or not np.isfinite(g).all():
        return None
    if g_second is None:
        what = told(o - p.mean(0), g)
        known = what.form == "bce_logits" and what.target is not None and min(what.target, 1 - what.target) < 1e-2
        return Told(AVERAGED, None, what.weight, what.push, what.n) if known else None
    q = g_second.astype(np.float64).reshape(-1, places)
    if len(q) != len(p) or not np.isfinite(q).all():
        return None
    for f in (_sigmoid, lambda x: x):  # cross entropy, squares
        f_o, f_p = f(o - p.mean(0)), f(p - o.mean(0))
        a, k, rest_o = _line(f_o, g)
        b, m, rest_p = _line(f_p, q)
        n, n_p = o.size, p.size
        weight, other = a * n, b * n_p
        if max(rest_o, rest_p) > EXACT or min(weight, other) <= 0:
            continue
        total, expected = n * k + n_p * m, -other * float(f_p.mean()) - weight * float(f_o.mean())
        if abs(total - expected) > 1e-3 * (weight + other):
            continue
        apart = -n * k - other * float(f_p.mean())  # A t − B t'
        if abs(apart) > 0.1 * (weight + other):
            return Told(AVERAGED, None, a, 1 if apart > 0 else -1, n)
    return None


def _sigmoid(x: Values) -> Values:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))))


def _line(f: Values, g: Values) -> tuple[float, float, float]:
    """Fit $g = a f + k$ with a k for each place; returns a, the mean k, and what is left, in units of the bend."""
    f_moved, g_moved = f - f.mean(0), g - g.mean(0)
    a = float((f_moved * g_moved).sum() / max(float((f_moved**2).sum()), 1e-300))
    rest = float(np.linalg.norm(a * f_moved - g_moved)) / max(float(np.linalg.norm(g_moved)), 1e-300)
    return a, float((g - a * f).mean()), rest


def _one_sign(g: Values) -> int:
    """Find the direction of all non-zero gradients, 0 if they disagree."""
    if (g <= 0).all():
        return 1
    return -1 if (g >= 0).all() else 0


def _outside(o: Values, g: Values) -> bool:
    """Tell whether the gradient is exactly that of log o or of log(1 − o), where that is no real number."""
    for inner in (o, 1 - o):
        level = g * inner
        # Answers close to 0 are blurred by the eps that people add.
        sure = np.abs(inner) > 1e-4
        if sure.sum() >= FEWEST and (inner[sure] < 0).any() and np.ptp(level[sure]) < EXACT * np.abs(level[sure]).max():
            return True
    return False


def _fits(o: Values, g: Values) -> list[tuple[str, float, float, float]]:
    sigmoid = _sigmoid(o)
    ones = np.ones_like(o)
    forms = [(LEAST_SQUARES, o, ones, g), ("bce_logits", sigmoid, ones, g)]
    if o.min() > 1e-6 and o.max() < 1 - 1e-6:
        forms.append(("bce_prob", o, ones, g * o * (1 - o)))
    found = []
    for name, f, h, y in forms:
        design = np.stack([f, h], 1)
        (a, b), *_ = np.linalg.lstsq(design, y, rcond=None)
        # Compared with what a constant leaves unexplained: a form has to follow the bend, not only the level.
        rest = float(np.linalg.norm(design @ (a, b) - y))
        bend = float(np.linalg.norm(y - y.mean()))
        found.append((name, rest / max(bend, 1e-300), float(a), float(b)))
    return found


def value(what: Told, answers: NDArray[Any]) -> float:
    """Compute the loss of a batch from its form; NaN where the form is unknown.

    Args:
        what: From `told`.
        answers: D's answers.
    """
    o = answers.astype(np.float64).ravel()
    if what.form == "linear":
        return float(-what.push * o.mean())
    if what.form == HINGE:
        return float(np.maximum(0, 1 - what.push * o).mean())
    if what.target is None:
        return float("nan")
    t = what.target
    if what.form == LEAST_SQUARES:
        return float(what.total / 2 * ((o - t) ** 2).mean())
    if what.form == "bce_logits":
        return float((np.logaddexp(0, o) - t * o).mean())
    p = np.clip(o, 1e-12, 1 - 1e-12)
    return float(-(t * np.log(p) + (1 - t) * np.log1p(-p)).mean())
