"""Samples that lie somewhere: what is read, which grids are told, what the judge says of sets that are plain."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gan_core import __main__ as cli
from gan_core.data import limits
from gan_core.errors import DataError
from gan_core.judging import judge, judged_page, read_real, read_series, reading
from gan_core.judging.grids import NoGrid, cut, tell_grid
from gan_core.judging.report import Report
from gan_core.judging.steps import Moment, is_of_real, moment, numbered_folders
from gan_core.metrics import METRICS

Pixels = NDArray[np.uint8]


def shapes(n: int, side: int = 24, seed: int = 0) -> Pixels:
    """Pictures with structure: a coloured disc of its own place and size on a dark slope."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    out = np.empty((n, side, side, 3), np.uint8)
    for row in out:
        (cx, cy), r = rng.uniform(0.3, 0.7, 2), float(rng.uniform(0.1, 0.3))
        disc = ((x - cx) ** 2 + (y - cy) ** 2 < r**2)[..., None]
        ground = 40 + 60 * (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1))[..., None]
        row[:] = np.clip(np.where(disc, rng.uniform(80, 255, 3), ground), 0, 255)
    return out


def grid(tiles: Pixels, columns: int, padding: int, colour: int = 0) -> Pixels:
    """A grid as torchvision's ``make_grid`` lays it out."""
    n, side = len(tiles), tiles.shape[1]
    rows, step = -(-n // columns), side + padding
    out = np.full((rows * step + padding, columns * step + padding, 3), colour, np.uint8)
    for i, tile in enumerate(tiles):
        y, x = padding + i // columns * step, padding + i % columns * step
        out[y : y + side, x : x + side] = tile
    return out


def png(pixels: Pixels, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def files(tiles: Pixels, name: str = "{}.png") -> list[tuple[str, bytes]]:
    return [(name.format(i), png(tile)) for i, tile in enumerate(tiles)]


# ---- grids


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(("padding", "colour"), [(2, 0), (2, 255), (1, 0), (4, 128)])
def test_a_grid_of_torchvision_is_cut_into_its_tiles(padding: int, colour: int, kind: str) -> None:
    tiles = shapes(24, 32)
    seen = np.array(Image.open(io.BytesIO(png(grid(tiles, 6, padding, colour), kind))).convert("RGB"))
    found = cut(seen, tell_grid([seen]))
    assert [tile.shape for tile in found] == [(32, 32, 3)] * 24
    if kind == "PNG":
        np.testing.assert_array_equal(found, tiles)


def test_a_last_row_that_is_not_full_is_no_samples() -> None:
    seen = grid(shapes(13), 5, 2)
    assert len(cut(seen, tell_grid([seen]))) == 13


def test_digits_on_black_are_cut_at_their_own_side_with_padding_and_without() -> None:
    tiles = np.zeros((16, 20, 20, 3), np.uint8)
    tiles[:, 4:16, 4:16] = shapes(16, 12)
    for padding in (0, 2):
        seen = grid(tiles, 4, padding)
        np.testing.assert_array_equal(cut(seen, tell_grid([seen])), tiles)


def test_tiles_side_by_side_are_told_by_their_edges() -> None:
    tiles = shapes(36)
    seen = grid(tiles, 6, 0)
    np.testing.assert_array_equal(cut(seen, tell_grid([seen, grid(shapes(36, seed=1), 6, 0)])), tiles)


def test_a_figure_with_margins_and_a_title_is_cut_into_its_tiles() -> None:
    seen = np.full((300, 400, 3), 255, np.uint8)
    tiles = shapes(12, 60)
    for i, tile in enumerate(tiles):
        y, x = 40 + i // 4 * 77, 35 + i % 4 * 91
        seen[y : y + 60, x : x + 60] = tile
    seen[10:20, 120:260:3] = 0
    np.testing.assert_array_equal(cut(seen, tell_grid([seen])), tiles)


@pytest.mark.parametrize("seed", range(5))
def test_one_picture_is_no_grid(seed: int) -> None:
    for side in (96, 128, 100):
        with pytest.raises(NoGrid, match="no lines of one colour"):
            tell_grid([np.array(Image.fromarray(shapes(1, 96, seed)[0]).resize((side, side)))])


def test_noise_is_no_grid_and_nothing_is_none() -> None:
    with pytest.raises(NoGrid):
        tell_grid([np.random.default_rng(0).integers(0, 256, (130, 130, 3), np.uint8)])
    with pytest.raises(NoGrid, match="one colour"):
        tell_grid([np.zeros((130, 130, 3), np.uint8)])


# ---- names


@pytest.mark.parametrize(
    ("path", "whole", "numbers", "label"),
    [
        ("fakes_000100.png", True, (100,), "step 100"),
        ("fakes000200.png", True, (200,), "step 200"),
        ("fake_samples_epoch_003.png", True, (3,), "epoch 3"),
        ("epoch_12/0007.png", False, (12,), "epoch 12"),
        ("out/step-500/3.png", False, (500,), "step 500"),
        ("epoch_3_batch_200.png", True, (3, 200), "epoch 3, batch 200"),
        ("image_at_epoch_0004.png", True, (4,), "epoch 4"),
        ("seed0001.png", False, (), ""),
        ("0001.png", False, (), ""),
        ("400.png", True, (400,), "step 400"),
        ("footstep12.png", False, (), ""),
    ],
)
def test_the_step_is_read_from_the_name(path: str, whole: bool, numbers: tuple[int, ...], label: str) -> None:
    assert moment(path, whole=whole, folders=False) == Moment(numbers, label)


def test_folders_called_by_numbers_are_steps_unless_they_may_be_classes() -> None:
    assert numbered_folders(["100/a.png", "200/a.png", "300/b.png"])
    assert not numbered_folders([f"{i}/a.png" for i in range(10)])
    assert not numbered_folders(["100/a.png", "b.png"])
    assert moment("x/200/a.png", whole=False, folders=True).label == "step 200"


def test_real_pictures_are_known_by_their_names() -> None:
    assert is_of_real("reals.png")
    assert is_of_real("real_samples.png")
    assert not is_of_real("unrealistic.png")


# ---- reading


def test_a_series_in_folders_a_zip_and_single_files_is_the_same(tmp_path: Path) -> None:
    given = {f"epoch_{e}/{i}.png": png(tile) for e in (1, 20, 3) for i, tile in enumerate(shapes(6, seed=e))}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in given.items():
            archive.writestr(name, content)
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
    for source in (tmp_path, packed.getvalue(), list(given.items()), [("a.zip", packed.getvalue())]):
        series = read_series(source)
        assert [samples.moment.label for samples in series.sets] == ["epoch 1", "epoch 3", "epoch 20"]
        np.testing.assert_array_equal(series.sets[1].pixels, shapes(6, seed=3))


def test_what_cannot_be_used_is_left_out_with_its_reason(tmp_path: Path) -> None:
    np.save(tmp_path / "step_10.npy", shapes(7))
    (tmp_path / "weights.pt").write_bytes(b"PK\x03\x04")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (tmp_path / "log.txt").write_text("loss 0.3")
    np.save(tmp_path / "z.npy", np.zeros((5, 2)))
    series = read_series(tmp_path)
    assert [(samples.moment.label, len(samples.pixels)) for samples in series.sets] == [("step 10", 7)]
    reasons = " ".join(reason for reason, _ in series.skipped)
    for part in ("can run code", "damaged", "no picture", "not of pictures"):
        assert part in reasons


def test_a_folder_without_samples_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"no usable sample \(1 file: damaged"):
        read_series(tmp_path)


def test_tiles_can_be_given_where_they_cannot_be_told() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (4, 24, 24, 3), np.uint8)
    content = png(grid(noise, 2, 0))
    (alone,) = read_series([("a_1.png", content)], tile=24).sets
    np.testing.assert_array_equal(alone.pixels, noise)
    assert "each is taken as one sample" in " ".join(read_series([("a_1.png", png(grid(noise, 4, 0)))]).said)


