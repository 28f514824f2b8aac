# ruff: noqa: S102  the snippets are ours
"""Every snippet of the page "Watch your own loop" runs, and its terminal session is a real one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.__main__ import main
from gan_core.watching import RULES, session
from tests.watching.loops import DIM, mlp, points

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "watch.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
SCRIPT = next(code for code in SNIPPETS if code.startswith("# train.py"))
CONSOLE = re.search(r"```console\n\$ python -m gan_core watch train\.py\n(.*?)```", PAGE, re.S)


@pytest.mark.parametrize("code", [code for code in SNIPPETS if code is not SCRIPT], ids=range(len(SNIPPETS) - 1))
def test_a_snippet_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    generator, discriminator = mlp(8, 8, DIM), mlp(DIM, 8, 1)
    names: dict[str, Any] = {
        "watch": session.watch,
        "generator": generator,
        "discriminator": discriminator,
        "opt_g": torch.optim.Adam(generator.parameters()),
        "opt_d": torch.optim.Adam(discriminator.parameters()),
        "train_set": points(80),
        "train_labels": torch.arange(80) % 4,
        "test_set": points(80),
        "real": points(),
        "fake": points(),
        "z": torch.randn(4, 8),
    }
    exec(compile(code, "docs/watch.md", "exec"), names)
    for watching in list(session._ALIVE.values()):
        watching.close()


def watched(source: str, folder: Path) -> int:
    script = folder / "train.py"
    script.write_text(source, encoding="utf-8")
    torch.manual_seed(0)
    with pytest.raises(SystemExit) as stop:
        main(["watch", str(script)])
    return int(stop.value.code or 0)


def test_the_session_in_a_terminal_is_a_real_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert CONSOLE is not None
    assert watched(SCRIPT, tmp_path) == 1
    assert capsys.readouterr().err == CONSOLE[1]
    assert watched(SCRIPT.replace("nn.BCEWithLogitsLoss()", "nn.BCELoss()"), tmp_path) == 0
    assert "nothing found" in capsys.readouterr().out


def test_every_rule_is_in_the_table() -> None:
    assert not [rule.name for rule in RULES if f"`{rule.name}`" not in PAGE]
