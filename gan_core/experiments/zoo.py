"""The zoo: variants of GANs, what each changed, cured and cost; those that this program can run come with their config.

The entries are data (``assets/zoo.json``). A runnable one names a recipe, or a preset with changes; its formula is
then taken from the tables that the code uses. arXiv numbers were compared with a second published list.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from gan_core.config import RunConfig
from gan_core.config.assets import asset
from gan_core.config.presets import preset
from gan_core.experiments.recipes import RECIPES

Group = Literal["objective", "penalty", "normalisation", "architecture", "data", "training"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
BASE: Final = "ring-8"
"""The preset whose data and networks a recipe is tried on."""

_FILE: Final = asset("zoo.json")


@dataclass(frozen=True)
class Variant:
    """A GAN variant.

    Attributes:
        name: As people call it.
        year: Of the first version on arXiv.
        arxiv: Its number there.
        title: The paper's.
        group: What it changes.
        idea: The one idea, in two sentences.
        cured: What it was to cure.
        cost: What it costs.
        formula: LaTeX; "" for one that runs, whose formulas are those of the code.
        run: How it is run here; empty if it is not.
    """

    name: str
    year: int
    arxiv: str
    title: str
    group: Group
    idea: str
    cured: str
    cost: str
    formula: str
    run: Mapping[str, Any]

    @property
    def runs(self) -> bool:
        """True if it can be trained here."""
        return bool(self.run)

    @property
    def base(self) -> str:
        """The preset that it starts from."""
        return str(self.run.get("preset", BASE))

    @property
    def config(self) -> RunConfig:
        """Config that *run it* trains; only of a variant that runs."""
        if "recipe" in self.run:
            return RECIPES[self.run["recipe"]].apply(plain(BASE))
        return preset(self.base).changed(self.run.get("changes", {}))

    @property
    def beside(self) -> tuple[str, RunConfig]:
        """Title and config of what it is compared with: the plain GAN, or what its entry says."""
        other = self.run.get("beside")
        if other is None:
            return "the plain GAN", plain(self.base)
        return other["title"], self.config.changed(other["changes"])

    @property
    def url(self) -> str:
        """The paper's page."""
        return f"https://arxiv.org/abs/{self.arxiv}"

    @property
    def formulas(self) -> tuple[str, ...]:
        """LaTeX of what it minimises: for one that runs, from the tables that the code uses."""
        if not self.runs:
            return (self.formula,)
        from gan_core.game.objectives import OBJECTIVES, RECONSTRUCTION, smoothed  # late: they load PyTorch
        from gan_core.game.regularisers import REGULARISERS

        config = self.config
        objective = OBJECTIVES[config.objective]
        if config.label_smoothing:
            objective = smoothed(objective, config.label_smoothing)
        penalties = [rf" + {r.weight:g} \cdot {REGULARISERS[r.name].formula}" for r in config.regularisers]
        recipe = RECIPES.get(self.run.get("recipe", ""))
        special = recipe.formula if recipe else ""
        losses = [objective.formula_d + "".join(penalties), objective.formula_g]
        if special.startswith("L_G"):
            losses[1] = special
        elif special and not special.startswith("L_D") and not penalties:
            losses.insert(0, special)  # a recipe of a loss or of a penalty says what already stands there
        if config.conditioned and config.reconstruction:
            losses.append(rf"+ {config.reconstruction:g} \cdot {RECONSTRUCTION}")
        return tuple(losses)


def plain(name: str) -> RunConfig:
    """Return the plain GAN to compare a variant with: the preset's data and networks, no penalty, no cure."""
    changes: dict[str, Any] = {"objective": "non_saturating", "regularisers": []}
    return preset(name).changed(changes | {"betas_g": [0.5, 0.999], "betas_d": [0.5, 0.999]})


@functools.cache
def variants() -> tuple[Variant, ...]:
    """All variants, oldest first."""
    entries = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(sorted((Variant(**entry) for entry in entries), key=lambda v: v.year))


def search(words: str, groups: Sequence[str] = (), *, only_runnable: bool = False) -> tuple[Variant, ...]:
    """Variants in which every one of these words stands.

    Args:
        words: In any order, upper or lower case; "" for all.
        groups: Only of these; all if empty.
        only_runnable: Only those that can be trained here.
    """
    asked = words.lower().split()

    def fits(v: Variant) -> bool:
        text = f"{v.name} {v.year} {v.arxiv} {v.title} {v.group} {v.idea} {v.cured} {v.cost}".lower()
        return (not groups or v.group in groups) and (v.runs or not only_runnable) and all(w in text for w in asked)

    return tuple(v for v in variants() if fits(v))
