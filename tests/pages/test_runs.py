"""The Runs page and the time machine: saved runs, files from outside, going on from the past."""

from __future__ import annotations

import functools
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from gan_core import Trainer
from gan_core.config import parse_config
from gan_core.data import own
from gan_core.data.own_data import OwnImages
from gan_core.record.frame import decode
from gan_core.record.run_card import RunCard, fingerprint
from gan_core.storage import checkpoint
from gan_core.storage.autosave import Autosave
from gan_core.storage.kept_data import KeptData
from pages.ui import browser, session
from pages.ui.live.route import routes
from tests.pages.conftest import VISIT, Opener, Seen, stand_at
from tests.pages.test_routes import ask

SMALL = {"preset": "ring-8", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}
CONFIG = parse_config({"data": {"name": "moons"}, "batch_size": 8, "generator": {"width": 8}, "seed": 5})


@pytest.fixture
def autosave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Autosave]:
    made = Autosave(tmp_path)
    monkeypatch.setattr(session.rooms().host, "autosave", made)
    monkeypatch.setenv("GAN_EXPLORER_USERS", "one")
    yield made
    made.close()


def saved(autosave: Autosave, key: str, steps: int, **changes: object) -> Trainer:
    trainer = Trainer(CONFIG.changed(changes))
    for _ in range(steps):
        trainer.step()
    autosave.offer(key, trainer.state_dict(), preset="moons", at_once=True)
    assert autosave.flush()
    return trainer


def runs_page(open_app: Opener) -> AppTest:
    app = open_app(SMALL)
    return app.switch_page("pages/runs.py").run()


def test_without_saved_runs_the_page_says_how_there_will_be_some(open_app: Opener, autosave: Autosave) -> None:
    page = runs_page(open_app)
    assert not page.exception
    assert any("None yet" in caption.value for caption in page.caption)
    assert any("ring-8" in text.value for text in page.markdown)


def offered(app: AppTest) -> bool:
    return any("An earlier run was saved: moons, step 7." in text.value for text in app.text)


def test_a_run_that_ended_with_the_last_server_is_offered_until_it_is_answered(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(autosave, "old-1", 7)
    monkeypatch.setattr(session.rooms(), "answered", set())
    assert not offered(open_app(SMALL)), "it was saved by this server"
    monkeypatch.setattr(session.rooms(), "since", time.time() + 1)
    app, other = open_app(SMALL), open_app(SMALL)
    assert offered(app.run())
    runner = runner_of(app)
    app.button(key="offer:yes").click().run()
    assert not app.exception
    assert runner.wait(lambda r: r.run == 2 and r.preset == "moons")
    assert not offered(app.run())
    assert not offered(open_app(SMALL)), "it has been answered"
    assert not offered(other.button(key="offer:no").click().run())


def test_a_saved_run_goes_on_where_it_stood(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen]
) -> None:
    trainer = saved(autosave, "old-1", 7)
    page = runs_page(open_app)
    runner = runner_of(page)
    runner.pause()
    page.button(key="go:old-1").click().run()
    assert not page.exception
    assert page.selectbox(key="from:preset").value is not None, "the Train page: the run that was open here is gone"
    assert runner.wait(lambda r: r.run == 2 and r.state == "paused")
    assert (runner.step, runner.initial_config, runner.preset) == (7, CONFIG, "moons")
    runner.step_once()
    assert runner.wait(lambda r: r.step == 8)
    assert (there := runner.behind.trainer) is not None
    assert there.stats == trainer.step()
    assert "goes on from step 7" in " ".join(t.value for t in page.toast)


