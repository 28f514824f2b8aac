"""The Runs page in a browser: recorded runs, names and copies, exports, and whose runs are whose."""

from __future__ import annotations

import contextlib
import re

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Route, expect

from gan_core.storage.bundled import recorded
from tests.browser.conftest import Opener, Server, View, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_a_recorded_run_opens_scrubs_and_goes_on(open_app: Opener, server: Server) -> None:
    view = open_app("", url=f"{server.url}runs", wait="")
    late = iter(range(2))

    def list_comes_late(route: Route) -> None:
        """What the run has kept is known after its last frame, as happens now and then."""
        if next(late, None) is None:
            route.continue_()
        else:
            route.fulfill(status=204)

    view.page.route("**/gan/past*", list_comes_late)
    view.page.get_by_role("button", name="A GAN that collapsed").click()
    view.wait_for("paused")
    until(lambda: view.step == 1300, "the recorded run", now=view.report)
    verdict = view.page.locator(".gan-live .verdict")
    expect(verdict).to_have_attribute("data-finding", "mode_collapse")
    assert "Since step" in verdict.inner_text()
    view.page.get_by_role("button", name="why do you say so?").click()
    expect(view.page.locator(".gan-live .evidence li").first).to_be_visible()
    view.page.keyboard.press("Escape")
    expect(view.page.locator(".gan-live .evidence li").first).to_be_hidden()
    losses = view.page.locator(".gan-live .card.losses .plot")
    expect(losses.get_by_text("★")).to_be_visible()
    slider = view.page.get_by_role("slider", name="Time machine: step to look at")
    loss = view.page.locator('.gan-live .part[data-part="g-loss"]')
    words, number = view.words(), loss.inner_text()
    slider.press("Home")
    until(lambda: view.get("past") == "0", "the beginning", now=view.report)
    until(lambda: view.words() != words and loss.inner_text() != number, "words and loss of then", now=view.report)
    view.click("★ best")
    best = recorded("collapse").past.best
    assert best is not None
    until(lambda: view.get("past") == str(best.step), "the best step", now=view.report)
    view.click("Go on from here")
    until(lambda: view.step == best.step and view.state == "paused", "a run from there", now=view.report)
    until(lambda: int(slider.get_attribute("max") or 0) > 20, "the past before it", now=view.report)
    view.single_steps(1)


def test_a_saved_run_is_named_and_copied(view: View) -> None:
    view.wait_beyond(30)
    view.pause()
    page = view.page
    token = page.evaluate("() => localStorage.getItem('gan-explorer.browser')")
    assert re.fullmatch("[0-9a-f]{32}", token)
    page.get_by_role("link", name="Runs").click()
    row = page.locator('[class*="st-key-run-"]').filter(has_text="open now")
    expect(row.get_by_role("img").first).to_be_visible()
    row.get_by_role("button", name="More").click()
    name = page.get_by_label("Name", exact=True)
    name.fill("my <b>ring</b>")
    name.press("Enter")
    expect(row.get_by_text("my <b>ring</b>")).to_be_visible()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_text("my <b>ring</b>, copy")).to_be_visible()


@pytest.mark.full
def test_a_film_is_made_with_progress_and_can_be_cancelled(view: View) -> None:
    view.wait_beyond(30)
    page = view.page
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("button", name="1,000 samples …").click()
    expect(page.get_by_role("button", name=re.compile(r"Save .*samples\.zip"))).to_be_visible()
    page.get_by_role("button", name="Make something else").click()
    page.get_by_role("button", name="Film …").click()
    page.get_by_role("slider", name="Length, seconds").press("End")
    page.get_by_role("button", name="Make the film").click()
    expect(page.get_by_role("progressbar").or_(page.get_by_role("button", name=re.compile("Save")))).to_be_visible()
    with contextlib.suppress(PlaywrightError):  # it may be made before it can be cancelled
        page.get_by_role("button", name="Cancel").click(timeout=2_000)
    ended = page.get_by_text("Cancelled; nothing was written.").or_(page.get_by_role("button", name=re.compile("Save")))
    expect(ended).to_be_visible()
    page.get_by_role("link", name="Train").click()
    view.wait_for("playing")
