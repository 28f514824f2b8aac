"""Rules on steps: who owns whom, whose gradients a step uses, and how far it goes."""

from __future__ import annotations

from typing import Final

import numpy as np

from gan_core.watching.evidence import ANEW, Evidence, Facts
from gan_core.watching.rule import OK, UNKNOWN, Rule, Told

__all__ = ["STEP_RULES"]

PART_AFTER: Final = 8
"""Steps of a player after which each of its modules should have been stepped."""


def _player_without_optimizer(now: Facts, seen: Evidence) -> Told:
    for name in ("G", "D"):
        if seen.given is not None and not any(ids & seen.players[name].ids for ids in seen.given):
            return Told(f"none of the optimizers given to the watch holds a parameter of {name}")
        other = "D" if name == "G" else "G"
        mine = tuple(sorted(shapes_of(seen, name)))
        never = not seen.n_steps[name]
        if never and any(mine == tuple(sorted(shapes)) for shapes in seen.foreign) and seen.n_steps[other] >= 2:
            return Told(f"an optimizer steps parameters of exactly {name}'s shapes, which are not {name}'s")
        if never and _two_for(other, seen):
            return Told(f"two optimizers hold the parameters of {other}, none holds {name}'s")
        stepped = frozenset().union(*(ids for _, ids, _ in seen.optimizers.values()))
        for number, ids in enumerate(seen.players[name].parts):
            if seen.n_steps[name] >= PART_AFTER and not ids & stepped and ids & now.update.reached:
                return Told(f"gradients reach {name}[{number}], and no optimizer that steps holds a parameter of it")
    return OK if all(seen.n_steps.values()) else UNKNOWN


def _two_for(name: str, seen: Evidence) -> bool:
    """Tell whether two optimizers of the very same parameters take turns; one that replaces another does not."""
    lately = [facts.update for facts in seen.facts if facts.update.owned.keys() == {name}][-3:]
    if len(lately) < 3 or any(seen.optimizers[update.optimizer][2] < 2 for update in lately[:2]):
        return False
    first, second, third = lately
    return first.optimizer == third.optimizer != second.optimizer and first.owned_ids == second.owned_ids


def shapes_of(seen: Evidence, name: str) -> list[tuple[int, ...]]:
    """Shapes of a player's parameters."""
    return [tuple(p.shape) for p in seen.players[name].parameters]


def _moved_by_other(now: Facts, seen: Evidence) -> Told:
    stepping = list(seen.optimizers.values())
    if len(stepping) < 2:
        return UNKNOWN
    for names, ids, n in stepping:
        if len(names) < 2 or n < 2 or len(stepping) > 2:
            continue
        for others, other_ids, m in stepping:
            if other_ids is not ids and ids & other_ids and m >= 1:
                only = "".join(sorted(others))
                return Told(f"one optimizer holds parameters of both players, another {only}'s: both move {only}")
    return OK


def _never_steps(now: Facts, seen: Evidence) -> Told:
    for name in ("G", "D"):
        if not seen.n_steps[name] and seen.n_unused[name] >= 4:
            return Told(f"{seen.n_unused[name]} backward passes of {name}'s loss, and no optimizer stepped {name}")
    return OK if all(seen.n_steps.values()) else UNKNOWN


def _no_gradient(now: Facts, seen: Evidence) -> Told:
    if now.player not in ("G", "D"):
        return UNKNOWN
    name = now.player
    zero = now.gradients is not None and not np.any(now.gradients)
    if now.update.n_gradients and not (zero and name == "G"):
        return OK
    if zero:
        return Told("every gradient of G is exactly 0 at its step")
    if now.n_written:
        return Told(f"{name}'s gradients were made and are gone at its step")
    return Told(f"{name}'s optimizer stepped, and no gradient had reached {name}")


def _old_gradients(now: Facts, seen: Evidence) -> Told:
    if not now.used:
        return UNKNOWN
    if now.old:
        return Told(f"{now.player}'s step used {now.old} backward passes that its previous step had used already")
    return OK


def _thrown_away(now: Facts, seen: Evidence) -> Told:
    if not now.used or now.player not in ("G", "D"):
        return UNKNOWN
    if not now.thrown:
        return OK
    times = "once" if now.thrown == 1 else f"{now.thrown} times"
    return Told(f"{now.player}'s gradients were cleared {times} between a backward pass of its loss and its step")


