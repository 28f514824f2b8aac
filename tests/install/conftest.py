"""The wheel, built as pip builds it and installed into a fresh environment, and the app served from there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

import hatchling.build
import pytest

ROOT = Path(__file__).resolve().parents[2]


class Installed:
    """An environment into which the wheel was installed.

    Args:
        folder: The environment's folder.
        elsewhere: A folder that is neither the environment nor the checkout; programs are started in it.
    """

    def __init__(self, folder: Path, elsewhere: Path) -> None:
        self._scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.elsewhere = elsewhere
        # Nothing of the checkout, and nothing of the settings of whoever runs the tests.
        dropped = ("PYTHONPATH", "GAN_EXPLORER_USERS", "STREAMLIT_SERVER_ADDRESS")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        self.environment: Mapping[str, str] = kept | {
            "HOME": str(elsewhere),
            "GAN_EXPLORER_RUNS": "off",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def command(self, *words: str) -> list[str]:
        """A command line of a program of the environment."""
        return [str(self._scripts / words[0]), *words[1:]]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=self.elsewhere,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the function that pip calls."""
    folder = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return folder / hatchling.build.build_wheel(str(folder))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment with the wheel; what it depends on is looked up in the tests' own environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", symlinks=os.name != "nt")
    here = Installed(folder / "venv", folder / "elsewhere")
    here.elsewhere.mkdir()
    python = here.command("python")[0]
    own = here.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    (Path(own) / "there.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install"]
    subprocess.run(
        [*pip, "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True, cwd=folder, timeout=60
    )
    return here


@pytest.fixture(scope="session")
def served(installed: Installed) -> Iterator[str]:
    """Address of the app, opened by the installed program; it must end well when it is interrupted."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = installed.elsewhere / "log.txt"
    command = installed.command("gan-explorer", "--server.port", str(port), "--server.headless", "true")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=installed.elsewhere,
            env=installed.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + 90
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield f"localhost:{port}"
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()
    assert "Traceback" not in log.read_text(), log.read_text()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
