"""Draw the rooms of the code base and count them: ``python -m scripts.house``.

The table of the architecture test is the only source. With ``--check`` nothing is written and the status is 1 if the
picture in ``docs`` is not the one that the table gives; ``--count ROOT`` prints the figures of any checkout.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURE: Final = Path("docs") / "house.svg"

WORDS: Final = {
    "app": "page config, navigation, routes",
    "pages.*": "one short script a page",
    "pages": "",
    "pages.ui": "what pages are made of; Streamlit ends here",
    "gan_core.__main__": "python -m gan_core",
    "gan_core.commands": "the command line",
    "gan_core.export": "take a run home",
    "gan_core.figures": "records drawn with Plotly; palette",
    "gan_core": "public names, loaded on first use",
    "gan_core.experiments": "recipes, failures and cures, sweeps, lessons",
    "gan_core.watching": "somebody else's loop: hooks, rules, a log",
    "gan_core.live": "threads and processes: run, driver, monitor, recorder",
    "gan_core.diagnosis": "looks → features → findings → report",
    "gan_core.judging": "samples from anywhere",
    "gan_core.latent": "walks, directions, inversion",
    "gan_core.storage": "checkpoints, autosave, recorded runs",
    "gan_core.training": "players, trainer, state, snapshots",
    "gan_core.metrics": "scores with floors",
    "gan_core.theory": "Dirac-GAN, densities, optimal D",
    "gan_core.game": "objectives, penalties, networks, methods",
    "gan_core.data": "points, images, own files",
    "gan_core.config": "frozen settings, presets, links",
    "gan_core.record": "plain values that a run leaves",
    "gan_core.errors": "what can be wrong, in words",
}
"""Contents of each room; a test holds that every room has its words."""

WIDTH: Final = 960
FLOOR: Final = 46
GAP: Final = 6

STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #1c1f26; }
.name { font-weight: 650; } .words { fill: #5c6370; font-size: 12px; }
rect { fill: #ffffff; stroke: #dfe2e9; }
line { stroke: #5c6370; stroke-dasharray: 4 4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e9ebf0; } .words { fill: #a3adbd; } rect { fill: #181c24; stroke: #2c323d; }
  line { stroke: #a3adbd; }
}
"""


def architecture(root: Path) -> ModuleType:
    """Load the architecture test of a checkout: its table and its reading of imports."""
    spec = importlib.util.spec_from_file_location("architecture", root / "tests" / "core" / "test_architecture.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(root)
    module = importlib.util.module_from_spec(spec)
    sys.modules["architecture"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def counts(table: ModuleType) -> tuple[int, int, int]:
    """Count rooms, floors, and pairs of rooms of which one imports the other.

    Args:
        table: From `architecture`.
    """
    arrows = set()
    for name, file in table.product_files().items():
        source = file.read_text(encoding="utf-8")
        here = table.unit_of(name)
        for found in table.imports(source, name, is_package=file.name == "__init__.py"):
            there = table.unit_of(found.module)
            if there is not None and there != here:
                arrows.add((here, there))
    return len(table.ROW_OF), len(table.ROWS), len(arrows)


def draw(rows: tuple[tuple[str, ...], ...]) -> str:
    """Draw the house as SVG, the roof on top.

    Args:
        rows: The architecture test's ``ROWS``.
    """
    height = len(rows) * (FLOOR + GAP) + GAP
    title = "Rooms of GAN Explorer from the roof down; a room imports only from lower ones"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">',
        f"<title>{title}</title><style>{STYLE}</style>",
    ]
    y = GAP
    for row in rows:
        shown = [unit for unit in row if WORDS[unit]]
        width = (WIDTH - GAP * (len(shown) + 1)) / len(shown)
        for i, unit in enumerate(shown):
            x = GAP + i * (width + GAP)
            out.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{FLOOR}" rx="6"/>')
            out.append(f'<text class="name" x="{x + 12:.1f}" y="{y + 19}">{escape(unit)}</text>')
            out.append(f'<text class="words" x="{x + 12:.1f}" y="{y + 36}">{escape(WORDS[unit])}</text>')
        y += FLOOR + GAP
    return "\n".join([*out, "</svg>", ""])


def main() -> int:
    """Write the picture, check it, or print figures."""
    parser = argparse.ArgumentParser(description="Draw the rooms of the code base, or count them.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--count", type=Path, metavar="ROOT", help="print rooms, floors and arrows of a checkout")
    given = parser.parse_args()
    if given.count:
        print("rooms {}, floors {}, arrows {}".format(*counts(architecture(given.count.resolve()))))
        return 0
    picture = draw(architecture(ROOT).ROWS)
    file = ROOT / PICTURE
    if given.check:
        return int(not file.exists() or file.read_text(encoding="utf-8") != picture)
    file.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
