"""``train``: a run from a preset or a file, its record, and the file to go on with."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tqdm import tqdm

from gan_core.commands import own, prepare
from gan_core.commands.arguments import number
from gan_core.commands.printing import as_dicts, print_doubts, print_json, print_metrics
from gan_core.config import KNOBS
from gan_core.config.presets import find, presets
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.diagnosis import Watch
    from gan_core.metrics import Score
    from gan_core.training import Trainer

MAX_STEPS: Final = 10**9
MAX_SECONDS: Final = 10**6
KEEP_EVERY: Final = 500
"""Steps between two states that are kept for the file of a run that then diverges or fails."""
HELP = (
    "Train a preset and print what came out. The record's state is 'finished', 'diverged' (the numbers are no longer "
    "finite; message says what to try), 'interrupted' (by Ctrl-C) or 'failed' (message says why; memory, most often); "
    "the exit status is 0 in all four, and 2 if there is nothing to train. The file of a run that diverged or failed "
    "holds the last step that was kept before."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to train, how long, and where to save it."""
    parser.add_argument("preset", metavar="PRESET", nargs="?", help=f"one of: {', '.join(presets())}")
    parser.add_argument(
        "--resume", metavar="FILE", type=Path, help="go on with a saved run, bit for bit, instead of a preset"
    )
    parser.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        help=f"change a setting; may be repeated. Paths: {', '.join(KNOBS)}",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=number(int, 1, MAX_STEPS, "a whole number"),
        help="steps to train (from where the run stands); the preset's own number, or 1000 for a saved run, if "
        "neither --steps nor --seconds is given",
    )
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=number(float, 0.001, MAX_SECONDS, "a number"),
        help="stop after this many seconds of training",
    )
    parser.add_argument("--seed", metavar="N", help="the same as --set seed=N")
    parser.add_argument(
        "--save",
        metavar="FILE",
        type=Path,
        help="write the whole run to a file (safetensors): weights, optimisers, random streams, history, config",
    )
    own.add_arguments(parser, "train on them, or give them to a saved run that does not hold its own")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to train")


def run(args: argparse.Namespace) -> None:
    """Train, print the record, and write the file of ``--save``."""
    if (args.preset is None) == (args.resume is None):
        raise ConfigError("train needs a PRESET or --resume FILE, one of them")
    save = None if args.save is None else prepare.writable(args.save)
    changes = prepare.changes(args.set, args.seed)
    with _on_interrupt() as interrupted:
        named = own.read(args, own.data_of(args.resume) if args.preset is None else find(args.preset).config.data)
        if args.resume is None:
            preset = find(args.preset)
            name, steps = preset.name, preset.steps
            config = preset.config.changed(named | changes)
            own.say_split(config)
            trainer = prepare.new_trainer(config, args.device)
        else:
            trainer, name = prepare.saved_trainer(args.resume, changes, args.device, args.data)
            steps = 1_000
        steps = args.steps or (MAX_STEPS if args.seconds else steps)
        made = -trainer.step_count
        # Late, as it brings PyTorch along: a mistyped name is answered without.
        from gan_core.diagnosis import Watch, diverged_message
        from gan_core.metrics import doubts_of
        from gan_core.metrics.scoring import FINAL, evaluate, score_classes

        watch = Watch()
        end = _loop(trainer, steps, args.seconds, interrupted, watch, keep=save is not None)
        made += trainer.step_count
        metrics: Mapping[str, Score] = {}
        classes = ""
        try:
            metrics = evaluate(trainer)
            classes = score_classes(trainer.config, trainer.data, trainer.generator.eval(), trainer.ema, FINAL.n_images)
        except Exception as error:
            end.say(f"the scores could not be computed: {_words(error)}")
    stats = trainer.stats or trainer.game.read()
    if end.state == "diverged":
        end.say(diverged_message(stats, trainer.config))
    record = {
        "preset": name,
        "state": end.state,
        "message": " ".join(end.said),
        "config": trainer.config.model_dump(mode="json"),
        "device": args.device,
        "step": trainer.step_count,
        "saved_step": None if save is None else end.kept_step if end.lost else trainer.step_count,
        "seconds": end.seconds,
        "steps_per_second": made / end.seconds,
        "stats": asdict(stats),
        "metrics": as_dicts(metrics),
        "doubts": doubts_of(trainer.config, trainer.data, metrics),
        "classes": classes,
        "findings": [finding.as_dict() for finding in watch.findings(trainer.config, stats)],
    }
    if args.json:
        print_json(record)
    else:
        _print_run(record)
    if save is not None:  # last: a full disk must not cost the record
        _save(end.kept if end.lost and end.kept is not None else trainer.state_dict(), save, name)


