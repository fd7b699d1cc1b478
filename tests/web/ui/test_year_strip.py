"""The year strip: marks that lead somewhere and do not overlap, and words that say the same."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantry.web.ui.drawings import year_strip
from tenantry.web.ui.drawings.axis import Axis
from tenantry.web.ui.drawings.year_strip import Renewal

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


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
    assert strip.summary == "2 terms end · 6 seats"
    for layout in strip.layouts:
        assert [mark.title.split(":")[0] for mark in layout.marks] == ["today", "last"]
        # Marks at the ends stay whole.
        width = year_strip.WIDTHS[layout.name]
        for mark in layout.marks:
            assert year_strip.TARGET / 2 - 0.1 <= mark.x / 100 * width <= width - year_strip.TARGET / 2 + 0.1


def test_a_mark_leads_to_its_subscription_and_says_product_seats_date_and_outcome() -> None:
    strip = year_strip.draw([Renewal("Visio Plan 2", NOW + 24 * DAY, 1463, "ends", "/visio")], NOW)
    for layout in strip.layouts:
        (mark,) = layout.marks
        assert (mark.title, mark.url) == ("Visio Plan 2: 1,463 seats, Wed 16 Dec. Ends", "/visio")
        assert mark.label is None  # it has been decided about
    assert strip.kinds == (("ends", "Ends"),)


def test_what_is_undecided_has_its_words_beside_it() -> None:
    strip = year_strip.draw([Renewal("Visio Plan 2", NOW + 11 * DAY, 5, "undecided", "/visio")], NOW)
    assert [mark.label.text for layout in strip.layouts for mark in layout.marks if mark.label] == [
        "Visio Plan 2 · 3 Dec",
        "Visio Plan 2 · 5 seats · 3 Dec",
    ]


def test_more_seats_make_a_larger_mark() -> None:
    strip = year_strip.draw([Renewal("a", NOW + 9 * DAY, 1), Renewal("b", NOW + 99 * DAY, 100)], NOW)
    assert [mark.radius for mark in strip.layouts[1].marks] == [6.7, 13.0]


def test_a_crowd_is_one_mark_with_its_number_that_leads_to_its_place_in_the_list() -> None:
    kinds = ("renews", "undecided", "ends", "undecided")
    renewals = [Renewal(f"r{n}", NOW + (9 + 3 * n) * DAY, 5, kind, f"/{n}") for n, kind in enumerate(kinds)]
    crowd = [Renewal(f"c{n}", NOW + timedelta(days=200, hours=n), 2, "renews", f"/c{n}") for n in range(9)]
    narrow, wide = year_strip.draw([*renewals, *crowd], NOW, "/renewals/").layouts
    assert [mark.count for mark in wide.marks][:4] == [1, 1, 1, 1]  # there is room for each
    assert sum(mark.count for mark in wide.marks) == sum(mark.count for mark in narrow.marks) == 13
    (mark,) = (
        year_strip.draw(
            [Renewal(f"r{n}", NOW + timedelta(days=9 + n % 4), 2, ("renews", "undecided")[n % 2]) for n in range(200)],
            NOW,
            "/renewals/",
        )
        .layouts[0]
        .marks
    )
    assert (mark.count, mark.kind, mark.url) == (200, "undecided", "/renewals/#ends-2026-12")
    assert mark.title == "200 in 4 days from Tue 1 Dec: 400 seats. 100 need a decision"
    assert mark.label is not None and mark.label.text == "200 in 4 days · 100 to decide"


def test_nothing_to_renew_is_an_empty_line() -> None:
    strip = year_strip.draw([], NOW)
    assert strip.summary == "No term ends in the next twelve months"
    assert [layout.marks for layout in strip.layouts] == [(), ()]


def test_months_are_named_and_january_is_the_year() -> None:
    strip = year_strip.draw([], NOW)
    assert [month.year or month.label for month in strip.months] == [
        "Dec", "2027", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
    ]  # fmt: skip
    assert [month.year or month.label for month in strip.months if not month.only_wide] == [
        "2027", "Mar", "May", "Jul", "Sep",
    ]  # fmt: skip


def test_the_first_month_has_twice_the_room() -> None:
    axis = Axis(NOW, NOW + 360 * DAY)
    assert [round(year_strip.place(axis, NOW + days * DAY), 1) for days in (0, 15, 30, 60, 90, 360)] == [
        0.0, 7.7, 15.4, 23.1, 30.8, 100.0,
    ]  # fmt: skip


def test_a_leap_day_has_a_year_too() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    strip = year_strip.draw([Renewal("a", datetime(2029, 2, 28, 11, tzinfo=UTC), 1)], leap)
    assert [len(layout.marks) for layout in strip.layouts] == [1, 1]


@pytest.mark.parametrize(
    ("places", "spread"),
    [
        ([], []),
        ([50.0], [50.0]),
        ([0.0], [13.0]),  # inside the drawing
        ([300.0], [287.0]),
        ([100.0, 200.0], [100.0, 200.0]),
        ([100.0, 100.0], [87.0, 113.0]),
        ([100.0, 110.0, 111.0], [81.0, 107.0, 133.0]),
        ([0.0, 0.0, 100.0], [13.0, 39.0, 100.0]),
    ],
)
def test_marks_step_aside_as_little_as_possible(places: list[float], spread: list[float]) -> None:
    assert year_strip.spread(places, 300) == pytest.approx(spread)


@pytest.mark.parametrize(
    ("places", "groups"),
    [
        ([], []),
        ([10.0, 150.0], [1, 1]),
        ([150.0, 150.0, 150.0], [1, 1, 1]),  # one to the left, one to the right
        ([150.0] * 4, [2, 1, 1]),
        ([20.0, 20.0, 150.0, 150.0, 151.0, 170.0, 171.0, 172.0, 173.0], [1, 1, 3, 2, 2]),
    ],
)
def test_neighbours_are_joined_where_they_would_stand_too_far_from_their_days(
    places: list[float], groups: list[int]
) -> None:
    assert [end - first for first, end in year_strip.group(places, 300)] == groups


def test_words_go_higher_the_further_left_they_begin() -> None:
    wanted = [(20.0, "Visio Plan 2 · 3 Dec"), (50.0, "Power BI Pro"), (250.0, "Exchange Online")]
    assert [(label.x, label.anchor, label.row) for label in year_strip.place_labels(wanted, 300)] == [
        (6.67, "start", 1),
        (16.67, "start", 0),
        (100.0, "end", 0),
    ]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 365 * 24), st.integers(0, 5000), st.sampled_from(year_strip.KINDS)), max_size=150)
)
def test_marks_never_overlap_keep_their_order_and_lose_nobody(drawn: list[tuple[int, int, str]]) -> None:
    renewals = [Renewal(f"r{n}", NOW + timedelta(hours=h), s, kind) for n, (h, s, kind) in enumerate(drawn)]
    for layout in year_strip.draw(renewals, NOW, "/renewals/").layouts:
        width = year_strip.WIDTHS[layout.name]
        for left, right in pairwise(layout.marks):
            assert (right.x - left.x) / 100 * width >= year_strip.TARGET - 0.1
            assert right.day >= left.day
        for mark in layout.marks:
            assert mark.x - year_strip.TARGET / 2 / width * 100 >= -0.01
            assert mark.x + year_strip.TARGET / 2 / width * 100 <= 100.01
            assert mark.radius <= year_strip.TARGET / 2
        assert sum(mark.count for mark in layout.marks) == len(renewals)
        _assert_words_do_not_overlap(layout)


def _assert_words_do_not_overlap(layout: year_strip.Layout) -> None:
    width, rows = year_strip.WIDTHS[layout.name], dict[int, list[tuple[float, float]]]()
    for _mark, label, _foot in layout.labelled():
        long = len(label.text) * year_strip.LETTER
        start = width - long if label.anchor == "end" else label.x / 100 * width
        assert start >= -0.1 and start + long <= width + 0.1
        rows.setdefault(label.row, []).append((start, start + long))
    for spans in rows.values():
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(spans)))


@pytest.mark.parametrize("kind", year_strip.KINDS)
def test_every_outcome_has_its_words(kind: str) -> None:
    assert year_strip.outcome_words(kind)
