"""The Latent page without a browser: each section, its link, and what its routes answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from gan_core import Trainer, preset
from gan_core.latent.points import encode
from gan_core.latent.questions import LatentQuestion
from gan_core.live import commands as do
from gan_core.record.frame import decode
from gan_core.storage.bundled import recorded
from pages.ui.commands import SaveDirection, carry_out, parse_save, saved_directions
from pages.ui.latent import link
from pages.ui.latent.route import routes
from pages.ui.latent.sections import SECTIONS
from pages.ui.presence import Rooms, Visit
from tests.pages.conftest import APP, VISIT, Opener, Seen, by_address
from tests.pages.test_routes import Reply
from tests.pages.test_routes import ask as get

Answer = tuple[dict[str, Any], dict[str, Any]]
Ask = Callable[..., Answer]
Client = Callable[[str, dict[str, object]], Reply]


def words(app: AppTest) -> str:
    return " ".join(block.value for block in app.markdown)


@pytest.fixture
def latent_page(open_app: Opener, opened: list[AppTest]) -> Callable[..., AppTest]:
    """Open the Latent page as a new visitor."""

    def open_(**query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        opened.append(app)
        by_address(app, "latent")
        return app.run()

    return open_


# -- the page ------------------------------------------------------------------------------------------------


def test_without_a_run_the_page_stands_at_the_end_of_a_recorded_one(latent_page: Callable[..., AppTest]) -> None:
    app = latent_page()
    assert not app.exception
    runner: Seen = Seen(app.session_state[VISIT])
    at_its_end = recorded("digits").step
    assert runner.wait(lambda r: r.state == "paused" and r.step == at_its_end)


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_opens_and_says_what_it_teaches(name: str, latent_page: Callable[..., AppTest]) -> None:
    app = latent_page(z_section=name)
    assert not app.exception
    assert SECTIONS[name].words in words(app)
    assert app.session_state["latent:advanced"] == SECTIONS[name].advanced


def test_a_section_is_chosen_and_kept_over_another_page(latent_page: Callable[..., AppTest]) -> None:
    app = latent_page()
    app.segmented_control(key="latent:section").set_value("plane").run()
    assert SECTIONS["plane"].words in words(app)
    assert "directions" not in app.segmented_control(key="latent:section").options
    app.toggle(key="latent:advanced").set_value(True).run()
    app.segmented_control(key="latent:section").set_value("units").run()
    assert SECTIONS["units"].words in words(app)
    token = app.session_state[VISIT].token
    app.switch_page("pages/guide.py").run()
    app.switch_page("pages/latent.py").run()
    assert SECTIONS["units"].words in words(app)
    assert app.session_state[VISIT].token == token


def test_runs_on_points_have_no_section_on_memory(open_app: Opener) -> None:
    app = open_app({"preset": "ring-8", "generator.width": "8"})
    app.switch_page("pages/latent.py").run()
    assert not app.exception
    assert SECTIONS["paths"].in_plane in words(app)
    assert not any("memory" in option for option in app.segmented_control(key="latent:section").options)


def test_a_link_that_is_damaged_is_said_in_a_sentence(latent_page: Callable[..., AppTest]) -> None:
    app = latent_page(z_points="zAAAA", z_seed="3")
    assert not app.exception
    app.run()
    assert "paths" in app.session_state["latent:section"]


@pytest.mark.parametrize(
    "query",
    [
        {"z_seed": "-1"},
        {"z_seed": "x"},
        {"z_seed": "9" * 12},
        {"z_points": "zAA"},
        {"z_section": "<b>"},
        {"z_points": ",".join(["s1.1"] * 11)},
    ],
)
def test_links_are_checked(query: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"allowed|belong"):
        link.parse(query, preset("digits"))


def test_a_link_says_where_to_begin() -> None:
    given = {"z_seed": "7", "z_points": "s7.1,s7.2", "z_section": "plane", "preset": "digits"}
    assert link.parse(given, preset("digits")) == link.Link(7, "s7.1,s7.2", "plane")
    assert link.parse({}, preset("digits")) == link.Link()


@pytest.mark.parametrize(
    "raw",
    [
        None,
        3,
        {},
        {"name": "a", "vector": "zAAAA"},
        {"name": "", "vector": "zAAAA", "n": 1},
        {"name": "a" * 41, "vector": "", "n": 1},
        {"name": "a\x00", "vector": "", "n": 1},
        {"name": "a", "vector": "<b>", "n": 1},
        {"name": "a", "vector": "zAAAA\n", "n": 1},
        {"name": "a", "vector": 3, "n": 1},
        {"name": "a", "vector": "", "n": -1},
    ],
)
def test_a_wish_that_is_none_is_not_heard(raw: object) -> None:
    assert parse_save(raw) is None


def test_a_wish_is_heard() -> None:
    assert parse_save({"name": " more ink ", "vector": "zAAAA", "n": 4}) == SaveDirection(
        direction="more ink", vector="zAAAA", n=4
    )


def test_a_direction_is_saved_with_the_run_once_and_forgotten_again() -> None:
    rooms = Rooms(1, 60)
    try:
        visit = rooms.open(preset("ring-8").changed({"generator.width": 8, "batch_size": 16}), (), "")
        vector = encode(np.ones(Seen(visit).config.latent_dim, np.float32))
        save = SaveDirection(direction="left", vector=vector, n=1)
        assert carry_out(visit, save) == carry_out(visit, save) == ()
        assert saved_directions(visit) == [{"name": "left", "vector": vector}]
        assert [done.name for done in Seen(visit).interventions] == ["left"]
        carry_out(visit, SaveDirection(direction="left", vector="", n=2))
        assert saved_directions(visit) == []
    finally:
        rooms.close()


def test_asking_all_the_while_changes_nothing_in_a_run_that_trains() -> None:
    config = preset("ring-8").changed({"generator.width": 8, "discriminator.width": 8, "batch_size": 16})
    rooms = Rooms(2, 60)
    visit = rooms.open(config, (), "")
    try:
        Seen(visit).send(do.SetStopAt(400))
        assert Seen(visit).wait(lambda r: r.step > 0 and Seen(visit).kept(400) is not None)
        n_asked = 0
        while Seen(visit).playing:
            for query in ("do=make&p=s1.0&psi=0.5", "do=paths&p=s1.0,s1.1", "do=plane&p=s1.0", "do=invert&x=1,0&to=20"):
                assert visit.run.ask(LatentQuestion(dict(parse_qsl(query))))
                n_asked += 1
        assert Seen(visit).wait(lambda r: r.state == "paused" and Seen(visit).contents()["states"][-1] == 400)
        found = Seen(visit).kept(400)
    finally:
        rooms.close()
    assert n_asked > 0
    alone = Trainer(config)
    while alone.step_count < 400:
        alone.step()
    expected = alone.state_dict()
    assert found is not None
    for part in ("generator", "discriminator", "opt_g", "opt_d", "rngs"):
        assert all(torch.equal(found[1][part][name], expected[part][name]) for name in expected[part]), part


# -- the routes ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def visit() -> Iterator[Visit]:
    rooms = Rooms(2, 60)
    made = rooms.open_recorded("digits")
    made.rooms = rooms  # type: ignore[attr-defined]
    last = recorded("digits").step
    assert Seen(made).wait(lambda r: r.state == "paused" and Seen(made).contents()["states"][-1:] == [last])
    yield made
    rooms.close()


@pytest.fixture(scope="module")
def client(visit: Visit) -> Client:
    app = Starlette(routes=routes(visit.rooms, ""))  # type: ignore[attr-defined]
    return lambda path, query: get(app, f"{path}?{urlencode(query)}")


@pytest.fixture
def ask(client: Client, visit: Visit) -> Ask:
    def asked(do: str, **query: object) -> Answer:
        reply = client("/gan/latent", {"t": visit.token, "do": do, **query})
        assert reply.status == 200, reply.body
        return decode(reply.body)

    return asked


def test_samples_of_a_seed_come_with_their_z(ask: Ask) -> None:
    header, arrays = ask("make", p=",".join(f"s1.{i}" for i in range(64)))
    assert header["step"] == recorded("digits").step
    assert arrays["samples"].shape == (64, 8, 8, 1)
    again = ask("make", p=encode(arrays["z"][5]))[1]
    assert (again["samples"][0] == arrays["samples"][5]).all()


def test_every_question_has_an_answer(ask: Ask) -> None:
    assert ask("about")[0]["latent_dim"] == 32
    assert {"lerp_samples", "slerp_norm", "nlerp_step"} <= ask("paths", p="s1.0,s1.1", n=4)[1].keys()
    assert ask("walk", p="s1.0,s1.1", n=4)[1]["samples"].shape[0] == 5
    assert ask("plane", p="s1.0,s1.1,s1.2")[1]["samples"].shape == (64, 8, 8, 1)
    assert ask("plane", p="s1.0", u="e3,e4")[1]["basis"].shape == (3, 32)
    assert ask("influence")[1]["influence"].shape == (32,)
    for kind in ("pca", "sefa", "attributes", "labels"):
        header, arrays = ask("directions", kind=kind)
        assert len(header["names"]) == len(arrays["vectors"]) == len(arrays["effects"])
    assert ask("effects", u="e0,e1")[1]["effects"].shape == (2,)
    assert ask("arithmetic", a="s1.0,s1.1", b="s1.2", p="s1.3", shell="1")[1]["samples"].shape[0] == 4
    assert ask("neighbours", p="s1.0")[1]["nearest"].shape[0] == 8
    assert 0 <= ask("copies")[0]["share"] <= 1
    assert "pictures" in ask("units", p="s1.0", layer=1)[1]
    assert len(ask("units", p="s1.0", layer=1, first=64)[1]["order"]) == 16


def test_a_walk_in_a_loop_goes_on_to_the_first_key_point(ask: Ask) -> None:
    there, round_ = (ask("walk", p="s1.0,s1.1,s1.2", n=4, **loop)[1] for loop in ({}, {"loop": "1"}))
    assert (len(there["z"]), len(round_["z"])) == (9, 12)
    assert (round_["samples"][:9] == there["samples"]).all()
    back = ask("walk", p="s1.2,s1.0", n=4)[1]["samples"]
    assert (round_["samples"][8:] == back[:4]).all()


def test_an_older_moment_makes_other_samples(ask: Ask) -> None:
    states = ask("about")[0]["states"]
    assert len(states) >= 3
    then, now = (ask("make", p="s1.0", **at) for at in ({"at": states[1]}, {}))
    assert then[0]["step"] == states[1]
    assert (then[1]["samples"] != now[1]["samples"]).any()


def test_a_search_goes_on_where_it_stood(ask: Ask) -> None:
    pixels = base64.urlsafe_b64encode(np.full(64, 30, np.uint8).tobytes()).decode().rstrip("=")
    first = ask("invert", x=pixels, to=4, starts=2)
    second = ask("invert", x=pixels, to=9, starts=2)
    assert (first[0]["done"], second[0]["done"]) == (4, 9)
    assert second[1]["curve"].shape == (2, 10)
    assert (second[1]["curve"][:, :5] == first[1]["curve"]).all()
    assert ask("invert", x=pixels, to=2, starts=2)[0]["done"] == 2, "asked for less it begins anew"
    assert ask("invert", real=5, to=0)[1]["target"].shape == (1, 8, 8, 1)


def test_edits_change_samples_and_no_edit_does_not(ask: Ask) -> None:
    plain = ask("make", p="s1.0")[1]["samples"]
    changing: list[dict[str, object]] = [{"psi": 0.5}, {"d": "e3:2.5"}, {"off": "1:0.1.2.3.4.5.6.7.8.9:4"}]
    for edit in changing:
        assert (ask("make", p="s1.0", **edit)[1]["samples"] != plain).any()
    idle: list[dict[str, object]] = [{"psi": 1}, {"d": "e3:0"}, {"d": "e3:1;e3:-1"}]
    for edit in idle:
        assert (ask("make", p="s1.0", **edit)[1]["samples"] == plain).all()


@pytest.mark.parametrize(
    "query",
    [
        "do=nothing",
        "do=make",
        "do=make&p=zAAA",
        "do=make&p=s1.0&psi=nan",
        "do=make&p=s1.0&d=e99:1",
        "do=make&p=s1.0&d=e1:1e9",
        "do=make&p=s1.0&off=9:1:0",
        "do=make&p=s1.0&off=0:999:0",
        "do=make&p=s1.0&off=<b>",
        "do=paths&p=s1.0",
        "do=paths&p=s1.0,s1.1&n=99999",
        "do=plane&p=s1.0,s1.1",
        "do=plane&p=s1.0&u=e1",
        "do=plane&p=s1.0&u=e1,e1",
        "do=field",
        "do=directions&kind=magic",
        "do=invert&x=AAAA",
        "do=invert&real=99999",
        "do=invert&real=0&starts=99",
        "do=invert&real=0&only=3000",
        "do=units&p=s1.0&layer=7",
        "do=units&p=s1.0&layer=1&first=80",
        "do=arithmetic&a=s1.0&p=s1.0",
    ],
)
def test_what_is_not_allowed_is_said_in_a_sentence(query: str, client: Client, visit: Visit) -> None:
    reply = client("/gan/latent", {"t": visit.token, **dict(parse_qsl(query))})
    assert reply.status == 400, query
    message = json.loads(reply.body)["message"]
    assert 10 < len(message) < 300


def test_without_the_token_nothing_is_answered(client: Client) -> None:
    for path in ("/gan/latent", "/gan/latent/file"):
        assert client(path, {"t": "guess", "do": "about"}).status == 410


@pytest.mark.parametrize(
    ("what", "begins"),
    [
        ("png", b"\x89PNG"),
        ("strip", b"\x89PNG"),
        ("gif", b"GIF8"),
        ("webp", b"RIFF"),
        ("csv", b"z0,z1"),
        ("path", b"z0,z1"),
        ("json", b"{"),
    ],
)
def test_what_was_found_can_be_taken_home(what: str, begins: bytes, client: Client, visit: Visit) -> None:
    query = {"t": visit.token, "what": what, "p": "s1.0,s1.1", "n": "3", "seconds": "1", "u": "e1", "names": '["one"]'}
    reply = client("/gan/latent/file", query)
    assert reply.status == 200, reply.body
    assert reply.body.startswith(begins)
    assert reply.headers["content-disposition"].startswith('attachment; filename="latent-digits')
    assert client("/gan/latent/file", {**query, "what": "exe"}).status == 400
