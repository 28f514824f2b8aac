"""The rules: one frozen entry each.

A rule looks at the `Facts` of one update and at the `Evidence` so far. It answers with words (what was seen), with `OK`
or with `UNKNOWN`, where this update cannot tell; `confirm` words in a row make a finding. The order of the table is
the order of causes: of several errors at one step the first here is the headline.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gan_core.watching.course_rules import COURSE_RULES
from gan_core.watching.evidence import Evidence, Facts, Term
from gan_core.watching.losses import HINGE, LEAST_SQUARES
from gan_core.watching.losses import Told as ToldLoss
from gan_core.watching.rule import OK, SEVERITIES, UNKNOWN, Check, Rule, Severity, Told

__all__ = ["OK", "RULES", "SEVERITIES", "UNKNOWN", "Check", "Rule", "Severity", "Told"]


def _not_finite(now: Facts, seen: Evidence) -> Told:
    return Told(f"the first that is not finite: {now.not_finite}") if now.not_finite else OK


def _player_without_optimizer(now: Facts, seen: Evidence) -> Told:
    for name in ("G", "D"):
        if seen.given is not None and not any(ids & seen.players[name].ids for ids in seen.given):
            return Told(f"none of the optimizers given to the watch holds a parameter of {name}")
        if seen.n_steps[name]:
            continue
        other = "D" if name == "G" else "G"
        mine = tuple(sorted(shapes_of(seen, name)))
        if any(mine == tuple(sorted(shapes)) for shapes in seen.foreign) and seen.n_steps[other] >= 2:
            return Told(f"an optimizer steps parameters of exactly {name}'s shapes, which are not {name}'s")
        rivals = [(ids, n) for names, ids, n in seen.optimizers.values() if names == {other} and n >= 2]
        if any(a[0] == b[0] for k, a in enumerate(rivals) for b in rivals[k + 1 :]):
            return Told(f"two optimizers hold the parameters of {other}, none holds {name}'s")
    return OK if all(seen.n_steps.values()) else UNKNOWN


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
    return Told("D's step used the gradient of G's loss") if now.leak == "g_into_d" else OK


def _fakes_attached(now: Facts, seen: Evidence) -> Told:
    if not now.used or now.player != "G":
        return UNKNOWN
    return Told("G's step used the gradient of D's loss") if now.leak == "fakes" else OK


def _fakes_attached_harmless(now: Facts, seen: Evidence) -> Told:
    if now.player != "D" or not now.terms:
        return UNKNOWN
    attached = any("G" in task.touched for task in now.used) and any(term.attached for term in now.terms)
    return Told("D's backward pass went on into G; the gradient was cleared before G's step") if attached else OK


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


def _sigmoid_in_critic(now: Facts, seen: Evidence) -> Told:
    read = [term for term in now.terms if term.told.form not in ("unknown", "flat")]
    if not read or len(now.terms) < 2 or all(far(term.told) for term in read):
        return UNKNOWN
    squashed = all((term.told.form == "linear" or far(term.told)) and "Sigmoid" in term.last for term in read)
    return Told("the loss is linear in D's answers, and D ends in a sigmoid") if squashed else OK


def _range_mismatch(now: Facts, seen: Evidence) -> Told:
    if not now.ranges or not now.g_last:
        return UNKNOWN
    low, high = min(r[0] for r in now.ranges), max(r[1] for r in now.ranges)
    words = f"real samples lie in [{low:.3g}, {high:.3g}], G ends in a "
    if "Tanh" in now.g_last:
        return Told(words + "tanh: [-1, 1]") if low >= -1e-3 or low < -1.5 or high > 1.5 else OK
    if "Sigmoid" in now.g_last:
        return Told(words + "sigmoid: [0, 1]") if low < -0.05 or high > 1.1 else OK
    return UNKNOWN


def _penalty_without_effect(now: Facts, seen: Evidence) -> Told:
    if not now.penalties:
        return UNKNOWN
    if any(penalty.has_force for penalty in now.penalties):
        return OK
    return Told("D's gradient by its input was computed, and nothing of it reached D's parameters")


def _penalty_axis(now: Facts, seen: Evidence) -> Told:
    forces = [penalty for penalty in now.penalties if penalty.has_force]
    if not forces:
        return UNKNOWN
    worst = min(penalty.cosine for penalty in forces)
    if worst > 0.99:
        return OK
    return Told(f"the penalty does not act along each sample's whole gradient (cosine {worst:.2f} instead of 1)")


def _penalty_batch_norm(now: Facts, seen: Evidence) -> Told:
    if not now.penalties:
        return UNKNOWN
    mixed = seen.players["D"].has_batch_norm and any(penalty.training for penalty in now.penalties)
    return Told("D has batch norm, so one sample's gradient depends on the others") if mixed else OK


def _changed_before_step(now: Facts, seen: Evidence) -> Told:
    if now.player != "D" or not now.terms:
        return UNKNOWN
    if not now.changed_before:
        return OK
    return Told(f"D's weights were changed by {now.changed_before:.2g} of their size between its answers and its step")


def _reinitialised(now: Facts, seen: Evidence) -> Told:
    if not now.between:
        return OK
    if now.between_size < 0.5:
        return OK
    name, size = now.between, now.between_size
    return Told(f"between two of its steps {name}'s weights changed by {size:.2g} of their size, and not by clipping")


def _load_without_effect(now: Facts, seen: Evidence) -> Told:
    if not now.loads:
        return UNKNOWN
    for load in now.loads:
        if load.after is not None and np.array_equal(load.before.array(), load.after.array()):
            return Told(f"load_state_dict wrote into {load.player} the weights that it had already")
    return OK


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


def _z_repeats(now: Facts, seen: Evidence) -> Told:
    window = now.window
    if window is None or not window.z:
        return UNKNOWN
    if window.constant_z and len(seen.z_shape) == 2:
        return Told("all samples of a batch get the same z")
    if len(seen.windows) < 2:
        return UNKNOWN
    before = seen.windows[-2]
    mine, then = (set().union(*w.z.values()) for w in (window, before))
    if not then:
        return UNKNOWN
    return Told("G got the z of its previous step again") if len(mine & then) >= 0.9 * len(mine) else OK


def _batch_repeats(now: Facts, seen: Evidence) -> Told:
    window = now.window
    if window is None or not window.real or len(seen.windows) < 2:
        return UNKNOWN
    before = seen.windows[-2]
    if not before.real or window.n_real >= 256 or window.few_real:
        return UNKNOWN  # of a few different samples every batch has most
    same = len(window.real & before.real) >= 0.9 * len(window.real)
    return Told("D got the real batch of the step before again") if same else OK


def _stale_fakes(now: Facts, seen: Evidence) -> Told:
    fakes = [term for term in now.of("fake") if term.age is not None and not term.attached]
    if "D" not in now.player or not fakes:
        return UNKNOWN
    youngest = min(term.age for term in fakes if term.age is not None)
    return Told(f"the youngest fake that D was shown is {youngest} of G's steps old") if youngest >= 2 else OK


def _sampling_differs(now: Facts, seen: Evidence) -> Told:
    window = now.window
    if window is None or not window.z_unused or len(seen.z_shape) not in (2, 4) or any(d > 1 for d in seen.z_shape[2:]):
        return UNKNOWN
    training = list(seen.training_z)
    if not training:
        return UNKNOWN
    low, mean, deviation = (float(np.mean([stats[k] for stats in training])) for k in (0, 2, 3))
    for stats, n in window.z_unused:
        if n < 16:
            continue
        s_low, s_mean = float(stats[0]), float(stats[2])
        shift = abs(s_mean - mean) > max(0.35 * deviation, 6 * deviation / n**0.5)
        side = (low >= 0) != (s_low >= 0) and min(low, s_low) < -0.2 * deviation
        if shift or (side and n >= 32):
            return Told(
                f"z in training: mean {mean:.2g}, from {low:.2g}; in sampling: mean {s_mean:.2g}, from {s_low:.2g}"
            )
    return OK


def _ignored(kind: str) -> Check:
    def check(now: Facts, seen: Evidence) -> Told:
        mine = {key: flags for key, flags in seen.probes.items() if (key[0] == "G" and flags[0]) == (kind == "z")}
        if not mine:
            return UNKNOWN
        for (name, argument), (_, varied, changed) in mine.items():
            if varied and not changed:
                return Told(f"argument {argument} of {name} was exchanged among samples, and no output changed")
        return OK

    return check


def _eval_mode(now: Facts, seen: Evidence) -> Told:
    if now.player not in ("G", "D") or not now.modes or not seen.players[now.player].has_modes:
        return UNKNOWN
    if any(now.modes):
        return OK
    return Told(f"{now.player} was in eval mode in its own step; it has batch norm or dropout")


def _update_ratio(now: Facts, seen: Evidence) -> Told:
    if now.still or not now.update.n_gradients:
        return UNKNOWN
    earlier = any(facts.moved > 2 for facts in seen.facts if facts.player == now.player)
    big = now.moved > 0.8 or (earlier and now.moved > 0.1)
    return Told(f"one step changed {now.player}'s weights by {now.moved:.2g} of their size") if big else OK


def _dead_units(now: Facts, seen: Evidence) -> Told:
    known = False
    for name, looks in seen.dead.items():
        if len(looks) < 3:
            continue
        known = True
        dead = np.all([look == 0 for look in looks[-3:]], axis=0)
        if dead.mean() >= 0.5 and now.gradients is not None and np.any(now.gradients):
            return Told(f"{int(dead.sum())} of {len(dead)} units of {name} got no gradient at all, three times")
    return OK if known else UNKNOWN


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


def _train_eval_gap(now: Facts, seen: Evidence) -> Told:
    if len(seen.gaps) < 2:
        return UNKNOWN
    if min(seen.gaps) < 0.8:
        return OK
    return Told(f"G of the same z differs in eval mode by {min(seen.gaps):.2g} of its samples' spread from train mode")


def _critic_unbounded(now: Facts, seen: Evidence) -> Told:
    if now.player != "D" or len(now.terms) < 2:
        return UNKNOWN
    free = all(term.told.form == "linear" for term in now.terms)
    if not free or max(abs(term.answer) for term in now.terms) < 2:
        return OK if not free else UNKNOWN
    bound = seen.clipped or seen.players["D"].normed or any(facts.penalties for facts in seen.facts)
    return OK if bound else Told("D's loss is linear and nothing bounds D: no clipping, penalty or spectral norm seen")


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "not_finite", "error", "A number is not finite.", _not_finite,
        "torch.autograd.set_detect_anomaly(True)  # and look at what made it; a lower lr, an eps under the root",
        "any update", lasting=True,
    ),
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
        "z_ignored", "error", "G's output does not depend on z.", _ignored("z"),
        "def forward(self, z): return self.net(z)  # use the argument",
        "a copy of G, and z as an argument",
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
        "sigmoid_in_critic", "error", "A critic ends in a sigmoid.", _sigmoid_in_critic,
        "D = nn.Sequential(…, nn.Linear(width, 1))  # no sigmoid at the end",
        "a loss read from D's gradient", confirm=3,
    ),
    Rule(
        "range_mismatch", "error", "Real samples and G's output have different ranges.", _range_mismatch,
        "real = real * 2 - 1  # from [0, 1] to tanh's [-1, 1]",
        "a generator that ends in tanh or sigmoid, and real samples", confirm=3, lasting=True,
    ),
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
        "changed_before_step", "error", "D's weights change between its answers and its step.", _changed_before_step,
        "opt_d.step()  # first, then clamp the weights",
        "D's loss", confirm=2,
    ),
    Rule(
        "reinitialised", "error", "Weights are made anew during training.", _reinitialised,
        "D.apply(weights_init)  # once, before the loop",
        "two steps of a player",
    ),
    Rule(
        "y_ignored", "error", "A condition is ignored.", _ignored("y"),
        "torch.cat([z, self.embed(y)], 1)  # in the first layer",
        "a copy of the player, and a condition as an argument of its own",
    ),
    Rule(
        "z_repeats", "error", "G gets the same noise again and again.", _z_repeats,
        "z = torch.randn(n, latent_dim, device=device)  # inside the loop",
        "z as an argument of G", confirm=3, lasting=True,
    ),
    Rule(
        "sampling_differs", "error", "Samples are drawn from another z than in training.", _sampling_differs,
        "z = torch.randn(n, latent_dim)  # the same law in training and in sampling",
        "a call of G to look at samples, with z as an argument",
    ),
    Rule(
        "stale_fakes", "error", "D is shown fakes of an old generator.", _stale_fakes,
        "fake = G(z).detach()  # inside the loop",
        "fakes that D gets as G made them", confirm=3,
    ),
    Rule(
        "batch_repeats", "warning", "D gets the same real batch again and again.", _batch_repeats,
        "for real in loader:  # instead of one next(iter(loader))",
        "real samples", confirm=4, lasting=True,
    ),
    Rule(
        "eval_mode", "warning", "A player is trained in eval mode.", _eval_mode,
        "G.train(); D.train()  # after sampling",
        "a player with batch norm or dropout", confirm=3, lasting=True,
    ),
    Rule(
        "load_without_effect", "warning", "Loaded weights change nothing.", _load_without_effect,
        "G.load_state_dict(torch.load(file))  # before the file is written again",
        "a call of load_state_dict",
    ),
    Rule(
        "gradients_thrown_away", "warning", "Gradients are cleared before they are used.", _thrown_away,
        "opt_g.zero_grad()  # once a step, before the first backward()",
        "backward passes into parameters", confirm=2,
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
        "penalty_batch_norm", "warning", "A gradient penalty beside batch norm in D.", _penalty_batch_norm,
        "nn.GroupNorm(1, width)  # or InstanceNorm, in place of BatchNorm in D",
        "a penalty on D's gradient", confirm=2,
    ),
    Rule(
        "critic_unbounded", "warning", "A critic is not bounded.", _critic_unbounded,
        "loss_d = loss_d + 10 * gradient_penalty(D, real, fake)",
        "a loss linear in D's answers", confirm=10,
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
        "train_eval_gap", "warning", "G makes other samples in eval mode.", _train_eval_gap,
        "nn.BatchNorm2d(width, momentum=0.1)  # and larger batches; or sample in train mode",
        "a generator with batch norm, 300 steps", course=True,
    ),
    Rule(
        "initial_loss", "info", "The first loss is far from that of a D that knows nothing.", _initial_loss,
        "nn.init.normal_(last.weight, 0, 0.02)  # of D's last layer; or scale the data",
        "D's first loss, a cross entropy",
    ),
    Rule(
        "fakes_attached_harmless", "info", "D's loss reaches G, without harm.", _fakes_attached_harmless,
        "D(fake.detach())  # saves a backward pass through G",
        "D's loss", confirm=2,
    ),
    *COURSE_RULES,
)  # fmt: skip
