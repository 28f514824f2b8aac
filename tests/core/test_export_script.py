"""This run as a script: it prints what the trainer computes, bit for bit, and knows nothing of the app."""

from __future__ import annotations

import ast
import hashlib
import json
import runpy
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from gan_core import ConfigError, DataError, Intervention, RunConfig, Trainer, preset
from gan_core.config import parse_config
from gan_core.config.presets import presets
from gan_core.data import Images, load
from gan_core.data.own import register
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints
from gan_core.export import script
from gan_core.export.script import write_script
from gan_core.export.script_files import own_file, own_file_name
from tests.core import own_sets
from tests.core.own_sets import with_own_data
from tests.full import FULL

STEPS = 50
"""As many are promised; ``GAN_EXPLORER_FULL=1`` trains them all."""
FEW = 3
"""In a hurry: a script that differs from the trainer does so at once."""
SOME = 16
"""In a hurry, of configs that change in between or do something at some steps alone."""

_SMALL = {
    "data": {"name": "gaussians-2"},
    "batch_size": 33,
    "generator": {"width": 19, "depth": 2},
    "discriminator": {"width": 21, "depth": 2},
}
VARIANTS: dict[str, tuple[dict[str, object], tuple[Intervention, ...]]] = {
    "batch norm, rmsprop, uniform noise": (
        {
            "generator.norm": "batch",
            "discriminator.norm": "batch",
            "optimizer_g": "rmsprop",
            "optimizer_d": "rmsprop",
            "prior": "uniform",
            "clip": 0.01,
            "objective": "wasserstein",
            "betas_g": [0.0, 0.9],
        },
        (Intervention(step=5, changes={"betas_g": [0.4, 0.9]}),),
    ),
    "spectral norm, hinge, dropout, sgd": (
        {
            "discriminator.spectral_norm": True,
            "discriminator.dropout": 0.2,
            "objective": "hinge",
            "optimizer_g": "sgd",
            "optimizer_d": "sgd",
            "d_steps": 2,
            "discriminator.activation": "silu",
            "generator.activation": "tanh",
        },
        (),
    ),
    "maxout with a penalty": (
        {
            "discriminator.activation": "maxout",
            "generator.activation": "maxout",
            "generator.norm": "batch",
            "regularisers": [{"name": "r1", "weight": 0.1}],
            "packing": 2,
        },
        (),
    ),
    "a condition, with everything that goes with it": (
        {
            "data.name": "digits",
            "data.condition": "missing-quarter",
            "objective": "relativistic",
            "regularisers": [{"name": "r1_r2", "weight": 0.1}],
            "discriminator.kind": "dcgan",
            "discriminator.width": 8,
            "instance_noise": 0.1,
            "reconstruction": 3.0,
            "reconstruction_z": 2,
            "z_reward": 1.0,
        },
        (
            Intervention(step=2, changes={"adversarial": 0.0}),
            Intervention(step=3, changes={"adversarial": 0.5, "reconstruction": 0.0}),
            Intervention(step=4, changes={"reconstruction": 9.0, "z_reward": 0.5}),
        ),
    ),
    "a condition, corrected": (
        {
            "data.name": "digits",
            "data.condition": "half-size",
            "generator.kind": "residual",
            "reconstruction": 1.0,
        },
        (),
    ),
    "two lazy penalties, least squares": (
        {
            "regularisers": [{"name": "gradient_penalty", "weight": 2.0, "every": 3}, {"name": "r2", "weight": 0.1}],
            "objective": "least_squares",
            "seed": 77,
        },
        (),
    ),
    "everything that can change does": (
        {"regularisers": [{"name": "r1", "weight": 0.0}], "ema": 0.0},
        (
            Intervention(step=0, changes={"lr_d": "2e-3", "betas_d": [0.2, 0.9]}),
            Intervention(step=3, changes={"regularisers.0.weight": 0.5, "regularisers.0.every": 2}),
            Intervention(step=3, update="d"),
            Intervention(step=9, changes={"ema": 0.9, "d_steps": 3, "clip": 0.2}),
            Intervention(step=20, update="g"),
            Intervention(step=21, changes={"ema": 0.0, "g_steps": 2, "clip": 0.0, "lr_g": 0.01}),
            Intervention(step=22, changes={"ema": 0.5}),
        ),
    ),
    "conditional dcgan with everything": (
        {
            "data.name": "fashion-mnist",
            "batch_size": 4,
            "conditional": True,
            "augment": ["cutout", "colour", "translation"],
            "generator.kind": "dcgan",
            "generator.width": 8,
            "discriminator.kind": "dcgan",
            "discriminator.width": 8,
            "discriminator.spectral_norm": True,
            "objective": "relativistic",
            "regularisers": [{"name": "r2", "weight": 0.1, "every": 8}],
            "clip": 0.5,
        },
        (),
    ),
    "dcgan with batch norm and augmentation": (
        {
            "data.name": "mnist",
            "batch_size": 4,
            "augment": ["translation"],
            "generator.kind": "dcgan",
            "generator.width": 8,
            "discriminator.kind": "dcgan",
            "discriminator.width": 8,
            "discriminator.norm": "batch",
            "objective": "hinge",
            "data.flip": True,
        },
        (),
    ),
    "cifar10, conditional": ({"data.name": "cifar10", "conditional": True, "batch_size": 4}, ()),
    "packs, noise, smooth labels, lookahead": (
        {
            "packing": 3,
            "label_smoothing": 0.1,
            "instance_noise": 0.3,
            "instance_noise_steps": 30,
            "lookahead": 4,
            "replay": 2,
            "discriminator.minibatch": "discrimination",
            "discriminator.logit_gain": 2.0,
        },
        (
            Intervention(step=5, changes={"instance_noise": 0.0}),
            Intervention(step=9, changes={"instance_noise": 0.2, "instance_noise_steps": 0}),
        ),
    ),
    "features of images": (
        {"data.name": "digits", "feature_matching": True, "discriminator.dropout": 0.1, "packing": 2, "replay": 3},
        (),
    ),
    "features of a dcgan": (
        {
            "data.name": "digits",
            "feature_matching": True,
            "discriminator.kind": "dcgan",
            "discriminator.width": 8,
            "discriminator.minibatch": "std",
            "objective": "relativistic_average",
        },
        (),
    ),
    "around the data": ({"regularisers": [{"name": "dragan"}, {"name": "lipschitz_penalty", "every": 2}]}, ()),
    "conditional mlp, non-saturating": ({"data.name": "digits", "conditional": True, "discriminator.dropout": 0.3}, ()),
    "unrolled, smooth labels, spectral norm": (
        {
            "unroll": 2,
            "label_smoothing": 0.1,
            "discriminator.spectral_norm": True,
            "optimizer_g": "rmsprop",
            "optimizer_d": "sgd",
        },
        (Intervention(step=0, update="g"), Intervention(step=3, changes={"lr_d": 2e-3, "betas_g": [0.1, 0.9]})),
    ),
    "optimistic adam": ({"optimizer_g": "optimistic_adam", "optimizer_d": "optimistic_adam", "lookahead": 3}, ()),
    "a penalty that is off, and a lone update": (
        {"regularisers": [{"name": "r1", "weight": 0.0}]},
        (Intervention(step=2, update="g"),),
    ),
    "sounds": (
        {"data.name": "notes", "batch_size": 4, "generator.kind": "wavegan", "discriminator.kind": "wavegan"}
        | {"generator.width": 8, "generator.norm": "batch", "discriminator.width": 8, "discriminator.phase_shuffle": 1}
        | {"regularisers": [{"name": "r1", "every": 2}], "packing": 2},
        (),
    ),
    "features of sounds": (
        {"data.name": "notes", "batch_size": 4, "generator.kind": "wavegan", "discriminator.kind": "wavegan"}
        | {"generator.width": 8, "discriminator.width": 8, "discriminator.spectral_norm": True}
        | {"discriminator.minibatch": "discrimination", "discriminator.logit_gain": 3.0, "feature_matching": True},
        (),
    ),
    "a dcgan that resizes": (
        {"data.name": "digits", "batch_size": 4, "generator.kind": "dcgan", "generator.upsampling": "resize"},
        (),
    ),
    "all classes equally often": ({"data.name": "digits", "data.balanced": True, "data.flip": True}, ()),
}

