"""The app without a browser: AppTest on ``app.py``, with real runs on real threads that each test ends again."""

from __future__ import annotations

import functools
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from gan_core import CheckpointError
from gan_core.export.questions import NewestSnapshot
from gan_core.live import commands as do
from gan_core.live.commands import RunCommand
from gan_core.live.driver import close_all
from gan_core.live.handle import OpenRun
from gan_core.live.host import Host
from gan_core.live.run import Run
from gan_core.record.frame import decode
from gan_core.record.snapshot import Snapshot
from pages.ui.presence import Guest, Rooms

APP = str(Path(__file__).resolve().parents[2] / "app.py")
VISIT = "gan.visit"


class Seen:
    """A run as tests read and steer it: through its handle alone.

    Besides what is written here it has all that `RunStatus` has, now.
    """

    def __init__(self, guest: Guest) -> None:
        self.handle = guest.run

    def __getattr__(self, name: str) -> Any:
        return getattr(self.handle.status(), name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and other.handle is self.handle

    def __hash__(self) -> int:
        return id(self.handle)

    @property
    def snapshot(self) -> Snapshot | None:
        """What is to be seen now; None before the first picture."""
        try:
            return self.handle.ask(NewestSnapshot())
        except CheckpointError:
            return None

    def send(self, *commands: RunCommand[Any]) -> None:
        for command in commands:
            self.handle.send(command)

    def play(self) -> None:
        self.send(do.Play())

    def pause(self) -> None:
        self.send(do.Pause())

    def step_once(self, what: Literal["step", "d", "g"] = "step") -> None:
        self.send(do.Step(what))

    def wait(self, ready: Callable[[Seen], bool], timeout: float = 30.0) -> bool:
        return self.handle.wait(lambda _: ready(self), timeout)

    def flush(self) -> bool:
        return self.handle.flush()

    def frame(self) -> bytes | None:
        return self.handle.frame()

    def close(self) -> None:
        self.handle.close()

    @property
    def behind(self) -> Run:
        """The run itself, for what only this process can see."""
        run: Run = self.handle._run  # type: ignore[attr-defined]
        return run

    @property
    def thread_name(self) -> str:
        """Name of the thread that trains it."""
        name: str = self.handle.driver.thread_name  # type: ignore[attr-defined]
        return name

    def state_now(self) -> Mapping[str, Any]:
        """All that a run that stands is."""
        return self.handle.ask(_State())

    def kept(self, step: int = 10**9) -> tuple[int, Mapping[str, Any]] | None:
        """The last kept state of a step or before, and its step."""
        try:
            return self.handle.ask(_Kept(step))
        except CheckpointError:
            return None

    def contents(self) -> Mapping[str, Any]:
        return self.handle.contents()


@dataclass(frozen=True)
class _State:
    def answer(self, run: OpenRun) -> Mapping[str, Any]:
        trainer = run.trainer()
        assert trainer is not None
        return trainer.state_dict()


@dataclass(frozen=True)
class _Kept:
    step: int

    def answer(self, run: OpenRun) -> tuple[int, Mapping[str, Any]]:
        return run.state(self.step)


def host_of(rooms: Rooms) -> Host:
    """What the runs of this process share."""
    assert isinstance(rooms.host, Host)
    return rooms.host


class Opener(Protocol):
    """Opens the app as a new visitor; closes their run when the test ends."""

    def __call__(self, query: Mapping[str, str] | None = None) -> AppTest: ...


@pytest.fixture(scope="session")
def few_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few made-up images in MNIST's and Fashion-MNIST's files, so that no test downloads any."""
    folder = tmp_path_factory.mktemp("data")
    pixels = np.random.default_rng(0).integers(0, 256, (96, 28, 28), dtype=np.uint8)
    for name in ("MNIST", "FashionMNIST"):
        raw = folder / name / "raw"
        raw.mkdir(parents=True)
        head = struct.pack(">4I", 2051, *pixels.shape)
        (raw / "t10k-images-idx3-ubyte").write_bytes(head + pixels.tobytes())
    return folder


@pytest.fixture(scope="session", autouse=True)
def _scanned_once() -> Iterator[None]:
    """Look for installed components once: each AppTest reads what every installed package says of itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", functools.cache(manifest_scanner.scan_component_manifests)
        )
        yield


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, few_images: Path) -> None:
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(few_images))
    monkeypatch.setenv("GAN_EXPLORER_RUNS", "off")
    begin = PagesManager.__init__

    def as_served(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    # As app.py does for the server: a page that is opened by its own address is drawn within the frame of all pages.
    monkeypatch.setattr(PagesManager, "__init__", as_served)


def by_address(app: AppTest, page: str) -> AppTest:
    """Have the next run open a page by its own address, as a visitor's first one."""
    app._page_hash = calc_hash(page)
    return app


@pytest.fixture
def opened() -> Iterator[list[AppTest]]:
    """Apps whose runs end with the test."""
    apps: list[AppTest] = []
    yield apps
    runners = [Seen(app.session_state[VISIT]) for app in apps if VISIT in app.session_state]
    for runner in runners:
        runner.close()
    assert all(runner.wait(lambda r: r.state == "closed") for runner in runners)
    close_all()  # those of lessons and of the lab too


@pytest.fixture
def open_app(opened: list[AppTest]) -> Opener:
    """Open the app; its query is the link's."""

    def open_(query: Mapping[str, str] | None = None) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        for name, value in (query or {}).items():
            app.query_params[name] = value
        opened.append(app)
        return app.run()

    return open_


@pytest.fixture
def runner_of() -> Callable[[AppTest], Seen]:
    """This visitor's run, paused or playing, when it is ready."""

    def find(app: AppTest) -> Seen:
        runner: Seen = Seen(app.session_state[VISIT])
        assert runner.wait(lambda r: r.snapshot is not None)
        return runner

    return find


@pytest.fixture
def rebuilt() -> Callable[[Seen, int], None]:
    """Wait for a runner's n-th run."""

    def wait(runner: Seen, n: int) -> None:
        assert runner.wait(lambda r: r.run == n and r.state in ("playing", "paused"))

    return wait


def stand_at(runner: Seen, step: int) -> None:
    """Have a run stand at a step, after a reset: it may be beyond it already."""
    runner.pause()
    # The first run may still be being built: counted too early, its number would be that of the reset.
    assert runner.wait(lambda r: r.run >= 1 and r.state == "paused")
    before = runner.run
    runner.send(do.Reset())
    assert runner.wait(lambda r: r.run == before + 1 and r.state == "paused")
    runner.send(do.SetStopAt(step))
    runner.play()
    assert runner.wait(lambda r: r.step == step and r.state == "paused")
    runner.flush()


def newest_stats(runner: Seen, step: int) -> dict[str, Any]:
    """The numbers of a paused run once its frame shows this step."""
    end = time.monotonic() + 30
    while True:
        frame = runner.frame()
        header = decode(frame)[0] if frame else {}
        if header.get("step") == step and header["state"] == "paused":
            stats: dict[str, Any] = header["stats"]
            return stats
        assert time.monotonic() < end, f"step {step} did not come: {header.get('step')}, {header.get('state')}"
        time.sleep(0.01)
