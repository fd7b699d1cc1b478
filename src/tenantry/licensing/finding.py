"""What somebody looks for over many companies: subscriptions by words, and what has a number or an id."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from tenantry.licensing.models import NAME_WORDS, WITHIN_WORDS, ChangeOrder, Subscription
from tenantry.licensing.queries import office_orders

_BLANKS = str.maketrans(dict.fromkeys(f"{WITHIN_WORDS}'\\", " "))
_MOST = 2**63 - 1  # of an order's number


@dataclass(frozen=True, slots=True)
class FoundSubscription:
    """What tells a subscription from others: a page of results needs no more of it."""

    id: uuid.UUID
    company_id: uuid.UUID
    company: str
    product: str
    friendly_name: str
    over: bool

    @property
    def name(self) -> str:
        """What the company calls it, or the product's name."""
        return self.friendly_name or self.product


def subscriptions_with_words(text: str, *, only: Iterable[uuid.UUID] | None, limit: int) -> list[FoundSubscription]:
    """Return subscriptions in whose names every word of a text begins a word; in no order, and never more than limit.

    ``only`` are the companies that the viewer sees, None means all.
    """
    query = words_query(text)
    if query is None:
        return []
    return _read(_listed(only).alias(words=NAME_WORDS).filter(words=query)[:limit])


def words_query(text: str) -> SearchQuery | None:
    """Return the question whether every word of a text begins a word of `NAME_WORDS`; None for a text without words."""
    wanted = " & ".join(f"'{word}':*" for word in text.translate(_BLANKS).split())
    return SearchQuery(wanted, config="simple", search_type="raw") if wanted else None


def subscriptions_with_id(wanted: uuid.UUID, *, only: Iterable[uuid.UUID] | None) -> list[FoundSubscription]:
    """Return the subscriptions that have an id, Microsoft's or ours."""
    found = _listed(only).alias(microsofts=Lower("upstream_id"))
    return _read(found.filter(Q(microsofts=str(wanted)) | Q(id=wanted)))


def orders_with_number(number: int, *, only: Iterable[uuid.UUID] | None) -> list[ChangeOrder]:
    """Return the order with a number."""
    return list(_orders(only).filter(number=number)) if 0 < number <= _MOST else []


def orders_with_id(
    wanted: uuid.UUID, *, of_call: Iterable[uuid.UUID], only: Iterable[uuid.UUID] | None
) -> list[ChangeOrder]:
    """Return the orders that have an id: ours, or one of the request or correlation ids that Microsoft was given.

    An order keeps the ids of its last sending; ``of_call`` are the orders of a call that has the id.
    """
    same = Q(id=wanted) | Q(request_id=wanted) | Q(correlation_id=wanted) | Q(id__in=list(of_call))
    return list(_orders(only).filter(same))


def _listed(only: Iterable[uuid.UUID] | None) -> QuerySet[Subscription]:
    found = Subscription.objects.filter(company__removed_at=None)
    return found if only is None else found.filter(company_id__in=only)


def _read(found: QuerySet[Subscription]) -> list[FoundSubscription]:
    rows = found.values_list("id", "company_id", "company__name", "offer_name", "friendly_name", "status", "gone_at")
    return [
        FoundSubscription(row_id, company_id, company, product, friendly, status == "deleted" or gone_at is not None)
        for row_id, company_id, company, product, friendly, status, gone_at in rows
    ]


def _orders(only: Iterable[uuid.UUID] | None) -> QuerySet[ChangeOrder]:
    return office_orders(only).defer("plan", "before", "subscription__facts", "subscription__upstream")
