"""The manifold: G's folding of the latent space onto data in the plane, and what lies on the bridges between modes.

A sample is called unreal in two ways: by D, if it scores it lower than 95 % of real samples, which needs no fixed
threshold and so holds for every objective; and by the known density, if it lies inside no mode.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gan_core.data import Images, Points
from gan_core.errors import ConfigError
from gan_core.latent.players import Players
from gan_core.training.observe import HEAT_CELLS, step_125

Array = NDArray[Any]

N_REAL: Final = 512
LOWEST_SHARE: Final = 0.05


def bar(players: Players) -> float:
    """Find the logit that all but `LOWEST_SHARE` of real samples exceed; D judges them with their classes."""
    return float(torch.quantile(players.judge(*_real(players)), LOWEST_SHARE))


def unreal_of_real(players: Players, bar: float) -> dict[str, float]:
    """Apply `unreal` to real samples: the scale beside its shares."""
    return unreal(players, *_real(players), bar)


def unreal(players: Players, samples: Tensor, classes: Tensor, bar: float) -> dict[str, float]:
    """Shares of samples that are called unreal.

    Args:
        players: For D and the data.
        samples: ``[n, *shape]``.
        classes: ``[n, n_classes]``.
        bar: From `bar`.

    Returns:
        ``by_d``, and ``by_density`` where the modes are known.
    """
    shares = {"by_d": float((players.judge(samples, classes) < bar).float().mean())}
    data = players.data
    if isinstance(data, Points) and data.modes is not None:
        inside = data.modes.assign(data.to_data(samples).double().numpy())[1]
        shares["by_density"] = float(1 - inside.mean())
    return shares


def _real(players: Players) -> tuple[Tensor, Tensor]:
    """Pick some real samples, always the same, with their classes."""
    data, rng = players.data, Generator().manual_seed(0)
    if players.config.conditional and isinstance(data, Images):
        real, labels = data.sample_labelled(N_REAL, rng)
        return real, players.classes(labels)
    return data.sample(N_REAL, rng), torch.zeros(N_REAL, 0)


def fold(players: Players, z: Tensor, side: int) -> dict[str, Array]:
    """Find where points of the plane of z land.

    Args:
        players: Of a run on points.
        z: ``[side², latent_dim]``.
        side: Of the grid.

    Returns:
        ``image``: data units, ``[side, side, 2]``; and where modes are known ``mode``, ``uint8 [side, side]``: 0
        inside none, else the number of the mode from 1.
    """
    data = players.data
    assert isinstance(data, Points)
    made = data.to_data(players.sample(z, torch.zeros(len(z), 0)))
    out: dict[str, Array] = {"image": made.numpy().astype(np.float32).reshape(side, side, 2)}
    if data.modes is not None:
        nearest, inside = data.modes.assign(made.double().numpy())
        out["mode"] = np.where(inside, nearest + 1, 0).astype(np.uint8).reshape(side, side)
    return out


def field(players: Players, bar: float) -> tuple[dict[str, Any], dict[str, Array]]:
    """D's opinion over the data's frame, and some real points.

    Raises:
        ConfigError: If the data are images.
    """
    data = players.data
    if not isinstance(data, Points):
        raise ConfigError("only data in the plane have a heat map")
    x0, x1, y0, y1 = data.frame
    ticks = (torch.arange(HEAT_CELLS) + 0.5) / HEAT_CELLS
    xs, ys = x0 + ticks * (x1 - x0), y0 + ticks * (y1 - y0)
    cells = torch.stack((xs.repeat(HEAT_CELLS), ys.repeat_interleave(HEAT_CELLS)), 1)
    heat = players.judge(data.to_network(cells), torch.zeros(len(cells), 0))
    real = data.to_data(data.sample(N_REAL // 2, Generator().manual_seed(0)))
    modes = 0 if data.modes is None else len(data.modes)
    header = {
        "frame": list(data.frame),
        "heat_scale": step_125(float(heat.abs().max())),
        "bar": bar,
        "modes": modes,
        "rule": "" if data.modes is None else data.modes.rule,
    }
    return header, {
        "heat": heat.numpy().astype(np.float32).reshape(HEAT_CELLS, HEAT_CELLS),
        "real": real.numpy().astype(np.float32),
    }
