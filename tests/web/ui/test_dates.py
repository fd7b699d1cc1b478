"""Dates in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tenantry.web.ui import dates

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (NOW, "Sun 22 Nov"),
        (NOW + 24 * DAY, "Wed 16 Dec"),
        (NOW - 4 * DAY, "Wed 18 Nov"),
        (NOW + 60 * DAY, "Thu 21 Jan"),
        (NOW + 61 * DAY, "22 January 2027"),
        (NOW - 90 * DAY, "24 August 2026"),
    ],
)
def test_a_day_has_its_weekday_when_near_and_its_year_when_far(when: datetime, words: str) -> None:
    assert dates.day(when, NOW) == words


def test_a_moment_has_its_time_zone() -> None:
    when = datetime(2026, 11, 29, 14, 5, tzinfo=UTC)
    assert dates.moment(when, NOW) == "Sun 29 Nov, 14:05 UTC"
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert dates.moment(when, NOW) == "Sun 29 Nov, 15:05 CET"


def test_an_exact_moment_has_its_second() -> None:
    assert dates.exact(datetime(2026, 11, 29, 14, 5, 9, tzinfo=UTC), NOW) == "Sun 29 Nov, 14:05:09 UTC"


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


def test_both_forms_stand_together_and_the_day_alone_on_paper() -> None:
    both = dates.both_forms(NOW + 24 * DAY, NOW)
    assert both == '<span><span class="only-screen">in 24 days · </span>Wed 16 Dec</span>'


def test_how_long_ago_it_was_is_a_moment_on_paper() -> None:
    assert dates.ago(NOW - timedelta(minutes=4), NOW) == (
        '<span class="only-screen">4 minutes ago</span><span class="only-print">Sun 22 Nov, 09:26 UTC</span>'
    )
