"""Laws of paths, planes and points of the latent space."""

from __future__ import annotations

import contextlib
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator, Tensor

from gan_core import ConfigError, preset
from gan_core.game.sampling import sample_prior
from gan_core.latent import paths, plane, prior
from gan_core.latent.points import encode, parse, parse_many
from gan_core.training.observe import slerp

DIGITS = preset("digits")
WAYS = list(paths.WAYS)


def pair(rng: Generator, dim: int = 32) -> tuple[Tensor, Tensor]:
    a, b = torch.randn(2, dim, generator=rng)
    return a, b


@pytest.mark.parametrize("way", WAYS)
def test_the_ends_of_every_way_are_exact(way: str, rng: Generator) -> None:
    a, b = pair(rng)
    path = paths.WAYS[way](a, b, 9)
    assert path.shape == (9, 32)
    assert torch.equal(path[0], a)
    assert torch.equal(path[-1], b)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_symmetric_under_exchange_of_its_ends(way: str, rng: Generator) -> None:
    a, b = pair(rng)
    for end in (b, -a, 2 * a, -0.5 * a):
        there, back = paths.WAYS[way](a, end, 8), paths.WAYS[way](end, a, 8)
        torch.testing.assert_close(there, back.flip(0), atol=1e-5, rtol=1e-5)


def test_the_line_is_even_and_dips_below_the_shell(rng: Generator) -> None:
    a, b = pair(rng, 512)
    path = paths.lerp(a, b, 5)
    torch.testing.assert_close(path[2], (a + b) / 2)
    assert path[2].norm() < 0.8 * a.norm()


@given(dim=st.sampled_from([2, 3, 32, 512]), seed=st.integers(0, 1000))
def test_the_arc_keeps_the_norm_and_turns_evenly(dim: int, seed: int) -> None:
    a, b = pair(Generator().manual_seed(seed), dim)
    b = b * (a.norm() / b.norm())
    path = slerp(a, b, 7).double()
    torch.testing.assert_close(path.norm(dim=1), a.double().norm().expand(7), atol=1e-5, rtol=1e-5)
    chords = (path[1:] - path[:-1]).norm(dim=1)  # equal chords of one circle are equal angles
    torch.testing.assert_close(chords, chords.mean().expand(6), atol=1e-5 * float(a.norm()), rtol=1e-4)


@pytest.mark.parametrize("dim", [2, 3, 100])
def test_the_arc_between_opposite_points_stays_on_the_shell(dim: int, rng: Generator) -> None:
    a = torch.randn(dim, generator=rng)
    path = slerp(a, -a, 9)
    torch.testing.assert_close(path.norm(dim=1), a.norm().expand(9), atol=1e-5, rtol=1e-5)
    assert abs(float(path[4] @ a)) < 1e-4 * float(a.norm()) ** 2
    assert torch.equal(path[-1], -a)


def test_the_arc_between_ends_of_unequal_length_never_leaves_their_norms(rng: Generator) -> None:
    a = torch.tensor([1.0, 0.0])
    for angle in (3.1, 3.14, 3.1415, math.pi, 0.0, 1.0):
        b = 3 * torch.tensor([math.cos(angle), math.sin(angle)])
        norms = slerp(a, b, 11).norm(dim=1)
        torch.testing.assert_close(norms, torch.linspace(1, 3, 11), atol=1e-5, rtol=1e-5)
    assert slerp(a, torch.zeros(2), 5).isfinite().all()


def test_the_arc_between_parallel_points_is_a_line(rng: Generator) -> None:
    a = torch.randn(10, generator=rng)
    torch.testing.assert_close(slerp(a, 3 * a, 5), paths.lerp(a, 3 * a, 5))


def test_the_normalised_line_has_the_norms_between_its_ends(rng: Generator) -> None:
    a, b = pair(rng)
    wanted = torch.linspace(float(a.norm()), float(3 * b.norm()), 6)
    torch.testing.assert_close(paths.nlerp(a, 3 * b, 6).norm(dim=1), wanted, atol=1e-4, rtol=1e-4)
    assert paths.nlerp(a, -a, 5).isfinite().all()


