"""The benchmark of applications keeps each row as it is measured, and measures none twice."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks import applications, edits
from gan_core.config.presets import preset
from gan_core.training import Trainer


def test_a_series_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[tuple[str, int]] = []

    def train(
        name: str, label: str, changes: Mapping[str, Any], seconds: Sequence[float]
    ) -> Iterator[tuple[str, float, int, Mapping[str, float]]]:
        measured.append((label, changes["seed"]))
        if measured == [("GAN", 10), ("GAN", 11)]:
            raise KeyboardInterrupt
        for end in seconds:
            yield label, end, int(100 * end), {"unique": 0.5 + changes["seed"] / 1000}

    monkeypatch.setattr(applications, "train", train)
    rows = tmp_path / "rows.jsonl"
    command = ["x", "grammar", "--first", "10", "--seeds", "3", "--seconds", "2", "5", "--rows", str(rows)]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(KeyboardInterrupt):
        applications.main()
    assert [json.loads(line)["seconds"] for line in rows.read_text().splitlines()] == [2, 5]
    applications.main()
    assert measured == [("GAN", 10), ("GAN", 11), ("GAN", 11), ("GAN", 12)]
    said = capsys.readouterr().out
    assert "seeds 10, 11, 12" in said
    assert "0.511 (0.51–0.512)" in said
    assert "GAN, 5 s, n=3" in said
    monkeypatch.setattr(sys, "argv", [*command, "--report"])
    applications.main()
    assert len(measured) == 4
    assert "0.511 (0.51–0.512)" in capsys.readouterr().out


def test_every_application_is_measured() -> None:
    names = [name for kind in applications.KINDS for name in kind.presets]
    assert len(names) == len(set(names))
    assert set(applications.PRESETS) | set(applications.WRITING) <= set(names)


def test_an_untrained_generator_keeps_no_class_and_changes_no_run() -> None:
    trainer = Trainer(preset("digits").changed({"generator.width": 8, "discriminator.width": 8}))
    before = trainer.state_dict()["generator"]
    kept = {name: weight.clone() for name, weight in before.items()}
    found = edits.scores(trainer)
    assert set(found) == {"psnr", "inverted_right", "changed", "kept", "kept_at_random"}
    assert found["inverted_right"] < 0.7
    assert found["kept"] <= found["changed"]
    assert all((trainer.state_dict()["generator"][name] == weight).all() for name, weight in kept.items())
