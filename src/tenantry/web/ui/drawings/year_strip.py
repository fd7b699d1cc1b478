"""The year strip: the next twelve months as one line, with a mark per renewal that leads to it.

The size of a mark says how many seats. Marks of crowded days step aside, each with a line to its day; where that is not
enough, neighbours become one mark with their number in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel import dates
from tenantry.web.ui.drawings.axis import Axis, month_starts

# The two widths in pixels that the marks are laid out for; wider drawings only get more air between them.
WIDTHS = {"narrow": 300, "wide": 720}
# The first days are what one comes for: they get twice the room.
NEAR = timedelta(days=30)
LEAST_RADIUS, MOST_RADIUS = 6.0, 13.0
# A target is never smaller than 24 pixels, and targets do not overlap.
TARGET = 26.0
# So far a mark may stand from its day, as a share of the width.
MOST_ASIDE = 0.1
# Many more marks than there is room for are first taken together by week.
MOST_ALONE = 60
# A month's name beyond these would leave the drawing.
LAST_LABEL = {"narrow": 91.0, "wide": 96.0}
KINDS = ("renews", "ends", "extends", "undecided")
# Of undecided renewals and of groups, the first ones have their words beside them; a letter is about so wide.
MOST_LABELS = {"narrow": 4, "wide": 6}
MOST_NAME = {"narrow": 20, "wide": 36}
LETTER, LABEL_ROW, LABEL_GAP = 7.0, 18, 10.0


@dataclass(frozen=True, slots=True)
class Renewal:
    """One subscription's end of term; `kind` says what happens: renews, ends, extends or undecided."""

    name: str
    at: datetime
    seats: int
    kind: str = "renews"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """The first of a month on the line."""

    x: float
    label: str
    year: str
    only_wide: bool


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside a mark; row 0 is the lowest."""

    text: str
    x: float
    anchor: str
    row: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One renewal, or several neighbours: `x` is where the mark stands and `day` its true place, in per cent."""

    x: float
    day: float
    radius: float
    kind: str
    count: int
    title: str
    url: str
    label: Label | None = None

    @property
    def dot(self) -> float:
        """Give the radius of the dot that marks an open decision."""
        return round(self.radius * 0.45, 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """The marks for one width."""

    name: str
    marks: tuple[Mark, ...]

    @property
    def middle(self) -> int:
        """Give the distance of the marks' middles from the upper edge, below all labels."""
        rows = max((mark.label.row + 1 for mark in self.marks if mark.label), default=0)
        return rows * LABEL_ROW + int(MOST_RADIUS) + 3

    @property
    def line(self) -> int:
        """Give the distance of the line from the upper edge."""
        return self.middle + int(MOST_RADIUS) + 9

    @property
    def height(self) -> int:
        """Give the height of the drawing, with the names of the months."""
        return self.line + 24

    def labelled(self) -> list[tuple[Mark, Label, int]]:
        """Give every mark that has words, with them and the distance of their letters' foot from the upper edge."""
        return [
            (mark, mark.label, self.middle - int(MOST_RADIUS) - 8 - mark.label.row * LABEL_ROW)
            for mark in self.marks
            if mark.label
        ]


@dataclass(frozen=True, slots=True)
class YearStrip:
    """Everything that the template draws."""

    months: tuple[Month, ...]
    layouts: tuple[Layout, ...]
    kinds: tuple[tuple[str, str], ...]
    summary: str


def outcome_words(kind: str) -> str:
    """Say what happens at the end of the term."""
    return {
        "renews": _("Renews"),
        "ends": _("Ends"),
        "extends": _("Extended term"),
        "undecided": _("Needs a decision"),
    }[kind]


def place(axis: Axis, when: datetime) -> float:
    """Place a moment in per cent, the first month at twice the scale of the others."""
    near = NEAR / (axis.end - axis.start)
    near_width = 200 * near / (1 + near)
    if when <= axis.start + NEAR:
        return Axis(axis.start, axis.start + NEAR, near_width).x(when)
    return round(near_width + Axis(axis.start + NEAR, axis.end, 100 - near_width).x(when), 2)


def spread(places: Sequence[float], width: float) -> list[float]:
    """Move ascending places apart to a target's width, each as little as possible, inside the drawing.

    More than fit keep their distance and leave the drawing.
    """
    # Neighbours that touch move as one block, to the mean of what its members wish (pool adjacent violators).
    blocks: list[tuple[float, int]] = []
    for number, wished in enumerate(places):
        mean, count = wished - number * TARGET, 1
        while blocks and blocks[-1][0] >= mean:
            other, others = blocks.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        blocks.append((mean, count))
    least, most = TARGET / 2, width - TARGET / 2 - (len(places) - 1) * TARGET
    starts = [max(least, min(mean, most)) for mean, count in blocks for _each in range(count)]
    return [start + number * TARGET for number, start in enumerate(starts)]


def group(places: Sequence[float], width: float) -> list[tuple[int, int]]:
    """Join the nearest neighbours until all marks fit near their days; give (first, end) of each group."""
    groups = [(number, number + 1) for number in range(len(places))]
    while len(groups) > 1:
        middles = [_middle(places, one) for one in groups]
        stand = spread(middles, width)
        inside = [max(TARGET / 2, min(middle, width - TARGET / 2)) for middle in middles]
        asides = [abs(x - wished) for x, wished in zip(stand, inside, strict=True)]
        aside = max(asides)
        if aside <= MOST_ASIDE * width:
            break
        # Of those that push the worst one aside, the two that are nearest to each other.
        first = last = asides.index(aside)
        while first > 0 and stand[first] - stand[first - 1] <= TARGET + 0.001:
            first -= 1
        while last < len(groups) - 1 and stand[last + 1] - stand[last] <= TARGET + 0.001:
            last += 1
        nearest = min(range(first, last), key=lambda at: (round(middles[at + 1] - middles[at], 3), at))
        groups[nearest : nearest + 2] = [(groups[nearest][0], groups[nearest + 1][1])]
    return groups


def _middle(places: Sequence[float], one: tuple[int, int]) -> float:
    return (places[one[0]] + places[one[1] - 1]) / 2


def _seats(count: int) -> str:
    number = number_format(count, use_l10n=True, force_grouping=True)
    return ngettext("%(n)s seat", "%(n)s seats", count) % {"n": number}


def _title(one: Renewal, now: datetime) -> str:
    return f"{one.name}: {_seats(one.seats)}, {dates.day(one.at, now)}. {outcome_words(one.kind)}"


def _crowd_words(several: Sequence[Renewal]) -> str:
    """Say how many end in how many days, counted as in a diary."""
    first, last = (timezone.localtime(one.at).date() for one in (several[0], several[-1]))
    if first == last:
        return _("%(n)s on one day") % {"n": len(several)}
    return _("%(n)s in %(days)s days") % {"n": len(several), "days": (last - first).days + 1}


def _crowd_title(several: Sequence[Renewal], now: datetime) -> str:
    undecided = sum(one.kind == "undecided" for one in several)
    words = _("%(crowd)s from %(day)s: %(seats)s.") % {
        "crowd": _crowd_words(several),
        "day": dates.day(several[0].at, now),
        "seats": _seats(sum(one.seats for one in several)),
    }
    if not undecided:
        return words
    return f"{words} " + ngettext("%(n)s needs a decision", "%(n)s need a decision", undecided) % {"n": undecided}


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _label_text(several: Sequence[Renewal], layout: str, now: datetime) -> str:
    """Write the words beside a mark: of a group how many, of an undecided renewal what and when; else none."""
    one, undecided = several[0], sum(each.kind == "undecided" for each in several)
    if len(several) > 1:
        crowd = _crowd_words(several)
        return _("%(crowd)s · %(n)s to decide") % {"crowd": crowd, "n": undecided} if undecided else crowd
    if not undecided:
        return ""
    parts = [_short(one.name, MOST_NAME[layout]), date_format(timezone.localtime(one.at), "j M")]
    if layout == "wide":
        parts.insert(1, _seats(one.seats))
    return " · ".join(parts)


def place_labels(wanted: Sequence[tuple[float, str]], width: float) -> list[Label]:
    """Set the words of ascending places (pixels, words) in rows, so that no two overlap.

    Words begin at their mark, or end at the drawing's edge. The further left, the higher: so the line from a mark up to
    its words passes beside all words that begin further right.
    """
    found: list[tuple[float, float, Label]] = []
    for x, text in reversed(wanted):
        long = len(text) * LETTER
        left = min(x, max(0.0, width - long))
        above = [label.row for start, end, label in found if start < left + long + LABEL_GAP and left < end + LABEL_GAP]
        at_edge = left < x
        label = Label(
            text,
            100.0 if at_edge else round(x / width * 100, 2),
            "end" if at_edge else "start",
            max(above, default=-1) + 1,
        )
        found.append((left, left + long, label))
    return [label for _start, _end, label in reversed(found)]


def _weeks(renewals: Sequence[Renewal]) -> list[list[Renewal]]:
    """Take those of one week together where there are very many; alone else."""
    if len(renewals) <= MOST_ALONE:
        return [[one] for one in renewals]
    weeks: dict[tuple[int, int], list[Renewal]] = {}
    for one in renewals:
        year, week, _weekday = timezone.localtime(one.at).isocalendar()
        weeks.setdefault((year, week), []).append(one)
    return list(weeks.values())


def _layout(name: str, axis: Axis, renewals: Sequence[Renewal], list_url: str) -> Layout:
    width, now = WIDTHS[name], axis.start
    bundles = _weeks(renewals)
    days = [(place(axis, each[0].at) + place(axis, each[-1].at)) / 200 * width for each in bundles]
    groups = group(days, width)
    middles = [_middle(days, one) for one in groups]
    stand = spread(middles, width)
    members = [[one for each in bundles[first:end] for one in each] for first, end in groups]
    most = max((sum(one.seats for one in several) for several in members), default=1) or 1
    texts = [_label_text(several, name, now) for several in members]
    chosen = [number for number, text in enumerate(texts) if text][: MOST_LABELS[name]]
    labels = dict(zip(chosen, place_labels([(stand[at], texts[at]) for at in chosen], width), strict=True))
    marks = []
    for number, several in enumerate(members):
        seats = sum(max(one.seats, 0) for one in several)
        alone = len(several) == 1
        kinds = {one.kind for one in several}
        marks.append(
            Mark(
                x=round(stand[number] / width * 100, 2),
                day=round(middles[number] / width * 100, 2),
                radius=round(LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * sqrt(seats / most), 1)
                if alone
                else MOST_RADIUS,
                kind="undecided" if "undecided" in kinds else several[0].kind if alone else "several",
                count=len(several),
                title=_title(several[0], now) if alone else _crowd_title(several, now),
                url=several[0].url if alone else f"{list_url}#{month_anchor(several[0].at)}" if list_url else "",
                label=labels.get(number),
            )
        )
    return Layout(name, tuple(marks))


def month_anchor(at: datetime) -> str:
    """Name the place of a month in the list of renewals, for a link to it."""
    return f"{timezone.localtime(at):ends-%Y-%m}"


def draw(renewals: Sequence[Renewal], now: datetime, list_url: str = "") -> YearStrip:
    """Lay out the renewals of the twelve months from `now`; others are left out.

    A mark for several leads to their first month in the list at `list_url`. Equal input gives an equal picture.
    """
    local = timezone.localtime(now)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    end = local.replace(year=local.year + 1, day=day)
    chosen = sorted((one for one in renewals if now <= one.at <= end), key=lambda one: (one.at, -one.seats, one.name))
    axis = Axis(now, end)
    months = []
    for first in month_starts(now, end):
        x = place(axis, first)
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