def test_a_path_meets_each_key_point_once(rng: Generator) -> None:
    points = torch.randn(4, 8, generator=rng)
    for way in WAYS:
        path = paths.along(points, 5, way)
        assert path.shape == (16, 8)
        assert torch.equal(path[::5], points)
        loop = paths.along(points, 5, way, loop=True)
        assert loop.shape == (20, 8)
        assert torch.equal(loop[::5], points)


def test_step_lengths_are_root_mean_squares() -> None:
    samples = torch.zeros(3, 1, 2, 2)
    samples[1] = 2
    samples[2] = 2
    assert paths.step_lengths(samples).tolist() == [2.0, 0.0]


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_likely_norms_are_quantiles_of_the_prior(name: str, rng: Generator) -> None:
    config = DIGITS.changed({"prior": name})
    low, middle, high = prior.likely_norms(config)
    norms = sample_prior(20_000, config, rng).norm(dim=1)
    shares = [float((norms < q).float().mean()) for q in (low, middle, high)]
    assert shares == pytest.approx([0.05, 0.5, 0.95], abs=0.01)
    assert middle == pytest.approx(math.sqrt(32), rel=0.02)


def test_a_uniform_prior_has_no_density_outside_its_edges() -> None:
    config = DIGITS.changed({"prior": "uniform", "latent_dim": 2})
    z = torch.tensor([[0.0, 0.0], [1.7, -1.7], [1.8, 0.0]])
    assert prior.relative_density(z, config).tolist() == [1.0, 1.0, 0.0]


def test_a_plane_holds_its_three_points_and_is_orthonormal(rng: Generator) -> None:
    points = torch.randn(3, 32, generator=rng)
    found = plane.through(points, 6.8)
    torch.testing.assert_close(found.at(found.places(points)), points, atol=1e-4, rtol=1e-4)
    basis = torch.stack((found.u, found.v))
    torch.testing.assert_close(basis @ basis.T, torch.eye(2), atol=1e-5, rtol=0)
    assert (basis @ found.centre).abs().max() < 1e-4, "the centre is the point nearest to the origin"
    assert found.places(points).abs().max() < found.reach


def test_a_grid_is_read_from_its_top_left() -> None:
    found = plane.along_two(torch.zeros(2), torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 2.0)
    grid = found.grid(4)
    assert grid[0].tolist() == [-1.5, 1.5]
    assert grid[-1].tolist() == [1.5, -1.5]


def test_points_on_one_line_span_no_plane(rng: Generator) -> None:
    a = torch.randn(8, generator=rng)
    with pytest.raises(ConfigError, match="do not span a plane"):
        plane.through(torch.stack((a, 2 * a, 3 * a)), 4.0)


def test_a_point_is_what_its_text_says(rng: Generator) -> None:
    z = torch.randn(32, generator=rng).numpy()
    assert (parse(encode(z), DIGITS).z == z).all()
    seeded = parse("s17.3", DIGITS)
    assert (seeded.z == prior.seeded(17, DIGITS)[3].numpy()).all()
    assert seeded.label is None
    conditional = preset("digits-conditional")
    assert parse("s17.3@7", conditional).label == 7
    assert parse("s17.3", conditional).label == 0
    assert len(parse_many("s1.0,s1.1", DIGITS)) == 2
    assert parse_many("", DIGITS) == []


@pytest.mark.parametrize(
    "text",
    ["", "s", "s1", "s1.64", "s99999999999.0", "s-1.0", "s1.0@3", "zAAAA", "z" * 4000, "z!", "<b>", "s1.٣", "e3", "zé"],
)
def test_a_text_that_is_no_point_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text, DIGITS)


def test_numbers_that_are_none_are_refused() -> None:
    z = prior.seeded(0, DIGITS)[0].numpy().copy()
    for bad in (float("nan"), float("inf"), 1e4):
        z[0] = bad
        with pytest.raises(ConfigError, match="too far out"):
            parse(encode(z), DIGITS)
    with pytest.raises(ConfigError, match="at most 64"):
        parse_many(",".join(["s1.0"] * 65), DIGITS)
    with pytest.raises(ConfigError, match="classes"):
        parse("s1.0@10", preset("digits-conditional"))


@given(st.text(max_size=80))
def test_no_text_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert parse(text, DIGITS).z.shape == (32,)
