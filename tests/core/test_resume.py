"""A run that goes on from its file equals one that never stopped, bit for bit: every preset, in another process.

Half a run, with interventions behind it and before it, becomes a file; one new process goes on from all the files.
``GAN_EXPLORER_FULL=1 pytest tests/core/test_resume.py`` trains 150 steps before and 150 after with every preset;
without it those whose steps are dear train few.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors import torch as safetensors

from gan_core.config import Intervention, RunConfig
from gan_core.config.presets import preset, presets
from gan_core.record.history import StepStats
from gan_core.storage import checkpoint
from gan_core.training import Trainer
from tests.core.own_sets import with_own_data
from tests.core.trainers import assert_equal
from tests.full import FULL

LONG, SHORT = 150, 3
HALVES = {"ring-8": 50, "mnist": 2, "mnist-dcgan": 2, "article-mnist": 2, "unrolled": 2}
CHILD = """
import json, sys
import torch
from gan_core.storage import checkpoint
torch.set_num_threads(1)
for line in sys.stdin:
    half, before, after = json.loads(line)
    trainer = checkpoint.load(before)
    print(json.dumps([list(trainer.step().values) for _ in range(half)]), flush=True)
    checkpoint.save(trainer, after)
print("all saved")
"""
pytestmark = pytest.mark.timeout(1800 if FULL else 300)

Later = Callable[[str], tuple[list[tuple[float, ...]], bytes]]


def half_of(name: str) -> int:
    return LONG if FULL else HALVES.get(name, SHORT)


def config_of(name: str) -> RunConfig:
    return with_own_data(preset(name))


def fresh(name: str) -> Trainer:
    """A run that is changed and updated by hand before the file is written, and again after it."""
    config, half = config_of(name), half_of(name)
    return Trainer(
        config,
        interventions=(
            Intervention(step=half - 1, changes={"lr_g": config.lr_g / 2}),
            Intervention(step=half - 1, update="d"),
            Intervention(step=half, update="g"),
            Intervention(step=half + 1, changes={"lr_d": config.lr_d / 3}),
        ),
    )


def numbers(stats: StepStats) -> tuple[float, ...]:
    return tuple(stats.values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two hundred made-up images in the format and the place of MNIST."""
    folder = tmp_path_factory.mktemp("resume")
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 256, (200, 28, 28), np.uint8), rng.integers(0, 10, 200, np.uint8)
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "t10k-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, *pixels.shape) + pixels.tobytes())
    (raw / "t10k-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, len(labels)) + labels.tobytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_EXPLORER_DATA", str(folder))
        yield folder


@pytest.fixture(scope="module")
def later(folder: Path) -> Later:
    """What the other process made of the second half of a preset's run: each step's numbers, and its last file."""
    work = [(half_of(name), str(folder / name), str(folder / f"{name}-later")) for name in presets()]
    for (half, before, _), name in zip(work, presets(), strict=True):
        trainer = fresh(name)
        for _ in range(half):
            trainer.step()
        checkpoint.save(trainer, before)
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("".join(json.dumps(item) + "\n" for item in work))
        child.stdin.close()
        said = child.stdout.read().splitlines()
    assert said[-1] == "all saved"
    found = dict(zip(presets(), said, strict=False))

    def of(name: str) -> tuple[list[tuple[float, ...]], bytes]:
        return [tuple(step) for step in json.loads(found[name])], (folder / f"{name}-later").read_bytes()

    return of


@pytest.mark.parametrize("name", presets())
def test_a_run_goes_on_in_another_process_as_if_it_had_never_stopped(name: str, later: Later) -> None:
    whole, half = fresh(name), half_of(name)
    steps = [numbers(whole.step()) for _ in range(2 * half)]
    late, file = later(name)
    assert late == steps[half:]
    never_stopped = checkpoint.encode(whole.state_dict())
    assert_equal(safetensors.load(file), safetensors.load(never_stopped))
    assert file == never_stopped
    assert len(whole.interventions) == 4
