"""The image's recipe, as far as it can be tested where no image can be built."""

from __future__ import annotations

import ast
import fnmatch
import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, with lines that go on joined and comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = [line for line in re.sub(r"\\\n\s*", "", bare).splitlines() if line]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def of(name: str) -> list[str]:
    """What stands behind every instruction of this name."""
    return [rest for word, rest in instructions() if word == name]


def sent(name: str) -> bool:
    """Whether a file reaches the builder: the last line of .dockerignore that fits decides."""
    reaches = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        rule = line.strip()
        if rule and not rule.startswith("#"):
            pattern = rule.removeprefix("!")
            parents = [name, *(str(parent) for parent in Path(name).parents)]
            if pattern.startswith("**/"):
                fits = any(fnmatch.fnmatchcase(part, pattern[3:]) for part in Path(name).parts)
            else:
                fits = any(fnmatch.fnmatchcase(part, pattern) for part in parents)
            if fits:
                reaches = rule.startswith("!")
    return reaches


def sources() -> list[str]:
    """Every file or folder that is copied."""
    return [source.rstrip("/") for copied in of("COPY") for source in copied.split()[:-1]]


@pytest.mark.skipif(sys.platform != "linux", reason="the linter is installed on Linux alone")
def test_the_linter_finds_nothing() -> None:
    linter = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([linter, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_everything_that_is_copied_exists_and_is_sent_to_the_builder() -> None:
    assert {"app.py", "assets", "gan_core", "pages", "requirements.txt", ".streamlit/config.toml"} == set(sources())
    for source in sources():
        assert (ROOT / source).exists(), source
        assert sent(source), f"{source} is left out by .dockerignore"


def test_nothing_else_is_sent_to_the_builder() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    reaching = [
        name for name in [*listed, ".git/config", ".venv/bin/python", "gan_core/__pycache__/x.pyc"] if sent(name)
    ]
    assert not [name for name in reaching if not any(name == s or name.startswith(f"{s}/") for s in sources())]
    assert "gan_core/__pycache__/x.pyc" not in reaching
    assert "assets/runs/ring-8.zip" in reaching or not listed


def test_what_is_installed_is_what_the_tests_run_with() -> None:
    assert of("FROM") == ["python:3.11-slim"]
    commands = " && ".join(of("RUN"))
    assert "pip install -r requirements.txt" in commands
    pattern, file = re.search(r"grep -E '(\S+)' (\S+) > torch.txt", commands).groups()  # type: ignore[union-attr]
    taken = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if re.search(pattern, line)]
    assert [line.partition("==")[0] for line in taken] == ["torch", "torchvision"]
    installs = re.findall(r"pip install [^&]*", commands)
    assert all(re.search(r"-r \S+$", install.strip()) for install in installs), "only pinned versions are installed"


def test_the_index_of_the_cpu_build_is_an_argument_and_no_other_host_is_named() -> None:
    (default,) = of("ARG")
    name, _, index = default.partition("=")
    assert f'--index-url "${name}"' in " ".join(of("RUN"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"TORCH_CPU_INDEX ?= {index}\n" in makefile
    hosts = re.findall(r"https?://([^/:'\s]+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert set(hosts) == {"download.pytorch.org", "127.0.0.1"}
    assert not of("ADD")


def test_the_app_runs_as_a_user_without_rights_on_the_port_that_is_exposed_and_checked() -> None:
    words = [word for word, _ in instructions()]
    assert of("USER") == ["1000"]
    assert words.index("USER") > max(i for i, word in enumerate(words) if word in ("RUN", "COPY"))
    assert "useradd --create-home --uid 1000 app" in " ".join(of("RUN"))
    (port,), (command,), (health,) = of("EXPOSE"), of("CMD"), of("HEALTHCHECK")
    said = json.loads(command)
    assert said[said.index("--server.port") + 1] == port
    assert said[said.index("--server.address") + 1] == "0.0.0.0"
    assert said[:4] == ["python", "-m", "streamlit", "run"]
    assert said[4] in sources()
    options, _, checked = health.partition(" CMD ")
    assert "--interval=" in options
    python, flag, code = json.loads(checked)
    assert (python, flag) == ("python", "-c")
    ast.parse(code)
    assert f"http://127.0.0.1:{port}/_stcore/health" in code


@pytest.mark.parametrize("name", ["GAN_EXPLORER_RUNS", "GAN_EXPLORER_DATA"])
def test_volumes_belong_to_the_user_who_writes_there(name: str) -> None:
    folders = dict(re.findall(r"(\w+)=(/\S+)", " ".join(of("ENV"))))
    assert re.search(rf"install --directory --owner app .*{re.escape(folders[name])}\b", " ".join(of("RUN")))
