"""Sweeps: what they plan, that rows survive whatever happens to files and workers, and that it matters not where."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from gan_core import figures
from gan_core.__main__ import main
from gan_core.config.presets import preset
from gan_core.data import own
from gan_core.data.limits import MAX_PAYLOAD_BYTES
from gan_core.data.own_data import OwnImages
from gan_core.errors import ConfigError, DataError, SweepError
from gan_core.experiments.recipes import RECIPES
from gan_core.experiments.sweep import Job, Table, dask, floors, parse_vary, plan, processes, run, samples, summarise
from gan_core.experiments.sweep.job import train_one
from gan_core.training import Trainer
from tests.core import clusters

SMALL = preset("ring-8").changed({"batch_size": 16, "generator.width": 8, "discriminator.width": 8})
VARY = {"objective": ["non_saturating", "relativistic"], "regularisers": ["none", "r1:0.3"]}


class Here(Executor):
    """Does each job at once, in this very thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def small_jobs(steps: int = 3) -> list[Job]:
    return plan(SMALL, VARY, seeds=[0], steps=steps)


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = sorted(rows, key=lambda row: str(row["run"]))
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


# -- the plan ------------------------------------------------------------------------------------------------


def test_every_combination_is_trained_with_every_seed() -> None:
    jobs = plan(SMALL, VARY, seeds=range(2), steps=3)
    assert len({job.key for job in jobs}) == len(jobs) == 8
    assert [job.config.seed for job in jobs] == [0, 1] * 4
    assert jobs[2].values == {"objective": "non_saturating", "regularisers": "r1:0.3"}
    assert [(r.name, r.weight) for r in jobs[2].config.regularisers] == [("r1", 0.3)]
    assert jobs[6].config.objective == "relativistic"
    assert [job.key for job in small_jobs()] == [job.key for job in small_jobs()]
    assert {job.key for job in small_jobs(steps=4)}.isdisjoint(job.key for job in small_jobs())


def test_a_recipe_is_varied_by_its_name() -> None:
    first, second = plan(SMALL, {"recipe": ["pacgan", "r3gan"], "lr_g": ["1e-4"]}, seeds=[7], steps=1)
    assert first.config == RECIPES["pacgan"].apply(SMALL).changed({"lr_g": 1e-4, "seed": 7})
    assert second.config.betas_g == (0.0, 0.99)


def test_commas_separate_values_but_not_within_brackets() -> None:
    typed = ["betas_g=[0.5,0.9],[0,0.99]", 'regularisers=[{"name":"r1"}],none', "ema=0"]
    assert parse_vary(typed) == {
        "betas_g": ["[0.5,0.9]", "[0,0.99]"],
        "regularisers": ['[{"name":"r1"}]', "none"],
        "ema": ["0"],
    }


