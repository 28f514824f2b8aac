"""Samples of any origin against others: pictures, arrays, tables, a saved run; and what is said of their range."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gan_core import __main__ as cli
from gan_core.data import Images, load
from gan_core.data.own_data import OwnImages, OwnPoints
from gan_core.errors import DataError
from gan_core.metrics import METRICS
from gan_core.metrics.ranges import range_warning, scale_warning
from gan_core.metrics.sets import score_sets

Score = Callable[..., Any]


@pytest.fixture
def score(capsys: pytest.CaptureFixture[str]) -> Score:
    """Runs ``score … --json``; its record."""

    def run(*words: object) -> Any:
        capsys.readouterr()
        assert cli.main(["score", *map(str, words), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def discs(n: int, seed: int = 0, side: int = 16) -> NDArray[np.uint8]:
    """Bright discs in many places and colours, ``[n, side, side, 3]``."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    out = np.zeros((n, side, side, 3), np.uint8)
    for picture in out:
        cx, cy, r = *rng.uniform(2, side - 2, 2), rng.uniform(2, side / 3)
        picture[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = rng.integers(150, 256, 3)
    return out


def folder(path: Path, pixels: NDArray[np.uint8]) -> Path:
    path.mkdir(parents=True)
    for i, picture in enumerate(pixels):
        Image.fromarray(picture).save(path / f"{i:03}.png")
    return path


# -- range and scale -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x, ""),
        (lambda x: (x + 1) / 2, "They look like pixels in [0, 1]: take 2 * x - 1"),
        (lambda x: x / 2, "If they were scaled or saved otherwise"),
        (lambda x: np.clip(x + 0.7, -1, 1), "in another range than the data"),
        (lambda x: np.clip(x + 0.05, -1, 1), ""),
    ],
)
def test_samples_in_another_range_than_the_data_are_named_so(
    score: Score, tmp_path: Path, change: Callable[[Any], Any], said: str
) -> None:
    digits = load("digits")
    assert isinstance(digits, Images)
    assert digits.held_out is not None
    np.save(tmp_path / "a.npy", change(digits.held_out.numpy()))
    warnings = score("digits", tmp_path / "a.npy")["warnings"]
    assert bool(warnings) == bool(said)
    assert not said or said in warnings[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: x, ""),
        (lambda x: (x - x.mean(0)) / x.std(0), "They look standardised: multiply by the data's spread"),
        (lambda x: x * 1000, "in another scale or place than the data: column 1"),
        (lambda x: x + np.array([0, 300]), "column 2 has the median"),
        (lambda x: x * 1.5, ""),
    ],
)
def test_points_in_another_scale_than_the_data_are_named_so(change: Callable[[Any], Any], said: str) -> None:
    rng = np.random.default_rng(0)
    real, fake = (rng.normal([10, 200], [1, 30], (400, 2)) for _ in range(2))
    found = scale_warning(real, change(fake))
    assert said in found
    assert bool(found) == bool(said)


def test_a_narrow_data_set_is_in_its_own_range() -> None:
    grey = np.random.default_rng(0).uniform(-0.1, 0.1, (50, 64))
    assert not range_warning(grey, grey[::2])
    assert range_warning(grey, grey + 0.5)


# -- sets ----------------------------------------------------------------------------------------------------


def test_samples_of_the_datas_own_distribution_score_as_real_ones_do() -> None:
    real, fake = OwnImages(discs(300)), OwnImages(discs(200, 1))
    found = score_sets(real, fake)
    assert (found.n_real, found.n_fake, found.warnings) == (300, 200, ())
    for name, value in found.scores.items():
        assert name in METRICS
        assert value.floor is not None
        assert value.n == 150
    assert abs(found.scores["coverage"].value - found.scores["coverage"].floor) < 0.15  # type: ignore[operator]
    noise = OwnImages(np.random.default_rng(2).integers(0, 256, (200, 16, 16, 3), np.uint8))
    assert score_sets(real, noise).scores["two_sample"].value > 0.95


def test_points_are_scored_against_one_half_and_the_floor_is_the_other() -> None:
    rng = np.random.default_rng(0)
    real, same = (OwnPoints(rng.normal(3, 2, (600, 2)).astype(np.float32)) for _ in range(2))
    found = score_sets(real, same).scores
    assert set(found) <= set(METRICS)
    for name in ("js", "sliced_wasserstein", "precision"):
        floor = found[name].floor
        assert floor is not None
        assert abs(found[name].value - floor) < max(0.1, floor)
    spot = OwnPoints((np.array([3, 3]) + rng.normal(0, 1e-2, (300, 2))).astype(np.float32))
    assert score_sets(real, spot).scores["spread"].value < 0.05


def test_what_cannot_be_compared_is_refused() -> None:
    points = OwnPoints(np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32))
    with pytest.raises(DataError, match="two sets of one kind are compared"):
        score_sets(points, OwnImages(discs(50)))
    with pytest.raises(DataError, match=r"these are 11 real and 50 generated points; at least 12"):
        score_sets(OwnPoints(points.values[:11].copy()), points)


