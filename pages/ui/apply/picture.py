"""Pictures on the Apply page: which one is used, and rows of them with captions, to look at and to take home."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from gan_core import GanExplorerError
from gan_core.data.catalogue import DATASETS
from gan_core.latent.questions import Pixels
from pages.ui import live, session
from pages.ui.prose import number, plain

WIDTH: Final = 112
"""Of a picture on the page, in pixels, as nearly as whole multiples of its own come."""
HELD_OUT, OWN, DRAWN = "a picture that G never saw", "a picture of my own", "a drawing"
_TYPES: Final = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff")
_EXACT: Final = 60
"""Decibels beyond which two pictures in bytes are the same."""
_SIDE: Final = 64
"""Of a drawing as it is sent, in pixels."""
_SOURCE: Final = "apply:source"
_WHERE: Final = "apply.source"
_OWN: Final = "apply.own"
"""Name and hash of the picture that was uploaded last."""
_PAD: Final = "apply:pad"
_DRAWN: Final = "apply.drawn"

_component = st.components.v2.component("gan_sketch", js=live.LOADER, isolate_styles=False)


@dataclass(frozen=True)
class Chosen:
    """A picture to be used.

    Attributes:
        index: Which of the held-out ones.
        own: Hash of one's own, in place of those; or "".
    """

    index: int = 0
    own: str = ""


def source(label: str) -> str:
    """Ask where the picture comes from.

    Args:
        label: Of the choice: what is done with it.
    """

    def take() -> None:
        session.remember(_WHERE, session.value_of(_SOURCE) or HELD_OUT)

    where: str = session.recall(_WHERE, HELD_OUT)
    default = session.fed(_SOURCE, where)  # the choice is the same on all cards
    st.segmented_control(label, (HELD_OUT, OWN, DRAWN), default=default, key=_SOURCE, on_change=take)
    return where


def index(data: str) -> int:
    """Ask for the number of a held-out picture.

    Args:
        data: Name of the run's data set, which has an example to begin with.
    """
    return int(st.number_input("Which one", 0, 10_000, DATASETS[data].example, key=f"apply:index:{data}", width=140))


def decibels(near: float | None, label: str) -> str:
    """Write how near a picture is to the truth behind its label; where nobody knows, the label alone.

    Args:
        near: Peak signal-to-noise ratio, or None.
        label: What the picture is.
    """
    return label if near is None else f"{label}, {in_decibels(near)}"


def in_decibels(near: float) -> str:
    """Write a peak signal-to-noise ratio; beyond the rounding of pixels to bytes it tells nothing more."""
    return f"{number(near, '.1f')} dB" if near < _EXACT else f"over {_EXACT} dB"


def used_at(picture: Pixels) -> str:
    """Say what became of a picture of one's own, in a sentence: G takes those of the kind that it was trained on."""
    height, width, *channels = picture.shape
    return f"G works on your picture at {width} × {height} pixels{'' if channels == [3] else ', in grey'}."


def own(where: str, side: int) -> Chosen | None:
    """Ask for a picture of one's own; None while there is none.

    Args:
        where: `OWN` or `DRAWN`.
        side: Pixels along a side of the run's pictures: pens are as wide as its lines.
    """
    if where == DRAWN:
        found = _drawn(side)
        return None if found is None else Chosen(own=found)
    return _uploaded()


def _uploaded() -> Chosen | None:
    """Ask for a file; the last one is used until another comes or it is taken away, on all cards."""
    from gan_core.data.own import known

    given: Any = st.file_uploader(
        "A picture",
        type=_TYPES,
        key="apply:file",
        help="Nothing leaves this server.",
        on_change=session.remember,
        args=(_OWN, ("", "")),
    )
    if given is not None:
        session.remember(_OWN, (given.name, _registered(given.name, given.getvalue()) or ""))
    name, found = session.recall(_OWN, ("", ""))
    if found and known(found):
        if given is None:
            st.caption(f"Your picture {plain(name)} is used; another takes its place.")
        return Chosen(own=found)
    if given is None:
        st.caption("Any picture will do: its middle is cut to a square, and brought to the size that G takes.")
    return None


def row(*rows: Sequence[tuple[str, Pixels]], key: str) -> None:
    """Show pictures side by side, each with its caption; of several rows those of one place stay under each other.

    Args:
        rows: Captions and pictures, equally many in each.
        key: Of the row.
    """
    with st.container(horizontal=True, key=key):
        for below in zip(*rows, strict=True):
            shown = [(caption, large(pixels)) for caption, pixels in below]
            width = max(pixels.shape[1] for _, pixels in shown)
            with st.container(width=width, gap="small"):
                for caption, pixels in shown:
                    st.image(pixels, caption=caption, width=pixels.shape[1], output_format="PNG", alt=caption)


def take_home(pictures: Sequence[tuple[str, Pixels]], name: str) -> None:
    """Offer these pictures as files.

    Args:
        pictures: Captions and pictures.
        name: Of the file.
    """
    from gan_core.export.named import pictures_zip

    st.download_button(
        "Download the pictures (ZIP)",
        lambda: pictures_zip(pictures),
        file_name=f"{name}.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        key=f"apply:zip:{name}",
    )


def parse_drawing(raw: Any) -> str | None:
    """Read what a browser sent as a drawing, which may be anything: "" for an empty one, None if it is none."""
    text = raw.get("pixels") if isinstance(raw, dict) else None
    if not isinstance(text, str) or len(text) > 2 * _SIDE * _SIDE:
        return None
    try:
        pixels = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return text if len(pixels) in (0, _SIDE * _SIDE) else None


def _drawn(side: int) -> str | None:
    """Show the pad; hash of what was drawn on it, None while it is empty."""

    def take() -> None:
        text = parse_drawing(session.value_of(_PAD).get("drawn"))
        if text is not None:
            session.remember(_DRAWN, text)

    text: str = session.recall(_DRAWN, "")
    files = {"script": live.url("apply/sketch.js"), "styles": [live.url("apply/sketch.css")]}
    _component(key=_PAD, data={**files, "side": side, "drawn": text}, on_drawn_change=take)
    if not text:
        return None
    import io

    import numpy as np

    content = io.BytesIO()
    np.save(content, np.frombuffer(base64.b64decode(text), np.uint8).reshape(1, _SIDE, _SIDE))
    return _registered("drawing.npy", content.getvalue())


def _registered(name: str, content: bytes) -> str | None:
    """Register a picture; None if it cannot be used, which is then said."""
    from gan_core.data.own import register
    from gan_core.data.picture import Choices
    from gan_core.data.reading import ReadOptions, read_files

    try:
        return register(read_files([(name, content)], ReadOptions(pictures=Choices(first_frame=True))))
    except GanExplorerError as error:
        st.text(str(error))
        return None


def large(picture: Pixels) -> Pixels:
    """Enlarge a small picture by whole pixels to about `WIDTH`; browsers would blur any other enlargement."""
    factor = max(1, round(WIDTH / picture.shape[1]))
    enlarged: Pixels = picture.repeat(factor, 0).repeat(factor, 1)
    return enlarged[..., 0] if enlarged.ndim == 3 and enlarged.shape[2] == 1 else enlarged
