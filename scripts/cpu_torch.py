"""Take PyTorch's CPU build first, where no GPU would use the large one.

On Linux the default index has the CUDA build of several gigabytes. `make` runs this with the environment's
own Python before ``pip install -r requirements.txt``; that command then finds torch in place. Nothing
here is needed for the app to work, so whatever goes wrong ends quietly in the default index.

    python scripts/cpu_torch.py https://download.pytorch.org/whl/cpu
"""

from __future__ import annotations

import http.client
import importlib.util
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements.txt"
PATIENCE = 5.0
"""Seconds to wait for the index: longer than any working connection needs, short enough without network."""


def has_gpu() -> bool:
    """Tell whether NVIDIA's own tool lists a GPU."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and "GPU " in listed.stdout


def is_reachable(index: str) -> bool:
    """Tell whether torch's page answers at `index` within `PATIENCE`, the look-up of its name included."""
    answered = threading.Event()

    def ask() -> None:
        try:
            request = urllib.request.Request(f"{index}/torch/", headers={"User-Agent": "pip"})
            with urllib.request.urlopen(request, timeout=PATIENCE):
                answered.set()
        except (OSError, ValueError, http.client.HTTPException):
            pass  # no network, no such page (a proxy's refusal too), not an address

    # A thread, because no timeout of urllib covers the look-up of a name.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return answered.is_set()


def pins(requirements: str) -> list[str]:
    """Read the lines of torch and torchvision, such as ``torch==1.2.3``."""
    return re.findall(r"^torch(?:vision)?==\S+", requirements, flags=re.MULTILINE)


def main(index: str) -> None:
    """Install the CPU build from `index` unless something speaks against it."""
    index = index.rstrip("/")
    if not sys.platform.startswith("linux"):
        return  # elsewhere the default index has the CPU build
    if importlib.util.find_spec("torch") is not None or has_gpu() or not is_reachable(index):
        return
    print(f"No GPU found: taking PyTorch's CPU build from {index}", flush=True)
    # --no-deps: what torch itself needs comes from the default index, in the versions of requirements.txt.
    # The versions are the same as there, so a failure half way leaves nothing to undo.
    options = ["--disable-pip-version-check", "--no-deps", "--retries", "1", "--index-url", index]
    wheels = pins(REQUIREMENTS.read_text(encoding="utf-8"))
    done = subprocess.run([sys.executable, "-m", "pip", "install", *options, *wheels], check=False)
    if done.returncode != 0:
        print("That did not work; taking the default build.", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
