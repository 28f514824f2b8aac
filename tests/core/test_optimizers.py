"""Optimisers against PyTorch's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_core.game.optimizers import OPTIMIZERS, Optimizer

LR, BETAS = 0.02, (0.6, 0.9)


class Optimism(torch.optim.Optimizer):
    """Optimistic Adam, from PyTorch's Adam: twice its step, less the step before."""

    def __init__(self, weights: list[nn.Parameter]) -> None:
        super().__init__(weights, {})
        self.weights, self.before = weights, [torch.zeros_like(w) for w in weights]
        self.shadows = [nn.Parameter(w.detach().clone()) for w in weights]
        self.adam = torch.optim.Adam(self.shadows, LR, BETAS)

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        was = [s.detach().clone() for s in self.shadows]
        for shadow, weight in zip(self.shadows, self.weights, strict=True):
            shadow.grad = weight.grad
        self.adam.step()
        moves = [s.detach() - w for s, w in zip(self.shadows, was, strict=True)]
        with torch.no_grad():
            for weight, move, before in zip(self.weights, moves, self.before, strict=True):
                weight.add_(2 * move - before)
        self.before = moves


THEIRS: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "adam": lambda weights: torch.optim.Adam(weights, LR, BETAS),
    "sgd": lambda weights: torch.optim.SGD(weights, LR, BETAS[0]),
    "rmsprop": lambda weights: torch.optim.RMSprop(weights, LR, BETAS[1], momentum=BETAS[0]),
    "optimistic_adam": Optimism,
}


def start() -> list[Tensor]:
    rng = torch.Generator().manual_seed(3)
    return [torch.randn(shape, generator=rng) for shape in ((5, 4), (7,))]


def gradients(n: int) -> list[list[Tensor]]:
    rng = torch.Generator().manual_seed(4)
    return [[torch.randn(w.shape, generator=rng) for w in start()] for _ in range(n)]


def ours(name: str) -> Optimizer:
    return OPTIMIZERS[name](start(), LR, BETAS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_are_those_of_pytorch(name: str) -> None:
    mine, weights = ours(name), [nn.Parameter(w) for w in start()]
    theirs = THEIRS[name](weights)
    for some in gradients(30):
        mine.step(some)
        for weight, gradient in zip(weights, some, strict=True):
            weight.grad = gradient
        theirs.step()
    for a, b in zip(mine.weights, weights, strict=True):
        torch.testing.assert_close(a, b.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("betas", [BETAS, (0.0, 0.9)])
def test_an_imagined_update_is_the_real_one_and_changes_nothing(name: str, betas: tuple[float, float]) -> None:
    optimizer = OPTIMIZERS[name](start(), LR, betas)
    *early, last = gradients(4)
    for some in early:
        optimizer.step(some)
    before = optimizer.state_dict(), [w.clone() for w in optimizer.weights]
    weights, memory = optimizer.imagined(optimizer.weights, last, optimizer.memory, 4)
    for kept, now in zip(before[1], optimizer.weights, strict=True):
        assert torch.equal(kept, now)
    assert all(torch.equal(value, optimizer.state_dict()[key]) for key, value in before[0].items())
    optimizer.step(last)
    torch.testing.assert_close(weights, optimizer.weights)
    torch.testing.assert_close(memory, optimizer.memory)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_imagined_update_has_a_finite_derivative_where_nothing_is_felt(name: str) -> None:
    optimizer = ours(name)
    weights = [w.requires_grad_(True) for w in start()]
    silent = [0 * w for w in weights]
    moved, _ = optimizer.imagined(weights, silent, optimizer.memory, 1)
    for derivative in torch.autograd.grad(sum(w.sum() for w in moved), weights):  # type: ignore[arg-type]
        assert derivative.isfinite().all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_goes_on_bit_for_bit_from_its_state(name: str) -> None:
    first = ours(name)
    *early, last = gradients(5)
    for some in early:
        first.step(some)
    second = ours(name)
    second.load_state_dict(first.state_dict())
    for mine, theirs in zip(second.weights, first.weights, strict=True):
        mine.copy_(theirs)
    before = [w.clone() for w in first.weights]
    for optimizer in (first, second):
        optimizer.step(last)
    for a, b, was in zip(first.weights, second.weights, before, strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, was)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_state_is_a_copy(name: str) -> None:
    optimizer = ours(name)
    some, others = gradients(2)
    optimizer.step(some)
    state = optimizer.state_dict()
    kept = {key: value.clone() for key, value in state.items()}
    optimizer.step(others)
    assert all(torch.equal(state[key], kept[key]) for key in kept)
    assert any(not torch.equal(value, kept[key]) for key, value in optimizer.state_dict().items())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rates_and_betas_may_change_at_any_time(name: str) -> None:
    plain, changed = ours(name), ours(name)
    some, others = gradients(2)
    for optimizer in (plain, changed):
        optimizer.step(some)
    assert torch.equal(plain.weights[0], changed.weights[0])
    changed.lr = 2 * LR
    for optimizer in (plain, changed):
        optimizer.step(others)
    origin = ours(name)
    origin.step(some)
    moved, moved_more = plain.weights[0] - origin.weights[0], changed.weights[0] - origin.weights[0]
    torch.testing.assert_close(moved_more, 2 * moved, rtol=1e-4, atol=1e-5)
    changed.betas = (0.0, 0.5)
    changed.step(some)
    assert all(torch.isfinite(w).all() for w in changed.weights)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: {k: v for k, v in state.items() if k != "n_updates"},
        lambda state: state | {"more": torch.zeros(2)},
        lambda state: state | {"momentum.0" if "momentum.0" in state else "mean.0": torch.zeros(3, 3)},
        lambda state: state | {"n_updates": torch.zeros((), dtype=torch.float64)},
    ],
    ids=["missing", "extra", "shape", "type"],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(
    name: str, spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    optimizer = ours(name)
    optimizer.step(gradients(1)[0])
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match="an optimiser's state"):
        optimizer.load_state_dict(spoil(OPTIMIZERS[name](start(), LR, BETAS).state_dict()))
    assert all(torch.equal(value, before[key]) for key, value in optimizer.state_dict().items())