@dataclass
class _End:
    """End of a run.

    Attributes:
        state: "finished", "diverged", "interrupted" or "failed".
        said: What happened, in sentences.
        seconds: Of training.
        kept: The last state that was kept while all was well, to be saved in place of one that is lost.
    """

    state: str = "finished"
    said: list[str] = field(default_factory=list)
    seconds: float = 1e-9
    kept: Mapping[str, Any] | None = None

    @property
    def lost(self) -> bool:
        """True if there is nothing to go on from where the run stands."""
        return self.state in ("diverged", "failed")

    @property
    def kept_step(self) -> int | None:
        """Step of `kept`."""
        return None if self.kept is None else int(self.kept["counters"]["step"])

    def say(self, sentence: str) -> None:
        """Say what happened."""
        self.said.append(sentence)


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{f' ({text})' if text else ''}"


def _loop(
    trainer: Trainer, steps: int, seconds: float | None, interrupted: Callable[[], bool], watch: Watch, *, keep: bool
) -> _End:
    """Train and watch; whatever fails, there is an end that says how."""
    from gan_core.diagnosis import LOOK_EVERY

    total, last = None if steps == MAX_STEPS else steps, trainer.step_count + steps
    ended, looks = _End(kept=trainer.state_dict() if keep else None), True
    with tqdm(total=total, unit=" steps", disable=None) as bar:
        start = time.perf_counter()
        end = start + (seconds or MAX_SECONDS)
        while True:
            try:
                stats = trainer.step()
            except Exception as error:  # most often the memory; what there is must not be lost
                ended.state = "failed"
                ended.say(
                    f"Step {trainer.step_count + 1:,} failed: {_words(error)}. Smaller networks or batches need less."
                )
                break
            bar.update()
            if looks and stats.step % LOOK_EVERY == 0 and stats.finite:
                try:
                    watch.look_at(trainer)
                except Exception as error:
                    looks = False
                    ended.say(f"The diagnosis failed at step {stats.step:,}, and is left out: {_words(error)}.")
            if not stats.finite:
                ended.state = "diverged"
            elif interrupted():
                ended.state = "interrupted"
            elif trainer.step_count < last and time.perf_counter() < end:
                if keep and stats.step % KEEP_EVERY == 0:
                    ended.kept = trainer.state_dict()
                continue
            break
        ended.seconds = max(time.perf_counter() - start, 1e-9)
    return ended


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


def _save(state: Mapping[str, Any], path: Path, preset: str) -> None:
    """Write the whole run; the file is complete or not there."""
    from gan_core import __version__
    from gan_core.storage import checkpoint

    checkpoint.write(checkpoint.encode(state, preset=preset, app=__version__), path)


def _print_run(record: Mapping[str, Any]) -> None:
    from gan_core.diagnosis import describe

    seconds, speed = record["seconds"], record["steps_per_second"]
    how = f"{record['state']} at step {record['step']:,}"
    print(f"{record['preset']}: {how}, {seconds:.1f} s, {speed:.0f} steps/s")
    if record["message"]:
        print(record["message"])
    if record["saved_step"] is not None and record["saved_step"] != record["step"]:
        print(f"The file holds step {record['saved_step']:,}, the last one that was kept before.")
    stats = {name: value for name, value in record["stats"].items() if name != "step"}
    print("  ".join(f"{name} {value:.4g}" for name, value in stats.items()))
    print_metrics(record["metrics"])
    if record["classes"]:
        print(record["classes"])
    print_doubts(record["doubts"])
    for finding in record["findings"]:
        print(f"{finding['name']} ({finding['severity']}), since step {finding['since_step']:,}: {finding['why']}")
        for evidence in finding["evidence"]:
            print(f"  {evidence['text']}")
        for changes in finding["cures"]:
            print(f"  try: {describe(changes)}")
