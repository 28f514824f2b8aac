"""The run as one HTML file: complete, bounded, and with nothing in it that a browser would take for code."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_core import OBJECTIVES, ConfigError, RunConfig, Trainer, preset
from gan_core.export.common import ExportCancelledError
from gan_core.export.frames import StepFrame, take_frame, to_film
from gan_core.export.html import MAX_BYTES, run_page
from gan_core.record.frame import decode, encode

WHICH = ("digits", "ring-8")


@pytest.fixture(scope="module")
def frames() -> dict[str, list[StepFrame]]:
    found = {}
    for name in WHICH:
        trainer = Trainer(preset(name))
        found[name] = [take_frame(trainer)]
        for _ in range(6):
            trainer.step()
            found[name].append(take_frame(trainer))
    return found


def embedded(page: bytes) -> Any:
    found = re.findall(rb'<script id="run" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    return json.loads(found[0])


def test_a_page_holds_the_images_of_every_frame(frames: dict[str, list[StepFrame]]) -> None:
    run = embedded(run_page(frames["digits"], preset("digits")))
    assert [frame["step"] for frame in run["frames"]] == list(range(7))
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(run["frames"][3]["image"]))))
    images = decode(frames["digits"][3][1])[1]["fake_images"]
    assert (shown[8:16, 0:8] == images[6, :, :, 0]).all()
    assert run["curves"]["step"] == [1, 2, 3, 4, 5, 6]
    assert ["seed", "0"] in run["settings"]


def test_a_page_holds_the_points_of_every_frame_to_a_pixel(frames: dict[str, list[StepFrame]]) -> None:
    run = embedded(run_page(frames["ring-8"], preset("ring-8")))
    header, arrays = decode(frames["ring-8"][5][1])
    x0, x1, y0, y1 = header["frame"]
    stored = np.frombuffer(base64.b64decode(run["frames"][5]["points"]), "<u2").reshape(-1, 2) / 65535 * 3 - 1
    np.testing.assert_allclose(stored * (x1 - x0, y1 - y0) + (x0, y0), arrays["fake"], atol=1e-3)
    assert run["cells"] ** 2 == len(base64.b64decode(run["frames"][5]["heat"]))
    assert run["frames"][5]["verdict"]["headline"] == header["verdict"]["headline"]
    assert run["reading"] == OBJECTIVES[preset("ring-8").objective].reading
    assert dict(run["frames"][5]["numbers"])["D’s loss"] == pytest.approx(header["stats"]["d_loss"], rel=1e-5)


def test_words_in_a_run_cannot_become_html(frames: dict[str, list[StepFrame]]) -> None:
    bad = "</script><script>alert(1)</script><!--"
    step, content = frames["ring-8"][-1]
    header, arrays = decode(content)
    evil = encode({**header, "verdict": {"level": bad, "headline": bad, "detail": bad}}, arrays)
    page = run_page([(step, evil)], preset("ring-8"), title=bad)
    assert bad.encode() not in page
    assert page.count(b"<script") == 2
    run = embedded(page)
    assert run["title"] == run["frames"][0]["verdict"]["detail"] == bad


def test_a_page_asks_for_nothing(frames: dict[str, list[StepFrame]]) -> None:
    page = run_page(frames["digits"], preset("digits")).decode()
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|src=[\"']|@import|innerHTML|document\.write|\beval\b", page)
    assert "_PALETTE" not in page
    assert "RUN_JSON" not in page


def test_a_page_is_never_larger_than_wanted_and_keeps_the_last_frame(frames: dict[str, list[StepFrame]]) -> None:
    whole = run_page(frames["digits"], preset("digits"))
    small = run_page(frames["digits"], preset("digits"), max_bytes=len(whole) - 1)
    assert len(small) < len(whole) <= MAX_BYTES
    assert [frame["step"] for frame in embedded(small)["frames"]] == [0, 2, 4, 6]
    with pytest.raises(ConfigError, match="no room"):
        run_page(frames["digits"], preset("digits"), max_bytes=1000)


def test_many_frames_of_noise_stay_below_six_megabytes(frames: dict[str, list[StepFrame]]) -> None:
    step, content = frames["digits"][-1]
    header, arrays = decode(content)
    noise = np.random.default_rng(0).integers(0, 256, (36, 32, 32, 3), dtype=np.uint8)
    large = encode(header, {**arrays, "fake_images": noise})
    page = run_page([(step + i, large) for i in range(150)], RunConfig())
    assert 2_000_000 < len(page) <= MAX_BYTES
    assert embedded(page)["frames"][-1]["step"] == step + 149


def test_numbers_that_are_not_finite_are_no_numbers_on_the_page(frames: dict[str, list[StepFrame]]) -> None:
    step, content = frames["ring-8"][-1]
    header, arrays = decode(content)
    odd = {name: np.full_like(array, np.nan) for name, array in arrays.items()}
    stats = {**header["stats"], "d_loss": float("nan")}
    run = embedded(run_page([(step, encode({**header, "stats": stats}, odd))], preset("ring-8")))
    assert dict(run["frames"][0]["numbers"])["D’s loss"] is None
    assert run["frames"][0]["points"] == ""


def test_a_page_can_be_watched_and_cancelled(frames: dict[str, list[StepFrame]]) -> None:
    done: list[tuple[int, int]] = []
    run_page(frames["ring-8"], preset("ring-8"), progress=lambda *now: done.append(now))
    assert done[-1] == (7, 7)
    with pytest.raises(ExportCancelledError):
        run_page(frames["ring-8"], preset("ring-8"), cancelled=lambda: True)


def test_a_page_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to show"):
        run_page([], RunConfig())


def test_a_frame_taken_of_a_trainer_changes_nothing() -> None:
    one, other = Trainer(preset("ring-8")), Trainer(preset("ring-8"))
    step, content = take_frame(one)
    assert step == 0
    assert decode(content)[0]["verdict"]["headline"] == "Just begun."
    assert one.step() == other.step()


def test_frames_become_a_film(frames: dict[str, list[StepFrame]]) -> None:
    digits, ring = (to_film(frames[name]) for name in WHICH)
    assert digits.frame is None
    assert [step for step, _ in digits.moments] == list(range(7))
    assert digits.moments[0][1].shape == (36, 8, 8, 1)
    assert ring.frame == (-1.3, 1.3, -1.3, 1.3)
    assert ring.real is not None
    assert ring.moments[0][1].shape == ring.real.shape
