"""Make the recorded runs in ``assets/runs``: ``python -m scripts.recordings [NAME ...]``.

Trains each run from its preset, with narrower networks as a file has at most 1 MB, keeps what the app's
time machine would keep, and writes one file a run. The same machine writes the same bytes again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch

from gan_core.config.presets import preset
from gan_core.data import Points, Signals
from gan_core.diagnosis import LOOK_EVERY, Watch
from gan_core.diagnosis.report import Report
from gan_core.live.frame_builder import FrameBuilder
from gan_core.live.recorder import MAIN_METRICS
from gan_core.metrics import METRICS
from gan_core.metrics.scoring import score_generators
from gan_core.record.frame import Playing
from gan_core.record.timeline import Best, Timeline
from gan_core.storage import bundled as recorded
from gan_core.training import Trainer

N_PROOF: Final = 5
"""Steps at the beginning and after the end whose numbers are noted, for the test."""


def _width(n: int) -> dict[str, int]:
    return {"generator.width": n, "discriminator.width": n}


_STATE: Final[Playing] = {
    "run": 0,
    "state": "paused",
    "message": "",
    "position": 0,
    "phase": "",
    "pace": None,
    "stop_at": None,
    "seconds": 0.0,
    "preset": "",
}


@dataclass(frozen=True)
class Plan:
    """One run to record.

    Attributes:
        states: Steps at which the run can be gone on from; the last is its end.
        frames: How many pictures, denser at the beginning.
        changes: What differs from the preset.
    """

    states: tuple[int, ...]
    frames: int
    changes: Mapping[str, Any] = field(default_factory=dict)


PLANS: Final[Mapping[str, Plan]] = {
    "digits": Plan((1000, 4000), 60, _width(80)),
    "digits-conditional": Plan((1000, 3000), 50, _width(80)),
    "ring-8": Plan((500, 2000, 6000), 45, _width(64)),
    "collapse": Plan((300, 800, 1300), 45, _width(64)),
    "digits-sr": Plan((2000,), 40, {"generator.width": 20, "discriminator.width": 80}),
    "digits-denoise": Plan((2000,), 40, {"generator.width": 20, "discriminator.width": 80}),
    "digits-inpaint": Plan((2000,), 40, _width(80)),
    "words": Plan((3000,), 40, _width(80)),
    "notes": Plan((4000,), 36, _width(24)),
}


def record(name: str, plan: Plan) -> recorded.Recording:
    """Train, and keep."""
    trainer, builder, watch = Trainer(preset(name).changed(plan.changes)), FrameBuilder(), Watch()
    last = plan.states[-1]
    pictured = {0, last, *plan.states, *np.geomspace(1, last, plan.frames).round().astype(int).tolist()}
    frames, states, best = [], [(0, trainer.state_dict())], None
    first = []
    while True:
        step = trainer.step_count
        if step in plan.states:
            states.append((step, trainer.state_dict()))
        if step in pictured:
            builder.take(trainer.snapshot())
            found = watch.findings(trainer.config)
            builder.report(Report(_STATE["run"], step, {}, found))
            if step and (isinstance(trainer.data, Points | Signals) or trainer.config.conditioned):
                scores = score_generators(trainer.config, trainer.data, trainer.generator, trainer.ema)
                builder.report(Report(_STATE["run"], step, scores, found))
                metric = next(name for name in MAIN_METRICS if name in scores)
                value = scores[metric].value
                better = best is None or (value > best.value) == METRICS[metric].higher_is_better
                if step in plan.states and better:
                    best = Best(step, metric, value, states[-1][1])
            builder.publish({**_STATE, "preset": name}, trainer.moment())
            assert builder.frame is not None
            frames.append((step, builder.frame[1]))
        if step == last:
            break
        stats = trainer.step()
        if stats.step % LOOK_EVERY == 0:
            watch.look_at(trainer)
        if step < N_PROOF:
            first.append(stats)
    return recorded.Recording(name, Timeline(frames, states, best), first, [trainer.step() for _ in range(N_PROOF)])


def main() -> None:
    """Write the runs asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", choices=[*PLANS, []], help=", ".join(PLANS))
    torch.set_num_threads(1)
    recorded.FOLDER.mkdir(parents=True, exist_ok=True)
    for name in parser.parse_args().names or PLANS:
        begun = time.perf_counter()
        recording = record(name, PLANS[name])
        content = recorded.encode(recording)
        if len(content) > recorded.MAX_BYTES:
            raise SystemExit(f"{name}: {len(content):,} bytes are more than {recorded.MAX_BYTES:,}")
        recorded.path_of(name).write_bytes(content)
        took = time.perf_counter() - begun
        print(f"{recorded.path_of(name).name}: {recording.step:,} steps, {len(content):,} bytes, {took:.0f} s")


if __name__ == "__main__":
    main()
