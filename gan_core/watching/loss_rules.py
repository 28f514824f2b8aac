"""Rules on losses: what D and G are told, with what weight, and whether D's end fits."""

from __future__ import annotations

from typing import Final

import numpy as np

from gan_core.watching.evidence import Evidence, Facts, Term
from gan_core.watching.losses import HINGE, LEAST_SQUARES
from gan_core.watching.losses import Told as ToldLoss
from gan_core.watching.rule import OK, UNKNOWN, Rule, Told

__all__ = ["LOSS_RULES"]


def vague(term: Term) -> int:
    """Order terms: those whose target is known first, then those that push one way."""
    return 2 * (term.told.target is None) + (term.told.target is None and not term.told.push)


def _sides(now: Facts) -> tuple[Term, Term] | None:
    """Find a real and a fake term of D's step, the clearest that were read."""
    for real in sorted(now.of("real"), key=vague):
        for fake in sorted(now.of("fake"), key=vague):
            if real.which == fake.which:
                return real, fake
    return None


def _no_real(now: Facts, seen: Evidence) -> Told:
    if now.window is None:
        return UNKNOWN
    kinds = now.window.kinds
    if not kinds:
        return UNKNOWN
    return Told("every sample that D was shown since G's last step had come from G") if kinds == {"fake"} else OK


def _no_fakes(now: Facts, seen: Evidence) -> Told:
    if "D" not in now.player or not now.terms:
        return UNKNOWN
    return Told("D is told real and fake of the very same samples") if now.twins else OK


def _same_label(now: Facts, seen: Evidence) -> Told:
    sides = _sides(now)
    if "D" not in now.player or sides is None:
        return UNKNOWN
    real, fake = (side.told for side in sides)
    if real.target is not None and fake.target is not None and real.form == fake.form:
        if abs(real.target - fake.target) < 0.02:
            return Told(f"D is told {real.words()} of real and of fake samples")
        return OK
    constant = real.form in ("linear", "flat") and fake.form in ("linear", "flat")
    if constant and abs(real.total - fake.total) < 1e-3 * real.total:
        if real.push == fake.push:
            return Told(f"D's answers are pushed {real.words()} for real and for fake samples")
        return OK
    return UNKNOWN


def _goals(now: Facts, seen: Evidence) -> tuple[str, bool] | None:
    """Evidence if G wants what D wants of fakes, and whether D scores real high; None if that cannot be told."""
    # D may have been asked for features too, for another part of G's loss.
    goal = min((term for term in now.of("fake") if term.attached), key=vague, default=None)
    if "G" not in now.player or goal is None:
        return None
    for facts in reversed(seen.facts):
        sides = _sides(facts)
        if "D" not in facts.player or sides is None or sides[0].which != goal.which:
            continue
        real, fake, g = sides[0].told, sides[1].told, goal.told
        words = f"D: real {real.words()}, fake {fake.words()}; G: fake {g.words()}"
        targets = real.target, fake.target, g.target
        if None not in targets and real.form == fake.form == g.form:
            t_real, t_fake, t_g = (t for t in targets if t is not None)
            if abs(t_real - t_fake) < 0.02:
                return None
            same = abs(t_g - t_fake) < 0.25 * abs(t_real - t_fake)
            return (words if same else ""), t_real > t_fake
        if not (real.push and fake.push and g.push) or real.push == fake.push:
            if facts.step < now.step or not g.push:
                return None
            continue  # labels that are drawn at random: another update of the same step may be clearer
        if g.form == "unknown" and g.exact:
            return None  # a loss may want D's answer on its boundary: on which side it is now says nothing
        if any(told.form == LEAST_SQUARES and not far(told) for told in (real, fake, g)):
            return None
        return (words if g.push == fake.push else ""), real.push > 0
    return None


def far(told: ToldLoss) -> bool:
    """Tell whether a square loss pulls to where no answer ever is: a linear loss with a little weight on answers."""
    return told.target is not None and abs(told.target) > 5


def _labels_swapped(now: Facts, seen: Evidence) -> Told:
    goals = _goals(now, seen)
    if goals is None:
        return UNKNOWN
    return Told(goals[0]) if goals[0] and not goals[1] else OK


