"""One training step in slow motion: the lines of a plain PyTorch loop, executed one at a time.

The lines are the body of `_step` below, read from this very file and compiled one by one: what is shown is what runs.
After each line `Stepper.look` says which weights hold a gradient, how large, and what the last line changed.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Points, load_data
from gan_core.game.networks import build_discriminator, build_generator
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.optimizers import Adam
from gan_core.game.sampling import sample_data, sample_prior
from gan_core.game.streams import streams
from gan_core.training.observe import N_POINTS

BATCH: Final = 64
CONFIG: Final = RunConfig.model_validate(
    {
        "data": {"name": "gaussians-2"},
        "batch_size": BATCH,
        "generator": {"width": 32, "depth": 2, "activation": "relu"},
        "discriminator": {"width": 32, "depth": 2},
        "lr_g": 5e-3,
        "lr_d": 5e-3,
        "ema": 0.0,
    }
)
"""Config that is trained: small, so that each layer has its bar."""

SWITCHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no_detach": "without detach",
        "no_zero_grad": "without zero_grad",
        "no_freeze": "D not frozen in G's half",
    }
)
"""Lines that can be left out, by name."""


class _Optimizer:
    """As of `torch.optim`, with this project's Adam under it."""

    def __init__(self, network: nn.Module, lr: float) -> None:
        self._weights = list(network.parameters())
        self._adam = Adam([w.detach() for w in self._weights], lr, (0.5, 0.999))

    def zero_grad(self) -> None:
        for weight in self._weights:
            weight.grad = None

    def step(self) -> None:
        self._adam.step([torch.zeros_like(w) if w.grad is None else w.grad for w in self._weights])


def _step(G: Any, D: Any, opt_g: Any, opt_d: Any, sample_real: Any, sample_z: Any, d_loss: Any, g_loss: Any) -> None:  # noqa: N803 - the field's own letters
    """Never called: its lines are taken one by one."""
    x = sample_real()
    z = sample_z()
    fake = G(z)
    shown = fake.detach()
    real_logits = D(x)
    fake_logits = D(shown)
    loss_d = d_loss(real_logits, fake_logits).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    z = sample_z()
    fake = G(z)
    D.requires_grad_(False)
    fake_logits = D(fake)
    loss_g = g_loss(real_logits, fake_logits).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    D.requires_grad_(True)


@dataclass(frozen=True)
class Line:
    """A line of the step.

    Attributes:
        source: As it stands in this file, or as a switch has changed it; "" where a switch has taken it out.
        half: "d" or "g".
        note: What it does, in a sentence.
        code: Compiled.
    """

    source: str
    half: str
    note: str
    code: Any


_NOTES: Final = (
    "A batch of real samples.",
    "As many random z.",
    "G makes a sample of each z. PyTorch remembers how, so that it could differentiate by G's weights.",
    "The same numbers without that memory: for D's half they are just data.",
    "D's logit on each real sample: above 0 means “real”.",
    "D's logit on each generated one.",
    "D's loss: small if the real logits are high and the generated ones low.",
    "Forget D's old gradients: PyTorch adds to what is there.",
    "Differentiate the loss: each of D's weights now holds its gradient.",
    "Move D's weights a little against their gradients. G has not moved.",
    "G's half: fresh z.",
    "G makes samples, and PyTorch remembers how: this time the way back is needed.",
    "Freeze D: gradients pass through it, its weights stay.",
    "The logits of a D that has just learned.",
    (
        "G's loss: small if D's logits on its samples are high. D's real logits are given to it as well, because some "
        "losses compare with them; this one takes no notice."
    ),
    "Forget G's old gradients.",
    "Differentiate through D into G: each of G's weights now holds its gradient.",
    "Move G's weights. The generated points move; D has not moved.",
    "Let D learn again.",
)
_FIRST_OF_G: Final = 10
_CHANGED: Final[Mapping[str, Mapping[str, str]]] = {
    "no_detach": {"shown = fake.detach()": "shown = fake"},
    "no_zero_grad": {"opt_d.zero_grad()": "", "opt_g.zero_grad()": ""},
    "no_freeze": {"D.requires_grad_(False)": "", "D.requires_grad_(True)": ""},
}
_CHANGED_NOTES: Final[Mapping[str, str]] = {
    "": "Left out: nothing happens.",
    "shown = fake": "The very tensor itself: the way back to G's weights stays open.",
}


