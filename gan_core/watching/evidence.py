"""Evidence from a stranger's updates: who is real, who is fake, what each was told, whose gradients were used.

`Evidence.take` reads one `Update` whose copies have arrived and returns its `Facts`; rules read facts and nothing else.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.watching.capture import Call, Load, Task, Update
from gan_core.watching.course import Course, Look
from gan_core.watching.losses import LEAST_SQUARES, Told, against, averaged, pairing, told, value
from gan_core.watching.parcels import Parcel
from gan_core.watching.players import Player

__all__ = ["Evidence", "Facts", "Penalty", "Term", "Window"]

Array = NDArray[Any]
FAKE_ROWS: Final = 20_000
MIXED: Final = 0.9
ANEW: Final = 6
"""Steps in a row by as many optimizers after which they are made anew each time."""


@dataclass(frozen=True)
class Term:
    """One part of a loss: answers of D and what they were told.

    Attributes:
        kind: ``real``, ``fake`` or ``unclear``.
        which: Which D, where there are several.
        told: The loss.
        call: Number of D's call.
        answer: Mean answer.
        last: Name of the last operation of D.
        attached: Whether gradient reached G.
        rows: Fingerprints of the samples.
        age: How many of G's steps ago the fakes were made; None if unknown.
        penalised: Whether D's gradient by this input was taken with a graph.
        loss: Its value, computed from the form.
    """

    kind: str
    which: int
    told: Told
    call: int
    answer: float
    last: str
    attached: bool
    rows: tuple[bytes, ...]
    age: int | None
    penalised: bool
    loss: float


@dataclass(frozen=True)
class Penalty:
    """One penalty on D's gradient by its input.

    Attributes:
        sign: −1 where the penalty is concave in the gradient's norm, 1 where it is convex, 0 where that is not sure.
        place: ``real`` or ``fake`` where it is taken at those samples themselves.
        level: Its force in units of the gradient, where that is the same for all samples; else NaN.
        whole: Norm of all of the batch's gradients together; NaN where not all were seen.
    """

    has_force: bool
    cosine: float
    weight: float | None
    centre: float | None
    training: bool
    sign: int = 0
    place: str = ""
    level: float = float("nan")
    whole: float = float("nan")


@dataclass
class Window:
    """Evidence from one of G's steps to the next."""

    z: dict[int, set[bytes]] = field(default_factory=dict)
    goal: set[bytes] = field(default_factory=set)
    constant_z: bool = False
    real: set[bytes] = field(default_factory=set)
    n_real: int = 0
    few_real: bool = False
    z_used: list[tuple[Array, int]] = field(default_factory=list)
    z_unused: list[tuple[Array, int]] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


@dataclass
class Facts:
    """Evidence of one update.

    Attributes:
        step: G's step that it belongs to, counted from 1.
        player: Who moved: ``"D"``, ``"G"`` or ``"DG"`` where one optimiser holds both.
        terms: Of the losses whose gradients were used.
        old: Backward passes that an earlier step of the same player had used already.
        taken: Backward passes that the other player's step had used, by what they look like.
        thrown: Backward passes of the player's own loss whose gradients were cleared before its step.
        answers: Smallest and largest of D's answers since the step before, and of how many calls.
        returned: How many of the player's last steps began at the very weights at which this one begins.
    """

    step: int
    update: Update
    player: str
    terms: list[Term] = field(default_factory=list)
    old: int = 0
    leak: str = ""
    unused_g: int = 0
    unused_d: int = 0
    n_written: int = 0
    used: list[Task] = field(default_factory=list)
    penalties: list[Penalty] = field(default_factory=list)
    ranges: list[tuple[float, float]] = field(default_factory=list)
    g_last: str = ""
    modes: list[bool] = field(default_factory=list)
    moved: float = 0.0
    still: bool = False
    between: str = ""
    between_size: float = 0.0
    changed_before: float = 0.0
    gradient: float = float("nan")
    gradients: Array | None = None
    not_finite: str = ""
    unscaled: float = 0.0
    window: Window | None = None
    twins: bool = False
    loads: list[Load] = field(default_factory=list)
    look: Look | None = None
    thrown: int = 0
    answers: tuple[float, float, int] = (float("nan"), float("nan"), 0)
    returned: int = 0

    def of(self, kind: str) -> list[Term]:
        """Terms of one kind."""
        return [term for term in self.terms if term.kind == kind]


