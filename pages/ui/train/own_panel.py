"""The form for data of one's own: pictures, a table of points, or a drawing."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from gan_core.data.limits import MAX_UPLOAD_BYTES
from gan_core.data.own_data import OwnData, OwnImages
from pages.ui.train import draw, own_data

_SIZES: Final = (8, 16, 28, 32, 64)
_PICTURES: Final = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "zip"]
_PREVIEW: Final = 24
_MAX_MB: Final = MAX_UPLOAD_BYTES // 1_000_000


def form() -> None:
    """Choose, look, train."""
    with st.expander("Your own data", key="own"):
        kind = st.segmented_control(
            "Kind", ("Pictures", "Table", "Drawing"), default="Pictures", key="own:kind", label_visibility="collapsed"
        )
        if kind == "Pictures":
            _pictures()
        elif kind == "Table":
            _table()
        elif kind == "Drawing":
            _drawing()


def _pictures() -> None:
    given: Any = st.file_uploader(
        "Pictures, or one zip of them",
        type=_PICTURES,
        accept_multiple_files=True,
        max_upload_size=_MAX_MB,
        key="own:files",
        help="They are cut to the middle square. In a zip with a folder for each class, the folders are the labels. "
        "Nothing leaves this server.",
    )
    size = st.segmented_control("Size, px", _SIZES, default=28, key="own:size") or 28
    colour = st.toggle("in colour", key="own:colour")
    flip = st.toggle("mirror half of them at random", key="own:flip")
    data = own_data.own_data(given)
    if data is None:
        return
    _say(data)
    if isinstance(data, OwnImages):
        pictures = data.at(size, colour, first=_PREVIEW)
        st.image(list(pictures), width=34, output_format="PNG", alt=[f"image {i + 1}" for i in range(len(pictures))])
        changes = {"data.size": size, "data.colour": colour, "data.flip": flip} | _classes(data)
        st.button("Train on these", type="primary", on_click=own_data.train_on, args=(data, changes), key="own:go")


def _classes(data: OwnImages) -> dict[str, Any]:
    """What the players are told of classes, if there are any; their names are strangers' words, so plain text."""
    if data.labels is None:
        return {}
    st.text(f"{len(data.classes)} classes: {', '.join(data.classes)}")
    told = st.toggle(
        "tell both players the class",
        value=True,
        key="own:conditional",
        help="A conditional GAN: the generator makes the class that it is asked for, and the grid goes class by class.",
    )
    return {"data.classes": len(data.classes), "conditional": told}


def _table() -> None:
    given: Any = st.file_uploader(
        "CSV or NPY with two columns",
        type=["csv", "npy"],
        max_upload_size=_MAX_MB,
        key="own:table",
        help="One point a row: x and y. A first row of names is left out.",
    )
    data = own_data.own_data([given] if given is not None else [])
    if data is not None:
        _say(data)
        st.button("Train on these", type="primary", on_click=own_data.train_on, args=(data, {}), key="own:go")


def _drawing() -> None:
    st.caption("Draw with the mouse or a finger: each stroke sprays points.")
    draw.mount(key="own-drawing", points=own_data.drawing(), on_points=own_data.keep_drawing)
    n = len(own_data.drawing())
    st.button(
        f"Train on these {n} points" if n else "Train on it",
        type="primary",
        on_click=own_data.train_on_drawing,
        disabled=n < draw.MIN_POINTS,
        key="own:go",
    )


def _say(data: OwnData) -> None:
    """How many there are, what was left out and why: plain text, as it may name what strangers wrote."""
    n = len(data.pixels) if isinstance(data, OwnImages) else len(data.values)
    st.text(f"{n:,} {'pictures' if isinstance(data, OwnImages) else 'points'}")
    for reason, count in getattr(data, "skipped", ()):
        st.text(f"{count:,} left out: {reason}")
    if data.warning:
        st.warning(data.warning)
