"""What is taken home: pictures, films, tables, weights and ONNX of a run, which go on as if nothing had been."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from safetensors import safe_open
from torch import nn

from gan_core import ConfigError, Trainer, preset
from gan_core.data import Images
from gan_core.export import film as film_module
from gan_core.export.common import ExportCancelledError, GeneratorCopy
from gan_core.export.draw import GAP, grid, scatter
from gan_core.export.film import Moment, film
from gan_core.export.onnx import generator_onnx
from gan_core.export.pictures import sample_png, samples_zip
from gan_core.export.tables import histories_csv, history_csv, metrics_csv, run_json
from gan_core.export.weights import generator_safetensors
from gan_core.figures.palette import LIGHT
from gan_core.game.networks import build_generator
from gan_core.game.streams import streams
from gan_core.metrics import Score
from gan_core.record.history import QUANTITIES

WHICH = ("digits", "ring-8")


@pytest.fixture(scope="module")
def trainers() -> dict[str, Trainer]:
    trained = {name: Trainer(preset(name)) for name in WHICH}
    for trainer in trained.values():
        for _ in range(12):
            trainer.step()
    return trained


def digit_moments(n: int, rng: torch.Generator) -> list[Moment]:
    made = torch.randint(0, 256, (n, 36, 8, 8, 1), generator=rng, dtype=torch.uint8).numpy()
    return [(i * 10, images) for i, images in enumerate(made)]


def point_moments(n: int, rng: torch.Generator) -> list[Moment]:
    return [(i, points) for i, points in enumerate(torch.randn(n, 50, 2, generator=rng).numpy())]


# -- pictures ----------------------------------------------------------------------------------------------------


def test_a_grid_shows_each_image_at_its_place(rng: torch.Generator) -> None:
    images = torch.randint(0, 256, (5, 4, 4, 3), generator=rng, dtype=torch.uint8).numpy()
    picture = np.asarray(grid(images, 40))
    cell = (picture.shape[0] + GAP) // 2
    assert (picture[0, 0] == images[0, 0, 0]).all()
    assert (picture[cell, cell] == images[4, 0, 0]).all()
    assert picture.shape[1] <= 40


def test_points_are_drawn_where_they_are_and_those_at_infinity_are_not() -> None:
    fake = np.array([[0.5, 0.25], [np.nan, 0.0], [1e30, 0.0]], np.float32)
    picture = scatter(None, fake, (0, 1, 0, 1), 200)
    wanted = tuple(int(LIGHT.fake[i : i + 2], 16) for i in (1, 3, 5))
    rows, columns = np.nonzero((np.asarray(picture) == wanted).all(2))
    assert abs(rows.mean() - 150) < 1.5
    assert abs(columns.mean() - 100) < 1.5


@pytest.mark.parametrize("name", WHICH)
def test_the_shown_samples_are_a_png(name: str, trainers: dict[str, Trainer]) -> None:
    picture = Image.open(io.BytesIO(sample_png(trainers[name].snapshot(), side=300)))
    assert picture.format == "PNG"
    assert 200 < picture.width <= 300


@pytest.mark.parametrize("name", WHICH)
def test_new_samples_come_as_a_zip_and_leave_the_run_alone(name: str, trainers: dict[str, Trainer]) -> None:
    config = preset(name)
    one, other = Trainer(config), Trainer(config)
    done: list[tuple[int, int]] = []
    content = samples_zip(GeneratorCopy.of(one), 260, seed=3, progress=lambda *now: done.append(now))
    assert done == [(250, 260), (260, 260)]
    assert one.step() == other.step()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if name == "ring-8":
            assert archive.namelist() == ["samples.npy"]
            points = np.load(io.BytesIO(archive.read("samples.npy")), allow_pickle=False)
            assert points.shape == (260, 2)
            assert points.dtype == np.float32
        else:
            assert len(archive.namelist()) == 260
            assert Image.open(io.BytesIO(archive.read("sample00259.png"))).size == (8, 8)


def test_samples_are_those_of_the_seed(trainers: dict[str, Trainer]) -> None:
    copied = GeneratorCopy.of(trainers["ring-8"])
    same, again, other = (samples_zip(copied, 3, seed=seed)[:200] for seed in (1, 1, 2))
    assert same == again != other


@pytest.mark.parametrize("n", [0, 10_001])
def test_a_number_of_samples_out_of_range_is_refused(n: int, trainers: dict[str, Trainer]) -> None:
    with pytest.raises(ConfigError, match="1 to 10000"):
        samples_zip(GeneratorCopy.of(trainers["ring-8"]), n)


def test_a_cancelled_zip_stops(trainers: dict[str, Trainer]) -> None:
    with pytest.raises(ExportCancelledError):
        samples_zip(GeneratorCopy.of(trainers["ring-8"]), 10, cancelled=lambda: True)


# -- film --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gif", "webp"])
@pytest.mark.parametrize("loop", [True, False])
def test_a_film_lasts_as_long_as_wanted_and_loops_if_wanted(kind: str, loop: bool, rng: torch.Generator) -> None:
    picture = Image.open(io.BytesIO(film(digit_moments(7, rng), kind, seconds=1.5, side=100, loop=loop)))
    lengths = []
    for shown in ImageSequence.Iterator(picture):
        shown.load()
        lengths.append(shown.info["duration"])
    assert len(lengths) == 7
    assert sum(lengths) == 1500
    assert picture.info.get("loop", 1) == (0 if loop else 1)


def test_a_film_of_points_shows_them_all_in_one_size(rng: torch.Generator) -> None:
    content = film(point_moments(5, rng), "gif", frame=(-2, 2, -2, 2), side=120)
    assert len(list(ImageSequence.Iterator(Image.open(io.BytesIO(content))))) == 5
    with pytest.raises(ConfigError, match="frame"):
        film(point_moments(5, rng))


def test_too_many_moments_are_thinned_and_the_last_stays(rng: torch.Generator) -> None:
    moments = digit_moments(200, rng)
    chosen = film_module._thinned(moments, 50)
    assert len(chosen) == 50
    assert (chosen[0][0], chosen[-1][0]) == (0, 1990)


def test_each_picture_of_a_film_says_its_step(rng: torch.Generator) -> None:
    images = digit_moments(1, rng)[0][1]
    first, second = (np.asarray(Image.open(io.BytesIO(film([(s, images)], side=200)))) for s in (1, 22222))
    n = first.shape[0] - 18
    assert (first[:n] == second[:n]).all()
    assert (first[n:] != second[n:]).any()


def test_a_film_can_be_watched_and_cancelled(rng: torch.Generator) -> None:
    done: list[int] = []
    with pytest.raises(ExportCancelledError):
        film(
            digit_moments(9, rng),
            seconds=2,
            progress=lambda now, of: done.append(now),
            cancelled=lambda: len(done) == 4,
        )
    assert done == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"seconds": float("nan")}, "seconds"), ({"side": 5000}, "side"), ({"kind": "avi"}, "gif, webp, mp4")],
)
def test_a_film_out_of_range_is_refused(changes: dict[str, object], words: str, rng: torch.Generator) -> None:
    with pytest.raises(ConfigError, match=words):
        film(digit_moments(2, rng), **changes)  # type: ignore[arg-type]


def test_a_film_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to show"):
        film([])


@pytest.mark.skipif(not film_module.has_mp4(), reason="imageio-ffmpeg is an optional extra")
def test_an_mp4_is_one(rng: torch.Generator) -> None:
    assert film(digit_moments(6, rng), "mp4", seconds=1, side=120)[4:8] == b"ftyp"


def test_without_its_extra_an_mp4_is_refused_with_the_remedy(
    rng: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_module, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install imageio-ffmpeg"):
        film(digit_moments(2, rng), "mp4")


def test_a_hundred_pictures_of_the_digits_take_less_than_three_seconds(rng: torch.Generator) -> None:
    moments = digit_moments(100, rng)
    start = time.process_time()
    film(moments, "gif")
    assert time.process_time() - start < 3


# -- tables ------------------------------------------------------------------------------------------------------


def test_the_history_as_csv_has_every_quantity_with_its_extremes(trainers: dict[str, Trainer]) -> None:
    trainer = trainers["ring-8"]
    rows = list(csv.DictReader(io.StringIO(history_csv(trainer.history).decode())))
    assert [int(row["step"]) for row in rows] == list(range(1, 13))
    assert set(rows[0]) == {"step", *(name + end for name in QUANTITIES for end in ("", "_min", "_max"))}
    assert trainer.stats is not None
    assert float(rows[-1]["g_loss"]) == pytest.approx(trainer.stats.g_loss, rel=1e-6)


def test_the_run_as_json_holds_config_history_and_metrics(trainers: dict[str, Trainer]) -> None:
    trainer = trainers["digits"]
    metrics = {"js": Score(float("nan"), None, 5)}
    tree = json.loads(run_json(trainer.config, 12, trainer.history, metrics))
    assert tree["config"] == trainer.config.model_dump(mode="json")
    assert len(tree["history"]["d_loss_min"]) == 12
    assert tree["metrics"] == {"js": {"value": None, "floor": None, "n": 5}}


def test_metrics_as_csv_say_what_they_mean() -> None:
    rows = list(csv.DictReader(io.StringIO(metrics_csv({"js": Score(0.25, 0.01, 500)}).decode())))
    assert rows[0] == {"metric": "js", "label": "Jensen-Shannon", "value": "0.25", "floor": "0.01", "n": "500"} | {
        "unit": "bits"
    }


# -- weights and ONNX --------------------------------------------------------------------------------------------


def test_the_five_lines_of_the_docstring_read_the_generator(
    trainers: dict[str, Trainer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: torch.Generator
) -> None:
    from gan_core.export import weights

    copied = GeneratorCopy.of(trainers["ring-8"])
    Path(tmp_path, "generator.safetensors").write_bytes(generator_safetensors(copied))
    monkeypatch.chdir(tmp_path)
    assert weights.__doc__ is not None
    lines = [line.strip() for line in weights.__doc__.partition("::")[2].splitlines() if line.strip()]
    assert len(lines) <= 5
    names: dict[str, nn.Module] = {}
    exec("\n".join(lines), names)  # noqa: S102
    z = torch.randn(10, 2, generator=rng)
    torch.testing.assert_close(names["generator"](z), trainers["ring-8"].shown()(z))
    with safe_open("generator.safetensors", "pt") as file:
        assert json.loads(file.metadata()["config"]) == copied.config.model_dump(mode="json")
        assert file.metadata()["step"] == "12"


@pytest.mark.parametrize("name", WHICH)
def test_onnxruntime_gives_the_same_samples(name: str, trainers: dict[str, Trainer], rng: torch.Generator) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    copied = GeneratorCopy.of(trainers[name])
    session = runtime.InferenceSession(generator_onnx(copied), providers=["CPUExecutionProvider"])
    z = torch.randn(33, copied.config.latent_dim, generator=rng)
    (samples,) = session.run(["samples"], {"z": z.numpy()})
    np.testing.assert_allclose(samples, copied.sample((z,)).numpy(), atol=1e-5, rtol=1e-5)
    assert session.get_modelmeta().custom_metadata_map["step"] == "12"


@pytest.mark.parametrize(("kind", "upsampling"), [("mlp", "transposed"), ("dcgan", "transposed"), ("dcgan", "resize")])
def test_a_conditional_generator_goes_home_with_its_labels(kind: str, upsampling: str) -> None:
    runtime = pytest.importorskip("onnxruntime")
    data = Images("mnist", torch.rand(40, 1, 28, 28), None, torch.arange(40) % 10, None, tuple("0123456789"))
    config = preset("mnist-dcgan").changed(
        {"conditional": True, "generator.kind": kind, "discriminator.kind": kind, "generator.width": 8}
        | {"generator.upsampling": upsampling}
    )
    network = build_generator(config, streams(0)).eval()
    copied = GeneratorCopy(network, config, data, 0, "raw")
    session = runtime.InferenceSession(generator_onnx(copied), providers=["CPUExecutionProvider"])
    z, labels = copied.inputs(30, torch.Generator().manual_seed(1))
    assert labels.bincount().tolist() == [3] * 10
    (samples,) = session.run(["samples"], {"z": z.numpy(), "labels": labels.numpy()})
    np.testing.assert_allclose(samples, copied.sample((z, labels)).numpy(), atol=1e-5, rtol=1e-5)
    with zipfile.ZipFile(io.BytesIO(samples_zip(copied, 12))) as archive:
        assert archive.namelist()[11] == "sample00011_class1.png"


def test_without_its_extras_onnx_is_refused_with_the_remedy(
    trainers: dict[str, Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_core.export.questions.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install onnx onnxruntime"):
        generator_onnx(GeneratorCopy.of(trainers["ring-8"]))


def test_a_generator_that_onnxruntime_cannot_follow_is_refused(trainers: dict[str, Trainer]) -> None:
    pytest.importorskip("onnx")
    copied = GeneratorCopy.of(trainers["ring-8"])
    with torch.no_grad():
        next(copied.generator.parameters()).fill_(float("nan"))
    with pytest.raises(ConfigError, match="other samples"):
        generator_onnx(copied)


def test_a_copy_stays_as_it_was() -> None:
    trainer = Trainer(preset("ring-8"))
    copied = GeneratorCopy.of(trainer, "raw")
    before = [w.clone() for w in copied.generator.parameters()]
    trainer.step()
    assert all(map(torch.equal, before, copied.generator.parameters()))
    assert copied.which == "raw"


def test_extras_are_looked_for_under_their_real_names() -> None:
    assert film_module.has_mp4() == (importlib.util.find_spec("imageio_ffmpeg") is not None)


def test_histories_of_several_runs_stand_under_each_other(trainers: dict[str, Trainer]) -> None:
    histories = {"a,b": trainers["digits"].history, "c": trainers["ring-8"].history}
    text = histories_csv(histories, {"c": ((0, 0.0), (12, 6.0))}).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["run"] for row in rows] == ["a,b"] * 12 + ["c"] * 12
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 13)] * 2
    assert [row["seconds"] for row in rows] == [""] * 12 + [str(step / 2) for step in range(1, 13)]
    assert {"run", "step", *QUANTITIES} <= rows[0].keys()
