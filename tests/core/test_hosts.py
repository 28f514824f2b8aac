"""Host processes: where runs go, what becomes of them when a host ends, and what hosts share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from gan_core.data import own
from gan_core.data.own import find, known, register
from gan_core.data.own_data import OwnPoints
from gan_core.errors import CheckpointError, ConfigError
from gan_core.export.questions import WholeRun
from gan_core.export.thumbnails import thumbnail
from gan_core.live import commands as do
from gan_core.live import nursery
from gan_core.live.handle import LockstepSpec, OpenRun, RunHandle, RunSpec
from gan_core.live.hosts import Hosts
from gan_core.live.remote import RemoteRun
from gan_core.record.frame import decode
from gan_core.storage.autosave import Autosave
from gan_core.storage.checkpoint import encode
from gan_core.training import Trainer
from tests.core.runners import SMALL

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[[RunSpec | LockstepSpec], RemoteRun]
LARGE = SMALL.changed({"generator.width": 256, "generator.depth": 6, "batch_size": 1024})


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    made = Hosts(2, 4, folder=tmp_path_factory.mktemp("runs"), app="0.1", thumbnail=thumbnail, memory=240_000_000)
    made.warm()
    yield made
    made.close()
    assert not made._folder.exists()


@pytest.fixture(autouse=True)
def _whole_and_empty(request: pytest.FixtureRequest) -> None:
    """Each test begins with all hosts ready, and no run in them."""
    if "hosts" in request.fixturenames:
        made: Hosts = request.getfixturevalue("hosts")
        made.warm()
        end = time.monotonic() + 20
        while any(usage.runs for usage in made.usage()):
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def open_run(hosts: Hosts) -> Iterator[Open]:
    """Opens runs, and ends them with the test."""
    opened: list[RemoteRun] = []

    def open_(spec: RunSpec | LockstepSpec) -> RemoteRun:
        opened.append(hosts.open(spec))
        return opened[-1]

    yield open_
    for handle in opened:
        handle.close()
    for handle in opened:
        handle.join(10)


@pytest.fixture
def shelf(hosts: Hosts) -> Autosave:
    """The saved runs, of which there are none yet."""
    assert hosts.autosave is not None
    for file in hosts.autosave.folder.iterdir():
        file.unlink()
    return hosts.autosave


@dataclass(frozen=True)
class Where:
    """Asks for the process, and what it has loaded."""

    def answer(self, run: OpenRun | None = None) -> tuple[int, frozenset[str]]:
        return os.getpid(), frozenset(name.partition(".")[0] for name in sys.modules)


@dataclass(frozen=True)
class Fails:
    """Fails in a way that nobody meant."""

    def answer(self, run: OpenRun) -> None:
        {}["nothing"]


@dataclass(frozen=True)
class Sleeps:
    """Takes its time."""

    seconds: float

    def answer(self, run: OpenRun) -> None:
        time.sleep(self.seconds)


@dataclass(frozen=True)
class Unsendable:
    """Answers with what no other process can read."""

    def answer(self, run: OpenRun) -> object:
        return threading.Lock()


@dataclass(frozen=True)
class Brought:
    """Asks for a run's file that brings points along, which nobody keeps."""

    values: Any

    def answer(self) -> bytes:
        data = OwnPoints(self.values)
        config = SMALL.changed({"data.name": "own-points", "data.hash": register(data)})
        content = encode(Trainer(config).state_dict())
        del own._sets[data.hash]
        return content


def kill(handle: RunHandle) -> None:
    """End the host of a run as the system does that has run out of memory."""
    pid, _ = handle.ask(Where())
    os.kill(pid, signal.SIGKILL)


def play_to(handle: RunHandle, step: int) -> None:
    handle.send(do.SetStopAt(step))
    handle.send(do.Play())
    assert handle.wait(lambda s: s.step >= step and s.state == "paused")
    assert handle.flush(10)


def test_runs_go_where_fewest_are_and_a_visitors_runs_stay_together(hosts: Hosts, open_run: Open) -> None:
    opened = [open_run(RunSpec(SMALL, visitor=name)) for name in ("a", "b", "a", "c", "b")]
    pids = [handle.ask(Where())[0] for handle in opened]
    assert pids[0] == pids[2]
    assert pids[1] == pids[4]
    assert len(set(pids)) == 2
    assert os.getpid() not in pids
    assert sorted(usage.runs for usage in hosts.usage()) == [2, 3]
    for handle in opened:
        handle.close()
        handle.join(10)
        assert handle.closed
        assert handle.status().state == "closed"
        assert handle.frame() is None
    assert [usage.runs for usage in hosts.usage()] == [0, 0]


