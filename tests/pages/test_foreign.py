"""A generator from elsewhere on the Latent page: how it is opened, who may, what its routes answer."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from gan_core.latent.foreign import ForeignBench
from gan_core.record.frame import decode
from pages.ui.latent import foreign
from pages.ui.latent.foreign import ALLOWED, MAX_OPEN, Guests
from pages.ui.latent.route import FOREIGN_ASK, FOREIGN_FILE, routes
from pages.ui.latent.sections import SECTIONS
from pages.ui.presence import Rooms
from tests.pages.conftest import APP, by_address
from tests.pages.test_routes import Reply, ask

onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")


def a_file() -> bytes:
    """An untrained generator of grey pictures, 8 × 8."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["z", "w"], ["h"]),
            helper.make_node("Tanh", ["h"], ["a"]),
            helper.make_node("Reshape", ["a", "s"], ["x"]),
        ],
        "g",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 12])],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(rng.standard_normal((12, 64)).astype(np.float32), "w"),
            numpy_helper.from_array(np.array([-1, 1, 8, 8]), "s"),
        ],
    )
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9
    ).SerializeToString()
    return made


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, opened: list[AppTest]) -> Iterator[AppTest]:
    monkeypatch.setenv("GAN_EXPLORER_USERS", "one")
    app = AppTest.from_file(APP, default_timeout=60)
    opened.append(app)
    yield by_address(app, "latent").run()
    foreign.GUESTS.close()


def hand_in(app: AppTest, content: bytes, name: str = "mine.onnx") -> AppTest:
    app.file_uploader(key="latent:onnx").set_value([(name, content, "application/octet-stream")]).run()
    app.button(key="latent:open").click().run()
    return app


def test_a_file_is_opened_and_closed_again(page: AppTest) -> None:
    assert page.button(key="latent:open").disabled
    hand_in(page, a_file())
    assert not page.exception
    assert "mine.onnx: z of 12 numbers → 8 × 8 pixels in grey, values in [-1, 1]." in [t.value for t in page.text]
    titles = page.segmented_control(key="latent:section").options
    assert SECTIONS["paths"].title in titles
    assert SECTIONS["invert"].title not in titles  # it needs gradients
    page.toggle(key="latent:advanced").set_value(True).run()
    assert SECTIONS["arithmetic"].title in page.segmented_control(key="latent:section").options
    assert SECTIONS["units"].title not in page.segmented_control(key="latent:section").options
    page.button(key="latent:back").click().run()
    assert not page.exception
    assert SECTIONS["invert"].title in page.segmented_control(key="latent:section").options


def test_what_cannot_be_opened_is_said_and_the_run_stays(page: AppTest) -> None:
    hand_in(page, b"PK\x03\x04 a TorchScript file")
    assert not page.exception
    assert "no ONNX file" in page.error[0].value
    assert SECTIONS["invert"].title in page.segmented_control(key="latent:section").options


def test_one_that_was_closed_meanwhile_is_said(page: AppTest) -> None:
    hand_in(page, a_file())
    foreign.GUESTS.close()
    page.run()
    assert not page.exception
    assert "has been closed" in page.info[0].value
    page.run()
    assert not page.info


def test_a_server_for_many_opens_none_unless_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, opened: list[AppTest]
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_USERS", "many")
    monkeypatch.delenv(ALLOWED, raising=False)
    app = AppTest.from_file(APP, default_timeout=60)
    opened.append(app)
    by_address(app, "latent").run()
    assert not app.exception
    assert any(ALLOWED in text.value for text in app.text)
    assert "latent:open" not in [button.key for button in app.button]
    monkeypatch.setenv(ALLOWED, "1")
    app.run()
    assert "latent:open" in [button.key for button in app.button]


def test_the_one_used_least_lately_makes_room() -> None:
    ended: list[int] = []

    class Fake:
        def __init__(self, number: int) -> None:
            self.number = number
            self.players = self

        def close(self) -> None:
            ended.append(self.number)

    guests = Guests()
    tokens = [guests.add(Fake(n)) for n in range(MAX_OPEN)]
    assert guests.find(tokens[0]) is not None
    guests.add(Fake(MAX_OPEN))
    assert ended == [1]
    assert guests.find(tokens[1]) is None
    guests.close()
    assert sorted(ended) == list(range(MAX_OPEN + 1))


def test_routes_answer_the_token_alone() -> None:
    from gan_core.latent.foreign import open_onnx

    app = Starlette(routes=routes(Rooms(1, release_after=1.0), ""))
    token = foreign.GUESTS.add(ForeignBench(open_onnx(a_file(), "<b>my G.onnx")))

    def get(path: str, token: str, **query: str) -> Reply:
        return ask(app, f"/{path}?{urlencode({'t': token, **query})}")

    try:
        reply = get(FOREIGN_ASK, token, do="make", p="s1.0")
        assert decode(reply.body)[1]["samples"].shape == (1, 8, 8, 1)
        assert get(FOREIGN_ASK, token, do="units").status == 400
        assert get(FOREIGN_ASK, "x" * 22, do="about").status == 410
        saved = get(FOREIGN_FILE, token, what="png", p="s1.0")
        assert saved.headers["content-disposition"] == 'attachment; filename="latent-bmyG.png"'
        assert get(FOREIGN_FILE, token, what="json", p="s1.0").status == 400
        assert get(FOREIGN_FILE, "x" * 22, what="png").status == 410
    finally:
        foreign.GUESTS.close()
