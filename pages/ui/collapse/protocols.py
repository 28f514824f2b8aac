"""Published protocols beside our own measure of them."""

from __future__ import annotations

import streamlit as st

from gan_core.experiments.published import FIRST_STEPS, PROTOCOLS, STEPS, Protocol
from pages.ui.collapse import state


def panel() -> None:
    """Tables of the literature, what they count, and what can be repeated here."""
    st.subheader("Published protocols", anchor=False)
    for tab, protocol in zip(st.tabs([p.title for p in PROTOCOLS.values()]), PROTOCOLS.values(), strict=True):
        with tab:
            _protocol(protocol)


def _protocol(protocol: Protocol) -> None:
    table, words = st.columns([5, 6], gap="medium")
    with table:
        st.dataframe(
            [
                {
                    "method": row.method,
                    f"modes, of {protocol.n_modes}": f"{row.modes[0]} ± {row.modes[1]}",
                    "high quality, %": f"{row.high_quality[0]} ± {row.high_quality[1]}",
                    "reverse KL, nats": f"{row.reverse_kl[0]:.2f} ± {row.reverse_kl[1]:.2f}",
                }
                for row in protocol.rows
            ],
            hide_index=True,
            key=f"lab:table:{protocol.name}",
        )
        st.caption(
            f"Lin et al., [PacGAN](https://arxiv.org/abs/1712.04086), NeurIPS 2018, Table 1: means of 10 trials of "
            f"{STEPS:,} steps, ± one standard error."
        )
        st.dataframe(
            [
                {
                    "here": early.method,
                    f"modes, of {protocol.n_modes}": str(early.modes),
                    "reaches": str(early.reached),
                    "high quality, %": f"{early.high_quality:.1f}",
                    "reverse KL, nats": f"{early.reverse_kl:.2f}",
                }
                for early in protocol.early
            ],
            hide_index=True,
            key=f"lab:early:{protocol.name}",
        )
        st.caption(
            f"The first {FIRST_STEPS:,} of these steps, about two minutes of a core, of one run with seed 0: "
            "`python -m benchmarks.protocols --seeds 1`, high quality on 20,000 samples. One seed is an anecdote."
        )
        st.button(
            "Show GAN and PacGAN2 side by side",
            key=f"lab:protocol:{protocol.name}",
            on_click=state.show_protocol,
            args=(protocol.name,),
        )
    with words:
        st.markdown(
            "**What is counted**, on 2,500 samples. *High quality*: within three standard deviations of the nearest "
            "centre; real data reach 98.9 %, so that more than 99.3 % means too narrow modes. *Modes*: those nearest "
            "to at least one high-quality sample, which one lucky sample in 2,500 is enough for. *Reverse KL*: of the "
            "high-quality samples' shares of the modes from even ones.\n\n"
            "**What can be repeated here.** The data, the generator (four layers of 400 units with batch norm), the "
            "discriminator (three layers of 200 maxout units, each the largest of five sums), z, the optimiser (Adam "
            "1e-4, β1 0.8), the batch of 100 packs and the packing. D's first weights are PyTorch's, and not the "
            "paper's N(0, 0.02²).\n\n"
            f"**What cannot.** {STEPS:,} steps take two to three hours of a core, and there are ten trials a row; the "
            "first few thousand, which a page can show, are the noisy beginning of such a run. What is seen early is "
            "whether samples spread over the modes: compare *reaches*, not sharpness. The plain GAN is no constant "
            "either: on the same grid it is given 3.3 modes by one paper and 17.3 by this one, in other settings."
        )
