"""A script that is watched without a change: who is G and who is D is told by whose output goes where.

While nobody is known, a global hook follows the calls of modules that no other module called. A module whose output
reaches another one's input feeds it. Once every parameter of both has been stepped by an optimiser, those that feed are
generators; those that are fed, feed nobody and are also called with what no module made, real samples, are
discriminators.
"""

from __future__ import annotations

import runpy
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_post_hook

from gan_core.watching import session
from gan_core.watching.capture import Stop, leads_to
from gan_core.watching.evidence import keys
from gan_core.watching.players import largest
from gan_core.watching.session import Summary, Watch, watch

__all__ = ["Outcome", "run_script"]

PATIENCE: Final = 400
"""Steps of optimisers after which the search for the players ends."""


class Outcome:
    """Outcome of a script.

    Attributes:
        summary: Of the watch; None if no players were found.
        error: What the script raised, if it failed.
        status: The exit status: 0 nothing found, 1 a finding, 3 the script failed, 4 nothing of G or D was seen.
        html: The report, for one file.
    """

    def __init__(self, summary: Summary | None, error: BaseException | None, fail_on: str, html: str = "") -> None:
        self.summary = summary
        self.html = html
        self.error = error
        levels = {"error": ("error",), "warning": ("error", "warning")}[fail_on]
        found = summary is not None and any(f.severity in levels for f in summary.findings)
        blind = summary is None or not summary.seen or not (summary.steps_g or summary.steps_d)
        self.status = 1 if found else 3 if error is not None else 4 if blind else 0


class _Finder:
    """Looks for the players among a script's modules."""

    def __init__(self, on: str, out: Path | None, steps: int | None) -> None:
        self.watch: Watch | None = None
        self._settings = {"on": on, "out": out}
        self._steps = steps
        self._depth = 0
        self._modules: dict[int, weakref.ref[nn.Module]] = {}
        self._made: dict[bytes, int] = {}
        self._feeds: dict[int, set[int]] = {}
        self._free: set[int] = set()
        self._stepped: set[int] = set()
        self._n = 0
        self._found: tuple[list[nn.Module], list[nn.Module]] | None = None
        self._due = False
        self._handles = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
            register_optimizer_step_post_hook(self._step),
        ]

    def close(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _enter(self, module: nn.Module, args: Any) -> None:
        self._depth += 1
        if self._depth == 1 and self._due:
            self._begin()

    def _begin(self) -> None:
        """Watch the players that were found, or go along with the watch that the script has begun itself.

        Not in the hook of a step, where they are found: torch is walking through the hooks of all optimizers there.
        """
        self._due = False
        self.close()
        own = next(iter(session._ALIVE.values()), None)
        if own is not None:
            self.watch = own
        elif self._found is not None:
            self.watch = watch(*self._found, on=self._settings["on"], out=self._settings["out"])  # type: ignore[arg-type]
        if self.watch is not None:
            self.watch.until = self._until
        self._found = None

    def _leave(self, module: nn.Module, args: Any, out: Any) -> None:
        self._depth -= 1
        if self._depth or isinstance(module, nn.modules.loss._Loss) or not any(True for _ in module.parameters()):
            return
        try:
            self._called(module, args, out)
        except Exception:  # a search must not stop a script
            return

    def _called(self, module: nn.Module, args: Any, out: Any) -> None:
        mine = id(module)
        self._modules[mine] = weakref.ref(module)
        x = largest(args)
        if x is not None and x.dim() >= 2:
            fed = False
            for key in prints(x):
                source = self._made.get(key)
                if source is not None and source != mine:
                    self._feeds.setdefault(source, set()).add(mine)
                    fed = True
            for source, ref in self._modules.items():
                other = ref()
                if source == mine or other is None or not x.requires_grad or x.is_leaf:
                    continue
                if leads_to(x, frozenset(id(p) for p in other.parameters())):
                    self._feeds.setdefault(source, set()).add(mine)
                    fed = True
            if not fed:
                self._free.add(mine)
        made = largest(out)
        if made is not None and made.dim() >= 2:
            if len(self._made) > 20_000:
                self._made.clear()
            self._made.update((key, mine) for key in prints(made))

    def _step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._n += 1
        self._stepped |= {id(p) for group in optimizer.param_groups for p in group["params"]}
        if self._due:
            return
        self._found = self._players()
        self._due = self._found is not None or bool(session._ALIVE) or self._n >= PATIENCE

    def _players(self) -> tuple[list[nn.Module], list[nn.Module]] | None:
        def owned(number: int) -> bool:
            module = self._modules[number]()
            return module is not None and any(id(p) in self._stepped for p in module.parameters())

        fed = {number for targets in self._feeds.values() for number in targets}
        judges = {number for number in fed if number in self._free and not self._feeds.get(number) and owned(number)}
        makers = {number for number, targets in self._feeds.items() if targets & judges}
        if not judges or not makers or (not all(owned(n) for n in makers) and self._n < 40):
            return None
        found = [[m for n in sorted(group) if (m := self._modules[n]()) is not None] for group in (makers, judges)]
        return found[0], found[1]

    def _until(self, watching: Watch) -> None:
        if self._steps is not None and watching.steps_g >= self._steps:
            raise Stop


def prints(x: torch.Tensor) -> list[bytes]:
    """Fingerprints of rows, constant ones left out."""
    rows = x.detach()[:64].reshape(min(x.shape[0], 64), -1)
    places = torch.linspace(0, rows.shape[1] - 1, min(16, rows.shape[1])).round().long().to(x.device)
    values = rows.index_select(1, places).float().cpu().numpy()
    return [key for key, row in zip(keys(values), values, strict=True) if np.ptp(row) > 0]


def run_script(
    script: Path, args: Sequence[str], *, on: str, out: Path | None, steps: int | None, fail_on: str
) -> Outcome:
    """Run a script as `python script.py ARGS` does, and watch it.

    Args:
        script: The file.
        args: Words after it.
        on: Least severe finding that is printed at once.
        out: Folder for a watch log.
        steps: Steps of G after which the script is stopped; to its end if None.
        fail_on: Least severe finding that makes the status 1.
    """
    argv, path = sys.argv, list(sys.path)
    sys.argv = [str(script), *args]
    sys.path.insert(0, str(script.resolve().parent))
    finder = _Finder(on, out, steps)
    error: BaseException | None = None
    try:
        runpy.run_path(str(script), run_name="__main__")
    except Stop:
        pass
    except SystemExit as stop:
        error = stop if stop.code not in (None, 0) else None
    except Exception as raised:  # whatever the script raised is its result
        error = raised
    finally:
        finder.close()
        sys.argv, sys.path[:] = argv, path
    if finder.watch is None:
        return Outcome(None, error, fail_on)
    summary = finder.watch.summary()
    finder.watch.close()
    return Outcome(summary, error, fail_on, finder.watch.html())
