"""Whether tests train for as long as is promised, or for as long as a commit can wait."""

from __future__ import annotations

import os
from typing import Final

FULL: Final = os.environ.get("GAN_EXPLORER_FULL", "") not in {"", "0"}
