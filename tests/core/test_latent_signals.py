"""The latent space of sounds and words: walks, planes and directions, what is drawn, heard and taken home."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from gan_core import ConfigError, Trainer, preset
from gan_core.config import RunConfig
from gan_core.export.questions import file_of
from gan_core.latent import analyses
from gan_core.latent.bench import Edit
from gan_core.latent.desk import Desk
from gan_core.latent.players import Players
from gan_core.latent.points import parse, parse_many

SMALL = {"generator.width": 8, "discriminator.width": 8, "batch_size": 8}


def desk_of(config: RunConfig) -> Desk:
    trainer = Trainer(config)
    for _ in range(2):
        trainer.step()
    return Desk(Players.of(trainer.state_dict()))


@pytest.fixture(scope="module")
def sounds() -> Desk:
    return desk_of(preset("notes").changed(SMALL))


@pytest.fixture(scope="module")
def words() -> Desk:
    return desk_of(preset("words").changed(SMALL))


def test_sounds_are_drawn_as_spectrograms_and_heard_as_they_are(sounds: Desk) -> None:
    assert (sounds.about()["kind"], sounds.about()["rate"]) == ("sound", 2048)
    some = parse_many("s1.0,s1.1", sounds.players.config)
    arrays = sounds.make(some, Edit())[1]
    assert arrays["samples"].shape == (2, 32, 32, 1)
    assert arrays["samples"].dtype == np.uint8
    told, heard = sounds.heard(some, Edit())
    assert told == {"rate": 2048.0}
    assert heard["sound"].shape == (2, 512)
    z, classes = sounds.tensors(some)
    np.testing.assert_array_equal(heard["sound"], sounds.players.data.shown(sounds.players.sample(z, classes)))  # type: ignore[union-attr]
    assert not np.array_equal(heard["sound"], sounds.heard(some, Edit(truncation=0.2))[1]["sound"])


def test_words_are_answered_as_numbers_of_letters(words: Desk) -> None:
    about = words.about()
    assert (about["kind"], about["alphabet"][:3]) == ("text", [" ", "a", "b"])
    some = parse_many("s1.0,s1.1", words.players.config)
    samples = words.make(some, Edit())[1]["samples"]
    assert (samples.shape, samples.dtype) == ((2, 8), np.uint8)
    assert samples.max() < 27
    with pytest.raises(ConfigError, match="are no sounds"):
        words.heard(some, Edit())


@pytest.mark.parametrize("of", ["sounds", "words"])
def test_ways_planes_sliders_and_directions_are_there(of: str, request: pytest.FixtureRequest) -> None:
    desk: Desk = request.getfixturevalue(of)
    three = parse_many("s1.0,s1.1,s1.2", desk.players.config)
    header, arrays = desk.paths(three, 4)
    assert arrays["slerp_samples"].shape[0] == 9
    assert header["ways"]["slerp"]["length"] > 0
    assert 0 <= header["ways"]["lerp"]["by_d"] <= 1
    np.testing.assert_array_equal(arrays["slerp_samples"][[0, 4, 8]], desk.make(three, Edit())[1]["samples"])
    assert desk.plane(three)[1]["samples"].shape[0] == 64
    assert len(analyses.influence(desk)[1]["order"]) == desk.players.config.latent_dim
    for kind in ("pca", "sefa"):
        assert analyses.directions(desk, kind)[1]["vectors"].shape[1] == desk.players.config.latent_dim
    with pytest.raises(ConfigError, match="measured in images"):
        analyses.directions(desk, "attributes")
    with pytest.raises(ConfigError, match="neither"):
        desk.invert(np.zeros(desk.players.data.shape, np.float32), 1, 0)
    with pytest.raises(ConfigError):
        analyses.neighbours(desk, parse("s1.0", desk.players.config), Edit())


@pytest.mark.parametrize("of", ["sounds", "words"])
@pytest.mark.parametrize("what", ["png", "strip", "gif", "webp", "csv", "path"])
def test_what_is_found_is_taken_home(of: str, what: str, request: pytest.FixtureRequest) -> None:
    desk: Desk = request.getfixturevalue(of)
    made = file_of(desk, {"what": what, "p": "s1.0,s1.1", "n": "4", "seconds": "1"})
    if what in ("csv", "path"):
        assert made.content.count(b"\n") == (3 if what == "csv" else 6)
    else:
        Image.open(io.BytesIO(made.content)).verify()
