# ruff: noqa: N806  players are called G and D, as in the scripts that are watched
"""Where the watch is seen: terminal, summary, log, command; and how its loss is read."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from gan_core.__main__ import main
from gan_core.watching import WatchCallback, read_log, watch
from gan_core.watching.log import WatchLog
from gan_core.watching.losses import told, value
from gan_core.watching.rules import RULES
from gan_core.watching.terminal import Terminal, summary_lines
from tests.watching.bugs import BUGS
from tests.watching.loops import LOOPS, mlp, points
from tests.watching.running import run

BY_NAME = {bug.name: bug for bug in BUGS}

SCRIPT = """
import sys, torch
from torch import nn
G = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
D = nn.Sequential(nn.Linear(3, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_g, opt_d = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)
bce = nn.BCEWithLogitsLoss()
one, zero = torch.ones(16, 1), torch.zeros(16, 1)
for step in range(int(sys.argv[1])):
    real, fake = torch.randn(16, 3), G(torch.randn(16, 4))
    opt_d.zero_grad()
    (bce(D(real), one) + bce(D(fake.detach()), zero)).backward()
    opt_d.step()
    opt_g.zero_grad()
    bce(D(fake), one).backward()
    opt_g.step()
print("to the end")
"""


@pytest.mark.parametrize(
    ("loss", "form", "target"),
    [
        (lambda o: F.binary_cross_entropy_with_logits(o, torch.full_like(o, 0.9)), "bce_logits", 0.9),
        (lambda o: -F.binary_cross_entropy_with_logits(o, torch.zeros_like(o)), "bce_logits", 1.0),
        (lambda o: F.binary_cross_entropy(torch.sigmoid(o), torch.zeros_like(o)), "bce_logits", 0.0),
        (lambda o: 0.5 * ((o - 1) ** 2).sum(), "least_squares", 1.0),
        (lambda o: ((o + 1) ** 2).mean(), "least_squares", -1.0),
        (lambda o: -o.mean(), "linear", None),
        (lambda o: F.relu(1 - o).mean(), "hinge", None),
    ],
)
def test_the_gradient_names_the_loss(loss: Any, form: str, target: float | None, rng: torch.Generator) -> None:
    for spread in (0.3, 2.0):
        o = (1.2 * spread * torch.randn(64, generator=rng)).requires_grad_()
        (gradient,) = torch.autograd.grad(loss(o), o)
        read = told(o.detach().numpy(), gradient.numpy())
        if form == "hinge" and not bool((o > 1).any()):
            assert read.form == "linear"
            continue
        assert read.form == form
        if target is not None:
            assert read.target == pytest.approx(target, abs=1e-3)
            assert read.push != -1 or target < 0.5


def test_the_loss_is_computed_from_its_form(rng: torch.Generator) -> None:
    o = torch.randn(32, generator=rng).requires_grad_()
    loss = F.binary_cross_entropy_with_logits(o, torch.ones_like(o))
    (gradient,) = torch.autograd.grad(loss, o)
    read = told(o.detach().numpy(), gradient.numpy())
    assert value(read, o.detach().numpy()) == pytest.approx(float(loss.detach()), rel=1e-4)
    assert read.total == pytest.approx(1, rel=1e-4)


def test_each_finding_is_one_line_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    run(BY_NAME["sigmoid twice-gan_mlp"].build(), 5, seed=0, on="warning")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("watch  step 3  error  sigmoid_twice: D ends in a sigmoid")
    assert "Mend: " in lines[0]


def test_the_status_line_is_on_a_tty_alone() -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    now = [0.0]
    for stream, expected in ((Tty(), "\rstep 2"), (io.StringIO(), "")):
        terminal = Terminal(lambda: now[0], stream)
        now[0] += 1
        terminal.status(lambda: "step 1")
        now[0] += 5
        terminal.status(lambda: "step 2")
        assert stream.getvalue() == expected


def test_a_summary_says_what_could_not_be_checked() -> None:
    summary = run(LOOPS["own_noise"], 6, seed=0).summary
    unchecked = dict(summary.unchecked)
    assert unchecked["z_repeats"] == "z as an argument of G"
    assert "same_label" in summary.checked
    assert set(unchecked) | set(summary.checked) == {rule.name for rule in RULES}
    assert any("not checked: z_repeats needs" in line for line in summary_lines(summary))


def test_the_headline_is_the_earliest_error() -> None:
    summary = run(BY_NAME["g's label wrong-gan_mlp"].build(), 10, seed=0).summary
    assert summary.headline is not None
    assert summary.headline.rule == "same_goal"


def test_the_fallback_lines_see_what_hooks_cannot() -> None:
    torch.manual_seed(0)
    D, G = mlp(8, 16, 1), mlp(8, 16, 8)
    opt_d, opt_g = torch.optim.Adam(D.parameters(), 1e-3), torch.optim.Adam(G.parameters(), 1e-3)
    w = watch(G, D, on="silent")
    for _ in range(4):
        z = w.z(torch.randn(16, 8))
        made = w.fake(torch.from_numpy(np.flip(G(z).detach().numpy(), 1).copy()))
        opt_d.zero_grad()
        (F.softplus(-D(w.real(points()))).mean() + F.softplus(-D(made)).mean()).backward()
        opt_d.step()
        opt_g.zero_grad()
        F.softplus(-D(G(z))).mean().backward()
        opt_g.step()
    w.close()
    assert [found.rule for found in w.findings] == ["same_label"]


def test_calls_that_hooks_cannot_see_are_said() -> None:
    G, D = mlp(8, 16, 8), mlp(8, 16, 1)
    opt = torch.optim.SGD(D.parameters(), 0.1)
    with watch(G, D, on="silent") as w:
        for _ in range(3):
            opt.zero_grad()
            F.softplus(D.forward(points())).mean().backward()
            opt.step()
    assert "no call of G and D" in str(w.summary())
    assert not w.summary().seen


def test_a_decorator_and_a_lightning_callback_begin_and_end_it() -> None:
    G, D = mlp(8, 16, 8), mlp(8, 16, 1)
    looped = watch(G, D, on="silent")(lambda: len(G._forward_hooks))
    assert looped() == 1
    assert not G._forward_hooks
    both = nn.ModuleDict({"g": G, "d": D})
    callback = WatchCallback("g", "d", on="silent")
    callback.on_fit_start(None, both)
    assert G._forward_hooks
    callback.on_fit_end(None, both)
    assert not G._forward_hooks


@pytest.mark.parametrize(
    ("args", "error"), [((1, 2), TypeError), ((mlp(2, 2), [mlp(2, 2), "D"]), TypeError), ((mlp(2, 2), []), TypeError)]
)
def test_wrong_players_are_refused_in_words(args: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"give a torch\.nn\.Module"):
        watch(*args)


def test_a_wrong_level_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed are info, warning, error, raise, silent"):
        watch(mlp(2, 2), mlp(2, 2), on="loud")


# ---- log ----


def logged(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    ran = run(BY_NAME["real in [0, 1]-dcgan"].build(), 6, seed=0, out=tmp_path)
    folder = ran.watching.folder
    assert folder is not None
    return folder


def test_a_log_holds_findings_steps_and_pictures(tmp_path: Path) -> None:
    folder = logged(tmp_path)
    assert folder.parent == tmp_path
    assert folder.suffix == ".watch"
    log = read_log(folder)
    assert log.done
    assert [found["rule"] for found in log.findings] == ["range_mismatch"]
    assert {"real_answer", "fake_answer", "d_loss", "d_grad_norm"} <= set(log.steps[0])
    frame = log.frames[0]
    assert frame.arrays["fake"].shape == frame.arrays["real"].shape == (16, 1, 8, 8)
    assert frame.arrays["fake"].dtype == np.uint8


def test_a_log_names_nothing_of_the_users(tmp_path: Path) -> None:
    folder = logged(tmp_path)
    text = folder.joinpath("events.jsonl").read_text(encoding="utf-8")
    assert not [
        word for word in ("UpG", "DownD", "main.0", "loops.py", os.sep + "tests", str(tmp_path)) if word in text
    ]


def test_a_torn_log_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    folder = logged(tmp_path)
    whole = read_log(folder)
    for name in ("events.jsonl", "frames.bin"):
        file = folder / name
        file.write_bytes(file.read_bytes()[:-7])
    (folder / "done").unlink()
    torn = read_log(folder)
    assert not torn.done
    assert len(torn.frames) == len(whole.frames) - 1
    assert len(torn.steps) >= len(whole.steps) - 1
    shutil.rmtree(folder / "frames.bin", ignore_errors=True)
    with pytest.raises(ValueError, match="no watch log"):
        read_log(tmp_path)


def test_a_full_disk_ends_the_log_and_not_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def full(file: int, data: bytes) -> int:
        written.append(data)
        if len(written) > 3:
            raise OSError(28, "No space left on device")
        return os.writev(file, [data])

    monkeypatch.setattr(os, "write", full)
    folder = logged(tmp_path)
    assert len(written) == 4
    assert not read_log(folder).done


def test_a_log_is_bounded_and_keeps_findings(tmp_path: Path) -> None:
    log = WatchLog.create(tmp_path, {}, limit=200_000)
    picture = np.zeros((4, 1, 32, 32), np.uint8)
    for step in range(4000):
        log.event("step", {"step": step, "d_loss": float("nan"), "player": "D"})
        log.frame(step, {}, {"fake": picture})
    log.event("finding", {"rule": "not_finite"})
    log.end({})
    assert sum(file.stat().st_size for file in log.folder.iterdir()) < 300_000
    read = read_log(log.folder)
    assert len(read.findings) == 1
    assert read.steps[-1]["step"] > 3000
    assert json.loads(log.folder.joinpath("events.jsonl").read_text().splitlines()[1])["d_loss"] is None


def test_the_log_is_read_without_torch() -> None:
    import subprocess
    import sys

    code = "import sys, gan_core.watching.log, gan_core.watching; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ---- command ----


def command(tmp_path: Path, source: str, *words: str) -> int:
    script = tmp_path / "train.py"
    script.write_text(source, encoding="utf-8")
    torch.manual_seed(0)
    with pytest.raises(SystemExit) as stop:
        main(["watch", *words, str(script), "9"])
    return int(stop.value.code or 0)


def test_the_command_watches_a_script_without_a_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path, SCRIPT) == 0
    out = capsys.readouterr().out
    assert "to the end" in out
    assert "nothing found" in out
    assert "D bce_logits, G bce_logits" in out


def test_the_command_stops_after_its_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path, SCRIPT, "--steps", "4", "--json") == 0
    out = capsys.readouterr().out
    assert "to the end" not in out
    assert json.loads(out)["summary"]["steps_g"] == 4


def test_the_commands_status_says_what_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(tmp_path, SCRIPT.replace("bce(D(fake), one)", "bce(D(fake), zero)")) == 1
    assert "same_goal" in capsys.readouterr().err
    assert command(tmp_path, SCRIPT.replace('print("to the end")', "raise OSError('no more')")) == 3
    assert "no more" in capsys.readouterr().err
    assert command(tmp_path, SCRIPT.replace("D(", "D.forward(").replace("G(", "G.forward(")) == 4
    assert "were seen" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["watch", str(tmp_path / "none.py")])
    assert stop.value.code == 2
