"""The term line: a subscription's term as a bar with today, return windows, the scheduled change and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.web.ui import dates
from tenantry.web.ui.drawings.axis import Axis, anchor, month_starts, week_starts

# With an extended tail the term itself leaves this much of the width to it.
TERM_SHARE = 84.0
# A week of a three-year term would be a hair: a window is drawn at least this wide.
LEAST_WINDOW = 1.6
# A longer stretch is no term that anybody counts in months; Microsoft dates what never ends to the year 9999.
MOST_TICKED = timedelta(days=12 * 366)
# Nearer than this to the pole of the flag, the label of today steps aside.
POLE_ROOM = 26.0


@dataclass(frozen=True, slots=True)
class Window:
    """The shaded rest of a lot's return window."""

    x: float
    width: float
    quantity: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Flag:
    """The scheduled change at its moment."""

    x: float
    anchor: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence of the picture's text; `kind` is term, today, window, flag or tail and names its sign."""

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
    windows: tuple[Window, ...]
    flag: Flag | None
    extended: bool
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


def _windows(axis: Axis, now: datetime, lots: Sequence[tuple[int, datetime]]) -> tuple[Window, ...]:
    """Shade what is left of each window that is still open, the longest first so that shorter ones lie on top."""
    start = axis.x(max(now, axis.start))
    open_lots = sorted((lot for lot in lots if lot[1] > now), key=lambda lot: lot[1], reverse=True)
    found = []
    for quantity, until in open_lots:
        width = max(axis.x(until) - start, LEAST_WINDOW)
        found.append(Window(round(min(start, axis.width - width), 2), round(width, 2), quantity, until))
    return tuple(found)


def _today_sentence(start: datetime, end: datetime, now: datetime) -> str:
    today = dates.day(now, now)
    if now < start:
        return _("Today, %(day)s: the term starts %(distance)s") % {
            "day": today,
            "distance": dates.distance(start, now),
        }
    if now >= end:
        return _("Today, %(day)s: the term ended %(distance)s") % {"day": today, "distance": dates.distance(end, now)}
    return _("Today, %(day)s: %(left)s left") % {"day": today, "left": dates.remaining(end, now)}


def _facts(line: Axis, now: datetime, windows: Sequence[Window], flag: Flag | None, extended: bool) -> tuple[Fact, ...]:
    facts = [
        Fact(
            "term",
            _("Term from %(start)s to %(end)s")
            % {"start": dates.full_day(line.start), "end": dates.full_day(line.end)},
        ),
        Fact("today", _today_sentence(line.start, line.end, now)),
    ]
    for window in reversed(windows):
        facts.append(
            Fact(
                "window",
                ngettext(
                    "%(n)s seat can be returned until %(until)s · %(left)s left",
                    "%(n)s seats can be returned until %(until)s · %(left)s left",
                    window.quantity,
                )
                % {
                    "n": window.quantity,
                    "until": dates.moment(window.until, now),
                    "left": dates.remaining(window.until, now),
                },
            )
        )
    if flag:
        facts.append(Fact("flag", _("%(what)s on %(day)s") % {"what": flag.label, "day": dates.day(flag.at, now)}))
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
    windows = _windows(axis, now, lots)
    flag = None
    if scheduled:
        x = axis.x(scheduled[1])
        flag = Flag(x, "end" if x > 50 else "start", scheduled[0], scheduled[1])
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
        windows=windows,
        flag=flag,
        extended=extended,
        facts=_facts(axis, now, windows, flag, extended),
    )
