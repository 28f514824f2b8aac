"""One entry says all of an objective, a penalty or a data set: no other file names it, and none needs an edit."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from gan_core.config.assets import asset
from gan_core.config.names import ConditionName, DataName, ObjectiveName, RegulariserName
from gan_core.data import DATASETS, Images, Points, load
from gan_core.data import catalogue as data_catalogue
from gan_core.export.script_data import _WRITERS
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.pairings import CLASSIC, STEADY
from gan_core.game.regularisers import REGULARISERS

ROOT = Path(__file__).resolve().parents[2]
CONDITION_NAMES = set(get_args(ConditionName)) - {"none"}
NAMES = frozenset((*get_args(ObjectiveName), *get_args(RegulariserName), *get_args(DataName), *CONDITION_NAMES))
ORDINARY = {"line", "ring"}
"""Names that are also words of drawing: a line of a figure, a ring around a point."""

ROOMS = ("gan_core/game/", "gan_core/data/", "gan_core/config/names.py")
CATALOGUES = (
    "gan_core/config/presets.py",
    "gan_core/experiments/applications.py",
    "gan_core/experiments/gallery.py",
    "gan_core/experiments/lessons/catalogue.py",
    "gan_core/experiments/published.py",
    "gan_core/experiments/recipes.py",
    "gan_core/experiments/zoo.py",
)
ALLOWED = {
    "gan_core/config/fields.py": {"non_saturating"},  # a field's default
    "gan_core/config/parts.py": {"digits", "r1_r2"},  # defaults
    "gan_core/experiments/lessons/facts.py": {"digits"},  # the lesson of this name
    "gan_core/storage/bundled.py": {"digits", "notes", "ring-8"},  # recorded runs, by the names of their presets
    "gan_core/training/debugger.py": {"gaussians-2"},  # the one config that it plays
    "gan_core/watching/losses.py": {"hinge", "least_squares"},  # forms of somebody else's loss
}


def strings(tree: ast.AST) -> Iterator[str]:
    """Text constants but docstrings and public names."""
    aside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            aside.add(node.value)
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            aside |= set(ast.walk(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in aside:
            yield node.value


def beginnings(tree: ast.AST) -> Iterator[str]:
    """Text that another is asked to begin or end with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"startswith", "endswith", "removeprefix"}:
            parts = [part for argument in node.args for part in ast.walk(argument)]
            yield from (p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))


def names_in_python(source: str) -> set[str]:
    """Names of entries in quotes, and their beginnings where text is asked for them."""
    tree = ast.parse(source)
    parts = {text for text in beginnings(tree) if len(text) > 2 and any(text in name for name in NAMES)}
    return ((set(strings(tree)) & NAMES) | parts) - ORDINARY


def names_in_javascript(source: str) -> set[str]:
    """Names of entries in quotes, and as keys or properties."""
    quoted = set(re.findall(r"""(['"`])([\w-]+)\1""", source))
    keys = set(re.findall(r"(?:[{,.]\s*|^\s+)(\w+)\b(?=\s*:|\s*\))", source, re.M))
    return (({text for _, text in quoted} | (keys & {"hinge", *REGULARISERS, *OBJECTIVES})) & NAMES) - ORDINARY


def product() -> list[str]:
    files = [*ROOT.glob("app.py"), *ROOT.glob("gan_core/**/*.py"), *ROOT.glob("pages/**/*.py")]
    return sorted(file.relative_to(ROOT).as_posix() for file in files)


@pytest.mark.parametrize("file", [file for file in product() if not file.startswith((*ROOMS, *CATALOGUES))])
def test_no_name_of_an_entry_stands_outside_its_room_and_the_catalogues(file: str) -> None:
    found = names_in_python(ROOT.joinpath(file).read_text(encoding="utf-8"))
    assert found == ALLOWED.get(file, set()), f"{file} names {found}: move the fact into the entry and read it there"


@pytest.mark.parametrize("file", sorted(ROOT.glob("pages/ui/web/**/*.js")), ids=lambda file: file.name)
def test_no_script_of_the_browser_names_an_entry(file: Path) -> None:
    found = names_in_javascript(file.read_text(encoding="utf-8"))
    assert not found, f"{file.name} names {found}: let the frame's header carry the fact"


def test_all_that_is_allowed_is_there() -> None:
    assert {*CATALOGUES, *ALLOWED} <= set(product())
    assert all(ROOT.joinpath(room).exists() for room in ROOMS)


