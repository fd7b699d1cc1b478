"""Dates in words, in the reader's time zone, which every hour names; UTC is for evidence.

"Now" is an argument, because in rehearsal the dates of commerce follow the sandbox's clock. There are two forms of a
day: the short one, with its year whenever that is not this year, and the long one.
"""

from datetime import UTC, date, datetime, tzinfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def local(when: datetime) -> datetime:
    """Return a moment in the reader's time zone; Microsoft's "never" (year 9999) stays in UTC, or it would overflow."""
    try:
        return timezone.localtime(when)
    except OverflowError:
        return when


def day(when: datetime | date, now: datetime | None = None) -> str:
    """Name the day in the short form: "Wed 16 Dec", "Fri 12 Mar 2027"; without ``now`` in the long form."""
    return full_day(when) if now is None else _short(_local_date(when), local(now).date())


def full_day(when: datetime | date) -> str:
    """Name the day in the long form: "12 March 2027"."""
    return date_format(_local_date(when), "j F Y")


def moment(when: datetime, now: datetime | None = None) -> str:
    """Name the day, the hour and the time zone: "Sun 29 Nov, 15:05 (Berlin time)", "Sun 29 Nov, 14:05 UTC"."""
    at = local(when)
    name = zone_name(at.tzinfo or UTC, when)
    if _comes_twice(at):
        name = _("%(zone)s, UTC%(offset)s") % {"zone": name, "offset": at.strftime("%z")}
    words = _("%(day)s, %(time)s %(zone)s") if name == "UTC" else _("%(day)s, %(time)s (%(zone)s)")
    return words % {"day": day(when, now), "time": date_format(at, "H:i"), "zone": name}


def exact(when: datetime, now: datetime) -> str:
    """Name the day and the second in UTC, as evidence needs it: "Sun 29 Nov, 14:05:09 UTC"."""
    at = when.astimezone(UTC)
    return _("%(day)s, %(time)s UTC") % {
        "day": _short(at.date(), now.astimezone(UTC).date()),
        "time": date_format(at, "H:i:s"),
    }


def stamp(when: datetime) -> str:
    """Write a moment in UTC so that other records can be compared with it: "2026-11-29 14:05:09+00:00"."""
    return when.astimezone(UTC).isoformat(sep=" ", timespec="seconds")


def zone_name(zone: tzinfo | str, when: datetime | None = None) -> str:
    """Name a time zone by its town: "Berlin time" for Europe/Berlin, "UTC", and "UTC+0200" where it has no town."""
    key = zone if isinstance(zone, str) else str(getattr(zone, "key", "UTC"))
    area, _slash, town = key.rpartition("/")
    if area and not area.startswith("Etc"):
        return _("%(town)s time") % {"town": town.replace("_", " ")}
    offset = "" if isinstance(zone, str) or when is None else when.astimezone(zone).strftime("%z")
    if town in {"UTC", "UCT", "Universal", "Zulu"} or offset == "+0000":
        return "UTC"
    return f"UTC{offset}" if area and offset else town


def distance(when: datetime, now: datetime) -> str:
    """Say how far off a moment is, in the reader's days beyond two days and in hours and minutes below."""
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
        days = abs((_local_date(when) - _local_date(now)).days)
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


def _short(on: date, today: date) -> str:
    return date_format(on, "D j M" if on.year == today.year else "D j M Y")


def _local_date(when: datetime | date) -> date:
    return local(when).date() if isinstance(when, datetime) else when


def _comes_twice(at: datetime) -> bool:
    """Say whether clocks were set back, so that the hour alone does not tell which of two it is."""
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
