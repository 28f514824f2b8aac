"""Lessons of the Learn page: ``python -m benchmarks.lessons [--lessons NAME ...] [--repeats N] [--start]``.

In how many repetitions a lesson's run behaves as its text says: the first with the seed that everybody sees, the
others with seeds of their own. And whether a seed gives the same answer twice. With ``--start`` instead, in Chromium:
how long it takes from the click on a lesson to the picture of its new run, and from the click on a prediction to the
first picture of a run that has made a step. A fresh server, so that the first time counts like the others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import torch
from playwright.sync_api import Locator, Page

from benchmarks.rows import Row, parser, report
from benchmarks.served import PATIENCE_MS, VIEWPORT, Server, chromium
from gan_core.experiments.lessons import Facts, Lesson, Watched, facts_of, lessons

SHARE: Final = 0.95
START_S: Final = 1.0
_PROBE: Final = """
window.ganStart = { clickAt: 0, openAt: 0, stepAt: 0 };
addEventListener('click', (event) => {
  Object.assign(ganStart, { clickAt: event.timeStamp, openAt: 0, stepAt: 0 });
}, true);
new MutationObserver((records) => {
  const { step, frame } = records[records.length - 1].target.dataset;
  if (frame !== '0') ganStart[step === '0' ? 'openAt' : 'stepAt'] ||= performance.now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-frame', 'data-step'] });
"""


def run(lesson: Lesson, seed: int | None = None) -> Facts:
    """Run a lesson to its end and return its facts."""
    trainer = Watched(lesson.config(seed))
    for _ in range(lesson.stop_at):
        trainer.step()
    return facts_of(lesson.name, trainer)


def clicked(page: Page, target: Locator, event: str) -> float:
    """Seconds from a click to an event in the page."""
    target.click()
    page.wait_for_function(f"ganStart.{event} > ganStart.clickAt", polling=20)
    seen: dict[str, Any] = page.evaluate("ganStart")
    return float(seen[event] - seen["clickAt"]) / 1000


def starts(names: Sequence[str], n: int) -> Iterator[Row]:
    """Measure a visitor's wait: each lesson comes n times, after another one whose run has begun."""
    titles = [lesson.title for lesson in lessons().values()]
    opened: dict[str, list[float]] = {name: [] for name in names}
    begun: dict[str, list[float]] = {name: [] for name in names}
    first = next(name for name in reversed(list(lessons())) if name != names[0])
    with chromium() as browser, Server({"GAN_EXPLORER_RUNS": "off"}) as server:
        context = browser.new_context(viewport=VIEWPORT)
        context.add_init_script(_PROBE)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS / 3)

        def predict(lesson: Lesson) -> float:
            page.wait_for_timeout(700)  # as long as it takes to read a little
            return clicked(page, page.get_by_text(lesson.choices[lesson.right], exact=True), "stepAt")

        page.goto(f"{server.url}/learn?lesson={first}")
        page.locator(".gan-live[data-state=paused]").wait_for()
        predict(lessons()[first])
        for _ in range(n):
            for name in names:
                lesson = lessons()[name]
                pill = page.get_by_text(f"{titles.index(lesson.title) + 1}. {lesson.title}")
                opened[name].append(clicked(page, pill, "openAt"))
                begun[name].append(predict(lesson))
    for name in names:
        yield Row(name, "from its pill to the picture of its run, s", opened[name], 2, "<=", START_S)
        yield Row(name, "from the prediction to the first step's picture, s", begun[name], 2, "<=", START_S)


def main() -> None:
    """Run, measure and print."""
    given_by = parser(__doc__, repeats=20)
    given_by.add_argument("--lessons", nargs="+", metavar="NAME", default=list(lessons()), choices=list(lessons()))
    given_by.add_argument("--start", action="store_true", help="how soon they start in Chromium, and nothing else")
    given = given_by.parse_args()
    torch.set_num_threads(1)
    if given.start:
        report("lessons", list(starts(given.lessons, given.repeats)), [], given.json)
        return
    rows, notes = [], []
    for name in given.lessons:
        lesson, began = lessons()[name], time.perf_counter()
        own = lesson.config().seed
        first, again = run(lesson), run(lesson)
        rows.append(Row(name, "the same seed gives the same words", [float(first.words == again.words)], 0, ">=", 1))
        held = {own: first.held} | {seed: run(lesson, seed).held for seed in range(own + 1, own + given.repeats)}
        share = sum(held.values()) / len(held)
        rows.append(Row(name, f"share of {len(held)} seeds that behave as the text says", [share], 2, ">=", SHARE))
        if failed := [seed for seed, ok in held.items() if not ok]:
            notes.append(f"{name}: not so with seeds {', '.join(map(str, failed))}")
        print(f"{name}: {sum(held.values())} of {len(held)}, {time.perf_counter() - began:.0f} s", flush=True)
    report("lessons", rows, notes, given.json)


if __name__ == "__main__":
    main()
