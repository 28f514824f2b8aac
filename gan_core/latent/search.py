"""One inversion as it is shown: the sample after each step, the error curves, and what real data come to."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data import Images, Signals
from gan_core.data.images import network_units
from gan_core.errors import ConfigError
from gan_core.latent.inversion import Inversion, psnr
from gan_core.latent.memory import nearest
from gan_core.latent.players import Players

Array = NDArray[Any]


class Search:
    """A search for the z of one sample.

    Args:
        key: What tells this search from another.
        players: Whose generator.
        target: An image ``uint8 [h, w, c]``, or a point ``[2]`` in data units.
        n_starts: Starts.
        only: Class, or None to try all.

    Raises:
        ConfigError: If the target does not fit the data.
    """

    def __init__(self, key: Any, players: Players, target: Array, n_starts: int, only: int | None) -> None:
        self.key = key
        data = players.data
        if isinstance(data, Signals):
            raise ConfigError("points and images are looked for in the latent space, and these samples are neither")
        wanted = tuple(np.roll(data.shape, -1)) if isinstance(data, Images) else data.shape
        if target.shape != wanted:
            raise ConfigError(f"this run makes samples of shape {list(wanted)}; {list(target.shape)} cannot be found")
        if isinstance(data, Images):
            sample = network_units(torch.from_numpy(np.array(target, np.uint8)).permute(2, 0, 1))[None]
        else:
            sample = data.to_network(torch.from_numpy(np.array(target, np.float32)))[None]
        self._players = players
        self._inversion = Inversion(players, sample, n_starts=n_starts, only=only)
        self._real: tuple[float, Array] | None = None
        if isinstance(data, Images):
            distance, place = nearest(sample, data.train)
            picture = data.to_uint8(network_units(data.train[place[0]]))
            self._real = float(psnr(distance[0, 0].square())), picture

    @property
    def step(self) -> int:
        """Steps done."""
        return self._inversion.step

    def advance(self, to: int) -> tuple[dict[str, Any], Tensor, dict[str, Array]]:
        """Go on to a step.

        Returns:
            Header, the starts' samples ``[n_starts, *shape]``, and arrays: their z, the curves ``[n_starts, steps]``
            (PSNR in dB for images, distance in data units for points), and the nearest real image.
        """
        inversion, data = self._inversion, self._players.data
        assert not isinstance(data, Signals)
        inversion.advance(to)
        errors = torch.stack(inversion.curve)[:, 0]
        curve = psnr(errors) if isinstance(data, Images) else (2 * errors).sqrt() * data.scale
        best = int(errors[-1].argmin())
        z, classes = inversion.z[0], inversion.classes[0]
        header: dict[str, Any] = {
            "done": inversion.step,
            "n_steps": inversion.n_steps,
            "best": best,
            "label": int(classes[best].argmax()) if classes.shape[1] else None,
            "labels": classes.argmax(1).tolist() if classes.shape[1] else None,
            "real_psnr": None,
        }
        arrays = {"z": z.numpy().astype(np.float32), "curve": curve.T.contiguous().numpy().astype(np.float32)}
        arrays["norm"] = z.norm(dim=1).numpy().astype(np.float32)
        if self._real is not None:
            header["real_psnr"], arrays["real"] = self._real
        return header, self._players.sample(z, classes), arrays