def test_counts_are_bounded_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for cap, value in {
        "MOST_SAMPLES": 40,
        "MOST_SNAPSHOTS": 4,
        "MOST_FILES": 9,
        "MOST_OF_ONE": 10,
        "MOST_REAL": 15,
    }.items():
        monkeypatch.setattr(reading, cap, value)
    series = read_series([(f"step_{i}.png", png(grid(shapes(30, 12, i), 6, 2))) for i in range(12)])
    assert len(series.sets) == 4
    assert max(len(samples.pixels) for samples in series.sets) <= 10
    assert series.sets[0].moment.numbers == (0,)
    assert "of 12 files, 9 at even distances are read" in series.said
    real, said, _ = read_real(files(shapes(20)))
    assert len(real) == 15
    assert "of 20 real pictures, 15" in " ".join(said)


def test_an_upload_is_bounded_in_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TOTAL_PIXELS", 24 * 24 * 3)
    series = read_series(files(shapes(5)))
    assert len(series.sets[0].pixels) == 3
    assert limits.MAX_TOTAL_PIXELS > 24 * 24 * 3


# ---- the judge


@pytest.fixture(scope="module")
def real() -> Pixels:
    return shapes(400, seed=9)


def report(sets: dict[str, Pixels], real: Pixels | None) -> Report:
    given = [file for name, tiles in sets.items() for file in files(tiles, f"{name}/{{}}.png")]
    return judge(read_series(given), real)


