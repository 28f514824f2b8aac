"""Walking the latent space: ``python -m benchmarks.latent``.

What inversion reaches (64 held-out digits together, and generated ones), what a frame of 64 samples and a film cost on
the server, and how long it takes in Chromium from moving a slider to the changed picture, the training paused and on.
The digits are those of the preset after 4,000 steps, trained here; speed does not depend on what a network has learnt,
so the DCGAN is untrained, and MNIST may be a stand-in.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import torch
from playwright.sync_api import Browser, Page

from benchmarks.live import mnist_environment
from benchmarks.rows import Row, parser, report
from benchmarks.served import LivePage, Server, chromium
from gan_core import Trainer, preset
from gan_core.config.presets import to_query
from gan_core.data import Images
from gan_core.export.latent import walk_film
from gan_core.latent.desk import Desk, Edit
from gan_core.latent.directions import draw
from gan_core.latent.inversion import Inversion, psnr
from gan_core.latent.players import Players
from gan_core.latent.points import Point
from gan_core.latent.prior import seeded
from gan_core.record import frame as frames

STEPS: Final = 4_000
N_HELD_OUT: Final = 64
N_SLIDES: Final = 20
_PAINTED: Final = """(value) => new Promise((done) => {
    const root = document.querySelector('.gan-latent'), bar = root.querySelector('[data-direction]');
    const begun = performance.now();
    bar.value = value;
    bar.dispatchEvent(new Event('input', { bubbles: true }));
    const wanted = Number(root.dataset.asked);
    const look = () => {
        if (Number(root.dataset.painted) >= wanted) done(performance.now() - begun);
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""


def inversions(players: Players) -> Iterator[Row]:
    """Accuracy and time of searches."""
    case, data = f"digits, {players.step:,} steps", players.data
    assert isinstance(data, Images)
    assert data.held_out is not None
    began = time.perf_counter()
    search = Inversion(players, data.held_out[:N_HELD_OUT], n_starts=1)
    search.advance(300)
    seconds = time.perf_counter() - began
    yield Row(
        case,
        "64 held-out digits, 1 start, mean PSNR after 300 steps, dB",
        [float(psnr(search.best()[2]).mean())],
        1,
        ">=",
        20,
    )
    yield Row(case, "the same, seconds", [seconds], 2)
    z, classes = draw(players, N_HELD_OUT, seed=5)
    search = Inversion(players, players.sample(z, classes), n_starts=4)
    search.advance(300)
    reached = psnr(search.best()[2])
    yield Row(case, "64 generated digits, best of 4 starts, median PSNR, dB", [float(reached.median())], 1, ">=", 35)


def frames_and_films(case: str, players: Players, repeats: int) -> Iterator[Row]:
    """Time the server's frame of 64 samples, and a film of 10 key points with 12 frames between two."""
    desk = Desk(players)
    points = [Point(row.numpy(), 0 if players.config.conditional else None) for row in seeded(1, players.config)]
    vector = seeded(2, players.config)[0].numpy()

    def frame() -> object:
        header, arrays = desk.make(points, Edit(1.0, ((vector, 0.5),)))
        return frames.encode(header, arrays)

    frame()
    yield Row(case, "a frame of 64 samples, ms", [1000 * t for t in timed(frame, 4 * repeats)], 1, "<=", 30)
    for kind in ("gif", "webp"):

        def film(kind: str = kind) -> object:
            made = desk.walk(points[:10], 12, "slerp", loop=True)[1]["samples"]
            return walk_film(made, "gif" if kind == "gif" else "webp", seconds=10, loop=True)

        yield Row(case, f"a film of 10 key points, 12 frames each ({kind}), s", timed(film, repeats), 2, "<=", 3)


def timed(action: Callable[[], object], n: int) -> list[float]:
    """Seconds of each of ``n`` calls."""
    out = []
    for _ in range(n):
        began = time.perf_counter()
        action()
        out.append(time.perf_counter() - began)
    return out


def slides(page: Page) -> list[float]:
    """Milliseconds from moving a slider to the changed picture, for each of `N_SLIDES` moves."""
    out = []
    for i in range(N_SLIDES):
        out.append(float(page.evaluate(_PAINTED, 0.2 + 0.1 * i)))
        page.wait_for_timeout(60)
    return out


def in_chromium(case: str, name: str, browser: Browser, changes: dict[str, str]) -> Iterator[Row]:
    """Time a slider of the Latent page in a browser, with the run paused and then training."""
    with Server(changes) as server:
        for training, bar in ((False, 200), (True, 400)):
            visitor = LivePage(browser, server, to_query(preset(name), name))
            visitor.wait_for_first_step()
            if not training:
                visitor.pause()
            page = visitor.page
            page.get_by_role("link", name="Latent").click()
            page.get_by_text("Sliders", exact=True).click()
            page.wait_for_selector(".gan-latent[data-section=sliders] [data-direction]")
            page.wait_for_timeout(1500)
            slides(page)
            state = page.locator(".gan-latent").get_attribute("data-state")
            if state != ("playing" if training else "paused"):
                raise RuntimeError(f"the run is {state}")
            words = "training on" if training else "paused"
            yield Row(case, f"slider to changed picture, {words}, ms", slides(page), 0, "<=", bar)
            visitor.close()


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--no-browser", action="store_true", help="leave out what needs Chromium")
    options.add_argument("--steps", type=int, default=STEPS, help="of the digits whose inversion is measured")
    given = options.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    notes: list[str] = []
    trainer = Trainer(preset("digits"))
    while trainer.step_count < given.steps:
        trainer.step()
    digits = Players.of(trainer.state_dict())
    rows += inversions(digits)
    rows += frames_and_films("digits, MLP, 8 px", digits, given.repeats)
    with tempfile.TemporaryDirectory() as folder:
        changes, _ = mnist_environment(Path(folder))
        if changes:
            os.environ |= changes
            notes.append("MNIST is not on this machine: a stand-in of its size (enlarged 8x8 digits) is in its place.")
        dcgan = Players.of(Trainer(preset("mnist-dcgan")).state_dict())
        rows += frames_and_films("MNIST, DCGAN, 28 px", dcgan, given.repeats)
        if given.no_browser:
            report("latent", rows, notes, given.json)
            return
        with chromium() as browser:
            for case, name in (("digits, MLP, 8 px", "digits"), ("MNIST, DCGAN, 28 px", "mnist-dcgan")):
                rows += in_chromium(case, name, browser, changes)
    report("latent", rows, notes, given.json)


if __name__ == "__main__":
    main()
