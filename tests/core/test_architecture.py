"""Who may know whom.

`ROWS` is the whole house from the roof down: a module imports only from lower rows, or from its own package.
A new module fails here until its name is written into a row, which is the moment to think about where it
belongs. Imports inside functions count; those under ``if TYPE_CHECKING:`` do not.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ROWS: tuple[tuple[str, ...], ...] = (
    ("app", "pages.*"),  # pages.* are the scripts pages/<name>.py
    ("pages", "pages.ui"),
    # ---- streamlit ends here ----
    ("gan_core.__main__",),
    ("gan_core.commands",),
    ("gan_core.export",),
    ("gan_core.figures",),
    ("gan_core",),  # the lazy door: its names, not its submodules
    ("gan_core.experiments",),
    ("gan_core.watching",),
    ("gan_core.live",),
    ("gan_core.diagnosis", "gan_core.judging", "gan_core.latent", "gan_core.storage"),
    ("gan_core.training",),
    ("gan_core.metrics", "gan_core.theory"),
    ("gan_core.game",),
    ("gan_core.data",),
    ("gan_core.config",),
    ("gan_core.record",),
    ("gan_core.errors",),
)

WEB = {"app", "pages", "pages.*", "pages.ui"}
KNOWN_ONLY_TO = {
    "streamlit": WEB,
    "starlette": WEB,
    "plotly": {"gan_core.figures"},
}
TORCH = {"torch", "torchvision"}
WITHOUT_TORCH = {
    "gan_core",
    "gan_core.config",
    "gan_core.errors",
    "gan_core.figures",
    "gan_core.record",
    "pages",
    "pages.*",
    "pages.ui",
}
RUNS_WHAT_IT_READS = {
    "cloudpickle",
    "dill",
    "joblib",
    "marshal",
    "pickle",
    "shelve",
    "torch.hub",
    "torch.load",
}
OPENS_A_DOOR = {"http.server", "socket", "socketserver", "xmlrpc.server"}
PAGE_LINES = 100
SEEN_OF_LIVE = {"gan_core.live.commands", "gan_core.live.handle", "gan_core.live.host"}
"""All that pages may know of live runs: handles, what they are told, and where they are opened."""

ROW_OF = {unit: number for number, row in enumerate(ROWS) for unit in row}
OWN = {"app", "gan_core", "pages"}
EXACT = {"gan_core", "pages"}
"""Units that are one file; every other unit is a module or a whole package."""


@dataclass(frozen=True)
class Import:
    """One imported name, with the line it stands on."""

    module: str
    line: int


def product_files() -> dict[str, Path]:
    """Dotted name of every module of the product, and its file."""
    files = [*ROOT.glob("app.py"), *ROOT.glob("gan_core/**/*.py"), *ROOT.glob("pages/**/*.py")]
    return {dotted(file.relative_to(ROOT)): file for file in sorted(files)}


def dotted(path: Path) -> str:
    """``gan_core/data/__init__.py`` is ``gan_core.data``."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def unit_of(module: str) -> str | None:
    """The entry of `ROWS` that a module belongs to, if there is one."""
    for unit in sorted(ROW_OF, key=len, reverse=True):
        if module == unit or (unit not in EXACT and module.startswith(f"{unit}.")):
            return unit
    package, _, name = module.partition(".")
    return "pages.*" if package == "pages" and name and "." not in name else None


def is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below `node` but those that only a type checker sees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and is_type_checking(child.test):
            for other in child.orelse:
                yield other
                yield from at_run_time(other)
        else:
            yield child
            yield from at_run_time(child)


@functools.cache
def parsed(source: str) -> ast.Module:
    """The syntax tree of a file, which several tests look at."""
    return ast.parse(source)


