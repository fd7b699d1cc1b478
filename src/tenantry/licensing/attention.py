"""What of all companies waits for somebody at the partner, beside decisions: orders, and companies not read."""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tenantry.licensing.models import ChangeOrder, CompanyRefresh, OrderState
from tenantry.licensing.queries import office_orders

# Of a company's refresh: the last try failed.
NOT_READ = Q(failed_at__isnull=False) & (Q(succeeded_at=None) | Q(failed_at__gt=F("succeeded_at")))


def failed_orders(only: Iterable[uuid.UUID] | None, since: datetime) -> QuerySet[ChangeOrder]:
    """Return the orders asked for since then that were not carried out, and that no later order replaced."""
    later = ChangeOrder.objects.filter(subscription_id=OuterRef("subscription_id"), number__gt=OuterRef("number"))
    found = office_orders(only).filter(state=OrderState.FAILED, requested_at__gt=since)
    return found.exclude(Exists(later))


def not_read(only: Iterable[uuid.UUID] | None, *, except_over: Collection[uuid.UUID] = ()) -> QuerySet[CompanyRefresh]:
    """Return the refreshes of companies that failed last, with the companies; the longest failing first.

    ``except_over`` are partner connections: one that does not work explains all companies that are read over it.
    """
    found = CompanyRefresh.objects.filter(NOT_READ, company__removed_at=None).select_related("company")
    if only is not None:
        found = found.filter(company_id__in=only)
    if except_over:
        found = found.exclude(company__connection_id__in=except_over)
    return found.order_by(F("succeeded_at").asc(nulls_first=True), "company_id")
