"""Recorded runs: small, at once there, and what their config gives."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from gan_core.config import parse_config
from gan_core.config.presets import find
from gan_core.diagnosis import FINDINGS
from gan_core.errors import CheckpointError
from gan_core.live.recorder import Recorder
from gan_core.live.runner import Runner
from gan_core.record.frame import decode
from gan_core.record.history import StepStats
from gan_core.record.timeline import Timeline
from gan_core.storage import bundled as recorded
from gan_core.storage import checkpoint
from gan_core.storage.bundled import RECORDED, Recording
from gan_core.training import Trainer
from tests.core.runners import SMALL, by_hand, look

NAMES = tuple(RECORDED)


@pytest.fixture(scope="module", params=NAMES)
def recording(request: pytest.FixtureRequest) -> Recording:
    return recorded.recorded(request.param)


@pytest.fixture
def runners() -> Iterator[list[Runner]]:
    made: list[Runner] = []
    yield made
    for runner in made:
        runner.close()
        runner.join(5)


def steps(trainer: Trainer, n: int) -> list[StepStats]:
    return [trainer.step() for _ in range(n)]


def close(found: list[StepStats], due: list[StepStats]) -> bool:
    return np.allclose([astuple(s) for s in found], [astuple(s) for s in due], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_small_and_opens_at_once(name: str) -> None:
    assert recorded.path_of(name).stat().st_size <= recorded.MAX_BYTES
    begun = time.perf_counter()
    recorded.decode(recorded.path_of(name).read_bytes())
    assert time.perf_counter() - begun < 2


def test_it_is_what_the_code_makes_of_its_config(recording: Recording) -> None:
    first = steps(Trainer(recording.config), len(recording.first))
    after = steps(recording.trainer(), len(recording.after))
    assert close(first, list(recording.first))
    assert close(after, list(recording.after))
    if first == list(recording.first):  # a machine that rounds as the one that recorded it: then every bit is the same
        assert after == list(recording.after)


def test_its_outline_is_known_without_its_networks(recording: Recording) -> None:
    found = recorded.outline(recording.name)
    assert (found.config, found.step) == (recording.config, recording.step)


def test_it_goes_on_bit_for_bit(recording: Recording) -> None:
    whole = steps(recording.trainer(), 4)
    trainer = recording.trainer()
    begun = steps(trainer, 2)
    again = checkpoint.load(checkpoint.encode(trainer.state_dict()))
    assert [*begun, *steps(again, 2)] == whole


def test_its_last_picture_is_that_of_its_last_state(recording: Recording) -> None:
    step, frame = recording.past.frames[-1]
    header, arrays = decode(frame)
    assert step == recording.step == header["step"] == recording.past.states[-1][0]
    shown = recording.trainer().snapshot()
    assert set(shown.arrays) <= set(arrays)
    for name, array in shown.arrays.items():
        if array.dtype == np.uint8:
            assert np.abs(array.astype(int) - arrays[name].astype(int)).max() <= 2, name
        else:
            assert np.allclose(array, arrays[name], rtol=2e-2, atol=5e-3), name


def test_it_can_be_scrubbed(recording: Recording) -> None:
    frames = recording.past.frames
    at = [step for step, _ in frames]
    assert at == sorted(set(at))
    assert at[0] == 0
    assert len(at) >= 30
    assert {step for step, _ in recording.past.states} <= set(at), "what can be gone on from is to be seen"
    for step, frame in frames:
        header, arrays = decode(frame)
        assert header["verdict"]["headline"]
        curve = arrays["curve_step"]
        assert len(curve) == len(arrays["d_loss_mean"])
        assert not len(curve) or curve[-1] <= step


def test_it_bears_the_name_of_a_preset_and_shows_what_that_is_for(recording: Recording) -> None:
    differences = find(recording.name).config.differences(recording.config)
    assert set(differences) <= {"generator.width", "discriminator.width"}
    verdict = decode(recording.past.frames[-1][1])[0]["verdict"]
    assert (verdict["level"] == "bad") == (recording.name == "collapse"), verdict
    if recording.config.conditioned:  # answers to conditions are not looked at, but compared one by one
        due = "Better than a filter." if recording.config.z_reward else "G ignores z."
        assert verdict["headline"] == due, "it says what its scores say"
        return
    if recording.config.data.kind == "text":  # words are no numbers that could be near each other
        assert verdict["headline"] == "Letters follow each other as in real words."
        return
    assert verdict["name"] in FINDINGS, "it says what the looks found while it ran"


def test_an_opened_recorded_run_says_at_once_what_was_said_when_it_ran() -> None:
    collapse = recorded.recorded("collapse")
    said = decode(collapse.past.frames[-1][1])[0]["verdict"]
    assert said["name"] == "mode_collapse"
    runner, _ = by_hand(SMALL)
    runner.go_on(collapse.state, said=said)
    runner.driver.turn()
    header, _ = look(runner)
    assert (header["step"], header["verdict"]) == (collapse.step, said)
    runner.step()
    runner.driver.turn()
    header, _ = look(runner)
    assert header["step"] == collapse.step + 1
    assert header["verdict"]["headline"] == "Not looked at yet.", "it is of a step that is gone"


def test_a_runner_goes_on_with_it_and_keeps_its_past(recording: Recording, runners: list[Runner]) -> None:
    recorder = Recorder()
    runner = Runner(recording.config, observers=[recorder], on_frame=recorder.show)
    runners.append(runner)
    recorder.inherit(recording.past, recording.config, recording.step)
    runner.go_on(recording.state, preset=recording.name)
    assert runner.wait(lambda r: r.step_count == recording.step and r.snapshot is not None)
    runner.flush()
    contents = recorder.contents()
    assert contents["frames"][-1] == recording.step
    assert contents["states"] == [step for step, _ in recording.past.states]
    assert len(contents["frames"]) == len(recording.past.frames)
    runner.step()
    assert runner.wait(lambda r: r.step_count == recording.step + 1)


@pytest.mark.parametrize(("asked", "found"), [(None, 6000), (9999, 6000), (6000, 6000), (1999, 500), (499, 0), (-5, 0)])
def test_a_trainer_stands_in_the_last_state_before_a_step(asked: int | None, found: int) -> None:
    assert recorded.recorded("ring-8").trainer(asked).step_count == found


def small(n: int) -> Recording:
    config = parse_config({"data": {"name": "ring-8"}, "batch_size": 4, "generator": {"width": 4, "depth": 1}})
    trainer = Trainer(config)
    states = [(0, trainer.state_dict())]
    first = steps(trainer, n)
    states.append((n, trainer.state_dict()))
    return Recording("ring-8", Timeline([], states), first, steps(trainer, 2))


def test_what_is_written_is_read_again_and_equal_runs_give_equal_files() -> None:
    content = recorded.encode(small(3))
    assert content == recorded.encode(small(3))
    read = recorded.decode(content)
    assert (read.step, list(read.first), list(read.after)) == (3, list(small(3).first), list(small(3).after))
    assert steps(read.trainer(), 2) == list(read.after)


@pytest.mark.parametrize("cut", [0, 10, 500, -40])
def test_a_damaged_file_is_refused(cut: int) -> None:
    with pytest.raises(CheckpointError, match="damaged"):
        recorded.decode(recorded.encode(small(2))[:cut])


def test_a_name_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there are: digits"):
        recorded.recorded("../secret")
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    recorded.recorded.cache_clear()
    with pytest.raises(CheckpointError, match="cannot be read"):
        recorded.recorded("digits")
