"""Cards of saved runs: what a list shows of them."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gan_core.record.run_card import MAX_NAME, RunCard, read, seconds_at, tidy

FULL = RunCard(
    "my run",
    "f" * 64,
    {"js": 0.25},
    ((0, 0.0), (10, 1.5)),
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 72, 72),
)


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(FULL.encode())
    assert read(tmp_path / "a") == FULL


def test_scores_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(RunCard(scores={"js": math.nan, "sharp": 1.0}).encode())
    assert read(tmp_path / "a").scores == {"sharp": 1.0}


WORDS = json.loads(FULL.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"[1]",
        b"{}",
        b"[" * 100_000,
        json.dumps(WORDS | {"scores": [1]}).encode(),
        json.dumps(WORDS | {"scores": {"js": "x"}}).encode(),
        json.dumps(WORDS | {"clock": [[1]]}).encode(),
        json.dumps(WORDS | {"picture": "no base64!"}).encode(),
        json.dumps(WORDS | {"name": "x" * 600_000}).encode(),
    ],
)
def test_a_damaged_card_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert read(tmp_path / "a") == RunCard()
    assert read(tmp_path / "missing") == RunCard()


def test_a_name_is_one_short_line() -> None:
    assert tidy("  a\tb\n\x00c\u202e d ") == "a b c d"
    assert len(tidy("x" * 500)) == MAX_NAME


def test_the_clock_tells_when_a_step_was_reached() -> None:
    assert seconds_at(np.array([0, 5, 10, 99]), FULL.clock).tolist() == [0.0, 0.75, 1.5, 1.5]


@pytest.mark.parametrize("content", [b"GIF89a" + b"x" * 30, FULL.picture[:-8] + struct.pack(">II", 60_000, 60_000)])
def test_a_picture_that_is_no_thumbnail_is_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(replace(FULL, picture=content).encode())
    assert read(tmp_path / "a") == replace(FULL, picture=b"")
