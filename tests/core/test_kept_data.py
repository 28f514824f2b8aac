"""Own data on disk beside the runs: found again, bounded, of one owner alone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gan_core.data.own_data import OwnImages, OwnPoints, OwnSounds
from gan_core.data.payload import HEAD, described, to_bytes
from gan_core.storage import kept_data
from gan_core.storage.kept_data import KeptData, is_wanted
from tests.core.own_sets import sounds, words

ALICE, BOB = "a" * 64, "b" * 64


def large(seed: int = 0, n: int = 200) -> OwnImages:
    """Pictures of 2.5 MB, which no run's file carries."""
    pixels = np.random.default_rng(seed).integers(0, 256, (n, 64, 64, 3), np.uint8)
    return OwnImages(pixels, names=("<b>",) * n, labels=np.arange(n) % 2, classes=("cat", "dog"))


def test_what_was_kept_is_found_again_by_its_hash(tmp_path: Path) -> None:
    data = large()
    assert KeptData(tmp_path).keep(data)
    assert KeptData(tmp_path).keep(data)
    found = KeptData(tmp_path).find(data.hash)
    assert isinstance(found, OwnImages)
    assert (found.hash, found.classes, found.names) == (data.hash, data.classes, ())
    (kept,) = KeptData(tmp_path).all()
    assert (kept.hash, kept.words) == (data.hash, "200 pictures, 64 px")
    assert kept.size > data.nbytes
    KeptData(tmp_path).delete(data.hash)
    assert KeptData(tmp_path).find(data.hash) is None
    assert not KeptData(tmp_path).all()


def test_sounds_are_kept_too(tmp_path: Path) -> None:
    data = sounds(2_500)
    assert KeptData(tmp_path).keep(data)
    found = KeptData(tmp_path).find(data.hash)
    assert isinstance(found, OwnSounds)
    assert (found.hash, found.rate) == (data.hash, data.rate)
    assert [kept.words for kept in KeptData(tmp_path).all()] == ["2,500 sounds"]
    assert described((to_bytes(words()) or b"")[:HEAD]) == "70 words of up to 5 letters"
    assert not KeptData(tmp_path).keep(words())


def test_what_a_runs_file_carries_is_not_kept_twice(tmp_path: Path) -> None:
    points = OwnPoints(np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32))
    assert not KeptData(tmp_path).keep(points)
    assert not list(tmp_path.iterdir())


def test_nobody_finds_what_another_kept(tmp_path: Path) -> None:
    data = large()
    KeptData(tmp_path, ALICE).keep(data)
    assert KeptData(tmp_path, BOB).find(data.hash) is None
    assert KeptData(tmp_path).find(data.hash) is None
    assert not KeptData(tmp_path, BOB).all()
    KeptData(tmp_path, BOB).delete(data.hash)
    assert KeptData(tmp_path, ALICE).find(data.hash) is not None
    for owner in ("../x", "a/b", "A" * 64):
        with pytest.raises(ValueError, match="is no owner"):
            KeptData(tmp_path, owner)
    for name in ("../run", "", "a" * 63, f"{data.hash}/.."):
        assert KeptData(tmp_path, ALICE).find(name) is None
        KeptData(tmp_path, ALICE).delete(name)


@pytest.mark.parametrize("limit", ["MAX_BYTES_OF_ONE", "MAX_BYTES"])
def test_the_set_that_was_not_used_for_the_longest_time_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(kept_data, limit, 6_000_000)
    kept, sets = KeptData(tmp_path), [large(seed) for seed in range(3)]
    for age, data in zip((300, 200), sets, strict=False):
        kept.keep(data)
        path = next(tmp_path.rglob(f"{data.hash}.own"))
        os.utime(path, (path.stat().st_atime - age,) * 2)
    kept.find(sets[0].hash)  # used now
    kept.keep(sets[2])
    assert {one.hash for one in kept.all()} == {sets[0].hash, sets[2].hash}


def test_damaged_and_exchanged_files_are_not_found(tmp_path: Path) -> None:
    kept, one, other = KeptData(tmp_path), large(), large(1)
    for data in (one, other):
        kept.keep(data)
    first, second = (next(tmp_path.rglob(f"{data.hash}.own")) for data in (one, other))
    first.write_bytes(second.read_bytes())
    second.write_bytes(second.read_bytes()[:1000])
    assert kept.find(one.hash) is None
    assert kept.find(other.hash) is None


@pytest.mark.parametrize(
    ("said", "one", "many"), [("", True, False), ("on", True, True), ("off", False, False), ("?", True, False)]
)
def test_data_of_many_are_kept_only_if_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, said: str, one: bool, many: bool
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_KEEP_DATA", said)
    assert (is_wanted(for_one=True), is_wanted(for_one=False)) == (one, many)
