"""Numbers and dates in words."""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.refusals import Facts

_NEAR = timedelta(days=7)
_THIS_YEAR = timedelta(days=180)


def seats(quantity: int) -> str:
    """Write a number of seats: "1 seat", "12 seats"."""
    return ngettext("%(quantity)d seat", "%(quantity)d seats", quantity) % {"quantity": quantity}


def day(at: datetime | date, now: datetime | None = None) -> str:
    """Write the day of a term's end or start: Microsoft counts these in UTC, whatever the reader's time zone."""
    counted = at.astimezone(UTC).date() if isinstance(at, datetime) else at
    return _day(counted, now.astimezone(UTC).date() if now else None)


def moment(at: datetime, now: datetime | None = None) -> str:
    """Write an exact moment in the reader's time zone, which it names: "Sun 29 November, 14:05 CET"."""
    local = timezone.localtime(at)
    on = _day(local.date(), timezone.localtime(now).date() if now else None)
    return _("%(day)s, %(time)s %(zone)s") % {"day": on, "time": date_format(local, "H:i"), "zone": local.tzname()}


def _day(on: date, today: date | None) -> str:
    in_year = date_format(on, "MONTH_DAY_FORMAT")
    if today is None or abs(on - today) > _THIS_YEAR:
        return _("%(day)s %(year)d") % {"day": in_year, "year": on.year}
    if abs(on - today) > _NEAR:
        return in_year
    return _("%(weekday)s %(day)s") % {"weekday": date_format(on, "D"), "day": in_year}


def number(facts: Facts, name: str) -> int:
    """Return a number of the facts; 0 where it is missing."""
    value = facts.get(name, 0)
    return value if isinstance(value, int) else 0


def instant(facts: Facts, name: str) -> datetime | None:
    """Return an instant of the facts; None where it is missing."""
    value = facts.get(name)
    return value if isinstance(value, datetime) else None