def test_these_tests_see_a_name() -> None:
    assert names_in_python('if config.objective == "hinge": pass') == {"hinge"}
    assert names_in_python('config.objective.startswith("relativistic")') == {"relativistic"}
    assert names_in_python('data.name.startswith("own-")') == {"own-"}
    assert names_in_python('"""hinge"""\n__all__ = ["wasserstein"]\nline = "line"') == set()
    assert names_in_javascript("const MIDDLE = { hinge: 0, least_squares: 0.5 };") == {"hinge", "least_squares"}
    assert names_in_javascript("new Set(['moons', 'swiss-roll'])") == {"moons", "swiss-roll"}
    assert names_in_javascript("target = images ? `ring-8` : other") == {"ring-8"}


@pytest.mark.parametrize("name", DATASETS)
def test_what_an_entry_says_of_its_data_is_true_of_them(name: str) -> None:
    info = DATASETS[name]
    assert info.script in _WRITERS
    assert info.own == (info.script == "own")
    assert bool(info.folder) == (info.script == "idx")
    assert info.judged == asset("judges", f"{name}.safetensors").is_file()
    if info.script in ("draw", "scikit-learn"):  # the others are files that are not here
        data = load(name)
        assert data.shape == info.rules.shape
        assert info.modes == (len(data.modes) if isinstance(data, Points) and data.modes is not None else 0)
        assert info.rules.classes == (len(data.classes) if isinstance(data, Images) else 0)


def test_every_way_of_a_script_has_its_writer() -> None:
    assert set(_WRITERS) == set(get_args(data_catalogue.Script))


def test_pairs_that_a_diagnosis_proposes_are_entries() -> None:
    for pair in (STEADY, CLASSIC):
        assert pair.objective in OBJECTIVES
        assert pair.penalty in REGULARISERS
    assert STEADY.title("strong") == "relativistic loss with strong R1 + R2"
    assert CLASSIC.title() == "non-saturating loss with R1"


def in_new_python(code: str, folder: Path) -> list[str]:
    """What ``code`` prints in an interpreter of its own, started in a folder."""
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


ADDED: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "an objective": {
        "gan_core/game/losses.py": (
            (
                "def relativistic_d_loss",
                """def squared_hinge_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return relu(1 - real_logits).square() + relu(1 + fake_logits).square()


""",
            ),
        ),
        "gan_core/game/objectives.py": (
            (
                '    "relativistic": Objective(',
                r"""    "squared_hinge": Objective(
        label="squared hinge",
        rules=OBJECTIVE_RULES["squared_hinge"],
        d_loss=late(_LOSSES, "squared_hinge_d_loss"),
        g_loss=late(_LOSSES, "critic_g_loss"),
        formula_d=r"L_D = E[\max(0, 1 - D(x))^2] + E[\max(0, 1 + D(G(z)))^2]",
        formula_g=r"L_G = -E[D(G(z))]",
        d_optimum=2.0,
        g_optimum=0.0,
        d_label="2: it cannot tell",
        g_label="0: it cannot be told",
        equilibrium_logit=0.0,
        threshold=0.0,
        probability=False,
        source="arXiv:0000.00000",
        reading="D's loss is 2 where it cannot tell and 0 where it is right on all.",
    ),
""",
            ),
        ),
        "gan_core/config/names.py": (
            ('"relativistic", "relativistic_average"', '"squared_hinge", '),
            ('    "relativistic": ObjectiveRules(', '    "squared_hinge": ObjectiveRules(),\n'),
        ),
    },
    "a penalty": {
        "gan_core/game/penalties.py": (
            (
                "def r1(",
                """def steepness(critic: Critic, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    return _gradient_norms(critic, real)


""",
            ),
        ),
        "gan_core/game/regularisers.py": (
            (
                '    "r1": Regulariser(',
                r"""    "steepness": Regulariser(
        "plain steepness",
        PENALTY_RULES["steepness"],
        late(_PENALTIES, "steepness"),
        r"E[\lVert \nabla D(x) \rVert]",
        0.7,
        "arXiv:0000.00000",
    ),
""",
            ),
        ),
        "gan_core/config/names.py": (
            ('"r1", "r2", "r1_r2"]', '"steepness", '),
            ('    "r1": PenaltyRules(', '    "steepness": PenaltyRules(passes=7),\n'),
        ),
    },
    "a data set": {
        "gan_core/data/points.py": (
            (
                "def grid_25(",
                """def cross_5() -> Points:
    steps = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    return _round_mixture("cross-5", steps, 0.1, (-1.5, 1.5, -1.5, 1.5))


""",
            ),
        ),
        "gan_core/data/catalogue.py": (
            (
                '    "moons": DatasetInfo(',
                '    "cross-5": DatasetInfo(DATA_RULES["cross-5"], _points("cross_5"), modes=5, parts="arms"),\n',
            ),
        ),
        "gan_core/config/names.py": (
            ('    "moons",', '    "cross-5",\n'),
            ('    "moons": DataRules(', '    "cross-5": DataRules(),\n'),
        ),
    },
}
"""What is written into each file: a text of the file that stays, and what is put before it."""

