"""Samples, walks and planes of a latent space, for any generator.

An answer is a header of words and numbers and some arrays, as `gan_core.record.frame` packs them. What a discriminator
or known data can say beside it, `gan_core.latent.desk` adds for the players of a run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data import Images, Signals
from gan_core.errors import ConfigError
from gan_core.latent import paths, plane
from gan_core.latent.points import Point
from gan_core.latent.prior import likely_norms, relative_density
from gan_core.latent.space import Maker

if TYPE_CHECKING:
    from gan_core.latent.units import Off

Array = NDArray[Any]
Answer = tuple[dict[str, Any], dict[str, Array]]
T = TypeVar("T")

MAX_FRAMES: Final = 240
"""Samples along one path."""
N_PLANE: Final = 8
N_CELLS: Final = 48


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
    off: Off | None = None


@dataclass
class Bench:
    """A latent space at one moment.

    Attributes:
        players: Who makes the samples.
        lock: To be held while asking.
    """

    players: Maker
    lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[str, Any] = field(default_factory=dict)

    def make(self, points: Sequence[Point], edit: Edit) -> Answer:
        """Make samples of some points, edited.

        Args:
            points: At least one.
            edit: The same for all of them.
        """
        z, classes = self.edited(points, edit)
        made = self.made(z, classes, edit)
        header = {"likely": list(likely_norms(self.players.config)), "spread": _spread(made)}
        return header, {
            "samples": self.shown(made),
            "z": numpy_of(z),
            "norm": numpy_of(z.norm(dim=1)),
            **self.judged(made, classes),
        }

    def walk(self, points: Sequence[Point], n: int, way: str, *, loop: bool = False) -> Answer:
        """Make samples along one path through key points; arguments as for `paths.along`."""
        z, classes = self._along(points, n, way, loop)
        return {}, {"samples": self.shown(self.players.sample(z, classes)), "z": numpy_of(z)}

    def heard(self, points: Sequence[Point], edit: Edit) -> Answer:
        """Make samples of some points, edited, to be heard.

        Args:
            points: At least one.
            edit: The same for all of them.

        Raises:
            ConfigError: If these samples are no sounds.
        """
        data = self.players.data
        if data.kind != "sound":
            raise ConfigError("these samples are no sounds")
        z, classes = self.edited(points, edit)
        return data.told(), {"sound": data.shown(self.made(z, classes, edit))}

    def edited(self, points: Sequence[Point], edit: Edit) -> tuple[Tensor, Tensor]:
        """Points as z and classes, see `tensors`, with what is done to them but for units that are switched off."""
        z, classes = self.tensors(points)
        z = z * edit.truncation
        for vector, strength in edit.shifts:
            z = z + strength * torch.from_numpy(np.asarray(vector, np.float32))
        return z, classes

    def paths(self, points: Sequence[Point], n: int) -> Answer:
        """All ways through key points side by side: samples, norms, step lengths.

        Args:
            points: At least two.
            n: Steps from one to the next.
        """
        header: dict[str, Any] = {"likely": list(likely_norms(self.players.config)), "n": n, "ways": {}}
        real = self.unreal_of_real()
        header |= {"real": real} if real else {}
        arrays: dict[str, Array] = {}
        for way in paths.WAYS:
            z, classes = self._along(points, n, way, loop=False)
            made = self.players.sample(z, classes)
            steps = paths.step_lengths(made)
            header["ways"][way] = {
                "length": float(steps.sum()),
                "longest": float(steps.max() / steps.mean().clamp_min(1e-12)),
                **self.unreal(made, classes),
            }
            arrays |= {
                f"{way}_samples": self.shown(made),
                f"{way}_z": numpy_of(z),
                f"{way}_norm": numpy_of(z.norm(dim=1)),
                f"{way}_step": numpy_of(steps),
            }
            arrays |= {f"{way}_{name}": values for name, values in self.judged(made, classes).items()}
        return header, arrays

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
        arrays |= self.folded(cells)
        return {"reach": found.reach, "likely": list(likely_norms(config)), "n": N_PLANE}, arrays

    # -- what only some can say ------------------------------------------------------------------------------

    def made(self, z: Tensor, classes: Tensor, edit: Edit) -> Tensor:
        """Make samples of z that is edited already.

        Raises:
            ConfigError: If units are to be switched off, and nobody knows them.
        """
        if edit.off is not None:
            raise ConfigError("the inside of this generator is not known here: no unit can be switched off")
        return self.players.sample(z, classes)

    def judged(self, made: Tensor, classes: Tensor) -> dict[str, Array]:
        """Ask D about samples; nothing without one."""
        return {}

    def unreal(self, made: Tensor, classes: Tensor) -> dict[str, float]:
        """Measure shares of samples that are unreal; nothing where nobody can tell."""
        return {}

    def unreal_of_real(self) -> dict[str, float]:
        """Measure the same of real samples."""
        return {}

    def folded(self, cells: Tensor) -> dict[str, Array]:
        """Find where points of the plane land among known data."""
        return {}

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
        """Pictures ``[n, h, w, c]`` or letters' numbers ``[n, length]``, as bytes; points ``[n, 2]`` in data units."""
        data = self.players.data
        if isinstance(data, Signals):
            return data.pictured(samples)
        return data.to_uint8(samples) if isinstance(data, Images) else numpy_of(data.to_data(samples))

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
