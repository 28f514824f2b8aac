r"""Ways from one z to another, and how far their samples move at each step.

Three ways are told apart (arXiv:1609.04468). The straight line (lerp) cuts through the inside of the shell on which
nearly all of a high-dimensional prior lies: half way between two independent z its norm is lower by a factor of
$\sqrt 2$. The arc (slerp) stays on the shell and turns by equal angles. The normalised line (nlerp) goes along the
same arc, faster in its middle. All are symmetric under exchange of their ends, and the ends are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

from gan_core.training.observe import slerp

Way = Callable[[Tensor, Tensor, int], Tensor]


def lerp(start: Tensor, end: Tensor, n: int) -> Tensor:
    r"""$(1 - t)\,a + t\,b$ at ``n`` equal steps, ``[n, latent_dim]``.

    Args:
        start: a, ``[latent_dim]``.
        end: b, ``[latent_dim]``.
        n: Points, at least 2.
    """
    t = torch.linspace(0, 1, n)[:, None]
    path = (1 - t) * start + t * end
    path[0], path[-1] = start, end
    return path


def nlerp(start: Tensor, end: Tensor, n: int) -> Tensor:
    """Interpolate on the line, each point scaled to the norm between those of the ends; arguments as for `lerp`.

    Between opposite ends the line passes through the origin, which cannot be scaled; the arc is taken instead.
    """
    path: Tensor = lerp(start, end, n)
    t = torch.linspace(0, 1, n)[:, None]
    wanted = (1 - t) * start.norm() + t * end.norm()
    norms = path.norm(dim=1, keepdim=True)
    if bool((norms < 1e-3 * wanted).any()):
        return slerp(start, end, n)
    path = path * (wanted / norms.clamp_min(1e-12))
    path[0], path[-1] = start, end
    return path


WAYS: Final[Mapping[str, Way]] = {"lerp": lerp, "slerp": slerp, "nlerp": nlerp}
"""By name, in the order in which they are shown."""


def along(points: Tensor, n: int, way: str, *, loop: bool = False) -> Tensor:
    """Interpolate through key points, each of them met exactly and once.

    Args:
        points: Key points ``[k, latent_dim]``, k >= 2.
        n: Steps from one key point to the next, at least 1.
        way: A key of `WAYS`.
        loop: True to go back to the first one at the end, which is then left out: the film begins again with it.

    Returns:
        ``[(k - 1) n + 1, latent_dim]``, or ``[k n, latent_dim]`` for a loop.
    """
    ends = [*points, points[0]] if loop else list(points)
    pieces = [WAYS[way](a, b, n + 1)[:-1] for a, b in pairwise(ends)]
    return torch.cat(pieces if loop else [*pieces, points[-1:]])


def step_lengths(samples: Tensor) -> Tensor:
    """Distances of neighbouring samples, ``[n - 1]``: root mean square over pixels or coordinates.

    Equal lengths look smooth; a peak is a jump, such as from one digit to another. Their sum is the path's length.

    Args:
        samples: ``[n, *shape]``.
    """
    return (samples[1:] - samples[:-1]).flatten(1).square().mean(1).sqrt()
