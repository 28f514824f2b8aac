"""Methods against mode collapse and oscillation, and terms of the losses, beside the two players' losses.

Each is one small piece in a module of its own, switched on by one setting of the config and off by default. What a
piece remembers from step to step is part of a run's state.
"""

from __future__ import annotations

from gan_core.game.methods.lookahead import Lookahead
from gan_core.game.methods.matching import feature_matching_loss
from gan_core.game.methods.noise import add_noise, noise_std
from gan_core.game.methods.packing import pack
from gan_core.game.methods.reconstruction import reconstruction_loss
from gan_core.game.methods.replay import Replay
from gan_core.game.methods.unrolling import unrolled

__all__ = [
    "Lookahead",
    "Replay",
    "add_noise",
    "feature_matching_loss",
    "noise_std",
    "pack",
    "reconstruction_loss",
    "unrolled",
]
