"""The form for data of one's own: pictures, sounds, a text, a table of points, or a drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from gan_core.config.names import FitName, TextUnit
from pages.ui.train import draw, own_data

if TYPE_CHECKING:
    from gan_core.data.own_data import OwnData, OwnImages

_SIZES: Final = (8, 16, 28, 32, 64)
_PICTURES: Final = ("png", "jpg", "jpeg", "jfif", "jpe", "webp", "bmp", "gif", "tif", "tiff", "avif", "jp2", "ppm")
_ARRAYS: Final = ("zip", "npy", "npz")
_FITS: Final[Mapping[FitName, str]] = {"crop": "cut the middle", "pad": "white around", "stretch": "stretch"}
_RATES: Final[Mapping[int, str]] = {0: "chosen", 2048: "2,048", 4096: "4,096", 8192: "8,192"}
_UNITS: Final[Mapping[TextUnit, str]] = {"auto": "chosen", "words": "words", "lines": "lines"}
_PREVIEW: Final = 24
_HEARD: Final = 12
_READ: Final = 40
_UNEQUAL: Final = 1.5
"""Pictures of the largest class over those of the smallest, from where on sampling them evenly is offered."""


def form() -> None:
    """Choose, look, train."""
    with st.expander("Your own data", key="own"):
        kind = st.segmented_control(
            "Kind", list(_FORMS), default="Pictures", key="own:kind", label_visibility="collapsed"
        )
        if kind is not None:
            _FORMS[kind]()


def _pictures() -> None:
    given: Any = st.file_uploader(
        "Pictures, or one zip of them",
        type=[*_PICTURES, *_ARRAYS],
        accept_multiple_files=True,
        max_upload_size=_max_mb(),
        key="own:files",
        help="Any kind of picture, an array of them (NPY, NPZ), or one zip; a folder for each class gives labels. "
        "Nothing leaves this server.",
    )
    size = st.segmented_control("Size, px", _SIZES, default=28, key="own:size") or 28
    fit = st.segmented_control(
        "If not square", list(_FITS), default="crop", format_func=_FITS.__getitem__, key="own:fit"
    )
    frames = st.toggle("first frame of animations", key="own:frames")
    if not given:
        return
    from gan_core.data.own_data import OwnImages
    from gan_core.data.picture import Choices
    from gan_core.data.reading import ReadOptions

    data = own_data.own_data(given, ReadOptions(Choices(fit or "crop", frames)))
    if data is None:
        return
    _say(data)
    if isinstance(data, OwnImages):
        has_colour = data.pixels.shape[3] == 3
        colour = st.toggle("in colour", value=has_colour, key=f"own:colour:{data.hash[:8]}", disabled=not has_colour)
        flip = st.toggle("mirror half of them at random", key="own:flip")
        pictures = data.at(size, colour, first=_PREVIEW)
        st.image(list(pictures), width=34, output_format="PNG", alt=[f"image {i + 1}" for i in range(len(pictures))])
        changes = {"data.size": size, "data.colour": colour, "data.flip": flip} | _classes(data)
        st.button("Train on these", type="primary", on_click=own_data.train_on, args=(data, changes), key="own:go")


def _max_mb() -> int:
    from gan_core.data.limits import MAX_UPLOAD_BYTES

    return MAX_UPLOAD_BYTES // 1_000_000


def _classes(data: OwnImages) -> dict[str, Any]:
    """Ask whether the players are told the classes; class names are strangers' words, so plain text."""
    if data.labels is None:
        return {}
    counts = data.counts
    even = max(counts) >= _UNEQUAL * min(counts) and st.toggle(
        "draw all classes equally often",
        key="own:balanced",
        help="Otherwise a class comes as often as it has pictures, and a rare one may never be made.",
    )
    told = st.toggle(
        "tell both players the class",
        value=True,
        key="own:conditional",
        help="A conditional GAN: the generator makes the class that it is asked for, and the grid goes class by class.",
    )
    return {"data.classes": len(data.classes), "conditional": told, "data.balanced": even}