@functools.cache
def lines(switches: frozenset[str] = frozenset()) -> tuple[Line, ...]:
    """Read the step's lines from this file.

    Args:
        switches: Names in `SWITCHES`: what is left out.
    """
    body = ast.parse(textwrap.dedent(inspect.getsource(_step))).body[0]
    assert isinstance(body, ast.FunctionDef)
    changed = {old: new for name in switches for old, new in _CHANGED[name].items()}
    out = []
    for i, (statement, note) in enumerate(zip(body.body[1:], _NOTES, strict=True)):
        source = ast.unparse(statement)
        if source in changed:
            source = changed[source]
            note = _CHANGED_NOTES[source]
        out.append(Line(source, "d" if i < _FIRST_OF_G else "g", note, compile(source, "<step>", "exec")))
    return tuple(out)


@dataclass(frozen=True)
class View:
    """State after a line.

    Attributes:
        gradients: Player to layer to the norm of the gradient that its weights hold, NaN for none.
        changes: Player to layer to the norm of what the last line changed.
        moved: Mean distance that G's samples of the same z were moved by the last line, data units.
        tensors: The step's variables: name, shape, first values, and whether they lead back to weights.
        real: Real points, ``[n, 2]``, data units.
        fake: G's samples of always the same z, ``[n, 2]``, data units.
    """

    gradients: Mapping[str, Mapping[str, float]]
    changes: Mapping[str, Mapping[str, float]]
    moved: float
    tensors: tuple[Mapping[str, str], ...]
    real: NDArray[np.float32]
    fake: NDArray[np.float32]


class Stepper:
    """A step that is taken line by line.

    Args:
        seed: Of weights, data and noise.

    Attributes:
        at: The line that is next, from 0.
        n_steps: Finished steps.
        switches: What is left out; may be set at any time.
    """

    def __init__(self, seed: int = 0) -> None:
        rngs = streams(seed)
        data = load_data(CONFIG.data)
        assert isinstance(data, Points)
        self._data = data
        self._networks = {"D": build_discriminator(CONFIG, rngs), "G": build_generator(CONFIG, rngs)}
        objective = OBJECTIVES[CONFIG.objective]
        self._names: dict[str, Any] = {
            **self._networks,
            "opt_d": _Optimizer(self._networks["D"], CONFIG.lr_d),
            "opt_g": _Optimizer(self._networks["G"], CONFIG.lr_g),
            "sample_real": lambda: sample_data(BATCH, CONFIG, data, rngs["data"])[0],
            "sample_z": lambda: sample_prior(BATCH, CONFIG, rngs["z"]),
            "d_loss": objective.d_loss,
            "g_loss": objective.g_loss,
        }
        self._fixed = frozenset(self._names)
        self._shown_real = data.to_data(sample_data(N_POINTS, CONFIG, data, rngs["shown"])[0]).numpy()
        self._shown_z = sample_prior(N_POINTS, CONFIG, rngs["shown"])
        self._before, self._fake_before = self._weights(), self._fake()
        self.at = self.n_steps = 0
        self.switches: frozenset[str] = frozenset()

    def next(self) -> Line:
        """Execute the next line, and return it."""
        line = lines(self.switches)[self.at]
        self._before, self._fake_before = self._weights(), self._fake()
        exec(line.code, self._names)  # noqa: S102 - the lines of this very file
        self.at += 1
        if self.at == len(_NOTES):
            self.at = 0
            self.n_steps += 1
        return line

    def look(self) -> View:
        """Read the state after the last line; it changes nothing."""
        gradients = {p: {n: _norm(w.grad) for n, w in self._layers(p)} for p in self._networks}
        changes = {
            p: {n: float((w.detach() - self._before[p, n]).norm()) for n, w in self._layers(p)} for p in self._networks
        }
        tensors = [
            {
                "name": name,
                "shape": " × ".join(map(str, t.shape)) or "one number",
                "first values": ", ".join(f"{v:.3f}" for v in t.detach().flatten()[:3].tolist()),
                "leads back to weights": "yes" if t.requires_grad else "no",
            }
            for name, t in self._names.items()
            if name not in self._fixed and isinstance(t, Tensor)
        ]
        fake = self._fake()
        moved = float(np.linalg.norm(fake - self._fake_before, axis=1).mean())
        return View(gradients, changes, moved, tuple(tensors), self._shown_real, fake)

    @torch.no_grad()
    def _fake(self) -> NDArray[np.float32]:
        """G's samples of the z that are shown."""
        fake: NDArray[np.float32] = self._data.to_data(self._networks["G"](self._shown_z)).numpy()
        return fake

    def _layers(self, player: str) -> list[tuple[str, Tensor]]:
        """Return a player's weight matrices by the number of their layer; biases are left out."""
        weights = [w for w in self._networks[player].parameters() if w.dim() > 1]
        return [(f"layer {i}", w) for i, w in enumerate(weights, 1)]

    def _weights(self) -> dict[tuple[str, str], Tensor]:
        return {(p, n): w.detach().clone() for p in self._networks for n, w in self._layers(p)}


def _norm(gradient: Tensor | None) -> float:
    return float("nan") if gradient is None else float(gradient.norm())
