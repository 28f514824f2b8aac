"""What ``train`` does before the first step: changes, data, a trainer, and a place for the file."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from gan_core.config import KNOBS, RunConfig
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.training import Trainer


def changes(settings: Iterable[str], seed: str | None = None) -> dict[str, str]:
    """What ``--set`` and ``--seed`` change in a config.

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
    """Set PyTorch up, and get the data while a bar shows how far it is."""
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


def own_data(path: Path | None) -> dict[str, str]:
    """Read the data of ``--data``, and say on stderr what was left out.

    Args:
        path: A folder or zip of pictures, or a table; None for none.

    Returns:
        What a config calls them.

    Raises:
        GanExplorerError: If they cannot be read or used.
    """
    if path is None:
        return {}
    from gan_core.data import own
    from gan_core.data.tables import read_points
    from gan_core.data.uploads import read_folder, read_zip

    path = path.expanduser()
    try:
        if path.is_dir():
            images = read_folder(path)
        elif path.suffix.lower() == ".zip":
            images = read_zip(path.read_bytes())
        else:
            points = read_points(path.name, path.read_bytes())
            return {"data.name": points.name, "data.hash": own.register(points)}
    except OSError as error:
        raise ConfigError(f"--data {path} cannot be read: {error.strerror or error}") from None
    for reason, count in images.skipped:
        print(f"{count} left out: {reason}", file=sys.stderr)
    if images.warning:
        print(images.warning, file=sys.stderr)
    named = {"data.name": images.name, "data.hash": own.register(images)}
    return named | ({"data.classes": str(len(images.classes))} if images.labels is not None else {})


def new_trainer(config: RunConfig, device: str) -> Trainer:
    """A run at its beginning.

    Args:
        config: What to train.
        device: Where.

    Raises:
        GanExplorerError: If its data cannot be had, or there is no such device.
    """
    _prepare(config, device)
    from gan_core.training import Trainer

    return Trainer(config, device=device)


def saved_trainer(path: Path, changed: Mapping[str, str], device: str) -> tuple[Trainer, str]:
    """A saved run, with live settings changed as an intervention.

    Args:
        path: The file.
        changed: From `changes`.
        device: Where to train.

    Returns:
        The run and the name of its preset.

    Raises:
        GanExplorerError: If it cannot be read or changed so.
    """
    from gan_core.storage.checkpoint import load, summarise

    summary = summarise(path)
    _prepare(summary.config, device)
    trainer = load(path, device=device)
    if changed:
        trainer.retune(changed)
    return trainer, summary.preset


def writable(path: Path) -> Path:
    """The path, if it can be written: better to know before an hour of training than after.

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
