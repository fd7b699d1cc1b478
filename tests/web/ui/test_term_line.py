"""The term line: positions and sentences."""

from datetime import UTC, datetime, timedelta

import pytest

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
    assert (line.ticks, line.start_label, line.end_label) == ((), "3 Oct 2026", "31 Dec 9999")
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
    assert [(fact.kind, fact.sentence) for fact in line.facts] == [
        ("today", "24 days left"),
        ("tail", "After that: the extended term, month by month, at a higher price"),
    ]
    assert line.spoken == (
        "Term from 16 December 2025 to 16 December 2026. Today is Sun 22 Nov. 8 seats on Wed 16 Dec."
    )
    assert line.lens is not None
    assert [(lane.seats, lane.until, lane.left) for lane in line.lens.lanes] == [
        ("1 seat", "until Mon 23 Nov, 05:35 UTC", "20 hours 5 minutes left"),
        ("3 seats", "until Sun 29 Nov, 05:30 UTC", "6 days 20 hours left"),
    ]
    assert (line.start_label, line.end_label, line.today_label) == ("16 Dec 2025", "16 Dec 2026", "Today, Sun 22 Nov")
    assert line.flag is not None
    assert (line.flag.x, line.flag.anchor, line.flag.label) == (84.0, "end", "8 seats on Wed 16 Dec")
    assert line.today_anchor == "end"  # steps aside for the pole


def test_the_window_has_its_true_length_and_each_lot_a_lane() -> None:
    line = term_line.draw(
        NOW - 50 * DAY,
        NOW + 50 * DAY,
        NOW,
        [(2, NOW - DAY), (4, NOW), (5, NOW + 5 * DAY), (6, NOW + timedelta(hours=1)), (1, NOW + 5 * DAY)],
    )
    lens = line.lens
    assert lens is not None
    assert (lens.x, lens.width) == (50.0, 5.0)  # 5 of 100 days
    # 1 of 168 hours; 120 of 168 hours, where two lots end in the same minute
    assert [(lane.seats, lane.width) for lane in lens.lanes] == [("6 seats", 0.6), ("6 seats", 71.43)]
    assert [label for _x, label in lens.days] == ["Mon 23", "Tue 24", "Wed 25", "Thu 26", "Fri 27", "Sat 28", "Sun 29"]
    assert lens.days[0][0] == 8.63  # 14.5 of 168 hours until midnight


@pytest.mark.parametrize("days", [1, 30, 365, 1095, 36500])
def test_a_window_is_never_drawn_longer_than_it_is(days: int) -> None:
    line = term_line.draw(NOW - DAY, NOW + days * DAY, NOW, [(3, NOW + timedelta(hours=12))])
    assert line.lens is not None
    assert line.lens.width == pytest.approx(0.5 / (days + 1) * 100, abs=0.011)


def test_closed_windows_have_no_lens() -> None:
    assert term_line.draw(NOW - 50 * DAY, NOW + 50 * DAY, NOW, [(2, NOW - DAY), (4, NOW)]).lens is None


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
