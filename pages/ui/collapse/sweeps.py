"""A sweep: every combination of some settings, from several seeds; one row a run, with a plot and as a file."""

from __future__ import annotations

import math
import weakref
from typing import Any, Final

import streamlit as st

from gan_core import GanExplorerError, figures
from gan_core.config import KNOBS
from gan_core.experiments.recipes import RECIPES
from gan_core.live.commands import Pause
from pages.ui import figure, session
from pages.ui.collapse import state
from pages.ui.collapse.bench import LETTERS
from pages.ui.prose import number
from pages.ui.theme import theme

MAX_RUNS: Final = 200
MAX_STEPS: Final = 20_000
_MAX_UPLOAD_MB: Final = 10
_CAMPAIGN, _VARIED, _SETTLED = "lab.campaign", "lab.varied", "lab.campaign.settled"
_FORMATS: Final = {".csv": ("CSV", "text/csv"), ".parquet": ("Parquet", "application/vnd.apache.parquet")}
_EXAMPLES: Final = {"recipe": "non_saturating, pacgan, r3gan", "regularisers": "none, r1:0.1, r1_r2:0.1"}
_HELP: Final = {
    "recipe": f"Methods by name: {', '.join(RECIPES)}.",
    "regularisers": "Penalties by name and weight: none, gradient_penalty:10, r1:0.1, r2:0.1, r1_r2:0.3, dragan:10.",
}


def panel() -> None:
    """Ask for a sweep, and watch it."""
    st.subheader("Sweep", anchor=False)
    st.markdown(
        "Every combination of some settings is trained from several seeds, in other processes: one row a run. What has "
        "been trained once is not trained again, so a sweep that was ended goes on where it was."
    )
    campaign: Any = session.recall(_CAMPAIGN)
    busy = campaign is not None and campaign.running
    base, first, second = st.columns([2, 4, 4], gap="medium")
    names = [f"{letter}: {entry.title}" for letter, entry in zip(LETTERS, state.bench().entries, strict=False)]
    if session.has_run():  # on data of one's own, perhaps
        now = session.visit().run.status()
        names.append(f"the run on Train: {now.preset or now.config.data.name}")
    with base:
        i = st.selectbox("Settings of", range(len(names)), format_func=names.__getitem__, key="lab:sweep:base")
    with first:
        one = _vary(1, "recipe")
    with second:
        two = _vary(2, "")
    seeds, steps, go, stop = st.columns([2, 2, 2, 2], vertical_alignment="bottom")
    n = seeds.number_input("Seeds, from 0", 1, MAX_RUNS, 3, key="lab:sweep:seeds", disabled=busy)
    last = steps.number_input("Steps", 1, MAX_STEPS, 2_000, step=500, key="lab:sweep:steps", disabled=busy)
    wanted = {path: text for path, text in (one, two) if path}
    go.button("Train", key="lab:sweep:go", on_click=_begin, args=(i, wanted, int(n), int(last)), disabled=busy)
    stop.button("End", key="lab:sweep:stop", on_click=_end, disabled=not busy)
    with st.expander("Go on with the rows of a file"):
        st.file_uploader(
            "Rows that were downloaded here, or written by `sweep --out`",
            type=[kind[1:] for kind in _FORMATS],
            max_upload_size=_MAX_UPLOAD_MB,
            key="lab:sweep:file",
            help="Those of its runs that the sweep asks for are taken over and not trained again.",
        )
    if campaign is not None:
        st.fragment(_result, run_every=2.0 if busy else None)()


def _vary(number: int, default: str) -> tuple[str, str]:
    """One setting and its values, as typed."""
    what, values = st.columns(2)
    paths = ["", "recipe", *(path for path in KNOBS if path != "seed" and not path.startswith("data."))]
    path = what.selectbox(
        "Vary" if number == 1 else "and vary",
        paths,
        index=paths.index(default),
        format_func=lambda p: {"": "nothing", "recipe": "method"}.get(p) or KNOBS[p].label,
        key=f"lab:sweep:path:{number}",
    )
    text = values.text_input(
        "Values",
        value=_EXAMPLES.get(path, ""),
        key=f"lab:sweep:values:{number}:{path}",
        help="With commas between. " + (_HELP.get(path) or KNOBS[path].help) if path else None,
        disabled=not path,
    )
    return path, text


