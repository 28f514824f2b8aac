"""The routes of the lab: the frames of all sides, of one step, and commands. Both need an unguessable token."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gan_core.record.snapshot import Which
from pages.ui.collapse.bench import Bench, carry_out_at_once
from pages.ui.commands import LAB
from pages.ui.live.asking import act_at_once
from pages.ui.live.route import HEARD, asked, frame_answer, serial, token_of
from pages.ui.presence import Rooms

FRAMES: Final = "gan/lab"
COMMAND: Final = "gan/lab/command"
"""Takes a command by POST, and answers as a request for frames that show what it has done."""


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
        newest = await asked(rooms, bench.run.frame, *_wish(request))
        return frame_answer(newest, {HEARD: bench.heard})

    async def command(request: Request) -> Response:
        bench = rooms.guest(token_of(request))
        if not isinstance(bench, Bench):
            return Response(status_code=410)

        def answer(newest: bytes | None) -> Response:
            return frame_answer(newest, {HEARD: bench.heard})

        return await act_at_once(request, bench, LAB, carry_out_at_once, _wish(request), answer)

    return [Route(f"{base}/{FRAMES}", frames), Route(f"{base}/{COMMAND}", command, methods=["POST"])]


def _wish(request: Request) -> tuple[int, Which]:
    """Read which frames a request has, and whose samples the next ones are to show."""
    which: Which = "raw" if request.query_params.get("generator") == "raw" else "ema"
    return serial(request.query_params.get("since", "")), which
