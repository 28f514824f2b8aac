from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn

from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.data import load
from gan_core.data.points import Points
from gan_core.game import sampling
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.streams import stream
from gan_core.live.runner import Runner
from gan_core.record.frame import Seen, decode, encode
from gan_core.training import Trainer
from gan_core.training import observe as view

RING = RunConfig().changed({"data.name": "ring-8"})
PROBABILITY, CRITIC = OBJECTIVES["non_saturating"], OBJECTIVES["wasserstein"]


def plane(name: str = "blobs-3") -> Points:
    data = load(name)
    assert isinstance(data, Points)
    return data


class Tilt(nn.Module):
    """D(x) = 3 x₀ - x₁, in network units."""

    def forward(self, x: Tensor) -> Tensor:
        return 3 * x[:, 0] - x[:, 1]


# -- noise ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", ["normal", "uniform"])
def test_noise_has_mean_0_and_variance_1(prior: str, rng: Generator) -> None:
    z = sampling.sample_prior(50_000, RING.changed({"prior": prior, "latent_dim": 3}), rng)
    assert z.shape == (50_000, 3)
    assert z.mean(0).abs().max() < 0.02
    assert (z.var(0) - 1).abs().max() < 0.03
    assert (z.abs().max() <= math.sqrt(3)) == (prior == "uniform")


def test_what_is_looked_at_depends_on_the_seed_alone() -> None:
    first, again = (view.fix(RING, plane(), stream(5, "shown")) for _ in range(2))
    other = view.fix(RING, plane(), stream(6, "shown"))
    assert torch.equal(first.z, again.z)
    assert torch.equal(first.real, again.real)
    assert not torch.equal(first.z, other.z)


@pytest.mark.parametrize(
    ("latent_dim", "kind", "shape"), [(1, "line", (21, 1)), (2, "plane", (441, 2)), (5, "slice", (441, 5))]
)
@pytest.mark.parametrize("prior", ["normal", "uniform"])
def test_the_grid_of_noise_fits_the_size_of_z(latent_dim: int, kind: str, shape: tuple[int, int], prior: str) -> None:
    fixed = view.fix(RING.changed({"latent_dim": latent_dim, "prior": prior}), plane(), stream(0, "shown"))
    assert fixed.grid_kind == kind
    assert fixed.grid_z is not None
    assert fixed.grid_z.shape == shape
    assert fixed.grid_z.isfinite().all()
    assert (fixed.grid_z[:, 2:] == 0).all()  # a slice through the middle


@pytest.mark.parametrize("prior", ["normal", "uniform"])
def test_equal_cells_of_the_noise_grid_hold_equal_probability(prior: str, rng: Generator) -> None:
    config = RING.changed({"latent_dim": 1, "prior": prior})
    fixed = view.fix(config, plane(), stream(0, "shown"))
    assert fixed.grid_z is not None
    z = sampling.sample_prior(40_000, config, rng)
    below = (z < fixed.grid_z.T).float().mean(0)
    torch.testing.assert_close(below, (torch.arange(21) + 0.5) / 21, atol=0.01, rtol=0)


def test_a_path_between_two_noises_keeps_its_ends_and_its_length(rng: Generator) -> None:
    start, end = torch.randn(2, 100, generator=rng)
    path = view.slerp(start, end, 12)
    assert path.shape == (12, 100)
    assert torch.equal(path[0], start)
    assert torch.equal(path[-1], end)
    # A straight line would dip to 0.7 of the length on its way.
    assert path.norm(dim=1).min() > 0.95 * min(start.norm(), end.norm())
    steps = (path[1:] - path[:-1]).norm(dim=1)
    assert steps.max() < 1.2 * steps.min()


@pytest.mark.parametrize("end", [[1.0, 0.0], [2.0, 0.0]])
def test_a_path_between_parallel_noises_is_a_line(end: list[float]) -> None:
    path = view.slerp(torch.tensor([1.0, 0.0]), torch.tensor(end), 5)
    assert path.isfinite().all()
    torch.testing.assert_close(path[2], torch.tensor([(1 + end[0]) / 2, 0.0]))


# -- the plane -----------------------------------------------------------------------------------------------


def look(
    discriminator: nn.Module, config: RunConfig = RING, name: str = "blobs-3", packing: int = 1
) -> tuple[Seen, view.Arrays]:
    fixed = view.fix(config, plane(name), stream(0, "shown"))
    generator = nn.Linear(config.latent_dim, 2)
    return view.observe(generator, discriminator, fixed, plane(name), PROBABILITY, packing=packing)


