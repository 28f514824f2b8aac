"""Preparations of ``train`` before the first step: changes, data, a trainer, and a place for the file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from gan_core.commands import own
from gan_core.config import KNOBS, RunConfig
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.training import Trainer


def changes(settings: Iterable[str], seed: str | None = None) -> dict[str, str]:
    """Collect what ``--set`` and ``--seed`` change in a config.

    Args:
        settings: ``PATH=VALUE`` each.
        seed: The seed, or None to leave it.

    Raises:
        ConfigError: If one has no equals sign.
    """
    found: dict[str, str] = {}
    for text in settings:
        path, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text!r} is not allowed: PATH=VALUE is; paths are {', '.join(KNOBS)}")
        found[path.strip()] = value.strip()
    return found if seed is None else found | {"seed": seed}


def _prepare(config: RunConfig, device: str) -> None:
    """Set PyTorch up, and load the data behind a progress bar."""
    import torch

    from gan_core.data import load_data

    torch.set_num_threads(1)  # a second thread per operation only waits in networks this small
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("--device cuda is not allowed here, as PyTorch finds no GPU: cpu is")
    with tqdm(unit="B", unit_scale=True, leave=False, disable=None, delay=0.5) as bar:

        def show(name: str, done: int, total: int) -> None:
            bar.set_description_str(name, refresh=False)
            bar.total = total or None
            bar.update(done - bar.n)

        if not config.data.hash:  # own data are here already, or come along with the saved run
            load_data(config.data, progress=show)


def new_trainer(config: RunConfig, device: str) -> Trainer:
    """Build the trainer of a new run.

    Args:
        config: What to train.
        device: Where.

    Raises:
        GanExplorerError: If its data cannot be loaded, or there is no such device.
    """
    _prepare(config, device)
    from gan_core.training import Trainer

    return Trainer(config, device=device)


def saved_trainer(path: Path, changed: Mapping[str, str], device: str, data: Path | None = None) -> tuple[Trainer, str]:
    """Load a saved run and change live settings, as an intervention.

    Args:
        path: The file.
        changed: From `changes`.
        device: Where to train.
        data: Of ``--data``, which has been read, or None.

    Returns:
        The run and the name of its preset.

    Raises:
        GanExplorerError: If it cannot be read or changed so.
    """
    from gan_core.storage.checkpoint import load, summarise

    summary = summarise(path)
    own.refuse_others(path, summary, data)
    _prepare(summary.config, device)
    trainer = load(path, device=device)
    if changed:
        trainer.retune(changed)
    return trainer, summary.preset


def writable(path: Path) -> Path:
    """Return the absolute path of a file that can be written, checked before an hour of training rather than after.

    Raises:
        ConfigError: If it cannot.
    """
    path = path.expanduser().resolve()
    try:
        possible = not path.exists() or (path.is_file() and os.access(path, os.W_OK))
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".gan-explorer-"):
            reason = "" if possible else "it is no file that can be replaced"
    except OSError as error:
        reason = error.strerror or "it is not allowed"
    if reason:
        raise ConfigError(f"--save {path} is not possible ({reason}): a file in a folder that you may write to is")
    return path
