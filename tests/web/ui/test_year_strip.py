"""The year strip: marks that do not overlap, and the same in words."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantry.web.ui.drawings import year_strip
from tenantry.web.ui.drawings.year_strip import Renewal

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def _overlaps(layout: year_strip.Layout) -> list[tuple[year_strip.Mark, year_strip.Mark]]:
    width = year_strip.WIDTHS[layout.name]
    return [
        (one, other)
        for one, other in combinations(layout.marks, 2)
        if hypot((one.x - other.x) / 100 * width, one.rise - other.rise) < one.reach + other.reach
    ]


def test_only_the_next_twelve_months_count() -> None:
    strip = year_strip.draw(
        [
            Renewal("gone", NOW - DAY, 1),
            Renewal("today", NOW, 2),
            Renewal("last", NOW + 365 * DAY, 4),
            Renewal("later", NOW + 366 * DAY, 8),
        ],
        NOW,
    )
    assert [mark.name for mark in strip.layouts[1].marks] == ["today", "last"]
    assert strip.summary == "2 terms end · 6 seats"
    # Marks at the ends stay whole.
    for layout in strip.layouts:
        width = year_strip.WIDTHS[layout.name]
        for mark in layout.marks:
            assert mark.radius <= mark.x / 100 * width + 0.1
            assert mark.x / 100 * width <= width - mark.radius + 0.1


def test_a_mark_leads_to_its_subscription_and_says_what_it_is() -> None:
    strip = year_strip.draw([Renewal("Visio Plan 2", NOW + 24 * DAY, 1, "ends", "/visio")], NOW)
    for layout in strip.layouts:
        (mark,) = layout.marks
        assert (mark.title, mark.url, mark.count) == ("Visio Plan 2: 1 seat, Wed 16 Dec. Ends", "/visio", "")
    assert strip.kinds == (("ends", "Ends"),)


def test_more_seats_make_a_larger_mark_that_settles_first() -> None:
    strip = year_strip.draw([Renewal("a", NOW + 9 * DAY, 1), Renewal("b", NOW + 9 * DAY, 100)], NOW)
    marks = {mark.name: mark for mark in strip.layouts[1].marks}
    assert (marks["b"].radius, marks["a"].radius) == (15.0, 5.1)
    assert marks["b"].rise == 15.0  # on the line
    assert marks["a"].rise >= 15.0 + 15.0 + year_strip.LEAST_REACH  # on top of it, and pressed by itself


def test_very_many_are_one_mark_with_their_number_which_leads_to_the_month() -> None:
    renewals = [Renewal(f"r{n}", NOW + DAY + timedelta(minutes=n), 2, ("renews", "ends")[n % 2]) for n in range(200)]
    for layout in year_strip.draw(renewals, NOW, "/renewals/").layouts:
        assert sorted((mark.title, mark.count, mark.url) for mark in layout.marks) == [
            ("100 terms: 200 seats, Mon 23 Nov. Ends", "100", "/renewals/#m2026-11"),
            ("100 terms: 200 seats, Mon 23 Nov. Renews", "100", "/renewals/#m2026-11"),
        ]
        assert layout.height <= year_strip.MOST_HEIGHT + 2


def test_what_needs_a_decision_is_named_in_the_picture() -> None:
    names = ("Microsoft Defender for Business", "Visio Plan 2", "Power BI Pro")
    renewals = [Renewal(name, NOW + (2 + n) * DAY, 5, "undecided", "/x") for n, name in enumerate(names)]
    for layout in year_strip.draw([*renewals, Renewal("other", NOW + 90 * DAY, 5)], NOW).layouts:
        assert {label.text[:12] for label in layout.labels} == {name[:12] for name in names}
        assert len({label.y for label in layout.labels}) == 3  # none is written over another
        assert all(0 < label.y < label.foot < layout.height for label in layout.labels)
    last = year_strip.draw([Renewal(names[0], NOW + 364 * DAY, 5, "undecided")], NOW).layouts[0].labels[0]
    assert last.anchor == "end"  # it would leave the drawing


def test_many_seats_are_grouped() -> None:
    strip = year_strip.draw([Renewal("all", NOW + DAY, 1463)], NOW)
    assert strip.summary == "1 term ends · 1,463 seats"
    assert strip.layouts[0].marks[0].title == "all: 1,463 seats, Mon 23 Nov. Renews"


def test_nothing_to_renew_is_an_empty_line() -> None:
    strip = year_strip.draw([], NOW)
    assert strip.summary == "No term ends in the next twelve months"
    assert [(layout.marks, layout.height) for layout in strip.layouts] == [((), 36), ((), 36)]


def test_months_are_named_and_january_is_the_year() -> None:
    strip = year_strip.draw([], NOW)
    assert [month.year or month.label for month in strip.months] == [
        "Dec", "2027", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
    ]  # fmt: skip
    assert [month.year or month.label for month in strip.months if not month.only_wide] == [
        "2027", "Mar", "May", "Jul", "Sep",
    ]  # fmt: skip


def test_a_leap_day_has_a_year_too() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    strip = year_strip.draw([Renewal("a", datetime(2029, 2, 28, 11, tzinfo=UTC), 1)], leap)
    assert len(strip.layouts[0].marks) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 365 * 24), st.integers(0, 5000), st.sampled_from(year_strip.KINDS)), max_size=40)
)
def test_marks_never_overlap(drawn: list[tuple[int, int, str]]) -> None:
    renewals = [Renewal(str(n), NOW + timedelta(hours=h), s, kind) for n, (h, s, kind) in enumerate(drawn)]
    for layout in year_strip.draw(renewals, NOW).layouts:
        assert _overlaps(layout) == []
        assert all(mark.rise >= mark.reach for mark in layout.marks)
        stands_for = sum(int(mark.count or 1) for mark in layout.marks)
        assert stands_for == len(renewals)
        undecided = [mark for mark in layout.marks if mark.kind == "undecided"]
        assert len(layout.labels) == len(undecided)


@pytest.mark.parametrize("kind", year_strip.KINDS)
def test_every_outcome_has_its_words(kind: str) -> None:
    assert year_strip.outcome_words(kind)
