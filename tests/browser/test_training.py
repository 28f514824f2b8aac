"""What a visitor sees and does while a GAN trains, in a real browser."""

from __future__ import annotations

import time
import urllib.parse

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SMALL, Opener, View, lossy, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def link(view: View) -> str:
    """The query of the address bar; asked of the page itself, because `Page.url` lags behind."""
    return str(view.page.evaluate("() => location.search")).removeprefix("?")


def parameters(view: View) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(link(view))


def test_the_picture_changes_while_it_trains_and_pause_stops_it(view: View) -> None:
    view.page.emulate_media(reduced_motion="no-preference")
    first, serial, step = view.picture(), view.serial, view.wait_beyond(view.step)
    until(lambda: view.picture() != first and view.serial > serial, "another picture")
    # The answer to Play shows a run that plays for less than the twentieth of a second that a rate is measured over.
    until(lambda: float(view.get("steps-per-second")) > 0, "a rate", now=view.report)
    step = view.pause()
    pictures = [view.picture()]
    until(lambda: pictures.append(view.picture()) or pictures[-1] == pictures[-2], "the last picture")
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert (view.state, view.step) == ("paused", step)
        assert view.picture() == pictures[-1]
    assert float(view.get("steps-per-second")) == 0
    view.click("Play")
    assert view.wait_beyond(step) > step
    assert view.state == "playing"
    view.page.emulate_media(reduced_motion="reduce")


def test_one_step_is_exactly_one_step(view: View) -> None:
    step = view.pause()
    view.single_steps(3)
    assert view.step == step + 3
    for _ in range(4):  # faster than the server answers
        view.click("One step")
    until(lambda: view.step == step + 7, "four steps more")
    end = time.monotonic() + 1
    while time.monotonic() < end:
        assert view.step == step + 7


def test_reset_repeats_the_same_numbers_and_a_new_seed_gives_others(view: View) -> None:
    view.pause()
    seen = []
    for _ in range(2):
        view.reset()
        view.single_steps(5)
        seen.append(view.numbers())
    assert seen[0] == seen[1]
    assert seen[0]["step"] == "5"
    view.click("New seed")
    until(lambda: view.step == 0 and parameters(view).get("seed") == ["1"], "another seed in the link")
    view.single_steps(5)
    assert view.numbers() != seen[0]


@pytest.mark.full
def test_a_link_repeats_the_run(open_app: Opener) -> None:
    mine = open_app(f"{SMALL}&seed=5")
    mine.pause()
    mine.reset()
    mine.single_steps(3)
    slider = mine.knob("lr_d").get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    until(lambda: "changes" in parameters(mine), "the change in the link")
    tuned = parameters(mine)["changes"]
    mine.click("D update")
    until(lambda: parameters(mine)["changes"] != tuned, "the update in the link")

    theirs = open_app(link(mine))
    at = theirs.wait_beyond(10) and theirs.pause()
    assert parameters(theirs) == parameters(mine)
    numbers = theirs.numbers()

    field = mine.page.get_by_label("Stop at")
    field.fill(str(at))
    field.press("Enter")
    mine.click("Play")
    until(lambda: mine.step == at and mine.state == "paused", f"step {at}", now=mine.report)
    assert mine.numbers() == numbers
    for view in (mine, theirs):
        view.reset()
        view.single_steps(2)
    # A reset keeps what was tuned in a run: their run had repeated it by then.
    assert mine.numbers() == theirs.numbers()


def token_of(page: Page) -> str:
    """The token that a page's next request for a frame carries."""
    with page.expect_request("**/gan/frame*") as asked:
        pass
    return str(asked.value.headers["x-gan-token"])


def test_two_visitors_do_not_see_each_other(view: View, open_app: Opener) -> None:
    one, two = view, open_app(f"{SMALL.replace('ring-8', 'moons')}&seed=2")
    step = one.pause()
    two.wait_beyond(two.step + 50)
    assert (one.state, one.step) == ("paused", step)
    assert one.page.locator(".gan-live [data-part=real]").inner_text().count("ring-8")
    assert two.page.locator(".gan-live [data-part=real]").inner_text().count("moons")
    token, other = (token_of(each.page) for each in (one, two))
    assert token != other
    assert not [address for address in one.addresses if token in address], "a log of a web server would hold it"
    assert token not in link(one)
    assert token not in one.page.content()
    ask = "token => fetch('gan/frame?since=', { headers: { 'x-gan-token': token } }).then(reply => reply.status)"
    assert two.page.evaluate(ask, f"{token[:-2]}xx") == 410
    two.errors.clear()  # the browser notes the 410
    assert one.page.evaluate(ask, token) == 200


