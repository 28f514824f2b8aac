"""The gate of the server: the host that was asked for, headers that bound the page, a visitor's cookie.

Knows nothing of Streamlit. A browser's claims about itself decide nothing: who a visitor is, is said by a cookie that
the server has signed, and where somebody comes from by the connection.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "gan_visitor"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_KEY: Final = secrets.token_bytes(32)
"""Signs the cookies of this process; one of another process is as none, and is replaced."""
_ONE_YEAR: Final = 31_536_000
_SOURCES: Final = re.compile(r"[A-Za-z0-9:/.*'\- ]{1,500}")


def frame_ancestors(environment: Mapping[str, str] = os.environ) -> str:
    """Read from ``GAN_EXPLORER_FRAME_ANCESTORS`` which sites may show the app in a frame; else the app's own alone.

    Args:
        environment: The process's variables. The value is as in a Content-Security-Policy, such as
            ``https://lms.example.org``; one that no policy can hold counts as none.
    """
    said = environment.get("GAN_EXPLORER_FRAME_ANCESTORS", "")
    return said if _SOURCES.fullmatch(said) else "'self'"


def hosts_allowed(address: str | None, listed: Sequence[str], users: str) -> tuple[str, ...]:
    """Decide under which names the app answers.

    Args:
        address: ``server.address``.
        listed: ``server.allowedHosts``.
        users: ``GAN_EXPLORER_USERS``.

    Returns:
        The names; empty for any. An app that only its own machine can reach, and that shows one person all that is
        saved, answers to local names alone: else a page of another site could have its own name lead here.
    """
    if listed:
        return tuple(name.lower() for name in listed)
    return LOOPBACK if is_loopback(address) and users.lower() != "many" else ()


def is_loopback(address: str | None) -> bool:
    """Tell whether only this machine can reach a server that listens there."""
    return address is not None and (address.lower() in LOOPBACK or address.startswith("127."))


def host_of(header: str) -> str:
    """Return the name in a Host header, without its port."""
    name, _, port = header.rpartition(":")
    return (name if name and port.isdigit() else header).strip("[]").lower()


def issue() -> str:
    """Make a new visitor's cookie."""
    name = secrets.token_urlsafe(12)
    return f"{name}.{_signature(name)}"


def visitor_of(cookie: object) -> str:
    """Return the visitor that a cookie names; "" unless this server has signed it."""
    name, _, signature = cookie[:200].partition(".") if isinstance(cookie, str) else ("", "", "")
    good = name.isascii() and signature.isascii() and hmac.compare_digest(signature, _signature(name))
    return name if good else ""


def visitor_in(header: str) -> str:
    """Return the visitor that a Cookie header names; "" if it names none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else visitor_of(found.value)


def _signature(name: str) -> str:
    return hmac.new(_KEY, name.encode(), hashlib.sha256).hexdigest()[:32]


class Guard:
    """ASGI middleware: refuses unknown hosts, adds headers to every answer, and gives a new browser its cookie.

    Args:
        app: What answers.
        hosts: Names under which it does; empty for any.
        path: Of the cookie: ``server.baseUrlPath`` with a leading slash, or "/".
        ancestors: Who may show the app in a frame, as in a Content-Security-Policy.
    """

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str] = (), path: str = "/", ancestors: str = "'self'") -> None:
        self._app, self._hosts, self._path = app, tuple(hosts), path
        self._headers = {
            "Content-Security-Policy": f"frame-ancestors {ancestors}",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass on one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._hosts and host_of(headers.get("host", "")) not in self._hosts:
            await self._refuse(scope, receive, send)
            return
        known = scope["type"] == "websocket" or visitor_in(headers.get("cookie", "")) or "/_stcore/" in scope["path"]
        new = "" if known else issue()

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    answer[name] = value
                page = answer.get("content-type", "").startswith("text/html")
                kept = message["status"] == 304 and "text/html" in headers.get("accept", "")  # of an earlier server
                if new and (page or kept):
                    answer.append(
                        "Set-Cookie",
                        f"{COOKIE}={new}; Path={self._path}; Max-Age={_ONE_YEAR}; HttpOnly; SameSite=Lax",
                    )
            await send(message)

        await self._app(scope, receive, pass_on)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        told = (
            "This app does not answer under this name. It answers to: "
            f"{', '.join(self._hosts)}. Start it with --server.allowedHosts and the name, or, behind a web server for "
            "many people, with GAN_EXPLORER_USERS=many."
        )
        await PlainTextResponse(told, 421, headers=self._headers)(scope, receive, send)
