"""Own data of this process: registered once, then named by their hash, as configs do.

A config never names a path. It says ``data.name=own-images`` (or another kind) and ``data.hash``, and this
registry knows what that is, or says that it is gone. It is bounded in number and bytes: the set that was not used
for the longest time is forgotten first, one that a living run trains on last.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from gan_core.config import DataConfig
from gan_core.data import elsewhere
from gan_core.data.limits import MAX_PACKED_BYTES, MAX_PAYLOAD_BYTES, MAX_SETS, MAX_SETS_BYTES
from gan_core.data.own_data import OwnData, OwnImages
from gan_core.data.payload import from_bytes, to_bytes
from gan_core.errors import DataError

if TYPE_CHECKING:
    from gan_core.data.images import Images
    from gan_core.data.points import Points
    from gan_core.data.signals import Signals
    from gan_core.data.sounds import Sounds

    Own = Images | Points | Signals

__all__ = [
    "find",
    "find_images",
    "known",
    "load_own",
    "packed",
    "register",
    "register_payload",
    "small_payload",
    "stand_in",
]

_ASK: Final = {
    "own-images": "no images of your own are chosen: upload some, or name a folder of them on the command line",
    "own-points": "no points of your own are chosen: draw some, upload a table, or name one on the command line",
    "own-sounds": "no sounds of your own are chosen: upload WAV files, or name a folder of them on the command line",
    "own-words": "no words of your own are chosen: upload a text, or name one on the command line",
}
_GONE: Final = {
    "own-images": "these images are not here any more (uploads are forgotten when the app restarts): upload them "
    "again, under “Your own data” on the Train page, and go on",
    "own-points": "these points are not here any more (they are forgotten when the app restarts): "
    "upload or draw them again",
    "own-sounds": "these sounds are not here any more (uploads are forgotten when the app restarts): upload them "
    "again, under “Your own data” on the Train page, and go on",
    "own-words": "these words are not here any more (uploads are forgotten when the app restarts): upload the text "
    "again, under “Your own data” on the Train page, and go on",
}

_lock = threading.Lock()
_making = threading.Lock()  # apart, so that a page need not wait for pictures that are being scaled
_sets: OrderedDict[str, OwnData] = OrderedDict()
_made: weakref.WeakValueDictionary[tuple[Any, ...], Own] = weakref.WeakValueDictionary()
_packed: list[Any] = ["", None]
_last: list[Own] = []  # a run asks twice: once to see whether it can begin, once to begin


def register(data: OwnData) -> str:
    """Remember data for configs that name them.

    Returns:
        Their hash, for ``data.hash``.
    """
    with _lock:
        _sets[data.hash] = data
        _sets.move_to_end(data.hash)
        while len(_sets) > MAX_SETS or sum(d.nbytes for d in _sets.values()) > MAX_SETS_BYTES:
            used = {key[0] for key in list(_made)} | {data.hash}
            oldest = next((name for name in _sets if name not in used), next(iter(_sets)))
            del _sets[oldest]
    return data.hash


def known(data_hash: str) -> bool:
    """Tell whether data of a hash are registered here, or can be fetched from another process (`elsewhere`)."""
    with _lock:
        here = data_hash in _sets
    if here or not data_hash:
        return here
    found = elsewhere.fetch(data_hash)
    return found is not None and register_payload(found, MAX_PACKED_BYTES) == data_hash


def find(name: str, data_hash: str) -> OwnData:
    """Find the registered data of a hash.

    Args:
        name: Of a data set that a person brings.
        data_hash: As `register` returned it; "" is nothing.

    Raises:
        DataError: None are chosen, they are gone, or they are of the other kind; says what to do.
    """
    if not data_hash:
        raise DataError(_ASK[name])
    known(data_hash)
    with _lock:
        data = _sets.get(data_hash)
        if data is None or data.name != name:
            raise DataError(_GONE[name])
        _sets.move_to_end(data_hash)
        return data


def find_images(data_hash: str) -> OwnImages:
    """Find pictures that were registered.

    Raises:
        DataError: If there are none of this hash here.
    """
    found = find("own-images", data_hash)
    if not isinstance(found, OwnImages):
        raise DataError(f"these data are {found.noun}, and pictures are asked for")
    return found


def load_own(config: DataConfig) -> Own:
    """Load the data set of a config that names own data; runs of equal configs share it.

    Raises:
        DataError: As `find`; or there are other classes than the config says.
    """
    data = find(config.name, config.hash)
    if reason := data.refusal(config):
        raise DataError(reason)
    key = (data.hash, *(getattr(config, setting) for setting in data.heeds))
    with _making:
        made = _made.get(key)
        if made is None:
            made = data.made(config)
            _made[key] = made
        _last[:] = [made]
        return made


def stand_in(config: DataConfig) -> Images | Sounds:
    """Make a data set of one blank image or of silence, for a run whose own data are not here and are only looked at.

    Raises:
        DataError: The run is on points or words, which a saved run carries along.
    """
    import torch  # late: the server's own process has none

    from gan_core.data.images import Images
    from gan_core.data.sounds import LENGTH, Sounds

    if config.kind == "sound":
        return Sounds(config.name, torch.zeros(1, 1, LENGTH), None)
    if config.kind != "images":
        raise DataError(_GONE[config.name])
    labels = torch.zeros(1, dtype=torch.int64) if config.classes else None
    names = tuple(map(str, range(config.classes)))
    return Images(config.name, torch.zeros(1, *config.shape), None, labels, None, names)


def small_payload(data_hash: str) -> bytes | None:
    """Pack registered data for a checkpoint; None if they are too large for that, or not here."""
    with _lock:
        data = _sets.get(data_hash)
    return None if data is None else to_bytes(data)


def packed(data_hash: str) -> bytes | None:
    """Pack registered data of any size for a process of one's own; None if they are not here.

    The bytes are made once and shared by all jobs that wait for a worker.
    """
    with _lock:
        data = _sets.get(data_hash)
    if data is None:
        return None
    with _making:
        if _packed[0] != data_hash:
            _packed[:] = [data_hash, to_bytes(data, MAX_PACKED_BYTES)]
        made: bytes = _packed[1]
        return made


def register_payload(payload: bytes, limit: int = MAX_PAYLOAD_BYTES) -> str:
    """Register what `small_payload` or `packed` gave, perhaps in another process.

    Args:
        payload: The bytes.
        limit: Largest data that are taken; those of a file are small.

    Returns:
        The hash, which the caller compares with the one that its config names.

    Raises:
        DataError: The bytes are damaged.
    """
    return register(from_bytes(payload, limit))