class Evidence:
    """Reads updates in order and remembers what later ones are compared with.

    Args:
        players: Who plays.
        given: Ids of the parameters of each optimizer that the person named; None if none was.
    """

    def __init__(self, players: dict[str, Player], given: list[frozenset[int]] | None = None) -> None:
        self.players = players
        self.given = given
        self.facts: deque[Facts] = deque(maxlen=200)
        self.step = 1
        self.windows: deque[Window] = deque(maxlen=8)
        self.optimizers: dict[int, tuple[frozenset[str], frozenset[int], int]] = {}
        self.n_calls = dict.fromkeys(players, 0)
        self.n_steps = dict.fromkeys(players, 0)
        self.clipped = dict.fromkeys(players, 0)
        self.again: dict[int, int] = {}
        self.recent: dict[frozenset[int], deque[int]] = {}
        self.ranges: dict[int, tuple[float, float]] = {}
        self.dead: dict[str, list[Array]] = {}
        self.aims: dict[tuple[str, int], Told] = {}
        self.z_shape: tuple[int, ...] = ()
        self.training_z: deque[Array] = deque(maxlen=64)
        self.real_pictures: Array | None = None
        self.g_last = ""
        self.course = Course()
        self.gaps: list[float] = []
        self.n_unused = {"G": 0, "D": 0}
        self.probes: dict[tuple[str, str], tuple[bool, bool, bool]] = {}
        self.foreign: tuple[tuple[tuple[int, ...], ...], ...] = ()
        self._fakes: dict[bytes, int] = {}
        self._last_rows: deque[tuple[int, Array, bool]] = deque(maxlen=8)
        self._consumed: dict[tuple[int, str], int] = {}
        self._idle: dict[int, Task] = {}
        self._after: dict[str, Array] = {}
        self._begun: dict[str, tuple[Array, int]] = {}
        self._stepped: dict[tuple[int, int], int] = {}
        self._window = Window()
        self._kinds: dict[int, str] = {}
        self._rows: dict[int, tuple[bytes, ...]] = {}
        self._ages: dict[int, int | None] = {}
        self._pending_z: list[tuple[int, bool, Array, int]] = []
        self._used_calls: set[int] = set()
        self._goal_calls: set[int] = set()
        self._at_tail = False
        self._written: dict[str, set[int]] = {}
        self._g_modes: list[bool] = []
        self._row_call: dict[bytes, int] = {}

    def forget(self) -> None:
        """Nothing that follows may be compared with what was before: a gap lies between."""
        self._after.clear()
        self._begun.clear()
        self._stepped.clear()
        self.recent.clear()
        self._idle.clear()
        self._consumed.clear()
        self.course.forget()
        self._window = Window()
        self.windows.clear()
        self._pending_z.clear()

    def take(self, update: Update) -> Facts:
        """Read one update."""
        player = "".join(sorted(update.owned))
        facts = Facts(self.step, update, player)
        self.foreign = update.foreign
        _, _, count = self.optimizers.get(update.optimizer, (frozenset(), frozenset(), 0))
        self.optimizers[update.optimizer] = (frozenset(update.owned), update.owned_ids, count + 1)
        shorten(self.optimizers, 64, 32)
        if update.remembers:
            self.recent.setdefault(update.owned_ids, deque(maxlen=ANEW)).append(update.optimizer)
        for name in update.owned:
            self.n_steps[name] += 1
        for call in update.calls:
            self.n_calls[call.player] += 1
            (self._read_g if call.player == "G" else self._read_d)(call, facts)
        self._read_tasks(update, facts)
        self._read_weights(update, facts)
        self._read_gradients(update, facts)
        for seen in update.probes:
            flags = (seen.is_noise, bool(seen.varied.array()), bool(seen.changed.array()))
            self.probes[seen.player, seen.argument] = flags
        for name, parcel in update.units:
            self.dead.setdefault(name, []).append(parcel.array())
        for parcel, n in update.samplings:
            self._window.z_unused.append((parcel.array(), n))
        if "G" in update.owned:
            facts.modes += self._g_modes if player == "G" else []
            self._g_modes = []
        facts.loads = [load for load in update.loads if load.after is not None]
        facts.g_last = self.g_last
        if "G" in update.owned:
            self._close_window(facts)
            self.step += 1
        self.facts.append(facts)
        return facts

    @staticmethod
    def broken(calls: list[Call]) -> str:
        """Find the first that is not finite in calls after which nobody stepped: torch may have stopped the loop."""
        for call in calls:
            parts = [
                ("a batch given to D", call.low),
                ("a batch given to D", call.high),
                ("the answers of D", call.answers),
            ]
            parts = [("the output of G", call.head)] if call.player == "G" else parts
            for words, parcel in parts:
                if parcel is not None and parcel.ready() and not np.isfinite(parcel.array()).all():
                    return words
        return ""

    # ---- calls ----

    def _read_g(self, call: Call, facts: Facts) -> None:
        if call.head is None:
            return
        rows = call.head.array()
        if call.last and call.grad:
            self.g_last = call.last
        for key in keys(rows):
            if key not in self._fakes and len(self._fakes) >= FAKE_ROWS:
                gone = next(iter(self._fakes))
                del self._fakes[gone]
                self._row_call.pop(gone, None)
            self._fakes[key] = self.step
            self._row_call[key] = call.number
        self._last_rows.append((call.number, values(rows), call.grad))
        if not np.isfinite(rows).all() and not facts.not_finite:
            facts.not_finite = "the output of G"
        self._g_modes += [call.training] if call.grad else []
        if call.z is not None:
            z = call.z.array()
            prints = set(keys(z))
            stats = call.z_stats.array() if call.z_stats is not None else np.zeros(4)
            self.z_shape = call.z_shape
            # A row that is the same at all places (a single number, an image's padding) still is a print here.
            constant = len(z) > 1 and bool((z == z[0]).all())
            self._pending_z.append((call.number, call.grad, stats, int(np.prod(call.z_shape))))
            self._window.z[call.number] = prints | {z.tobytes()}
            self._window.constant_z |= constant and call.grad

    def _read_d(self, call: Call, facts: Facts) -> None:
        if call.head is None or call.answers is None:
            return
        head = call.head.array()
        tail = call.tail.array() if call.tail is not None else None
        at_tail = False
        marks = [key in self._fakes for key in keys(head)]
        used = head
        if tail is not None:
            tail_marks = [key in self._fakes for key in keys(tail)]
            at_tail = sum(tail_marks) > sum(marks) or (self._at_tail and not any(marks))
            if at_tail:
                marks, used = tail_marks, tail
                self._at_tail = True
        prints = tuple(keys(used))
        self._rows[call.number] = prints
        matched = [self._fakes[key] for key in prints if key in self._fakes]
        share = len(matched) / max(len(prints), 1)
        self.course.as_made |= share >= MIXED
        kind = "mixed" if 0 < share < MIXED else "fake" if share else "real"
        if call.attached:
            kind = "fake"
        if kind == "real" and not facts.update.in_burst and self._alike(values(used)):
            kind = "fake"
        kind = call.said or kind
        if kind == "real" and call.picture is not None:
            self.real_pictures = call.picture.array()
        self._kinds[call.number] = kind
        self._ages[call.number] = self.step - max(matched) if matched else None
        made = {self._row_call[key] for key in prints if key in self._row_call}
        self._used_calls |= made
        if call.attached:
            self._goal_calls |= made
        if call.attached and self._last_rows:
            self._used_calls.update(n for n, rows, grad in self._last_rows if grad and len(rows) == len(head))
        low = (call.tail_low if at_tail else call.low) or call.low
        high = (call.tail_high if at_tail else call.high) or call.high
        if low is not None and high is not None:
            fake_row = np.array([key in self._fakes for key in prints], bool)
            lows, highs = low.array()[: len(fake_row)], high.array()[: len(fake_row)]
            if kind in ("real", "mixed") and (~fake_row).any():
                facts.ranges.append((float(lows[~fake_row].min()), float(highs[~fake_row].max())))
            if not (np.isfinite(lows).all() and np.isfinite(highs).all()) and not facts.not_finite:
                facts.not_finite = "a batch of real samples" if kind == "real" else "a batch given to D"
        answers = call.answers.array()
        if len(answers) > 1 and call.grad:
            least, most_, n = facts.answers
            facts.answers = float(np.fmin(least, answers.min())), float(np.fmax(most_, answers.max())), n + 1
        if not np.isfinite(answers).all() and not facts.not_finite:
            facts.not_finite = "the answers of D"

    def _alike(self, rows: Array) -> bool:
        """Tell whether a batch is G's last one, changed sample by sample: augmented, noised, scaled."""
        for _, made, _ in list(self._last_rows)[-2:]:
            if made.shape != rows.shape or len(rows) < 6 or rows.shape[1] < 6:
                continue
            a, b = centred(made), centred(rows)
            matched = np.abs((a * b).sum(1))
            chance = np.median([np.median(np.abs((np.roll(a, k, 0) * b).sum(1))) for k in (1, 2, 3)])
            if np.median(matched) > 0.85 and np.median(matched) - chance > 0.25:
                return True
        return False

    # ---- losses ----

    def _read_tasks(self, update: Update, facts: Facts) -> None:
        for task in update.tasks.values():
            self._idle.setdefault(task.number, task)
        used: dict[int, Task] = {}
        for key, events in update.written.items():
            pending: list[int] = []
            for event in events:
                pending = [event.task] if truth(event.cleared) else [*pending, event.task]
            if truth(update.empty.get(key, False)):  # cleared after the last backward pass
                continue
            used.update((number, update.tasks[number]) for number in pending if number in update.tasks)
        facts.used = list(used.values())
        recent = {event.task for events in update.written.values() for event in events}
        facts.n_written = len(recent - self._written.get(facts.player, set()))
        self._written[facts.player] = recent
        both = len(update.owned) > 1
        name = facts.player
        other = {"G": "D", "D": "G"}.get(name, "")
        old = [n for n in used if any((n, who) in self._consumed for who in (name, "DG"))]
        facts.old = len(old)
        foreign = [n for n in used if n not in old and (n, other) in self._consumed] if not both else []
        own = [n for n in used if n not in old and n not in foreign]
        if foreign and not old:
            attached = any(call.attached for n in foreign for call, _ in used[n].terms)
            if name == "G":
                facts.leak = "fakes" if own else "g_into_d"
            elif attached:
                facts.leak = "g_into_d"
        again = bool(used) and all((number, update.optimizer) in self._stepped for number in used)
        self.again[update.optimizer] = self.again.get(update.optimizer, 0) + again
        if name == "D" and not facts.leak and self._both_goals(used):
            facts.leak = "g_into_d"
        for number in used:
            self._consumed[number, name] = update.number
            self._stepped[number, update.optimizer] = update.number
        current = [n for n in used if n not in old and (n not in foreign or not own)]
        for number in current:
            facts.terms += self._terms(used[number], facts)
        facts.thrown = self._thrown(name, used)
        self._unused(update, used, facts)
        if "D" in name:
            facts.modes += [call.training for n in current for call, _ in used[n].terms] if not both else []
            self._read_penalties(update, used, facts)
            calls = [call for n in current for call, _ in used[n].terms]
            self._changed_before(calls, update, facts)
        facts.terms = primary(facts.terms)
        facts.twins = facts.twins or twins(facts.terms)
        for term in facts.terms:
            if "D" in name and not (both and term.attached):
                self._window.kinds.add(term.kind)
                if term.kind == "real":
                    self._window.real |= set(term.rows)
                    self._window.n_real += len(term.rows)
                    self._window.few_real |= len(set(term.rows)) < 0.9 * len(term.rows)
        self._read_scale(update, facts)

    def _terms(self, task: Task, facts: Facts) -> list[Term]:
        found = []
        for call, parcel in task.terms:
            if call.answers is None:
                continue
            answers, gradients = call.answers.array(), parcel.array()
            if answers.shape != gradients.shape:
                continue
            kind = self._kinds.get(call.number, "unclear")
            rows = self._rows.get(call.number, ())
            facts.twins = facts.twins or doubled(rows, gradients)
            pair = self._pair(task, call, answers, gradients, facts.update.calls)
            for part, where in parts(kind, rows, self._fakes, len(answers)):
                if "D" in facts.player and call.sketch is not None:
                    sketches = call.sketch.array()
                    one_each = len(where) == call.n
                    self.course.show(part, sketches[where[: len(sketches)]] if one_each else sketches)
                what = told(answers[where], gradients[where], exact=call.exact)
                loss = value(what, answers[where])
                if pair is not None and len(where) == where.sum():
                    what, loss = pair
                found.append(
                    Term(
                        part, call.which, what, call.number,
                        float(answers[where].mean()), call.last, call.attached,
                        tuple(np.array(rows, object)[where]) if len(rows) == len(answers) else rows,
                        self._ages.get(call.number), call.penalty, loss,
                    )
                )  # fmt: skip
        return found

    def _pair(
        self, task: Task, call: Call, answers: Array, gradients: Array, calls: list[Call]
    ) -> tuple[Told, float] | None:
        """Read a loss of differences: its partners had a gradient in the same pass, or were only called before it."""
        if not call.exact or call.answers is None:
            return None
        mine = self._kinds.get(call.number)
        with_gradient = {other.number for other, _ in task.terms}
        apart = [(other, parcel) for other, parcel in task.terms if self._kinds.get(other.number) not in (mine, None)]
        vague = not usual(told(answers, gradients))
        if vague and len(apart) == 1 and apart[0][0].answers is not None:  # a loss against the other side's mean
            what = averages(call, answers, gradients, apart[0][0].answers.array(), apart[0][1].array())
            if what is not None:
                return what, float("nan")
        for other, parcel in task.terms:
            if other is not call and other.answers is not None and other.answers.array().shape == answers.shape:
                what = pairing(answers, gradients, other.answers.array(), parcel.array())
                if what is not None:
                    # Both sides are one term of the loss: each has half of it.
                    return what, 0.5 * difference_loss(what, answers, other.answers.array())
        for other in reversed(calls):
            fits = other.player == "D" and other.number not in with_gradient and other.answers is not None
            if not fits or self._kinds.get(other.number) == mine or other.answers is None:
                continue
            if other.answers.array().shape == answers.shape:
                what = against(answers, gradients, other.answers.array())
                if what is not None:
                    return what, difference_loss(what, answers, other.answers.array())
            if vague and not apart:
                what = averages(call, answers, gradients, other.answers.array(), None)
                if what is not None:
                    return what, float("nan")
        return None

    def _both_goals(self, used: dict[int, Task]) -> bool:
        """Tell whether D's step used a pass into G that wants the opposite of what D's own loss wants of fakes."""
        into_g: set[int] = set()
        own: set[int] = set()
        for task in used.values():
            for term in self._told(task):
                if term.kind == "fake" and term.told.exact and term.told.form != "unknown":
                    (into_g if term.attached and "G" in task.touched else own).add(term.told.push)
        return any(push and -push in own and push not in own for push in into_g)

    def _thrown(self, name: str, used: dict[int, Task]) -> int:
        """Count backward passes of a player's own loss that its step did not use, nor any other."""
        if name not in ("G", "D") or not used:
            return 0
        mine = [task for task in used.values() if task.terms]
        pushes = {term.told.push for task in mine for term in self._told(task) if term.attached == (name == "G")}
        lost = 0
        for number, task in self._idle.items():
            if number in used or name not in task.touched or self._consumed_by(number) or not task.terms:
                continue
            terms = self._told(task)
            # D's loss that went on into G, and G's that went through D, are cleared by every sound loop.
            own = all(term.attached == (name == "G") for term in terms)
            lost += own and 0 not in pushes and {term.told.push for term in terms} <= pushes
        return lost

    def _told(self, task: Task) -> list[Term]:
        """Read what the answers of a backward pass were told, without a trace in this evidence."""
        found = []
        for call, parcel in task.terms:
            if call.answers is None or call.answers.array().shape != parcel.array().shape:
                continue
            what = told(call.answers.array(), parcel.array(), exact=call.exact)
            kind = self._kinds.get(call.number, "unclear")
            found.append(Term(kind, call.which, what, call.number, 0.0, call.last, call.attached, (), None, False, 0.0))
        return found

    def _unused(self, update: Update, used: dict[int, Task], facts: Facts) -> None:
        """Backward passes that no step used: their gradients were cleared, or nobody steps."""
        name = facts.player
        for number, task in list(self._idle.items()):
            if number in used:
                del self._idle[number]
            elif name == "D" and "G" in task.touched and "D" not in self._consumed_by(number):
                self.n_unused["G"] += 1
                del self._idle[number]
            elif name == "G" and task.touched == {"D"} and not self._consumed_by(number):
                self.n_unused["D"] += 1
                del self._idle[number]
        if name in self.n_unused:
            self.n_unused[name] = 0

    def _consumed_by(self, number: int) -> set[str]:
        return {who for n, who in self._consumed if n == number}

    def _read_penalties(self, update: Update, used: dict[int, Task], facts: Facts) -> None:
        written = {event.task for events in update.written.values() for event in events}
        for call in update.calls:
            if call.player != "D":
                continue
            numeric = any(number not in written for number in call.numeric) and not call.attached
            if call.force is not None:
                cosine, scale, norm = (p.array() for p in (call.force.cosine, call.force.scale, call.force.norm))
                real = norm > 1e-12
                real &= np.abs(scale) > 1e-12
                weight = centre = None
                sign, same, whole = 0, float("nan"), float("nan")
                if real.sum() >= 4 and np.ptp(scale[real]) < 1e-3 * np.abs(scale[real]).max():
                    same, whole = float(scale[real].mean()), float(np.linalg.norm(norm))
                    whole = whole if len(norm) == call.n else float("nan")
                if real.sum() >= 4 and np.ptp(1 / norm[real]) > 1e-6:
                    # scale = (2 w / n) (1 − c / norm)
                    slope, level = np.polyfit(1 / norm[real], scale[real], 1)
                    if np.abs(level + slope / norm[real] - scale[real]).max() < 1e-3 * abs(level):
                        # Single precision leaves 1e-5 of the scales; norms that are nearly equal magnify it.
                        unsure = 1e-5 * np.abs(scale[real]).max() * np.mean(1 / norm[real]) / np.std(1 / norm[real])
                        sign = int(np.sign(level)) if abs(level) > 20 * unsure else 0
                    if sign > 0:
                        weight, centre = float(level) * call.n / 2, float(-slope / level)
                mean = float(np.median(np.abs(cosine[real]))) if real.any() else 1.0
                place = self._place(call, update.calls)
                facts.penalties.append(Penalty(True, mean, weight, centre, call.training, sign, place, same, whole))
            elif (call.penalty and call.gradient is not None) or numeric:
                facts.penalties.append(Penalty(False, 1.0, None, None, call.training))

    def _place(self, call: Call, calls: list[Call]) -> str:
        """Find whose samples a penalty was taken at, if at those of another call itself."""
        mine = values(call.head.array()) if call.head is not None else np.zeros((0, 0))
        for other in calls:
            if other.player != call.player or other is call or other.head is None or other.force is not None:
                continue
            theirs = values(other.head.array())
            kind = self._kinds.get(other.number, "")
            same = len(mine) > 1 and theirs.shape == mine.shape and kind in ("real", "fake")
            if same and np.abs(theirs - mine).max() <= 1e-5 * np.abs(mine).max():
                return kind
        return ""

    def _changed_before(self, calls: list[Call], update: Update, facts: Facts) -> None:
        before = update.before.get("D")
        if before is None:
            return
        now = before.array()
        for call in calls:
            if call.weights is not None:
                then = call.weights.array()
                if then.shape == now.shape and not np.array_equal(then, now):
                    facts.changed_before = max(facts.changed_before, relative(then, now))

    def _read_scale(self, update: Update, facts: Facts) -> None:
        if facts.terms and min(term.told.weight for term in facts.terms) >= 16 and update.scaled:
            last, now = update.scaled[0][0].array(), update.scaled[0][1].array()
            if last.shape == now.shape and np.abs(now).max() > 0.5 * np.abs(last).max() > 0:
                facts.unscaled = min(term.told.weight * term.told.n for term in facts.terms)

    # ---- weights and gradients ----

    def _read_weights(self, update: Update, facts: Facts) -> None:
        for name in update.owned:
            before, after = update.before[name].array(), update.after[name].array()
            if before.shape != after.shape:
                continue
            facts.still = np.array_equal(before, after) or facts.still
            change = most(before, after, self.players[name].segments)
            facts.moved = max(facts.moved, relative(before, after), change)
            begun, n = self._begun.get(name, (before[:0], 0))
            facts.returned = n + 1 if not facts.still and np.array_equal(begun, before) else 0
            self._begun[name] = before, facts.returned
            if not np.isfinite(after).all() and not facts.not_finite and np.isfinite(before).all():
                facts.not_finite = f"a weight of {name}, by this step"
            old = self._after.get(name)
            if old is not None and old.shape == before.shape and not np.array_equal(old, before):
                if np.array_equal(np.clip(old, before.min(), before.max()), before):
                    self.clipped[name] += 1
                elif not any(load.player == name for load in update.loads):
                    facts.between, facts.between_size = name, most(old, before, self.players[name].segments)
            self._after[name] = after

    def _read_gradients(self, update: Update, facts: Facts) -> None:
        if update.norms is None:
            return
        norms = update.norms.array().astype(np.float64)
        facts.gradients = norms
        facts.gradient = float(np.sqrt((norms**2).sum()))
        bad = np.flatnonzero(~np.isfinite(norms))
        if len(bad) and not facts.not_finite:
            facts.not_finite = f"the gradient of {update.names[bad[0]]}"

    # ---- windows ----

    def _close_window(self, facts: Facts) -> None:
        window = self._window
        for number, grad, stats, n in self._pending_z:
            used = number in self._used_calls
            if used or grad:
                window.z_used.append((stats, n))
                self.training_z.append(stats)
            else:
                window.z_unused.append((stats, n))
                window.z.pop(number, None)
        window.z = {number: prints for number, prints in window.z.items() if number in self._used_calls}
        window.goal = set().union(*(prints for number, prints in window.z.items() if number in self._goal_calls))
        self._pending_z.clear()
        self._used_calls.clear()
        self._goal_calls.clear()
        facts.window = window
        facts.look = self.course.step(facts.update.step)
        self.windows.append(window)
        self._window = Window()
        for table in (self._kinds, self._rows, self._ages):
            shorten(table, 512, 256)
        shorten(self._consumed, 512, 256)
        shorten(self._stepped, 512, 256)
        shorten(self.again, 64, 32)
        if len(self.recent) > 16:
            self.recent.clear()
        shorten(self._idle, 128, 64)


