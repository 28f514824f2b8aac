"""The routes of the live view, asked as a browser would, and as a stranger would."""

from __future__ import annotations

import asyncio
import gzip
import importlib.metadata
import json
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette

from gan_core.config import RunConfig, parse_config
from gan_core.metrics import METRICS
from gan_core.record.frame import decode
from pages.ui import live, web
from pages.ui.live.route import FRAME, PAST, TOKEN, plotly_url, routes
from pages.ui.presence import Rooms, Visit
from tests.pages.conftest import Seen, host_of

CONFIG: RunConfig = parse_config(
    {
        "data": {"name": "ring-8"},
        "batch_size": 8,
        "generator": {"width": 8, "depth": 1},
        "discriminator": {"width": 8, "depth": 1},
    }
)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


Get = Callable[..., Reply]


def ask(
    app: Starlette, path: str, method: str = "GET", *, raw: bool = False, code: str = "", body: Sequence[bytes] = (b"",)
) -> Reply:
    """One request to an ASGI app, without a server; a token (``t``) goes along in a header unless ``raw``."""
    path, _, query = path.partition("?")
    given = [] if raw else urllib.parse.parse_qsl(query, keep_blank_values=True)
    query = query if raw else urllib.parse.urlencode([pair for pair in given if pair[0] != "t"])
    tokens = [(TOKEN.lower().encode(), text.encode("latin-1", "replace")) for name, text in given if name == "t"]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": urllib.parse.unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost"), *tokens, (b"x-gan-code", code.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    sent: list[Any] = []
    parts = [*body]

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    # On a thread of its own: a browser test of the same session leaves an event loop running on this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:]))


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    found = Rooms(4, release_after=60)
    host_of(found).monitor.close()  # metrics that come late would be one more frame of a paused run
    yield found
    found.close()


@pytest.fixture
def visit(rooms: Rooms) -> Visit:
    found = rooms.open(CONFIG, (), "")
    assert Seen(found).wait(lambda r: r.step > 3)
    Seen(found).pause()
    assert Seen(found).wait(lambda r: decode(r.frame() or b"")[0]["state"] == "paused")
    return found


@pytest.fixture
def get(rooms: Rooms) -> Get:
    app = Starlette(routes=routes(rooms, ""))
    return lambda path, method="GET": ask(app, path, method)


def test_a_run_s_own_token_gets_its_newest_frame_fresh_and_uncompressed(get: Get, visit: Visit) -> None:
    reply = get(f"/{FRAME}?t={visit.token}&since=")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-encoding"] == "identity"  # Streamlit would compress it on the event loop
    header, arrays = decode(reply.body)
    assert header["state"] == "paused"
    assert header["step"] == Seen(visit).step
    assert arrays["fake"].shape[1] == 2
    assert visit.token.encode() not in reply.body


@pytest.mark.parametrize("token", ["", "x", "%00", "../..", "%F0%9F%A6%86", "A" * 5000])
def test_no_other_token_gets_anything(get: Get, visit: Visit, token: str) -> None:
    for text in (token, visit.token[:-1], visit.token + "x", visit.token.swapcase()):
        reply = get(f"/{FRAME}?t={text}")
        assert (reply.status, reply.body) == (410, b"")
    assert get(f"/{FRAME}").status == 410


def test_a_token_in_an_address_opens_nothing(rooms: Rooms, visit: Visit) -> None:
    app = Starlette(routes=routes(rooms, ""))
    for path in (FRAME, PAST):
        assert ask(app, f"/{path}?t={visit.token}").status == 200, "as the browser sends it"
        assert ask(app, f"/{path}?t={visit.token}", raw=True).status == 410


def test_who_has_the_newest_frame_gets_none(get: Get, visit: Visit) -> None:
    serial = decode(get(f"/{FRAME}?t={visit.token}").body)[0]["serial"]
    reply = get(f"/{FRAME}?t={visit.token}&since={serial}")
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["cache-control"] == "no-store"
    assert get(f"/{FRAME}?t={visit.token}&since={serial - 1}").status == 200
    Seen(visit).step_once()
    assert Seen(visit).wait(lambda r: get(f"/{FRAME}?t={visit.token}&since={serial}").status == 200)


@pytest.mark.parametrize(
    "since", ["-1", "1e9", "NaN", "%C2%B2", "%D9%A3", "0x10", "9" * 4000, "1;2", "1%00", "[]", "+5"]
)
def test_any_other_text_for_since_gets_the_newest_frame(get: Get, visit: Visit, since: str) -> None:
    reply = get(f"/{FRAME}?t={visit.token}&since={since}")
    assert reply.status == 200
    assert decode(reply.body)[0]["step"] == Seen(visit).step


def test_the_raw_generator_is_shown_to_whom_asks_for_it_and_nothing_else_can_be_asked(get: Get, visit: Visit) -> None:
    def shows(asked: str, seen: str) -> bool:
        return Seen(visit).wait(
            lambda _: decode(get(f"/{FRAME}?t={visit.token}&generator={asked}").body)[0]["generator"] == seen
        )

    assert shows("raw", "raw")
    for other in ("ema", "", "RAW", "__class__", "%00"):
        assert shows(other, "ema")
        assert shows("raw", "raw")


def test_a_run_that_has_ended_is_gone(get: Get, visit: Visit) -> None:
    Seen(visit).close()
    assert Seen(visit).wait(lambda r: r.state == "closed")
    assert get(f"/{FRAME}?t={visit.token}").status == 410


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_routes_can_only_be_read(get: Get, visit: Visit, method: str) -> None:
    paths = (f"/{FRAME}?t={visit.token}", f"/{plotly_url()}", f"/{live.ROUTE}/{live.version()}/train/live.js")
    for path in paths:
        assert get(path, method).status == 405


def test_plotly_is_served_once_and_for_good(get: Get) -> None:
    reply = get(f"/{plotly_url()}")
    assert importlib.metadata.version("plotly") in plotly_url()
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/javascript")
    assert "immutable" in reply.headers["cache-control"]
    assert b"plotly.js" in gzip.decompress(reply.body)[:200]


def test_the_view_s_own_files_are_served_under_their_version(get: Get) -> None:
    for name, (content, kind) in live.assets().items():
        reply = get(f"/{live.ROUTE}/{live.version()}/{name}")
        assert reply.status == 200
        assert reply.headers["content-type"].startswith(kind)
        assert "immutable" in reply.headers["cache-control"]
        assert gzip.decompress(reply.body) == content
    figures = json.loads(gzip.decompress(get(f"/{live.ROUTE}/{live.version()}/figures.json").body))
    assert set(figures) == {"light", "dark", "metrics"}
    assert [metric["name"] for metric in figures["metrics"]] == list(METRICS)


@pytest.mark.parametrize(
    "name",
    [
        "000000000000/train/live.js",
        "{v}/no.js",
        "{v}/__init__.py",
        "{v}/route.py",
        "{v}/..%2Froute.py",
        "{v}/%2Fetc%2Fpasswd",
    ],
)
def test_nothing_else_is_served(get: Get, name: str) -> None:
    reply = get(f"/{live.ROUTE}/{name.format(v=live.version())}")
    assert (reply.status, len(reply.body) < 20) == (404, True)


def test_all_parts_of_the_live_views_style_are_served_as_one(get: Get) -> None:
    style = get(f"/{live.ROUTE}/{live.version()}/train/live.css")
    assert style.status == 200
    parts = sorted(web.FOLDER.glob("train/live-*.css"))
    assert len(parts) > 5
    assert all(part.read_bytes() in live.assets()["train/live.css"][0] for part in parts)
    assert not [name for name in live.assets() if name.startswith("train/live-")]


def test_routes_stand_under_the_base_path(rooms: Rooms, visit: Visit) -> None:
    app = Starlette(routes=routes(rooms, "/lab/gan"))
    assert ask(app, f"/lab/gan/{FRAME}?t={visit.token}").status == 200
    assert ask(app, f"/lab/gan/{live.ROUTE}/{live.version()}/train/live.css").status == 200
    assert ask(app, f"/{FRAME}?t={visit.token}").status == 404
