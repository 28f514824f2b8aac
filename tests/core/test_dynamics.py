"""The toys of which everything is known: eigenvalues, who converges, and the best discriminator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.errors import ConfigError
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.regularisers import REGULARISERS
from gan_core.theory import (
    METHODS,
    DiracGame,
    Pair,
    bayes_accuracy,
    best_logit,
    eigenvalues,
    factor,
    field,
    jacobian,
    jensen_shannon,
    learn,
    learned,
    methods,
    play,
    play_all,
    pull,
    reading,
    reading_of_steps,
    value_of_best,
    wasserstein,
)
from gan_core.theory.tables import looked_up

MINIMAX, NS, W = DiracGame("minimax"), DiracGame("non_saturating"), DiracGame("wasserstein")
R1 = DiracGame("minimax", "r1", 0.3)
R3 = DiracGame("relativistic", "r1_r2", 0.3)
NOISY = DiracGame("minimax", noise=0.7)
CONSENSUS = DiracGame("minimax", consensus=1.0)


def norms(game: DiracGame, method: str, **more: Any) -> list[float]:
    return [float(norm) for norm in np.linalg.norm(play(game, method, **more), axis=1)]


def test_a_derivative_is_remembered_and_can_only_be_read() -> None:
    found = jacobian(R1)
    assert jacobian(DiracGame("minimax", "r1", 0.3)) is found
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (MINIMAX, (0.5j, -0.5j)),
        (NS, (0.5j, -0.5j)),
        (DiracGame("least_squares"), (0.5j, -0.5j)),
        (W, (1j, -1j)),
        (DiracGame("hinge"), (1j, -1j)),
        (DiracGame("relativistic"), (0.5j, -0.5j)),
        (NOISY, (-0.1225 + 0.4848j, -0.1225 - 0.4848j)),
        (R1, (-0.15 + 0.4770j, -0.15 - 0.4770j)),
        (DiracGame("minimax", "r1", 2.0), (-0.133975, -1.866025)),
        (DiracGame("wasserstein", "r1", 0.3), (-0.15 + 0.98869j, -0.15 - 0.98869j)),
        (R3, (-0.3 + 0.4j, -0.3 - 0.4j)),
        (CONSENSUS, (-0.25 + 0.5j, -0.25 - 0.5j)),
        (DiracGame("minimax", consensus=0.3), (-0.075 + 0.5j, -0.075 - 0.5j)),
    ],
)
def test_eigenvalues_at_the_equilibrium(game: DiracGame, expected: tuple[complex, complex]) -> None:
    values = eigenvalues(game)
    assert values is not None
    np.testing.assert_allclose(np.sort_complex(values), np.sort_complex(expected), atol=1e-4)


@pytest.mark.parametrize(
    ("below", "above"),
    [
        (DiracGame("minimax", "r1", 0.99), DiracGame("minimax", "r1", 1.01)),
        (DiracGame("relativistic", "r1_r2", 0.49), DiracGame("relativistic", "r1_r2", 0.51)),
        (DiracGame("minimax", noise=1.41), DiracGame("minimax", noise=1.42)),
    ],
)
def test_the_rotation_ends_at_the_critical_strength(below: DiracGame, above: DiracGame) -> None:
    turning, still = eigenvalues(below), eigenvalues(above)
    assert turning is not None
    assert still is not None
    assert np.abs(turning.imag).max() > 1e-3
    assert np.abs(still.imag).max() == 0


def test_a_penalty_that_wants_slope_one_has_no_derivative_at_slope_zero() -> None:
    kinked = {name for name in REGULARISERS if eigenvalues(DiracGame("wasserstein", name, 0.35)) is None}
    assert kinked >= {"gradient_penalty", "dragan"}
    assert not kinked & {"r1", "r2", "r1_r2"}
    assert reading(DiracGame("wasserstein", "gradient_penalty", 0.35)) == "kink"


@pytest.mark.parametrize(("game", "rate"), [(MINIMAX, 1.0049876), (W, 1.0198039), (R1, 0.974680)])
def test_simultaneous_steps_grow_by_the_factor_near_the_equilibrium(game: DiracGame, rate: float) -> None:
    assert factor(game, "simultaneous", 0.2) == pytest.approx(rate, abs=1e-6)
    path = norms(game, "simultaneous", start=(1e-5, -1e-5), n_steps=200)
    assert (path[200] / path[0]) ** (1 / 200) == pytest.approx(rate, abs=2e-3)


@pytest.mark.parametrize("h", [0.1, 1.0, 3.9])
def test_alternating_steps_neither_grow_nor_shrink_without_a_penalty(h: float) -> None:
    assert factor(MINIMAX, "alternating", h) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("method", ["simultaneous", "alternating"])
@pytest.mark.parametrize("game", [NOISY, R1, CONSENSUS, R3])
def test_who_converges(game: DiracGame, method: str) -> None:
    assert reading(game) == "converges"
    assert norms(game, method)[-1] < 1e-4


@pytest.mark.parametrize("method", ["simultaneous", "alternating"])
@pytest.mark.parametrize(
    "game",
    [
        MINIMAX,
        NS,
        W,
        DiracGame("wasserstein", clip=1.0),
        DiracGame("hinge"),
        DiracGame("wasserstein", "gradient_penalty", 0.35),
        DiracGame("relativistic"),
    ],
)
def test_who_does_not_converge(game: DiracGame, method: str) -> None:
    assert norms(game, method)[-1] > 0.05
    assert reading(game) in ("circles", "kink")


@pytest.mark.parametrize(
    ("game", "method", "expected"),
    [
        (MINIMAX, "simultaneous", 3.10),
        (MINIMAX, "alternating", 1.42),
        (NS, "simultaneous", 0.64),
        (NS, "alternating", 0.2706),
        (W, "simultaneous", math.sqrt(2) * 1.04**250),
        (W, "alternating", 1.434),
        (DiracGame("hinge"), "simultaneous", 1.70),
        (DiracGame("wasserstein", "r1", 0.3), "simultaneous", 9.1e-3),
        (W, "optimistic", 3.5e-5),
        (W, "extragradient", 7.9e-5),
        (W, "lookahead", 6.7e-4),
        (W, "negative_momentum", 0.0744),
    ],
)
def test_where_it_is_after_500_steps(game: DiracGame, method: str, expected: float) -> None:
    assert norms(game, method)[-1] == pytest.approx(expected, rel=0.02)


def test_averaging_shows_the_mean_of_the_alternating_path() -> None:
    path, mean = play(W, "alternating", n_steps=50, d_steps=2), play(W, "averaging", n_steps=50, d_steps=2)
    for t in (1, 7, 50):
        np.testing.assert_allclose(mean[t], path[1 : t + 1].mean(0), atol=1e-12)


@pytest.mark.parametrize(("game", "expected"), [(W, 0.0030), (MINIMAX, 0.0051)])
def test_the_mean_of_a_circling_path_is_near_the_equilibrium(game: DiracGame, expected: float) -> None:
    assert norms(game, "averaging", n_steps=5000)[-1] == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize(("growth", "said"), [(1.0049, "diverges"), (1.0, "circles"), (0.9747, "converges")])
def test_the_factor_of_a_step_is_read(growth: float, said: str) -> None:
    assert reading_of_steps(growth) == said


def test_alternating_steps_circle_where_simultaneous_ones_diverge() -> None:
    said = {name: reading_of_steps(factor(W, name, 0.2) or 0) for name in ("simultaneous", "alternating")}
    assert said == {"simultaneous": "diverges", "alternating": "circles"}


def test_consensus_does_not_converge_from_everywhere() -> None:
    far = norms(CONSENSUS, "alternating", n_steps=100, d_steps=5)
    assert far[100] > far[50] > 5


def test_a_path_that_explodes_stays_finite() -> None:
    path = play(W, "simultaneous", n_steps=2000, h=1.0)
    assert np.isfinite(path).all()
    assert np.linalg.norm(path[-1]) > 1e6


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("penalty", ["", *REGULARISERS])
def test_every_game_has_a_field_that_does_not_mix_states(objective: str, penalty: str) -> None:
    game = DiracGame(objective, penalty, 0.3)
    states = np.array([[1.0, -1.0], [0.3, 0.6], [-0.5, 0.2]])
    together = field(game, states)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together, [field(game, w) for w in states], atol=1e-6)


def test_the_field_of_the_minimax_game_has_its_closed_form() -> None:
    theta, psi = 0.7, -0.4
    s = 1 / (1 + math.exp(-theta * psi))
    np.testing.assert_allclose(field(MINIMAX, np.array([theta, psi])), [psi * s, -theta * s], atol=1e-12)


@pytest.mark.parametrize("wrong", [{"objective": "x"}, {"penalty": "x"}, {"weight": -1.0}])
def test_a_game_that_is_none_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        DiracGame(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="alternating"):
        play(MINIMAX, "x")


@pytest.mark.parametrize(
    ("mean", "jsd", "value", "accuracy"),
    [
        (0, 0, -1.386294, 0.5),
        (0.5, 0.030311, -1.325672, 0.5987),
        (1, 0.111421, -1.163451, 0.6915),
        (2, 0.336831, -0.712633, 0.8413),
        (4, 0.632720, -0.120854, 0.9772),
        (10, 0.693146, -0.000002, 1.0),
    ],
)
def test_divergences_of_shifted_normal_densities(mean: float, jsd: float, value: float, accuracy: float) -> None:
    pair = Pair(mean)
    assert jensen_shannon(pair) == pytest.approx(jsd, abs=1e-5)
    assert value_of_best(pair) == pytest.approx(value, abs=1e-5)
    assert bayes_accuracy(pair) == pytest.approx(accuracy, abs=1e-4)
    assert wasserstein(pair) == pytest.approx(mean, abs=1e-5)


def test_divergences_of_densities_of_unequal_width() -> None:
    assert jensen_shannon(Pair(0, 0.5)) == pytest.approx(0.092733, abs=1e-5)
    assert wasserstein(Pair(0, 0.5)) == pytest.approx(0.5 * math.sqrt(2 / math.pi), abs=1e-5)
    with pytest.raises(ConfigError, match="positive"):
        Pair(0, 0)


def test_a_trained_d_comes_close_to_the_best_one() -> None:
    x = np.linspace(-1, 3, 41)
    lesson = learn(Pair(2), 400, x=x)
    assert lesson.values[-1] == pytest.approx(value_of_best(Pair(2)), abs=0.03)
    assert np.abs(lesson.logits - best_logit(Pair(2), x)).max() < 0.6
    again = learn(Pair(2), 400, x=x)
    np.testing.assert_array_equal(lesson.logits, again.logits)


def test_what_g_would_feel_is_the_derivative_of_its_loss() -> None:
    pair, rng = Pair(1), torch.Generator().manual_seed(2)
    d = learned._Network(rng)
    x = np.linspace(-2, 2, 9)
    at = d(x)
    np.testing.assert_allclose(d.slope(), (d(x + 1e-2) - d(x - 1e-2)) / 2e-2, atol=0.02)
    up = np.arange(9.0)
    d(x)
    d.climb(up)
    assert (d(x) - at) @ up > 0
    (first,) = learn(pair, 1, x=x, n_looks=1).pulls["minimax"]
    assert 0 < first < 1


def test_the_saturating_gradient_dies_while_d_learns_and_the_other_lives() -> None:
    pulls = learn(Pair(8), 300, x=np.zeros(1)).pulls
    assert pulls["minimax"][-1] < 0.1 * pulls["minimax"].max()
    assert pulls["non_saturating"][-1] > 0.5 * pulls["non_saturating"].max()


def test_pulls_have_their_closed_forms() -> None:
    o = np.array([-10.0, -5.0, 0.0, 3.0])
    s = 1 / (1 + np.exp(-o))
    np.testing.assert_allclose(pull("minimax", o), s, atol=1e-9)
    np.testing.assert_allclose(pull("non_saturating", o), 1 - s, atol=1e-9)
    np.testing.assert_allclose(pull("non_saturating", o) / pull("minimax", o), np.exp(-o), rtol=1e-6)
    np.testing.assert_allclose(pull("least_squares", o), 1 - o, atol=1e-9)
    np.testing.assert_allclose(pull("hinge", o), 1)
    np.testing.assert_allclose(pull("relativistic", o, 0.0), 1 - s, atol=1e-9)


def test_every_method_plays_every_game_a_while() -> None:
    for method in METHODS:
        assert np.isfinite(play(R3, method, n_steps=20)).all()


@pytest.mark.parametrize(
    "game", [R1, NOISY, DiracGame("hinge", clip=0.5), CONSENSUS, DiracGame("relativistic_average")]
)
def test_playing_several_ways_at_once_is_playing_each(game: DiracGame) -> None:
    together = play_all(game, list(METHODS), n_steps=20, d_steps=2)
    assert list(together) == list(METHODS)
    for method, path in together.items():
        np.testing.assert_allclose(path, play(game, method, n_steps=20, d_steps=2), atol=1e-12)


@pytest.mark.parametrize("game", [R1, NOISY, DiracGame("relativistic_average"), R3])
def test_one_players_part_of_the_field_is_the_same_alone(game: DiracGame) -> None:
    states = np.array([[1.0, -1.0], [0.3, 0.6]])
    both = field(game, states)
    for player in (0, 1):
        alone = field(game, states, (player,))
        np.testing.assert_allclose(alone[:, player], both[:, player], atol=1e-12)
        assert np.isnan(alone[:, 1 - player]).all()


def test_a_turn_of_d_asks_no_gradient_of_g(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(methods, "looked_up", lambda game, w: None)
    monkeypatch.setattr(methods, "field", lambda game, w, players: asked.append(players) or field(game, w, players))
    play(R1, "alternating", n_steps=2, d_steps=2)
    assert asked == [(1,), (1,), (0,)] * 2


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("penalty", ["", *REGULARISERS])
@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_a_velocity_that_is_looked_up_is_the_one_that_is_differentiated(
    objective: str, penalty: str, noise: float
) -> None:
    game = DiracGame(objective, penalty, 0.3, noise)
    states = np.random.default_rng(1).uniform(-2, 2, (40, 2))
    found = looked_up(game, states)
    assert found is not None
    atol = 1e-3 if objective == "hinge" and noise else 1e-6  # a node of the noise may hit a cell with the kink
    np.testing.assert_allclose(found, field(game, states), atol=atol)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("penalty", ["", *REGULARISERS])
@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_far_beyond_the_tables_what_is_looked_up_is_still_the_derivative(
    objective: str, penalty: str, noise: float
) -> None:
    game = DiracGame(objective, penalty, 0.3, noise)
    states = np.array([[1e3, 1.0], [-20.0, 90.0], [1e5, -1e5], [3.0, -1e4]])
    found = looked_up(game, states)
    assert found is not None
    np.testing.assert_allclose(found, field(game, states), rtol=1e-6, atol=1e-6)


def test_consensus_is_not_looked_up() -> None:
    assert looked_up(CONSENSUS, np.array([[1.0, 1.0]])) is None
