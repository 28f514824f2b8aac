from __future__ import annotations

import json
import math
import struct
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from gan_core.record.frame import MAGIC, VERSION, Picture, decode, encode, finite
from gan_core.record.snapshot import Snapshot

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
some_arrays = st.sampled_from([np.float32, np.uint8]).flatmap(
    lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
)


@given(
    st.dictionaries(st.text(max_size=8).filter(lambda key: key != "arrays"), json_values, max_size=4),
    st.dictionaries(st.text(max_size=8), some_arrays, max_size=4),
)
def test_a_frame_gives_back_what_was_put_in(header: dict[str, Any], arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    found_header, found_arrays = decode(encode(header, arrays))
    assert found_header == header
    assert found_arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found_arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found_arrays[name], array)


def test_the_bytes_are_laid_out_as_the_browser_reads_them() -> None:
    image, curve = np.arange(6, dtype=np.uint8).reshape(1, 2, 3), np.array([1.5, math.nan], np.float32)
    frame = encode({"step": 3, "é": "ü"}, {"a picture": image, "curve": curve})
    magic, version, length = struct.unpack_from("<4sII", frame)
    assert (magic, version) == (MAGIC, VERSION) == (b"GANX", 1)
    assert (12 + length) % 8 == 0
    header = json.loads(frame[12 : 12 + length].decode())
    assert header["é"] == "ü"
    assert header["arrays"] == {
        "curve": {"dtype": "float32", "shape": [2], "offset": 0},
        "a picture": {"dtype": "uint8", "shape": [1, 2, 3], "offset": 8},
    }
    assert struct.unpack_from("<f", frame, 12 + length) == (1.5,)
    assert frame[12 + length + 8 :] == bytes(range(6))


def test_json_knows_no_nan_but_arrays_do() -> None:
    header = {"a": math.nan, "b": [math.inf, 1.0], "c": {"d": -math.inf}, "e": (1, "x", True, None)}
    found, arrays = decode(encode(header, {"gap": np.array([math.nan], np.float32)}))
    assert found == {"a": None, "b": [None, 1.0], "c": {"d": None}, "e": [1, "x", True, None]}
    assert np.isnan(arrays["gap"]).all()
    assert finite(header) == found


@pytest.mark.parametrize("order", ["F", "C"])
def test_an_array_that_is_no_block_of_memory_is_packed_in_its_own_order(order: Any) -> None:
    picture = np.asarray(np.arange(12, dtype=np.float32).reshape(3, 4), order=order)
    np.testing.assert_array_equal(decode(encode({}, {"x": picture[:, ::2]}))[1]["x"], picture[:, ::2])


FRAME = encode({"step": 1}, {"x": np.ones(4, np.float32)})


@pytest.mark.parametrize(
    "bytes_",
    [b"", FRAME[:11], FRAME[:40], FRAME[:-1], b"NOPE" + FRAME[4:], FRAME[:4] + struct.pack("<I", 2) + FRAME[8:]],
)
def test_what_is_no_whole_frame_of_this_version_is_refused(bytes_: bytes) -> None:
    with pytest.raises(ValueError, match=r"frame|buffer"):
        decode(bytes_)


# -- snapshots -----------------------------------------------------------------------------------------------


def told(step: int) -> Picture:
    return cast("Picture", {"step": step})


def test_a_snapshot_cannot_be_changed() -> None:
    snapshot = Snapshot(3, told(3), {"x": np.zeros(2, np.float32)})
    with pytest.raises(ValueError, match="read-only"):
        snapshot.arrays["x"][0] = 1
    with pytest.raises(TypeError):
        snapshot.header["step"] = 4
    with pytest.raises(TypeError):
        snapshot.arrays["y"] = snapshot.arrays["x"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        snapshot.step = 4  # type: ignore[misc]


def test_a_snapshot_does_not_follow_the_dictionary_it_was_made_of() -> None:
    header = told(3)
    snapshot = Snapshot(3, header, {})
    header["step"] = 9
    assert snapshot.header["step"] == 3


def test_a_snapshot_holds_only_what_a_frame_can_carry() -> None:
    with pytest.raises(TypeError, match="float32 and uint8"):
        Snapshot(0, told(0), {"x": np.zeros(2)})
