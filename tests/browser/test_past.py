"""The time machine on the page, and what is left of a run when its server is killed."""

from __future__ import annotations

import time

import pytest

from tests.browser.conftest import Opener, Server, View, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_scrubbing_shows_the_past_and_the_run_goes_on_from_it(view: View) -> None:
    slider = view.page.get_by_role("slider", name="Time machine: step to look at")
    until(lambda: slider.is_visible() and int(slider.get_attribute("max") or 0) >= 3, "a past", now=view.report)
    step = view.pause()
    time.sleep(1)  # the points glide to where they are
    present = view.picture()
    slider.press("Home")
    until(lambda: view.get("past") == "0", "the first picture", now=view.report)
    until(lambda: view.picture() != present, "another picture", now=view.report)
    first = view.picture()
    assert view.step == step  # the run itself stands where it stood
    view.click("Back to now")
    until(lambda: view.get("past") == "", "the present", now=view.report)
    until(lambda: view.picture() != first, "the picture of now", now=view.report)
    slider.press("Home")
    until(lambda: view.get("past") == "0", "the first picture", now=view.report)
    view.click("Go on from here")
    until(lambda: view.step == 0 and view.state == "paused", "a run from step 0", now=view.report)
    view.single_steps(1)


def test_while_the_past_is_looked_at_the_run_goes_on_and_is_heard_of(view: View) -> None:
    slider = view.page.get_by_role("slider", name="Time machine: step to look at")
    until(lambda: slider.is_visible() and int(slider.get_attribute("max") or 0) >= 3, "a past", now=view.report)
    slider.press("Home")
    until(lambda: view.get("past") == "0", "the first picture", now=view.report)
    until(lambda: "as it was at step 0" in view.page.locator(".gan-live .samples .note").inner_text(), "its step")
    numbers, step = view.numbers(), view.step
    assert view.wait_beyond(step + 20) > step, "the counter stands still"
    assert {k: v for k, v in view.numbers().items() if k != "step"} == {k: v for k, v in numbers.items() if k != "step"}
    assert view.get("past") == "0"
    view.page.locator(".gan-live canvas").first.click()
    view.page.keyboard.press("Space")
    view.wait_for("paused")
    view.page.keyboard.press("Space")
    view.wait_for("playing")
    view.pause()
    view.click("Reset")  # the moment that is looked at belongs to a run that is no more
    until(lambda: view.get("past") == "" and view.step == 0, "the beginning of the new run", now=view.report)
    until(lambda: "all the time" in view.page.locator(".gan-live .samples .note").inner_text(), "the picture of now")


@pytest.mark.full
def test_a_killed_server_leaves_runs_to_go_on_with(open_app: Opener, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("killed")
    first = Server(folder / "log.txt", 4)
    try:
        view = open_app(at=first)
        view.may_lose_connection = True
        view.wait_beyond(50)
        step = view.pause()
        runs = folder / "runs"
        until(lambda: any(runs.glob("*.safetensors")), "a saved run", now=view.report)
    finally:
        first.kill()
    root = view.page.locator(".gan-live")
    until(lambda: root.get_attribute("data-state") == "unreached", "the page says that nobody answers")
    assert "The server does not answer." in view.words()
    assert view.page.get_by_role("button", name="Play", exact=True).is_disabled()
    second = Server(folder / "log.txt", 4)
    try:
        again = open_app("", at=second, url=f"{second.url}runs", wait="")
        again.page.get_by_text(f"step {step:,}", exact=False).first.wait_for()
        again.page.get_by_role("button", name="Go on", exact=True).click()
        again.page.get_by_role("link", name="Train").click()
        again.wait_for("playing")
        assert again.wait_beyond(step) > step
        again.pause()
        again.may_lose_connection = True
    finally:
        second.stop()