def averages(call: Call, answers: Array, gradients: Array, theirs: Array, back: Array | None) -> Told | None:
    """Read a loss against the mean of the other side's answers: of all, or place by place."""
    if not len(theirs) or len(answers) % max(call.n, 1) or len(theirs) % max(len(answers) // max(call.n, 1), 1):
        return None
    return averaged(answers, gradients, theirs, back) or averaged(
        answers, gradients, theirs, back, len(answers) // max(call.n, 1)
    )


def usual(what: Told) -> bool:
    """Tell whether a loss of single answers was read, with a target that people give."""
    if what.target is None:
        return what.form != "unknown"
    return what.form != LEAST_SQUARES or min(abs(what.target - t) for t in (-1.0, 0.0, 1.0)) < 0.25


def difference_loss(what: Told, answers: Array, partners: Array) -> float:
    """Compute a logistic loss of differences."""
    return float(np.logaddexp(0, -what.push * (answers.astype(np.float64) - partners)).mean())


def shorten(table: dict[Any, Any], most: int, to: int) -> None:
    """Forget the oldest entries of a table that has become too long."""
    if len(table) > most:
        for key in sorted(table)[:-to]:
            del table[key]


def truth(flag: bool | Parcel) -> bool:
    """Read a flag that may have come from a device."""
    return flag if isinstance(flag, bool) else bool(flag.array())


def keys(rows: Array) -> list[bytes]:
    """Compute a fingerprint of each row."""
    whole = np.ascontiguousarray(rows, np.float32)
    if not whole.size:
        return []
    found: list[bytes] = whole.view(np.dtype((np.void, whole.shape[1] * 4))).ravel().tolist()  # type: ignore[assignment]
    return found


def values(rows: Array) -> Array:
    """Leave the checksum out."""
    return rows[:, :-2]


def centred(rows: Array) -> Array:
    """Rows of mean 0 and length 1."""
    moved = rows - rows.mean(1, keepdims=True)
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12))


