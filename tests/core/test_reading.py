"""Data of strangers of all kinds: the tables, arrays and folders that people have, and what is said about them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.own_data import OwnImages, OwnPoints
from gan_core.data.picture import Choices
from gan_core.data.reading import ReadOptions, read_files, read_path
from gan_core.errors import DataError

XY = [[0.5, 10.25], [1.5, -3.0], [2.25, 7.5]]


def points(text: str, *columns: str, scale: bool = False, name: str = "a.csv") -> OwnPoints:
    data = read_files([(name, text.encode())], ReadOptions(columns=columns, scale=scale))
    assert isinstance(data, OwnPoints)
    return data


def npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(**arrays: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def images(name: str, content: bytes, **choices: Any) -> OwnImages:
    data = read_files([(name, content)], ReadOptions(pictures=Choices(**choices)))
    assert isinstance(data, OwnImages)
    return data


# ---- tables


@pytest.mark.parametrize(
    "text",
    [
        "5.000e-01 1.025e+01\n1.5 -3\n2.25 7.5\n",  # numpy.savetxt
        "# x y\n0.5 10.25\n1.5 -3\n2.25 7.5\n",
        "  0.5   10.25\n  1.5   -3\n  2.25   7.5\n",
        "x y\n0.5 10.25\n1.5 -3\n2.25 7.5\n",
        ",x,y\n0,0.5,10.25\n1,1.5,-3\n2,2.25,7.5\n",  # pandas, with its index
        ",0,1\n0,0.5,10.25\n1,1.5,-3\n2,2.25,7.5\n",
        "0,1\n0.5,10.25\n1.5,-3.0\n2.25,7.5\n",  # pandas, without it
        "Unnamed: 0,x,y\n0,0.5,10.25\n1,1.5,-3\n2,2.25,7.5\n",
        "x y\n1 0.5 10.25\n2 1.5 -3\n3 2.25 7.5\n",  # R writes no name over the row names
        "x,y,label\n0.5,10.25,0\n1.5,-3,1\n2.25,7.5,0\n",
        "species,x,y\nsetosa,0.5,10.25\nversicolor,1.5,-3\nsetosa,2.25,7.5\n",
        "id,x,y,class\n1,0.5,10.25,a\n2,1.5,-3,b\n3,2.25,7.5,a\n",
        "0.5,10.25,1\n1.5,-3,0\n2.25,7.5,1\n",
        "größe,höhe\n0.5,10.25\n1.5,-3\n2.25,7.5\n",
        "x;y\n0,5;10,25\n1,5;-3\n2,25;7,5\n",
        '"x","y"\n"0.5","10.25"\n"1.5","-3"\n"2.25","7.5"\n',
        "x\ty\n0.5\t10.25\n1.5\t-3\n2.25\t7.5\n",
    ],
)
def test_a_table_is_read_as_programs_and_spreadsheets_write_it(text: str) -> None:
    assert points(text).values.tolist() == XY


@pytest.mark.parametrize(
    "text",
    [
        'x,y\n"1,234.5","12,000"\n"2,345,678.25"'.replace("2,345,678.25", "345,678.25") + ',"-1,000"\n3.5,7\n',
        "x;y\n1,234.5;12,000\n345,678.25;-1,000\n3.5;7\n",
        "x;y\n1.234,5;12.000,0\n345.678,25;-1.000,0\n3,5;7\n",
    ],
)
def test_separators_of_thousands_are_understood_and_said(text: str) -> None:
    data = points(text)
    assert data.values.tolist() == [[1234.5, 12000], [345678.25, -1000], [3.5, 7]]
    assert any(said.startswith("numbers are read like 1") for said in data.decisions)


def test_a_decimal_comma_is_not_a_separator_of_thousands() -> None:
    assert points("1,250;2,5\n3,125;4\n").values.tolist() == [[1.25, 2.5], [3.125, 4]]


def test_columns_are_chosen_by_name_or_by_place() -> None:
    text = "a,b,c\n1,0.5,10.25\n7,1.5,-3\n3,2.25,7.5\n"
    assert points(text, "b", "c").values.tolist() == XY
    assert points(text, "2", "3").values.tolist() == XY
    assert points(text, "c", "b").values.tolist() == [[y, x] for x, y in XY]
    assert "columns 'b' and 'c' are used, as chosen" in points(text, "b", "c").decisions
    array = np.array([[9, *row] for row in XY])
    assert read_files([("a.npy", npy(array))], ReadOptions(columns=("2", "3"))).hash == points(text, "b", "c").hash


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((), "choose two of 'a', 'b', 'c'"),
        (("a",), "two columns are wanted, and 1 are named"),
        (("a", "a"), "is named twice"),
        (("a", "nope"), "there is no column 'nope'; there are 'a', 'b', 'c'"),
        (("a", "4"), "there is no column '4'"),
    ],
)
def test_which_columns_are_meant_is_asked_where_it_is_not_plain(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(DataError) as refusal:
        points("a,b,c\n1.5,0.5,10.25\n7.5,1.5,-3\n3.5,2.25,7.5\n", *columns)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_was_decided_about_columns_is_said() -> None:
    data = points("id,x,y,species\n1,0.5,10.25,a\n2,1.5,-3,b\n3,2.25,7.5,a\n")
    assert data.decisions == (
        "columns 'x' and 'y' are used",
        "column 'id' is left out: a running number",
        "column 'species' is left out: words",
    )


def test_two_columns_that_count_are_points_and_no_index() -> None:
    assert points("0,5.5\n1,6.5\n2,8.5\n").values.tolist() == [[0, 5.5], [1, 6.5], [2, 8.5]]
    assert points("0,1\n1,2\n4,5\n").values.tolist() == [[0, 1], [1, 2], [4, 5]]


def test_each_column_can_be_scaled_by_its_own_spread() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal([0, 5000], [0.001, 1000], (200, 2))
    text = "\n".join(f"{x!r},{y!r}" for x, y in table.tolist())
    scaled = points(text, scale=True)
    np.testing.assert_allclose(scaled.values.std(0), [1, 1], rtol=1e-5)
    np.testing.assert_allclose(scaled.values.mean(0), [0, 0], atol=1e-5)
    assert any("divided by its spread" in said for said in scaled.decisions)
    assert not any("spread" in said for said in points(text).decisions)


# ---- arrays of pictures


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda a: a, "0 to 255"),
        (lambda a: (a / 255).astype(np.float32), "0 to 1"),
        (lambda a: a / 127.5 - 1, "-1 to 1"),
        (lambda a: a.astype(np.float64), "0 to 255"),
        (lambda a: a.astype(np.int64) * 257, "0 to 65,535"),
    ],
)
@pytest.mark.parametrize("order", ["hwc", "chw", "grey"])
def test_arrays_of_pictures_are_read_by_their_range_and_shape(make: Any, said: str, order: str) -> None:
    rng = np.random.default_rng(0)
    wanted = rng.integers(0, 256, (7, 16, 16, 1 if order == "grey" else 3), np.uint8)
    wanted.reshape(-1)[:2] = 0, 255
    array = make(wanted)
    array = {"hwc": array, "chw": array.transpose(0, 3, 1, 2), "grey": array[..., 0]}[order]
    data = images("a.npy", npy(array))
    assert (data.pixels == wanted).all()
    assert any(said in words for words in data.decisions)
    packed = images("a.npz", npz(images=array, labels=np.arange(7) % 2))
    assert (packed.pixels == wanted).all()
    assert packed.classes == ("0", "1")
    assert "labels are classes: 0 4, 1 3" in packed.decisions


def test_other_names_in_an_archive_are_found() -> None:
    array = np.random.default_rng(0).integers(0, 256, (4, 9, 9), np.uint8)
    assert len(images("a.npz", npz(x_train=array, y_train=np.array([3, 3, 5, 5]))).classes) == 2
    assert images("a.npz", npz(whatever=array)).decisions[0] == "pictures are the array 'whatever'"


def test_large_and_oblong_arrays_become_small_squares() -> None:
    array = np.random.default_rng(0).integers(0, 256, (2, 100, 150, 3), np.uint8)
    data = images("a.npy", npy(array))
    assert data.pixels.shape == (2, 64, 64, 3)
    assert "they are 150 x 100 px: each is cut to its middle square" in data.decisions
    assert images("a.npy", npy(array), fit="pad").pixels.max() == 255


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.npy", npy(np.zeros((2, 3, 9, 9, 9))), "cut off or damaged"),
        ("a.npy", npy(np.zeros((4, 9, 9, 2))), "1 or 3 channels"),
        ("a.npy", npy(np.zeros((4, 3, 3))), "of 8 px or more"),
        ("a.npy", npy(np.zeros((0, 9, 9))), "0 pictures"),
        ("a.npy", npy(np.full((4, 9, 9), np.nan)), "NaN or infinite"),
        ("a.npy", npy(np.full((4, 9, 9), -7.0)), "0..1, -1..1 or 0..255; here from -7"),
        ("a.npy", npy(np.full((4, 9, 9), 300.0)), "here from 300"),
        ("a.npz", b"PK\x03\x04", "damaged"),
        ("a.npz", npz(), "holds no array"),
        ("a.npz", npz(x=np.array([{}], dtype=object)), "does not hold plain numbers"),
        ("a.npz", npz(x=np.zeros((4, 2)))[:-30], "damaged"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused_in_one_line(name: str, content: bytes, said: str) -> None:
    with pytest.raises(DataError) as refusal:
        read_files([(name, content)])
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_labels_that_are_no_classes_are_left_out_and_said() -> None:
    array = np.random.default_rng(0).integers(0, 256, (30, 9, 9), np.uint8)
    for labels, said in [
        (np.arange(30), "30 kinds of labels"),
        (np.zeros(30, int), "1 kinds of labels"),
        (np.zeros(7, int), "does not fit"),
        (np.zeros(30), "does not fit"),
    ]:
        data = images("a.npz", npz(images=array, labels=labels))
        assert data.labels is None
        assert any(said in words for words in data.decisions)


# ---- folders


def test_a_path_is_read_by_what_it_is(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 256, (3, 12, 12), np.uint8)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i, picture in enumerate(array):
        Image.fromarray(picture).save(folder / f"{i}.tif")
    folder.joinpath("notes.txt").write_text("hello")
    read = read_path(folder)
    assert isinstance(read, OwnImages)
    assert read.skipped == (("no picture, by its name and its first bytes", 1),)
    tmp_path.joinpath("a.npy").write_bytes(npy(array))
    assert read_path(tmp_path / "a.npy").hash == read.hash
    tmp_path.joinpath("a.tsv").write_text("x\ty\n1\t2\n3\t5\n")
    assert isinstance(read_path(tmp_path / "a.tsv"), OwnPoints)


def test_several_files_are_pictures() -> None:
    with pytest.raises(DataError, match="no usable picture"):
        read_files([("a.csv", b"1,2\n3,4\n"), ("b.csv", b"1,2\n3,4\n")])
