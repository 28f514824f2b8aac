"""Real frames for the tests of the JavaScript, with what Python reads in them.

``python -m tests.web.frames FOLDER`` writes them, to run the tests by hand.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from gan_core import RunConfig, Runner, preset
from gan_core.live.monitor import Monitor
from gan_core.record.frame import decode, encode
from pages.ui import live

STEPS = 100
"""A frame is of this step or a later one."""
CONFIGS: dict[str, RunConfig] = {
    "plane": preset("ring-8").changed(
        {"objective": "non_saturating", "batch_size": 32, "generator.width": 16, "discriminator.width": 16}
    ),
    "critic": preset("ring-8").changed({"batch_size": 32, "objective": "wasserstein", "generator.width": 16}),
    "images": preset("digits").changed({"batch_size": 32, "generator.width": 16, "discriminator.width": 16}),
    "text": preset("grammar").changed({"batch_size": 32, "generator.width": 16, "discriminator.width": 16}),
}


def frame_of(config: RunConfig) -> bytes:
    """The frame of a run that stands, after it has been scored once."""
    monitor = Monitor()
    runner = Runner(config, observers=(monitor,))
    end = time.monotonic() + 90
    try:
        runner.play()
        while True:
            found = runner.frame(-1, "ema") or b""
            header: dict[str, Any] = decode(found)[0] if found else {}
            scored = bool(header.get("metrics")) and header["step"] >= STEPS
            if scored and header["state"] == "paused":
                return found
            if scored:
                runner.pause()
            assert time.monotonic() < end, f"no score: {header.get('state')} at step {header.get('step')}"
            time.sleep(0.02)
    finally:
        runner.close()
        monitor.close()


def as_read(frame: bytes) -> dict[str, Any]:
    """What Python reads in a frame: its header, and of each array shape, sum of the finite values and their number."""
    header, arrays = decode(frame)
    finite = {name: array[np.isfinite(array)].astype(np.float64) for name, array in arrays.items()}
    return {
        "header": header,
        "arrays": {
            name: {"shape": list(array.shape), "sum": float(finite[name].sum()), "finite": int(finite[name].size)}
            for name, array in arrays.items()
        },
    }


def write(folder: Path) -> None:
    """Write frames, what is read in them, a set of two as the lab has it, and the templates of the figures."""
    frames = {name: frame_of(config) for name, config in CONFIGS.items()}
    for name, frame in frames.items():
        (folder / f"{name}.bin").write_bytes(frame)
    read = {name: as_read(frame) for name, frame in frames.items()}
    (folder / "read.json").write_text(json.dumps(read), encoding="utf-8")
    sides = {f"side_{i}": np.frombuffer(frame, np.uint8) for i, frame in enumerate((frames["plane"], frames["critic"]))}
    (folder / "set.bin").write_bytes(encode({"serial": 7, "step": STEPS, "state": "paused"}, sides))
    (folder / "figures.json").write_bytes(live.assets()["figures.json"][0])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
