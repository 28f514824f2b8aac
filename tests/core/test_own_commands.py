"""Sounds and texts of one's own on the command line: trained on, gone on with, exported, scored."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core import __main__ as cli
from gan_core.data import own

QUICK = ["--set", "batch_size=8", "--set", "generator.width=8", "--set", "discriminator.width=8", "--steps", "2"]
STORY = "the quick brown fox jumps over the lazy dog and the dog sleeps on while foxes run about\n"
SHORT = "".join(f"über {word}\n" for word in ("größe", "bäume", "alle", "uns", "den", "see", "land", "nacht", "und"))


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command with an empty memory of own data; returns its record and what it said."""

    def act(*words: str) -> tuple[dict[str, Any], str]:
        own._sets.clear()
        assert cli.main([*words, "--json"]) == 0
        out = capsys.readouterr()
        return json.loads(out.out), out.err

    return act


def tones(folder: Path, n: int, seconds: float = 0.25) -> Path:
    """Write WAV files of tones at 2,048 samples a second."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    t = np.arange(round(seconds * 4_096)) / 4_096
    for i in range(n):
        samples = (20_000 * np.sin(2 * np.pi * rng.uniform(100, 500) * t)).astype("<i2")
        with wave.open(str(folder / f"{i:04}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(4_096)
            file.writeframes(samples.tobytes())
    return folder


def test_a_folder_of_sounds_is_trained_on_gone_on_with_and_scored(told: Any, tmp_path: Path) -> None:
    folder, run = tones(tmp_path / "tones", 70), tmp_path / "a.safetensors"
    record, said = told("train", "own-sounds", "--data", str(folder), "--save", str(run), *QUICK)
    data = record["config"]["data"]
    assert (data["name"], data["held_out"]) == ("own-sounds", pytest.approx(20 / 70, abs=1e-4))
    assert "cut into 70 pieces of 0.25 s" in said
    assert "20 of 70 sounds are held out" in said
    assert "70 sounds; 200 are few already" in said
    assert {"coverage", "precision", "sliced_wasserstein", "kid"} <= set(record["metrics"])
    assert not {"notes_reached", "in_tune"} & set(record["metrics"])
    again, _ = told("train", "--resume", str(run), "--steps", "1")
    assert again["step"] == 3
    assert told("score", str(run))[0]["metrics"].keys() >= {"coverage"}
    at_4096, said = told("train", "own-sounds", "--data", str(folder), "--rate", "4096", *QUICK)
    assert "4,096 samples a second are kept" in said
    assert at_4096["config"]["data"]["hash"] != data["hash"]
    scored, _ = told("score", str(folder), str(folder))
    assert any("are real ones, bit for bit" in warning for warning in scored["warnings"])


def test_sounds_too_many_for_a_file_are_named_anew_and_what_needs_none_is_exported(told: Any, tmp_path: Path) -> None:
    folder, run = tones(tmp_path / "tones", 20, seconds=26), tmp_path / "a.safetensors"
    told("train", "own-sounds", "--data", str(folder), "--save", str(run), *QUICK)
    assert run.stat().st_size < 2_000_000
    record, _ = told("export", str(run), "--picture", str(tmp_path / "a.png"), "--script", str(tmp_path / "a.py"))
    assert set(record["left_out"]) == {"data of the script"}
    assert "nothing here checks" in (tmp_path / "a.py").read_text()
    record, _ = told("export", str(run), "--script", str(tmp_path / "b.py"), "--data", str(folder))
    assert not record["left_out"]
    assert len(list(tmp_path.glob("own-sounds-*.npy"))) == 1
    again, _ = told("train", "--resume", str(run), "--data", str(folder), "--steps", "1")
    assert again["step"] == 3


def test_a_text_is_trained_on_gone_on_with_and_exported(told: Any, tmp_path: Path) -> None:
    text, run = tmp_path / "story.txt", tmp_path / "a.safetensors"
    text.write_text(STORY * 20 + SHORT, encoding="utf-8")
    record, said = told("train", "own-words", "--data", str(text), "--save", str(run), *QUICK)
    data = record["config"]["data"]
    assert (data["name"], data["length"], data["letters"]) == ("own-words", 6, 31)
    assert "read as UTF-8" in said
    assert "its words are taken" in said
    assert {"in_dictionary", "unique", "pairs_js", "novel"} <= set(record["metrics"])
    assert told("train", "--resume", str(run), "--steps", "1")[0]["step"] == 3
    record, _ = told("export", str(run), "--samples", str(tmp_path / "s.zip"), "--page", str(tmp_path / "p.html"))
    assert not record["left_out"]
    lines, said = told(
        "train", "own-words", "--data", str(text), "--text", "lines", "--set", "batch_size=8", "--steps", "1"
    )
    assert lines["config"]["data"]["length"] == 10
    assert "lines of more than 64 characters" in said


def test_numbers_are_a_table_for_points_and_a_text_for_words(told: Any, tmp_path: Path) -> None:
    table = tmp_path / "a.txt"
    table.write_text("\n".join(f"{i % 7} {i % 5}" for i in range(120)), encoding="utf-8")
    assert told("train", "ring-8", "--data", str(table), *QUICK)[0]["config"]["data"]["name"] == "own-points"
    assert told("train", "own-words", "--data", str(table), *QUICK)[0]["config"]["data"]["name"] == "own-words"


@pytest.mark.parametrize(
    ("preset", "words"),
    [("own-sounds", "upload WAV files, or name a folder"), ("own-words", "upload a text, or name one")],
)
def test_a_preset_for_own_data_says_what_it_needs(preset: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["train", preset, "--steps", "1"])
    assert words in capsys.readouterr().err
