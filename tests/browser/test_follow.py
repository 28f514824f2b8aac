"""A teacher and two who follow, in real browsers; and the view in large type."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SMALL, Opener, View, until
from tests.browser.test_for_everybody import stands, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
COMMANDS = ("Pause", "Play", "One step", "D update", "Reset", "New seed", "Try this cure", "Go on from here")


def pointed(view: View) -> str:
    return str(view.page.evaluate("() => document.querySelector('.gan-live [data-pointed=true]')?.dataset.panel ?? ''"))


def shows(page: Page, selector: str, height: int) -> bool:
    """The whole of a node is seen without scrolling, and nothing covers its middle."""
    script = """([selector, height]) => {
        const node = document.querySelector(selector), box = node?.getBoundingClientRect();
        if (!box || box.top < 0 || box.left < 0 || box.bottom > height || !box.width) return false;
        return node.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
    }"""
    return bool(page.evaluate(script, [selector, height]))


def test_who_follows_sees_the_teachers_run_looks_where_the_teacher_points_and_commands_nothing(
    view: View, open_app: Opener
) -> None:
    view.click("Let others follow")
    place = view.page.locator(".gan-live .code")
    expect(place).to_be_visible()
    code = place.inner_text()
    link = view.page.get_by_label("Link to follow this run").input_value()
    assert link.endswith(f"/classroom?follow={code}")
    view.page.keyboard.press("Escape")
    one = open_app("", url=link)
    one.wait_beyond(one.step)
    assert one.colours() > 3
    for name in COMMANDS:
        assert not one.page.get_by_role("button", name=name, exact=True).count(), name
    view.page.locator('[data-panel="losses"] h3').click()
    until(lambda: pointed(one) == "losses", "the losses", now=lambda: pointed(one))
    stood = view.pause()
    until(lambda: one.state == "paused" and one.step == stood, "the teacher's step", now=one.report)
    assert one.numbers() == view.numbers()
    view.page.keyboard.press("0")
    view.page.get_by_role("button", name=code).click()
    view.click("End")
    until(lambda: one.state == "closed" and "not shown any more" in one.words(), "the end", now=one.report)
    one.errors[:] = [error for error in one.errors if "410" not in error and "404" not in error]


@pytest.mark.full
def test_two_follow_a_teacher_look_where_the_teacher_points_and_one_plays_on_alone(open_app: Opener) -> None:
    teacher = open_app(SMALL)
    teacher.click("Let others follow")
    place = teacher.page.locator(".gan-live .code")
    expect(place).to_be_visible()
    code = place.inner_text()
    link = teacher.page.get_by_label("Link to follow this run").input_value()
    assert link.endswith(f"/classroom?follow={code}")
    teacher.page.keyboard.press("Escape")
    expect(place).to_be_hidden()

    one = open_app("", url=link)
    two = open_app("", url=f"{teacher.server.url}classroom", wait="")
    typed = two.page.get_by_label("Code, six letters")
    typed.fill("ABCABC" if code != "ABCABC" else "ABCABD")
    two.page.get_by_role("button", name="Join").click()
    expect(two.page.get_by_text("no class of this code")).to_be_visible()
    typed.fill(code.lower())
    two.page.get_by_role("button", name="Join").click()
    two.wait_for("playing")
    for view in (one, two):
        view.wait_beyond(view.step + 5)
        assert view.colours() > 3
        for name in COMMANDS:
            assert not view.page.get_by_role("button", name=name, exact=True).count(), name
        assert not [a for a in view.addresses if "gan/frame" in a], "no run of their own"
    expect(teacher.page.get_by_role("button", name=f"{code} · 2 follow")).to_be_visible()
    for scheme in ("dark", "light"):
        one.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        until(lambda scheme=scheme: stands(one.page, scheme), f"a {scheme} page")  # type: ignore[misc]
        assert not violations(one.page), scheme

    teacher.page.locator('[data-panel="losses"] h3').click()
    for view in (teacher, one, two):
        until(lambda view=view: pointed(view) == "losses", "the losses", now=lambda view=view: pointed(view))  # type: ignore[misc]
    teacher.page.keyboard.press("9")
    until(lambda: pointed(one) == "health", "the last panel", now=lambda: pointed(one))
    until(lambda: shows(one.page, '[data-panel="health"] h3', 800), "it is scrolled to")
    teacher.page.keyboard.press("0")
    until(lambda: not pointed(two), "nothing", now=lambda: pointed(two))

    teacher.pause()
    teacher.reset()
    teacher.single_steps(3)
    stood = teacher.step
    until(lambda: one.state == "paused" and one.step == stood, "the teacher's step", now=one.report)
    numbers = teacher.numbers()
    assert one.numbers() == numbers

    slider = teacher.page.get_by_role("slider", name="Time machine: step to look at")
    slider.focus()
    slider.press("Home")
    for view in (one, two):
        until(lambda view=view: view.step == 0, "the beginning, with the teacher", now=view.report)  # type: ignore[misc]
    expect(one.page.get_by_text("Your teacher looks back, at step 0")).to_be_visible()
    teacher.click("Back to now")
    until(lambda: one.step == two.step == stood, "the present again", now=one.report)
    assert one.numbers() == numbers
    expect(one.page.get_by_text("Your teacher looks back")).to_be_hidden()

    two.page.get_by_role("button", name="Take a copy and play on alone").click()
    until(lambda: bool(two.page.get_by_label("Stop at").count()), "the Train page", now=two.report)
    two.pause()
    two.reset()
    two.single_steps(3)
    assert two.numbers() == numbers, "equal config, equal numbers"

    teacher.page.get_by_role("button", name=code).click()
    teacher.click("End")
    until(lambda: one.state == "closed" and "not shown any more" in one.words(), "the end", now=one.report)
    for view in (one, two):
        view.errors[:] = [error for error in view.errors if "410" not in error and "404" not in error]


def test_large_type_has_picture_and_verdict_in_sight_and_leaves_the_page_as_it_was(open_app: Opener) -> None:
    view = open_app(SMALL, viewport={"width": 1280, "height": 720})
    page = view.page
    page.get_by_label("Stop at").fill("90000")
    page.keyboard.press("p")
    assert not page.locator(".gan-live.presenting").count(), "a field was typed in"
    page.get_by_label("Stop at").press("Enter")
    before = page.evaluate("() => document.querySelector('.gan-live').offsetWidth")
    page.locator(".gan-live .samples canvas").click()
    page.keyboard.press("p")
    for selector in (".gan-live .verdict", ".gan-live .samples .stage", ".gan-live .numbers", ".gan-live .present"):
        until(lambda selector=selector: shows(page, selector, 720), selector)  # type: ignore[misc]
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.presenting :is(.verdict p, .verdict b, .number *, .layer, .step)')]
        .filter((node) => node.getClientRects().length).map((node) => parseFloat(getComputedStyle(node).fontSize))"""
    )
    assert min(sizes) >= 26, "13 px once it is half as large"
    step = view.wait_beyond(view.step)
    page.keyboard.press("Escape")
    until(lambda: not page.locator(".gan-live.presenting").count(), "the page again")
    assert page.evaluate("() => document.querySelector('.gan-live').offsetWidth") == before
    assert view.step >= step
    assert page.get_by_label("Stop at").input_value() == "90000"
    view.click("Present")
    view.click("End")
    assert shows(page, ".gan-live .flow", 720)
