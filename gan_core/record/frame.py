"""The binary frame: a snapshot and the run's state as bytes for the live view, and the type of its header.

Little endian: ``b"GANX"``, uint32 version, uint32 length of the header, the header (JSON, UTF-8, padded with
spaces so that what follows starts at a multiple of 8), all float32 arrays, then all uint8 arrays. The header's
``arrays`` maps each name to its dtype, shape and offset from the start of the array part. JSON knows no NaN, so
numbers that are not finite become null; in arrays they stay.

A key of a run's header is declared here, in one of the typed dictionaries, and filled where its class says; the
browser's types are made of them by ``python -m scripts.frame_types``.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

MAGIC: Final = b"GANX"
VERSION: Final = 1
_PREFIX: Final = struct.Struct("<4sII")


State = Literal["playing", "paused", "queued", "diverged", "error", "closed"]
"""State of a run."""
Meaning = Literal["probability", "critic"]
"""Meaning of D's answers: a logit whose sigmoid is the probability of "real", or a value without a fixed scale."""
Stats = dict[str, float | None]
"""A step's numbers: those of `gan_core.record.history.StepStats` and ``value``, the game's value, by name."""


class ArrayPlace(TypedDict):
    """Place of an array in a frame.

    Attributes:
        dtype: Its numbers.
        shape: Its shape.
        offset: Bytes from the start of the array part.
    """

    dtype: str
    shape: list[int]
    offset: int


class Mark(TypedDict):
    """A step at which something happened to a run.

    Attributes:
        step: Finished steps.
        label: What happened.
    """

    step: int
    label: str


class Optimum(TypedDict):
    """Losses and D's answer at equilibrium, where they have a value.

    Attributes:
        d_loss: D's loss.
        g_loss: G's loss.
        d_label: What the line there is called.
        g_label: Likewise.
        prob: D's probability of "real" where it cannot tell; null where its answers are none.
        prob_label: What the line there is called.
    """

    d_loss: float | None
    g_loss: float | None
    d_label: str
    g_label: str
    prob: float | None
    prob_label: str


class Measured(TypedDict):
    """One score; see `gan_core.metrics.Score`.

    Attributes:
        value: The score.
        floor: What real data of the same size reach.
        n: Number of samples.
    """

    value: float | None
    floor: float | None
    n: int


class Offer(TypedDict):
    """A cure that is offered beside a verdict.

    Attributes:
        index: Its place among the cures of the finding.
        title: It in a few words.
        changes: All that it changes, in words.
    """

    index: int
    title: str
    changes: str


class Verdict(TypedDict):
    """One sentence on a run, with its reasons.

    Attributes:
        level: How grave it is.
        headline: The sentence.
        detail: One more line.
        evidence: The numbers that show it, a sentence each.
        name: The finding's, if a diagnosis made one.
        since_step: Where a failure began.
        why: Why it happens.
        cures: What to try.
    """

    level: Literal["ok", "warn", "bad", "info"]
    headline: str
    detail: str
    evidence: list[str]
    name: NotRequired[str]
    since_step: NotRequired[int]
    why: NotRequired[str]
    cures: NotRequired[list[Offer]]


class Seen(TypedDict):
    """Answers of the networks, filled by `gan_core.training.observe`.

    Attributes:
        kind: What samples are.
        heat_scale: End of the scale of D's answers in the picture.
        meaning: What D's answers are.
        frame: Of points: x0, x1, y0, y1 of the picture.
        manifold: Of points: what part of the latent space is drawn, "line", "plane" or "slice".
        classes: Of images of told classes: their names.
        labels: Of images of told classes: the class of each generated one.
        real_labels: Of images of told classes: the class of each real one.
        condition: Of images that are made of what is left of real ones: what a picture of that is called.
        alphabet: Of words: the letters that the numbers in ``fake_text`` stand for.
        rate: Of sounds: samples a second.
    """

    kind: Literal["plane", "images", "sound", "text"]
    heat_scale: float
    meaning: Meaning
    frame: NotRequired[list[float]]
    manifold: NotRequired[str]
    classes: NotRequired[list[str]]
    labels: NotRequired[list[int]]
    real_labels: NotRequired[list[int]]
    condition: NotRequired[str]
    alphabet: NotRequired[list[str]]
    rate: NotRequired[float]


class EntryFacts(TypedDict):
    """Facts from the entries of a run's data and objective, filled by `gan_core.training.snapshots.facts_of`.

    Attributes:
        data: Name of the data set.
        n_modes: Number of known modes of the data; 0 where none are known.
        objective: Name of the objective.
        middle: Logit at which D cannot tell, or null where only differences of logits have a meaning.
    """

    data: str
    n_modes: int
    objective: str
    middle: float | None


