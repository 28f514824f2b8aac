"""The route of the lab: the frames of all sides, of one step. It answers GET for an unguessable token."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan_core.record.snapshot import Which
from pages.ui.collapse.bench import Bench
from pages.ui.live.route import FRAME_HEADERS, HEARD, asked, serial, token_of
from pages.ui.presence import Rooms

FRAMES: Final = "gan/lab"


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the routes.

    Args:
        rooms: Where the comparisons are.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """

    async def frames(request: Request) -> Response:
        bench = rooms.guest(token_of(request))
        if not isinstance(bench, Bench):
            return Response(status_code=410)
        which: Which = "raw" if request.query_params.get("generator") == "raw" else "ema"
        newest = await asked(rooms, bench.run.frame, serial(request.query_params.get("since", "")), which)
        heard = {HEARD: bench.heard}
        if newest is None:
            return Response(status_code=204, headers={"Cache-Control": "no-store"} | heard)
        return Response(newest, media_type="application/octet-stream", headers=FRAME_HEADERS | heard)

    return [Route(f"{base}/{FRAMES}", frames)]
