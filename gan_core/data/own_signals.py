"""Sounds and words of one's own as values, beside the pictures and points of `gan_core.data.own_data`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from gan_core.config import DataConfig
from gan_core.data.held_out import aside, digest, held_out_share
from gan_core.data.limits import (
    FEW_SOUNDS,
    FEW_WORDS,
    MAX_LETTERS,
    MAX_SOUNDS,
    MAX_WORD,
    MAX_WORDS,
    MAX_WRITTEN,
)
from gan_core.data.shapes import BLANK
from gan_core.data.shapes import SOUND_LENGTH as LENGTH
from gan_core.errors import DataError

if TYPE_CHECKING:
    from gan_core.data.sounds import Sounds
    from gan_core.data.words import Words

__all__ = ["LOUDEST", "RATES", "OwnSounds", "OwnWords"]

RATES: Final = (2_048, 4_096, 8_192)
"""Rates at which pieces of one's own sounds are kept, samples a second."""
LOUDEST: Final = 32_767
"""Whole number that stands for 1."""
_UNUSED: Final = "▯"
"""Stands for a letter that a config has and the words have not."""


@dataclass(frozen=True, eq=False)
class OwnSounds:
    """Pieces of one's own sounds, all of one length and rate.

    Attributes:
        samples: `[n, 512]`, int16, `LOUDEST` for 1; read only.
        rate: Samples a second, one of `RATES`.
        skipped: Why files were left out, and how many for each reason, the commonest first.
        decisions: How they were read, one sentence each.
        hash: SHA-256 of rate, shape and samples, hexadecimal.
        name: Always "own-sounds".

    Raises:
        DataError: No piece, too many, or a rate, shape or type that cannot be.
    """

    samples: NDArray[np.int16]
    rate: int
    skipped: tuple[tuple[str, int], ...] = ()
    decisions: tuple[str, ...] = ()
    hash: str = field(init=False)
    name: Literal["own-sounds"] = field(default="own-sounds", init=False)
    noun: ClassVar[str] = "sounds"
    few: ClassVar[int] = FEW_SOUNDS
    heeds: ClassVar[tuple[str, ...]] = ("held_out",)
    splits: ClassVar[bool] = True

    def __post_init__(self) -> None:
        shape, kind = self.samples.shape, self.samples.dtype
        if kind != np.int16 or len(shape) != 2 or shape[1] != LENGTH or not 1 <= shape[0] <= MAX_SOUNDS:
            raise DataError(
                f"own sounds are 1 to {MAX_SOUNDS:,} pieces of {LENGTH} samples in 16 bits; these are {kind} of shape "
                f"{list(shape)}"
            )
        if self.rate not in RATES:
            raise DataError(f"sounds have {', '.join(map(str, RATES))} samples a second; these have {self.rate}")
        self.samples.setflags(write=False)
        content = [str(self.rate).encode(), self.samples.astype("<i2").tobytes()]
        object.__setattr__(self, "hash", digest(self.name, shape, content))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of a new run on them: some held out."""
        held_out = held_out_share(len(self.samples))
        return {"data.name": self.name, "data.hash": self.hash, "data.held_out": held_out}

    @property
    def rows(self) -> NDArray[np.int16]:
        """Sounds to be compared and counted."""
        return self.samples

    @property
    def nbytes(self) -> int:
        """Memory that the samples take."""
        return self.samples.nbytes

    def refusal(self, config: DataConfig) -> str:
        """Say why a config does not go with these sounds; "", as all do."""
        return ""

    def made(self, config: DataConfig) -> Sounds:
        """Make the data set of a config that names these sounds; no pitches are known."""
        import torch  # late: the server's own process has none

        from gan_core.data.sounds import Sounds

        sounds = torch.from_numpy(self.samples.astype(np.float32) / LOUDEST).clamp_(-1, 1)[:, None]
        unseen = torch.from_numpy(aside(self.rows, None, self.hash, config.held_out))
        return Sounds(self.name, sounds[~unseen], sounds[unseen] if unseen.any() else None, self.rate)


@dataclass(frozen=True, eq=False)
class OwnWords:
    """Words of one's own text, each once, with how often it is written.

    Attributes:
        codes: Numbers of letters, `[n, length]`, uint8, filled up with the blank, 0; read only.
        counts: How often each is written, `[n]`, int64.
        alphabet: The letters in the order of their numbers, the blank first: to be shown as text, never as HTML.
        skipped: Why files or words were left out, and how many for each reason, the commonest first.
        decisions: How they were read, one sentence each.
        hash: SHA-256 of all of these but what was skipped and decided; hexadecimal.
        name: Always "own-words".

    Raises:
        DataError: No word, too many, or letters, shapes or types that cannot be.
    """

    codes: NDArray[np.uint8]
    counts: NDArray[np.int64]
    alphabet: str
    skipped: tuple[tuple[str, int], ...] = ()
    decisions: tuple[str, ...] = ()
    hash: str = field(init=False)
    name: Literal["own-words"] = field(default="own-words", init=False)
    noun: ClassVar[str] = "words"
    few: ClassVar[int] = FEW_WORDS
    heeds: ClassVar[tuple[str, ...]] = ("held_out", "length", "letters")
    splits: ClassVar[bool] = True

    def __post_init__(self) -> None:
        shape, letters = self.codes.shape, self.alphabet
        fits = self.codes.dtype == np.uint8 and len(shape) == 2 and 1 <= shape[0] <= MAX_WORDS
        if not fits or not 1 <= shape[1] <= MAX_WORD:
            raise DataError(
                f"own words are 1 to {MAX_WORDS:,} words of at most {MAX_WORD} letters; these are "
                f"{self.codes.dtype} of shape {list(shape)}"
            )
        plain = letters.startswith(BLANK) and letters.isprintable() and len(set(letters)) == len(letters)
        if not plain or not 2 <= len(letters) <= MAX_LETTERS or self.codes.max() >= len(letters):
            raise DataError(
                f"an alphabet is a blank and up to {MAX_LETTERS - 1} other signs that can be shown, each once; "
                f"this one has {len(letters)}, or does not fit the words"
            )
        if (self.codes[:, 0] == 0).any():
            raise DataError("own words begin with a letter, and one of these does not")
        if self.counts.shape != shape[:1] or self.counts.min() < 1 or self.counts.sum() > MAX_WRITTEN:
            raise DataError(f"each word is written at least once, all together at most {MAX_WRITTEN:,} times")
        self.codes.setflags(write=False)
        self.counts.setflags(write=False)
        content = [letters.encode(), self.codes.tobytes(), self.counts.astype("<i8").tobytes()]
        object.__setattr__(self, "hash", digest(self.name, shape, content))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of a new run on them: their length and letters, some held out."""
        named = {"data.name": self.name, "data.hash": self.hash, "data.held_out": held_out_share(len(self.codes))}
        return named | {"data.length": self.codes.shape[1], "data.letters": len(self.alphabet)}

    @property
    def rows(self) -> NDArray[np.uint8]:
        """Words to be compared and counted."""
        return self.codes

    @property
    def nbytes(self) -> int:
        """Memory that the words take."""
        return self.codes.nbytes + self.counts.nbytes

    def refusal(self, config: DataConfig) -> str:
        """Say why a config does not go with these words; "" if it does: it must have room for them."""
        length, letters = self.codes.shape[1], len(self.alphabet)
        if config.length >= length and config.letters >= letters:
            return ""
        return (
            f"data.length={config.length} and data.letters={config.letters}, but these words have up to {length} "
            f"letters out of {letters}, the blank included; set data.length={length} and data.letters={letters}"
        )

    def made(self, config: DataConfig) -> Words:
        """Make the data set of a config that names these words, each drawn as often as it is written."""
        import torch  # late: the server's own process has none

        from gan_core.data.words import Words

        codes = torch.zeros(len(self.codes), config.length, dtype=torch.uint8)
        codes[:, : self.codes.shape[1]] = torch.from_numpy(self.codes.copy())
        unseen = torch.from_numpy(aside(self.rows, None, self.hash, config.held_out))
        often = torch.from_numpy(self.counts.copy())[~unseen]
        draws = torch.arange(len(often)).repeat_interleave(often) if bool((often > 1).any()) else None
        alphabet = self.alphabet.ljust(config.letters, _UNUSED)
        held_out = codes[unseen] if unseen.any() else None
        return Words(self.name, codes[~unseen], held_out, alphabet, draws=draws)
