from __future__ import annotations

import itertools

import pytest
import torch

from gan_core.game.streams import PURPOSES, stream, streams


def draw(rng: torch.Generator) -> tuple[float, ...]:
    return tuple(torch.rand(4, generator=rng).tolist())


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_stream_is_fixed_by_seed_and_purpose(purpose: str) -> None:
    assert draw(stream(7, purpose)) == draw(stream(7, purpose))
    assert draw(stream(7, purpose)) == draw(streams(7)[purpose])


def test_no_two_streams_are_alike() -> None:
    seeds = (0, 1, 2, 11, 2**31 - 1)
    draws = {draw(stream(seed, purpose)) for seed, purpose in itertools.product(seeds, PURPOSES)}
    assert len(draws) == len(seeds) * len(PURPOSES)


def test_one_stream_does_not_move_another() -> None:
    untouched, used = streams(3), streams(3)
    draw(used["penalty"])
    assert draw(used["z"]) == draw(untouched["z"])


def test_an_unknown_purpose_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="there are: init_g, init_d, data, z"):
        stream(0, "luck")


def test_streams_leave_the_global_random_state_alone() -> None:
    torch.manual_seed(4711)
    before = torch.get_rng_state()
    draw(stream(0, "z"))
    assert torch.equal(torch.get_rng_state(), before)