def test_who_comes_goes_where_fewest_take_turns_however_many_only_stand(hosts: Hosts, open_run: Open) -> None:
    standing = [open_run(RunSpec(SMALL, visitor=name)) for name in ("a", "b", "c", "d")]
    (here, there, *_) = pids = [handle.ask(Where())[0] for handle in standing]
    assert pids == [here, there] * 2
    for handle in (standing[1], standing[3]):
        handle.send(do.Play())
        assert handle.wait(lambda s: s.state == "playing")
    for name in ("e", "f"):
        comes = open_run(RunSpec(SMALL, visitor=name, play=True))
        assert comes.ask(Where())[0] == here
        assert comes.wait(lambda s: s.state == "playing")


def test_a_run_that_nobody_holds_any_more_ends(hosts: Hosts) -> None:
    handle = hosts.open(RunSpec(SMALL, play=True))
    assert handle.wait(lambda s: s.step > 3)
    del handle
    end = time.monotonic() + 20
    while any(usage.runs for usage in hosts.usage()):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_host_knows_nothing_of_streamlit_and_has_all_it_needs(hosts: Hosts) -> None:
    _, loaded = hosts.ask(Where())
    assert not {"streamlit", "starlette", "pages", "app"} & loaded
    assert "torch" in loaded


@pytest.mark.skipif(not nursery.FORKS, reason="there is no fork here")
def test_the_nursery_forks_with_one_thread(hosts: Hosts) -> None:
    assert hosts._nursery is not None
    assert psutil.Process(hosts._nursery.pid).num_threads() == 1


def test_calls_of_several_threads_do_not_wait_for_each_other(hosts: Hosts, open_run: Open) -> None:
    handle = open_run(RunSpec(SMALL, play=True))
    with ThreadPoolExecutor(8) as pool:
        slow = [pool.submit(handle.ask, Sleeps(1.5)) for _ in range(3)]
        begun = time.monotonic()
        steps = list(pool.map(lambda _: handle.status().step, range(50)))
        assert time.monotonic() - begun < 1.4
        assert not any(each.done() for each in slow)
    assert steps


def test_what_goes_wrong_beside_a_run_is_an_error_here_and_the_run_goes_on(hosts: Hosts, open_run: Open) -> None:
    handle = open_run(RunSpec(SMALL, play=True))
    with pytest.raises(RuntimeError, match="KeyError"):
        handle.ask(Fails())
    with pytest.raises(RuntimeError, match="pickle"):
        handle.ask(Unsendable())
    step = handle.status().step
    assert handle.wait(lambda s: s.state == "playing" and s.step > step)


def test_a_host_that_ends_is_a_sentence_and_nobody_else_notices(hosts: Hosts, open_run: Open, shelf: Autosave) -> None:
    mine = open_run(RunSpec(SMALL, preset="ring-8", visitor="me", key="mine"))
    other = open_run(RunSpec(SMALL, visitor="another", play=True))
    play_to(mine, 6)
    assert shelf.flush()
    drawn = mine.frame()
    assert drawn is not None
    kill(mine)
    assert mine.wait(lambda s: s.state == "error")
    assert "has ended" in mine.status().message
    assert (mine.lost, other.lost) == (True, False)
    header, arrays = decode(mine.frame() or b"")
    assert (header["state"], header["message"]) == ("error", mine.status().message)
    assert header["serial"] > decode(drawn)[0]["serial"]
    assert "fake" in arrays, "the last picture stays"
    assert mine.frame(header["serial"]) is None
    with pytest.raises(CheckpointError, match="has ended"):
        mine.ask(WholeRun())
    with pytest.raises(ConfigError, match="has ended"):
        mine.send(do.Retune({"lr_g": 0.1}))
    mine.send(do.Suspend())
    mine.send(do.Resume())
    assert mine.send(do.GoOn(3)) is None

    step = other.status().step
    assert other.wait(lambda s: s.state == "playing" and s.step > step)

    # All hosts are there again, and the run is on from its file, under its own name and the next number.
    hosts.warm()
    (saved,) = shelf.saved()
    assert (saved.key, saved.summary.step) == ("mine-1", 6)
    assert mine.send(do.OpenFile(shelf.path("mine-1").read_bytes())) == 6
    assert mine.wait(lambda s: s.step == 6 and s.state == "paused")
    assert not mine.lost
    play_to(mine, 9)
    assert shelf.flush()
    assert f"mine-{mine.status().run}" in {run.key for run in shelf.saved()}
    assert mine.status().run > 1


