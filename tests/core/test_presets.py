from __future__ import annotations

import base64
import gzip
import json
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.config import Intervention, RunConfig
from gan_core.config.presets import (
    DEFAULT,
    MAX_LINK_BYTES,
    MAX_LINK_INTERVENTIONS,
    from_query,
    link_repeats_until,
    preset,
    presets,
    to_query,
)
from gan_core.errors import ConfigError
from gan_core.training import Trainer
from tests.core.own_sets import with_own_data

NAMES = (
    *("digits", "digits-plain", "ring-8", "grid-25", "gaussians-2", "ring", "blobs-3", "line", "moons", "swiss-roll"),
    *("mnist", "article-mnist", "collapse", "discriminator-wins", "own-images"),
    *("digits-conditional", "digits-wgan-gp", "mnist-dcgan", "pacgan", "unrolled", "ttur"),
    *("digits-sr", "digits-denoise", "digits-inpaint", "photographs-sr", "photos-sr"),
    *("notes", "notes-collapse"),
    *("words", "words-collapse", "grammar"),
    *("own-sounds", "own-words"),
)
every_preset = pytest.mark.parametrize("name", NAMES)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.fixture(params=["", ".gz"])
def image_folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred made-up images of MNIST in torchvision's layout, as one split, packed or not."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, 200 * 784, dtype=np.uint8), rng.integers(0, 10, 200, dtype=np.uint8)
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in (
        ("t10k-images-idx3-ubyte", struct.pack(">4I", 2051, 200, 28, 28) + images.tobytes()),
        ("t10k-labels-idx1-ubyte", struct.pack(">2I", 2049, 200) + labels.tobytes()),
    ):
        (raw / f"{name}{request.param}").write_bytes(gzip.compress(content) if request.param else content)
    monkeypatch.setenv("GAN_EXPLORER_DATA", str(tmp_path))


def test_the_presets_are_those_of_the_plan() -> None:
    assert set(presets()) == set(NAMES)
    assert next(iter(presets())) == DEFAULT == "digits"


@every_preset
def test_a_preset_says_what_to_look_for(name: str) -> None:
    entry = presets()[name]
    assert entry.name == name
    assert entry.title
    assert entry.look_for.endswith(".") or entry.look_for.endswith('"')
    assert 100 <= entry.steps <= 20_000
    assert preset(name) is entry.config


@pytest.mark.usefixtures("image_folder")
@every_preset
def test_a_preset_trains(name: str) -> None:
    trainer = Trainer(with_own_data(preset(name)))
    for _ in range(3):
        stats = trainer.step()
    assert all(math.isfinite(value) for value in stats.values)
    assert trainer.snapshot().step == 3


def test_the_articles_preset_is_the_article() -> None:
    config = preset("article-mnist")
    assert config == RunConfig().changed(
        {"data.name": "mnist", "objective": "minimax", "batch_size": 64, "latent_dim": 100, "ema": 0}
        | {"generator.kind": "article", "discriminator.kind": "article"}
        | {"lr_g": 2e-4, "lr_d": 2e-4, "betas_g": [0.5, 0.999], "betas_d": [0.5, 0.999]}
    )
    cured = config.differences(preset("mnist"))
    assert cured["objective"] == "non_saturating"
    assert not any(path.startswith(("generator", "discriminator")) for path in cured)


def test_the_grid_has_the_published_recipe() -> None:
    config = preset("grid-25")
    assert config.objective == "relativistic"
    assert [(r.name, r.weight) for r in config.regularisers] == [("r1_r2", 0.1)]
    assert config.betas_g == config.betas_d == (0.0, 0.99)
    assert config.lr_g == config.lr_d == 1e-3
    assert config.batch_size == 256
    assert config.generator.widths == config.discriminator.widths == (128, 128)
    assert config.generator.activation == config.discriminator.activation == "relu"
    assert config.ema > 0


def test_collapse_is_made_by_five_g_updates_for_each_of_d() -> None:
    config = preset("collapse")
    assert (config.data.name, config.objective) == ("ring-8", "non_saturating")
    assert (config.d_steps, config.g_steps, config.regularisers) == (1, 5, ())


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    known = "digits, digits-plain, digits-conditional, digits-wgan-gp, ring-8"
    with pytest.raises(ConfigError, match=f"no preset 'ring-9'; there are: {known}"):
        preset("ring-9")


