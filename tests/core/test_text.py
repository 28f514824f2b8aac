"""Words: data, the end of G, scores known by hand, a run that goes on bit for bit, frames and files."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator

from gan_core.config import RunConfig, parse_config
from gan_core.config.names import DATA_RULES
from gan_core.config.presets import find, usual_preset
from gan_core.data import DATASETS, Images, Signals, load
from gan_core.data.bigrams import made_of_pairs, pairs
from gan_core.data.words import LETTERS, SIGNS, Words, encoded, english_words, expressions
from gan_core.diagnosis.observation import look
from gan_core.diagnosis.scene import scene_of
from gan_core.diagnosis.written import written
from gan_core.errors import ConfigError
from gan_core.export.common import GeneratorCopy
from gan_core.export.film import film
from gan_core.export.frames import take_frame, to_film
from gan_core.export.html import run_page
from gan_core.export.pictures import sample_png, samples_zip, thumbnail
from gan_core.game.networks.layers import Letters
from gan_core.latent.desk import Desk
from gan_core.latent.players import Players
from gan_core.latent.questions import WriteQuestion
from gan_core.latent.writing import write
from gan_core.metrics import Score
from gan_core.metrics.scoring import score_generators
from gan_core.metrics.text import divergence, nearest, score_pairs, score_words
from gan_core.record.frame import read
from gan_core.storage import checkpoint
from gan_core.training import Trainer

SMALL = {"generator.width": 16, "discriminator.width": 16, "latent_dim": 4, "batch_size": 8, "ema": 0.9}


def small(name: str = "english-words", **changes: Any) -> RunConfig:
    dotted = {path.replace("__", "."): value for path, value in changes.items()}
    return parse_config({"data": {"name": name}}).changed({**SMALL, **dotted})


def toy(words: list[str], held_out: tuple[str, ...] = ()) -> Words:
    length = max(map(len, words))
    unseen = encoded(held_out, LETTERS, length) if held_out else None
    return Words("english-words", encoded(words, LETTERS, length), unseen, LETTERS)


# -- data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_the_kind_of_all_data_is_known_without_loading_them(name: str) -> None:
    rules = DATA_RULES[name]  # type: ignore[index]
    assert len(rules.shape) == {"plane": 1, "images": 3, "sound": 2, "text": 2}[rules.kind]
    if not rules.own and rules.kind in ("plane", "text", "sound"):
        data = load(name)
        assert (data.kind, data.shape) == (rules.kind, rules.shape)
        assert isinstance(data, Signals) == (rules.kind in ("sound", "text"))
        assert not isinstance(data, Images)


def test_english_words_are_short_and_different_and_some_are_held_out() -> None:
    data = english_words()
    words = [*data.trained, *data.unseen]
    assert all(2 <= len(word) <= 8 and word.isalpha() and word.islower() for word in words)
    assert {"the", "object", "string"} <= data.known
    assert not set(data.trained) & set(data.unseen)
    assert 0.19 < len(data.unseen) / len(data.known) < 0.21
    assert data.known == english_words().known


def test_the_grammar_has_85_sentences() -> None:
    data = expressions()
    assert len(data.known) == 85
    assert {"x", "x+x", "x*x-x/x"} <= data.known
    assert all(word[::2] == "x" * len(word[::2]) and set(word[1::2]) <= set("+-*/") for word in data.known)
    assert (data.by_rule, data.shape, data.alphabet) == (True, (7, 6), SIGNS)


def test_words_are_drawn_one_hot_by_the_stream_alone() -> None:
    data, rng = english_words(), Generator().manual_seed(3)
    batch = data.sample(20, rng)
    assert batch.shape == (20, 8, 27)
    assert batch.sum(-1).eq(1).all()
    assert set(data.read(data.shown(batch))) <= set(data.trained)
    assert torch.equal(batch, data.sample(20, Generator().manual_seed(3)))


def test_words_go_to_numbers_and_back() -> None:
    data = toy(["to", "be", "orwell"])
    assert data.train.tolist()[0] == [20, 15, 0, 0, 0, 0]
    assert data.trained == ("to", "be", "orwell")


# -- pairs of letters ------------------------------------------------------------------------------------------------


def test_pairs_are_counted_with_both_ends_of_a_word() -> None:
    shares = pairs(encoded(["ab"], " ab", 3).numpy(), 3)
    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 2] = expected[2, 0] = 1 / 3
    np.testing.assert_allclose(shares, expected)


def test_words_made_of_pairs_have_the_pairs_of_the_data() -> None:
    data = english_words()
    shares = pairs(data.train.numpy(), 27)
    made = made_of_pairs(shares, 20_000, 8, np.random.default_rng(0))
    assert divergence(pairs(made, 27), shares) < 0.01
    one = made_of_pairs(pairs(encoded(["ab"], " ab", 2).numpy(), 3), 5, 2, np.random.default_rng(0))
    assert one.tolist() == [[1, 2]] * 5


# -- scores ----------------------------------------------------------------------------------------------------------


def test_scores_of_words_are_those_counted_by_hand() -> None:
    data = toy(["ab", "ba", "cc", "ad"], held_out=("dd",))
    scores = score_words(data, encoded(["ab", "ab", "dd", "zz"], LETTERS, 2).numpy())
    found = {name: score.value for name, score in scores.items()}
    assert found["in_dictionary"] == 0.75
    assert found["unique"] == 0.75
    assert found["commonest"] == 0.5
    assert found["novel"] == 0.5
    assert scores["in_dictionary"].floor == 1
    assert {score.n for score in scores.values()} == {4}


def test_the_divergence_is_0_for_equal_shares_and_ln_2_for_none_in_common() -> None:
    p, q = np.array([0.5, 0.5, 0, 0]), np.array([0, 0, 0.25, 0.75])
    assert divergence(p, p) == 0
    assert math.isclose(divergence(p, q), math.log(2))


def test_grammar_is_scored_as_such() -> None:
    codes = encoded(["x", "x+x", "x+", "+x"], SIGNS, 7).numpy()
    scores = score_words(expressions(), codes)
    assert scores["grammatical"].value == 0.5
    assert "in_dictionary" not in scores


@pytest.mark.parametrize(
    ("word", "expected"), [("ab", ("ab", 0)), ("cd", ("ccd", 1)), ("zzz", ("ab", 3)), ("", ("ab", 2))]
)
def test_the_nearest_word_is_that_of_the_fewest_edits(word: str, expected: tuple[str, int]) -> None:
    assert nearest(word, toy(["ab", "ccd", "abcd"])) == expected


def test_a_model_of_pairs_is_scored_beside_real_words() -> None:
    scores = score_pairs(english_words(), 1_000, np.random.default_rng(0))
    assert 0 < scores["in_dictionary"].value < 0.3
    assert scores["in_dictionary"].floor == 1
    assert scores["pairs_js"].value < 0.03


def said(**values: float) -> Mapping[str, Any]:
    usual = {"unique": 0.75, "pairs_js": 0.01, "commonest": 0.01, "novel": 0.2, "in_dictionary": 1.0}
    made = {"unique": 0.7, "pairs_js": 0.05, "commonest": 0.01, "novel": 0.9, "in_dictionary": 0.2, **values}
    return written({name: vars(Score(made[name], usual[name], 1000)) for name in usual}, [])


def test_few_words_are_said_to_be_a_collapse_and_varied_ones_are_not() -> None:
    assert said(unique=0.01)["headline"].startswith("Collapse")
    assert said(commonest=0.6)["headline"].startswith("Collapse")
    assert said()["level"] == "ok"
    assert said(pairs_js=0.3)["level"] == "info"
    assert said(unique=0.4)["level"] == "warn"
    assert "10 of 1,000 differ" in said(unique=0.01)["detail"]


# -- the game --------------------------------------------------------------------------------------------------------


def test_letters_are_shares_or_one_letter_with_the_gradient_of_the_shares() -> None:
    x = torch.randn(3, 8, generator=Generator().manual_seed(0), requires_grad=True)
    shares, letters = Letters(2, 4, 2.0)(x), Letters(2, 4, 2.0, hard=True)(x)
    torch.testing.assert_close(shares, (x.view(3, 2, 4) / 2).softmax(-1))
    assert torch.equal(letters, torch.nn.functional.one_hot(shares.argmax(-1), 4).float())
    weights = torch.arange(4.0)
    soft, hard = (torch.autograd.grad((made * weights).sum(), x)[0] for made in (shares, letters))
    torch.testing.assert_close(soft, hard)
    assert soft.abs().max() > 0


@pytest.mark.parametrize("letters", ["softmax", "straight-through"])
def test_a_run_on_words_goes_on_bit_for_bit(letters: str) -> None:
    config = small(generator__letters=letters, generator__temperature=0.7)
    whole, first = Trainer(config), Trainer(config)
    stats = [whole.step() for _ in range(6)]
    assert [first.step() for _ in range(3)] == stats[:3]
    again = checkpoint.load(checkpoint.encode(first.state_dict()))
    assert [again.step() for _ in range(3)] == stats[3:]


def test_what_words_do_not_have_is_refused_in_a_sentence() -> None:
    for changes in ({"generator.kind": "dcgan"}, {"data.condition": "noisy"}, {"augment": ["cutout"]}):
        with pytest.raises(ConfigError, match="words"):
            small().changed(changes)
    assert {"generator.letters", "generator.temperature"} <= parse_config({}).idle
    assert not {"generator.letters", "generator.temperature"} & small().idle


def test_words_are_not_looked_at_as_numbers() -> None:
    trainer = Trainer(small())
    trainer.step()
    assert scene_of(trainer.data) is None  # type: ignore[arg-type]
    assert look(1, trainer.config, trainer.data, trainer.generator, None, trainer.discriminator, {}) is None  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="these samples are neither"):  # no word is searched for by its numbers
        Desk(Players.of(trainer.state_dict())).invert(np.zeros(trainer.data.shape, np.float32), 1, 0)


# -- what is seen ----------------------------------------------------------------------------------------------------


def test_a_frame_holds_the_letters_of_the_same_z_and_real_words() -> None:
    trainer = Trainer(small())
    trainer.step()
    header, arrays = read(take_frame(trainer)[1])
    assert (header["kind"], "".join(header["alphabet"])) == ("text", LETTERS)
    assert arrays["fake_text"].shape == arrays["real_text"].shape == (60, 8)
    assert arrays["fake_text"].max() < 27
    data = trainer.data
    assert isinstance(data, Words)
    assert set(data.read(arrays["real_text"])) <= set(data.trained)
    assert np.array_equal(arrays["walk_text"][0], arrays["fake_text"][0])
    both = trainer.snapshot("both").arrays
    assert both["raw_text"].shape == (60, 8)


def test_film_page_picture_and_samples_are_written() -> None:
    trainer = Trainer(small("expressions"))
    frames = [take_frame(trainer)]
    trainer.step()
    frames.append(take_frame(trainer))
    shown = to_film(frames)
    assert film(shown.moments, "gif", seconds=0.5, side=128, frame=shown.frame, real=shown.real).startswith(b"GIF8")
    assert b"</html>" in run_page(frames, trainer.config)
    picture = Image.open(io.BytesIO(sample_png(trainer.snapshot(), side=256)))
    assert picture.size == (256, 256)
    assert len(picture.convert("L").getcolors(256) or ()) > 1
    assert thumbnail(frames[-1][1]).startswith(b"\x89PNG")
    with zipfile.ZipFile(io.BytesIO(samples_zip(GeneratorCopy.of(trainer), 30))) as archive:
        (name,) = archive.namelist()
        assert name.endswith(".txt")
        assert len(archive.read(name).decode().split("\n")) == 31


def test_generators_are_scored_and_answer_with_words_that_begin_as_asked() -> None:
    trainer = Trainer(small())
    trainer.step()
    scores = score_generators(trainer.config, trainer.data, trainer.generator.eval(), trainer.ema)
    assert {"in_dictionary", "unique", "pairs_js", "commonest", "novel"} == set(scores)
    found = write(trainer.state_dict(), WriteQuestion(begins=" S "))
    assert found.n_pairs > 0
    assert all(word.text.startswith("s") for word in (*found.words, *found.pairs))
    whole = write(trainer.state_dict(), WriteQuestion())
    assert whole.n_found == whole.n_pairs == found.n_tried
    assert whole.real < 0.05 < whole.real_pairs < 0.2
    assert write(trainer.state_dict(), WriteQuestion(begins="a b")).n_found == 0, "a blank is no error"
    for begins in ("ä", "ninelette", "<b>"):
        with pytest.raises(ConfigError, match="letters"):
            write(trainer.state_dict(), WriteQuestion(begins=begins))
    with pytest.raises(ConfigError, match="writes no words"):
        write(Trainer(parse_config({}).changed(SMALL)).state_dict(), WriteQuestion())


def test_words_have_presets_that_suit_them() -> None:
    assert find(usual_preset("english-words")).config.data.kind == "text"
    assert find(usual_preset("expressions")).config.data.kind == "text"
