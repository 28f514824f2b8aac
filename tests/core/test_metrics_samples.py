"""Scores of arrays and files from anywhere: what is refused, and what the scores of images can tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan_core.data import Images, Points, load
from gan_core.errors import DataError
from gan_core.metrics import METRICS, load_samples, score_images, score_plane, score_samples


def plane(n: int = 3_000, seed: int = 1) -> NDArray[np.float32]:
    data = load("ring-8")
    assert isinstance(data, Points)
    return data.to_data(data.sample(n, torch.Generator().manual_seed(seed))).numpy()


def digits(n: int = 1_000, seed: int = 1) -> NDArray[np.float32]:
    return load("digits").sample(n, torch.Generator().manual_seed(seed)).numpy()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_file_scores_as_the_array_in_it(tmp_path: Path, dtype: type) -> None:
    fake = plane().astype(dtype)
    np.save(tmp_path / "fake.npy", fake)
    scores = score_samples("ring-8", tmp_path / "fake.npy")
    assert scores == score_samples("ring-8", fake)
    assert scores["modes"].value == 8
    assert (scores["high_quality"].n, scores["js"].n) == (2_500, 3_000)


def test_a_sorted_file_is_not_judged_by_its_beginning() -> None:
    fake = plane(20_000)
    by_angle = fake[np.arctan2(fake[:, 1], fake[:, 0]).argsort()]
    data = load("ring-8")
    assert isinstance(data, Points)
    assert score_plane(data, by_angle)["modes_reached"].value < 8
    assert score_samples("ring-8", by_angle)["modes_reached"].value == 8


def test_whole_numbers_are_samples_too() -> None:
    assert score_samples("grid-25", np.zeros((100, 2), np.int8))["modes"].value == 1


def test_an_unknown_data_set_is_refused() -> None:
    with pytest.raises(DataError, match="unknown data set 'ring8'"):
        score_samples("ring8", plane())


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((100, 3)), r"\[n, 2\]; these have \[100, 3\]"),
        (np.zeros(100), r"\[n, 2\]"),
        (np.array(1.0), r"\[n, 2\]; these have \[\]"),
        (np.zeros((1, 2)), "2 to 1,000,000 samples"),
        (np.zeros((0, 2)), "2 to 1,000,000 samples"),
        (np.zeros((1_000_001, 2), np.int8), "1,000,001"),
        (np.zeros((100, 2), complex), "real numbers; these are of type complex"),
        (np.zeros((100, 2), bool), "type bool"),
        (np.full((100, 2), "x"), "type <U1"),
        (np.array([[0.0, 1.0], [np.nan, 0.0]]), "NaN or infinite"),
        (np.array([[0.0, 1.0], [-np.inf, 0.0]]), "NaN or infinite"),
        (np.array([[0.0, 1.0], [-1e300, 0.0]]), "at most 1e"),
    ],
)
def test_points_of_the_wrong_kind_are_refused(array: NDArray[np.generic], message: str) -> None:
    with pytest.raises(DataError, match=message):
        score_samples("ring-8", array)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((100, 1, 28, 28)), r"\[n, 1, 8, 8\] or \[n, 8, 8\] or \[n, 64\]"),
        (np.full((100, 64), 255, np.uint8), "127.5"),
        (np.full((100, 64), -1.01), "pixels lie in"),
        (np.full((100, 64), -128, np.int8), "pixels lie in"),
        (np.full((100, 64), 1e300), "pixels lie in"),
    ],
)
def test_images_of_the_wrong_kind_are_refused(array: NDArray[np.generic], message: str) -> None:
    with pytest.raises(DataError, match=message):
        score_samples("digits", array)


def test_what_is_no_npy_file_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", fake=plane())
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object))
    (tmp_path / "text.npy").write_text("1, 2\n3, 4\n")
    (tmp_path / "empty.npy").write_bytes(b"")
    np.save(tmp_path / "good.npy", plane())
    (tmp_path / "half.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:5_000])
    (tmp_path / "header.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:20])
    with (tmp_path / "lie.npy").open("wb") as file:
        shape = (10**12, 2)
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    with (tmp_path / "large.npy").open("wb") as file:
        file.truncate(200_000_001)
    for name, message in (
        ("a.npz", "not a NumPy .npy file"),
        ("objects.npy", "cannot be read as plain numbers"),
        ("text.npy", "not a NumPy .npy file"),
        ("empty.npy", "not a NumPy .npy file"),
        ("half.npy", "cannot be read"),
        ("header.npy", "cannot be read"),
        ("lie.npy", "cannot be read"),
        ("large.npy", "200 MB; at most 200"),
        ("absent.npy", "is no file"),
        ("", "is no file"),
    ):
        with pytest.raises(DataError, match=message):
            load_samples(tmp_path / name)
    np.testing.assert_array_equal(load_samples(str(tmp_path / "good.npy")), plane())


# ---- images


@pytest.mark.parametrize("shape", [(1, 8, 8), (8, 8), (64,)])
def test_real_digits_score_as_their_floor_in_any_shape(shape: tuple[int, ...]) -> None:
    scores = score_samples("digits", digits().reshape(-1, *shape))
    assert {"sliced_wasserstein", "diversity", "recall", "kid", "frechet_classifier"} <= set(scores) <= set(METRICS)
    assert scores["sliced_wasserstein"].floor is not None
    assert scores["diversity"].floor == pytest.approx(1, abs=0.05)
    assert scores["sliced_wasserstein"].value < 1.5 * scores["sliced_wasserstein"].floor
    assert scores["diversity"].value == pytest.approx(1, abs=0.05)
    assert {score.n for score in scores.values()} == {897}


def test_collapse_and_noise_are_far_from_digits() -> None:
    data = load("digits")
    assert isinstance(data, Images)
    assert data.labels is not None
    noise = np.random.default_rng(0).uniform(-1, 1, (1_000, 64))
    single = np.repeat(digits(1), 1_000, axis=0)
    threes = data.train[data.labels == 3].numpy()
    for fake, diversity in ((noise, 1.08), (single, 0.0), (threes, 0.70)):
        scores = score_samples("digits", fake)
        assert scores["sliced_wasserstein"].floor is not None
        assert scores["sliced_wasserstein"].value > 3 * scores["sliced_wasserstein"].floor
        assert scores["diversity"].value == pytest.approx(diversity, abs=0.04)


def test_without_held_out_images_one_half_is_compared_with_the_other(rng: torch.Generator) -> None:
    whole = load("digits")
    assert isinstance(whole, Images)
    data = Images("half", whole.train, None, whole.labels, None, whole.classes)
    scores = score_images(data, data.sample(600, rng).numpy())
    assert scores["sliced_wasserstein"].n == 450
    assert scores["sliced_wasserstein"].floor is not None
    assert 0 < scores["sliced_wasserstein"].floor < 0.1
    assert scores == score_images(data, data.sample(600, rng.manual_seed(rng.initial_seed())).numpy())
