"""The installed package: what the wheel carries, its one command, and the app from another folder."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
import urllib.request
import zipfile
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

import gan_core
from gan_core.config.presets import presets
from tests.install.conftest import ROOT, Installed

APP = "gan_core/_app/"


def carried(wheel: Path) -> dict[str, bytes]:
    """Every file in the wheel."""
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


def of_the_checkout(*names: str) -> dict[str, Path]:
    """What git knows of some files and folders, by its path; all there is where there is no git."""
    listed = subprocess.run(["git", "ls-files", *names], cwd=ROOT, capture_output=True, text=True, check=False)
    found = [ROOT / name for name in listed.stdout.splitlines()] or [
        file for name in names for file in (ROOT / name, *(ROOT / name).rglob("*")) if "__pycache__" not in file.parts
    ]
    return {file.relative_to(ROOT).as_posix(): file for file in found if file.is_file()}


def test_the_wheel_carries_the_app_once_in_a_private_folder(wheel: Path) -> None:
    files = carried(wheel)
    for name, file in of_the_checkout("app.py", "assets", "pages", ".streamlit/config.toml").items():
        assert files[APP + name] == file.read_bytes(), name
        assert name not in files
    for name, file in of_the_checkout("gan_core").items():
        assert files[name] == file.read_bytes(), name
    tops = {name.partition("/")[0] for name in files}
    assert tops == {"gan_core", f"gan_explorer-{gan_core.__version__}.dist-info"}
    assert not [name for name in files if name.endswith(".pyc")]


def test_the_wheel_has_the_package_s_version_and_one_command(wheel: Path) -> None:
    files = carried(wheel)
    (metadata,) = [content.decode() for name, content in files.items() if name.endswith("/METADATA")]
    (commands,) = [content.decode() for name, content in files.items() if name.endswith("/entry_points.txt")]
    assert Parser().parsestr(metadata)["Version"] == gan_core.__version__
    assert commands.split() == ["[console_scripts]", "gan-explorer", "=", "gan_core.__main__:gan_explorer"]


def test_the_citation_is_of_this_version() -> None:
    cited = re.findall(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    assert cited == [gan_core.__version__]


def test_every_pinned_version_lies_within_the_range_that_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [text for extra in project["optional-dependencies"].values() for text in extra]
    ranges = {wanted.name: wanted.specifier for wanted in map(Requirement, [*project["dependencies"], *optional])}
    pinned = {}
    for name in ("requirements.txt", "requirements-dask.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        bare = [line.partition("#")[0].strip() for line in lines]
        pinned[name] = {wanted.name: wanted for wanted in map(Requirement, filter(_is_a_name, bare))}
    assert pinned["requirements.txt"].keys() == {Requirement(text).name for text in project["dependencies"]}
    everything = {name: wanted for file in pinned.values() for name, wanted in file.items()}
    assert ranges.keys() <= everything.keys()
    for name, allowed in ranges.items():
        (pin,) = everything[name].specifier
        assert pin.operator == "=="
        assert allowed.contains(pin.version), f"{name}=={pin.version} is not within {allowed}"
        assert any(part.operator in ("<", "<=") for part in allowed) or name == "distributed", (
            f"{name} has no upper end"
        )


def _is_a_name(line: str) -> bool:
    return bool(line) and not line.startswith("-")


def test_the_package_is_imported_from_the_environment_with_its_assets(installed: Installed) -> None:
    code = "import gan_core, gan_core.config.assets as a; print(gan_core.__file__); print(a.asset('presets.json'))"
    module, file = installed.run("python", "-c", code).stdout.splitlines()
    assert Path(file).is_file()
    assert Path(file).is_relative_to(Path(module).parent)
    assert not Path(file).is_relative_to(ROOT)


def test_the_command_runs_the_commands(installed: Installed) -> None:
    listed = installed.run("gan-explorer", "presets", "--json")
    assert listed.returncode == 0, listed.stderr
    assert [entry["name"] for entry in json.loads(listed.stdout)] == list(presets())


def test_the_app_opens_from_another_folder(served: str) -> None:
    """One visitor as a browser is one: the page's script runs, and nothing goes wrong in it."""
    messages = visit(served)
    assert messages[-1].script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    elements = [message.delta.new_element for message in messages if message.WhichOneof("type") == "delta"]
    kinds = {element.WhichOneof("type") for element in elements}
    assert "exception" not in kinds, [element.exception for element in elements if element.HasField("exception")]
    assert len(elements) > 20
    assert "bidi_component" in kinds  # the live view
    (navigation,) = [message.navigation for message in messages if message.WhichOneof("type") == "navigation"]
    assert [page.page_name for page in navigation.app_pages] == [
        "Learn",
        "Train",
        "Latent",
        "Apply",
        "Collapse",
        "Watch",
        "Runs",
        "Classroom",
        "Guide",
    ]


def test_the_settings_and_the_theme_travel_with_the_app(served: str) -> None:
    (session,) = [m.new_session for m in visit(served) if m.WhichOneof("type") == "new_session"]
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    theme, light, dark = config["theme"], config["theme"]["light"], config["theme"]["dark"]
    assert session.custom_theme.base_font_size == theme["baseFontSize"]
    assert session.custom_theme.light.primary_color == light["primaryColor"]
    assert session.custom_theme.dark.background_color == dark["backgroundColor"]
    assert session.custom_theme.dark.sidebar.background_color == dark["sidebar"]["backgroundColor"]
    assert session.config.gather_usage_stats is False
    assert session.config.toolbar_mode == session.config.ToolbarMode.MINIMAL


def test_the_files_that_a_page_names_are_served(served: str) -> None:
    pattern = rb"gan/live/[0-9a-f]{12}/[\w./-]+\.(?:css|json|js)"
    named = {name.decode() for message in visit(served) for name in re.findall(pattern, message.SerializeToString())}
    assert {Path(name).suffix for name in named} == {".css", ".js", ".json"}
    for name in named:
        with urllib.request.urlopen(f"http://{served}/{name}", timeout=60) as reply:
            assert reply.status == 200


def visit(address: str) -> list[ForwardMsg]:
    """Everything that the app says to a new visitor until its script has run."""
    said = []
    with connect(f"ws://{address}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None) as socket:
        hello = BackMsg()
        hello.rerun_script.query_string = ""
        socket.send(hello.SerializeToString())
        while True:
            said.append(ForwardMsg.FromString(socket.recv(timeout=60, decode=False)))
            if said[-1].WhichOneof("type") == "script_finished":
                return said