def _same_goal(now: Facts, seen: Evidence) -> Told:
    goals = _goals(now, seen)
    if goals is None:
        return UNKNOWN
    return Told(goals[0]) if goals[0] and goals[1] else OK


def _smoothing_on_fakes(now: Facts, seen: Evidence) -> Told:
    sides = _sides(now)
    if "D" not in now.player or sides is None:
        return UNKNOWN
    real, fake = (side.told for side in sides)
    if fake.target is None or not fake.form.startswith("bce"):
        return UNKNOWN
    if real.target is not None:
        up = real.target > fake.target
    else:  # labels of real ones are drawn at random; G wants what D is told of them
        goals = [term.told for facts in seen.facts if facts.player == "G" for term in facts.of("fake")]
        if not goals or goals[-1].target is None:
            return UNKNOWN
        up = goals[-1].target > fake.target
    low = fake.target if up else 1 - fake.target
    return Told(f"D's target for fakes is {fake.target:.2f}") if 0.02 < low < 0.49 else OK


def _unequal_weights(now: Facts, seen: Evidence) -> Told:
    if "D" not in now.player or _sides(now) is None:
        return UNKNOWN
    if len({term.told.form for term in now.terms}) > 1 or now.terms[0].told.form in ("unknown", "flat"):
        return UNKNOWN
    real, fake = (sum(term.told.total for term in now.of(kind)) for kind in ("real", "fake"))
    if not real or not fake or now.terms[0].told.form == HINGE:
        return UNKNOWN
    ratio = real / fake
    if 0.25 < ratio < 4:
        return OK
    more, times = ("real", ratio) if ratio > 1 else ("fake", 1 / ratio)
    return Told(f"{more} samples weigh {times:.3g} times as much in D's loss (a sum beside a mean?)")


def _sigmoid_twice(now: Facts, seen: Evidence) -> Told:
    read = [term for term in now.terms if term.told.form not in ("unknown", "flat")]
    if not read:
        return UNKNOWN
    twice = any(term.told.form == "bce_logits" and "Sigmoid" in term.last for term in read)
    return Told("D ends in a sigmoid, and its loss applies one more") if twice else OK


def _sigmoid_missing(now: Facts, seen: Evidence) -> Told:
    if not now.terms:
        return UNKNOWN
    outside = [term for term in now.terms if term.told.outside]
    if not outside:
        return OK
    return Told(
        f"the loss takes the logarithm of D's answers to {outside[0].kind} samples, and some are no probabilities"
    )


def _sigmoid_in_critic(now: Facts, seen: Evidence) -> Told:
    read = [term for term in now.terms if term.told.form not in ("unknown", "flat")]
    if not read or len(now.terms) < 2 or all(far(term.told) for term in read):
        return UNKNOWN
    squashed = all((term.told.form == "linear" or far(term.told)) and "Sigmoid" in term.last for term in read)
    return Told("the loss is linear in D's answers, and D ends in a sigmoid") if squashed else OK


def _initial_loss(now: Facts, seen: Evidence) -> Told:
    if "D" not in now.player or seen.n_steps["D"] != 1:
        return UNKNOWN
    known = [term for term in now.terms if term.told.form.startswith("bce") and np.isfinite(term.loss)]
    if not known:
        return UNKNOWN
    worst = max(known, key=lambda term: abs(np.log(max(term.loss, 1e-9) / np.log(2))))
    if np.log(2) / 2 <= worst.loss <= 2 * np.log(2):
        return OK
    return Told(
        f"D's first loss on {worst.kind} samples is {worst.loss:.2g}; a D that knows nothing has {np.log(2):.2g} (ln 2)"
    )


def _constant_answer(now: Facts, seen: Evidence) -> Told:
    low, high, n = now.answers
    if now.player != "D" or n < 2 or now.gradients is None:
        return UNKNOWN
    if low < high or np.any(now.gradients):
        return OK
    return Told(f"D answered {low:.3g} to every sample, real and fake, and every gradient of D is 0")


def _g_loss_without_d(now: Facts, seen: Evidence) -> Told:
    fakes = now.of("fake")
    if now.player != "G" or not fakes or not any("G" in task.touched for task in now.used):
        return UNKNOWN
    if any(term.attached for term in now.terms):
        return OK
    return Told("G's loss asked D about fakes that are detached from G; what moves G comes from elsewhere")


