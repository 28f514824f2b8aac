"""The sections of the Latent page, and what each teaches in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from gan_core.config.names import SampleKind


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: On its button.
        words: What it shows.
        advanced: True if it is shown only to those who ask for more.
        kinds: Kinds of samples that it is for.
        in_plane: What it shows where the data are points of the plane, if that differs.
    """

    title: str
    words: str
    advanced: bool = False
    kinds: tuple[SampleKind, ...] = get_args(SampleKind)
    in_plane: str = ""


_SEEN: Final[tuple[SampleKind, ...]] = ("plane", "images")

SECTIONS: Final[Mapping[str, Section]] = {
    "paths": Section(
        "Interpolation",
        "Between two z there are many ways. Nearly all of a high-dimensional prior lies in a thin shell: the straight "
        "line (lerp) cuts through its inside, where G was hardly ever trained; the arc (slerp) stays on it.",
        in_plane="A path in z, and the path in x that G makes of it. Between two modes it must cross a bridge: samples "
        "that D and the known density call unreal. G is continuous, so it cannot jump.",
    ),
    "plane": Section(
        "Plane",
        "A flat slice of the latent space. Drag, and G draws what lies there. The ring is where the prior has its "
        "mass: far outside or deep inside it G was never trained, and it shows.",
        in_plane="G folds the plane of z onto the data: each tint is a mode, blank cells are the bridges between them. "
        "Drag on the left, and see on the right where G sends it.",
    ),
    "invert": Section(
        "Inversion",
        "G goes from z to a picture. Here it is turned around: z is moved, step by step, until G(z) looks like a given "
        "picture. What G cannot make, it has not learnt.",
        in_plane="G goes from z to a point of the plane. Here it is turned around: z is moved, step by step, until "
        "G(z) is a given point. What no z reaches, G cannot make.",
        kinds=_SEEN,
    ),
    "sliders": Section(
        "Sliders",
        "Each coordinate of z is one slider, those that change samples the most first. One coordinate rarely means "
        "one thing: G was free to mix them. Truncation pulls z towards the mean: cleaner samples, less variety.",
    ),
    "memory": Section(
        "Is it memory?",
        "Has G learnt to draw, or does it repeat training images? Its sample beside the training images nearest to it, "
        "and a test over many samples.",
        kinds=("images",),
    ),
    "directions": Section(
        "Directions",
        "Some directions of z change one thing: found from G alone (PCA, SeFa), or from what can be measured in "
        "samples (attributes, classes). Strength is in σ of the prior; random directions are the yardstick.",
        advanced=True,
    ),
    "arithmetic": Section(
        "Arithmetic",
        "mean(z of these) − mean(z of those) + z: what these have and those have not, added to another sample. "
        "Averaging cancels what differs within a group.",
        advanced=True,
    ),
    "units": Section(
        "Inside G",
        "The units of a hidden layer at work on this z, those that matter most first. Switch one off and see what "
        "it was for.",
        advanced=True,
        kinds=_SEEN,
    ),
}
"""By name, in order; the name stands in links."""
