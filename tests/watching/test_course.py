# ruff: noqa: N803, N806  players are called G and D, as in the scripts that are watched
"""The course of a watched run: what is said of its samples, and what only with samples that a person gives."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, TensorDataset

from gan_core.watching import course_rules
from gan_core.watching.course import Look, Reference, sketch
from gan_core.watching.course_rules import COURSE_RULES
from gan_core.watching.evidence import Evidence, Facts
from gan_core.watching.given import read_given
from gan_core.watching.session import Watch, watch
from tests.watching.loops import mlp

RULES = {rule.name: rule for rule in COURSE_RULES}
CENTRES = torch.tensor([[-1.0, -1.0], [1.0, 1.0]])


def two_clouds(n: int = 600, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Points around two centres, and which of them each belongs to."""
    rng = torch.Generator().manual_seed(seed)
    which = torch.arange(n) % 2
    return CENTRES[which] + 0.1 * torch.randn(n, 2, generator=rng), which


def train(G: nn.Module, steps: int, data: Tensor, moved: float = 0.0, **options: Any) -> Watch:
    """A usual loop on these data, watched; D may be shown fakes that were moved."""
    torch.manual_seed(1)
    D = mlp(2, 16, 1)
    opt_g, opt_d = (torch.optim.Adam(module.parameters(), 1e-6) for module in (G, D))
    seen = watch(G, D, on="silent", **options)
    for _ in range(steps):
        x, fake = data[torch.randint(len(data), (32,))], G(torch.randn(32, 4))
        fake = fake + moved if moved else fake
        opt_d.zero_grad()
        shown = seen.fake(fake.detach()) if moved else fake.detach()
        (functional.softplus(-D(x)).mean() + functional.softplus(D(shown)).mean()).backward()
        opt_d.step()
        opt_g.zero_grad()
        functional.softplus(-D(fake)).mean().backward()
        opt_g.step()
    seen.close()
    return seen


def said(seen: Watch) -> dict[str, str]:
    return {found.rule: found.evidence for found in seen.findings}


class Draws(nn.Module):
    """A generator that draws near given points; from a call on all its samples are drawn together."""

    def __init__(self, points: Tensor, noise: float, alike_from: int = 10**9) -> None:
        super().__init__()
        self.points, self.noise, self.alike_from = points, noise, alike_from
        self.shift = nn.Parameter(torch.ones(2))
        self.calls = 0

    def forward(self, z: Tensor) -> Tensor:
        self.calls += 1
        at = (z[:, 0].abs() * 1e4).long() % len(self.points)
        made = self.points[at] + self.noise * z[:, 1:3]
        scale = 0.01 if self.calls > self.alike_from else 1.0
        return scale * made + self.shift - 1


@pytest.mark.parametrize(
    ("shape", "length"),
    [((200, 2), 2), ((5, 3, 64, 64), 192), ((5, 1, 8, 8), 64), ((5, 1, 512), 64), ((5, 3000), 250), ((5, 27, 8), 216)],
)
def test_a_sketch_is_small(shape: tuple[int, ...], length: int) -> None:
    small = sketch(torch.rand(shape))
    assert small is not None
    assert small.shape == (min(shape[0], 128), length)


def test_a_picture_is_averaged_and_a_whole_number_is_none() -> None:
    picture = torch.zeros(1, 1, 16, 16)
    picture[0, 0, :2, :2] = 1
    small = sketch(picture)
    assert small is not None
    assert small[0].tolist() == [1.0] + [0.0] * 63
    assert sketch(torch.zeros(4, 3, dtype=torch.long)) is None


def test_a_look_tells_samples_of_all_of_the_data_of_half_of_it_and_alike_ones() -> None:
    real, _ = two_clouds()
    same = Reference(real.numpy()).compare(1, two_clouds(seed=1)[0][:128].numpy())
    assert 0.9 < same.spread < 1.1
    assert abs(same.precision - same.real_precision) < 0.1
    assert abs(same.coverage - same.real_coverage) < 0.1
    half = Reference(real.numpy()).compare(1, two_clouds(seed=1)[0][::2][:128].numpy())
    assert half.precision > 0.9
    assert 0.4 < half.coverage < 0.55
    alike = Reference(real.numpy()).compare(1, np.ones((128, 2)))
    assert alike.spread < 1e-6
    far = Reference(real.numpy()).compare(1, 9 + two_clouds(seed=1)[0].numpy())
    assert far.precision == far.coverage == 0


def look(step: int, spread: float = 1.0, precision: float = 0.9, coverage: float = 0.9) -> Look:
    return Look(step, 128, spread, precision, coverage, 0.95, 0.95)


