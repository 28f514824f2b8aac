"""The methods around the two losses: each piece by its formula."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn

from gan_core.game.methods import Lookahead, Replay, add_noise, feature_matching_loss, noise_std, pack, unrolled
from gan_core.game.networks import MinibatchDiscrimination, MinibatchStd, Weights
from gan_core.game.objectives import OBJECTIVES, smoothed
from gan_core.game.optimizers import OPTIMIZERS, Optimizer

CPU = torch.device("cpu")


def test_a_pack_joins_neighbours_and_nothing_else() -> None:
    points = torch.arange(12.0).view(6, 2)
    assert pack(points, 1) is points
    assert pack(points, 3).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    images = torch.randn(4, 3, 5, 5)
    packs = pack(images, 2)
    assert packs.shape == (2, 6, 5, 5)
    assert torch.equal(packs[1, 3:], images[3])


# -- smoothing, noise, features ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_smoothing_the_real_labels_is_cross_entropy_with_that_target(name: str, rng: Generator) -> None:
    real, fake = torch.randn(2, 9, generator=rng, dtype=torch.float64)
    objective = smoothed(OBJECTIVES[name], 0.1)
    entropy = nn.BCEWithLogitsLoss(reduction="none")
    expected = entropy(real, torch.full_like(real, 0.9)) + entropy(fake, torch.zeros_like(fake))
    torch.testing.assert_close(objective.d_loss(real, fake), expected)
    torch.testing.assert_close(objective.g_loss(real, fake), OBJECTIVES[name].g_loss(real, fake))


def test_smoothing_bounds_the_logit_of_a_d_that_is_never_wrong() -> None:
    # Real alone: the best answer is 0.9, a logit of log 9 = 2.197 (and not infinite).
    objective, fake = smoothed(OBJECTIVES["minimax"], 0.1), torch.tensor([-30.0], dtype=torch.float64)
    real = torch.tensor([math.log(9)], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(objective.d_loss(real, fake).sum(), real)
    assert slope.item() == pytest.approx(0, abs=1e-9)


def test_the_equilibrium_moves_with_the_label() -> None:
    objective = smoothed(OBJECTIVES["non_saturating"], 0.1)
    even = torch.tensor([objective.equilibrium_logit], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(objective.d_loss(even, even).sum(), even)
    assert slope.item() == pytest.approx(0, abs=1e-9)
    assert even.sigmoid().item() == pytest.approx(0.45)
    assert objective.d_loss(even, even).item() == pytest.approx(objective.d_optimum)
    assert objective.g_loss(even, even).item() == pytest.approx(objective.g_optimum)


def test_noise_fades_evenly_and_then_draws_nothing(rng: Generator) -> None:
    assert [noise_std(0.4, 4, step) for step in (0, 1, 2, 4, 9)] == pytest.approx([0.4, 0.3, 0.2, 0, 0])
    assert noise_std(0.4, 0, 10**6) == 0.4
    x, state = torch.zeros(20_000, 2), rng.get_state()
    assert add_noise(x, 0.0, rng) is x
    assert torch.equal(rng.get_state(), state)
    assert add_noise(x, 0.3, rng).std().item() == pytest.approx(0.3, rel=0.02)


def test_features_are_matched_in_their_mean_and_the_real_ones_stand_still(rng: Generator) -> None:
    real, fake = torch.randn(6, 3, generator=rng, requires_grad=True), torch.randn(8, 3, generator=rng)
    fake.requires_grad_(True)
    loss = feature_matching_loss(real, fake)
    difference = real.mean(0) - fake.mean(0)
    assert loss.item() == pytest.approx(difference.square().sum().item())
    loss.backward()
    assert real.grad is None
    torch.testing.assert_close(fake.grad, (-2 / 8 * difference).expand(8, 3))
    assert feature_matching_loss(real, real[torch.randperm(6, generator=rng)]).item() == pytest.approx(0, abs=1e-9)


# -- minibatch layers ----------------------------------------------------------------------------------------


def test_minibatch_std_is_that_of_groups_of_four(rng: Generator) -> None:
    x, layer = torch.randn(8, 3, generator=rng), MinibatchStd()
    told = layer(x)
    assert torch.equal(told[:, :3], x)
    for first in (0, 1):
        group = x[first::2]  # spread over the batch
        expected = group.std(0, correction=0).mean().item()
        assert told[first::2, 3].tolist() == pytest.approx([expected] * 4, rel=1e-5)
    assert layer(x[:7])[:, 3].tolist() == pytest.approx([x[:7].std(0, correction=0).mean().item()] * 7, rel=1e-5)


def test_minibatch_discrimination_is_closeness_to_the_others(rng: Generator) -> None:
    x, layer = torch.randn(5, 3, generator=rng), MinibatchDiscrimination(3, 2, 4, rng)
    told = layer(x)[:, 3:]
    places = (x @ layer.weight).view(5, 2, 4)
    for i in range(5):
        for kernel in range(2):
            others = [j for j in range(5) if j != i]  # itself would always be near
            near = [math.exp(-(places[i, kernel] - places[j, kernel]).abs().sum().item()) for j in others]
            assert told[i, kernel].item() == pytest.approx(sum(near) / 4, rel=1e-4)
    assert (layer(x[:1].expand(4, -1))[:, 3:] == 1).all()  # all the same
    # Of a larger batch each is compared with its own 32; the last group is filled up with the first samples.
    many = torch.randn(70, 3, generator=rng)
    torch.testing.assert_close(layer(many)[:64, 3:], torch.cat((layer(many[:32]), layer(many[32:64])))[:, 3:])
    torch.testing.assert_close(layer(many)[64:, 3:], layer(torch.cat((many[64:], many[:26])))[:6, 3:])


@pytest.mark.parametrize("layer", [MinibatchStd(), MinibatchDiscrimination(3, 2, 4, Generator())])
def test_a_minibatch_layer_that_is_looked_at_tells_what_was_usual(layer: nn.Module, rng: Generator) -> None:
    x = torch.randn(8, 3, generator=rng)
    for _ in range(100):
        usual = layer(x)[:, 3:].mean(0)
    layer.eval()
    before = [b.clone() for b in layer.buffers()]
    alone, together = layer(x[:1]), layer(x)
    torch.testing.assert_close(alone[0], together[0])  # no sample changes another's
    torch.testing.assert_close(alone[0, 3:], usual, rtol=1e-3, atol=1e-4)
    assert all(map(torch.equal, before, layer.buffers()))


# -- replay --------------------------------------------------------------------------------------------------


def numbered(n: int, batch: int) -> Tensor:
    return torch.arange(n * batch, dtype=torch.float32).view(n, batch, 1)


def test_replay_shows_half_new_and_half_old_and_remembers_what_it_held_back(rng: Generator) -> None:
    replay = Replay(2, torch.Size((4, 1)), rng, CPU)
    batches = numbered(40, 4)
    assert torch.equal(replay.mixed(batches[0], 2), batches[0])  # nothing to replay yet
    for i, fresh in enumerate(batches[1:], 1):
        shown = replay.mixed(fresh, 2)
        assert torch.equal(shown[:2], fresh[:2])
        assert (shown[2:] < fresh[0]).all()
        assert int(replay.n) == min(8, 2 * (i + 1))
        assert (replay.samples == fresh[2]).sum() == (replay.samples == fresh[3]).sum() == 1
    # Old ones leave the store by chance: the newest is there, and something older than the last four batches too.
    assert 4 * 36 > replay.samples.min() > 0


def test_what_is_replayed_is_of_every_age(rng: Generator) -> None:
    replay, ages = Replay(10, torch.Size((4, 1)), rng, CPU), []
    for i, fresh in enumerate(numbered(300, 4)):
        old = replay.mixed(fresh, 2)[2:]
        ages += [i - int(sample) // 4 for sample in old.flatten() if i > 40]
    assert min(ages) == 1
    # Each update replaces 2 of 40: a sample stays for 20 updates on average.
    assert sum(ages) / len(ages) == pytest.approx(20, rel=0.15)


# -- lookahead -----------------------------------------------------------------------------------------------


def test_every_kth_update_goes_half_of_the_way_back() -> None:
    weights = [torch.zeros(2), torch.zeros(3)]
    lookahead = Lookahead(3, weights)
    path = []
    for _ in range(6):
        for weight in weights:
            weight += 1
        lookahead.updated()
        path.append([w[0].item() for w in weights])
    assert path == [[1, 1], [2, 2], [1.5, 1.5], [2.5, 2.5], [3.5, 3.5], [3, 3]]


def spiral(optimizer: str, steps: int, every: int = 0) -> float:
    """How far WGAN-Dirac is from its equilibrium after updates at once of both players, from (1, 1) at rate 0.2."""
    theta, psi = torch.ones(1), torch.ones(1)
    players = [OPTIMIZERS[optimizer]([w], 0.2, (0.0, 0.0)) for w in (theta, psi)]
    lookahead = Lookahead(every, [theta, psi]) if every else None
    for _ in range(steps):
        gradients = -psi.clone(), theta.clone()  # L_G = -ψθ, L_D = ψθ, and D climbs the fake: arXiv:1801.04406
        for player, gradient in zip(players, (-gradients[0], -gradients[1]), strict=True):
            player.step([gradient])
        if lookahead is not None:
            lookahead.updated()
    return math.hypot(theta.item(), psi.item())


def test_lookahead_turns_a_rotation_into_a_descent() -> None:
    assert spiral("sgd", 500) > 1e4
    assert spiral("sgd", 500, every=5) == pytest.approx(6.7e-4, rel=0.05)


# -- unrolling -----------------------------------------------------------------------------------------------


class Line(nn.Module):
    """D(x) = ψ x, with a slope for each of two coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([0.5, -0.3]))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.slope


