"""The recorder: a bounded past, from which a run goes on bit for bit, and files that outlive it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.config import parse_config
from gan_core.diagnosis.report import Report
from gan_core.live.recorder import Recorder
from gan_core.live.runner import Runner
from gan_core.metrics import Score
from gan_core.record.frame import decode
from gan_core.record.timeline import Thinned, Timeline
from gan_core.storage import autosave as autosaves
from gan_core.storage import checkpoint
from gan_core.storage.autosave import Autosave, Entry, autosave_folder, surplus, sweep_up
from gan_core.training import Trainer
from tests.core.runners import HandClock, by_hand, turn

SMALL = parse_config(
    {
        "data": {"name": "ring-8"},
        "batch_size": 8,
        "generator": {"width": 8, "depth": 1},
        "discriminator": {"width": 8, "depth": 1},
        "seed": 3,
    }
)


@pytest.fixture
def runners() -> Iterator[list[Runner]]:
    made: list[Runner] = []
    yield made
    for runner in made:
        runner.close()
        runner.join(5)


def recorded(runners: list[Runner], autosave: Autosave | None = None) -> tuple[Runner, Recorder]:
    recorder = Recorder(autosave, "run")
    runner = Runner(SMALL, observers=[recorder], on_frame=recorder.show, preset="ring-8")
    runners.append(runner)
    assert runner.wait(lambda r: r.snapshot is not None)
    return runner, recorder


def pause_at(runner: Runner, step: int) -> None:
    runner.set_stop_at(step)
    runner.play()
    assert runner.wait(lambda r: r.step_count >= step and r.state == "paused")
    runner.flush()


# -- what is kept --------------------------------------------------------------------------------------------


def test_what_is_thinned_stays_bounded_dense_at_both_ends_and_in_order() -> None:
    kept: Thinned[int] = Thinned(60)
    for step in range(0, 200_000, 7):
        kept.add(step, -step, 10, 10**9)
        assert len(kept.steps) <= 60
    assert kept.steps[0] == 0
    assert kept.steps[-1] == 199_997 // 7 * 7
    assert kept.steps == sorted(set(kept.steps))
    assert [-s for s in kept.steps] == kept.items
    gaps = [b - a for a, b in zip(kept.steps, kept.steps[1:], strict=False)]
    assert max(gaps[:5] + gaps[-5:]) < max(gaps) / 20
    assert max(gaps) < 200_000 / 6


def test_bytes_are_bounded_but_the_first_and_the_newest_stay() -> None:
    kept: Thinned[str] = Thinned(100)
    for step in range(50):
        kept.add(step, "x", 100, 1_000)
        assert kept.n_bytes <= 1_000
    kept.add(50, "large", 5_000, 1_000)
    assert (kept.steps, kept.n_bytes) == ([0, 50], 5_100)


def test_going_back_forgets_what_came_later() -> None:
    kept: Thinned[int] = Thinned(10)
    for step in (0, 5, 9):
        kept.add(step, step, 1, 100)
    kept.add(5, 55, 1, 100)
    assert (kept.steps, kept.items, kept.n_bytes) == ([0, 5], [0, 55], 2)


@pytest.mark.parametrize(("step", "found"), [(-1, 0), (0, 0), (4, 0), (5, 5), (8, 5), (99, 9)])
def test_the_last_item_before_a_step(step: int, found: int) -> None:
    kept: Thinned[int] = Thinned(10)
    assert kept.before(step) is None
    for at in (0, 5, 9):
        kept.add(at, at, 1, 100)
    assert kept.before(step) == (found, found)


# -- a run's past --------------------------------------------------------------------------------------------


def test_a_run_goes_on_from_its_past_bit_for_bit(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    pause_at(runner, 20)
    runner.retune({"lr_g": 0.01})
    pause_at(runner, 40)
    found = recorder.state(39)
    assert found is not None
    step, state = found
    assert step == 20
    pictured = recorder.frame(20)
    assert pictured is not None
    assert decode(pictured[1])[0]["step"] == pictured[0] == 20
    runner.go_on(state)
    assert runner.wait(lambda r: r.run == 2 and r.step_count == 20)
    runner.flush()
    assert recorder.contents()["states"] == [20]
    runner.retune({"lr_g": 0.01})
    pause_at(runner, 40)
    whole = Trainer(SMALL)
    for _ in range(20):
        whole.step()
    whole.retune({"lr_g": 0.01})
    for _ in range(20):
        whole.step()
    assert runner.trainer is not None
    assert runner.trainer.stats == whole.stats
    assert runner.config.lr_g == 0.01
    assert [i.step for i in runner.interventions] == [20]


def test_a_branch_keeps_what_came_before_it_and_a_reset_does_not(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    for step in (5, 10, 15):
        pause_at(runner, step)
    found = recorder.state(10)
    assert found is not None
    recorder.inherit(recorder.past(), SMALL, 10)
    runner.go_on(found[1])
    assert runner.wait(lambda r: r.run == 2 and r.step_count == 10)
    runner.flush()
    contents = recorder.contents()
    assert contents["states"] == contents["frames"] == [0, 5, 10]
    runner.reset()
    assert runner.wait(lambda r: r.run == 3)
    runner.flush()
    assert recorder.contents()["states"] == [0]


def test_a_lone_update_belongs_to_what_is_kept(runners: list[Runner], tmp_path: Path) -> None:
    autosave = Autosave(tmp_path)
    runner, recorder = recorded(runners, autosave)
    pause_at(runner, 5)
    runner.step_d()
    assert runner.wait(lambda r: len(r.interventions) == 1)
    runner.flush()
    runner.flush()
    found = recorder.state(5)
    assert found is not None
    assert [i["update"] for i in found[1]["interventions"]] == ["d"]
    assert autosave.flush()
    assert len(autosave.saved()[0].summary.words["interventions"]) == 1


def test_states_do_not_change_with_the_run_that_goes_on(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    pause_at(runner, 3)
    found = recorder.state(3)
    assert found is not None
    before = found[1]["generator"]["layers.0.weight"].clone()
    pause_at(runner, 30)
    assert torch.equal(found[1]["generator"]["layers.0.weight"], before)


def test_who_looks_gets_a_newer_state_than_copying_s_share_of_the_time_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.live.recorder.STATE_INTERVAL", 1e9)  # one state, and then years until the next
    clock = HandClock()
    recorder = Recorder(clock=clock)
    runner, _ = by_hand(SMALL, clock, observers=[recorder], on_frame=recorder.show)
    runner.play()
    turn(runner, clock, 10, step=0.1)
    before = recorder.contents()["states"][-1]
    assert before <= 1, "without a look there is none"
    recorder.look()
    turn(runner, clock, 1.5, step=0.1)
    taken = recorder.contents()["states"][-1]
    assert taken > 90
    recorder.look()
    turn(runner, clock, 1.5, step=0.1)
    assert recorder.contents()["states"][-1] == taken, "a look right after it changes nothing"


def test_frames_are_kept_while_nobody_looks(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    runner.play()
    assert runner.wait(lambda r: len(recorder.contents()["frames"]) >= 3)


def test_the_best_state_is_kept(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    for step, js in ((5, 0.5), (10, 0.2), (15, 0.4)):
        pause_at(runner, step)
        runner.report(Report(runner.run, step, {"js": Score(js, 0.01, 100)}))
        runner.flush()
    pause_at(runner, 20)
    assert recorder.contents()["best"] == {"step": 10, "metric": "js", "value": 0.2}
    found = recorder.state(12)
    assert found is not None
    assert found[0] == 10


def test_every_scored_state_may_be_the_best_however_seldom_states_are_taken(
    runners: list[Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_core.live.recorder.STATE_SHARE", 1e-9)  # one state at the start, then hours until the next
    values = {10: 0.5, 20: 0.1, 30: 0.3}
    recorder = Recorder()

    def score(runner: Runner, trainer: Trainer) -> None:  # as the monitor does: its score comes some steps later
        if trainer.step_count in values:
            runner.scoring = trainer.step_count

    runner = Runner(SMALL, observers=[score, recorder], on_frame=recorder.show, threaded=False)
    runners.append(runner)
    runner.play()
    trainer = Trainer(SMALL)
    for step in range(1, 41):
        runner.frame()
        runner.driver._next_look = 0.0
        runner.driver.turn()
        if step - 5 in values:
            runner.report(Report(runner.run, step - 5, {"sliced_wasserstein": Score(values[step - 5], 0.01, 100)}))
        if step <= 20:
            trainer.step()
    assert runner.step_count == 40
    assert recorder.contents()["best"] == {"step": 20, "metric": "sliced_wasserstein", "value": 0.1}
    found = recorder.state(25)
    assert found is not None
    assert found[0] == 20
    assert torch.equal(found[1]["generator"]["layers.0.weight"], trainer.generator.state_dict()["layers.0.weight"])
    frame = recorder.frame(20)
    assert frame is not None
    assert frame[0] == 20, "what can be gone back to is to be seen"


def test_a_score_that_comes_while_the_run_stands_is_heard(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    pause_at(runner, 10)
    runner.report(Report(runner.run, 10, {"js": Score(0.2, 0.01, 100)}))
    runner.flush()
    assert recorder.contents()["best"] == {"step": 10, "metric": "js", "value": 0.2}


def test_a_new_run_begins_a_new_past(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    pause_at(runner, 10)
    runner.reset()
    assert runner.wait(lambda r: r.run == 2 and r.step_count == 0)
    runner.flush()
    contents = recorder.contents()
    assert (contents["run"], contents["states"], contents["frames"], contents["best"]) == (2, [0], [0], None)


# -- autosave ------------------------------------------------------------------------------------------------


def test_a_run_that_stops_is_on_disk(runners: list[Runner], tmp_path: Path) -> None:
    autosave = Autosave(tmp_path / "new" / "runs", app="0.1")
    runner, _ = recorded(runners, autosave)
    pause_at(runner, 12)
    assert autosave.flush()
    (saved,) = autosave.saved()
    assert (saved.key, saved.summary.step, saved.summary.preset, saved.summary.app) == ("run-1", 12, "ring-8", "0.1")
    trainer = checkpoint.load(autosave.path("run-1"))
    assert runner.trainer is not None
    assert trainer.stats == runner.trainer.stats


def test_a_run_that_stops_where_a_state_was_just_taken_is_on_disk_too(runners: list[Runner], tmp_path: Path) -> None:
    autosave = Autosave(tmp_path)
    runner, recorder = recorded(runners, autosave)
    pause_at(runner, 12)
    assert autosave.flush()
    autosave.delete("run-1")
    recorder._saved = (0, 0)  # as if it had been taken in passing
    assert runner.trainer is not None
    recorder(runner, runner.trainer)
    assert autosave.flush()
    assert [s.summary.step for s in autosave.saved()] == [12]


def test_a_run_that_is_closed_is_saved_as_it_was(runners: list[Runner], tmp_path: Path) -> None:
    autosave = Autosave(tmp_path)
    runner, _ = recorded(runners, autosave)
    runner.play()
    assert runner.wait(lambda r: r.step_count > 20)
    runner.close()
    runner.join(5)
    autosave.close()
    (saved,) = autosave.saved()
    assert saved.summary.step > 20


def state(step: int = 0) -> dict[str, Any]:
    trainer = Trainer(SMALL)
    for _ in range(step):
        trainer.step()
    return trainer.state_dict()


def test_a_playing_run_is_written_now_and_then(tmp_path: Path) -> None:
    clock = HandClock()
    autosave = Autosave(tmp_path, interval=15, clock=clock)
    first, second = state(1), state(2)
    autosave.offer("a", first)
    autosave.offer("a", second)
    assert autosave.flush()
    assert autosave.saved() == []
    clock.now += 16
    autosave.offer("a", second)
    autosave.offer("a", first)
    assert autosave.flush()
    assert [s.summary.step for s in autosave.saved()] == [2]


def test_the_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.storage.autosave.MAX_RUNS", 3)
    autosave, kept = Autosave(tmp_path), state(1)
    for i in range(6):
        autosave.offer(f"run-{i}", kept, at_once=True)
        assert autosave.flush()
        os.utime(autosave.path(f"run-{i}"), (1_000 + i, 1_000 + i))
    assert [s.key for s in autosave.saved()] == ["run-5", "run-4", "run-3"]
    monkeypatch.setattr("gan_core.storage.autosave.MAX_BYTES", 10)
    autosave.offer("large", kept, at_once=True)
    assert autosave.flush()
    assert [s.key for s in autosave.saved()] == ["large"]


def entries_of(*said: tuple[str, str, float]) -> list[Entry]:
    """Runs of 1 MB as (key, owner, seconds played), the oldest first."""
    return [Entry(key, float(i), 10**6, owner, played) for i, (key, owner, played) in enumerate(said)]


def test_an_owners_oldest_runs_go_beyond_their_quota_and_nobody_elses() -> None:
    theirs = [(f"theirs-{i}", "them", 60.0) for i in range(autosaves.MAX_RUNS + 2)]
    assert surplus(entries_of(("mine", "me", 60.0), *theirs)) == ["theirs-0", "theirs-1"]
    assert surplus(entries_of(*theirs), "theirs-0") == ["theirs-1", "theirs-2"], "not what was just written"


def test_many_short_visits_push_out_no_long_run() -> None:
    short = [(f"short-{i}", f"visitor {i}", 2.0) for i in range(400)]
    gone = surplus(entries_of(("mine", "me", 600.0), *short), "short-399")
    assert gone == [f"short-{i}" for i in range(101)]


def test_who_has_most_gives_way_first_where_the_disk_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.storage.autosave.MAX_BYTES", 10 * 10**6)
    much = [(f"much-{i}", "rich", 600.0) for i in range(9)]
    assert surplus(entries_of(("a", "poor", 1.0), *much, ("b", "other", 1.0))) == ["much-0"]


def test_what_a_killed_process_was_writing_is_swept_up(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in (".a.safetensors.x1", ".a.card.json.x2", "a.safetensors", ".other")}
    for file in files.values():
        file.write_bytes(b"x")
        os.utime(file, (0, 0))
    (tmp_path / ".b.safetensors.now").write_bytes(b"x")
    os.utime(tmp_path / ".b.safetensors.now", (10_000, 10_000))
    assert sweep_up(tmp_path, 10_010.0) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"a.safetensors", ".other", ".b.safetensors.now"}
    assert sweep_up(tmp_path / "nowhere", 0.0) == 0


def test_foreign_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "bad.safetensors").write_text("not a run")
    autosave = Autosave(tmp_path)
    autosave.offer("a", state(1), at_once=True)
    assert autosave.flush()
    assert [s.key for s in autosave.saved()] == ["a"]
    autosave.delete("a")
    left = sorted(p.name for p in tmp_path.iterdir() if not p.name.endswith(".deleted"))
    assert left == ["bad.safetensors", "notes.txt"]


def test_a_folder_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    autosave = Autosave(tmp_path / "file" / "runs")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            autosave.offer("a", state(), at_once=True)
            assert autosave.flush()
    assert len(caplog.records) == 1
    assert "runs are not being saved" in caplog.text
    assert autosave.saved() == []


@pytest.mark.parametrize("key", ["", "../x", "a/b", "a.b", "x" * 81, "a b"])
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, key: str) -> None:
    autosave = Autosave(tmp_path)
    with pytest.raises(ValueError, match="is not a name for a run"):
        autosave.path(key)
    with pytest.raises(ValueError, match="is not a name for a run"):
        autosave.offer(key, state())


def test_where_runs_are_saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("GAN_EXPLORER_RUNS", raising=False)
    assert autosave_folder() == tmp_path / "gan-explorer" / "runs"
    monkeypatch.setenv("GAN_EXPLORER_RUNS", str(tmp_path / "x"))
    assert autosave_folder() == tmp_path / "x"
    monkeypatch.setenv("GAN_EXPLORER_RUNS", "off")
    assert autosave_folder() is None


def test_a_saved_run_has_a_card_that_goes_with_it(runners: list[Runner], tmp_path: Path) -> None:
    autosave = Autosave(tmp_path)
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x48\0\0\0\x48"
    recorder = Recorder(autosave, "run", lambda frame: png + str(decode(frame)[0]["step"]).encode())
    recorder.owner = "me"
    runner = Runner(SMALL, observers=[recorder], on_frame=recorder.show)
    runners.append(runner)
    pause_at(runner, 8)
    runner.report(Report(runner.run, 8, {"js": Score(0.5, 0.01, 100)}))
    pause_at(runner, 12)
    assert autosave.flush()
    (saved,) = autosave.saved()
    assert (saved.card.owner, saved.card.picture, saved.card.scores) == ("me", png + b"12", {"js": 0.5})
    assert {0, 8, 12} <= {step for step, _ in saved.card.clock}
    seconds = [s for _, s in saved.card.clock]
    assert seconds == sorted(seconds)
    assert 0 < seconds[-1] < 10
    autosave.rename("run-1", "mine")
    copy = autosave.duplicate("run-1", "other")
    assert {s.key: s.card.name for s in autosave.saved()} == {"run-1": "mine", copy: "other"}
    autosave.delete(copy)
    autosave.delete("run-1")
    assert [p for p in tmp_path.iterdir() if not p.name.endswith(".deleted")] == []


def test_a_run_that_goes_on_goes_on_counting_its_seconds(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    pause_at(runner, 5)
    found = recorder.state(5)
    assert found is not None
    recorder.inherit(Timeline(clock=((0, 0.0), (5, 100.0), (9, 200.0))), SMALL, 5)
    runner.go_on(found[1])
    assert runner.wait(lambda r: r.run == 2)
    runner.flush()
    pause_at(runner, 10)
    clock = dict(recorder.past().clock)
    assert clock[5] == pytest.approx(100, abs=0.1)
    assert 100 < clock[10] < 110


def test_a_trainer_can_be_adopted(runners: list[Runner]) -> None:
    runner, _ = recorded(runners)
    trainer = Trainer(SMALL)
    for _ in range(7):
        trainer.step()
    runner.adopt(trainer, preset="moons")
    assert runner.wait(lambda r: r.run == 2 and r.step_count == 7)
    assert runner.preset == "moons"
    assert runner.trainer is trainer


def test_a_change_right_after_going_on_does_not_lose_the_state(runners: list[Runner]) -> None:
    runner, recorder = recorded(runners)
    pause_at(runner, 6)
    found = recorder.state(6)
    assert found is not None
    runner.go_on(found[1])
    runner.retune({"lr_g": 0.02})
    assert runner.wait(lambda r: r.run == 2)
    runner.flush()
    assert (runner.step_count, runner.config.lr_g) == (6, 0.02)
