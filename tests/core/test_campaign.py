"""Campaigns: sweeps that a page begins, watches and ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from gan_core.config.presets import preset
from gan_core.experiments.sweep import campaign as module
from gan_core.experiments.sweep import plan
from gan_core.experiments.sweep.campaign import Campaign, close
from gan_core.experiments.sweep.job import train_one

SMALL = preset("ring-8").changed({"batch_size": 8, "generator.width": 8, "discriminator.width": 8})
JOBS = plan(SMALL, {"objective": ["non_saturating", "hinge"]}, seeds=range(2), steps=2)


class _Threads(ThreadPoolExecutor):
    """In place of processes."""

    left: ClassVar = threading.Event()

    def __init__(self, n: int, nice: int) -> None:
        super().__init__(n)
        assert nice > 0  # it comes after what somebody looks at
        self.left.clear()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.left.set()
        super().shutdown(wait, cancel_futures=cancel_futures)


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "Processes", _Threads)
    yield
    close()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Semaphore, list[str]]:
    """Runs that end only when they are let go, and the keys of those that were begun."""
    go, begun = threading.Semaphore(0), []

    def train(job: dict[str, Any]) -> dict[str, Any]:
        begun.append(job["run"])
        assert go.acquire(timeout=60)
        return {"run": job["run"], **job["values"], "seed": 0, "modes": 8.0}

    monkeypatch.setattr("gan_core.experiments.sweep.pools.train_one", train)
    return go, begun


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_a_campaign_has_the_rows_of_its_jobs_in_their_order() -> None:
    campaign = Campaign(JOBS, workers=2)
    campaign.join(60)
    assert (campaign.state, campaign.running, campaign.message) == ("finished", False, "")
    assert without_time(campaign.rows) == without_time([train_one(job.plain()) for job in JOBS])


def test_what_was_ended_goes_on_and_nothing_is_trained_twice(held: tuple[threading.Semaphore, list[str]]) -> None:
    go, begun = held
    first = Campaign(JOBS, workers=1)
    go.release(1)
    while not first.rows:
        first.join(0.02)
    first.cancel()
    assert _Threads.left.wait(20)
    go.release(4)
    first.join(20)
    assert first.state == "cancelled"
    done = [row["run"] for row in first.rows]
    assert 1 <= len(done) < 4
    begun.clear()
    stranger = {"run": "0" * 16, "modes": 1.0}
    second = Campaign(JOBS, [*first.rows, stranger], workers=1)
    go.release(4)
    second.join(20)
    assert second.state == "finished"
    assert [row["run"] for row in second.rows] == [job.key for job in JOBS]
    assert sorted(begun) == sorted({job.key for job in JOBS} - set(done))


def test_what_was_varied_is_said_by_the_jobs_and_not_by_a_file() -> None:
    forged = [{"run": job.key, "objective": "<b>", "seed": 0} for job in JOBS]
    campaign = Campaign(JOBS, forged)
    campaign.join(20)
    assert [row["objective"] for row in campaign.rows] == [job.values["objective"] for job in JOBS]


def test_one_campaign_trains_at_a_time(held: tuple[threading.Semaphore, list[str]]) -> None:
    go, begun = held
    first = Campaign(JOBS[:1], workers=1)
    while not begun:
        first.join(0.02)
    second, third = Campaign(JOBS[1:2], workers=1), Campaign(JOBS[2:3], workers=1)
    third.cancel()
    third.join(20)
    assert (second.state, third.state, begun) == ("waiting", "cancelled", [JOBS[0].key])
    go.release(2)
    second.join(20)
    assert second.state == "finished"
    assert begun == [JOBS[0].key, JOBS[1].key]


def test_what_goes_wrong_is_said() -> None:
    campaign = Campaign(plan(preset("own-images"), {}, seeds=[0], steps=1), workers=1)
    campaign.join(20)
    assert campaign.state == "failed"
    assert campaign.message
