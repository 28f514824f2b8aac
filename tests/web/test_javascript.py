"""The JavaScript that computes, by Node's own test runner, over frames that Python makes here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.web import frames

HERE = Path(__file__).parent


@pytest.mark.slow
def test_the_javascript_computes_what_it_should(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        assert os.environ.get("GAN_EXPLORER_REQUIRE_BROWSER", "") in {"", "0"}, "Node is not installed"
        pytest.skip("no Node")
    frames.write(tmp_path)
    files = sorted(path.as_posix() for path in HERE.glob("*.test.js"))
    assert len(files) > 6
    environment = os.environ | {"GAN_EXPLORER_FRAMES": str(tmp_path)}
    done = subprocess.run(
        [node, "--test", *files],
        check=False,
        cwd=HERE.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
