"""Tables and drawings of strangers: what is read as points, and how the rest is refused."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan_core.data import tables
from gan_core.data.own_data import OwnPoints
from gan_core.data.tables import read_csv, read_drawing, read_npy, read_points
from gan_core.errors import DataError


def npy(array: NDArray[Any], version: tuple[int, int] = (1, 0)) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version)
    return buffer.getvalue()


SQUARE = [[0.0, 0.0], [1.0, 0.0], [1.0, 2.5], [0.0, -3.0]]


@pytest.mark.parametrize(
    "text",
    [
        "0,0\n1,0\n1,2.5\n0,-3\n",
        "x,y\n0,0\n1,0\n1,2.5\n0,-3",
        "0;0\r\n1;0\r\n1;2,5\r\n0;-3\r\n",
        "x;y\n0;0\n1;0\n1;2.5\n0;-3",
        "0\t0\n1\t0\n1\t2,5\n0\t-3\n",
        '"width in cm, say","height"\n"0","0"\n"1","0"\n"1","2.5"\n0,-3.0e0\n',
        "\ufeff 0 , 0 \n\n1,0\n   \n1,2.5\n0,-3\n\n",
        "0,0\r1,0\r1,2.5\r0,-3\r",
    ],
)
def test_a_table_may_be_written_as_spreadsheets_do(text: str) -> None:
    data = read_csv(text.encode())
    assert data.values.dtype == np.float32
    assert data.values.tolist() == SQUARE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \n\n", "empty"),
        ("x,y\n", "2 to 200,000 points"),
        ("0,1\n", "2 to 200,000 points"),
        ("0,1\nabc,2\n", "row 2, column 1 is 'abc'"),
        ("x,y\n0,1\n\n2,\n", "row 4, column 2 is ''"),
        ("0,1\n2,nan\n", "row 2, column 2 is 'nan'"),
        ("0,1\n-inf,1\n", "row 2, column 1 is '-inf'"),
        ("0,1\n1e400,1\n", "row 2, column 1 is '1e400'"),
        ("0,1\n1,1000001\n", "row 2, column 2 is '1000001'"),
        ("0,1\n1_0,1\n", "row 2, column 1 is '1_0'"),
        ("0,1\n\u0663,1\n", "row 2, column 1"),
        ("0,1\n" + "9" * 5000 + ",1\n", "row 2, column 1 is '99999999999999999999...'"),
        ("0,1\n1,2,3\n", "row 2 has 3 columns, and row 1 has 2"),
        ("0,1\n1\n", "row 2 has one column, and row 1 has 2"),
        ("1;2\n3,4\n", "row 2 has one column, and row 1 has 2"),
        ("5\n6\n", "row 1 has one column; two are wanted"),
        ("1,2\n1,2\n", "too close together"),
        ("900000,1\n900000,1.001\n", "too close together"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line_that_says_where(text: str, said: str) -> None:
    with pytest.raises(DataError) as refusal:
        read_csv(text.encode())
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("content", [b"\xff\xfe0\x00,\x00", b"\x89PNG\r\n\x1a\n", bytes(range(128, 256))])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="not text in UTF-8"):
        read_csv(content)


@pytest.mark.parametrize(("cap", "said"), [("MAX_POINTS", "at most 3 are allowed"), ("MAX_TABLE_BYTES", "at most 0")])
def test_a_table_that_is_too_large_is_refused(cap: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, cap, 3)
    with pytest.raises(DataError, match=said):
        read_csv(b"1,2\n" * 4)
    with pytest.raises(DataError, match=said.replace("at most 3", "2 to 3")):
        read_npy(npy(np.zeros((4, 2))))


def test_a_table_of_millions_of_empty_lines_is_refused_at_once() -> None:
    with pytest.raises(DataError, match="400,003 lines; at most 200,000 rows"):
        read_csv(b"1,2\n3,4\n" + b"\n" * 400_001)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", "i1", "<u2", ">i4", "<u8"])
def test_arrays_of_numbers_are_read(dtype: str, version: tuple[int, int]) -> None:
    array = np.array([[1, 2], [3, 4], [5, 60]]).astype(dtype)
    for order in ("C", "F"):
        data = read_npy(npy(np.asarray(array, order=order), version))
        assert data.values.tolist() == [[1, 2], [3, 4], [5, 60]]


def test_a_file_is_read_by_what_its_name_ends_in() -> None:
    array = np.array(SQUARE)
    assert read_points("A.NPY", npy(array)).hash == read_points("a.csv", b"0,0\n1,0\n1,2.5\n0,-3").hash


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a NumPy .npy file"),
        (b"PK\x03\x04", "not a NumPy .npy file"),
        (npy(np.array(SQUARE))[:9], "does not hold plain numbers"),
        (npy(np.array(SQUARE))[:40], "does not hold plain numbers"),
        (npy(np.array(SQUARE))[:-1], "cut off"),
        (npy(np.array(SQUARE)) + b"x", "cut off"),
        (npy(np.array(SQUARE)).replace(b"(4, 2)", b"(9, 2)"), "promises 9 rows"),
        (npy(np.array(SQUARE)).replace(b"(4, 2), }   ", b"(99999999, 2)}"), "does not hold plain numbers"),
        (npy(np.array(SQUARE)).replace(b"(4, 2), }      ", b"(9999999, 2), }"), "promises 9,999,999 rows"),
        (npy(np.zeros((5, 3))), "shape [n, 2]; this has [5, 3]"),
        (npy(np.zeros(4)), "this has [4]"),
        (npy(np.zeros(())), "this has []"),
        (npy(np.zeros((0, 2))), "0 rows"),
        (npy(np.array([["a", "b"]])), "and not '<U1'"),
        (npy(np.zeros((3, 2), complex)), "and not '<c16'"),
        (npy(np.zeros((3, 2), bool)), "and not '|b1'"),
        (npy(np.zeros((3, 2), np.longdouble)), "and not"),
        (npy(np.zeros(3, [("a", "f4"), ("b", "f4")])), "does not hold plain numbers"),
        (b"\x93NUMPY\x01\x00\x10\x00__import__('os')", "does not hold plain numbers"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "does not hold plain numbers"),
        (npy(np.array([[0, 1], [np.nan, 1]])), "point 2, column 1 is nan"),
        (npy(np.array([[0, 1], [1, np.inf]])), "point 2, column 2 is nan"),
        (npy(np.array([[0, 1], [1, 1e300]])), "point 2, column 2"),
    ],
)
def test_another_array_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(DataError) as refusal:
        read_npy(content)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_array_of_objects_is_refused_and_nothing_in_it_is_run() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([[{}, 1], [2, 3]], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"and not '\|O'"):
        read_npy(buffer.getvalue())


def test_a_drawing_is_moved_by_less_than_a_pixel() -> None:
    drawn = np.random.default_rng(0).normal(3, 40, (200, 2))
    data = read_drawing(drawn.tolist())
    assert np.abs(data.values - drawn).max() < np.ptp(drawn, axis=0).max() / 8000
    assert read_drawing([[0, 0], [1, 1]]).values.tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (None, "a list of 2 to 5,000"),
        ("12", "a list of 2 to 5,000"),
        ([], "a list of 2 to 5,000"),
        ([[0, 1]], "a list of 2 to 5,000"),
        ([[0, 1]] * 5001, "a list of 2 to 5,000"),
        ([[0, 1], 3], "point 2 of the drawing is not a pair"),
        ([[0, 1], "34"], "point 2 of the drawing is not a pair"),
        ([[0, 1], [1, 2, 3]], "point 2 of the drawing is not a pair"),
        ([[0, 1], ["1", 2]], "point 2, column 1"),
        ([[0, 1], [True, 2]], "point 2, column 1"),
        ([[0, 1], [1, math.nan]], "point 2, column 2"),
        ([[0, 1], [1, 10**400]], "point 2, column 2"),
        ([[1, 1], [1, 1]], "too close together"),
    ],
)
def test_what_is_no_drawing_is_refused(drawn: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_drawing(drawn)


# ---- the data set that points make


def cloud(n: int = 500) -> OwnPoints:
    return OwnPoints(np.random.default_rng(0).normal([100, -7], [3, 1], (n, 2)).astype(np.float32))


def test_networks_see_own_points_at_unit_size_and_pictures_show_them_in_their_units(rng: torch.Generator) -> None:
    own = cloud()
    data = own.dataset()
    x = data.sample(200_000, rng)
    assert x.dtype == torch.float32
    assert x.mean(0).abs().max() < 0.02
    assert x.square().mean().sqrt().item() == pytest.approx(1, abs=0.01)
    known = np.sort(own.values[:, 0])
    back = data.to_data(x[:1000].double()).numpy()[:, 0]
    assert np.abs(known[np.searchsorted(known, back - 1e-3).clip(0, len(known) - 1)] - back).max() < 2e-3
    assert (data.modes, data.n_train, data.shape, data.name) == (None, None, (2,), "own-points")


def test_the_frame_is_a_square_around_all_points() -> None:
    own = cloud()
    x0, x1, y0, y1 = own.dataset().frame
    assert x1 - x0 == pytest.approx(y1 - y0)
    assert x1 - x0 == pytest.approx(1.15 * np.ptp(own.values[:, 0]), rel=1e-5)
    assert ((own.values > [x0, y0]) & (own.values < [x1, y1])).all()


def test_few_points_are_warned_about() -> None:
    assert "Only 99 points" in cloud(99).warning
    assert not cloud(100).warning


def test_minus_nothing_is_nothing() -> None:
    assert read_csv(b"-0,1\n1,0").hash == read_csv(b"0,1\n1,-0.0").hash
