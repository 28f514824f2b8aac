"""Questions about the latent space of a run, as plain values; importable without torch.

They are answered where the run is, see `gan_core.live.handle.RunHandle.ask`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gan_core.live.handle import OpenRun

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class LatentQuestion:
    """Samples, paths, planes, directions and so on: ``do`` names which.

    Attributes:
        query: Parameters as text, see `gan_core.latent.request`.
    """

    query: Mapping[str, str]

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a frame (`gan_core.record.frame`); its header says which moment it is of.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.answers import answer

        return answer(run, self.query)


@dataclass(frozen=True)
class Restored:
    """A picture that a conditioned generator has restored, beside what it was told and what filters make of it.

    Attributes:
        step: Of the generator.
        degraded: What a picture of the condition is called.
        condition: What the generator was told, ``[height, width, channels]``, as all pictures here.
        filters: What one would do without a GAN: name, picture, PSNR or None.
        answers: Of several z: picture, PSNR or None.
        mean: Of many z, likewise.
        spread: Standard deviation of many answers, ``[height, width]``; white is the largest.
        widest: That largest one, of pixels that span 2.
        truth: The picture itself, or None if nobody has it.
    """

    step: int
    degraded: str
    condition: Pixels
    filters: tuple[tuple[str, Pixels, float | None], ...]
    answers: tuple[tuple[Pixels, float | None], ...]
    mean: tuple[Pixels, float | None]
    spread: Pixels
    widest: float
    truth: Pixels | None


@dataclass(frozen=True)
class RestoreQuestion:
    """Restoration of one picture by a conditioned run's generator.

    Attributes:
        index: Which of the run's held-out images (of its training images, if none are held out).
        own: Hash of a registered picture of one's own, in place of those; or "".
        degraded: True if that picture is degraded already and is used as it is.
        seed: Of the noise or the place of the hole, and of z.
        n_z: How many answers are shown.
    """

    index: int = 0
    own: str = ""
    degraded: bool = False
    seed: int = 0
    n_z: int = 4

    def answer(self, run: OpenRun) -> Restored:
        """Restore it with the newest kept generator.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.restoring import restore
        from gan_core.latent.shelf import desk

        at = desk(run)
        with at.lock:
            return restore(at.players, self)


@dataclass(frozen=True)
class Word:
    """A word beside the training word that is nearest to it.

    Attributes:
        text: Its letters.
        real: True if it is in the dictionary, or allowed by the grammar.
        trained: True if it is among the training words.
        nearest: The nearest training word.
        edits: Letters to be put in, taken out or replaced to make that of it.
    """

    text: str
    real: bool
    trained: bool
    nearest: str
    edits: int


@dataclass(frozen=True)
class Written:
    """Words of a generator beside those of a model of pairs of letters.

    Attributes:
        step: Of the generator.
        by_rule: True if a grammar says which words are right.
        n_tried: Words that each of both made.
        n_found: Those of the generator that begin as asked.
        n_pairs: Those of the pairs that do.
        real: Share of the generator's words that are real ones, of those that begin as asked.
        real_pairs: Likewise of the pairs'.
        words: The first of the generator's.
        pairs: The first of the other's.
    """

    step: int
    by_rule: bool
    n_tried: int
    n_found: int
    n_pairs: int
    real: float
    real_pairs: float
    words: tuple[Word, ...]
    pairs: tuple[Word, ...]


@dataclass(frozen=True)
class WriteQuestion:
    """Words of a run's generator.

    Attributes:
        begins: Letters that they are to begin with, or "".
        seed: Of z.
        n: How many are shown, at most.
    """

    begins: str = ""
    seed: int = 0
    n: int = 12

    def answer(self, run: OpenRun) -> Written:
        """Write them with the newest kept generator.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.writing import write

        return write(run.state()[1], self)


@dataclass(frozen=True, eq=False)
class HeardNote:
    """A generated sound beside the real one that is most like it.

    Attributes:
        said: What it is heard as, such as "E4, 3 cents low"; how far it is from the real one where there are no notes.
        nearest: What the real one is heard as.
        sound: WAV file of the generated one.
        real: WAV file of the real one.
        picture: Its spectrogram, ``uint8 [h, w]``, white where it is loud.
        real_picture: The real one's.
    """

    said: str
    nearest: str
    sound: bytes
    real: bytes
    picture: NDArray[np.uint8]
    real_picture: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Played:
    """A melody out of a generator's sounds, and what these are.

    Attributes:
        step: Of the generator.
        n_tried: Sounds among which each note was looked for.
        shares: Share of them that each note is, by its name; of real ones all alike. Empty where none are known.
        missing: Notes of the melody that none of them is; there it is silent.
        melody: WAV file of it; without notes, of some sounds one after another.
        real_melody: The same of real notes, or of the real sounds nearest to those.
        sounds: Some of the sounds, each beside a real one.
        usual: Without notes, how far held-out sounds are from the nearest training sound; None if there are none.
    """

    step: int
    n_tried: int
    shares: Mapping[str, float]
    missing: tuple[str, ...]
    melody: bytes
    real_melody: bytes
    sounds: tuple[HeardNote, ...]
    usual: float | None = None


@dataclass(frozen=True)
class PlayQuestion:
    """A melody and some sounds of a run's generator.

    Attributes:
        melody: Names of notes, with blanks between them.
        seed: Of z.
        n: How many sounds are shown one by one.
    """

    melody: str
    seed: int = 0
    n: int = 4

    def answer(self, run: OpenRun) -> Played:
        """Play it with the newest kept generator.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.playing import play

        return play(run.state()[1], self)
