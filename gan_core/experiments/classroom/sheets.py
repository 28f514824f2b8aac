"""Sheets to print: a hand-out for students, and a teacher's answer key. Plain HTML pages without scripts."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from gan_core.config import KNOBS
from gan_core.experiments.classroom.plans import Part
from gan_core.experiments.classroom.tasks import ANYTHING, Key, Task

_STYLE: Final = """
body { font: 12pt/1.45 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c1f26;
  background: #fff; }
h1 { font-size: 20pt; } h2 { font-size: 14pt; margin: 1.6em 0 .3em; } section { break-inside: avoid; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .3em .6em;
  border-bottom: 1px solid #dfe2e9; }
ol { list-style: upper-alpha; margin: .2em 0 .6em; } .lines { height: 5.5em; border-bottom: 1px solid #5c6370; }
.address { color: #5c6370; overflow-wrap: anywhere; } .right { font-weight: 700; }
.fields { display: flex; gap: 2rem; } .fields span { flex: 1; border-bottom: 1px solid #5c6370; padding-top: 1.2em; }
@media print { body { margin: 0; } }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def handout(keys: Iterable[Key], links: Sequence[str], title: str) -> str:
    """Write the students' sheet: the tasks and the questions, and no answer.

    Args:
        keys: Of the tasks.
        links: Address of each task in the app.
        title: Over it all.

    Returns:
        A page of HTML.
    """
    parts = ['<p class="fields"><span>Name:</span><span>Code:</span></p>']
    for key, link in zip(keys, links, strict=True):
        task = key.task
        parts.append(f"<section><h2>{escape(task.title)}</h2><p>{escape(task.text)}</p>{_terms(task)}{_where(link)}")
        for question in task.questions:
            parts.append(f"<p>{escape(question.text)}</p>")
            parts.append(_choices(question.choices) if question.choices else '<div class="lines"></div>')
        parts.append("</section>")
    return _page(title, "".join(parts))


def answer_key(keys: Iterable[Key], links: Sequence[str], title: str, plan: Sequence[tuple[Part, str]] = ()) -> str:
    """Write what a teacher needs: the plan, the right choices, the points, and how hand-ins are marked.

    Args:
        keys: Of the tasks.
        links: Address of each task in the app.
        title: Over it all.
        plan: Parts of the lesson, each with its address, "" where it has none.

    Returns:
        A page of HTML.
    """
    parts = [_plan(plan)] if plan else []
    for key, link in zip(keys, links, strict=True):
        task = key.task
        parts.append(f"<section><h2>{escape(task.title)}</h2><p>{escape(task.text)}</p>{_terms(task)}{_where(link)}")
        if task.goals:
            parts.append(f"<p>The goal is worth {_points(key.worth('goal'))}; the app measures it from the run.</p>")
        for question in task.questions:
            worth = f" ({_points(key.worth(question.name))})" if question.name in key.answers else ""
            parts.append(f"<p>{escape(question.text)}{worth}</p>")
            parts.append(_choices(question.choices, key.answers.get(question.name, -1)) if question.choices else "")
        parts.append("</section>")
    return _page(title, "".join(parts))


def _points(n: float) -> str:
    return "1 point" if n == 1 else f"{n:g} points"


def _terms(task: Task) -> str:
    anything = ANYTHING in task.allowed
    labels = "any setting but data and seed" if anything else ", ".join(KNOBS[path].label for path in task.allowed)
    most = f", {task.max_changes} of them at most" if task.max_changes else ""
    goals = "; ".join(str(goal).lower() for goal in task.goals)
    goal = f"To be reached by step {task.within:,}: {goals}. " if task.goals else ""
    return f"<p>{escape(goal)}You may change {escape((labels or 'nothing') + most)}.</p>"


def _where(link: str) -> str:
    return f'<p class="address">{escape(link)}</p>' if link else ""


def _choices(choices: Sequence[str], right: int = -1) -> str:
    rows = (f"<li{' class=right' if i == right else ''}>{escape(text)}</li>" for i, text in enumerate(choices))
    told = f"<p>Right: {string.ascii_uppercase[right]}.</p>" if right >= 0 else ""
    return f"<ol>{''.join(rows)}</ol>{told}"


def _plan(plan: Sequence[tuple[Part, str]]) -> str:
    rows = "".join(
        f"<tr><td>{part.begin} to {part.end}</td><td>{escape(part.what)}{_where(link)}</td></tr>" for part, link in plan
    )
    return f"<section><h2>Plan</h2><table><tr><th>minutes</th><th>what</th></tr>{rows}</table></section>"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
