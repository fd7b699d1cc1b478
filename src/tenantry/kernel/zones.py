"""The time zones that can be chosen, by their IANA names: continents and oceans with a town, and UTC."""

from functools import cache
from zoneinfo import available_timezones

from django.conf import settings

_AREAS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


@cache
def offered() -> tuple[str, ...]:
    """Return every name that can be chosen, in order; old names are among them, because browsers report some."""
    found = (name for name in available_timezones() if name.partition("/")[0] in _AREAS and "/" in name)
    return "UTC", *sorted(found)


def first_set(*names: str) -> str:
    """Return the first zone that is set and known, else that of the installation.

    A name that was stored is unknown when the machine was moved to an older list of zones.
    """
    return next((name for name in names if name in offered()), settings.TIME_ZONE)
