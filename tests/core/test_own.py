"""Own data by their hash: the registry, the bytes in a checkpoint, the text in a link, and runs that use them."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.config import DataConfig, RunConfig
from gan_core.config.presets import preset
from gan_core.data import Images, Points, load, load_data, own
from gan_core.data.own import known, load_own, register, register_payload, small_payload
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints, held_out_share, said_of_split, split
from gan_core.data.payload import from_bytes, from_text, to_bytes, to_text
from gan_core.data.tables import read_csv, read_drawing
from gan_core.errors import ConfigError, DataError
from gan_core.metrics import score_images
from gan_core.training import Trainer
from tests.core.own_sets import sounds, words


def pictures(n: int = 12, side: int = 16, channels: int = 3, seed: int = 0, **more: Any) -> OwnImages:
    pixels = np.random.default_rng(seed).integers(0, 256, (n, side, side, channels), np.uint8)
    return OwnImages(pixels, **more)


def labelled() -> OwnImages:
    return pictures(4, labels=np.array([0, 1, 1, 0]), classes=("cat", "dog"))


def drawing(n: int = 50, seed: int = 0) -> OwnPoints:
    return read_drawing(np.random.default_rng(seed).normal(0.4, 0.2, (n, 2)).tolist())


DATA: list[OwnData] = [
    pictures(),
    pictures(channels=1),
    labelled(),
    drawing(),
    read_csv(b"0.1,2\n3,4"),
    sounds(),
    words(),
]


@pytest.fixture(autouse=True)
def empty_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A registry of its own for each test; what other tests registered comes back."""
    before = own._sets.copy()
    own._sets.clear()
    own._last.clear()
    yield
    own._sets.clear()
    own._sets.update(before)


# ---- the registry


def test_a_config_finds_its_data_by_their_hash() -> None:
    data = pictures()
    config = DataConfig(name="own-images", hash=register(data), size=16, colour=True)
    assert known(data.hash)
    made = load_data(config)
    assert isinstance(made, Images)
    np.testing.assert_array_equal(made.to_uint8(made.sample(1, torch.Generator())).shape, (1, 16, 16, 3))
    assert load_data(config) is made
    assert load_data(DataConfig(name="digits")) is load("digits")
    points = load_data(DataConfig(name="own-points", hash=register(drawing())))
    assert isinstance(points, Points)


@pytest.mark.parametrize("size", [8, 16, 28, 64])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_one_upload_serves_every_size_and_colour(size: int, colour: bool, channels: int, rng: torch.Generator) -> None:
    config = RunConfig().changed(
        {"data.name": "own-images", "data.hash": register(pictures(channels=channels)), "data.size": size}
        | {"data.colour": colour}
    )
    data = load_data(config.data)
    assert isinstance(data, Images)
    assert data.shape == config.data_shape == (3 if colour else 1, size, size)
    batch = data.sample(5, rng)
    assert (batch.dtype, batch.shape) == (torch.float32, (5, *config.data_shape))
    assert batch.min() >= -1
    assert batch.max() <= 1
    again = load_own(config.data)
    assert isinstance(again, Images)
    assert torch.equal(again.train, data.train)


def test_a_preview_is_what_a_run_will_see() -> None:
    data = pictures()
    np.testing.assert_array_equal(data.at(20, True, 3), data.at(20, True)[:3])


def test_own_images_can_be_scored(rng: torch.Generator) -> None:
    data = pictures(60).dataset(16, True)
    scores = score_images(data, data.sample(30, rng).numpy())
    assert 0.8 < scores["diversity"].value < 1.1
    assert scores["sliced_wasserstein"].value < 1


def test_colours_and_grey_levels_come_through(rng: torch.Generator) -> None:
    source = pictures(1)
    data = source.dataset(16, True)
    np.testing.assert_array_equal(data.to_uint8(data.sample(2, rng)), np.repeat(source.pixels, 2, 0))


@pytest.mark.parametrize("name", ["own-images", "own-points"])
def test_data_that_are_not_there_say_what_to_do(name: str) -> None:
    with pytest.raises(DataError, match=r"are chosen: .*upload"):
        load(name)
    with pytest.raises(DataError, match=r"are chosen: .*upload"):
        load_data(DataConfig(name=name))
    with pytest.raises(DataError, match=r"not here any more .*upload"):
        load_data(DataConfig(name=name, hash="0" * 64))
    other = register(drawing() if name == "own-images" else pictures())
    with pytest.raises(DataError, match="not here any more"):
        load_data(DataConfig(name=name, hash=other))


