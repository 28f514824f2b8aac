"""Visitors without a browser: a session of the app over its websocket, its commands, and its frames.

What a page of Chromium costs is left out: one of these takes about a hundredth of a core. It reads from the messages
of the server where the live view finds its run, and sends what that view sends.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from gan_core.record.frame import decode

PATIENCE: Final = 90.0
LOOK: Final = 0.2
"""Seconds between two requests for a frame."""


class PlainVisitor:
    """One visitor on the Train page.

    Args:
        url: The server's address.
        query: What the page's address says after the question mark.
        looks: Whether frames are fetched all the time, as by a page that is seen.

    Attributes:
        seed: Of its run, as the address says.
        frames: Frames that have come.
        errors: What the server's pages said had gone wrong.
    """

    def __init__(self, url: str, query: Mapping[str, str], *, looks: bool = True) -> None:
        self._where = urllib.parse.urlsplit(url)
        self._query = urllib.parse.urlencode(query)
        self.seed = query.get("seed", "0")
        self.frames = 0
        self.errors: list[str] = []
        self._header: dict[str, Any] = {}
        self._at_once: frozenset[str] = frozenset()
        self._token = self._id = ""
        self._fragment = self._page = ""
        self._nonce = int(time.time() * 1000)
        self._news = threading.Condition()
        self._left = threading.Event()
        http_ = self._http()
        http_.request("GET", f"/?{self._query}")
        reply = http_.getresponse()
        reply.read()
        found = [value.partition(";")[0] for name, value in reply.getheaders() if name.lower() == "set-cookie"]
        self._cookies = "; ".join(found)
        http_.close()
        self._line = connect(
            f"ws://{self._where.netloc}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": self._cookies} if self._cookies else None,
            max_size=None,
            open_timeout=PATIENCE,
            ping_interval=None,  # a busy machine is no dead one
        )
        self._socket = self._line.__enter__()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._rerun()
        self._await(lambda: bool(self._token), "a run")
        self._looker = threading.Thread(target=self._look, daemon=True)
        if looks:
            self._looker.start()

    # -- what it sees ----------------------------------------------------------------------------------------

    def header(self) -> dict[str, Any]:
        """Fetch the header of the newest frame."""
        line = self._http()
        try:
            self._fetch(line, -1)
        finally:
            line.close()
        return self._header

    def wait_for(self, state: str, timeout: float = PATIENCE) -> None:
        """Wait until the run is in this state."""
        end = time.monotonic() + timeout
        while (found := self.header().get("state")) != state:
            if time.monotonic() > end:
                raise RuntimeError(f"{state}: not within {timeout:g} s; it is {found!r}")
            time.sleep(0.05)

    # -- what it does ----------------------------------------------------------------------------------------

    def command(self, name: str, value: Any = None) -> None:
        """Send a command, as the view does: by its route if it has one, else by the component's trigger."""
        line = self._http()
        try:
            self._command(line, name, value)
        finally:
            line.close()

    def timed(self, name: str, state: str) -> float:
        """Send a command that leads to a state; returns the seconds until a frame says so."""
        line, began = self._http(), time.perf_counter()
        try:
            self._command(line, name)
            while time.perf_counter() < began + PATIENCE:
                if self._header.get("state") == state and self._header.get("heard") == str(self._nonce):
                    return time.perf_counter() - began
                time.sleep(0.02)
                self._fetch(line, -1)
        finally:
            line.close()
        raise RuntimeError(f"{name}: the run is {self._header.get('state')!r}")

    def leave(self) -> None:
        """Close the page."""
        self._left.set()
        self._line.__exit__(None, None, None)
        self._reader.join(10)
        if self._looker.is_alive():
            self._looker.join(10)

    # -- inside ----------------------------------------------------------------------------------------------

    def _http(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._where.hostname or "", self._where.port, timeout=PATIENCE)

    def _command(self, line: http.client.HTTPConnection, name: str, value: Any = None) -> None:
        self._nonce += 1
        asked = {"name": name, "value": value, "n": self._nonce}
        if name in self._at_once:
            line.request("POST", "/gan/command?since=-1", json.dumps(asked), self._headers())
            reply = line.getresponse()
            self._take(reply)
            if reply.status in (200, 204):
                return
        event = {"event": "command", "value": asked}
        self._rerun((f"$$STREAMLIT_INTERNAL_KEY_{self._id}__events", json.dumps([event])))

    def _rerun(self, trigger: tuple[str, str] | None = None) -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_script_hash = self._page
        if trigger is not None:
            view = message.rerun_script.widget_states.widgets.add()
            view.id, view.json_value = self._id, "{}"
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.json_trigger_value = trigger
            message.rerun_script.fragment_id = self._fragment
        self._socket.send(message.SerializeToString())

    def _await(self, ready: Any, what: str) -> None:
        with self._news:
            if not self._news.wait_for(ready, PATIENCE):
                raise RuntimeError(f"{what}: not within {PATIENCE:g} s; the page said {self.errors[:3]}")

    def _read(self) -> None:
        try:
            for content in self._socket:
                if isinstance(content, bytes):
                    with self._news:
                        self._hear(ForwardMsg.FromString(content))
                        self._news.notify_all()
        except ConnectionClosed:
            return

    def _hear(self, message: ForwardMsg) -> None:
        if message.HasField("new_session"):
            self._page = message.new_session.page_script_hash
            return
        if not message.HasField("delta") or not message.delta.HasField("new_element"):
            return
        element = message.delta.new_element
        if element.HasField("exception"):
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        if element.HasField("bidi_component") and element.bidi_component.component_name == "gan_live":
            data = json.loads(element.bidi_component.json or "{}")
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(data.get("url", "")).query)
            self._token = asked.get("t", [self._token])[0]
            self._at_once = frozenset(data.get("atOnce", "").split())
            self._id, self._fragment = element.bidi_component.id, message.delta.fragment_id

    def _look(self) -> None:
        line, serial = self._http(), -1
        while not self._left.wait(LOOK):
            try:
                serial = self._fetch(line, serial)
            except (OSError, http.client.HTTPException):
                line.close()
                line = self._http()
        line.close()

    def _fetch(self, line: http.client.HTTPConnection, since: int) -> int:
        line.request("GET", f"/gan/frame?since={since}", headers=self._headers())
        found = self._take(line.getresponse())
        return since if found is None else found

    def _headers(self) -> dict[str, str]:
        return {"X-Gan-Token": self._token, "Cookie": self._cookies}

    def _take(self, reply: http.client.HTTPResponse) -> int | None:
        """Take in a frame; returns its serial, or None if there is none."""
        content = reply.read()
        if reply.status != 200 or not content:
            return None
        header, _ = decode(content)
        self._header = {**header, "heard": reply.headers.get("X-Heard", "")}
        self.frames += 1
        return int(header["serial"])