def test_another_machine_sees_its_own_runs_alone(
    open_app: Opener, autosave: Autosave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_USERS", "many")
    saved(autosave, "old-1", 1)
    page = runs_page(open_app)
    assert any("None yet" in caption.value for caption in page.caption)
    saved(autosave, page.session_state[VISIT].key + "-1", 2)
    page.run()
    assert [str(button.key).partition(":")[2] for button in page.button if str(button.key).startswith("go:")] == [
        page.session_state[VISIT].key + "-1"
    ]


def test_an_earlier_run_of_this_visit_can_be_gone_on_with(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen]
) -> None:
    app = open_app(SMALL)
    key = app.session_state[VISIT].key
    saved(autosave, f"{key}-0", 3)
    saved(autosave, f"{key}-{runner_of(app).run}", 4)
    page = app.switch_page("pages/runs.py").run()
    assert [page.button(key=f"go:{key}-{n}").disabled for n in (0, 1)] == [False, True]


def test_a_saved_run_can_be_deleted(open_app: Opener, autosave: Autosave) -> None:
    saved(autosave, "old-1", 1)
    page = runs_page(open_app)
    page.button(key="delete:old-1").click().run()
    assert not page.exception
    assert not autosave.path("old-1").exists()
    assert all("old-1" not in str(button.key) for button in page.button)
    assert any("Deleted: moons, step 1." in text.value for text in page.text)
    page.button(key="undelete").click().run()
    assert not page.exception
    assert checkpoint.load(autosave.path("old-1")).step_count == 1
    assert page.button(key="delete:old-1").label
    assert all(button.key != "undelete" for button in page.button)


def test_scores_in_the_list_have_their_scale_and_their_step(open_app: Opener, autosave: Autosave) -> None:
    trainer = Trainer(CONFIG.changed({"data.name": "ring-8"}))
    trainer.step()
    card = RunCard(scores={"modes_reached": 5.0, "high_quality": 0.004}, scores_step=1)
    autosave.offer("old-1", trainer.state_dict(), at_once=True, card=lambda: card)
    assert autosave.flush()
    page = runs_page(open_app)
    assert any("modes 5 of 8 · sharp 0% at step 1 · saved" in caption.value for caption in page.caption)


def test_two_ticked_runs_are_compared(open_app: Opener, autosave: Autosave) -> None:
    saved(autosave, "old-1", 3)
    saved(autosave, "old-2", 4, lr_g=0.01)
    page = runs_page(open_app)
    page.checkbox(key="tick:old-1").check().run()
    assert not page.dataframe
    page.checkbox(key="tick:old-2").check().run()
    assert not page.exception
    (table,) = page.dataframe
    assert table.value["setting"].tolist() == ["lr_g"]


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all", b"\x80\x04K\x01."])
def test_a_file_that_is_no_run_is_refused_and_the_run_stays(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen], content: bytes
) -> None:
    page = runs_page(open_app)
    runner = runner_of(page)
    page.file_uploader(key="open:file").upload("run.safetensors", content, "application/octet-stream").run()
    page.button(key="open:go").click().run()
    assert not page.exception
    assert "was not opened" in " ".join(t.value for t in page.toast)
    assert runner.run == 1


def test_this_run_can_be_taken_home_and_opened_again(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen]
) -> None:
    page = runs_page(open_app)
    runner = runner_of(page)
    assert runner.wait(lambda r: r.step > 5)
    runner.pause()
    assert runner.wait(lambda r: r.state == "paused")
    here = page.session_state[VISIT]
    found = Seen(here).kept(runner.step)
    assert found is not None
    content = checkpoint.encode(found[1])
    step = found[0]
    page.file_uploader(key="open:file").upload("run.safetensors", content, "application/octet-stream").run()
    page.button(key="open:go").click().run()
    assert runner.wait(lambda r: r.run == 2 and r.state == "paused")
    assert runner.step == step


# -- the past by its routes ----------------------------------------------------------------------------------


