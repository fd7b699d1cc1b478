"""What of all companies waits for somebody at the partner, beside decisions: orders, and companies not read."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tenantry.licensing.models import ChangeOrder, OrderState
from tenantry.licensing.queries import office_orders
from tenantry.people.models import Company

# Of a company: the last try to read it failed.
NOT_READ = Q(refresh__failed_at__isnull=False) & (
    Q(refresh__succeeded_at=None) | Q(refresh__failed_at__gt=F("refresh__succeeded_at"))
)


def failed_orders(only: Iterable[uuid.UUID] | None, since: datetime) -> QuerySet[ChangeOrder]:
    """Return the orders asked for since then that were not carried out, and that no later order replaced."""
    later = ChangeOrder.objects.filter(subscription_id=OuterRef("subscription_id"), number__gt=OuterRef("number"))
    found = office_orders(only).filter(state=OrderState.FAILED, requested_at__gt=since)
    return found.exclude(Exists(later))


def not_read(only: Iterable[uuid.UUID] | None, *, except_over: Collection[uuid.UUID] = ()) -> QuerySet[Company]:
    """Return the companies whose last refresh failed, with the refresh; the one read longest ago first.

    ``except_over`` are partner connections: one that does not work explains all companies that are read over it.
    """
    found = Company.objects.filter(NOT_READ, removed_at=None).select_related("refresh")
    if only is not None:
        found = found.filter(id__in=only)
    if except_over:
        found = found.exclude(connection_id__in=except_over)
    return found.order_by(F("refresh__succeeded_at").asc(nulls_first=True), "id")
