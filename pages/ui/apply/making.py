"""New pictures on the Apply page, each beside the training picture that is nearest to it."""

from __future__ import annotations

import math
from typing import Final

import streamlit as st

from gan_core.experiments.applications import Application
from gan_core.latent.edit_question import Made, MakeQuestion
from pages.ui import session
from pages.ui.apply import picture, training
from pages.ui.prose import number

_EVERY: Final = 2.0
"""Seconds between two looks at a run that trains."""
_CLASSES: Final = "apply.told"


def panel(application: Application) -> None:
    """Offer training, and make pictures with what there is."""
    now = training.offer(
        application, lambda now: now.config.data.kind == "images" and now.config.data.condition == "none"
    )
    if now is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-picture"):
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:seed", width=140))
        of_class = ""
        if now.config.conditional:
            classes = ("", *session.recall(_CLASSES, ()))
            of_class = st.selectbox(
                "Class", classes, format_func=lambda name: name or "all in turn", key="apply:told", width=150
            )
    training.answer(MakeQuestion(seed, of_class or ""), _show, now, _EVERY)
    st.caption("To train on pictures of your own, open *Your own data* on the Train page.")


def _show(found: Made) -> None:
    """Show the pictures, and under each the nearest real one."""
    if session.recall(_CLASSES, ()) != found.classes:
        session.remember(_CLASSES, found.classes)
        st.rerun()
    made = [(f"G, z {i}", pixels) for i, pixels in enumerate(found.pictures, 1)]
    near = [
        (f"nearest to z {i}, {number(away, '.2f')} away", pixels)
        for i, (pixels, away) in enumerate(zip(found.nearest, found.distances, strict=True), 1)
    ]
    picture.row(made, near, key="apply-pictures")
    usual = found.usual if found.usual is not None else math.nan
    beside = "" if math.isnan(usual) else f" Real pictures that G never saw are {number(usual, '.2f')} from theirs."
    st.caption(
        f"At step {found.step:,}. Under each is the training picture nearest to it; 0 would be a copy, the distance is "
        f"the root mean square over pixels from -1 to 1.{beside}"
    )
    picture.take_home([*made, *near], "made")
