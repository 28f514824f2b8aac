"""GAN Explorer: page config, navigation, routes; nothing else.

``streamlit run app.py`` reads this file twice. First it finds the module-level ``app`` and serves it, with the
routes of the live view; then it runs the file as the script of every visitor, and ``app`` is left alone.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Before torch: more threads than one only spin against each other on networks of this size.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import streamlit as st
import torch
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui import session
from pages.ui.live.route import routes, warm


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Begin and end what all visits share."""
    torch.set_num_threads(1)
    warm()
    # What is imported by now lives as long as the process: collections need not walk it again and again.
    gc.collect()
    gc.freeze()
    stop = threading.Event()
    threading.Thread(target=session.rooms().reap, args=(stop,), name="reaper", daemon=True).start()
    yield
    stop.set()
    session.rooms().close()


if get_script_run_ctx(suppress_warning=True) is None:
    base = "/" + st.get_option("server.baseUrlPath").strip("/") if st.get_option("server.baseUrlPath") else ""
    app = st.App(__file__, routes=routes(session.rooms(), base), lifespan=lifespan)
else:
    st.set_page_config(
        page_title="GAN Explorer",
        page_icon=":material/compare_arrows:",
        layout="wide",
        # With an entry of its own the menu is shown, and with it the choice of a light or a dark page.
        menu_items={"About": "GAN Explorer: see, understand and diagnose generative adversarial networks."},
    )
    session.greet()
    page = st.navigation(
        [
            st.Page("pages/train.py", title="Train", icon=":material/play_circle:", default=True),
            st.Page("pages/runs.py", title="Runs", icon=":material/history:", url_path="runs"),
            st.Page("pages/guide.py", title="Guide", icon=":material/menu_book:", url_path="guide"),
        ],
        position="top",
    )
    page.run()
