"""Laws of the losses. Logits are leaves here, so that the gradient at each is D's or G's own signal."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gan_core.game.objectives import OBJECTIVES, Objective, smoothed

every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
LOG2 = math.log(2)


def logits(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def slopes(loss: Tensor, *inputs: Tensor) -> list[float]:
    """Mean gradient at each input; 0 for one that the loss does not depend on."""
    grads = torch.autograd.grad(loss.sum(), inputs, allow_unused=True, materialize_grads=True)
    return [float(grad.mean()) for grad in grads]


@every_objective
def test_a_loss_is_given_per_sample(objective: Objective, rng: torch.Generator) -> None:
    real, fake = torch.randn(2, 7, generator=rng)
    both = objective.d_loss(real, fake), objective.g_loss(real, fake)
    for loss in both:
        assert loss.shape == (7,)
    if objective.averages:
        return
    # Each value belongs to its own pair: no average hides inside.
    torch.testing.assert_close(objective.d_loss(real[2:3], fake[2:3]), both[0][2:3])
    torch.testing.assert_close(objective.g_loss(real[2:3], fake[2:3]), both[1][2:3])


@every_objective
@pytest.mark.parametrize("real", [-1e4, 0.0, 1e4])
@pytest.mark.parametrize("fake", [-1e4, 0.0, 1e4])
def test_losses_and_gradients_stay_finite_at_extreme_logits(objective: Objective, real: float, fake: float) -> None:
    r, f = (torch.tensor([v], requires_grad=True) for v in (real, fake))
    for loss in (objective.d_loss(r, f), objective.g_loss(r, f)):
        assert loss.isfinite().all()
        assert all(math.isfinite(slope) for slope in slopes(loss, r, f))


@every_objective
def test_d_lifts_the_real_and_lowers_the_fake(objective: Objective) -> None:
    # At the logits of the equilibrium: with targets 0 and 1, least squares has nothing to say of a fake logit of 0.
    real, fake = logits(objective.equilibrium_logit), logits(objective.equilibrium_logit)
    on_real, on_fake = slopes(objective.d_loss(real, fake), real, fake)
    assert on_real < 0 < on_fake


@every_objective
def test_g_lifts_its_own_samples(objective: Objective) -> None:
    real, fake = logits(0), logits(0)
    assert slopes(objective.g_loss(real, fake), fake)[0] < 0


@every_objective
def test_an_objective_says_truly_whether_g_needs_the_real_logits(objective: Objective) -> None:
    real, fake = logits(0.3, -1), logits(0.1, 2)
    assert (slopes(objective.g_loss(real, fake), real)[0] != 0) == objective.g_needs_real


@every_objective
def test_the_reference_lines_are_the_losses_at_equilibrium(objective: Objective) -> None:
    at = logits(*[objective.equilibrium_logit] * 3)
    assert objective.d_optimum == pytest.approx(objective.d_loss(at, at).mean().item())
    if objective.g_optimum is not None:
        assert objective.g_optimum == pytest.approx(objective.g_loss(at, at).mean().item())
    assert bool(objective.g_label) == (objective.g_optimum is not None)
    assert objective.d_label


@every_objective
def test_no_constant_answer_of_d_is_better_than_that_of_the_equilibrium(objective: Objective) -> None:
    best = objective.d_optimum
    assert best is not None
    for logit in (-3, -0.7, 0.2, 0.5, 1.1, 4):
        assert objective.d_loss(logits(logit), logits(logit)).item() >= best - 1e-12


@pytest.mark.parametrize(
    ("name", "d_loss", "g_loss"),
    [
        ("minimax", 2 * LOG2, -LOG2),
        ("non_saturating", 2 * LOG2, LOG2),
        ("least_squares", 0.25, 0.125),
        ("wasserstein", 0.0, None),
        ("hinge", 2.0, 0.0),
        ("relativistic", LOG2, LOG2),
    ],
)
def test_equilibrium_values_are_the_published_ones(name: str, d_loss: float, g_loss: float | None) -> None:
    assert OBJECTIVES[name].d_optimum == pytest.approx(d_loss)
    assert OBJECTIVES[name].g_optimum == (None if g_loss is None else pytest.approx(g_loss))


@pytest.mark.parametrize(
    ("name", "d_loss", "g_loss"),
    [
        ("minimax", -math.log(1 / (1 + math.exp(-2))) - math.log(1 - 1 / (1 + math.e)), -math.log(1 + math.exp(-1))),
        ("non_saturating", math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1)), math.log(1 + math.e)),
        ("least_squares", 0.5 * (2 - 1) ** 2 + 0.5 * (-1) ** 2, 0.5 * (-1 - 1) ** 2),
        ("wasserstein", -1 - 2, 1),
        ("hinge", 0 + 0, 1),
        ("relativistic", math.log(1 + math.exp(-3)), math.log(1 + math.exp(3))),
    ],
)
def test_losses_at_a_real_logit_of_2_and_a_fake_logit_of_minus_1(name: str, d_loss: float, g_loss: float) -> None:
    real, fake = logits(2), logits(-1)
    assert OBJECTIVES[name].d_loss(real, fake).item() == pytest.approx(d_loss)
    assert OBJECTIVES[name].g_loss(real, fake).item() == pytest.approx(g_loss)


def test_hinge_no_longer_pushes_what_lies_beyond_the_margin() -> None:
    real, fake = logits(1.5), logits(-1.5)
    assert slopes(OBJECTIVES["hinge"].d_loss(real, fake), real, fake) == [0, 0]
    assert slopes(OBJECTIVES["hinge"].g_loss(real, fake), fake) == [-1]


def test_sigmoid_and_cross_entropy_of_the_article_are_our_logit_form(rng: torch.Generator) -> None:
    real, fake = torch.randn(2, 50, generator=rng, dtype=torch.float64).mul(4)
    ones, zeros = torch.ones(50, dtype=torch.float64), torch.zeros(50, dtype=torch.float64)
    article_d = functional.binary_cross_entropy(real.sigmoid(), ones) + functional.binary_cross_entropy(
        fake.sigmoid(), zeros
    )
    article_g = functional.binary_cross_entropy(fake.sigmoid(), ones)
    minimax, non_saturating = OBJECTIVES["minimax"], OBJECTIVES["non_saturating"]
    torch.testing.assert_close(minimax.d_loss(real, fake).mean(), article_d)
    torch.testing.assert_close(non_saturating.d_loss(real, fake).mean(), article_d)
    torch.testing.assert_close(non_saturating.g_loss(real, fake).mean(), article_g)
    torch.testing.assert_close(
        minimax.g_loss(real, fake).mean(), -functional.binary_cross_entropy(fake.sigmoid(), zeros)
    )


def test_minimax_saturates_where_d_is_sure_and_non_saturating_does_not() -> None:
    # Exactly e^(-logit) between the two gradients: 148.41 at -5.
    for logit in (0.0, -5.0, -10.0):
        fake = logits(logit)
        (weak,) = slopes(OBJECTIVES["minimax"].g_loss(fake, fake), fake)
        (strong,) = slopes(OBJECTIVES["non_saturating"].g_loss(fake, fake), fake)
        assert strong / weak == pytest.approx(math.exp(-logit))


def test_relativistic_logits_are_paired_by_index() -> None:
    # Logits [batch, 1] against [batch] would silently give batch × batch pairs; and a mean is not a pair.
    loss = OBJECTIVES["relativistic"].d_loss(logits(5, 0), logits(5, 0))
    torch.testing.assert_close(loss, torch.full((2,), LOG2, dtype=torch.float64))


def test_only_differences_count_where_an_objective_has_no_threshold(rng: torch.Generator) -> None:
    for objective in OBJECTIVES.values():
        real, fake = torch.randn(2, 9, generator=rng)
        shifted = objective.d_loss(real + 3, fake + 3).mean()
        unchanged = bool(torch.isclose(shifted, objective.d_loss(real, fake).mean(), atol=1e-4))
        assert unchanged == (objective.threshold is None)


def test_probability_is_claimed_only_for_the_cross_entropy_games() -> None:
    assert {name for name, objective in OBJECTIVES.items() if objective.probability} == {"minimax", "non_saturating"}


@pytest.mark.parametrize(
    ("game", "eigenvalue"),
    [
        ("minimax", 0.5j),
        ("non_saturating", 0.5j),
        ("wasserstein", 1j),
        ("hinge", 1j),
        ("relativistic", 0.5j),
        ("relativistic_average", 1j),
    ],
)
def test_a_line_against_a_point_turns_as_theory_says(game: str, eigenvalue: complex) -> None:
    """The Dirac-GAN (arXiv:1801.04406): data at 0, G a point θ, D(x) = ψx; v' at 0 has eigenvalues ± the given."""
    objective = OBJECTIVES[game]

    def velocity(point: Tensor) -> Tensor:
        theta, psi = point
        real, fake = (psi * 0.0).view(1), (psi * theta).view(1)
        (on_psi,) = torch.autograd.grad(objective.d_loss(real, fake).sum(), psi, create_graph=True)
        (on_theta,) = torch.autograd.grad(objective.g_loss(real, fake).sum(), theta, create_graph=True)
        return -torch.stack((on_theta, on_psi))

    jacobian = torch.autograd.functional.jacobian(velocity, torch.zeros(2, dtype=torch.float64))
    found = torch.linalg.eigvals(jacobian)
    torch.testing.assert_close(found.real, torch.zeros(2, dtype=torch.float64), atol=1e-9, rtol=0)
    expected = torch.tensor([-abs(eigenvalue), abs(eigenvalue)], dtype=torch.float64)
    torch.testing.assert_close(found.imag.sort().values, expected, atol=1e-4, rtol=0)


