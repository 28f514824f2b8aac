"""Numbers that are typed in the prose of ``assets`` are those of the code, and Learn's prose has no others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gan_core import RunConfig
from gan_core.config.presets import preset
from gan_core.data import Images, Points, load_data
from gan_core.experiments.gallery import find
from gan_core.experiments.lessons import lessons
from gan_core.game.objectives import OBJECTIVES
from gan_core.metrics.modes import FAIR_FRACTION
from gan_core.storage.autosave import INTERVAL
from gan_core.theory import DiracGame, eigenvalues
from gan_core.training.debugger import lines

ASSETS = Path(__file__).parents[2] / "assets"
LEARN = sorted((ASSETS / "learn").rglob("*.md"))
WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] + [""] * 8 + ["nineteen"]
ORDINALS = {2: "second", 3: "third", 4: "fourth"}
DEFINITIONS = {
    "dirac.md": {"0"},
    "vanishing.md": {"1"},
    "discriminator-wins.md": {"1"},
    "what-goes-in.md": {"1"},
    "digits.md": {"50", "100"},
}
"""Numbers that nothing could compute: in a definition, in a formula, of the first step, of a scale from ½ to all."""


def optimum(player: str) -> str:
    return f"{getattr(OBJECTIVES[lessons()['collapse'].config().objective], f'{player}_optimum'):.3f}"


def modes(name: str) -> int:
    data = load_data(preset(name).data)
    assert isinstance(data, Points)
    assert data.modes is not None
    return len(data.modes.centres)


def train_images(name: str) -> int:
    data = load_data(lessons()[name].config().data)
    assert isinstance(data, Images)
    return len(data.train)


def rates(config: RunConfig, over: str, under: str) -> str:
    ratio = float(getattr(config, over)) / float(getattr(config, under))
    assert ratio == pytest.approx(round(ratio))
    return WORDS[round(ratio)]


def lesson(name: str) -> RunConfig:
    return lessons()[name].config()


def failure(name: str) -> RunConfig:
    return find(name).config()


CLAIMS: list[tuple[str, Callable[[], str]]] = [
    ("learn/step.md", lambda: f"is {WORDS[len(lines())]} lines of PyTorch"),
    ("learn/trouble_settle.md", lambda: "eigenvalues are ±i" if turns(DiracGame("wasserstein")) else "?"),
    ("learn/lessons/collapse.md", lambda: f"{optimum('d')} for D and {optimum('g')} for G"),
    ("learn/lessons/collapse.md", lambda: f"{WORDS[modes('collapse')].title()} groups of real points"),
    ("learn/lessons/collapse.md", lambda: f"gets {WORDS[lesson('collapse').g_steps]} updates for each of D's"),
    ("learn/lessons/cure.md", lambda: f"the same {WORDS[lesson('cure').g_steps]} G updates"),
    ("learn/lessons/cure.md", lambda: f"`packing = {lesson('cure').packing}`"),
    ("learn/lessons/cure.md", lambda: f"**{WORDS[lesson('cure').packing]} samples at a time**"),
    ("learn/lessons/digits.md", lambda: f"on {train_images('digits')} real handwritten digits"),
    ("learn/lessons/discriminator-wins.md", lambda: f"gets {WORDS[lesson('discriminator-wins').d_steps]} updates"),
    (
        "learn/lessons/discriminator-wins.md",
        lambda: f"rate {rates(lesson('discriminator-wins'), 'lr_d', 'lr_g')} times",
    ),
    ("learn/lessons/two-turns.md", lambda: f"makes {WORDS[int(lessons()['two-turns'].pace or 0)]} step a second"),
    ("guide.md", lambda: f"every {INTERVAL:g} seconds"),
    ("guide.md", lambda: {0.2: "at least a fifth of its fair share"}[FAIR_FRACTION]),
    ("guide.md", lambda: f"{WORDS[len(lessons())].title()} lessons of"),
    ("gallery.json", lambda: f"G makes {WORDS[failure('ring-collapse').g_steps]} updates for each of D's"),
    ("gallery.json", lambda: f"(β1 {failure('digits-collapse').betas_g[0]})"),
    ("gallery.json", lambda: f"{WORDS[failure('digits-collapse').latent_dim]} numbers of noise"),
    ("gallery.json", lambda: f"D learns {WORDS[failure('saturated').d_steps]} times a step"),
    ("gallery.json", lambda: {"two": "at twice G's rate"}[rates(failure("saturated"), "lr_d", "lr_g")]),
    ("gallery.json", lambda: f"G's rate is {rates(failure('oscillation'), 'lr_g', 'lr_d')} times D's"),
    ("gallery.json", lambda: f"remembers {WORDS[round(1 / (1 - failure('oscillation').betas_g[0]))]} gradients"),
    ("gallery.json", lambda: f"weights up to ±{failure('clip-too-large').clip:g} in {layers('clip-too-large')}"),
    ("gallery.json", lambda: f"with the {ORDINALS[1 + len(failure('clip-too-large').discriminator.widths)]} power"),
    ("gallery.json", lambda: f"a rate of {failure('divergence').lr_g:g} replaces"),
    ("gallery.json", lambda: f"any of the {modes('grid-25')} modes"),
    ("gallery.json", lambda: f"differ by less than {gap('grid-25'):.2f}, too little"),
    ("presets.json", lambda: f"all {WORDS[modes('ring-8')]} modes are found"),
    ("presets.json", lambda: f"all {modes('grid-25')} modes are found"),
    ("presets.json", lambda: f"D judges {WORDS[preset('pacgan').packing]} samples at once"),
    ("presets.json", lambda: f"G looks {WORDS[preset('unrolled').unroll]} updates of D ahead"),
    ("presets.json", lambda: f"D learns {rates(preset('ttur'), 'lr_d', 'lr_g')} times as fast as G"),
]


def turns(game: DiracGame) -> bool:
    values = eigenvalues(game)
    return values is not None and np.allclose(values, [1j, -1j])


def layers(name: str) -> str:
    widths = failure(name).discriminator.widths
    assert len(set(widths)) == 1
    return f"{WORDS[len(widths)]} hidden layers of {widths[0]} units"


def gap(name: str) -> float:
    """Distance of neighbouring modes in D's units, in which its slope is bounded."""
    data = load_data(preset(name).data)
    assert isinstance(data, Points)
    assert data.modes is not None
    apart = np.linalg.norm(data.modes.centres[:, None] - data.modes.centres[None], axis=-1)
    return float(apart[apart > 0].min() / data.scale)


