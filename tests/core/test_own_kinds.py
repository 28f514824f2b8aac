"""Data that people bring, of all kinds: hundreds of files and folders from a seed, each read as it is or refused."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from benchmarks.own_kinds import KINDS, Case, cases, verdict


@functools.cache
def made() -> list[Case]:
    return cases(0)


def test_there_are_hundreds_of_cases_and_each_has_its_name() -> None:
    assert len(made()) >= 300
    assert len({(case.kind, case.name) for case in made()}) == len(made())
    assert {case.kind for case in made()} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_of_a_kind_is_read_or_refused_as_it_should_be(kind: str) -> None:
    found = {case.name: verdict(case) for case in made() if case.kind == kind}
    assert not {name: wrong for name, wrong in found.items() if wrong}


def named(kind: str, name: str) -> Case:
    return next(case for case in made() if (case.kind, case.name) == (kind, name))


def test_a_case_that_is_read_wrongly_is_seen() -> None:
    grey, colour = (named("kinds of pixels", name) for name in ("grey", "colour"))
    assert "levels" in verdict(replace(grey, files=colour.files))
    assert "not said" in verdict(replace(grey, said=("they are blue",)))
    assert "not refused" in verdict(replace(grey, refused="too large"))
    table = named("tables", "commas, names, decimal .")
    assert "off by" in verdict(replace(table, files=((table.files[0][0], table.files[0][1].replace(b"1", b"2")),)))
    assert "refused" in verdict(replace(table, files=(("a.csv", b"1"),)))
    healthy = named("faults that are named", "ring: none")
    assert "found" in verdict(replace(healthy, files=named("faults that are named", "ring: copies").files))
