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
        if hypot((one.x - other.x) / 100 * width, one.rise - other.rise) < one.radius + other.radius
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
    assert [entry.name for entry in strip.entries] == ["today", "last"]
    assert strip.summary == "2 terms end · 6 seats"
    # Marks at the ends stay whole.
    for layout in strip.layouts:
        width = year_strip.WIDTHS[layout.name]
        for mark in layout.marks:
            assert mark.radius <= mark.x / 100 * width + 0.1
            assert mark.x / 100 * width <= width - mark.radius + 0.1


def test_words_say_what_the_marks_say() -> None:
    strip = year_strip.draw([Renewal("Visio Plan 2", NOW + 24 * DAY, 1, "ends", "/visio")], NOW)
    assert strip.entries == (
        year_strip.Entry("Visio Plan 2", "Wed 16 Dec", "1 seat", "Ends", "ends", "/visio"),
    )  # fmt: skip
    assert strip.layouts[0].marks[0].title == "Visio Plan 2: 1 seat, Wed 16 Dec. Ends"
    assert strip.kinds == (("ends", "Ends"),)


def test_more_seats_make_a_larger_mark_that_settles_first() -> None:
    strip = year_strip.draw([Renewal("a", NOW + 9 * DAY, 1), Renewal("b", NOW + 9 * DAY, 100)], NOW)
    wide = strip.layouts[1]
    assert [(mark.title[0], mark.radius) for mark in wide.marks] == [("b", 15.0), ("a", 5.1)]
    assert wide.marks[0].rise == 15.0  # on the line
    assert wide.marks[1].rise > 30.0  # on top of it


def test_very_many_are_gathered_by_week_and_outcome() -> None:
    renewals = [Renewal(f"r{n}", NOW + DAY + timedelta(minutes=n), 2, ("renews", "ends")[n % 2]) for n in range(200)]
    for layout in year_strip.draw(renewals, NOW).layouts:
        assert sorted(mark.title for mark in layout.marks) == [
            "100 terms: 200 seats, Mon 23 Nov. Ends",
            "100 terms: 200 seats, Mon 23 Nov. Renews",
        ]
        assert layout.height <= year_strip.MOST_HEIGHT + 2


def test_many_seats_are_grouped() -> None:
    strip = year_strip.draw([Renewal("all", NOW + DAY, 1463)], NOW)
    assert (strip.summary, strip.entries[0].seats) == ("1 term ends · 1,463 seats", "1,463 seats")


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
    assert len(strip.entries) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 365 * 24), st.integers(0, 5000), st.sampled_from(year_strip.KINDS)), max_size=40)
)
def test_marks_never_overlap(drawn: list[tuple[int, int, str]]) -> None:
    renewals = [Renewal(str(n), NOW + timedelta(hours=h), s, kind) for n, (h, s, kind) in enumerate(drawn)]
    for layout in year_strip.draw(renewals, NOW).layouts:
        assert _overlaps(layout) == []
        assert all(mark.rise >= mark.radius for mark in layout.marks)


@pytest.mark.parametrize("kind", year_strip.KINDS)
def test_every_outcome_has_its_words(kind: str) -> None:
    assert year_strip.outcome_words(kind)
