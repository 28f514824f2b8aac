"""The run as one HTML file, opened from disk in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog

from gan_core import Trainer, preset
from gan_core.export.frames import take_frame
from gan_core.export.html import run_page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["digits", "ring-8"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_scrubs_by_key_without_network_or_error(
    name: str, scheme: str, chromium: Browser, tmp_path: Path
) -> None:
    trainer = Trainer(preset(name))
    frames = [take_frame(trainer)]
    for _ in range(4):
        trainer.step()
        frames.append(take_frame(trainer))
    file = tmp_path / "run.html"
    file.write_bytes(run_page(frames, trainer.config, title="<img src=x onerror=alert(1)>"))
    page = chromium.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    trouble: list[str] = []

    def refuse(dialog: Dialog) -> None:
        trouble.append(dialog.message)
        dialog.dismiss()

    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", refuse)
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else trouble.append(r.url))
    page.goto(file.as_uri())
    assert page.inner_text("h1") == "<img src=x onerror=alert(1)>"
    assert page.inner_text("#step") == "step 4"
    page.wait_for_function("document.getElementById('samples').height > 200")
    last = page.evaluate("document.getElementById('samples').toDataURL()")
    page.keyboard.press("Home")
    assert page.inner_text("#step") == "step 0"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#step") == "step 1"
    assert "step 1" in (page.get_attribute("#samples", "aria-label") or "")
    page.wait_for_function("last => document.getElementById('samples').toDataURL() !== last", arg=last)
    page.close()
    assert trouble == []
