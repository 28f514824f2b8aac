"""The desk: what can be asked about the latent space at one moment of a run, in NumPy; more in `analyses`.

It stands between the page, which knows no tensors, and the functions of this package. An answer is a header of words
and numbers and some arrays, as `gan_core.record.frame` packs them. Analyses that do not depend on a chosen z are made
once and kept. A desk is used by one thread at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gan_core.data import Images, Points
from gan_core.data.images import network_units
from gan_core.errors import ConfigError
from gan_core.latent import directions, manifold, paths, plane, units
from gan_core.latent.inversion import N_STEPS
from gan_core.latent.players import Players
from gan_core.latent.points import Point
from gan_core.latent.prior import likely_norms, relative_density
from gan_core.latent.search import Search

Array = NDArray[Any]
Answer = tuple[dict[str, Any], dict[str, Array]]
T = TypeVar("T")

MAX_FRAMES: Final = 240
"""Samples along one path."""
N_PLANE: Final = 8
N_CELLS: Final = 48
N_BEHIND: Final = 64


@dataclass(frozen=True)
class Edit:
    """Edits of points before samples are made of them.

    Attributes:
        truncation: z is multiplied by this: 1 changes nothing, 0 leaves the prior's mean.
        shifts: Directions ``[latent_dim]`` and strengths in σ, added.
        off: Units that are switched off.
    """

    truncation: float = 1.0
    shifts: Sequence[tuple[Array, float]] = ()
    off: units.Off | None = None


@dataclass
class Desk:
    """One moment of a run.

    Attributes:
        players: The networks then.
        lock: To be held while asking.
    """

    players: Players
    lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[str, Any] = field(default_factory=dict)
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
        if isinstance(data, Points):
            about |= {
                "classes": [],
                "labelled": False,
                "names": [],
                "n_held_out": 0,
                "paper": 0.0,
                "frame": list(data.frame),
            }
            return about | {"real": self.once("real", lambda: _some_real(data))}
        return about | {
            "classes": list(data.classes) if config.conditional else [],
            "labelled": data.labels is not None and not config.conditional,
            "names": list(data.classes),
            "n_held_out": 0 if data.held_out is None else len(data.held_out),
            "paper": self.once("paper", lambda: _paper(data)),
            "frame": None,
            "real": None,
        }

    def make(self, points: Sequence[Point], edit: Edit) -> Answer:
        """Make samples of some points, edited.

        Args:
            points: At least one.
            edit: The same for all of them.
        """
        z, classes = self.tensors(points)
        z = z * edit.truncation
        for vector, strength in edit.shifts:
            z = z + strength * torch.from_numpy(np.asarray(vector, np.float32))
        off = edit.off
        made = self.players.sample(z, classes) if off is None else units.sample_without(self.players, z, classes, off)
        header = {"likely": list(likely_norms(self.players.config)), "spread": _spread(made)}
        return header, {
            "samples": self.shown(made),
            "z": numpy_of(z),
            "norm": numpy_of(z.norm(dim=1)),
            "logit": numpy_of(self.players.judge(made, classes)),
        }

    def walk(self, points: Sequence[Point], n: int, way: str, *, loop: bool = False) -> Answer:
        """Make samples along one path through key points; arguments as for `paths.along`."""
        z, classes = self._along(points, n, way, loop)
        return {}, {"samples": self.shown(self.players.sample(z, classes)), "z": numpy_of(z)}

    def paths(self, points: Sequence[Point], n: int) -> Answer:
        """All ways through key points side by side: samples, norms, step lengths.

        Args:
            points: At least two.
            n: Steps from one to the next.
        """
        header: dict[str, Any] = {"likely": list(likely_norms(self.players.config)), "n": n, "ways": {}}
        header["real"] = self.once("unreal", lambda: manifold.unreal_of_real(self.players, self._bar()))
        arrays: dict[str, Array] = {}
        for way in paths.WAYS:
            z, classes = self._along(points, n, way, loop=False)
            made = self.players.sample(z, classes)
            steps = paths.step_lengths(made)
            header["ways"][way] = {
                "length": float(steps.sum()),
                "longest": float(steps.max() / steps.mean().clamp_min(1e-12)),
                **manifold.unreal(self.players, made, classes, self._bar()),
            }
            arrays |= {
                f"{way}_samples": self.shown(made),
                f"{way}_z": numpy_of(z),
                f"{way}_norm": numpy_of(z.norm(dim=1)),
                f"{way}_step": numpy_of(steps),
                f"{way}_logit": numpy_of(self.players.judge(made, classes)),
            }
        return header, arrays

    # -- the plane -------------------------------------------------------------------------------------------

    def plane(self, points: Sequence[Point], spanning: tuple[Array, Array] | None = None) -> Answer:
        """Make the samples, norms and density of a plane of the latent space.

        Args:
            points: Three points, or one and two directions; for a latent space of two numbers the plane is all of
                it, and any points will do.
            spanning: The directions, ``[latent_dim]`` each.

        Raises:
            ConfigError: If these span no plane.
        """
        config = self.players.config
        z, classes = self.tensors(points)
        shell = likely_norms(config)[2]
        if config.latent_dim == 1:
            raise ConfigError("this z is a single number, and there is no plane: the sliders walk along it")
        if config.latent_dim == 2:
            found = plane.along_two(torch.zeros(2), torch.eye(2)[0], torch.eye(2)[1], 1.25 * shell)
        elif spanning is not None:
            u, v = (torch.from_numpy(np.asarray(s, np.float32)) for s in spanning)
            found = plane.along_two(z[0], u, v, shell)
        elif len(z) >= 3:
            found = plane.through(z[:3], shell)
        else:
            raise ConfigError(f"a plane needs three points, or one and two directions; here are {len(z)}")
        at = found.at(found.grid(N_PLANE))
        cells = found.at(found.grid(N_CELLS))
        side = (N_CELLS, N_CELLS)
        arrays: dict[str, Array] = {
            "samples": self.shown(self.players.sample(at, classes[:1].expand(len(at), -1))),
            "z": numpy_of(at),
            "norm": numpy_of(cells.norm(dim=1)).reshape(side),
            "density": numpy_of(relative_density(cells, config)).reshape(side),
            "basis": numpy_of(torch.stack((found.centre, found.u, found.v))),
            "places": numpy_of(found.places(z)),
        }
        if isinstance(self.players.data, Points):
            arrays |= manifold.fold(self.players, cells, N_CELLS)
        return {"reach": found.reach, "likely": list(likely_norms(config)), "n": N_PLANE}, arrays

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

    def tensors(self, points: Sequence[Point]) -> tuple[Tensor, Tensor]:
        """Points as z ``[n, latent_dim]`` and classes ``[n, n_classes]``.

        Raises:
            ConfigError: If there are none.
        """
        if not points:
            raise ConfigError("no point is given: choose at least one")
        z = torch.from_numpy(np.stack([point.z for point in points]))
        return z, self.players.classes(torch.tensor([point.label or 0 for point in points]))

    def _along(self, points: Sequence[Point], n: int, way: str, loop: bool) -> tuple[Tensor, Tensor]:
        if way not in paths.WAYS:
            raise ConfigError(f"way {way[:20]!r} is not known: {', '.join(paths.WAYS)} are")
        if len(points) < 2:
            raise ConfigError(f"a path needs two key points or more; here are {len(points)}")
        if not 1 <= n * len(points) <= MAX_FRAMES:
            raise ConfigError(f"{n} steps between {len(points)} key points are not allowed: {MAX_FRAMES} in all are")
        z, classes = self.tensors(points)
        return paths.along(z, n, way, loop=loop), paths.along(classes, n, "lerp", loop=loop)

    def shown(self, samples: Tensor) -> Array:
        """Pictures ``uint8 [n, h, w, c]``, or points ``[n, 2]`` in data units."""
        data = self.players.data
        return data.to_uint8(samples) if isinstance(data, Images) else numpy_of(data.to_data(samples))

    def layer_sizes(self) -> list[int]:
        """Units of each hidden layer."""
        z, classes = directions.draw(self.players, 1)
        n = len(units.hidden_layers(self.players))
        return [units.activations(self.players, z, classes, i).shape[1] for i in range(n)]

    def _bar(self) -> float:
        return self.once("bar", lambda: manifold.bar(self.players))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Compute a value that does not depend on a chosen z once, and keep it."""
        if name not in self._kept:
            self._kept[name] = make()
        kept: T = self._kept[name]
        return kept


def numpy_of(x: Tensor) -> NDArray[np.float32]:
    """Convert a tensor to an answer's array."""
    return np.ascontiguousarray(x.detach().numpy(), dtype=np.float32)


def _spread(samples: Tensor) -> float:
    """Mean distance of two samples, root mean square over pixels: diversity."""
    flat = samples.flatten(1)
    return float(torch.pdist(flat).mean()) / flat.shape[1] ** 0.5 if len(flat) > 1 else 0.0


def _some_real(data: Points) -> list[list[float]]:
    """Pick a few real points as a background for single samples."""
    some = data.to_data(data.sample(N_BEHIND, Generator().manual_seed(0)))
    return [[round(float(x), 3) for x in row] for row in some]


def _paper(data: Images) -> float:
    """Brightness around the images, 0 to 1: what a drawing begins on."""
    edges = network_units(data.train[:256])[..., 0, :]
    return float(edges.median() * 0.5 + 0.5)
