"""Sliders of the theory: ``python -m benchmarks.theory``.

What the server computes for one move of a slider, without Streamlit: of the Dirac-GAN (the field, the ways to play,
the eigenvalues and three figures), in its usual setting and in heavy ones: with every objective, with noise, with
steps that lead far away; of the best discriminator, whose sliders have a D trained; and of the vanishing gradient.
Every move has a value of its own, so that nothing is remembered. Then, in Chromium, from a key that moves a slider to
the changed plot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import torch
from playwright.sync_api import Page

from benchmarks.rows import Row, parser, report
from benchmarks.served import PATIENCE_MS, VIEWPORT, Server, chromium
from gan_core.dynamics import (
    Game,
    Pair,
    eigenvalues,
    factor,
    field,
    jensen_shannon,
    learn,
    play_all,
    wasserstein,
)
from gan_core.figures import theory
from gan_core.objectives import OBJECTIVES

REDRAW_MS: Final = 150.0
_METHODS: Final = ("alternating", "simultaneous")
_HEAVY: Final = ("alternating", "simultaneous", "extragradient", "negative_momentum")
_STEPS: Final = 80
SLIDERS: Final = (
    ("The best discriminator", "best-mean", "best-densities"),
    ("The best discriminator", "best-std", "best-divergences"),
    ("The best discriminator", "best-updates", "best-densities"),
    ("The vanishing gradient", "vanishing-logit", "vanishing-pull"),
    ("The vanishing gradient", "vanishing-mean", "vanishing-frozen"),
    ("The smallest GAN", "dirac-noise", "dirac-plane"),
    ("The smallest GAN", "dirac-h", "dirac-plane"),
    ("The smallest GAN", "dirac-d_steps", "dirac-plane"),
)
"""Tab, slider, and a plot that follows it."""
_WATCH: Final = """(plot) => {
    window.ganMoved = 0;
    const seen = () => [...document.querySelectorAll(plot + ' .main-svg')].map((svg) => svg.innerHTML).join();
    const before = seen();
    addEventListener('keydown', (event) => {
        const look = () => {
            if (seen() !== before) window.ganMoved = performance.now() - event.timeStamp;
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }, { capture: true, once: true });
}"""
_X: Final = np.linspace(-6, 14, 241)
_MEANS: Final = np.linspace(0, 10, 41)


def milliseconds(move: Callable[[int], object], n: int) -> list[float]:
    """How long each of n moves takes; one before them warms up."""
    found = []
    for i in range(n + 1):
        begun = time.perf_counter()
        move(i)
        found.append(1e3 * (time.perf_counter() - begun))
    return found[1:]


def dirac(game: Game, methods: tuple[str, ...], d_steps: int = 1, h: float = 0.2) -> None:
    """All that the server computes for a picture of the Dirac-GAN."""
    ticks = np.linspace(-2, 2, 15)
    grid = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    paths = play_all(game, methods, n_steps=_STEPS, h=h, d_steps=d_steps)
    values = eigenvalues(game)
    theory.dirac_plane(grid, field(game, grid), paths).to_json()
    theory.distances(paths).to_json()
    if values is not None:
        factor(game, "simultaneous", h, d_steps)
        factor(game, "alternating", h, d_steps)
        theory.eigenvalue_plane(values).to_json()


def best(pair: Pair, updates: int) -> None:
    """All that the server computes for a picture of the best discriminator, the divergences with it."""
    log_p, log_q = pair.log_densities(_X)
    lesson = learn(pair, updates, x=_X, n_looks=1)
    trained = 1 / (1 + np.exp(-lesson.logits))
    theory.best_discriminator(_X, np.exp(log_p), np.exp(log_q), trained, trained).to_json()
    pairs = [Pair(mean, pair.std) for mean in _MEANS]
    jsd, w1 = np.array([jensen_shannon(p) for p in pairs]), np.array([wasserstein(p) for p in pairs])
    theory.divergences(_MEANS, jsd, w1, pair.mean).to_json()


def vanishing(pair: Pair) -> None:
    """All that the server computes for the frozen G."""
    lesson = learn(pair, 200, x=_X, n_looks=20)
    theory.curves(lesson.steps, lesson.pulls, x_title="", y_title="", log=True, log_x=True).to_json()


def server_rows(n: int) -> list[Row]:
    """What the server computes."""
    moves: dict[str, Callable[[int], object]] = {
        "the smallest GAN, as it opens": lambda i: dirac(Game("non_saturating", "r1", 0.3 + 0.05 * i), _METHODS)
    }
    for name, objective in OBJECTIVES.items():

        def noisy(i: int, name: str = name) -> None:
            dirac(Game(name, "r1_r2", 0.3 + 0.05 * i, 0.5), _HEAVY, 5)

        moves[f"{objective.label}, noise, R1 + R2, 4 ways, 5 D updates"] = noisy
    moves |= {
        "hinge, noise, step size 1: far away": lambda i: dirac(Game("hinge", noise=1 + 0.05 * i), _HEAVY, 5, h=1.0),
        "the best discriminator, 300 updates": lambda i: best(Pair(2 + 0.1 * i, 1 + 0.05 * i), 300),
        "the vanishing gradient": lambda i: vanishing(Pair(4 + 0.1 * i)),
    }
    return [
        Row(case, "computed by the server, ms", milliseconds(move, n), 0, "<=", REDRAW_MS)
        for case, move in moves.items()
    ]


def moved(page: Page, tab: str, slider: str, plot: str, n: int) -> list[float]:
    """Milliseconds from each press of a key on a slider to the first frame in which its plot is another one."""
    page.get_by_role("tab", name=tab).click()
    handle = page.locator(f".st-key-{slider} input[type=range]")
    handle.wait_for(state="attached")
    page.locator(f".st-key-{plot} .js-plotly-plot .main-svg").first.wait_for()
    out, key = [], "ArrowRight"
    for _ in range(n + 1):
        value, ends = handle.input_value(), [handle.get_attribute(name) for name in ("min", "max")]
        if value in ends:  # a key that moves nothing would be waited for in vain
            key = "ArrowRight" if value == ends[0] else "ArrowLeft"
        handle.focus()
        page.wait_for_timeout(600)  # until nothing moves any more
        page.evaluate(_WATCH, f".st-key-{plot}")
        page.keyboard.press(key)
        page.wait_for_function("window.ganMoved")
        out.append(float(page.evaluate("window.ganMoved")))
    return out[1:]


def browser_rows(n: int) -> Iterator[Row]:
    """What a visitor waits for."""
    with chromium() as browser, Server({"GAN_EXPLORER_RUNS": "off"}) as server:
        page = browser.new_context(viewport=VIEWPORT).new_page()
        page.set_default_timeout(PATIENCE_MS / 3)
        page.goto(f"{server.url}/learn?part=theory")
        for tab, slider, plot in SLIDERS:
            values = moved(page, tab, slider, plot, n)
            yield Row(
                f"{tab}: {slider.partition('-')[2]}", "from the key to the changed plot in Chromium, ms", values, 0
            )


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeats=10)
    options.add_argument("--no-browser", action="store_true", help="leave out what needs Chromium")
    given = options.parse_args()
    torch.set_num_threads(1)
    rows = server_rows(given.repeats)
    if not given.no_browser:
        rows += browser_rows(given.repeats)
    report("theory", rows, [], given.json)


if __name__ == "__main__":
    main()
