"""The handle of a run: commands in, frames, answers and plain values out; here, and in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gan_core.config import Intervention
from gan_core.errors import CheckpointError, ConfigError
from gan_core.export.progress import ExportCancelledError
from gan_core.export.questions import Film
from gan_core.live import commands as do
from gan_core.live.handle import LockstepSpec, OpenRun, RunHandle, RunSpec
from gan_core.live.host import Place, make_place
from gan_core.record.frame import decode
from gan_core.training import Trainer
from tests.core.runners import SMALL


@pytest.fixture(scope="module", params=[0, 2], ids=["here", "apart"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = make_place(request.param, 4, folder=tmp_path_factory.mktemp("runs"), app="0.1")
    made.warm()
    yield made
    made.close()


@pytest.fixture
def host(place: Place) -> Iterator[Place]:
    """The place where runs are opened, with nothing saved; the test's runs end with it."""
    yield place
    assert place.autosave is not None
    for file in place.autosave.folder.iterdir():
        file.unlink()


def play_to(handle: RunHandle, step: int) -> None:
    handle.send(do.SetStopAt(step))
    handle.send(do.Play())
    assert handle.wait(lambda s: s.step >= step and s.state == "paused")
    handle.flush()


def header(handle: RunHandle) -> dict[str, Any]:
    frame = handle.frame()
    assert frame is not None
    return decode(frame)[0]


def test_a_run_is_played_and_its_status_is_a_plain_value(host: Place) -> None:
    handle = host.open(RunSpec(SMALL, preset="ring-8", play=True))
    assert handle.wait(lambda s: s.state == "playing" and s.step > 3)
    handle.send(do.Pause())
    assert handle.wait(lambda s: s.state == "paused")
    status = handle.status()
    assert (status.preset, status.config, status.initial_config, status.run) == ("ring-8", SMALL, SMALL, 1)
    assert handle.wait(lambda s: header(handle)["step"] == s.step)
    assert handle.frame(header(handle)["serial"]) is None
    with pytest.raises(AttributeError):
        status.step = 3  # type: ignore[misc]


def test_a_frame_that_shows_what_was_done_is_waited_for(host: Place) -> None:
    handle = host.open(RunSpec(SMALL, play=True))
    assert handle.wait(lambda s: s.step > 3)
    for command, state in ((do.Pause(), "paused"), (do.Play(), "playing"), (do.Step(), "paused")):
        handle.send(command)
        frame = handle.shown(timeout=20)
        assert frame is not None
        assert decode(frame)[0]["state"] == state
    assert decode(frame)[0]["step"] == handle.status().step
    handle.send(do.SetPace(30))
    frame = handle.shown(decode(frame)[0]["serial"], timeout=20)
    assert frame is not None
    assert decode(frame)[0]["pace"] == 30
    assert handle.shown(decode(frame)[0]["serial"], timeout=20) is None, "it has the newest"


def test_so_it_is_of_sides_in_lockstep(host: Place) -> None:
    handle = host.open(LockstepSpec([SMALL, SMALL.changed({"lr_g": 0.001})], play=True))
    assert handle.wait(lambda s: s.step > 3)
    for command, state in ((do.Pause(), "paused"), (do.Play(), "playing"), (do.Step(), "paused")):
        handle.send(command)
        frame = handle.shown(timeout=20)
        assert frame is not None
        header, sides = decode(frame)
        assert header["state"] == state
        assert {decode(side.tobytes())[0]["step"] for side in sides.values()} == {header["step"]}


def test_a_change_is_read_at_once_and_a_wrong_one_is_refused(host: Place) -> None:
    handle = host.open(RunSpec(SMALL))
    play_to(handle, 4)
    handle.send(do.Retune({"lr_g": 0.01}))
    assert handle.status().config.lr_g == 0.01
    with pytest.raises(ConfigError, match="start a new one"):
        handle.send(do.Retune({"seed": 5}))
    handle.flush()
    assert handle.status().interventions == (Intervention(step=4, changes={"lr_g": 0.01}),)


def test_a_run_goes_on_from_what_is_kept(host: Place) -> None:
    handle = host.open(RunSpec(SMALL))
    for step in (5, 10, 15):
        play_to(handle, step)
    assert {0, 5, 10, 15} <= set(handle.contents()["states"])
    kept = handle.kept(10)
    assert kept is not None
    assert decode(kept)[0]["step"] == 10
    assert handle.send(do.GoOn(12)) == 10
    assert handle.wait(lambda s: s.run == 2 and s.step == 10)
    handle.flush()
    assert handle.contents()["states"][-1] == 10


def test_a_restart_says_what_was_kept_of_the_weights(host: Place) -> None:
    handle = host.open(RunSpec(SMALL))
    play_to(handle, 6)
    assert handle.send(do.Restart(SMALL.changed({"seed": 4}))) is None
    assert handle.wait(lambda s: s.run == 2)
    play_to(handle, 3)
    origin = handle.send(do.Restart(SMALL.changed({"lr_g": 0.1}), keep_learned=True, preset="moons"))
    assert origin is not None
    assert origin.step == 3
    assert handle.wait(lambda s: s.run == 3)
    assert handle.status().preset == "moons"
    assert handle.status().interventions[0].origin == origin


