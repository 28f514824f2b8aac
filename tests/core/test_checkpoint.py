"""Checkpoints: what a file says, and how a bad one is refused in one sentence; going on is in `test_resume`."""

from __future__ import annotations

import json
import pickle
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import torch as safetensors
from torch import Tensor

from gan_core.config import RunConfig, parse_config
from gan_core.config.presets import preset
from gan_core.errors import CheckpointError, GanExplorerError
from gan_core.storage import checkpoint
from gan_core.training import Trainer

SMALL = parse_config(
    {
        "data": {"name": "ring-8"},
        "batch_size": 8,
        "generator": {"width": 6, "norm": "batch"},
        "discriminator": {"width": 5, "spectral_norm": True},
        "seed": 3,
    }
)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"


def train(config: RunConfig, n: int) -> Trainer:
    trainer = Trainer(config)
    for _ in range(n):
        trainer.step()
    return trainer


@pytest.fixture(scope="module")
def good() -> bytes:
    return checkpoint.encode(train(SMALL, 3).state_dict(), preset="ring-8", app="0.1")


def rewritten(
    content: bytes,
    words: Callable[[dict[str, Any]], object] = lambda words: None,
    tensors: Callable[[dict[str, Tensor]], object] = lambda tensors: None,
) -> bytes:
    """The file with its words or tensors changed in place."""
    kept = safetensors.load(content)
    (length,) = struct.unpack("<Q", content[:8])
    said = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["gan_explorer"])
    words(said)
    tensors(kept)
    out: bytes = safetensors.save(kept, {"gan_explorer": json.dumps(said)})
    return out


# -- good files ----------------------------------------------------------------------------------------------