@every_objective
def test_every_objective_has_its_formulas_and_its_source(objective: Objective) -> None:
    assert objective.label
    assert objective.formula_d.startswith("L_D = ")
    assert objective.formula_g.startswith("L_G = ")
    assert objective.source.startswith("arXiv:")


SPELLINGS = (
    (r"\bar{D}(G(z))", "fake.mean()"),
    (r"\bar{D}(x)", "real.mean()"),
    ("D(G(z))", "fake"),
    ("D(x)", "real"),
    (r"\log \sigma(", "logsigmoid("),
    (r"\log real", "log(real)"),
    (r"\log fake", "log(fake)"),
    (r"\log(", "log("),
    (r"\sigma(", "sigmoid("),
    (r"\max(0, ", "relu("),
    (r"\tfrac{1}{2}", "0.5 * "),
    (r"\,", " * "),
    ("^2", "**2"),
    ("[", "("),
    ("]", ")"),
)


def evaluated(formula: str, objective: Objective, real: Tensor, fake: Tensor) -> Tensor:
    """What a formula says of logits; D(x) is a probability where the objective gives it that meaning."""
    text = formula.partition(" = ")[2]
    for latex, python in SPELLINGS:
        text = text.replace(latex, python)
    if objective.probability:
        real, fake = real.sigmoid(), fake.sigmoid()
    names = {name: getattr(functional, name) for name in ("logsigmoid", "relu", "sigmoid")}
    names |= {"E": torch.mean, "log": torch.log, "real": real, "fake": fake}
    found = eval(text, {"__builtins__": {}}, names)  # noqa: S307 - our own tables
    assert isinstance(found, Tensor)
    return found


