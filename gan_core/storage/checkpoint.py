"""One file that holds a run: a ``.safetensors`` file with the whole of it, from which training goes on bit for bit.

The file is that of the safetensors library: eight bytes with the length of a JSON header, the header, and plain
numbers. Nothing in it can run. Its tensors are

    generator.*  discriminator.*  ema.*     the networks' weights and buffers, named as in PyTorch's ``state_dict``
    opt_g.*  opt_d.*                        what the optimisers remember
    rngs.*                                  the state of each random stream, uint8
    methods.*                               what replay and lookahead remember, if the run uses them
    history.*                               every step's numbers in buckets, float64
    numbers                                 the last updates' numbers, float32
    data                                    small data of the visitor's own, if the run trains on such, uint8

and its metadata has one entry, ``gan_explorer``: JSON with ``format`` (a number), ``app`` (the version that wrote
it), ``preset``, ``config``, ``interventions``, ``pending``, ``counters`` and, of data with known modes, ``lost``: which
mode was lost first. A file without it is followed from where it stands. Files come from strangers: the header is
checked in full, against what the config says must be there, before a single tensor is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor

from gan_core.data import Dataset
from gan_core.data.own import known, register_payload, small_payload
from gan_core.errors import CheckpointError
from gan_core.storage.summary import FORMAT, MAY_BE, WORDS, Summary, load_history, read, summarise, write
from gan_core.training import Trainer

__all__ = ["FORMAT", "Summary", "encode", "load", "load_history", "read", "save", "summarise", "write"]

_NETWORKS: Final = ("generator", "discriminator", "ema", "opt_g", "opt_d", "rngs", "methods")
_DTYPES: Final = {torch.float64: "F64", torch.float32: "F32", torch.int64: "I64", torch.uint8: "U8"}


def encode(state: Mapping[str, Any], *, preset: str = "", app: str = "") -> bytes:
    """Write a trainer's state as a file's content.

    Args:
        state: From `Trainer.state_dict`.
        preset: Where the config came from.
        app: Version of the app.

    Raises:
        CheckpointError: If the run has diverged: there is nothing to go on from.
    """
    tensors = _flatten(state)
    payload = small_payload(state["config"]["data"]["hash"])
    if payload is not None:
        tensors["data"] = torch.frombuffer(bytearray(payload), dtype=torch.uint8)
    for name, tensor in tensors.items():
        if name != "numbers" and tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise CheckpointError(f"this run has diverged ({name} is no longer finite): there is nothing to keep")
    words = {"format": FORMAT, "app": app, "preset": preset} | {name: state[name] for name in WORDS}
    words |= {name: state[name] for name in MAY_BE if state.get(name) is not None}
    content: bytes = safetensors.save(tensors, {"gan_explorer": json.dumps(words, separators=(",", ":"))})
    return content


def save(trainer: Trainer, path: str | Path, *, preset: str = "", app: str = "") -> None:
    """Write a run to a file; the file is complete or not there.

    Raises:
        CheckpointError: If the run has diverged, or the file cannot be written.
    """
    write(encode(trainer.state_dict(), preset=preset, app=app), path)


def load(source: bytes | str | Path, *, device: str = "cpu", data: Dataset | None = None) -> Trainer:
    """Make a trainer that goes on where the file's run stood.

    Args:
        source: A file, or its content.
        device: Where to train.
        data: In place of the run's own, as for `Trainer`: for a run that is only looked at.

    Raises:
        CheckpointError: If it is no checkpoint, damaged, too large, or of a version that this app cannot read.
        ConfigError: If its config is not allowed here.
        DataError: If its data is not on this machine.
    """
    content = read(source)
    summary = summarise(content)
    try:
        tensors = safetensors.load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(f"this checkpoint is damaged: {error}") from None
    _take_in(summary.config.data.hash, tensors.pop("data", None))
    trainer = Trainer(summary.config, device=device, data=data)
    trainer.adapt(summary.words)
    _check(summary, trainer)
    for name, tensor in tensors.items():
        if name != "numbers" and tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise CheckpointError(f"this checkpoint cannot be used: {name} holds numbers that are not finite")
    trainer.load_state_dict(_unflatten(tensors, summary.words))
    return trainer


def _take_in(data_hash: str, payload: Tensor | None) -> None:
    """Register the data that came along, if they are not here already."""
    if payload is None or known(data_hash):
        return
    found = register_payload(payload.numpy().tobytes())
    if found != data_hash:
        raise CheckpointError("this checkpoint is damaged: its data are not those that its config names")


# -- tensors -------------------------------------------------------------------------------------------------


def _flatten(state: Mapping[str, Any]) -> dict[str, Tensor]:
    tensors = {f"{part}.{name}": t for part in _NETWORKS for name, t in (state[part] or {}).items()}
    tensors |= {f"history.{name}": torch.from_numpy(array) for name, array in state["history"].items()}
    tensors["numbers"] = state["numbers"]
    # Copied, because the small weights of a network lie in one block of memory.
    return {name: t.detach().cpu().clone(memory_format=torch.contiguous_format) for name, t in tensors.items()}


def _unflatten(tensors: Mapping[str, Tensor], words: Mapping[str, Any]) -> dict[str, Any]:
    parts: dict[str, dict[str, Any]] = {part: {} for part in (*_NETWORKS, "history")}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if rest:
            parts[part][rest] = tensor
    history = {name: np.array(tensor.numpy()) for name, tensor in parts["history"].items()}
    state = {name: words[name] for name in WORDS} | {name: words.get(name) for name in MAY_BE}
    return {**state, **parts, "ema": parts["ema"] or None, "history": history, "numbers": tensors["numbers"]}


def _check(summary: Summary, trainer: Trainer) -> None:
    """Refuse other names, types or shapes than the config makes.

    Raises:
        CheckpointError: The first that does not fit.
    """
    like = _flatten(trainer.state_dict())
    due = {name: (_DTYPES[tensor.dtype], tuple(tensor.shape)) for name, tensor in like.items()}
    given = summary.tensors.keys() - ({"data"} if summary.config.data.hash else set())
    missing, extra = sorted(due.keys() - given), sorted(given - due.keys())
    if missing or extra:
        what = f"{missing[0]} is missing" if missing else f"{extra[0][:60]!r} does not belong there"
        raise CheckpointError(f"this checkpoint does not fit its own config: {what}")
    for name, (dtype, shape) in due.items():
        if summary.tensors[name] != (dtype, shape):
            found, size = summary.tensors[name]
            raise CheckpointError(
                f"this checkpoint does not fit its own config: {name} is {found} {list(size)}, "
                f"not {dtype} {list(shape)}"
            )