def test_the_least_recently_used_are_forgotten_first_and_those_in_use_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MAX_SETS", 3)
    a, b, c = (register(drawing(seed=seed)) for seed in range(3))
    running = load_own(DataConfig(name="own-points", hash=a))
    load_own(DataConfig(name="own-points", hash=b))  # used later than c
    d = register(drawing(seed=3))
    assert [known(h) for h in (a, b, c, d)] == [True, True, False, True]
    load_own(DataConfig(name="own-points", hash=d))
    e = register(drawing(seed=4))
    assert [known(h) for h in (a, b, d, e)] == [True, False, True, True]
    assert running is load_own(DataConfig(name="own-points", hash=a))


def test_the_registry_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MAX_SETS_BYTES", 2 * pictures().nbytes)
    hashes = [register(pictures(seed=seed)) for seed in range(4)]
    assert [known(h) for h in hashes] == [False, False, True, True]


def test_a_hash_is_64_hexadecimal_digits_or_nothing() -> None:
    for wrong in ("x", "../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", 3):
        with pytest.raises(ConfigError, match=r"data\.hash"):
            RunConfig().changed({"data.hash": wrong})


# ---- mirroring


def test_flip_mirrors_half_of_the_images_and_nothing_else(rng: torch.Generator) -> None:
    plain, flipped = load("digits"), load_data(DataConfig(name="digits", flip=True))
    assert isinstance(plain, Images)
    assert isinstance(flipped, Images)
    assert flipped.train is plain.train
    x, y = (data.sample(2000, torch.Generator().manual_seed(3)) for data in (plain, flipped))
    same = (x == y).flatten(1).all(1)
    mirrored = (x.flip(-1) == y).flatten(1).all(1)
    assert (same | mirrored).all()
    assert same.float().mean().item() == pytest.approx(0.5, abs=0.05)
    assert isinstance(load_data(DataConfig(name="ring", flip=True)), Points)


# ---- bytes


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.name)
def test_bytes_go_there_and_back(data: OwnData) -> None:
    payload = small_payload(register(data))
    assert payload is not None
    own._sets.clear()
    assert register_payload(payload) == data.hash
    back = own.find(data.name, data.hash)
    assert type(back) is type(data)
    np.testing.assert_array_equal(back.rows, data.rows)
    assert back.hash == data.hash
    if isinstance(data, OwnImages):
        assert isinstance(back, OwnImages)
        assert back.classes == data.classes


def test_large_or_unknown_data_have_no_bytes() -> None:
    assert small_payload(register(pictures(200, 64))) is None
    assert small_payload("0" * 64) is None


def with_header(header: object, content: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<4sI", b"GXD1", len(text)) + text + content


IMAGES = {"name": "own-images", "shape": [1, 8, 8, 1], "classes": []}
SOUNDS = {"name": "own-sounds", "shape": [1, 512], "rate": 2048}
TEXT = {"name": "own-words", "shape": [1, 3], "alphabet": " ab"}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"GXD1",
        b"GXD2" + (to_bytes(pictures()) or b"")[4:],
        (to_bytes(pictures()) or b"")[:-1],
        (to_bytes(pictures()) or b"") + b"x",
        b"GXD1\xff\xff\xff\xff",
        with_header([]),
        with_header({"name": "own-images"}),
        with_header({"name": "digits", "shape": [1]}),
        with_header(IMAGES | {"shape": [10**18, 64, 64, 3]}),
        with_header(IMAGES | {"shape": [-1, -8, 8, 1]}, bytes(64)),
        with_header(IMAGES | {"shape": [1.0, 8, 8, 1]}, bytes(64)),
        with_header(IMAGES | {"shape": [1, 8, 8, 2]}, bytes(128)),
        with_header(IMAGES | {"shape": [1, 8, 16, 1]}, bytes(128)),
        with_header(IMAGES | {"classes": ["a"]}, bytes(65)),
        with_header(IMAGES | {"classes": ["a", 3]}, bytes(65)),
        with_header(IMAGES | {"classes": ["a", "<b>\n"]}, bytes(65)),
        with_header({"name": "own-points", "shape": [10**9, 2]}),
        with_header({"name": "own-points", "shape": [2, 3]}, bytes(24)),
        with_header(SOUNDS | {"shape": [10**9, 512]}),
        with_header(SOUNDS | {"shape": [1, 256]}, bytes(512)),
        with_header(SOUNDS | {"rate": 2048.0}, bytes(1024)),
        with_header(SOUNDS, bytes(1023)),
        with_header(TEXT | {"shape": [10**9, 3]}),
        with_header(TEXT | {"shape": [1, 10**9]}),
        with_header(TEXT | {"alphabet": [" ", "a"]}, b"\1\1\1\1\0\0\0"),
        with_header(TEXT | {"alphabet": " a" * 200}, b"\1\1\1\1\0\0\0"),
        with_header(TEXT, b"\1\1\1\1\0\0"),
        b"GXD1" + struct.pack("<I", 9000) + b"[" * 9000,
    ],
)
def test_damaged_bytes_are_refused(payload: bytes) -> None:
    with pytest.raises(DataError, match="damaged: upload them again"):
        from_bytes(payload)


