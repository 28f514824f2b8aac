"""The app without a browser: AppTest on ``app.py``, with real runs on real threads that each test ends again."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan_core import Runner
from gan_core.live.driver import close_all
from gan_core.record.frame import decode

APP = str(Path(__file__).resolve().parents[2] / "app.py")
VISIT = "gan.visit"


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


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, few_images: Path) -> None:
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(few_images))
    monkeypatch.setenv("GAN_EXPLORER_RUNS", "off")


@pytest.fixture
def opened() -> Iterator[list[AppTest]]:
    """Apps whose runs end with the test."""
    apps: list[AppTest] = []
    yield apps
    runners = [app.session_state[VISIT].runner for app in apps if VISIT in app.session_state]
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
def runner_of() -> Callable[[AppTest], Runner]:
    """This visitor's run, paused or playing, when it is ready."""

    def find(app: AppTest) -> Runner:
        runner: Runner = app.session_state[VISIT].runner
        assert runner.wait(lambda r: r.snapshot is not None)
        return runner

    return find


@pytest.fixture
def rebuilt() -> Callable[[Runner, int], None]:
    """Wait for a runner's n-th run."""

    def wait(runner: Runner, n: int) -> None:
        assert runner.wait(lambda r: r.run == n and r.state in ("playing", "paused"))

    return wait


def stand_at(runner: Runner, step: int) -> None:
    """Have a run stand at a step, after a reset: it may be beyond it already."""
    runner.pause()
    before = runner.run
    runner.reset()
    assert runner.wait(lambda r: r.run == before + 1 and r.state == "paused")
    runner.set_stop_at(step)
    runner.play()
    assert runner.wait(lambda r: r.step_count == step and r.state == "paused")
    runner.flush()


def newest_stats(runner: Runner, step: int) -> dict[str, Any]:
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
