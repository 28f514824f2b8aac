"""What a visit's run can be taken home as: what each thing is called, and what it is good for.

Knows nothing of Streamlit: a download is made on a thread of its own, where there is no session.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gan_core.errors import ConfigError, DataError
from gan_core.export.common import Cancelled, Progress
from gan_core.export.film import FilmFormat, has_mp4
from gan_core.export.onnx import generator_onnx, has_onnx
from gan_core.export.pictures import samples_zip
from gan_core.export.script import write_script
from gan_core.export.script_files import own_file, own_file_name
from gan_core.export.tensorboard import event_file
from gan_core.export.weights import generator_safetensors
from pages.ui.presence import Visit
from pages.ui.runs import making
from pages.ui.runs.making import FilmWish

N_SAMPLES: Final = 1_000


@dataclass(frozen=True)
class Parcel:
    """One thing to take home.

    Attributes:
        name: Short and unique.
        label: On its button.
        ending: Of its file's name.
        mime: Its media type.
        help: What it is good for.
        make: Makes it; told whom to tell how far it is, and whom to ask whether to stop.
    """

    name: str
    label: str
    ending: str
    mime: str
    help: str
    make: Callable[[Progress | None, Cancelled | None], bytes]


def film_formats() -> tuple[FilmFormat, ...]:
    """Formats of films that can be made here."""
    return ("gif", "webp", "mp4") if has_mp4() else ("gif", "webp")


def long_parcels(here: Visit, wish: FilmWish) -> list[Parcel]:
    """What takes a while to make, so that its progress is worth showing."""
    return [
        Parcel(
            "film",
            "Film",
            f".{wish.kind}",
            {"gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}[wish.kind],
            "Training from fixed noise.",
            lambda progress, cancelled: making.film_of_past(here, wish, progress, cancelled),
        ),
        Parcel(
            "page",
            "Page (HTML)",
            ".html",
            "text/html",
            "One file to scrub through samples, losses and verdicts in any browser, without network.",
            lambda progress, cancelled: making.page(here, progress, cancelled),
        ),
        Parcel(
            "samples",
            f"{N_SAMPLES:,} samples",
            "-samples.zip",
            "application/zip",
            "Fresh samples: a PNG each, or points as one NPY file.",
            lambda progress, cancelled: samples_zip(
                making.kept_generator(here), N_SAMPLES, progress=progress, cancelled=cancelled
            ),
        ),
    ]


def parcels(here: Visit) -> list[Parcel]:
    """What this run can be taken home as at once."""
    out = [
        Parcel(
            "run",
            "Whole run",
            ".safetensors",
            "application/octet-stream",
            "All of it in one file, from which training goes on bit for bit; plain PyTorch reads its weights.",
            lambda *_: making.whole_run(here),
        ),
        Parcel(
            "picture",
            "Picture",
            ".png",
            "image/png",
            "The samples as they are shown now.",
            lambda *_: making.picture(here),
        ),
        Parcel(
            "csv",
            "Numbers (CSV)",
            ".csv",
            "text/csv",
            "Losses, logits, gradients of every step.",
            lambda *_: making.numbers_csv(here),
        ),
        Parcel(
            "json",
            "Numbers (JSON)",
            ".json",
            "application/json",
            "The same with the config.",
            lambda *_: making.numbers_json(here),
        ),
        Parcel(
            "tensorboard",
            "TensorBoard",
            ".tfevents",
            "application/octet-stream",
            "The numbers for TensorBoard: put the file into its log folder.",
            lambda *_: event_file(making.kept_trainer(here).history),
        ),
        Parcel(
            "generator",
            "Generator",
            "-generator.safetensors",
            "application/octet-stream",
            "The shown generator's weights alone.",
            lambda *_: generator_safetensors(making.kept_generator(here)),
        ),
    ]
    if has_onnx():
        help_ = "The shown generator for other runtimes, checked against onnxruntime."
        make = lambda *_: generator_onnx(making.kept_generator(here))  # noqa: E731
        out.append(Parcel("onnx", "Generator (ONNX)", ".onnx", "application/octet-stream", help_, make))
    runner = here.runner
    with contextlib.suppress(ConfigError, DataError):  # a setting that no script knows; data that are gone
        text = write_script(runner.initial_config, runner.interventions, title=runner.preset or "a run")
        help_ = "One plain PyTorch file that makes the same calls and prints the same losses, without this app."
        out.append(Parcel("script", "Script (Python)", ".py", "text/x-python", help_, lambda *_: text.encode()))
        own = runner.initial_config.data
        if own.hash:
            help_ = "The data that the script reads: keep the file beside it."
            ending = f"-{own_file_name(own)}"
            out.append(
                Parcel(
                    "data", "Data for the script", ending, "application/octet-stream", help_, lambda *_: own_file(own)
                )
            )
    return out
