"""The routes of the live view: frames, commands, its own files, and plotly.js.

Routes of one's own are outside Streamlit's session and its XSRF check, so all but one only answer GET and only read.
Frames are given, and commands taken (`pages.ui.live.asking`), only for the unguessable token of a run, which comes in a
header: no log of a web server and no Referer holds it, and no page of another site can send it. They are not prefixed
with ``server.baseUrlPath`` by Streamlit, hence the prefix here.
"""

from __future__ import annotations

import functools
import gzip
import importlib
import importlib.metadata
import importlib.resources
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.record.snapshot import Which
from pages.ui import live
from pages.ui.commands import LIVE, carry_out_at_once
from pages.ui.live.asking import act_at_once
from pages.ui.presence import Rooms, Visit

P = ParamSpec("P")
R = TypeVar("R")

FRAME: Final = "gan/frame"
COMMAND: Final = "gan/command"
"""Takes a command by POST, and answers as a request for a frame that shows what it has done."""
PAST: Final = "gan/past"
PLOTLY: Final = "gan/plotly.js"

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_COMPRESSED: Final = {"Content-Encoding": "gzip", "Cache-Control": _FOR_EVER}
TOKEN: Final = "X-Gan-Token"
"""Header of a request: the token of what is asked for. The browser's `reach` moves it there from an address's ``t``."""
HEARD: Final = "X-Heard"
"""Header of a frame: nonce of the newest command of this visitor that has come."""
FOLLOWERS: Final = "X-Followers"
"""Header of a frame: how many follow this run."""
# Streamlit compresses every larger response on the event loop; a frame gains nothing from it.
FRAME_HEADERS: Final = {"Cache-Control": "no-store", "Content-Encoding": "identity"}


def plotly_url() -> str:
    """Return the address of plotly.js; it changes with its version, so that a browser may keep it."""
    return f"{PLOTLY}?v={importlib.metadata.version('plotly')}"


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the routes.

    Args:
        rooms: Where the runs are.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """

    async def frame(request: Request) -> Response:
        visit = rooms.find(token_of(request))
        if visit is None:
            return Response(status_code=410)
        if "at" in request.query_params:
            visit.looks_back = serial(request.query_params["at"])
            kept = await asked(rooms, visit.run.kept, visit.looks_back)
            if kept is None:
                return Response(status_code=204, headers={"Cache-Control": "no-store"})
            return Response(kept, media_type="application/octet-stream", headers=FRAME_HEADERS)
        newest = await asked(rooms, visit.run.frame, *_wish(request, visit))
        return _answer(rooms, visit, newest)

    async def command(request: Request) -> Response:
        visit = rooms.find(token_of(request))
        if visit is None:
            return Response(status_code=410)
        answer = functools.partial(_answer, rooms, visit)
        return await act_at_once(request, visit, LIVE, carry_out_at_once, _wish(request, visit), answer)

    async def past(request: Request) -> Response:
        visit = rooms.find(token_of(request))
        if visit is None:
            return Response(status_code=410)
        return JSONResponse(await asked(rooms, visit.run.contents), headers={"Cache-Control": "no-store"})

    async def plotly(request: Request) -> Response:
        return Response(await run_in_threadpool(_plotly_js), media_type="text/javascript", headers=_COMPRESSED)

    async def asset(request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params["version"]
        files = await run_in_threadpool(_compressed_assets)
        if version != live.version() or name not in files:
            return Response(status_code=404)
        content, media_type = files[name]
        return Response(content, media_type=media_type, headers=_COMPRESSED)

    return [
        Route(f"{base}/{FRAME}", frame),
        Route(f"{base}/{COMMAND}", command, methods=["POST"]),
        Route(f"{base}/{PAST}", past),
        Route(f"{base}/{PLOTLY}", plotly),
        Route(f"{base}/{live.ROUTE}/{{version}}/{{name:path}}", asset),
    ]


def _wish(request: Request, visit: Visit) -> tuple[int, Which]:
    """Read which frame a request has, and whose samples the next ones are to show."""
    if "past" not in request.query_params:  # who looks back asks now and then how the run goes
        visit.looks_back = None
    others: dict[str, Which] = {"raw": "raw", "both": "both"}
    visit.which = others.get(request.query_params.get("generator", ""), "ema")
    return serial(request.query_params.get("since", "")), visit.which


def _answer(rooms: Rooms, visit: Visit, newest: bytes | None) -> Response:
    """Answer with a frame, and with what was heard."""
    heard = {HEARD: visit.heard}
    if visit.lead is not None:
        heard[FOLLOWERS] = str(rooms.leads.n_following(visit.lead))
    return frame_answer(newest, heard)


def frame_answer(newest: bytes | None, heard: dict[str, str]) -> Response:
    """Answer with a frame, or that there is none newer."""
    if newest is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"} | heard)
    return Response(newest, media_type="application/octet-stream", headers=FRAME_HEADERS | heard)


def token_of(request: Request) -> str:
    """Return the token that a request carries; "" if it carries none."""
    return request.headers.get(TOKEN, "")


async def asked(rooms: Rooms, method: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a method of a run: beside the event loop where runs are in other processes, which takes a moment."""
    return await run_in_threadpool(method, *args, **kwargs) if rooms.host.apart else method(*args, **kwargs)


def serial(text: str) -> int:
    """Read a frame's serial from a request; -1 for anything else, as strangers may write what they like."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def warm() -> None:
    """Load what the first page needs: Streamlit and Plotly import pandas late."""
    importlib.import_module("pandas")
    _compressed_assets()


@functools.cache
def _plotly_js() -> bytes:
    source = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
    return gzip.compress(source.read_bytes(), 6)


@functools.cache
def _compressed_assets() -> dict[str, tuple[bytes, str]]:
    return {name: (gzip.compress(content, 9), kind) for name, (content, kind) in live.assets().items()}