@pytest.mark.parametrize("typed", [["objective"], ["=3"], ["ema=0", "ema=0.9"]])
def test_what_is_no_list_of_values_is_refused(typed: list[str]) -> None:
    with pytest.raises(ConfigError, match="PATH=VALUE"):
        parse_vary(typed)


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ({"recipe": ["pacman"]}, "recipe=pacman: no recipe 'pacman'; there are: minimax"),
        ({"packing": ["1", "2"], "clip": ["0", "99"]}, "packing=1, clip=99: clip=99"),
        ({"lr_g": ["fast"]}, "lr_g=fast: lr_g='fast' is not allowed"),
        ({"regularisers": ["r7"]}, "regularisers=r7"),
        ({"seed": [str(i) for i in range(101)], "lr_g": ["1e-3"] * 100}, "10,100 runs"),
        ({"ema": []}, "0 runs"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_before_anything_is_trained(vary: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        plan(SMALL, vary, seeds=[0], steps=1)
    assert said in str(refusal.value)


# -- the table -----------------------------------------------------------------------------------------------

ROWS = [
    {
        "run": "12345678",
        "lr_g": "1e-3",
        "seed": 0,
        "steps": 5,
        "state": "finished",
        "modes": 7.0,
        "reverse_kl": None,
        "samples_modes": 2_500,
    },
    {
        "run": "7e455555",
        "lr_g": 'a "b", c',
        "seed": 1,
        "steps": 5,
        "state": "diverged",
        "modes": 0.1,
        "reverse_kl": 0.5,
        "samples_modes": 2_500,
    },
]


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_rows_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    table = Table(tmp_path / name)
    assert not table.done
    for row in ROWS:
        table.add(dict(row))
        assert Table(tmp_path / name).rows == table.rows  # complete after each
    again = Table(tmp_path / name)
    assert again.rows == ROWS
    assert all(type(row["samples_modes"]) is int for row in again.rows)
    assert again.done == {"12345678", "7e455555"}
    assert list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.txt", b"", "ends in .csv or .parquet"),
        ("rows.csv", b'"a","b"\n1,2\n', "no column 'run'"),
        ("rows.csv", b'"run","seed"\n"x"\n', "cannot be read"),
        ("rows.csv", b"\xff\xfe\x00", "cannot be read"),
        ("rows.parquet", b"PAR1 or not", "cannot be read"),
    ],
)
def test_a_file_that_is_no_sweep_s_is_refused_and_left_alone(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        Table(tmp_path / name)
    assert (tmp_path / name).read_bytes() == content


def test_a_summary_has_the_quartiles_over_the_seeds() -> None:
    rows = [{"ema": "0", "modes": float(i)} for i in (1, 2, 3, 4, 100)] + [{"ema": "0.9", "modes": None}]
    first, second = summarise(rows, ["ema"], ["modes"])
    assert (first.values, first.n) == ({"ema": "0"}, 5)
    assert (first.low["modes"], first.median["modes"], first.high["modes"]) == (2, 3, 4)
    assert second.median["modes"] != second.median["modes"]  # no number is NaN, not 0


def test_a_figure_shows_every_seed_and_the_median() -> None:
    rows = [{"ema": e, "seed": i, "modes": float(i), "kl": None} for e in ("0", "<b>") for i in range(3)]
    figure = figures.sweep(rows, ["ema"], {"modes": "Modes", "kl": "KL"}, floors={"modes": 8})
    assert [shape.y0 for shape in figure.layout.shapes] == [8]
    assert [list(trace.y) for trace in figure.data] == [[0, 1, 2], [1], [0, 1, 2], [1]]
    assert {x for trace in figure.data for x in trace.x} == {"0", "&lt;b&gt;"}


# -- who does it ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected() -> list[dict[str, Any]]:
    return without_time(list(run(small_jobs(), Here())))


def test_a_row_says_what_was_trained_and_what_came_of_it(expected: list[dict[str, Any]]) -> None:
    jobs = {job.key: job for job in small_jobs()}
    assert [row["run"] for row in expected] == sorted(jobs)
    for row in expected:
        assert (row["steps"], row["state"]) == (3, "finished")
        assert row["seed"] == jobs[row["run"]].config.seed
        assert row["objective"] == jobs[row["run"]].config.objective
        assert 0 <= row["high_quality"] <= 1
        assert row["raw_modes"] >= 0
        assert row["real_modes"] == 8
        assert row["real_high_quality"] == pytest.approx(0.9889, abs=1e-4)
    assert floors(expected, ["modes", "kid", "nonsense"])["modes"] == 8
    assert samples(expected, ["modes", "kid", "nonsense"]) == {"modes": 2_500, "kid": 1_000}
    assert samples([{"samples_modes": 10}, {"samples_modes": 20}, {}], ["modes"]) == {}  # they do not go together


def test_a_run_that_fails_has_a_row_and_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Trainer) -> None:
        raise MemoryError

    (job,) = plan(SMALL, {}, seeds=[0], steps=3)
    monkeypatch.setattr(Trainer, "step", fail)
    row = train_one(job.plain())
    assert (row["state"], row["steps"], row["d_loss"]) == ("failed", 0, None)
    assert json.loads(json.dumps(row)) == row


def test_a_job_carries_its_own_data_however_large_once_for_all_jobs() -> None:
    data = OwnImages(np.random.default_rng(0).integers(0, 256, (200, 64, 64, 3), np.uint8))
    config = SMALL.changed({**data.settings, "data.hash": own.register(data), "data.size": 8, "data.colour": False})
    one, other = (job.plain() for job in plan(config, {}, seeds=range(2), steps=2))
    assert one["own"] is other["own"]
    assert len(one["own"]) > data.nbytes > MAX_PAYLOAD_BYTES
    own._sets.clear()
    assert train_one(one)["state"] == "finished"


def test_a_run_that_diverges_has_a_row_too() -> None:
    (job,) = plan(SMALL, {"optimizer_d": ["sgd"], "lr_d": ["1"], "regularisers": ["r1:1000"]}, seeds=[0], steps=60)
    (row,) = run([job], Here())
    assert row["state"] == "diverged"
    assert row["steps"] < 60
    assert json.dumps(row, allow_nan=False)


@pytest.fixture(scope="module")
def two() -> Iterator[Executor]:
    """Two processes, for several tests, as each imports PyTorch."""
    with processes(2) as pool:
        yield pool


def test_processes_give_the_same_rows_and_a_killed_one_costs_none(
    two: Executor, expected: list[dict[str, Any]]
) -> None:
    rows = []
    for row in run(small_jobs(), two):
        rows.append(row)
        if len(rows) == 1:
            worker = next(p for p in psutil.Process().children() if "spawn_main" in " ".join(p.cmdline()))
            worker.kill()
    assert without_time(rows) == expected


