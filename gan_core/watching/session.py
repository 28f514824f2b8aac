"""The watch itself: hooks, evidence, rules, and who is told."""

from __future__ import annotations

import atexit
import functools
import os
import sys
import time
import weakref
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.watching import probe
from gan_core.watching.capture import Capture, Stop
from gan_core.watching.evidence import Evidence, Facts
from gan_core.watching.given import Given, ids_of, read_given
from gan_core.watching.log import NAMES_OF_CURVES, WatchLog
from gan_core.watching.players import Player, as_modules
from gan_core.watching.rules import RULES, SEVERITIES, Rule, Severity
from gan_core.watching.schedule import Schedule
from gan_core.watching.terminal import Terminal, summary_lines

__all__ = ["Finding", "Summary", "Watch", "WatchError", "watch"]

FRAME_EVERY: Final = 2.0
SHOW_EVERY: Final = 2.0
"""Seconds between two updates of a report in a notebook."""
MOST_NUMBERS: Final = 400
ON: Final = ("info", "warning", "error", "raise", "silent")
_P = ParamSpec("_P")
_R = TypeVar("_R")
_ALIVE: Final[dict[int, Watch]] = {}
"""Watches that nobody closed: `watch(G, D)` without a name lives on."""


@dataclass(frozen=True)
class Finding:
    """Finding of a rule.

    Attributes:
        rule: Name of the rule.
        severity: ``error``, ``warning`` or ``info``.
        step: G's step at which it was sure.
        headline: What is wrong, in general.
        evidence: What was seen, with its numbers.
        mend: The line of code that mends it.
    """

    rule: str
    severity: Severity
    step: int
    headline: str
    evidence: str
    mend: str


@dataclass(frozen=True)
class Summary:
    """A watch at its end.

    Attributes:
        seen: Whether steps of G and calls of D were seen at all.
        headline: The earliest error, or the earliest warning where there is none.
        checked: Rules that could tell.
        unchecked: Rules that could not, each with what it needs.
        losses: Losses as they were read, in words.
        notes: What else is worth saying.
    """

    seen: bool
    steps_g: int
    steps_d: int
    headline: Finding | None
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    unchecked: tuple[tuple[str, str], ...]
    losses: str
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(summary_lines(self))


