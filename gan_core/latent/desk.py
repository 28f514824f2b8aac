"""The desk: what can be asked about the latent space at one moment of a run, in NumPy; more in `analyses`.

It stands between the page, which knows no tensors, and the functions of this package; what needs only a generator is in
`bench`. Analyses that do not depend on a chosen z are made once and kept. A desk is used by one thread at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from torch import Generator, Tensor

from gan_core.data import Images, Points, Signals
from gan_core.data.images import network_units
from gan_core.errors import ConfigError
from gan_core.latent import directions, manifold, units
from gan_core.latent.bench import N_CELLS, Answer, Array, Bench, Edit, numpy_of
from gan_core.latent.inversion import N_STEPS
from gan_core.latent.players import Players
from gan_core.latent.prior import likely_norms
from gan_core.latent.search import Search

__all__ = ["Answer", "Array", "Desk", "Edit", "numpy_of"]

N_BEHIND: Final = 64


@dataclass
class Desk(Bench):
    """One moment of a run.

    Attributes:
        players: The networks then.
    """

    players: Players
    _search: Search | None = None

    # -- samples ---------------------------------------------------------------------------------------------

    def about(self) -> dict[str, Any]:
        """Describe the latent space: its size, prior and networks."""
        config, data = self.players.config, self.players.data
        about: dict[str, Any] = {
            "latent_dim": config.latent_dim,
            "prior": config.prior,
            "likely": list(likely_norms(config)),
            "kind": data.kind,
            "data": config.data.name,
            "shape": list(data.shape),
            "n_train": data.n_train,
            "layers": self.once("layers", self.layer_sizes),
        }
        none = {"classes": [], "labelled": False, "names": [], "n_held_out": 0, "paper": 0.0}
        if isinstance(data, Points):
            about |= {**none, "frame": list(data.frame)}
            return about | {"real": self.once("real", lambda: _some_real(data))}
        if isinstance(data, Signals):
            return about | {**none, "frame": None, "real": None, **data.told()}
        return about | {
            "classes": list(data.classes) if config.conditional else [],
            "labelled": data.labels is not None and not config.conditional,
            "names": list(data.classes),
            "n_held_out": 0 if data.held_out is None else len(data.held_out),
            "paper": self.once("paper", lambda: _paper(data)),
            "frame": None,
            "real": None,
        }

    # -- the plane -------------------------------------------------------------------------------------------

    def field(self) -> Answer:
        """Make D's heat map and real points, for data in the plane.

        Raises:
            ConfigError: If the data are images.
        """
        return self.once("field", lambda: manifold.field(self.players, self._bar()))

    # -- inversion ----------------------------------------------------------------------------------------------

    def invert(self, target: Array, n_starts: int, to: int, only: int | None = None) -> Answer:
        """Search for the z of a sample, up to a step; asked again with the same target it goes on.

        Args:
            target: An image ``uint8 [h, w, c]``, or a point ``[2]`` in data units.
            n_starts: Starts.
            to: Step, at most `N_STEPS`.
            only: Class, or None to try all.

        Raises:
            ConfigError: If the target does not fit the data.
        """
        key = (np.asarray(target).tobytes(), target.shape, n_starts, only)
        if self._search is None or self._search.key != key or self._search.step > to:
            self._search = Search(key, self.players, target, n_starts, only)
        header, made, arrays = self._search.advance(min(to, N_STEPS))
        return header, {"samples": self.shown(made), **arrays}

    def real(self, i: int, *, held_out: bool = True) -> Array:
        """Pick a real image, ``uint8 [h, w, c]``: a held-out one where there are some.

        Raises:
            ConfigError: If there is none of that number, or the data are points.
        """
        data = self.players.data
        if not isinstance(data, Images):
            raise ConfigError("these data are points; click one in the plane")
        images = data.held_out if held_out and data.held_out is not None else data.train
        if not 0 <= i < len(images):
            raise ConfigError(f"there is no image {i}: they go from 0 to {len(images) - 1}")
        picture: Array = data.to_uint8(network_units(images[i : i + 1]))[0]
        return picture

    # -- inside ----------------------------------------------------------------------------------------------

    def layer_sizes(self) -> list[int]:
        """Units of each hidden layer."""
        z, classes = directions.draw(self.players, 1)
        n = len(units.hidden_layers(self.players))
        return [units.activations(self.players, z, classes, i).shape[1] for i in range(n)]

    def _bar(self) -> float:
        return self.once("bar", lambda: manifold.bar(self.players))

    def made(self, z: Tensor, classes: Tensor, edit: Edit) -> Tensor:
        """Make samples of z that is edited already, with some units switched off if that is asked for."""
        if edit.off is None:
            return self.players.sample(z, classes)
        return units.sample_without(self.players, z, classes, edit.off)

    def judged(self, made: Tensor, classes: Tensor) -> dict[str, Array]:
        """Ask D for its logits of samples."""
        return {"logit": numpy_of(self.players.judge(made, classes))}

    def unreal(self, made: Tensor, classes: Tensor) -> dict[str, float]:
        """Measure shares of samples that D, or the known density, calls unreal."""
        return manifold.unreal(self.players, made, classes, self._bar())

    def unreal_of_real(self) -> dict[str, float]:
        """Measure the same of real samples."""
        return self.once("unreal", lambda: manifold.unreal_of_real(self.players, self._bar()))

    def folded(self, cells: Tensor) -> dict[str, Array]:
        """Find where cells of the plane of z land, for data in the plane."""
        return manifold.fold(self.players, cells, N_CELLS) if isinstance(self.players.data, Points) else {}


def _some_real(data: Points) -> list[list[float]]:
    """Pick a few real points as a background for single samples."""
    some = data.to_data(data.sample(N_BEHIND, Generator().manual_seed(0)))
    return [[round(float(x), 3) for x in row] for row in some]


def _paper(data: Images) -> float:
    """Brightness around the images, 0 to 1: what a drawing begins on."""
    edges = network_units(data.train[:256])[..., 0, :]
    return float(edges.median() * 0.5 + 0.5)