def test_the_past_is_served_to_its_own_token_alone(open_app: Opener, runner_of: Callable[[AppTest], Seen]) -> None:
    app = open_app(SMALL)
    runner, here = runner_of(app), app.session_state[VISIT]
    stand_at(runner, 30)
    server = Starlette(routes=routes(session.rooms(), ""))
    assert ask(server, "/gan/past?t=wrong").status == 410
    contents = json.loads(ask(server, f"/gan/past?t={here.token}").body)
    assert contents["frames"][-1] == contents["states"][-1] == 30
    for asked in ("0", "7", "30", "999999"):
        header, _ = decode(ask(server, f"/gan/frame?t={here.token}&at={asked}").body)
        assert header["step"] == max(step for step in contents["frames"] if step <= int(asked))
    assert ask(server, f"/gan/frame?t={here.token}&at=nonsense").status == 200  # the first picture
    assert ask(server, "/gan/frame?t=wrong&at=3").status == 410


def test_a_row_that_cannot_be_shown_takes_no_other_along(
    open_app: Opener, autosave: Autosave, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("bad-1", "good-1", "gone-1"):
        saved(autosave, key, 2)
    listed = autosave.saved()
    cut = {run.key: replace(run, card=RunCard(picture=b"no picture")) for run in listed if run.key == "bad-1"}
    monkeypatch.setattr(Autosave, "saved", lambda self: [cut.get(run.key, run) for run in listed])
    autosave.delete("gone-1")
    page = runs_page(open_app)
    assert not page.exception
    assert [text.value for text in page.text if "cannot be shown" in text.value]
    assert page.checkbox(key="tick:good-1").label
    page.button(key="go:gone-1").click().run()
    assert not page.exception


# -- names, copies, owners -----------------------------------------------------------------------------------


def keys(page: AppTest) -> list[str]:
    return [str(b.key).partition(":")[2] for b in page.button if str(b.key).startswith("go:")]


def test_a_saved_run_can_be_renamed_and_its_name_is_plain_text(open_app: Opener, autosave: Autosave) -> None:
    saved(autosave, "old-1", 2)
    page = runs_page(open_app)
    page.text_input(key="name:old-1").set_value("**bold** <b>run</b>\n:red[x]").run()
    assert not page.exception
    assert autosave.saved()[0].card.name == "**bold** <b>run</b> :red[x]"
    assert r"\*\*bold\*\* \<b\>run\</b\> \:red\[x\]" in page.checkbox(key="tick:old-1").label
    saved(autosave, "old-1", 4)
    assert autosave.saved()[0].card.name == "**bold** <b>run</b> :red[x]", "a later saving keeps the name"
    page.text_input(key="name:old-1").set_value("").run()
    assert "**moons**" in page.checkbox(key="tick:old-1").label


def test_a_duplicate_is_a_run_of_its_own(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen]
) -> None:
    saved(autosave, "old-1", 5)
    page = runs_page(open_app)
    page.button(key="copy:old-1").click().run()
    assert not page.exception
    (copy,) = set(keys(page)) - {"old-1"}
    assert autosave.path(copy).read_bytes() == autosave.path("old-1").read_bytes()
    page.button(key="delete:old-1").click().run()
    assert keys(page) == [copy]
    assert "moons, copy" in page.checkbox(key=f"tick:{copy}").label
    page.button(key=f"go:{copy}").click().run()
    assert runner_of(page).wait(lambda r: r.step >= 5)


def test_a_row_shows_a_picture_and_scores(open_app: Opener, autosave: Autosave) -> None:
    card = RunCard(scores={"js": 0.1234, "modes_reached": 7.0}, picture=png())
    autosave.offer("old-1", Trainer(CONFIG).state_dict(), at_once=True, card=lambda: card)
    assert autosave.flush()
    page = runs_page(open_app)
    assert any("modes 7 · JS 0.123" in caption.value for caption in page.caption)
    assert len(page.get("image")) == 1