class WatchError(RuntimeError):
    """Raised into the loop by `on="raise"` alone; its finding is in `finding`."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.headline} {finding.evidence}. Mend: {finding.mend}")
        self.finding = finding


class _Raise(Stop):
    """Carries a `WatchError` through the guard of the hooks."""

    def __init__(self, error: WatchError) -> None:
        super().__init__(str(error))
        self.error = error


class Watch:
    """A watch on two players; made by `watch`.

    Attributes:
        until: Asked after each step; may raise `Stop`.
    """

    def __init__(
        self,
        generators: list[nn.Module],
        discriminators: list[nn.Module],
        *,
        on: str,
        out: Path | None,
        clock: Callable[[], float] = time.perf_counter,
        work: Callable[[], float] = time.thread_time,
        terminal: Terminal | None = None,
        optimizers: list[frozenset[int]] | None = None,
        real: Given | None = None,
        held_out: Given | None = None,
    ) -> None:
        self._clock = clock
        self._terminal = terminal if terminal is not None else Terminal(clock)
        self._on = on
        self.until: Callable[[Watch], None] | None = None
        self._found: dict[str, Finding] = {}
        self._strikes: dict[tuple[str, str], int] = {}
        self._known: dict[str, int] = {}
        self._forms: dict[str, str] = {}
        self._notes: list[str] = []
        self._closed = False
        self._active = rank() == 0
        self._last_frame = -np.inf
        self._framed = 0
        self._numbers: dict[int, dict[str, float]] = {}
        self._numbers_every = 1
        self._handle: Any = None
        self._shown_at = -np.inf
        self._last: dict[str, float] = {}
        self._log: WatchLog | None = None
        self._capture: Capture | None = None
        players = {"D": Player("D", discriminators), "G": Player("G", generators)}
        self._players = players
        self._seen = Evidence(players, optimizers)
        self._seen.course.give(
            None if real is None else real.sketches,
            None if real is None else real.labels,
            None if held_out is None else held_out.sketches,
        )
        if not self._active:
            return
        mine = weakref.ref(self)

        def stepped() -> None:
            watching = mine()
            if watching is not None:
                watching._stepped()

        self._capture = Capture(players, stepped, work)
        self._schedule = Schedule(self._capture, self._seen.course, self._seen.forget, clock)
        if out is not None:
            self._log = WatchLog.create(out, {"torch": torch.__version__, "n_g": players["G"].n, "n_d": players["D"].n})
            self._capture.keep_pictures = True
        _ALIVE[id(self)] = self

    # ---- what a user may ask ----

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings, in order."""
        return tuple(self._found.values())

    @property
    def steps_g(self) -> int:
        """Steps of the generator so far."""
        return 0 if self._capture is None else self._capture.n_steps["G"]

    @property
    def folder(self) -> Path | None:
        """The watch log, if one is written."""
        return None if self._log is None else self._log.folder

    @property
    def spent(self) -> float:
        """Seconds inside hooks so far."""
        return 0.0 if self._capture is None else self._capture.spent

    def real(self, x: Tensor) -> Tensor:
        """Say that these samples are real, where hooks cannot tell; returns them."""
        return self._mark("real", x)

    def fake(self, x: Tensor) -> Tensor:
        """Say that these samples are fake, where hooks cannot tell; returns them."""
        return self._mark("fake", x)

    def z(self, z: Tensor) -> Tensor:
        """Say that this is the noise, where G draws it itself; returns it."""
        if self._capture is not None:
            self._capture.guarded(self._capture.noise, z)
        return z

    def _mark(self, kind: str, x: Tensor) -> Tensor:
        if self._capture is not None:
            self._capture.guarded(self._capture.mark, kind, x)
        return x

    def summary(self) -> Summary:
        """Sum up what was found, what was checked, and what could not be."""
        self._finish()
        order = {rule.name: number for number, rule in enumerate(RULES)}
        ranked = sorted(
            (found for found in self.findings if found.severity != "info"),
            key=lambda found: (SEVERITIES.index(found.severity), found.step, order[found.rule]),
        )
        steps = {"G": 0, "D": 0} if self._capture is None else self._capture.n_steps
        calls = self._seen.n_calls
        notes = [*self._notes]
        if self._active and any(steps.values()) and not all(calls.values()):
            blind = " and ".join(name for name in ("G", "D") if not calls[name])
            notes.append(
                f"steps were seen but no call of {blind}: forward() called directly, or functions without modules? "
                "Say w.real(x), w.fake(x) and w.z(z) in the loop"
            )
        if not self._active:
            notes.append(f"silent on rank {rank()}: rank 0 watches")
        if self._capture is not None and self._capture.unseen:
            notes.append(f"{len(self._capture.unseen)} hooks failed, the first: {self._capture.unseen[0]}")
        return Summary(
            seen=bool(steps["G"] + steps["D"]) and bool(calls["G"] or calls["D"]),
            steps_g=steps["G"],
            steps_d=steps["D"],
            headline=ranked[0] if ranked else None,
            findings=self.findings,
            checked=tuple(rule.name for rule in RULES if self._known.get(rule.name)),
            unchecked=tuple((rule.name, rule.needs) for rule in RULES if not self._known.get(rule.name)),
            losses=", ".join(f"{name} {form}" for name, form in self._forms.items()),
            notes=tuple(notes),
        )

    def html(self) -> str:
        """Write the report so far as HTML without script, for a notebook or, by `gan_core.watching.page`, a file."""
        from gan_core.watching.page import fragment

        steps = sorted(self._numbers)
        curves: dict[str, list[float]] = {"curve_step": [float(step) for step in steps]}
        for name, own in NAMES_OF_CURVES.items():
            curves[own] = [self._numbers[step].get(name, float("nan")) for step in steps]
        state = f"The loop {'was watched for' if self._closed else 'is at'} {self.steps_g:,} steps of G."
        return fragment(state, [asdict(found) for found in self.findings], curves, self._notes)

    def _repr_html_(self) -> str:
        return self.html()

    def show(self) -> None:
        """Show the report in a notebook, where it is updated every few seconds; elsewhere print the summary.

        Call it before the loop, in the cell of the loop. IPython is used only if it is there already.
        """
        shell = sys.modules.get("IPython")
        if shell is None or shell.get_ipython() is None:
            self._terminal.say("\n".join(summary_lines(self.summary())))
            return
        from importlib import import_module

        self._handle = import_module("IPython.display").display(self, display_id=True)
        self._shown_at = self._clock()

    def _update(self) -> None:
        self._shown_at = self._clock()
        try:
            self._handle.update(self)
        except Exception:  # a notebook that is gone is no reason to stop somebody's training
            self._handle = None

    def close(self) -> None:
        """Take the hooks away; findings and summary stay."""
        if self._closed:
            return
        self._closed = True
        self._finish()
        if self._capture is not None:
            if self._log is not None and self.steps_g > self._framed:
                self._capture.guarded(self._frame, self.steps_g)  # what the loop came to
            self._capture.close()
        if self._log is not None:
            self._log.end({"steps": self.steps_g})
        if self._handle is not None:
            self._update()
        _ALIVE.pop(id(self), None)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, loop: Callable[_P, _R]) -> Callable[_P, _R]:
        """As a decorator: the watch ends with the loop."""

        @functools.wraps(loop)
        def watched(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            with self:
                return loop(*args, **kwargs)

        return watched

    def __deepcopy__(self, memo: object) -> None:
        """Leave the watch out of a copy of a user's object that holds it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (_nothing, ())

    # ---- a step ----

    def _stepped(self) -> None:
        capture = self._capture
        if capture is None:
            return
        steps = capture.n_steps["G"]
        self._drain(wait=False)
        arrived = [parcel for parcel in capture.gaps if parcel.ready()]
        if arrived:
            self._seen.gaps += [float(parcel.array()) for parcel in arrived]
            capture.gaps.clear()
        if self._schedule.stepped(steps) or arrived:
            self._judge_course(steps)
        self._terminal.status(self._status)
        if self._handle is not None and self._clock() - self._shown_at >= SHOW_EVERY:
            self._update()
        capture.wake_at = 0 if self.until is not None else self._schedule.next_call(steps)
        if self.until is not None:
            self.until(self)

    def _drain(self, *, wait: bool) -> None:
        """Read the updates whose copies have arrived; with `wait`, all."""
        capture = self._capture
        if capture is None:
            return
        while capture.waiting and (wait or capture.waiting[0].ready()):
            update = capture.waiting.pop(0)
            self._judge(self._seen.take(update), burst=update.in_burst)

    def _finish(self) -> None:
        """Read what is left; nothing is raised outside the loop."""
        on, self._on = self._on, "error" if self._on == "raise" else self._on
        try:
            self._drain(wait=True)
            self._look_at_rest()
        finally:
            self._on = on

    def _look_at_rest(self) -> None:
        """Name what is not finite in the step that was never made."""
        rule = next(rule for rule in RULES if rule.name == "not_finite")
        if self._capture is None or rule.name in self._found:
            return
        words = self._seen.broken(self._capture.unfinished)
        if words:
            self._report(rule, self.steps_g + 1, f"the first that is not finite: {words}")

    def _judge(self, facts: Facts, *, burst: bool) -> None:
        partial = burst and not self._seen.windows
        for rule in RULES:
            if not rule.course and not (burst and (partial or not rule.lasting)):
                self._ask(rule, facts, facts.update.step)
        if facts.look is not None:
            self._judge_course(facts.update.step)
        self._note(facts)

    def _judge_course(self, step: int) -> None:
        for rule in RULES:
            if rule.course:
                self._ask(rule, self._seen.facts[-1], step)

    def _ask(self, rule: Rule, facts: Facts, step: int) -> None:
        """Ask a rule, and report what it says often enough."""
        if rule.name in self._found:
            return
        told = rule.check(facts, self._seen)
        if not told.known:
            return
        self._known[rule.name] = self._known.get(rule.name, 0) + 1
        key = rule.name, facts.player
        self._strikes[key] = self._strikes.get(key, 0) + 1 if told.words else 0
        if self._strikes[key] >= rule.confirm:
            self._report(rule, step, told.words)

    def _report(self, rule: Rule, step: int, evidence: str) -> None:
        found = Finding(rule.name, rule.severity, step, rule.headline, evidence, rule.mend)
        self._found[rule.name] = found
        if self._log is not None:
            self._log.event("finding", asdict(found))
        level = "error" if self._on == "raise" else self._on
        if level in SEVERITIES and SEVERITIES.index(rule.severity) <= SEVERITIES.index(level):
            self._terminal.finding(found)
        if self._on == "raise" and rule.severity == "error":
            raise _Raise(WatchError(found))

    def _note(self, facts: Facts) -> None:
        """Keep what the status line and the log show."""
        numbers: dict[str, float] = {}
        for kind in ("real", "fake"):
            terms = facts.of(kind)
            if terms and "D" in facts.player:
                numbers[f"{kind}_answer"] = float(np.mean([term.answer for term in terms]))
        losses = [term.loss for term in facts.terms]
        if losses and np.isfinite(losses).all():
            numbers["d_loss" if facts.player == "D" else "g_loss"] = float(np.sum(losses))
        if np.isfinite(facts.gradient):
            numbers[f"{facts.player.lower()}_grad_norm"] = facts.gradient
        for term in facts.terms:
            if term.told.form != "unknown":
                self._forms.setdefault(facts.player, f"{term.told.form}")
        self._last.update(numbers)
        self._keep(facts.update.step, numbers)
        if self._log is not None:
            self._log.event("step", {"step": facts.update.step, "player": facts.player, **numbers})
            if "G" in facts.player and self._clock() - self._last_frame >= FRAME_EVERY:
                self._last_frame = self._clock()
                self._frame(facts.update.step)

    def _keep(self, step: int, numbers: dict[str, float]) -> None:
        """Keep numbers for the curves of a report, ever fewer of the steps."""
        if step in self._numbers or step % self._numbers_every == 0:
            self._numbers.setdefault(step, {}).update(numbers)
        if len(self._numbers) > MOST_NUMBERS:
            self._numbers_every *= 2
            self._numbers = {s: v for s, v in self._numbers.items() if s % self._numbers_every == 0}

    def _frame(self, step: int) -> None:
        assert self._capture is not None
        assert self._log is not None
        self._framed = step
        generator, given = next(iter(self._players["G"].modules), None), self._capture.given
        if generator is None or given is None:
            return
        arrays = {}
        fake = probe.samples(generator, *given)
        if fake is not None:
            arrays["fake"] = fake
        if self._seen.real_pictures is not None:
            arrays["real"] = self._seen.real_pictures.astype(np.float32)
        self._log.frame(step, dict(self._last), arrays)

    def _status(self) -> str:
        assert self._capture is not None
        numbers = "  ".join(f"{name} {value:.3g}" for name, value in self._last.items())
        n = len(self._found)
        return f"watch  step {self._capture.n_steps['G']}  {numbers}  {n} finding{'s' * (n != 1)}"


def watch(
    generator: Any,
    discriminator: Any,
    *,
    optimizers: Any = None,
    real: Any = None,
    held_out: Any = None,
    labels: Any = None,
    on: str = "warning",
    out: str | Path | None = None,
) -> Watch:
    """Watch a training loop; call it before the loop, nothing is needed inside.

    Args:
        generator: The generator, or a list of them.
        discriminator: The discriminator or critic, or a list of them.
        optimizers: The optimizers, so that it is known before the first step who holds whose parameters.
        real: Training samples as D gets them: a tensor or an array ``[n, …]``, a data set, or its loader; at most 1,024
            are read, once. Without it those count that D is shown.
        held_out: Likewise, samples that are not trained on; with them copying is told.
        labels: The class of each sample of `real`, ``[n]``; with them a missing class is told.
        on: The least severe finding that is printed at once, ``"info"``, ``"warning"`` or ``"error"``; ``"silent"``
            prints none; ``"raise"`` prints and raises `WatchError` at the first error.
        out: Folder in which a watch log is written; ``GAN_EXPLORER_WATCH`` if None, and none without it.

    Returns:
        The watch: a context manager, a decorator, and `findings`, `summary()`, `close()`.

    Raises:
        TypeError: If a player is no module, an optimizer none, or samples are none.
        ValueError: If `on` is none of the five, samples are fewer than 64, or labels are not as many as samples.
    """
    if on not in ON:
        raise ValueError(f"on={on!r}; allowed are {', '.join(ON)}")
    if labels is not None and real is None:
        raise ValueError("labels without real; give the samples that they belong to")
    folder = out if out is not None else os.environ.get("GAN_EXPLORER_WATCH") or None
    return Watch(
        as_modules(generator, "generator"),
        as_modules(discriminator, "discriminator"),
        on=on,
        out=None if folder is None else Path(folder),
        optimizers=ids_of(optimizers),
        real=None if real is None else read_given(real, "real", labels),
        held_out=None if held_out is None else read_given(held_out, "held_out"),
    )


def rank() -> int:
    """Rank of this process among those that train together; 0 if it is alone."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank()
    return int(os.environ.get("RANK") or 0)


def _nothing() -> None:
    """Stand for a watch in a pickle or a copy."""


@atexit.register
def _close_all() -> None:
    for watching in list(_ALIVE.values()):
        watching.close()
