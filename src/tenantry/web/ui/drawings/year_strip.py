"""The year strip: the next twelve months as one line, with a mark for each renewal whose size says how many seats.

Every mark leads somewhere. Where many lie too near to each other, those of a week with the same outcome become one mark
with a number, which leads to that month of the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.web.ui import dates
from tenantry.web.ui.drawings.axis import Axis, month_starts

# The two widths in pixels that the marks are laid out for; wider drawings only get more air between them.
WIDTHS = {"narrow": 300, "wide": 720}
LEAST_RADIUS, MOST_RADIUS = 4.0, 15.0
# Whatever can be pressed is at least this wide in each direction from its middle.
LEAST_REACH = 12.0
GAP = 1.0
# The label of what needs a decision: how high a row is, how wide a letter, how many letters fit.
LABEL_ROW, LETTER = 18, 7.0
MOST_LETTERS = {"narrow": 24, "wide": 36}
# A stack may become this high before all marks are made smaller.
MOST_HEIGHT = 120.0
# A month's name beyond these would leave the drawing.
LAST_LABEL = {"narrow": 91.0, "wide": 96.0}
KINDS = ("renews", "ends", "extends", "undecided")


@dataclass(frozen=True, slots=True)
class Renewal:
    """One subscription's end of term; `kind` says what happens: renews, ends, extends or undecided."""

    name: str
    at: datetime
    seats: int
    kind: str = "renews"
    url: str = ""
    terms: int = 1


@dataclass(frozen=True, slots=True)
class Month:
    """The first of a month on the line."""

    x: float
    label: str
    year: str
    only_wide: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One renewal as a circle: x in per cent, `rise` the height of its middle above the line, in pixels.

    ``count`` is the number of terms that the mark stands for, as text; empty for a single one.
    """

    x: float
    rise: float
    radius: float
    kind: str
    title: str
    url: str
    name: str
    count: str

    @property
    def dot(self) -> float:
        """Give the radius of the dot that marks an open decision."""
        return round(self.radius * 0.45, 1)

    @property
    def reach(self) -> float:
        """Give the radius of what can be pressed."""
        return max(self.radius, LEAST_REACH)


@dataclass(frozen=True, slots=True)
class Label:
    """The name of something that needs a decision: `y` counts from the upper edge, `foot` is where its mark begins."""

    x: float
    anchor: str
    text: str
    y: float
    foot: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The marks for one width, the first in time first; `height` is what they and their labels need above the line."""

    name: str
    height: int
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]

    def tops(self) -> list[tuple[Mark, float]]:
        """Give every mark with its distance from the upper edge, as SVG counts."""
        return [(mark, round(self.height - mark.rise, 1)) for mark in self.marks]


@dataclass(frozen=True, slots=True)
class YearStrip:
    """Everything that the template draws."""

    months: tuple[Month, ...]
    layouts: tuple[Layout, ...]
    kinds: tuple[tuple[str, str], ...]
    summary: str


def month_id(at: datetime) -> str:
    """Name the place of a month on the page that lists the renewals."""
    return f"{timezone.localtime(at):m%Y-%m}"


def outcome_words(kind: str) -> str:
    """Say what happens at the end of the term."""
    return {
        "renews": _("Renews"),
        "ends": _("Ends"),
        "extends": _("Extended term"),
        "undecided": _("Needs a decision"),
    }[kind]


def _seats(count: int) -> str:
    number = number_format(count, use_l10n=True, force_grouping=True)
    return ngettext("%(n)s seat", "%(n)s seats", count) % {"n": number}


def _stack(places: Sequence[tuple[float, float]], shrink: float) -> list[tuple[float, float, float]]:
    """Set circles (x, radius) onto the line, each as low as those before it allow; give (x, rise, radius)."""
    placed: list[tuple[float, float, float]] = []
    for x, full in places:
        radius = full * shrink
        rise = max(radius, LEAST_REACH)
        reach = max(radius, LEAST_REACH)
        near = [other for other in placed if abs(other[0] - x) < max(other[2], LEAST_REACH) + reach + GAP]
        moved = True
        while moved:
            moved = False
            for other_x, other_rise, other_radius in near:
                apart = max(other_radius, LEAST_REACH) + reach + GAP
                needed = sqrt(apart**2 - (other_x - x) ** 2)
                if abs(other_rise - rise) < needed - 1e-6:
                    rise = other_rise + needed
                    moved = True
        placed.append((x, rise, radius))
    return placed


def _gathered(renewals: Sequence[Renewal], list_url: str) -> list[Renewal]:
    """Take those of one week that share an outcome together, where single marks would lie too near to each other."""
    groups: dict[tuple[int, int, str], list[Renewal]] = {}
    for one in renewals:
        year, week, _weekday = timezone.localtime(one.at).isocalendar()
        groups.setdefault((year, week, one.kind), []).append(one)
    return [
        group[0]
        if len(group) == 1
        else Renewal(
            ngettext("%(n)s term", "%(n)s terms", len(group)) % {"n": len(group)},
            group[0].at,
            sum(one.seats for one in group),
            group[0].kind,
            f"{list_url}#{month_id(group[0].at)}",
            len(group),
        )
        for group in groups.values()
    ]