def test_a_browser_finds_its_runs_again_and_no_others(
    open_app: Opener, autosave: Autosave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_USERS", "many")
    mine, other = fingerprint("a" * 32), fingerprint("b" * 32)
    for key, owner in (("x-1", mine), ("y-1", other), ("z-1", "")):
        autosave.offer(key, Trainer(CONFIG).state_dict(), at_once=True, card=functools.partial(RunCard, owner=owner))
    assert autosave.flush()
    page = runs_page(open_app)
    assert keys(page) == []
    page.session_state["gan.owner"] = mine
    assert keys(page.run()) == ["x-1"]
    page.session_state["gan.owner"] = "c" * 64
    assert keys(page.run()) == []


@pytest.mark.parametrize("raw", [None, "", 3, "a" * 31, "A" * 32, "a" * 33, ["a" * 32], "../" + "a" * 29])
def test_what_is_no_token_is_nobody(raw: object) -> None:
    assert browser.parse(raw) == ""
    assert fingerprint(browser.parse(raw)) == ""


def test_a_token_is_kept_only_as_a_fingerprint() -> None:
    token = "0123456789abcdef" * 2
    assert browser.parse(token) == token
    assert token not in fingerprint(token)
    assert len(fingerprint(token)) == 64


def test_who_the_app_is_for_can_be_said(monkeypatch: pytest.MonkeyPatch, open_app: Opener) -> None:
    for said, due in (("one", True), ("many", False), ("MANY", False)):
        monkeypatch.setenv("GAN_EXPLORER_USERS", said)
        assert session.is_for_one() is due


# -- recorded runs and curves by seconds ---------------------------------------------------------------------


def test_a_recorded_run_opens_at_its_end_with_its_past(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen]
) -> None:
    page = runs_page(open_app)
    runner = runner_of(page)
    page.button(key="recorded:collapse").click().run()
    assert not page.exception
    assert runner.wait(lambda r: r.step == 1300 and r.state == "paused")
    runner.flush()
    here = page.session_state[VISIT]
    assert Seen(here).contents()["states"] == [0, 300, 800, 1300]
    assert len(Seen(here).contents()["frames"]) > 30
    assert "1,300 steps" in " ".join(t.value for t in page.toast)
    session_step = Seen(here).kept(900)
    assert session_step is not None
    assert session_step[0] == 800


def test_curves_can_be_compared_by_seconds(open_app: Opener, autosave: Autosave) -> None:
    for key, clock in (("old-1", ((0, 0.0), (3, 6.0))), ("old-2", ())):
        trainer = saved(autosave, key, 3)
        autosave.offer(key, trainer.state_dict(), at_once=True, card=functools.partial(RunCard, clock=clock))
        assert autosave.flush()
    page = runs_page(open_app)
    for key in ("old-1", "old-2"):
        page.checkbox(key=f"tick:{key}").check().run()
    page.button_group(key="compare:axis").set_value("seconds").run()
    assert not page.exception
    assert any("No times are known" in text.value for text in page.text)


def png() -> bytes:
    out = io.BytesIO()
    Image.new("L", (4, 4)).save(out, "PNG")
    return out.getvalue()


def large_run(autosave: Autosave) -> OwnImages:
    """Pictures too large for a run's file, with a saved run on them; this process knows them no more."""
    pixels = np.random.default_rng(0).integers(0, 256, (200, 64, 64, 3), np.uint8)
    data = OwnImages(pixels)
    own.register(data)
    saved(autosave, "old-1", 2, **(data.settings | {"data.size": 8, "data.colour": False}))
    own._sets.clear()
    own._last.clear()
    return data


def test_a_run_on_kept_data_goes_on_tomorrow_and_they_can_be_deleted(
    open_app: Opener, autosave: Autosave, runner_of: Callable[[AppTest], Seen]
) -> None:
    data = large_run(autosave)
    app = open_app(SMALL)
    runner = runner_of(app)
    page = app.switch_page("pages/runs.py").run()
    page.button(key="go:old-1").click().run()
    assert "not here any more" in " ".join(t.value for t in page.toast)
    assert runner.run == 1
    KeptData(autosave.folder).keep(data)
    page.run()
    assert any("200 pictures, 64 px" in text.value for text in page.text)
    page.button(key="go:old-1").click().run()
    assert runner.wait(lambda r: r.run == 2 and r.config.data.hash == data.hash)
    page.run()
    page.button(key=f"kept:{data.hash}").click().run()
    assert KeptData(autosave.folder).find(data.hash) is None
    assert not page.exception
