"""The route of the theory. It answers GET, for anybody: there is nothing in it but mathematics, of bounded cost."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.errors import GanExplorerError
from pages.ui.learn.theory.exhibits import answer
from pages.ui.live.route import FRAME_HEADERS
from pages.ui.presence import Rooms

ASK: Final = "gan/theory"


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the route.

    Args:
        rooms: Not needed: no run is shown.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """

    async def ask(request: Request) -> Response:
        try:
            content = await run_in_threadpool(answer, dict(request.query_params))
        except GanExplorerError as error:
            return JSONResponse({"message": str(error)}, status_code=400, headers=FRAME_HEADERS)
        return Response(content, media_type="application/json", headers=FRAME_HEADERS)

    return [Route(f"{base}/{ASK}", ask)]