def test_the_heat_map_is_d_at_the_middle_of_each_cell_bottom_row_first() -> None:
    header, arrays = look(Tilt())
    x0, x1, y0, y1 = plane().frame
    assert header["frame"] == [x0, x1, y0, y1]
    heat = arrays["heat"]
    rows, columns = heat.shape
    assert (rows, columns) == (view.HEAT_CELLS, view.HEAT_CELLS)
    for row, column in ((0, 0), (rows - 1, 0), (3, 30)):
        centre = torch.tensor([[x0 + (column + 0.5) * (x1 - x0) / columns, y0 + (row + 0.5) * (y1 - y0) / rows]])
        expected = Tilt()(plane().to_network(centre))
        assert heat[row, column] == pytest.approx(expected.item(), abs=1e-5)


def test_arrows_are_the_slope_of_d_in_data_units() -> None:
    _, arrays = look(Tilt())
    expected = np.array([3, -1], np.float32) / plane().scale
    np.testing.assert_allclose(arrays["arrows"], np.broadcast_to(expected, (view.N_POINTS, 2)), rtol=1e-5)


def test_a_d_that_judges_packs_is_asked_about_each_sample_in_turn() -> None:
    class First(nn.Module):
        def forward(self, packs: Tensor) -> Tensor:
            return Tilt()(packs[:, :2])  # type: ignore[no-any-return]

    class Others(nn.Module):
        def forward(self, packs: Tensor) -> Tensor:
            return packs[:, 2:].sum(1)

    (_, alone), (_, first), (_, others) = look(Tilt()), look(First(), packing=3), look(Others(), packing=3)
    for name in ("heat", "arrows", "real_logits"):
        np.testing.assert_allclose(first[name], alone[name], rtol=1e-5)
    # What the partners say is the same all over the heat map, and no reason for the first to move.
    assert np.ptp(others["heat"]) == 0
    assert not others["arrows"].any()
    real = plane().to_network(torch.from_numpy(others["real"].copy()))
    expected = (real.roll(-1, 0) + real.roll(-2, 0)).sum(1)
    np.testing.assert_allclose(others["real_logits"], expected, atol=1e-5)


def test_a_step_along_an_arrow_raises_ds_logit() -> None:
    data = plane()
    discriminator = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0))
    _, arrays = look(discriminator)
    fake = torch.from_numpy(arrays["fake"].copy())
    arrows = torch.from_numpy(arrays["arrows"].copy())
    with torch.no_grad():
        rise = discriminator(data.to_network(fake + 1e-3 * arrows)) - discriminator(data.to_network(fake))
    expected = 1e-3 * arrows.square().sum(1)
    torch.testing.assert_close(rise, expected, rtol=0.05, atol=1e-5)


def test_points_are_shown_in_data_units() -> None:
    _, arrays = look(Tilt())
    centre = np.array(plane().centre)
    assert np.abs(arrays["real"].mean(0) - centre).max() < 0.1
    assert arrays["real"].std() < 0.5  # GAN Lab's data fill the unit square; in network units it would be 1


@pytest.mark.parametrize(("latent_dim", "shape"), [(1, (21, 2)), (2, (21, 21, 2)), (4, (21, 21, 2))])
def test_the_manifold_is_the_grid_of_noise_after_the_generator(latent_dim: int, shape: tuple[int, ...]) -> None:
    _, arrays = look(Tilt(), RING.changed({"latent_dim": latent_dim}))
    assert arrays["manifold"].shape == shape


def test_networks_come_back_in_the_mode_they_were_in() -> None:
    generator, discriminator = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    generator.eval()
    fixed = view.fix(RING, plane(), stream(0, "shown"))
    view.observe(generator, discriminator, fixed, plane(), PROBABILITY)
    assert not generator.training
    assert discriminator.training
    assert all(weight.grad is None for weight in discriminator.parameters())


# -- scales and histograms -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "scale"),
    [
        *[(1, 1), (1.01, 2), (2, 2), (3, 5), (7, 10), (0.013, 0.02), (999, 1000), (1000, 1000), (0.1, 0.1)],
        *[(0, 1e-6), (math.inf, 1e12), (math.nan, 1e12), (1e30, 1e12)],
    ],
)
def test_scales_change_in_steps_of_1_2_5(value: float, scale: float) -> None:
    assert view.step_125(value) == pytest.approx(scale)


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def test_histograms_are_shares_of_the_samples() -> None:
    for probability in (True, False):
        arrays = view.score_histograms(floats(-3, 0, 0, 4), floats(-2, 1), probability)
        assert len(arrays["hist_edges"]) == view.HISTOGRAM_BINS + 1
        assert (np.diff(arrays["hist_edges"]) > 0).all()
        for name in ("hist_real", "hist_fake"):
            assert arrays[name].shape == (view.HISTOGRAM_BINS,)
            assert arrays[name].sum() == pytest.approx(1)


