"""Classes of generated images: which is made least, beside what real images would be taken for."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch import Tensor

from gan_core import preset
from gan_core.data import Images, load
from gan_core.metrics.classes import N_CLASSES, ClassShare, class_words, shares_by_class
from gan_core.metrics.scoring import score_classes
from gan_core.training import Trainer


def pictures(counts: tuple[int, ...], seed: int = 0) -> tuple[Tensor, Tensor]:
    """Grey 8 x 8 pictures with a bar at another place for each class, and noise."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    x = 0.3 * torch.randn(len(labels), 1, 8, 8, generator=rng) - 0.5
    for i, label in enumerate(labels.tolist()):
        x[i, 0, label % 8] += 1.0
    return x.clamp(-1, 1), labels


def data(counts: tuple[int, ...] = (600, 40), *, balanced: bool = False) -> Images:
    x, labels = pictures(counts)
    names = ("cats", "dogs", "emus", "foxes", "gnus", "hares", "ibexes", "jays")[: len(counts)]
    return Images("own-images", x, None, labels, None, names, balanced=balanced)


def test_a_class_that_is_never_made_is_named_with_its_numbers() -> None:
    made, _ = pictures((500, 0), seed=1)
    words = class_words(shares_by_class(data(), made), told=False)
    assert "made least beside its share is dogs: 0% of 500 images" in words
    assert "40 to train on" in words


@pytest.mark.parametrize("counts", [(600, 40), (300, 300), (100,) * 8])
def test_as_many_of_each_as_there_are_is_no_more_than_chance(counts: tuple[int, ...]) -> None:
    said = 0
    for seed in range(20):
        made, _ = pictures(counts, seed=100 + seed)
        words = class_words(shares_by_class(data(counts), made, rng_seed=seed), told=False)
        said += "none is made less often than chance explains" not in words
    assert not said, "one in 700 would be chance"


def test_a_generator_that_is_told_is_judged_by_what_it_was_asked_for() -> None:
    counts = (300, 300, 300)
    made, asked = pictures((200, 200, 200), seed=1)
    right = shares_by_class(data(counts), made, asked)
    assert all(share.made > 0.95 and share.n == 200 for share in right)
    swapped = class_words(shares_by_class(data(counts), made, torch.where(asked == 2, 0, asked)), told=True)
    assert "fewest are right of those asked for as cats: 50% of 400 images" in swapped


def test_classes_drawn_equally_often_are_expected_equally_often() -> None:
    made, _ = pictures((250, 250), seed=1)
    natural, even = (shares_by_class(data(balanced=drawn), made)[0] for drawn in (False, True))
    assert natural.real > 0.85
    assert abs(even.real - 0.5) < 0.05
    assert "none is made less often" in class_words(shares_by_class(data(balanced=True), made), told=False)


@pytest.mark.parametrize("seed", range(4))
def test_a_class_is_known_however_rare_it_is(seed: int) -> None:
    made, _ = pictures((0, 100), seed=1)
    rare = shares_by_class(data((4_000, 8)), made, rng_seed=seed)[1]
    assert rare.made > 0.9


def test_a_few_real_images_prove_nothing() -> None:
    few = ClassShare("dogs", 8, 2_500, 0.0, 1 / 31, 31)
    assert few.chance == pytest.approx(31 / 2_531)  # that the one of them is among the real ones
    assert "none is made less often than chance explains" in class_words((few,), told=False)
    assert ClassShare("dogs", 80, 2_500, 0.0, 10 / 310, 310).chance < 1e-8
    assert math.isnan(ClassShare("dogs", 8, 0, math.nan, 0.5, 2).chance)


def test_nothing_is_said_where_nothing_can_be() -> None:
    made, _ = pictures((50, 50))
    x, labels = pictures((80,))
    assert shares_by_class(Images("own-images", x, None, labels, None, ("one",)), made) == ()
    assert shares_by_class(Images("own-images", x, None, None, None, ()), made) == ()
    many = tuple(map(str, range(N_CLASSES + 1)))
    assert shares_by_class(Images("own-images", x, None, labels, None, many), made) == ()
    assert shares_by_class(data(), made / 0) == ()
    assert class_words((), told=False) == ""


def test_a_run_says_which_class_it_makes_least() -> None:
    for name in ("digits", "digits-conditional"):
        trainer = Trainer(preset(name))
        words = score_classes(trainer.config, trainer.data, trainer.generator.eval(), trainer.ema, 200)
        assert re.match(r"Of 10 classes, by the nearest real image: .* (is|as) \d: \d+% of", words)
    plane = Trainer(preset("ring-8"))
    assert score_classes(plane.config, plane.data, plane.generator, None) == ""
    assert isinstance(load("digits"), Images)
