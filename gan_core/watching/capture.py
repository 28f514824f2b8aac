"""Hooks on a stranger's players that write down what happened between two optimiser steps.

A hook never decides and never reads a value: it keeps small copies (`parcels`) and structure, and closes an `Update` at
the step of each optimiser that owns one of the players. `evidence` reads the updates later, when their copies have
arrived. No tensor of the user's is kept: copies only, and weak references.

Hooks are objects that copy and pickle to nothing, so an averaged copy of G does not carry them, and they hold the
capture by a weak reference.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from gan_core.watching import probe
from gan_core.watching.course import sketch
from gan_core.watching.parcels import Parcel, send
from gan_core.watching.players import Player, largest, smallest, tensors

__all__ = ["Call", "Capture", "Force", "Load", "Probe", "Task", "Update"]

POSITIONS: Final = 16
SUMMED: Final = 1024
"""Places of a row that go into its checksum."""
ROWS: Final = 1024
ANSWERS: Final = 4096
GRAPH: Final = 4000
PENALTY_ROWS: Final = 32
MOST_CALLS: Final = 256
SAMPLINGS: Final = 8
GLIMPSES: Final = 8
SHOWN: Final = 16
LARGEST_PICTURE: Final = 200_000
VIEWS: Final = frozenset(
    {
        "AliasBackward0", "CloneBackward0", "ExpandBackward0", "PermuteBackward0", "ReshapeAliasBackward0",
        "SelectBackward0", "SliceBackward0", "SqueezeBackward0", "SqueezeBackward1", "ToCopyBackward0",
        "TransposeBackward0", "UnsafeViewBackward0", "UnsqueezeBackward0", "ViewBackward0",
    }
)  # fmt: skip
_T = TypeVar("_T")


@dataclass
class Force:
    """Effect of a penalty on D's gradient by its input; all per sample.

    Attributes:
        cosine: Between the gradient and the penalty's own gradient by it.
        scale: Their ratio.
        norm: Norm of D's gradient.
    """

    cosine: Parcel
    scale: Parcel
    norm: Parcel


@dataclass
class Call:
    """One forward pass of one module of a player."""

    player: str
    which: int
    number: int
    training: bool
    grad: bool
    n: int
    length: int
    last: str = ""
    attached: bool = False
    said: str = ""
    exact: bool = True
    head: Parcel | None = None
    tail: Parcel | None = None
    low: Parcel | None = None
    high: Parcel | None = None
    tail_low: Parcel | None = None
    tail_high: Parcel | None = None
    answers: Parcel | None = None
    weights: Parcel | None = None
    z: Parcel | None = None
    z_stats: Parcel | None = None
    z_shape: tuple[int, ...] = ()
    penalty: bool = False
    numeric: list[int] = field(default_factory=list)
    force: Force | None = None
    gradient: Tensor | None = None
    picture: Parcel | None = None
    sketch: Parcel | None = None


@dataclass
class Task:
    """One backward pass: what D's answers were told, and whose gradients it wrote."""

    number: int
    terms: list[tuple[Call, Parcel]] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Written:
    """A backward pass wrote one parameter's gradient."""

    task: int
    cleared: bool | Parcel


@dataclass
class Load:
    """A `load_state_dict` on a player."""

    player: str
    before: Parcel
    after: Parcel | None = None


@dataclass
class Probe:
    """Tell whether a player's output follows one of its arguments, tried on a copy."""

    player: str
    argument: str
    is_noise: bool
    varied: Parcel
    changed: Parcel


@dataclass
class Update:
    """Everything from the last step of a watched optimiser to this one.

    Attributes:
        step: Step of the generator that it belongs to, counted from 1 over all steps, looked at or not.
        optimizer: Number of the optimiser, counted from 1 in the order in which they were first seen to step.
        remembers: Whether the optimiser keeps something from step to step, such as averages.
        maximizes: Whether it goes up the gradient.
        reached: Ids of parameters that a gradient was written into.
    """

    number: int
    step: int
    optimizer: int
    owned: dict[str, int]
    owned_ids: frozenset[int]
    rates: tuple[float, ...]
    calls: list[Call]
    tasks: dict[int, Task]
    written: dict[int, list[Written]]
    empty: dict[int, bool | Parcel]
    before: dict[str, Parcel]
    after: dict[str, Parcel]
    n_gradients: int
    names: list[str]
    norms: Parcel | None
    units: list[tuple[str, Parcel]]
    loads: list[Load]
    probes: list[Probe]
    scaled: list[tuple[Parcel, Parcel]]
    foreign: tuple[tuple[tuple[int, ...], ...], ...]
    samplings: list[tuple[Parcel, int]]
    in_burst: bool
    last: Parcel
    remembers: bool = False
    maximizes: bool = False
    reached: frozenset[int] = frozenset()

    def ready(self) -> bool:
        """Tell whether all copies have arrived; they arrive in the order in which they were sent."""
        return self.last.ready()


