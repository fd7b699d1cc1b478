"""Dates in words. The time is an argument, because in rehearsal the dates of commerce follow the sandbox's clock."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# A weekday helps for what one can still picture in a diary; beyond that the year matters more.
NEAR_DAYS = 60


def day(when: datetime, now: datetime) -> str:
    """Name the day: "Wed 16 Dec" when near, "12 March 2027" otherwise (in the current time zone)."""
    local, today = timezone.localtime(when), timezone.localtime(now)
    if abs((local.date() - today.date()).days) <= NEAR_DAYS:
        return date_format(local, "D j M")
    return full_day(when)


def full_day(when: datetime) -> str:
    """Name the day with its year: "12 March 2027"."""
    return date_format(timezone.localtime(when), "j F Y")


def short_day(when: datetime) -> str:
    """Name the day with its year where there is little room: "12 Mar 2027"."""
    return date_format(timezone.localtime(when), "j M Y")


def moment(when: datetime, now: datetime) -> str:
    """Name the day and the hour with the time zone: "Sun 29 Nov, 14:05 UTC"."""
    local = timezone.localtime(when)
    return _("%(day)s, %(time)s") % {"day": day(when, now), "time": date_format(local, "H:i T")}


def exact(when: datetime, now: datetime) -> str:
    """Name the day and the second with the time zone, as a trail needs it: "Sun 29 Nov, 14:05:09 UTC"."""
    local = timezone.localtime(when)
    return _("%(day)s, %(time)s") % {"day": day(when, now), "time": date_format(local, "H:i:s T")}


def distance(when: datetime, now: datetime) -> str:
    """Say how far off a moment is, in calendar days beyond two days and in hours and minutes below."""
    seconds = (when - now).total_seconds()
    ahead = seconds >= 0
    minutes = int(abs(seconds) // 60)
    if minutes < 1:
        return _("now")
    if minutes < 60:
        words = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    elif minutes < 48 * 60:
        hours = minutes // 60
        words = ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    else:
        days = abs((timezone.localtime(when).date() - timezone.localtime(now).date()).days)
        words = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    return (_("in %(span)s") if ahead else _("%(span)s ago")) % {"span": words}


def remaining(until: datetime, now: datetime) -> str:
    """Say how much time is left in the two largest units: "6 days 20 hours", "3 hours 5 minutes", or "over"."""
    minutes = int((until - now).total_seconds() // 60)
    if minutes < 0:
        return _("over")
    days, rest = divmod(minutes, 24 * 60)
    hours, mins = divmod(rest, 60)
    parts: list[str] = []
    if days:
        parts.append(ngettext("%(n)s day", "%(n)s days", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours})
    if (mins and not days) or not parts:
        parts.append(ngettext("%(n)s minute", "%(n)s minutes", mins) % {"n": mins})
    return " ".join(parts)


def both_forms(when: datetime, now: datetime) -> SafeString:
    """Give the distance and the day together: "in 24 days · Wed 16 Dec"; on paper the day alone, which stays true."""
    away = format_html('<span class="only-screen">{} · </span>', distance(when, now))
    return format_html("<span>{}{}</span>", away, day(when, now))


def away(when: datetime, now: datetime) -> SafeString:
    """Say how far off a moment is: "in 38 hours"; on paper the day, which stays true."""
    return format_html(
        '<span class="only-screen">{}</span><span class="only-print">{}</span>', distance(when, now), day(when, now)
    )


def ago(when: datetime, now: datetime) -> SafeString:
    """Say how long ago something was: "4 minutes ago"; on paper the moment, which stays true."""
    return format_html(
        '<span class="only-screen">{}</span><span class="only-print">{}</span>', distance(when, now), moment(when, now)
    )
