"""Restoration of a picture on the Apply page: the input, filters, the answers of several z, and the truth."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from gan_core import GanExplorerError
from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Pixels, Restored, RestoreQuestion
from pages.ui.apply import training
from pages.ui.prose import number

_WIDTH: Final = 112
"""Of a picture on the page, in pixels."""
_EVERY: Final = 2.0
"""Seconds between two looks at a run that trains."""
_HELD_OUT, _OWN = "a picture that G never saw", "a picture of my own"
_TYPES: Final = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff")


def panel(application: Application) -> None:
    """Offer training, and use what there is."""
    from pages.ui.apply import panels

    kinds = {find(name).config.data.condition for name in application.presets}
    now = training.offer(application, lambda now: now.config.data.condition in kinds, panels.compare)
    question = None if now is None else _question()
    if now is not None and question is not None:
        training.answer(question, _show, now, _EVERY)


def _question() -> RestoreQuestion | None:
    """Ask which picture; None while there is none."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-picture"):
        source = st.segmented_control("Restore", (_HELD_OUT, _OWN), default=_HELD_OUT, key="apply:source")
        index = 0
        if source != _OWN:
            index = int(st.number_input("Which one", 0, 10_000, 0, key="apply:index", width=140))
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:seed", width=140))
    if source != _OWN:
        return RestoreQuestion(index=index, seed=seed)
    given: Any = st.file_uploader("A picture", type=_TYPES, key="apply:file", help="Nothing leaves this server.")
    degraded = st.toggle(
        "it is degraded already",
        key="apply:degraded",
        help="Small or noisy as it is: nothing more is done to it, and nobody has the truth to compare with.",
    )
    own = _registered(given)
    return None if own is None else RestoreQuestion(own=own, degraded=degraded, seed=seed)


def _registered(given: Any) -> str | None:
    """Register an uploaded picture; None if there is none, or it cannot be used, which is then said."""
    if given is None:
        st.caption("Any picture will do; its middle is cut to a square of at most 64 pixels.")
        return None
    from gan_core.data.own import register
    from gan_core.data.reading import read_files

    try:
        return register(read_files([(given.name, given.getvalue())], None))
    except GanExplorerError as error:
        st.text(str(error))
        return None


def _show(found: Restored) -> None:
    """Show a restoration: what went in, what filters and G make of it, and the truth."""
    best = max((near for _, _, near in found.filters if near is not None), default=None)
    pictures: list[tuple[str, Pixels]] = [(f"given: {found.degraded}", found.condition)]
    pictures += [(_named(label, near), picture) for label, picture, near in found.filters]
    pictures += [(_named(f"GAN, z {i + 1}", near), picture) for i, (picture, near) in enumerate(found.answers)]
    pictures.append((_named("mean of 16 z", found.mean[1]), found.mean[0]))
    pictures.append((f"spread over z, white ±{number(found.widest / 2, '.0%')}", found.spread))
    if found.truth is not None:
        pictures.append(("the truth", found.truth))
    with st.container(horizontal=True, key="apply-pictures"):
        for caption, picture in pictures:
            st.image(_large(picture), caption=caption, width=_WIDTH, output_format="PNG", alt=caption)
    nearest = max((near for _, near in found.answers if near is not None), default=None)
    if best is not None and nearest is not None:
        st.caption(
            f"At step {found.step:,}: the best filter reaches {number(best, '.1f')} dB here, the nearest of the "
            f"answers {number(nearest, '.1f')} dB. Where the spread is white, G makes it up: another z, another detail."
        )
    else:
        st.caption(f"At step {found.step:,}. Nobody has the truth here: all that differs between z is made up.")


def _named(label: str, near: float | None) -> str:
    return label if near is None else f"{label}, {number(near, '.1f')} dB"


def _large(picture: Pixels) -> Pixels:
    """Enlarge small pictures by whole pixels, so that browsers do not blur them."""
    factor = max(1, _WIDTH // picture.shape[0])
    large: Pixels = picture.repeat(factor, 0).repeat(factor, 1)
    return large[..., 0] if large.ndim == 3 and large.shape[2] == 1 else large
