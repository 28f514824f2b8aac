"""The gate of the server: hosts, headers, the visitor's cookie; and text that is shown as text."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.types import Message

from pages.ui import guard, session
from pages.ui.prose import plain


async def _page(request: Any) -> HTMLResponse:
    return HTMLResponse("<p>here</p>")


async def _frame(request: Any) -> JSONResponse:
    return JSONResponse({})


def get(site: guard.Guard, path: str = "/", *, kind: str = "http", **headers: str) -> list[Message]:
    """Ask for a path; returns what the server sends."""
    sent: list[Message] = []
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": kind, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": given,
        "root_path": "", "scheme": "http", "server": ("127.0.0.1", 1), "client": ("127.0.0.1", 2),
        "http_version": "1.1",
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    # On a thread of its own: in one worker with the browser's tests there is a loop already.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(site(scope, receive, send))).result(10)
    return sent


def site(**how: Any) -> guard.Guard:
    return guard.Guard(Starlette(routes=[Route("/", _page), Route("/gan/frame", _frame)]), **how)


def headers_of(sent: list[Message]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_every_answer_bounds_what_a_browser_may_do_with_it() -> None:
    for path in ("/", "/gan/frame", "/nothing"):
        found = headers_of(get(site(), path))
        assert found["content-security-policy"] == "frame-ancestors 'self'"
        assert found["x-content-type-options"] == "nosniff"
        assert found["referrer-policy"] == "same-origin"


def test_a_page_gives_a_new_browser_a_cookie_once() -> None:
    given = headers_of(get(site(path="/lab")))["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/lab"} <= set(given.split("; "))
    pair = given.partition(";")[0]
    assert guard.visitor_of(pair.partition("=")[2])
    assert "set-cookie" not in headers_of(get(site(), cookie=pair))
    assert "set-cookie" not in headers_of(get(site(), "/gan/frame")), "a picture is no page"


@pytest.mark.parametrize("end", ["", "x", "é"])
def test_a_cookie_that_the_server_has_not_signed_names_nobody(end: str) -> None:
    good = guard.issue()
    assert guard.visitor_of(good)
    assert guard.visitor_of(good[:-1] + end) == ""
    assert guard.visitor_of("somebody.") == guard.visitor_of("." * 500) == guard.visitor_of(None) == ""
    forged = "gan_visitor=" + good[:-1]
    assert "set-cookie" in headers_of(get(site(), cookie=forged)), "it is replaced"


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8501", 200), ("127.0.0.1", 200), ("[::1]:8501", 200), ("evil.example", 421), ("", 421),
     ("localhost.evil.example:80", 421), ("evil.example:localhost", 421)],
)  # fmt: skip
def test_an_app_of_one_machine_answers_to_local_names_alone(host: str, status: int) -> None:
    here = site(hosts=guard.hosts_allowed("localhost", [], ""))
    assert get(here, host=host)[0]["status"] == status
    assert get(here, host=host, kind="websocket")[0]["type"].startswith("websocket.")


def test_hosts_are_those_that_were_listed_or_any_for_many() -> None:
    assert guard.hosts_allowed("localhost", ["GAN.example.org"], "") == ("gan.example.org",)
    assert guard.hosts_allowed("127.0.0.1", [], "many") == ()
    assert guard.hosts_allowed(None, [], "") == guard.hosts_allowed("0.0.0.0", [], "one") == ()


@pytest.mark.parametrize("said", ["", "https://a.example\r\nSet-Cookie: x=1", "x; script-src *", "y" * 600])
def test_only_what_a_policy_can_hold_gets_into_it(said: str) -> None:
    assert guard.frame_ancestors({"GAN_EXPLORER_FRAME_ANCESTORS": said}) == "'self'"


def test_a_school_may_show_the_app_in_its_pages() -> None:
    asked = "'self' https://*.school.example"
    assert guard.frame_ancestors({"GAN_EXPLORER_FRAME_ANCESTORS": asked}) == asked


@pytest.mark.parametrize(
    ("address", "due"), [("localhost", True), ("127.0.0.1", True), (None, False), ("0.0.0.0", False), ("", False)]
)
def test_whom_the_app_is_for_is_what_it_listens_on(
    monkeypatch: pytest.MonkeyPatch, address: str | None, due: bool
) -> None:
    monkeypatch.delenv("GAN_EXPLORER_USERS", raising=False)
    monkeypatch.setattr(st, "get_option", {"server.address": address}.get)
    assert session.is_for_one() is due


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("[click](http://evil.example)", r"\[click\]\(http:" + "\u2060" + r"//evil.example\)"),
        ("www.evil.example", "www\u2060.evil.example"),
        ("me@evil.example", "me\u2060@evil.example"),
        ("![x](y) <b> :fire: $a$ `c` **d** ~e~", r"\!\[x\]\(y\) \<b\> \:fire: \$a\$ \`c\` \*\*d\*\* \~e\~"),
        ("_a_ lr_g: 3 :red[b]", r"\_a\_ lr_g: 3 \:red\[b\]"),
        ("# head\n\n- item", r"\# head - item"),
        ("12. of May", r"12\. of May"),
        ("ring-8, step 2.5", "ring-8, step 2.5"),
    ],
)
def test_markup_in_a_text_is_shown_as_it_is(text: str, due: str) -> None:
    assert plain(text) == due