@dataclass(frozen=True)
class AllNumbers:
    """Asks for all that a run that stands is."""

    def answer(self, run: OpenRun) -> tuple[list[tuple[Any, ...]], list[bytes]]:
        trainer = run.trainer()
        assert trainer is not None
        return numbers(trainer)


def numbers(trainer: Trainer) -> tuple[list[tuple[Any, ...]], list[bytes]]:
    columns = trainer.history.state_dict()
    weights = [weight.detach().numpy().tobytes() for weight in trainer.generator.parameters()]
    return [(name, column.tobytes()) for name, column in columns.items()], weights


def test_a_run_has_the_numbers_of_a_bare_trainer_bit_for_bit(host: Place) -> None:
    done = Intervention(step=6, changes={"lr_g": 0.01})
    handle = host.open(RunSpec(SMALL, interventions=(done,)))
    play_to(handle, 12)
    trainer = Trainer(SMALL, interventions=(done,))
    for _ in range(12):
        trainer.step()
    assert handle.ask(AllNumbers()) == numbers(trainer)


def test_who_asks_for_much_hears_how_far_it_is_and_can_stop_it(host: Place) -> None:
    handle = host.open(RunSpec(SMALL))
    play_to(handle, 2)
    heard: list[tuple[int, int]] = []
    film = handle.ask(Film("gif", seconds=1.0, side=128, progress=lambda *how_far: heard.append(how_far)))
    assert film.startswith(b"GIF8")
    assert heard[-1][0] == heard[-1][1] > 0
    with pytest.raises(ExportCancelledError):
        handle.ask(Film("gif", seconds=1.0, side=128, cancelled=lambda: True))
    assert handle.ask(Counted()) == (2, 1)


@dataclass(frozen=True)
class Counted:
    """Asks how many numbers of G are kept, and remembers it."""

    def answer(self, run: OpenRun) -> tuple[int, int]:
        step, _ = run.state()
        run.memo["asked"] = run.memo.get("asked", 0) + 1
        return step, run.memo["asked"]


def test_a_question_is_answered_beside_the_run(host: Place) -> None:
    handle = host.open(RunSpec(SMALL))
    play_to(handle, 2)
    assert handle.ask(Counted()) == (2, 1)
    assert handle.ask(Counted()) == (2, 2)
    together = host.open(LockstepSpec([SMALL, SMALL]))
    with pytest.raises(CheckpointError, match="Nothing is kept"):
        together.ask(Counted())


def test_a_saved_run_is_written_and_opened_again(host: Place) -> None:
    handle = host.open(RunSpec(SMALL, key="mine", owner="me"))
    play_to(handle, 8)
    autosave = host.autosave
    assert autosave is not None
    assert autosave.flush()
    (saved,) = autosave.saved()
    assert (saved.key, saved.summary.step, saved.card.owner) == ("mine-1", 8, "me")
    other = host.open(RunSpec(SMALL.changed({"seed": 9})))
    assert other.send(do.OpenFile(autosave.path("mine-1").read_bytes())) == 8
    assert other.wait(lambda s: s.run == 2 and s.step == 8)
    assert other.status().initial_config == SMALL
    with pytest.raises(CheckpointError):
        other.send(do.OpenFile(b"no file of ours"))


def test_a_recorded_run_stands_at_its_end(host: Place) -> None:
    handle = host.open(RunSpec(SMALL, recorded="ring-8"))
    assert handle.wait(lambda s: s.preset == "ring-8" and s.step > 0)
    handle.flush()
    assert handle.contents()["frames"]
    assert not handle.status().playing
    frame = handle.frame(0)
    assert frame is not None
    assert "name" in decode(frame)[0]["verdict"], "what was found when it ran"


@dataclass(frozen=True)
class TwoStepsAhead:
    """A trainer that has made two steps."""

    def trainer(self, device: str) -> Trainer:
        trainer = Trainer(SMALL, device=device)
        for _ in range(2):
            trainer.step()
        return trainer


def test_a_run_may_bring_its_own_trainer(host: Place) -> None:
    handle = host.open(RunSpec(SMALL, source=TwoStepsAhead()))
    assert handle.wait(lambda s: s.step == 2)


def test_sides_in_lockstep_are_changed_added_and_removed(host: Place) -> None:
    handle = host.open(LockstepSpec([SMALL, SMALL.changed({"lr_g": 0.01})], preset="ring-8"))
    play_to(handle, 3)
    assert handle.send(do.ChangeSide(1, {"lr_d": 0.02})) is False
    assert handle.sides[1].config.lr_d == 0.02
    assert handle.send(do.ChangeSide(0, {"seed": 3})) is True
    assert [side.config.seed for side in handle.sides] == [3, 3]
    handle.send(do.RemoveSide(0))
    assert len(handle.sides) == 1
    handle.send(do.AddSide(SMALL.changed({"seed": 3})))
    assert len(handle.sides) == 2
    for wrong in (do.Retune({"lr_g": 0.1}), do.GoOn(3), do.Step("d")):
        with pytest.raises(ConfigError, match="lockstep"):
            handle.send(wrong)


def test_a_closed_run_says_so(host: Place) -> None:
    for spec in (RunSpec(SMALL), LockstepSpec([SMALL])):
        handle = host.open(spec)
        handle.close()
        handle.join(5)
        assert handle.closed
