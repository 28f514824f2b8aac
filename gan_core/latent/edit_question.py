"""The editing of one picture as a question and its answer: plain values, importable without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan_core.latent.questions import Pixels

if TYPE_CHECKING:
    from gan_core.live.handle import OpenRun

HOLES: Final = ("", "top left", "top right", "bottom left", "bottom right", "middle")
"""Places at which a hole can be cut into a picture; "" for none."""
ATTRIBUTE_WORDS: Final[Mapping[str, str]] = {
    "ink": "Ink: thinner or bolder",
    "slant": "Slant: to the left or right",
    "width": "Width: narrower or wider",
}
"""Attributes that `gan_core.latent.attributes` measures, by name, in words."""
MAX_SIGMAS: Final = 4.0
"""Largest distance that z is moved along a direction."""


@dataclass(frozen=True)
class Measured:
    """An attribute of a picture before and after an edit.

    Attributes:
        name: Its name, also that of its direction.
        before: What is measured in the picture.
        after: What is measured in the edited one.
        usual: Standard deviation among real pictures: the scale beside a change.
    """

    name: str
    before: float
    after: float
    usual: float


@dataclass(frozen=True)
class Edited:
    """A picture, the sample nearest to it, and what became of that.

    Attributes:
        step: Of the generator.
        original: The picture, ``[height, width, channels]``, as all pictures here.
        given: The same with the hole that was cut into it.
        found: The nearest sample.
        psnr: How near it is to the picture where that is known, in dB.
        edited: After the moves.
        fillings: With a hole: the picture with the hole filled by other z; else none.
        measured: Attributes before and after.
        classes: Names of the classes that can be asked for; empty if the data have none.
        class_before: What the nearest real pictures say of the picture; "" without classes.
        class_after: Likewise of the edited one.
        class_cost: How far z was moved towards the class that was asked for, in σ; 0 if G is told it; None if none was
            asked for, or G makes none of it.
    """

    step: int
    original: Pixels
    given: Pixels
    found: Pixels
    psnr: float
    edited: Pixels
    fillings: tuple[Pixels, ...]
    measured: tuple[Measured, ...]
    classes: tuple[str, ...]
    class_before: str
    class_after: str
    class_cost: float | None


@dataclass(frozen=True)
class EditQuestion:
    """Edits of one picture through the latent space of a run.

    Attributes:
        index: Which of the run's held-out images (of its training images, if none are held out).
        own: Hash of a registered picture of one's own, in place of those; or "".
        hole: One of `HOLES`.
        moves: σ along the direction of each attribute, by its name.
        saved: Directions of one's own as text (`gan_core.latent.points`), and σ along each.
        to_class: Name of the class that is asked for, or "".
        keep: True to add what G did not find in the picture to the edited one.
    """

    index: int = 0
    own: str = ""
    hole: str = ""
    moves: tuple[tuple[str, float], ...] = ()
    saved: tuple[tuple[str, float], ...] = ()
    to_class: str = ""
    keep: bool = True

    def answer(self, run: OpenRun) -> Edited:
        """Edit it with the newest kept generator.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.editing import edit
        from gan_core.latent.shelf import desk

        at = desk(run)
        with at.lock:
            return edit(at, self)


@dataclass(frozen=True)
class Made:
    """Pictures that a generator makes, each beside the training picture nearest to it.

    Attributes:
        step: Of the generator.
        pictures: ``[n, height, width, channels]``.
        nearest: Likewise.
        distances: Between the two, root mean square over pixels that span 2, ``n``.
        usual: Median of that distance for held-out pictures; None if none are held out.
        classes: Names of the classes that can be asked for; empty unless G is told them.
    """

    step: int
    pictures: Pixels
    nearest: Pixels
    distances: tuple[float, ...]
    usual: float | None
    classes: tuple[str, ...]


@dataclass(frozen=True)
class MakeQuestion:
    """Pictures of a run's generator.

    Attributes:
        seed: Of z.
        of_class: Name of a class, or "" for all in turn.
        n: How many.
    """

    seed: int = 0
    of_class: str = ""
    n: int = 8

    def answer(self, run: OpenRun) -> Made:
        """Make them with the newest kept generator.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.editing import make
        from gan_core.latent.shelf import desk

        at = desk(run)
        with at.lock:
            return make(at, self)
