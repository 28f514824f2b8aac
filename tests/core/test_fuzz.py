"""Mutated files over every reader: nothing but good data or clean refusals. `benchmarks.fuzz` tries thousands."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz import READERS, Reader, mutated, outcome
from gan_core.data.own_data import OwnData
from gan_core.errors import DataError

every_reader = pytest.mark.parametrize("name", READERS)


@every_reader
def test_the_files_that_are_mutated_are_valid(name: str) -> None:
    reader = READERS[name]
    assert {outcome(reader, seed) for seed in reader.seeds} == {"read"}


@every_reader
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_mutated_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    reader = READERS[name]
    luck = data.draw(st.randoms(use_true_random=False))
    assert outcome(reader, mutated(reader, luck)) in ("read", "refused")


@every_reader
@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    reader = READERS[name]
    assert outcome(reader, content) in ("read", "refused")
    assert outcome(reader, reader.seeds[0][:12] + content) in ("read", "refused")


def test_mutations_reach_behind_the_first_check() -> None:
    for name, reader in READERS.items():
        luck = random.Random(1)
        results = {outcome(reader, mutated(reader, luck)) for _ in range(300)}
        assert results == {"read", "refused"}, name


def breaks(content: bytes) -> OwnData:
    raise KeyError("shape")


def rambles(content: bytes) -> OwnData:
    raise DataError("one line\nand another")


@pytest.mark.parametrize("read", [breaks, rambles])
def test_the_fuzzer_sees_what_is_not_clean(read: type[OwnData]) -> None:
    assert outcome(Reader((b"",), read), b"") not in ("read", "refused")
