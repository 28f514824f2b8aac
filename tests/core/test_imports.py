"""What is imported when: all facts come from one new Python, which tells what it has loaded as it goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gan_core.metrics import METRICS
from tests.core.test_architecture import FILES, SEEN_OF_LIVE, WITHOUT_TORCH, unit_of

ROOT = Path(__file__).resolve().parents[2]

# Each step loads more than the one before; what is seen after it is what it and those before it have loaded.
CHILD = """
import contextlib, doctest, importlib, io, json, sys

without_torch, web, everything = json.load(sys.stdin)
told = {}

def tell(name, said=None):
    told[name] = {"said": said, "loaded": sorted(sys.modules)}

import gan_core
tell("the package")

with contextlib.redirect_stderr(io.StringIO()) as refused, contextlib.suppress(SystemExit):
    importlib.import_module("gan_core.__main__").main(["train", "nope"])
tell("a mistyped name", refused.getvalue())

import gan_core.config, gan_core.record
from gan_core import OBJECTIVES, REGULARISERS, Intervention, Objective, Regulariser, RunConfig, preset
from gan_core.config.presets import presets
from gan_core.data import DATASETS, DatasetInfo, data_folder
from gan_core.game.pairings import STEADY
presets(), RunConfig().flops_per_step
[(entry.label, entry.meaning, entry.labels, entry.d_loss.__name__) for entry in OBJECTIVES.values()]
[(entry.label, entry.weight, entry.penalty.__name__) for entry in REGULARISERS.values()]
[(info.modes, info.own, info.rules.shape) for info in DATASETS.values()]
tell("the entries")

import gan_core.diagnosis, gan_core.experiments.sweep, gan_core.metrics, gan_core.record.frame
cures = gan_core.diagnosis.cures_of("oscillation", preset("ring-8"))
tell("facts", [len(gan_core.metrics.facts()), gan_core.diagnosis.FINDINGS["memorisation"].headline, len(cures)])

for name in without_torch:
    importlib.import_module(name)
tell("what needs no torch")

for name in web:
    importlib.import_module(name)
tell("the web process")

from gan_core.game.losses import hinge_d_loss
real, fake = (hinge_d_loss.__globals__["relu"].__globals__["torch"].tensor([x]) for x in (0.5, -0.25))
tell("a loss", [OBJECTIVES["hinge"].d_loss(real, fake).item(), OBJECTIVES["hinge"].d_loss.__module__])

from streamlit.testing.v1 import AppTest
from gan_core.live.driver import close_all
page = AppTest.from_file("app.py", default_timeout=60).run()
close_all()
tell("the first page", [str(wrong.value) for wrong in page.exception])

from gan_core.data import load
load("digits")
tell("digits")

sys.modules["streamlit"] = None  # from now on there is none
for name in everything:
    importlib.import_module(name)
tell("everything")

tell("the example", [*doctest.testmod(gan_core)])
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the child said and had loaded after each step."""
    ours = [name for name in FILES if name.startswith("gan_core")]
    light = [*(name for name in ours if unit_of(name) in WITHOUT_TORCH), *sorted(SEEN_OF_LIVE)]
    # Not the scripts pages/*.py, which would run; what they import is of pages.ui.
    web = [name for name in FILES if name == "app" or unit_of(name) in WITHOUT_TORCH & {"pages", "pages.ui"}]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([light, web, ours]),
        cwd=ROOT,
        env=os.environ | {"GAN_EXPLORER_RUNS": "off"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def loaded(told: dict[str, Any], step: str) -> set[str]:
    return set(told[step]["loaded"])


def test_importing_the_product_costs_neither_streamlit_nor_torch(told: dict[str, Any]) -> None:
    assert "gan_core" in loaded(told, "the package")
    assert not {"streamlit", "torch"} & loaded(told, "the package")


def test_a_mistyped_name_is_answered_without_loading_pytorch(told: dict[str, Any]) -> None:
    said = told["a mistyped name"]["said"]
    assert "there are: digits" in said
    assert said.count("\n") == 1
    assert "gan_core.config.presets" in loaded(told, "a mistyped name")
    assert not {"streamlit", "torch"} & loaded(told, "a mistyped name")


def test_entries_are_read_without_torch_and_bring_it_when_they_are_called(told: dict[str, Any]) -> None:
    assert "gan_core.game.objectives" in loaded(told, "the entries")
    assert not {"torch", "torchvision", "streamlit", "plotly"} & loaded(told, "the entries")
    assert told["a loss"]["said"] == [1.25, "gan_core.game.losses"]
    assert "torch" in loaded(told, "a loss")


def test_facts_are_read_without_torch(told: dict[str, Any]) -> None:
    assert told["facts"]["said"] == [len(METRICS), "Memorisation.", 3]
    assert not {"streamlit", "torch"} & loaded(told, "facts")


def test_what_needs_no_torch_does_not_load_it_through_others(told: dict[str, Any]) -> None:
    assert {"gan_core.figures", "gan_core.live.handle"} <= loaded(told, "what needs no torch")
    assert not {"streamlit", "torch"} & loaded(told, "what needs no torch")


def test_the_web_process_loads_no_torch_by_its_imports(told: dict[str, Any]) -> None:
    assert {"app", "pages.ui.start", "pages.ui.train.panels", "streamlit"} <= loaded(told, "the web process")
    assert "torch" not in loaded(told, "the web process")


def test_the_first_page_is_made_without_what_it_does_not_need(told: dict[str, Any]) -> None:
    """What it imports is what a newcomer waits for."""
    assert told["the first page"]["said"] == []
    assert "torch" in loaded(told, "the first page")
    assert not {"sklearn", "scipy", "torchvision"} & loaded(told, "the first page")


def test_digits_open_without_importing_what_takes_a_second(told: dict[str, Any]) -> None:
    assert "torch" in loaded(told, "digits")
    assert not {"sklearn", "scipy", "torchvision"} & loaded(told, "digits")


def test_the_product_is_importable_without_streamlit(told: dict[str, Any]) -> None:
    assert {name for name in FILES if name.startswith("gan_core")} <= loaded(told, "everything")


def test_the_example_in_the_docstring_works(told: dict[str, Any]) -> None:
    failed, tried = told["the example"]["said"]
    assert failed == 0
    assert tried > 0
