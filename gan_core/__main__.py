"""The command line: list presets, train, score; the same config as everywhere, and no browser.

A run ends with one record on stdout, whatever ended it; its ``state`` says how. The exit status is 0 with a
record and 2 without one: then a single line on stderr says what was given and what is allowed. Progress goes to
stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tqdm import tqdm

from gan_core.config import DATA_SHAPES, KNOBS, RunConfig
from gan_core.errors import ConfigError, GanExplorerError
from gan_core.export.targets import add_arguments
from gan_core.frame import finite
from gan_core.presets import find, presets

if TYPE_CHECKING:
    from torch import nn

    from gan_core.history import StepStats
    from gan_core.metrics import Score
    from gan_core.trainer import Trainer

N_SAMPLES: Final = 20_000
"""Generated points that are scored: the share of sharp ones is then known to a tenth of a percent."""
N_IMAGES: Final = 2_500
NOISE_SEED: Final = 2333
"""Seed of the scored noise, which no run trains on."""
MAX_STEPS: Final = 10**9
MAX_SECONDS: Final = 10**6


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the block on usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Words after ``python -m gan_core``; those of the process if None.

    Returns:
        Exit status: 0 with a record on stdout, 2 with one line on stderr (also if only the file of ``--save``
        is missing in the end), 130 if interrupted before there is a record.
    """
    parser, commands = _parsers()
    args, unknown = parser.parse_known_args(argv)
    command = commands[args.command]
    if unknown:
        known = ", ".join(option for option in command._option_string_actions if option.startswith("--"))
        command.error(f"unknown: {' '.join(unknown)}; there are: {known}")
    try:
        args.run(args)
    except GanExplorerError as error:
        command.error(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _parsers() -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    parser = _Parser(prog="gan_core", description="Train and score small GANs.", allow_abbrev=False)
    names = "presets, train, export, score"
    commands = parser.add_subparsers(dest="command", required=True, metavar=f"COMMAND ({names})")

    def command(name: str, run: Callable[[argparse.Namespace], None], help: str) -> _Parser:  # noqa: A002
        added: _Parser = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="print one JSON record and nothing else")
        return added

    command("presets", _presets, "List the presets.")

    train = command(
        "train",
        _train,
        "Train a preset and print what came out. The record's state is 'finished', 'diverged' (the numbers "
        "are no longer finite; message says what to try) or 'interrupted' (by Ctrl-C); the exit status is 0 "
        "in all three, and 2 if there is nothing to train.",
    )
    train.add_argument("preset", metavar="PRESET", nargs="?", help=f"one of: {', '.join(presets())}")
    train.add_argument(
        "--resume", metavar="FILE", type=Path, help="go on with a saved run, bit for bit, instead of a preset"
    )
    train.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        help=f"change a setting; may be repeated. Paths: {', '.join(KNOBS)}",
    )
    train.add_argument(
        "--steps",
        metavar="N",
        type=_number(int, 1, MAX_STEPS, "a whole number"),
        help="steps to train (from where the run stands); the preset's own number, or 1000 for a saved run, if "
        "neither --steps nor --seconds is given",
    )
    train.add_argument(
        "--seconds",
        metavar="S",
        type=_number(float, 0.001, MAX_SECONDS, "a number"),
        help="stop after this many seconds of training",
    )
    train.add_argument("--seed", metavar="N", help="the same as --set seed=N")
    train.add_argument(
        "--save",
        metavar="FILE",
        type=Path,
        help="write the whole run to a file (safetensors): weights, optimisers, random streams, history, config",
    )
    train.add_argument(
        "--data",
        metavar="PATH",
        type=Path,
        help="train on data of your own: a folder or zip of pictures, or a table of points (.csv, .npy)",
    )
    train.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to train")

    export = command("export", _export, "Write a saved run as pictures, films, tables, weights, a page or a script.")
    add_arguments(export)

    score = command("score", _score, "Score a file of samples against a data set.")
    score.add_argument("data", metavar="DATASET", choices=tuple(DATA_SHAPES), help=", ".join(DATA_SHAPES))
    score.add_argument(
        "file",
        metavar="FAKE.npy",
        type=Path,
        help="points [n, 2] in data units, or images [n, c, h, w], [n, h, w] or [n, pixels] in [-1, 1]",
    )
    return parser, commands.choices


