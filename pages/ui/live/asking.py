"""A visitor's commands on a route of their own: what needs nothing of the page's script acts at once.

Streamlit would run a part of the page for each. The queue in the browser (``core/commands.js``) sends here what
`pages.ui.commands.AT_ONCE` names, and all else, or what this refuses, by the component's trigger. A request carries the
token in a header, which no page of another site can send, and one command as JSON; its nonce is the trigger's, so that
it acts once, whichever way it came.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from typing import Any, Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from gan_core.errors import GanExplorerError
from gan_core.record.snapshot import Which
from pages.ui.commands import AT_ONCE, Command, parse
from pages.ui.presence import Guest

G = TypeVar("G", bound=Guest)

MAX_BODY: Final = 1_000
"""Bytes of a command; the longest that acts at once has fewer than a hundred."""
PATIENCE: Final = 5.0
"""Seconds within which a command's bytes are to be here."""
NO_STORE: Final = {"Cache-Control": "no-store"}


async def act_at_once(
    request: Request,
    guest: G,
    allowed: Collection[str],
    act: Callable[[G, Command], bool],
    wish: tuple[int, Which],
    answer: Callable[[bytes | None], Response],
) -> Response:
    """Do what a request asks for.

    Args:
        request: With one command as its body.
        guest: Whose token it carries.
        allowed: Names of the commands of the view that the guest has.
        act: Does it beside the event loop; tells whether it is done.
        wish: Serial of the frame that the view has, and whose samples the next ones are to show.
        answer: Makes the answer from the frame that shows what was done; None if it is not there in time.

    Returns:
        The answer; or 400 or 413 for what is no command of this way, 408 for one that came too slowly, 409 where it is
        for the page's script to do it, or to say why not.
    """
    content = await _read(request)
    if isinstance(content, Response):
        return content
    try:
        raw: Any = json.loads(content)
    except (ValueError, RecursionError):
        return _refused(400, "The body is no JSON: one command is allowed, such as {name, value, n}.")
    command = parse(raw, AT_ONCE & set(allowed))
    if command is None:
        names = ", ".join(sorted(AT_ONCE & set(allowed)))
        return _refused(400, f"This is no command that acts at once. Allowed are {names}, each with its value and n.")
    if guest.asking:  # or one visitor could hold every thread that answers
        return _refused(409, "Another command of this visitor is being done.")
    guest.asking = True
    try:
        done, frame = await run_in_threadpool(_act, guest, command, act, wish)
    finally:
        guest.asking = False
    if not done:
        return _refused(409, "This is for the page's script to do, or to say why it is not done.")
    return answer(frame)


def _act(
    guest: G, command: Command, act: Callable[[G, Command], bool], wish: tuple[int, Which]
) -> tuple[bool, bytes | None]:
    if not act(guest, command):
        return False, None
    try:
        return True, guest.run.shown(*wish)
    except GanExplorerError:  # the run was closed at this very moment: the next request for a frame says so
        return True, None


async def _read(request: Request) -> bytes | Response:
    """Read a body that may be of any length, and come at any pace."""
    content = b""
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                content += part
                if len(content) > MAX_BODY:
                    return _refused(413, f"A command has at most {MAX_BODY:,} bytes.")
    except TimeoutError:
        return _refused(408, f"The command did not come within {PATIENCE:g} s.")
    except ClientDisconnect:
        return _refused(400, "The command broke off.")
    return content


def _refused(status: int, words: str) -> Response:
    return JSONResponse({"message": words}, status_code=status, headers=NO_STORE)
