"""Generators from elsewhere that are open in this process, each under an unguessable token, and how one is opened.

A file runs in a process of its own, yet it is native code that reads what a stranger wrote: where the app serves many,
it is off unless the person who runs the server allows it.
"""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import streamlit as st

from gan_core.errors import GanExplorerError
from pages.ui import prose, session

if TYPE_CHECKING:
    from gan_core.latent.foreign import ForeignBench

MAX_OPEN: Final = 4
"""Generators that are open at once; the one that was used least lately makes room."""
MAX_MB: Final = 100
ALLOWED: Final = "GAN_EXPLORER_ONNX"
"""Variable of the environment with which a server for many opens such files."""
PRIORS: Final = {"normal": "Normal, N(0, 1)", "uniform": "Uniform, −1 to 1"}
SECTIONS: Final = ("paths", "plane", "sliders", "arithmetic")
"""Sections that need neither a discriminator, nor data, nor the inside of G."""
_SHOWN: Final = "latent.foreign"


class Guests:
    """Those that are open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[str, ForeignBench] = OrderedDict()

    def add(self, bench: ForeignBench) -> str:
        """Keep one, and return its token."""
        token, gone = secrets.token_urlsafe(16), []
        with self._lock:
            self._open[token] = bench
            while len(self._open) > MAX_OPEN:
                gone.append(self._open.popitem(last=False)[1])
        for old in gone:
            old.players.close()
        return token

    def find(self, token: str) -> ForeignBench | None:
        """Find one; None if there is none."""
        with self._lock:
            if token in self._open:
                self._open.move_to_end(token)
            return self._open.get(token)

    def close(self, token: str = "") -> None:
        """Close one, or all of them."""
        with self._lock:
            gone = [self._open.pop(name) for name in [*self._open] if not token or name == token]
        for old in gone:
            old.players.close()


GUESTS: Final = Guests()
"""Those of this process."""
atexit.register(GUESTS.close)


def shown() -> tuple[str, ForeignBench] | None:
    """Find the generator that this visitor looks at, with its token; None while the run is looked at."""
    token = session.recall(_SHOWN, "")
    bench = GUESTS.find(token) if token else None
    if token and bench is None:
        session.remember(_SHOWN, "")
        st.info("The generator that was open here has been closed. Open its file again to go on.")
    return None if bench is None else (token, bench)


def close() -> None:
    """Go back to the run."""
    GUESTS.close(session.recall(_SHOWN, "") or "none")
    session.remember(_SHOWN, "")


def opener() -> None:
    """Take in a file."""
    with st.popover("Open a generator (ONNX)", help="Walk through the latent space of a generator from elsewhere"):
        if not (session.is_for_one() or os.environ.get(ALLOWED) == "1"):
            st.text(f"This server opens no such files. The person who runs it can allow it: {ALLOWED}=1.")
            return
        st.markdown(
            "A generator of pictures that was exported to one ONNX file. Its size of z is read from it. There is no "
            "discriminator and no data with it, so what needs them is not shown."
        )
        given = st.file_uploader("File", type=["onnx"], max_upload_size=MAX_MB, key="latent:onnx")
        prior = st.radio("z is drawn from", list(PRIORS), format_func=PRIORS.__getitem__, key="latent:prior")
        if st.button("Open", type="primary", disabled=given is None, key="latent:open") and given is not None:
            _open(given.getvalue(), given.name, prior)


def _open(content: bytes, name: str, prior: str) -> None:
    from gan_core.latent.foreign import ForeignBench, open_onnx  # late: it loads PyTorch

    try:
        with st.spinner("Opening, and making the first samples"):
            opened = open_onnx(content, name[:80], "uniform" if prior == "uniform" else "normal")
    except GanExplorerError as error:
        st.error(prose.plain(f"It cannot be opened: {error}."))
        return
    close()
    session.remember(_SHOWN, GUESTS.add(ForeignBench(opened)))
    st.rerun()


def words(bench: ForeignBench) -> str:
    """Describe an open generator in a line."""
    about, config = bench.players.about, bench.players.config
    channels, height, width = about["made"]
    made = f"{width} × {height} pixels in {'grey' if channels == 1 else 'colour'}, values in {about['units']}"
    if about["shape"][1:] != [height, width]:
        made += f" (shown at {about['shape'][2]} × {about['shape'][1]})"
    told = f" and one of {config.n_classes} classes" if config.n_classes else ""
    noise = " It draws noise of its own too, so that the same z gives another sample each time." * about["own_noise"]
    return f"{bench.players.name}: z of {config.latent_dim:,} numbers{told} → {made}.{noise}"
