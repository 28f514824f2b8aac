"""Restoration of a picture on the Apply page: the input, filters, the answers of several z, and the truth."""

from __future__ import annotations

from typing import Final

import streamlit as st

from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Pixels, Restored, RestoreQuestion
from pages.ui.apply import picture, training
from pages.ui.prose import number

_EVERY: Final = 2.0
"""Seconds between two looks at a run that trains."""


def panel(application: Application) -> None:
    """Offer training, and use what there is."""
    from pages.ui.apply import panels

    kinds = {find(name).config.data.condition for name in application.presets}
    now = training.offer(application, lambda now: now.config.data.condition in kinds, panels.compare)
    question = None if now is None else _question(now.config.data.shape[-1])
    if now is not None and question is not None:
        training.answer(question, _show, now, _EVERY)


def _question(side: int) -> RestoreQuestion | None:
    """Ask which picture; None while there is none."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-picture"):
        where = picture.source("Restore")
        index = picture.index() if where == picture.HELD_OUT else 0
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:seed", width=140))
    if where == picture.HELD_OUT:
        return RestoreQuestion(index=index, seed=seed)
    chosen = picture.own(where, side)
    degraded = where == picture.OWN and st.toggle(
        "it is degraded already",
        key="apply:degraded",
        help="Small or noisy as it is: nothing more is done to it, and nobody has the truth to compare with.",
    )
    return None if chosen is None else RestoreQuestion(own=chosen.own, degraded=degraded, seed=seed)


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
    picture.row(pictures, "apply-pictures")
    nearest = max((near for _, near in found.answers if near is not None), default=None)
    if best is not None and nearest is not None:
        st.caption(
            f"At step {found.step:,}: the best filter reaches {number(best, '.1f')} dB here, the nearest of the "
            f"answers {number(nearest, '.1f')} dB. Where the spread is white, G makes it up: another z, another detail."
        )
    else:
        st.caption(f"At step {found.step:,}. Nobody has the truth here: all that differs between z is made up.")
    picture.take_home(pictures, "restored")


def _named(label: str, near: float | None) -> str:
    return label if near is None else f"{label}, {number(near, '.1f')} dB"
