"""Record the corpus of the first edition: ``python -m tests.first_edition.record``, at commit c5662bd and nowhere else.

It stays as the account of how each file came to be. It asks for the first edition's modules by name, as later
editions have them elsewhere; what it wrote is frozen, and is read by ``tests/core/test_first_edition.py``.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import lzma
import math
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
AFTER = 20
FULL_STEPS = 200
QUICK = {
    "digits-wgan-gp": 12,
    "collapse": 15,
    "pacgan": 12,
    "unrolled": 4,
    "own-images": 8,
    "mnist": 8,
    "article-mnist": 8,
    "mnist-dcgan": 12,
}
"""Steps that every run of the tests makes again, where 20 would take too long."""

Tree = dict[str, Any]


def of(module: str, name: str) -> Any:
    """A name of the first edition."""
    return getattr(importlib.import_module(module), name)


Trainer, preset, RunConfig = (of("gan_core", name) for name in ("Trainer", "preset", "RunConfig"))
Intervention, StepStats = of("gan_core", "Intervention"), of("gan_core", "StepStats")
checkpoint = importlib.import_module("gan_core.checkpoint")
presets = importlib.import_module("gan_core.presets")
own = importlib.import_module("gan_core.data.own")
payload = importlib.import_module("gan_core.data.payload")
COLUMNS = [field.name for field in fields(StepStats)]

SMALL: Tree = {
    "data.name": "ring-8",
    "batch_size": 8,
    "latent_dim": 3,
    "ema": 0.9,
    "generator.width": 9,
    "generator.depth": 1,
    "discriminator.width": 10,
    "discriminator.depth": 2,
}
IMAGES: Tree = {"data.name": "digits"}
DCGAN: Tree = {**IMAGES, "generator.kind": "dcgan", "discriminator.kind": "dcgan"}
LIVE: list[Tree] = [
    {"step": 5, "changes": {"lr_g": 0.004, "betas_d": [0.3, 0.99]}},
    {"step": 9, "update": "d"},
    {"step": 9, "update": "g"},
    {"step": 14, "name": "round", "vector": "zAACAPwAAAAAAAAAA"},
    {"step": 17, "changes": {"ema": 0.0}},
    {"step": 21, "changes": {"ema": 0.95, "d_steps": 2, "instance_noise": 0.2}},
    {"step": 25, "name": "round", "vector": ""},
    {"step": 26, "name": "wide “é”", "vector": "zAAAAAAAAgD8AAIA-"},
]
LATER: list[Tree] = [
    {"step": 34, "changes": {"regularisers.0.weight": 0.7, "regularisers.0.every": 1}},
    {"step": 38, "update": "g"},
    {"step": 41, "name": "later", "vector": "zAAAAAAAAAAAAAIA_"},
    {"step": 44, "changes": {"g_steps": 2, "instance_noise": 0.1, "instance_noise_steps": 0, "clip": 0.5}},
]
CASES: dict[str, tuple[Tree, int, list[Tree]]] = {
    "plain": ({}, 40, []),
    "not-begun": ({}, 0, []),
    "long-history": ({"batch_size": 4}, 830, []),
    "penalised": ({"regularisers": [{"name": "r1_r2", "weight": 0.3, "every": 2}]}, 31, []),
    "two-penalties": ({"regularisers": [{"name": "gradient_penalty"}, {"name": "r1", "every": 3}]}, 40, []),
    "three-penalties": (
        {"regularisers": [{"name": "lipschitz_penalty"}, {"name": "r2", "weight": 0.01}, {"name": "dragan"}]},
        35,
        [],
    ),
    "minimax": ({"objective": "minimax", "data.name": "moons", "generator.activation": "tanh"}, 30, []),
    "least-squares": (
        {"objective": "least_squares", "data.name": "swiss-roll", "discriminator.activation": "silu"},
        30,
        [],
    ),
    "relativistic": ({"objective": "relativistic", "d_steps": 2, "g_steps": 3, "data.name": "grid-25"}, 30, []),
    "relativistic-average": ({"objective": "relativistic_average", "data.name": "blobs-3", "ema": 0}, 30, []),
    "wasserstein-clipped-rmsprop": ({"objective": "wasserstein", "clip": 0.05, "optimizer_d": "rmsprop"}, 40, []),
    "sgd-and-rmsprop": ({"optimizer_g": "sgd", "optimizer_d": "rmsprop", "lr_g": 0.01, "data.name": "line"}, 40, []),
    "rmsprop-and-sgd": ({"optimizer_g": "rmsprop", "optimizer_d": "sgd", "lr_d": 0.01, "data.name": "ring"}, 40, []),
    "optimistic-adam": ({"optimizer_g": "optimistic_adam", "optimizer_d": "optimistic_adam"}, 40, []),
    "batch-norm-uniform": (
        {"generator.norm": "batch", "discriminator.norm": "batch", "prior": "uniform", "data.name": "gaussians-2"},
        40,
        [],
    ),
    "spectral-hinge": (
        {"discriminator.spectral_norm": True, "objective": "hinge", "discriminator.logit_gain": 30},
        40,
        [],
    ),
    "maxout-dropout": (
        {"discriminator.activation": "maxout", "generator.activation": "maxout", "discriminator.dropout": 0.4},
        40,
        [],
    ),
    "label-smoothing": ({"label_smoothing": 0.1}, 40, []),
    "feature-matching": ({"feature_matching": True}, 40, []),
    "instance-noise": ({"instance_noise": 0.3, "instance_noise_steps": 50}, 40, []),
    "replay": ({"replay": 6, "d_steps": 2}, 40, []),
    "replay-not-full": ({"replay": 50}, 30, []),
    "lookahead": ({"lookahead": 7, "g_steps": 2}, 40, []),
    "unrolled": ({"unroll": 2, "optimizer_d": "optimistic_adam"}, 30, []),
    "unrolled-minibatch": ({"unroll": 1, "discriminator.minibatch": "std"}, 30, []),
    "pacgan": ({"packing": 3, "objective": "relativistic"}, 40, []),
    "pacgan-images": ({**IMAGES, "discriminator.kind": "dcgan", "packing": 2, "augment": ["translation"]}, 30, []),
    "everything-that-remembers": (
        {"replay": 3, "lookahead": 4, "packing": 2, "instance_noise": 0.2, "label_smoothing": 0.2},
        40,
        [],
    ),
    "images": ({**IMAGES, "augment": ["cutout", "colour"]}, 40, []),
    "conditional": ({**IMAGES, "conditional": True, "regularisers": [{"name": "r1_r2", "every": 2}]}, 40, []),
    "conditional-dcgan": (
        {**DCGAN, "conditional": True, "regularisers": [{"name": "r1"}], "discriminator.spectral_norm": True},
        30,
        [],
    ),
    "dcgan": ({**DCGAN, "discriminator.norm": "batch", "objective": "hinge"}, 30, []),
    "minibatch-dcgan": ({**DCGAN, "discriminator.minibatch": "discrimination"}, 30, []),
    "interventions": ({"regularisers": [{"name": "r1_r2", "weight": 0.3}]}, 50, LIVE),
    "interventions-pending": ({"regularisers": [{"name": "r1_r2", "weight": 0.3, "every": 2}]}, 30, LIVE + LATER),
}


# -- helpers -------------------------------------------------------------------------------------------------


def machine() -> dict[str, str]:
    """What rounds as this machine does."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "model": hashlib.sha256(model.encode()).hexdigest(),
    }