DRIVE = r"""
import contextlib, io, json, sys
from gan_core import ConfigError, RunConfig
from gan_core.config import KNOBS, PENALTY_KNOBS
from gan_core.config.presets import from_query, to_query
config = RunConfig().changed({
    "data.name": "cross-5", "objective": "squared_hinge", "regularisers": [{"name": "steepness", "weight": 0.2}],
    "batch_size": 16, "generator.width": 16, "discriminator.width": 16,
})
assert from_query(to_query(config))[0] == config
plain = config.changed({"regularisers": []})
passes = (config.flops_per_step - plain.flops_per_step) / (2 * 16 * (2 * 16 + 16 * 16 + 16))
refused = []
for setting in ("label_smoothing=0.1", "conditional=true"):
    try:
        config.changed(dict([setting.split("=")]))
    except ConfigError as error:
        refused.append(str(error).rpartition(", and ")[2])
assert "torch" not in sys.modules

from gan_core import Trainer
from gan_core.export.script import write_script
from gan_core.figures import losses
from gan_core.record import frame
trainer = Trainer(config)
steps = [trainer.step() for _ in range(3)]
snapshot = trainer.snapshot()
header, arrays = frame.decode(frame.encode(snapshot.header, snapshot.arrays))

from pages.ui.collapse.words import differences
from pages.ui.prose import reading
from pages.ui.train.panels import formulas
from pages.ui.train.widgets import words

text, printed = write_script(config), io.StringIO()
sys.argv = ["run.py", "3"]
with contextlib.redirect_stdout(printed):
    exec(compile(text, "run.py", "exec"), {"__name__": "__main__"})

print(json.dumps({
    "passes": passes,
    "refused": refused,
    "header": {name: header[name] for name in ("data", "n_modes", "objective", "meaning", "middle")},
    "optimum": header["optimum"]["d_label"],
    "lines": [note.text for note in losses(snapshot).layout.annotations],
    "choices": [words(KNOBS["objective"])("squared_hinge"), words(PENALTY_KNOBS["name"])("steepness")],
    "offered": [KNOBS["data.name"].choices.count("cross-5"), KNOBS["objective"].choices.count("squared_hinge")],
    "reading": reading(config),
    "formulas": [row["title"] for row in formulas(config)],
    "differences": differences(config, plain.changed({"objective": "hinge"})),
    "losses": [step.d_loss for step in steps],
    "of the script": [float(line.split()[1]) for line in printed.getvalue().splitlines()[-3:]],
    "penalised": min(step.penalty for step in steps) > 0,
}))
"""


def paragraph(what: str) -> str:
    text = ROOT.joinpath("CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.split(f"**To add {what}:**")[1].split("\n\n")[0]


@pytest.mark.parametrize("what", ADDED)
def test_contributing_names_the_files_that_an_entry_takes(what: str) -> None:
    assert set(re.findall(r"`(gan_core/[\w/]+\.py)`", paragraph(what))) == set(ADDED[what])


@pytest.mark.slow
@pytest.mark.timeout(300)  # an interpreter of its own, on a machine that may be busy
def test_a_new_entry_of_each_kind_goes_from_config_to_page_and_script(tmp_path: Path) -> None:
    for room in ("gan_core", "pages"):  # with what Python has compiled of files that stay as they are
        shutil.copytree(ROOT / room, tmp_path / room)
    tmp_path.joinpath("assets").symlink_to(ROOT / "assets")
    for edits in ADDED.values():
        for name, inserted in edits.items():
            file = tmp_path / name
            text = file.read_text(encoding="utf-8")
            for anchor, added in inserted:
                assert text.count(anchor) == 1, f"{name}: {anchor!r} stands there {text.count(anchor)} times"
                text = text.replace(anchor, added + anchor)
            file.write_text(text, encoding="utf-8")
    found = json.loads(in_new_python(DRIVE, tmp_path)[-1])
    assert found.pop("losses") == found.pop("of the script")
    assert found == {
        "passes": 7,
        "refused": [
            "squared_hinge has none: set label_smoothing=0",
            "cross-5 has none: set conditional=false",
        ],
        "header": {"data": "cross-5", "n_modes": 5, "objective": "squared_hinge", "meaning": "critic", "middle": 0},
        "optimum": "2: it cannot tell",
        "lines": ["2: it cannot tell", "0: it cannot be told"],
        "choices": ["squared hinge", "plain steepness"],
        "offered": [1, 1],
        "reading": "D's loss is 2 where it cannot tell and 0 where it is right on all.",
        "formulas": ["D's loss", "plain steepness penalty", "D on real", "D on generated", "G's loss"],
        "differences": "The game is squared hinge, not hinge; D is penalised by plain steepness of weight 0.2.",
        "penalised": True,
    }
