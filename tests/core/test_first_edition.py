"""What the first edition wrote is opened, resumed and compared: nothing that a user has may be lost.

The files lie in ``tests/first_edition``, whose README says how they were recorded; they are frozen. On a machine of
the kind that recorded them, numbers are equal bit for bit; on others the first steps are close, before chaos grows.
Later editions may add names, settings and columns, but may drop or change none.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import lzma
import platform
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load as load_tensors

# All that these tests know of where things are: when a module moves, its line here changes and nothing else.
import gan_core
from gan_core import CheckpointError, Intervention, RunConfig, Runner, StepStats, Trainer, preset
from gan_core.__main__ import _parsers as command_parsers
from gan_core.__main__ import main as command
from gan_core.config import DATA_SHAPES, KNOBS, Regularisation, is_live, parse_config
from gan_core.config.presets import from_query, presets, to_query
from gan_core.data.own import register
from gan_core.data.own_data import OwnPoints
from gan_core.data.payload import from_bytes, from_text, to_bytes, to_text
from gan_core.data.tables import read_points
from gan_core.data.uploads import read_zip
from gan_core.diagnosis import FINDINGS
from gan_core.experiments.gallery import failures
from gan_core.experiments.lessons import lessons
from gan_core.experiments.published import PROTOCOLS
from gan_core.experiments.recipes import RECIPES
from gan_core.experiments.sweep import Table, parse_vary, plan
from gan_core.experiments.zoo import variants
from gan_core.export.common import GeneratorCopy
from gan_core.export.tables import histories_csv, history_csv, metrics_csv, run_json
from gan_core.export.weights import generator_safetensors
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.game.regularisers import REGULARISERS
from gan_core.latent.attributes import ATTRIBUTES
from gan_core.latent.directions import KINDS
from gan_core.latent.points import parse_many
from gan_core.metrics import METRICS, Score
from gan_core.record.frame import decode as decode_frame
from gan_core.record.frame import encode as encode_frame
from gan_core.storage import bundled as recorded_runs
from gan_core.storage.autosave import Autosave
from gan_core.storage.checkpoint import encode, load, load_history, summarise
from pages.ui.collapse.link import parse_link as parse_lab_link
from pages.ui.latent.link import parse as parse_latent_link
from pages.ui.latent.sections import SECTIONS

CORPUS = Path(__file__).parents[1] / "first_edition"
FEW = 5
"""Steps after which chaos makes another machine's numbers others."""

Tree = dict[str, Any]


# -- reading and comparing -----------------------------------------------------------------------------------


def content(name: str) -> bytes:
    """A file of the corpus, unpacked if need be."""
    raw = (CORPUS / name).read_bytes()
    return lzma.decompress(raw) if name.endswith(".xz") else raw


def tree(name: str) -> Any:
    return json.loads(content(name))


