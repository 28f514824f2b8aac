"""A visitor's own data: uploads, drawings, and links that carry small ones."""

from __future__ import annotations

import io
import wave
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_core.data import own
from gan_core.data.payload import to_text
from gan_core.data.tables import read_drawing
from pages.ui.train import draw
from tests.pages.conftest import VISIT, Opener, Seen

SMALL = {"preset": "ring-8", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}


def pictures(n: int = 12) -> bytes:
    """A zip with pictures of noise, a text and a picture that is none."""
    rng, out = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for i in range(n):
            picture = io.BytesIO()
            Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save(picture, "PNG")
            file.writestr(f"{i}.png", picture.getvalue())
        file.writestr("<script>alert(1)</script>.txt", "no picture")
        file.writestr("broken.png", b"\x89PNG no more")
    return out.getvalue()


def chosen(app: AppTest, kind: str) -> AppTest:
    return app.segmented_control(key="own:kind").set_value(kind).run()


def test_pictures_are_trained_on_as_they_were_asked_for(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    app.file_uploader(key="own:files").upload("mine.zip", pictures(), "application/zip").run()
    assert not app.exception
    said = " ".join(text.value for text in app.text)
    assert "12 pictures" in said
    assert "1 left out" in said
    assert "200 are few already" in said
    app.segmented_control(key="own:size").set_value(16).run()
    assert next(toggle for toggle in app.toggle if toggle.label == "in colour").value, "as the pictures are"
    app.button(key="own:go").click().run()
    rebuilt(runner, 2)
    assert not app.exception
    data = runner.config.data
    assert (data.name, data.size, data.colour, data.flip) == ("own-images", 16, True, False)
    assert runner.config.data_shape == (3, 16, 16)
    assert any("settings, but not your data" in caption.value for caption in app.caption)
    assert runner.wait(lambda r: r.step > 0), runner.message


def test_too_few_pictures_are_refused_in_words_and_the_run_stays(
    open_app: Opener, runner_of: Callable[[AppTest], Seen]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    app.file_uploader(key="own:files").upload("mine.zip", pictures(5), "application/zip").run()
    app.button(key="own:go").click().run()
    assert "at least 8 are needed" in " ".join(toast.value for toast in app.toast)
    assert (runner.run, runner.config.data.name) == (1, "ring-8")


def test_both_players_can_be_told_the_classes_of_a_zip_with_folders(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for i in range(12):
            picture = io.BytesIO()
            Image.new("L", (8, 8), 20 * i).save(picture, "PNG")
            file.writestr(f"{('<b>cat</b>', 'dog')[i % 2]}/{i}.png".replace("/b>", "b>"), picture.getvalue())
    app = open_app(SMALL)
    runner = runner_of(app)
    app.file_uploader(key="own:files").upload("mine.zip", out.getvalue(), "application/zip").run()
    app.segmented_control(key="own:size").set_value(8).run()
    assert any(text.value == "Folders are classes: <b>cat<b> 6, dog 6." for text in app.text)
    app.button(key="own:go").click().run()
    rebuilt(runner, 2)
    assert not app.exception
    assert (runner.config.conditional, runner.config.n_classes) == (True, 2)
    assert runner.wait(lambda r: r.step > 0), runner.message
    app.toggle(key="own:conditional").set_value(False).run()
    app.button(key="own:go").click().run()
    rebuilt(runner, 3)
    assert (runner.config.conditional, runner.config.n_classes) == (False, 0)


def test_a_drawing_takes_the_place_of_pictures(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    app.file_uploader(key="own:files").upload("mine.zip", pictures(), "application/zip").run()
    app.button(key="own:go").click().run()
    rebuilt(runner, 2)
    app.session_state["gan.drawn"] = [[i % 7 / 10, i // 7 / 10] for i in range(49)]
    chosen(app, "Drawing").button(key="own:go").click().run()
    rebuilt(runner, 3)
    app.run()
    assert not app.exception
    assert (runner.run, runner.config.data.name, runner.preset) == (3, "own-points", "")
    assert runner.wait(lambda r: r.step > 0), runner.message


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", pictures(0)], ids=["empty", "broken", "none"])
def test_what_holds_no_picture_is_said_and_the_run_stays(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], content: bytes
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    app.file_uploader(key="own:files").upload("mine.zip", content, "application/zip").run()
    assert not app.exception
    assert not any(button.key == "own:go" for button in app.button)
    assert len(app.text) == 1
    assert runner.run == 1


def test_a_table_is_trained_on(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = chosen(open_app(SMALL), "Table")
    runner = runner_of(app)
    table = b"x,y\n" + b"\n".join(b"%d,%d" % (i % 7, i % 5) for i in range(150))
    app.file_uploader(key="own:table").upload("mine.csv", table, "text/csv").run()
    app.button(key="own:go").click().run()
    rebuilt(runner, 2)
    assert not app.exception
    assert runner.config.data.name == "own-points"
    assert runner.wait(lambda r: r.step > 0), runner.message


def test_a_link_carries_a_small_drawing(open_app: Opener, runner_of: Callable[[AppTest], Seen]) -> None:
    points = read_drawing([[i % 10 / 10, i // 10 / 10] for i in range(60)])
    text = to_text(points)
    assert text is not None
    assert not own.known(points.hash)
    app = open_app({"preset": "moons", "data.name": "own-points", "data.hash": points.hash, "points": text})
    runner = runner_of(app)
    assert not app.exception
    assert not app.toast
    assert runner.config.data.hash == points.hash
    assert runner.wait(lambda r: r.step > 0), runner.message
    assert app.query_params["points"] in (text, [text])
    assert any("repeats this run exactly" in caption.value for caption in app.caption)
    chosen(app, "Drawing")
    assert not app.exception
    assert app.button(key="own:go").label == "Train on these 60 points"


def test_a_link_with_a_broken_drawing_opens_the_default_run(open_app: Opener) -> None:
    app = open_app({"preset": "moons", "points": "nonsense!"})
    assert not app.exception
    assert "The link could not be followed" in " ".join(toast.value for toast in app.toast)
    assert Seen(app.session_state[VISIT]).preset == "digits"


@pytest.mark.parametrize("raw", [[], [[0, 1]], [[0.5, -1.5], [1, 1]]])
def test_what_was_drawn_is_taken(raw: Any) -> None:
    assert draw.parse(raw) == [[float(x), float(y)] for x, y in raw]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        3,
        "x",
        {},
        [3],
        [[1]],
        [[1, 2, 3]],
        [["1", 2]],
        [[True, 1]],
        [[1, 9]],
        [[float("nan"), 0]],
        [[0, 0]] * 9_999,
    ],
)
def test_what_is_no_drawing_is_not(raw: Any) -> None:
    assert draw.parse(raw) is None


def test_files_that_are_uploaded_again_are_known_without_a_new_run(open_app: Opener) -> None:
    own._sets.clear()
    app = open_app(SMALL)
    app.file_uploader(key="own:files").upload("mine.zip", pictures(70), "application/zip").run()
    assert not app.exception
    assert [data.name for data in own._sets.values()] == ["own-images"]
    assert any("20 of 70 pictures are held out" in text.value for text in app.text)


def a_sound(i: int) -> bytes:
    """A WAV file of a tone that dies away."""
    out, t = io.BytesIO(), np.arange(2_000) / 8_000
    samples = (20_000 * np.sin(2 * np.pi * (250 + 40 * i) * t) * np.exp(-t / 0.1)).astype("<i2")
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def test_sounds_are_shown_and_trained_on(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = chosen(open_app(SMALL), "Sounds")
    runner = runner_of(app)
    files = [(f"{i}.wav", a_sound(i), "audio/wav") for i in range(9)]
    app.file_uploader(key="own:sounds").set_value([*files, ("<b>.wav", b"RIFF", "audio/wav")]).run()
    assert not app.exception
    said = " ".join(text.value for text in app.text)
    assert "9 sounds" in said
    assert "9 files, 2.2 s in all: 8,000 Hz, 16-bit." in said
    assert "1 left out: no WAV file, by its first bytes." in said
    app.segmented_control(key="own:rate").set_value(4096).run()
    assert "4,096 samples a second are kept" in " ".join(text.value for text in app.text)
    app.button(key="own:go").click().run()
    rebuilt(runner, 2)
    assert not app.exception
    assert (runner.config.data.name, runner.preset) == ("own-sounds", "own-sounds")
    assert runner.wait(lambda r: r.step > 0), runner.message


def test_a_text_is_trained_on_and_its_words_are_shown_as_text(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = chosen(open_app(SMALL), "Text")
    runner = runner_of(app)
    text = "# Title\nOne **bold** story of a fox, <i>an elk</i> and 12 crows; über alles. " * 40
    app.file_uploader(key="own:text").upload("<b>mine</b>.txt", text.encode(), "text/plain").run()
    assert not app.exception
    assert any(text.value.startswith("For instance: i, a, alles, an, and") for text in app.text)
    assert not any("bold" in markdown.value for markdown in app.markdown)
    app.segmented_control(key="own:unit").set_value("lines").run()
    assert any("left out: lines of more than 64 characters." in text.value for text in app.text)
    app.segmented_control(key="own:unit").set_value("words").run()
    app.button(key="own:go").click().run()
    rebuilt(runner, 2)
    assert not app.exception
    data = runner.config.data
    assert (data.name, data.length, runner.preset) == ("own-words", 5, "own-words")
    assert runner.wait(lambda r: r.step > 0), runner.message