# Runs every script as `python FILE` would, one after the other: PyTorch is then imported once.
DRIVER = """
import contextlib, hashlib, io, json, runpy, sys
sys.path = [p for p in sys.path if p]
found = {}
digest = lambda w: hashlib.sha256(w.detach().numpy().tobytes()).hexdigest()
for file, steps in json.load(sys.stdin):
    sys.argv = [file, str(steps)]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        names = runpy.run_path(file, run_name="__main__")
    players = [names[p] for p in ("generator", "discriminator", "ema") if names.get(p) is not None]
    weights = [digest(w) for p in players for w in p.state_dict().values()]
    found[file] = said.getvalue(), weights
assert "gan_core" not in sys.modules
print(json.dumps(found))
"""


def variant(name: str) -> tuple[RunConfig, tuple[Intervention, ...]]:
    changes, interventions = VARIANTS[name]
    return parse_config(_SMALL).changed(changes), interventions


def scripted() -> dict[str, tuple[RunConfig, tuple[Intervention, ...]]]:
    """Every run whose script is tried: all presets, all plane data, and configs for each branch."""
    runs: dict[str, tuple[RunConfig, tuple[Intervention, ...]]] = {
        name: (with_own_data(p.config), ()) for name, p in presets().items()
    }
    runs |= {
        name: variant(name) for i, name in enumerate(VARIANTS) if FULL or i % 3 == 1
    }  # a third of them, in a hurry
    runs |= {f"own data, {what}": (own_config(data, **changes), ()) for what, (data, changes) in own_data().items()}
    return runs


