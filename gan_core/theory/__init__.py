"""Dynamics: how the game moves, in problems so small that everything about them is known.

Two toys. The *Dirac-GAN* (arXiv:1801.04406, section 2): all data are the number 0, G makes the number θ, D is a line
of slope ψ; a GAN is then a point that moves in the plane. *Two normal densities on a line*: the best D and its value
have formulas. Vector fields are taken from the app's own losses and penalties by automatic differentiation, so what
is drawn here is what trains elsewhere. Pure: nothing is remembered, all randomness comes from a given stream.
"""

from __future__ import annotations

from gan_core.theory.densities import (
    Pair,
    bayes_accuracy,
    best_logit,
    jensen_shannon,
    value_of_best,
    wasserstein,
)
from gan_core.theory.dirac import DiracGame, eigenvalues, field, jacobian
from gan_core.theory.learned import LearnedD, learn
from gan_core.theory.methods import METHODS, Method, factor, play, play_all, reading, reading_of_steps
from gan_core.theory.pull import pull

__all__ = [
    "METHODS",
    "DiracGame",
    "LearnedD",
    "Method",
    "Pair",
    "bayes_accuracy",
    "best_logit",
    "eigenvalues",
    "factor",
    "field",
    "jacobian",
    "jensen_shannon",
    "learn",
    "play",
    "play_all",
    "pull",
    "reading",
    "reading_of_steps",
    "value_of_best",
    "wasserstein",
]
