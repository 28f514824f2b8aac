"""The documents: links lead somewhere, named files exist, the README stays short, the picture is the table's."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from scripts import house

ROOT = Path(__file__).resolve().parents[2]
LISTED = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
PAGES = sorted(ROOT.joinpath(name) for name in LISTED.split() if name.count("/") < 2 and not name.startswith("assets"))
README_LINES = 120
CONTRIBUTING_LINES = 60
A_PATH = re.compile(r"`((?:gan_core|pages|assets|tests|scripts|benchmarks|docs)/[\w./-]*\w)`")
MOVED = {"CHANGELOG.md"}  # names what was


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings answer to, as GitHub makes them."""
    heads = re.findall(r"^#{1,6} (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_it(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
        if "://" in link:
            continue
        name, _, fragment = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert target.is_relative_to(ROOT), f"{page.name} links out of the project: {link}"
        assert not fragment or fragment in anchors(target), f"{page.name} links to {link}, a heading that is not there"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in MOVED], ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    for name in A_PATH.findall(page.read_text(encoding="utf-8")):
        assert ROOT.joinpath(name).exists(), f"{page.name} names {name}, which is not there"


def test_the_table_of_moved_modules_names_modules_that_are_there() -> None:
    text = ROOT.joinpath("CHANGELOG.md").read_text(encoding="utf-8")
    moved = re.findall(r"^\| `(gan_core[\w.]*)` \| `(gan_core[\w.]*)` \|$", text, re.M)
    assert len(moved) > 40
    for old, new in moved:
        assert importlib.util.find_spec(new), f"{old} is said to have moved to {new}, which is not there"


def test_the_documents_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "architecture.md", "benchmarks.md"} <= {page.name for page in PAGES}


def test_the_readme_is_short() -> None:
    assert len(ROOT.joinpath("README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES
    assert len(ROOT.joinpath("CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= CONTRIBUTING_LINES


def test_the_picture_of_the_house_is_what_the_architecture_test_says() -> None:
    rows = house.architecture(ROOT).ROWS
    assert {unit for row in rows for unit in row} == set(house.WORDS), "each room has its words"
    assert ROOT.joinpath(house.PICTURE).read_text(encoding="utf-8") == house.draw(rows), "run python -m scripts.house"
