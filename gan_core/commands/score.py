"""``score``: how near samples are to real ones, whatever both are, or how good a saved run's generator is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gan_core.commands import own, prepare
from gan_core.commands.printing import as_dicts, print_json, print_metrics
from gan_core.config import DATA_SHAPES
from gan_core.config.names import DATA_RULES
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.data.own_data import OwnData, OwnImages

HELP = (
    "Score samples against real ones: REAL is a data set's name, or a folder, a zip, an array or a table of real "
    "samples, and FAKE one of generated samples; or REAL is a saved run, whose generator is scored."
)
RUN: Final = ".safetensors"
_READ_AS: Final = "pixels are read as"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare both sets of samples, how they are read, and the page."""
    parser.add_argument(
        "real",
        metavar="REAL",
        help=f"{', '.join(DATA_SHAPES)}; or a path: pictures, an array of them, or points; or a run that --save wrote",
    )
    parser.add_argument(
        "fake",
        metavar="FAKE.npy",
        nargs="?",
        type=Path,
        help="generated samples: of a data set, points [n, 2] in data units, or images [n, c, h, w], [n, h, w] or "
        "[n, pixels] in [-1, 1]; or a path as for REAL",
    )
    parser.add_argument("--html", metavar="PAGE", type=Path, help="also write the report as one page, with pictures")
    own.add_arguments(parser, "real samples of your own, for a run or a data set that needs them")


def run(args: argparse.Namespace) -> None:
    """Print the scores."""
    page = None if args.html is None else prepare.writable(args.html)
    if args.fake is None and args.real.endswith(RUN):
        record = _of_run(Path(args.real), args)
    elif args.fake is None:
        raise ConfigError(f"score {args.real} what? Name the samples too, such as FAKE.npy or a folder of pictures")
    elif args.real in DATA_SHAPES and not DATA_RULES[args.real].own:
        record = _of_data_set(args)
    else:
        record = _of_sets(args)
    pictures = record.pop("pictures")
    if page is not None:
        from gan_core.export.score_page import score_page
        from gan_core.storage.summary import write

        write(score_page(record, pictures), page)
    if args.json:
        print_json(record)
    else:
        _print(record)


def _record(data: str, file: str, metrics: Any, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"warnings": [], "decisions": [], "classes": {}, "per_class": [], "pictures": ()}
    return {"data": data, "file": file, "metrics": as_dicts(metrics)} | empty | more


