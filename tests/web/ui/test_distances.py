"""Distances on the screen, days and moments on paper."""

from datetime import UTC, datetime, timedelta

from tenantry.web.ui import distances

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
END = NOW + timedelta(days=24)


def test_distance_and_day_stand_together_and_the_day_alone_on_paper() -> None:
    both = distances.both_forms(END, NOW)
    assert both == '<span><span class="only-screen">in 24 days · </span>Wed 16 Dec</span>'


def test_how_far_off_it_is_is_the_day_on_paper() -> None:
    away = distances.away(END, NOW)
    assert away == '<span class="only-screen">in 24 days</span><span class="only-print">Wed 16 Dec</span>'


def test_how_long_ago_it_was_is_the_moment_on_paper() -> None:
    assert distances.ago(NOW - timedelta(minutes=4), NOW) == (
        '<span class="only-screen">4 minutes ago</span><span class="only-print">Sun 22 Nov, 09:26 UTC</span>'
    )