def own_data() -> dict[str, tuple[OwnData, dict[str, object]]]:
    """Pictures in colour and in classes, points, sounds and words, and what is to be done with them."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (30, 20, 20, 3), np.uint8)
    changes: dict[str, object] = {"data.size": 16, "data.colour": True, "data.flip": True}
    classes = OwnImages(pixels, labels=np.arange(30) % 3, classes=("a", "b", "c"))
    return {
        "images": (OwnImages(pixels), changes),
        "images in classes": (classes, changes | {"data.classes": 3, "conditional": True}),
        "images in classes, not told": (classes, {"data.size": 8}),
        "images in classes, some held out": (
            classes,
            {"data.size": 8, "data.classes": 3, "data.held_out": 0.3, "data.balanced": True},
        ),
        "points": (OwnPoints(rng.normal(3, 2, (50, 2)).astype(np.float32)), {}),
        "sounds": (own_sets.sounds(), {"data.held_out": 0.3, "batch_size": 8}),
        "words": (own_sets.words(), {"data.held_out": 0.3, "data.length": 6, "data.letters": 9}),
    }


def own_config(data: OwnData, **changes: object) -> RunConfig:
    return parse_config(_SMALL).changed({"data.name": data.name, "data.hash": register(data), **changes})


@pytest.fixture(scope="module")
def fixture_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of few random images in torchvision's layout."""
    root = tmp_path_factory.mktemp("data")
    pixels = np.random.default_rng(0).integers(0, 256, (200, 28, 28), dtype=np.uint8)
    for folder in ("MNIST", "FashionMNIST"):
        raw = root / folder / "raw"
        raw.mkdir(parents=True)
        (raw / "t10k-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, 200, 28, 28) + pixels.tobytes())
        (raw / "t10k-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, 200) + bytes(range(10)) * 20)
    records = np.random.default_rng(2).integers(0, 10, (20, 3073), np.uint8)
    (root / "cifar-10-batches-bin").mkdir()
    for name in ("data_batch_2.bin", "test_batch.bin"):
        (root / "cifar-10-batches-bin" / name).write_bytes(records.tobytes())
    return root


@pytest.fixture(scope="module")
def results(fixture_images: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, list[str]]]:
    """What each script printed and which weights it ended with."""
    folder = tmp_path_factory.mktemp("scripts")
    files = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_EXPLORER_DATA", str(fixture_images))
        for i, (name, (config, interventions)) in enumerate(scripted().items()):
            file = folder / f"run{i}.py"
            file.write_text(write_script(config, interventions, title=name), encoding="utf-8")
            files[str(file)] = name
            if config.data.hash:
                (folder / f"mine-{own_file_name(config.data)}").write_bytes(own_file(config.data))
        done = subprocess.run(
            [sys.executable, "-c", DRIVER],
            input=json.dumps([(file, steps_of(name)) for file, name in files.items()]),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=380,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return {files[file]: found for file, found in json.loads(done.stdout).items()}


def digests(*networks: nn.Module | None) -> list[str]:
    weights = [w for network in networks if network is not None for w in network.state_dict().values()]
    return [hashlib.sha256(w.detach().numpy().tobytes()).hexdigest() for w in weights]


def steps_of(name: str) -> int:
    return STEPS if FULL else SOME if name in VARIANTS else FEW


def trained(config: RunConfig, interventions: Sequence[Intervention], n_steps: int) -> tuple[Trainer, str]:
    trainer = Trainer(config, interventions=interventions)
    stats = [trainer.step() for _ in range(n_steps)]
    return trainer, "".join(f"{s.step} {s.d_loss!r} {s.g_loss!r}\n" for s in stats)


@pytest.mark.slow
@pytest.mark.timeout(400)  # the first one runs all scripts
@pytest.mark.parametrize("name", scripted())
def test_a_script_prints_the_trainer_s_losses_and_ends_with_its_weights(
    name: str,
    results: dict[str, tuple[str, list[str]]],
    fixture_images: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(fixture_images))
    config, interventions = scripted()[name]
    trainer, said = trained(config, interventions, steps_of(name))
    assert results[name][0] == said
    assert results[name][1] == digests(trainer.generator, trainer.discriminator, trainer.ema)


def test_a_script_names_only_what_it_uses() -> None:
    source = write_script(preset("discriminator-wins"))
    for word in ("Dropout", "SpectralLinear", "BatchNorm", "ema", "Penalty", "Critic", "clip", "settings", "events"):
        assert word not in source.replace("torch.set_num", ""), word
    assert "gan_core" not in source
    ast.parse(source)


@pytest.mark.parametrize("name", scripted())
def test_every_import_of_a_script_is_used_and_no_line_is_too_long(
    name: str, fixture_images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(fixture_images))
    source = write_script(*scripted()[name])
    tree = ast.parse(source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__"
        for alias in node.names
    }
    assert imported <= used
    assert max(map(len, source.splitlines())) <= 120


@pytest.mark.parametrize(
    "name", ["gaussians-2", "ring", "blobs-3", "line", "ring-8", "grid-25", "moons", "swiss-roll", "digits"]
)
def test_the_scripts_data_are_the_apps(name: str) -> None:
    from gan_core.export.script_data import data_part
    from gan_core.game.streams import stream

    config = RunConfig().changed({"data.name": name}).data
    imports, source = data_part(config)
    names: dict[str, object] = {"BATCH_SIZE": 50, "rng": {"data": stream(3, "data")}}
    exec("import math, torch\nfrom torch import Generator, Tensor\n" + "\n".join(imports) + source, names)  # noqa: S102
    assert names["sample_real"]().equal(load(name).sample(50, stream(3, "data")))  # type: ignore[operator]
    if isinstance(data := load(name), Images):
        assert names["images"].equal(data.train)  # type: ignore[attr-defined]


def test_a_title_cannot_end_the_docstring_that_it_stands_in() -> None:
    source = write_script(preset("ring-8"), title='x"""\nimport os\nos.abort()\n"""\\')
    assert ast.get_docstring(ast.parse(source)) is not None
    assert "os.abort()\n" not in source


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data.name": "own-points", "data.hash": "0" * 64}, "not here any more"),
        ({"data.name": "own-images"}, "no images of your own"),
    ],
)
def test_a_run_that_no_script_can_follow_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        write_script(RunConfig().changed(changes))


def test_a_script_of_own_data_refuses_other_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, changes = own_data()["images"]
    config = own_config(data, **changes)
    script, other = tmp_path / "run.py", tmp_path / "other.npy"
    script.write_text(write_script(config), encoding="utf-8")
    np.save(other, np.zeros((30, 3, 16, 16), np.uint8))
    for words, said in (([], "name the file of the data"), (["5", str(other)], "is not the data of this run")):
        monkeypatch.setattr(sys, "argv", [str(script), *words])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(script), run_name="__main__")
        assert said in str(ended.value.code)  # which Python prints, and ends with status 1
        assert len(str(ended.value.code).splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unroll": 2, "conditional": True}, "unrolling with labels .* without conditional it can"),
        ({"feature_matching": True, "conditional": True}, "matching with labels .* without conditional it can"),
    ],
)
def test_a_method_that_no_script_can_follow_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        write_script(RunConfig().changed(changes))


def test_a_setting_that_scripts_do_not_know_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "_KNOWN", script._KNOWN - {"clip"})
    write_script(preset("ring-8"))
    with pytest.raises(ConfigError, match=r"clip=0\.5"):
        write_script(preset("ring-8").changed({"clip": 0.5}))
