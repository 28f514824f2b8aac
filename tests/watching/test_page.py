"""The report of a watched loop: in a notebook, where it is updated; as one file; and with text that is only text."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gan_core import __main__ as cli
from gan_core.watching import Watch, watch
from gan_core.watching.log import WatchLog
from gan_core.watching.page import watched_page
from gan_core.watching.record import WatchedRun


def loop(steps: int, *, mended: bool, out: Path | None = None, before: Any = None) -> Watch:
    """A small GAN's loop, with its `zero_grad` or without it."""
    g, d = nn.Sequential(nn.Linear(4, 2)), nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Flatten(0))
    opt_g, opt_d = torch.optim.Adam(g.parameters(), 1e-3), torch.optim.Adam(d.parameters(), 1e-3)
    bce = nn.BCEWithLogitsLoss()
    rng = torch.Generator().manual_seed(0)
    watching = watch(g, d, on="silent", out=out)
    if before is not None:
        before(watching)
    for _ in range(steps):
        fake = g(torch.randn(16, 4, generator=rng))
        if mended:
            opt_d.zero_grad()
        real = torch.randn(16, 2, generator=rng)
        (bce(d(real), torch.ones(16)) + bce(d(fake.detach()), torch.zeros(16))).backward()
        opt_d.step()
        opt_g.zero_grad()
        bce(d(fake), torch.ones(16)).backward()
        opt_g.step()
    watching.close()
    return watching


def test_the_report_names_the_finding_and_draws_the_curves() -> None:
    shown = loop(6, mended=False)._repr_html_()
    assert "Gradients of earlier steps" in shown
    assert "<code>opt.zero_grad()" in shown
    assert shown.count("<polyline") == 6
    assert "Nothing found." in loop(6, mended=True)._repr_html_()


class Handle:
    """A display of a notebook."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def update(self, thing: Watch) -> None:
        self.seen.append(thing._repr_html_())
        if len(self.seen) == 2:
            raise RuntimeError("the notebook is gone")


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Handle:
    made = Handle()
    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = object  # type: ignore[attr-defined]
    display.display = lambda *_, **__: made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return made


def test_in_a_notebook_the_report_is_updated_and_a_lost_notebook_stops_no_loop(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_core.watching.session.SHOW_EVERY", 0.0)
    watching = loop(30, mended=True, before=lambda w: w.show())
    assert len(handle.seen) == 2
    assert watching.steps_g == 30
    assert handle.seen[0] != handle.seen[1]


def test_without_a_notebook_the_summary_is_printed_and_ipython_is_not_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    loop(3, mended=True, before=lambda w: w.show())
    assert "nothing of G or D was seen" in capsys.readouterr().err
    assert "IPython" not in sys.modules


def test_a_log_becomes_one_page_with_pictures_and_text_is_text(tmp_path: Path) -> None:
    log = WatchLog.create(tmp_path, {})
    rng = np.random.default_rng(0)
    for step in range(1, 20):
        log.event("step", {"step": step, "d_loss": 1.0 + step, "g_loss": 0.5})
        log.frame(step, {}, {"fake": rng.uniform(-1, 1, (9, 1, 8, 8)).astype(np.float32)})
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    words = dict.fromkeys(("rule", "headline", "evidence", "mend"), evil)
    log.event("finding", {"step": 4, "severity": "error", **words})
    page = watched_page(WatchedRun(log.folder), evil).decode()
    assert "<script" not in page
    assert not re.search(r"<[^>]*onerror", page)
    assert "&lt;script&gt;" in page
    assert page.count("data:image/png;base64,") == 3
    assert "since step 4" in page


def test_the_command_writes_the_report_as_a_page(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import torch\nfrom torch import nn\n"
        "g, d = nn.Linear(4, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))\n"
        "a, b = (torch.optim.SGD(m.parameters(), 0.1) for m in (g, d))\nbce = nn.BCEWithLogitsLoss()\n"
        "for _ in range(6):\n"
        "    fake = g(torch.randn(8, 4)); b.zero_grad()\n"
        "    (bce(d(torch.randn(8, 2)), torch.ones(8)) + bce(d(fake.detach()), torch.zeros(8))).backward(); b.step()\n"
        "    a.zero_grad(); bce(d(fake), torch.ones(8)).backward(); a.step()\n"
    )
    with pytest.raises(SystemExit) as end:
        cli.main(["watch", "--html", str(tmp_path / "p.html"), str(script)])
    assert end.value.code == 0
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<title>train.py, watched</title>" in page
    assert "Nothing found." in page
