"""Words in a browser: read on the Train page while they are learned, and on the Apply page beside pairs of letters."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener, Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_words_are_read_on_the_train_page_and_their_own_cards_stand_beside_them(open_app: Opener) -> None:
    page = open_app("?preset=grammar").page
    expect(page.locator(".gan-live .samples[data-kind=text]")).to_be_visible()
    canvas = page.locator(".gan-live .samples canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile(r"60 generated words beside expressions: [-x+*/ ]+, "))
    expect(canvas).to_have_attribute("aria-label", re.compile(r"real ones: x[-x+*/]*, "))
    expect(page.get_by_role("button", name="walk", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="manifold")).to_be_hidden()
    expect(page.locator(".gan-live .numbers")).to_contain_text("different words")
    expect(page.locator(".gan-live .numbers")).to_contain_text("grammatical")


def test_the_card_writes_words_that_begin_as_asked_and_says_what_cannot_be_written(
    open_app: Opener, server: Server
) -> None:
    page = open_app("", url=f"{server.url}apply?application=text", wait="").page
    expect(page.get_by_text("Pairs of letters, no GAN")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Of 4,000 words of each, \d+\.\d % are real with the GAN, "))).to_be_visible()
    expect(
        page.locator('[data-testid="stDataFrame"] td').filter(has_text=re.compile("^[a-z]+$")).first
    ).to_be_attached()
    letters = page.get_by_role("textbox", name="Begin with")
    letters.fill("st")
    letters.press("Enter")
    expect(page.get_by_text(re.compile(r"of 4,000 z give a word that begins with “st”;"))).to_be_visible()
    letters.fill("<b>x")
    letters.press("Enter")
    expect(page.get_by_text("words here are made of the letters abc")).to_be_visible()
    assert not page.locator("b", has_text="x").count()