@pytest.mark.parametrize(
    "objective", [*OBJECTIVES.values(), smoothed(OBJECTIVES["non_saturating"], 0.1)], ids=[*OBJECTIVES, "smoothed"]
)
def test_the_formula_that_is_shown_is_the_loss_that_is_computed(objective: Objective, rng: torch.Generator) -> None:
    real, fake = torch.randn(2, 9, generator=rng, dtype=torch.float64)
    for formula, loss in ((objective.formula_d, objective.d_loss), (objective.formula_g, objective.g_loss)):
        torch.testing.assert_close(evaluated(formula, objective, real, fake), loss(real, fake).mean())


@pytest.mark.parametrize(
    "objective", [*OBJECTIVES.values(), smoothed(OBJECTIVES["non_saturating"], 0.1)], ids=[*OBJECTIVES, "smoothed"]
)
def test_every_objective_says_how_to_read_its_loss_by_its_own_optimum(objective: Objective) -> None:
    assert objective.d_optimum is not None
    spellings = {f"{objective.d_optimum:.3f}", f"{objective.d_optimum:.2f}", f"{objective.d_optimum:g}"}
    numbers = set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?", re.sub(r"log \d", "", objective.reading)))
    assert spellings & numbers
    assert numbers <= spellings | {"0", "1"}