def test_bytes_with_a_class_that_is_not_named_or_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(DataError, match="class number"):
        from_bytes(with_header(IMAGES | {"classes": ["a", "b"]}, bytes(64) + b"\x02"))
    with pytest.raises(DataError, match="point 2, column 1"):
        from_bytes(with_header({"name": "own-points", "shape": [2, 2]}, struct.pack("<4f", 0, 1, float("nan"), 1)))
    with pytest.raises(DataError, match="these have 44100"):
        from_bytes(with_header(SOUNDS | {"rate": 44_100}, bytes(1024)))
    with pytest.raises(DataError, match="does not fit the words"):
        from_bytes(with_header(TEXT, b"\1\1\3\1\0\0\0"))
    with pytest.raises(DataError, match="written at least once"):
        from_bytes(with_header(TEXT, b"\1\1\2\xff\xff\xff\xff"))
    with pytest.raises(DataError, match=r"at most 2\.0 are"):
        from_bytes(bytes(2_100_000))


# ---- text


@pytest.mark.parametrize(("scale", "shift"), [(1e-3, 0), (1, 0), (1e4, 0), (1, 300), (100, -4e4), (1e3, 9e5)])
def test_a_drawing_travels_exactly_as_text(scale: float, shift: float) -> None:
    drawn = np.random.default_rng(1).normal(size=(300, 2)) * scale + shift
    data = read_drawing(drawn.tolist())
    text = to_text(data)
    assert text is not None
    assert len(text) < 1700
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert from_text(text).hash == data.hash


def test_points_that_are_too_many_or_too_fine_have_no_text() -> None:
    assert to_text(drawing(301)) is None
    assert to_text(OwnPoints(np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32))) is None


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "damaged"),
        ("!", "damaged"),
        ("é" * 20, "damaged"),
        ("A", "damaged"),
        ((to_text(drawing()) or "")[:-1], "damaged"),
        ((to_text(drawing()) or "") + "\n", "damaged"),
        (text_of(struct.pack("<bbii4H", 2, 0, 0, 0, 0, 0, 1, 1)), "damaged"),
        (text_of(struct.pack("<bbii4H", 1, 120, 0, 0, 0, 0, 1, 1)), "damaged"),
        (text_of(struct.pack("<bbii4H", 1, 0, 2**30, 0, 0, 0, 1, 1)), "damaged"),
        (text_of(struct.pack("<bbii4H", 1, 0, 0, 0, 1, 1, 1, 1)), "too close"),
        (text_of(struct.pack("<bbii4H", 1, 20, 1, 0, 1, 1, 9, 1)), "point 1, column 1"),
        (text_of(struct.pack("<bbii", 1, 0, 0, 0)), "damaged|2 to"),
        ("A" * 5000, "longer than"),
    ],
)
def test_damaged_text_is_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        from_text(text)


# ---- runs


@pytest.mark.parametrize(
    "changes",
    [
        {"data.name": "own-images", "data.size": 8, "data.colour": True, "data.flip": True},
        {"data.name": "own-points"},
    ],
    ids=lambda changes: changes["data.name"],
)
def test_a_run_on_own_data_trains_shows_them_and_repeats_itself(changes: dict[str, Any]) -> None:
    data = pictures() if changes["data.name"] == "own-images" else drawing()
    config = RunConfig().changed(changes | {"data.hash": register(data), "batch_size": 8})
    runs = [Trainer(config) for _ in range(2)]
    stats = [[run.step() for _ in range(3)] for run in runs]
    assert stats[0] == stats[1]
    assert stats[0][-1].finite
    snapshot = runs[0].snapshot()
    if isinstance(data, OwnPoints):
        x0, x1, _, _ = snapshot.header["frame"]
        shown = snapshot.arrays["real"]
        assert x0 < shown[:, 0].min() < shown[:, 0].max() < x1
        distance = np.abs(shown[:, None] - data.values).max(2).min(1)
        assert distance.max() < 1e-5
    else:
        assert snapshot.arrays["real_images"].shape[1:] == (8, 8, 3)


