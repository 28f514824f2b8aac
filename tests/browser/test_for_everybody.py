"""Every page, light and dark: axe-core finds nothing, the title is the page's own, nothing is asked of another host."""

from __future__ import annotations

import importlib.resources
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SMALL, Server, View, opener, until
from tests.browser.tabs import Tabs

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

# Address, and what is there once the page is. To a page without a query leads its link, to a part of the page before
# it the texts after each ">": the app is not loaded anew.
PLACES = {
    "Train": (f"?{SMALL}", ".gan-live[data-theme][data-state=playing] .evidence"),
    "Train, images": ("?preset=digits", ".gan-live[data-theme] .samples[data-kind=images]"),
    "Classroom": ("classroom", '[class*="st-key-task-all-eight"]'),
    "Classroom, a task": ("classroom?task=all-eight", '[class*="st-key-class-begin"]'),
    "Latent": ("latent", ".gan-latent[data-theme] .film .tile canvas"),
    "Latent, inside": (">Advanced>Inside G", ".gan-latent[data-section=units] .tile canvas"),
    "Latent, directions": (">Advanced>Directions", ".gan-latent[data-section=directions] .slidden"),
    "Apply": ("apply?application=super-resolution", '[data-testid="stImage"] img[alt="the truth"]'),
    "Collapse": ("collapse", ".gan-lab[data-theme] .side-by-side [data-finding]"),
    "Learn": ("learn", '[data-testid="stMain"] h2, [data-testid="stMain"] h3, [data-testid="stMain"] button'),
    "Learn, step": (">One step, in slow motion", ".gan-figure .main-svg"),
    "Learn, theory": (">Theory", ".gan-theory[data-state=shown] .gan-figure .main-svg"),
    "Learn, zoo": (">The zoo", '[data-testid="stMain"] [data-testid="stExpander"], [data-testid="stMain"] table'),
    "Watch": ("watch", '[data-testid="stCode"], .gan-watch[data-theme] .samples'),
    "Runs": ("runs", '[data-testid="stFileUploaderDropzone"]'),
    "Guide": ("guide", "h1, h2"),
}

# Streamlit's own: a drop area that is marked as decoration, around a button that is not.
STREAMLITS = {"presentation-role-conflict": '[data-testid="stFileUploaderDropzone"]'}

OF_COLOURS = ("color-contrast", "link-in-text-block")
"""axe-core's rules whose answer depends on the theme."""


@pytest.fixture(scope="module")
def visitor(tabs: Tabs, server: Server) -> Iterator[View]:
    """One visitor, who looks at one page after another."""
    with opener(tabs, lambda: server) as open_:
        yield open_("", url=f"{server.url}guide", wait="")


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds, in words.

    Args:
        page: Where to look.
        rules: axe-core's names of the rules to ask; none for all of them.
    """
    page.evaluate(AXE)
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    options = {"resultTypes": ["violations"], **only}
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(options).then(r => r.violations)", options)
    for rule in found:
        if own := STREAMLITS.get(rule["id"]):
            rule["nodes"] = [
                n for n in rule["nodes"] if not page.locator(n["target"][-1]).first.evaluate(f"e => e.matches('{own}')")
            ]
    return [f"{rule['id']} ({rule['help']}): {n['target']} {n['html'][:200]}" for rule in found for n in rule["nodes"]]


def stands(page: Page, scheme: str) -> bool:
    """Whether the page has turned light or dark, and no script runs."""
    script = """(dark) => {
        const [r, g, b] = getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/\\d+/g).map(Number);
        const turned = (r + g + b < 384) === dark;
        const ended = (one) => one.playState !== 'running' || one.effect.getTiming().iterations > 9;
        const views = [...document.querySelectorAll('[data-theme]')];
        return turned && views.every((view) => (view.dataset.theme === 'dark') === dark)
            && !document.querySelector('[data-test-script-state="running"]')
            && document.getAnimations().every(ended);
    }"""
    return bool(page.evaluate(script, scheme == "dark"))


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_and_the_page_says_what_it_is(visitor: View, server: Server, place: str) -> None:
    address, there = PLACES[place]
    page = visitor.page
    title = f"{place.split(',')[0]} · GAN Explorer"
    if address.startswith(">"):
        if page.title() != title:
            page.get_by_role("link", name=place.split(",")[0], exact=True).click()
        _, *texts = address.split(">")
        for text, wanted in itertools.pairwise([*texts, ""]):
            if not (wanted and page.get_by_text(wanted, exact=True).count()):  # else it is on already
                page.get_by_text(text, exact=True).first.click()
    elif "?" in address:
        page.goto(f"{server.url}{address}")
    else:
        page.get_by_role("link", name=place, exact=True).click()
    until(lambda: page.title() == title, f"the title {title}", now=page.title)
    page.locator(there).first.wait_for(state="attached")
    icons = page.eval_on_selector_all("link[rel~=icon]", "links => links.map(link => link.href)")
    assert icons
    assert all(icon.startswith((server.url, "data:")) for icon in icons), icons
    page.emulate_media(color_scheme="light")
    until(lambda: stands(page, "light"), "a light page", now=visitor.report)
    if place == "Train":
        assert not violations(page), "while it plays"
    if visitor.state == "playing":
        visitor.pause()  # neither axe-core nor the next page is to wait for this one's run
    if place != "Train":
        assert not violations(page)
    page.emulate_media(color_scheme="dark")
    until(lambda: stands(page, "dark"), "a dark page", now=visitor.report)
    assert not violations(page, *OF_COLOURS), "dark"  # all else is the same nodes and words again


def test_what_is_opened_is_for_everybody_too(visitor: View, server: Server) -> None:
    page = visitor.page
    page.emulate_media(color_scheme="light")
    page.goto(f"{server.url}?{SMALL}")
    visitor.wait_for("playing")
    open_all = "all => all.filter(one => !one.open).forEach(one => one.querySelector('summary').click())"
    page.locator('[data-testid="stSidebar"] details').evaluate_all(open_all)
    until(lambda: not page.locator('[data-testid="stSidebar"] details:not([open])').count(), "all sections are open")
    visitor.pause()
    why = page.get_by_role("button", name="why do you say so?")
    if why.is_visible():
        why.click()
    until(lambda: stands(page, "light"), "the page stands", now=visitor.report)
    assert not violations(page)
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("button", name="More").first.click()
    page.get_by_role("button", name="Duplicate").wait_for()
    assert page.locator('[class*="st-key-run-"] img').first.get_attribute("alt")
    assert not violations(page)
