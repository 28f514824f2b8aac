"""Facts: what a lesson's answer says of the run that was just watched, computed from its log and its networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch

from gan_core.experiments.lessons.filled import filled
from gan_core.experiments.lessons.modes import modes_found, occupancy
from gan_core.experiments.lessons.outcome import Facts, Fall, Floats, Trace
from gan_core.experiments.lessons.walks import N_WALKS, copies, halfway, sure_words
from gan_core.experiments.lessons.watch import Watched

WON: Final = 0.05
"""D's loss of a won game; at equilibrium it is 1.386 (log 4)."""
ROSE: Final = 0.95
"""Share of G's halves that raise D's score of G's samples, from which on G is said to climb it."""
VANISHED: Final = 0.02
"""G's gradient as a share of its largest, below which it hardly moves."""


def facts_of(name: str, trainer: Watched) -> Facts:
    """Gather the facts of a lesson's run.

    Args:
        name: The lesson's.
        trainer: Where the run stands; it is not changed.
    """
    return _FACTS[name](trainer)


def _what_goes_in(trainer: Watched) -> Facts:
    log, z = trainer.log, _pair(trainer.first_z)
    own, rose = (int(n) for n in (np.array(log.rises) > 0).sum(0))
    first, last = log.places[0], log.places[-1]
    steps = f"{len(log.stats):,}"
    traces = (
        Trace("before step 1", z, _pair(first), f"{log.probs[0]:.0%}"),
        Trace(f"after step {steps}", z, _pair(last), f"{log.probs[-1]:.0%}"),
    )
    words = {
        "z": z,
        "first": _pair(first),
        "last": _pair(last),
        "first_prob": traces[0].prob,
        "last_prob": traces[1].prob,
        "steps": steps,
        "way": f"{float(np.linalg.norm(np.diff(log.places, axis=0), axis=1).sum()):.2f}",
        "own_rose": f"{own:,}",
        "rose": f"{rose:,}",
    }
    climbs = rose >= ROSE * len(log.rises)
    return Facts(words, held=climbs, traces=traces, path=np.array(log.places), probs=np.array(log.probs))


def _two_turns(trainer: Watched) -> Facts:
    d = [m for m in trainer.log.moves if m.half == "d"]
    g = [m for m in trainer.log.moves if m.half == "g"]
    words = {
        "d_in_d": _mean(m.d_weights for m in d),
        "g_in_d": _mean(m.g_weights for m in d),
        "points_in_d": _mean(m.points for m in d),
        "opinion_in_d": _mean(m.opinion for m in d),
        "d_in_g": _mean(m.d_weights for m in g),
        "g_in_g": _mean(m.g_weights for m in g),
        "points_in_g": _mean(m.points for m in g),
        "opinion_in_g": _mean(m.opinion for m in g),
        "steps": f"{len(trainer.log.stats):,}",
    }
    still = all(m.g_weights == m.points == 0 for m in d) and all(m.d_weights == m.opinion == 0 for m in g)
    return Facts(words, held=still and all(m.points > 0 for m in g) and all(m.opinion > 0 for m in d))


def _d_wins(trainer: Watched) -> Facts:
    stats = trainer.log.stats
    losses = np.array([s.d_loss for s in stats])
    below = losses < WON
    norms = np.array([s.g_grad_norm for s in stats])
    at = int(below.argmax()) if below.any() else len(stats) - 1
    last = stats[-1]
    words = {
        "bar": f"{WON:g}",
        "step": f"{stats[at].step:,}",
        "peak": f"{norms.max():.3g}",
        "peak_step": f"{stats[int(norms.argmax())].step:,}",
        "share": f"{norms[-1] / norms.max():.2%}",
        "last_step": f"{last.step:,}",
        "d_loss": f"{last.d_loss:.2g}",
        "fake_prob": f"{last.fake_prob:.3%}",
        "right": f"{(last.real_accuracy + last.fake_accuracy) / 2:.0%}",
        "pull": f"{1 - last.fake_prob:.2f}",
    }
    fall = Fall(np.array([s.step for s in stats]), losses, norms, stats[at].step)
    return Facts(words, held=bool(below.any() and norms[-1] < VANISHED * norms.max()), fall=fall)


def _collapse(trainer: Watched) -> Facts:
    found = modes_found(trainer)
    assert trainer.lost is not None
    lost = trainer.lost.first
    near = abs(found.d_loss - 2 * np.log(2)) < 0.1 and abs(found.g_loss - np.log(2)) < 0.1
    held = bool(found.reached == 1 and near and lost is not None)
    return Facts(found.words | {"story": trainer.lost.words}, held, occupancy=occupancy(trainer.log), row=found.row)


def _cure(trainer: Watched) -> Facts:
    found = modes_found(trainer)
    return Facts(found.words, found.reached >= 7, occupancy=occupancy(trainer.log), row=found.row)


def _digits(trainer: Watched) -> Facts:
    rng = torch.Generator().manual_seed(5)
    between, near = halfway(trainer, rng), copies(trainer, rng)
    words = {
        "steps": f"{len(trainer.log.stats):,}",
        "n_walks": str(N_WALKS),
        "sure": sure_words(),
        "of_real": f"{between.real:.0%}",
        "of_ends": f"{between.ends:.0%}",
        "of_walk": f"{between.middle:.0%}",
        "of_fade": f"{between.fade:.0%}",
        "from_digit": str(between.shown[0]),
        "halfway_digit": str(between.shown[1]),
        "to_digit": str(between.shown[2]),
        "halfway_sure": f"{between.shown_sure:.0%}",
        "closer": f"{near.closer:.0%}",
        "n": str(near.n),
        "n_train": str(near.n_train),
        "nearest": f"{near.nearest:.2f}",
        "copied": str(near.same),
    }
    like_a_digit = between.middle > 2 * between.fade and between.middle > 0.7 * between.ends
    held = like_a_digit and near.closer < 0.7 and near.same == 0
    return Facts(words, held, walk=between.pictures, nearest=near.pictures)


def _made_up(trainer: Watched) -> Facts:
    found = filled(trainer)
    game, alone = found.game, found.alone
    words = {"steps": f"{len(trainer.log.stats):,}", "n": str(found.n)}
    for name, of in (("", game), ("alone_", alone)):
        words |= {
            f"{name}near": f"{of.psnr:.1f} dB",
            f"{name}of_mean": f"{of.of_mean:.1f} dB",
            f"{name}sharp": f"{of.sharpness:.2f}",
            f"{name}apart": f"{of.spread:.2f}",
            f"{name}other": f"{of.other:.0%}",
        }
    bolder = game.sharpness > alone.sharpness and game.spread > 2 * alone.spread
    return Facts(words, bolder and game.psnr < alone.psnr, filled=found.pictures)


_FACTS: Final[dict[str, Callable[[Watched], Facts]]] = {
    "what-goes-in": _what_goes_in,
    "two-turns": _two_turns,
    "discriminator-wins": _d_wins,
    "collapse": _collapse,
    "cure": _cure,
    "digits": _digits,
    "made-up": _made_up,
}


def _pair(x: Floats) -> str:
    return "(" + ", ".join(f"{v:.2f}" for v in x) + ")"


def _mean(values: Any) -> str:
    mean = float(np.mean(list(values)))
    return "0" if mean == 0 else f"{mean:.3g}"
