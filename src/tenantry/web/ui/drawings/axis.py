"""Positions on a time axis."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of time laid over the first `width` per cent of a drawing."""

    start: datetime
    end: datetime
    width: float = 100.0

    def x(self, when: datetime) -> float:
        """Place a moment in per cent, kept inside the axis."""
        whole = (self.end - self.start).total_seconds()
        if whole <= 0:
            return 0.0
        share = (when - self.start).total_seconds() / whole
        return round(min(max(share, 0.0), 1.0) * self.width, 2)


def anchor(x: float) -> str:
    """Choose the text anchor for a label at `x` per cent, so that it never leaves the drawing."""
    if x < 22:
        return "start"
    return "end" if x > 78 else "middle"


def month_starts(start: datetime, end: datetime, every: int = 1) -> Iterator[datetime]:
    """List the first midnights of months strictly between two moments, in the current time zone.

    With `every` above one only those months whose number fits, counted from January.
    """
    zone = timezone.get_current_timezone()
    first = timezone.localtime(start)
    year, month = first.year, first.month
    while True:
        month += 1
        if month == 13:
            year, month = year + 1, 1
        moment = datetime(year, month, 1, tzinfo=zone)
        if moment >= end:
            return
        if (month - 1) % every == 0 and moment > start:
            yield moment


def week_starts(start: datetime, end: datetime) -> Iterator[datetime]:
    """List the moments a whole number of weeks after the start, before the end."""
    moment = start + timedelta(days=7)
    while moment < end:
        yield moment
        moment += timedelta(days=7)


def day_starts(start: datetime, end: datetime) -> Iterator[datetime]:
    """List the midnights strictly between two moments, in the current time zone."""
    zone = timezone.get_current_timezone()
    date = timezone.localtime(start).date() + timedelta(days=1)
    while (moment := datetime(date.year, date.month, date.day, tzinfo=zone)) < end:
        yield moment
        date += timedelta(days=1)
