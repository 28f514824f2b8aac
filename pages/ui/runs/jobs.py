"""A job: one file in the making, on a thread of its own, with how far it is and a way to stop it.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import logging
import threading
from typing import Literal

from gan_core.errors import GanExplorerError
from gan_core.export.progress import ExportCancelledError
from pages.ui.runs.downloads import Download

State = Literal["working", "done", "cancelled", "failed"]

_log = logging.getLogger(__name__)


class Job:
    """The making of a file; begins at once.

    Args:
        download: What to make.
        file_name: Name of its file.

    Attributes:
        download: As given.
        file_name: As given.
        state: How it stands.
        share: Of the work that is done, 0 to 1.
        content: The file, once it is there.
        message: Why it failed, or "".
    """

    def __init__(self, download: Download, file_name: str) -> None:
        self.download, self.file_name = download, file_name
        self.state: State = "working"
        self.share = 0.0
        self.content = b""
        self.message = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="export", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Stop it soon; nothing comes of it."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for its end."""
        self._thread.join(timeout)

    def _work(self) -> None:
        try:
            content = self.download.make(self._hear, self._stop.is_set)
            if self._stop.is_set():
                self.state = "cancelled"
            else:
                self.content, self.share, self.state = content, 1.0, "done"
        except ExportCancelledError:
            self.state = "cancelled"
        except GanExplorerError as error:
            self.message, self.state = str(error), "failed"
        except Exception as error:
            _log.exception("an export failed")
            self.message, self.state = f"something failed ({type(error).__name__})", "failed"

    def _hear(self, done: int, total: int) -> None:
        self.share = done / max(1, total)