def _begin(i: int, wanted: dict[str, str], n: int, steps: int) -> None:
    from gan_core.experiments.sweep import parse_vary, plan  # the pool's modules, which no first page needs
    from gan_core.experiments.sweep.campaign import Campaign
    from gan_core.experiments.sweep.table import from_bytes

    here = state.bench()
    sides = here.run.sides
    try:
        vary = {p: [v.strip() for v in vs] for p, vs in parse_vary(f"{p}={t}" for p, t in wanted.items()).items()}
        if (runs := n * math.prod(map(len, vary.values()))) > MAX_RUNS:
            session.notify(
                f"This sweep has {runs:,} runs, and here at most {MAX_RUNS} are trained: take fewer "
                "values or seeds, or the command line, `python -m gan_core sweep`."
            )
            return
        on_train = i >= len(here.entries) and session.has_run()
        config = session.visit().run.status().config if on_train else sides[min(i, len(sides) - 1)].config
        jobs = plan(config, vary, seeds=range(n), steps=steps)
        given: Any = session.value_of("lab:sweep:file")
        known = from_bytes(given.getvalue(), given.name) if given else []
    except GanExplorerError as error:
        session.notify(str(error))
        return
    before: Any = session.recall(_CAMPAIGN)
    if before is not None:
        before.cancel()
        known = [*known, *before.rows]
    here.run.send(Pause())
    campaign = Campaign(jobs, known)
    weakref.finalize(here, campaign.cancel)  # a visitor who goes takes the sweep along
    session.remember(_CAMPAIGN, campaign)
    session.remember(_VARIED, list(vary))
    session.remember(_SETTLED, False)


def _end() -> None:
    session.recall(_CAMPAIGN).cancel()


def _result() -> None:
    from gan_core.experiments.sweep import SCORES, floors, samples, shown, summarise
    from gan_core.experiments.sweep.table import to_bytes

    campaign: Any = session.recall(_CAMPAIGN)
    by, rows = session.recall(_VARIED), campaign.rows
    running, state_now, total = campaign.running, campaign.state, len(campaign.jobs)
    words = {
        "waiting": "It waits for another sweep of this server.",
        "training": "",
        "finished": "Finished.",
        "cancelled": "Ended; *Train* goes on where it was.",
        "failed": "",
    }
    st.progress(len(rows) / total, text=f"{len(rows)} of {total} runs. {words[state_now]}")
    if state_now == "failed":
        st.warning(campaign.message)
    scores = shown(rows)
    if rows:
        real = floors(rows, scores)
        titles = {name: SCORES[name] for name in scores}
        _table(summarise(rows, by, scores), titles, real, samples(rows, scores))
        if scores:
            chart = figures.sweep(rows, by, titles, floors=real, theme=theme())
            figure.show(chart, key="lab:sweep:plot", alt="Scores of every setting, over its seeds")
        if not running:
            with st.container(horizontal=True):
                for kind, (label, mime) in _FORMATS.items():
                    st.download_button(
                        f"Rows as {label}",
                        to_bytes(rows, kind),
                        f"sweep{kind}",
                        mime,
                        key=f"lab:sweep:save{kind}",
                        icon=":material/download:",
                    )
    if not running and not session.recall(_SETTLED):
        session.remember(_SETTLED, True)
        st.rerun(scope="app")  # the buttons


def _table(summaries: Any, titles: dict[str, str], real: dict[str, float], n: dict[str, int]) -> None:
    from gan_core.metrics import METRICS

    first = next(iter(summaries[0].values), "")
    below = {
        "real data": {name: number(value, ".4g") for name, value in real.items()},
        "samples": {name: f"{value:,}" for name, value in n.items()},
    }
    st.dataframe(
        [
            dict(summary.values)
            | {"seeds": summary.n}
            | {
                title: _cell(summary.median[name], summary.low[name], summary.high[name], summary.n)
                for name, title in titles.items()
            }
            for summary in summaries
        ]
        + [{first: what} | {titles[name]: cell for name, cell in cells.items()} for what, cells in below.items()],
        hide_index=True,
    )
    st.caption(
        "Medians over the seeds, and quartiles in brackets, of the averaged generator where there is one; *real "
        "data*: what as many of them reach; *samples*: how many of each run a score is of. "
        + " ".join(f"*{METRICS[name].label}*: {METRICS[name].definition}" for name in titles)
    )


def _cell(median: float, low: float, high: float, n: int) -> str:
    if math.isnan(median):
        return "–"
    middle, left, right = (number(value, ".4g") for value in (median, low, high))
    return middle if n == 1 else f"{middle} [{left}, {right}]"
