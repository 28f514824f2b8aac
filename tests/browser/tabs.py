"""Tabs of a browser that are used again: what their scripts were compiled to is still there.

A page of the app costs eight processor seconds in a new tab and three in one that has shown it before. Each tab has a
context of its own, so two tabs share nothing; and what a test leaves in its tab (storage, cookies, routes, listeners,
size, theme) is gone before the next one has it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, Error, Page

SIZE: Final = {"width": 1280, "height": 800}
_LOOK: Final = {"color_scheme": "light", "reduced_motion": "reduce"}
"""Pictures that do not glide from one to the next cost a fraction; one test has them."""


@dataclass(eq=False)
class Tab:
    """A page that a test has for itself.

    Attributes:
        page: The page.
    """

    page: Page
    _listens: list[tuple[str, Callable[..., None]]] = field(default_factory=list)

    def on(self, event: str, act: Callable[..., None]) -> None:
        """Listen to the page for as long as this test has it."""
        self.page.on(event, act)  # type: ignore[call-overload]
        self._listens.append((event, act))

    def leave(self) -> None:
        """Leave the app's page and forget what was done to it."""
        for event, act in self._listens:
            self.page.remove_listener(event, act)
        self._listens.clear()
        self.page.unroute_all(behavior="ignoreErrors")
        if self.page.url.startswith("http"):  # storage is emptied where no script of the app can fill it again
            self.page.goto(urljoin(self.page.url, "/_stcore/health"))
            self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.context.clear_cookies()


class Tabs:
    """All tabs of a browser, those that are free first."""

    def __init__(self, browser: Browser, timeout: float) -> None:
        self._browser = browser
        self._timeout = timeout
        self._free: list[Tab] = []

    @contextlib.contextmanager
    def lent(self) -> Iterator[Callable[..., Tab]]:
        """Lend tabs; all come back in the end, and those that cannot be lent again are closed."""
        lent: list[Tab] = []

        def lend(**look: Any) -> Tab:
            tab = self._free.pop() if self._free else self._opened()
            lent.append(tab)
            tab.page.set_viewport_size(look.pop("viewport", SIZE))
            tab.page.emulate_media(**{**_LOOK, **look})
            return tab

        try:
            yield lend
        finally:
            for tab in reversed(lent):  # the first is the next one's first, with what it has compiled
                self._take_back(tab)

    def _opened(self) -> Tab:
        context = self._browser.new_context()
        context.set_default_timeout(self._timeout * 1000)
        return Tab(context.new_page())

    def _take_back(self, tab: Tab) -> None:
        context: BrowserContext = tab.page.context
        with contextlib.suppress(Error):
            if not tab.page.is_closed():
                tab.leave()
                self._free.append(tab)
                return
        context.close()
