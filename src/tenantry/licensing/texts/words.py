"""Seats in words, and what a refusal or a consequence carries."""

from datetime import datetime

from django.utils.translation import ngettext

from tenantry.kernel.refusals import Facts


def seats(quantity: int) -> str:
    """Write a number of seats: "1 seat", "12 seats"."""
    return ngettext("%(quantity)d seat", "%(quantity)d seats", quantity) % {"quantity": quantity}


def number(facts: Facts, name: str) -> int:
    """Return a number of the facts; 0 where it is missing."""
    value = facts.get(name, 0)
    return value if isinstance(value, int) else 0


def instant(facts: Facts, name: str) -> datetime | None:
    """Return an instant of the facts; None where it is missing."""
    value = facts.get(name)
    return value if isinstance(value, datetime) else None