def _number(kind: Callable[[str], float], low: float, high: float, words: str) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:  # also NaN
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed: {words} from {low:g} to {high:g} is")
        return value

    return convert


def _presets(args: argparse.Namespace) -> None:
    if args.json:
        _print_json([asdict(p) | {"config": p.config.model_dump(mode="json")} for p in presets().values()])
        return
    for p in presets().values():
        print(f"{p.name:20}{p.title}, {p.steps:,} steps\n{'':20}{p.look_for}")


# -- train -------------------------------------------------------------------------------------------------


def _train(args: argparse.Namespace) -> None:
    from gan_core.diagnosis import diverged_message

    if (args.preset is None) == (args.resume is None):
        raise ConfigError("train needs a PRESET or --resume FILE, one of them")
    save = None if args.save is None else _writable(args.save)
    with _on_interrupt() as interrupted:
        if args.resume is None:
            preset = find(args.preset)
            name, steps = preset.name, preset.steps
            trainer = _trainer(preset.config.changed(_own_data(args) | _changes(args)), args.device)
        else:
            name, steps = _preset_of(args.resume), 1_000
            _own_data(args)
            trainer = _resumed(args)
        steps = args.steps or (MAX_STEPS if args.seconds else steps)
        made = -trainer.step_count
        stats, state, seconds = _loop(trainer, steps, args.seconds, interrupted)
        made += trainer.step_count
        metrics = _evaluate(trainer)
    record = {
        "preset": name,
        "state": state,
        "message": diverged_message(stats, trainer.config) if state == "diverged" else "",
        "config": trainer.config.model_dump(mode="json"),
        "device": args.device,
        "step": trainer.step_count,
        "seconds": seconds,
        "steps_per_second": made / seconds,
        "stats": asdict(stats),
        "metrics": _as_dicts(metrics),
    }
    if args.json:
        _print_json(record)
    else:
        _print_run(record)
    if save is not None:  # last: a full disk must not cost the record
        _save(trainer, save, name)


def _changes(args: argparse.Namespace) -> dict[str, str]:
    changes: dict[str, str] = {}
    for text in args.set:
        path, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text!r} is not allowed: PATH=VALUE is; paths are {', '.join(KNOBS)}")
        changes[path.strip()] = value.strip()
    return changes if args.seed is None else changes | {"seed": args.seed}


def _prepare(config: RunConfig, device: str) -> None:
    """Set PyTorch up, and get the data while a bar shows how far it is."""
    # Imported late: a list of presets or a mistyped name then needs no PyTorch, and answers at once.
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


def _own_data(args: argparse.Namespace) -> dict[str, Any]:
    """Read the data of ``--data``; returns what a config calls them."""
    if args.data is None:
        return {}
    from gan_core.data import own
    from gan_core.data.tables import read_points
    from gan_core.data.uploads import read_folder, read_zip

    path: Path = args.data.expanduser()
    try:
        if path.is_dir():
            images = read_folder(path)
        elif path.suffix.lower() == ".zip":
            images = read_zip(path.read_bytes())
        else:
            points = read_points(path.name, path.read_bytes())
            return {"data.name": "own-points", "data.hash": own.register(points)}
    except OSError as error:
        raise ConfigError(f"--data {path} cannot be read: {error.strerror or error}") from None
    for reason, count in images.skipped:
        print(f"{count} left out: {reason}", file=sys.stderr)
    if images.warning:
        print(images.warning, file=sys.stderr)
    return {"data.name": "own-images", "data.hash": own.register(images)}


def _trainer(config: RunConfig, device: str) -> Trainer:
    _prepare(config, device)
    from gan_core.trainer import Trainer

    return Trainer(config, device=device)


def _preset_of(path: Path) -> str:
    from gan_core.checkpoint import summarise

    return summarise(path).preset


def _resumed(args: argparse.Namespace) -> Trainer:
    """The saved run, with live settings changed as an intervention."""
    from gan_core.checkpoint import load, summarise

    _prepare(summarise(args.resume).config, args.device)
    trainer = load(args.resume, device=args.device)
    if changes := _changes(args):
        trainer.retune(changes)
    return trainer