def _of_run(path: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Score the generator of a saved run as ``train`` does at its end."""
    own.read(args, own.data_of(path))
    trainer, _ = prepare.saved_trainer(path, {}, "cpu", args.data)
    import torch

    from gan_core.data import Images, Points
    from gan_core.metrics.scoring import NOISE_SEED, evaluate, generate

    data, rng = trainer.data, torch.Generator().manual_seed(NOISE_SEED)
    fake = generate(trainer.shown().eval(), 400, trainer.config, rng)
    real = data.sample(400, rng)
    shown = (data.to_uint8(real), data.to_uint8(fake)) if isinstance(data, Images) else ()
    points = (data.to_data(real).numpy(), data.to_data(fake).numpy()) if isinstance(data, Points) else ()
    return _record(trainer.config.data.name, str(path), evaluate(trainer), pictures=shown or points)


def _of_data_set(args: argparse.Namespace) -> dict[str, Any]:
    """Score a file, or pictures, against a data set by its name."""
    from gan_core.data import Images, load
    from gan_core.metrics import sample_classes, score_samples
    from gan_core.metrics.samples import load_samples, range_of_samples

    decisions: tuple[str, ...] = ()
    data = load(args.real)
    if args.fake.suffix == ".npy" or not isinstance(data, Images) or not args.fake.exists():
        samples: Any = load_samples(args.fake)
    else:
        import torch

        from gan_core.data.images import network_units

        images = own.read_from(args.fake, args)
        pixels = _pictures(images, args.fake).at(data.shape[-1], colour=data.shape[0] == 3)
        samples = network_units(torch.from_numpy(pixels).permute(0, 3, 1, 2)).numpy()
        decisions = images.decisions
    scores = score_samples(args.real, samples)
    shares = sample_classes(args.real, samples)
    warning, shown = range_of_samples(args.real, samples)
    return _record(
        args.real,
        str(args.fake),
        scores,
        warnings=[warning] if warning else [],
        classes=shares,
        decisions=list(decisions),
        pictures=shown,
    )


def _pictures(data: OwnData, path: Path) -> OwnImages:
    from gan_core.data.own_data import OwnImages

    if not isinstance(data, OwnImages):
        raise ConfigError(f"{path} holds {data.noun}, and the data set has images")
    return data


def _of_sets(args: argparse.Namespace) -> dict[str, Any]:
    """Score one path against another."""
    real_path = args.data if args.real in DATA_SHAPES else Path(args.real)
    if real_path is None:
        raise ConfigError(f"{args.real} are data of your own: name them with --data PATH")
    for path in (real_path, args.fake):
        if not path.expanduser().exists():
            names = ", ".join(f"'{name}'" for name in DATA_SHAPES)
            raise ConfigError(f"{str(path)!r} is no file, no folder and no data set; data sets are {names}")
    from gan_core.metrics.sets import score_sets

    real, fake = own.read_from(real_path, args, scale=False), own.read_from(args.fake, args, scale=False)
    decisions = [f"{name}: {said}" for name, data in (("real", real), ("generated", fake)) for said in _said(data)]
    if args.scale_columns:
        real, fake = _in_widths(real, fake)
        decisions.append("each column is divided by the real data's spread")
    found = score_sets(real, fake)
    warnings = list(found.warnings)
    read = [next((d for d in data.decisions if d.startswith(_READ_AS)), "") for data in (real, fake)]
    if all(read) and read[0] != read[1]:
        mine, theirs = (text.removeprefix(_READ_AS).strip() for text in read)
        warnings.append(f"the real pixels are read as {mine}, the generated ones as {theirs}: see that both are right")
    per_class = [
        {"name": c.name, "n_real": c.n_real, "n_fake": c.n_fake, "metrics": as_dicts(c.scores)} for c in found.classes
    ]
    return _record(
        str(real_path),
        str(args.fake),
        found.scores,
        warnings=warnings,
        decisions=[*decisions, *found.decisions],
        per_class=per_class,
        pictures=_shown(real, fake),
        n={"real": found.n_real, "generated": found.n_fake},
    )


def _in_widths(real: OwnData, fake: OwnData) -> tuple[OwnData, OwnData]:
    """Centre and divide the columns of both by the mean and the spread of the real ones."""
    from gan_core.data.own_data import OwnPoints

    if not (isinstance(real, OwnPoints) and isinstance(fake, OwnPoints)):
        raise ConfigError("--scale-columns is for tables of points")
    centre, width = real.values.mean(0), real.values.std(0)
    if not (width > 0).all():
        raise ConfigError("--scale-columns is not possible: a column of the real data has one value in all rows")
    return OwnPoints((real.values - centre) / width), OwnPoints((fake.values - centre) / width)


def _said(data: OwnData) -> list[str]:
    return [*data.decisions, *(f"{count:,} left out: {reason}" for reason, count in data.skipped)]


def _shown(real: OwnData, fake: OwnData) -> tuple[Any, Any]:
    """Take some of both for a page, at even distances."""
    return tuple(  # type: ignore[return-value]
        data.rows[:: max(1, len(data.rows) // 400)] for data in (real, fake)
    )


def _print(record: dict[str, Any]) -> None:
    from gan_core.metrics import METRICS

    print(f"{record['file']} against {record['data']}")
    for warning in record["warnings"]:
        print(f"WARNING: {warning}.")
    for said in record["decisions"]:
        print(said)
    print_metrics(record["metrics"])
    if record["classes"]:
        print("taken for " + ", ".join(f"{name}: {share:.1%}" for name, share in record["classes"].items()))
    for one in record["per_class"]:
        cells = [
            f"{METRICS[name].label} {score['value']:.3g} (real data {score['floor']:.3g})"
            for name, score in one["metrics"].items()
            if score["floor"] is not None
        ]
        none = "too few to be scored alone" if one["n_fake"] else "none of the generated samples is in this class"
        words = ", ".join(cells) or none
        print(f"class {one['name']}: {one['n_real']:,} real, {one['n_fake']:,} generated: {words}")
    for name in record["metrics"]:
        if name in METRICS:
            print(f"{name}: {METRICS[name].definition}")
