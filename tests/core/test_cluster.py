"""Runs in the workers of a Dask cluster: a real scheduler and two workers on this machine, one of which is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Client, Listener
from pathlib import Path

import numpy as np
import pytest

from gan_core.config import Intervention
from gan_core.data import download, elsewhere
from gan_core.data.own import register
from gan_core.data.own_data import OwnPoints
from gan_core.errors import GanExplorerError
from gan_core.export.questions import Film
from gan_core.export.thumbnails import thumbnail
from gan_core.live import commands as do
from gan_core.live import worker
from gan_core.live.cluster import Cluster, checked
from gan_core.live.handle import OpenRun, RunSpec
from gan_core.live.hosting import Setup
from gan_core.live.line import Line, LineLostError, answer, knows
from gan_core.live.remote import RemoteRun
from gan_core.record.frame import decode
from gan_core.storage.questions import SavedHistory
from gan_core.training import Trainer
from tests.core.clusters import cluster
from tests.core.runners import SMALL
from tests.core.test_handle import AllNumbers, numbers, play_to

Begun = tuple[Cluster, list[subprocess.Popen[bytes]]]


def until(ready: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


@dataclass(frozen=True)
class Process:
    """Asks for the process."""

    def answer(self, run: OpenRun | None = None) -> tuple[int, bool]:
        return os.getpid(), "streamlit" in sys.modules


@dataclass(frozen=True)
class HasFile:
    """Asks whether a file of a data set can be had where the run is."""

    name: str

    def answer(self, run: OpenRun) -> bytes | None:
        return elsewhere.fetch(elsewhere.FILE + self.name)


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begun]:
    """A place on a cluster of two workers, and the workers, whose data folder is not that of this process."""
    pytest.importorskip("distributed")
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(tmp_path / "data"))
    with cluster(tmp_path, environment=os.environ | {"GAN_EXPLORER_DATA": str(tmp_path / "theirs")}) as (
        address,
        workers,
    ):
        made = Cluster(address, 0, folder=tmp_path / "runs", app="0.1", thumbnail=thumbnail)
        made.warm()
        until(lambda: len(made._fit(errand=False)) == 2)
        yield made, workers
        made.close()


@pytest.mark.full
def test_runs_are_played_by_workers_and_a_killed_one_is_as_a_host_that_dies(begun: Begun, tmp_path: Path) -> None:
    place, workers = begun
    pids = {process.pid for process in workers}
    first = place.open(RunSpec(SMALL, preset="ring-8", visitor="a", key="mine", owner="me"))
    second = place.open(RunSpec(SMALL, visitor="b", play=True))
    assert {first.ask(Process())[0], second.ask(Process())[0]} == pids, "one run a worker"
    assert not first.ask(Process())[1], "no host imports Streamlit"

    # The numbers are those of a bare trainer, bit for bit, and a change goes along.
    done = Intervention(step=6, changes={"lr_g": 0.01})
    exact = place.open(RunSpec(SMALL, interventions=(done,), visitor="a"))
    play_to(exact, 12)
    trainer = Trainer(SMALL, interventions=(done,))
    for _ in range(12):
        trainer.step()
    assert exact.ask(AllNumbers()) == numbers(trainer)

    # Progress comes back to who asked.
    heard: list[tuple[int, int]] = []
    assert exact.ask(Film("gif", seconds=1.0, side=128, progress=lambda *how: heard.append(how))).startswith(b"GIF8")
    assert heard[-1][0] == heard[-1][1] > 0

    # Own data go along by content; files of data sets do, and no others.
    data = OwnPoints(np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32))
    register(data)
    own = place.open(RunSpec(SMALL.changed({"data.name": "own-points", "data.hash": data.hash}), visitor="a"))
    play_to(own, 2)
    (tmp_path / "data" / "MNIST").mkdir(parents=True)
    (tmp_path / "data" / "MNIST" / "some").write_bytes(b"pictures")
    (tmp_path / "secret").write_bytes(b"none of theirs")
    assert own.ask(HasFile("MNIST/some")) == b"pictures"
    assert own.ask(HasFile("../secret")) is None

    # What is saved is written here, where errands read it.
    play_to(first, 8)
    assert place.autosave is not None
    assert place.autosave.flush()
    (saved,) = place.autosave.saved()
    assert (saved.key, saved.summary.step, saved.card.owner) == ("mine-1", 8, "me")
    assert len(place.ask(SavedHistory(place.autosave.path("mine-1")))) == 8

    # One worker is killed in mid-run.
    first.send(do.SetStopAt(None))
    first.send(do.Play())
    assert first.wait(lambda s: s.step > 10 and s.state == "playing")
    assert first.frame() is not None
    victim, other = first.ask(Process())[0], second.ask(Process())[0]
    os.kill(victim, signal.SIGKILL)
    assert first.wait(lambda s: s.state == "error")
    assert "has ended" in first.status().message
    assert decode(first.frame() or b"")[0]["state"] == "error"
    at = second.status().step
    assert second.wait(lambda s: s.step > at and s.state == "playing"), "nobody else notices"

    # It goes on from its last save, in the worker that is left.
    content = place.autosave.path("mine-1").read_bytes()
    step = first.send(do.OpenFile(content))
    assert step is not None
    assert step >= 8
    assert first.ask(Process())[0] == other
    play_to(first, step + 2)

    # Without any worker runs are taken by this machine's own host.
    os.kill(other, signal.SIGKILL)
    assert second.wait(lambda s: s.state == "error")
    second.send(do.Play())
    assert second.wait(lambda s: s.step > 2)
    assert second.ask(Process())[0] not in pids


@pytest.mark.full
def test_a_worker_that_comes_later_takes_runs_and_is_free_again_when_the_server_ends(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    from distributed import Client as Dask

    with cluster(tmp_path, n=1) as (address, _):
        for _ in range(2):  # a second server finds the worker as the first one did
            place = Cluster(address, 0, memory=10**9)
            try:
                place.warm()
                until(lambda place=place: place._fit(errand=False)[0].worker)
                run = place.open(RunSpec(SMALL, play=True))
                assert run.wait(lambda s: s.step > 3)
                assert isinstance(run, RemoteRun)
                assert run.host.worker
            finally:
                place.close()
        with Dask(address, set_as_default=False) as client:
            assert client.submit(sum, [1, 2]).result(20) == 3
            until(lambda: not any(client.processing().values()))


@pytest.mark.full
def test_when_the_scheduler_is_lost_runs_end_in_words_and_the_app_stays(
    begun: Begun, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from distributed import Client as Dask

    place, workers = begun
    run = place.open(RunSpec(SMALL, visitor="a", key="mine", play=True))
    assert isinstance(run, RemoteRun)
    assert run.host.worker
    play_to(run, 8)
    assert place.autosave is not None
    assert place.autosave.flush()
    run.send(do.SetStopAt(None))
    run.send(do.Play())
    assert run.wait(lambda s: s.step > 10 and s.state == "playing")
    with Dask(place._scheduler, set_as_default=False) as client:
        pid = client.run_on_scheduler(os.getpid)
    os.kill(pid, signal.SIGKILL)

    # Workers that have lost their scheduler end, and so do the runs in them: with a sentence and the last picture.
    until(lambda: run.status().state == "error", 90)
    assert "has ended" in run.status().message
    assert decode(run.frame() or b"")[0]["state"] == "error"
    until(lambda: all(worker.poll() is not None for worker in workers), 90)
    until(lambda: "no Dask scheduler at" in caplog.text, 60)
    assert caplog.text.count("no Dask scheduler at") == 1, "it is said once"

    # The app stays: histories are read, new runs begin on this machine, and the lost one goes on from its last save.
    assert len(place.ask(SavedHistory(place.autosave.path("mine-1")))) >= 8
    new = place.open(RunSpec(SMALL, visitor="b", play=True))
    assert new.wait(lambda s: s.step > 3)
    step = run.send(do.OpenFile(place.autosave.path("mine-1").read_bytes()))
    assert step is not None
    assert step >= 8
    play_to(run, step + 2)
    assert not run.host.worker


@pytest.mark.parametrize(
    "said", ["nowhere", "http://10.0.0.1:8786", "tcp://10.0.0.1", "tcp://:1", "tls://a:1", "tcp://a:x"]
)
def test_an_address_that_is_none_is_refused_in_words(said: str) -> None:
    with pytest.raises(GanExplorerError, match=r"such as tcp://10\.0\.0\.1:8786"):
        checked(said)


# -- what needs no Dask -------------------------------------------------------------------------------------------


def test_who_calls_over_the_network_must_know_the_key() -> None:
    with Listener(("127.0.0.1", 0)) as listener:
        for key, known in ((b"right", True), (b"wrong", False)):
            found: list[bool] = []
            thread = threading.Thread(target=lambda found=found: found.append(knows(listener.accept(), b"right")))
            thread.start()
            try:
                Client(listener.address, authkey=key).close()
            except Exception:
                assert not known
            thread.join(10)
            assert found == [known]


def test_a_caller_hears_that_the_other_side_is_thought_lost() -> None:
    with Listener(("127.0.0.1", 0)) as listener:
        line = Line(lambda: Client(listener.address))
        caught: list[type[Exception]] = []

        def call() -> None:
            try:
                line.call("anything")
            except LineLostError as error:
                caught.append(type(error))

        thread = threading.Thread(target=call)
        thread.start()
        silent = listener.accept()
        silent.recv()  # as a machine that then loses its power
        line.lose()
        thread.join(5)
        assert caught == [LineLostError]
        silent.close()


class Far:
    """A host of a worker, with this test in the place of the leading process."""

    def __init__(self, setup: Setup) -> None:
        self.listener = Listener(("127.0.0.1", 0), authkey=b"key")
        self.saved: list[str] = []
        self.thread = threading.Thread(
            target=worker.serve, args=(self.listener.address, b"key", 7, "127.0.0.1", 500_000_000)
        )
        self.thread.start()
        self.life = self.listener.accept()
        assert self.life.recv()[:2] == ("life", 7)
        self.life.send(setup)
        address, _ = self.life.recv()
        self.line = Line(lambda: Client(address, authkey=b"key"))
        threading.Thread(target=self._up, daemon=True).start()

    def _up(self) -> None:
        def act(verb: str, args: tuple[object, ...]) -> None:
            if verb == "save":
                self.saved.append(str(args[0]))

        while True:
            connection = self.listener.accept()
            connection.recv()
            threading.Thread(target=answer, args=(connection, act), daemon=True).start()


def test_a_host_of_a_worker_ends_with_silence_and_the_worker_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BEAT", 0.05)
    monkeypatch.setattr(worker, "SILENCE", 1.0)
    far = Far(Setup(1, saves=True))
    number, sides = far.line.call("open", RunSpec(SMALL, key="mine", visitor="a"))
    assert sides[0].config == SMALL
    far.line.call("send", number, do.Step())
    until(lambda: far.saved == ["mine-1"])
    wide = SMALL.changed({"generator.width": 1024, "generator.depth": 8, "batch_size": 128})
    refused, _ = far.line.call("open", RunSpec(wide, visitor="a"))
    until(lambda: far.line.call("sides", refused)[0].state == "error")
    assert "one run may take 150 MB here" in far.line.call("sides", refused)[0].message, "a share of the worker's own"
    far.thread.join(20)  # nothing was said to it
    assert not far.thread.is_alive()
    time.sleep(1.5)  # who answers looks once a second whether it is to end
    with pytest.raises(LineLostError):
        far.line.call("usage")
    far.listener.close()


def test_a_file_of_a_data_set_comes_from_who_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(tmp_path))
    md5 = "9a0364b9e99bb480dd25e1f0284c8555"  # of "content"
    asked: list[str] = []

    def look(what: str) -> bytes | None:
        asked.append(what)
        return {"file:SET/raw/good": b"content", "file:SET/raw/bad": b"other"}.get(what)

    elsewhere.look_elsewhere(look)
    try:
        download.fetch((), [("good", md5)], tmp_path / "SET" / "raw")
        assert (tmp_path / "SET" / "raw" / "good").read_bytes() == b"content"
        with pytest.raises(GanExplorerError, match="bad"):
            download.fetch((), [("bad", md5)], tmp_path / "SET" / "raw")
    finally:
        elsewhere.look_here_alone(look)
    assert asked == ["file:SET/raw/good", "file:SET/raw/bad"]
