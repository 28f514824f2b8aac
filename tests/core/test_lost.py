"""Lost modes: when a mode that the samples held was left, and where those samples are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gan_core import RunConfig, Trainer, preset
from gan_core.data import Points, load
from gan_core.data.modes import SIDES, Modes
from gan_core.experiments.lessons import Watched, facts_of, lessons
from gan_core.live.run import Run
from gan_core.record.frame import decode
from gan_core.storage import checkpoint
from gan_core.training.lost import LostMode, LostModes, Where


def ring() -> Modes:
    data = load("ring-8")
    assert isinstance(data, Points)
    assert data.modes is not None
    return data.modes


def at(*owners: int, away: float = 0.0) -> Where:
    """Samples at the centres of these modes, ten each, or a part of the way to the middle."""
    modes = ring()
    return Where.of(np.repeat(modes.centres[list(owners)] * (1 - away), 10, 0), modes)


def test_the_first_mode_that_is_lost_stays_the_first_with_where_its_samples_went_then() -> None:
    modes = LostModes(ring())
    assert modes.words == ""
    assert modes.take(10, at(0, 1, 2, 3, 4, 5, 6, 7)) is None
    assert modes.words == "None lost: every mode that the samples held is still reached at step 10."
    first = LostMode(2, 10, 20, 10, 1, 10)
    assert modes.take(20, at(0, 1, 1, 3, 4, 5, 6, 7)) == first
    said = (
        "First lost: the mode at the top, between steps 10 and 20; of its 10 samples 10 were then nearest to the one "
        "at the upper right."
    )
    for step, owners, lost in ((30, (0, 1, 4, 4, 4, 5, 6, 7), 2), (40, (0, 1, 2, 4, 4, 5, 6, 7), 1), (50, range(8), 0)):
        assert modes.take(step, at(*owners)) == first
        assert modes.words == f"{said} At step {step}: {lost} of 8 modes once held are lost."


def test_a_mode_that_was_only_the_nearest_of_far_ones_was_never_held() -> None:
    modes = LostModes(ring())
    assert modes.take(1, at(*range(8), away=0.9)) is None
    assert modes.take(2, at(0, 0, 0, 0, 0, 0, 0, 0)) is None


def test_a_mode_with_a_few_samples_left_is_neither_held_nor_lost() -> None:
    modes, where = LostModes(ring()), at(*range(8))
    modes.take(1, where)
    nearest = where.nearest.copy()
    nearest[np.flatnonzero(nearest == 3)[3:]] = 4  # three of ten: more than a fifth, less than a half
    assert modes.take(2, Where(nearest, where.near)) is None


@pytest.mark.parametrize("name", ["ring-8", "grid-25", "gaussians-2", "blobs-3", "line", "ring"])
def test_modes_have_places_of_their_own_and_real_samples_hold_them_all(name: str) -> None:
    data = load(name)
    assert isinstance(data, Points)
    assert data.modes is not None
    assert len(set(data.modes.places)) == len(data.modes)
    points = data.to_data(data.sample(2_000, torch.Generator().manual_seed(0))).double().numpy()
    lost = LostModes(data.modes)
    lost.take(1, Where.of(points, data.modes))
    assert lost.take(2, Where.of(np.repeat(data.modes.centres[:1], 2_000, 0), data.modes)) is not None
    assert len(lost.lost) == len(data.modes) - 1


def test_the_ring_is_named_as_the_lesson_names_it() -> None:
    assert ring().places == tuple(f"at the {side}" for side in SIDES)


@pytest.fixture(scope="module")
def collapsed() -> tuple[RunConfig, Watched, Run]:
    """A lesson's run and the same config on a live run, some steps on: the latter is looked at now and then."""
    config = lessons()["collapse"].config().changed({"batch_size": 64})
    watched, run = Watched(config), Run(config)
    for i in range(80):
        watched.step()
        run.advance()
        if i % 7 == 0:
            run.frame()
    return config, watched, run


def test_a_lesson_and_a_live_run_have_one_answer(collapsed: tuple[RunConfig, Watched, Run]) -> None:
    _, watched, run = collapsed
    assert watched.lost is not None
    assert watched.lost.first is not None
    frame = run.frame()
    assert frame is not None
    assert decode(frame)[0]["lost"] == facts_of("collapse", watched).words["story"] == watched.lost.words


def test_the_answer_goes_with_the_state_and_the_file(collapsed: tuple[RunConfig, Watched, Run]) -> None:
    config, watched, _ = collapsed
    whole, half = Trainer(config), Trainer(config)
    for _ in range(35):
        half.step()
    assert half.lost is not None
    again = checkpoint.load(checkpoint.encode(half.state_dict()))
    for _ in range(45):
        again.step()
    for _ in range(80):
        whole.step()
    assert again.lost is not None
    assert whole.lost is not None
    assert again.lost.state() == whole.lost.state() == watched.lost.state()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "lost",
        {"step": 10},
        {"step": -1, "since": 0, "first": None, "lost": [], "held": {}},
        {"step": 10, "since": 0, "first": None, "lost": [99], "held": {}},
        {"step": 10, "since": 0, "first": {"mode": 99}, "lost": [], "held": {}},
        {"step": 10, "since": 0, "first": None, "lost": [], "held": {"99": [10, "00"]}},
        {"step": 10, "since": 0, "first": None, "lost": [], "held": {"1": [10, "zz"]}},
        {"step": 10, "since": 0, "first": None, "lost": [], "held": {"1": [10, "00" * 10_000]}},
    ],
)
def test_a_file_that_does_not_say_it_is_followed_from_where_it_stands(given: Any) -> None:
    modes = LostModes.resumed(ring(), given, 500)
    assert (modes.since, modes.first, modes.words) == (500, None, "")
    modes.take(510, at(*range(8)))
    assert modes.words.startswith("From step 500 on: every mode")


def test_only_data_with_known_modes_are_followed() -> None:
    assert all(Trainer(preset(name).changed({"batch_size": 8})).lost is None for name in ("swiss-roll", "digits"))
