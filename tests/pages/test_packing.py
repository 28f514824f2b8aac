"""What a run can be taken home as."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_core import Runner, checkpoint
from pages.ui.packing import N_SAMPLES, Parcel, file_name, parcels
from pages.ui.visits import Visit
from tests.pages.conftest import VISIT, Opener, stand_at

RING = {"preset": "ring-8", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}
DIGITS = {"preset": "digits", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}
Packed = Callable[..., dict[str, Parcel]]


@pytest.fixture
def packed(open_app: Opener, runner_of: Callable[[AppTest], Runner]) -> Packed:
    def pack(query: dict[str, str]) -> dict[str, Parcel]:
        app = open_app(query)
        runner = runner_of(app)
        stand_at(runner, 25)
        here: Visit = app.session_state[VISIT]
        assert file_name(here) == f"{query['preset']}-seed0"
        return {parcel.name: parcel for parcel in parcels(here)}

    return pack


@pytest.mark.parametrize("query", [RING, DIGITS], ids=["plane", "images"])
def test_all_of_it_can_be_made_and_is_what_it_says(packed: Packed, query: dict[str, str]) -> None:
    made = {name: parcel.make() for name, parcel in packed(query).items() if name != "onnx"}
    assert checkpoint.load(made["run"]).step_count == 25
    assert Image.open(io.BytesIO(made["picture"])).format == "PNG"
    assert Image.open(io.BytesIO(made["film"])).format == "GIF"
    assert Image.open(io.BytesIO(made["webp"])).format == "WEBP"
    with zipfile.ZipFile(io.BytesIO(made["samples"])) as file:
        names = file.namelist()
        if query is RING:
            (points,) = (n for n in names if n.endswith(".npy"))
            assert np.load(io.BytesIO(file.read(points))).shape == (N_SAMPLES, 2)
        else:
            assert sum(n.endswith(".png") for n in names) == N_SAMPLES
    rows = made["csv"].decode().splitlines()
    assert len(rows) == 26
    assert "d_loss" in rows[0]
    assert json.loads(made["json"])["step"] == 25
    assert made["page"].lstrip().lower().startswith(b"<!doctype html>")
    compile(made["script"], "run.py", "exec")


def test_a_run_that_no_script_knows_offers_the_rest(packed: Packed) -> None:
    names = packed({"preset": "digits-conditional", "batch_size": "16"}).keys()
    assert {"run", "film", "page"} <= names
