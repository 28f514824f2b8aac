"""A budget of memory: what a run is to need is known from its config, and what has no room is not built."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from gan_core.config import RunConfig
from gan_core.config.memory import memory_of, units_of
from gan_core.config.presets import from_query, preset
from gan_core.errors import ConfigError
from gan_core.live import commands as do
from gan_core.live.handle import RunSpec
from gan_core.live.host import Host
from gan_core.live.memory import Memory, default_budget, machine_bytes

WIDE = {
    "preset": "digits", "generator.width": "1024", "generator.depth": "4", "discriminator.width": "1024",
    "discriminator.depth": "4", "generator.activation": "maxout", "batch_size": "32",
}  # fmt: skip
SMALL = preset("ring-8")
MEASURED = """
import gc, sys, torch
torch.set_num_threads(1)
from gan_core.config.presets import from_query, preset
from gan_core.live.runner import Runner
from gan_core.training import Trainer
def rss():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) * 1024
Trainer(preset("ring-8")).step(); Trainer(preset("digits")).snapshot(); gc.collect()
before = rss()
run = Runner(from_query(eval(sys.argv[1]))[0])
run.play()
assert run.wait(lambda r: r.step_count >= 3, 120)
run.frame()
assert run.wait(lambda r: r.step_count >= 5, 120)
print(rss() - before)
run.close(); run.join(5)
"""


@pytest.mark.full
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")
def test_a_large_run_takes_what_was_estimated() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, repr(WIDE)], capture_output=True, text=True, timeout=300, check=True
    )
    estimated = memory_of(from_query(WIDE)[0])
    assert estimated == pytest.approx(int(done.stdout), rel=0.25)
    assert estimated > 500e6


def test_more_of_anything_takes_more() -> None:
    for changes in (
        {"generator.width": 512}, {"discriminator.depth": 4}, {"batch_size": 512}, {"replay": 50},
        {"unroll": 5, "regularisers": []},
    ):  # fmt: skip
        assert memory_of(SMALL.changed(changes)) > memory_of(SMALL), changes
    maps = units_of(preset("mnist-dcgan"))
    assert maps == (784 + 49 * 64 + 196 * 32) + (784 + 49 * 64 + 196 * 32)
    waves = 8 * 32 + 32 * 16 + 128 * 8
    assert units_of(preset("notes")) == 2 * (512 + round(3.5 * waves))


def test_what_has_no_room_is_refused_and_frees_nothing_of_others() -> None:
    large = from_query(WIDE)[0]
    memory = Memory(round(2.5 * memory_of(large)))
    memory.take("a", large)
    memory.take("b", large)
    with pytest.raises(ConfigError, match=r"this run would need about \d+ MB, and the other runs on this server leave"):
        memory.take("c", large)
    memory.take("a", large)  # in place of what it had
    memory.take("c", SMALL)
    memory.free("b")
    memory.free("b")
    assert memory.taken == memory_of(large) + memory_of(SMALL)
    with pytest.raises(ConfigError, match="one run may take"):
        Memory(memory_of(large)).take("a", large)


def test_a_run_without_room_says_so_on_its_page_and_comes_back_when_it_is_made_smaller() -> None:
    host = Host(2, memory=100_000_000)
    run = host.open(RunSpec(from_query(WIDE)[0], play=True))
    try:
        assert run.wait(lambda status: status.state == "error", 20)
        assert "lower a width" in run.status().message
        assert host.memory.taken == 0
        run.send(do.Restart(SMALL))
        run.send(do.Play())
        assert run.wait(lambda status: status.step > 1, 30)
        assert host.memory.taken == memory_of(SMALL)
    finally:
        run.close()
        run.join(5)
        host.close()
    assert host.memory.taken == 0


def test_a_run_is_built_when_it_has_a_slot() -> None:
    host = Host(1)
    first, second = (host.open(RunSpec(SMALL, visitor=name, play=True)) for name in "ab")
    try:
        assert first.wait(lambda status: status.step > 1)
        assert second.wait(lambda status: status.state == "queued")
        assert host.memory.taken == memory_of(SMALL), "the second waits, and takes nothing"
        first.send(do.Pause())
        assert second.wait(lambda status: status.step > 1)
        assert host.memory.taken == 2 * memory_of(SMALL)
    finally:
        host.close()


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("2000", lambda: 2_000_000_000),
        ("", lambda: int(0.6 * machine_bytes())),
        ("-1", lambda: int(0.6 * machine_bytes())),
        ("lots", lambda: int(0.6 * machine_bytes())),
    ],
)
def test_the_budget_can_be_said(said: str, due: Callable[[], int]) -> None:
    assert default_budget({"GAN_EXPLORER_MEMORY": said}) == due()
    assert 10**8 < machine_bytes() < 10**14


def test_defaults_are_small() -> None:
    assert memory_of(RunConfig()) < 60e6
