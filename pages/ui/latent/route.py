"""The routes of the Latent page: they answer GET for the unguessable token of a run, and only read.

Two more answer the same for the token of a generator from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gan_core.errors import GanExplorerError
from gan_core.export.questions import File, LatentFile, file_of
from gan_core.latent.questions import LatentQuestion
from pages.ui.latent.foreign import GUESTS
from pages.ui.live.route import token_of
from pages.ui.presence import Rooms, Visit

if TYPE_CHECKING:
    from gan_core.latent.foreign import ForeignBench  # it loads PyTorch

ASK: Final = "gan/latent"
FILE: Final = "gan/latent/file"
FOREIGN_ASK: Final = "gan/latent/foreign"
FOREIGN_FILE: Final = "gan/latent/foreign/file"

At = TypeVar("At")

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
# Streamlit compresses every larger response on the event loop; a frame gains nothing from it.
_HEADERS: Final = {"Cache-Control": "no-store", "Content-Encoding": "identity"}


def routes(rooms: Rooms, base: str) -> list[Route]:
    """Make the routes.

    Args:
        rooms: Where the runs are.
        base: ``server.baseUrlPath`` with a leading and no trailing slash, or "".
    """
    return [
        Route(f"{base}/{ASK}", _answers(rooms.find, lambda at, query: _content(at.run.ask(LatentQuestion(query))))),
        Route(f"{base}/{FILE}", _answers(rooms.find, _file)),
        Route(f"{base}/{FOREIGN_ASK}", _answers(GUESTS.find, lambda bench, query: _content(bench.answer(query)))),
        Route(f"{base}/{FOREIGN_FILE}", _answers(GUESTS.find, _foreign_file)),
    ]


def _answers(
    find: Callable[[str], At | None], answer: Callable[[At, dict[str, str]], Response]
) -> Callable[[Request], Awaitable[Response]]:
    """Make a route's answer: on a thread of its own; 410 without what the token stands for, refusals as a sentence."""

    async def reply(request: Request) -> Response:
        found = find(token_of(request))
        if found is None:
            return Response(status_code=410)
        try:
            return await run_in_threadpool(answer, found, dict(request.query_params))
        except GanExplorerError as error:
            return _refused(error)

    return reply


def _content(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream", headers=_HEADERS)


def _file(visit: Visit, query: dict[str, str]) -> Response:
    made = visit.run.ask(LatentFile(query))
    now = visit.run.status()
    return _attached(made, _NO_NAME.sub("", now.preset) or now.config.data.name)  # presets may come from files


def _foreign_file(bench: ForeignBench, query: dict[str, str]) -> Response:
    return _attached(file_of(bench, query), _NO_NAME.sub("", bench.players.name.removesuffix(".onnx")) or "generator")


def _attached(made: File, of: str) -> Response:
    name = f"latent-{of}{made.ending}"
    headers: Mapping[str, str] = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made.content, media_type=made.mime, headers=headers)


def _refused(error: GanExplorerError) -> Response:
    return JSONResponse({"message": str(error)}, status_code=400, headers={"Cache-Control": "no-store"})
