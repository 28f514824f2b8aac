"""Sounds in a browser: a click plays the very sound that is shown, and the Apply page plays a melody of one's own."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, Server, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

LISTEN = """() => {
window.heard = [];
const make = AudioContext.prototype.createBufferSource;
AudioContext.prototype.createBufferSource = function () {
  const node = make.call(this), start = node.start;
  node.start = (...when) => {
    window.heard.push({
      context: this, rate: node.buffer.sampleRate, samples: [...node.buffer.getChannelData(0)]
    });
    start.apply(node, when);
  };
  return node;
};
}"""
"""Keeps what is really played, and by which context."""
SMALL = "preset=notes&generator.width=8&discriminator.width=8&batch_size=8"


def heard(page: Page, n: int) -> list[dict[str, Any]]:
    """The first ``n`` sounds that were played."""
    until(lambda: page.evaluate("window.heard.length") >= n, f"{n} sounds are played")
    found: list[dict[str, Any]] = page.evaluate(
        "window.heard.map(({context, rate, samples}) => ({state: context.state, rate, samples}))"
    )
    return found


def test_a_click_plays_a_sound_and_another_z_is_another_sound(open_app: Opener, server: Server) -> None:
    view = open_app(SMALL, wait="")
    page = view.page
    page.evaluate(LISTEN)  # no frame has come yet
    view.wait_for("playing")
    canvas = page.locator('.gan-live .samples[data-kind="sound"] canvas')
    expect(canvas).to_be_visible()
    assert page.evaluate("window.heard.length") == 0, "nothing is played before somebody asks"
    view.pause()
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": 20, "y": 45})
    expect(page.locator(".hear .heard")).to_have_text("generated 1")
    page.get_by_role("button", name="Play the next sound").press("Enter")
    expect(page.locator(".hear .heard")).to_have_text("generated 2")
    first, second = heard(page, 2)
    until(lambda: page.evaluate("window.heard[1].context.state") == "running", "the sound can be heard")
    assert first["rate"] >= 8000
    assert max(map(abs, first["samples"])) > 0.01
    assert first["samples"] != second["samples"]
    page.get_by_role("button", name="Play real sounds").click()
    third = heard(page, 3)[2]
    assert len(third["samples"]) > 20 * len(first["samples"])
    expect(page.locator(".hear")).to_have_attribute("data-playing", "true")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".hear")).to_have_attribute("data-playing", "false")


def test_the_latent_page_plays_the_sample_in_hand_and_the_way_between_key_points(open_app: Opener) -> None:
    view = open_app(SMALL)
    page = view.page
    page.evaluate(LISTEN)
    view.pause()
    page.get_by_role("link", name="Latent").first.click()
    page.locator(".gan-latent[data-painted]").wait_for()
    hand = page.get_by_role("region", name="The z in hand")
    hand.get_by_role("button", name="▶ hear").click()
    page.get_by_role("button", name="Random z").click()
    until(lambda: page.locator(".gan-latent").get_attribute("data-last") == "hand", "another z is in hand")
    hand.get_by_role("button", name="▶ hear").click()
    first, second = heard(page, 2)
    assert max(map(abs, first["samples"])) > 0.001
    assert first["samples"] != second["samples"]
    page.get_by_role("button", name="▶ hear the way").click()
    way = heard(page, 3)[2]
    assert len(way["samples"]) > 10 * len(first["samples"])
    until(lambda: page.evaluate("window.heard[2].context.state") == "running", "the way can be heard")


def test_the_apply_page_plays_a_melody_of_ones_own(open_app: Opener, server: Server) -> None:
    page = open_app("", url=f"{server.url}apply?application=sound", wait="").page
    expect(page.get_by_text("Played by G")).to_be_visible()
    expect(page.get_by_text("Of real ones each is 12.5%", exact=False)).to_be_visible()
    expect(page.locator("audio")).to_have_count(10)  # a melody of each kind, and four sounds beside real ones
    before = page.locator("audio").first.get_attribute("src")
    page.get_by_label("A melody of your own").fill("C4 E4 G4")
    page.get_by_label("A melody of your own").press("Enter")
    until(lambda: page.locator("audio").first.get_attribute("src") != before, "another melody")
    seconds = page.evaluate(
        """async () => {
          const context = new AudioContext();
          const read = async (audio) => context.decodeAudioData(await (await fetch(audio.src)).arrayBuffer());
          const both = [...document.querySelectorAll('audio')].slice(0, 2);
          return Promise.all(both.map(async (audio) => (await read(audio)).duration));
        }"""
    )
    assert seconds == pytest.approx([0.75, 0.75], abs=0.01)
    page.get_by_label("A melody of your own").fill("H4 <b>bold</b>")
    page.get_by_label("A melody of your own").press("Enter")
    expect(page.get_by_text("a melody has 1 to 32 of the notes")).to_be_visible()
    assert not page.locator("b", has_text="bold").count()