def write_json(name: str, tree: Any) -> None:
    """One entry a line, so that a file can be read; packed if its name says so."""
    if isinstance(tree, dict):
        lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in tree.items()]
        text = "{\n" + ",\n".join(lines) + "\n}\n"
    else:
        text = "[\n" + ",\n".join(json.dumps(value, ensure_ascii=False) for value in tree) + "\n]\n"
    write(name, text.encode())


def write(name: str, content: bytes) -> None:
    """A file of the corpus."""
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME) if name.endswith(".xz") else content)


def rows(stats: Iterable[Any]) -> list[list[float]]:
    """Numbers in the order of `COLUMNS`; JSON keeps every bit of them."""
    found = [[getattr(s, name) for name in COLUMNS] for s in stats]
    assert all(math.isfinite(value) for row in found for value in row)
    return found


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Tree:
    """Dotted path to value; lists are values."""
    out: Tree = {}
    for key, value in tree.items():
        out |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return out


DEFAULTS: Tree = leaves(RunConfig().model_dump(mode="json"))


def said(config: Any) -> Tree:
    """In what a config differs from the first edition's defaults."""
    return {path: value for path, value in leaves(config.model_dump(mode="json")).items() if value != DEFAULTS[path]}


def dumps(interventions: Iterable[Any]) -> list[Tree]:
    """Interventions as plain values."""
    return [i.model_dump(mode="json") for i in interventions]


