"""Exhibits of the theory: what they show and say at a setting, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from gan_core.errors import ConfigError
from gan_core.theory import METHODS
from pages.ui.learn.theory.exhibits import EXHIBITS, answer
from pages.ui.learn.theory.route import ASK, routes
from pages.ui.presence import Rooms
from tests.pages.test_routes import ask


def columns(**query: str) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = json.loads(answer(query))["columns"]
    return found


def said(**query: str) -> str:
    blocks = [block for column in columns(**query) for block in column]
    cells = [cell for block in blocks for row in block.get("rows", ()) for cell in row]
    return " ".join([*cells, *(text for block in blocks for text in block.get("words", ()))])


def figures(**query: str) -> dict[str, dict[str, Any]]:
    blocks = [block for column in columns(**query) for block in column if "name" in block]
    return {block["name"]: json.loads(block["figure"]) for block in blocks}


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_has_figures_with_words_for_those_who_do_not_see_them(name: str) -> None:
    blocks = [block for column in columns(show=name, methods="alternating") for block in column if "name" in block]
    assert blocks
    assert all(block["alt"] and block["height"] >= 200 for block in blocks)
    assert all(json.loads(block["figure"])["data"] for block in blocks)


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_slider_moves_something_at_every_place_it_is_tried(name: str) -> None:
    fixed = {"show": name} | ({"penalty": "r1", "methods": "alternating"} if name == "dirac" else {})
    for slider in EXHIBITS[name].sliders:
        ends = [answer({**fixed, slider.name: f"{value:g}"}) for value in (slider.values[0], slider.values[-1])]
        assert ends[0] != ends[1], slider.name


def test_figures_are_made_for_the_page_that_asks() -> None:
    light, dark = (figures(show="best", theme=theme)["densities"]["layout"] for theme in ("light", "dark"))
    assert light["font"]["color"] != dark["font"]["color"]


def test_the_best_discriminator_and_its_worth() -> None:
    assert "−0.7126" in said(show="best")
    assert "−0.1209" in said(show="best", mean="4")
    assert "not trained" in said(show="best", updates="0")


@pytest.mark.parametrize("name", EXHIBITS)
def test_numbers_have_a_minus_sign_and_no_hyphen(name: str) -> None:
    assert not re.findall(r"(?<![\w.-])-\d[\d.]*", said(show=name))


def test_a_wasserstein_loss_is_read() -> None:
    assert "Is a Wasserstein loss of −2.25 bad?" in said(show="best", mean="2.25")


def test_a_better_discriminator_tells_a_far_generator_less_or_more() -> None:
    far = said(show="frozen", mean="10")
    assert "The better D gets, the less the one tells G, and the more the other." in far
    near = said(show="frozen", mean="4")
    assert "The better D gets, the more the one tells G, and the more the other." in near


def test_the_smallest_gan_is_read_by_its_eigenvalues() -> None:
    plain = {"show": "dirac", "objective": "wasserstein", "methods": "alternating,simultaneous"}
    text = said(**plain)
    assert "+0.0000\u00a0+1.0000\u00a0i" in text
    assert "in each simultaneous step: it **grows**" in text
    assert "in each alternating step: it **stays as it is**" in text
    assert "−0.1500\u00a0+0.9887\u00a0i" in said(**plain, penalty="r1")
    assert "kink" in said(**plain, penalty="gradient_penalty")
    assert "eigenvalues" not in figures(**plain, penalty="gradient_penalty")


def test_a_path_is_said_to_do_what_its_own_distances_do() -> None:
    text = said(show="dirac", methods="alternating,simultaneous")
    assert "in each simultaneous step: it **grows**" in text
    assert "_simultaneous_, which begins far from it, **comes nearer**" in text
    text = said(show="dirac", objective="wasserstein", methods="alternating,simultaneous")
    assert "_alternating_, which begins far from it, **stays as far**" in text
    assert "_simultaneous_, which begins far from it, **goes away**" in text


def test_a_weight_without_a_penalty_has_no_effect() -> None:
    plain = {"show": "dirac", "methods": "alternating"}
    assert answer(plain | {"weight": "0"}) == answer(plain | {"weight": "3"})


@pytest.mark.parametrize("text", ["2.1", " 2 ", "1.99", "2e0"])
def test_a_slider_stands_at_the_nearest_of_its_places(text: str) -> None:
    assert answer({"show": "best", "mean": text}) == answer({"show": "best", "mean": "2"})


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({}, "best, pulls, frozen, dirac"),
        ({"show": "<b>"}, "show="),
        ({"show": "best", "mean": "nan"}, "give a number"),
        ({"show": "best", "mean": "inf"}, "give a number"),
        ({"show": "best", "mean": "1" * 500}, "give a number"),
        ({"show": "best", "updates": "many"}, "updates="),
        ({"show": "dirac", "objective": "x"}, "objective="),
        ({"show": "dirac", "penalty": "x"}, "penalty="),
        ({"show": "dirac", "methods": "x"}, "method="),
        ({"show": "dirac", "methods": ",".join(METHODS)}, "at most 4"),
    ],
)
def test_what_there_is_not_is_refused(query: dict[str, str], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        answer(query)


def test_the_route_answers_anybody_and_says_what_is_wrong() -> None:
    rooms = Rooms(1, release_after=60)
    found: list[BaseRoute] = [*routes(rooms, "/base")]
    app = Starlette(routes=found)
    reply = ask(app, f"/base/{ASK}?show=pulls&logit=-5")
    assert (reply.status, reply.headers["content-encoding"]) == (200, "identity")
    assert json.loads(reply.body) == json.loads(answer({"show": "pulls", "logit": "-5"}))
    refused = ask(app, f"/base/{ASK}?show=nothing")
    assert refused.status == 400
    assert "pulls" in json.loads(refused.body)["message"]
    assert ask(app, f"/base/{ASK}?show=pulls", "POST").status == 405
    rooms.close()
