"""The nursery: a process that has loaded all that trains, and forks into hosts; where there is no fork, one host.

What is loaded once is shared by all hosts, and a new host is there at once. It has one thread and makes no tensor:
locks that other threads held, or threads that PyTorch had begun, would be broken in a fork. It is not started by
`multiprocessing`, which would run the leading process's script, and with it Streamlit, in each host.

It reads lines of JSON: first where the leading process listens, then the number of each host to fork.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
from typing import IO, Any, Final

PRELOAD: Final = (
    "torch",
    "torch.optim.adam",
    "gan_core.live.hosting",
    "gan_core.live.opened",
    "gan_core.live.monitor",
    "gan_core.storage.checkpoint",
    "gan_core.metrics.samples",
    "gan_core.latent.answers",
    "gan_core.export.pictures",
)
"""Modules that are loaded before the first fork; all that they import comes with them."""

FORKS: Final = sys.platform.startswith("linux")
"""Elsewhere libraries that PyTorch stands on do not survive a fork: each host loads all by itself."""

_BEGIN: Final = """
import json, sys
first = json.loads(sys.stdin.readline())
sys.path[:] = first["path"]
from gan_core.live.nursery import main
main(first)
"""


def start(address: str, key: bytes) -> subprocess.Popen[bytes]:
    """Start a nursery; in the leading process.

    Args:
        address: Where that one listens.
        key: That both know; it is told over a pipe, for others can read a process's arguments.
    """
    begun = subprocess.Popen([sys.executable, "-c", _BEGIN], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    tell(begun, {"address": address, "key": key.hex(), "path": sys.path})
    return begun


def tell(nursery: subprocess.Popen[bytes], said: Any) -> None:
    """Send a line: a host's number, to have it begun.

    Raises:
        OSError: If the nursery has ended.
    """
    assert nursery.stdin is not None
    nursery.stdin.write(json.dumps(said).encode() + b"\n")
    nursery.stdin.flush()


def main(first: dict[str, Any], lines: IO[str] | None = None) -> None:
    """Load, and fork on request until nobody asks any more; the life of a nursery.

    Args:
        first: The first line.
        lines: The others; those of standard input if None.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is left to the process that leads
    preload()
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the leading process hears of a host's end by itself
    for line in sys.stdin if lines is None else lines:
        number = json.loads(line)
        if not FORKS:
            _be_host(first, number)
        elif os.fork() == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                nowhere = os.open(os.devnull, os.O_RDONLY)
                os.dup2(nowhere, 0)
                os.close(nowhere)
                _be_host(first, number)
            finally:
                os._exit(1)


def preload() -> None:
    """Load what hosts need, and make no tensor."""
    for name in PRELOAD:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection that walked what is shared would copy it


def _be_host(first: dict[str, Any], number: int) -> None:
    importlib.import_module("gan_core.live.hosting").serve(first["address"], bytes.fromhex(first["key"]), number)
