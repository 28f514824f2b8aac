"""Experience replay: D learns from past fakes as well (Shrivastava et al., arXiv:1612.07828).

A D that forgets where G was lets it come back there, and the two run in circles. Half of the fakes of each D update
come from a store of past ones; those whose place they took go into the store instead.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor


class Replay:
    """A store of past fakes.

    Args:
        n_batches: How many batches it holds.
        batch: Shape of all fakes of one update, ``[batch, ...]``.
        rng: Source of all choices, on the CPU.
        device: Where it is.

    Attributes:
        samples: The store, ``[n_batches · batch, ...]``; zeros where nothing is yet.
        n: How many it holds.
    """

    def __init__(self, n_batches: int, batch: torch.Size, rng: Generator, device: torch.device) -> None:
        self.samples = torch.zeros(n_batches * batch[0], *batch[1:], device=device)
        self.n = torch.zeros((), dtype=torch.int64)
        self._rng = rng

    def mixed(self, fresh: Tensor, n: int) -> Tensor:
        """Exchange the last ``n`` of the fresh fakes for stored ones: the batch that D learns from.

        While the store is not full the fresh ones are put beside what it holds; and while it holds fewer than ``n``
        D gets them all.

        Args:
            fresh: G's newest, ``[batch, ...]``.
            n: How many come from the store.
        """
        held, new = int(self.n), fresh[-n:]
        shown = fresh
        if held >= n:
            past = torch.randint(held, (n,), generator=self._rng).to(fresh.device)
            shown = torch.cat((fresh[:-n], self.samples[past]))
        room = min(n, len(self.samples) - held)
        if room:
            self.samples[held : held + room] = new[:room]
            self.n += room
        else:
            self.samples[torch.randperm(held, generator=self._rng)[:n].to(fresh.device)] = new
        return shown