def relative(before: Array, after: Array) -> float:
    """Size of a change in units of what was there."""
    size = float(np.linalg.norm(before))
    change = float(np.linalg.norm(after - before))
    return change / size if size > 0 else float(change > 0)


def most(before: Array, after: Array, segments: list[int]) -> float:
    """Relative change of the tensors that hold half of the sampled weights, the least changed of them."""
    ends = np.cumsum(segments)
    if not len(ends) or ends[-1] != len(before):
        return relative(before, after)
    pieces = zip(np.split(before, ends[:-1]), np.split(after, ends[:-1]), strict=True)
    changes = sorted(((relative(a, b), len(a)) for a, b in pieces), reverse=True)
    total = 0
    for change, n in changes:
        total += n
        if 2 * total >= len(before):
            return change
    return 0.0


def parts(kind: str, rows: tuple[bytes, ...], fakes: dict[bytes, int], n: int) -> list[tuple[str, Array]]:
    """Split a call on real and fake together into the two that it is."""
    if kind != "mixed" or not rows or n % len(rows):
        return [("unclear" if kind == "mixed" else kind, np.ones(n, bool))]
    fake = np.repeat(np.array([key in fakes for key in rows], bool), n // len(rows))
    if not fake.any() or fake.all():
        return [(kind, np.ones(n, bool))]
    # Halves in a row are a `cat`; anything else is a pool that mixes old fakes with forgotten ones.
    changes = int((np.diff(fake.astype(int)) != 0).sum())
    if changes > 1:
        return [("fake", np.ones(n, bool))]
    return [("real", ~fake), ("fake", fake)]


def primary(terms: list[Term]) -> list[Term]:
    """Drop answers that only serve a penalty, where real ones were told something beside them."""
    plain = any(term.kind == "real" and not term.penalised for term in terms)
    return [term for term in terms if not (plain and term.penalised and term.kind == "real")]


def twins(terms: list[Term]) -> bool:
    """Tell whether the same samples are told opposite things."""
    for number, term in enumerate(terms):
        for other in terms[number + 1 :]:
            same = term.call != other.call and term.rows and set(term.rows) == set(other.rows)
            if same and term.told.push * other.told.push < 0 and term.kind != "fake":
                return True
    return False


def doubled(rows: tuple[bytes, ...], gradients: Array) -> bool:
    """Tell whether both halves of a batch are the same samples, told opposite things."""
    half = len(rows) // 2
    if half < 2 or len(rows) != 2 * half or rows[:half] != rows[half:] or len(set(rows)) < 2:
        return False
    first, second = np.array_split(gradients, 2)
    return bool(first.mean() * second.mean() < 0)
