"""Make the pictures of the README from the running app: ``python -m scripts.pictures``.

Starts the app, opens presets in headless Chromium and writes screenshots and a GIF to ``assets/pictures``; with names,
such as ``apply classroom``, only those screenshots of pages that have no run to wait for.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.app import App, browser_path, launch

ROOT: Final = Path(__file__).parents[1]
OUT: Final = ROOT / "assets" / "pictures"
SHOTS: Final[tuple[tuple[str, Literal["light", "dark"], int], ...]] = (
    ("digits", "light", 2000),
    ("ring-8", "dark", 3000),
    ("collapse", "light", 1100),
)
PAGES: Final[tuple[tuple[str, str, Literal["light", "dark"], int], ...]] = (
    ("lab", "collapse?failure=ring-collapse", "light", 900),
    ("latent", "latent", "dark", 1),
)
STANDING: Final[tuple[tuple[str, str, str, Literal["light", "dark"]], ...]] = (
    ("learn", "learn?part=theory", ".gan-theory .js-plotly-plot", "light"),
    ("runs", "runs", "img", "light"),
    ("apply", "apply", '[data-testid="stImage"] img[alt^="GAN, z 4"]', "dark"),
    ("watch", "watch", ".gan-watch canvas", "light"),
    ("classroom", "classroom?task=all-eight", '[class*="st-key-class-begin"]', "light"),
)
"""Pages without a run of their own to wait for: name, address, what must be there, theme."""
LOOP: Final = """
import torch
from torch import nn
from gan_core import watch

torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
g_opt, d_opt = (torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.99)) for net in (G, D))
loss = nn.BCEWithLogitsLoss()
watch(G, D)
for step in range(1500):
    angle = torch.randint(8, (64,)) * torch.pi / 4
    real = torch.stack([angle.cos(), angle.sin()], 1) + 0.05 * torch.randn(64, 2)
    fake = G(torch.randn(64, 2))
    d_opt.zero_grad()
    (loss(D(real), torch.ones(64, 1)) + loss(D(fake.detach()), torch.zeros(64, 1))).backward()
    d_opt.step()
    for _ in range(5):  # many updates of G for each of D's: it finds one place after another
        g_opt.zero_grad()
        loss(D(G(torch.randn(64, 2))), torch.ones(64, 1)).backward()
        g_opt.step()
"""
"""A loop of one's own for the Watch page: it collapses."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the app on a free port and yield its address."""
    runs = tempfile.TemporaryDirectory()  # the Runs page shows those of the pictures alone, and Watch the loop
    env = {**os.environ, "GAN_EXPLORER_RUNS": runs.name, "GAN_EXPLORER_WATCH": f"{runs.name}/watched"}
    subprocess.run([sys.executable, "-c", LOOP], check=True, env=env, cwd=ROOT)
    app = App(env)
    try:
        for _ in range(240):
            if app.answers():
                break
            time.sleep(0.25)
        yield app.url
    finally:
        app.process.terminate()
        app.process.wait(10)
        runs.cleanup()


def opened(browser: Browser, url: str, theme: Literal["dark", "light"], width: int = 1280, height: int = 800) -> Page:
    """Open a page with a live view, its tips closed."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    page.goto(url)
    page.wait_for_selector(".gan-live[data-state=playing]", timeout=60_000)
    return page


def until(page: Page, step: int) -> None:
    """Wait until the run has reached a step."""
    page.wait_for_function(
        "step => Number(document.querySelector('.gan-live').dataset.step) >= step", arg=step, timeout=600_000
    )


def film(page: Page, steps: list[int], path: Path) -> None:
    """Record a GIF of the live view at these steps."""
    frames = []
    for step in steps:
        until(page, step)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        frames.append(shot.resize((800, 500), Image.Resampling.LANCZOS).quantize(96))
    durations = [250] * (len(frames) - 1) + [2500]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=True)


def shoot_training(browser: Browser, url: str) -> None:
    """Write the pictures of pages whose runs have reached a step, and the GIF."""
    for preset, theme, step in SHOTS:
        page = opened(browser, f"{url}/?preset={preset}", theme)
        until(page, step)
        page.screenshot(path=OUT / f"{preset}-{theme}.png")
        page.close()
    for name, address, theme, step in PAGES:
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=theme)
        page.goto(f"{url}/{address}")
        page.wait_for_selector(".gan-live canvas", timeout=60_000)
        until(page, step)
        page.wait_for_timeout(3000)  # until everything is drawn
        page.screenshot(path=OUT / f"{name}-{theme}.png")
        page.close()
    page = opened(browser, f"{url}/?preset=blobs-3", "light", 1280, 800)
    film(page, [*range(20, 400, 20), *range(400, 1600, 100)], OUT / "train.gif")
    page.close()
    time.sleep(12)  # until the runs of the closed pages have saved themselves


def shoot_standing(browser: Browser, url: str, names: Sequence[str]) -> None:
    """Write the pictures of pages that have no run to wait for; all of them without names."""
    for name, address, there, theme in STANDING:
        if names and name not in names:
            continue
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme=theme)
        page.goto(f"{url}/{address}")
        page.locator(there).first.wait_for(timeout=120_000)
        page.wait_for_timeout(3000)  # until everything is drawn
        page.screenshot(path=OUT / f"{name}-{theme}.png")
        page.close()


def main() -> None:
    """Write all pictures, or those that are named."""
    options = argparse.ArgumentParser(description="Make the pictures of the README from the running app.")
    known = [name for name, *_ in STANDING]
    options.add_argument("names", nargs="*", choices=[*known, []], metavar="NAME", help=", ".join(known))
    names = options.parse_args().names
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = browser_path()
    if chromium is None:
        raise SystemExit("no Chromium is installed")
    with served() as url, sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        if not names:
            shoot_training(browser, url)
        shoot_standing(browser, url, names)
        browser.close()
    for path in sorted(OUT.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