def test_a_probability_axis_is_the_unit_interval_and_closes_in_on_one_half() -> None:
    wide = view.score_histograms(floats(-9, 9), floats(0), True)["hist_edges"]
    np.testing.assert_allclose(wide[[0, -1]], [0, 1])
    narrow = view.score_histograms(floats(0.01, -0.01), floats(0.02), True)["hist_edges"]
    np.testing.assert_allclose(narrow[[0, -1]], [0.48, 0.52], rtol=1e-6)


def test_each_answer_of_d_lies_in_its_bin() -> None:
    arrays = view.score_histograms(floats(math.log(3)), floats(-math.log(3)), True)  # probabilities 3/4 and 1/4
    edges = arrays["hist_edges"]
    for name, value in (("hist_real", 0.75), ("hist_fake", 0.25)):
        bin_ = int(arrays[name].argmax())
        assert edges[bin_] <= value + 1e-6
        assert edges[bin_ + 1] >= value - 1e-6


def test_the_axis_of_critic_values_holds_them_and_hardly_ever_changes(rng: Generator) -> None:
    seen = set()
    for drift in np.linspace(0, 0.05, 50):
        values = torch.randn(100, generator=torch.Generator().manual_seed(3)).numpy() + np.float32(drift)
        edges = view.score_histograms(values, values - 3, False)["hist_edges"]
        assert edges[0] <= values.min() - 3
        assert edges[-1] >= values.max()
        seen.add((float(edges[0]), float(edges[-1])))
    assert len(seen) <= 2


@pytest.mark.parametrize("probability", [True, False])
@pytest.mark.parametrize("values", [(), (math.nan,), (math.inf, -math.inf), (3e38, -3e38), (1e15,), (0, 0, 0)])
def test_histograms_of_odd_values_are_finite(probability: bool, values: tuple[float, ...]) -> None:
    arrays = view.score_histograms(floats(*values), floats(*values), probability)
    for array in arrays.values():
        assert np.isfinite(array).all()


def test_values_that_are_not_finite_count_nowhere() -> None:
    arrays = view.score_histograms(floats(0, math.nan, 0, 1), floats(0), False)
    assert arrays["hist_real"].sum() == pytest.approx(1)
    assert arrays["hist_real"].max() == pytest.approx(2 / 3)


# -- images --------------------------------------------------------------------------------------------------


def test_the_walk_begins_and_ends_at_the_first_two_shown_images() -> None:
    data, config = load("digits"), RunConfig().changed({"latent_dim": 6})
    fixed = view.fix(config, data, stream(0, "shown"))
    generator = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0))
    header, arrays = view.observe(generator, discriminator, fixed, data, CRITIC)
    assert header["kind"] == "images"
    assert header["meaning"] == "critic"
    assert arrays["fake_images"].shape == (view.N_IMAGES, 8, 8, 1)
    assert arrays["fake_images"].dtype == np.uint8
    assert arrays["walk"].shape == (view.WALK_LENGTH, 8, 8, 1)
    np.testing.assert_array_equal(arrays["walk"][0], arrays["fake_images"][0])
    np.testing.assert_array_equal(arrays["walk"][-1], arrays["fake_images"][1])
    assert arrays["real_logits"].shape == arrays["fake_logits"].shape == (view.N_IMAGES,)


@pytest.mark.parametrize("name", ["ring-8", "digits-conditional"])
def test_both_generators_can_be_seen_at_once(name: str) -> None:
    trainer = Trainer(preset(name))
    for _ in range(3):
        trainer.step()
    both, ema, raw = (trainer.snapshot(which) for which in ("both", "ema", "raw"))
    shown, second = ("fake", "raw") if name == "ring-8" else ("fake_images", "raw_images")
    assert np.array_equal(both.arrays[shown], ema.arrays[shown])
    assert np.array_equal(both.arrays[second], raw.arrays[shown])
    assert not np.array_equal(both.arrays[shown], both.arrays[second])
    assert [s.header["generator"] for s in (both, ema, raw)] == ["both", "ema", "raw"]
    assert second not in ema.arrays


def test_where_there_is_no_average_there_is_nothing_beside() -> None:
    snapshot = Trainer(preset("ring-8").changed({"ema": 0.0})).snapshot("both")
    assert snapshot.header["generator"] == "raw"
    assert "raw" not in snapshot.arrays


def test_a_run_in_training_shows_both() -> None:
    runner = Runner(preset("ring-8"))
    try:
        runner.play()
        assert runner.wait(lambda r: "raw" in decode(r.frame(which="both") or encode({}, {}))[1])
    finally:
        runner.close()
        runner.join(5)
