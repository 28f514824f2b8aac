"""The app as a process of its own, and the browser to look at it with; for benchmarks and browser tests alike."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from playwright.sync_api import Browser, Playwright

ROOT: Final = Path(__file__).resolve().parents[1]
BROWSERS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first that is there: the shell draws pages alone, as they would be in a window, but no window around them."""

_CHROMIUM_ARGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str | None:
    """Path of the browser that is installed, None if there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def launch(playwright: Playwright, path: str, *args: str) -> Browser:
    """Start a headless Chromium.

    Args:
        playwright: Drives it.
        path: Where it is, see `browser_path`.
        args: More of its options.
    """
    return playwright.chromium.launch(executable_path=path, args=[*_CHROMIUM_ARGS, *args])


class App:
    """``streamlit run app.py`` with the project's own configuration, on a free port.

    Args:
        environment: Its whole environment.
        options: More options of ``streamlit run``.
        python: How the interpreter starts Streamlit.
        output: Where its standard output goes.
        errors: Where its errors go.

    Attributes:
        url: Its address, without a slash at the end.
        process: Its process.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *options: str,
        python: Sequence[str] = ("-m", "streamlit"),
        output: IO[bytes] | int = subprocess.DEVNULL,
        errors: IO[bytes] | int = subprocess.STDOUT,
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        own = (f"--server.port={self.port}", "--server.address=127.0.0.1", "--server.headless=true")
        command = [sys.executable, *python, "run", "app.py", *own, *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )

    def answers(self) -> bool:
        """Tell whether it is up."""
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False