def test_folders_zips_and_arrays_are_scored_against_each_other(score: Score, tmp_path: Path) -> None:
    real, fake = discs(60), discs(40, 1)
    there = folder(tmp_path / "real", real)
    np.save(tmp_path / "fake.npy", (fake / 127.5 - 1).transpose(0, 3, 1, 2).astype(np.float32))
    with zipfile.ZipFile(tmp_path / "fake.zip", "w") as archive:
        for path in folder(tmp_path / "fake", fake).iterdir():
            archive.write(path, f"made/{path.name}")
    records = [score(there, tmp_path / name) for name in ("fake", "fake.zip", "fake.npy")]
    assert {record["metrics"]["kid"]["n"] for record in records} == {30}
    assert records[0]["metrics"] == records[1]["metrics"]
    assert records[2]["metrics"]["kid"]["value"] == pytest.approx(records[0]["metrics"]["kid"]["value"], abs=0.05)
    assert "generated: pixels are read as -1 to 1" in records[2]["decisions"]
    assert score("own-images", tmp_path / "fake", "--data", there)["metrics"] == records[0]["metrics"]


def test_other_sizes_colours_copies_and_readings_are_said(score: Score, tmp_path: Path) -> None:
    real = folder(tmp_path / "real", discs(60, side=32))
    grey = folder(tmp_path / "grey", np.repeat(discs(40, 1)[..., :1], 3, 3))
    said = " / ".join(score(real, grey)["warnings"])
    assert "differ in size (32 and 16 px)" in said
    assert "the generated pictures are grey and the others have colour" in said
    assert "60 of the 60 generated samples are real ones, bit for bit" in score(real, real)["warnings"]
    np.save(tmp_path / "a.npy", discs(60) / 127.5 - 1)
    np.save(tmp_path / "b.npy", discs(60, 1) / 255)
    said = score(tmp_path / "a.npy", tmp_path / "b.npy")["warnings"]
    assert any("the real pixels are read as -1 to 1, the generated ones as 0 to 1" in text for text in said)


def test_classes_of_both_are_scored_one_by_one(score: Score, tmp_path: Path) -> None:
    for name, n, seed in (("real/cat", 40, 0), ("real/dog", 9, 1), ("fake/cat", 20, 2), ("fake/dog", 20, 3)):
        folder(tmp_path / name, discs(n, seed))
    per_class = score(tmp_path / "real", tmp_path / "fake")["per_class"]
    assert [(one["name"], one["n_real"], one["n_fake"]) for one in per_class] == [("cat", 40, 20), ("dog", 9, 20)]
    assert per_class[0]["metrics"]["precision"]["n"] == 20
    assert per_class[1]["metrics"] == {}


def test_tables_are_read_in_the_same_way_and_scaled_by_the_real_one(score: Score, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("real", "fake"):
        rows = rng.normal([0, 5], [1, 4000], (200, 2))
        text = "\n".join(f"{i},{x},{y}" for i, (x, y) in enumerate(rows))
        (tmp_path / f"{name}.csv").write_text(f"id,x,y\n{text}")
    paths = tmp_path / "real.csv", tmp_path / "fake.csv"
    plain, scaled = score(*paths), score(*paths, "--scale-columns", "--columns", "x,y")
    assert plain["metrics"]["sliced_wasserstein"]["value"] > 50 * scaled["metrics"]["sliced_wasserstein"]["value"]
    assert "each column is divided by the real data's spread" in scaled["decisions"]


def test_a_saved_run_is_scored_as_at_its_end(score: Score, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run.safetensors"
    small = ["--set", "generator.width=8", "--set", "discriminator.width=8", "--set", "batch_size=8"]
    assert cli.main(["train", "digits", *small, "--steps", "3", "--save", str(run), "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert score(run)["metrics"] == trained["metrics"]


def test_a_page_has_the_report_and_no_html_of_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "<img src=x onerror=alert(1)>"
    for name, n in (("a", 30), (evil, 30)):
        folder(tmp_path / "real" / name, discs(n, len(name)))
    page = tmp_path / "page.html"
    assert cli.main(["score", str(tmp_path / "real"), str(tmp_path / "real"), "--html", str(page)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'real'} against {tmp_path / 'real'}\nWARNING: 60 of the 60")
    assert "coverage: Share of real samples" in said
    text = page.read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert text.count("data:image/png;base64,") == 2
    for part in ("Read this first", "Coverage", "real data", "Class a: 30 real, 30 generated"):
        assert part in text


def test_a_path_that_is_not_there_names_the_data_sets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for words, said in (
        (("nowhere", "a.npy"), "is no file, no folder and no data set"),
        (("own-images", "a.npy"), "name them with --data PATH"),
        ((str(tmp_path),), "Name the samples too"),
    ):
        with pytest.raises(SystemExit):
            cli.main(["score", *words])
        assert said in capsys.readouterr().err
