"""The routes of the Latent page: they answer GET for the unguessable token of a run, and only read.

Two more answer the same for the token of a generator from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.errors import GanExplorerError
from gan_core.export.questions import File, LatentFile, file_of
from gan_core.latent.questions import LatentQuestion
from pages.ui.latent.foreign import GUESTS
from pages.ui.live.route import token_of
from pages.ui.presence import Rooms

ASK: Final = "gan/latent"
FILE: Final = "gan/latent/file"
FOREIGN_ASK: Final = "gan/latent/foreign"
FOREIGN_FILE: Final = "gan/latent/foreign/file"

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

    async def foreign_ask(request: Request) -> Response:
        bench = GUESTS.find(token_of(request))
        if bench is None:
            return Response(status_code=410)
        try:
            content = await run_in_threadpool(bench.answer, dict(request.query_params))
        except GanExplorerError as error:
            return _refused(error)
        return Response(content, media_type="application/octet-stream", headers=_HEADERS)

    async def foreign_file(request: Request) -> Response:
        bench = GUESTS.find(token_of(request))
        if bench is None:
            return Response(status_code=410)
        try:
            made = await run_in_threadpool(file_of, bench, dict(request.query_params))
        except GanExplorerError as error:
            return _refused(error)
        return _attached(made, _NO_NAME.sub("", bench.players.name.removesuffix(".onnx")) or "generator")

    async def file(request: Request) -> Response:
        visit = rooms.find(token_of(request))
        if visit is None:
            return Response(status_code=410)
        try:
            made = await run_in_threadpool(visit.run.ask, LatentFile(dict(request.query_params)))
        except GanExplorerError as error:
            return _refused(error)
        now = visit.run.status()
        return _attached(made, _NO_NAME.sub("", now.preset) or now.config.data.name)  # presets may come from files

    answers = {ASK: ask, FILE: file, FOREIGN_ASK: foreign_ask, FOREIGN_FILE: foreign_file}
    return [Route(f"{base}/{path}", answer) for path, answer in answers.items()]


def _attached(made: File, of: str) -> Response:
    name = f"latent-{of}{made.ending}"
    headers: Mapping[str, str] = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made.content, media_type=made.mime, headers=headers)


def _refused(error: GanExplorerError) -> Response:
    return JSONResponse({"message": str(error)}, status_code=400, headers={"Cache-Control": "no-store"})
