"""Sweeps: a grid of configs times seeds, each run trained and scored, one row a run.

>>> from gan_core.experiments.sweep import Table, plan, processes, run, summarise
>>> jobs = plan(preset("ring-8"), {"recipe": ["r3gan", "pacgan"]}, seeds=range(10), steps=4000)
>>> with processes(2) as executor:
...     for row in run(jobs, executor):
...         print(row["recipe"], row["seed"], row["modes"])

A job and a row are plain values, and a job says all that its run depends on: it does not matter in which process or
on which machine it is trained. Only the rows' ``seconds`` differ. `Table` keeps rows in a file and knows which runs
are done.
"""

from __future__ import annotations

from gan_core.experiments.sweep.plan import Job, parse_vary, plan
from gan_core.experiments.sweep.pools import dask, processes, run
from gan_core.experiments.sweep.table import SCORES, Summary, Table, floors, samples, shown, summarise

__all__ = [
    "SCORES",
    "Job",
    "Summary",
    "Table",
    "dask",
    "floors",
    "parse_vary",
    "plan",
    "processes",
    "run",
    "samples",
    "shown",
    "summarise",
]
