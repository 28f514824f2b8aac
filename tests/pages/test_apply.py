"""The Apply page: cards, training in place, and a picture restored beside filters and the truth."""

from __future__ import annotations

import base64
import csv
import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.data import DATASETS
from gan_core.data.own import find_images, register
from gan_core.data.photographs import photographs
from gan_core.experiments.applications import APPLICATIONS
from gan_core.export.named import pictures_zip
from gan_core.latent.questions import Restored, Word, Written
from gan_core.live.commands import Restart, Step
from gan_core.live.handle import RunHandle
from gan_core.live.run import Run
from gan_core.live.status import RunStatus
from gan_core.storage.bundled import recorded
from pages.ui.apply import picture, restoring, training
from pages.ui.apply.picture import parse_drawing
from pages.ui.apply.playing import gaps
from pages.ui.apply.writing import as_table, counted
from pages.ui.prose import number
from tests.core import own_sets
from tests.pages.conftest import APP, VISIT, Opener, Seen, by_address

Page = Callable[..., AppTest]


@pytest.fixture
def apply_page(open_app: Opener, opened: list[AppTest]) -> Page:
    """Open the Apply page as a new visitor."""

    def open_(**query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        opened.append(app)
        by_address(app, "apply")
        return app.run()

    return open_


def captions(app: AppTest) -> list[str]:
    """What stands under the pictures, and other small print."""
    pictures = [image.caption for block in app.get("image") for image in block.proto.imgs]
    return [*pictures, *(block.value for block in app.caption)]


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key is not None}


def test_each_application_has_a_card_and_a_recorded_run_restores_a_picture_at_once(apply_page: Page) -> None:
    app = apply_page()
    assert not app.exception
    assert {f"apply:card:{name}" for name in APPLICATIONS} <= keys(app)
    assert app.session_state[VISIT].run.status().step == recorded("digits-sr").step
    seen = captions(app)
    assert any(text.startswith("given: half the size") for text in seen)
    assert any(text.startswith("bicubic, ") and text.endswith(" dB") for text in seen)
    assert sum(text.startswith("GAN, z ") for text in seen) == 4
    assert any(text.startswith("spread over z") for text in seen)
    assert "the truth" in seen
    assert any(text.startswith("At step 2,000: ") and "Where the spread is white" in text for text in seen)


def test_a_link_chooses_a_card_and_another_run_is_left_alone_until_it_is_asked_for(apply_page: Page) -> None:
    app = apply_page(application="inpainting")
    assert app.session_state[VISIT].run.status().preset == "digits-inpaint"
    assert any(text.startswith("given: a quarter missing") for text in captions(app))
    assert app.query_params == {"application": "inpainting"}, "a reload leads back here"
    app.button(key="apply:card:super-resolution").click().run()
    assert app.query_params == {"application": "super-resolution"}
    assert app.session_state[VISIT].run.status().preset == "digits-inpaint"
    assert any("does something else" in block.value for block in app.info)
    app.button(key="apply:recorded:digits-sr").click().run()
    assert app.session_state[VISIT].run.status().preset == "digits-sr"
    assert any(text.startswith("given: half the size") for text in captions(app)), "the answer is of the new run"
    assert not app.exception


@dataclass(frozen=True)
class Kept:
    """What is kept of the run of this number."""

    run: int
    states: tuple[int, ...]

    def contents(self) -> dict[str, Any]:
        return {"run": self.run, "states": list(self.states)}


def test_no_answer_comes_from_the_run_before(open_run: RunStatus) -> None:
    now = replace(open_run, built=True, run=2, step=10)
    assert training._kept(cast(RunHandle, Kept(2, (5,))), now)
    assert not training._kept(cast(RunHandle, Kept(1, (4_000,))), now), "its states are another run's"
    assert not training._kept(cast(RunHandle, Kept(2, (5,))), replace(now, built=False)), "it is to be replaced"
    assert not training._kept(cast(RunHandle, Kept(2, (0,))), now), "it has made steps since"


