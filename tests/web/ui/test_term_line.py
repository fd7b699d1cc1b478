"""The term line: positions and sentences."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantry.web.ui.drawings import term_line

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end", "extended", "today", "anchor"),
    [
        (-50, 50, False, 50.0, "middle"),
        (-2, 363, False, 0.55, "start"),
        (-363, 2, False, 99.45, "end"),
        (5, 370, False, 0.0, "start"),  # not begun
        (-400, -35, False, 100.0, "end"),  # over
        (-50, 50, True, 42.0, "middle"),  # the term has 84 % of the width
        (-400, -31, True, 92.0, "end"),  # half of the tail's two months
        (-400, -200, True, 100.0, "end"),  # far beyond: kept inside
    ],
)
def test_today_stands_where_it_is(start: int, end: int, extended: bool, today: float, anchor: str) -> None:
    line = term_line.draw(NOW + start * DAY, NOW + end * DAY, NOW, extended=extended)
    assert (line.today, line.today_anchor) == (today, anchor)
    assert line.term_width + line.tail_width == 100.0


def test_a_term_without_an_end_is_drawn_too() -> None:
    line = term_line.draw(NOW - 50 * DAY, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), NOW, extended=True)
    assert (line.ticks, line.start_label, line.end_label) == ((), "Sat 3 Oct", "Fri 31 Dec 9999")
    assert len(term_line.draw(NOW - 50 * DAY, NOW + 1045 * DAY, NOW).ticks) == 12  # three years by quarters


def test_a_whole_term_says_everything_in_words_too() -> None:
    line = term_line.draw(
        NOW - 341 * DAY,
        NOW + 24 * DAY,
        NOW,
        [(3, NOW + timedelta(days=6, hours=20)), (1, NOW + timedelta(hours=20, minutes=5))],
        ("8 seats", NOW + 24 * DAY),
        extended=True,
    )
    assert line.facts == (
        "Term from 16 December 2025 to 16 December 2026",
        "Today, Sun 22 Nov: 24 days left",
        "8 seats on Wed 16 Dec",
        "After that: the extended term, month by month, at a higher price",
    )
    assert _lanes(line) == [
        (11.95, "1 seat · until Mon 23 Nov, 05:35 UTC · 20 hours 5 minutes left"),
        (97.62, "3 seats · until Sun 29 Nov, 05:30 UTC · 6 days 20 hours left"),
    ]
    assert (line.start_label, line.end_label, line.today_label) == (
        "Tue 16 Dec 2025",
        "Wed 16 Dec",
        "Today, Sun 22 Nov",
    )
    assert line.flag is not None
    assert (line.flag.x, line.flag.anchor, line.flag.label) == (84.0, "end", "8 seats")
    assert line.today_anchor == "end"  # steps aside for the pole


def _lanes(line: term_line.TermLine) -> list[tuple[float, str]]:
    return [(lane.width, lane.sentence) for lane in line.lens.lanes] if line.lens else []


@pytest.mark.parametrize(
    ("days", "gone", "left", "width"),
    [
        (365, 0, timedelta(days=7), 1.92),  # a week of a year
        (365, 7, timedelta(minutes=42), 0.01),  # a hair, as it is; the lens shows it
        (30, 0, timedelta(days=7), 23.33),
        (1096, 0, timedelta(days=7), 0.64),
        (365, 365, timedelta(days=3), 0.0),  # the bar has ended
    ],
)
def test_the_bracket_is_as_long_as_the_windows_on_the_scale_of_the_term(
    days: int, gone: int, left: timedelta, width: float
) -> None:
    line = term_line.draw(NOW - gone * DAY, NOW + (days - gone) * DAY, NOW, [(1, NOW + left)])
    assert line.bracket is not None
    assert (line.bracket.x, line.bracket.width) == (line.today, width)


def test_without_an_open_window_there_is_neither_bracket_nor_lens() -> None:
    line = term_line.draw(NOW - 50 * DAY, NOW + 50 * DAY, NOW, [(2, NOW - DAY), (4, NOW)])
    assert (line.bracket, line.lens) == (None, None)


def test_lots_that_end_in_one_minute_share_a_lane_and_others_of_the_hour_do_not() -> None:
    end = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)
    lots = [(2, end + timedelta(seconds=40)), (3, end), (4, end + timedelta(minutes=9))]
    assert _lanes(term_line.draw(NOW - 5 * DAY, NOW + 360 * DAY, NOW, lots)) == [
        (31.45, "5 seats · until Tue 24 Nov, 14:20 UTC · 2 days 4 hours left"),
        (31.54, "4 seats · until Tue 24 Nov, 14:29 UTC · 2 days 4 hours left"),
    ]


def test_the_days_of_the_lens_are_midnights_and_the_last_has_no_room_for_its_name() -> None:
    lens = term_line.draw(NOW - DAY, NOW + 364 * DAY, NOW, [(1, NOW + 6 * DAY)]).lens
    assert lens is not None
    assert [(day.x, day.weekday, day.number) for day in lens.days] == [
        (8.63, "Mon", "23"), (22.92, "Tue", "24"), (37.2, "Wed", "25"), (51.49, "Thu", "26"), (65.77, "Fri", "27"),
        (80.06, "Sat", "28"), (94.35, "", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("lots", "shown", "folded"), [(1, 1, 0), (6, 6, 0), (7, 5, 2), (20, 5, 15)])
def test_many_lanes_are_folded(lots: int, shown: int, folded: int) -> None:
    found = term_line.draw(
        NOW - DAY, NOW + 364 * DAY, NOW, [(1, NOW + n * timedelta(hours=8)) for n in range(1, lots + 1)]
    )
    assert found.lens is not None
    assert (len(found.lens.shown), len(found.lens.folded)) == (shown, folded)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 1100),
    st.integers(0, 1100),
    st.lists(st.tuples(st.integers(1, 500), st.integers(-900, 14 * 24 * 60)), max_size=20),
    st.booleans(),
)
def test_every_open_seat_has_a_lane_of_its_true_length(
    days: int, gone: int, drawn: list[tuple[int, int]], extended: bool
) -> None:
    lots = [(seats, NOW + timedelta(minutes=left)) for seats, left in drawn]
    line = term_line.draw(NOW - gone * DAY, NOW + (days - gone) * DAY, NOW, lots, extended=extended)
    lanes = line.lens.lanes if line.lens else ()
    assert sum(lane.quantity for lane in lanes) == sum(seats for seats, left in drawn if left > 0)
    assert list(lanes) == sorted(lanes, key=lambda lane: lane.until)
    whole = max([7 * 24 * 60, *(left for _seats, left in drawn)])
    for lane in lanes:
        assert lane.width == pytest.approx((lane.until - NOW) / timedelta(minutes=whole) * 100, abs=0.006)
    if line.bracket:
        assert line.bracket.width >= 0 and line.bracket.end <= 100.0


@pytest.mark.parametrize(
    ("start", "days", "ticks"),
    [
        (datetime(2026, 11, 10, tzinfo=UTC), 30, 4),  # weeks
        (datetime(2026, 1, 1, tzinfo=UTC), 365, 11),  # months; the first day is the end of the bar itself
        (datetime(2025, 7, 10, tzinfo=UTC), 3 * 365 + 1, 12),  # quarters
    ],
)
def test_ticks_fit_the_length_of_the_term(start: datetime, days: int, ticks: int) -> None:
    line = term_line.draw(start, start + days * DAY, NOW)
    assert len(line.ticks) == ticks
    assert list(line.ticks) == sorted(set(line.ticks))
    assert line.ticks[0] > 0 and line.ticks[-1] < 100


def test_a_term_without_length_does_not_fail() -> None:
    line = term_line.draw(NOW, NOW, NOW)
    assert (line.today, line.ticks) == (0.0, ())
