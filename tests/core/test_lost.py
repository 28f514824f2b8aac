"""Lost modes: when a mode that the samples held was left, and where those samples are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core import Trainer, preset
from gan_core.data import Points, load
from gan_core.data.modes import SIDES, Modes
from gan_core.diagnosis import Watch, look, recent
from gan_core.diagnosis.lost import LostMode, LostModes, Where
from gan_core.record.history import History
from tests.core.test_findings import HEALTHY

NUMBERS = recent(History())


def ring() -> Modes:
    data = load("ring-8")
    assert isinstance(data, Points)
    assert data.modes is not None
    return data.modes


def at(*owners: int, away: float = 0.0) -> Where:
    """Samples at the centres of these modes, ten each, or a part of the way to the middle."""
    modes = ring()
    return Where.of(np.repeat(modes.centres[list(owners)] * (1 - away), 10, 0), modes)


def test_the_first_mode_that_is_lost_is_followed_to_where_its_samples_are_now() -> None:
    modes = LostModes()
    assert modes.take(100, at(0, 1, 2, 3, 4, 5, 6, 7)) is None
    assert modes.take(200, at(0, 1, 1, 3, 4, 5, 6, 7)) == LostMode(
        "at the top", 100, 200, 10, "at the upper right", 10, 1, 8
    )
    found = modes.take(300, at(0, 1, 4, 4, 4, 5, 6, 7))
    assert found == LostMode("at the top", 100, 200, 10, "at the left", 10, 2, 8)
    assert "the mode at the top, between steps 100 and 200; of its 10 samples 10" in found.words
    again = modes.take(400, at(0, 1, 2, 4, 4, 5, 6, 7))
    assert again is not None
    assert "nearest to it again. Lost now: 1 of 8 modes once held." in again.words


def test_once_all_modes_are_reached_again_the_next_loss_is_the_first() -> None:
    modes = LostModes()
    for step, where in ((1, at(*range(8))), (2, at(0, 1, 2, 3, 4, 5, 6, 6)), (3, at(*range(8)))):
        found = modes.take(step, where)
    assert found is None
    assert modes.take(4, at(1, 1, 2, 3, 4, 5, 6, 7)) == LostMode(
        "at the right", 3, 4, 10, "at the upper right", 10, 1, 8
    )


def test_a_mode_that_was_only_the_nearest_of_far_ones_was_never_held() -> None:
    modes = LostModes()
    assert modes.take(1, at(*range(8), away=0.9)) is None
    assert modes.take(2, at(0, 0, 0, 0, 0, 0, 0, 0)) is None


def test_a_mode_with_a_few_samples_left_is_neither_held_nor_lost() -> None:
    modes, where = LostModes(), at(*range(8))
    modes.take(1, where)
    nearest = where.nearest.copy()
    nearest[np.flatnonzero(nearest == 3)[3:]] = 4  # three of ten: more than a fifth, less than a half
    assert modes.take(2, Where(where.modes, nearest, where.near)) is None


@pytest.mark.parametrize("name", ["ring-8", "grid-25", "gaussians-2", "blobs-3", "line", "ring"])
def test_modes_have_places_of_their_own_and_real_samples_hold_them_all(name: str) -> None:
    data = load(name)
    assert isinstance(data, Points)
    assert data.modes is not None
    assert len(set(data.modes.places)) == len(data.modes)
    points = data.to_data(data.sample(2_000, torch.Generator().manual_seed(0))).double().numpy()
    lost = LostModes()
    lost.take(1, Where.of(points, data.modes))
    after = lost.take(2, Where.of(np.repeat(data.modes.centres[:1], 2_000, 0), data.modes))
    assert after is not None
    assert after.n_held == len(data.modes)
    assert after.n_lost == len(data.modes) - 1


def test_the_ring_is_named_as_the_lesson_names_it() -> None:
    assert ring().places == tuple(f"at the {side}" for side in SIDES)


def test_a_watch_says_which_mode_was_lost_first_and_keeps_no_samples() -> None:
    watch = Watch()
    watch.take(HEALTHY)
    assert watch.lost == "", "nothing is known of modes"
    watch.take(replace(HEALTHY, step=10_000, where=at(*range(8))))
    assert watch.lost == "No mode that the samples once held is lost."
    watch.take(replace(HEALTHY, step=10_100, where=at(0, 0, 0, 0, 0, 0, 0, 0)))
    assert watch.lost.startswith("First lost: the mode at the upper right, between steps 10,000 and 10,100")
    assert all(look.where is None for look in watch.looks)


def test_a_look_sees_where_the_shown_samples_lie_of_known_modes_only() -> None:
    for name, known in (("ring-8", True), ("swiss-roll", False), ("digits", False)):
        trainer = Trainer(preset(name).changed({"batch_size": 8}))
        seen = look(1, trainer.config, trainer.data, trainer.generator, trainer.ema, trainer.discriminator, NUMBERS)
        assert seen is not None
        assert (seen.where is not None) == known
