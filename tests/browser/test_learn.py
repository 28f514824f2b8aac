"""The Learn page in a browser: a lesson from question to answer, the step in slow motion, a run from the zoo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import TIMEOUT, Opener, Server, View, opener, until
from tests.browser.tabs import Tabs

pytestmark = pytest.mark.browser


@pytest.fixture
def learn(open_app: Opener, server: Server) -> View:
    """The page, at its first lesson."""
    return open_app("", url=f"{server.url}learn", wait="")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=TIMEOUT * 1000)


def test_a_lesson_is_predicted_watched_explained_and_remembered(learn: View) -> None:
    page = learn.page
    expect(page.get_by_text("3. A much faster D")).to_be_visible(timeout=TIMEOUT * 1000)
    page.get_by_text("3. A much faster D").click()
    page.get_by_text("Stop learning", exact=True).click(timeout=TIMEOUT * 1000)
    answer = page.locator(".st-key-lesson-answer")
    expect(answer).to_contain_text("You predicted it.", timeout=TIMEOUT * 1000)
    expect(answer).to_contain_text("D's loss fell below 0.05 at step")
    assert learn.step == 400
    assert learn.state == "paused"
    until(lambda: "discriminator-wins" in stored(page), "the browser remembers the lesson")
    page.reload()
    expect(page.get_by_text("✓ 3. A much faster D")).to_be_visible(timeout=TIMEOUT * 1000)


def stored(page: Page) -> str:
    return str(page.evaluate("() => localStorage.getItem('gan-explorer.lessons') || ''"))


def test_a_view_that_does_not_come_is_spoken_of_until_it_comes(learn: View) -> None:
    page, held = learn.page, list[Route]()
    page.evaluate(
        """() => {
            const wait = window.setTimeout;
            window.setTimeout = (act, ms, ...more) => wait(act, ms === 10000 ? 50 : ms, ...more);
        }"""
    )

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/theory.js", hold)
    page.get_by_text("Theory", exact=True).click(timeout=TIMEOUT * 1000)
    until(lambda: page.title() and held, "its script is asked for")  # before, the lesson's own may be late as well
    words = page.get_by_text("has not come yet")
    expect(words.first).to_be_visible(timeout=TIMEOUT * 1000)
    held[0].continue_()
    expect(page.get_by_text("Is a Wasserstein loss of −2.00 bad?")).to_be_visible(timeout=TIMEOUT * 1000)
    expect(words).to_have_count(0)


@pytest.fixture(scope="module")
def reader(tabs: Tabs, server: Server) -> Iterator[View]:
    """The page, loaded once for the tests of its other parts, in their order."""
    with opener(tabs, lambda: server) as open_:
        yield open_("", url=f"{server.url}learn", wait="")


def test_a_step_is_taken_line_by_line(reader: View) -> None:
    page = reader.page
    page.get_by_text("One step, in slow motion", exact=True).first.click(timeout=TIMEOUT * 1000)
    press(page, "Next line")
    expect(page.locator("p", has_text="Just executed:")).to_contain_text("x = sample_real()", timeout=TIMEOUT * 1000)
    press(page, "To the end of the step")
    expect(page.get_by_text("1 step done.")).to_be_visible(timeout=TIMEOUT * 1000)
    expect(page.get_by_text("G layer 1").first).to_be_visible()


@pytest.fixture
def theory(reader: View) -> Page:
    """The first section of the theory, or the one that was looked at last."""
    if not reader.page.locator(".gan-theory").count():
        reader.page.get_by_text("Theory", exact=True).click(timeout=TIMEOUT * 1000)
    return reader.page


def test_sliders_of_a_server_that_is_away_say_so_and_ask_again(theory: Page, reader: View) -> None:
    expect(theory.get_by_text("Is a Wasserstein loss of −2.00 bad?")).to_be_visible(timeout=TIMEOUT * 1000)
    asked = "**/gan/theory*"
    theory.route(asked, lambda route: route.abort())
    theory.get_by_label("mean of G's density q").press("ArrowLeft")
    trouble = theory.get_by_text("The server does not answer")
    expect(trouble).to_be_visible(timeout=TIMEOUT * 1000)
    theory.unroute(asked)
    expect(theory.get_by_text("Is a Wasserstein loss of −1.75 bad?")).to_be_visible(timeout=TIMEOUT * 1000)
    expect(trouble).to_be_hidden()
    theory.get_by_label("mean of G's density q").press("ArrowRight")
    expect(theory.get_by_text("Is a Wasserstein loss of −2.00 bad?")).to_be_visible(timeout=TIMEOUT * 1000)
    reader.errors.clear()  # the browser notes that nobody answered


def test_figures_of_the_theory_follow_their_sliders_turn_with_the_page_and_sliders_stay(theory: Page) -> None:
    slider = theory.get_by_label("mean of G's density q")
    figure = theory.get_by_role("img", name="Both densities, the best D, and D as it was trained")
    curves = figure.locator(".scatterlayer")
    curves.wait_for(timeout=TIMEOUT * 1000)
    before = curves.inner_html()
    figure.evaluate("node => { node.seen = true; }")
    slider.press("ArrowRight")
    expect(theory.get_by_text("Is a Wasserstein loss of −2.25 bad?")).to_be_visible(timeout=TIMEOUT * 1000)
    expect(slider).to_have_attribute("aria-valuetext", "2.25")
    until(lambda: curves.inner_html() != before, "the figure follows the slider")
    assert figure.evaluate("node => node.seen"), "it was put up anew and not changed"
    label = figure.locator(".legendtext").first
    light = label.evaluate("text => getComputedStyle(text).fill")
    theory.emulate_media(color_scheme="dark")
    until(lambda: label.evaluate("text => getComputedStyle(text).fill") != light, "a figure for a dark page")
    theory.get_by_role("tab", name="The smallest GAN").click()
    weight = theory.get_by_label("the penalty's weight")
    expect(weight).to_be_disabled(timeout=TIMEOUT * 1000)
    theory.get_by_role("tab", name="The best discriminator").click()
    expect(slider).to_have_attribute("aria-valuetext", "2.25", timeout=TIMEOUT * 1000)
    expect(theory.get_by_text("Is a Wasserstein loss of −2.25 bad?")).to_be_visible(timeout=TIMEOUT * 1000)
    theory.emulate_media(color_scheme="light")


def test_a_choice_beside_the_sliders_changes_the_exhibit(theory: Page) -> None:
    theory.get_by_role("tab", name="The smallest GAN").click(timeout=TIMEOUT * 1000)
    expect(theory.get_by_text("Near the equilibrium the game circles")).to_be_visible(timeout=TIMEOUT * 1000)
    theory.get_by_role("combobox", name="penalty").click()
    theory.get_by_role("option", name="R1", exact=True).click()
    expect(theory.get_by_text("Near the equilibrium the game converges")).to_be_visible(timeout=TIMEOUT * 1000)
    weight = theory.get_by_label("the penalty's weight")
    weight.press("Home")
    expect(theory.get_by_text("Near the equilibrium the game circles")).to_be_visible(timeout=TIMEOUT * 1000)


def test_a_variant_of_the_zoo_is_run(reader: View) -> None:
    page = reader.page
    page.get_by_text("The zoo", exact=True).click(timeout=TIMEOUT * 1000)
    page.get_by_label("Search").fill("dragan")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_text("1 variant, 1 of them runs here.")).to_be_visible(timeout=TIMEOUT * 1000)
    page.get_by_text("DRAGAN, 2017").click()
    press(page, "Run it")
    reader.wait_for("playing")
    reader.wait_beyond(10)
    expect(page.get_by_text("Learn", exact=True).first).to_be_visible()
    assert "dragan" in page.url or "regularisers" in page.url
