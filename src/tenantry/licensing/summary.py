"""What the list of companies shows of each company, in columns, so that two thousand can be sorted by them.

The columns stand beside the company's refresh. They are worked out again by every refresh, and after every order,
decision and lost decision; nothing in them depends on today but what ended since.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Case, Count, F, OrderBy, Q, When
from django.db.models.functions import Lower

from tenantry.licensing.attention import NOT_READ
from tenantry.licensing.models import CompanyRefresh, Subscription
from tenantry.licensing.queries import DECIDED_BEFORE, YEAR, Freshness, freshness_from, waiting_for_a_person
from tenantry.licensing.rules.terms import Outcome
from tenantry.licensing.upcoming import chosen_to_extend, running, undecided

_NAME = (Lower("name").asc(), "id")


def keep_summary(company_id: uuid.UUID, now: datetime) -> None:
    """Work out a company's columns and store what differs; three queries at most."""
    active = Subscription.objects.filter(company_id=company_id, status="active", gone_at=None)
    rows = list(active.values_list("id", "quantity", "commitment_end", "asks", "outcome", "wish", "wish__lost_at"))
    extended = any(outcome == Outcome.STAYS_EXTENDED for *_row, outcome, _wish, _lost_at in rows)
    on_purpose = chosen_to_extend(active) if extended else []
    ends, open_ends = [], []
    for row_id, _quantity, end, asks, outcome, wish, lost_at in rows:
        if end is None or end < now:
            continue
        ends.append(end)
        asked = row_id not in on_purpose if outcome == Outcome.STAYS_EXTENDED else asks
        if lost_at is not None or (not wish and asked):
            open_ends.append(lost_at or end)  # a decision that was lost is late already
    found = {
        "active": len(rows),
        "seats": sum(row[1] for row in rows),
        "next_end": min(ends, default=None),
        "decide_by": min(open_ends, default=None),
    }
    same = Q(**{name: value for name, value in found.items() if value is not None})
    same &= Q(**{f"{name}__isnull": True for name, value in found.items() if value is None})
    CompanyRefresh.objects.filter(company_id=company_id).exclude(same).update(**found)


def keep_summary_later(company_id: uuid.UUID, now: datetime) -> None:
    """Work them out once this transaction is stored: no lock of theirs waits for another one then."""
    transaction.on_commit(partial(keep_summary, company_id, now))


@dataclass(frozen=True, slots=True)
class Summary:
    """What the columns of a company say: of its running subscriptions, and how fresh that is."""

    active: int
    seats: int
    next_end: datetime | None
    decide_by: datetime | None
    freshness: Freshness


def summaries(company_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Summary]:
    """Return what the columns of companies say, in one query; a company that was never read is left out."""
    return {
        row.company_id: Summary(row.active, row.seats, row.next_end, row.decide_by, freshness_from(row))
        for row in CompanyRefresh.objects.filter(company_id__in=company_ids)
    }


def decisions_of(company_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, int]:
    """Return how many ends of terms each company has to decide about, in two queries; without one it is left out."""
    coming = running(company_ids, now, now + YEAR)
    by_company = coming.filter(undecided(now + DECIDED_BEFORE, coming)).order_by().values("company_id")
    return dict(by_company.annotate(n=Count("id")).values_list("company_id", "n"))


@dataclass(frozen=True, slots=True)
class CompanyList:
    """How the list of companies is sorted and filtered by the columns: for `people.queries.companies`.

    ``orders`` are how many orders of a company need a person, where there are any.
    """

    sorts: Mapping[str, tuple[OrderBy | str, ...]]
    filters: Mapping[str, Q]
    orders: Mapping[uuid.UUID, int]


def company_list(now: datetime, *, only: Collection[uuid.UUID] | None, broken: Collection[uuid.UUID]) -> CompanyList:
    """Return sorts and filters, in one query; ``broken`` are the partner connections that do not work.

    Sorted by "decide", an order that needs a person goes first, then the decision that is due soonest.
    """
    waiting = waiting_for_a_person(only).order_by().values("company_id").annotate(n=Count("id"))
    orders = dict(waiting.values_list("company_id", "n"))
    number = Case(*(When(id=key, then=n) for key, n in orders.items()), default=0)
    most_orders, fewest_orders = ([number.desc()], [number.asc()]) if orders else ([], [])

    def by(column: str) -> dict[str, tuple[OrderBy | str, ...]]:
        return {
            column: (F(f"refresh__{column}").asc(nulls_last=True), *_NAME),
            f"-{column}": (F(f"refresh__{column}").desc(nulls_last=True), *_NAME),
        }

    sorts: dict[str, tuple[OrderBy | str, ...]] = {
        "decide": (*most_orders, F("refresh__decide_by").asc(nulls_last=True), *_NAME),
        "-decide": (*fewest_orders, F("refresh__decide_by").desc(nulls_first=True), *_NAME),
        "orders": (*most_orders, *_NAME),
        "-orders": (*fewest_orders, *_NAME),
        **by("next_end"),
        **by("active"),
        **by("seats"),
    }
    failing = Q(connection_id__in=list(broken)) | NOT_READ
    filters = {
        "decide": Q(refresh__decide_by__lt=now + DECIDED_BEFORE),
        "person": Q(id__in=list(orders)),
        "off": Q(portal_enabled=False),
        "trouble": failing,
    }
    return CompanyList(sorts, filters, orders)
