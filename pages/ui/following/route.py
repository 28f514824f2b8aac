"""The routes of those who follow: they answer GET, only read, and know a follower by an unguessable token.

``gan/follow/join`` gives a token for a code, ``gan/follow`` the frames. A request for a frame waits until there is a
newer one, so that thirty followers ask no oftener than there is something to see.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.errors import GanExplorerError
from pages.ui import guard
from pages.ui.following.leads import Follower, OverError, TooManyError
from pages.ui.live.route import FRAME_HEADERS, serial, token_of
from pages.ui.presence import Rooms
from pages.ui.prose import reading
from pages.ui.train.panels import formulas

FOLLOW: Final = "gan/follow"
JOIN: Final = "gan/follow/join"
ABOUT: Final = "gan/follow/about"
CODE: Final = "X-Gan-Code"
"""Header of a request to join: the code."""
POINT: Final = "X-Point"
"""Header of a frame: the panel that the teacher points at."""
SERIAL: Final = "X-Serial"
"""Header of a frame: its serial, for the next question."""
PATIENCE: Final = 2.0
"""Seconds for which a request waits for a newer frame."""

_NO_STORE: Final = {"Cache-Control": "no-store"}
_FRAME_HEADERS: Final = FRAME_HEADERS | {"Content-Encoding": "gzip"}


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the routes.

    Args:
        rooms: Where the runs are.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """
    leads = rooms.leads

    async def join(request: Request) -> Response:
        address = request.client.host if request.client else ""
        who = guard.visitor_in(request.headers.get("cookie", "")) or f"address {address}"
        try:
            token = leads.join(request.headers.get(CODE, ""), who, address)
        except GanExplorerError as error:
            status = 410 if isinstance(error, OverError) else 429 if isinstance(error, TooManyError) else 404
            return JSONResponse({"message": f"{error}."}, status_code=status, headers=_NO_STORE)
        return JSONResponse({"token": token}, headers=_NO_STORE)

    async def frame(request: Request) -> Response:
        found = leads.follower(token_of(request))
        if found is None:
            return Response(status_code=410)
        return await _newest(
            found, serial(request.query_params.get("since", "")), request.query_params.get("point", "")
        )

    async def about(request: Request) -> Response:
        found = leads.follower(token_of(request))
        visit = None if found is None else found.lead.visit()
        if visit is None:
            return Response(status_code=410)
        config = (await run_in_threadpool(visit.run.status)).config  # the run may be in another process
        return JSONResponse({"formulas": formulas(config), "reading": reading(config)}, headers=_NO_STORE)

    return [Route(f"{base}/{JOIN}", join), Route(f"{base}/{ABOUT}", about), Route(f"{base}/{FOLLOW}", frame)]


async def _newest(follower: Follower, since: int, point: str) -> Response:
    """Wait for a frame that this follower has not, or for the teacher to point elsewhere."""
    lead, end = follower.lead, time.monotonic() + PATIENCE
    while True:
        visit, now = lead.visit(), time.monotonic()
        if visit is None:
            return Response(status_code=410)
        if lead.claim():
            await run_in_threadpool(lead.refresh)
        found = lead.newer(since) if now >= follower.ready_at else None
        if found is not None:
            follower.sent(len(found.content), now)
            headers = _FRAME_HEADERS | {POINT: visit.point, SERIAL: str(found.serial)}
            return Response(found.content, media_type="application/octet-stream", headers=headers)
        if visit.point != point or now >= end:
            return Response(status_code=204, headers=_NO_STORE | {POINT: visit.point})
        await asyncio.sleep(min(0.25, max(0.04, lead.wait, follower.ready_at - now)))
