"""The lab's sweep without a browser: a grid of settings and seeds, begun, watched, ended and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan_core.data import own
from gan_core.data.own_data import OwnImages
from gan_core.experiments.sweep import campaign as module
from gan_core.experiments.sweep.campaign import close
from gan_core.experiments.sweep.table import from_bytes, to_bytes
from gan_core.live.commands import Pause
from tests.pages.conftest import APP, VISIT, Seen, by_address

BENCH, CAMPAIGN = "gan.lab.bench", "gan.lab.campaign"
ROWS = 2


class _Threads(ThreadPoolExecutor):
    def __init__(self, n: int, nice: int) -> None:
        super().__init__(n)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setattr(module, "Processes", _Threads)
    app = AppTest.from_file(APP, default_timeout=60)
    by_address(app, "collapse")
    app.run()
    assert not app.exception
    app.session_state[BENCH].run.send(Pause())
    app.number_input(key="lab:sweep:seeds").set_value(1)
    app.number_input(key="lab:sweep:steps").set_value(1)
    yield app
    close()
    for key in (BENCH, VISIT):
        if key in app.session_state:
            Seen(app.session_state[key]).close()


def texts(app: AppTest) -> str:
    return " ".join(t.value for t in app.toast)


def test_a_sweep_gives_one_row_a_run_a_table_and_a_plot(lab: AppTest) -> None:
    lab.text_input(key="lab:sweep:values:1:recipe").set_value("non_saturating, pacgan").run()
    lab.button(key="lab:sweep:go").click().run()
    campaign = lab.session_state[CAMPAIGN]
    campaign.join(60)
    lab.run()
    assert not lab.exception
    assert campaign.state == "finished"
    assert [row["recipe"] for row in campaign.rows] == ["non_saturating", "pacgan"]
    table = lab.dataframe[0].value
    assert list(table["recipe"]) == ["non_saturating", "pacgan", "real data", "samples"]
    assert list(table["seeds"][:2]) == [1, 1]
    assert list(table["Modes captured"])[2:] == ["8", "2,500"]
    assert list(table["High quality"])[3] == "20,000"
    assert "lab:sweep:plot" in [figure.key for figure in lab.get("bidi_component")]
    assert {getattr(b, "label", "") for b in lab.get("download_button")} == {"Rows as CSV", "Rows as Parquet"}
    # One more value: what was trained is not trained again.
    before = {row["run"]: row["seconds"] for row in campaign.rows}
    lab.text_input(key="lab:sweep:values:1:recipe").set_value("pacgan, non_saturating, minimax").run()
    lab.button(key="lab:sweep:go").click().run()
    again = lab.session_state[CAMPAIGN]
    again.join(60)
    assert again is not campaign
    assert [row["recipe"] for row in again.rows] == ["pacgan", "non_saturating", "minimax"]
    assert before.items() <= {row["run"]: row["seconds"] for row in again.rows}.items()


@pytest.mark.parametrize(
    ("values", "said"),
    [("magic", "no recipe 'magic'"), (",".join(["pacgan"] * 201), "at most 200")],
)
def test_a_sweep_that_cannot_be_is_refused_in_a_sentence(lab: AppTest, values: str, said: str) -> None:
    lab.text_input(key="lab:sweep:values:1:recipe").set_value(values).run()
    lab.button(key="lab:sweep:go").click().run()
    assert not lab.exception
    assert said in texts(lab)
    assert CAMPAIGN not in lab.session_state


@pytest.mark.parametrize("kind", [".csv", ".parquet"])
def test_rows_survive_a_file(kind: str) -> None:
    rows: list[dict[str, Any]] = [{"run": "a" * 16, "recipe": "pacgan", "seed": 3, "modes": 8.0, "kl": None}]
    assert from_bytes(to_bytes(rows, kind), f"rows{kind}") == rows


def test_a_sweep_may_be_of_the_run_on_train_with_data_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Processes", _Threads)
    data = OwnImages(np.random.default_rng(0).integers(0, 256, (70, 8, 8, 1), np.uint8))
    app = AppTest.from_file(APP, default_timeout=60)
    small = {"data.size": "8", "generator.width": "8", "discriminator.width": "8", "batch_size": "8"}
    for name, value in {"preset": "own-images", "data.hash": own.register(data), **small}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("pages/collapse.py").run()
    assert not app.exception
    app.session_state[BENCH].run.send(Pause())
    app.number_input(key="lab:sweep:seeds").set_value(1)
    app.number_input(key="lab:sweep:steps").set_value(1)
    base = app.selectbox(key="lab:sweep:base")
    assert base.options[-1] == "the run on Train: own-images"
    base.set_value(len(base.options) - 1).run()
    app.text_input(key="lab:sweep:values:1:recipe").set_value("non_saturating").run()
    app.button(key="lab:sweep:go").click().run()
    campaign = app.session_state[CAMPAIGN]
    campaign.join(60)
    assert (campaign.state, campaign.message) == ("finished", "")
    assert campaign.jobs[0].config.data.hash == data.hash
    assert campaign.rows[0]["state"] == "finished"
    close()
    for key in (BENCH, VISIT):
        Seen(app.session_state[key]).close()
