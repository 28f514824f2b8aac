"""The routes of the Watch page: they answer GET for the unguessable token of a log, and only read."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.errors import DataError
from gan_core.watching.record import WatchedRun
from pages.ui.live.route import FRAME_HEADERS, serial, token_of
from pages.ui.presence import Rooms
from pages.ui.watch.logs import LOGS

FRAME: Final = "gan/watch/frame"
PAST: Final = "gan/watch/past"


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the routes.

    Args:
        rooms: Not needed: a log is no run of this process.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """
    del rooms

    async def frame(request: Request) -> Response:
        run = await _run(request)
        if run is None:
            return Response(status_code=410)
        at = serial(request.query_params["at"]) if "at" in request.query_params else None
        if at is None and serial(request.query_params.get("since", "")) == run.serial:
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        content = await run_in_threadpool(run.frame, at)
        return Response(content, media_type="application/octet-stream", headers=FRAME_HEADERS)

    async def past(request: Request) -> Response:
        run = await _run(request)
        if run is None:
            return Response(status_code=410)
        return JSONResponse(run.contents(), headers={"Cache-Control": "no-store"})

    return [Route(f"{base}/{FRAME}", frame), Route(f"{base}/{PAST}", past)]


async def _run(request: Request) -> WatchedRun | None:
    try:
        return await run_in_threadpool(LOGS.find, token_of(request))
    except DataError:
        return None