def prepared(optimizer: str) -> tuple[Line, Weights, Optimizer]:
    line = Line()
    weights = Weights(line)
    made = OPTIMIZERS[optimizer](weights.tensors, 0.1, (0.5, 0.9))
    return line, weights, made


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_unrolled_d_is_d_after_its_updates_and_d_stays(optimizer: str, rng: Generator) -> None:
    line, weights, made = prepared(optimizer)
    real, fake = torch.randn(2, 7, 2, generator=rng)
    d_loss = OBJECTIVES["non_saturating"].d_loss
    before = line.slope.detach().clone(), made.state_dict()
    ahead = unrolled(line, weights, made, d_loss, (real, fake), (), 3)(real).detach()
    assert torch.equal(line.slope, before[0])
    assert all(torch.equal(value, made.state_dict()[name]) for name, value in before[1].items())
    for _ in range(3):
        weights.backward(d_loss(line(real), line(fake)))
        made.step(weights.gradients)
    torch.testing.assert_close(ahead, line(real).detach())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_gradient_passes_through_the_unrolled_updates(optimizer: str, rng: Generator) -> None:
    objective = OBJECTIVES["non_saturating"]
    real, start = torch.randn(2, 7, 2, generator=rng)
    line, weights, made = prepared(optimizer)
    weights.backward(objective.d_loss(line(real), line(start)))
    made.step(weights.gradients)

    def loss(shift: Any) -> Tensor:
        fake = start + shift
        critic = unrolled(line, weights, made, objective.d_loss, (real, fake), (), 2)
        return objective.g_loss(critic(real), critic(fake)).mean()

    shift = torch.zeros(2, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(shift), shift)
    for i in range(2):
        step = torch.zeros(2)
        step[i] = 0.01
        measured = (loss(step) - loss(-step)).item() / 0.02
        assert slope[i].item() == pytest.approx(measured, rel=0.02, abs=2e-4)
    held = objective.g_loss(real, line(start + shift)).mean()  # D held where it is has another slope
    assert not torch.allclose(slope, torch.autograd.grad(held, shift)[0], rtol=0.02)
