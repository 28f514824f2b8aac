r"""Methods of play: how a field becomes steps. $h$ is the step size, $v = (v_\theta, v_\psi)$ the field.

Each method takes one step from a state and what it remembers. Plain simultaneous steps grow by $|1 + h\lambda|$ near
the equilibrium for each eigenvalue $\lambda$; the others are what people did about that.

A gradient costs far more than all else here, and as much for one state as for ten. So a method does not compute it: it
yields the state and the players whose gradient it wants, and gets the answer. Several methods that play the same game
are asked together, in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from gan_core.errors import ConfigError
from gan_core.theory.dirac import BOTH, DiracGame, Floats, Players, eigenvalues, field, jacobian
from gan_core.theory.tables import looked_up

Question = tuple[Floats, Players]
"""A state, and whose part of the field is asked for there."""
Moves = Generator[Question, Floats, Floats]
"""Asks, is answered with v, ``[2]``, and returns the next state."""
Reading = Literal["converges", "circles", "diverges", "kink"]
Step = Callable[[DiracGame, Floats, float, int, dict[str, Floats]], Moves]

NEGATIVE_MOMENTUM: Final = -0.5
LOOKAHEAD_STEPS: Final = 5
LOOKAHEAD_SHARE: Final = 0.5
MAX_SIZE: Final = 1e12
"""Beyond this a run has diverged, and its states stay where they are."""


@dataclass(frozen=True)
class Method:
    r"""A way to play.

    Attributes:
        label: Name on the page.
        formula: The step in LaTeX.
        idea: What it does, in a sentence.
        step: ``(game, w, h, d_steps, memory)`` to its questions and the next state; the memory is its own.
        source: Where it comes from.
    """

    label: str
    formula: str
    idea: str
    step: Step
    source: str


def _clipped(game: DiracGame, w: Floats) -> Floats:
    if game.clip:
        w[1] = np.clip(w[1], -game.clip, game.clip)
    return w


def _simultaneous(game: DiracGame, w: Floats, h: float, d_steps: int, memory: dict[str, Floats]) -> Moves:
    v = yield w, BOTH
    return _clipped(game, w + h * v)


def _alternating(game: DiracGame, w: Floats, h: float, d_steps: int, memory: dict[str, Floats]) -> Moves:
    w = w.copy()
    for i in (*[1] * d_steps, 0):
        v = yield w, (i,)
        w[i] += h * v[i]
        w = _clipped(game, w)
    return w


def _negative_momentum(game: DiracGame, w: Floats, h: float, d_steps: int, memory: dict[str, Floats]) -> Moves:
    moving = memory.setdefault("moving", np.zeros(2))
    w = w.copy()
    for i in (*[1] * d_steps, 0):
        v = yield w, (i,)
        moving[i] = NEGATIVE_MOMENTUM * moving[i] + v[i]
        w[i] += h * moving[i]
        w = _clipped(game, w)
    return w


def _optimistic(game: DiracGame, w: Floats, h: float, d_steps: int, memory: dict[str, Floats]) -> Moves:
    v = yield w, BOTH
    last = memory.get("last", v)
    memory["last"] = v
    return _clipped(game, w + h * (2 * v - last))


def _extragradient(game: DiracGame, w: Floats, h: float, d_steps: int, memory: dict[str, Floats]) -> Moves:
    v = yield w, BOTH
    v = yield w + h * v, BOTH
    return _clipped(game, w + h * v)


def _lookahead(game: DiracGame, w: Floats, h: float, d_steps: int, memory: dict[str, Floats]) -> Moves:
    slow = memory.setdefault("slow", w.copy())
    count = memory.setdefault("count", np.zeros(1))
    w = yield from _simultaneous(game, w, h, d_steps, memory)
    count += 1
    if count[0] % LOOKAHEAD_STEPS == 0:
        slow += LOOKAHEAD_SHARE * (w - slow)
        w = slow.copy()
    return w


def _averaging(game: DiracGame, w: Floats, h: float, d_steps: int, memory: dict[str, Floats]) -> Moves:
    played = memory.setdefault("played", w.copy())
    count = memory.setdefault("count", np.zeros(1))
    memory["played"] = played = yield from _alternating(game, played, h, d_steps, memory)
    count += 1
    return w + (played - w) / count  # after the first step the start counts no more


METHODS: Final[dict[str, Method]] = {
    "simultaneous": Method(
        "simultaneous",
        r"w \leftarrow w + h\,v(w)",
        "Both players move at once, each looking at where the other was.",
        _simultaneous,
        "arXiv:1801.04406",
    ),
    "alternating": Method(
        "alternating",
        r"\psi \leftarrow \psi + h\,v_\psi(\theta, \psi),\quad \theta \leftarrow \theta + h\,v_\theta(\theta, \psi)",
        "D moves, perhaps several times, then G, which already sees where D went. This is how GANs are trained.",
        _alternating,
        "arXiv:1801.04406",
    ),
    "negative_momentum": Method(
        "negative momentum (β = −0.5)",
        r"m \leftarrow \beta m + v,\quad w \leftarrow w + h\,m",
        "Alternating, with a momentum that remembers the last gradient with the opposite sign: it brakes a rotation.",
        _negative_momentum,
        "arXiv:1807.04740",
    ),
    "optimistic": Method(
        "optimistic",
        r"w \leftarrow w + 2h\,v_t - h\,v_{t-1}",
        "Guesses the next gradient from the last two and answers that one.",
        _optimistic,
        "arXiv:1711.00141",
    ),
    "extragradient": Method(
        "extragradient",
        r"w \leftarrow w + h\,v\big(w + h\,v(w)\big)",
        "Takes a trial step, reads the gradient there, and uses it from where it was.",
        _extragradient,
        "arXiv:1802.10551",
    ),
    "lookahead": Method(
        "lookahead (k = 5, α = ½)",
        r"w \leftarrow w_s + \alpha (w - w_s) \text{ every } k \text{ steps}",
        "Every five steps it goes half the way back to where it stood five steps ago.",
        _lookahead,
        "arXiv:2006.14567",
    ),
    "averaging": Method(
        "averaging",
        r"\bar{w}_t = \tfrac{1}{t} \textstyle\sum_{s \leq t} w_s",
        "Plays as alternating does and shows the mean of all places so far: of a circle, its middle. This is why one "
        "looks at an averaged G (EMA).",
        _averaging,
        "arXiv:1806.04498",
    ),
}
"""Every way to play by its name."""


def play(
    game: DiracGame,
    method: str = "alternating",
    *,
    start: tuple[float, float] = (1.0, -1.0),
    n_steps: int = 500,
    h: float = 0.2,
    d_steps: int = 1,
) -> Floats:
    """Play a game from a state.

    Args:
        game: The game.
        method: A name in `METHODS`.
        start: (θ, ψ). The paper's D is large for *fake*, so that its ψ is minus this one.
        n_steps: Steps.
        h: Step size.
        d_steps: D's updates in each step, where the players take turns.

    Returns:
        States, ``[n_steps + 1, 2]``, the start first; constant once it has diverged.

    Raises:
        ConfigError: If there is no such method.
    """
    return play_all(game, [method], start=start, n_steps=n_steps, h=h, d_steps=d_steps)[method]


def play_all(
    game: DiracGame,
    methods: Sequence[str],
    *,
    start: tuple[float, float] = (1.0, -1.0),
    n_steps: int = 500,
    h: float = 0.2,
    d_steps: int = 1,
) -> dict[str, Floats]:
    """Play a game from a state in several ways, in less time than one after another: as `play` for each of them."""
    for method in methods:
        if method not in METHODS:
            raise ConfigError(f"method={method!r} is not allowed: {', '.join(METHODS)} are")
    paths = {method: np.tile(np.array(start, dtype=np.float64), (n_steps + 1, 1)) for method in methods}
    walks = {method: _walk(game, METHODS[method].step, path, h, d_steps) for method, path in paths.items()}
    asked: dict[str, Question | None] = {method: next(walk, None) for method, walk in walks.items()}
    while waiting := {method: question for method, question in asked.items() if question is not None}:
        states = np.stack([w for w, _ in waiting.values()])
        velocities = looked_up(game, states)
        if velocities is None:
            players = tuple(sorted({player for _, who in waiting.values() for player in who}))
            velocities = field(game, states, players)
        for method, v in zip(waiting, velocities, strict=True):
            asked[method] = _answer(walks[method], v)
    return paths


def _walk(game: DiracGame, step: Step, path: Floats, h: float, d_steps: int) -> Generator[Question, Floats, None]:
    """Fill a path, whose every row is its start, by the answers to its questions."""
    memory: dict[str, Floats] = {}
    for i in range(len(path) - 1):
        after = yield from step(game, path[i], h, d_steps, memory)
        if not np.abs(after).max() < MAX_SIZE:
            path[i + 1 :] = path[i]
            return
        path[i + 1] = after


def _answer(walk: Generator[Question, Floats, None], v: Floats) -> Question | None:
    """Return the walk's next question; None at its end."""
    try:
        return walk.send(v)
    except StopIteration:
        return None


