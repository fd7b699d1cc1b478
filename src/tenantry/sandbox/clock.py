"""The commerce clock: real time plus an offset, or standing still.

Only dates of commerce follow it. Tokens, sessions and throttling stay on real time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tenantry.sandbox.wire import JsonDict, iso, parse_moment


def real_now() -> datetime:
    """Tell the real time in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


@dataclass(slots=True)
class Clock:
    """Tell and move the time of commerce."""

    offset: timedelta = timedelta()
    frozen_at: datetime | None = field(default=None)

    @classmethod
    def starting_at(cls, moment: datetime | None) -> Clock:
        """Start a running clock at a moment; without one it shows real time."""
        clock = cls()
        if moment is not None:
            clock.set(moment)
        return clock

    def now(self) -> datetime:
        """Tell the time of commerce in UTC."""
        return self.frozen_at if self.frozen_at is not None else real_now() + self.offset

    def ahead(self) -> timedelta:
        """Tell how far the clock is ahead of real time."""
        return self.now() - real_now()

    def set(self, moment: datetime) -> None:
        """Move the clock to a moment, forwards or backwards; it keeps running or standing as before."""
        if self.frozen_at is not None:
            self.frozen_at = moment
        self.offset = moment - real_now()

    def freeze(self, still: bool) -> None:
        """Stop the clock where it is, or let it run on from there."""
        if still and self.frozen_at is None:
            self.frozen_at = self.now()
        elif not still and self.frozen_at is not None:
            self.offset = self.frozen_at - real_now()
            self.frozen_at = None

    def dump(self) -> JsonDict:
        """Describe the clock for the state file."""
        return {"now": iso(self.now()), "frozen": self.frozen_at is not None}

    @classmethod
    def load(cls, state: JsonDict) -> Clock:
        """Go on from where a dumped clock stood; the time spent switched off does not count."""
        moment = parse_moment(state["now"])
        return cls(frozen_at=moment) if state.get("frozen") else cls.starting_at(moment)
