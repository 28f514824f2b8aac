"""The logs of the watched folder that this process shows, each under an unguessable token.

The person who runs the server chooses the folder. Where the app serves many, its logs are shown only if that person
named a folder: they hold pictures of somebody's data.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gan_core.errors import DataError
from gan_core.watching.record import Listed, WatchedRun, default_folder, list_logs

__all__ = ["Logs", "watched_folder"]

MAX_OPEN: Final = 8
MAX_TOKENS: Final = 1_000


def watched_folder(*, for_one: bool) -> Path | None:
    """Return the folder whose logs are shown, or None.

    Args:
        for_one: Whether the app serves one person.
    """
    return default_folder() if for_one or os.environ.get("GAN_EXPLORER_WATCH") else None


class Logs:
    """Logs that were listed, and the few that are open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: OrderedDict[str, Path] = OrderedDict()
        self._open: OrderedDict[str, tuple[WatchedRun, float]] = OrderedDict()

    def listed(self, folder: Path) -> Sequence[Listed]:
        """List the logs of a folder, the newest first."""
        return list_logs(folder)

    def token(self, path: Path) -> str:
        """Return the token of a log that was listed."""
        with self._lock:
            known = next((token for token, other in self._paths.items() if other == path), None)
            if known is None:
                known = secrets.token_urlsafe(16)
                self._paths[known] = path
                while len(self._paths) > MAX_TOKENS:
                    self._paths.popitem(last=False)
            return known

    def find(self, token: str) -> WatchedRun | None:
        """Open a log, or read on in it; None if there is none.

        Raises:
            DataError: If it cannot be read, or is gone.
        """
        with self._lock:
            path = self._paths.get(token)
            if path is None:
                return None
            run, read = self._open.pop(token, (None, 0.0))
            now = time.monotonic()
            if run is None:
                run = WatchedRun(path)
                read = now
            elif now - read > 0.5:  # several browsers look at one log
                try:
                    run.refresh()
                except DataError:
                    self._paths.pop(token, None)
                    raise
                read = now
            self._open[token] = run, read
            while len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)
            return run


LOGS: Final = Logs()
"""Those of this process."""