@functools.cache
def nodes_at_run_time(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a file but those that only a type checker sees."""
    return tuple(at_run_time(parsed(source)))


@functools.cache
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a file."""
    return tuple(ast.walk(parsed(source)))


def imports(source: str, module: str, *, is_package: bool = False) -> Iterator[Import]:
    """Every import in `source`, relative ones made absolute, ``from package import module`` resolved."""
    for node in nodes_at_run_time(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                package = parts[: len(parts) - node.level + is_package]
                base = ".".join([*package, *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                # `from gan_core import runner` asks for the module, `import Runner` asks at the door.
                is_name = base.split(".")[0] in OWN and unit_of(inner) is None
                yield Import(base if is_name else inner, node.lineno)
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            argument = node.args[0]
            if (
                name in {"import_module", "__import__"}
                and isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
            ):
                yield Import(argument.value, node.lineno)


def knows(module: str, names: set[str]) -> bool:
    """Whether `module` is one of `names` or lies inside one."""
    return any(module == name or module.startswith(f"{name}.") for name in names)


def offences(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """What is wrong with the imports of one module, in words; empty if nothing is."""
    unit = unit_of(module)
    if unit is None:
        return [f"{module} has no place yet: write it into ROWS of {Path(__file__).name}"]
    found = []
    for target in imports(source, module, is_package=is_package):
        where = f"{module}, line {target.line}:"
        other = unit_of(target.module)
        if target.module.split(".")[0] in OWN and other is None:
            found.append(f"{where} imports {target.module}, which has no place in ROWS")
        itself = other == unit and unit != "pages.*"
        if other is not None and not itself and ROW_OF[other] <= ROW_OF[unit]:
            found.append(f"{where} imports {target.module}, which is not in a lower row")
        for library, friends in KNOWN_ONLY_TO.items():
            if knows(target.module, {library}) and unit not in friends:
                found.append(f"{where} {library} is known only to {', '.join(sorted(friends))}")
        if knows(target.module, TORCH) and unit in WITHOUT_TORCH:
            found.append(f"{where} torch is unknown here")
        if unit in WEB and knows(target.module, {"gan_core.live"}) and not knows(target.module, SEEN_OF_LIVE):
            found.append(f"{where} pages know live runs by {', '.join(sorted(SEEN_OF_LIVE))} alone")
        if knows(target.module, OPENS_A_DOOR):
            found.append(f"{where} {target.module} opens a connection of its own; Streamlit's is the only server")
    return found


def unsafe(source: str) -> list[str]:
    """Where `source` reads a format that can run code, or asks a library to."""
    found = [f"line {i.line}: {i.module}" for i in imports(source, "any") if knows(i.module, RUNS_WHAT_IT_READS)]
    aliases = [alias for node in nodes_of(source) if isinstance(node, ast.Import) for alias in node.names]
    torch_names = {"torch"} | {alias.asname for alias in aliases if alias.name == "torch"}
    for node in nodes_of(source):
        if isinstance(node, ast.Attribute):
            of_torch = isinstance(node.value, ast.Name) and node.value.id in torch_names
            if node.attr == "read_pickle" or (of_torch and node.attr in {"load", "hub"}):
                found.append(f"line {node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            refused = isinstance(node.value, ast.Constant) and node.value.value is False
            if not refused:
                found.append(f"line {node.value.lineno}: {ast.unparse(node)}")
    return found


def touches_session_state(source: str) -> bool:
    """Whether `source` names Streamlit's session state, however it got hold of it."""
    if "session_state" not in source:
        return False
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "session_state")
        or (isinstance(node, ast.alias) and node.name.endswith("session_state"))
        for node in nodes_of(source)
    )


FILES = product_files()
# Not the tests: they write such files to show that they are refused.
OUR_PYTHON = sorted(
    file.relative_to(ROOT).as_posix()
    for folder in ("gan_core", "pages", "benchmarks", "scripts", ".")
    for file in ROOT.joinpath(folder).glob("*.py" if folder == "." else "**/*.py")
)


@pytest.mark.parametrize("module", FILES)
def test_a_module_knows_only_what_lies_below_it(module: str) -> None:
    file = FILES[module]
    found = offences(module, file.read_text(encoding="utf-8"), is_package=file.name == "__init__.py")
    assert not found, "\n".join(found)


def test_the_product_is_where_the_table_looks_for_it() -> None:
    assert {"gan_core.config", "gan_core.errors", "gan_core.game.objectives"} <= set(FILES)
    assert len(ROW_OF) == sum(len(row) for row in ROWS), "a name stands in two rows"
    assert set(ROW_OF) >= WITHOUT_TORCH.union(*KNOWN_ONLY_TO.values())


@pytest.mark.parametrize("file", OUR_PYTHON)
def test_no_file_reads_a_format_that_can_run_code(file: str) -> None:
    assert not unsafe(ROOT.joinpath(file).read_text(encoding="utf-8"))


def test_only_the_session_room_touches_the_session_state() -> None:
    touching = [name for name, file in FILES.items() if touches_session_state(file.read_text(encoding="utf-8"))]
    assert touching == ["pages.ui.session.memory"]


def test_a_page_is_a_short_script() -> None:
    lengths = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in ROOT.glob("pages/*.py")}
    assert not {name: lines for name, lines in lengths.items() if lines > PAGE_LINES}


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("gan_core.brand_new", "", "has no place"),
        ("gan_core.config", "import gan_core.brand_new", "has no place"),
        ("gan_core.record.history", "from gan_core.training import Trainer", "lower row"),
        ("gan_core.record.history", "from gan_core import training", "lower row"),
        ("gan_core.record.history", "from gan_core import Trainer", "lower row"),
        ("gan_core.record.history", "from .. import training", "lower row"),
        ("gan_core.data.points", "from ..training import Trainer", "lower row"),
        ("gan_core.record.history", "def late():\n    import gan_core.live.runner", "lower row"),
        ("gan_core.record.history", "if TYPE_CHECKING:\n    pass\nelse:\n    import gan_core.live.runner", "lower row"),
        ("gan_core.record.history", "importlib.import_module('gan_core.live.runner')", "lower row"),
        ("gan_core.theory.dirac", "import gan_core.metrics.modes", "lower row"),
        ("pages.train", "from pages import latent", "lower row"),
        ("pages.ui.panels", "from pages.train import draw", "lower row"),
        ("gan_core.live.runner", "import streamlit.runtime", "streamlit is known only to"),
        ("gan_core.record.frame", "from starlette.responses import Response", "starlette is known only to"),
        ("pages.train", "import plotly.graph_objects", "plotly is known only to"),
        ("pages.ui.presence", "from gan_core.live.runner import Runner", "know live runs by"),
        ("pages.ui.presence", "from gan_core.live import recorder", "know live runs by"),
        ("gan_core.config.presets", "from torch import Tensor", "torch is unknown"),
        ("pages.train", "import torch", "torch is unknown"),
        ("gan_core.data.images", "from http import server", "connection of its own"),
    ],
)
def test_this_test_sees(module: str, source: str, complaint: str) -> None:
    found = offences(module, source)
    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("gan_core.record.history", "if TYPE_CHECKING:\n    from gan_core.training import Trainer"),
        ("gan_core.record.snapshot", "if typing.TYPE_CHECKING:\n    import torch"),
        ("gan_core.data.points", "from . import modes\nfrom gan_core.errors import DataError"),
        ("gan_core.training", "from gan_core import config, game"),
        ("gan_core.figures", "import plotly.graph_objects as go"),
        (
            "pages.train",
            "import streamlit as st\nfrom gan_core import RunConfig\nfrom pages.ui import session",
        ),
        ("app", "import torch, streamlit"),
    ],
)
def test_this_test_allows(module: str, source: str) -> None:
    assert offences(module, source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "def late():\n    from joblib import load",
        "torch.load(file)",
        "import torch as t\nt.load(file)",
        "from torch import load",
        "np.load(file, allow_pickle=True)",
        "pandas.read_pickle(file)",
    ],
)
def test_this_test_sees_what_can_run_code(source: str) -> None:
    assert unsafe(source)


def test_this_test_sees_session_state() -> None:
    assert touches_session_state("st.session_state['run'] = 1")
    assert touches_session_state("from streamlit import session_state as memory")
    assert not touches_session_state("session = 'session_state'")
