"""The Apply page in a browser: from opening it to a picture of one's own, restored."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def picture(side: int) -> bytes:
    ramp = np.add.outer(np.arange(side), np.arange(side)) * 255 // (2 * side)
    out = io.BytesIO()
    Image.fromarray(ramp.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def shown(page: Page, alt: str) -> None:
    expect(page.locator(f'[data-testid="stImage"] img[alt^="{alt}"]').first).to_be_visible()


def test_a_recorded_run_restores_at_once_and_then_a_picture_of_ones_own(open_app: Opener, server: Server) -> None:
    page = open_app("", url=f"{server.url}apply", wait="").page
    for alt in ("given: half the size", "bicubic, ", "GAN, z 4, ", "spread over z", "the truth"):
        shown(page, alt)
    expect(page.get_by_text("At step 2,000: ")).to_be_visible()
    page.get_by_role("button", name="a picture of my own").or_(page.get_by_text("a picture of my own")).first.click()
    page.locator('input[type="file"]').set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": picture(40)}
    )
    expect(page.get_by_text("the nearest of the answers")).to_be_visible()
    shown(page, "the truth")
    page.get_by_text("it is degraded already").click()
    expect(page.get_by_text("Nobody has the truth here")).to_be_visible()
    expect(page.locator('[data-testid="stImage"] img[alt="the truth"]')).to_have_count(0)
    page.locator('input[type="file"]').set_input_files(
        {"name": "hostile.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n<b>no picture</b>"}
    )
    expect(page.get_by_text("no picture", exact=False).or_(page.get_by_text("hostile")).first).to_be_visible()
    assert not page.locator("b", has_text="no picture").count()
    edit_a_drawing(page)


def edit_a_drawing(page: Page) -> None:
    """On the page as it is left: draw, fill a hole, undo, take it home."""
    page.get_by_role("button", name="Image editing").click()
    expect(page.get_by_text("does something else")).to_be_visible()
    page.get_by_role("button", name="Open the recorded run digits", exact=True).click()
    page.get_by_text("a drawing", exact=True).click()
    pad = page.locator(".gan-sketch canvas")
    expect(pad).to_be_visible()
    expect(page.locator('[data-testid="stImage"] img[alt="after"]')).to_have_count(0)
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 60, steps=4)
    page.mouse.move(box["x"] + 100, box["y"] + 170, steps=4)
    page.mouse.up()
    shown(page, "nearest sample, ")
    shown(page, "after")
    expect(page.get_by_text(re.compile(r"ink 0\.\d\d → 0\.\d\d \(real ones ±0"))).to_be_visible()
    page.get_by_role("combobox", name="A hole to fill").click()
    page.get_by_role("option", name="middle").click()
    shown(page, "filled by z 4")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the pictures (ZIP)").click()
    assert download.value.suggested_filename == "edited.zip"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator('[data-testid="stImage"] img[alt="filled by z 4"]')).to_have_count(0)
    page.get_by_text("a sample of the run", exact=True).or_(page.get_by_text("a picture of my own")).first.click()
    expect(pad).to_have_count(0)
    page.get_by_text("a drawing", exact=True).click()
    expect(pad).to_be_visible()
    white = "canvas => canvas.getContext('2d').getImageData(100, 60, 1, 1).data[0]"
    assert pad.evaluate(white) > 200, "what was drawn is on the pad again"


def test_another_card_leads_to_another_task_and_l1_alone_stands_beside_it_in_the_lab(
    open_app: Opener, server: Server
) -> None:
    page = open_app("", url=f"{server.url}apply?application=inpainting", wait="").page
    shown(page, "given: a quarter missing")
    shown(page, "mean training image")
    expect(page.get_by_text("At step 2,000: ")).to_be_visible()
    page.get_by_role("button", name="L1 alone beside L1 + GAN").first.click()
    expect(page.locator(".gan-lab")).to_be_visible()
    expect(page.get_by_text("L1 alone").first).to_be_visible()
    expect(page.get_by_text("rcGAN").first).to_be_visible()