class Hook:
    """A callable that holds the capture weakly, never raises, and is neither copied nor pickled."""

    __slots__ = ("_capture", "_extra", "_name")

    def __init__(self, capture: Capture | None, name: str, *extra: Any) -> None:
        self._capture = (lambda: None) if capture is None else weakref.ref(capture)
        self._name = name
        self._extra = extra

    def __call__(self, *args: Any, **_: Any) -> None:
        capture = self._capture()
        if capture is None or not capture.awake or transformed():
            return
        if not capture.looking:
            if self._name == "after_step":
                capture.idle(args[0])
                return
            if not capture.wants(self._name, self._extra, args):
                return
        run_outside_compilers(capture, self._name, self._extra, args)

    def __deepcopy__(self, memo: object) -> Hook:
        return Hook(None, "")

    def __copy__(self) -> Hook:
        return Hook(None, "")

    def __reduce__(self) -> tuple[Any, ...]:
        return (Hook, (None, ""))


def _run(capture: Capture, name: str, extra: tuple[Any, ...], args: tuple[Any, ...]) -> None:
    capture.guarded(getattr(capture, name), *extra, *args)


run_outside_compilers: Callable[..., None] = torch.compiler.disable(_run)
"""Runs a hook; a compiler that meets it leaves it alone instead of tracing into it."""


