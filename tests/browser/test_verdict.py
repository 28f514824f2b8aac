"""The verdict in the browser: a collapse is named, its evidence and cures are a click away, and a cure cures it."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240), pytest.mark.full]


def test_a_collapse_is_named_pauses_the_run_and_is_cured(open_app: Opener) -> None:
    view = open_app("?preset=collapse")
    page = view.page
    verdict = page.locator(".gan-live .verdict")
    why = page.get_by_role("button", name="why do you say so?")
    why.click()
    page.get_by_label("pause when something happens").check()
    page.keyboard.press("Escape")

    def named() -> bool:
        found = verdict.get_attribute("data-finding") == "mode_collapse"
        if view.state == "paused" and not found:  # at something else, which came first
            view.click("Play")
        return found

    until(named, "a verdict", now=view.report)
    until(lambda: view.state == "paused", "a pause by itself", now=view.report)
    assert "Since step" in verdict.inner_text()
    assert page.locator(".gan-live .lost").inner_text().startswith("First lost: the mode at the ")
    assert not page.locator(".gan-live .card > .reading").is_visible(), (
        "the lines of its plot say how to read a logarithm"
    )
    why.click()
    assert page.locator(".gan-live .evidence li").first.is_visible()
    page.get_by_role("button", name="Try this cure").first.click()
    healthy = ("improving", "like_the_data", "converged")
    until(lambda: verdict.get_attribute("data-finding") in healthy, "a healthy run", timeout=90, now=view.report)
    assert view.state == "playing"
    assert page.locator(".gan-live .card > .reading").inner_text().startswith("D compares pairs")
