"""Edits of a picture through the latent space: what is kept, what is moved, and what is refused."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core.config.presets import preset
from gan_core.data import Images
from gan_core.data.images import network_units
from gan_core.errors import ConfigError
from gan_core.latent import editing
from gan_core.latent.attributes import ATTRIBUTES
from gan_core.latent.desk import Desk
from gan_core.latent.edit_question import ATTRIBUTE_WORDS, HOLES, EditQuestion, MakeQuestion
from gan_core.latent.editing import edit, make
from gan_core.latent.inversion import Inversion
from gan_core.latent.players import Players
from gan_core.storage.bundled import recorded
from gan_core.training import Trainer


@functools.cache
def desk(name: str = "digits") -> Desk:
    return Desk(Players.of(recorded(name).state))


def test_what_g_did_not_find_is_kept_so_that_nothing_changes_without_a_move() -> None:
    found = edit(desk(), EditQuestion(index=3))
    np.testing.assert_array_equal(found.edited, found.original)
    without = edit(desk(), EditQuestion(index=3, keep=False))
    np.testing.assert_array_equal(without.edited, without.found)
    assert (without.found != without.original).any()


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_move_changes_what_its_direction_is_named_after(name: str) -> None:
    up, down = (
        next(m for m in edit(desk(), EditQuestion(3, moves=((name, sigmas),))).measured if m.name == name)
        for sigmas in (2.0, -2.0)
    )
    assert up.before == down.before
    assert down.after < up.before < up.after
    assert up.usual > 0


def test_another_move_makes_no_new_search_and_another_picture_does(monkeypatch: pytest.MonkeyPatch) -> None:
    here = desk()
    edit(here, EditQuestion(index=4))
    searched: list[int] = []
    monkeypatch.setattr(editing, "Inversion", lambda *_, **__: searched.append(1) or pytest.fail("searched"))
    edit(here, EditQuestion(index=4, moves=(("slant", 1.0),)))
    assert not searched
    with pytest.raises(pytest.fail.Exception):
        edit(here, EditQuestion(index=5))


@pytest.mark.parametrize("hole", HOLES[1:])
def test_a_hole_is_filled_and_the_rest_stays(hole: str) -> None:
    found = edit(desk(), EditQuestion(index=3, hole=hole))
    known = editing.known(desk().players.data.shape, hole)[0].numpy() > 0
    assert known.sum() == 48
    for picture in (found.edited, *found.fillings):
        np.testing.assert_array_equal(picture[known], found.original[known])
    assert len({filling.tobytes() for filling in found.fillings}) > 1
    assert (found.given[~known] == found.given[~known][0]).all()
    np.testing.assert_array_equal(found.edited, found.fillings[0])


def test_pixels_in_a_hole_have_no_part_in_the_search() -> None:
    players = desk().players
    assert isinstance(players.data, Images)
    assert players.data.held_out is not None
    target = network_units(players.data.held_out[:1])
    known = torch.ones(1, 8, 8)
    known[:, 2:6, 2:6] = 0
    other = torch.where(known > 0, target, -target)
    ends = []
    for picture in (target, other):
        search = Inversion(players, picture, n_starts=2, known=known)
        search.advance(5)
        ends.append(search.best())
    torch.testing.assert_close(ends[0], ends[1])
    whole = Inversion(players, other, n_starts=2)
    whole.advance(5)
    assert not torch.equal(whole.best()[0], ends[0][0])


def test_another_class_is_told_or_walked_to() -> None:
    told = edit(desk("digits-conditional"), EditQuestion(index=3, to_class="8"))
    assert told.class_cost == 0
    assert told.class_after == "8"
    walked = edit(desk(), EditQuestion(index=3, to_class="8", keep=False))
    assert walked.class_cost is not None
    assert walked.class_cost > 0
    assert (walked.class_before, walked.class_after) == ("4", "8")


def test_pictures_stand_beside_the_training_pictures_that_are_nearest() -> None:
    found = make(desk("digits-conditional"), MakeQuestion(seed=1, of_class="7", n=6))
    data = desk("digits-conditional").players.data
    assert isinstance(data, Images)
    assert found.pictures.shape == found.nearest.shape == (6, 8, 8, 1)
    train = data.to_uint8(network_units(data.train)).astype(int)
    for made, near in zip(found.pictures.astype(int), found.nearest.astype(int), strict=True):
        least = np.square(train - made).sum((1, 2, 3)).min()
        assert np.square(near - made).sum() <= least * 1.02 + 50  # the search is in floats, this in bytes
    assert make(desk(), MakeQuestion()).classes == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hole": "<b>"}, "hole '<b>' is not known: top left"),
        ({"moves": (("charm", 1.0),)}, "direction 'charm' is not known: ink, slant, width"),
        ({"moves": (("ink", 5.0),)}, "from -4 to 4"),
        ({"moves": (("ink", float("nan")),)}, "from -4 to 4"),
        ({"to_class": "x"}, "class 'x' is not known here: 0, 1"),
        ({"saved": (("z!", 1.0),)}, "does not belong to this run"),
    ],
)
def test_what_cannot_be_edited_is_said(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        edit(desk(), replace(EditQuestion(index=3), **wrong))  # type: ignore[arg-type]


def test_a_run_that_restores_or_makes_points_is_not_edited() -> None:
    for name in ("ring-8", "digits-sr"):
        players = Players.of(Trainer(preset(name)).state_dict())
        with pytest.raises(ConfigError, match="makes no pictures from z alone"):
            edit(Desk(players), EditQuestion())


def test_each_attribute_has_its_words() -> None:
    assert list(ATTRIBUTE_WORDS) == list(ATTRIBUTES)
