"""Data in the plane: moments, constants of the literature, known modes, and where randomness comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import make_moons, make_swiss_roll

from gan_core.data import DATASETS, Points, load
from gan_core.metrics import sliced_wasserstein

PLANE = ("gaussians-2", "ring", "blobs-3", "line", "ring-8", "grid-25", "moons", "swiss-roll")
WITH_MODES = PLANE[:6]
N = 400_000


def points(name: str) -> Points:
    data = load(name)
    assert isinstance(data, Points)
    return data


def draw(name: str, n: int = N, seed: int = 5) -> NDArray[np.float64]:
    """Samples in data units."""
    data = points(name)
    return data.to_data(data.sample(n, torch.Generator().manual_seed(seed)).double()).numpy()


WORDS = ("own-words", "english-words", "expressions")


OWN = ("own-images", "own-points", "own-sounds")


def test_the_table_lists_the_plane_first_and_then_the_images() -> None:
    assert tuple(name for name, info in DATASETS.items() if info.rules.kind == "text") == WORDS
    images = ("digits", "mnist", "fashion-mnist", "kmnist", "cifar10")
    assert (*PLANE, *images, "photographs", "notes", *OWN, *WORDS) == tuple(DATASETS)


@pytest.mark.parametrize("name", PLANE)
def test_samples_have_mean_zero_and_unit_size_for_the_networks(name: str, rng: torch.Generator) -> None:
    x = points(name).sample(N, rng).double()
    assert x.mean(0).abs().max() < 6 / math.sqrt(N)
    assert x.square().mean().sqrt().item() == pytest.approx(1.0, abs=6 / math.sqrt(N))


@pytest.mark.parametrize("name", PLANE)
@pytest.mark.parametrize("n", [1, 2, 257])
def test_samples_are_single_precision_pairs(name: str, n: int, rng: torch.Generator) -> None:
    data = points(name)
    x = data.sample(n, rng)
    assert (x.dtype, x.shape, x.device.type) == (torch.float32, (n, *data.shape), "cpu")
    assert x.isfinite().all()
    assert not x.requires_grad


@pytest.mark.parametrize("name", PLANE)
def test_all_randomness_comes_from_the_given_generator(name: str) -> None:
    torch.manual_seed(12345)
    before = torch.get_rng_state()
    first, again, other = (points(name).sample(64, torch.Generator().manual_seed(s)) for s in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", PLANE)
def test_units_go_there_and_back_and_keep_type(name: str, rng: torch.Generator) -> None:
    data = points(name)
    x = data.sample(32, rng)
    torch.testing.assert_close(data.to_network(data.to_data(x)), x, atol=1e-5, rtol=1e-5)
    for dtype in (np.float32, np.float64):
        array = x.numpy().astype(dtype)
        there = data.to_data(array)
        assert there.dtype == dtype
        np.testing.assert_allclose(there, x.numpy() * data.scale + data.centre, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(data.to_network(there), array, rtol=1e-4, atol=1e-5)


# Covariances worked out by hand from the published constants: var x, var y, covariance.
BLOB_CENTRES, BLOB_SHARES = (
    np.array([[0.35, 0.75], [0.75, 0.6], [0.45, 0.35]]),
    np.array([0.333, 0.333, 0.334]),
)
BLOB_COV = np.cov(BLOB_CENTRES.T, aweights=BLOB_SHARES, ddof=0)
MOMENTS = {
    "gaussians-2": ((0.5, 0.55), (0.2**2 + (0.1**2 + 0.05**2) / 2, 0.15**2 + (0.1**2 + 0.2**2) / 2, -0.03)),
    "ring": ((0.5, 0.45), (0.3**2 / 2 + 0.025**2, 0.25**2 / 2 + 0.025**2, 0.0)),
    "blobs-3": (
        tuple(BLOB_SHARES @ BLOB_CENTRES),
        (BLOB_COV[0, 0] + 0.025**2, BLOB_COV[1, 1] + 0.025**2, BLOB_COV[0, 1]),
    ),
    "line": ((0.425, 0.75), (0.75**2 / 12 + 0.01**2, 0.3**2 / 12 + 0.01**2, -0.75 * 0.3 / 12)),
    "ring-8": ((0.0, 0.0), (0.5 + 0.01**2, 0.5 + 0.01**2, 0.0)),
    "grid-25": ((0.0, 0.0), (8 + 0.05**2, 8 + 0.05**2, 0.0)),
    "moons": (
        (0.5, 0.25),
        (0.75 + 0.05**2, 0.5625 - 1 / math.pi + 0.05**2, 0.125 - 1 / math.pi),
    ),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_distributions_have_the_moments_of_the_published_constants(name: str) -> None:
    mean, (var_x, var_y, cov_xy) = MOMENTS[name]
    data, x = points(name), draw(name)
    assert data.centre == pytest.approx(mean)
    assert data.scale == pytest.approx(math.sqrt((var_x + var_y) / 2))
    sampled = np.cov(x.T)
    tolerance = 8 * (var_x + var_y) / math.sqrt(N)
    np.testing.assert_allclose(sampled, [[var_x, cov_xy], [cov_xy, var_y]], atol=tolerance)


def test_gan_lab_noise_is_as_published() -> None:
    inner = {"blobs-3": [[0.025, 0.025]] * 3, "gaussians-2": [[0.1, 0.1], [0.05, 0.2]]}
    for name, stds in inner.items():
        modes, x = points(name).modes, draw(name)
        assert modes is not None
        nearest, _ = modes.assign(x)
        for i, std in enumerate(stds):
            # The two Gaussians overlap a little, which moves a few points to the other one.
            np.testing.assert_allclose(x[nearest == i].std(0), std, rtol=0.03)
    x = draw("ring")
    radius = np.hypot((x[:, 0] - 0.5) / 0.3, (x[:, 1] - 0.45) / 0.25)
    assert radius.std() == pytest.approx(0.025 * math.sqrt((0.3**-2 + 0.25**-2) / 2), rel=0.02)
    x = draw("line")
    off = x[:, 1] - (0.6 + 0.3 * (0.8 - x[:, 0]) / 0.75)
    assert off.std() == pytest.approx(math.hypot(0.01, 0.004), rel=0.01)


def test_moons_and_swiss_roll_are_those_of_scikit_learn() -> None:
    moons, _ = make_moons(20_000, noise=0.05, random_state=0)
    roll, _ = make_swiss_roll(20_000, noise=0.25, random_state=0)
    for name, reference in (("moons", moons), ("swiss-roll", roll[:, [0, 2]] / 7.5)):
        floor = sliced_wasserstein(draw(name, 20_000, seed=1), draw(name, 20_000, seed=2))
        assert sliced_wasserstein(reference, draw(name, 20_000)) < 3 * floor < 0.05
    # Transport hardly sees the width of the noise.
    x = draw("moons")
    radius = np.minimum(
        np.abs(np.hypot(*x.T) - 1), np.abs(np.hypot(*(x - [1.0, 0.5]).T) - 1)
    )  # distance to the nearer circle
    assert np.sqrt(np.square(radius).mean()) == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("name", PLANE)
def test_frames_hold_the_data_with_a_little_room(name: str) -> None:
    x0, x1, y0, y1 = points(name).frame
    x = draw(name)
    outside = 1 - ((x >= [x0, y0]) & (x < [x1, y1])).all(1).mean()
    assert x1 - x0 == pytest.approx(y1 - y0)
    if name in ("gaussians-2", "ring", "blobs-3", "line"):
        assert (x0, x1, y0, y1) == (0, 1, 0, 1)
        assert outside < (0.015 if name == "gaussians-2" else 1e-9)
    else:
        assert outside == 0
        assert max(np.ptp(x, axis=0)) > 0.7 * (x1 - x0)


@pytest.mark.parametrize("name", WITH_MODES)
def test_declared_shares_are_those_of_the_samples(name: str) -> None:
    modes, x = points(name).modes, draw(name, 1_000_000 if name == "ring" else 300_000)
    assert modes is not None
    nearest, inside = modes.assign(x)
    k = len(modes)
    assert modes.centres.shape == (k, 2)
    assert modes.shares.sum() == pytest.approx(1)
    error = 5 * np.sqrt(modes.shares / len(x))
    assert (np.abs(np.bincount(nearest, minlength=k) / len(x) - modes.shares) < error + 5e-4).all()
    assert (np.abs(np.bincount(nearest[inside], minlength=k) / len(x) - modes.inside_shares) < error).all()
    if name != "gaussians-2":  # whose regions also hold points of the other Gaussian
        lost = modes.shares - modes.inside_shares
        sampled = np.bincount(nearest[~inside], minlength=k) / len(x)
        assert (np.abs(sampled - lost) < 5 * np.sqrt(lost / len(x)) + 2e-5).all()
    else:
        assert inside.mean() == pytest.approx(modes.inside_shares.sum(), abs=5e-4)


@pytest.mark.parametrize("name", WITH_MODES)
def test_each_centre_belongs_to_its_own_mode(name: str) -> None:
    modes = points(name).modes
    assert modes is not None
    nearest, inside = modes.assign(modes.centres)
    assert nearest.tolist() == list(range(len(modes)))
    assert inside.all()


@pytest.mark.parametrize("name", ["moons", "swiss-roll"])
def test_curves_have_no_modes(name: str) -> None:
    assert points(name).modes is None


def test_the_ring_has_eight_distinct_modes_on_the_unit_circle() -> None:
    modes = points("ring-8").modes
    assert modes is not None
    distance = np.hypot(*(modes.centres[:, None] - modes.centres).transpose(2, 0, 1))
    apart = distance[~np.eye(8, dtype=bool)]
    assert len(modes) == 8
    assert apart.min() == pytest.approx(2 * math.sin(math.pi / 8))
    np.testing.assert_allclose(np.hypot(*modes.centres.T), 1)
    assert modes.sigma == 0.01


def test_the_grid_has_the_published_centres() -> None:
    modes = points("grid-25").modes
    assert modes is not None
    steps = {-4.0, -2.0, 0.0, 2.0, 4.0}
    assert {tuple(centre) for centre in modes.centres.tolist()} == {(x, y) for x in steps for y in steps}
    assert modes.sigma == 0.05


def test_the_published_region_is_a_disc_of_three_standard_deviations() -> None:
    modes = points("grid-25").modes
    assert modes is not None
    _, inside = modes.assign(np.array([[0.149, 0.0], [0.0, -0.149], [0.151, 0.0], [0.11, 0.11], [1.0, 1.0]]))
    assert inside.tolist() == [True, True, False, False, False]


def test_gan_lab_regions_are_as_written() -> None:
    ring, line, gaussians, blobs = (points(name).modes for name in ("ring", "line", "gaussians-2", "blobs-3"))
    assert ring is not None
    assert line is not None
    assert gaussians is not None
    assert blobs is not None
    # Sectors from -pi; between 0.7 and 1.3 of the ellipse.
    nearest, inside = ring.assign(np.array([[0.2, 0.449], [0.2, 0.45], [0.79, 0.46], [0.5, 0.45], [0.9, 0.45]]))
    assert nearest[:3].tolist() == [0, 0, 4]  # +pi is the same direction as -pi
    assert inside.tolist() == [True, True, True, False, False]
    # Fifths of t; beyond an end is nearest to that end, and outside.
    t = np.array([-0.1, 0.05, 0.3, 0.5, 0.7, 0.99, 1.1])
    nearest, inside = line.assign(np.stack([0.8 - 0.75 * t, 0.6 + 0.3 * t + 0.04], axis=1))
    assert nearest.tolist() == [0, 0, 1, 2, 3, 4, 4]
    assert inside.tolist() == [False, True, True, True, True, True, False]
    assert not line.assign(np.array([[0.425, 0.801]]))[1].any()
    # Mahalanobis distance: 0.5 above is 2.5 deviations of the upright Gaussian, 0.2 beside is 4.
    _, inside = gaussians.assign(np.array([[0.7, 0.9], [0.9, 0.4]]))
    assert inside.tolist() == [True, False]
    _, inside = blobs.assign(np.array([[0.35 + 0.099, 0.75], [0.35 + 0.101, 0.75]]))
    assert inside.tolist() == [True, False]
