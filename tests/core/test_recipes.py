from __future__ import annotations

import math

import pytest

from gan_core.config.presets import preset
from gan_core.experiments.recipes import RECIPES, Recipe
from gan_core.game.objectives import OBJECTIVES, smoothed
from gan_core.game.regularisers import REGULARISERS
from gan_core.training import Trainer

BASE = preset("ring-8").changed(
    {"batch_size": 8, "generator.width": 9, "discriminator.width": 9, "objective": "non_saturating", "regularisers": []}
)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_changes_a_run_and_trains(name: str) -> None:
    config = RECIPES[name].apply(BASE)
    trainer = Trainer(config)
    for _ in range(3):
        stats = trainer.step()
        assert stats.finite
    assert all(math.isfinite(value) for value in stats.values)
    assert name == "non_saturating" or config != BASE


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_says_when_it_helps_and_where_it_comes_from(recipe: Recipe) -> None:
    assert recipe.label
    assert recipe.formula
    assert recipe.helps.endswith(".")
    assert recipe.source.startswith("arXiv:")


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_and_the_tables_name_the_same_source(recipe: Recipe) -> None:
    penalties = recipe.changes.get("regularisers", [])
    known = {REGULARISERS[p["name"]].source for p in penalties}
    if set(recipe.changes) == {"objective", "regularisers"} and not penalties:
        known.add(OBJECTIVES[recipe.changes["objective"]].source)
    assert not known or recipe.source in known


def test_a_recipes_formula_says_what_its_changes_and_the_tables_say() -> None:
    for name in ("minimax", "non_saturating"):
        assert RECIPES[name].formula == OBJECTIVES[name].formula_g
    ttur = RECIPES["ttur"]
    assert ttur.formula == rf"\eta_D = {ttur.changes['lr_d'] / ttur.changes['lr_g']:g}\,\eta_G"
    smoothing = RECIPES["label_smoothing"].changes["label_smoothing"]
    assert RECIPES["label_smoothing"].formula == smoothed(OBJECTIVES["non_saturating"], smoothing).formula_d
