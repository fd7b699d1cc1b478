"""Dates in words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tenantry.kernel import dates

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
END = datetime(2026, 12, 15, 23, 59, 59, tzinfo=UTC)  # as Microsoft ends terms


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (NOW, "Sun 22 Nov"),
        (NOW + 24 * DAY, "Wed 16 Dec"),
        (NOW - 4 * DAY, "Wed 18 Nov"),
        (date(2026, 12, 16), "Wed 16 Dec"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "Thu 31 Dec"),
        (datetime(2027, 1, 1, tzinfo=UTC), "Fri 1 Jan 2027"),
        (NOW - 90 * DAY, "Mon 24 Aug"),
        (NOW - 400 * DAY, "Sat 18 Oct 2025"),
    ],
)
def test_a_day_has_its_year_whenever_it_is_not_this_one(when: datetime | date, words: str) -> None:
    assert dates.day(when, NOW) == words


def test_a_day_that_stands_alone_is_in_the_long_form() -> None:
    assert dates.day(date(2026, 12, 16)) == dates.full_day(date(2026, 12, 16)) == "16 December 2026"


@pytest.mark.parametrize(
    ("zone", "when", "words"),
    [
        ("UTC", END, "Tue 15 Dec, 23:59 UTC"),
        ("Etc/UTC", END, "Tue 15 Dec, 23:59 UTC"),
        ("Europe/Berlin", END, "Wed 16 Dec, 00:59 (Berlin time)"),
        ("America/New_York", END, "Tue 15 Dec, 18:59 (New York time)"),
        ("America/Argentina/Buenos_Aires", END, "Tue 15 Dec, 20:59 (Buenos Aires time)"),
        ("Asia/Kolkata", END, "Wed 16 Dec, 05:29 (Kolkata time)"),
        ("Pacific/Kiritimati", END, "Wed 16 Dec, 13:59 (Kiritimati time)"),
        ("Etc/GMT-2", END, "Wed 16 Dec, 01:59 (UTC+0200)"),
        # "Never", which most zones would move out of the calendar:
        ("Pacific/Kiritimati", datetime.max.replace(tzinfo=UTC), "Fri 31 Dec 9999, 23:59 UTC"),
        ("CET", END, "Wed 16 Dec, 00:59 (CET)"),
        # The year is the reader's: in Kiritimati it is 2027 fourteen hours earlier.
        ("Pacific/Kiritimati", datetime(2026, 12, 31, 12, tzinfo=UTC), "Fri 1 Jan 2027, 02:00 (Kiritimati time)"),
        # Clocks in Berlin go back on 25 October 2026: the hour from 02:00 comes twice.
        ("Europe/Berlin", datetime(2026, 10, 24, 23, 59, tzinfo=UTC), "Sun 25 Oct, 01:59 (Berlin time)"),
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sun 25 Oct, 02:30 (Berlin time, UTC+0200)"),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sun 25 Oct, 02:30 (Berlin time, UTC+0100)"),
        ("Europe/Berlin", datetime(2026, 10, 25, 2, tzinfo=UTC), "Sun 25 Oct, 03:00 (Berlin time)"),
        # They go forward on 28 March 2027: there is no hour from 02:00.
        ("Europe/Berlin", datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "Sun 28 Mar 2027, 01:59 (Berlin time)"),
        ("Europe/Berlin", datetime(2027, 3, 28, 1, tzinfo=UTC), "Sun 28 Mar 2027, 03:00 (Berlin time)"),
    ],
)
def test_a_moment_is_in_the_readers_time_zone_and_names_it(zone: str, when: datetime, words: str) -> None:
    with timezone.override(zone):
        assert dates.moment(when, NOW) == words


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Kiritimati"])
def test_evidence_is_in_utc_for_every_reader(zone: str) -> None:
    with timezone.override(zone):
        assert dates.exact(END, NOW) == "Tue 15 Dec, 23:59:59 UTC"
        assert dates.stamp(END) == "2026-12-15 23:59:59+00:00"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (NOW, "now"),
        (NOW + timedelta(seconds=59), "now"),
        (NOW + timedelta(minutes=1), "in 1 minute"),
        (NOW - timedelta(minutes=12), "12 minutes ago"),
        (NOW + timedelta(hours=1, minutes=59), "in 1 hour"),
        (NOW - timedelta(hours=47), "47 hours ago"),
        (NOW + timedelta(hours=48), "in 2 days"),
        # Calendar days: late on the 24th day it is still "in 24 days".
        (NOW + 24 * DAY + timedelta(hours=14), "in 24 days"),
    ],
)
def test_a_distance_is_in_days_or_below_two_days_in_hours(when: datetime, words: str) -> None:
    assert dates.distance(when, NOW) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "in 23 days · Tue 15 Dec"),
        ("America/New_York", "in 23 days · Tue 15 Dec"),
        ("Europe/Berlin", "in 24 days · Wed 16 Dec"),
        ("Pacific/Kiritimati", "in 24 days · Wed 16 Dec"),
    ],
)
def test_days_are_counted_in_the_readers_time_zone(zone: str, words: str) -> None:
    with timezone.override(zone):
        assert f"{dates.distance(END, NOW)} · {dates.day(END, NOW)}" == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=6, hours=20, minutes=59), "6 days 20 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=3, minutes=5), "3 hours 5 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(0), "0 minutes"),
        (timedelta(seconds=-1), "over"),
    ],
)
def test_what_remains_is_in_the_two_largest_units(left: timedelta, words: str) -> None:
    assert dates.remaining(NOW + left, NOW) == words