def read(name: str) -> str:
    text = (ASSETS / name).read_text(encoding="utf-8")
    return " ".join((json.dumps(json.loads(text), ensure_ascii=False) if name.endswith("json") else text).split())


@pytest.mark.parametrize(("file", "claim"), CLAIMS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_number_in_prose_is_that_of_the_code(file: str, claim: Callable[[], str]) -> None:
    assert claim() in read(file)


@pytest.mark.parametrize("path", LEARN, ids=lambda path: path.stem)
def test_no_number_stands_in_the_prose_of_learn_that_nothing_computes(path: Path) -> None:
    """Numbers within names (R1), addresses and braces are none."""
    plain = re.sub(r"\{[^}]*\}|\]\([^)]*\)|^#+ .*$", " ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = set(re.findall(r"(?<![\w.])\d+(?:[.,]\d+)*", plain))
    name = str(path.relative_to(ASSETS))
    known = {n for file, claim in CLAIMS if file == name for n in re.findall(r"\d+(?:[.,]\d+)*", claim())}
    assert found <= known | DEFINITIONS.get(path.name, set())


def test_the_guides_game_is_the_codes_minimax_game() -> None:
    value = read("guide.md").partition("V(D, G) = ")[2].partition("$$")[0]
    assert OBJECTIVES["minimax"].formula_d == "L_D = -" + value.replace(" + ", " - ")
