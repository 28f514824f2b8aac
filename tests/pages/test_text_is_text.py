"""Text that a person, a file or a link brings is shown as it is, wherever it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from gan_core.config.presets import preset
from gan_core.experiments.classroom import Key, Task
from gan_core.experiments.classroom.room import Reached
from gan_core.experiments.classroom.sheets import answer_key, handout
from gan_core.export.frames import take_frame
from gan_core.export.html import run_page
from gan_core.training import Trainer
from gan_core.watching.log import WatchLog
from gan_core.watching.page import watched_page
from gan_core.watching.record import WatchedRun
from pages.ui import prose
from pages.ui.classroom import state
from tests.pages.conftest import APP, VISIT, Opener, Seen, by_address

EVIL = "<img src=x onerror=alert(1)> **bold** [x](javascript:alert(1)) $x$ :red[x] `c` https://e.org"
MARKS = ("<img", "**bold", "[x](", "$x$", ":red[", "`c`", "https://e.org")
AS_IS = {"text", "code", "arrow_data_frame", "json", "bidi_component", "html"}
"""Elements whose content is no Markdown; ``html`` and components hold no text of strangers or set it by textContent."""
NO_PROSE = {"id", "key", "element_id", "element_hash", "default", "value", "raw_values", "url", "data", "form_id"}
OPTIONS_AS_IS = {"selectbox", "multiselect"}
"""Widgets whose options are no Markdown."""
SMALL = {"preset": "ring-8", "batch_size": "16", "generator.width": "8", "discriminator.width": "8"}


def prose_of(message: Any, skip: set[str]) -> Iterator[str]:
    """All strings in an element that the page reads as Markdown."""
    for field, value in message.ListFields():
        if field.name in skip:
            continue
        several = list(value) if field.is_repeated else [value]
        for one in several:
            if isinstance(one, str):
                yield one
            elif hasattr(one, "ListFields"):
                yield from prose_of(one, skip)


def markdown_of(app: AppTest) -> list[str]:
    found: list[str] = []
    for node in app._tree:
        if node.type in AS_IS or not hasattr(getattr(node, "proto", None), "ListFields"):
            continue
        skip = NO_PROSE | ({"options"} if node.type in OPTIONS_AS_IS else set())
        found += list(prose_of(node.proto, skip)) if not isinstance(node, Block) or node.proto else []
    return found


def assert_plain(app: AppTest, shown: bool = True) -> None:
    """Nowhere is a mark of `EVIL` alive, and (``shown``) it is seen at all."""
    assert not app.exception
    texts = markdown_of(app)
    for text in texts:
        for mark in MARKS:
            for found in re.finditer(re.escape(mark), text):
                before = text[: found.start()]
                escaped = (len(before) - len(before.rstrip("\\"))) % 2 == 1
                assert escaped, f"{mark} is alive in {text[:300]!r}"
    raw = [str(node.value) for node in app.text]
    if shown:
        everything = " ".join(t.replace("\\", "") for t in texts) + " ".join(raw)
        assert "<img src=x" in everything


def test_the_check_finds_what_is_alive() -> None:
    def script(text: str) -> None:
        import streamlit as st

        st.radio("which", ["a", text])

    assert_plain(AppTest.from_function(script, args=(prose.plain(EVIL),)).run())
    for mark in ("<img src=x>", "**bold**", ":red[x]", "$x$", "\\\\**bold**"):
        with pytest.raises(AssertionError, match="is alive"):
            assert_plain(AppTest.from_function(script, args=(mark,)).run(), shown=False)


# -- a class -------------------------------------------------------------------------------------------------

TASK = Task.model_validate(
    {
        "name": "evil", "title": EVIL, "text": EVIL, "start": SMALL, "allowed": ["lr_g"], "within": 40,
        "goals": [{"metric": "modes_reached", "at_least": 1}],
        "questions": [
            {"name": "sees", "text": EVIL, "choices": [EVIL, f"{EVIL} too"]}, {"name": "why", "text": EVIL},
        ],
    }
)  # fmt: skip


def classroom(opened: list[AppTest], **query: str) -> AppTest:
    app = by_address(AppTest.from_file(APP, default_timeout=60), "classroom")
    for name, value in query.items():
        app.query_params[name] = value
    opened.append(app)
    return app.run()


def test_a_task_its_answers_and_a_room_are_text(opened: list[AppTest]) -> None:
    app = classroom(opened, task=state.task_as_text(TASK))
    assert_plain(app)
    app.radio[0].set_value(0).run()
    app.button(key="class:begin").click().run()
    app.switch_page("pages/classroom.py").run()
    assert_plain(app)
    code, key = state.rooms().open(TASK)
    state.rooms().predict(code, "a", {"sees": 1})
    reached = Reached(EVIL, 3, {EVIL: True}, {EVIL: 1.0}, EVIL)
    state.rooms().hand_in(code, "a", reached, {"why": EVIL})
    teacher = classroom(opened, room=code, key=key)
    assert dict(teacher.query_params) == {"room": code}, "no key stays in the address"
    assert_plain(teacher)
    assert any(EVIL in str(node.value) for node in teacher.text), "the answer, as it was written"
    state.rooms().end(code, key)


def test_a_task_that_is_made_in_the_app_is_text(opened: list[AppTest]) -> None:
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in SMALL.items():
        app.query_params[name] = value
    opened.append(app)
    app.run()
    app.switch_page("pages/classroom.py").run()
    app.text_input(key="make:title").set_value(EVIL[:80])
    app.text_area(key="make:text").set_value(EVIL)
    app.text_input(key="make:question").set_value(EVIL).run()
    app.text_area(key="make:choices").set_value(f"{EVIL}\nanother").run()
    assert_plain(app, shown=False)
    app.button(key="make:use").click().run()
    assert_plain(app)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("", {"preset": EVIL}),
        ("", {EVIL: "1"}),
        ("classroom", {"task": EVIL}),
        ("classroom", {"room": EVIL}),
        ("classroom", {"follow": EVIL}),
        ("collapse", {"a": EVIL}),
        ("learn", {"lesson": EVIL}),
        ("latent", {"points": EVIL}),
    ],
)
def test_what_a_link_says_is_text(opened: list[AppTest], page: str, query: dict[str, str]) -> None:
    app = AppTest.from_file(APP, default_timeout=60)
    if page:
        by_address(app, page)
    for name, value in query.items():
        app.query_params[name] = value
    opened.append(app)
    app.run()
    assert_plain(app, shown=False)


def test_a_typed_code_is_text(opened: list[AppTest]) -> None:
    app = classroom(opened)
    app.text_input(key="class:code").set_value("<b>**x**").run()
    app.button(key="class:join").click().run()
    said = [toast.value for toast in app.toast]
    assert any(r"\<B\>\*\*" in text for text in said), said


def test_names_of_ones_own_data_and_a_toast_are_text(open_app: Opener) -> None:
    app = open_app(SMALL).segmented_control(key="own:kind").set_value("Table").run()
    assert Seen(app.session_state[VISIT]).wait(lambda r: r.step > 0)
    table = f'"{EVIL}","{EVIL}",c\n'.encode() + b"1,2,<img src=x>\n" * 150
    app.file_uploader(key="own:table").upload(f"{EVIL}.csv".replace("/", "_"), table, "text/csv").run()
    assert_plain(app, shown=False)
    app.session_state["gan.notice"] = EVIL
    app.run()
    assert [toast for toast in app.toast if "img" in toast.value]
    assert_plain(app)


# -- what is taken home --------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Text of a page, and what would act in it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.acting: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.acting.append((tag, name, value))

    def handle_data(self, data: str) -> None:
        self.text += data


def written(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A page of every kind with `EVIL` in each of its texts."""
    key = Key(task=TASK, answers={"sees": 1})
    yield "hand-out", handout([key], [EVIL], EVIL)
    yield "answer key", answer_key([key], [EVIL], EVIL)
    log = WatchLog.create(tmp_path, {})
    log.event("step", {"step": 1, "d_loss": 1.0, "g_loss": 0.5})
    log.frame(1, {}, {"fake": np.zeros((9, 1, 8, 8), np.float32)})
    log.event(
        "finding", {"step": 1, "severity": "error", **dict.fromkeys(("rule", "headline", "evidence", "mend"), EVIL)}
    )
    yield "watched loop", watched_page(WatchedRun(log.folder), EVIL).decode()
    trainer = Trainer(preset("ring-8"))
    yield "run", run_page([take_frame(trainer)], trainer.config, title=EVIL).decode()


def test_no_page_that_is_taken_home_holds_markup_of_a_strangers_text(tmp_path: Path) -> None:
    for kind, page in written(tmp_path):
        reader = Reader()
        reader.feed(page)
        assert not reader.acting, kind
        assert EVIL in reader.text or kind == "run", kind  # which sets it by textContent, see test_export_page.py
