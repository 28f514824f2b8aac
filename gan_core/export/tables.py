"""Numbers of a run for spreadsheets and notebooks: its history and its metrics as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from gan_core.config import RunConfig
from gan_core.metrics import METRICS, Score
from gan_core.record.frame import finite
from gan_core.record.history import QUANTITIES, History
from gan_core.record.run_card import Clock, seconds_at

_ENDINGS: Final = {"": "_mean", "_min": "_min", "_max": "_max"}


def history_table(history: History) -> dict[str, list[Any]]:
    """Return the whole history as columns of equal length.

    Args:
        history: Of the run.

    Returns:
        ``step`` (the last step of each bucket), and for every name in `QUANTITIES` its mean under that name, and its
        extremes as ``<name>_min`` and ``<name>_max``. While there is one step to a bucket, the three are equal.
    """
    curves = history.curves(bands=QUANTITIES)
    columns: dict[str, list[Any]] = {"step": [int(step) for step in curves["curve_step"]]}
    for name in QUANTITIES:
        for ending, curve in _ENDINGS.items():
            # Through text, so that 0.1 as a float32 is written as 0.1.
            columns[name + ending] = [float(str(value)) for value in curves[name + curve]]
    return columns


def history_csv(history: History) -> bytes:
    """`history_table` with a line of names above, in UTF-8."""
    columns = history_table(history)
    return _csv([list(columns), *zip(*columns.values(), strict=True)])


def histories_csv(histories: Mapping[str, History], clocks: Mapping[str, Clock]) -> bytes:
    """Write the histories of several runs below one another; the first column is the run's name.

    Args:
        histories: By the run's name.
        clocks: By the same names: when which step was reached; the column ``seconds`` is empty without.
    """
    rows: list[list[Any]] = []
    for name, history in histories.items():
        columns = history_table(history)
        steps, clock = np.array(columns["step"], np.float64), clocks.get(name, ())
        columns["seconds"] = [round(s, 3) for s in seconds_at(steps, clock).tolist()] if clock else [""] * len(steps)
        rows = rows or [["run", *columns]]
        rows += [[name, *values] for values in zip(*columns.values(), strict=True)]
    return _csv(rows)


def metrics_csv(metrics: Mapping[str, Score]) -> bytes:
    """One line for each metric: its name, label and value, what real data reach, the number of samples, the unit."""
    rows: list[list[Any]] = [["metric", "label", "value", "floor", "n", "unit"]]
    for name, score in metrics.items():
        known = METRICS.get(name)
        words = (known.label, known.unit) if known else ("", "")
        rows.append([name, words[0], score.value, "" if score.floor is None else score.floor, score.n, words[1]])
    return _csv(rows)


def run_json(
    config: RunConfig,
    step: int,
    history: History,
    metrics: Mapping[str, Score] | None = None,
    *,
    metrics_step: int | None = None,
    lost: str = "",
) -> bytes:
    """Config, history and metrics in one object; numbers that are not finite are null.

    Args:
        config: The run's config now.
        step: Finished steps.
        history: Of the run.
        metrics: Its scores, if there are any.
        metrics_step: The step that they are of; None for `step`.
        lost: Which known mode was lost first, in words, or "".
    """
    tree = {
        "config": config.model_dump(mode="json"),
        "step": step,
        "history": history_table(history),
        "metrics": {name: asdict(score) for name, score in (metrics or {}).items()},
        "metrics_step": step if metrics_step is None else metrics_step,
        "lost": lost,
    }
    return json.dumps(finite(tree), allow_nan=False, indent=1).encode()


def _csv(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
