"""The routes of those who follow: they answer GET, only read, and know a follower by an unguessable token.

``gan/follow/join`` gives a token for a code, ``gan/follow`` the frames. A request for a frame waits until there is a
newer one, so that thirty followers ask no oftener than there is something to see.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.errors import GanExplorerError
from pages.ui import guard
from pages.ui.following.leads import PAST, Follower, Lead, OverError, TooManyError
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
LOOKS_BACK: Final = "X-Past"
"""Header of a frame: there if it is of the past, at which the teacher looks."""
SERIAL: Final = "X-Serial"
"""Header of a frame: its serial, for the next question."""
PATIENCE: Final = 2.0
"""Seconds for which a request waits for a newer frame."""
_LONGEST: Final = 0.25
"""Seconds after which who waits looks whether the teacher points elsewhere."""

_NO_STORE: Final = {"Cache-Control": "no-store"}
_FRAME_HEADERS: Final = FRAME_HEADERS | {"Content-Encoding": "gzip"}


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the routes.

    Args:
        rooms: Where the runs are.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """
    leads = rooms.leads
    crowds: weakref.WeakKeyDictionary[Lead, Crowd] = weakref.WeakKeyDictionary()

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
        crowd = crowds.setdefault(found.lead, Crowd())
        since, point = serial(request.query_params.get("since", "")), request.query_params.get("point", "")
        return await _newest(crowd, found, since, point)

    async def about(request: Request) -> Response:
        found = leads.follower(token_of(request))
        visit = None if found is None else found.lead.visit()
        if visit is None:
            return Response(status_code=410)
        config = (await run_in_threadpool(visit.run.status)).config  # the run may be in another process
        return JSONResponse({"formulas": formulas(config), "reading": reading(config)}, headers=_NO_STORE)

    return [Route(f"{base}/{JOIN}", join), Route(f"{base}/{ABOUT}", about), Route(f"{base}/{FOLLOW}", frame)]


class Crowd:
    """Requests that wait for the next frame of a run: one looks for it, the others sleep until it is there."""

    def __init__(self) -> None:
        self._watcher: object = None
        self._waiting: set[asyncio.Future[None]] = set()

    async def look(self, me: object, lead: Lead) -> None:
        """Look for a frame, or wait for the one who does; returns when there may be something new."""
        if self._watcher not in (None, me):
            await self._sleep()
            return
        self._watcher = me
        before = lead.n_made
        if lead.claim():
            await run_in_threadpool(lead.refresh)
        if lead.n_made == before:
            await asyncio.sleep(min(_LONGEST, max(0.03, lead.wait)))
            return
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    def leave(self, me: object) -> None:
        """Let another one look."""
        if self._watcher is me:
            self._watcher = None

    async def _sleep(self) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait((future,), timeout=_LONGEST)
        finally:
            self._waiting.discard(future)


async def _newest(crowd: Crowd, follower: Follower, since: int, point: str) -> Response:
    """Wait for a frame that this follower has not, or for the teacher to point elsewhere."""
    lead, me, end = follower.lead, object(), time.monotonic() + PATIENCE
    try:
        while True:
            visit = lead.visit()
            if visit is None:
                return Response(status_code=410)
            now = time.monotonic()
            found = lead.newer(since)
            if found is not None and now >= follower.ready_at:
                follower.sent(len(found.content), now)
                headers = _FRAME_HEADERS | {POINT: visit.point, SERIAL: str(found.serial)}
                headers |= {LOOKS_BACK: "1"} if found.serial >= PAST else {}
                return Response(found.content, media_type="application/octet-stream", headers=headers)
            if visit.point != point or now >= end:
                return Response(status_code=204, headers=_NO_STORE | {POINT: visit.point})
            if found is None:
                await crowd.look(me, lead)
            else:
                await asyncio.sleep(min(_LONGEST, follower.ready_at - now))
    finally:
        crowd.leave(me)
