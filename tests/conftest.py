"""What all tests share: their random stream, one torch thread, and the rule on missing browsers."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator
from typing import Final

import pytest
import torch
from hypothesis import settings

from tests.full import FULL

# As in the app: small networks gain nothing from a second thread, and lose much on a busy machine.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for servers and scripts that tests start
# Without bytecode each of those would compile PyTorch and Streamlit anew: ten seconds of processor apiece.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# The runs of tests are nobody's: they would push out what the person who runs the tests has saved.
os.environ["GAN_EXPLORER_RUNS"] = "off"
# Runs are in this process, where tests can look at them, but where a test, or whoever runs them, says otherwise.
os.environ.setdefault("GAN_EXPLORER_HOSTS", "0")

# No deadline: a busy machine is not a failure. Derandomised: a red test is red for everybody.
settings.register_profile("gan-explorer", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("gan-explorer")

SECOND_HALF: Final = {"test_apply_page", "test_for_everybody", "test_lab", "test_latent", "test_learn", "test_words"}
"""Files of browser tests that take as long as all other ones: pages on which little trains."""
LONGEST: Final = {"test_resume", "test_export_script", "test_sweep", "test_entries", "test_descriptors", "test_traces"}
"""Files whose tests share a preparation of minutes, or take as long by themselves: all others fill up beside them."""
BROWSER_REQUIRED = os.environ.get("GAN_EXPLORER_REQUIRE_BROWSER", "") not in {"", "0"}


@pytest.fixture
def rng() -> torch.Generator:
    """A fresh random stream, the same for each test."""
    return torch.Generator().manual_seed(20260)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped browser test into a failed one where a browser is required."""
    report = yield
    if BROWSER_REQUIRED and report.skipped and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"GAN_EXPLORER_REQUIRE_BROWSER is set, yet a browser test did not run: {report.longrepr}"
    return report


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number alone: a zip holds the time, and workers that name tests differently run none."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests come first, in two halves, and the files of a half stay with one worker.

    All workers share the rest file by file (``-n 3 --dist loadgroup --no-loadscope-reorder``): what a file prepares is
    prepared once. Those that take longest begin at once; the many small files of the core come last, so that the
    workers are done at about the same time.
    """
    dear = [] if FULL else [item for item in items if item.get_closest_marker("full")]
    if dear:  # left out, not skipped: nothing is missing
        config.hook.pytest_deselected(items=dear)
        items[:] = [item for item in items if item not in dear]
    items.sort(
        key=lambda item: (
            item.get_closest_marker("browser") is None,
            item.path.stem not in LONGEST,
            "core" in item.path.parts,
        )
    )
    for item in items:
        browser = item.get_closest_marker("browser") is not None
        half = "browser-2" if item.path.stem in SECOND_HALF else "browser-1"
        item.add_marker(pytest.mark.xdist_group(half if browser else str(item.path)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a run without a single browser test where a browser is required, and workers that take no groups."""
    # To each logger that does not propagate, and torch has forty, pytest adds its handlers anew thrice a test.
    for name, logger in logging.Logger.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.split(".")[0] in ("torch", "torchvision"):
            logger.propagate = True
    if session.config.getoption("loadgroup", False) and any("@" not in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist does not keep groups of tests together; are both of the pinned versions?")
    if BROWSER_REQUIRED and not any(item.get_closest_marker("browser") for item in session.items):
        raise pytest.UsageError("GAN_EXPLORER_REQUIRE_BROWSER is set, but no test marked `browser` was found")
