"""Transfer: a run of another config begins with the networks of a run that there is.

A change of the objective, the penalties, the optimisers, the batch or the data leaves the networks' tensors as they
are, so the new game can be played on with the old players. Weights and buffers are taken over where name, shape and
type agree; layers that hold no tensor, such as dropout, do not count in the names. All else begins as the new config
says: the other tensors, the optimisers' memories, the random streams, the average's ramp, what replay and lookahead
remember, the history and the number of steps.

Such a run is its config plus those tensors. A link or a script can give the config alone, so the run says in its
first intervention where it comes from (`gan_core.config.Origin`); a checkpoint holds all of it and goes on bit for bit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gan_core.config import Origin, RunConfig
from gan_core.errors import CheckpointError
from gan_core.game.networks import build_discriminator, build_generator
from gan_core.game.streams import streams
from gan_core.training.players import Game


@dataclass(frozen=True)
class Learned:
    """Tensors with which a new run can begin.

    Attributes:
        tensors: By network (``"generator"``, ``"discriminator"``, ``"ema"``) and name: those that fit.
        origin: Where they are from and how many of how many fit, as plain values.
    """

    tensors: Mapping[str, Mapping[str, Tensor]]
    origin: Origin

    @property
    def nothing(self) -> bool:
        """True if no tensor fits."""
        return not any(self.tensors.values())


def learned(state: Mapping[str, Any], config: RunConfig) -> Learned:
    """Collect the tensors of a state with which a run of ``config`` can begin; neither is changed.

    Args:
        state: From `Trainer.state_dict`, of a run of any config.
        config: Of the run that is to begin.

    Returns:
        The tensors that fit: of G and D, and of the average if both runs have one. Where the state has none, or its
        run did not average, the average begins as a copy of G, as it does in every run.

    Raises:
        CheckpointError: If the state's networks are not finite: there is nothing to keep.
    """
    rngs = streams(config.seed)
    due = {
        "generator": build_generator(config, rngs).state_dict(),
        "discriminator": build_discriminator(config, rngs).state_dict(),
    }
    if config.ema and state["ema"]:
        due["ema"] = due["generator"]
    tensors: dict[str, dict[str, Tensor]] = {}
    for part, fresh in due.items():
        given = dict(zip(_places(state[part]), state[part].values(), strict=True))
        pairs = [
            (name, tensor, given.get(place))
            for place, (name, tensor) in zip(_places(fresh), fresh.items(), strict=True)
        ]
        tensors[part] = {name: old for name, tensor, old in pairs if old is not None and _alike(old, tensor)}
        for name, tensor in tensors[part].items():
            if not torch.isfinite(tensor).all():
                raise CheckpointError(
                    f"the run's networks are no longer finite ({part}.{name}), so nothing can be kept of them: "
                    "go back to an earlier moment, or begin anew"
                )
    kept = {part: (len(found), len(due[part])) for part, found in tensors.items()}
    step = int(state["counters"]["step"])
    return Learned(tensors, Origin.model_validate({"step": step, "weights": _fingerprint(tensors), "kept": kept}))


def into_new_game(game: Game, what: Learned) -> None:
    """Put what was learned into a game that has not begun yet."""
    _take(game.generator, what.tensors["generator"])
    _take(game.discriminator, what.tensors["discriminator"])
    if game.ema is not None:
        _take(game.ema.network, game.generator.state_dict())
        _take(game.ema.network, what.tensors.get("ema", {}))
    if game.lookahead is not None:
        game.lookahead.restart()


def _take(network: torch.nn.Module, tensors: Mapping[str, Tensor]) -> None:
    network.load_state_dict(tensors, strict=False)


def _places(names: Iterable[str]) -> list[str]:
    """Names with their layers counted anew: ``layers.0``, ``layers.3``, ``layers.6`` become 0, 1 and 2."""
    paths = [name.split(".") for name in names]
    numbers: dict[tuple[str, ...], set[int]] = {}
    for path in paths:
        for i, part in enumerate(path):
            if part.isdecimal():
                numbers.setdefault(tuple(path[:i]), set()).add(int(part))
    rank = {(*stem, str(n)): str(i) for stem, found in numbers.items() for i, n in enumerate(sorted(found))}
    return [".".join(rank.get(tuple(path[: i + 1]), part) for i, part in enumerate(path)) for path in paths]


def _alike(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype


def _fingerprint(tensors: Mapping[str, Mapping[str, Tensor]]) -> str:
    digest = hashlib.sha256()
    for part in sorted(tensors):
        for name, tensor in sorted(tensors[part].items()):
            digest.update(f"{part}.{name} {list(tensor.shape)};".encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