class Capture:
    """Hooks on both players.

    Attributes:
        awake: Whether hooks do anything.
        looking: Whether calls are written down now, or steps only counted.
        glimpse: Whether G's next outputs are wanted while steps are only counted, for one look at its course.
        glimpsed: Sketches of them.
        gap_wanted: Whether G's samples in eval mode are to be compared with those in train mode at its next call.
        gaps: Distances of the two that nobody has read yet.
        spent: Seconds of this thread's own time inside hooks so far: a wait for a core is no cost of theirs.
        waiting: Closed updates, oldest first.
        unseen: Complaints about hooks that failed.
    """

    def __init__(self, players: dict[str, Player], on_step: Callable[[], None], clock: Callable[[], float]) -> None:
        self.players = players
        self.awake = True
        self.looking = True
        self.in_burst = False
        self.spent = 0.0
        self.waiting: list[Update] = []
        self.unseen: list[str] = []
        self.marks: dict[str, list[Any]] = {"real": [], "fake": []}
        self.n_steps = dict.fromkeys(players, 0)
        self.n_forwards = dict.fromkeys(players, 0)
        self.wake_at = 0
        self._n_idle = 0
        self._samplings: list[tuple[Parcel, int]] = []
        self.keep_pictures = False
        self.glimpse = False
        self.glimpsed: list[Parcel] = []
        self.given: tuple[Any, dict[str, Any]] | None = None
        self._on_step = on_step
        self._clock = clock
        self._depth = 0
        self._failures = 0
        self._n_calls = 0
        self._n_updates = 0
        self._handles: list[Any] = []
        self._listening: dict[int, list[Any]] = {}
        self._lengths: list[int] = []
        self._places: dict[tuple[int, Any], Tensor] = {}
        self._owners: weakref.WeakKeyDictionary[Any, tuple[Any, dict[str, int], frozenset[int]]] = (
            weakref.WeakKeyDictionary()
        )
        self._n_optimizers = 0
        self._numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._foreign: dict[int, tuple[tuple[int, ...], ...]] = {}
        self._probed: set[str] = set()
        self._said_z: Tensor | None = None
        self._look_at_units = 0
        self.gap_wanted = False
        self.gaps: list[Parcel] = []
        self._cleared: dict[int, bool | Parcel] = {}
        self._last_gradient: dict[int, Parcel] = {}
        self._fresh()
        self._attach()

    # ---- life ----

    def _attach(self) -> None:
        keep = self._handles.append
        keep(register_optimizer_step_pre_hook(Hook(self, "before_step")))
        keep(register_optimizer_step_post_hook(Hook(self, "after_step")))
        for player in self.players.values():
            for which, module in enumerate(player.modules):
                call = Hook(self, "forward", player.name, which)
                keep(module.register_forward_hook(_WithKeywords(call), with_kwargs=True))
                keep(module.register_load_state_dict_pre_hook(Hook(self, "before_load", player.name)))
                keep(module.register_load_state_dict_post_hook(Hook(self, "after_load", player.name)))
        self._listen()

    def _listen(self) -> None:
        for player in self.players.values():
            for parameter in player.listening():
                if id(parameter) not in self._listening:
                    self._listening[id(parameter)] = [
                        parameter.register_hook(Hook(self, "before_write", weakref.ref(parameter))),
                        parameter.register_post_accumulate_grad_hook(Hook(self, "after_write", player.name)),
                    ]

    def close(self) -> None:
        """Take every hook away."""
        self.awake = False
        for handle in [*self._handles, *(h for pair in self._listening.values() for h in pair)]:
            handle.remove()
        self._handles.clear()
        self._listening.clear()
        self._fresh()
        self.waiting.clear()

    def guarded(self, function: Callable[..., _T], *args: Any) -> _T | None:
        """Run a hook: no exception leaves it, except the ones that are meant to stop the loop."""
        if self._depth:
            return None
        self._depth += 1
        begun = self._clock()
        try:
            return function(*args)
        except Stop as stop:
            raise getattr(stop, "error", stop) from None
        except Exception as error:  # whatever it is, the user's loop goes on
            self._failures += 1
            self.unseen.append(f"{getattr(function, '__name__', 'hook')}: {type(error).__name__}: {error}"[:300])
            if self._failures >= 20:
                self.awake = False
            return None
        finally:
            self._depth -= 1
            self.spent += self._clock() - begun

    @property
    def unfinished(self) -> list[Call]:
        """Calls after which nobody has stepped yet."""
        return [] if not self.looking else self._calls

    def look(self, *, burst: bool) -> None:
        """Begin to write down; in a burst, what lies before it is unknown."""
        self._fresh()
        self.looking = True
        self.in_burst = burst

    def rest(self) -> None:
        """Only count steps from here."""
        self.looking = False
        self._fresh()

    def _fresh(self) -> None:
        self._calls: list[Call] = []
        self._tasks: dict[int, Task] = {}
        self._written: dict[int, list[Written]] = {}
        self._before: dict[str, Parcel] = {}
        self._loads: list[Load] = []
        self._probes: list[Probe] = []
        self._last_gradient.clear()
        self._cleared.clear()
        self.marks = {"real": [], "fake": []}

    def wants(self, name: str, extra: tuple[Any, ...], args: tuple[Any, ...]) -> bool:
        """Tell whether a hook has something to do while steps are only counted: G drew samples, or made fakes."""
        if name != "forward" or extra[0] != "G":
            return False
        if torch.is_grad_enabled():
            return (self.glimpse or self.gap_wanted) and extra[1] == 0
        return not args[0].training and len(self._samplings) < SAMPLINGS

    def idle(self, optimizer: Any) -> None:
        """Count a step; ask the watch only when it wants to be asked. Every 16th is timed, for all of them."""
        self._n_idle += 1
        begun = self._clock() if not self._n_idle % 16 else 0.0
        owned, _ = self._owned(optimizer)
        for name in owned:
            self.n_steps[name] += 1
        if "G" in owned and self.n_steps["G"] >= self.wake_at:
            self.guarded(self._on_step)
        elif begun:
            self.spent += 16 * (self._clock() - begun)

    # ---- forward ----

    def forward(self, name: str, which: int, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        """Note that a module of a player was called."""
        self.n_forwards[name] += 1
        if not self.looking and self.gap_wanted and module.training and name == "G" and torch.is_grad_enabled():
            self.gap_wanted = False
            found = probe.gap(module, args, kwargs)
            if found is not None:
                self.gaps.append(send(found, own=True))
        if not self.looking and self.glimpse and torch.is_grad_enabled():
            made = largest(out)
            small = None if made is None else sketch(made)
            if small is not None and len(self.glimpsed) < GLIMPSES:
                self.glimpsed.append(send(small, own=True))
            return
        if not self.looking and name == "G":
            noise = next((t for t in tensors([*args, *kwargs.values()]) if t.is_floating_point()), None)
            if noise is not None and noise.dim() >= 2 and noise.shape[0] <= ROWS:
                self._samplings.append((self._stats(noise), noise.numel()))
        if not self.looking or len(self._calls) >= MOST_CALLS or torch.compiler.is_compiling():
            return
        (self._g_called if name == "G" else self._d_called)(which, module, args, kwargs, out)

    def _g_called(self, which: int, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        made = largest(out)
        if made is None or made.dim() < 2:
            return
        call = self._call("G", which, module, made)
        call.head = send(self._rows(made, call.length, 0), own=True)
        call.last = last_operation(made)
        noise = next((t for t in tensors([*args, *kwargs.values()]) if t.is_floating_point()), self._said_z)
        self._said_z = None
        if noise is not None and noise.dim() >= 2 and noise.shape[0] <= ROWS:
            rows = noise.detach().reshape(noise.shape[0], -1)
            call.z = send(self._rows(noise, rows.shape[1], 0), own=True)
            call.z_shape = tuple(noise.shape)
            call.z_stats = self._stats(noise)
        if call.length not in self._lengths:
            self._lengths = [*self._lengths, call.length][-4:]
        self._keep(call)
        if self.given is None and self.keep_pictures:
            self.given = tuple(_shown(a) for a in args), {key: _shown(a) for key, a in kwargs.items()}
        self._probe("G", module, args, kwargs, None)

    def _d_called(self, which: int, module: nn.Module, args: Any, kwargs: Any, out: Any) -> None:
        answers, x = smallest(out), largest([*args, *kwargs.values()])
        if answers is None or x is None or x.dim() < 2:
            return
        call = self._call("D", which, module, x)
        call.exact = answers.dtype in (torch.float32, torch.float64)
        call.last = last_operation(answers)
        call.answers = send(_some(answers), own=False)
        rows = x.detach().reshape(call.n, -1)
        shorter = next((length for length in reversed(self._lengths) if length < call.length), None)
        if call.length in self._lengths or shorter is None:
            shorter = call.length
        call.head = send(self._rows(x, shorter, 0), own=True)
        call.low, call.high = (send(v, own=True) for v in torch.aminmax(rows[:, :shorter].float(), dim=1))
        if shorter < call.length:
            start = call.length - shorter
            call.tail = send(self._rows(x, shorter, start), own=True)
            call.tail_low, call.tail_high = (send(v, own=True) for v in torch.aminmax(rows[:, start:].float(), dim=1))
        if self.keep_pictures and call.length <= LARGEST_PICTURE and not x.requires_grad:
            call.picture = send(x.detach()[:SHOWN])
        small = sketch(x) if call.length == shorter else None  # of a pair, nobody knows which half is the sample
        call.sketch = None if small is None else send(small, own=True)
        call.said = next((kind for kind, seen in self.marks.items() if any(_is(ref, x) for ref in seen)), "")
        if x.requires_grad:
            call.attached = not x.is_leaf and leads_to(x, self.players["G"].ids)
            x.register_hook(Hook(self, "by_input", call))
        if answers.requires_grad:
            answers.register_hook(Hook(self, "by_answers", call))
        if not self.in_burst:
            call.weights = send(self.players["D"].sample(), own=True)
        self._keep(call)
        self._probe("D", module, args, kwargs, x)

    def _call(self, player: str, which: int, module: nn.Module, x: Tensor) -> Call:
        n = x.shape[0]
        self._n_calls += 1
        return Call(
            player, which, self._n_calls, module.training, torch.is_grad_enabled(), n, x.numel() // max(n, 1)
        )  # fmt: skip

    def _keep(self, call: Call) -> None:
        self._calls.append(call)

    def _stats(self, noise: Tensor) -> Parcel:
        flat = noise.detach().float()
        return send(torch.stack([flat.min(), flat.max(), flat.mean(), flat.std()]), own=True)

    def _rows(self, x: Tensor, length: int, start: int) -> Tensor:
        """Each row at a few fixed places, as float32, so that a cast changes nothing, and a checksum of it."""
        key = (length, x.device)
        if key not in self._places:
            places = torch.linspace(0, max(length - 1, 0), min(POSITIONS, max(length, 1)))
            self._places[key] = places.round().long().to(x.device)
        rows = x.detach()[:ROWS].reshape(min(x.shape[0], ROWS), -1)
        some = rows.index_select(1, self._places[key] + start).float()
        return torch.cat([some, checksum(rows[:, start : start + length])], 1)

    def _probe(self, name: str, module: nn.Module, args: Any, kwargs: Any, x: Tensor | None) -> None:
        if name in self._probed or self.n_steps["G"] < 1 or self.in_burst:
            return
        self._probed.add(name)
        for found in probe.follow(module, args, kwargs, skip=x):
            self._probes.append(Probe(name, found.argument, found.is_noise, send(found.varied), send(found.changed)))

    # ---- backward ----

    def by_answers(self, call: Call, gradient: Tensor) -> None:
        """Note that a gradient reached D's answers."""
        if torch.is_grad_enabled():  # in autograd.grad(create_graph=True): a penalty in the making
            call.penalty = True
        elif self.looking:
            self._task().terms.append((call, send(_some(gradient))))

    def by_input(self, call: Call, gradient: Tensor) -> None:
        """Note that a gradient reached D's input."""
        if not self.looking:
            return
        if not torch.is_grad_enabled():
            call.numeric.append(graph_task())
        elif gradient.requires_grad:
            call.penalty = True
            call.gradient = gradient.detach()[:PENALTY_ROWS].reshape(min(gradient.shape[0], PENALTY_ROWS), -1).clone()
            gradient.register_hook(Hook(self, "by_penalty", call))

    def by_penalty(self, call: Call, force: Tensor) -> None:
        """Note that the penalty's own gradient reached the gradient that it is made of."""
        if call.gradient is None:
            return
        gx = call.gradient
        f = force.detach()[:PENALTY_ROWS].reshape(gx.shape)
        norm, dot = gx.norm(dim=1), (gx * f).sum(1)
        cosine = dot / (norm * f.norm(dim=1)).clamp_min(1e-30)
        call.force = Force(send(cosine, own=True), send(dot / norm.square().clamp_min(1e-30)), send(norm, own=True))
        call.gradient = None

    def before_write(self, ref: weakref.ref[Tensor], gradient: Tensor) -> None:
        """Note that a gradient is about to be added to a parameter's."""
        parameter = ref()
        if self.looking and parameter is not None:
            self._cleared[id(parameter)] = is_zero(parameter.grad)

    def after_write(self, name: str, parameter: Tensor) -> None:
        """Note that it was added: this was a backward pass, not `autograd.grad`."""
        if not self.looking:
            return
        task = self._task()
        task.touched.add(name)
        events = self._written.setdefault(id(parameter), [])
        events.append(Written(task.number, self._cleared.pop(id(parameter), False)))
        del events[:-64]
        if parameter.grad is not None:
            self._last_gradient[id(parameter)] = send(_few(parameter.grad))

    def _task(self) -> Task:
        number = graph_task()
        return self._tasks.setdefault(number, Task(number))

    # ---- steps ----

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Note that an optimiser is about to step."""
        if not self.looking:
            return
        owned, _ = self._owned(optimizer)
        self._before = {name: send(self.players[name].sample(), own=True) for name in owned}

    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Note that an optimiser has stepped."""
        owned, ids = self._owned(optimizer)
        if not owned:
            shapes = tuple(tuple(p.shape) for group in optimizer.param_groups for p in group["params"])
            if len(self._foreign) < 8:
                self._foreign[id(optimizer)] = shapes
            return
        for name in owned:
            self.n_steps[name] += 1
        if self.looking and self._before:
            self._close(optimizer, owned, ids)
        self._on_step()

    def _close(self, optimizer: Any, owned: dict[str, int], ids: frozenset[int]) -> None:
        self._n_updates += 1
        if self._n_updates % 4 == 1:
            self._listen()
        mine = [p for name in owned for p in self.players[name].parameters if id(p) in ids]
        with_gradient = [p for p in mine if p.grad is not None and not p.grad.is_sparse]
        gradients = [p.grad.detach() for p in with_gradient if p.grad is not None]
        norms = None
        if gradients:
            norms = send(torch.stack([n.float() for n in torch._foreach_norm(gradients)]), own=True)
        names = {key: value for player in self.players.values() for key, value in player.names.items()}
        written = {key: list(self._written[key]) for key in self._written if key in ids}
        empty = {id(p): is_zero(p.grad) for p in mine if id(p) in written}
        scaled = [
            (self._last_gradient[id(p)], send(_few(cast(Tensor, p.grad))))
            for p in with_gradient
            if id(p) in self._last_gradient
        ]
        after = {name: send(self.players[name].sample(), own=True) for name in owned}
        self.waiting.append(
            Update(
                number=self._n_updates,
                step=self.n_steps["G"] + ("G" not in owned),
                optimizer=self._number(optimizer),
                owned=owned,
                owned_ids=ids,
                rates=tuple(_rate(group) for group in optimizer.param_groups),
                calls=self._calls,
                tasks=dict(self._tasks),
                written=written,
                empty=empty,
                before=self._before,
                after=after,
                n_gradients=len(gradients),
                names=[names[id(p)] for p in with_gradient],
                norms=norms,
                units=self._units(owned, ids),
                loads=self._loads,
                probes=self._probes,
                scaled=scaled,
                foreign=tuple(self._foreign.values()),
                samplings=self._samplings,
                in_burst=self.in_burst,
                last=list(after.values())[-1],
                remembers=bool(optimizer.state),
                reached=frozenset(self._written),
                maximizes=any(group.get("maximize") for group in optimizer.param_groups),
            )
        )
        self._calls, self._loads, self._probes, self._before = [], [], [], {}
        self._samplings = []
        self.marks = {"real": [], "fake": []}
        if len(self._tasks) > 64:
            for number in sorted(self._tasks)[:-64]:
                del self._tasks[number]

    def _units(self, owned: dict[str, int], ids: frozenset[int]) -> list[tuple[str, Parcel]]:
        self._look_at_units += 1
        if self._look_at_units % 3 or self._look_at_units > 60:
            return []
        return [
            (player.names[id(p)], send(p.grad.detach().reshape(p.shape[0], -1).abs().amax(1), own=True))
            for player in (self.players[name] for name in owned)
            for p in player.matrices
            if id(p) in ids and p.grad is not None
        ]

    def _owned(self, optimizer: Any) -> tuple[dict[str, int], frozenset[int]]:
        """Count the parameters of each player that an optimiser holds, with their ids."""
        shape = tuple(len(group["params"]) for group in optimizer.param_groups)
        known = self._owners.get(optimizer)
        if known is not None and known[0] == shape:
            return known[1], known[2]
        ids = frozenset(id(p) for group in optimizer.param_groups for p in group["params"])
        counts = {name: len(ids & player.ids) for name, player in self.players.items()}
        owned = {name: count for name, count in counts.items() if count}
        self._owners[optimizer] = (shape, owned, ids)
        return owned, ids

    def _number(self, optimizer: Any) -> int:
        """Return the number of an optimiser; its id may be that of one that is gone."""
        if optimizer not in self._numbers:
            self._n_optimizers += 1
            self._numbers[optimizer] = self._n_optimizers
        return self._numbers[optimizer]

    # ---- loading ----

    def before_load(self, name: str, module: Any, *_: Any) -> None:
        """`load_state_dict` is about to write."""
        if self.looking:
            self._loads.append(Load(name, send(self.players[name].sample(), own=True)))

    def after_load(self, name: str, *_: Any) -> None:
        """`load_state_dict` has written."""
        if self.looking and self._loads and self._loads[-1].after is None:
            self._loads[-1].after = send(self.players[name].sample(), own=True)

    def noise(self, z: Any) -> None:
        """Remember the noise of G's next call, which draws it itself."""
        if self.looking and isinstance(z, Tensor) and z.dim() >= 2:
            self._said_z = z.detach()[:ROWS].clone()

    def mark(self, kind: str, x: Any) -> None:
        """Remember that the user calls these samples real or fake; weakly."""
        if self.looking and isinstance(x, Tensor):
            self.marks[kind].append(weakref.ref(x))


class _WithKeywords:
    """Forward hook with keyword arguments: called with module, args, kwargs and output."""

    __slots__ = ("_hook",)

    def __init__(self, hook: Hook) -> None:
        self._hook = hook

    def __call__(self, module: Any, args: Any, kwargs: Any, out: Any) -> None:
        self._hook(module, args, kwargs, out)

    def __deepcopy__(self, memo: object) -> _WithKeywords:
        return _WithKeywords(Hook(None, ""))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_WithKeywords, (Hook(None, ""),))


class Stop(BaseException):
    """Ends the user's loop on purpose: `on="raise"`, or the command's own last step."""


def graph_task() -> int:
    """Return the number of the backward pass that runs now; torch's own hooks over several gradients use the same."""
    number: int = getattr(torch._C, "_current_graph_task_id", lambda: -1)()
    return number


def checksum(rows: Tensor) -> Tensor:
    """Sum the bits of each row, so that rows of zeros and ones differ too, whatever the order of adding.

    Returns:
        ``[n, 2]``, whole numbers.
    """
    part = rows[:, :: max(1, -(-rows.shape[1] // SUMMED))].float() + 0.0  # -0.0 is 0.0
    part = part.contiguous().view(torch.int32).long()
    factors = torch.arange(1, part.shape[1] + 1, device=rows.device) * 2654435761 % 2147483647
    factors = (factors ^ (factors >> 15)) * 2246822519 % 2147483647  # else places would count by their sum alone
    total = (part * factors).sum(1)
    mixed = (total ^ (total >> 29)) * -7046029254386353131  # the bits of 0 and 1 end in zeros
    return torch.stack([mixed >> 32 & 0xFFFF, mixed >> 48 & 0xFFFF], 1).float()


def transformed() -> bool:
    """Tell whether a transform of `torch.func` runs: its tensors have no values to copy and must not leave it."""
    peek = getattr(getattr(torch._C, "_functorch", None), "peek_interpreter_stack", None)
    return peek is not None and peek() is not None


def is_zero(gradient: Tensor | None) -> bool | Parcel:
    """Tell whether there is nothing to add to yet; on a device the answer comes later."""
    if gradient is None:
        return True
    if gradient.device.type == "cpu":
        return not bool(gradient.count_nonzero())
    return send(gradient.count_nonzero() == 0, own=True)


def last_operation(out: Tensor) -> str:
    """Name of the operation that made a tensor, views and casts skipped; empty without a graph."""
    node = out.grad_fn
    while node is not None and node.name() in VIEWS and node.next_functions:
        node = node.next_functions[0][0]
    return "" if node is None else node.name()


def leads_to(x: Tensor, ids: frozenset[int]) -> bool:
    """Tell whether a gradient by `x` would reach one of these parameters."""
    todo: list[Any] = [x.grad_fn]
    seen: set[Any] = set()
    while todo and len(seen) < GRAPH:
        node: Any = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if id(getattr(node, "variable", None)) in ids:
            return True
        todo += [following for following, _ in node.next_functions]
    return False


def _some(x: Tensor) -> Tensor:
    flat = x.detach().reshape(-1)
    return flat[:: -(-flat.numel() // ANSWERS)] if flat.numel() > ANSWERS else flat


def _few(x: Tensor) -> Tensor:
    flat = (x.to_dense() if x.is_sparse else x).detach().reshape(-1)
    return flat[:: max(1, flat.numel() // 64)][:64]


def _rate(group: dict[str, Any]) -> float:
    rate = group.get("lr", 0.0)
    return float("nan") if isinstance(rate, Tensor) and rate.device.type != "cpu" else float(rate)


def _is(ref: weakref.ref[Tensor], x: Tensor) -> bool:
    mine = ref()
    return mine is x or (mine is not None and mine.shape == x.shape and mine.data_ptr() == x.data_ptr())


def _shown(argument: Any) -> Any:
    return argument.detach()[:SHOWN].clone() if isinstance(argument, Tensor) and argument.dim() else argument