def test_a_sweep_can_be_stopped(two: Executor) -> None:
    """The last test of the two processes: they end with it."""
    jobs = plan(SMALL, {}, seeds=range(3), steps=10**6)
    looks = iter(range(4))
    began = time.monotonic()
    with two:
        assert list(run(jobs, two, stopped=lambda: next(looks, None) is None)) == []
    assert time.monotonic() - began < 30  # and no process trains on


@pytest.mark.parametrize(
    "leads",
    [
        pytest.param("from gan_core.experiments.sweep import processes; pool = processes(1)", id="sweep"),
        pytest.param(
            "from gan_core.experiments.seeds import pool; pool = pool()", id="repeats", marks=pytest.mark.full
        ),
    ],
)
def test_a_worker_does_not_outlive_a_leader_that_is_killed(leads: str) -> None:
    words = f"import time; {leads}; print(pool.submit(int).result(), flush=True); pool.submit(time.sleep, 999)"
    begin = [sys.executable, "-c", words]
    with subprocess.Popen(begin, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"0\n"  # from now on the worker is there
        workers = psutil.Process(leader.pid).children()
        leader.kill()
    assert workers
    alive = psutil.wait_procs(workers, timeout=30)[1]
    for worker in alive:
        worker.kill()
    assert not alive


def test_what_a_job_raises_is_said() -> None:
    jobs = plan(preset("own-images"), {}, seeds=[0], steps=1)
    with pytest.raises(DataError), ThreadPoolExecutor(1) as pool:
        list(run(jobs, pool))


def test_workers_that_keep_dying_are_no_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    with processes(1) as pool:
        submit = pool.submit
        monkeypatch.setattr(pool, "submit", lambda fn, *args: submit(os._exit, 1))
        with pytest.raises(SweepError, match="4 workers died"):
            list(run(small_jobs()[:1], pool))


# -- Dask ----------------------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers; the scheduler's address and the workers."""
    pytest.importorskip("distributed")
    with clusters.cluster(tmp_path) as begun:
        yield begun


@pytest.mark.full
def test_a_cluster_gives_the_same_rows_and_a_killed_worker_costs_none(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    address, workers = cluster
    out = tmp_path / "rows.csv"
    words = ["sweep", "ring-8", "--seeds", "1", "--steps", "3", "--dask", address, "--out", str(out)]
    for path in ("batch_size", "generator.width", "discriminator.width"):
        words += ["--set", f"{path}={16 if path == 'batch_size' else 8}"]
    for path, values in VARY.items():
        words += ["--vary", f"{path}={','.join(values)}"]
    swept = subprocess.Popen([sys.executable, "-m", "gan_core", *words], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not out.exists() and time.monotonic() < end:
            time.sleep(0.01)
        workers[0].send_signal(signal.SIGKILL)
        assert swept.wait(60) == 0
    finally:
        swept.kill()
        swept.wait()
    assert without_time(Table(out).rows) == expected


def test_a_scheduler_that_is_not_there_is_said() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(SweepError, match="no Dask scheduler at 'nowhere'"), dask("nowhere"):
        pass


# -- the command ---------------------------------------------------------------------------------------------


def test_the_command_goes_on_where_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, plot = tmp_path / "rows.csv", tmp_path / "rows.html"
    table = Table(out)
    words = ["sweep", "ring-8", "--vary", "recipe=pacgan", "--seeds", "2", "--steps", "4", "--out", str(out)]
    first, second = plan(preset("ring-8"), {"recipe": ["pacgan"]}, seeds=range(2), steps=4)
    for job in (first, second):
        row = {
            "run": job.key,
            "recipe": "pacgan",
            "seed": job.config.seed,
            "steps": 4,
            "modes": 3.0,
            "samples_modes": 2_500,
        }
        table.add(row)
    assert main([*words, "--json", "--plot", str(plot)]) == 0  # nothing is left to train
    record = json.loads(capsys.readouterr().out)
    assert (record["state"], record["runs"], len(record["rows"])) == ("finished", 2, 2)
    assert record["summary"][0]["median"] == {"modes": 3.0}
    assert "plotly" in plot.read_text(encoding="utf-8").lower()
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "recipe=pacgan (2 seeds): Modes captured 3 [3, 3]" in said
    assert "of so many samples: Modes captured 2,500" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--vary", "objective"], "PATH=VALUE"),
        (["--vary", "recipe=x"], "there are: minimax"),
        (["--seeds", "0"], "from 1 to 1000"),
        (["--workers", "2", "--dask", "x"], "not allowed with"),
        (["--out", "/nowhere/rows.csv"], "/nowhere"),
        (["--out", "rows.xls"], "ends in .csv or .parquet"),
    ],
)
def test_the_command_refuses_in_one_line(more: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["sweep", "ring-8", "--steps", "1", "--out", "rows.csv", *more])
    assert end.value.code == 2
    assert said in capsys.readouterr().err
