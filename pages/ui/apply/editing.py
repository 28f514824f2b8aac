"""Editing on the Apply page: a picture inverted, moved, given another class or a hole to fill; before and after."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import streamlit as st

from gan_core.experiments.applications import Application
from gan_core.latent.edit_question import ATTRIBUTE_WORDS, HOLES, MAX_SIGMAS, Edited, EditQuestion
from gan_core.latent.questions import Pixels
from pages.ui import session
from pages.ui.apply import picture, training
from pages.ui.commands import saved_directions
from pages.ui.prose import number

_EVERY: Final = 3.0
"""Seconds between two looks at a run that trains: each is a search."""
_EDIT: Final = "apply.edit"
_PAST: Final = "apply.edit_past"
_MOST: Final = 50
"""Edits that can be undone."""
_N_SAVED: Final = 4
"""Directions of one's own that have a slider here, the newest."""
_CLASSES: Final = "apply.classes"
_NOTHING: Final = EditQuestion()
_CLASS, _HOLE, _KEEP = "apply:class", "apply:hole", "apply:keep"


def panel(application: Application) -> None:
    """Offer training, and edit with what there is."""
    now = training.offer(
        application, lambda now: now.config.data.kind == "images" and now.config.data.condition == "none"
    )
    if now is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-picture"):
        where = picture.source("Edit")
        index = picture.index(now.config.data.name) if where == picture.HELD_OUT else 0
    chosen = picture.Chosen(index) if where == picture.HELD_OUT else picture.own(where, now.config.data.shape[-1])
    if chosen is None:
        return
    edit = replace(_controls(_saved()), index=chosen.index, own=chosen.own)
    training.answer(edit, functools.partial(_show, own=bool(edit.own)), now, _EVERY)


def _saved() -> dict[str, str]:
    """Return the visitor's own directions of this run, as text by name."""
    return {one["name"]: one["vector"] for one in saved_directions(session.visit())[-_N_SAVED:]}


def _controls(saved: Mapping[str, str]) -> EditQuestion:
    """Show the controls as the last edit left them; return that edit."""
    edit: EditQuestion = session.recall(_EDIT, EditQuestion())
    edit = replace(edit, saved=tuple(one for one in edit.saved if one[0] in saved.values()))
    moves, own = dict(edit.moves), dict(edit.saved)
    sliders = [(words, _move(name), moves.get(name, 0.0)) for name, words in ATTRIBUTE_WORDS.items()]
    sliders += [(name, _own(vector), own.get(vector, 0.0)) for name, vector in saved.items()]
    with st.container(border=True, key="apply-edit"):
        columns = st.columns(len(ATTRIBUTE_WORDS))
        for i, (words, key, sigmas) in enumerate(sliders):
            with columns[i % len(columns)]:
                at, most = session.fed(key, sigmas), MAX_SIGMAS
                st.slider(f"{words}, σ", -most, most, at, step=0.25, key=key, on_change=_changed, args=(saved,))
        with st.container(horizontal=True, vertical_alignment="bottom", key="apply-edit-row"):
            known: tuple[str, ...] = session.recall(_CLASSES, ())
            classes = ("", *known) if edit.to_class in ("", *known) else ("", edit.to_class, *known)
            for words, key, options, value, none in (
                ("Another class", _CLASS, classes, edit.to_class, "as it is"),
                ("A hole to fill", _HOLE, HOLES, edit.hole, "none"),
            ):
                st.selectbox(
                    words,
                    options,
                    options.index(session.fed(key, value)),
                    format_func=functools.partial(_named, none),
                    key=key,
                    on_change=_changed,
                    args=(saved,),
                    width=150,
                )
            st.toggle(
                "keep what G did not find",
                session.fed(_KEEP, edit.keep),
                key=_KEEP,
                on_change=_changed,
                args=(saved,),
                help="Adds to the edited picture what the nearest sample lacks of yours. Without it you see G alone.",
            )
            past = session.recall(_PAST, ())
            st.button("Undo", icon=":material/undo:", key="apply:undo", disabled=not past, on_click=_undo)
            st.button("Start over", key="apply:over", disabled=edit == EditQuestion(), on_click=_take, args=(_NOTHING,))
    return edit


def _changed(saved: Mapping[str, str]) -> None:
    """Take the edit that the controls show."""
    moves = ((name, float(session.value_of(_move(name)))) for name in ATTRIBUTE_WORDS)
    own = ((vector, float(session.value_of(_own(vector)))) for vector in saved.values())
    _take(
        EditQuestion(
            hole=session.value_of(_HOLE),
            moves=tuple(one for one in moves if one[1]),
            saved=tuple(one for one in own if one[1]),
            to_class=session.value_of(_CLASS),
            keep=session.value_of(_KEEP),
        )
    )


def _take(edit: EditQuestion) -> None:
    past = session.recall(_PAST, ())
    session.remember(_PAST, (*past[-_MOST:], session.recall(_EDIT, _NOTHING)))
    session.remember(_EDIT, edit)


def _undo() -> None:
    *past, edit = session.recall(_PAST, (_NOTHING,))
    session.remember(_PAST, tuple(past))
    session.remember(_EDIT, edit)


def _show(found: Edited, *, own: bool) -> None:
    """Show the picture before and after, and what has changed."""
    if session.recall(_CLASSES, ()) != found.classes:
        session.remember(_CLASSES, found.classes)
        st.rerun()
    edit: EditQuestion = session.recall(_EDIT, _NOTHING)
    pictures: list[tuple[str, Pixels]] = [("before", found.original)]
    if edit.hole:
        pictures.append(("with the hole", found.given))
    pictures += [(picture.decibels(found.psnr, "nearest sample"), found.found), ("after", found.edited)]
    pictures += [(f"filled by z {i}", picture) for i, picture in enumerate(found.fillings, 1)]
    picture.row(pictures, key="apply-pictures")
    changes = "; ".join(
        f"{one.name} {number(one.before, '.2f')} → {number(one.after, '.2f')} (real ones ±{number(one.usual, '.2f')})"
        for one in found.measured
    )
    said = f"At step {found.step:,}, measured in the picture before and after: {changes}.{_of_class(found, edit)}"
    st.caption(f"{said} {picture.used_at(found.original)}" if own else said)
    picture.take_home(pictures, "edited")


def _of_class(found: Edited, edit: EditQuestion) -> str:
    """Say which class the picture had and has, and what a change cost."""
    if not found.class_before:
        return ""
    said = f" The real pictures nearest to it are of class {found.class_before} before, {found.class_after} after."
    if not edit.to_class:
        return said
    if found.class_cost is None:
        return f"{said} G makes nothing of class {edit.to_class}."
    if found.class_cost == 0:
        return f"{said} G is told the class; z stays, and with it slant and width of the stroke as far as G keeps them."
    return f"{said} z had to go {found.class_cost:.1f} σ towards the nearest {edit.to_class} that G makes."


def _named(none: str, value: str) -> str:
    return value or none


def _move(name: str) -> str:
    return f"apply:move:{name}"


def _own(vector: str) -> str:
    return f"apply:saved:{vector}"