# -- links ---------------------------------------------------------------------------------------------------


@every_preset
def test_a_presets_link_is_its_name(name: str) -> None:
    query = to_query(preset(name), name)
    assert query == {"preset": name}
    assert from_query(query) == (preset(name), name, ())


def test_without_any_parameter_a_link_is_the_default_preset() -> None:
    assert from_query({}) == (preset(DEFAULT), DEFAULT, ())


CHANGES: list[dict[str, Any]] = [
    {"seed": 7},
    {"generator.width": 32, "objective": "hinge", "lr_g": 0.002},
    {"data.name": "moons", "prior": "uniform", "discriminator.spectral_norm": True},
    {"regularisers": []},
    {"regularisers": [{"name": "gradient_penalty", "weight": 10}, {"name": "r1", "every": 8}]},
    {"betas_g": [0.0, 0.9], "clip": 0.01, "ema": 0},
    {"data.name": "digits", "conditional": True, "augment": ["colour", "cutout"], "generator.kind": "dcgan"},
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("name", ["ring-8", "digits", "", "no such preset"])
def test_a_link_carries_what_was_changed(changes: dict[str, Any], name: str) -> None:
    config = preset("ring-8").changed(changes)
    query = to_query(config, name)
    assert all(isinstance(value, str) for value in query.values())
    found, found_name, interventions = from_query(query)
    assert found == config
    assert found_name == (name if name in presets() and "config" not in query else "")
    assert interventions == ()


def test_a_changed_penalty_weight_travels_alone() -> None:
    config = preset("ring-8").changed({"regularisers.0.weight": 0.7})
    assert to_query(config, "ring-8") == {"preset": "ring-8", "regularisers.0.weight": "0.7"}


def test_a_config_far_from_every_preset_travels_packed_and_short() -> None:
    config = preset("ring-8").changed(
        {f"{player}.{knob}": 3 for player in ("generator", "discriminator") for knob in ("width", "depth")}
        | {"regularisers": [{"name": name, "weight": 1 / 3, "every": 3} for name in ("r1", "r2", "gradient_penalty")]}
        | {"lr_g": 1 / 3000, "lr_d": 1 / 7000, "betas_g": [1 / 3, 1 / 7], "betas_d": [1 / 9, 1 / 11], "clip": 1 / 13}
        | {"discriminator.activation": "silu", "discriminator.dropout": 1 / 19, "discriminator.spectral_norm": True}
        | {"data.name": "swiss-roll", "latent_dim": 333, "prior": "uniform", "d_steps": 7, "g_steps": 3}
        | {"objective": "wasserstein", "optimizer_g": "rmsprop", "optimizer_d": "rmsprop", "ema": 1 / 17, "seed": 123}
    )
    query = to_query(config, "ring-8")
    assert list(query) == ["config"]
    assert len(query["config"]) < 1000
    assert from_query(query) == (config, "", ())


interventions_of_a_run = st.lists(
    st.one_of(
        st.builds(
            Intervention,
            step=st.integers(0, 10**6),
            changes=st.sampled_from(
                [{"lr_g": 0.01}, {"ema": 0}, {"betas_d": [0.1, 0.9]}, {"regularisers.0.weight": 2}]
            ),
        ),
        st.builds(Intervention, step=st.integers(0, 10**6), update=st.sampled_from(["d", "g"])),
    ),
    max_size=MAX_LINK_INTERVENTIONS,
)


@given(interventions_of_a_run)
def test_a_link_carries_what_was_done_to_the_run(done: list[Intervention]) -> None:
    query = to_query(preset("ring-8"), "ring-8", done)
    assert from_query(query) == (preset("ring-8"), "ring-8", tuple(done))
    assert link_repeats_until(done) is None


def test_a_link_says_up_to_where_it_repeats_a_run_that_was_changed_too_often() -> None:
    many = [Intervention(step=50 + i, update="d") for i in range(MAX_LINK_INTERVENTIONS + 1)]
    assert "changes" not in to_query(preset("ring-8"), "ring-8", many)
    assert link_repeats_until(many) == 50


def test_a_link_is_never_longer_than_what_links_are_allowed() -> None:
    rng = np.random.default_rng(0)
    long = [
        Intervention(
            step=i,
            changes={name: float(value) for name, value in zip(("lr_g", "lr_d", "clip", "ema"), row, strict=True)},
        )
        for i, row in enumerate(rng.random((MAX_LINK_INTERVENTIONS, 4)))
    ]
    for n in range(1, len(long), 7):
        query = to_query(preset("ring-8"), "ring-8", long[:n])
        assert len(query.get("changes", "")) <= MAX_LINK_BYTES
        assert ("changes" in query) == (link_repeats_until(long[:n]) is None)
        assert from_query(query)[0] == preset("ring-8")


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode().rstrip("=")


def packed_json(value: object) -> str:
    return packed(json.dumps(value).encode())


TOO_MANY_UPDATES = packed_json([{"step": 1, "changes": {"d_steps": 10, "g_steps": 10}}])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"preset": "nope"}, "there are: digits"),
        ({"preset": "x" * 9000}, "there are: digits"),
        ({"preset": "ring-8", "width": "3"}, "there are: data.name"),
        ({"x" * 9000: "3"}, "there are: data.name"),
        ({"preset": "ring-8", "regularisers.9.weight": "3"}, "regularisers has 1 entries"),
        ({"preset": "ring-8", "regularisers.-1.weight": "3"}, "regularisers has 1 entries"),
        ({"preset": "ring-8", "regularisers.²": "3"}, "regularisers has 1 entries"),
        ({"seed": "9" * 9000}, "integer"),
        ({"seed": "[" * 9000}, "integer"),
        ({"lr_g": "1e999"}, "finite"),
        ({"batch_size": "100000"}, "1024"),
        ({"config": ""}, "damaged"),
        ({"config": "!"}, "damaged"),
        ({"config": "é"}, "damaged"),
        ({"config": "AAAA"}, "damaged"),
        ({"config": "x" * (MAX_LINK_BYTES + 1)}, "at most 6,000 are allowed"),
        ({"config": packed(b"[" * 4_000_000)}, "more than 100,000 bytes"),  # a bomb of 5 kB
        ({"config": packed(b"[" * 99_000)}, "damaged"),
        ({"config": packed(b"[" * 20_000 + b"]" * 20_000)}, "damaged"),
        ({"config": packed(b'{"seed":' + b"9" * 9000 + b"}")}, "damaged"),
        ({"config": packed(b"\xff\xfe")}, "damaged"),
        ({"config": packed(b"")}, "damaged"),
        ({"config": packed(b'{"seed": 1}')[:-4]}, "damaged"),
        ({"config": packed_json([1])}, "config=[1] is not allowed"),
        ({"config": packed_json({"path": "/etc"})}, "there are: data.name"),
        ({"config": packed_json({"data": {"name": "../../etc/passwd"}})}, "'gaussians-2', 'ring'"),
        ({"config": packed_json({"seed": nested(300)})}, "integer"),
        ({"config": packed_json({"generator": {"width": 1024, "depth": 8}, "batch_size": 1024})}, "lower batch_size"),
        ({"changes": "!"}, "damaged"),
        ({"changes": packed_json({"step": 1})}, "at most 40 interventions"),
        ({"changes": packed_json([{"step": 1}] * 41)}, "at most 40 interventions"),
        ({"changes": packed_json([{"step": -1}])}, "greater than or equal to 0"),
        ({"changes": packed_json([{"step": 1, "update": "x"}])}, "'d' or 'g'"),
        ({"changes": packed_json([{"step": 1, "changes": {"seed": 3}}])}, "seed cannot change during a run"),
        ({"changes": packed_json([{"step": 1, "changes": {"lr_g": 3}}])}, "less than or equal to 1"),
        ({"changes": packed_json([{"step": 1, "changes": {"lr_g": nested(300)}}])}, "number"),
        ({"changes": packed_json([{"step": 1, "changes": {str(i): i for i in range(33)}}])}, "at most 32"),
        ({"preset": "mnist", "batch_size": "1024", "changes": TOO_MANY_UPDATES}, "lower batch_size"),
    ],
)
def test_a_hostile_link_is_refused_in_one_line(query: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        from_query(query)
    message = str(refusal.value)
    assert said in message
    assert "\n" not in message
    assert len(message) < 1000


@given(st.dictionaries(st.sampled_from(["config", "changes", "preset", "seed", "x"]), st.text(), max_size=3))
def test_any_link_is_a_config_or_a_config_error(query: dict[str, str]) -> None:
    try:
        config, _, _ = from_query(query)
    except ConfigError:
        return
    assert isinstance(config, RunConfig)
