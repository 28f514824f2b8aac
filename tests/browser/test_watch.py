"""The Watch page in a browser: a log while it is written, its past, and samples that are judged."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from gan_core.watching.log import WatchLog
from tests.browser.conftest import Opener, Server, until
from tests.browser.test_for_everybody import stands, violations
from tests.core.test_judging import files, shapes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def steps(log: WatchLog, begin: int, end: int) -> None:
    rng = np.random.default_rng(begin)
    for step in range(begin, end):
        log.event("step", {"step": step, "player": "D", "d_loss": 1.4, "real_answer": 0.2, "d_grad_norm": 1.0})
        log.event("step", {"step": step, "player": "G", "g_loss": 0.7, "g_grad_norm": 0.5})
    pictures = {name: rng.uniform(-1, 1, (9, 1, 12, 12)).astype(np.float32) for name in ("fake", "real")}
    log.frame(end - 1, {}, pictures)


def is_for_everybody(page: Page) -> None:
    """Axe-core finds nothing, light or dark."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        until(lambda scheme=scheme: stands(page, scheme), f"a {scheme} page")  # type: ignore[misc]
        assert not violations(page), scheme


def test_a_log_is_followed_while_it_is_written_and_looked_back_into(open_app: Opener, server: Server) -> None:
    log = WatchLog.create(server.log.parent / "watched", {})
    steps(log, 1, 11)
    view = open_app("", url=f"{server.url}watch", wait="playing")
    until(lambda: view.step == 10, "ten steps", now=view.report)
    assert "Nothing found." in view.words()
    words = {"headline": "<b>Wrong</b>.", "evidence": "seen", "mend": "opt.zero_grad()"}
    log.event("finding", {"rule": "r", "severity": "error", "step": 12, **words})
    steps(log, 11, 31)
    until(lambda: view.step == 30 and view.state == "playing", "what was added", now=view.report)
    until(lambda: "<b>Wrong</b>." in view.words() and "Since step 12" in view.words(), "the finding", now=view.report)
    assert not view.page.locator(".gan-watch .verdict b b").count()
    is_for_everybody(view.page)
    slider = view.page.get_by_role("slider", name="Time machine: step to look at")
    newest = view.picture()
    slider.press("Home")
    until(lambda: view.get("past") == "10" and view.picture() != newest, "the first picture", now=view.report)
    for name in ("Go on from here", "Pause", "Play", "One step", "Try this cure"):
        assert not view.page.get_by_role("button", name=name).count(), name
    view.click("Back to now")
    log.end({})
    until(lambda: view.state == "paused" and view.picture() == newest, "the end", now=view.report)


def test_samples_are_judged(open_app: Opener, server: Server, tmp_path: Path) -> None:
    for name, tiles in (("samples", shapes(30, seed=1)), ("real", shapes(80, seed=9))):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for file, content in files(tiles, "epoch_3/{}.png"):
                archive.writestr(file, content)
        (tmp_path / f"{name}.zip").write_bytes(packed.getvalue())
    view = open_app("", url=f"{server.url}watch", wait="")
    page = view.page
    page.get_by_text("Judge samples").click()
    places = page.locator('input[type="file"]')
    expect(places).to_have_count(2)
    places.nth(0).set_input_files(tmp_path / "samples.zip")
    expect(page.get_by_role("button", name="Judge", exact=True)).to_be_enabled()
    places.nth(1).set_input_files(tmp_path / "real.zip")
    expect(page.get_by_text("real.zip")).to_be_visible()
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(page.get_by_text("The samples are not collapsed.")).to_be_visible(timeout=60_000)
    expect(page.get_by_alt_text("epoch 3: 8 of 30 samples, beneath each its nearest real picture")).to_be_visible()
    is_for_everybody(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download this report (HTML)").click()
    assert "not collapsed" in Path(download.value.path()).read_text(encoding="utf-8")
