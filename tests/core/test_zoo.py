"""The zoo: at least forty variants, every link well formed, every runnable one runs."""

from __future__ import annotations

import re

import pytest

from gan_core import OBJECTIVES, REGULARISERS, Trainer
from gan_core.experiments.recipes import RECIPES
from gan_core.experiments.zoo import GROUPS, Variant, plain, search, variants
from gan_core.game.objectives import RECONSTRUCTION

RUNNABLE = [v for v in variants() if v.runs]


def test_there_are_at_least_forty_variants_of_every_group() -> None:
    assert len(variants()) >= 40
    assert {v.group for v in variants()} == set(GROUPS)
    assert len({v.name for v in variants()}) == len(variants())


@pytest.mark.parametrize("variant", variants(), ids=lambda v: v.name)
def test_a_variant_says_what_it_is(variant: Variant) -> None:
    assert re.fullmatch(r"\d{4}\.\d{4,5}", variant.arxiv)
    assert 2000 + int(variant.arxiv[:2]) == variant.year
    assert all((variant.title, variant.cured, variant.cost))
    assert len(re.findall(r"[.?!](?:\s|$)", variant.idea)) == 2
    assert variant.runs == (not variant.formula)
    assert all(f.count("{") == f.count("}") for f in variant.formulas)
    assert len(variant.formulas) == len(set(variant.formulas)) > 0


@pytest.mark.parametrize("variant", RUNNABLE, ids=lambda v: v.name)
def test_a_runnable_variant_trains_ten_steps(variant: Variant) -> None:
    trainer = Trainer(variant.config.changed({"batch_size": 16}))
    stats = [trainer.step() for _ in range(10)]
    assert all(s.finite for s in stats)


@pytest.mark.parametrize("variant", RUNNABLE, ids=lambda v: v.name)
def test_a_runnable_variant_shows_the_formulas_of_the_code(variant: Variant) -> None:
    config = variant.config
    (d,) = [f for f in variant.formulas if f.startswith("L_D")]
    (g,) = [f for f in variant.formulas if f.startswith("L_G")]
    objective = OBJECTIVES[config.objective]
    assert config.label_smoothing or d.startswith(objective.formula_d)
    assert all(f"{r.weight:g}" in d and d.endswith(REGULARISERS[r.name].formula) for r in config.regularisers)
    recipe = RECIPES.get(variant.run.get("recipe", ""), RECIPES["minimax"]).formula
    added = [f"+ {config.reconstruction:g} \\cdot {RECONSTRUCTION}"] if config.reconstruction else []
    assert [f for f in variant.formulas if f.startswith("+")] == added
    assert g in (objective.formula_g, recipe)


def test_what_a_recipe_adds_is_shown_and_what_it_repeats_is_not() -> None:
    shown = {v.run.get("recipe"): v.formulas for v in RUNNABLE}
    assert shown["pacgan"][0] == RECIPES["pacgan"].formula
    assert shown["feature_matching"][-1] == RECIPES["feature_matching"].formula
    assert RECIPES["wgan_gp"].formula not in shown["wgan_gp"]
    assert "0.9" in shown["label_smoothing"][0]


def test_a_runnable_variant_differs_from_the_plain_gan() -> None:
    same = [v.name for v in RUNNABLE if v.config == plain(v.base)]
    assert same == ["Non-saturating GAN", "Averaged G (EMA)"] or same == ["Non-saturating GAN"]


def test_every_recipe_is_in_the_zoo() -> None:
    assert {v.run.get("recipe") for v in RUNNABLE} >= set(RECIPES)


def test_all_that_the_code_can_run_is_in_the_zoo_by_its_own_formula() -> None:
    """What does not run has a formula of its own; so nothing of the tables may stand among it."""
    configs = [v.config for v in RUNNABLE]
    assert {c.objective for c in configs} == set(OBJECTIVES)
    assert {r.name for c in configs for r in c.regularisers} >= set(REGULARISERS) - {"r2"}
    typed = {v.formula for v in variants() if not v.runs}
    labels = {v.name.lower() for v in variants() if not v.runs}
    for objective in OBJECTIVES.values():
        assert objective.label.lower() not in labels
        assert not typed & {objective.formula_d, objective.formula_g}
    for table in (REGULARISERS, RECIPES):
        assert not labels & {entry.label.lower() for entry in table.values()}
        assert not typed & {entry.formula for entry in table.values()}


def test_search_finds_by_all_words_in_any_order() -> None:
    assert [v.name for v in search("wasserstein gan gulrajani")] == []
    assert "WGAN-GP" in [v.name for v in search("critic wasserstein")]
    assert {v.group for v in search("", ["penalty"])} == {"penalty"}
    assert all(v.runs for v in search("", only_runnable=True))
    assert search("") == variants()