def test_both_players_can_be_told_the_classes_of_own_images() -> None:
    data = labelled()
    named = {"data.name": "own-images", "data.hash": register(data), "data.size": 16}
    config = preset("own-images").changed(named | {"data.classes": 2, "conditional": True, "batch_size": 4})
    assert config.n_classes == 2
    trainer = Trainer(config)
    assert trainer.step().finite
    header = trainer.snapshot().header
    assert set(header["labels"]) == {0, 1}
    with pytest.raises(ConfigError, match="own-images has none: set conditional=false"):
        config.changed({"data.classes": 0})


@pytest.mark.parametrize(
    ("data", "n", "said"),
    [(labelled(), 1, "2 classes; set data.classes=2"), (pictures(), 2, "a folder for each class gives them")],
    ids=["too few", "none"],
)
def test_a_config_that_counts_on_other_classes_than_there_are_is_refused(data: OwnImages, n: int, said: str) -> None:
    with pytest.raises(DataError, match=said):
        own.load_own(DataConfig(name="own-images", hash=register(data), classes=n))


def test_the_preset_for_own_images_waits_for_them_and_then_trains() -> None:
    config = preset("own-images")
    with pytest.raises(DataError, match="upload some"):
        Trainer(config)
    trainer = Trainer(config.changed({"data.hash": register(pictures(64, 32)), "batch_size": 8}))
    assert trainer.step().finite


# ---- held out, and drawn evenly


def unequal(n: int = 60, few: int = 8) -> OwnImages:
    labels = np.array([0] * n + [1] * few)
    return pictures(n + few, labels=labels, classes=("cat", "dog"))


@pytest.mark.parametrize(("n", "held"), [(8, 0), (59, 0), (60, 20), (170, 20), (200, 20), (640, 64), (3_000, 300)])
def test_a_new_run_keeps_a_tenth_aside_and_at_least_twenty_where_there_are_enough(n: int, held: int) -> None:
    assert split(pictures(n, side=8, channels=1), held_out_share(n)).sum() == held
    assert pictures(n, side=8, channels=1).settings["data.held_out"] == held_out_share(n)


def test_held_out_pictures_are_the_same_ones_each_time_of_each_class_and_in_no_batch() -> None:
    data = unequal()
    made = data.dataset(16, True, held_out=0.25)
    assert made.held_out is not None
    assert made.held_out_labels is not None
    assert made.held_out_labels.bincount().tolist() == [15, 2]
    assert torch.equal(made.held_out, data.dataset(16, True, held_out=0.25).held_out)
    whole, parts = data.dataset(16, True), {row.numpy().tobytes() for row in (*made.train, *made.held_out)}
    assert parts == {row.numpy().tobytes() for row in whole.train}
    assert len(made.train) + len(made.held_out) == len(whole.train)
    assert whole.held_out is None


def test_copies_of_a_picture_stay_on_one_side_and_no_class_is_held_out_whole() -> None:
    once = pictures(30)
    twice = OwnImages(np.concatenate((once.pixels, once.pixels)))
    aside = split(twice, 0.3)
    assert aside.sum() == 18
    np.testing.assert_array_equal(aside[:30], aside[30:])
    assert not split(pictures(3, labels=np.array([0, 1, 2]), classes=("a", "b", "c")), 0.5).any()


def test_what_is_held_out_is_said() -> None:
    assert said_of_split(pictures(170), 0.1).startswith("17 of 170 pictures are held out")
    assert "which takes 60 pictures" in said_of_split(pictures(20), 0)
    assert "cannot be told from luck" in said_of_split(pictures(70), 0)


def test_balanced_sampling_draws_a_rare_class_as_often_as_a_common_one(rng: torch.Generator) -> None:
    data = unequal(392, 8)
    for balanced, share in ((True, 0.5), (False, 0.02)):
        _, labels = data.dataset(16, True, balanced=balanced).sample_labelled(4_000, rng)
        assert abs(labels.float().mean() - share) < 4 * (share * (1 - share) / 4_000) ** 0.5
    with pytest.raises(ConfigError, match=r"data.balanced needs data with labels"):
        RunConfig().changed({"data.name": "own-images", "data.balanced": True})


def test_few_held_out_images_leave_the_other_scores_as_steady_as_before() -> None:
    data = pictures(170)
    before, after = (score_images(data.dataset(16, True, held_out=h), noise(100)) for h in (0.0, 20 / 170))
    assert before["precision"].n == 85
    assert after["precision"].n == 75
    assert after.keys() - before.keys() == {"closer_to_train"}
    copies = data.dataset(16, True, held_out=20 / 170)
    found = score_images(copies, copies.train.float().div(127.5).sub(1).numpy()[:100])
    assert found["closer_to_train"].value > 0.5


def noise(n: int) -> Any:
    return np.random.default_rng(5).uniform(-1, 1, (n, 3, 16, 16)).astype(np.float32)