@pytest.fixture
def open_run() -> RunStatus:
    """Status of a run that is to be built."""
    return Run(RunConfig()).status()


def test_a_run_that_is_asked_for_counts_as_built_when_its_networks_are_there() -> None:
    run = Run(preset("ring-8"))
    assert not run.status().built
    run.advance()
    assert run.status().built
    run.handle(Restart(preset("ring-8"), ()))
    assert not run.status().built
    run.advance()
    assert (run.status().built, run.status().run) == (True, 2)


def test_training_is_one_click_and_plays(apply_page: Page, runner_of: Callable[[AppTest], Seen]) -> None:
    app = apply_page()
    app.button(key="apply:train:digits-sr").click().run()
    runner = runner_of(app)
    assert runner.wait(lambda r: r.step > 2)
    assert runner.preset == "digits-sr"
    runner.pause()
    assert not app.run().exception


def test_an_edit_is_shown_before_and_after_and_can_be_undone(apply_page: Page) -> None:
    app = apply_page(application="editing")
    assert not app.exception
    assert app.session_state[VISIT].run.status().preset == "digits"
    seen = captions(app)
    assert "before" in seen
    assert "after" in seen
    assert not any(text.startswith("filled by") for text in seen)
    assert app.button(key="apply:undo").disabled
    app.slider(key="apply:move:ink").set_value(2.0).run()
    app.selectbox(key="apply:hole").set_value("middle").run()
    assert sum(text.startswith("filled by z ") for text in captions(app)) == 4
    assert "with the hole" in captions(app)
    app.button(key="apply:undo").click().run()
    assert app.slider(key="apply:move:ink").value == 2.0
    assert app.selectbox(key="apply:hole").value == ""
    assert "with the hole" not in captions(app)
    app.button(key="apply:undo").click().run()
    assert app.slider(key="apply:move:ink").value == 0.0
    app.selectbox(key="apply:class").set_value("8").run()
    assert any("towards the nearest 8 that G makes" in text for text in captions(app))
    assert not app.exception


def test_new_pictures_stand_over_the_training_pictures_nearest_to_them(apply_page: Page) -> None:
    app = apply_page(application="generation")
    assert not app.exception
    seen = captions(app)
    assert sum(text.startswith("G, z ") for text in seen) == 8
    assert sum(text.startswith("nearest to z ") and text.endswith(" away") for text in seen) == 8
    assert any("0 would be a copy" in text for text in seen)


def test_pictures_are_taken_home_pixel_for_pixel_under_plain_names() -> None:
    rng = np.random.default_rng(0)
    given = [("GAN, z 1, 17.3 dB", rng.integers(0, 256, shape, np.uint8)) for shape in ((4, 5), (4, 5, 1), (4, 5, 3))]
    with zipfile.ZipFile(io.BytesIO(pictures_zip([*given, ("../<b>", given[0][1])]))) as packed:
        names = packed.namelist()
        assert names == [*(f"0{i}-GAN-z-1-17.3-dB.png" for i in (1, 2, 3)), "04-b.png"]
        for name, (_, pixels) in zip(names, given, strict=False):
            read = np.asarray(Image.open(io.BytesIO(packed.read(name))))
            np.testing.assert_array_equal(read, pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)


def test_no_sentence_of_the_grammar_is_a_formula_of_a_spreadsheet() -> None:
    word = Word("-x", real=False, trained=False, nearest="x", edits=1)
    table = list(csv.reader(io.StringIO(as_table(Written(1, True, 1, 1, 1, 0.0, 0.0, (word,), (word,))))))
    assert [row[:4] for row in table[1:]] == [
        [by, "'-x", "breaks the grammar", "x"] for by in ("G", "pairs of letters")
    ]


