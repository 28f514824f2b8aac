"""A generator from elsewhere: what is opened, what is refused in a sentence, and what its latent space answers."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_core import Trainer, preset
from gan_core import __main__ as cli
from gan_core.errors import ConfigError, DataError
from gan_core.export.common import GeneratorCopy
from gan_core.export.onnx import generator_onnx
from gan_core.export.questions import file_of
from gan_core.latent import foreign, onnx_child
from gan_core.latent.foreign import Foreign, ForeignBench, open_onnx
from gan_core.record.frame import decode

onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")

from onnx import TensorProto as T  # noqa: E402
from onnx import helper, numpy_helper  # noqa: E402

Opened = Callable[..., Foreign]
FLOAT, INT64 = T.FLOAT, T.INT64


def weights(*shape: int, name: str = "w") -> Any:
    values = np.random.default_rng(0).standard_normal(shape) / 4
    return numpy_helper.from_array(values.astype(np.float32), name)


def model(
    nodes: list[Any],
    inputs: list[Any] | None = None,
    initializers: list[Any] | None = None,
    outputs: list[Any] | None = None,
    domain: str = "",
    **more: Any,
) -> bytes:
    """A graph as a file; unless told otherwise from z of 4 numbers."""
    given = inputs or [helper.make_tensor_value_info("z", FLOAT, ["n", 4])]
    out = outputs or [helper.make_tensor_value_info("x", FLOAT, None)]
    graph = helper.make_graph(nodes, "g", given, out, initializers or [])
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=9, **more)
    content: bytes = made.SerializeToString()
    return content


def picture(shape: tuple[int, ...] = (1, 8, 8), end: str = "Tanh", n_z: int = 4) -> bytes:
    """A linear layer, an activation, a picture."""
    return model(
        [
            helper.make_node("MatMul", ["z", "w"], ["h"]),
            helper.make_node(end, ["h"], ["a"]),
            helper.make_node("Reshape", ["a", "s"], ["x"]),
        ],
        [helper.make_tensor_value_info("z", FLOAT, ["n", n_z])],
        [weights(n_z, int(np.prod(shape))), numpy_helper.from_array(np.array([-1, *shape]), "s")],
    )


@pytest.fixture
def opened() -> Iterator[Opened]:
    made: list[Foreign] = []

    def open_(content: bytes, **settings: Any) -> Foreign:
        made.append(open_onnx(content, **settings))
        return made[-1]

    yield open_
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def small() -> Iterator[Foreign]:
    """A generator that several tests ask."""
    guest = open_onnx(picture())
    yield guest
    guest.close()


@pytest.fixture(scope="module")
def digits() -> tuple[GeneratorCopy, bytes]:
    copied = GeneratorCopy.of(Trainer(preset("digits")))
    return copied, generator_onnx(copied)


def test_our_own_export_makes_the_same_pictures(digits: tuple[GeneratorCopy, bytes], opened: Opened) -> None:
    copied, content = digits
    guest = opened(content, name="mine.onnx")
    z = torch.randn(70, copied.config.latent_dim, generator=torch.Generator().manual_seed(0))
    expected = copied.sample((z,))
    made = guest.sample(z, guest.even_classes(70))
    torch.testing.assert_close(made, expected, rtol=1e-3, atol=1e-3)
    assert guest.config.latent_dim == copied.config.latent_dim
    assert guest.about["units"] == "[-1, 1]"


def test_every_question_of_the_page_has_an_answer(digits: tuple[GeneratorCopy, bytes], opened: Opened) -> None:
    bench = ForeignBench(opened(digits[1]))
    header, arrays = decode(bench.answer({"do": "make", "p": "s1.0,s1.1,s2.0", "d": "e0:1.5"}))
    assert arrays["samples"].shape == (3, 8, 8, 1)
    assert header["spread"] > 0
    assert "logit" not in arrays  # there is no D
    header, arrays = decode(bench.answer({"do": "paths", "p": "s1.0,s1.1", "n": "4"}))
    assert set(header["ways"]["slerp"]) == {"length", "longest"}
    assert "real" not in header
    assert np.isfinite(arrays["lerp_norm"]).all()
    header, arrays = decode(bench.answer({"do": "plane", "p": "s1.0,s1.1,s1.2"}))
    assert arrays["samples"].shape == (64, 8, 8, 1)
    assert decode(bench.answer({"do": "walk", "p": "s1.0,s1.1", "n": "5", "loop": "1"}))[1]["samples"].shape[0] == 10
    assert decode(bench.answer({"do": "influence"}))[1]["order"].shape == (32,)
    assert decode(bench.answer({"do": "arithmetic", "p": "s1.0", "a": "s1.1", "b": "s1.2"}))[1]["samples"].shape[0] == 4
    assert decode(bench.answer({"do": "about"}))[0]["states"] == []
    assert file_of(bench, {"what": "png", "p": "s1.0,s1.1"}).content[1:4] == b"PNG"
    assert file_of(bench, {"what": "csv", "p": "s1.0"}).mime == "text/csv"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"do": "invert"}, "cannot be asked"),
        ({"do": "copies"}, "cannot be asked"),
        ({"do": "make", "p": "s1.0@2"}, "class '2'"),
        ({"do": "make", "p": "s1.0", "off": "0:1:0"}, "inside"),
        ({"do": "plane", "p": "s1.0"}, "three points"),
    ],
)
def test_what_needs_more_than_a_generator_is_refused(query: dict[str, str], words: str, small: Foreign) -> None:
    with pytest.raises(ConfigError, match=words):
        ForeignBench(small).answer(query)


@pytest.mark.parametrize(
    ("content", "made", "units"),
    [
        (picture((64,), "Sigmoid"), [1, 8, 8], "[0, 1]"),  # a row that is a square
        (picture((8, 8)), [1, 8, 8], "[-1, 1]"),
        (picture((12, 10, 3)), [3, 12, 10], "[-1, 1]"),  # channels last
        (picture((3, 12, 10)), [3, 12, 10], "[-1, 1]"),
    ],
)
def test_pictures_are_told_in_every_usual_form(content: bytes, made: list[int], units: str) -> None:
    guest = onnx_child.opened(content)
    assert guest.about["made"] == made
    assert guest.about["units"] == units
    samples = np.frombuffer(
        guest.make(np.random.default_rng(1).standard_normal((3, 4)).astype("f4").tobytes() + bytes(24), 3), np.float32
    )
    assert samples.size == 3 * np.prod(made)
    assert np.abs(samples).max() <= 1
    assert samples.std() > 0.1


def test_a_uniform_prior_reaches_g_in_its_own_units(small: Foreign, opened: Opened) -> None:
    z = torch.full((1, 4), 3**0.5)
    uniform = opened(picture(), prior="uniform")
    one = small.sample(torch.ones(1, 4), torch.zeros(1, 0))
    torch.testing.assert_close(uniform.sample(z, torch.zeros(1, 0)), one)


def test_a_large_picture_is_shown_smaller(opened: Opened) -> None:
    guest = opened(picture((1, 256, 256)))
    assert guest.about["made"] == [1, 256, 256]
    assert guest.sample(torch.randn(2, 4), torch.zeros(2, 0)).shape == (2, 1, 128, 128)


def test_classes_are_read_from_the_embedding(opened: Opened) -> None:
    guest = opened(
        model(
            [
                helper.make_node("Gather", ["e", "y"], ["c"]),
                helper.make_node("MatMul", ["z", "w"], ["h"]),
                helper.make_node("Add", ["h", "c"], ["a"]),
                helper.make_node("Reshape", ["a", "s"], ["x"]),
            ],
            [
                helper.make_tensor_value_info("z", FLOAT, ["n", 4]),
                helper.make_tensor_value_info("y", INT64, ["n"]),
            ],
            [weights(4, 64), weights(7, 64, name="e"), numpy_helper.from_array(np.array([-1, 1, 8, 8]), "s")],
        )
    )
    assert guest.config.n_classes == 7
    z = torch.zeros(2, 4)
    made = guest.sample(z, guest.classes(torch.tensor([0, 6])))
    assert not torch.equal(made[0], made[1])


def test_a_graph_of_a_fixed_batch_makes_any_number(opened: Opened) -> None:
    guest = opened(
        model(
            [
                helper.make_node("MatMul", ["z", "w"], ["h"]),
                helper.make_node("Reshape", ["h", "s"], ["x"]),
            ],
            [helper.make_tensor_value_info("z", FLOAT, [3, 4])],
            [weights(4, 64), numpy_helper.from_array(np.array([3, 1, 8, 8]), "s")],
        )
    )
    z = torch.randn(7, 4)
    whole = guest.sample(z, torch.zeros(7, 0))
    torch.testing.assert_close(whole[4:5], guest.sample(z[4:5], torch.zeros(1, 0)))


def outside() -> bytes:
    """Weights that claim to lie in another file of the machine."""
    elsewhere = weights(4, 64)
    elsewhere.ClearField("raw_data")
    elsewhere.data_location = T.EXTERNAL
    entry = elsewhere.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return model([helper.make_node("MatMul", ["z", "w"], ["x"])], None, [elsewhere])


def looping() -> bytes:
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"])],
        "b",
        [helper.make_tensor_value_info("i", INT64, []), helper.make_tensor_value_info("c", T.BOOL, [])],
        [helper.make_tensor_value_info("d", T.BOOL, [])],
    )
    return model(
        [helper.make_node("Loop", ["", "t"], [], body=body)], None, [numpy_helper.from_array(np.array(True), "t")]
    )


def huge() -> bytes:
    """A few bytes that ask for 4 TB."""
    return model(
        [
            helper.make_node("ConstantOfShape", ["s"], ["c"]),
            helper.make_node("ReduceSum", ["c"], ["r"]),
            helper.make_node("MatMul", ["z", "w"], ["h"]),
            helper.make_node("Add", ["h", "r"], ["x"]),
        ],
        None,
        [weights(4, 64), numpy_helper.from_array(np.array([1 << 20, 1 << 20]), "s")],
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no ONNX file|0 nodes"),
        (b"\x80\x04cos\nsystem\n.", "no ONNX file"),
        (b"PK\x03\x04" + bytes(200), "no ONNX file"),  # TorchScript is a zip
        (os.urandom(4000), "no ONNX file|0 nodes"),
        (picture()[:200], "no ONNX file|cannot be run"),
        (outside(), "another file"),
        (looping(), "loops or branches"),
        (model([helper.make_node("Evil", ["z"], ["x"], domain="com.evil")], domain="com.evil"), "'com.evil'"),
        (model([helper.make_node("Identity", ["z"], ["x"])] * 5_001), "5,001 nodes"),
        (model([helper.make_node("Identity", ["z"], ["x"])]), "a row of 4 numbers"),
        (model([helper.make_node("NoSuch", ["z"], ["x"])]), "cannot be run"),
        (picture(n_z=4_000), "4,000 numbers"),
        (picture((5, 8, 8)), r"\[5, 8, 8\]"),
        (picture((1, 2, 2)), r"\[1, 2, 2\]"),
        (
            model(
                [helper.make_node("Identity", ["z"], ["x"])],
                [helper.make_tensor_value_info("z", FLOAT, ["n", "k"])],
            ),
            "size of z cannot be read",
        ),
        (
            model(
                [helper.make_node("Identity", ["s"], ["x"])],
                [helper.make_tensor_value_info("s", T.STRING, ["n", 4])],
                outputs=[helper.make_tensor_value_info("x", T.STRING, ["n", 4])],
            ),
            "takes z, float32",
        ),
    ],
)
def test_a_hostile_or_broken_file_is_refused_in_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(onnx_child.Refused, match=words) as refused:
        onnx_child.opened(content)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_file_that_asks_for_more_memory_than_there_is_hurts_nobody() -> None:
    with pytest.raises(DataError, match=r"cannot be run|memory|has ended") as refused:
        open_onnx(huge())
    assert "\n" not in str(refused.value)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "MAX_BYTES", 1_000)
    with pytest.raises(DataError, match="MB"):
        open_onnx(bytes(1_001))


def test_without_the_extra_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install onnx onnxruntime"):
        open_onnx(picture())


def ended(guest: Foreign) -> bool:
    return guest._process._process.poll() is not None


def test_a_process_that_takes_too_long_is_ended(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = opened(picture())
    monkeypatch.setattr(foreign, "TO_MAKE", 0.2)
    os.kill(guest._process._process.pid, signal.SIGSTOP)
    with pytest.raises(DataError, match="took longer"):
        guest.sample(torch.zeros(1, 4), torch.zeros(1, 0))
    assert ended(guest)
    with pytest.raises(DataError, match="has ended: open its file again"):
        guest.sample(torch.zeros(1, 4), torch.zeros(1, 0))


def test_what_a_process_says_is_not_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    liar = tmp_path / "liar.py"
    for said, words in (
        ("print('{' * 9000)", "has ended"),
        ("print('{\"latent_dim\": 10**9}')", "has ended"),
        ('print(\'{"latent_dim": 100000, "n_classes": 0, "shape": [3, 8, 8], "seconds": 0}\')', "makes no sense"),
        ('print(\'{"refused": "%s"}\' % ("x" * 3000))', "^x{400}$"),
        ("raise SystemExit", "has ended"),
    ):
        liar.write_text(f"import sys\nsys.stdin.buffer.readline()\n{said}\n")
        monkeypatch.setattr(foreign, "_CHILD", liar)
        with pytest.raises(DataError, match=words):
            open_onnx(picture())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_knows_no_secrets_and_ends_with_its_parent(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "secret")
    guest = opened(picture())
    pid = guest._process._process.pid
    assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
    stdin = guest._process._process.stdin
    assert stdin is not None
    stdin.close()  # as when this process dies
    until = time.monotonic() + 20
    while not ended(guest):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_page_of_the_docs_exports_a_generator_that_can_be_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "judge.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert len(code) == 1
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter calls itself legacy
        exec(compile(code[0], "docs/judge.md", "exec"), {})  # noqa: S102  ours
    assert cli.main(["judge", "generator.onnx"]) == 0
    assert "1,000" in capsys.readouterr().out