def _gradient_leak(now: Facts, seen: Evidence) -> Told:
    if not now.used or now.player not in ("G", "D"):
        return UNKNOWN
    if now.leak == "g_into_d":
        return Told("D's step used the gradient of G's loss")
    before = [facts.leak for facts in seen.facts if facts.player == now.player][-3:]
    return UNKNOWN if "g_into_d" in before else OK  # D may step more than once


def _fakes_attached(now: Facts, seen: Evidence) -> Told:
    if not now.used or now.player != "G":
        return UNKNOWN
    return Told("G's step used the gradient of D's loss") if now.leak == "fakes" else OK


def _fakes_attached_harmless(now: Facts, seen: Evidence) -> Told:
    if now.player != "D" or not now.terms:
        return UNKNOWN
    attached = any("G" in task.touched for task in now.used) and any(term.attached for term in now.terms)
    return Told("D's backward pass went on into G; the gradient was cleared before G's step") if attached else OK


def _scaled_gradients(now: Facts, seen: Evidence) -> Told:
    if not now.terms:
        return UNKNOWN
    return Told(f"{now.player}'s step used gradients {now.unscaled:.3g} times too large") if now.unscaled else OK


def _does_not_move(now: Facts, seen: Evidence) -> Told:
    if now.player not in ("G", "D") or not now.update.n_gradients:
        return UNKNOWN
    if not now.still or now.gradients is None or not np.any(now.gradients):
        return OK
    rates = ", ".join(f"{rate:g}" for rate in dict.fromkeys(now.update.rates))
    return Told(f"{now.player} got a gradient and its step changed no weight (lr {rates})")


def _update_ratio(now: Facts, seen: Evidence) -> Told:
    if now.still or not now.update.n_gradients:
        return UNKNOWN
    earlier = any(facts.moved > 1 for facts in seen.facts if facts.player == now.player)
    big = now.moved > 0.8 or (earlier and now.moved > 0.1)
    return Told(f"one step changed {now.player}'s weights by {now.moved:.2g} of their size") if big else OK


def _dead_units(now: Facts, seen: Evidence) -> Told:
    known = False
    for name, looks in seen.dead.items():
        if len(looks) < 3:
            continue
        known = True
        dead = np.all([look == 0 for look in looks[-3:]], axis=0)
        # In one small batch half of a fresh layer may be silent, but hardly nine in ten.
        if len(dead) >= 8 and dead.mean() >= 0.9 and now.gradients is not None and np.any(now.gradients):
            return Told(f"{int(dead.sum())} of {len(dead)} units of {name} got no gradient at all, three times")
    return OK if known else UNKNOWN


def _steps_twice(now: Facts, seen: Evidence) -> Told:
    again = seen.again.get(now.update.optimizer, 0)
    if not now.used:
        return UNKNOWN
    if again >= 3:
        return Told(
            f"{again} steps of {now.player} used nothing but gradients that the same optimizer had used already"
        )
    return OK if seen.optimizers[now.update.optimizer][2] >= 6 and not again else UNKNOWN


def _optimizer_made_anew(now: Facts, seen: Evidence) -> Told:
    recent = seen.recent.get(now.update.owned_ids, ())
    if len(recent) < ANEW:
        return UNKNOWN
    if len(set(recent)) < ANEW or any(seen.optimizers[number][2] > 1 for number in recent):
        return OK
    return Told(f"the last {ANEW} steps of {now.player} were made by {ANEW} optimizers, each of them new")


def _rate_too_low(now: Facts, seen: Evidence) -> Told:
    if now.player not in ("G", "D") or not now.update.n_gradients or now.still:
        return UNKNOWN
    before = [facts for facts in seen.facts if facts.player == now.player]
    if len(before) < 2:
        return UNKNOWN
    rate = max(now.update.rates, default=0.0)
    if rate > 1e-6 or now.moved > 1e-5 or rate > 1.001 * max(before[-2].update.rates, default=0.0):
        return OK
    return Told(f"a step changes {now.player}'s weights by {now.moved:.1g} of their size (lr {rate:g})")


def _clipped_while_scaled(now: Facts, seen: Evidence) -> Told:
    if now.player not in ("G", "D") or not now.terms or not now.gradient < 1e-2:
        return UNKNOWN
    scale = min(term.told.total for term in now.terms)
    before = [facts.gradient for facts in seen.facts if facts.player == now.player][-3:]
    if scale < 256 or len(before) < 3:
        return UNKNOWN
    same = max(before) - min(before) < 1e-4 * min(before)
    if not same or not 1e-3 < now.gradient * scale < 1e4:
        return OK
    return Told(
        f"{now.player}'s loss was scaled by {scale:.5g}, and its gradient's norm is {now.gradient:.3g} at every step: "
        f"{now.gradient * scale:.3g} before the scale was taken out"
    )


