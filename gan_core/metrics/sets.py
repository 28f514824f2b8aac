"""Scores of one set of samples against another: pictures, points, sounds or words from anywhere, no data set needed.

The real set is cut in two at random: one half is compared with, and the floor is what as many of the other half reach
in place of the samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.config import DataConfig
from gan_core.data.images import Images, network_units
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints, OwnSounds, OwnWords
from gan_core.data.words import Words, encoded
from gan_core.errors import DataError
from gan_core.metrics.any_data import score_any
from gan_core.metrics.distances import histogram, js_of_histograms, sliced_wasserstein, spread
from gan_core.metrics.images import score_images
from gan_core.metrics.kernel import kid
from gan_core.metrics.neighbours import K
from gan_core.metrics.ranges import range_warning, scale_warning
from gan_core.metrics.sounds import score_sounds
from gan_core.metrics.table import Score
from gan_core.metrics.text import score_words

__all__ = ["ClassScores", "SetScores", "score_sets"]

Floats = NDArray[np.floating]

MIN_REAL: Final = 2 * (K + 1)
"""Real samples needed: each half must have neighbours to look at."""
_N: Final = 2_500


@dataclass(frozen=True)
class ClassScores:
    """One class of both sets.

    Attributes:
        name: Of the class.
        n_real: Real samples.
        n_fake: Samples of it among the generated ones; 0 if these are in no classes.
        scores: Of its samples alone; empty where they are too few.
    """

    name: str
    n_real: int
    n_fake: int
    scores: dict[str, Score]


@dataclass(frozen=True)
class SetScores:
    """Result of comparing two sets.

    Attributes:
        scores: By their names.
        n_real: Real samples.
        n_fake: Generated samples.
        warnings: What makes the scores mean something else than they seem to, in sentences.
        decisions: What was done to compare them, in sentences.
        classes: Each class of the real set, if it is in classes.
    """

    scores: dict[str, Score]
    n_real: int
    n_fake: int
    warnings: tuple[str, ...]
    decisions: tuple[str, ...]
    classes: tuple[ClassScores, ...]


def score_sets(real: OwnData, fake: OwnData, *, rng_seed: int = 0) -> SetScores:
    """Score a set of samples against a real one.

    Args:
        real: At least `MIN_REAL` of any kind.
        fake: Of the same kind, at least two.
        rng_seed: Of the cut in halves and the order of the samples.

    Raises:
        DataError: They are of different kinds, or too few.
    """
    if isinstance(real, OwnImages) and isinstance(fake, OwnImages):
        return _score_images(real, fake, rng_seed)
    if isinstance(real, OwnPoints) and isinstance(fake, OwnPoints):
        _refuse_few(len(real.values), len(fake.values), "points")
        values, made = (x.values.astype(np.float64) for x in (real, fake))
        scores = _score_points(values, made, real.dataset().frame, np.random.default_rng(rng_seed))
        warnings = tuple(filter(None, (scale_warning(values, made), _copies(real.values, fake.values))))
        return SetScores(scores, len(values), len(made), warnings, (), ())
    if isinstance(real, OwnSounds) and isinstance(fake, OwnSounds):
        return _score_sounds(real, fake, rng_seed)
    if isinstance(real, OwnWords) and isinstance(fake, OwnWords):
        return _score_words(real, fake)
    raise DataError(
        f"the real samples are {real.noun}, the generated ones {fake.noun}: two sets of one kind are compared"
    )


def _refuse_few(n_real: int, n_fake: int, what: str) -> None:
    if n_real < MIN_REAL or n_fake < 2:
        raise DataError(
            f"these are {n_real:,} real and {n_fake:,} generated {what}; at least {MIN_REAL} real ones, of which one "
            "half is compared with the other, and 2 generated ones are needed"
        )


def _copies(real: NDArray[np.generic], fake: NDArray[np.generic]) -> str:
    """Say how many generated samples are real ones, bit for bit; "" if none is."""
    known = {row.tobytes() for row in real}
    n = sum(row.tobytes() in known for row in fake)
    return f"{n:,} of the {len(fake):,} generated samples are real ones, bit for bit" if n else ""


# -- points --------------------------------------------------------------------------------------------------


def _score_points(
    real: Floats, fake: Floats, frame: tuple[float, float, float, float], rng: np.random.Generator
) -> dict[str, Score]:
    real, fake = rng.permutation(real), rng.permutation(fake)
    half = len(real) // 2
    n = min(half, len(fake), _N)
    compared, other, made = real[:n], real[half : half + n], fake[:n]
    centre, scale = real.mean(0), float(np.sqrt(real.var(0).mean()))

    def both(measure: Callable[[Floats], float]) -> Score:
        return Score(measure(made), measure(other), n)

    cells = histogram(compared, frame)
    scores = {
        "js": both(lambda x: js_of_histograms(cells, histogram(x, frame))),
        "sliced_wasserstein": both(lambda x: sliced_wasserstein(compared, x)),
        "spread": both(lambda x: spread(x) / scale),
    }
    if n <= K:
        return scores
    tensors = (torch.from_numpy(np.ascontiguousarray(x)) for x in (compared, other, made))
    scores |= score_any(*tensors, held_out=False)
    units = (compared - centre) / scale
    return scores | {"kid": both(lambda x: kid(units, np.clip((x - centre) / scale, -1e3, 1e3)))}


# -- pictures ------------------------------------------------------------------------------------------------


def _score_images(real: OwnImages, fake: OwnImages, rng_seed: int) -> SetScores:
    _refuse_few(len(real.pixels), len(fake.pixels), "pictures")
    sides, channels = ([x.pixels.shape[i] for x in (real, fake)] for i in (1, 3))
    size, colour = min(sides), max(channels) == 3
    decisions, warnings = [f"pictures are compared at {size} x {size} px"], []
    if sides[0] != sides[1]:
        decisions[0] += f"; the real ones have {sides[0]} px, the generated ones {sides[1]}"
        warnings.append(
            f"the two sets differ in size ({sides[0]} and {sides[1]} px): the larger pictures are scaled down, which "
            "makes them smoother than the others"
        )
    if channels[0] != channels[1]:
        grey = "real" if channels[0] == 1 else "generated"
        warnings.append(f"the {grey} pictures are grey and the others have colour: every score counts that")
    rng = np.random.default_rng(rng_seed)
    made = _units(fake, size, colour)[rng.permutation(len(fake.pixels))]
    data = Images("real", torch.from_numpy(_units(real, size, colour)), None, None, None, ())
    if said := range_warning(data.train.numpy(), made):
        warnings.append(said)
    if sides[0] == sides[1] and channels[0] == channels[1] and (said := _copies(real.pixels, fake.pixels)):
        warnings.append(said)
    scores = score_images(data, made, rng_seed=rng_seed)
    classes = tuple(_class(real, fake, i, size, colour=colour, seed=rng_seed) for i in range(len(real.classes)))
    return SetScores(scores, len(real.pixels), len(made), tuple(warnings), tuple(decisions), classes)


def _units(images: OwnImages, size: int, colour: bool) -> NDArray[np.float32]:
    """Pictures ``[n, c, size, size]`` in [-1, 1]."""
    pixels = torch.from_numpy(images.at(size, colour)).permute(0, 3, 1, 2)
    units: NDArray[np.float32] = network_units(pixels).contiguous().numpy()
    return units


def _class(real: OwnImages, fake: OwnImages, i: int, size: int, *, colour: bool, seed: int) -> ClassScores:
    """Score one class of the real pictures against the generated ones of the same name."""
    name = real.classes[i]
    assert real.labels is not None
    mine = real.pixels[real.labels == i]
    theirs = fake.pixels[:0]
    if fake.labels is not None and name in fake.classes:
        theirs = fake.pixels[fake.labels == fake.classes.index(name)]
    if len(mine) < MIN_REAL or len(theirs) <= K:
        return ClassScores(name, len(mine), len(theirs), {})
    data = Images("real", torch.from_numpy(_units(OwnImages(mine), size, colour)), None, None, None, ())
    made = np.random.default_rng(seed).permutation(_units(OwnImages(theirs), size, colour))
    return ClassScores(name, len(mine), len(theirs), score_images(data, made, rng_seed=seed))


# -- sounds and words ----------------------------------------------------------------------------------------


def _score_sounds(real: OwnSounds, fake: OwnSounds, rng_seed: int) -> SetScores:
    """Score pieces of sounds by their spectrograms."""
    _refuse_few(len(real.samples), len(fake.samples), "sounds")
    if real.rate != fake.rate:
        raise DataError(
            f"the real sounds are kept at {real.rate:,} samples a second, the generated ones at {fake.rate:,}: "
            "name one rate for both (--rate)"
        )
    data = real.made(DataConfig(name=real.name, hash=real.hash))
    made = fake.made(DataConfig(name=fake.name, hash=fake.hash)).train
    mixed = made[torch.from_numpy(np.random.default_rng(rng_seed).permutation(len(made)))]
    warnings = tuple(filter(None, (_copies(real.samples, fake.samples),)))
    scores = score_sounds(data, mixed, rng_seed=rng_seed)
    return SetScores(scores, len(real.samples), len(made), warnings, (), ())


def _score_words(real: OwnWords, fake: OwnWords) -> SetScores:
    """Score words, each as often as it is written, in the letters of both."""
    _refuse_few(len(real.codes), len(fake.codes), "words")
    alphabet = real.alphabet[0] + "".join(sorted(set(real.alphabet + fake.alphabet) - {real.alphabet[0]}))
    length = max(real.codes.shape[1], fake.codes.shape[1])
    parts = []
    for own in (real, fake):
        words = own.made(DataConfig(name=own.name, hash=own.hash, length=length, letters=len(own.alphabet))).trained
        draws = torch.arange(len(words)).repeat_interleave(torch.from_numpy(own.counts.copy()))
        parts.append((encoded(words, alphabet, length), draws))
    (codes, draws), (made, often) = parts
    data = Words(real.name, codes, None, alphabet, draws=draws)
    return SetScores(score_words(data, made[often].numpy()), len(draws), len(often), (), (), ())
