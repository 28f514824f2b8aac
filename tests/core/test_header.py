"""The header of a frame is what its typed dictionaries declare, in Python and in the browser."""

from __future__ import annotations

import math
import types
from dataclasses import replace
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from gan_core.config.presets import preset
from gan_core.diagnosis import Watch
from gan_core.diagnosis.report import Report
from gan_core.live.frame_builder import FrameBuilder
from gan_core.live.lockstep import Lockstep
from gan_core.metrics.scoring import score_generators
from gan_core.record.frame import BareHeader, Header, Picture, Playing, SetHeader, Stats, decode
from gan_core.record.history import StepStats
from gan_core.training import Trainer
from scripts import frame_types
from tests.core.runners import SMALL, Make, until

STATE: Playing = {
    "run": 1,
    "state": "playing",
    "message": "",
    "position": 0,
    "phase": "",
    "pace": None,
    "stop_at": None,
    "seconds": 0.0,
    "preset": "",
}
STATS = {"step": int, **dict.fromkeys([*StepStats.__slots__[1:], "value"], float | None)}


def misfits(value: Any, kind: Any, at: str = "header") -> list[str]:
    """Where a value is not of a type, a typed dictionary having each of its keys and no other."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind == Stats or is_typeddict(kind):
        hints: dict[str, Any] = STATS if kind == Stats else get_type_hints(kind, include_extras=True)
        needed = {key for key, hint in hints.items() if get_origin(hint) is not NotRequired}
        wrong = [f"{at}: {key} is missing" for key in needed - value.keys()]
        wrong += [f"{at}: {key} is not declared" for key in value.keys() - hints.keys()]
        return wrong + [
            w for key in value.keys() & hints.keys() for w in misfits(value[key], hints[key], f"{at}.{key}")
        ]
    if origin is NotRequired:
        return misfits(value, arguments[0], at)
    if origin is list:
        return [w for i, item in enumerate(value) for w in misfits(item, arguments[0], f"{at}[{i}]")]
    if origin is dict:
        return [w for key, item in value.items() for w in misfits(item, arguments[1], f"{at}.{key}")]
    if origin is Literal:
        return [] if value in arguments else [f"{at}: {value!r} is not of {arguments}"]
    if origin in (Union, types.UnionType):
        return [] if any(not misfits(value, one, at) for one in arguments) else [f"{at}: {value!r} is no {kind}"]
    right = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    return [] if right and not (isinstance(value, bool) and kind is not bool) else [f"{at}: {value!r} is no {kind}"]


def built(start: str, changes: dict[str, Any], n: int, *, scored: bool = True, broken: bool = False) -> dict[str, Any]:
    """Header of the frame of a run after some steps."""
    trainer, builder, watch = Trainer(preset(start).changed(changes)), FrameBuilder(), Watch()
    for _ in range(n):
        stats = trainer.step()
    if broken:
        stats = replace(stats, d_loss=math.nan)
    watch.look_at(trainer)
    builder.take(trainer.snapshot())
    if scored:
        scores = score_generators(trainer.config, trainer.data, trainer.generator, trainer.ema)
        builder.report(Report(1, n, scores, watch.findings(trainer.config, stats)))
    builder.publish(STATE, trainer.moment())
    assert builder.frame is not None
    return decode(builder.frame[1])[0]


@pytest.mark.parametrize(
    ("start", "changes"),
    [
        ("ring-8", {}),
        ("moons", {"objective": "wasserstein"}),
        ("ring-8", {"latent_dim": 1, "ema": 0}),
        ("digits", {"batch_size": 8}),
        ("digits-conditional", {"batch_size": 8}),
    ],
)
@pytest.mark.parametrize("scored", [False, True])
def test_a_frame_s_header_is_as_declared(start: str, changes: dict[str, Any], scored: bool) -> None:
    assert misfits(built(start, changes, 3, scored=scored), Header) == []


def test_the_header_of_a_failed_run_is_as_declared() -> None:
    header = built("ring-8", {}, 2, broken=True)
    assert misfits(header, Header) == []
    assert header["verdict"]["cures"]
    assert misfits(dict(Trainer(SMALL).snapshot().header), Picture) == []


def test_frames_that_a_runner_sends_are_as_declared(make: Make) -> None:
    builder = FrameBuilder()
    builder.publish(STATE, None)
    assert builder.frame is not None
    assert misfits(decode(builder.frame[1])[0], BareHeader) == []
    runner = make()
    runner.set_stop_at(5)
    runner.play()
    assert misfits(until(runner, state="paused", step=5), Header) == []


def test_a_set_of_frames_has_the_header_that_is_declared() -> None:
    group = Lockstep([SMALL, SMALL.changed({"lr_g": 1e-4})])
    try:
        assert group.wait(lambda g: g.frame() is not None, 60)
        frame = group.frame()
        assert frame is not None
        assert misfits(decode(frame)[0], SetHeader) == []
    finally:
        group.close()


def test_the_checker_sees_what_is_missing_unknown_or_of_another_type() -> None:
    header = built("ring-8", {}, 1, scored=False)
    assert misfits({**header, "new": 1}, Header) == ["header: new is not declared"]
    less = {key: value for key, value in header.items() if key != "lost"}
    assert misfits(less, Header) == ["header: lost is missing"]
    assert len(misfits({**header, "step": "1", "state": "asleep", "has_ema": 1, "marks": [{}]}, Header)) == 5


def test_the_browser_s_types_are_those_of_the_header() -> None:
    assert frame_types.TARGET.read_text(encoding="utf-8") == frame_types.make(), "run python -m scripts.frame_types"
