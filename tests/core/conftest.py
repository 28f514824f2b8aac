"""What the tests of the core share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gan_core.config import RunConfig
from gan_core.live.runner import Runner
from tests.core.runners import SMALL, Make


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes runners, waits for their first picture, and sees that every thread ends."""
    made: list[Runner] = []

    def start(config: RunConfig = SMALL, *, wait: bool = True, **options: Any) -> Runner:
        runner = Runner(config, **options)
        made.append(runner)
        if wait:
            assert runner.wait(lambda r: r.state == "paused" and r.frame() is not None)
        return runner

    yield start
    for runner in made:
        runner.close()
    assert all(runner.wait(lambda r: r.state == "closed") for runner in made)