def test_a_file_tells_what_it_is_without_its_tensors(good: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(good)
    for source in (good, file):
        summary = checkpoint.summarise(source)
        assert (summary.config, summary.step, summary.preset, summary.app) == (SMALL, 3, "ring-8", "0.1")


def test_plain_pytorch_reads_the_generator_as_the_readme_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = train(preset("digits"), 2)
    checkpoint.save(trainer, tmp_path / "digits.safetensors")
    lines = re.findall(r"```python\n(import torch.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    (code,) = [text for text in lines if "load_file" in text]
    names: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)
    exec(code, names)  # noqa: S102 - it is the README's own
    plain = names["generator"]
    z = torch.randn(4, trainer.config.latent_dim, generator=torch.Generator().manual_seed(1))
    assert trainer.ema is not None
    torch.testing.assert_close(plain(z).view(4, 1, 8, 8), trainer.ema(z))


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run"
    file.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        checkpoint.write(b"new", file)
    assert file.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    with pytest.raises(CheckpointError, match="cannot be written"):
        checkpoint.write(b"new", tmp_path / "no" / "folder")


def test_the_article_pair_loads_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = preset("digits").changed({"generator.kind": "article", "discriminator.kind": "article"})
    checkpoint.save(train(config, 1), tmp_path / "run")
    times = []
    for _ in range(3):
        began = time.perf_counter()
        checkpoint.load(tmp_path / "run")
        times.append(time.perf_counter() - began)
    assert min(times) < 1.5  # benchmarks.keep measures it; the bar there is 0.3 s


# -- strangers' files ----------------------------------------------------------------------------------------


def nan(tensors: dict[str, Tensor]) -> None:
    tensors["generator.layers.0.weight"][0, 0] = torch.nan


BAD: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda c: b"", "fewer than 8 bytes"),
    "text": (lambda c: b"hello, this is no checkpoint", "no safetensors file"),
    "pickle": (lambda c: pickle.dumps({"generator": [1.0] * 100}), "no safetensors file"),
    "zip": (lambda c: b"PK\x03\x04" + c, "no safetensors file"),
    "huge header": (lambda c: struct.pack("<Q", 10 * 2**30) + c[8:], "no safetensors file"),
    "header beyond the file": (lambda c: struct.pack("<Q", len(c)) + c[8:], "is cut off"),
    "truncated": (lambda c: c[:-1], "is cut off"),
    "half": (lambda c: c[: len(c) // 2], "is cut off"),
    "longer": (lambda c: c + b"more", "do not fill it"),
    "other run": (lambda c: rewritten(c, words=lambda w: w["config"].update(latent_dim=9)), "does not fit its own"),
    "shape": (lambda c: rewritten(c, tensors=lambda t: t.update(numbers=torch.zeros(13))), "numbers is F32"),
    "type": (lambda c: rewritten(c, tensors=lambda t: t.update(numbers=torch.zeros(12).double())), "numbers is F64"),
    "extra": (lambda c: rewritten(c, tensors=lambda t: t.update(more=torch.zeros(1))), "'more' does not belong"),
    "missing": (lambda c: rewritten(c, tensors=lambda t: t.pop("opt_d.n_updates")), "opt_d.n_updates is missing"),
    "nan": (lambda c: rewritten(c, tensors=nan), "not finite"),
    "newer": (lambda c: rewritten(c, words=lambda w: w.update(format=99)), "format 99, this app reads up to 2"),
    "format": (lambda c: rewritten(c, words=lambda w: w.update(format="x")), "its format is 'x'"),
    "no words": (lambda c: rewritten(c, words=lambda w: w.pop("counters")), "counters are missing"),
    "counters": (lambda c: rewritten(c, words=lambda w: w.update(counters=[])), "counters are not numbers"),
    "config": (lambda c: rewritten(c, words=lambda w: w["config"].update(batch_size=10**9)), "batch_size"),
    "too many interventions": (
        lambda c: rewritten(c, words=lambda w: w.update(interventions=[{"step": 0, "update": "d"}] * 10_001)),
        "10,001 interventions",
    ),
    "too many to come": (
        lambda c: rewritten(c, words=lambda w: w.update(pending=[{"step": 9, "update": "d"}] * 100_000)),
        "at most 10,000 are read",
    ),
    "interventions that are no list": (lambda c: rewritten(c, words=lambda w: w.update(pending={})), "no list"),
    "interventions": (lambda c: rewritten(c, words=lambda w: w.update(interventions=[{"step": -1}])), "does not fit"),
    "history": (
        lambda c: rewritten(c, tensors=lambda t: t["history.counters"].fill_(1e300)),
        "does not fit",
    ),
    "plain safetensors": (lambda c: safetensors.save({"x": torch.zeros(2)}), "holds no run"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_quick_sentence(good: bytes, name: str) -> None:
    spoil, words = BAD[name]
    content = spoil(good)
    began = time.perf_counter()
    with pytest.raises(GanExplorerError) as refusal:
        checkpoint.load(content)
    assert time.perf_counter() - began < 2
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_tensor_that_claims_gigabytes_is_refused(good: bytes) -> None:
    (length,) = struct.unpack("<Q", good[:8])
    header = json.loads(good[8 : 8 + length])
    header["generator.layers.0.weight"]["shape"] = [50_000, 50_000]
    header["generator.layers.0.weight"]["data_offsets"][1] = 10**10
    text = json.dumps(header).encode()
    with pytest.raises(CheckpointError, match="not described as it should be"):
        checkpoint.load(struct.pack("<Q", len(text)) + text + good[8 + length :])


def test_a_diverged_run_is_not_kept() -> None:
    trainer = train(SMALL, 1)
    with torch.no_grad():
        next(trainer.generator.parameters()).fill_(torch.nan)
    with pytest.raises(CheckpointError, match="has diverged"):
        checkpoint.encode(trainer.state_dict())


def test_any_changed_byte_is_refused_or_harmless(good: bytes) -> None:
    rng = torch.Generator().manual_seed(0)
    for _ in range(150):
        at = int(torch.randint(len(good), (), generator=rng))
        spoiled = bytearray(good)
        spoiled[at] ^= 1 << int(torch.randint(8, (), generator=rng))
        try:
            checkpoint.load(bytes(spoiled)).step()
        except GanExplorerError as error:
            assert "\n" not in str(error)  # noqa: PT017 - both ends are allowed
