"""DiffAugment: what each change does, that a gradient passes through it, and that real and fake fare alike."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor

from gan_core.game.augment import AUGMENTS, augment, colour, cutout, translation

every_change = pytest.mark.parametrize("name", AUGMENTS)


def pictures(n: int, channels: int, side: int, rng: Generator) -> Tensor:
    return torch.rand(n, channels, side, side, generator=rng) * 2 - 1


@every_change
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 12, 20)])
def test_a_change_keeps_the_shape_and_leaves_what_it_is_given_alone(
    name: str, shape: tuple[int, ...], rng: Generator
) -> None:
    images = torch.rand(6, *shape, generator=rng)
    before = images.clone()
    changed = AUGMENTS[name](images, rng)
    assert changed.shape == images.shape
    assert changed.dtype == images.dtype
    assert torch.equal(images, before)
    assert not torch.equal(changed, images)


@every_change
@pytest.mark.parametrize("channels", [1, 3])
def test_gradients_pass_through_a_change(name: str, channels: int) -> None:
    # Each change is linear or affine in the image, so that finite differences are exact.
    images = pictures(3, channels, 6, torch.Generator().manual_seed(0)).double().requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: AUGMENTS[name](x, torch.Generator().manual_seed(5)), images)


@every_change
def test_equal_streams_give_equal_changes_and_each_image_its_own(name: str, rng: Generator) -> None:
    images = pictures(1, 3, 16, rng).expand(8, -1, -1, -1)
    first, again, other = (AUGMENTS[name](images, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert len({image.numpy().tobytes() for image in first}) > 4


@every_change
def test_the_law_of_a_change_does_not_depend_on_the_image(name: str, rng: Generator) -> None:
    # One stream, two batches: what happens to each pixel is the same whatever the pictures show.
    real, fake = pictures(40, 1, 8, rng), pictures(40, 1, 8, rng)
    changes = [AUGMENTS[name](x, torch.Generator().manual_seed(9)) for x in (real, fake, 0.5 * (real + fake))]
    torch.testing.assert_close(0.5 * (changes[0] + changes[1]), changes[2])


def test_colours_change_around_what_they_are() -> None:
    image = pictures(1, 3, 4, torch.Generator().manual_seed(0))
    changed = colour(image.expand(40_000, -1, -1, -1), torch.Generator().manual_seed(1))
    torch.testing.assert_close(changed.mean(0), image[0], atol=0.02, rtol=0)
    shifts = changed.mean((1, 2, 3)) - image.mean()
    assert shifts.min() == pytest.approx(-0.5, abs=0.01)
    assert shifts.max() == pytest.approx(0.5, abs=0.01)


def test_a_grey_image_stays_grey_and_a_flat_one_flat(rng: Generator) -> None:
    grey = pictures(9, 1, 8, rng).expand(-1, 3, -1, -1)
    changed = colour(grey, rng)
    torch.testing.assert_close(changed[:, :1].expand(-1, 3, -1, -1), changed)
    flat = colour(torch.full((5, 3, 8, 8), 0.3), rng)
    torch.testing.assert_close(flat, flat[:, :1, :1, :1].expand_as(flat))


def test_contrast_lies_between_a_half_and_one_and_a_half(rng: Generator) -> None:
    images = pictures(2_000, 1, 8, rng)
    gains = colour(images, rng).flatten(1).std(1) / images.flatten(1).std(1)
    assert gains.min() == pytest.approx(0.5, abs=0.01)
    assert gains.max() == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize(("side", "reach"), [(8, 1), (16, 2), (28, 4), (64, 8)])
def test_a_translation_moves_by_whole_pixels_up_to_an_eighth(side: int, reach: int, rng: Generator) -> None:
    spot = torch.zeros(3_000, 1, side, side)
    row, column = side // 2, side // 2 - 1
    spot[:, :, row, column] = 1
    places = translation(spot, rng).nonzero()
    assert len(places) == len(spot)  # each spot is still there, once
    for axis, start in ((2, row), (3, column)):
        moves = places[:, axis] - start
        assert set(moves.tolist()) == set(range(-reach, reach + 1))
        assert abs(moves.float().mean()) < 4 * reach / len(spot) ** 0.5


def test_what_a_translation_brings_in_is_zero(rng: Generator) -> None:
    moved = translation(torch.ones(500, 3, 16, 16), rng)
    assert set(moved.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(moved[:, 0], moved[:, 2])  # all channels move together
    assert moved[:, 0].flatten(1).sum(1).min() == 14 * 14


def test_a_cutout_is_a_square_of_half_the_side_cut_off_at_the_edges(rng: Generator) -> None:
    holes = 1 - cutout(torch.ones(3_000, 2, 8, 8), rng)
    assert torch.equal(holes[:, 0], holes[:, 1])
    sizes = holes[:, 0].flatten(1).sum(1)
    assert sizes.max() == 16  # 4 x 4
    assert sizes.min() == 4  # a corner
    share = holes[:, 0].mean(0)
    torch.testing.assert_close(share, share.flip(0, 1), atol=0.05, rtol=0)  # no side is favoured


def test_no_names_change_nothing_and_draw_nothing(rng: Generator) -> None:
    images, state = pictures(2, 1, 8, rng), rng.get_state()
    assert augment(images, (), rng) is images
    assert torch.equal(rng.get_state(), state)


def test_changes_are_made_one_after_another(rng: Generator) -> None:
    images = pictures(4, 1, 8, rng)
    stream = torch.Generator().manual_seed(4)
    expected = cutout(translation(images, stream), stream)
    assert torch.equal(augment(images, ("translation", "cutout"), torch.Generator().manual_seed(4)), expected)