def test_a_drawing_is_what_a_browser_sends_or_nothing() -> None:
    white = base64.b64encode(bytes([255] * 64 * 64)).decode()
    assert parse_drawing({"pixels": white, "n": 1}) == white
    assert parse_drawing({"pixels": ""}) == ""
    for odd in (None, [], "x", {"pixels": 3}, {"pixels": white + "AAAA"}, {"pixels": "<b>"}, {"pixels": "A" * 9000}):
        assert parse_drawing(odd) is None


def test_the_card_of_words_answers_at_once_beside_pairs_of_letters(apply_page: Page) -> None:
    app = apply_page(application="text")
    assert not app.exception
    assert app.session_state[VISIT].run.status().preset == "words"
    written, by_pairs = (frame.value for frame in app.dataframe)
    assert len(written) == len(by_pairs) == 12
    assert list(written.columns) == ["word", "what it is", "nearest training word", "edits"]
    app.text_input(key="apply:begins").set_value("re").run()
    assert all(word.startswith("re") for frame in app.dataframe for word in frame.value["word"])
    assert any("begins with “re”" in text for text in captions(app))
    app.text_input(key="apply:begins").set_value("1*").run()
    assert any("of the letters" in block.value for block in app.text)
    assert not app.exception


def test_the_card_of_sound_plays_a_melody_at_once_and_refuses_what_is_none(apply_page: Page) -> None:
    app = apply_page(application="sound")
    assert not app.exception
    assert app.session_state[VISIT].run.status().preset == "notes"
    assert any("Of real ones each is 12.5%" in text for text in captions(app))
    app.text_input(key="apply:melody").set_value("C4 H4").run()
    assert any("a melody has 1 to 32 of the notes A3 B3" in block.value for block in app.text)
    assert not app.exception


def test_a_gap_in_the_melody_is_a_collapse_only_where_other_notes_are_clear() -> None:
    assert gaps([], {"A3": 0.1}) == ""
    assert gaps(["A3"], {"A3": 0.0, "B3": 0.0}) == "None of G's sounds is a clear note: there is nothing to play yet."
    assert gaps(["A3"], {"A3": 0.0, "B3": 0.1}).endswith("Few of its sounds are clear notes yet.")
    assert gaps(["A3"], {"A3": 0.0, "B3": 0.6}).endswith("This is what mode collapse sounds like.")


def test_sounds_of_ones_own_are_heard_on_the_card_without_a_melody(apply_page: Page) -> None:
    app = apply_page(application="sound")
    own = own_sets.sounds(70)
    register(own)
    small = {"generator.width": 4, "discriminator.width": 4, "batch_size": 8}
    run = app.session_state[VISIT].run
    run.send(Restart(preset("own-sounds").changed(own.settings | small), (), "own-sounds"))
    run.send(Step())
    app.run()
    assert not app.exception
    assert not app.text_input
    assert any("Sounds that G never saw are 0." in text for text in captions(app))


def test_no_share_is_given_of_words_that_are_not_there() -> None:
    found = Written(7, False, 4_000, 0, 5, 0.0, 0.4, (), ())
    assert "Of these, none are real with the GAN, 40.0 % with the pairs" in counted(found, "q")
    assert "Of these" not in counted(replace(found, n_pairs=0), "zz")
    assert "“\\`\\*a”" in counted(found, "`*a")
    assert counted(replace(found, n_found=4_000, real=0.25), "").startswith("At step 7: Of 4,000 words of each, 25.0 %")


@pytest.mark.parametrize("name", ["grammar", "notes"])
def test_the_latent_page_walks_among_words_and_sounds_and_leaves_out_what_is_of_images(
    open_app: Opener, name: str
) -> None:
    app = by_address(open_app({"preset": name}), "latent").run()
    assert not app.exception
    sections = app.segmented_control(key="latent:section")
    assert sections.options == ["Interpolation", "Plane", "Sliders"]
    sections.set_value("sliders").run()
    assert not app.exception


