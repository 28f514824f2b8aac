"""Restoration of a picture on the Apply page: the input, filters, the answers of several z, and the truth."""

from __future__ import annotations

import functools
from typing import Final

import streamlit as st

from gan_core.config import DataConfig
from gan_core.config.names import CONDITION_RULES
from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Pixels, Restored, RestoreQuestion
from pages.ui.apply import picture, training
from pages.ui.prose import number

_EVERY: Final = 2.0
"""Seconds between two looks at a run that trains."""
_ALIKE: Final = 0.02
"""Largest spread, of pixels that span 2, that nobody sees."""
_ONE_ANSWER: Final = "All z answer alike: where something is to be made up, G shows one guess as if it knew."


def panel(application: Application) -> None:
    """Offer training, and use what there is."""
    from pages.ui.apply import panels

    kinds = {find(name).config.data.condition for name in application.presets}
    now = training.offer(application, lambda now: now.config.data.condition in kinds, panels.compare)
    question = None if now is None else _question(now.config.data)
    if now is not None and question is not None:
        training.answer(question, functools.partial(_show, own=bool(question.own)), now, _EVERY)


def _question(data: DataConfig) -> RestoreQuestion | None:
    """Ask which picture; None while there is none."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-picture"):
        where = picture.source("Restore")
        index = picture.index(data.name) if where == picture.HELD_OUT else 0
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:seed", width=140))
    if where == picture.HELD_OUT:
        return RestoreQuestion(index=index, seed=seed)
    chosen = picture.own(where, data.shape[-1])
    masked = CONDITION_RULES[data.condition].masked  # nothing says where the hole of a picture of one's own is
    degraded = (where == picture.OWN and not masked) and st.toggle(
        "it is degraded already",
        key="apply:degraded",
        help="Small or noisy as it is: nothing more is done to it, and nobody has the truth to compare with.",
    )
    return None if chosen is None else RestoreQuestion(own=chosen.own, degraded=degraded, seed=seed)


def _show(found: Restored, *, own: bool) -> None:
    """Show a restoration: what went in, what filters and G make of it, and the truth."""
    named = picture.decibels
    pictures: list[tuple[str, Pixels]] = [(f"given: {found.degraded}", found.condition)]
    pictures += [(named(near, label), picture) for label, picture, near in found.filters]
    pictures += [(named(near, f"GAN, z {i + 1}"), picture) for i, (picture, near) in enumerate(found.answers)]
    pictures.append((named(found.mean[1], "mean of 16 z"), found.mean[0]))
    pictures.append((f"spread over z, white ±{number(found.widest / 2, '.1%')}", found.spread))
    if found.truth is not None:
        pictures.append(("the truth", found.truth))
    picture.row(pictures, key="apply-pictures")
    st.caption(" ".join((_result(found), *([picture.used_at(found.answers[0][0])] if own else []))))
    picture.take_home(pictures, "restored")


def _result(found: Restored) -> str:
    """Say how near the filters and G came to the truth, and what G made up."""
    best = max((near for _, _, near in found.filters if near is not None), default=None)
    nearest = max((near for near in (near for _, near in found.answers) if near is not None), default=None)
    alike = found.widest < _ALIKE
    if best is not None and nearest is not None:
        near, of_g = picture.in_decibels(best), picture.in_decibels(nearest)
        reached = f"At step {found.step:,}: the best filter reaches {near} here, the nearest of the answers {of_g}."
        told = "Where the spread is white, G makes it up: another z, another detail."
    else:
        reached = f"At step {found.step:,}. Nobody has the truth here{'.' if alike else ':'}"
        told = "all that differs between z is made up."
    return f"{reached} {_ONE_ANSWER if alike else told}"
