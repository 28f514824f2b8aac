"""What a run can be taken home as."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_core import ConfigError
from gan_core.config.presets import from_query
from gan_core.export.common import Cancelled, Progress, watched
from gan_core.storage import checkpoint
from pages.ui.presence import Rooms, Visit
from pages.ui.runs.downloads import (
    N_SAMPLES,
    Download,
    FilmWish,
    downloads,
    file_name,
    film_formats,
    slow_downloads,
)
from pages.ui.runs.jobs import Job
from tests.pages.conftest import Opener, Seen, stand_at

RING = {"preset": "ring-8", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}
DIGITS = {"preset": "digits", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}
Packed = Callable[..., dict[str, Download]]


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    found = Rooms(2, release_after=60)
    yield found
    found.close()


@pytest.fixture
def packed(rooms: Rooms) -> Packed:
    kept: list[Visit] = []

    def pack(query: dict[str, str]) -> dict[str, Download]:
        config, preset, interventions = from_query(query)
        here = rooms.open(config, interventions, preset)
        kept.append(here)
        stand_at(Seen(here), 25)
        assert file_name(here) == f"{query['preset']}-seed0"
        return {
            download.name: download for download in (*downloads(here), *slow_downloads(here, FilmWish(seconds=1.0)))
        }

    return pack


@pytest.mark.parametrize("query", [RING, DIGITS], ids=["plane", "images"])
def test_all_of_it_can_be_made_and_is_what_it_says(packed: Packed, query: dict[str, str]) -> None:
    made = {name: download.make(None, None) for name, download in packed(query).items() if name != "onnx"}
    assert checkpoint.load(made["run"]).step_count == 25
    assert Image.open(io.BytesIO(made["picture"])).format == "PNG"
    assert Image.open(io.BytesIO(made["film"])).format == "GIF"
    with zipfile.ZipFile(io.BytesIO(made["samples"])) as file:
        names = file.namelist()
        if query is RING:
            (points,) = (n for n in names if n.endswith(".npy"))
            assert np.load(io.BytesIO(file.read(points))).shape == (N_SAMPLES, 2)
        else:
            assert sum(n.endswith(".png") for n in names) == N_SAMPLES
    rows = made["csv"].decode().splitlines()
    assert len(rows) == 26
    assert "d_loss" in rows[0]
    assert json.loads(made["json"])["step"] == 25
    assert made["page"].lstrip().lower().startswith(b"<!doctype html>")
    compile(made["script"], "run.py", "exec")


def test_a_run_that_no_script_knows_offers_the_rest(packed: Packed) -> None:
    names = packed({"preset": "digits-conditional", "batch_size": "16"}).keys()
    assert {"run", "film", "page"} <= names


# -- jobs ----------------------------------------------------------------------------------------------------


def download_that(make: Callable[..., bytes]) -> Download:
    return Download("x", "X", ".x", "text/plain", "", make)


def test_a_job_tells_how_far_it_is_and_gives_the_file() -> None:
    go_on = threading.Event()

    def make(progress: Progress, cancelled: Cancelled) -> bytes:
        progress(1, 4)
        assert go_on.wait(10)
        return b"made"

    job = Job(download_that(make), "run.x")
    until(lambda: job.share == 0.25)
    assert job.state == "working"
    go_on.set()
    job.join(10)
    assert (job.state, job.content, job.share) == ("done", b"made", 1.0)


def test_a_cancelled_job_ends_soon_and_leaves_nothing() -> None:
    def make(progress: Progress, cancelled: Cancelled) -> bytes:
        return b"".join(bytes([n % 256]) for n in watched(Slow(10_000), progress, cancelled))

    job = Job(download_that(make), "run.x")
    until(lambda: job.share > 0)
    job.cancel()
    job.join(5)
    assert (job.state, job.content) == ("cancelled", b"")


def test_a_job_that_fails_says_why() -> None:
    def refuse(*_: object) -> bytes:
        raise ConfigError("there is nothing to show yet")

    def crash(*_: object) -> bytes:
        raise ZeroDivisionError

    for make, said in ((refuse, "there is nothing to show yet"), (crash, "ZeroDivisionError")):
        job = Job(download_that(make), "run.x")
        job.join(10)
        assert job.state == "failed"
        assert said in job.message


class Slow(list[int]):
    """A long list whose items take their time."""

    def __init__(self, n: int) -> None:
        super().__init__(range(n))

    def __iter__(self) -> Iterator[int]:
        for item in super().__iter__():
            time.sleep(0.002)
            yield item


def until(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_film_is_made_as_it_is_wished(open_app: Opener, runner_of: Callable[[AppTest], Seen]) -> None:
    app = open_app(RING)
    stand_at(runner_of(app), 25)
    page = app.switch_page("pages/runs.py").run()
    page.slider(key="export:seconds").set_value(2)
    page.select_slider(key="export:side").set_value(256)
    page.button_group(key="export:kind").set_value("webp").run()
    page.button(key="export:film:go").click().run()
    assert not page.exception
    job: Job = page.session_state["gan.export"]
    job.join(20)
    page.run()
    assert any(b.label.startswith("Save ring-8-seed0.webp") for b in cast("list[Any]", page.get("download_button")))
    picture = Image.open(io.BytesIO(job.content))
    assert (picture.format, picture.size[0]) == ("WEBP", 256)
    page.button(key="export:again").click().run()
    assert not page.exception
    assert "export:film:go" in [button.key for button in page.button]


def test_films_have_the_formats_that_can_be_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.export.film.has_mp4", lambda: False)
    assert film_formats() == ("gif", "webp")
    monkeypatch.setattr("gan_core.export.film.has_mp4", lambda: True)
    assert film_formats() == ("gif", "webp", "mp4")