def test_lone_updates_leave_the_step_and_stand_in_the_link_and_keys_do_all_that_buttons_do(view: View) -> None:
    view.pause()
    view.reset()  # what other tests did to the run is not in its link
    view.single_steps(3)
    step = view.step
    before, serial = view.numbers(), view.serial
    assert "changes" not in parameters(view)
    view.click("D update")
    until(lambda: "changes" in parameters(view) and view.serial > serial, "D's update in the link")
    first = parameters(view)["changes"]
    until(lambda: view.numbers() != before, "D's new numbers")  # one alone may round to the same
    view.click("G update")
    until(lambda: parameters(view).get("changes", first) != first, "G's update in the link")
    assert (view.state, view.step) == ("paused", step)

    known = parameters(view)["changes"]
    view.click("Play")
    view.wait_for("playing")
    view.page.locator(".gan-live canvas").first.click()
    view.page.keyboard.press("Space")
    view.wait_for("paused")
    step = view.step
    view.page.keyboard.press("s")
    until(lambda: view.step == step + 1, "one step by the key S")
    view.page.keyboard.press("d")
    until(lambda: parameters(view)["changes"] != known, "an update by the key D")
    view.page.keyboard.press("r")
    until(lambda: view.step == 0, "step 0 by the key R")
    view.page.keyboard.press("Space")
    view.wait_for("playing")
    view.wait_beyond(0)
    # What is typed into a field is no command.
    seed = view.knob("seed").locator("input")
    seed.click()
    view.page.keyboard.press("s")
    view.page.keyboard.press("Space")
    view.wait_beyond(view.step + 20)
    assert view.state == "playing"


def test_the_keys_for_slower_and_faster_count_from_what_was_asked_for(view: View) -> None:
    view.page.locator(".gan-live canvas").first.click()
    pace = view.page.get_by_label("Pace")
    for wanted in ("30", "5", "1"):
        view.page.keyboard.press("[")
        assert pace.input_value() == wanted
        time.sleep(0.4)
    until(lambda: 0 < float(view.get("steps-per-second")) < 2, "one step a second", now=view.report)
    assert pace.input_value() == "1"
    for wanted in ("5", "30", "full"):
        view.page.keyboard.press("]")
        assert pace.input_value() == wanted


def test_a_pace_that_arrives_late_is_not_set_back_by_frames_of_before(view: View) -> None:
    view.page.locator(".gan-live canvas").first.click()
    shown = view.page.get_by_label("Pace").evaluate_handle(
        "pace => { const shown = []; setInterval(() => shown.push(pace.value), 20); return shown; }"
    )
    with lossy(view.page, "pace", 2) as lost:  # so that it comes after four seconds
        view.page.keyboard.press("[")
        until(lambda: lost() == 2, "it was asked for twice", now=view.report)
        view.page.wait_for_timeout(1500)  # frames of before come meanwhile
        until(lambda: 20 < float(view.get("steps-per-second")) < 40, "thirty steps a second", now=view.report)
    values = shown.json_value()
    assert set(values[values.index("30") :]) == {"30"}
    view.page.keyboard.press("]")
    until(lambda: float(view.get("steps-per-second")) > 40, "full speed", now=view.report)


def test_a_click_on_a_part_of_the_flow_leads_to_its_controls(view: View) -> None:
    for part, key in (("z", "latent_dim"), ("discriminator", "discriminator-kind")):
        view.page.locator(f".gan-live [data-part={part}]").click()
        focused = f"() => document.activeElement.closest('[class~=\"st-key-w-{key}\"]') !== null"
        help_ = "() => document.activeElement.closest('[data-testid=stTooltipIcon]') !== null"
        until(lambda focused=focused: view.page.evaluate(focused), "its first control", now=view.report)  # type: ignore[misc]
        assert not view.page.evaluate(help_), "the focus is on the question mark"


def test_no_node_is_replaced_while_it_trains(view: View) -> None:
    plots = "document.querySelectorAll('.gan-live .js-plotly-plot .main-svg').length"
    until(lambda: view.page.evaluate(f"() => {plots} >= 4"), "the plots")
    until(lambda: view.step > 200, "some steps")
    nodes, serial, begun = view.nodes(), view.serial, time.monotonic()
    assert len(nodes) > 6
    until(lambda: view.serial > serial + 15 and time.monotonic() - begun > 5, "five seconds of training")
    assert all(node.evaluate("node => node.isConnected") for node in nodes)
    assert len(view.nodes()) == len(nodes)


def test_a_live_knob_and_a_look_at_another_page_keep_the_run_and_another_knob_begins_one(open_app: Opener) -> None:
    view = open_app()
    slider = view.knob("lr_g").get_by_role("slider")
    slider.focus()
    steps = [view.step]
    slider.press("ArrowRight")
    until(lambda: steps.append(view.step) or "changes" in parameters(view), "the change in the link")
    end = steps[-1] + 100
    until(lambda: steps.append(view.step) or view.step > end, "100 steps more")
    assert steps == sorted(steps), "the run began anew"
    assert view.knob("lr_g").get_by_text("0.002").count()
    assert not view.page.get_by_text("New run").count()

    asked = parameters(view)
    step, serial = view.step, view.serial
    view.page.get_by_role("link", name="Guide").click()
    view.page.get_by_role("heading", name="Guide").first.wait_for()
    assert not view.page.locator(".gan-live").count()
    view.page.get_by_role("link", name="Train").click()
    view.wait_for("playing")
    assert view.step >= step
    assert view.serial > serial
    view.wait_beyond(view.step)
    assert view.knob("lr_g").get_by_text("0.002").count()
    until(lambda: parameters(view) == asked, "the link")

    view.pause()
    before = view.single_steps(2) or view.numbers()
    slider = view.knob("discriminator.width").get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    until(lambda: view.step == 0, "step 0")
    view.page.get_by_text("New run").first.wait_for()
    assert parameters(view)["discriminator.width"] == ["16"]
    view.single_steps(1)
    assert view.numbers() != before


