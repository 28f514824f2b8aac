"""Sounds on the Apply page: a melody of one's own out of G's, and some of these beside the nearest real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Played, PlayQuestion
from pages.ui.apply import training
from pages.ui.prose import number

_EVERY: Final = 4.0
"""Seconds between two looks at a run that trains: a sound that is heard is not to be cut off soon."""
_MELODY: Final = "A3 B3 C4 D4 E4 F4 G4 A4"
_MOST: Final = 150
"""Characters of a melody."""
_CLEAR: Final = 0.25
"""Share of clear notes among G's sounds from which it is a gap if one is missing; before, G has just begun."""


def panel(application: Application) -> None:
    """Offer training, and play what there is."""
    kind = find(application.presets[0]).config.data.kind
    now = training.offer(application, lambda now: now.config.data.kind == kind)
    if now is None:
        return
    melody = ""
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-melody"):
        if not now.config.data.hash:  # of somebody's own sounds no notes are known
            melody = st.text_input("A melody of your own", _MELODY, key="apply:melody", max_chars=_MOST, width=420)
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:sound-seed", width=140))
    training.answer(PlayQuestion(melody, seed), _show, now, _EVERY)
    st.caption("To train on sounds of your own, WAV files, open *Your own data* on the Train page.")


def gaps(missing: Sequence[str], shares: Mapping[str, float]) -> str:
    """Say what is missing of a melody, and what that means.

    Args:
        missing: Notes that G has not.
        shares: Share of G's sounds that each note is.
    """
    if not missing:
        return ""
    if not any(shares.values()):
        return "None of G's sounds is a clear note: there is nothing to play yet."
    silent = f"G has no {', '.join(missing)}: there it is silent."
    if sum(shares.values()) < _CLEAR:
        return f"{silent} Few of its sounds are clear notes yet."
    return f"{silent} This is what mode collapse sounds like."


def _show(found: Played) -> None:
    """Show the melody of both, how often each note comes, and some sounds beside real ones."""
    left, right = st.columns(2)
    with left:
        st.markdown("**Played by G**" if found.shares else f"**{found.n_tried} of G's sounds in a row**")
        st.audio(found.melody, format="audio/wav")
        st.download_button(
            "Download this melody (WAV)" if found.shares else "Download these sounds (WAV)",
            found.melody,
            file_name="melody.wav" if found.shares else "sounds.wav",
            mime="audio/wav",
            on_click="ignore",
            icon=":material/download:",
            key="apply:wav",
        )
        if said := gaps(found.missing, found.shares):
            st.caption(said)
    with right:
        st.markdown("**Played by real notes**" if found.shares else "**Of yours, the nearest to each**")
        st.audio(found.real_melody, format="audio/wav")
    st.caption(_counted(found))
    for i, (column, one) in enumerate(zip(st.columns(len(found.sounds)), found.sounds, strict=True), 1):
        with column:
            st.markdown(f"**z {i}**: {one.said}")
            st.image(one.picture, width=160, alt=f"spectrogram of generated sound {i}: {one.said}")
            st.audio(one.sound, format="audio/wav")
            st.markdown(f"nearest real one: {one.nearest}" if found.shares else one.nearest)
            st.image(one.real_picture, width=160, alt=f"spectrogram of the nearest real sound: {one.nearest}")
            st.audio(one.real, format="audio/wav")


def _counted(found: Played) -> str:
    """Say how often each note comes; without notes, how near real sounds come."""
    if found.shares:
        reached = ", ".join(f"{name} {share:.1%}" for name, share in found.shares.items())
        return (
            f"At step {found.step:,}, of {found.n_tried:,} sounds from z at random so many are each note, in tune: "
            f"{reached}. Of real ones each is {1 / len(found.shares):.1%}."
        )
    usual = "" if found.usual is None else f" Sounds that G never saw are {number(found.usual, '.2f')} from it."
    return (
        f"At step {found.step:,}. Beside each stands the training sound that is heard most like it; 0 would be a copy, "
        f"the distance is the root mean square over what is heard at each time and frequency, from 0 to 1.{usual}"
    )
