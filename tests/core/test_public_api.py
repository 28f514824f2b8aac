from __future__ import annotations

import pytest

import gan_core


def test_the_public_names_are_sorted_and_all_there() -> None:
    # As the linter sorts them: constants, then classes, then functions.
    def kind(name: str) -> int:
        return 0 if name.isupper() else 1 if name[0].isupper() else 2

    assert sorted(gan_core.__all__, key=lambda name: (kind(name), name)) == gan_core.__all__
    assert set(gan_core.__all__) == set(gan_core._HOMES)
    for name in gan_core.__all__:
        value = getattr(gan_core, name)
        assert getattr(value, "__name__", name) == name
    assert dir(gan_core) == sorted(gan_core.__all__)


def test_what_a_script_needs_is_there() -> None:
    from gan_core import OBJECTIVES, REGULARISERS, RunConfig, Runner, Snapshot, Trainer, preset

    names = [
        "minimax",
        "non_saturating",
        "least_squares",
        "wasserstein",
        "hinge",
        "relativistic",
        "relativistic_average",
    ]
    assert list(OBJECTIVES) == names
    assert list(REGULARISERS) == ["gradient_penalty", "lipschitz_penalty", "dragan", "r1", "r2", "r1_r2"]
    assert isinstance(preset("ring-8"), RunConfig)
    assert isinstance(Trainer(preset("ring-8")).snapshot(), Snapshot)
    assert callable(Runner)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'generator'"):
        gan_core.generator  # noqa: B018


def test_every_error_of_ours_is_caught_by_its_base() -> None:
    for name in ("ConfigError", "DataError", "CheckpointError"):
        assert issubclass(getattr(gan_core, name), gan_core.GanExplorerError)
