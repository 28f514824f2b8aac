"""Words on demand: those that begin as one likes, beside those of a model of pairs of letters, and the nearest ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, nn

from gan_core.config import parse_config
from gan_core.data import load_data
from gan_core.data.bigrams import made_of_pairs, pairs
from gan_core.data.words import Words
from gan_core.errors import ConfigError
from gan_core.game.networks import build_generator
from gan_core.game.sampling import sample_prior
from gan_core.game.streams import streams
from gan_core.latent.questions import Word, WriteQuestion, Written
from gan_core.metrics.text import nearest

N_TRIED: Final = 4_000
"""Words among which those are looked for that begin as asked."""
_BATCH: Final = 1_000
_NAMED: Final = 60
"""Letters of an alphabet that an error names."""


def write(state: Mapping[str, Any], question: WriteQuestion) -> Written:
    """Write words with a kept generator.

    Args:
        state: Of a run, from `gan_core.training.Trainer.state_dict`.
        question: How they are to begin, and from which seed.

    Raises:
        ConfigError: The run writes no words, or none can begin so.
    """
    config = parse_config(state["config"])
    data = load_data(config.data)
    if not isinstance(data, Words):
        raise ConfigError("this run writes no words: open one that does, or train a preset of this card")
    begins = unicodedata.normalize("NFC", question.begins.strip().lower())
    length = data.shape[0]
    if odd := [letter for letter in begins if letter not in data.alphabet]:
        letters = data.alphabet.strip()
        some = letters if len(letters) <= _NAMED else f"{letters[:_NAMED]} … ({len(letters)} in all)"
        raise ConfigError(f"words here are made of the letters {some}: {odd[0]!r} is none of them")
    if len(begins) > length:
        raise ConfigError(f"a word here has at most {length} letters: {begins[:20]!r} has {len(begins)}")
    network = build_generator(config, streams(config.seed))
    network.load_state_dict(state["ema"] or state["generator"])
    made = _made(network.eval(), data, sample_prior(N_TRIED, config, _rng(question.seed)))
    shares = pairs(data.written, len(data.alphabet))
    usual = made_of_pairs(shares, N_TRIED, length, np.random.default_rng(question.seed))
    by_g, by_pairs = ([word for word in data.read(codes) if word.startswith(begins)] for codes in (made, usual))
    return Written(
        int(state["counters"]["step"]),
        data.by_rule,
        N_TRIED,
        len(by_g),
        len(by_pairs),
        _real(by_g, data),
        _real(by_pairs, data),
        _beside_real(by_g[: question.n], data),
        _beside_real(by_pairs[: question.n], data),
    )


def _real(words: Sequence[str], data: Words) -> float:
    return sum(word in data.known for word in words) / max(1, len(words))


def _rng(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def _made(network: nn.Module, data: Words, z: torch.Tensor) -> NDArray[np.uint8]:
    with torch.no_grad():
        return np.concatenate([data.shown(network(part)) for part in z.split(_BATCH)])


def _beside_real(words: Sequence[str], data: Words) -> tuple[Word, ...]:
    trained = frozenset(data.trained)
    return tuple(Word(word, word in data.known, word in trained, *nearest(word, data)) for word in words)
