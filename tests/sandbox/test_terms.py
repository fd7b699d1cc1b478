"""Dates of terms and charge cycles: the rows of the billing scenarios."""

from datetime import date

import pytest

from tenantry.sandbox.partner_center import terms


@pytest.mark.parametrize(
    ("bought", "ends"),
    [
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-27"),
        ("2026-05-31", "2026-06-29"),
        ("2026-06-30", "2026-07-29"),
        ("2026-07-31", "2026-08-30"),
        ("2026-01-30", "2026-02-27"),
        ("2026-02-27", "2026-03-26"),
        ("2026-05-30", "2026-06-29"),
        ("2026-06-29", "2026-07-28"),
        ("2026-07-30", "2026-08-29"),
        ("2026-06-18", "2026-07-17"),
    ],
)
def test_a_monthly_term_ends_the_day_before_its_day_comes_again(bought: str, ends: str) -> None:
    assert terms.term_end(date.fromisoformat(bought), 1) == date.fromisoformat(ends)


def test_longer_terms_end_a_day_before_their_anniversary() -> None:
    assert terms.term_end(date(2026, 3, 12), 12) == date(2027, 3, 11)
    assert terms.term_end(date(2024, 2, 29), 36) == date(2027, 2, 27)


def test_charge_cycles_keep_their_distance_from_the_end_of_the_month() -> None:
    last = [terms.cycle_start(date(2026, 1, 31), months) for months in range(5)]
    assert last == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    last_but_one = [terms.cycle_start(date(2026, 1, 30), months).isoformat()[5:] for months in range(12)]
    assert " ".join(last_but_one) == "01-30 02-27 03-30 04-29 05-30 06-29 07-30 08-30 09-29 10-30 11-29 12-30"
    assert terms.cycle_start(date(2026, 1, 18), 1) == date(2026, 2, 18)


def test_a_cycle_ends_the_day_before_the_next_and_never_after_the_term() -> None:
    start, end = date(2026, 1, 31), date(2027, 1, 30)
    assert terms.cycle_end(start, 1, date(2026, 2, 10), end) == date(2026, 2, 27)
    assert terms.cycle_end(start, 1, date(2026, 2, 28), end) == date(2026, 3, 30)
    assert terms.cycle_end(start, 12, date(2026, 2, 28), date(2026, 12, 31)) == date(2026, 12, 31)


def test_the_end_date_is_inclusive() -> None:
    assert terms.end_moment({"commitmentEndDate": "2026-08-31T00:00:00Z"}) == terms.midnight(date(2026, 9, 1))
    assert terms.end_moment({"commitmentEndDate": "9999-12-31T00:00:00Z"}) is None
    assert terms.end_moment({}) is None
