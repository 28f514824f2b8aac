"""The Watch page: which logs it shows and to whom, its routes, and samples that are handed in to be judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from gan_core import __main__ as cli
from gan_core.commands import app as opening
from gan_core.record.frame import decode
from gan_core.watching.log import WatchLog
from pages.ui.presence import Rooms
from pages.ui.watch import judge
from pages.ui.watch.logs import Logs, watched_folder
from pages.ui.watch.route import FRAME, PAST, routes
from tests.core.test_judging import files, shapes
from tests.pages.conftest import APP
from tests.pages.test_routes import ask


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_EXPLORER_WATCH", str(tmp_path))
    monkeypatch.setenv("GAN_EXPLORER_USERS", "one")
    return tmp_path


def log(folder: Path) -> WatchLog:
    made = WatchLog.create(folder, {})
    made.event("step", {"step": 1, "player": "D", "d_loss": 1.0})
    made.frame(1, {}, {"fake": np.zeros((3, 2), np.float32)})
    return made


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_file(APP, default_timeout=60).switch_page("pages/watch.py")


def test_without_logs_the_page_says_how_there_will_be_one(folder: Path, page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert "watch(generator, discriminator" in page.code[0].value
    assert str(folder) in page.code[0].value


def test_the_newest_log_is_shown_until_another_is_chosen(folder: Path, page: AppTest) -> None:
    for name in ("a", "b"):
        log(folder / name).folder.rename(folder / f"{name}.watch")
    page.run()
    assert not page.exception
    assert len(page.selectbox(key="watch:log").options) == 2
    page.selectbox(key="watch:log").set_value("a.watch").run()
    log(folder / "c").folder.rename(folder / "c.watch")
    page.run()
    assert page.selectbox(key="watch:log").value == "a.watch"


def test_a_log_that_cannot_be_read_says_why(folder: Path, page: AppTest) -> None:
    (folder / "x.watch").mkdir()
    page.run()
    assert not page.exception
    assert "first line" in page.warning[0].value


def test_where_there_are_many_users_only_a_folder_that_the_owner_named_is_shown(
    monkeypatch: pytest.MonkeyPatch, page: AppTest
) -> None:
    monkeypatch.delenv("GAN_EXPLORER_WATCH", raising=False)
    monkeypatch.setenv("GAN_EXPLORER_USERS", "many")
    assert watched_folder(for_one=False) is None
    page.run()
    assert "shows no watch logs" in page.subheader[0].value
    monkeypatch.setenv("GAN_EXPLORER_WATCH", "/srv/logs")
    assert watched_folder(for_one=False) == Path("/srv/logs")


def test_the_routes_give_a_log_for_its_token_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = Logs()
    monkeypatch.setattr("pages.ui.watch.route.LOGS", logs)
    app = Starlette(routes=routes(Rooms(1, release_after=1.0), ""))
    token = logs.token(log(folder).folder)
    newest = ask(app, f"/{FRAME}?t={token}&since=")
    header, _ = decode(newest.body)
    assert header["step"] == 1
    assert ask(app, f"/{FRAME}?t={token}&since={header['serial']}").status == 204
    assert decode(ask(app, f"/{FRAME}?t={token}&at=1").body)[0]["step"] == 1
    assert b'"frames":[1]' in ask(app, f"/{PAST}?t={token}").body
    for stranger in ("", "x", "..%2F..", str(folder)):
        assert ask(app, f"/{FRAME}?t={stranger}").status == 410
    assert ask(app, f"/{FRAME}?t={token}", "POST").status == 405


def test_samples_that_are_handed_in_are_judged(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"judge:samples": files(shapes(20, seed=1), "epoch_1/{}.png"), "judge:real": files(shapes(60, seed=9))}
    monkeypatch.setattr(judge, "_files", lambda _, __, key: given[key])
    page.run()
    page.button_group(key="watch:part").set_value("judge").run()
    page.button(key="judge:go").click().run()
    assert not page.exception
    assert any("not collapsed" in text.value for text in page.markdown)
    assert len(page.dataframe[0].value) == 2
    given["judge:samples"] = [("a.png", b"no picture")]
    page.button(key="judge:go").click().run()
    assert not page.exception
    assert "no usable sample" in page.error[0].value.replace("\\", "")


def test_view_opens_the_app_on_the_logs_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[list[str]] = []
    monkeypatch.setenv("GAN_EXPLORER_WATCH", "")
    monkeypatch.setenv("GAN_EXPLORER_FIRST", "")
    monkeypatch.setattr(opening, "open_app", opened.append)
    made = log(tmp_path)
    for given in (tmp_path, made.folder):
        assert cli.main(["view", str(given), "--server.port", "8600"], program="gan-explorer") == 0
        assert watched_folder(for_one=False) == tmp_path
    assert opened == [["--server.port", "8600"]] * 2
    with pytest.raises(SystemExit):
        cli.main(["view", str(tmp_path / "no")])
    assert "is no folder" in capsys.readouterr().err


def test_told_to_view_logs_the_app_opens_on_them_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(folder)
    monkeypatch.setenv("GAN_EXPLORER_FIRST", "watch")
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    assert app.selectbox(key="watch:log").options
