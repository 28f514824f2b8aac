"""A metric and a finding are added as CONTRIBUTING says, and reach frames, figures, the page and the commands."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_core import __main__ as cli
from gan_core import figures
from gan_core.data.points import Points
from gan_core.diagnosis import FINDINGS, FindingType, Watch
from gan_core.diagnosis.conditions import Condition, everywhere
from gan_core.diagnosis.report import Report
from gan_core.export.tables import metrics_csv
from gan_core.live.frame_builder import FrameBuilder
from gan_core.metrics import METRICS, Card, Curve, Metric, plane
from gan_core.metrics.scoring import score_generators
from gan_core.record.frame import Playing, decode
from gan_core.record.snapshot import Snapshot
from gan_core.training import Trainer
from pages.ui import live
from tests.core.runners import SMALL

ROOT = Path(__file__).resolve().parents[2]
STATE: Playing = {
    "run": 1,
    "state": "paused",
    "message": "",
    "position": 0,
    "phase": "",
    "pace": None,
    "stop_at": None,
    "seconds": 0.0,
    "preset": "",
}
ROUND = Metric(
    "roundness",
    "Roundness",
    "How round the samples lie.",
    True,
    (0, 1),
    "this test",
    format="percent",
    card=Card("round", "As round as it gets"),
    curve=Curve("plane", "round", help="1 is a circle", dash="dot"),
    listed="round",
    swept=True,
)
HASTE = FindingType(
    "haste",
    "warn",
    "Haste.",
    "It began a moment ago. Nothing is wrong with that.",
    when=Condition(
        "step",
        lambda s, config: s.step,
        everywhere(0.0),
        words="D has made {value} steps; {bound} are enough.",
        form="count",
    ),
    cures=lambda config: [{"lr_g": config.lr_g / 2}],
    at_once=True,
)


@pytest.fixture
def roundness(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One metric more: its entry, and its number where points are scored."""
    others = plane._values

    def values(data: Points, points: NDArray[Any], *more: Any) -> dict[str, float]:
        return others(data, points, *more) | {"roundness": 0.5 + 0.001 * len(points) / 12_000}

    monkeypatch.setitem(METRICS, "roundness", ROUND)
    monkeypatch.setattr(plane, "_values", values)
    plane._floors.cache_clear()
    yield
    plane._floors.cache_clear()


def frame_of(trainer: Trainer, report: Report) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    builder = FrameBuilder()
    builder.take(trainer.snapshot())
    builder.report(report)
    builder.publish(STATE, trainer.moment())
    assert builder.frame is not None
    return decode(builder.frame[1])


def fresh(file: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of ours, loaded once more under another name."""
    spec = importlib.util.spec_from_file_location("loaded_again", ROOT / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("roundness")
def test_a_metric_that_was_added_is_seen_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = Trainer(SMALL)
    trainer.step()
    scores = score_generators(trainer.config, trainer.data, trainer.generator, trainer.ema)
    header, arrays = frame_of(trainer, Report(1, 1, scores))
    assert header["metrics"]["roundness"]["value"] == pytest.approx(0.501, abs=1e-3)
    assert header["metrics"]["roundness"]["floor"] is not None
    assert arrays["metric_roundness"] == pytest.approx([header["metrics"]["roundness"]["value"]])

    snapshot = trainer.snapshot()
    drawn = figures.scores(Snapshot(1, snapshot.header, {**snapshot.arrays, **arrays}))
    (line,) = [trace for trace in drawn.data if trace.name == "round"]
    assert (line.line.dash, list(line.y)) == ("dot", arrays["metric_roundness"].tolist())

    served = json.loads(live.assets.__wrapped__()["figures.json"][0])
    (fact,) = [fact for fact in served["metrics"] if fact["name"] == "roundness"]
    assert fact["card"]["title"] == "round"
    assert "metric_roundness" in {trace["meta"]["y"] for trace in served["dark"]["figures"]["scores"]["data"]}
    assert fresh("gan_core/experiments/sweep/table.py", monkeypatch).SCORES["roundness"] == "Roundness"
    assert fresh("pages/ui/runs/panels.py", monkeypatch)._METRIC_WORDS["roundness"] == "round"
    assert b"roundness,Roundness,0.5" in metrics_csv(scores)

    np.save(tmp_path / "fake.npy", np.zeros((50, 2)))
    assert cli.main(["score", "ring-8", str(tmp_path / "fake.npy")]) == 0
    assert "roundness" in capsys.readouterr().out


def test_a_finding_that_was_added_is_seen_everywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(FINDINGS, "haste", HASTE)
    trainer, watch = Trainer(SMALL), Watch()
    for step in range(1, 202):
        trainer.step()
        if step % 50 == 1:
            watch.look_at(trainer)
    (found,) = watch.findings(trainer.config)
    assert (found.name, found.severity, found.since_step) == ("haste", "warn", 1)
    header, _ = frame_of(trainer, Report(1, trainer.step_count, findings=[found]))
    verdict = header["verdict"]
    assert (verdict["name"], verdict["level"], verdict["headline"]) == ("haste", "warn", "Haste.")
    assert verdict["evidence"][0].startswith("D has made 201 steps")
    assert verdict["cures"] == [
        {"index": 0, "title": "other learning rates", "changes": verdict["cures"][0]["changes"]}
    ]
    assert header["marks"] == [{"step": 1, "label": "Haste"}]

    tiny = [f"{player}.{part}=4" for player in ("generator", "discriminator") for part in ("width",)]
    words = [word for change in ("batch_size=8", *tiny) for word in ("--set", change)]
    assert cli.main(["train", "ring-8", "--steps", "300", *words]) == 0
    said = capsys.readouterr().out
    assert "haste (warn), since step 100: It began a moment ago." in said
    assert "  try: " in said


def test_contributing_tells_how() -> None:
    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    for what, places in (
        ("To add a metric", ("gan_core/metrics/plane.py", "gan_core/metrics/table.py", "`METRICS`")),
        ("To add a finding", ("gan_core/diagnosis/rules.py", "gan_core/diagnosis/table.py", "`FINDINGS`")),
        ("To add a number of a step", ("gan_core/record/history.py", "`StepStats`")),
        ("To add a word to a frame's header", ("gan_core/record/frame.py", "scripts.frame_types")),
    ):
        assert what in text
        said = text.partition(what)[2].partition("**")[2].partition("**To add")[0]
        assert all(place in said for place in places), what
        files = [place for place in places if place.endswith(".py")]
        assert all((ROOT / file).is_file() for file in files)