def _title(one: Renewal, now: datetime) -> str:
    return f"{one.name}: {_seats(one.seats)}, {dates.day(one.at, now)}. {outcome_words(one.kind)}"


def _marks(width: int, axis: Axis, renewals: Sequence[Renewal], shrink: float) -> list[Mark]:
    most = max((one.seats for one in renewals), default=1) or 1
    # The large ones settle first, so that they carry the small ones.
    heaviest = sorted(renewals, key=lambda one: (-one.seats, one.at, one.name))
    places = []
    for one in heaviest:
        radius = LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * sqrt(max(one.seats, 0) / most)
        places.append((min(max(axis.x(one.at) / 100 * width, radius), width - radius), radius))
    marks = [
        Mark(
            x=round(x / width * 100, 2),
            rise=round(rise, 1),
            radius=round(radius, 1),
            kind=one.kind,
            title=_title(one, axis.start),
            url=one.url,
            name=one.name,
            count=str(one.terms) if one.terms > 1 else "",
        )
        for (x, rise, radius), one in zip(_stack(places, shrink), heaviest, strict=True)
    ]
    return sorted(marks, key=lambda mark: (mark.x, mark.rise))


def _labels(name: str, marks: Sequence[Mark], height: float) -> tuple[int, tuple[Label, ...]]:
    """Name what needs a decision, in rows above the marks; return what the rows need, and the labels."""
    width, rows = WIDTHS[name], list[float]()
    placed: list[tuple[Mark, str, int]] = []
    for mark in (one for one in marks if one.kind == "undecided"):
        most = MOST_LETTERS[name]
        text = mark.name if len(mark.name) <= most else f"{mark.name[: most - 1].rstrip()}…"
        middle, long = mark.x / 100 * width, len(text) * LETTER
        left = middle if middle + long <= width else middle - long
        row = next((number for number, taken in enumerate(rows) if taken < left), len(rows))
        rows[row : row + 1] = [left + long + LETTER]
        placed.append((mark, text, row))
    room = len(rows) * LABEL_ROW
    return room, tuple(
        Label(
            x=mark.x,
            anchor="start" if mark.x / 100 * width + len(text) * LETTER <= width else "end",
            text=text,
            # The first row is the highest one: its poles go down before the later labels begin.
            y=row * LABEL_ROW + 12,
            foot=round(room + height - mark.rise - mark.radius, 1),
        )
        for mark, text, row in placed
    )


def _layout(name: str, axis: Axis, renewals: Sequence[Renewal], list_url: str) -> Layout:
    """Set the marks as large as the height allows: smaller first, then gathered by week, then smaller again."""
    marks: list[Mark] = []
    height = 0.0
    for shown, shrink in (
        (renewals, 1.0),
        (renewals, 0.75),
        *((_gathered(renewals, list_url), shrink) for shrink in (1.0, 0.75, 0.5, 0.35)),
    ):
        marks = _marks(WIDTHS[name], axis, shown, shrink)
        height = max((mark.rise + mark.reach for mark in marks), default=0.0)
        if height <= MOST_HEIGHT:
            break
    high = max(int(height) + 2, 36)
    room, labels = _labels(name, marks, high)
    return Layout(name, high + room, tuple(marks), labels)


def draw(renewals: Sequence[Renewal], now: datetime, list_url: str = "") -> YearStrip:
    """Lay out the renewals of the twelve months from `now`; others are left out.

    Marks whose dates are too near to each other are stacked; equal input gives an equal picture. `list_url` is the page
    that lists the renewals, where marks lead that stand for several.
    """
    local = timezone.localtime(now)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    end = local.replace(year=local.year + 1, day=day)
    chosen = sorted((one for one in renewals if now <= one.at <= end), key=lambda one: (one.at, -one.seats, one.name))
    axis = Axis(now, end)
    months = []
    for first in month_starts(now, end):
        x = axis.x(first)
        if x <= LAST_LABEL["wide"]:
            # In a narrow drawing every second month has its name; January, which is the year, always has.
            only_wide = first.month % 2 == 0 or x > LAST_LABEL["narrow"]
            months.append(Month(x, date_format(first, "M"), str(first.year) if first.month == 1 else "", only_wide))
    present = {one.kind for one in chosen}
    total = sum(one.seats for one in chosen)
    summary = (
        ngettext("%(n)s term ends", "%(n)s terms end", len(chosen)) % {"n": len(chosen)} + " · " + _seats(total)
        if chosen
        else _("No term ends in the next twelve months")
    )
    return YearStrip(
        months=tuple(months),
        layouts=tuple(_layout(name, axis, chosen, list_url) for name in WIDTHS),
        kinds=tuple((kind, outcome_words(kind)) for kind in KINDS if kind in present),
        summary=summary,
    )
