"""Own data of this visitor on disk: kept when a run begins, found again when one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_core import GanExplorerError
from gan_core.config import DataConfig
from gan_core.data import DATASETS
from pages.ui.session.present import is_for_one, owner, rooms

if TYPE_CHECKING:
    from gan_core.data.own_data import OwnData
    from gan_core.storage.kept_data import KeptData


def kept_data() -> KeptData | None:
    """Return this visitor's data on disk; None where none are kept."""
    from gan_core.storage.kept_data import KeptData, is_wanted

    autosave, for_one = rooms().host.autosave, is_for_one()
    if autosave is None or not is_wanted(for_one=for_one) or not (for_one or owner()):
        return None
    return KeptData(autosave.folder, "" if for_one else owner())


def keep_data(data: OwnData) -> bool:
    """Keep data on disk if that is allowed and their run's file does not carry them.

    Returns:
        Whether they are on disk now.
    """
    kept = kept_data()
    try:
        return kept is not None and kept.keep(data)
    except GanExplorerError:  # a full disk is no reason not to train
        return False


def bring_back(config: DataConfig) -> None:
    """Take data that a config names from disk, if they are kept there and not here already."""
    if not (config.hash and DATASETS[config.name].own):
        return
    from gan_core.data.own import known, register

    if known(config.hash) or (kept := kept_data()) is None:
        return
    found = kept.find(config.hash)
    if found is not None:
        register(found)
