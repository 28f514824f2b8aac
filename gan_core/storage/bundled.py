"""Recorded runs: trained GANs that come with the app, to open at once, scrub, and go on from, offline.

One file each in ``assets/runs``, at most `MAX_BYTES`, written by ``python -m scripts.recordings``. It is a zip of

    about.json                what it is, its first steps and the steps after its last state, as numbers
    state-<step>.safetensors  checkpoints (`gan_core.storage.checkpoint`); the state at step 0 follows from the config
    frames                    what was to be seen (`gan_core.record.frame`), without the curves: they follow from the
                              history; what is drawn in the plane is rounded to 13 bits, which no eye tells from 24

Every number in it is what its config gives: a test trains the first steps again, and the steps after the last state.
"""

from __future__ import annotations

import functools
import io
import json
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.config import RunConfig, parse_config
from gan_core.config.assets import asset
from gan_core.errors import CheckpointError
from gan_core.record import frame as frame_format
from gan_core.record.history import History, StepStats
from gan_core.record.timeline import Best, Timeline
from gan_core.storage.summary import summarise

if TYPE_CHECKING:
    from gan_core.training import Trainer

RECORDED: Final[Mapping[str, str]] = {
    "digits": "Handwritten digits",
    "digits-conditional": "Digits on demand",
    "ring-8": "Eight Gaussians in a ring",
    "collapse": "A GAN that collapsed",
    "digits-sr": "Super-resolution of digits",
    "digits-denoise": "Denoising digits",
    "digits-inpaint": "Holes in digits filled",
    "words": "New words",
    "notes": "Eight notes to hear",
}
"""Names, which are those of presets too, and what to call them."""

MAX_BYTES: Final = 1_000_000
FOLDER: Final = asset("runs")
_DRAWN: Final = ("real", "fake", "arrows", "heat", "manifold", "real_logits", "fake_logits")
_DROPPED_BITS: Final = 11
_LENGTH: Final = struct.Struct("<IQ")
"""Before each frame: its bytes and its step."""
_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of everything in the zip: equal runs give equal files."""


@dataclass(frozen=True)
class Recording:
    """A run that was recorded.

    Attributes:
        name: One of `RECORDED`.
        past: Its frames and states, as a recorder keeps them; the newest state is the run's last.
        first: Numbers of its first steps.
        after: Numbers of the steps after its last state.
    """

    name: str
    past: Timeline
    first: Sequence[StepStats]
    after: Sequence[StepStats]

    @property
    def config(self) -> RunConfig:
        """Config with which the run began."""
        return parse_config(self.state["config"])

    @property
    def step(self) -> int:
        """Steps of the run."""
        return self.past.states[-1][0]

    @property
    def state(self) -> Mapping[str, Any]:
        """The last state, for `gan_core.live.runner.Runner.go_on`."""
        return self.past.states[-1][1]

    def trainer(self, step: int | None = None, *, device: str = "cpu") -> Trainer:
        """Make a trainer that stands in the last kept state of a step or before.

        Args:
            step: The step; the last one if None.
            device: Where to train.
        """
        from gan_core.training import Trainer  # late: it needs torch

        state = next(s for at, s in reversed(self.past.states) if step is None or at <= max(0, step))
        trainer = Trainer(self.config, device=device)
        trainer.load_state_dict(state)
        return trainer


@functools.lru_cache(maxsize=2)
def recorded(name: str) -> Recording:
    """Open a recorded run; it takes a tenth of a second.

    Args:
        name: One of `RECORDED`.

    Raises:
        CheckpointError: If there is none of this name, or its file is not there.
    """
    if name not in RECORDED:
        raise _unknown(name)
    try:
        content = path_of(name).read_bytes()
    except OSError as error:
        raise CheckpointError(f"the recorded run {name} cannot be read: {error.strerror or error}") from None
    return decode(content)


@dataclass(frozen=True)
class Outline:
    """A recorded run as far as it is known without torch.

    Attributes:
        config: Config with which it began.
        step: Its steps.
    """

    config: RunConfig
    step: int


@functools.cache
def outline(name: str) -> Outline:
    """Read what a recorded run is, without its networks.

    Args:
        name: One of `RECORDED`.

    Raises:
        CheckpointError: If there is none of this name, or its file cannot be read.
    """
    if name not in RECORDED:
        raise _unknown(name)
    try:
        with zipfile.ZipFile(path_of(name)) as file:
            states = [found for found in file.namelist() if found.startswith("state-")]
            last = max(states, key=lambda found: int(found[6:].partition(".")[0]))
            summary = summarise(file.read(last))
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise CheckpointError(f"the recorded run {name} cannot be read: {error}") from None
    return Outline(summary.config, summary.step)


def _unknown(name: str) -> CheckpointError:
    return CheckpointError(f"no run {name[:80]!r} was recorded; there are: {', '.join(RECORDED)}")


def path_of(name: str) -> Path:
    """Find the file of a recorded run."""
    return FOLDER / f"{name}.zip"


def encode(recording: Recording) -> bytes:
    """Write a recording as a file's content."""
    from gan_core.storage import checkpoint  # late: it needs torch

    states = recording.past.states
    history = History()
    history.load_state_dict(recording.state["history"])
    curves = history.curves()
    frames = b"".join(
        _LENGTH.pack(len(lean), step) + lean for step, f in recording.past.frames if (lean := _without(f, curves))
    )
    best = recording.past.best
    about = {
        "name": recording.name,
        "best": None if best is None else {"step": best.step, "metric": best.metric, "value": best.value},
        "first": [stats.values for stats in recording.first],
        "after": [stats.values for stats in recording.after],
    }
    kept = {
        f"state-{step}.safetensors": checkpoint.encode(state, preset=recording.name) for step, state in states if step
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as file:
        for name, content in {"about.json": json.dumps(about).encode(), **kept, "frames": frames}.items():
            file.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_LZMA)
    return out.getvalue()


