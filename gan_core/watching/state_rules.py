"""Rules on what goes into the players, and on weights and modes between steps."""

from __future__ import annotations

from typing import Final

import numpy as np

from gan_core.watching.evidence import Evidence, Facts
from gan_core.watching.rule import OK, UNKNOWN, Check, Rule, Told

__all__ = ["STATE_RULES"]


def _not_finite(now: Facts, seen: Evidence) -> Told:
    return Told(f"the first that is not finite: {now.not_finite}") if now.not_finite else OK


def _range_mismatch(now: Facts, seen: Evidence) -> Told:
    if not now.ranges or not now.g_last:
        return UNKNOWN
    low, high = min(r[0] for r in now.ranges), max(r[1] for r in now.ranges)
    words = f"real samples lie in [{low:.3g}, {high:.3g}], G ends in a "
    if "Tanh" in now.g_last:
        return Told(words + "tanh: [-1, 1]") if low >= -1e-3 or low < -1.5 or high > 1.5 else OK
    if "Sigmoid" in now.g_last:
        return Told(words + "sigmoid: [0, 1]") if low < -0.05 or high > 1.1 else OK
    if now.g_last.startswith(("Relu", "Softplus")):
        return Told(words + "ReLU or softplus: from 0 on") if low < -0.05 * max(high, 1e-6) else OK
    return UNKNOWN


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


def _z_repeats(now: Facts, seen: Evidence) -> Told:
    window = now.window
    if window is None or not window.z:
        return UNKNOWN
    if window.constant_z and len(seen.z_shape) == 2:
        return Told("all samples of a batch get the same z")
    before = next((earlier for earlier in list(seen.windows)[-2::-1] if earlier.z), None)
    if before is None:
        return UNKNOWN
    if window.goal and before.goal and len(window.goal & before.goal) >= 0.9 * len(window.goal):
        return Told("G got the z of its previous step again, for its own loss")
    mine, then = (set().union(*w.z.values()) for w in (window, before))
    if not then:
        return UNKNOWN
    return Told("G got the z of its previous step again") if len(mine & then) >= 0.9 * len(mine) else OK


def _batch_repeats(now: Facts, seen: Evidence) -> Told:
    window = now.window
    if window is None or not window.real:
        return UNKNOWN
    before = next((earlier for earlier in list(seen.windows)[-2::-1] if earlier.real), None)
    if before is None or window.n_real >= 256 or window.few_real:
        return UNKNOWN  # of a few different samples every batch has most
    same = len(window.real & before.real) >= 0.9 * len(window.real)
    return Told("D got the real batch of the step before again") if same else OK


def _stale_fakes(now: Facts, seen: Evidence) -> Told:
    fakes = [term for term in now.of("fake") if term.age is not None and not term.attached]
    if "D" not in now.player or not fakes:
        return UNKNOWN
    youngest = min(term.age for term in fakes if term.age is not None)
    ages = [
        min(term.age for term in facts.of("fake") if term.age is not None)
        for facts in seen.facts
        if facts.step < now.step and any(term.age is not None and not term.attached for term in facts.of("fake"))
    ]
    # Fakes from before several steps of G are always as old; ones that nobody makes anew grow older.
    grows = bool(ages) and "D" in now.player and youngest > ages[-1]
    return Told(f"the youngest fake that D was shown is {youngest} of G's steps old") if youngest >= 2 and grows else OK


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
        if float(stats[3]) < 1e-3 * deviation:
            continue  # one z for all, so that something else can be varied: no sample from a law
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


def _train_eval_gap(now: Facts, seen: Evidence) -> Told:
    if len(seen.gaps) < 2:
        return UNKNOWN
    if min(seen.gaps) < 0.8:
        return OK
    return Told(f"G of the same z differs in eval mode by {min(seen.gaps):.2g} of its samples' spread from train mode")


def _weights_go_back(now: Facts, seen: Evidence) -> Told:
    if now.player not in ("G", "D") or now.still:
        return UNKNOWN
    if now.returned < 3:
        return OK
    return Told(f"{now.player}'s last {now.returned + 1} steps all began at the same weights, though each changed them")


def _clips_g(now: Facts, seen: Evidence) -> Told:
    forms = {term.told.form for term in now.terms}
    if now.player != "D" or len(now.terms) < 2:
        return UNKNOWN
    if "linear" not in forms or forms - {"linear", "flat"} or seen.clipped["D"] or seen.clipped["G"] < 3:
        return OK
    return Told("G's weights are clipped between its steps, and the weights of D, whose loss is linear, are not")


STATE_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "not_finite", "error", "A number is not finite.", _not_finite,
        "torch.autograd.set_detect_anomaly(True)  # and look at what made it; a lower lr, an eps under the root",
        "any update", lasting=True,
    ),
    Rule(
        "z_ignored", "error", "G's output does not depend on z.", _ignored("z"),
        "def forward(self, z): return self.net(z)  # use the argument",
        "a copy of G, and z as an argument",
    ),
    Rule(
        "range_mismatch", "error", "Real samples and G's output have different ranges.", _range_mismatch,
        "real = real * 2 - 1  # from [0, 1] to tanh's [-1, 1]",
        "a generator that ends in tanh or sigmoid, and real samples", confirm=3, lasting=True,
    ),
    Rule(
        "changed_before_step", "error", "D's weights change between its answers and its step.", _changed_before_step,
        "opt_d.step()  # first, then clamp the weights",
        "D's loss", confirm=2,
    ),
    Rule(
        "clips_g", "error", "The weights of G are clipped in place of D's.", _clips_g,
        "for p in D.parameters(): p.data.clamp_(-0.01, 0.01)",
        "a loss linear in D's answers", confirm=2,
    ),
    Rule(
        "weights_go_back", "error", "A player is put back to old weights again and again.", _weights_go_back,
        "G.load_state_dict(…)  # once, before the loop",
        "steps of one player at a time",
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
        "train_eval_gap", "warning", "G makes other samples in eval mode.", _train_eval_gap,
        "nn.BatchNorm2d(width, momentum=0.1)  # and larger batches; or sample in train mode",
        "a generator with batch norm, 300 steps", course=True,
    ),
)  # fmt: skip
