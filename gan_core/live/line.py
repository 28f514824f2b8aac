"""A line between two processes of this app: one side calls, the other answers on a thread for each connection.

A caller has a connection to itself while it waits, so that calls of several threads do not wait for each other; idle
connections are kept. What goes over it is plain values, pickled: both ends are processes that one program has started,
in a folder of its user alone, and each proves that it knows the program's key. Functions stay where they are: in the
place of one that lies in a question (such as who is to be told of progress) goes a number, and calling it calls back.

Importable without torch.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from typing import Any, Final

_LOOK: Final = 1.0
"""Seconds between two looks of a caller who waits at whether the other side is still thought to be there."""
_N_IDLE: Final = 8
"""Connections that are kept for later calls."""

_log = logging.getLogger(__name__)


class LineLostError(Exception):
    """The process at the other end has ended."""


@dataclass(frozen=True)
class Distant:
    """A function that stays in the caller's process.

    Attributes:
        number: Its place among those of the call.
    """

    number: int


class Line:
    """The calling end.

    Args:
        connect: Opens a connection to the other process.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._idle: deque[Connection] = deque()
        self._lost = False

    def call(self, verb: str, *args: Any) -> Any:
        """Have something done in the other process, and wait for it.

        Args:
            verb: What.
            args: Plain values, or frozen dataclasses that may hold functions.

        Returns:
            What comes of it.

        Raises:
            LineLostError: If the other process has ended.
            Exception: What was raised there.
        """
        functions: list[Callable[..., Any]] = []
        message = verb, tuple(_leave(arg, functions) for arg in args)
        try:
            connection = self._idle.pop() if self._idle else self._open()
        except IndexError:  # another thread took the last one
            connection = self._open()
        clean = False
        try:
            connection.send(message)
            kind, value = self._heard(connection)
            while kind == "call":
                number, given = value
                connection.send(_tried(lambda n=number, g=given: functions[n](*g)))  # type: ignore[misc]
                kind, value = self._heard(connection)
            clean = True
        except (EOFError, OSError):
            self.lose()
            raise LineLostError(verb) from None
        finally:
            if clean and not self._lost and len(self._idle) < _N_IDLE:
                self._idle.append(connection)
            else:  # what is left in it would be taken for the next call's answer
                connection.close()
        if kind == "error":
            raise value
        return value

    def lose(self) -> None:
        """Note that the other process has ended: no call comes through any more."""
        self._lost = True
        while self._idle:
            try:
                self._idle.pop().close()
            except (IndexError, OSError):
                break

    def _heard(self, connection: Connection) -> tuple[str, Any]:
        """Wait for a message, or for the other side's end: a machine that has lost its power says nothing."""
        while not connection.poll(_LOOK):
            if self._lost:
                raise EOFError
        heard: tuple[str, Any] = connection.recv()
        return heard

    def _open(self) -> Connection:
        if self._lost:
            raise LineLostError
        try:
            return self._connect()
        except (EOFError, OSError):
            self.lose()
            raise LineLostError from None


def knows(connection: Connection, key: bytes) -> bool:
    """Have the calling side prove that it knows the key, and prove it, too; on a thread that may wait for ever."""
    try:
        deliver_challenge(connection, key)
        answer_challenge(connection, key)
    except (AuthenticationError, EOFError, OSError):
        connection.close()
        return False
    return True


def answer(
    connection: Connection, act: Callable[[str, tuple[Any, ...]], Any], ended: Callable[[], bool] | None = None
) -> None:
    """Answer calls until the other side hangs up; the body of a thread.

    Args:
        connection: To the caller.
        act: Does what is asked for: verb and arguments to a plain value.
        ended: Tells whether to stop answering; asked once a second. None to answer for the process's whole life.
    """
    with connection:
        while True:
            try:
                while ended is not None and not connection.poll(_LOOK):
                    if ended():
                        return
                verb, args = connection.recv()
                reply = _tried(lambda v=verb, a=args: act(v, tuple(_reach(arg, connection) for arg in a)))  # type: ignore[misc]
            except (EOFError, OSError):
                return
            except Exception as error:  # what cannot be read here
                reply = "error", _sendable(error)
            try:
                connection.send(reply)
            except (EOFError, OSError):
                return
            except Exception as error:  # what cannot be sent
                connection.send(("error", _sendable(error)))


def _tried(act: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "done", act()
    except Exception as error:
        return "error", _sendable(error)


def _sendable(error: Exception) -> Exception:
    """Return an error that can be raised in another process; errors of other packages are logged and put in words."""
    ours = type(error).__module__.startswith("gan_core.") and len(error.args) < 2
    if ours:
        return error
    _log.error("a call failed", exc_info=error)
    return RuntimeError(f"{type(error).__name__}: {error}")


def _leave(arg: Any, functions: list[Callable[..., Any]]) -> Any:
    """Put numbers in the place of the functions that a value holds, and gather these."""
    if not dataclasses.is_dataclass(arg) or isinstance(arg, type):
        return arg
    found: dict[str, Distant] = {}
    for each in dataclasses.fields(arg):
        value = getattr(arg, each.name)
        if callable(value) and not isinstance(value, type):
            found[each.name] = Distant(len(functions))
            functions.append(value)
    return dataclasses.replace(arg, **found) if found else arg


def _reach(arg: Any, connection: Connection) -> Any:
    """Put functions that call back in the place of numbers."""
    if not dataclasses.is_dataclass(arg) or isinstance(arg, type):
        return arg
    found = {f.name: value for f in dataclasses.fields(arg) if isinstance(value := getattr(arg, f.name), Distant)}
    calls = {name: _calling(distant, connection) for name, distant in found.items()}
    return dataclasses.replace(arg, **calls) if calls else arg


def _calling(distant: Distant, connection: Connection) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        connection.send(("call", (distant.number, args)))
        kind, value = connection.recv()
        if kind == "error":
            raise value
        return value

    return call
