"""Plans for a lesson and the sheets that are printed for it."""

from __future__ import annotations

import itertools
from urllib.parse import parse_qs, urlsplit

import pytest

from gan_core.config.presets import presets
from gan_core.experiments.classroom import tasks
from gan_core.experiments.classroom.plans import PLANS, tasks_of
from gan_core.experiments.classroom.sheets import answer_key, handout
from gan_core.experiments.lessons import lessons

PLACES = {"preset": presets, "task": tasks, "lesson": lessons}


@pytest.mark.parametrize("minutes", PLANS)
def test_a_plan_fills_its_time_and_every_link_leads_somewhere(minutes: int) -> None:
    plan = PLANS[minutes]
    assert (plan[0].begin, plan[-1].end) == (0, minutes)
    assert all(one.end == two.begin for one, two in itertools.pairwise(plan))
    for part in plan:
        for name, values in parse_qs(urlsplit(part.path).query).items():
            assert name == "lock" or values[0] in PLACES[name](), part.path
        assert not part.task or part.path == f"classroom?task={part.task}"


@pytest.mark.parametrize("minutes", PLANS)
def test_a_hand_out_gives_nothing_away_and_the_key_says_what_is_right(minutes: int) -> None:
    keys = [tasks()[name] for name in tasks_of(minutes)]
    links = [f"http://here/classroom?task={key.task.name}" for key in keys]
    given = handout(keys, links, "Tasks")
    told = answer_key(keys, links, "Answers", [(part, part.path) for part in PLANS[minutes]])
    assert "Right:" not in given
    assert "class=right" not in given
    assert told.count("class=right") == sum(len(key.answers) for key in keys) > 0
    for key, link in zip(keys, links, strict=True):
        for page in (given, told):
            assert key.task.title in page
            assert link in page
    assert all(f"{part.begin} to {part.end}" in told for part in PLANS[minutes])
