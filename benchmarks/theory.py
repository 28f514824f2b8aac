"""Sliders of the theory: ``python -m benchmarks.theory``.

How long the server takes for its answer to one move of a slider: of the Dirac-GAN (the field, the ways to play, the
eigenvalues and three figures), in its usual setting and in heavy ones: with every objective, with noise, with steps
that lead far away; of the best discriminator, whose sliders have a D trained; and of the vanishing gradient. Nothing
is remembered from one move to the next. Then, in Chromium, from a key that moves a slider to the changed plot.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from typing import Final

from playwright.sync_api import Page
from threadpoolctl import threadpool_limits

from benchmarks.rows import Row, parser, report
from benchmarks.served import PATIENCE_MS, VIEWPORT, Server, chromium
from gan_core.game.objectives import OBJECTIVES
from gan_core.theory.dirac import jacobian
from pages.ui.learn.theory import densities, dirac
from pages.ui.learn.theory.exhibits import answer

REDRAW_MS: Final = 150.0
_HEAVY: Final = "alternating,simultaneous,extragradient,negative_momentum"
_MEMORIES: Final = (densities.trained, densities._distances, dirac._paths, dirac._velocity, jacobian)
SLIDERS: Final = (
    ("The best discriminator", "best", "mean", "densities"),
    ("The best discriminator", "best", "std", "divergences"),
    ("The best discriminator", "best", "updates", "densities"),
    ("The vanishing gradient", "pulls", "logit", "pull"),
    ("The vanishing gradient", "frozen", "mean", "frozen"),
    ("The smallest GAN", "dirac", "noise", "plane"),
    ("The smallest GAN", "dirac", "h", "plane"),
    ("The smallest GAN", "dirac", "d_steps", "plane"),
)
"""Tab, exhibit, slider, and a plot that follows it."""
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


def milliseconds(query: Mapping[str, str], n: int) -> list[float]:
    """Measure how long each of n answers takes; one before them warms up."""
    found = []
    for _ in range(n + 1):
        for memory in _MEMORIES:
            memory.cache_clear()
        begun = time.perf_counter()
        answer(query)
        found.append(1e3 * (time.perf_counter() - begun))
    return found[1:]


def server_rows(n: int) -> list[Row]:
    """Time the server's part."""
    usual = {"show": "dirac", "penalty": "r1", "methods": "alternating,simultaneous"}
    heavy = {"show": "dirac", "penalty": "r1_r2", "methods": _HEAVY, "noise": "0.5", "d_steps": "5"}
    moves = {"the smallest GAN, as it opens": usual}
    moves |= {
        f"{objective.label}, noise, R1 + R2, 4 ways, 5 D updates": heavy | {"objective": name}
        for name, objective in OBJECTIVES.items()
    }
    moves |= {
        "hinge, noise, step size 1: far away": heavy | {"objective": "hinge", "penalty": "", "noise": "1", "h": "1"},
        "the best discriminator, 300 updates": {"show": "best", "std": "1.5", "updates": "300"},
        "the vanishing gradient": {"show": "frozen", "mean": "4"},
    }
    return [
        Row(case, "computed by the server, ms", milliseconds(query, n), 0, "<=", REDRAW_MS)
        for case, query in moves.items()
    ]


def moved(page: Page, tab: str, show: str, slider: str, plot: str, n: int) -> list[float]:
    """Milliseconds from each press of a key on a slider to the first frame in which its plot is another one."""
    page.get_by_role("tab", name=tab).click()
    exhibit = f".gan-theory[data-show={show}]"
    figure = f"{exhibit} [data-figure={plot}]"
    handle = page.locator(f"{exhibit} [data-slider={slider}]")
    page.locator(f"{figure} .main-svg").first.wait_for()
    out, key = [], "ArrowRight"
    for _ in range(n + 1):
        value, ends = handle.input_value(), [handle.get_attribute(name) for name in ("min", "max")]
        if value in ends:  # a key that moves nothing would be waited for in vain
            key = "ArrowRight" if value == ends[0] else "ArrowLeft"
        handle.focus()
        page.wait_for_timeout(600)  # until nothing moves any more
        page.evaluate(_WATCH, figure)
        page.keyboard.press(key)
        page.wait_for_function("window.ganMoved")
        out.append(float(page.evaluate("window.ganMoved")))
    return out[1:]


def browser_rows(n: int) -> Iterator[Row]:
    """Time what a visitor waits for."""
    with chromium() as browser, Server({"GAN_EXPLORER_RUNS": "off"}) as server:
        page = browser.new_context(viewport=VIEWPORT).new_page()
        page.set_default_timeout(PATIENCE_MS / 3)
        page.goto(f"{server.url}/learn?part=theory")
        for tab, show, slider, plot in SLIDERS:
            values = moved(page, tab, show, slider, plot, n)
            yield Row(
                f"{tab}: {slider}", "from the key to the changed plot in Chromium, ms", values, 0, "<=", REDRAW_MS
            )


def main() -> None:
    """Measure and print."""
    os.environ.setdefault("GAN_EXPLORER_HOSTS", "0")  # all is computed here
    options = parser(__doc__, repeats=10)
    options.add_argument("--no-browser", action="store_true", help="leave out what needs Chromium")
    given = options.parse_args()
    with threadpool_limits(1):  # as in the app
        rows = server_rows(given.repeats)
    if not given.no_browser:
        rows += browser_rows(given.repeats)
    report("theory", rows, [], given.json)


if __name__ == "__main__":
    main()