def _loop(
    trainer: Trainer, steps: int, seconds: float | None, interrupted: Callable[[], bool]
) -> tuple[StepStats, str, float]:
    """Train; returns the last step's numbers, how it ended and the seconds it took."""
    total, last = None if steps == MAX_STEPS else steps, trainer.step_count + steps
    with tqdm(total=total, unit=" steps", disable=None) as bar:
        start = time.perf_counter()
        end = start + (seconds or MAX_SECONDS)
        state = "finished"
        while True:
            stats = trainer.step()
            bar.update()
            if not stats.finite:
                state = "diverged"
            elif interrupted():
                state = "interrupted"
            elif trainer.step_count < last and time.perf_counter() < end:
                continue
            break
        return stats, state, time.perf_counter() - start


@contextmanager
def _on_interrupt() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag, so that a step and a record come of it; the second acts as usual."""
    pressed = False

    def press(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _evaluate(trainer: Trainer) -> dict[str, Score]:
    """Scores of the averaged generator (or the raw one if it is alone), and of the raw one as ``raw_...``."""
    raw = _scores(trainer, trainer.generator.eval())
    best = raw if trainer.ema is None else _scores(trainer, trainer.ema)
    return best | {f"raw_{name}": score for name, score in raw.items()}


def _scores(trainer: Trainer, generator: nn.Module) -> dict[str, Score]:
    import numpy as np
    import torch

    from gan_core.data import Images
    from gan_core.metrics import Score, score_images, score_modes, score_plane
    from gan_core.view import even_labels, sample_prior

    data = trainer.data
    images = isinstance(data, Images)
    rng = torch.Generator().manual_seed(NOISE_SEED)
    z = sample_prior(N_IMAGES if images else N_SAMPLES, trainer.config, rng).to(trainer.device)
    with torch.no_grad():
        labels = (y.to(trainer.device) for y in even_labels(len(z), trainer.config))
        fake = generator(z, *labels).cpu()
    if isinstance(data, Images):
        return score_images(data, fake.numpy())
    points = data.to_data(fake).numpy()
    scores = score_plane(data, points)
    if data.modes is not None and np.isfinite(points).all():
        value = score_modes(points, data.modes).high_quality
        scores["high_quality"] = Score(value, scores["high_quality"].floor, len(points))
    return scores


# -- saving ------------------------------------------------------------------------------------------------


def _writable(path: Path) -> Path:
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


def _save(trainer: Trainer, path: Path, preset: str) -> None:
    """Write the whole run; the file is complete or not there."""
    from gan_core import __version__, checkpoint

    checkpoint.save(trainer, path, preset=preset, app=__version__)


# -- export ------------------------------------------------------------------------------------------------


def _export(args: argparse.Namespace) -> None:
    import torch

    from gan_core.export.command import export

    torch.set_num_threads(1)
    record = export(args)
    if args.json:
        _print_json(record)
    else:
        for path, size in record["files"].items():
            print(f"{path}: {size / 1e3:,.0f} kB")


# -- score -------------------------------------------------------------------------------------------------


def _score(args: argparse.Namespace) -> None:
    from gan_core.metrics import score_samples

    record = {
        "data": args.data,
        "file": str(args.file),
        "metrics": _as_dicts(score_samples(args.data, args.file)),
    }
    if args.json:
        _print_json(record)
    else:
        print(f"{args.file} against {args.data}")
        _print_metrics(record["metrics"])


# -- printing ----------------------------------------------------------------------------------------------


def _as_dicts(scores: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    return {name: asdict(score) for name, score in scores.items()}


def _print_json(value: Any) -> None:
    print(json.dumps(finite(value), allow_nan=False))


def _print_run(record: Mapping[str, Any]) -> None:
    seconds, speed = record["seconds"], record["steps_per_second"]
    how = f"{record['state']} at step {record['step']:,}"
    print(f"{record['preset']}: {how}, {seconds:.1f} s, {speed:.0f} steps/s")
    if record["message"]:
        print(record["message"])
    stats = {name: value for name, value in record["stats"].items() if name != "step"}
    print("  ".join(f"{name} {value:.4g}" for name, value in stats.items()))
    _print_metrics(record["metrics"])


def _print_metrics(metrics: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"{'metric':24}{'value':>12}{'real data':>12}{'n':>10}")
    for name, score in metrics.items():
        floor = "" if score["floor"] is None else f"{score['floor']:.4g}"
        print(f"{name:24}{score['value']:>12.4g}{floor:>12}{score['n']:>10,}")


if __name__ == "__main__":
    sys.exit(main())