def this_machine() -> Tree:
    """What rounds as this machine does."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "model": hashlib.sha256(model.encode()).hexdigest(),
    }


MACHINE = tree("machine.json")
COLUMNS: list[str] = MACHINE["columns"]
EXACT = this_machine() == {name: MACHINE[name] for name in this_machine()}
CHECKPOINTS: Tree = tree("checkpoints.json.xz")
TRACES: Tree = tree("traces.json")
NAMES: Tree = tree("names.json")
RECORDED: Tree = tree("recorded.json")
OWN: Tree = tree("own.json")


def rows(stats: Iterable[StepStats]) -> list[list[float]]:
    return [[float(getattr(s, name)) for name in COLUMNS] for s in stats]


def steps(trainer: Trainer, n: int) -> list[list[float]]:
    return rows(trainer.step() for _ in range(n))


def complaint(found: Sequence[Sequence[float]], due: Sequence[Sequence[float]], *, exact: bool = EXACT) -> str:
    """Where numbers of steps are not as recorded, in words; "" if they are."""
    if len(found) != len(due):
        return f"{len(found)} steps, not {len(due)}"
    pairs = [
        (int(b[0]), name, x, y)
        for a, b in zip(found, due, strict=True)
        for name, x, y in zip(COLUMNS, a, b, strict=True)
    ]
    if exact:
        wrong = next((pair for pair in pairs if pair[2] != pair[3]), None)
    else:
        early = int(due[0][0]) + FEW if len(due) else 0
        wrong = next(
            (
                pair
                for pair in pairs
                if (pair[0] < early and not np.isclose(*pair[2:], rtol=1e-2, atol=1e-2)) or not np.isfinite(pair[2])
            ),
            None,
        )
    return "" if wrong is None else "step {}: {} is {!r}, was {!r}".format(*wrong)


def leaves(nested: Mapping[str, Any], prefix: str = "") -> Tree:
    """Dotted path to value; lists are values."""
    out: Tree = {}
    for key, value in nested.items():
        out |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return out


def lost(due: Any, now: Any, where: str = "") -> list[str]:
    """What the first edition had and is no longer so, in words; more entries of a dict are allowed."""
    if isinstance(due, dict) and isinstance(now, dict):
        gone = [f"{where}.{key} is gone" for key in due if key not in now]
        return gone + [text for key in due if key in now for text in lost(due[key], now[key], f"{where}.{key}")]
    if isinstance(due, list) and isinstance(now, list | tuple):
        if len(due) != len(now):
            return [f"{where} has {len(now)} entries, had {len(due)}"]
        return [text for i, pair in enumerate(zip(due, now, strict=True)) for text in lost(*pair, f"{where}.{i}")]
    return [] if due == now and isinstance(due, bool) == isinstance(now, bool) else [f"{where} is {now!r}, was {due!r}"]


def lost_of_config(said: Mapping[str, Any], config: RunConfig) -> list[str]:
    """As `lost`, for a config that was noted by what differs from the defaults."""
    return lost(NAMES["defaults"] | said, leaves(config.model_dump(mode="json")))


def dumps(interventions: Iterable[Intervention]) -> list[Tree]:
    return [i.model_dump(mode="json") for i in interventions]


def described(arrays: Mapping[str, np.ndarray[Any, Any]]) -> Tree:
    return {name: [str(array.dtype), list(array.shape)] for name, array in arrays.items()}


def register_own() -> None:
    for name in ("points", "images", "classes"):
        register(from_bytes(content(f"own/{name}.payload")))


def checkpoint_of(name: str) -> bytes:
    return content(f"checkpoints/{name}.safetensors.xz")


# -- checkpoints ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_saved_run_opens_with_all_that_it_was_and_goes_on_as_it_did(name: str) -> None:
    due, file = CHECKPOINTS[name], checkpoint_of(name)
    said = summarise(file)
    assert (said.step, said.preset) == (due["step"], due["preset"])
    assert said.app
    assert not lost_of_config(due["initial"], said.config)
    trainer = load(file)
    assert trainer.step_count == due["step"]
    assert not lost_of_config(due["initial"], trainer.initial_config)
    assert not lost_of_config(due["config"], trainer.config)
    assert not lost(due["interventions"], dumps(trainer.interventions))
    assert not lost(due["pending"], dumps(trainer.pending))
    if due["last"] is not None:
        assert trainer.stats is not None
        assert rows([trainer.stats]) == [due["last"]], "nothing is computed here, so every machine has every bit"
    tensors = load_tensors(file)
    for part, network in (("generator", trainer.generator), ("discriminator", trainer.discriminator)):
        kept = {key.partition(".")[2]: tensor for key, tensor in tensors.items() if key.startswith(f"{part}.")}
        assert kept
        assert sorted(kept) == sorted(network.state_dict())
        assert all(torch.equal(tensor, kept[key]) for key, tensor in network.state_dict().items())
    again = encode(trainer.state_dict(), preset=due["preset"], app="now")
    assert not complaint(steps(trainer, len(due["after"])), due["after"])
    assert not complaint(steps(load(again), 2), due["after"][:2]), "it can be saved anew"


def test_saved_runs_of_every_kind_are_there() -> None:
    assert len(CHECKPOINTS) >= 45
    assert {path.name.partition(".")[0] for path in CORPUS.glob("checkpoints/*")} == set(CHECKPOINTS)
    assert sum(len(due["after"]) for due in CHECKPOINTS.values()) == 20 * len(CHECKPOINTS)
    pending = CHECKPOINTS["interventions-pending"]
    begins, ends = pending["after"][0][0], pending["after"][-1][0]
    assert all(begins <= i["step"] <= ends for i in pending["pending"])
    assert len(pending["pending"]) == 4


def test_pending_interventions_are_done_when_their_steps_are_reached() -> None:
    trainer, due = load(checkpoint_of("interventions-pending")), CHECKPOINTS["interventions-pending"]
    steps(trainer, 20)
    assert trainer.pending == []
    assert not lost(due["interventions"] + due["pending"], dumps(trainer.interventions))
    assert trainer.config.g_steps == 2
    assert trainer.config.regularisers[0].weight == 0.7


def test_a_run_made_again_from_its_config_and_interventions_is_the_saved_one() -> None:
    for name in ("interventions-pending", "everything-that-remembers", "conditional"):
        saved = load(checkpoint_of(name))
        again = Trainer(saved.initial_config, interventions=[*saved.interventions, *saved.pending])
        steps(again, saved.step_count)
        assert dumps(again.interventions) == dumps(saved.interventions)
        if EXACT:
            assert all(
                torch.equal(a, b)
                for a, b in zip(
                    again.generator.state_dict().values(), saved.generator.state_dict().values(), strict=True
                )
            )
            assert steps(again, 5) == CHECKPOINTS[name]["after"][:5]


def test_a_history_is_read_without_the_run(tmp_path: Path) -> None:
    for name in ("long-history", "by-command-own-points"):
        file = tmp_path / name
        file.write_bytes(checkpoint_of(name))
        history, due = load_history(file), CHECKPOINTS[name]
        assert len(history) == due["step"]
        curves = history.curves()
        assert curves["curve_step"][-1] == due["step"]
        assert set(NAMES["quantities"][1:]) - {"d_loss", "g_loss"} < set(curves)
        if name == "by-command-own-points":  # still one step to a bucket
            assert curves["d_grad_norm"][-1] == np.float32(due["last"][COLUMNS.index("d_grad_norm")])


def test_a_cut_off_file_is_still_refused() -> None:
    with pytest.raises(CheckpointError):
        load(checkpoint_of("plain")[:-5])


# -- traces --------------------------------------------------------------------------------------------------


def trace(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    with np.load(CORPUS / "traces.npz", allow_pickle=False) as file:
        return np.asarray(file[name], np.float64)


def begun(name: str) -> Trainer:
    register_own()
    return Trainer(preset(name).changed(TRACES[name]["changes"]))


@pytest.mark.parametrize("name", TRACES)
def test_a_preset_begins_as_it_did(name: str) -> None:
    n = TRACES[name]["quick"]
    assert not complaint(steps(begun(name), n), trace(name)[:n].tolist())


@pytest.mark.full
@pytest.mark.parametrize("name", TRACES)
def test_a_preset_goes_on_as_it_did(name: str) -> None:
    due = trace(name)
    assert len(due) == TRACES[name]["steps"]
    assert not complaint(steps(begun(name), len(due)), due.tolist())


def test_every_preset_has_a_trace() -> None:
    assert list(TRACES) == list(NAMES["presets"])
    assert all(trace(name).shape == (about["steps"], len(COLUMNS)) for name, about in TRACES.items())


def test_numbers_are_compared_to_the_last_bit_here_and_nearly_elsewhere() -> None:
    due = CHECKPOINTS["plain"]["after"]
    for exact in (True, False):
        assert not complaint(due, due, exact=exact)
        assert complaint(due[:-1], due, exact=exact)
    d_loss = COLUMNS.index("d_loss")
    for at, factor, seen, seen_elsewhere in ((0, 1 + 1e-12, True, False), (2, 1.1, True, True), (19, 1.1, True, False)):
        wrong = [list(row) for row in due]
        wrong[at][d_loss] *= factor
        assert bool(complaint(wrong, due, exact=True)) == seen
        assert bool(complaint(wrong, due, exact=False)) == seen_elsewhere
    wrong[19][d_loss] = float("nan")
    assert complaint(wrong, due, exact=False)


# -- links ---------------------------------------------------------------------------------------------------


def test_a_link_to_a_run_says_what_it_said() -> None:
    entries = tree("links-to-runs.json")
    assert len(entries) > 100
    for due in entries:
        if "points" in due:
            assert register(from_text(due["points"])) == due["query"]["data.hash"]
        config, name, interventions = from_query(due["query"])
        assert not lost_of_config(due["config"], config), due["query"]
        assert name == due["preset"]
        assert not lost(due["interventions"], dumps(interventions)), due["query"]
        assert from_query(to_query(config, name, interventions)) == (config, name, interventions)


def test_a_link_without_a_preset_opens_digits() -> None:
    assert [due["preset"] for due in tree("links-to-runs.json") if not due["query"]] == ["digits"]
    assert from_query({"lr_g": "0.01"})[0] == preset("digits").changed({"lr_g": 0.01})


def test_a_link_to_the_lab_says_what_it_said() -> None:
    entries = tree("links-to-the-lab.json.xz")
    assert len(entries) > 50
    for due in entries:
        failure, sides = parse_lab_link(due["query"])
        assert failure.name == due["failure"]
        assert len(sides) == len(due["sides"])
        for side, was in zip(sides, due["sides"], strict=True):
            assert side.cure == was["cure"]
            assert not lost_of_config(was["config"], side.config), due["query"]


def test_a_link_into_the_latent_space_says_what_it_said() -> None:
    for due in tree("links-to-latent.json"):
        config = preset(due["preset"])
        link = parse_latent_link(due["query"], config)
        assert (link.seed, link.points, link.section) == (due["seed"], due["points"], due["section"])
        keys = parse_many(link.points, config)
        assert [key.label for key in keys] == [was["label"] for was in due["keys"]]
        for key, was in zip(keys, due["keys"], strict=True):
            assert key.z.tolist() == was["z"] if EXACT else np.allclose(key.z, was["z"], rtol=1e-5, atol=1e-6)


def test_a_link_to_a_lesson_runs_what_it_ran() -> None:
    for due in tree("links-to-lessons.json"):
        lesson = lessons()[due["query"]["lesson"]]
        assert lesson.stop_at == due["stop_at"]
        assert not lost_of_config(due["config"], lesson.config())
        assert not lost_of_config(due["seeded"], lesson.config(5))


# -- recorded runs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_run_opens_with_its_pictures_and_goes_on(name: str) -> None:
    due = RECORDED[name]
    recording = recorded_runs.decode(content(f"recorded/{name}.zip"))
    assert (recording.name, recording.step) == (due["name"], due["step"])
    assert not lost_of_config(due["config"], recording.config)
    assert [step for step, _ in recording.past.frames] == due["frames"]
    assert [step for step, _ in recording.past.states] == due["states"]
    best = recording.past.best
    assert (None if best is None else [best.step, best.metric, best.value]) == due["best"]
    header, arrays = decode_frame(recording.past.frames[-1][1])
    kept = {key: header[key] for key in due["header"]}
    assert hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest() == due["header_sha256"]
    assert not lost(due["arrays"], described(arrays))
    assert rows(recording.first) == due["first"]
    assert rows(recording.after) == due["after"]
    # The app's own were recorded on another machine than the rest of the corpus.
    assert not complaint(steps(Trainer(recording.config), len(due["first"])), due["first"], exact=False)
    assert not complaint(steps(recording.trainer(), len(due["later"])), due["later"])


# -- saved runs, sweeps, own data ----------------------------------------------------------------------------


def test_the_folder_of_saved_runs_lists_them_with_their_cards_and_opens_them(tmp_path: Path) -> None:
    for file in CORPUS.glob("autosave/*"):
        if file.suffix == ".xz":
            (tmp_path / file.stem).write_bytes(content(f"autosave/{file.name}"))
        else:
            shutil.copy(file, tmp_path)
    saver, due = Autosave(tmp_path), tree("autosave.json")
    listed = {saved.key: saved for saved in saver.saved()}
    assert set(listed) == set(due)
    for key, was in due.items():
        saved, card = listed[key], listed[key].card
        assert (saved.summary.step, saved.summary.preset, saved.summary.app) == (was["step"], was["preset"], was["app"])
        assert not lost_of_config(was["config"], saved.summary.config)
        assert (card.name, card.owner, dict(card.scores)) == (was["name"], was["owner"], was["scores"])
        assert [list(tick) for tick in card.clock] == [list(tick) for tick in was["clock"]]
        assert hashlib.sha256(card.picture).hexdigest() == was["picture"]
        assert not complaint(steps(load(saver.path(key)), len(was["after"])), was["after"])
    saver.rename("20260102-030405-0a1b2c-1", "another name")
    renamed = {saved.key: saved.card for saved in saver.saved()}["20260102-030405-0a1b2c-1"]
    assert (renamed.name, dict(renamed.scores)) == ("another name", due["20260102-030405-0a1b2c-1"]["scores"])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_sweep_is_read_and_nothing_of_it_is_trained_again(kind: str) -> None:
    due, table = tree("sweep.json"), Table(CORPUS / "sweep" / f"sweep.{kind}")
    assert not lost(due["rows"], table.rows)
    assert [list(row) for row in table.rows] == [list(row) for row in due["rows"]], "columns keep their order"
    config = preset("ring-8").changed(due["changes"])
    jobs = plan(config, parse_vary(due["vary"]), seeds=range(due["seeds"]), steps=due["steps"])
    assert [job.key for job in jobs] == due["jobs"]
    assert not [job for job in jobs if job.key not in table.done]


def test_the_runs_of_a_sweep_are_called_what_they_were() -> None:
    for name, keys in tree("sweep.json")["keys_of_presets"].items():
        assert [job.key for job in plan(preset(name), {}, seeds=range(2), steps=100)] == keys, name


@pytest.mark.parametrize("name", [name for name in OWN if name.endswith(".payload")])
def test_own_data_that_travelled_in_a_file_are_the_same(name: str) -> None:
    data = from_bytes(content(f"own/{name}"))
    assert (data.hash, data.name) == (OWN[name]["hash"], OWN[name]["name"])
    again = to_bytes(data)
    assert again is not None
    assert from_bytes(again).hash == data.hash


def test_files_of_users_have_the_hash_that_their_links_and_runs_name() -> None:
    for name in ("points.csv", "points.npy"):
        assert read_points(name, content(f"own/{name}")).hash == OWN[name]["hash"]
    assert read_zip(content("own/pictures.zip")).hash == OWN["pictures.zip"]["hash"]
    drawing = from_text(OWN["drawing"]["text"])
    assert drawing.hash == OWN["drawing"]["hash"]
    assert isinstance(drawing, OwnPoints)
    assert to_text(drawing) == OWN["drawing"]["text"]


# -- what is written for elsewhere ---------------------------------------------------------------------------


def columns_of(table: bytes) -> dict[str, list[str]]:
    names, *lines = csv.reader(io.StringIO(table.decode()))
    return {name: list(cells) for name, cells in zip(names, zip(*lines, strict=True), strict=True)}


def test_tables_of_a_run_have_the_columns_and_numbers_that_they_had() -> None:
    trainer = load(checkpoint_of("penalised"))
    scores = {"modes": Score(7.0, 8.0, 1000), "js": Score(0.25, None, 1000)}
    histories, clocks = {"one": trainer.history, "two": trainer.history}, {"one": ((0, 0.0), (31, 3.1))}
    for name, table in (
        ("history.csv", history_csv(trainer.history)),
        ("metrics.csv", metrics_csv(scores)),
        ("histories.csv", histories_csv(histories, clocks)),
    ):
        assert not lost(columns_of(content(f"written/{name}")), columns_of(table), name)
    now = json.loads(run_json(trainer.config, trainer.step_count, trainer.history, scores))
    assert not lost(tree("written/run.json"), now)
    parse_config(tree("written/run.json")["config"])


@pytest.mark.parametrize("name", ["penalised", "conditional-dcgan"])
def test_an_exported_generator_is_named_and_described_as_it_was(name: str) -> None:
    due = content(f"written/generator-of-{name}.safetensors")
    now = generator_safetensors(GeneratorCopy.of(load(checkpoint_of(name))))
    was, found = load_tensors(due), load_tensors(now)
    assert sorted(was) == sorted(found)
    assert all(torch.equal(was[key], found[key]) for key in was)
    said, says = (json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])["__metadata__"] for file in (due, now))
    assert {key: says[key] for key in ("format", "step", "which")} == {
        key: said[key] for key in ("format", "step", "which")
    }
    assert set(said) <= set(says)
    assert parse_config(json.loads(said["config"])) == load(checkpoint_of(name)).config


@pytest.mark.parametrize("name", ["penalised", "conditional"])
def test_a_frame_holds_all_that_it_held(name: str) -> None:
    due, file = tree("frames.json")[name], content(f"written/frame-of-{name}.ganx.xz")
    header, arrays = decode_frame(file)
    assert not lost(due["header"], header)
    hashes = {
        key: [*about, hashlib.sha256(arrays[key].tobytes()).hexdigest()] for key, about in described(arrays).items()
    }
    assert not lost(due["arrays"], hashes)
    assert encode_frame(header, arrays) == file
    snapshot = load(checkpoint_of(name)).snapshot("both")
    assert set(due["snapshot_header"]) <= set(snapshot.header)
    assert not lost(due["snapshot_arrays"], described(snapshot.arrays))
    for key, array in snapshot.arrays.items():
        if key in arrays and array.dtype == np.float32:
            assert np.allclose(array, arrays[key], rtol=1e-3, atol=1e-3), key
        elif key in arrays:
            assert np.abs(array.astype(int) - arrays[key].astype(int)).max() <= 2, key


def frame_of_runner(name: str) -> bytes:
    """What a live page is shown of a saved run that was opened."""
    saved = load(checkpoint_of(name))
    frames: list[bytes] = []

    def keep(run: int, step: int, frame: bytes) -> None:
        frames.append(frame)

    runner = Runner(saved.initial_config, preset="ring-8", on_frame=keep)
    try:
        runner.go_on(saved.state_dict(), preset="ring-8")
        assert runner.wait(lambda r: r.step_count == saved.step_count and r.snapshot is not None)
        runner.flush()
    finally:
        runner.close()
        runner.join(5)
    return frames[-1]


@pytest.mark.parametrize("name", ["penalised", "conditional"])
def test_a_frame_of_a_runner_has_the_header_and_arrays_that_it_had(name: str) -> None:
    due = tree("frames.json")[name]
    header, arrays = decode_frame(frame_of_runner(name))
    assert set(due["runner_header"]) <= set(header)
    assert not lost(due["runner_arrays"], described(arrays))
    assert header["step"] == CHECKPOINTS[name]["step"]


def test_the_record_of_the_command_line_has_the_entries_that_it_had(capsys: pytest.CaptureFixture[str]) -> None:
    due = tree("written/train.json")
    assert command(due["words"]) == 0
    was, now = due["record"], json.loads(capsys.readouterr().out)
    measured = ("seconds", "steps_per_second", "stats", "metrics", "findings")
    assert not lost({key: value for key, value in was.items() if key not in measured}, now)
    assert set(measured) <= set(now)
    assert set(was["stats"]) <= set(now["stats"])
    assert now["metrics"].keys() >= was["metrics"].keys()
    for name, score in was["metrics"].items():
        assert set(score) <= set(now["metrics"][name])
        assert score["n"] == now["metrics"][name]["n"]
    if EXACT:
        assert not lost([was["stats"], was["metrics"], was["findings"]], [now[key] for key in measured[2:]])


# -- names ---------------------------------------------------------------------------------------------------


def test_every_public_name_is_there() -> None:
    assert set(NAMES["public"]) <= set(gan_core.__all__)
    assert all(hasattr(gan_core, name) for name in NAMES["public"])


def test_no_setting_and_no_default_has_changed() -> None:
    assert not lost(NAMES["defaults"], leaves(RunConfig().model_dump(mode="json")))
    assert not lost(NAMES["penalty"], Regularisation().model_dump(mode="json"))
    assert all(path in KNOBS and is_live(path) for path in NAMES["live"])


def test_every_value_that_was_allowed_is_allowed() -> None:
    penalty = {f"regularisers.{path}": choices for path, choices in NAMES["choices"].items() if path not in KNOBS}
    assert set(penalty) == {"regularisers.name"}
    for path, choices in NAMES["choices"].items():
        if path in KNOBS:
            assert set(choices) <= set(KNOBS[path].choices), path
    for name in penalty["regularisers.name"]:
        parse_config({"regularisers": [{"name": name}]})
    for path, (low, high) in NAMES["bounds"].items():
        assert low is None or KNOBS[path].low is None or KNOBS[path].low <= low, path
        assert high is None or KNOBS[path].high is None or KNOBS[path].high >= high, path


def test_no_preset_has_changed() -> None:
    for name, due in NAMES["presets"].items():
        assert not lost_of_config(due["config"], preset(name)), name
        assert presets()[name].steps == due["steps"], name


@pytest.mark.parametrize(
    ("kind", "now"),
    [
        ("objectives", OBJECTIVES),
        ("regularisers", REGULARISERS),
        ("optimizers", OPTIMIZERS),
        ("metrics", METRICS),
        ("findings", FINDINGS),
        ("recipes", RECIPES),
        ("failures", failures()),
        ("protocols", PROTOCOLS),
        ("zoo", [variant.name for variant in variants() if variant.runs]),
        ("lessons", lessons()),
        ("sections", SECTIONS),
        ("directions", KINDS),
        ("attributes", ATTRIBUTES),
        ("recorded", recorded_runs.RECORDED),
        ("quantities", StepStats.__slots__),
    ],
)
def test_no_name_is_gone(kind: str, now: Iterable[str]) -> None:
    assert NAMES[kind]
    assert set(NAMES[kind]) <= set(now)


def test_no_data_set_and_no_cure_is_gone() -> None:
    assert not lost(NAMES["shapes"], {name: list(shape) for name, shape in DATA_SHAPES.items()})
    for name, cures in NAMES["failures"].items():
        assert set(cures) <= {cure.name for cure in failures()[name].cures}, name


def test_every_command_takes_the_words_that_it_took() -> None:
    now = command_parsers("gan_core")[1]
    for name, words in NAMES["commands"].items():
        assert set(words) <= set(now[name]._option_string_actions), name
