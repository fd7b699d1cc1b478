"""The term line: a subscription's term as a bar with today, the scheduled change and what follows.

While seats can be returned, a bracket under the bar shows the open return windows on the scale of the term, and a lens
below it shows the days of those windows: a term of years has no room for days.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel import dates
from tenantry.web.ui.drawings.axis import Axis, anchor, day_starts, month_starts, week_starts

# With an extended tail the term itself leaves this much of the width to it.
TERM_SHARE = 84.0
# So much of the extended term is drawn.
TAIL = timedelta(days=62)
# The lens shows as long as Microsoft gives for a return, or longer where it gives longer.
LENS = timedelta(days=7)
# Of more lanes the later ones are folded away.
MOST_LANES = 5
# A longer stretch is no term that anybody counts in months; Microsoft dates what never ends to the year 9999.
MOST_TICKED = timedelta(days=12 * 366)
# Nearer than this to the pole of the flag, the label of today steps aside.
POLE_ROOM = 26.0
# A day's name beyond this would leave the lens.
LAST_DAY_NAME = 89.0


@dataclass(frozen=True, slots=True)
class Bracket:
    """The open return windows together, from now to the end of the last, on the scale of the term."""

    x: float
    width: float

    @property
    def end(self) -> float:
        """Say where it ends."""
        return round(self.x + self.width, 2)


@dataclass(frozen=True, slots=True)
class Day:
    """A midnight in the lens; its words are empty where they would leave the drawing."""

    x: float
    weekday: str
    number: str


@dataclass(frozen=True, slots=True)
class Lane:
    """Seats whose return window ends at one minute: its width is the share of the lens."""

    width: float
    quantity: int
    until: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Lens:
    """The days from now in which return windows end, one lane each, the first to end first."""

    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]

    @property
    def shown(self) -> tuple[Lane, ...]:
        """Give the lanes that are always open: all of them, where folding would hide only one."""
        return self.lanes if len(self.lanes) <= MOST_LANES + 1 else self.lanes[:MOST_LANES]

    @property
    def folded(self) -> tuple[Lane, ...]:
        """Give the lanes that are folded away."""
        return self.lanes[len(self.shown) :]


@dataclass(frozen=True, slots=True)
class Flag:
    """The scheduled change at its moment."""

    x: float
    anchor: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TermLine:
    """Everything that the template draws; x and width in per cent. ``facts`` say the bar for those who listen."""

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
    bracket: Bracket | None
    lens: Lens | None
    flag: Flag | None
    extended: bool
    facts: tuple[str, ...]

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


def _place(axis: Axis, when: datetime, extended: bool) -> float:
    """Place a moment on the bar or, after its end, in the tail."""
    if extended and when > axis.end:
        tail = Axis(axis.end, axis.end + TAIL, 100.0 - TERM_SHARE)
        return round(TERM_SHARE + tail.x(when), 2)
    return axis.x(when)


def _lens(now: datetime, lots: Sequence[tuple[int, datetime]]) -> Lens | None:
    """Lay out the open windows; lots whose windows end in the same minute share a lane."""
    ends: Counter[datetime] = Counter()
    for quantity, until in lots:
        if until > now:
            ends[until.replace(second=0, microsecond=0)] += quantity
    if not ends:
        return None
    axis = Axis(now, max(now + LENS, *ends))
    days = tuple(
        Day(x, date_format(midnight, "D"), str(midnight.day)) if x <= LAST_DAY_NAME else Day(x, "", "")
        for midnight in day_starts(axis.start, axis.end)
        for x in (axis.x(midnight),)
    )
    lanes = tuple(
        Lane(axis.x(until), quantity, until, _lane_sentence(quantity, until, now))
        for until, quantity in sorted(ends.items())
    )
    return Lens(days, lanes)


def _lane_sentence(quantity: int, until: datetime, now: datetime) -> str:
    return ngettext(
        "%(n)s seat · until %(until)s · %(left)s left", "%(n)s seats · until %(until)s · %(left)s left", quantity
    ) % {"n": quantity, "until": dates.moment(until, now), "left": dates.remaining(max(until, now), now)}


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


def _facts(line: Axis, now: datetime, flag: Flag | None, extended: bool) -> tuple[str, ...]:
    facts = [
        _("Term from %(start)s to %(end)s") % {"start": dates.full_day(line.start), "end": dates.full_day(line.end)},
        _today_sentence(line.start, line.end, now),
    ]
    if flag:
        facts.append(_("%(what)s on %(day)s") % {"what": flag.label, "day": dates.day(flag.at, now)})
    if extended:
        facts.append(_("After that: the extended term, month by month, at a higher price"))
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
    today = _place(axis, now, extended)
    lens = _lens(now, lots)
    bracket = None
    if lens:
        bracket = Bracket(today, max(0.0, round(_place(axis, lens.lanes[-1].until, extended) - today, 2)))
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
        start_label=dates.day(start, now),
        end_label=dates.day(end, now),
        bracket=bracket,
        lens=lens,
        flag=flag,
        extended=extended,
        facts=_facts(axis, now, flag, extended),
    )
