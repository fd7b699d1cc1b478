"""How far off a moment is, as the screen shows it; paper shows the day or the moment, which stay true."""

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenantry.kernel import dates


def both_forms(when: datetime, now: datetime) -> SafeString:
    """Give the distance and the day together: "in 24 days · Wed 16 Dec"; on paper the day alone."""
    away_words = format_html('<span class="only-screen">{} · </span>', dates.distance(when, now))
    return format_html("<span>{}{}</span>", away_words, dates.day(when, now))


def away(when: datetime, now: datetime) -> SafeString:
    """Say how far off a moment is: "in 38 hours"; on paper the day."""
    return _either(dates.distance(when, now), dates.day(when, now))


def ago(when: datetime, now: datetime) -> SafeString:
    """Say how long ago something was: "4 minutes ago"; on paper the moment."""
    return _either(dates.distance(when, now), dates.moment(when, now))


def _either(screen: str, paper: str) -> SafeString:
    return format_html('<span class="only-screen">{}</span><span class="only-print">{}</span>', screen, paper)
