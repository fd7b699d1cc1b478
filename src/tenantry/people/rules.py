"""When a refusal at sign-in concerns everybody, and when to warn of a secret's end: decided from values alone."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

# Advice keys of refusals that are about the application's own credentials or registration, whoever signs in.
ALWAYS_EVERYBODY = frozenset({"secret_expired", "secret_wrong", "app_single_tenant"})
# The application is unknown or switched off in one tenant: that tenant's own business, unless others say so too.
PERHAPS_EVERYBODY = frozenset({"app_not_found"})
SAME_TROUBLE = timedelta(hours=1)
WARN_DAYS = (30, 14, 7, 2)


def concerns_everybody(
    advice: str, tenant: str, others: Iterable[tuple[str, datetime]], *, partner_tenant: str, now: datetime
) -> bool:
    """Say whether a refusal of the application for sign-in locks everybody out.

    `tenant` is where it was refused, empty where that is not known; `others` are tenants where it was refused since the
    last good sign-in, each with the moment of the last time.
    """
    if advice in ALWAYS_EVERYBODY:
        return True
    if advice not in PERHAPS_EVERYBODY or not tenant:
        return False
    if tenant == partner_tenant:
        return True
    return any(other not in ("", tenant) and now - at <= SAME_TROUBLE for other, at in others)


def due_warning(ends: date, today: date) -> int | None:
    """Return which of `WARN_DAYS` a secret has reached, the nearest to its end; None long before and after the end."""
    left = (ends - today).days
    return min((days for days in WARN_DAYS if 0 <= left <= days), default=None)
