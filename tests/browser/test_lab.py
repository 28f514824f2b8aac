"""The Collapse lab as a visitor has it: a failure, its cure beside it, one transport for both."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opener, Server, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Open = Callable[..., Page]


@pytest.fixture
def open_lab(open_app: Opener, server: Server) -> Open:
    """Open the lab at a link."""

    def open_(link: str = "") -> Page:
        look = {"viewport": {"width": 1440, "height": 1700}}
        page = open_app(link, url=f"{server.url}collapse", wait="", **look).page
        until(lambda: lab(page).count() and step(page) > 0, "the sides train", now=lambda: page.inner_text("body"))
        return page

    return open_


def lab(page: Page) -> Locator:
    return page.locator(".gan-lab")


def step(page: Page) -> int:
    return int(lab(page).get_attribute("data-step") or 0)


def address(page: Page) -> str:
    """What the address says now; `Page.url` is only as new as the last call to the page."""
    return str(page.evaluate("location.href"))


def side_steps(page: Page) -> set[int]:
    sides = page.locator(".gan-lab .side-by-side").all()
    return {int(side.get_attribute("data-step") or -1) for side in sides}


def state(page: Page) -> str:
    return lab(page).get_attribute("data-state") or ""


def pause(page: Page) -> int:
    page.get_by_role("button", name="Pause").click()
    until(lambda: state(page) == "paused", "it stands")
    return step(page)


def picture(page: Page, side: int) -> str:
    found: str = page.locator(".gan-lab .stage canvas").nth(side).evaluate("canvas => canvas.toDataURL()")
    return found


def test_both_sides_train_in_step_and_answer_to_one_transport(open_lab: Open) -> None:
    page = open_lab("failure=ring-collapse")
    for _ in range(5):
        both = page.evaluate(
            "() => [...document.querySelectorAll('.gan-lab .side-by-side')].map(side => side.dataset.step)"
        )
        assert len(both) == 2
        assert len(set(both)) == 1
        page.wait_for_timeout(150)
    stood = pause(page)
    page.wait_for_timeout(400)
    assert side_steps(page) == {stood}
    page.get_by_role("button", name="One step").click()
    until(lambda: step(page) == stood + 1, "one step more")
    assert side_steps(page) == {stood + 1}
    page.get_by_role("button", name="Reset").click()
    until(lambda: step(page) == 0, "the beginning")
    page.get_by_role("button", name="Play").click()
    until(lambda: step(page) > 5, "it plays")
    until(lambda: page.locator(".gan-lab .js-plotly-plot").count() >= 4, "plots of both sides")
    ranges = page.evaluate(
        """() => [...document.querySelectorAll('.gan-lab [data-plot="losses"]')]
            .map(plot => JSON.stringify(plot._fullLayout.yaxis.range))"""
    )
    assert len(set(ranges)) == 1, f"scales differ: {ranges}"


def test_a_click_in_the_gallery_and_another_cure_change_the_picture(open_lab: Open) -> None:
    page = open_lab()
    pause(page)
    page.wait_for_timeout(500)
    before = picture(page, 1)
    page.get_by_role("button", name="Show", exact=True).first.click()
    until(lambda: page.get_by_role("button", name="Shown").count() == 1 and step(page) > 0, "another cure")
    pause(page)
    until(lambda: picture(page, 1) != before, "another picture")
    page.get_by_role("radio", name="Divergence", exact=True).click()
    until(lambda: "failure=divergence" in address(page), "its own link")
    said = page.locator(".gan-lab .differs").nth(1)
    until(lambda: "G learns at a rate of 0.001, not 1" in said.inner_text(), "the difference in words")
    page.get_by_role("button", name="Take this side away").first.click()
    until(lambda: lab(page).get_attribute("data-sides") == "1", "one side left")
    page.get_by_role("button", name="Open on Train").click()
    page.locator(".gan-live:not(.gan-lab)").wait_for()
    until(
        lambda: "objective=non_saturating" in page.url,
        "the side's own settings on the Train page",
        now=lambda: page.url,
    )


TINY = {"batch_size": 8, "generator.width": 8, "discriminator.width": 8}


def rows(page: Page) -> tuple[int, int]:
    """How many rows of a sweep are there: as the progress says, and as the plot of its first score shows."""
    words = page.get_by_test_id("stProgress").inner_text()
    script = """() => [...document.querySelectorAll('.js-plotly-plot')]
        .filter(plot => plot.textContent.includes('Modes captured'))
        .flatMap(plot => plot.data.filter(trace => trace.text && trace.yaxis === 'y').map(trace => trace.y.length))
        .reduce((sum, n) => sum + n, 0)"""
    return int(words.split()[0]), int(page.evaluate(script))


@pytest.mark.full
def test_a_sweep_fills_row_by_row_and_can_be_ended(open_lab: Open) -> None:
    page = open_lab(f"sides=own&changeA={quote(json.dumps(TINY))}")
    steps = page.locator(".st-key-lab-sweep-steps input")
    steps.fill("200")
    steps.press("Enter")
    page.get_by_role("button", name="Train", exact=True).click()
    until(lambda: page.get_by_text("of 9 runs").count(), "its progress")
    assert rows(page) == (0, 0)
    until(lambda: 1 <= rows(page)[0] == rows(page)[1], "rows", now=lambda: f"{rows(page)}")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_text("Ended; Train goes on where it was.").wait_for()
    until(lambda: 1 <= rows(page)[0] == rows(page)[1] < 9, "what was trained stays", now=lambda: f"{rows(page)}")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    expect(page.get_by_role("button", name="Rows as CSV")).to_be_visible()


@pytest.mark.full
def test_the_comparison_is_repeated_over_seeds(open_lab: Open) -> None:
    page = open_lab(f"sides=own&changeA={quote(json.dumps(TINY))}")
    for key, choice in (("seeds", "3"), ("steps", "300")):
        option = page.get_by_role("option", name=choice, exact=True)

        def opened(key: str = key, option: Locator = option) -> bool:
            """Open the list, again if a run of the page's script has closed it."""
            if not option.is_visible():
                page.locator(f".st-key-lab-{key}").get_by_role("combobox").click()
            return option.is_visible()

        until(opened, f"the choices of {key}")
        option.click()
    page.get_by_role("button", name="Repeat", exact=True).click()
    page.get_by_text("3 of 3 trials.").wait_for()
    expect(page.get_by_role("button", name="Repeat", exact=True)).to_be_enabled()
    shown = page.locator(".st-key-lab-repeats .js-plotly-plot")
    until(lambda: "modes reached" in shown.inner_text(), "the plot of all seeds")
    assert shown.locator(".points path").count() >= 3  # one for each seed, though they may lie on each other