def command(*words: str | Path) -> str:
    """What a command line prints."""
    done = subprocess.run(
        [sys.executable, "-m", "gan_core", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def options(config: Mapping[str, Any]) -> list[str]:
    """As ``--set``."""
    return [w for path, v in config.items() for w in ("--set", f"{path}={v if isinstance(v, str) else json.dumps(v)}")]


# -- checkpoints ---------------------------------------------------------------------------------------------

FACTS: Tree = {}


def keep(name: str, content: bytes, preset_name: str = "") -> None:
    """A checkpoint, what it says, and the numbers of the steps after it."""
    write(f"checkpoints/{name}.safetensors.xz", content)
    trainer = checkpoint.load(content)
    FACTS[name] = {
        "preset": preset_name,
        "step": trainer.step_count,
        "initial": said(trainer.initial_config),
        "config": said(trainer.config),
        "interventions": dumps(trainer.interventions),
        "pending": dumps(trainer.pending),
    }
    last = rows([trainer.stats])[0] if trainer.step_count else None
    FACTS[name] |= {"last": last, "after": rows(trainer.step() for _ in range(AFTER))}


def trained(changes: Mapping[str, Any], steps: int, deeds: Sequence[Tree] = ()) -> Any:
    """A small run."""
    config = RunConfig().changed({**SMALL, **changes})
    trainer = Trainer(config, interventions=[Intervention.model_validate(deed) for deed in deeds])
    while trainer.step_count < steps:
        trainer.step()
    return trainer


def record_checkpoints() -> None:
    """All kinds of runs."""
    for name, (changes, steps, deeds) in CASES.items():
        trainer = trained(changes, steps, deeds)
        content = checkpoint.encode(trainer.state_dict(), app="0.1.0")
        keep(name, content)
        again = rows(trainer.step() for _ in range(AFTER))  # of the uninterrupted run
        assert again == FACTS[name]["after"], name

    trainer = trained({}, 30)
    trainer.retune({"lr_d": 0.002})
    for update in "gdd":
        getattr(trainer, f"step_{update}")()
    trainer.name_direction("named at the end", "zAAAAAAAAAAAAAIA_")
    keep("lone-updates-at-the-end", checkpoint.encode(trainer.state_dict(), app="0.1.0"))

    learned = of("gan_core.trainer.learned", "learned")
    config = RunConfig().changed({**SMALL, "objective": "hinge", "batch_size": 6, "discriminator.dropout": 0.1})
    trainer = Trainer(config, begin_with=learned(trained({}, 30).state_dict(), config))
    for _ in range(30):
        trainer.step()
    keep("began-with-another", checkpoint.encode(trainer.state_dict(), app="0.1.0"))

    for name, kind in (("own-points", "points"), ("own-images", "images"), ("own-classes", "classes")):
        data = own_data()[kind]
        changes = {"data.name": data.name, "data.hash": own.register(data)}
        if kind != "points":
            changes |= {"data.size": 8, "data.flip": True, "data.colour": kind == "images"}
        if kind == "classes":
            changes |= {"data.classes": len(data.classes), "conditional": True}
        keep(name, checkpoint.encode(trained(changes, 30).state_dict(), app="0.1.0"))

    small = {key: value for key, value in SMALL.items() if key != "data.name"}
    with tempfile.TemporaryDirectory() as folder:
        for name, steps in (("ring-8", 40), ("digits", 30), ("digits-conditional", 30), ("collapse", 60)):
            path = Path(folder) / f"{name}.safetensors"
            wide = options(small) if name != "ring-8" else options({**small, "generator.depth": 2})
            printed = command("train", name, *wide, "--steps", str(steps), "--save", path, "--json")
            keep(f"by-command-{name}", path.read_bytes(), name)
            if name == "ring-8":
                tree = json.loads(printed)
                tree |= {"seconds": 1.0, "steps_per_second": 40.0}
                words = ["train", name, *wide, "--steps", str(steps), "--json"]
                write_json("written/train.json", {"words": words, "record": tree})
        path = Path(folder) / "own.safetensors"
        command(
            "train", "ring-8", *options(small), "--data", HERE / "own" / "points.csv", "--steps", "30", "--save", path
        )
        keep("by-command-own-points", path.read_bytes(), "ring-8")
    write_json("checkpoints.json.xz", FACTS)


# -- own data ------------------------------------------------------------------------------------------------


def own_data() -> Tree:
    """Small data of one's own, always the same."""
    data = importlib.import_module("gan_core.data.own_data")
    rng = np.random.Generator(np.random.PCG64(7))
    angles = np.linspace(0, 6, 60)
    spiral = np.stack((angles * np.cos(angles), angles * np.sin(angles)), 1)
    pixels = rng.integers(0, 256, (24, 12, 12, 3), dtype=np.uint8)
    grey = rng.integers(0, 256, (20, 8, 8, 1), dtype=np.uint8)
    labels = np.arange(20, dtype=np.int64) % 3
    return {
        "points": data.OwnPoints((spiral + rng.normal(0, 0.1, spiral.shape)).astype(np.float32)),
        "images": data.OwnImages(pixels),
        "classes": data.OwnImages(grey, labels=labels, classes=("cats", "dogs", "Vögel")),
    }


def drawing() -> Any:
    """A drawing, as the app takes it from the mouse."""
    at = np.linspace(0, 2 * np.pi, 40)
    drawn = np.stack((np.cos(at), np.sin(2 * at)), 1).tolist()
    return of("gan_core.data.tables", "read_drawing")(drawn)


def record_own_data() -> None:
    """Payloads, files of users and a drawing, with their hashes."""
    facts: Tree = {}
    for name, data in own_data().items():
        write(f"own/{name}.payload", payload.to_bytes(data))
        facts[f"{name}.payload"] = {"hash": data.hash, "name": data.name}
    points = own_data()["points"].values
    write("own/points.csv", b"x;y\n" + b"".join(f"{x:.4f};{y:.4f}\n".replace(".", ",").encode() for x, y in points))
    saved = io.BytesIO()
    np.save(saved, points.astype(np.float64))
    write("own/points.npy", saved.getvalue())
    packed = io.BytesIO()
    rng = np.random.Generator(np.random.PCG64(8))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for i in range(12):
            picture = io.BytesIO()
            Image.fromarray(rng.integers(0, 256, (10, 10, 3), dtype=np.uint8)).save(picture, "PNG")
            info = zipfile.ZipInfo(f"{('apples', 'pears')[i % 2]}/{i}.png", (1980, 1, 1, 0, 0, 0))
            file.writestr(info, picture.getvalue())
    write("own/pictures.zip", packed.getvalue())
    read_points, read_zip = of("gan_core.data.tables", "read_points"), of("gan_core.data.uploads", "read_zip")
    for name in ("points.csv", "points.npy"):
        facts[name] = {"hash": read_points(name, (HERE / "own" / name).read_bytes()).hash, "name": "own-points"}
    facts["pictures.zip"] = {"hash": read_zip(packed.getvalue()).hash, "name": "own-images"}
    facts["drawing"] = {"hash": drawing().hash, "name": "own-points", "text": payload.to_text(drawing())}
    assert facts["drawing"]["text"]
    write_json("own.json", facts)


# -- traces --------------------------------------------------------------------------------------------------


def record_traces() -> None:
    """The first steps of every preset."""
    arrays, about = {}, {}
    for name in presets.presets():
        config, changes, steps = preset(name), {}, FULL_STEPS
        if config.data.name == "mnist":
            changes, steps = {"data.name": "digits"}, 100
        if name == "own-images":
            data = own_data()["images"]
            changes, steps = {"data.hash": own.register(data)}, 30
        if name == "unrolled":
            steps = 60
        trainer = Trainer(config.changed(changes))
        began = time.perf_counter()
        found = np.array(rows(trainer.step() for _ in range(steps)))
        seconds = (time.perf_counter() - began) / steps
        assert (found.astype(np.float32) == found).all()
        arrays[name] = found.astype(np.float32)
        about[name] = {"changes": changes, "steps": steps, "quick": QUICK.get(name, 20)}
        sys.stdout.write(f"{name}: {steps} steps, {1e3 * seconds:.1f} ms\n")
    kept = io.BytesIO()
    np.savez_compressed(kept, allow_pickle=False, **arrays)
    write("traces.npz", kept.getvalue())
    write_json("traces.json", about)


# -- links ---------------------------------------------------------------------------------------------------


def parsed(query: Tree) -> Tree:
    """What a link to a run says."""
    config, name, interventions = presets.from_query(query)
    return {"query": query, "config": said(config), "preset": name, "interventions": dumps(interventions)}


def record_links() -> None:
    """Links of every kind."""
    far = preset("ring-8").changed(
        {
            **{path: value for path, value in SMALL.items() if path != "data.name"},
            "objective": "wasserstein",
            "clip": 0.01,
            "optimizer_g": "rmsprop",
            "optimizer_d": "rmsprop",
            "unroll": 0,
            "betas_g": [0.25, 0.875],
            "regularisers": [{"name": "dragan", "weight": 2.5, "every": 4}],
            "seed": 2**31 - 1,
        }
    )
    live = [Intervention.model_validate(deed) for deed in LIVE]
    text = payload.to_text(drawing())
    drawn = {"preset": "ring-8", "data.name": "own-points", "data.hash": drawing().hash}
    by_hand: list[Tree] = [
        {},
        {"lr_g": "0.01"},
        {"seed": "7", "conditional": "true"},
        {"regularisers.0.weight": "1", "regularisers.0.every": "4"},
        {"regularisers": "[]", "objective": "hinge", "batch_size": "16"},
        {"changes": presets._pack_changes([Intervention(step=3, update="d")])},
        {"preset": "ring-8", "lr_d": "1e-3", "betas_g": "[0.1, 0.9]"},
        {"preset": "ring-8", "regularisers": '[{"name":"r1","weight":"0.5"}]'},
        {"preset": "digits", "augment": '["cutout","colour"]', "generator.kind": "dcgan", "generator.width": "16"},
        {"preset": "mnist", "data.name": "kmnist", "seed": "3"},
        {"preset": "own-images", "data.hash": "0" * 64, "data.size": "16", "data.colour": "true", "data.classes": "4"},
        {"preset": "digits-wgan-gp", "d_steps": "3", "prior": "uniform", "ema": "0"},
        {"config": presets._pack(far.model_dump(mode="json"))},
        {"config": presets._pack({"data": {"name": "moons"}, "lr_g": 0.5}), "seed": "4"},
        {"config": presets._pack({})},
        {
            "config": presets._pack(far.model_dump(mode="json")),
            "lr_g": "0.25",
            "changes": presets._pack_changes(live[:3]),
        },
        {"preset": "ring-8", "changes": presets._pack_changes(live)},
    ]
    made = [presets.to_query(preset(name), name) for name in presets.presets()]
    made += [
        presets.to_query(preset("ring-8").changed({"lr_g": 0.125, "data.name": "moons", "ema": 0}), "ring-8"),
        presets.to_query(preset("collapse").changed({"packing": 4, "discriminator.width": 256}), "collapse", live[:6]),
        presets.to_query(far, "ring-8"),
        presets.to_query(far, "", live),
        presets.to_query(preset("digits").changed({"regularisers.0.weight": 0.7}), "digits", live),
    ]
    for changes, _, _ in CASES.values():
        made.append(presets.to_query(RunConfig().changed({**SMALL, **changes}), "ring-8"))
        made.append(presets.to_query(RunConfig().changed({**SMALL, **changes})))
    write_json(
        "links-to-runs.json", [parsed(query) for query in [*by_hand, *made]] + [parsed(drawn) | {"points": text}]
    )

    link = importlib.import_module("pages.ui.lab.link")
    gallery, zoo = importlib.import_module("gan_core.gallery"), importlib.import_module("gan_core.zoo")
    failures = gallery.failures()
    lab: list[Tree] = [{}, {"seed": "5"}, {"failure": next(iter(failures)), "sides": "none", "seed": "2147483647"}]
    for failure in failures.values():
        lab.append({"failure": failure.name})
        lab += [{"failure": failure.name, "sides": f"{cure.name},none", "seed": "1"} for cure in failure.cures]
        sides = [link.failing(failure, 0), link.Entry("mine", link.OWN, failure.config().changed({"lr_g": 0.02}))]
        lab.append(link.sides_to_link(failure, sides, 0))
    lab += [{"protocol": name} for name in of("gan_core.protocols", "PROTOCOLS")]
    lab += [{"zoo": v.name, "seed": "2"} for v in zoo.variants() if v.runs]
    found = []
    for query in lab:
        failure, entries = link.parse_link(query)
        sides = [{"title": e.title, "cure": e.cure, "config": said(e.config)} for e in entries]
        found.append({"query": query, "failure": failure.name, "sides": sides})
    write_json("links-to-the-lab.json.xz", found)

    latent, points = importlib.import_module("pages.ui.latent.link"), importlib.import_module("gan_core.latent.points")
    found = []
    numbers = points.encode(np.linspace(-2, 2, 32).astype(np.float32))
    for name, query in (
        ("digits", {}),
        ("digits", {"z_seed": "0", "z_section": "plane"}),
        ("digits", {"z_seed": "2147483647", "z_points": f"s17.3,{numbers},s17.63", "z_section": "paths"}),
        ("digits-conditional", {"z_points": f"s4.0@7,{numbers}@2,s9.1", "z_section": "units"}),
        ("ring-8", {"z_points": points.encode(np.array([0.5, -1.25], np.float32)), "z_section": "directions"}),
        *(("ring-8", {"z_section": section}) for section in of("pages.ui.latent.sections", "SECTIONS")),
    ):
        asked = latent.parse(query, preset(name))
        keys = points.parse_many(asked.points, preset(name))
        found.append(
            {"preset": name, "query": query, "seed": asked.seed, "points": asked.points, "section": asked.section}
            | {"keys": [{"z": key.z.tolist(), "label": key.label} for key in keys]}
        )
    write_json("links-to-latent.json", found)

    lessons = of("gan_core.lessons", "lessons")()
    about = [
        {
            "query": {"lesson": name},
            "config": said(lesson.config()),
            "seeded": said(lesson.config(5)),
            "stop_at": lesson.stop_at,
        }
        for name, lesson in lessons.items()
    ]
    write_json("links-to-lessons.json", about)


# -- recorded runs -------------------------------------------------------------------------------------------


def record_recordings() -> None:
    """The smallest of the app's own recorded runs, and a small one of images."""
    recorded = importlib.import_module("gan_core.recorded")
    scripts = importlib.import_module("scripts.recordings")
    facts = {}
    plan = scripts.Plan((20, 40), 6, {"generator.width": 12, "discriminator.width": 12})
    write("recorded/digits-small.zip", recorded.encode(scripts.record("digits", plan)))
    write("recorded/collapse.zip", recorded.path_of("collapse").read_bytes())
    for name in ("collapse", "digits-small"):
        recording = recorded.decode((HERE / "recorded" / f"{name}.zip").read_bytes())
        header, arrays = of("gan_core.frame", "decode")(recording.past.frames[-1][1])
        trainer = recording.trainer()
        best = recording.past.best
        facts[name] = {
            "name": recording.name,
            "step": recording.step,
            "config": said(recording.config),
            "frames": [step for step, _ in recording.past.frames],
            "states": [step for step, _ in recording.past.states],
            "best": None if best is None else [best.step, best.metric, best.value],
            "header": sorted(header),
            "header_sha256": hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest(),
            "arrays": {key: [str(array.dtype), list(array.shape)] for key, array in sorted(arrays.items())},
            "first": rows(recording.first),
            "after": rows(recording.after),
            "later": rows(trainer.step() for _ in range(AFTER)),
        }
    write_json("recorded.json", facts)


# -- autosave, sweeps, files for elsewhere -------------------------------------------------------------------


def record_autosave() -> None:
    """The folder of saved runs, two of them with cards, one without."""
    cards, shown = importlib.import_module("gan_core.cards"), io.BytesIO()
    Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).save(shown, "PNG")
    card = cards.Card(
        name="My first “GAN”, é",
        owner=cards.fingerprint("a token"),
        scores={"modes": 8.0, "js": 0.125},
        clock=((0, 0.0), (20, 1.5), (40, 2.75)),
        picture=shown.getvalue(),
    )
    facts = {}
    with tempfile.TemporaryDirectory() as folder:
        saver = of("gan_core.autosave", "Autosave")(Path(folder), app="0.1.0")
        for key, changes, made in (
            ("20260102-030405-0a1b2c-1", {}, card),
            ("digits_run-2", {**IMAGES, "conditional": True}, cards.Card(name="", scores={"kid": 0.5})),
            ("without-a-card", {}, None),
        ):
            trainer = trained(changes, 40)
            state = trainer.state_dict()
            saver.offer(key, state, preset="ring-8", at_once=True, card=lambda made=made: made or cards.Card())
            assert saver.flush()
            path = Path(folder) / f"{key}.safetensors"
            write(f"autosave/{path.name}.xz", path.read_bytes())
            if made is not None:
                saver.rename(key, made.name)
                write(f"autosave/{key}.card.json", (Path(folder) / f"{key}.card.json").read_bytes())
            said_of = made or cards.Card()
            facts[key] = {"step": 40, "preset": "ring-8", "app": "0.1.0", "config": said(trainer.config)} | {
                "name": said_of.name,
                "owner": said_of.owner,
                "scores": dict(said_of.scores),
                "clock": said_of.clock,
                "picture": hashlib.sha256(said_of.picture).hexdigest(),
                "after": rows(trainer.step() for _ in range(AFTER)),
            }
        saver.close()
    write_json("autosave.json", facts)


def record_sweep() -> None:
    """The rows of a sweep as both kinds of file, and what its jobs are called."""
    sweep, table = importlib.import_module("gan_core.sweep"), importlib.import_module("gan_core.sweep.table")
    vary = ["recipe=r3gan,pacgan,wgan-gp", "regularisers=none,r1:0.3", "lr_g=0.001,5e-3"]
    recipes = list(of("gan_core.recipes", "RECIPES"))
    vary[0] = f"recipe={recipes[1]},{recipes[2]}"
    changes = {path: value for path, value in SMALL.items() if path != "data.name"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.csv"
        words = [w for text in vary for w in ("--vary", text)]
        command("sweep", "ring-8", *words, *options(changes), "--seeds", "2", "--steps", "20", "--out", path)
        found = table.Table(path).rows
        write("sweep/sweep.csv", path.read_bytes())
    write("sweep/sweep.parquet", table.to_bytes(found, ".parquet"))
    jobs = sweep.plan(preset("ring-8").changed(changes), sweep.parse_vary(vary), seeds=range(2), steps=20)
    assert {job.key for job in jobs} == {row["run"] for row in found}
    keys = {}
    for name in presets.presets():
        keys[name] = [job.key for job in sweep.plan(preset(name), {}, seeds=range(2), steps=100)]
    facts = {"vary": vary, "changes": changes, "seeds": 2, "steps": 20, "jobs": [job.key for job in jobs]}
    write_json("sweep.json", facts | {"rows": found, "keys_of_presets": keys})


def frame_of_runner(saved: Any) -> bytes:
    """What a live page is shown of a saved run that was opened."""
    frames: list[bytes] = []

    def keep_frame(run: int, step: int, frame: bytes) -> None:
        frames.append(frame)

    runner = of("gan_core", "Runner")(saved.initial_config, preset="ring-8", on_frame=keep_frame)
    try:
        runner.go_on(saved.state_dict(), preset="ring-8")
        assert runner.wait(lambda r: r.step_count == saved.step_count and r.snapshot is not None)
        runner.flush()
    finally:
        runner.close()
        runner.join(5)
    return frames[-1]


def record_written() -> None:
    """What is written for elsewhere: tables, weights, frames, a link's parameters."""
    tables, export = (
        importlib.import_module("gan_core.export.tables"),
        importlib.import_module("gan_core.export.common"),
    )
    score = of("gan_core.metrics", "Score")
    content = lzma.decompress((HERE / "checkpoints/penalised.safetensors.xz").read_bytes())
    trainer = checkpoint.load(content)
    scores = {"modes": score(7.0, 8.0, 1000), "js": score(0.25, None, 1000)}
    write("written/history.csv", tables.history_csv(trainer.history))
    write("written/metrics.csv", tables.metrics_csv(scores))
    write("written/run.json", tables.run_json(trainer.config, trainer.step_count, trainer.history, scores))
    clocks = {"one": ((0, 0.0), (31, 3.1))}
    write("written/histories.csv", tables.histories_csv({"one": trainer.history, "two": trainer.history}, clocks))
    weights = of("gan_core.export.weights", "generator_safetensors")
    for name in ("penalised", "conditional-dcgan"):
        trainer = checkpoint.load(lzma.decompress((HERE / f"checkpoints/{name}.safetensors.xz").read_bytes()))
        write(f"written/generator-of-{name}.safetensors", weights(export.GeneratorCopy.of(trainer)))
    frames: Tree = {}
    for name in ("penalised", "conditional"):
        trainer = checkpoint.load(lzma.decompress((HERE / f"checkpoints/{name}.safetensors.xz").read_bytes()))
        snapshot = trainer.snapshot("both")
        publisher = of("gan_core.publisher", "Publisher")()
        publisher.take(snapshot)
        state = of("scripts.recordings", "_STATE")
        publisher.publish({**state, "preset": "ring-8"}, trainer.moment("both"))
        frame = publisher.frame[1]
        write(f"written/frame-of-{name}.ganx.xz", frame)
        header, arrays = of("gan_core.frame", "decode")(frame)
        runner_header, runner_arrays = of("gan_core.frame", "decode")(frame_of_runner(trainer))
        frames[name] = {
            "runner_header": sorted(runner_header),
            "runner_arrays": {k: [str(a.dtype), list(a.shape)] for k, a in sorted(runner_arrays.items())},
            "snapshot_header": sorted(snapshot.header),
            "snapshot_arrays": {k: [str(a.dtype), list(a.shape)] for k, a in sorted(snapshot.arrays.items())},
            "header": header,
            "arrays": {
                k: [str(a.dtype), list(a.shape), hashlib.sha256(a.tobytes()).hexdigest()]
                for k, a in sorted(arrays.items())
            },
        }
    write_json("frames.json", frames)


# -- names ---------------------------------------------------------------------------------------------------


def record_names() -> None:
    """What is called by name: in links, files, scripts and on the command line."""
    package, main = importlib.import_module("gan_core"), importlib.import_module("gan_core.__main__")
    config = importlib.import_module("gan_core.config")
    gallery, zoo = importlib.import_module("gan_core.gallery"), importlib.import_module("gan_core.zoo")
    parsers = main._parsers()[1]
    names = {
        "public": package.__all__,
        "defaults": DEFAULTS,
        "penalty": config.Regularisation().model_dump(mode="json"),
        "live": [path for path, knob in config.KNOBS.items() if knob.live],
        "choices": {path: knob.choices for path, knob in (config.KNOBS | config.PENALTY_KNOBS).items() if knob.choices},
        "bounds": {
            path: [knob.low, knob.high] for path, knob in config.KNOBS.items() if (knob.low, knob.high) != (None, None)
        },
        "presets": {name: {"steps": p.steps, "config": said(p.config)} for name, p in presets.presets().items()},
        "objectives": list(of("gan_core", "OBJECTIVES")),
        "regularisers": list(of("gan_core", "REGULARISERS")),
        "optimizers": list(of("gan_core.optimizers", "OPTIMIZERS")),
        "data": list(of("gan_core.data", "DATASETS"))
        if hasattr(importlib.import_module("gan_core.data"), "DATASETS")
        else [],
        "shapes": {name: list(shape) for name, shape in config.DATA_SHAPES.items()},
        "metrics": list(of("gan_core.metrics", "METRICS")),
        "findings": list(of("gan_core.diagnosis", "HEADLINES")),
        "recipes": list(of("gan_core.recipes", "RECIPES")),
        "failures": {name: [cure.name for cure in f.cures] for name, f in gallery.failures().items()},
        "protocols": list(of("gan_core.protocols", "PROTOCOLS")),
        "zoo": [v.name for v in zoo.variants() if v.runs],
        "lessons": list(of("gan_core.lessons", "lessons")()),
        "sections": list(of("pages.ui.latent.sections", "SECTIONS")),
        "directions": list(of("gan_core.latent.directions", "KINDS")),
        "attributes": list(of("gan_core.latent.attributes", "ATTRIBUTES")),
        "recorded": list(of("gan_core.recorded", "RECORDED")),
        "quantities": COLUMNS,
        "commands": {name: sorted(parser._option_string_actions) for name, parser in parsers.items()},
    }
    write_json("names.json", names)


def main() -> None:
    """Record all of it."""
    torch.set_num_threads(1)
    for folder in ("checkpoints", "own", "recorded", "autosave", "sweep", "written"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    write_json("machine.json", machine() | {"columns": COLUMNS})
    steps: tuple[Callable[[], None], ...] = (
        *(record_own_data, record_names, record_links, record_checkpoints),
        *(record_autosave, record_written, record_recordings, record_sweep, record_traces),
    )
    for step in steps:
        began = time.perf_counter()
        step()
        sys.stdout.write(f"{step.__name__}: {time.perf_counter() - began:.1f} s\n")
    sys.stdout.write(f"{sum(f.stat().st_size for f in HERE.rglob('*') if f.is_file()) / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main()