def said(found: Report) -> str:
    return " ".join(verdict.headline for verdict in found.verdicts)


def test_good_samples_are_called_good(real: Pixels) -> None:
    found = report({"a": shapes(100, seed=1)}, real)
    assert "cannot be told from the real ones" in said(found)
    assert "not collapsed" in said(found)
    assert "No sign of copies" in said(found)
    assert {name for name in METRICS if name in found.snapshots[0].scores}


def test_since_when_a_series_is_collapsed_and_what_is_best(real: Pixels) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (60, 24, 24, 3), np.uint8)
    alike = np.clip(shapes(2, seed=5)[rng.integers(0, 2, 60)] + rng.normal(0, 4, (60, 24, 24, 3)), 0, 255).astype(
        np.uint8
    )
    sets = {"step_0": noise, "step_10": shapes(60, seed=2), "step_20": alike, "step_30": alike[::-1]}
    found = report(sets, real)
    assert "Collapsed since step 20." in said(found)
    assert "Best: step 10." in said(found)
    assert found.best == 1
    assert found.verdicts[0].level == "bad"


def test_a_collapse_is_seen_without_real_pictures(real: Pixels) -> None:
    sets = {"step_1": shapes(40, seed=1), "step_2": np.repeat(shapes(1, seed=5), 40, 0)}
    found = report(sets, None)
    assert "Collapsed since step 2." in said(found)
    assert "only real pictures can tell" in said(found)
    assert found.best is None


def test_copies_are_found_also_mirrored_and_none_where_there_are_none(real: Pixels) -> None:
    copied = shapes(100, seed=3)
    copied[:10], copied[10:20] = real[:10], real[30:40, :, ::-1]
    noisy = np.clip(copied + np.random.default_rng(0).normal(0, 3, copied.shape), 0, 255).astype(np.uint8)
    assert "were copied" in said(report({"a": noisy}, real))
    assert "were copied" not in said(report({"a": shapes(100, seed=4)}, real))


def test_real_pictures_that_are_twins_do_not_hide_copies(real: Pixels) -> None:
    doubled = np.concatenate([real, real[:200]])
    found = report({"a": np.concatenate([real[:15], shapes(50, seed=6)])}, doubled)
    assert "were copied" in said(found)
    assert any("are twins of others" in one for one in found.said)


def test_too_few_of_either_are_said_not_judged(real: Pixels) -> None:
    with pytest.raises(DataError, match="too few to compare with"):
        report({"a": shapes(10)}, real[:5])
    assert "Too few samples" in said(report({"a": shapes(4, seed=1)}, real))


def test_equal_input_gives_an_equal_report(real: Pixels) -> None:
    one, other = (json.dumps(report({"a": shapes(30, seed=1)}, real).as_dict()) for _ in range(2))
    assert one == other


def test_real_pictures_in_the_series_are_used() -> None:
    given = [("reals.png", png(grid(shapes(64, seed=9), 8, 2))), ("fakes_000.png", png(grid(shapes(64, seed=1), 8, 2)))]
    found = judge(read_series(given), None)
    assert found.n_real == 64
    assert [shot.label for shot in found.snapshots] == ["step 0"]


# ---- the command and its page


def test_the_command_prints_a_table_or_a_record_and_writes_a_page(
    tmp_path: Path, real: Pixels, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, tiles in (("s", shapes(30, seed=1)), ("r", real[:60])):
        (tmp_path / folder).mkdir()
        for name, content in files(tiles):
            (tmp_path / folder / name).write_bytes(content)
    words = ["judge", str(tmp_path / "s"), "--real", str(tmp_path / "r"), "--html", str(tmp_path / "p.html")]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert "real pictures" in printed
    assert "no Inception, so nothing here is an FID" in printed
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert page.count("<img alt=") == 1
    assert "<script" not in page
    assert cli.main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["snapshots"][0]["n"] == 30
    assert record["n_real"] == 60


def test_a_place_that_is_not_there_is_said_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    for words in (["judge", str(tmp_path / "no")], ["judge", str(tmp_path), "--real", str(tmp_path / "no")]):
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        assert end.value.code == 2
        assert "neither a folder nor a file" in capsys.readouterr().err
    assert time.monotonic() - began < 60


def test_names_of_strangers_are_text_in_the_page(real: Pixels) -> None:
    given = files(shapes(12, seed=1), "epoch_1<script>alert(1)<&/{}.png") + files(shapes(12, seed=2), "epoch_2/{}.png")
    page = judged_page(judge(read_series(given), real), "<b>title</b>").decode()
    assert "<script" not in page
    assert "<b>title" not in page