def _table() -> None:
    given: Any = st.file_uploader(
        "CSV or NPY with two columns of numbers",
        type=["csv", "tsv", "txt", "dat", "npy"],
        max_upload_size=_max_mb(),
        key="own:table",
        help="One point a row: x and y. Names, a running number and labels are recognised and left out.",
    )
    columns = st.text_input("Columns", key="own:columns", placeholder="two names or places, such as: x, y")
    scale = st.toggle("scale each column", key="own:scale", help="Divide each column by its standard deviation.")
    if given is None:
        return
    from gan_core.data.reading import ReadOptions

    chosen = tuple(part.strip() for part in columns.split(",")) if columns.strip() else ()
    data = own_data.own_data([given], ReadOptions(columns=chosen, scale=scale))
    if data is not None:
        _say(data)
        st.button("Train on these", type="primary", on_click=own_data.train_on, args=(data, {}), key="own:go")


def _sounds() -> None:
    given: Any = st.file_uploader(
        "WAV files, or one zip of them",
        type=["wav", "wave", "zip"],
        accept_multiple_files=True,
        max_upload_size=_max_mb(),
        key="own:sounds",
        help="Of any rate, 8 to 32 bits, one or more channels. Long ones are cut into pieces, each from where "
        "something begins. Nothing leaves this server.",
    )
    rate = st.segmented_control(
        "Samples a second",
        list(_RATES),
        default=0,
        format_func=_RATES.__getitem__,
        key="own:rate",
        help="A piece has 512 samples: a lower rate gives longer ones, and only low tones.",
    )
    if not given:
        return
    from gan_core.data.own_data import OwnSounds
    from gan_core.data.preview import some_sounds
    from gan_core.data.reading import ReadOptions

    data = own_data.own_data(given, ReadOptions(rate=rate or 0, wanted="sound"))
    if isinstance(data, OwnSounds):
        _say(data)
        shown = some_sounds(data, _HEARD)
        st.image(list(shown.spectrograms), width=34, output_format="PNG", alt=shown.alts)
        st.audio(shown.wav, format="audio/wav")
        st.button("Train on these", type="primary", on_click=own_data.train_on, args=(data, {}), key="own:go")


def _text() -> None:
    given: Any = st.file_uploader(
        "Text files, or one zip of them",
        type=["txt", "md", "text", "csv", "tsv", "zip"],
        accept_multiple_files=True,
        max_upload_size=_max_mb(),
        key="own:text",
        help="G learns words, letter by letter: those of a story, or lines such as names. UTF-8 is best. "
        "Nothing leaves this server.",
    )
    unit = st.segmented_control("Take", list(_UNITS), default="auto", format_func=_UNITS.__getitem__, key="own:unit")
    if not given:
        return
    from gan_core.data.own_data import OwnWords
    from gan_core.data.preview import some_words
    from gan_core.data.reading import ReadOptions

    data = own_data.own_data(given, ReadOptions(unit=unit or "auto", wanted="text"))
    if isinstance(data, OwnWords):
        _say(data)
        st.text("For instance: " + ", ".join(some_words(data, _READ)))
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
    """Say how many there are, how they were read and what is wrong: plain text, as it may hold strangers' words."""
    from gan_core.data.checks import check
    from gan_core.data.own_data import said_of_split

    st.text(f"{len(data.rows):,} {data.noun}")
    for said in data.decisions:
        st.text(f"{said[:1].upper()}{said[1:]}.")
    for reason, count in data.skipped:
        st.text(f"{count:,} left out: {reason}.")
    if data.splits:
        said = said_of_split(data, data.settings["data.held_out"])
        st.text(f"{said[:1].upper()}{said[1:]}.")
    for fault in check(data):
        with st.container(border=True):
            st.text(f"{fault.headline} {fault.evidence[:1].upper()}{fault.evidence[1:]}.")
            st.text(fault.remedy)


_FORMS: Final[Mapping[str, Callable[[], None]]] = {
    "Pictures": _pictures,
    "Sounds": _sounds,
    "Text": _text,
    "Table": _table,
    "Drawing": _drawing,
}
