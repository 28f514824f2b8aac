from __future__ import annotations

import itertools
import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.record.history import ABOUT, LOSSES, QUANTITIES, History, StepStats
from tests.full import FULL

ZERO = StepStats(1, *[0.0] * len(QUANTITIES))


def stats(step: int, value: float = 0.0, g_grad_norm: float = 0.0) -> StepStats:
    return replace(ZERO, step=step, d_loss=value, g_grad_norm=g_grad_norm)


def filled(values: list[float], capacity: int = 8) -> History:
    history = History(capacity)
    for step, value in enumerate(values, 1):
        history.add(stats(step, value, g_grad_norm=-value))
    return history


def test_values_stand_in_the_order_of_the_quantities() -> None:
    numbered = StepStats(0, *map(float, range(len(QUANTITIES))))
    assert numbered.values == tuple(getattr(numbered, name) for name in QUANTITIES)
    assert numbered.values == tuple(map(float, range(len(QUANTITIES))))


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_step_with_a_number_that_is_none_has_diverged(name: str, value: float) -> None:
    assert ZERO.finite
    derived = {"real_prob", "fake_prob", "real_accuracy", "fake_accuracy"}  # finite or NaN with their logits
    changed = StepStats(1, *(value if name == other else 0.0 for other in QUANTITIES))
    assert changed.finite == (name in derived)


def test_what_is_known_of_a_number_stands_beside_it() -> None:
    assert list(ABOUT) == list(QUANTITIES) == [field.name for field in fields(StepStats)][1:]
    assert LOSSES == ("d_loss", "g_loss")
    assert len({about.label for about in ABOUT.values()}) == len(ABOUT)
    assert ZERO.as_dict() == {"step": 1} | dict.fromkeys(QUANTITIES, 0.0)


def test_opposite_infinities_do_not_cancel() -> None:
    assert not replace(ZERO, d_loss=math.inf, g_loss=-math.inf).finite
    assert replace(ZERO, d_loss=1e308, g_loss=-1e308, penalty=1e308).finite


def test_a_short_history_is_kept_as_it_is() -> None:
    curves = filled([3, 1, 2]).curves()
    assert curves["curve_step"].tolist() == [1, 2, 3]
    for name in ("d_loss_mean", "d_loss_min", "d_loss_max"):
        assert curves[name].tolist() == [3, 1, 2]


def test_an_empty_history_has_empty_curves() -> None:
    history = History()
    assert {len(curve) for curve in history.curves().values()} == {0}
    assert history.peak("d_loss") == 0
    assert len(history) == 0


def test_curves_are_means_and_bands_where_they_are_wanted() -> None:
    curves = filled([3, 1, 2]).curves(bands=("g_loss",))
    assert set(curves) == {"curve_step", "g_loss_mean", "g_loss_min", "g_loss_max", *QUANTITIES} - {"g_loss"}
    assert {curve.dtype for curve in curves.values()} == {np.dtype(np.float32)}


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=400), st.sampled_from([4, 8, 14]))
def test_no_peak_is_lost_and_means_are_exact(values: list[float], capacity: int) -> None:
    history = filled(values, capacity)
    curves = history.curves()
    assert len(history) == len(values)
    assert len(curves["curve_step"]) <= capacity + 1
    starts = [0, *curves["curve_step"].astype(int)]
    assert starts[-1] == len(values)
    for i, (start, end) in enumerate(itertools.pairwise(starts)):
        bucket = values[start:end]
        assert curves["d_loss_min"][i] == min(bucket)
        assert curves["d_loss_max"][i] == max(bucket)
        assert curves["d_loss_mean"][i] == pytest.approx(math.fsum(bucket) / len(bucket), rel=1e-6, abs=1e-6)
    assert history.peak("d_loss") == max(values)
    assert history.peak("g_grad_norm") == max(-v for v in values)


def test_all_buckets_but_the_open_one_hold_equally_many_steps() -> None:
    widths = np.diff([0, *filled([0.0] * 1000, 8).curves()["curve_step"]])
    assert len(set(widths[:-1])) == 1
    assert widths[-1] <= widths[0]


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100])
def test_a_history_goes_on_from_its_state(length: int) -> None:
    values = [math.sin(i) for i in range(150)]
    whole, part, resumed = filled(values), filled(values[:length]), filled([9.0] * 30)
    resumed.load_state_dict(part.state_dict())
    for step in range(length, 150):
        resumed.add(stats(step + 1, values[step], g_grad_norm=-values[step]))
    for name, curve in whole.curves().items():
        np.testing.assert_array_equal(resumed.curves()[name], curve)
    assert len(resumed) == 150


def test_a_state_is_a_copy() -> None:
    history = filled([1, 2, 3])
    state = history.state_dict()
    history.add(stats(4, 99))
    assert state["high"].max() == 3


def test_a_state_of_another_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        History(8).load_state_dict(History(10).state_dict())


@pytest.mark.parametrize("capacity", [0, 2, 5, -4])
def test_a_capacity_that_cannot_be_halved_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match="an even number of at least 4"):
        History(capacity)


@pytest.mark.slow
def test_many_steps_take_no_more_room_than_a_thousand_and_keep_their_one_peak() -> None:
    history = History()
    quiet, peak = stats(1, 0.5), stats(1, 1e6)
    n_bytes = sum(array.nbytes for array in history.state_dict().values())
    n_steps = 1_000_000 if FULL else 200_000
    for step in range(n_steps):
        history.add(peak if step == 154_321 else quiet)
    assert len(history) == n_steps
    assert sum(array.nbytes for array in history.state_dict().values()) == n_bytes
    curves = history.curves()
    assert len(curves["d_loss_max"]) <= 401
    assert (curves["d_loss_max"] > 1).sum() == 1
    assert curves["d_loss_max"].max() == history.peak("d_loss") == 1e6