def _critic_unbounded(now: Facts, seen: Evidence) -> Told:
    if now.player != "D" or len(now.terms) < 2:
        return UNKNOWN
    free = all(term.told.form == "linear" for term in now.terms)
    if not free or max(abs(term.answer) for term in now.terms) < 2:
        return OK if not free else UNKNOWN
    bound = seen.clipped["D"] or seen.players["D"].normed or any(facts.penalties for facts in seen.facts)
    return OK if bound else Told("D's loss is linear and nothing bounds D: no clipping, penalty or spectral norm seen")


LOSS_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "constant_answer", "error", "D answers the same whatever it is shown.", _constant_answer,
        "D = nn.Sequential(…, nn.Linear(width, 1))  # no softmax over one number, no dead layer before the end",
        "D's loss", confirm=2,
    ),
    Rule(
        "g_loss_without_d", "error", "G's loss does not reach G through D.", _g_loss_without_d,
        "loss_g = criterion(D(fake), real_label) + …  # fake without detach()",
        "D's answers to fakes in G's loss", confirm=3,
    ),
    Rule(
        "no_real", "error", "D never sees real samples.", _no_real,
        "loss_real = criterion(D(real), ones)",
        "D's loss", confirm=3,
    ),
    Rule(
        "no_fakes", "error", "The same samples are called real and fake.", _no_fakes,
        "loss_fake = criterion(D(fake.detach()), zeros)",
        "D's loss", confirm=2,
    ),
    Rule(
        "same_label", "error", "D is told the same of real and of fake samples.", _same_label,
        "loss_d = criterion(D(real), ones) + criterion(D(fake.detach()), zeros)",
        "D's loss, read from its gradient, for real and fake", confirm=3,
    ),
    Rule(
        "labels_swapped", "error", "D's labels or sign are swapped: G and D want the same.", _labels_swapped,
        "loss_d = criterion(D(real), ones) + criterion(D(fake.detach()), zeros)  # or D(fake).mean() - D(real).mean()",
        "both losses, read from their gradients", confirm=3,
    ),
    Rule(
        "same_goal", "error", "G wants what D wants: G's label or sign is wrong.", _same_goal,
        "loss_g = criterion(D(fake), ones)  # or -D(fake).mean()",
        "both losses, read from their gradients", confirm=3,
    ),
    Rule(
        "sigmoid_twice", "error", "A sigmoid is applied twice.", _sigmoid_twice,
        "criterion = nn.BCELoss()  # or take the sigmoid out of D and keep BCEWithLogitsLoss",
        "a loss read from D's gradient", confirm=3,
    ),
    Rule(
        "sigmoid_missing", "error", "A sigmoid is missing.", _sigmoid_missing,
        "criterion = nn.BCEWithLogitsLoss()  # or D = nn.Sequential(…, nn.Sigmoid()) in front of a logarithm",
        "a loss read from D's gradient", confirm=2,
    ),
    Rule(
        "sigmoid_in_critic", "error", "A critic ends in a sigmoid.", _sigmoid_in_critic,
        "D = nn.Sequential(…, nn.Linear(width, 1))  # no sigmoid at the end",
        "a loss read from D's gradient", confirm=3,
    ),
    Rule(
        "unequal_weights", "warning", "Real and fake weigh differently in D's loss.", _unequal_weights,
        "loss_d = loss_real.mean() + loss_fake.mean()",
        "D's loss, read from its gradient, for real and fake", confirm=3,
    ),
    Rule(
        "smoothing_on_fakes", "warning", "Labels of fakes are smoothed.", _smoothing_on_fakes,
        "criterion(D(fake.detach()), zeros)  # smooth the real side alone",
        "D's loss, read from its gradient, for real and fake", confirm=3,
    ),
    Rule(
        "critic_unbounded", "warning", "A critic is not bounded.", _critic_unbounded,
        "loss_d = loss_d + 10 * gradient_penalty(D, real, fake)",
        "a loss linear in D's answers", confirm=10,
    ),
    Rule(
        "initial_loss", "info", "The first loss is far from that of a D that knows nothing.", _initial_loss,
        "nn.init.normal_(last.weight, 0, 0.02)  # of D's last layer; or scale the data",
        "D's first loss, a cross entropy",
    ),
)  # fmt: skip
