"""When a watch looks: also where every look costs more than it may."""

from __future__ import annotations

import itertools
from pathlib import Path

import torch
from torch import nn

from gan_core.watching import read_log
from gan_core.watching.session import Watch


def test_a_log_has_losses_of_both_players_even_where_no_look_can_be_afforded(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator, critic = nn.Linear(2, 2), nn.Linear(2, 1)
    g_opt, d_opt = torch.optim.SGD(generator.parameters(), 1e-3), torch.optim.SGD(critic.parameters(), 1e-3)
    loss = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(4, 1), torch.zeros(4, 1)
    ticks = itertools.count()
    watch = Watch([generator], [critic], on="silent", out=tmp_path, clock=lambda: 0.0, work=lambda: float(next(ticks)))
    for _ in range(110):
        d_opt.zero_grad()
        (loss(critic(torch.randn(4, 2)), ones) + loss(critic(generator(torch.randn(4, 2)).detach()), zeros)).backward()
        d_opt.step()
        for _ in range(5):  # D's turn comes at every fifth step of G
            g_opt.zero_grad()
            loss(critic(generator(torch.randn(4, 2))), ones).backward()
            g_opt.step()
    watch.close()
    steps = read_log(next(tmp_path.glob("*.watch"))).steps
    for player in ("G", "D"):
        seen = [step["step"] for step in steps if step["player"] == player and step["step"] > 12]
        assert len({step // 100 for step in seen}) >= 3, seen  # about 120, 250 and 510
        assert max(seen) > 400, seen
    assert sum(step["step"] > 12 for step in steps) < 40, "few are sure"
