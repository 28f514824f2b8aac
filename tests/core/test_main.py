from __future__ import annotations

import importlib.util
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from gan_core import __main__ as cli
from gan_core import __version__
from gan_core.commands import train
from gan_core.config import DATA_SHAPES, KNOBS, parse_config
from gan_core.config.presets import preset, presets
from gan_core.data import Points, load, own
from gan_core.data.images import Images
from gan_core.game.streams import streams
from gan_core.metrics.scoring import NOISE_SEED
from gan_core.record.history import StepStats
from gan_core.storage import checkpoint
from gan_core.training import Trainer

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--set", "batch_size=8", "--set", "generator.width=8", "--set", "discriminator.width=8"]
PLANE_METRICS = {"modes", "n_modes", "high_quality", "reverse_kl", "modes_reached", "js", "sliced_wasserstein"}
Record = Callable[..., Any]


@pytest.fixture
def record(capsys: pytest.CaptureFixture[str]) -> Record:
    """Runs a command with --json; what stood on stdout must be one JSON value and nothing else."""

    def run(*words: str) -> Any:
        assert cli.main([*words, "--json"]) == 0
        said = capsys.readouterr()
        assert said.err == ""  # no progress bar where nobody looks
        return json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    return run


@pytest.fixture
def refusal(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that must fail with status 2; the one line that it said."""

    def run(*words: str) -> str:
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        assert end.value.code == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        assert said.err.endswith("\n")
        return said.err

    return run


# -- presets -------------------------------------------------------------------------------------------------


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["presets"]) == 0
    said = capsys.readouterr().out
    for entry in presets().values():
        assert entry.name in said
        assert entry.look_for in said


def test_presets_are_listed_for_programs(record: Record) -> None:
    listed = record("presets")
    assert [entry["name"] for entry in listed] == list(presets())
    for entry in listed:
        assert set(entry) == {"name", "title", "look_for", "steps", "config"}
        assert parse_config(entry["config"]) == preset(entry["name"])


# -- train ---------------------------------------------------------------------------------------------------


def test_training_ends_with_one_record(record: Record) -> None:
    found = record("train", "ring-8", *QUICK, "--set", "lr_g=0.002", "--steps", "7", "--seed", "5")
    config = preset("ring-8").changed(
        {"batch_size": 8, "generator.width": 8, "discriminator.width": 8, "lr_g": 0.002, "seed": 5}
    )
    assert parse_config(found["config"]) == config
    assert (found["preset"], found["state"], found["message"], found["step"]) == ("ring-8", "finished", "", 7)
    assert found["seconds"] > 0
    assert found["steps_per_second"] == pytest.approx(7 / found["seconds"])
    trainer = Trainer(config)
    for _ in range(7):
        stats = trainer.step()
    assert found["stats"] == {name: getattr(stats, name) for name in type(stats).__slots__}


def test_scores_are_of_the_averaged_generator_beside_raw_ones_with_floors_and_sizes(record: Record) -> None:
    metrics = record("train", "ring-8", *QUICK, "--steps", "3")["metrics"]
    assert set(metrics) >= PLANE_METRICS | {f"raw_{name}" for name in PLANE_METRICS}
    for score in metrics.values():
        assert set(score) == {"value", "floor", "n"}
    assert metrics["n_modes"]["value"] == 8
    assert metrics["high_quality"]["n"] == 20_000
    assert metrics["high_quality"]["floor"] == pytest.approx(0.98889, abs=1e-5)
    assert metrics["js"]["n"] == 12_000
    assert metrics["js"]["value"] != metrics["raw_js"]["value"]
    without = record("train", "ring-8", *QUICK, "--steps", "3", "--set", "ema=0")["metrics"]
    assert without["js"] == without["raw_js"]
    assert without["js"]["value"] == metrics["raw_js"]["value"]


def test_a_gan_whose_data_have_no_modes_is_scored_too(record: Record) -> None:
    metrics = record("train", "moons", *QUICK, "--steps", "2")["metrics"]
    assert {"js", "sliced_wasserstein", "raw_js"} <= set(metrics)
    assert "modes" not in metrics


def test_images_are_scored_too(record: Record) -> None:
    metrics = record("train", "digits", *QUICK, "--steps", "2")["metrics"]
    assert {"sliced_wasserstein", "raw_sliced_wasserstein"} <= set(metrics)
    assert metrics["sliced_wasserstein"]["value"] > metrics["sliced_wasserstein"]["floor"]


def test_scoring_uses_noise_that_no_run_uses() -> None:
    scored = torch.Generator().manual_seed(NOISE_SEED).get_state()
    for seed in (0, NOISE_SEED):
        assert not any(torch.equal(rng.get_state(), scored) for rng in streams(seed).values())


def test_a_preset_brings_its_own_number_of_steps(monkeypatch: pytest.MonkeyPatch, record: Record) -> None:
    asked: list[int] = []

    def loop(trainer: Trainer, steps: int, seconds: float | None, *_: object, **__: object) -> Any:
        asked.append(steps)
        trainer.step()
        return train._End(seconds=1.0)

    monkeypatch.setattr(train, "_loop", loop)
    record("train", "ring-8", *QUICK)
    record("train", "ring-8", *QUICK, "--seconds", "9")
    record("train", "ring-8", *QUICK, "--seconds", "9", "--steps", "3")
    assert asked == [presets()["ring-8"].steps, train.MAX_STEPS, 3]


def test_training_can_be_limited_in_time(record: Record) -> None:
    start = time.perf_counter()
    found = record("train", "ring-8", *QUICK, "--seconds", "0.3")
    assert found["step"] > 1
    assert 0.3 <= found["seconds"] < 1
    assert time.perf_counter() - start < 10


def test_a_run_that_diverges_says_so_in_its_record(record: Record) -> None:
    explosive = ["--set", "optimizer_d=sgd", "--set", "lr_d=1", "--set", "regularisers.0.weight=1000"]
    found = record("train", "ring-8", *QUICK, *explosive, "--steps", "500")
    assert found["state"] == "diverged"
    assert f"diverged at step {found['step']}" in found["message"]
    assert found["step"] < 500
    assert found["metrics"]["high_quality"]["value"] is None or found["metrics"]["high_quality"]["value"] >= 0
    assert None in found["stats"].values()


def test_for_people_there_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "ring-8", *QUICK, "--steps", "3"]) == 0
    said = capsys.readouterr().out
    assert "ring-8: finished at step 3" in said
    assert "d_loss" in said
    assert "raw_modes_reached" in said
    assert "20,000" in said


def test_the_global_random_state_is_left_alone(record: Record) -> None:
    torch.manual_seed(4711)
    before = torch.get_rng_state()
    record("train", "ring-8", *QUICK, "--steps", "2")
    assert torch.equal(torch.get_rng_state(), before)


def press_ctrl_c(monkeypatch: pytest.MonkeyPatch, at: int, times: int = 1) -> None:
    """Sends SIGINT in the midst of step ``at``."""
    step = Trainer.step

    def interrupted(self: Trainer) -> StepStats:
        if self.step_count == at - 1:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return step(self)

    monkeypatch.setattr(Trainer, "step", interrupted)


def test_ctrl_c_finishes_the_step_in_hand_and_ends_with_the_record_so_far(
    monkeypatch: pytest.MonkeyPatch, record: Record, tmp_path: Path
) -> None:
    before = signal.getsignal(signal.SIGINT)
    press_ctrl_c(monkeypatch, at=5)
    found = record("train", "ring-8", *QUICK, "--seconds", "60", "--save", str(tmp_path / "weights"))
    assert (found["state"], found["step"], found["stats"]["step"]) == ("interrupted", 5, 5)
    assert (tmp_path / "weights").is_file()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    press_ctrl_c(monkeypatch, at=2, times=2)
    assert cli.main(["train", "ring-8", *QUICK]) == 130
    assert capsys.readouterr().out == ""
    assert signal.getsignal(signal.SIGINT) is before


# -- saving --------------------------------------------------------------------------------------------------


def test_a_run_is_saved_and_goes_on_as_if_it_had_never_stopped(record: Record, tmp_path: Path) -> None:
    file, late = tmp_path / "ring.safetensors", tmp_path / "late"
    record("train", "ring-8", *QUICK, "--steps", "4", "--save", str(file))
    assert [path.name for path in tmp_path.iterdir()] == ["ring.safetensors"]  # nothing half-written is left
    found = record("train", "--resume", str(file), "--steps", "3", "--save", str(late))
    whole = record("train", "ring-8", *QUICK, "--steps", "7")
    assert (found["preset"], found["step"], found["stats"]) == ("ring-8", 7, whole["stats"])
    assert found["metrics"] == whole["metrics"]
    assert checkpoint.summarise(late).step == 7


def test_live_settings_of_a_resumed_run_may_change(record: Record, refusal: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "run"
    record("train", "ring-8", *QUICK, "--steps", "2", "--save", str(file))
    found = record("train", "--resume", str(file), "--steps", "1", "--set", "lr_g=0.25")
    assert found["config"]["lr_g"] == 0.25
    assert "generator.width cannot change" in refusal("train", "--resume", str(file), "--set", "generator.width=9")


def test_a_file_that_is_no_run_is_refused(refusal: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "run"
    assert "cannot be read" in refusal("train", "--resume", str(file))
    file.write_text("not a run")
    assert "no safetensors file" in refusal("train", "--resume", str(file))
    assert "one of them" in refusal("train")
    assert "one of them" in refusal("train", "ring-8", "--resume", str(file))


def test_saving_replaces_a_file_of_that_name(record: Record, tmp_path: Path) -> None:
    file = tmp_path / "ring"
    file.write_text("old")
    record("train", "ring-8", *QUICK, "--steps", "1", "--set", "ema=0", "--save", str(file))
    with safe_open(file, "pt") as saved:
        assert not any(name.startswith("ema.") for name in saved.keys())  # noqa: SIM118


@pytest.mark.parametrize("path", ["no/such/folder/x.safetensors", ".", "/dev/null"])
def test_a_path_that_cannot_be_written_is_refused_before_training(
    refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "_loop", lambda *_: pytest.fail("it trained"))
    said = refusal("train", "ring-8", "--save", path)
    assert "--save" in said
    assert "a file in a folder that you may write to is" in said
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_up_meanwhile_does_not_cost_the_record(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SystemExit) as end:
        cli.main(["train", "ring-8", *QUICK, "--steps", "1", "--json", "--save", str(tmp_path / "x")])
    said = capsys.readouterr()
    assert end.value.code == 2
    assert json.loads(said.out)["step"] == 1
    assert "No space left on device" in said.err
    assert not list(tmp_path.iterdir())


# -- score ---------------------------------------------------------------------------------------------------


def test_a_file_of_real_samples_scores_like_real_data(record: Record, tmp_path: Path) -> None:
    data = load("ring-8")
    assert isinstance(data, Points)
    real = data.to_data(data.sample(12_000, torch.Generator().manual_seed(1)))
    np.save(tmp_path / "real.npy", real.numpy())
    found = record("score", "ring-8", str(tmp_path / "real.npy"))
    assert found["data"] == "ring-8"
    metrics = found["metrics"]
    assert set(metrics) >= PLANE_METRICS
    assert metrics["modes"]["value"] == 8
    assert metrics["js"]["value"] < 3 * metrics["js"]["floor"]
    np.save(tmp_path / "spot.npy", real.numpy()[:1].repeat(3000, 0))
    assert record("score", "ring-8", str(tmp_path / "spot.npy"))["metrics"]["modes_reached"]["value"] == 1


def test_a_file_of_images_can_be_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = load("digits")
    assert isinstance(data, Images)
    np.save(tmp_path / "digits.npy", data.train.numpy())
    assert cli.main(["score", "digits", str(tmp_path / "digits.npy")]) == 0
    out = capsys.readouterr().out
    assert {"sliced_wasserstein", "frechet_classifier", "closer_to_train"} <= set(out.split())
    assert "taken for 0: " in out


def test_a_file_that_cannot_be_scored_is_refused(refusal: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "fake.npy"
    assert "is no file" in refusal("score", "ring-8", str(file))
    np.save(file, np.zeros((5, 3)))
    assert "[n, 2]" in refusal("score", "ring-8", str(file))
    np.save(file, np.full((5, 2), np.nan))
    refusal("score", "ring-8", str(file))
    np.save(file, np.array([{"a": 1}]), allow_pickle=True)
    refusal("score", "ring-8", str(file))
    file.write_bytes(b"no array")
    refusal("score", "ring-8", str(file))


# -- what is not allowed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "presets, train, export, score"),
        (("dance",), "'presets', 'train', 'export', 'score'"),
        (("train",), "PRESET"),
        (("train", "ring-9"), ", ".join(presets())),
        (("train", "ring-8", "--set", "width=3"), ", ".join(KNOBS)),
        (("train", "ring-8", "--set", "lr_g"), ", ".join(KNOBS)),
        (("train", "ring-8", "--set", "lr_g=-1"), "greater than or equal to 0.0000001"),
        (("train", "ring-8", "--set", "objective=gan"), "'minimax', 'non_saturating'"),
        (("train", "ring-8", "--set", "objective=gan\nwgan"), "'minimax', 'non_saturating'"),
        (("train", "ring-8", "--seed", "luck"), "a valid integer"),
        (("train", "ring-8", "--seed", "-1"), "greater than or equal to 0"),
        (("train", "ring-8", "--steps", "0"), "a whole number from 1 to"),
        (("train", "ring-8", "--steps", "1.5"), "a whole number from 1 to"),
        (("train", "ring-8", "--seconds", "nan"), "a number from 0.001 to"),
        (("train", "ring-8", "--seconds", "soon"), "a number from 0.001 to"),
        (("train", "ring-8", "--device", "tpu"), "'cpu', 'cuda'"),
        (("train", "ring-8", "--step", "5"), "--steps, --seconds, --seed"),
        (("train", "ring-8", "more"), "--steps, --seconds, --seed"),
        (("score", "ring-9", "x.npy"), ", ".join(f"'{name}'" for name in DATA_SHAPES)),
        (("score", "ring-8"), "FAKE.npy"),
        (("presets", "--yaml"), "--json"),
    ],
)
def test_a_wrong_word_is_answered_with_one_line_that_says_what_is_allowed(
    refusal: Callable[..., str], words: tuple[str, ...], said: str
) -> None:
    assert said in refusal(*words)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(refusal: Callable[..., str]) -> None:
    assert "cpu is" in refusal("train", "ring-8", "--device", "cuda")


def test_help_names_what_can_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["train", "--help"], ["score", "--help"]):
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        assert end.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    for word in ("discriminator.spectral_norm", "article-mnist", "swiss-roll", "diverged", "--seconds"):
        assert word in said


# -- the installed program ------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[str], str]]:
    """Calls `gan-explorer` with Streamlit replaced; what it would run, and for whom."""

    def call(*words: str, **environment: str) -> tuple[list[str], str]:
        ran: list[list[str]] = []
        monkeypatch.setattr(runpy, "run_module", lambda name, run_name: ran.append([name, *sys.argv[1:]]))
        for name in ("GAN_EXPLORER_USERS", "STREAMLIT_SERVER_ADDRESS"):
            monkeypatch.setenv(name, "")  # so that it is as before when the test ends, whoever sets it
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["gan-explorer", *words])
        assert cli.gan_explorer() == 0
        (one,) = ran
        return one, os.environ["GAN_EXPLORER_USERS"]

    return call


@pytest.mark.parametrize("words", [(), ("app",)])
def test_the_program_alone_opens_the_app_for_one_person_on_this_computer(
    opened: Callable[..., tuple[list[str], str]], words: tuple[str, ...]
) -> None:
    said, users = opened(*words)
    assert said == ["streamlit", "run", str(ROOT / "app.py"), "--server.address", "localhost"]
    assert users == "one"


@pytest.mark.parametrize(
    ("words", "environment", "users"),
    [
        (("--server.port", "8600"), {}, "one"),
        (("app", "--server.address", "127.0.0.1"), {}, "one"),
        (("--server.address=::1",), {}, "one"),
        (("--server.address=0.0.0.0",), {}, "many"),
        (("app", "--server.address", "10.0.0.7"), {}, "many"),
        (("--server.address", "localhost", "--server.address", "0.0.0.0"), {}, "many"),
        (("app", "--server.address"), {}, "many"),
        ((), {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}, "many"),
        (("--server.address", "localhost"), {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}, "one"),
        ((), {"GAN_EXPLORER_USERS": "many"}, "many"),
        (("--server.address", "0.0.0.0"), {"GAN_EXPLORER_USERS": "one"}, "one"),
    ],
)
def test_the_app_is_for_one_where_nobody_else_can_reach_it(
    opened: Callable[..., tuple[list[str], str]], words: tuple[str, ...], environment: dict[str, str], users: str
) -> None:
    said, for_whom = opened(*words, **environment)
    options = [word for word in words if word != "app"]
    assert said[len(said) - len(options) :] == options  # nothing that was said is lost, and nothing comes after it
    assert for_whom == users


def test_the_program_runs_the_commands_and_names_the_app_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.gan_explorer(["presets", "--json"]) == 0
    installed = capsys.readouterr().out
    assert cli.main(["presets", "--json"]) == 0
    assert capsys.readouterr().out == installed
    for words in (["--help"], ["app", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as end:
            cli.gan_explorer(words)
        assert end.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    for word in ("usage: gan-explorer", "Open the app", "sweep", "--server.port 8600", __version__):
        assert word in said


def test_the_program_s_refusals_bear_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.gan_explorer(["train", "ring-9"])
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("gan-explorer train: ")


def test_without_streamlit_the_app_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as end:
        cli.gan_explorer([])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


# -- as a program --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A table of points on which four steps are trained here, and two more by ``python -m gan_core``."""
    folder = tmp_path_factory.mktemp("resumed")
    table, run = folder / "points.csv", folder / "run"
    table.write_text("\n".join(f"{i % 7}.{i},{i % 5}.{i}" for i in range(200)))
    assert cli.main(["train", "ring-8", *QUICK, "--data", str(table), "--steps", "4", "--save", str(run)]) == 0
    command = [sys.executable, "-m", "gan_core", "train", "--resume", str(run), "--steps", "2", "--json"]
    return table, subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_the_record_is_the_only_thing_on_stdout(resumed: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = resumed
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["step"] == 6
    assert done.stderr == ""


@pytest.mark.slow
def test_data_of_ones_own_are_trained_on_and_travel_with_the_run(
    record: Record, resumed: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    table, done = resumed
    whole = record("train", "ring-8", *QUICK, "--data", str(table), "--steps", "6")
    assert whole["config"]["data"]["name"] == "own-points"
    assert json.loads(done.stdout)["stats"] == whole["stats"]


def test_a_conditional_run_is_scored_over_all_its_classes(record: Record) -> None:
    found = record("train", "digits-conditional", *QUICK, "--steps", "2")
    assert {"sliced_wasserstein", "raw_sliced_wasserstein"} <= found["metrics"].keys()
    assert found["classes"].startswith("Of 10 classes, by the nearest real image:")
    assert "Copies of the 900 training images" in found["doubts"]["coverage"]


# -- taking home ---------------------------------------------------------------------------------------------


def test_a_saved_run_is_exported_in_every_form(record: Record, tmp_path: Path) -> None:
    run = tmp_path / "run.safetensors"
    record("train", "digits", *QUICK, "--steps", "30", "--save", str(run))
    names = {
        "picture": "a.png",
        "samples": "a.zip",
        "csv": "a.csv",
        "numbers": "a.json",
        "film": "a.gif",
        "page": "a.html",
        "generator": "g.safetensors",
        "tensorboard": "a.tfevents",
        "script": "a.py",
    }
    options = [word for name, file in names.items() for word in (f"--{name}", str(tmp_path / file))]
    found = record("export", str(run), *options, "--n", "5", "--seconds", "1")
    assert found["step"] == 30
    assert {Path(path).name for path in found["files"]} == set(names.values())
    begins = {"a.png": b"\x89PNG", "a.zip": b"PK", "a.gif": b"GIF8", "a.json": b"{"}
    for name, begin in begins.items():
        assert (tmp_path / name).read_bytes().startswith(begin)
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 31


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to write"),
        (("--film", "a.avi"), "ends with .gif, .webp, .mp4"),
        (("--csv", "no/such/folder/a.csv"), "cannot be written"),
        (("--samples", "a.zip", "--n", "0"), "0"),
    ],
)
def test_what_cannot_be_exported_is_refused(
    record: Record,
    refusal: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    record("train", "ring-8", *QUICK, "--steps", "2", "--save", "run")
    assert said in refusal("export", "run", *words)


def test_data_that_cannot_be_read_are_refused(refusal: Callable[..., str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("1,2\n3,x\n")
    assert "row 2" in refusal("train", "ring-8", "--data", str(bad)) or "line 2" in refusal(
        "train", "ring-8", "--data", str(bad)
    )
    assert "cannot be read" in refusal("train", "ring-8", "--data", str(tmp_path / "none.csv"))


def test_what_was_decided_about_ones_own_data_is_said_before_training(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    table = tmp_path / "a.csv"
    rows = "\n".join(f"{i},{(i * 37) % 100 / 10},{(i * 61) % 100 * 900},{i % 2}" for i in range(200))
    table.write_text("id,x,y,label\n" + rows)
    assert cli.main(["train", "ring-8", *QUICK, "--steps", "1", "--data", str(table), "--json"]) == 0
    said = capsys.readouterr().err
    assert "column 'id' is left out: a running number" in said
    assert "column 'label' is left out: labels" in said
    assert "The columns have very different scales." in said
    assert cli.main(["train", "ring-8", *QUICK, "--steps", "1", "--data", str(table), "--scale-columns", "--json"]) == 0
    assert "very different scales" not in capsys.readouterr().err
    chosen = ["--columns", "y, x"]
    assert cli.main(["train", "ring-8", *QUICK, "--steps", "1", "--data", str(table), *chosen, "--json"]) == 0
    assert "columns 'y' and 'x' are used, as chosen" in capsys.readouterr().err


@pytest.mark.parametrize("n", [1, 7])
def test_data_of_ones_own_that_are_too_few_are_refused_before_training(
    refusal: Callable[..., str], tmp_path: Path, n: int
) -> None:
    for i in range(n):
        Image.fromarray(np.full((9, 9), i, np.uint8)).save(tmp_path / f"{i}.png")
    for i in range(20):
        Image.fromarray(np.full((9, 9), 0, np.uint8)).save(tmp_path / f"copy{i}.png")
    said = refusal("train", "own-images", "--data", str(tmp_path))
    assert f"these are {n} different pictures ({n + 20} in all); at least 8 are needed" in said


def test_pictures_in_colour_are_trained_in_colour_unless_grey_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for i in range(200):
        Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).save(tmp_path / f"{i}.png")
    command = ["train", "own-images", "--data", str(tmp_path), "--steps", "1", "--set", "data.size=8", "--json"]
    assert cli.main(command) == 0
    said = capsys.readouterr()
    assert "200 of 200 have colour" in said.err
    assert json.loads(said.out)["config"]["data"]["colour"] is True
    assert cli.main([*command, "--set", "data.colour=false"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["data"]["colour"] is False


@pytest.fixture(scope="module")
def colour_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of pictures too many to travel along, and a run that was trained on them."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for i in range(170):
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(folder / f"{i}.bmp")
    run = folder.parent / f"{folder.name}.safetensors"
    words = ["--data", str(folder), "--set", "data.size=8", *QUICK, "--steps", "2", "--save", str(run), "--json"]
    assert cli.main(["train", "own-images", *words]) == 0
    return folder, run


def test_what_needs_no_data_is_exported_without_them_and_the_rest_is_named(
    colour_run: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, run = colour_run
    own._sets.clear()
    names = {"generator": "g.safetensors", "picture": "a.png", "script": "a.py", "numbers": "a.json", "page": "a.html"}
    options = [word for name, file in names.items() for word in (f"--{name}", str(tmp_path / file))]
    capsys.readouterr()
    assert cli.main(["export", str(run), *options]) == 0
    said = capsys.readouterr().out
    assert "page is left out: the run is made again for it" in said
    assert "data of the script is left out" in said
    assert {path.name for path in tmp_path.iterdir()} == {"g.safetensors", "a.png", "a.py", "a.json"}
    script = (tmp_path / "a.py").read_text()
    compile(script, "a.py", "exec")
    assert "nothing here checks that the file holds them" in script


def test_with_its_data_everything_of_a_run_is_exported_and_it_goes_on(
    colour_run: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, run = colour_run
    own._sets.clear()
    given = ["--data", str(folder)]
    assert (
        cli.main(["export", str(run), "--page", str(tmp_path / "a.html"), "--script", str(tmp_path / "a.py"), *given])
        == 0
    )
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".py", ".npy"}
    own._sets.clear()
    capsys.readouterr()
    assert cli.main(["train", "--resume", str(run), *given, "--steps", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == 3


def test_a_run_whose_data_are_not_given_says_how_to_name_them(
    colour_run: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, run = colour_run
    other = tmp_path / "other"
    other.mkdir()
    for path in sorted(folder.iterdir())[:30]:
        (other / path.name).write_bytes(path.read_bytes())
    for words, wanted in (
        (("train", "--resume", str(run)), "name them with --data PATH"),
        (("train", "--resume", str(run), "--data", str(other)), "does not hold the data that"),
        (("export", str(run), "--film", "a.gif"), "name them with --data PATH"),
        (("export", str(run), "--csv", "a.csv", "--data", str(other)), "does not hold the data that"),
    ):
        own._sets.clear()
        with pytest.raises(SystemExit):
            cli.main(words)
        assert wanted in capsys.readouterr().err


# -- what goes wrong on the way ------------------------------------------------------------------------------


def failing_at(step: int, error: Exception) -> Callable[[Trainer], StepStats]:
    """`Trainer.step`, until it raises."""
    plain = Trainer.step

    def act(trainer: Trainer) -> StepStats:
        if trainer.step_count + 1 == step:
            raise error
        return plain(trainer)

    return act


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't allocate memory: you tried to allocate 9 bytes")])
def test_a_run_that_fails_leaves_its_record_and_the_last_state_that_was_kept(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(train, "KEEP_EVERY", 4)
    monkeypatch.setattr(Trainer, "step", failing_at(7, error))
    file = tmp_path / "run.safetensors"
    found = record("train", "ring-8", *QUICK, "--steps", "20", "--save", str(file))
    assert (found["state"], found["step"], found["saved_step"]) == ("failed", 6, 4)
    assert f"Step 7 failed: {type(error).__name__}" in found["message"]
    assert found["metrics"]
    monkeypatch.undo()
    assert checkpoint.load(file).step_count == 4


def test_a_run_that_diverges_leaves_a_file_to_go_on_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.safetensors"
    explosive = ["--set", "optimizer_d=sgd", "--set", "lr_d=1", "--set", "regularisers.0.weight=1000"]
    assert cli.main(["train", "ring-8", *QUICK, *explosive, "--steps", "500", "--save", str(file)]) == 0
    assert "The file holds step 0" in capsys.readouterr().out
    assert checkpoint.load(file).step().finite


def test_a_look_or_a_score_that_fails_costs_neither_run_nor_record(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr("gan_core.diagnosis.watch.Watch.look_at", fail)
    monkeypatch.setattr("gan_core.metrics.scoring.evaluate", fail)
    file = tmp_path / "run.safetensors"
    found = record("train", "ring-8", *QUICK, "--steps", "150", "--save", str(file))
    assert (found["state"], found["step"], found["saved_step"], found["metrics"]) == ("finished", 150, 150, {})
    assert "The diagnosis failed at step" in found["message"]
    assert "scores could not be computed: IndexError" in found["message"]
    assert checkpoint.load(file).step_count == 150


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["eight", "copies", "two classes", "one colour", "column", "far", "half held out", "balanced"]
)
def test_the_poorest_data_that_are_not_refused_train_to_the_end(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (8, 8, 8), np.uint8)
    words = ["own-images", "--set", "data.size=8", "--set", "latent_dim=2"]
    if kind in ("column", "far"):
        table = (
            np.c_[np.arange(9.0), np.zeros(9)] if kind == "column" else np.r_[rng.normal(size=(40, 2)), [[9e5, 9e5]]]
        )
        np.savetxt(tmp_path / "a.csv", table)
        words, data = ["ring-8"], tmp_path / "a.csv"
    else:
        data = tmp_path / "pictures"
        for i, picture in enumerate(np.r_[pixels, pixels[:1].repeat(40, 0)] if kind == "copies" else pixels):
            place = data / ("ab"[i == 0] if kind in ("two classes", "balanced") else ".")
            place.mkdir(parents=True, exist_ok=True)
            picture = picture // 64 + 100 if kind == "one colour" else picture
            Image.fromarray(picture).save(place / f"{i}.png")
    if kind == "half held out":
        words += ["--set", "data.held_out=0.5"]
    if kind in ("two classes", "balanced"):
        words += ["--set", "conditional=true", "--set", f"data.balanced={str(kind == 'balanced').lower()}"]
    command = ["train", *words, *QUICK, "--data", str(data), "--steps", "101", "--json"]
    assert cli.main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["step"], found["message"]) == ("finished", 101, "")
    assert found["metrics"]
