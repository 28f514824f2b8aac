"""The lessons' runs behave as their texts say, and their texts say what the runs did."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gan_core import Trainer
from gan_core.experiments.lessons import LESSONS, Log, Watched, facts_of, lessons
from gan_core.experiments.lessons.modes import occupancy

NAMES = [lesson.name for lesson in LESSONS]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.full if name in ("digits", "cure", "collapse", "made-up") else ())
        for name in NAMES
    ],
)
def test_a_lesson_shows_what_it_is_meant_to_show(name: str) -> None:
    lesson = lessons()[name]
    trainer = Watched(lesson.config())
    for _ in range(lesson.stop_at):
        trainer.step()
    found = facts_of(name, trainer)
    assert found.held, found.words
    other = {f"other_{word}": "1" for word in found.words} if lesson.beside else {}
    answer = lesson.answer.format_map({**found.words, **other})
    assert not re.search(r"[{}]|nan|inf", answer)
    assert trainer.step_count == lesson.stop_at == len(trainer.log.stats)


def test_watching_changes_no_number() -> None:
    config = lessons()["collapse"].config().changed({"batch_size": 16})
    watched, plain = Watched(config), Trainer(config)
    assert [watched.step() for _ in range(5)] == [plain.step() for _ in range(5)]


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_its_words(name: str) -> None:
    lesson = lessons()[name]
    assert len(lesson.choices) >= 3
    assert 0 <= lesson.right < len(lesson.choices)
    assert lesson.question


def test_no_mode_of_a_ring_is_near_before_the_first_step() -> None:
    log = Watched(lessons()["collapse"].config()).log
    assert not log.near[0].any()


def test_a_judge_is_surer_of_real_digits_than_of_noise() -> None:
    trainer = Watched(lessons()["digits"].config())
    found = facts_of("digits", trainer)
    assert not found.held
    assert float(found.words["of_real"].strip("%")) > 70 > 2 * float(found.words["of_walk"].strip("%"))
    assert found.walk is not None
    np.testing.assert_array_equal(found.walk[0][[0, -1]], found.walk[1][[0, -1]])


def test_a_lesson_stands_beside_one_that_differs_in_one_thing() -> None:
    (cure,) = [lesson for lesson in lessons().values() if lesson.beside]
    assert lessons()[cure.beside].config().differences(cure.config()) == {"packing": 2}


def test_samples_are_counted_near_a_mode_and_not_where_it_is_only_the_nearest() -> None:
    log = Log()
    everywhere = np.repeat(np.arange(8), 32)
    thinner = everywhere.copy()
    thinner[everywhere == 3] = [3] * 10 + [4] * 22
    log.owners = [np.zeros(256, int), everywhere, thinner]
    log.near = [np.zeros(256, bool), np.ones(256, bool), np.ones(256, bool)]
    assert occupancy(log).tolist() == [[0] * 8, [32] * 8, [32, 32, 32, 10, 54, 32, 32, 32]]
