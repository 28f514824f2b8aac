"""Runs a loop, watched or not."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import torch

from gan_core.watching.capture import Stop
from gan_core.watching.session import Summary, Watch, watch
from tests.watching.loops import Loop


@dataclass
class Ran:
    """A watched loop.

    Attributes:
        summary: Of the watch.
        after: Weights, buffers and the next random number.
        raised: What the loop raised itself.
    """

    summary: Summary
    after: list[torch.Tensor]
    raised: str
    watching: Watch


def state(modules: list[torch.nn.Module]) -> list[torch.Tensor]:
    """Weights, buffers and the next random number."""
    tensors = [value for module in modules for value in module.state_dict().values()]
    return [*tensors, torch.rand(2)]


def bare(loop: Loop, steps: int, seed: int) -> list[torch.Tensor]:
    """A loop without a watch."""
    torch.manual_seed(seed)
    return state(loop(lambda g, d: None, steps))


def run(loop: Loop, steps: int, seed: int, named: tuple[str, ...] = (), **settings: Any) -> Ran:
    """Run a loop, watched.

    Args:
        loop: The loop.
        steps: Steps of G.
        seed: Of the global random stream.
        named: Stop as soon as one of these rules has found something.
        settings: For `watch`.
    """
    torch.manual_seed(seed)
    begun: list[Watch] = []

    def until(watching: Watch) -> None:
        if any(found.rule in named for found in watching.findings):
            raise Stop

    def start(g: Any, d: Any) -> Watch:
        begun.append(watch(g, d, **{"on": "silent", **settings}))
        begun[0].until = until
        return begun[0]

    after: list[torch.Tensor] = []
    raised = ""
    try:
        with contextlib.suppress(Stop):
            after = state(loop(start, steps))
    except RuntimeError as error:  # torch stops some bugs by itself, after the watch has named them
        raised = str(error)
    summary = begun[0].summary()
    begun[0].close()
    return Ran(summary, after, raised, begun[0])
