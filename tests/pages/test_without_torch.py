"""The server's own process, where runs are in processes of their own: it has served every page, and has no PyTorch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]

# Whoever imports torch here is told of, by where it was done. Pages are run as the server runs them; what only a
# browser can do (the routes, files that are chosen) is done by what the routes and the pages call for it.
CHILD = """
import json, sys, time, traceback
from pathlib import Path

class Told:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            stack = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_stack()]
            told.append([line for line in stack if "gan_core" in line or "pages" in line])

told = []
sys.meta_path.insert(0, Told())

def main():
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    PagesManager.uses_pages_directory = False
    from pages.ui import session
    from pages.ui.learn.theory.exhibits import EXHIBITS, answer

    def ran(page):
        assert not page.exception, [each.value for each in page.exception]
        return page

    def opened(query=None, page="", **state):
        at = AppTest.from_file("app.py", default_timeout=60)
        if page:
            at._page_hash = calc_hash(page)
        for name, value in state.items():
            at.session_state[name.replace("__", ":")] = value
        for name, value in (query or {}).items():
            at.query_params[name] = value
        return ran(at.run())

    done = []
    at = opened()
    for name in ("learn", "train", "latent", "apply", "collapse", "watch", "runs", "classroom", "guide"):
        ran(at.switch_page(f"pages/{name}.py").run())
        done.append(name)

    # Learn: all of the theory, the step in slow motion, a lesson that is answered.
    for show in EXHIBITS:
        answer({"show": show, "methods": "alternating,simultaneous"})
    for section in ("The best discriminator", "The vanishing gradient", "The smallest GAN", "The two open troubles"):
        opened({"part": "theory"}, "learn", learn__theory=section)
    opened({"part": "zoo"}, "learn")
    step = opened({"part": "step"}, "learn")
    ran(step.button(key="step:next").click().run())
    assert any("Just executed" in each.value for each in step.markdown)
    done.append("theory and step")

    # Data of one's own: read, checked, trained on, kept, opened from a link; a restoration's picture.
    from gan_core.data.checks import check
    from gan_core.data.own import find, register
    from gan_core.data.payload import to_text
    from gan_core.data.reading import read_files
    from gan_core.live import commands as do
    from gan_core.live.handle import RunSpec
    from pages.ui.train.own_data import read_own
    table = "x,y\\n" + "\\n".join(f"{i % 17},{(i * i) % 23}" for i in range(200))
    points = read_own([("points.csv", table.encode())])
    check(points)
    register(points)
    pictures = read_own([("pictures.zip", Path(sys.argv[1]).read_bytes())])
    check(pictures)
    run = session.rooms().host.open(
        RunSpec(at.session_state["gan.visit"].run.status().config.changed(
            {"data.name": "own-points", "data.hash": register(points), "batch_size": 16}
        ), play=True)
    )
    assert run.wait(lambda s: s.step > 2), run.status().message
    drawn = read_files([("drawn.csv", b"x,y\\n" + b"\\n".join(b"%d,%d" % (i % 16, i // 16) for i in range(256)))], None)
    text = to_text(drawn)
    if text:
        linked = opened({"points": text, "data.name": "own-points", "data.hash": drawn.hash})
    opened({"z_points": "s17.3,s4.1", "preset": "digits"}, "latent")
    done.append("own data")

    # Samples that are judged, what is compared, exported and swept.
    from gan_core.experiments.seeds import Repeats
    from gan_core.experiments.sweep import floors, parse_vary, plan, samples, shown, summarise
    from gan_core.experiments.sweep.campaign import Campaign
    from gan_core.judging.questions import Judged
    heard = []
    report = session.rooms().host.ask(Judged([("all.zip", Path(sys.argv[1]).read_bytes())],
                                              progress=lambda *how: heard.append(how)))
    assert report.snapshots and heard
    from gan_core.judging import judged_page
    judged_page(report)
    import concurrent.futures
    class Nobody(concurrent.futures.Executor):
        def submit(self, fn, /, *args, **kwargs):
            return concurrent.futures.Future()
    config = run.status().config
    Repeats([config], "modes", [0, 1], executor=Nobody()).cancel()
    assert len(plan(config, parse_vary(["objective=hinge,wasserstein"]), seeds=[0], steps=3)) == 2
    done.append("samples and sweeps")
    run.close()
    session.rooms().close()
    print(json.dumps({"done": done, "told": told, "loaded": "torch" in sys.modules}))

main()
"""


def test_a_server_with_hosts_that_has_served_all_pages_has_no_torch(tmp_path: Path) -> None:
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for i in range(40):
            picture = io.BytesIO()
            Image.new("L", (16, 16), i * 6).save(picture, "png")
            file.writestr(f"{i}.png", picture.getvalue())
    (tmp_path / "pictures.zip").write_bytes(packed.getvalue())
    environment = os.environ | {
        "GAN_EXPLORER_HOSTS": "1",
        "GAN_EXPLORER_PACE": "5",
        "GAN_EXPLORER_RUNS": str(tmp_path / "runs"),
        "GAN_EXPLORER_DATA": str(tmp_path / "data"),
        "GAN_EXPLORER_USERS": "many",
        "GAN_EXPLORER_KEEP_DATA": "on",
    }
    said = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "pictures.zip")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-3000:]
    found = json.loads(said.stdout.splitlines()[-1])
    assert found["done"][-1] == "samples and sweeps"
    assert found["told"] == []
    assert not found["loaded"]