class Told(EntryFacts):
    """A run's own facts at a step, filled by `gan_core.training.snapshots`.

    Attributes:
        step: Finished steps.
        generator: Whose samples are shown.
        has_ema: True if G is averaged.
        latent_dim: Numbers in z.
        prior: How z is drawn.
        g_weights: Number of G's weights.
        d_weights: Number of D's weights.
        d_steps: Updates of D a step.
        g_steps: Updates of G a step.
        batch_size: Samples a batch.
        stats: The step's numbers.
        optimum: Losses at equilibrium.
        marks: What was done to the run, and where failures began.
    """

    step: int
    generator: str
    has_ema: bool
    latent_dim: int
    prior: str
    g_weights: int
    d_weights: int
    d_steps: int
    g_steps: int
    batch_size: int
    stats: Stats
    optimum: Optimum
    marks: list[Mark]


class Picture(Seen, Told):
    """Header of a snapshot: what is seen and what is told of one step."""


class Playing(TypedDict):
    """State of play of a run, filled by `gan_core.live.status`.

    Attributes:
        run: Number of the run among the restarts, from 1.
        state: What it is doing.
        message: What happened and what to try, or "".
        position: Place in the queue for a slot, from 1; 0 if there is nothing to wait for.
        phase: The half of a slow step that is shown, or "".
        pace: Steps a second at most, or null.
        stop_at: Step after which it pauses, or null.
        seconds: Time spent playing this run.
        preset: Name of the preset that it came from, or "".
    """

    run: int
    state: State
    message: str
    position: int
    phase: str
    pace: float | None
    stop_at: int | None
    seconds: float
    preset: str


class Built(TypedDict):
    """Entries added when a frame is built, by `gan_core.live.frame_builder`.

    Attributes:
        serial: Grows with every frame, also over restarts.
        steps_per_second: Over the last seconds; 0 while the run stands.
        metrics: The newest scores by name.
        metrics_step: The step that they are of; 0 before the first.
        found_step: The step that the findings, and with them the verdict, are of; 0 before the first look.
        lost: Which mode was lost first, when and where to, in words, or ""; see `gan_core.training.lost`.
        verdict: One sentence on the run; absent while it is being built.
        doubts: What can fool a score in this run, in a sentence, by the score's name.
    """

    serial: int
    steps_per_second: float
    metrics: dict[str, Measured]
    metrics_step: int
    found_step: int
    lost: str
    verdict: NotRequired[Verdict]
    doubts: NotRequired[dict[str, str]]


class Header(Picture, Playing, Built):
    """Header of a frame of the live view."""


class BareHeader(Playing, Built):
    """Header of a frame that has no picture yet.

    Attributes:
        step: Finished steps.
    """

    step: int


class SetHeader(TypedDict):
    """Header of a set of frames, one a side; filled by `gan_core.live.lockstep`.

    Attributes:
        serial: Grows with every set.
        state: What the comparison is doing.
        step: Finished steps of the sides.
        pace: Steps a second at most, or null.
        stop_at: Step after which it pauses, or null.
        position: Place in the queue for a slot, from 1; 0 if there is nothing to wait for.
    """

    serial: int
    state: State
    step: int
    pace: float | None
    stop_at: int | None
    position: int


def encode(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack a header and arrays.

    Args:
        header: JSON-able values; numbers that are not finite become null.
        arrays: float32 or uint8 arrays of any shape.

    Returns:
        The frame.
    """
    ordered = sorted(arrays.items(), key=lambda item: item[1].dtype == np.uint8)
    table: dict[str, ArrayPlace] = {}
    chunks: list[bytes] = []
    offset = 0
    for name, array in ordered:
        chunk = array.tobytes()
        table[name] = {"dtype": str(array.dtype), "shape": list(array.shape), "offset": offset}
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(finite({**header, "arrays": table}), allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(_PREFIX.size + len(text)) % 8)
    return b"".join((_PREFIX.pack(MAGIC, VERSION, len(text)), text, *chunks))


def decode(frame: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Unpack what `encode` packed.

    Raises:
        ValueError: If the bytes are not a frame of this version.
    """
    if len(frame) < _PREFIX.size:
        raise ValueError(f"a frame has at least {_PREFIX.size} bytes, this has {len(frame)}")
    magic, version, length = _PREFIX.unpack_from(frame)
    start = _PREFIX.size + length
    if magic != MAGIC or version != VERSION or len(frame) < start:
        raise ValueError(f"not a whole frame of version {VERSION}: it begins with {frame[:8]!r}")
    header: dict[str, Any] = json.loads(frame[_PREFIX.size : start])
    arrays: dict[str, NDArray[Any]] = {}
    for name, entry in header.pop("arrays").items():
        dtype: np.dtype[Any] = np.dtype({"float32": "<f4", "uint8": "u1"}[entry["dtype"]])
        count = math.prod(entry["shape"])
        flat = np.frombuffer(frame, dtype, count, start + entry["offset"])
        arrays[name] = flat.reshape(entry["shape"])
    return header, arrays


def read(frame: bytes) -> tuple[Header, dict[str, NDArray[Any]]]:
    """Unpack a run's frame that shows a picture.

    Raises:
        ValueError: If the bytes are not a frame of this version.
    """
    header, arrays = decode(frame)
    return cast("Header", header), arrays


def finite(value: Any) -> Any:
    """Copy a tree of JSON-able values with None in place of every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return value
