"""The verdict on the Train page: a cure that is tried, and a run that pauses by itself when something happens."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from gan_core.diagnosis import Evidence, Finding
from gan_core.diagnosis.report import Report
from pages.ui.commands import PauseAtFailure, TryCure, parse
from pages.ui.presence import Rooms, Visit
from tests.pages import test_commands as commands
from tests.pages.conftest import Seen, host_of
from tests.pages.test_commands import Do

rooms, visit, runner, effects, do = commands.rooms, commands.visit, commands.runner, commands.effects, commands.do


def finding(*cures: dict[str, object], since: int = 5) -> Finding:
    return Finding("mode_collapse", "bad", since, (Evidence("missing", 0.9, 0.25, "Gone."),), "So it is.", cures)


def tell(runner: Seen, findings: Sequence[Finding]) -> None:
    runner.behind.report(Report(runner.run, runner.step, {}, findings))
    assert runner.wait(lambda r: bool(r.frame()) and list(r.findings) == list(findings))


def test_a_cure_that_needs_it_begins_the_run_anew_with_the_same_seed(do: Do, runner: Seen) -> None:
    do("pause")
    tell(runner, [finding({"packing": 2}, {"generator.width": 16, "generator.depth": 1})])
    seed = runner.config.seed
    said = do("cure", value=1)
    assert runner.wait(lambda r: r.run == 2 and r.state == "playing")
    assert (runner.config.generator.width, runner.config.packing, runner.config.seed) == (16, 1, seed)
    assert "from the beginning" in said
    assert "width = 16" in said
    assert runner.findings == (), "a new run begins without"


def test_a_live_cure_goes_on_from_where_the_failure_began(do: Do, runner: Seen, visit: Visit) -> None:
    assert runner.wait(lambda r: bool(r.frame()) and r.step > 20 and Seen(visit).kept(10**6) is not None)
    do("pause")
    assert runner.wait(lambda r: r.state == "paused")
    found = Seen(visit).kept(runner.step)
    assert found is not None
    tell(runner, [finding({"lr_g": 1e-5, "g_steps": 2}, since=found[0])])
    do("cure", value=0)
    assert runner.wait(lambda r: r.state == "playing" and r.config.g_steps == 2)
    assert runner.config.lr_g == 1e-5
    assert runner.interventions[-1].changes == {"lr_g": 1e-5, "g_steps": 2}
    assert runner.interventions[-1].step == found[0]


def test_a_cure_that_is_no_longer_offered_does_nothing(do: Do, runner: Seen) -> None:
    run, config = runner.run, runner.config
    said = do("cure", value=0)
    assert "nothing to cure" in said
    assert (runner.run, runner.config) == (run, config)


def test_a_run_pauses_by_itself_when_that_was_asked_for(do: Do, runner: Seen, rooms: Rooms) -> None:
    alarm = host_of(rooms).monitor._alarms
    do("alarm", value=True)
    alarm[runner.behind](finding())
    assert runner.wait(lambda r: r.state == "paused")
    do("alarm", value=False)
    assert runner.behind not in alarm


@pytest.mark.parametrize(
    ("name", "value"),
    [("cure", None), ("cure", -1), ("cure", 10), ("cure", 0.5), ("cure", True), ("cure", math.nan), ("cure", "0"),
     ("alarm", None), ("alarm", 1), ("alarm", "on")],
)  # fmt: skip
def test_nonsense_is_no_command(name: str, value: object) -> None:
    assert parse({"name": name, "value": value, "n": 1}) is None


def test_what_the_verdict_asks_for_is_understood() -> None:
    assert parse({"name": "cure", "value": 2.0, "n": 1}) == TryCure(value=2, n=1)
    assert parse({"name": "alarm", "value": True, "n": 1}) == PauseAtFailure(value=True, n=1)
