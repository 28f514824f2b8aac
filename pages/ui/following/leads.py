"""Runs that others follow: their codes, who follows, and frames that are made once for all of them.

Knows nothing of Streamlit. A follower takes no slot and has no trainer: all are sent the same compressed frame, so that
one more follower costs no more than the bytes. A follower's token is unguessable and opens nothing but these frames.
"""

from __future__ import annotations

import secrets
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gan_core.errors import ConfigError
from gan_core.experiments.classroom.room import is_code, new_code
from gan_core.record.slim import slim

if TYPE_CHECKING:
    from pages.ui.presence import Visit

MAX_LEADS: Final = 100
MAX_FOLLOWERS: Final = 100
"""Of one run."""
MAX_BYTES_PER_SECOND: Final = 150_000
"""Most bytes a second for one follower."""
PERIOD: Final = 0.17
"""Seconds between two frames, at least."""
AWAY: Final = 30.0
"""Seconds after which a follower who asks for nothing has gone."""
KEPT: Final = 900.0
"""Seconds for which a code waits for its teacher, whose page was closed or loaded anew."""
PAST: Final = 10**12
"""Serials from here on are of moments of the past: this and the step that was asked for."""
GUESSES: Final = ((10, "visitor"), (60, "address"), (1_000, "server"))
"""Wrong codes a minute that are answered, of one visitor, of one address, and of all."""


class OverError(ConfigError):
    """The run that a code led to is not followed any more."""


class TooManyError(ConfigError):
    """Too many wrong codes, or too many followers."""


@dataclass(frozen=True)
class Picture:
    """A frame as it is sent.

    Attributes:
        serial: Of the frame.
        content: Compressed with gzip.
    """

    serial: int
    content: bytes = field(repr=False)


class Lead:
    """A run that others follow.

    Args:
        code: Six letters.
        visit: Whose run.
        clock: Seconds that only grow.

    Attributes:
        code: As given.
        ended: True when its teacher has ended it.
        visitor: The teacher.
        n_made: Frames that were made.
        left_at: Since when there is nothing to follow, or None.
    """

    def __init__(self, code: str, visit: Visit, clock: Callable[[], float]) -> None:
        self.code = code
        self.visitor = visit.visitor
        self.ended = False
        self.n_made = 0
        self._clock = clock
        self._visit = weakref.ref(visit)
        self._picture: Picture | None = None
        self._due = 0.0
        self._claimed = False
        self._making = threading.Lock()
        self.left_at: float | None = None

    def visit(self) -> Visit | None:
        """Return the visit whose run is followed; None if it is gone or this has ended."""
        found = None if self.ended else self._visit()
        if found is not None and not found.run.closed:
            self.left_at = None
            return found
        if self.left_at is None:
            self.left_at = self._clock()
        return None

    def hand_over(self, visit: Visit) -> None:
        """Go on with another run of the same teacher, whose page was loaded anew."""
        with self._making:
            self._visit, self._picture, self._due = weakref.ref(visit), None, 0.0

    def claim(self) -> bool:
        """Tell whether a newer frame is due and nobody fetches it; a caller that is told so has to `refresh`."""
        if self._claimed or self._clock() < self._due:
            return False
        self._claimed = True
        return True

    @property
    def wait(self) -> float:
        """Seconds until then."""
        return max(0.0, self._due - self._clock())

    def refresh(self) -> None:
        """Fetch the newest frame and make of it what is sent; called by the one who has claimed it."""
        try:
            with self._making:
                visit = self.visit()
                if visit is None:
                    return
                picture = self._look(visit)
                if picture is None:
                    self._due = self._clock() + PERIOD / 4
                    return
                self.n_made += 1
                self._picture = picture
                self._due = self._clock() + max(PERIOD, len(picture.content) / MAX_BYTES_PER_SECOND)
        finally:
            self._claimed = False

    def _look(self, visit: Visit) -> Picture | None:
        """Make what the teacher sees: the newest frame, or one of the past; None if it is there already."""
        had, back = -1 if self._picture is None else self._picture.serial, visit.looks_back
        if back is None:
            newest = visit.run.frame(had, visit.which)
            return None if newest is None else Picture(*slim(newest))
        kept = None if had == PAST + back else visit.run.kept(back)
        return None if kept is None else Picture(*slim(kept, serial=PAST + back, state="paused", phase=""))

    def newer(self, since: int) -> Picture | None:
        """Return the newest frame, unless it has this serial."""
        found = self._picture
        return None if found is None or found.serial == since else found


@dataclass
class Follower:
    """Somebody who looks.

    Attributes:
        lead: At what.
        seen_at: When they last asked.
        ready_at: When they may be sent the next frame.
    """

    lead: Lead
    seen_at: float
    ready_at: float = 0.0

    def sent(self, n_bytes: int, now: float) -> None:
        """Note that so much was sent."""
        self.ready_at = max(now, self.ready_at) + n_bytes / MAX_BYTES_PER_SECOND


