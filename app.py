"""GAN Explorer: page config, navigation, the frame of all pages, routes; nothing else.

``streamlit run app.py`` reads this file twice. First it finds the module-level ``app`` and serves it, with the
routes of the live view; then it runs the file as the script of every visitor, and ``app`` is left alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Before torch: more threads than one only spin against each other on networks of this size.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui import guard, start


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Begin and end what all visits share."""
    stop = threading.Event()
    threading.Thread(target=start.serve, args=(stop,), name="start", daemon=True).start()
    yield
    stop.set()
    start.close()


if get_script_run_ctx(suppress_warning=True) is None:
    start.refuse_wrong_settings()
    # Else the first visitor of all would, under a page's own address, be given that page without what is below.
    PagesManager.uses_pages_directory = False
    base = "/" + st.get_option("server.baseUrlPath").strip("/") if st.get_option("server.baseUrlPath") else ""
    hosts = guard.hosts_allowed(
        st.get_option("server.address"), st.get_option("server.allowedHosts"), os.environ.get("GAN_EXPLORER_USERS", "")
    )
    app = st.App(
        __file__,
        routes=[start.Routes(base).route()],
        lifespan=lifespan,
        middleware=[Middleware(guard.Guard, hosts=hosts, path=base or "/", ancestors=guard.frame_ancestors())],
    )
else:
    from gan_core.config.assets import asset

    page = st.navigation(
        [
            st.Page("pages/learn.py", title="Learn", icon=":material/school:", url_path="learn"),
            st.Page("pages/train.py", title="Train", icon=":material/play_circle:", default=True),
            st.Page("pages/latent.py", title="Latent", icon=":material/explore:", url_path="latent"),
            st.Page("pages/apply.py", title="Apply", icon=":material/auto_fix_high:", url_path="apply"),
            st.Page("pages/collapse.py", title="Collapse", icon=":material/science:", url_path="collapse"),
            st.Page("pages/watch.py", title="Watch", icon=":material/visibility:", url_path="watch"),
            st.Page("pages/runs.py", title="Runs", icon=":material/history:", url_path="runs"),
            st.Page("pages/classroom.py", title="Classroom", icon=":material/groups:", url_path="classroom"),
            st.Page("pages/guide.py", title="Guide", icon=":material/menu_book:", url_path="guide"),
        ],
        position="top",
    )
    st.set_page_config(
        page_title=f"{page.title} · GAN Explorer",
        page_icon=str(asset("icon.svg")),  # a material icon would be fetched from a host of fonts
        layout="wide",
        # With an entry of its own the menu is shown, and with it the choice of a light or a dark page.
        menu_items={"About": "GAN Explorer: see, understand and diagnose generative adversarial networks."},
    )
    start.ready()  # the navigation is seen while the rest is loaded
    from pages.ui import frame

    frame.show(page)
