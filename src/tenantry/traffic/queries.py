"""What pages read of the log of calls."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from tenantry.kernel.counting import count_kinds
from tenantry.traffic.models import CallRecord


class CallOutcome(StrEnum):
    """How a call to a vendor ended."""

    GOOD = "good"
    REFUSED = "refused"  # 4xx but throttled
    THROTTLED = "throttled"
    TROUBLE = "trouble"  # 5xx, or no answer


@dataclass(frozen=True, slots=True)
class CallPage:
    """A part of the log of calls, and how many have each outcome and, under "", any (`count_kinds`)."""

    rows: tuple[CallRecord, ...]
    counts: Mapping[str, int]


def calls(
    *,
    source_id: uuid.UUID | None = None,
    customers: Collection[str] | None = None,
    order_id: uuid.UUID | None = None,
    outcome: CallOutcome | None = None,
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    offset: int = 0,
    limit: int = 50,
) -> CallPage:
    """Return the log of calls to vendors, newest first.

    `customers` is for staff who see named companies only: they see calls about these customers and no others. The
    search finds whole request and correlation ids, and parts of the path.
    """
    found = CallRecord.objects.all()
    if source_id is not None:
        found = found.filter(source_id=source_id)
    if customers is not None:
        found = found.filter(customer__in=customers)
    if order_id is not None:
        found = found.filter(order_id=order_id)
    if since is not None:
        found = found.filter(happened_at__gte=since)
    if until is not None:
        found = found.filter(happened_at__lt=until)
    text = search.strip()
    if text:
        found = found.filter(Q(request_id=text.lower()) | Q(correlation_id=text.lower()) | Q(path__icontains=text))
    counts = count_kinds(found, {one.value: which for one, which in _OUTCOMES.items()})
    if outcome is not None:
        found = found.filter(_OUTCOMES[outcome])
    return CallPage(tuple(found.order_by("-happened_at", "-id")[offset : offset + limit]), counts)


def calls_with_request(request_id: uuid.UUID, *, customers: Collection[str] | None) -> list[uuid.UUID | None]:
    """Return of each call with a request id the order that it was made for, None for one without.

    `customers` as for `calls`.
    """
    found = CallRecord.objects.filter(request_id=str(request_id))
    if customers is not None:
        found = found.filter(customer__in=customers)
    return list(found.order_by("-id").values_list("order_id", flat=True)[:50])


_OUTCOMES = {
    CallOutcome.GOOD: Q(status__lt=400),
    CallOutcome.REFUSED: Q(status__gte=400, status__lt=500) & ~Q(status=429),
    CallOutcome.THROTTLED: Q(status=429),
    CallOutcome.TROUBLE: Q(status__gte=500) | Q(status=None),
}
