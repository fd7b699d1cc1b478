"""The pace of sign-ins that begin: whoever is not signed in can make the product keep something, so it is bounded."""

import ipaddress
import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from tenantry.kernel.locks import lock_in_transaction
from tenantry.people.models import SignInStart

_WINDOW = timedelta(minutes=1)


@transaction.atomic
def begin_sign_in(*, address: str | None, now: datetime) -> int:
    """Count a sign-in that begins from an address; return the seconds to wait where there are too many, else 0.

    What was refused does not count, so whoever tries again and again is let in no later.
    """
    lock_in_transaction("people.sign_in_starts")
    SignInStart.objects.filter(at__lte=now - _WINDOW).delete()
    network = _network(address)
    begun = SignInStart.objects.order_by("-at")
    for counted, most in (
        (begun.filter(network=network), settings.SIGN_INS_PER_ADDRESS),
        (begun, settings.SIGN_INS_PER_MINUTE),
    ):
        in_the_way = counted[most - 1 : most].first()
        if in_the_way is not None:
            return max(1, math.ceil((in_the_way.at + _WINDOW - now).total_seconds()))
    SignInStart.objects.create(network=network, at=now)
    return 0


def _network(address: str | None) -> str:
    """Return what one visitor has to themselves: an IPv4 address, or the 64 bits before the host part in IPv6."""
    if not address:
        return ""
    known = ipaddress.ip_address(address)
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or known
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((known, 64), strict=False))
