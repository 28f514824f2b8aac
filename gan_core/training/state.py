"""State: what a run can go on from, bit for bit, as plain tensors and plain data."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from gan_core.config import Intervention, RunConfig, parse_config
from gan_core.errors import CheckpointError
from gan_core.training.players import N_NUMBERS_D, N_NUMBERS_G, Game


def of_game(game: Game) -> dict[str, Any]:
    """Copy all tensors that later updates depend on."""
    return {
        "generator": copy.deepcopy(game.generator.state_dict()),
        "discriminator": copy.deepcopy(game.discriminator.state_dict()),
        "ema": None if game.ema is None else copy.deepcopy(game.ema.network.state_dict()),
        "opt_g": game.opt_g.state_dict(),
        "opt_d": game.opt_d.state_dict(),
        "rngs": {purpose: rng.get_state() for purpose, rng in game.rngs.items()},
        "methods": {name: tensor.clone() for name, tensor in _remembered(game).items()},
        "numbers": torch.cat((game.numbers_d, game.numbers_g, game.penalty.view(1))).cpu(),
    }


def counters(game: Game) -> dict[str, int]:
    """Return the game's counters."""
    n_averaged = 0 if game.ema is None else game.ema.n_updates
    return {"step": game.n_steps, "d_updates": game.n_updates_d, "ema_updates": n_averaged}


def _remembered(game: Game) -> dict[str, Tensor]:
    """Return the tensors (not copies) that the methods in use remember, by name."""
    tensors: dict[str, Tensor] = {}
    if game.replay is not None:
        tensors |= {"replay.samples": game.replay.samples, "replay.n": game.replay.n}
    if game.lookahead is not None:
        tensors |= {f"lookahead.{i}": tensor for i, tensor in enumerate(game.lookahead.slow)}
        tensors["lookahead.n"] = game.lookahead.n
    return tensors


def into_game(game: Game, given: Mapping[str, Any]) -> None:
    """Take over what `of_game` and `counters` gave.

    Args:
        game: Already retuned to the config that the state is of.
        given: A trainer's whole state.
    """
    game.generator.load_state_dict(given["generator"])
    game.discriminator.load_state_dict(given["discriminator"])
    if game.ema is not None:
        game.ema.network.load_state_dict(given["ema"])
        game.ema.n_updates = int(given["counters"]["ema_updates"])
    game.opt_g.load_state_dict(given["opt_g"])
    game.opt_d.load_state_dict(given["opt_d"])
    for purpose, rng in game.rngs.items():
        rng.set_state(given["rngs"][purpose])
    for name, tensor in _remembered(game).items():
        if given["methods"][name].shape != tensor.shape:
            raise ValueError(f"{name} has another shape")
        tensor.copy_(given["methods"][name])
    numbers = given["numbers"].to(game.device)
    game.numbers_d, game.numbers_g, game.penalty = numbers.tensor_split((N_NUMBERS_D, N_NUMBERS_D + N_NUMBERS_G))
    game.penalty = game.penalty.view(())
    game.n_steps = int(given["counters"]["step"])
    game.n_updates_d = int(given["counters"]["d_updates"])


def config_after(initial: RunConfig, given: Mapping[str, Any]) -> tuple[RunConfig, list[Intervention]]:
    """Read the config that a state's run has come to, and what was done to it.

    Raises:
        CheckpointError: If the run began with another config.
    """
    config = parse_config(given["config"])
    if config != initial:
        raise CheckpointError(f"this state is of another run: {', '.join(initial.differences(config))} differ")
    interventions = [Intervention.model_validate(i) for i in given["interventions"]]
    for change in (i.changes for i in interventions if i.changes):
        config = config.changed(change)
    return config, interventions


@contextmanager
def fitting() -> Iterator[None]:
    """While a state is taken over: whatever does not fit becomes one sentence.

    Raises:
        CheckpointError: In place of any error that wrong data can cause.
    """
    try:
        yield
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        raise CheckpointError(f"this state does not fit the run: {reason}") from error
