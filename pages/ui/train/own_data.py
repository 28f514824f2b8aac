"""A visitor's own data: read once, then trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from gan_core import DataError, GanExplorerError
from gan_core.config.presets import find, usual_preset
from gan_core.data import DATASETS
from gan_core.live import commands as do
from pages.ui import session
from pages.ui.train import draw

if TYPE_CHECKING:
    from gan_core.data.own_data import OwnData
    from gan_core.data.reading import ReadOptions


def own_data(files: Sequence[Any], options: ReadOptions | None = None) -> OwnData | None:
    """Read what a visitor uploaded, once; return None if there is nothing, or say why nothing can be used.

    Args:
        files: Streamlit's uploaded files.
        options: How to read them.
    """
    if not files:
        return None
    ids = (*(file.file_id for file in files), options)
    known = session.recall("own")
    if known is not None and known[0] == ids:
        found: OwnData | str = known[1]
    else:
        from gan_core.data.own import register

        try:
            found = read_own([(file.name, file.getvalue()) for file in files], options)
            register(found)  # a saved run of these very files can go on from here
        except GanExplorerError as error:
            found = str(error)
        session.remember("own", (ids, found))
    if isinstance(found, str):
        st.text(found)
        return None
    return found


def read_own(files: Sequence[tuple[str, bytes]], options: ReadOptions | None = None) -> OwnData:
    """Read data from files with their names.

    Raises:
        DataError: If nothing in them can be used.
    """
    from gan_core.data.reading import read_files

    return read_files(files, options)


def train_on(data: OwnData, changes: Mapping[str, Any]) -> None:
    """Start a run on a visitor's own data, with networks and rates that suit them."""
    from gan_core.data.checks import refuse_unusable
    from gan_core.data.own import register

    name = usual_preset(data.name)
    run = session.visit().run
    try:
        refuse_unusable(data)
        register(data)
        named = {**data.settings, "seed": run.status().config.seed}
        config = find(name).config.changed({**named, **changes})
        run.send(do.Restart(config, preset=name if name == data.name else ""))
    except GanExplorerError as error:
        session.notify(str(error))
        return
    kept = " The data are kept on this machine, so that the run can go on later: see Runs." * session.keep_data(data)
    run.send(do.Play())
    session.notify(f"New run, with the networks and rates of the preset {name}.{kept}")


def drawing() -> list[list[float]]:
    """Return the points that this visitor has drawn; at first those of a run that came with a drawing."""
    points: list[list[float]] | None = session.recall("drawn")
    return _drawn_before() if points is None else points


def _drawn_before() -> list[list[float]]:
    """Return the points of this run, if a drawing can have given them."""
    from gan_core.data.own import find as find_own
    from gan_core.data.own_data import OwnPoints

    data = session.visit().run.status().config.data
    try:
        found = find_own(data.name, data.hash) if DATASETS[data.name].own else None
    except DataError:
        found = None
    if not isinstance(found, OwnPoints) or len(found.values) > draw.MAX_POINTS:
        return []
    return draw.parse(found.values.tolist()) or []


def keep_drawing() -> None:
    """Take over what the drawing area holds after a stroke."""
    points = draw.parse(session.value_of("own-drawing").get("points"))
    if points is not None:
        session.remember("drawn", points)


def train_on_drawing() -> None:
    """Start a run on the drawing."""
    from gan_core.data.tables import read_drawing

    try:
        train_on(read_drawing(drawing()), {})
    except GanExplorerError as error:
        session.notify(str(error))