@pytest.mark.parametrize("command", [do.Play(), do.Reset(7), do.Restart(SMALL.changed({"batch_size": 16}))])
def test_a_run_whose_host_has_ended_can_be_begun_anew(
    hosts: Hosts, open_run: Open, command: do.RunCommand[object]
) -> None:
    handle = open_run(RunSpec(SMALL, preset="ring-8"))
    assert handle.wait(lambda s: s.run == 1)
    handle.send(do.SetPace(50))
    kill(handle)
    assert handle.wait(lambda s: s.state == "error")
    assert decode(handle.frame() or b"")[0]["state"] == "error", "though nobody had looked at it"
    handle.send(command)
    assert handle.wait(lambda s: s.run == 2 and s.state in ("playing", "paused"))
    status = handle.status()
    expected = {"seed": 7} if command == do.Reset(7) else {}
    assert status.config == getattr(command, "config", SMALL.changed(expected))
    assert status.preset == "ring-8"
    assert handle.wait(lambda _: (frame := handle.frame()) is not None and decode(frame)[0]["pace"] == 50)


def test_sides_whose_host_has_ended_say_so_and_can_be_begun_anew(hosts: Hosts, open_run: Open) -> None:
    handle = open_run(LockstepSpec([SMALL, SMALL.changed({"lr_g": 0.01})], "ring-8", play=True))
    assert handle.wait(lambda s: s.step > 2)
    assert handle.frame() is not None
    kill(handle)
    assert handle.wait(lambda s: s.state == "error")
    header, arrays = decode(handle.frame() or b"")
    sides = [decode(arrays[f"side_{i}"].tobytes())[0] for i in range(2)]
    assert [header["state"], *(side["state"] for side in sides)] == ["error"] * 3
    assert "has ended" in sides[1]["message"]
    handle.send(do.Play())
    assert handle.wait(lambda s: s.step > 2 and s.state == "playing")
    assert [side.config.lr_g for side in handle.sides] == [SMALL.lr_g, 0.01]


def test_all_hosts_share_one_budget_and_a_dead_ones_share_returns(hosts: Hosts, open_run: Open) -> None:
    first = open_run(RunSpec(LARGE))
    assert first.wait(lambda s: s.run == 1)
    taken = hosts._memory.taken
    assert taken > 0
    second = open_run(RunSpec(LARGE.changed({"batch_size": 128})))
    assert second.wait(lambda s: s.run == 1)
    assert hosts._memory.taken > taken
    refused = open_run(RunSpec(LARGE.changed({"generator.width": 512})))
    assert refused.wait(lambda s: s.state == "error")
    assert "one run may take 120 MB here" in refused.status().message
    second.close()
    second.join(10)
    assert hosts._memory.taken == taken
    kill(first)
    end = time.monotonic() + 10
    while hosts._memory.taken:
        assert time.monotonic() < end
        time.sleep(0.02)
    hosts.warm()


def test_own_data_are_found_by_whoever_needs_them(hosts: Hosts, open_run: Open) -> None:
    data = OwnPoints(np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32))
    register(data)
    config = SMALL.changed({"data.name": "own-points", "data.hash": data.hash})
    handle = open_run(RunSpec(config))
    play_to(handle, 2)
    gone = open_run(RunSpec(SMALL.changed({"data.name": "own-points", "data.hash": "0" * 64})))
    assert gone.wait(lambda s: s.state == "error")
    assert "not here any more" in gone.status().message
    # A file brings its points along, which only its host has then.
    other = OwnPoints(np.random.default_rng(1).normal(size=(300, 2)).astype(np.float32))
    content = hosts.ask(Brought(other.values))
    assert not known(other.hash)
    assert handle.send(do.OpenFile(content)) == 0
    assert find("own-points", other.hash).hash == other.hash


LEADER = """
import sys, time
from pathlib import Path
from typing import Any
from gan_core.live.hosts import Hosts
from gan_core.live.remote import RemoteRun
from gan_core.live.handle import RunSpec
from gan_core.config import RunConfig
hosts = Hosts(1, 1)
hosts.warm()
run = hosts.open(RunSpec(RunConfig(), play=True))
assert run.wait(lambda s: s.step > 3)
assert "torch" not in sys.modules and "streamlit" not in sys.modules
print(hosts._folder, *(usage.pid for usage in hosts.usage()), hosts._nursery.pid, flush=True)
time.sleep(60)
"""


def test_no_host_outlives_the_process_that_leads_which_needs_no_torch() -> None:
    leader = subprocess.Popen([sys.executable, "-c", LEADER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert leader.stdout is not None
    folder, *pids = leader.stdout.readline().split()
    processes = [psutil.Process(int(pid)) for pid in pids]
    leader.kill()
    leader.wait()
    leader.stdout.close()
    assert not psutil.wait_procs(processes, timeout=20)[1]
    assert not Path(folder).exists()