def test_decibels_end_where_pictures_in_bytes_are_the_same() -> None:
    assert picture.decibels(None, "bicubic") == "bicubic"
    assert picture.decibels(12.34, "bicubic") == "bicubic, 12.3 dB"
    assert picture.decibels(157.1, "bicubic") == picture.decibels(math.inf, "bicubic") == "bicubic, over 60 dB"


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert [number(value, ".2f") for value in (-0.001, -0.006, 0.001)] == ["0.00", "−0.01", "0.00"]
    assert number(-0.001, "+.4f") == "−0.0010"


def outcome(widest: float, near: float | None) -> Restored:
    pixels = np.zeros((8, 8, 1), np.uint8)
    answers = ((pixels, near),) * 4
    return Restored(5, "half", pixels, (("bicubic", pixels, near),), answers, (pixels, near), pixels, widest, None)


def test_a_spread_that_nobody_sees_is_not_said_to_be_made_up() -> None:
    assert "Where the spread is white" in restoring._result(outcome(0.3, 20.0))
    assert "all that differs between z" in restoring._result(outcome(0.3, None))
    for near in (20.0, None):
        assert restoring._result(outcome(0.001, near)).endswith("G shows one guess as if it knew.")


def test_of_a_film_of_ones_own_the_first_picture_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    first, *more = (Image.fromarray(np.full((16, 16), level, np.uint8)) for level in (200, 90, 10))
    first.save(out, "GIF", save_all=True, append_images=more)
    found = picture._registered("film.gif", out.getvalue())
    assert found is not None
    assert find_images(found).pixels[0, 0, 0, 0] == 200


def test_the_first_photograph_shows_more_than_sky() -> None:
    held_out = photographs().held_out
    assert held_out is not None
    contrast = held_out.float().std((1, 2, 3))
    assert contrast[DATASETS["photographs"].example] > contrast.median()


@pytest.mark.parametrize(("side", "shown"), [(8, 112), (28, 112), (32, 128), (48, 96), (64, 128), (96, 96), (128, 128)])
def test_pictures_are_enlarged_by_whole_pixels_alone(side: int, shown: int) -> None:
    pixels = np.arange(side * side).reshape(side, side, 1).astype(np.uint8)
    enlarged = picture.large(pixels)
    assert enlarged.shape == (shown, shown)
    np.testing.assert_array_equal(enlarged[:: shown // side, :: shown // side], pixels[..., 0])


def test_nobody_is_asked_whether_a_whole_picture_has_its_hole_already(apply_page: Page) -> None:
    app = apply_page(application="inpainting")
    app.segmented_control(key="apply:source").set_value(picture.OWN).run()
    assert not app.exception
    assert not app.toggle
    app.button(key="apply:card:denoising").click().run()
    app.button(key="apply:recorded:digits-denoise").click().run()
    app.segmented_control(key="apply:source").set_value(picture.OWN).run()
    assert app.toggle(key="apply:degraded").label == "it is degraded already"


def test_a_picture_of_ones_own_is_still_there_on_another_card(apply_page: Page) -> None:
    app = apply_page(application="inpainting")
    app.segmented_control(key="apply:source").set_value(picture.OWN).run()
    out = io.BytesIO()
    Image.fromarray(np.full((16, 16), 90, np.uint8)).save(out, "PNG")
    app.session_state[f"gan.{picture._OWN}"] = (
        "a*b.png",
        picture._registered("a.png", out.getvalue()),
    )
    app.run()
    assert "Your picture a\\*b.png is used; another takes its place." in captions(app)
    assert "G works on your picture at 8 × 8 pixels, in grey." in captions(app)[-1]
    app.button(key="apply:card:super-resolution").click().run()
    app.button(key="apply:recorded:digits-sr").click().run()
    assert app.segmented_control(key="apply:source").value == picture.OWN
    assert any("Your picture a" in text for text in captions(app))
    assert not app.exception
