"""The slow part of the start: PyTorch and all that stands on it, loaded while the browser loads its own part.

The server answers before PyTorch is imported. A thread imports it in the meantime; what needs it (the routes, a
visitor's script) calls `ready` first, and waits there if it is early.
"""

from __future__ import annotations

import gc
import importlib
import os
import threading
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from gan_core.errors import GanExplorerError

PARTS: Final = ("live", "following", "latent", "collapse", "learn.theory", "watch")
"""The packages of `pages.ui` whose module ``route`` has routes of its own, all under ``gan/``."""

_LOCK: Final = threading.Lock()
_DONE: Final = threading.Event()


def refuse_wrong_settings() -> None:
    """End the server with a sentence if it could open no run as it was told to."""
    said = os.environ.get("GAN_EXPLORER_CLUSTER", "").strip()
    if said:
        from gan_core.live.host import check_cluster

        try:
            check_cluster(said)
        except GanExplorerError as error:
            raise SystemExit(f"GAN Explorer: {error}") from None


def ready() -> None:
    """Return when all is loaded that the first visitor needs; the first caller loads it.

    Much is imported late. Two first visitors at once would do so in two threads, and meet half-made modules; one
    thread does it here, and the others wait.
    """
    if _DONE.is_set():
        return
    with _LOCK:
        if _DONE.is_set():
            return
        host = importlib.import_module("pages.ui.session").rooms().host  # if it has processes, they load meanwhile
        importlib.import_module("pages.ui.live.route").warm()
        host.warm()
        # What is imported by now lives as long as the process: collections need not walk it again and again.
        gc.collect()
        gc.freeze()
        _DONE.set()


def serve(stop: threading.Event) -> None:
    """Load everything, then clear up after visitors who are gone until told to stop; the body of a thread."""
    ready()
    importlib.import_module("pages.ui.session").rooms().reap(stop)


def close() -> None:
    """End every run, if anything has been loaded that could have begun one."""
    if _DONE.is_set():
        importlib.import_module("pages.ui.session").rooms().close()
        importlib.import_module("gan_core.experiments.seeds").close()
        importlib.import_module("gan_core.experiments.sweep.campaign").close()


class Routes:
    """All routes of the app, as one ASGI application that knows them once `ready` is done.

    Args:
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self._router: Router | None = None

    def _load(self) -> Router:
        ready()
        if self._router is None:
            rooms = importlib.import_module("pages.ui.session").rooms()
            parts = (importlib.import_module(f"pages.ui.{name}.route") for name in PARTS)
            self._router = Router([route for part in parts for route in part.routes(rooms, self._base)])
        return self._router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        router = await run_in_threadpool(self._load) if self._router is None else self._router
        await router(scope, receive, send)

    def route(self) -> Route:
        """Make the one route that Streamlit is told of."""
        return Route(f"{self._base}/gan/{{rest:path}}", self)