@pytest.mark.parametrize(
    ("rule", "looks", "words"),
    [
        ("samples_alike", [look(50), *(look(s, 0.1) for s in (100, 150, 210))], "at most 10 %"),
        ("samples_alike", [look(50), *(look(s, 0.1) for s in (100, 120, 140))], ""),
        ("samples_alike", [look(50), look(100, 0.1), look(150, 0.3), look(210, 0.1)], ""),
        ("samples_alike", [look(s, 0.1) for s in range(50, 900, 50)], ""),  # it has not begun to learn
        ("samples_alike", [look(s, 0.1) for s in range(50, 1101, 50)], "does not grow"),
        ("samples_alike", [look(s, 1e-4 * s) for s in range(50, 1101, 50)], ""),
        ("regions_lost", [look(50), *(look(s, coverage=0.2) for s in (100, 150, 210))], "at most 20 %"),
        ("regions_lost", [look(50, coverage=0.2), *(look(s, coverage=0.05) for s in (100, 150, 210))], ""),
        ("part_of_data", [look(s, coverage=0.3) for s in range(50, 1101, 50)], "near 30 % of the real ones"),
        ("part_of_data", [look(s, coverage=3e-4 * s) for s in range(50, 1101, 50)], ""),
        ("part_of_data", [look(s, coverage=0.3, precision=0.1) for s in range(50, 1101, 50)], ""),
        ("far_from_data", [look(s, precision=0.01) for s in range(50, 1101, 50)], "1 % of the samples"),
        ("far_from_data", [look(s, precision=0.01) for s in range(50, 901, 50)], ""),
        ("far_from_data", [*(look(s, precision=0.01) for s in range(50, 1051, 50)), look(1100, precision=0.1)], ""),
    ],
)
def test_a_rule_speaks_on_its_side_of_the_limit_alone(rule: str, looks: list[Look], words: str) -> None:
    seen = Evidence({})
    seen.course.looks = looks
    told = RULES[rule].check(Facts(1, None, "G"), seen)  # type: ignore[arg-type]
    assert bool(told.words) == bool(words)
    assert words in told.words


def test_a_collapse_in_the_middle_of_a_loop_is_named_with_its_numbers() -> None:
    real, _ = two_clouds()
    seen = train(Draws(real, 0.05, alike_from=150), 420, real)
    assert "the mean distance between two samples is" in said(seen)["samples_alike"]
    found = next(found for found in seen.findings if found.rule == "samples_alike")
    assert 250 <= found.step <= 420


def test_samples_like_the_data_raise_no_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course_rules, "LATE", 250)
    real, which = two_clouds()
    held_out, _ = two_clouds(seed=5)
    seen = train(Draws(CENTRES, 0.1), 420, real, real=real, labels=which, held_out=held_out)
    assert said(seen) == {}
    assert {"samples_alike", "regions_lost", "part_of_data", "far_from_data", "class_missing", "copies"} <= set(
        seen.summary().checked
    )


def test_what_g_returns_stands_for_what_d_is_shown_only_where_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course_rules, "LATE", 250)
    real, _ = two_clouds()
    seen = train(Draws(CENTRES, 0.1), 420, real + 3, moved=3.0)
    assert said(seen) == {}
    assert seen._seen.course.looks, "fakes that are said to be such are compared in the dense start"


def test_what_only_given_samples_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course_rules, "LATE", 250)
    real, which = two_clouds(128)
    held_out, _ = two_clouds(128, seed=5)
    seen = train(Draws(real[which == 0], 1e-4), 420, real, real=TensorDataset(real, which), held_out=held_out)
    assert "class '1' (50 % of the real ones)" in said(seen)["class_missing"]
    assert "nearer to a training sample" in said(seen)["copies"]
    blind = train(Draws(real[which == 0], 1e-4), 200, real)
    assert {"class_missing", "copies"} <= {name for name, _ in blind.summary().unchecked}


def test_optimizers_without_a_player_are_known_at_the_first_step() -> None:
    real, _ = two_clouds()
    G = Draws(CENTRES, 0.1)
    other = torch.optim.Adam(mlp(2, 16, 1).parameters())
    seen = train(G, 2, real, optimizers=[other, torch.optim.Adam(G.parameters())])
    assert said(seen)["player_without_optimizer"] == (
        "none of the optimizers given to the watch holds a parameter of D"
    )


class Noisy(Dataset[tuple[Tensor, int]]):
    """A data set that augments what it gives, with all random streams there are."""

    def __len__(self) -> int:
        return 80

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        return torch.rand(2) + random.random() + np.random.rand(), number % 3  # noqa: NPY002


def test_reading_given_samples_draws_no_random_number() -> None:
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    given = read_given(DataLoader(Noisy(), batch_size=4, shuffle=True), "real")
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]  # noqa: NPY002
    assert given.sketches.shape == (80, 2)
    assert given.labels is not None
    assert given.labels[:4].tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"real": 3}, TypeError, "real is a int; give a tensor"),
        ({"real": "folder"}, TypeError, "real is a str"),
        ({"real": torch.rand(10, 2)}, ValueError, "real has 10 samples; give at least 64"),
        ({"held_out": [torch.rand(k % 2 + 1) for k in range(64)]}, ValueError, "different shapes: (1,), (2,)"),
        ({"held_out": [1] * 64}, TypeError, "gives a int as a sample"),
        ({"real": torch.rand(64)}, ValueError, "samples of the shape ()"),
        ({"real": torch.rand(64, 2), "labels": [1, 2]}, ValueError, "labels has 2 entries, real has 64 samples"),
        ({"labels": [1, 2]}, ValueError, "labels without real"),
        ({"optimizers": "adam"}, TypeError, "optimizers holds a str"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(given: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words.replace("(", r"\(").replace(")", r"\)")):
        watch(mlp(4, 8, 2), mlp(2, 8, 1), **given)