class Guesses:
    """Limit of wrong codes.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def listen(self, who: str, address: str) -> None:
        """Let a visitor try a code.

        Raises:
            TooManyError: If too many of theirs were wrong.
        """
        now = self._clock()
        for most, kind in GUESSES:
            times = self._wrong.get((kind, {"visitor": who, "address": address}.get(kind, "")), ())
            if sum(now - then < 60.0 for then in times) >= most:
                raise TooManyError("too many codes were wrong: wait a minute, and then type it once more")

    def count(self, who: str, address: str) -> None:
        """Note a wrong code."""
        for most, kind in GUESSES:
            key = kind, {"visitor": who, "address": address}.get(kind, "")
            self._wrong.setdefault(key, deque(maxlen=most)).append(self._clock())
            self._wrong.move_to_end(key)
        while len(self._wrong) > 10_000:
            self._wrong.popitem(last=False)


class Leads:
    """All runs of a process that are followed.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._leads: OrderedDict[str, Lead] = OrderedDict()
        self._followers: dict[str, Follower] = {}
        self._lock = threading.Lock()
        self.guesses = Guesses(clock)

    def open(self, visit: Visit) -> Lead:
        """Let others follow a run; a code that this teacher had before a page was loaded anew goes on.

        Raises:
            ConfigError: If too many runs are followed on this server.
        """
        with self._lock:
            self._clear()
            if visit.lead is not None and not visit.lead.ended:
                return visit.lead
            same = [lead for lead in self._leads.values() if lead.visitor == visit.visitor and not lead.ended]
            for lead in () if visit.visitor.startswith("address ") else same:  # which may be many people's
                old = lead.visit()
                if old is None or old.gone_at is not None:
                    if old is not None:
                        old.lead = None
                    lead.hand_over(visit)
                    visit.lead = lead
                    return lead
            if sum(not lead.ended for lead in self._leads.values()) >= MAX_LEADS:
                raise ConfigError(f"{MAX_LEADS} runs are followed on this server, and no more can be: end one")
            code = next(code for code in iter(new_code, "") if code not in self._leads)
            lead = self._leads[code] = Lead(code, visit, self._clock)
            visit.lead = lead
            return lead

    def end(self, visit: Visit) -> None:
        """Stop letting others follow a run."""
        if visit.lead is not None:
            visit.lead.ended = True
            visit.lead.left_at = self._clock()
            visit.lead, visit.point = None, ""

    def find(self, code: str, who: str = "", address: str = "") -> Lead:
        """Find what a code leads to.

        Args:
            code: As somebody typed it.
            who: The visitor, whose wrong codes are counted.
            address: Where they come from, likewise.

        Raises:
            TooManyError: If there were too many wrong codes.
            OverError: If what it led to is over.
            ConfigError: If it leads nowhere.
        """
        code = code.strip().upper()
        self.guesses.listen(who, address)
        lead = self._leads.get(code)
        if lead is None:
            self.guesses.count(who, address)
            told = "there is no class of this code on this server" if is_code(code) else "a code has six letters"
            raise ConfigError(f"{code[:20]!r}: {told}; look at it once more, or ask your teacher")
        if lead.visit() is None:
            raise OverError("your teacher's run is not shown any more: it has ended, or its page was closed")
        return lead

    def join(self, code: str, who: str = "", address: str = "") -> str:
        """Begin to follow; returns the follower's token.

        Raises:
            TooManyError: If there were too many wrong codes, or as many follow as may.
            OverError: If what the code led to is over.
            ConfigError: If the code leads nowhere.
        """
        lead = self.find(code, who, address)
        with self._lock:
            self._clear()
            if self.n_following(lead) >= MAX_FOLLOWERS:
                raise TooManyError(f"{MAX_FOLLOWERS} follow this run already, and no more can")
            token = secrets.token_urlsafe(16)
            self._followers[token] = Follower(lead, self._clock())
        return token

    def follower(self, token: str) -> Follower | None:
        """Find who has this token, if what they follow is not over."""
        found = self._followers.get(token)
        if found is None or found.lead.visit() is None:
            return None
        found.seen_at = self._clock()
        return found

    def n_following(self, lead: Lead) -> int:
        """Count who follows now."""
        now = self._clock()
        return sum(f.lead is lead and now - f.seen_at < AWAY for f in list(self._followers.values()))

    def _clear(self) -> None:
        now = self._clock()
        for token in [t for t, f in self._followers.items() if now - f.seen_at >= AWAY]:
            del self._followers[token]
        for code, lead in list(self._leads.items()):
            if lead.visit() is None and lead.left_at is not None and now - lead.left_at > KEPT:
                del self._leads[code]
