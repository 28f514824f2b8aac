"""Runs of the random bench on disk: the players at every look, each step's numbers, and what the oracle saw.

A run's weights lie in one safetensors file, so that a diagnosis which looks at something else than today's can be
tried on runs that were trained once: `replay` gives a trainer that stands where it stood at each look. What the
diagnosis' own looks showed is small (some kB a run), and is kept beside it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from benchmarks.drawing import Drawn
from benchmarks.sources import Source, make
from benchmarks.truth import Seen, see, start_of
from gan_core.config import RunConfig, parse_config
from gan_core.diagnosis import LOOK_EVERY, Signs, Watch
from gan_core.record.history import StepStats
from gan_core.training import Trainer

__all__ = ["Row", "config_of", "looked_anew", "looks_of", "read_rows", "record", "replay", "seen_of", "write_rows"]

Row = dict[str, Any]
_STATS: Final = "stats"


def record(drawn: Drawn, source: Source, weights: Path | None) -> Row:
    """Train a drawn run and look at it every `LOOK_EVERY` steps, as the product does.

    Args:
        drawn: The run.
        source: Of its data.
        weights: File for the players at each look, or None.
    """
    trainer, watch = Trainer(drawn.config), Watch()
    start = start_of(trainer)
    seen = [see(trainer, source, start)]
    states = _players(trainer)
    stats: list[tuple[float, ...]] = []
    broke: int | None = None
    while trainer.step_count < drawn.steps and broke is None:
        numbers = trainer.step()
        stats.append((numbers.step, *numbers.values))
        if not numbers.finite:
            broke = numbers.step
        elif numbers.step % LOOK_EVERY == 0:
            watch.look_at(trainer)
            seen.append(see(trainer, source, start))
            states |= _players(trainer)
    if weights is not None:
        save_file(states | {_STATS: torch.tensor(stats, dtype=torch.float64)}, weights)
    return {
        "draw": drawn.draw,
        "number": drawn.number,
        "kind": drawn.kind,
        "source_seed": drawn.source_seed,
        "usual": drawn.usual,
        "settings": drawn.config.model_dump(mode="json", exclude_defaults=True),
        "steps": drawn.steps,
        "broke": broke,
        "facts": list(source.facts),
        "shares": np.round(source.shares, 5).tolist(),
        "oracle": _packed(seen),
        "looks": _packed(watch.looks),
    }


def _packed(looks: Sequence[Seen] | Sequence[Signs]) -> dict[str, list[Any]]:
    """Pack looks as columns, to four digits; what does not compare (where samples lie) is left out."""
    names = [f.name for f in fields(looks[0]) if f.compare] if looks else []
    return {name: [_short(getattr(look, name)) for look in looks] for name in names}


def _short(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_short(v) for v in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _unpacked(columns: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for values in zip(*columns.values(), strict=True):
        look = dict(zip(columns, values, strict=True))
        yield {name: tuple(value) if isinstance(value, list) else value for name, value in look.items()}


def _players(trainer: Trainer) -> dict[str, Tensor]:
    """Weights and buffers of all networks, by step, player and name."""
    networks = {"generator": trainer.generator, "discriminator": trainer.discriminator, "ema": trainer.ema}
    return {
        f"{trainer.step_count}/{player}/{name}": tensor.detach().clone().contiguous()
        for player, network in networks.items()
        if network is not None
        for name, tensor in network.state_dict().items()
    }


def config_of(row: Row) -> RunConfig:
    """Return the config of a row; its own data are made anew, and registered."""
    make(row["kind"], row["source_seed"])
    return parse_config(row["settings"])


def replay(row: Row, weights: Path) -> Iterator[Trainer]:
    """Give one trainer again and again, standing where the run stood at its start and at each look, and where it broke.

    Args:
        row: Of the run.
        weights: From `record`.
    """
    trainer = Trainer(config_of(row))
    networks: dict[str, nn.Module | None] = {
        "generator": trainer.generator,
        "discriminator": trainer.discriminator,
        "ema": trainer.ema,
    }
    with safe_open(weights, framework="pt") as file:
        names: list[str] = list(file.keys())
        stats: NDArray[np.float64] = file.get_tensor(_STATS).numpy()
        steps = sorted({int(name.partition("/")[0]) for name in names if name != _STATS})
        done = 0
        for step in steps:
            for player, network in networks.items():
                if network is not None:
                    mine = f"{step}/{player}/"
                    network.load_state_dict(
                        {n.removeprefix(mine): file.get_tensor(n) for n in names if n.startswith(mine)}
                    )
            _fast_forward(trainer, stats[done:step])
            done = step
            yield trainer
    if row["broke"]:
        _fast_forward(trainer, stats[done:])
        yield trainer


def _fast_forward(trainer: Trainer, stats: NDArray[np.float64]) -> None:
    for step, *values in stats.tolist():
        trainer.stats = StepStats(int(step), *values)
        trainer.game.n_steps = int(step)
        if trainer.stats.finite:
            trainer.history.add(trainer.stats)


def looked_anew(row: Row, weights: Path) -> Row:
    """Return the row with the looks that today's diagnosis, and today's oracle, take of the same run."""
    source, watch = make(row["kind"], row["source_seed"]), Watch()
    start, seen = None, []
    for trainer in replay(row, weights):
        if trainer.stats is not None and not trainer.stats.finite:
            break
        start = start_of(trainer) if start is None else start
        seen.append(see(trainer, source, start))
        if trainer.step_count:
            watch.look_at(trainer)
    return row | {"oracle": _packed(seen), "looks": _packed(watch.looks)}


def seen_of(row: Row) -> list[Seen]:
    """Unpack the oracle's looks."""
    return [Seen(**look) for look in _unpacked(row["oracle"])]


def looks_of(row: Row) -> list[Signs]:
    """Unpack the diagnosis' looks.

    Raises:
        TypeError: They are of another diagnosis than today's: they must be taken anew.
    """
    return [Signs(**look) for look in _unpacked(row["looks"])]


def read_rows(file: Path) -> list[Row]:
    """Read rows, one line of JSON each, packed or not; none if there is no file."""
    if not file.is_file():
        return []
    data = file.read_bytes()
    text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.splitlines()]


def write_rows(file: Path, rows: Sequence[Row]) -> None:
    """Write rows, packed if the file's name says so."""
    data = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode()
    file.write_bytes(gzip.compress(data, 9, mtime=0) if file.suffix == ".gz" else data)
