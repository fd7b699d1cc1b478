"""Dates of terms and charge cycles, as the billing scenarios of the reference have them (section 6.3, read 2026-11)."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from tenantry.sandbox.wire import JsonDict, parse_moment

MONTHS_OF_TERM = {"P1M": 1, "P1Y": 12, "P3Y": 36, "P5Y": 60}
MONTHS_OF_CYCLE = {"monthly": 1, "annual": 12, "triennial": 36}
PLANS = {  # billing plans of each term; P5Y is in price lists only
    "P1M": ("monthly",),
    "P1Y": ("annual", "monthly"),
    "P3Y": ("triennial", "annual", "monthly"),
    "P5Y": ("triennial", "annual", "monthly"),
}
NO_END = 9000  # years from here on mean "never"


def last_day(year: int, month: int) -> int:
    """Give the number of days of a month."""
    return calendar.monthrange(year, month)[1]


def add_months(day: date, months: int) -> date:
    """Go on by months, keeping the day number where the month has it, its last day otherwise."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, last_day(year, month + 1)))


def term_end(start: date, months: int) -> date:
    """Give the last day (inclusive) of a term that starts on a day."""
    return add_months(start, months) - timedelta(days=1)


def cycle_start(anchor: date, months: int) -> date:
    """Give the start of the charge cycle that many months after the first one.

    The last and the last but one day of a month keep their distance from the month's end; other days keep their
    number. What happens on the 29th of a month with 31 days is not shown by any source: it keeps its number.
    """
    distance = last_day(anchor.year, anchor.month) - anchor.day
    there = add_months(anchor, months)
    last = last_day(there.year, there.month)
    return there.replace(day=last - distance if distance <= 1 else min(anchor.day, last))


def cycle_end(anchor: date, cycle_months: int, day: date, not_after: date) -> date:
    """Give the last day of the charge cycle that contains a day, never beyond the end of the term."""
    steps = 1
    while cycle_start(anchor, steps * cycle_months) <= day:
        steps += 1
    return min(cycle_start(anchor, steps * cycle_months) - timedelta(days=1), not_after)


def end_moment(body: JsonDict) -> datetime | None:
    """Give the first moment after a subscription's term; None where it has no end.

    The end date is inclusive and written as midnight of the last day.
    """
    text = body.get("commitmentEndDate")
    if not text:
        return None
    day = parse_moment(text)
    if day.year >= NO_END:
        return None
    return midnight(day.date() + timedelta(days=1))


def midnight(day: date) -> datetime:
    """Give the first moment of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def aligned_ends(duration: str, first: date, last: date, others: Iterable[JsonDict]) -> dict[date, list[str]]:
    """Find the days from `first` to `last` on which a term of a length may end because another one's ends then.

    `others` are living subscriptions of the same customer that are no trials. Only a monthly term may follow a monthly
    one, and it may not end on the 28th, 29th or 30th unless that is the month's last day. Gives the ids by day.
    """
    ends: dict[date, list[str]] = {}
    for other in others:
        end = end_moment(other)
        if end is None or (duration != "P1M" and str(other.get("termDuration")).upper() == "P1M"):
            continue
        day = (end - timedelta(days=1)).date()
        if first <= day <= last and not bad_for_months(duration, day):
            ends.setdefault(day, []).append(str(other["id"]))
    return ends


def bad_for_months(duration: str, day: date) -> bool:
    """Tell whether a monthly term cannot end on a day."""
    return duration == "P1M" and day.day in {28, 29, 30} and last_day(day.year, day.month) != day.day


def write_end(body: JsonDict, day: date) -> None:
    """Write a term's last day into a subscription, in every form that it carries already."""
    body["commitmentEndDate"] = f"{day.isoformat()}T00:00:00Z"
    if "commitmentEndDateTime" in body:
        body["commitmentEndDateTime"] = f"{day.isoformat()}T23:59:59Z"


def write_cycle_end(body: JsonDict, day: date) -> None:
    """Write a charge cycle's last day into a subscription, where it carries one."""
    if "billingCycleEndDate" in body:
        body["billingCycleEndDate"] = f"{day.isoformat()}T00:00:00Z"
    if "billingCycleEndDateTime" in body:
        body["billingCycleEndDateTime"] = f"{day.isoformat()}T23:59:59Z"
