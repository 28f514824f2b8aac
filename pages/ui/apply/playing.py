"""Sounds on the Apply page: a melody of one's own out of G's, and some of these beside the nearest real ones."""

from __future__ import annotations

from typing import Final

import streamlit as st

from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Played, PlayQuestion
from pages.ui.apply import training

_EVERY: Final = 4.0
"""Seconds between two looks at a run that trains: a sound that is heard is not to be cut off soon."""
_MELODY: Final = "A3 B3 C4 D4 E4 F4 G4 A4"
_MOST: Final = 150
"""Characters of a melody."""


def panel(application: Application) -> None:
    """Offer training, and play what there is."""
    kind = find(application.presets[0]).config.data.kind
    now = training.offer(application, lambda now: now.config.data.kind == kind)
    if now is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-melody"):
        melody = st.text_input("A melody of your own", _MELODY, key="apply:melody", max_chars=_MOST, width=420)
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:sound-seed", width=140))
    training.answer(PlayQuestion(melody, seed), _show, now, _EVERY)


def _show(found: Played) -> None:
    """Show the melody of both, how often each note comes, and some sounds beside real ones."""
    left, right = st.columns(2)
    with left:
        st.markdown("**Played by G**")
        st.audio(found.melody, format="audio/wav")
        st.download_button(
            "Download this melody (WAV)",
            found.melody,
            file_name="melody.wav",
            mime="audio/wav",
            on_click="ignore",
            icon=":material/download:",
            key="apply:wav",
        )
        if found.missing:
            st.caption(
                f"G has no {', '.join(found.missing)}: there it is silent. This is what mode collapse sounds like."
            )
    with right:
        st.markdown("**Played by real notes**")
        st.audio(found.real_melody, format="audio/wav")
    even = 1 / len(found.shares)
    reached = ", ".join(f"{name} {share:.1%}" for name, share in found.shares.items())
    st.caption(
        f"At step {found.step:,}, of {found.n_tried:,} sounds from z at random so many are each note, in tune: "
        f"{reached}. Of real ones each is {even:.1%}."
    )
    for i, (column, one) in enumerate(zip(st.columns(len(found.sounds)), found.sounds, strict=True), 1):
        with column:
            st.markdown(f"**z {i}**: {one.said}")
            st.image(one.picture, width=160, alt=f"spectrogram of generated sound {i}: {one.said}")
            st.audio(one.sound, format="audio/wav")
            st.markdown(f"nearest real one: {one.nearest}")
            st.image(one.real_picture, width=160, alt=f"spectrogram of the nearest real sound: {one.nearest}")
            st.audio(one.real, format="audio/wav")