def factor(game: DiracGame, method: Literal["simultaneous", "alternating"], h: float, d_steps: int = 1) -> float | None:
    """By how much the distance to the equilibrium grows in each step, near it: above 1 the steps lead away.

    Args:
        game: The game.
        method: For the others it depends on what they remember.
        h: Step size.
        d_steps: D's updates in each alternating step.

    Returns:
        Spectral radius of the step; None where the field has a kink.
    """
    if eigenvalues(game) is None:
        return None
    (a, b), (c, d) = jacobian(game)
    if method == "simultaneous":
        step = np.array([[1 + h * a, h * b], [h * c, 1 + h * d]])
    else:
        turn_of_d = np.array([[1, 0], [h * c, 1 + h * d]])
        step = np.array([[1 + h * a, h * b], [0, 1]]) @ np.linalg.matrix_power(turn_of_d, d_steps)
    return float(np.abs(np.linalg.eigvals(step)).max())


def reading(game: DiracGame) -> Reading:
    """Read off the eigenvalues at the equilibrium how the game moves near it in continuous time."""
    values = eigenvalues(game)
    if values is None:
        return "kink"
    largest = values.real.max()
    if largest < -1e-9:
        return "converges"
    return "circles" if largest < 1e-9 else "diverges"


def reading_of_steps(growth: float) -> Reading:
    """Read off a step's `factor` how a game moves that is played in such steps."""
    if abs(growth - 1) < 1e-9:
        return "circles"
    return "converges" if growth < 1 else "diverges"
