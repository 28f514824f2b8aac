"""Files of ``python -m gan_core export RUN``; a film or a page makes the run again, as a file keeps no pictures."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args

from tqdm import tqdm

from gan_core.data.own import known, stand_in
from gan_core.diagnosis import LOOK_EVERY, Watch
from gan_core.errors import CheckpointError, ConfigError
from gan_core.export.common import GeneratorCopy
from gan_core.export.film import FilmFormat, film
from gan_core.export.frames import StepFrame, take_frame, to_film
from gan_core.export.html import run_page
from gan_core.export.onnx import generator_onnx
from gan_core.export.pictures import sample_png, samples_zip
from gan_core.export.script import write_script
from gan_core.export.script_files import own_file, own_file_name
from gan_core.export.tables import history_csv, run_json
from gan_core.export.targets import TARGETS
from gan_core.export.tensorboard import event_file
from gan_core.export.weights import generator_safetensors
from gan_core.storage import checkpoint
from gan_core.training import Trainer

N_FRAMES: Final = 100
NEED_DATA: Final = ("film", "page")
"""Files that are made by training the run again."""
_NEEDED: Final = "and its data are not in the run's file: name them with --data PATH"


def export(args: argparse.Namespace) -> dict[str, Any]:
    """Write what was asked for.

    Args:
        args: As `gan_core.export.targets.add_arguments` describes.

    Returns:
        ``step``; ``files``: path and bytes of each; ``left_out``: what was asked for and cannot be made without the
        data of one's own that the run was trained on, with the reason.

    Raises:
        GanExplorerError: If the run cannot be read, or something cannot be made or written.
    """
    asked = {name: path for name in TARGETS if (path := getattr(args, name)) is not None}
    if not asked:
        raise ConfigError(f"nothing to write: name a file for one of --{', --'.join(TARGETS)}")
    trainer, left_out = _loaded(args.run_file, asked)
    frames: list[StepFrame] = []
    if "film" in asked or "page" in asked:
        frames = _made_again(trainer)
    files: dict[str, int] = {}
    for name, path in asked.items():
        content = _makers(args, trainer, frames, path)[name]()
        checkpoint.write(content, path)
        files[str(path)] = len(content)
    own = trainer.initial_config.data
    if "script" in asked and known(own.hash):
        path, content = asked["script"].with_name(own_file_name(own)), own_file(own)
        checkpoint.write(content, path)
        files[str(path)] = len(content)
    return {"step": trainer.step_count, "files": files, "left_out": left_out}


def _loaded(file: Path, asked: dict[str, Path]) -> tuple[Trainer, dict[str, str]]:
    """Load a run; without the images that it was trained on, take out of ``asked`` what needs them.

    Returns:
        The run, and what is left out, with the reason.
    """
    summary = checkpoint.summarise(file)
    own = summary.config.data
    if not own.hash or known(own.hash) or "data" in summary.tensors:
        return checkpoint.load(file), {}
    left_out = {name: f"the run is made again for it, {_NEEDED}" for name in NEED_DATA if asked.pop(name, None)}
    if not asked:
        raise ConfigError("; ".join(f"--{name}: {reason}" for name, reason in left_out.items()))
    if "script" in asked:
        left_out["data of the script"] = f"it reads them from a file, {_NEEDED}"
    return checkpoint.load(file, data=stand_in(own)), left_out


def _makers(
    args: argparse.Namespace, trainer: Trainer, frames: list[StepFrame], path: Path
) -> dict[str, Callable[[], bytes]]:
    config = trainer.initial_config
    title = f"{config.data.name}, seed {config.seed}"
    return {
        "picture": lambda: sample_png(trainer.snapshot()),
        "samples": lambda: samples_zip(GeneratorCopy.of(trainer), args.n),
        "csv": lambda: history_csv(trainer.history),
        "numbers": lambda: run_json(
            trainer.config,
            trainer.step_count,
            trainer.history,
            lost="" if trainer.lost is None else trainer.lost.words,
        ),
        "film": lambda: _film(frames, path, args.seconds),
        "page": lambda: run_page(frames, config, title=title),
        "generator": lambda: generator_safetensors(GeneratorCopy.of(trainer)),
        "onnx": lambda: generator_onnx(GeneratorCopy.of(trainer)),
        "tensorboard": lambda: event_file(trainer.history),
        "script": lambda: write_script(config, trainer.interventions, title=title).encode(),
    }


def _film(frames: list[StepFrame], path: Path, seconds: float) -> bytes:
    kind = path.suffix.lower().removeprefix(".")
    known: dict[str, FilmFormat] = {name: name for name in get_args(FilmFormat)}
    if kind not in known:
        raise ConfigError(f"--film {path} is not possible: a name that ends with .{', .'.join(known)} is")
    shown = to_film(frames)
    return film(shown.moments, known[kind], seconds=seconds, frame=shown.frame, real=shown.real)


def _made_again(trainer: Trainer) -> list[StepFrame]:
    """Repeat the run from its beginning with `N_FRAMES` frames, and check that it ends at the same numbers."""
    again = Trainer(trainer.initial_config, interventions=trainer.interventions)
    last = trainer.step_count
    stops = {round(last * i / N_FRAMES) for i in range(N_FRAMES + 1)}
    watch = Watch()
    frames = [take_frame(again, watch=watch)]
    width = shutil.get_terminal_size().columns
    with tqdm(total=last, unit=" steps", disable=None, ncols=width) as bar:
        while again.step_count < last:
            stats = again.step()
            bar.update()
            if not stats.finite:
                raise CheckpointError(f"made again, this run diverged at step {stats.step}: it is of another machine")
            if again.step_count % LOOK_EVERY == 0:
                watch.look_at(again)
            if again.step_count in stops:
                frames.append(take_frame(again, watch=watch))
    return frames
