"""The term line: a subscription's term as a bar with today, the return window, the scheduled change and what follows.

Every length is true. Where a return window is open, a second axis below the bar shows the next seven days in large: a
lane for each lot of seats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.web.ui import dates
from tenantry.web.ui.drawings.axis import Axis, anchor, day_starts, month_starts, week_starts

# With an extended tail the term itself leaves this much of the width to it.
TERM_SHARE = 84.0
# What the lens shows; longer where a window stays open for longer.
LENS = timedelta(days=7)
# A longer stretch is no term that anybody counts in months; Microsoft dates what never ends to the year 9999.
MOST_TICKED = timedelta(days=12 * 366)
# Nearer than this to the pole of the flag, the label of today steps aside.
POLE_ROOM = 26.0


@dataclass(frozen=True, slots=True)
class Lane:
    """Seats whose return windows end together: how many, how much of the lens they fill, until when."""

    seats: str
    width: float
    until: str
    left: str


@dataclass(frozen=True, slots=True)
class Lens:
    """The open return windows: where they lie on the bar, and the coming days in large. x and width in per cent."""

    x: float
    width: float
    days: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """The scheduled change at its moment."""

    x: float
    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence beside the picture; `kind` is today or tail and names its sign."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TermLine:
    """Everything that the template draws; x and width in per cent."""

    start: datetime
    end: datetime
    now: datetime
    term_width: float
    ticks: tuple[float, ...]
    today: float
    today_anchor: str
    today_label: str
    start_label: str
    end_label: str
    lens: Lens | None
    flag: Flag | None
    extended: bool
    spoken: str
    facts: tuple[Fact, ...]

    @property
    def tail_width(self) -> float:
        """Leave what the term does not take."""
        return 100.0 - self.term_width


def _ticks(axis: Axis) -> tuple[float, ...]:
    span = axis.end - axis.start
    if span <= timedelta(days=45):
        moments = week_starts(axis.start, axis.end)
    elif span <= MOST_TICKED:
        moments = month_starts(axis.start, axis.end, 1 if span <= timedelta(days=400) else 3)
    else:
        return ()
    return tuple(axis.x(moment) for moment in moments)


def _lens(axis: Axis, now: datetime, lots: Sequence[tuple[int, datetime]]) -> Lens | None:
    """Lay out what is left of the windows that are still open, the soonest to end first; None where there is none."""
    seats: dict[datetime, int] = {}
    for quantity, until in sorted((lot for lot in lots if lot[1] > now), key=lambda lot: lot[1]):
        minute = until.replace(second=0, microsecond=0)
        seats[minute] = seats.get(minute, 0) + quantity
    if not seats:
        return None
    last = max(seats)
    near = Axis(now, max(now + LENS, last))
    x = axis.x(max(now, axis.start))
    return Lens(
        x=x,
        width=round(axis.x(last) - x, 2),
        days=tuple((near.x(moment), date_format(moment, "D j")) for moment in day_starts(near.start, near.end)),
        lanes=tuple(
            Lane(
                seats=ngettext("%(n)s seat", "%(n)s seats", quantity) % {"n": quantity},
                width=near.x(until),
                until=_("until %(moment)s") % {"moment": dates.moment(until, now)},
                left=_("%(left)s left") % {"left": dates.remaining(until, now)},
            )
            for until, quantity in seats.items()
        ),
    )


def _today_sentence(start: datetime, end: datetime, now: datetime) -> str:
    if now < start:
        return _("The term starts %(distance)s") % {"distance": dates.distance(start, now)}
    if now >= end:
        return _("The term ended %(distance)s") % {"distance": dates.distance(end, now)}
    return _("%(left)s left") % {"left": dates.remaining(end, now)}


def _spoken(line: Axis, now: datetime, flag: Flag | None) -> str:
    """Say what the bar shows, to those who do not see it."""
    told = _("Term from %(start)s to %(end)s. Today is %(day)s.") % {
        "start": dates.full_day(line.start),
        "end": dates.full_day(line.end),
        "day": dates.day(now, now),
    }
    return f"{told} {flag.label}." if flag else told


def _facts(line: Axis, now: datetime, extended: bool) -> tuple[Fact, ...]:
    facts = [Fact("today", _today_sentence(line.start, line.end, now))]
    if extended:
        facts.append(Fact("tail", _("After that: the extended term, month by month, at a higher price")))
    return tuple(facts)


def draw(
    start: datetime,
    end: datetime,
    now: datetime,
    lots: Sequence[tuple[int, datetime]] = (),
    scheduled: tuple[str, datetime] | None = None,
    extended: bool = False,
) -> TermLine:
    """Lay out a term: `lots` are (quantity, end of the return window), `scheduled` is (what in words, when).

    `extended` adds the dashed tail of the extended term; a `now` after the end then stands inside the tail.
    """
    axis = Axis(start, end, TERM_SHARE if extended else 100.0)
    today = axis.x(now)
    if extended and now > end:
        tail = Axis(end, end + timedelta(days=62), 100.0 - TERM_SHARE)
        today = round(TERM_SHARE + tail.x(now), 2)
    flag = None
    if scheduled:
        x = axis.x(scheduled[1])
        label = _("%(what)s on %(day)s") % {"what": scheduled[0], "day": dates.day(scheduled[1], now)}
        flag = Flag(x, "end" if x > 50 else "start", label)
    today_anchor = anchor(today)
    if flag and 0 < flag.x - today < POLE_ROOM < today:
        today_anchor = "end"
    return TermLine(
        start=start,
        end=end,
        now=now,
        term_width=axis.width,
        ticks=_ticks(axis),
        today=today,
        today_anchor=today_anchor,
        today_label=_("Today, %(day)s") % {"day": dates.day(now, now)},
        start_label=dates.short_day(start),
        end_label=dates.short_day(end),
        lens=_lens(axis, now, lots),
        flag=flag,
        extended=extended,
        spoken=_spoken(axis, now, flag),
        facts=_facts(axis, now, extended),
    )
