"""A melody of one's own out of a generator's sounds, and some of these beside the real ones that are most like them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from gan_core.config import parse_config
from gan_core.data import Sounds, load_data
from gan_core.data.pitch import spectrogram
from gan_core.data.sounds import wav
from gan_core.errors import ConfigError
from gan_core.game.networks import build_generator
from gan_core.game.sampling import sample_prior
from gan_core.game.streams import streams
from gan_core.latent.questions import HeardNote, Played, PlayQuestion

N_TRIED: Final = 800
"""Sounds among which each note of a melody is looked for."""
MOST_NOTES: Final = 32
N_IN_A_ROW: Final = 8
"""Sounds in a row where there are no notes to write a melody with."""
_ENLARGED: Final = 5
"""Pixels of the page for one of a spectrogram."""


def play(state: Mapping[str, Any], question: PlayQuestion) -> Played:
    """Play a melody with a kept generator: each note by the first sound that is heard as it, in tune.

    Where no notes are known, as of somebody's own sounds, some sounds follow each other instead.

    Args:
        state: Of a run, from `gan_core.training.Trainer.state_dict`.
        question: Which melody, and from which seed.

    Raises:
        ConfigError: The run makes no sounds, or the melody has other notes.
    """
    config = parse_config(state["config"])
    data = load_data(config.data)
    if not isinstance(data, Sounds):
        raise ConfigError("this run makes no sounds: open one that does, or train a preset of this card")
    melody = _melody(question.melody, data) if data.notes else []
    network = build_generator(config, streams(config.seed))
    network.load_state_dict(state["ema"] or state["generator"])
    z = sample_prior(N_TRIED, config, torch.Generator().manual_seed(question.seed))
    with torch.no_grad():
        made = network.eval()(z)
    step = int(state["counters"]["step"])
    if not data.notes:
        return _in_a_row(made, data, step, question.n)
    judged = data.judge(made)
    found = [(judged.in_tune & (judged.note == i)).nonzero().flatten().tolist() for i in range(len(data.notes))]
    assert data.train_notes is not None
    real = [data.train[(data.train_notes == i).nonzero().flatten()[question.seed % 100]] for i in range(len(found))]
    silence = torch.zeros_like(made[0])
    return Played(
        step=step,
        n_tried=N_TRIED,
        shares={name: len(places) / N_TRIED for name, places in zip(data.notes, found, strict=True)},
        missing=tuple(dict.fromkeys(data.notes[i] for i in melody if not found[i])),
        melody=_joined([made[found[i][0]] if found[i] else silence for i in melody], data),
        real_melody=_joined([real[i] for i in melody], data),
        sounds=_beside_real(made[: question.n], data),
    )


def _in_a_row(made: Tensor, data: Sounds, step: int, n: int) -> Played:
    """Play some sounds one after another, and likewise the training sounds that are nearest to them."""
    first = made[:N_IN_A_ROW]
    near, _ = _nearest(first, data)
    usual = None if data.held_out is None else float(_nearest(data.held_out[:N_TRIED], data)[1].median())
    return Played(
        step=step,
        n_tried=len(first),
        shares={},
        missing=(),
        melody=_joined(list(first), data),
        real_melody=_joined(list(data.train[near]), data),
        sounds=_beside_real(made[:n], data),
        usual=usual,
    )


def _melody(words: str, data: Sounds) -> list[int]:
    """Read the places of a melody's notes in `Sounds.notes`."""
    names = words.replace(",", " ").split()
    if not 1 <= len(names) <= MOST_NOTES or not {name.upper() for name in names} <= set(data.notes):
        odd = next((name for name in names if name.upper() not in data.notes), f"{len(names)} notes")
        raise ConfigError(
            f"a melody has 1 to {MOST_NOTES} of the notes {' '.join(data.notes)}, with blanks between them; "
            f"not {odd[:20]!r}"
        )
    return [data.notes.index(name.upper()) for name in names]


def _joined(sounds: list[Tensor], data: Sounds) -> bytes:
    return wav(torch.cat([sound.flatten() for sound in sounds]), data.rate)


def _beside_real(made: Tensor, data: Sounds) -> tuple[HeardNote, ...]:
    """Put each sound beside the training sound whose spectrogram is nearest."""
    near, away = _nearest(made, data)
    real = data.train[near]
    if data.notes:
        said, nearest = _said(made, data), _said(real, data)
    else:
        said, nearest = [f"{one:.2f} away" for one in away.tolist()], ["nearest of yours"] * len(real)
    pictures, real_pictures = (_pictures(sounds) for sounds in (made, real))
    return tuple(
        HeardNote(said[i], nearest[i], wav(made[i].flatten(), data.rate), wav(real[i].flatten(), data.rate), *both)
        for i, both in enumerate(zip(pictures, real_pictures, strict=True))
    )


def _nearest(sounds: Tensor, data: Sounds) -> tuple[Tensor, Tensor]:
    """Find the training sound that is heard most like each: its place, and the root mean square difference."""
    places = data.places(sounds)
    found = torch.cdist(places, data.places(data.train)).min(1)
    return found.indices, found.values / places.shape[1] ** 0.5


def _said(sounds: Tensor, data: Sounds) -> list[str]:
    judged = data.judge(sounds)
    words = []
    for note, off, is_note in zip(judged.note.tolist(), judged.off.tolist(), judged.is_note.tolist(), strict=True):
        away = f"{abs(off):.0f} cents {'low' if off < 0 else 'high'}" if is_note and abs(off) >= 1 else "in tune"
        words.append(f"{data.notes[note]}, {away}" if is_note else "no clear note")
    return words


def _pictures(sounds: Tensor) -> Any:
    seen = spectrogram(sounds.flatten(1)).mul(255).round().to(torch.uint8)
    return seen.repeat_interleave(_ENLARGED, 1).repeat_interleave(_ENLARGED, 2).numpy()