STEP_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "player_without_optimizer", "error", "A player is in no optimizer.", _player_without_optimizer,
        "opt_g = torch.optim.Adam(G.parameters(), …)  # after G was made, with G's parameters",
        "steps of an optimizer",
    ),
    Rule(
        "moved_by_other", "error", "An optimizer holds both players.", _moved_by_other,
        "opt_g = torch.optim.Adam(G.parameters(), …); opt_d = torch.optim.Adam(D.parameters(), …)",
        "two optimizers that step",
    ),
    Rule(
        "scaled_gradients", "error", "Scaled gradients were used.", _scaled_gradients,
        "scaler.step(opt)  # instead of opt.step(): it divides by the scale first",
        "a backward pass through D's answers",
    ),
    Rule(
        "gradients_not_cleared", "error", "Gradients of earlier steps were used again.", _old_gradients,
        "opt.zero_grad()  # before backward(), for each player",
        "a backward pass into parameters", confirm=2,
    ),
    Rule(
        "no_gradient", "error", "A player steps without a gradient.", _no_gradient,
        "loss_g = criterion(D(fake), real_label)  # no detach() or no_grad() here; zero_grad() before backward()",
        "steps of one player at a time", confirm=2,
    ),
    Rule(
        "fakes_attached", "error", "D's loss reaches G, and G's step uses it.", _fakes_attached,
        "D(fake.detach())  # in D's loss",
        "backward passes into G", confirm=2,
    ),
    Rule(
        "gradient_leak", "error", "G's loss leaves gradients in D, and D's step uses them.", _gradient_leak,
        "opt_d.zero_grad()  # right before D's backward(); or D.requires_grad_(False) while G's loss is made",
        "backward passes into D", confirm=2,
    ),
    Rule(
        "never_steps", "error", "A player's optimizer never steps.", _never_steps,
        "opt_d.step()  # after loss_d.backward(), and opt_g.step() after loss_g.backward()",
        "backward passes of both losses", confirm=2,
    ),
    Rule(
        "does_not_move", "error", "A player does not move.", _does_not_move,
        "opt = torch.optim.Adam(G.parameters(), lr=2e-4)  # a learning rate above 0; look at the scheduler",
        "steps of one player at a time", confirm=3, lasting=True,
    ),
    Rule(
        "gradients_thrown_away", "warning", "Gradients are cleared before they are used.", _thrown_away,
        "opt_g.zero_grad()  # once a step, before the first backward()",
        "backward passes into parameters", confirm=2,
    ),
    Rule(
        "steps_twice", "error", "An optimizer steps twice on one backward pass.", _steps_twice,
        "opt.step()  # once after each backward()",
        "six steps of an optimizer",
    ),
    Rule(
        "optimizer_made_anew", "warning", "An optimizer is made anew for every step.", _optimizer_made_anew,
        "opt_d = torch.optim.Adam(D.parameters(), …)  # once, before the loop: it keeps averages",
        "six steps of an optimizer that keeps averages",
    ),
    Rule(
        "clipped_while_scaled", "error", "Gradients are clipped while they are scaled.", _clipped_while_scaled,
        "scaler.unscale_(opt)  # before clip_grad_norm_",
        "a scaled loss", confirm=2,
    ),
    Rule(
        "rate_too_low", "warning", "Steps are too small to lead anywhere.", _rate_too_low,
        "opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))",
        "steps of one player at a time", confirm=6,
    ),
    Rule(
        "update_ratio", "warning", "Steps are as large as the weights.", _update_ratio,
        "opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))",
        "steps with a gradient", confirm=2, lasting=True,
    ),
    Rule(
        "dead_units", "warning", "Units get no gradient.", _dead_units,
        "nn.LeakyReLU(0.2)  # instead of ReLU; look at the initial biases",
        "nine steps",
    ),
    Rule(
        "fakes_attached_harmless", "info", "D's loss reaches G, without harm.", _fakes_attached_harmless,
        "D(fake.detach())  # saves a backward pass through G",
        "D's loss", confirm=2,
    ),
)  # fmt: skip
