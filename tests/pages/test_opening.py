"""How the app opens: its pages, presets and links."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from gan_core import Trainer
from gan_core.config import KNOBS, parse_config
from gan_core.config.presets import DEFAULT, FIRST_VISIT, MAX_LINK_BYTES, from_query, presets
from gan_core.data import DATASETS
from gan_core.live import commands as do
from tests.pages.conftest import APP, VISIT, Opener, Seen, by_address, newest_stats

PAGES = sorted(path.name for path in (Path(APP).parent / "pages").glob("*.py"))
OWN = tuple(name for name, entry in presets().items() if DATASETS[entry.config.data.name].own)
SMALL = {"preset": "ring-8", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}


def packed(value: Any) -> str:
    """What stands in a link for a whole config or a list of interventions."""
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode().rstrip("=")


def toasts(app: AppTest) -> str:
    return " ".join(toast.value for toast in app.toast)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_within_the_frame_and_has_a_browser_title_of_its_own(
    opened: list[AppTest], monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    titles: list[str] = []
    monkeypatch.setattr("streamlit.set_page_config", lambda **config: titles.append(config["page_title"]))
    name = page.removesuffix(".py")
    app = by_address(AppTest.from_file(APP, default_timeout=60), "" if name == "train" else name)
    opened.append(app)
    app.session_state["gan.notice"] = "Said once."
    if name != "guide":
        for key, value in SMALL.items():
            app.query_params[key] = value
    app.run()
    assert not app.exception
    assert titles == [f"{name.title()} · GAN Explorer"]
    assert "Said once." in toasts(app) or "could not be followed" in toasts(app), "the last thing to say is said"
    assert any("theme" in str(cast("Any", part).proto.id) for part in app.get("bidi_component")), "light or dark"
    assert page == "train.py" or len(app.markdown) + len(app.title) + len(app.header) + len(app.subheader) > 0


def test_the_app_opens_with_a_run_that_plays(open_app: Opener, runner_of: Callable[[AppTest], Seen]) -> None:
    app = open_app()
    runner = runner_of(app)
    assert not app.exception
    assert not app.toast
    assert runner.preset == FIRST_VISIT
    assert runner.config == presets()[FIRST_VISIT].config
    assert runner.wait(lambda r: r.state == "playing" and r.step > 3)


def test_a_link_that_names_no_preset_is_of_the_default_one(
    open_app: Opener, runner_of: Callable[[AppTest], Seen]
) -> None:
    assert runner_of(open_app({"seed": "7"})).config == presets()[DEFAULT].config.changed({"seed": 7})


@pytest.mark.parametrize("name", [name for name in presets() if name not in OWN])
def test_every_preset_opens_by_its_link(open_app: Opener, runner_of: Callable[[AppTest], Seen], name: str) -> None:
    app = open_app({"preset": name})
    runner = runner_of(app)
    assert not app.exception
    assert not app.toast
    assert runner.config == presets()[name].config
    assert app.selectbox(key="from:preset").value == name
    assert any(presets()[name].look_for in caption.value for caption in app.sidebar.caption)
    assert dict(app.query_params) == {"preset": name}
    assert runner.wait(lambda r: r.step > 0), runner.message


@pytest.mark.parametrize("name", OWN)
def test_a_preset_for_own_data_opens_and_says_what_it_waits_for(open_app: Opener, name: str) -> None:
    app = open_app({"preset": name})
    runner: Seen = Seen(app.session_state[VISIT])
    assert runner.wait(lambda r: r.state == "error")
    assert "upload" in runner.message
    app.run()
    assert not app.exception
    assert app.selectbox(key="from:preset").value == name


def test_a_preset_chosen_in_the_form_starts_its_run_playing(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    runner.pause()
    app.selectbox(key="from:preset").select("blobs-3").run()
    rebuilt(runner, 2)
    assert not app.exception
    assert runner.config == presets()["blobs-3"].config
    assert runner.preset == "blobs-3"
    assert dict(app.query_params) == {"preset": "blobs-3"}
    assert runner.wait(lambda r: r.state == "playing")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"preset": "no-such"}, "no-such"),
        ({"preset": "<script>alert(1)</script>"}, "there are: "),
        ({"preset": "ring-8", "lr_g": "much"}, "lr_g"),
        ({"preset": "ring-8", "lr_g": "NaN"}, "lr_g"),
        ({"preset": "ring-8", "lr_g": "1e999"}, "lr_g"),
        ({"preset": "ring-8", "generator.width": "99999999"}, "generator.width"),
        ({"preset": "ring-8", "generator.width": "[" * 5000}, "generator.width"),
        ({"preset": "ring-8", "__class__.__init__": "1"}, "no setting"),
        ({"preset": "ring-8", "regularisers.7.weight": "1"}, "regularisers"),
        ({"preset": "ring-8", "discriminator.norm": "batch"}, "batch norm"),
        ({"preset": "digits", "generator.width": "1024", "generator.depth": "8", "batch_size": "1024"}, "GFLOP"),
        ({"data.name": "/etc/passwd"}, "data.name"),
        ({"config": "not base64"}, "damaged"),
        ({"config": packed([1, 2, 3])}, ""),
        ({"config": packed({"data": {"name": "ring-8"}, "seed": -1})}, "seed"),
        ({"config": "A" * (MAX_LINK_BYTES + 1)}, "at most"),
        ({"config": packed("A" * 200_000)}, "unpack"),
        ({"preset": "ring-8", "changes": "%00"}, "damaged"),
        ({"preset": "ring-8", "changes": packed({"step": 1})}, "list of"),
        ({"preset": "ring-8", "changes": packed([{"step": -1}])}, "changes="),
        ({"preset": "ring-8", "changes": packed([{"step": 1, "changes": {"lr_g": 1e9}}])}, "lr_g"),
        ({"preset": "ring-8", "changes": packed([{"step": 1, "changes": {"seed": 3}}])}, "seed"),
        ({"preset": "ring-8", "changes": packed([{"step": 1, "update": "d"}] * 41)}, "at most 40"),
    ],
)
def test_a_bad_link_is_refused_in_words_and_the_default_run_opens(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], query: Mapping[str, str], said: str
) -> None:
    app = open_app(query)
    runner = runner_of(app)
    assert not app.exception
    assert "could not be followed" in toasts(app)
    assert said in toasts(app)
    assert len(toasts(app)) < 1500
    assert runner.config == presets()[DEFAULT].config
    assert dict(app.query_params) == {"preset": DEFAULT}
    assert runner.wait(lambda r: r.step > 0)
    assert not app.run().toast, "said once is enough"


def test_a_link_repeats_the_run_with_all_that_was_done_to_it(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    first = open_app(SMALL | {"seed": "7"})
    mine = runner_of(first)
    mine.pause()
    first.select_slider(key="w:latent_dim").set_value(4).run()
    rebuilt(mine, 2)
    for _ in range(3):
        mine.step_once()
    mine.flush()
    first.select_slider(key="w:lr_d").set_value(0.02).run()
    mine.step_once("d")
    for _ in range(3):
        mine.step_once()
    numbers = newest_stats(mine, 6)
    link = dict(first.run().query_params)

    config, name, interventions = from_query(link)
    assert (config, name, interventions) == (mine.initial_config, "ring-8", mine.interventions)
    assert [i.step for i in interventions] == [3, 3]
    trainer = Trainer(config, interventions=interventions)
    for _ in range(6):
        stats = trainer.step()
    assert {key: getattr(stats, key) for key in numbers if hasattr(stats, key)} | {"value": None} == numbers

    second = open_app(link)
    other = runner_of(second)
    assert not second.exception
    assert not second.toast
    assert dict(second.query_params) == link, "what is still to be repeated stays in the link"
    assert other.initial_config == mine.initial_config
    assert other.wait(lambda r: r.step > 6)
    assert other.interventions == mine.interventions
    assert second.run().select_slider(key="w:lr_d").value == 0.02


def test_a_run_begun_anew_leaves_what_was_done_to_the_last_one_out_of_the_link(
    open_app: Opener, runner_of: Callable[[AppTest], Seen]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    runner.pause()
    runner.step_once("d")
    runner.flush()
    assert "changes" in app.run().query_params
    for seed in range(1, 6):  # the link is written while the run is still being made
        app.number_input(key="w:seed").set_value(seed).run()
        assert "changes" not in app.query_params
        runner.step_once("d")
        runner.flush()
        assert "changes" in app.run().query_params
    runner.send(do.Restart(runner.config))
    assert not runner.interventions, "at once: the link is not to wait until the new run is made"


def test_a_link_with_every_setting_off_its_default_opens_as_it_is(
    open_app: Opener, runner_of: Callable[[AppTest], Seen]
) -> None:
    config = {
        "data": {"name": "line"},
        "objective": "wasserstein",
        "regularisers": [{"name": "gradient_penalty", "weight": 3.7, "every": 5}, {"name": "r1", "weight": 0.0}],
        "d_steps": 7,
        "g_steps": 3,
        "clip": 0.037,
        "batch_size": 33,
        "label_smoothing": 0.0,
        "feature_matching": True,
        "unroll": 0,
        "replay": 3,
        "instance_noise": 0.11,
        "instance_noise_steps": 77,
        "adversarial": 0.5,
        "reconstruction": 2.5,
        "reconstruction_z": 3,
        "z_reward": 0.25,
        "packing": 2,
        "lookahead": 4,
        "conditional": False,
        "augment": [],
        "generator": {"width": 13, "depth": 0, "activation": "silu", "norm": "batch"},
        "discriminator": {"width": 17, "depth": 8, "activation": "tanh", "dropout": 0.45, "spectral_norm": True},
        "latent_dim": 1,
        "prior": "uniform",
        "ema": 0.1234,
        "lr_g": 1.1e-7,
        "lr_d": 0.77,
        "optimizer_g": "sgd",
        "optimizer_d": "rmsprop",
        "betas_g": [0.99995, 0.3],
        "betas_d": [0.0, 0.0],
        "seed": 2**31 - 1,
    }
    assert {path.split(".")[0] for path in KNOBS} == set(config), "a setting is missing here"
    app = open_app({"config": packed(config)})
    runner = runner_of(app)
    assert not app.exception
    assert not app.toast
    assert runner.initial_config == parse_config(config)
    kinds = ("number_input", "slider", "select_slider")
    shown = {w.key: w.value for kind in kinds for w in cast("list[Any]", app.get(kind))}
    assert shown["w:betas_g.0"] == 0.99995
    assert shown["w:ema"] == 0.1234
    assert shown["w:lr_g"] == 1.1e-7
    assert shown["w:batch_size"] == 33
    assert shown["w:seed"] == 2**31 - 1
    assert app.selectbox(key="from:preset").value is None


def test_every_row_of_the_guide_stands_in_a_table() -> None:
    lines = (Path(APP).parent / "assets" / "guide.md").read_text(encoding="utf-8").splitlines()
    rows = [i for i, line in enumerate(lines) if line.startswith("|")]
    assert len(rows) > 10
    for i in rows:
        begins = lines[i + 1].startswith("|---") if i + 1 < len(lines) else False
        assert begins or lines[i - 1].startswith("|"), lines[i]
