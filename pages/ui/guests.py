"""Guests: browsers that hold something which trains, and what becomes of it when they go.

Knows nothing of Streamlit. A guest's token is unguessable and is all that the frame routes accept. What a guest has
trained is suspended `GRACE` seconds after the browser went, and given back some time later.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from typing import Final

from gan_core.live.runner import Transport

GRACE: Final = 7.0
"""A drop shorter than this leaves the run playing; it stops well within ten seconds."""
N_SEEN: Final = 256
"""How many nonces of commands are remembered."""


class Guest:
    """A browser with runs of its own, on one transport.

    Attributes:
        token: Opens the frame route.
        runner: The transport.
        gone_at: When the browser went, in `time.monotonic` seconds, or None.
    """

    runner: Transport

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(16)
        self.gone_at: float | None = None
        self._lock = threading.Lock()
        self._seen: deque[object] = deque(maxlen=N_SEEN)

    def arrive(self) -> None:
        """The browser is here (again)."""
        with self._lock:
            self.gone_at = None
            self.runner.resume()

    def leave(self) -> None:
        """The browser is gone, perhaps for a moment."""
        self.gone_at = time.monotonic()

    def settle(self, now: float, release_after: float) -> bool:
        """Suspend or release the run if the browser has been gone for long.

        Args:
            now: `time.monotonic` seconds.
            release_after: Seconds after which the memory is given back.

        Returns:
            True if the run was released.
        """
        with self._lock:  # or a browser that is back at this very moment would find its run suspended for ever
            if self.gone_at is None or self.runner.state == "closed":
                return False
            gone = now - self.gone_at
            if gone > release_after:
                self.runner.close()
                return True
            if gone > GRACE:
                self.runner.suspend()
            return False

    def is_new(self, nonce: object) -> bool:
        """True the first time that a command with this nonce comes."""
        if nonce in self._seen:
            return False
        self._seen.append(nonce)
        return True

    @property
    def heard(self) -> str:
        """Nonce of the newest command that came, or "0": the view sends again what it sent later."""
        return str(self._seen[-1]) if self._seen else "0"
