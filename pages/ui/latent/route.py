"""The routes of the Latent page: they answer GET for the unguessable token of a run, and only read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.errors import GanExplorerError
from gan_core.export.questions import LatentFile
from gan_core.latent.questions import LatentQuestion
from pages.ui.live.route import token_of
from pages.ui.presence import Rooms

ASK: Final = "gan/latent"
FILE: Final = "gan/latent/file"

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
# Streamlit compresses every larger response on the event loop; a frame gains nothing from it.
_HEADERS: Final = {"Cache-Control": "no-store", "Content-Encoding": "identity"}


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the routes.

    Args:
        rooms: Where the runs are.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """

    async def ask(request: Request) -> Response:
        visit = rooms.find(token_of(request))
        if visit is None:
            return Response(status_code=410)
        try:
            content = await run_in_threadpool(visit.run.ask, LatentQuestion(dict(request.query_params)))
        except GanExplorerError as error:
            return _refused(error)
        return Response(content, media_type="application/octet-stream", headers=_HEADERS)

    async def file(request: Request) -> Response:
        visit = rooms.find(token_of(request))
        if visit is None:
            return Response(status_code=410)
        try:
            made = await run_in_threadpool(visit.run.ask, LatentFile(dict(request.query_params)))
        except GanExplorerError as error:
            return _refused(error)
        now = visit.run.status()
        run = _NO_NAME.sub("", now.preset) or now.config.data.name  # presets may come from files
        name = f"latent-{run}{made.ending}"
        headers: Mapping[str, str] = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(made.content, media_type=made.mime, headers=headers)

    return [Route(f"{base}/{ASK}", ask), Route(f"{base}/{FILE}", file)]


def _refused(error: GanExplorerError) -> Response:
    return JSONResponse({"message": str(error)}, status_code=400, headers={"Cache-Control": "no-store"})
