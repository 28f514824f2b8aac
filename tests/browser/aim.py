"""Clicks that reach what they aim at, on a page that is still being laid out.

Playwright finds where an element is, and then presses the mouse there. A page that grows in between has moved the
element by then, and the click goes to what holds it: nothing happens, and a visitor would click again. So do these.
Only a click that hit nothing but a container of its aim is repeated; one that was received is never sent twice.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, Final

from playwright.sync_api import Error, Locator

_TIMES: Final = 5
_LISTEN: Final = """() => {
    window.hit = null;
    const note = (event) => { window.hit = event.composedPath()[0]; };
    document.addEventListener('click', note, {capture: true, once: true});
}"""
_MISSED: Final = """(aim) => {
    const hit = window.hit;
    if (!hit || !aim.isConnected || hit === aim || !hit.contains(aim)) return false;
    return !aim.closest('a, button, label, summary, [role]')?.contains(hit);
}"""


@contextlib.contextmanager
def aiming() -> Iterator[None]:
    """Have every click of a locator repeated that missed."""
    click = Locator.click
    Locator.click = _aimed(click)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Locator.click = click  # type: ignore[method-assign]


def _aimed(click: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(click)
    def again(self: Locator, **options: Any) -> None:
        for _ in range(_TIMES):
            aim = self.element_handle(timeout=options.get("timeout"))
            aim.evaluate(_LISTEN)
            click(self, **options)
            try:
                if not aim.evaluate(_MISSED):
                    return
            except Error:  # the click has led to another document
                return
        raise AssertionError(f"{self}: {_TIMES} clicks, none of which reached it")

    return again