def decode(content: bytes) -> Recording:
    """Open a file that comes with the app.

    Raises:
        CheckpointError: If it is damaged.
    """
    from gan_core.storage import checkpoint  # late: these need torch
    from gan_core.training import Trainer
    from gan_core.training.snapshots import facts_of

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            about = json.loads(file.read("about.json"))
            kept = [checkpoint.load(file.read(name)) for name in file.namelist() if name.startswith("state-")]
            frames = file.read("frames")
        trainers = [Trainer(kept[0].initial_config), *kept]
        states = [(t.step_count, t.state_dict()) for t in trainers]
        last = trainers[-1]
        best = about["best"]
        past = Timeline(
            frames=_with(frames, last.history, facts_of(last.config, last.game.objective)),
            states=states,
            best=None if best is None else Best(**best, state=dict(states)[best["step"]]),
        )
        first = [StepStats(i, *values) for i, values in enumerate(about["first"], 1)]
        after = [StepStats(i, *values) for i, values in enumerate(about["after"], last.step_count + 1)]
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, struct.error, EOFError) as error:
        raise CheckpointError(f"this recorded run is damaged: {error}") from None
    return Recording(about["name"], past, first, after)


def _without(content: bytes, curves: Iterable[str]) -> bytes:
    """Take the curves out of a frame, and note which it had."""
    header, arrays = frame_format.decode(content)
    header["curves"] = [name for name in curves if name in arrays]
    kept = {name: array for name, array in arrays.items() if name not in header["curves"]}
    return frame_format.encode(header, kept | {name: _rounded(kept[name]) for name in _DRAWN if name in kept})


def _rounded(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Set the last `_DROPPED_BITS` bits of numbers to zero, for the sake of compression."""
    bits = array.view(np.uint32).astype(np.uint64) + (1 << (_DROPPED_BITS - 1))
    return (bits >> _DROPPED_BITS << _DROPPED_BITS).astype(np.uint32).view(np.float32)


def _with(content: bytes, history: History, facts: Mapping[str, Any]) -> list[tuple[int, bytes]]:
    """Read steps and frames, with their curves again: those of the whole run as far as the step.

    Files of the first edition lack some of the facts.
    """
    curves, at = history.curves(), 0
    found: list[tuple[int, bytes]] = []
    while at < len(content):
        size, step = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size + size
        header, arrays = frame_format.decode(content[at - size : at])
        n = int(np.searchsorted(curves["curve_step"], step, side="right"))
        own = {name: curves[name][:n] for name in header.pop("curves")}
        found.append((step, frame_format.encode({**header, **facts}, {**own, **arrays})))
    return found