def test_the_guide_can_be_opened_directly(open_app: Opener, server: object) -> None:
    view = open_app("", url=f"{server.url}guide", wait="")  # type: ignore[attr-defined]
    view.page.get_by_role("heading", name="Guide").first.wait_for()
    view.page.get_by_role("link", name="Train").click()
    view.wait_for("playing")


def test_data_that_cannot_be_had_are_a_message_and_the_buttons_for_the_first_visit_do_what_they_say(
    open_app: Opener,
) -> None:
    view = open_app("preset=mnist", wait="error")
    assert "train-images-idx3-ubyte" in view.words()
    view.click("Break it")
    until(lambda: parameters(view).get("preset") == ["collapse"], "the preset that collapses")
    view.wait_for("playing")
    view.wait_beyond(0)
    view.click("See it on real digits")
    until(lambda: parameters(view).get("preset") == ["digits-plain"], "the preset of digits")
    view.click("R3GAN’s recipe")
    until(lambda: parameters(view).get("preset") == ["digits"], "the recipe of today")
    view.click("See it in the plane")
    until(lambda: parameters(view).get("preset") == ["ring-8"], "a preset in the plane")
    view.wait_for("playing")
    view.click("Step through it")
    pace = view.page.get_by_label("Pace")
    until(lambda: pace.input_value() == "1", "one step a second")
    view.wait_for("playing")
    until(lambda: view.page.locator(".gan-live [data-lit=yes]").count(), "a half of a step, lit")
    assert view.page.locator(".gan-live .flow").get_attribute("data-half") in ("d", "g")
    view.wait_beyond(view.step)
    view.click("Hide these suggestions")
    assert not view.page.get_by_role("button", name="Break it").is_visible()


def test_a_divergence_is_said_and_the_last_good_picture_stays(open_app: Opener) -> None:
    rates = "lr_g=1&lr_d=1&optimizer_g=sgd&optimizer_d=sgd"
    game = "objective=wasserstein&regularisers=[]&discriminator.activation=leaky_relu"
    view = open_app(f"preset=ring-8&batch_size=16&{game}&{rates}", wait="diverged")
    assert "diverged at step" in view.words()
    assert "Try" in view.words()
    assert view.colours() > 20
    assert view.page.get_by_role("button", name="Play").is_disabled()
    view.click("Reset")
    until(lambda: view.step == 0 and view.state == "paused", "step 0")
    slider = view.knob("lr_d").get_by_role("slider")
    slider.press("Home")
    view.knob("lr_g").get_by_role("slider").press("Home")
    until(lambda: view.knob("lr_g").get_by_text("1e-06").count(), "the smallest rate")
    view.click("Play")
    view.wait_beyond(20)


def test_a_bad_link_is_said_and_the_default_run_plays(open_app: Opener) -> None:
    view = open_app("preset=no-such&lr_g=%00")
    view.page.get_by_text("could not be followed").first.wait_for()
    assert parameters(view) == {"preset": ["digits"]}
    view.wait_beyond(0)


def test_light_and_dark_pages_differ(view: View) -> None:
    seen = []
    for scheme in ("dark", "light"):
        view.page.emulate_media(color_scheme=scheme)
        until(lambda scheme=scheme: view.get("theme") == scheme, scheme, now=view.report)  # type: ignore[misc]
        card = "getComputedStyle(document.querySelector('.gan-live .card'))"
        seen.append(view.page.evaluate(f"() => [{card}.color, {card}.backgroundColor]"))
    assert view.colours() > 20
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_nothing_is_wider_than_the_window(view: View) -> None:
    view.wait_beyond(100)
    script = """() => {
        const main = document.querySelector('[data-testid="stMain"]') || document.documentElement;
        const wide = [...document.querySelectorAll('.gan-live, .gan-live *')].filter((node) => {
            const box = node.getBoundingClientRect();
            if (!box.width || box.right <= innerWidth + 1 || node.closest('svg, .unseen')) return false;
            // What lies in a box that scrolls or clips is no wider than that box.
            for (let up = node.parentElement; up.closest('.gan-live'); up = up.parentElement)
                if (getComputedStyle(up).overflowX !== 'visible') return false;
            return true;
        });
        return [document.documentElement.scrollWidth <= innerWidth, main.scrollWidth <= main.clientWidth,
                wide.map((node) => node.className || node.tagName)];
    }"""
    fits = [True, True, []]
    for width in (900, 1280):
        view.page.set_viewport_size({"width": width, "height": 800})
        until(
            lambda: view.page.evaluate(script) == fits,
            f"it fits {width} px",
            30,
            lambda: str(view.page.evaluate(script)),
        )
