"""Runs in host processes, as visitors see them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.browser.conftest import Opener, Server, until
from tests.core.clusters import cluster

pytestmark = [pytest.mark.browser, pytest.mark.full]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with two host processes."""
    found = Server(tmp_path_factory.mktemp("hosts") / "log.txt", 4, hosts=2)
    yield found
    found.stop()


def idle_host(server: Server) -> psutil.Process:
    """The host that works least: where a run stands."""
    (begins,) = server.process.children()
    hosts = begins.children()
    assert len(hosts) == 2
    return idle(hosts)


def idle(hosts: list[psutil.Process]) -> psutil.Process:
    """The one of two that works least."""
    before = [sum(host.cpu_times()[:2]) for host in hosts]
    time.sleep(1)
    used = [sum(host.cpu_times()[:2]) - was for host, was in zip(hosts, before, strict=True)]
    assert max(used) > 2 * min(used)
    return hosts[used.index(min(used))]


def lose_one(open_app: Opener, server: Server, kill: Callable[[], object]) -> None:
    """Two visitors, of whom one loses the process that trains the run and goes on from the last save."""
    mine, other = open_app(at=server), open_app(at=server)
    step = mine.pause()
    runs = server.log.parent / "runs"
    until(lambda: any(runs.glob("*.safetensors")), "a saved run", now=mine.report)
    kill()
    mine.wait_for("error")
    assert "The process that trained this run has ended" in mine.words()
    offer = mine.page.get_by_text(f"An earlier run was saved: ring-8, step {step:,}.")
    offer.wait_for()
    mine.page.get_by_role("button", name="Go on with it").click()
    mine.wait_for("paused")
    until(lambda: mine.step == step, "the step of the file", now=mine.report)
    mine.click("Play")
    mine.wait_beyond(step)
    assert not offer.count()
    assert other.state == "playing"
    other.wait_beyond(other.step)


def test_who_loses_a_host_is_told_and_offered_the_run_and_nobody_else_notices(open_app: Opener, many: Server) -> None:
    lose_one(open_app, many, lambda: idle_host(many).kill())
    loaded = {place.path for place in many.process.memory_maps()}
    assert not any("libtorch" in path for path in loaded), "what the server itself does needs no PyTorch"


@pytest.fixture
def spread(tmp_path: Path) -> Iterator[tuple[Server, list[psutil.Process]]]:
    """The app on a cluster of two workers, and these."""
    pytest.importorskip("distributed")
    with cluster(tmp_path) as (address, workers):
        server = Server(tmp_path / "log.txt", 4, cluster=address)
        until(lambda: server.words().count("a host is ready in worker") == 2, "two workers", now=server.words)
        yield server, [psutil.Process(worker.pid) for worker in workers]
        server.stop()


@pytest.mark.full
def test_who_loses_a_worker_of_a_cluster_is_told_the_same(
    spread: tuple[Server, list[psutil.Process]], open_app: Opener
) -> None:
    server, workers = spread
    lose_one(open_app, server, lambda: idle(workers).kill())
    loaded = {place.path for place in server.process.memory_maps()}
    assert not any("libtorch" in path for path in loaded)
