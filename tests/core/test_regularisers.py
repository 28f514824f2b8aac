from __future__ import annotations

import re

import pytest
import torch
from torch import Generator, Tensor, nn

from gan_core.game.penalties import gradient_penalty, r1, r1_r2, r2
from gan_core.game.regularisers import REGULARISERS, Regulariser

every_regulariser = pytest.mark.parametrize("regulariser", REGULARISERS.values(), ids=REGULARISERS)
BATCH = 5
IMAGE = (1, 8, 8)


def images(rng: Generator) -> tuple[Tensor, Tensor]:
    real, fake = torch.randn(2, BATCH, *IMAGE, generator=rng, dtype=torch.float64)
    return real, fake


def bowl(x: Tensor) -> Tensor:
    """½‖x‖², whose gradient at x is x: it tells *where* a penalty looks."""
    return 0.5 * x.flatten(1).square().sum(1)


def linear(slope: Tensor) -> nn.Linear:
    critic = nn.Linear(slope.numel(), 1, bias=False, dtype=torch.float64)
    critic.weight.data.copy_(slope.flatten()[None])
    return critic


@every_regulariser
def test_a_penalty_is_given_per_sample(regulariser: Regulariser, rng: Generator) -> None:
    real, fake = images(rng)
    value = regulariser.penalty(bowl, real, fake, rng)
    assert value.shape == (BATCH,)
    assert (value >= 0).all()
    assert len(set(value.tolist())) == BATCH


@pytest.mark.parametrize(
    ("name", "closed_form"),
    [
        ("gradient_penalty", lambda norm: (norm - 1) ** 2),
        ("lipschitz_penalty", lambda norm: (norm - 1) ** 2),
        ("dragan", lambda norm: (norm - 1) ** 2),
        ("r1", lambda norm: norm**2 / 2),
        ("r2", lambda norm: norm**2 / 2),
        ("r1_r2", lambda norm: norm**2),
    ],
)
def test_a_linear_critic_pays_for_its_slope_whatever_the_sample(
    name: str, closed_form: torch.nn.Module, rng: Generator
) -> None:
    # A norm per pixel or per channel instead of per sample would give another number.
    slope = torch.randn(IMAGE, generator=rng, dtype=torch.float64)
    critic = linear(slope)
    real, fake = images(rng)
    value = REGULARISERS[name].penalty(lambda x: critic(x.flatten(1)).squeeze(1), real, fake, rng)
    torch.testing.assert_close(value, closed_form(slope.norm()).expand(BATCH))


def test_r1_looks_at_the_real_and_r2_at_the_fake(rng: Generator) -> None:
    real, fake = images(rng)
    torch.testing.assert_close(r1(bowl, real, fake, rng), bowl(real))
    torch.testing.assert_close(r2(bowl, real, fake, rng), bowl(fake))
    torch.testing.assert_close(r1_r2(bowl, real, fake, rng), bowl(real) + bowl(fake))


def test_the_gradient_penalty_looks_between_its_own_real_and_fake_sample(rng: Generator) -> None:
    seen: list[Tensor] = []

    def spy(x: Tensor) -> Tensor:
        seen.append(x.detach())
        return bowl(x)

    real, fake = images(rng)
    value = gradient_penalty(spy, real, fake, rng)
    between = seen[0]
    torch.testing.assert_close(value, (between.flatten(1).norm(dim=1) - 1) ** 2)
    way = ((between - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(way, way[:, :1].expand_as(way))  # one weight per sample, none per pixel
    assert ((way >= 0) & (way <= 1)).all()
    assert len({round(w, 9) for w in way[:, 0].tolist()}) == BATCH  # and not one for the whole batch


def test_the_gradient_penalty_mixes_evenly(rng: Generator) -> None:
    real, fake = torch.ones(4000, 1), torch.zeros(4000, 1)
    # Of the bowl, the penalty is (|x| - 1)²: it tells where each sample was mixed to.
    places = 1 - gradient_penalty(bowl, real, fake, rng).sqrt()
    counts = torch.histc(places, bins=4, min=0, max=1)
    assert (counts / 1000 - 1).abs().max() < 0.1  # a normal mix would leave [0, 1] and crowd its ends


@every_regulariser
def test_a_flat_critic_gets_finite_gradients(regulariser: Regulariser, rng: Generator) -> None:
    critic = linear(torch.zeros(2))
    real, fake = torch.randn(2, BATCH, 2, generator=rng, dtype=torch.float64)
    regulariser.penalty(lambda x: critic(x).squeeze(1), real, fake, rng).mean().backward()
    assert critic.weight.grad is not None
    assert critic.weight.grad.isfinite().all()


@every_regulariser
def test_the_weights_learn_from_the_penalty(regulariser: Regulariser, rng: Generator) -> None:
    critic = linear(torch.tensor([3.0, 4.0]))
    real, fake = torch.randn(2, BATCH, 2, generator=rng, dtype=torch.float64)
    regulariser.penalty(lambda x: critic(x).squeeze(1), real, fake, rng).mean().backward()
    assert critic.weight.grad is not None
    assert (critic.weight.grad * critic.weight).sum() > 0  # downhill is a flatter critic


@every_regulariser
def test_no_gradient_reaches_the_generator_or_the_data(regulariser: Regulariser, rng: Generator) -> None:
    critic = linear(torch.tensor([3.0, 4.0]))
    real, fake = torch.randn(2, BATCH, 2, generator=rng, dtype=torch.float64)
    real.requires_grad_(True)
    fake.requires_grad_(True)
    loss = regulariser.penalty(lambda x: critic(x).squeeze(1).square(), real, fake, rng).mean()
    loss.backward()
    assert real.grad is None
    assert fake.grad is None


@every_regulariser
def test_only_the_given_stream_is_used(regulariser: Regulariser, rng: Generator) -> None:
    torch.manual_seed(4711)
    before = torch.get_rng_state()
    real, fake = images(rng)
    start = rng.get_state()
    first = regulariser.penalty(bowl, real, fake, rng)
    again = regulariser.penalty(bowl, real, fake, torch.Generator().set_state(start))
    assert torch.equal(first, again)
    assert torch.equal(torch.get_rng_state(), before)


@every_regulariser
def test_every_regulariser_has_its_formula_and_its_source(regulariser: Regulariser) -> None:
    assert regulariser.label
    assert "nabla" in regulariser.formula
    assert regulariser.source.startswith("arXiv:")
    assert regulariser.weight > 0


@every_regulariser
@pytest.mark.parametrize("steepness", [0.4, 3.0])
def test_the_formula_that_is_shown_is_the_penalty_that_is_computed(
    regulariser: Regulariser, steepness: float, rng: Generator
) -> None:
    """Of a critic that is equally steep everywhere; where each of them looks, another test says."""
    slope = torch.full(IMAGE, steepness / 8, dtype=torch.float64)
    text = re.sub(r"\\lVert \\nabla D\(.*?\) \\rVert", "steepness", regulariser.formula)
    for latex, python in ((r"\tfrac{1}{2}", "0.5 * "), (r"\max", "max"), ("^2", "**2"), ("[", "("), ("]", ")")):
        text = text.replace(latex, python)
    names = {"E": float, "max": max, "steepness": steepness}
    shown = eval(text, {"__builtins__": {}}, names)  # noqa: S307 - our own tables
    critic = linear(slope)
    penalty = regulariser.penalty(lambda x: critic(x.flatten(1))[:, 0], *images(rng), rng)
    torch.testing.assert_close(penalty, torch.full_like(penalty, shown))
