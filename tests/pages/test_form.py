"""The form: each knob is there, shows what the run has, and does what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.config import KNOBS, PENALTY_KNOBS, RunConfig, is_live, parse_config
from gan_core.config.presets import from_query, presets
from tests.pages.conftest import Opener, Seen
from tests.pages.test_opening import SMALL, toasts

KINDS = ("selectbox", "toggle", "slider", "select_slider", "number_input", "multiselect")


def widgets(app: AppTest) -> dict[str, Any]:
    """Every widget of the form by its key."""
    every = [w for kind in KINDS for w in cast("list[Any]", app.get(kind))]
    found = {w.key: w for w in every}
    assert len(every) == len(found)
    return {key: w for key, w in found.items() if not key.startswith(("own:", "keep:"))}


def paths_of(config: RunConfig) -> set[str]:
    """Each setting that a form for this config must offer; pairs and penalties one by one."""
    plain = {p for p in KNOBS if p != "regularisers" and not p.startswith("betas_")} - config.idle
    pairs = {f"{p}.{i}" for p in KNOBS if p.startswith("betas_") for i in range(2)}
    penalties = {f"regularisers.{i}.{p}" for i in range(len(config.regularisers)) for p in PENALTY_KNOBS if p != "name"}
    return plain | pairs | penalties


def value_at(config: RunConfig, path: str) -> Any:
    value: Any = config
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value


def another(widget: Any, path: str) -> Any:
    """A value that the widget offers and does not show."""
    knob = PENALTY_KNOBS[path.rpartition(".")[2]] if path.startswith("regularisers.") else KNOBS[path.rstrip(".01")]
    value = widget.value
    if knob.choices:
        return next(choice for choice in knob.choices if choice != value)
    if isinstance(value, bool):
        return not value
    if widget.type == "select_slider":
        place = widget.options.index(f"{value:g}")
        return type(value)(widget.options[place - 1 if place else 1])
    if knob.integer:
        return value + 1 if value < knob.high else value - 1
    return value / 2 or 0.25


@pytest.mark.parametrize("name", ["ring-8", "digits", "article-mnist", "collapse", "digits-conditional"])
def test_the_form_has_a_widget_for_every_setting_and_shows_its_value(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], name: str
) -> None:
    app = open_app({"preset": name})
    config = runner_of(app).config
    found = widgets(app)
    assert set(found) == {f"w:{p}" for p in paths_of(config)} | {"w:penalty", "from:preset"}
    for path in paths_of(config):
        shown = found[f"w:{path}"].value
        assert (tuple(shown) if isinstance(shown, list) else shown) == value_at(config, path), path
    assert found["w:penalty"].value == (config.regularisers[0].name if config.regularisers else "none")


def test_the_article_s_networks_have_no_sizes_to_set(open_app: Opener) -> None:
    app = open_app(SMALL | {"generator.kind": "article"})
    keys = set(widgets(app))
    assert "w:generator.width" not in keys
    assert "w:generator.depth" not in keys
    assert "w:discriminator.width" in keys
    assert any("256-512-1024" in caption.value for caption in app.sidebar.caption)


def test_what_acts_without_a_restart_is_marked_live(open_app: Opener, runner_of: Callable[[AppTest], Seen]) -> None:
    app = open_app(SMALL)
    config = runner_of(app).config
    for path in paths_of(config):
        widget = widgets(app)[f"w:{path}"]
        assert ("[live]" in widget.label) == is_live(path), path
        assert widget.help, path
        assert ("begins a new run" in widget.help) != is_live(path), path


def test_a_live_knob_keeps_the_run_and_is_recorded_and_in_the_link(
    open_app: Opener, runner_of: Callable[[AppTest], Seen]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    done = 0
    for path in sorted(p for p in paths_of(runner.config) if is_live(p)):
        step = runner.step
        widget = widgets(app)[f"w:{path}"]
        value = another(widget, path)
        widget.set_value(value).run()
        done += 1
        assert not app.exception, path
        assert not app.toast, path
        assert value_at(runner.config, path) == value, path
        assert runner.run == 1, path
        assert runner.step >= step, path
        assert len(runner.interventions) == done, path
        assert runner.interventions[-1].changes == {path: value}, path
        assert runner.interventions[-1].step >= step, path
        assert from_query(dict(app.query_params)) == (runner.initial_config, "ring-8", runner.interventions), path
        assert widgets(app)[f"w:{path}"].value == value, path
    assert done >= 12
    assert runner.initial_config == parse_config(runner.initial_config.model_dump()) != runner.config
    assert runner.state == "playing"


def test_any_other_knob_begins_a_new_run_and_says_so(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL | {"regularisers": "[]"})
    runner = runner_of(app)
    run = 1
    paths = sorted(p for p in paths_of(runner.config) if not is_live(p))
    paths.remove("feature_matching")  # batch norm in D, which is switched on on the way, refuses it
    # An article's network hides its other knobs, so those two come last.
    for path in sorted(paths, key=lambda p: p.endswith(".kind")):
        widget = widgets(app)[f"w:{path}"]
        value = another(widget, path)
        widget.set_value(value).run()
        run += 1
        rebuilt(runner, run)
        assert not app.exception, path
        assert path in toasts(app), path
        assert "New run" in toasts(app), path
        assert value_at(runner.config, path) == value, path
        assert runner.config == runner.initial_config, path
        assert not runner.interventions, path
        assert from_query(dict(app.query_params)) == (runner.config, "ring-8", ()), path
        assert widgets(app)[f"w:{path}"].value == value, path
    assert run >= 15
    assert runner.wait(lambda r: r.state == "playing" and r.step > 0), "a run that played plays on"


def test_a_paused_run_begins_anew_paused(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    runner.pause()
    assert runner.wait(lambda r: r.state == "paused")
    app.number_input(key="w:seed").set_value(5).run()
    rebuilt(runner, 2)
    assert runner.state == "paused"
    assert runner.step == 0


def test_a_new_run_begins_with_what_was_learned_while_the_switch_is_on(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    assert runner.wait(lambda r: r.step > 3)
    runner.pause()
    assert runner.wait(lambda r: r.state == "paused")
    app.toggle(key="keep:learned").set_value(True).run()
    before = runner.state_now()
    assert before is not None
    app.selectbox(key="w:objective").set_value("hinge").run()
    rebuilt(runner, 2)
    assert not app.exception
    assert f"Kept of step {before['counters']['step']:,}: all of G, all of D" in toasts(app)
    assert any("no script repeats it" in caption.value for caption in app.sidebar.caption)
    assert from_query(dict(app.query_params)) == (runner.initial_config, "ring-8", ())
    after = runner.state_now()
    assert after is not None
    assert after["counters"]["step"] == 0
    for part in ("generator", "discriminator"):
        assert all(bool((after[part][name] == tensor).all()) for name, tensor in before[part].items()), part
    assert app.toggle(key="keep:learned").value
    app.slider(key="w:discriminator.depth").set_value(runner.config.discriminator.depth + 1).run()
    rebuilt(runner, 3)
    assert "tensors of D" in toasts(app)
    app.toggle(key="keep:learned").set_value(False).run()
    app.number_input(key="w:seed").set_value(5).run()
    rebuilt(runner, 4)
    assert "Kept" not in toasts(app)
    assert not runner.interventions
    assert any("repeats this run exactly" in caption.value for caption in app.sidebar.caption)


def test_a_penalty_is_chosen_with_a_usual_weight_and_taken_away_again(
    open_app: Opener, runner_of: Callable[[AppTest], Seen]
) -> None:
    app = open_app(SMALL | {"regularisers": "[]"})
    runner = runner_of(app)
    for name, weight in (("gradient_penalty", 10.0), ("r1", 0.1)):
        app.selectbox(key="w:penalty").select(name).run()
        assert [(r.name, r.weight) for r in runner.config.regularisers] == [(name, weight)]
        assert app.select_slider(key="w:regularisers.0.weight").value == weight
    app.selectbox(key="w:penalty").select("none").run()
    assert not runner.config.regularisers
    assert "w:regularisers.0.weight" not in widgets(app)
    assert not app.exception


def test_wasserstein_without_any_bound_on_d_gets_one(open_app: Opener, runner_of: Callable[[AppTest], Seen]) -> None:
    app = open_app(SMALL | {"regularisers": "[]"})
    app.selectbox(key="w:objective").select("wasserstein").run()
    assert runner_of(app).config.clip == 0.01
    other = open_app(SMALL)
    other.selectbox(key="w:objective").select("wasserstein").run()
    assert runner_of(other).config.clip == 0, "its penalty bounds D already"


def test_data_of_another_kind_brings_the_preset_that_suits_it(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL | {"seed": "11"})
    runner = runner_of(app)
    for n, (data, preset) in enumerate((("digits", "digits"), ("moons", "moons"), ("fashion-mnist", "mnist")), 2):
        app.selectbox(key="w:data.name").select(data).run()
        rebuilt(runner, n)
        assert not app.exception
        assert runner.config == presets()[preset].config.changed({"data.name": data, "seed": 11})
        assert runner.preset == preset
        assert preset in toasts(app)
        assert app.selectbox(key="from:preset").value == preset
        assert runner.wait(lambda r: r.state == "playing" and r.step > 0)
    app.selectbox(key="w:data.name").select("digits").run()
    assert runner.config.generator.kind == "article", "images to images keeps the networks"


@pytest.mark.parametrize(
    ("query", "key", "value", "said"),
    [
        (SMALL, "w:discriminator.norm", "batch", "batch norm in D"),
        (SMALL | {"regularisers": "[]", "discriminator.norm": "batch"}, "w:penalty", "r1", "batch norm in D"),
        (
            {"preset": "digits", "regularisers": "[]", "generator.width": "1024", "batch_size": "512"},
            "w:generator.depth",
            8,
            "GFLOP",
        ),
        (SMALL, "w:betas_g.0", 1.0, "betas_g.0"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_the_run_lives_on(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], query: dict[str, str], key: str, value: Any, said: str
) -> None:
    app = open_app(query)
    runner = runner_of(app)
    config, before = runner.config, widgets(app)[key].value
    widgets(app)[key].set_value(value).run()
    assert not app.exception
    assert said in toasts(app)
    assert runner.config == config
    assert runner.run == 1
    assert not runner.interventions
    assert widgets(app)[key].value == before, "the form shows what the run has"
    step = runner.step
    assert runner.wait(lambda r: r.step > step and r.state == "playing")
    assert not app.run().toast


def test_a_look_at_another_page_loses_nothing(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    app.select_slider(key="w:latent_dim").set_value(8).run()
    rebuilt(runner, 2)
    app.select_slider(key="w:lr_g").set_value(0.005).run()
    shown = {key: widget.value for key, widget in widgets(app).items()}
    link = dict(app.query_params)
    step = runner.step
    app.switch_page("pages/guide.py").run()
    assert not app.exception
    assert not widgets(app)
    assert runner.wait(lambda r: r.step > step + 5), "training goes on meanwhile"
    app.switch_page("pages/train.py").run()
    assert not app.exception
    assert not app.toast
    assert {key: widget.value for key, widget in widgets(app).items()} == shown
    assert Seen(app.session_state["gan.visit"]) == runner
    assert (runner.run, runner.state) == (2, "playing")
    assert dict(app.query_params) == link


def test_other_data_that_refuse_a_setting_leave_it_behind(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app({"preset": "digits-conditional", "batch_size": "16"})
    runner = runner_of(app)
    app.multiselect(key="w:augment").set_value(["colour"]).run()
    rebuilt(runner, 2)
    assert runner.config.augment == ("colour",)
    app.selectbox(key="w:data.name").set_value("ring-8").run()
    rebuilt(runner, 3)
    assert not app.exception
    assert (runner.config.data.name, runner.config.conditional, runner.config.augment) == ("ring-8", False, ())
    assert runner.wait(lambda r: r.step > 0), runner.message


def test_what_a_browser_says_of_a_form_that_was_not_drawn_to_its_end_changes_nothing(
    open_app: Opener, runner_of: Callable[[AppTest], Seen], rebuilt: Callable[[Seen, int], None]
) -> None:
    app = open_app(SMALL)
    runner = runner_of(app)
    app.session_state["gan.fed"] = {"w:data.name"}
    app.selectbox(key="w:data.name").set_value("moons").run()
    assert not app.exception
    assert (runner.run, runner.config.data.name) == (1, "ring-8")
    assert app.selectbox(key="w:data.name").value == "ring-8"
    app.selectbox(key="w:data.name").set_value("moons").run()
    rebuilt(runner, 2)
    assert runner.config.data.name == "moons"
