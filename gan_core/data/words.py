"""Data sets of words: each a row of letters' numbers, for the networks one-hot, `[length, alphabet]`.

A word that is shorter than the others is filled up at its end with a blank, the first letter of every alphabet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, ClassVar, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gan_core.config.assets import asset
from gan_core.data.shapes import BLANK
from gan_core.data.signals import Signals
from gan_core.errors import DataError

__all__ = ["Words", "english_words", "expressions"]

LENGTH: Final = 8
"""Letters of the longest English word here."""
LETTERS: Final = BLANK + "abcdefghijklmnopqrstuvwxyz"
OPERATORS: Final = "+-*/"
SIGNS: Final = BLANK + "x" + OPERATORS
LONGEST: Final = 7
"""Signs of the longest expression here."""
HELD_OUT: Final = 0.2
"""Share of the words that no GAN sees."""


@dataclass(frozen=True, eq=False)
class Words(Signals):
    """A fixed set of words.

    Attributes:
        alphabet: The letters in the order of their numbers, the blank first.
        by_rule: True if the words are all that a rule allows, so that any other is wrong.
        draws: Places of the training words, int64 `[m]`, each as often as it is to be drawn; None for all alike.
    """

    alphabet: str = LETTERS
    by_rule: bool = False
    draws: Tensor | None = None
    kind: ClassVar[Literal["text"]] = "text"
    n_shown: ClassVar[int] = 60
    _eye: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_eye", torch.eye(len(self.alphabet)))

    @classmethod
    def of(
        cls,
        name: str,
        words: Sequence[str],
        alphabet: str,
        length: int,
        *,
        by_rule: bool = False,
        weights: Mapping[str, int] | None = None,
    ) -> Words:
        """Make a data set of different words, of which chance holds some out.

        Args:
            name: Its key in `gan_core.data.DATASETS`.
            words: In an order that is always the same.
            alphabet: Their letters, the blank first.
            length: Letters of the longest.
            by_rule: See `Words`.
            weights: How often each is drawn; None for all alike.
        """
        mixed = list(words)
        random.Random(0).shuffle(mixed)
        codes = encoded(mixed, alphabet, length)
        n = round(HELD_OUT * len(mixed))
        draws = None
        if weights is not None:
            draws = torch.tensor([i for i, word in enumerate(mixed[n:]) for _ in range(weights[word])])
        return cls(name, codes[n:], codes[:n], alphabet, by_rule, draws)

    @property
    def shape(self) -> tuple[int, ...]:
        """Places of a word, and letters that each may have."""
        return (self.train.shape[1], len(self.alphabet))

    def units(self, rows: Tensor) -> Tensor:
        """Numbers of letters, uint8 `[n, length]`, to one-hot, float32 `[n, length, alphabet]`."""
        return self._eye[rows.long()]

    def sample(self, n: int, rng: Generator) -> Tensor:
        """Draw training words with replacement, one-hot, `[n, length, alphabet]`: as often as `draws` says.

        Args:
            n: How many, >= 1.
            rng: A CPU generator; the same state gives the same words.
        """
        if self.draws is None:
            return super().sample(n, rng)
        chosen = self.draws.index_select(0, torch.randint(len(self.draws), (n,), generator=rng))
        return self.units(self.train.index_select(0, chosen))

    def shown(self, x: Tensor) -> NDArray[np.uint8]:
        """Choose the likeliest letter at each place: its number, `[n, length]`."""
        codes: NDArray[np.uint8] = x.detach().argmax(-1).to(torch.uint8).cpu().numpy()
        return codes

    def pictured(self, x: Tensor) -> NDArray[np.uint8]:
        """Choose the likeliest letter at each place, as `shown`: a page writes words in a font of its own."""
        return self.shown(x)

    def more(self, x: Tensor) -> dict[str, NDArray[np.uint8] | NDArray[np.float32]]:
        """Say which words are real, ``fake_known``: 1 for those that are."""
        return {"fake_known": np.array([word in self.known for word in self.read(self.shown(x))], np.uint8)}

    def told(self) -> dict[str, Any]:
        """Tell the letters."""
        return {"alphabet": list(self.alphabet)}

    def files(self, x: Tensor, start: int) -> Iterator[tuple[str, bytes]]:
        """Write the words as one text file, a line each."""
        yield f"words{start:05}.txt", ("\n".join(self.read(self.shown(x))) + "\n").encode()

    def read(self, codes: NDArray[np.uint8]) -> list[str]:
        """Write the letters of numbers `[n, length]`; what fills a word up at its end is left out."""
        letters = np.array(list(self.alphabet))
        return ["".join(row).rstrip(BLANK) for row in letters[codes]]

    @cached_property
    def written(self) -> NDArray[np.uint8]:
        """Numbers of the letters of all training words, each as often as it is drawn."""
        rows = self.train if self.draws is None else self.train[self.draws]
        codes: NDArray[np.uint8] = rows.numpy()
        return codes

    @cached_property
    def trained(self) -> tuple[str, ...]:
        """Words that a GAN sees."""
        return tuple(self.read(self.train.numpy()))

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """Words that no GAN sees."""
        return () if self.held_out is None else tuple(self.read(self.held_out.numpy()))

    @cached_property
    def known(self) -> frozenset[str]:
        """All real words: the dictionary."""
        return frozenset((*self.trained, *self.unseen))


def encoded(words: Sequence[str], alphabet: str, length: int) -> Tensor:
    """Replace the letters of words by their numbers, uint8 `[n, length]`, filled up with blanks.

    Args:
        words: Of at most ``length`` letters of the alphabet.
        alphabet: The letters, the blank first.
        length: Places of a word.
    """
    number = {letter: i for i, letter in enumerate(alphabet)}
    rows = [[number[letter] for letter in word.ljust(length, BLANK)] for word in words]
    return torch.tensor(rows, dtype=torch.uint8).reshape(len(words), length)


def english_words() -> Words:
    """Load the words of 2 to 8 letters of Python's own documentation; a fifth of them is held out.

    Each is drawn as often as it is written there.

    Raises:
        DataError: The list is missing or damaged.
    """
    path = asset("words.txt")
    try:
        rows = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
        weights = {word: int(n) for word, n in rows}
        return Words.of("english-words", list(weights), LETTERS, LENGTH, weights=weights)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} is damaged ({error}); install GAN Explorer again") from error


def expressions() -> Words:
    r"""Make all 85 expressions of at most 7 signs of the grammar $S \to x \mid S+S \mid S-S \mid S*S \mid S/S$.

    The grammar is that of arXiv:1611.04051; a fifth of its sentences is held out.
    """
    all_of_them = [
        "x" + "".join(operator + "x" for operator in chosen)
        for n in range((LONGEST + 1) // 2)
        for chosen in product(OPERATORS, repeat=n)
    ]
    return Words.of("expressions", all_of_them, SIGNS, LONGEST, by_rule=True)
