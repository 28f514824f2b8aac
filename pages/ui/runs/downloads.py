"""Downloads of a visit's run: what each file is called, what it is good for, and how it is made.

Knows nothing of Streamlit: a file is made on a thread of its own, where there is no session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan_core.export import questions as ask
from gan_core.export.progress import Cancelled, Progress
from pages.ui.presence import Visit

if TYPE_CHECKING:
    from gan_core.export.film import FilmFormat

N_SAMPLES: Final = ask.N_SAMPLES
_BYTES: Final = "application/octet-stream"


@dataclass(frozen=True)
class FilmWish:
    """Format, length and speed of a film.

    Attributes:
        kind: Its format.
        seconds: Its length.
        side: Its width, pixels.
        loop: True to begin again at the end.
    """

    kind: FilmFormat = "gif"
    seconds: float = 6.0
    side: int = 384
    loop: bool = True


@dataclass(frozen=True)
class Download:
    """One file to take home.

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


def file_name(here: Visit) -> str:
    """Make the beginning of a file's name for this run."""
    now = here.run.status()
    return f"{now.preset or now.config.data.name}-seed{now.config.seed}"


def film_formats() -> tuple[FilmFormat, ...]:
    """List the formats of films that can be made here."""
    from gan_core.export.film import has_mp4

    return ("gif", "webp", "mp4") if has_mp4() else ("gif", "webp")


def slow_downloads(here: Visit, wish: FilmWish) -> list[Download]:
    """List the downloads that take a while, so that their progress is worth showing."""
    run = here.run
    return [
        Download(
            "film",
            "Film",
            f".{wish.kind}",
            {"gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}[wish.kind],
            "Training from fixed noise.",
            lambda progress, cancelled: run.ask(
                ask.Film(wish.kind, wish.seconds, wish.side, wish.loop, progress, cancelled)
            ),
        ),
        Download(
            "page",
            "Page (HTML)",
            ".html",
            "text/html",
            "One file to scrub through samples, losses and verdicts in any browser, without network.",
            lambda progress, cancelled: run.ask(ask.HtmlPage(file_name(here), progress, cancelled)),
        ),
        Download(
            "samples",
            f"{N_SAMPLES:,} samples",
            "-samples.zip",
            "application/zip",
            "Fresh samples: a PNG each, or points as one NPY file.",
            lambda progress, cancelled: run.ask(ask.Samples(N_SAMPLES, progress, cancelled)),
        ),
    ]


def downloads(here: Visit) -> list[Download]:
    """List the downloads of this run that are there at once."""
    run = here.run
    out = [
        Download(
            "run",
            "Whole run",
            ".safetensors",
            _BYTES,
            "All of it in one file, from which training goes on bit for bit; plain PyTorch reads its weights.",
            lambda *_: run.ask(ask.WholeRun()),
        ),
        Download(
            "picture",
            "Picture",
            ".png",
            "image/png",
            "The samples as they are shown now.",
            lambda *_: run.ask(ask.Picture()),
        ),
        Download(
            "csv",
            "Numbers (CSV)",
            ".csv",
            "text/csv",
            "Losses, logits, gradients of every step.",
            lambda *_: run.ask(ask.Numbers("csv")),
        ),
        Download(
            "json",
            "Numbers (JSON)",
            ".json",
            "application/json",
            "The same with the config.",
            lambda *_: run.ask(ask.Numbers("json")),
        ),
        Download(
            "tensorboard",
            "TensorBoard",
            ".tfevents",
            _BYTES,
            "The numbers for TensorBoard: put the file into its log folder.",
            lambda *_: run.ask(ask.Numbers("tensorboard")),
        ),
        Download(
            "generator",
            "Generator",
            "-generator.safetensors",
            _BYTES,
            "The shown generator's weights alone.",
            lambda *_: run.ask(ask.Generator("safetensors")),
        ),
    ]
    if ask.has_onnx():
        help_ = "The shown generator for other runtimes, checked against onnxruntime."
        out.append(
            Download("onnx", "Generator (ONNX)", ".onnx", _BYTES, help_, lambda *_: run.ask(ask.Generator("onnx")))
        )
    return out + _script(here)


def _script(here: Visit) -> list[Download]:
    """Offer a script that repeats the run, and its data; nothing where there is no such script."""
    text, data = here.run.ask(ask.Script())
    out = []
    if text:
        help_ = "One plain PyTorch file that makes the same calls and prints the same losses, without this app."
        out.append(Download("script", "Script (Python)", ".py", "text/x-python", help_, lambda *_: text.encode()))
    if data:
        help_ = "The data that the script reads: keep the file beside it."
        out.append(
            Download("data", "Data for the script", data, _BYTES, help_, lambda *_: here.run.ask(ask.ScriptData()))
        )
    return out
