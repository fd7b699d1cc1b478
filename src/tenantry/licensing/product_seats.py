"""The products that a company's subscriptions share: what the rule about assigned seats has to know of the others."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q

from tenantry.catalogue.queries import SkuKey
from tenantry.kernel.ids import CompanyId
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState, Subscription
from tenantry.licensing.rules.effects import after
from tenantry.licensing.rules.facts import Status, SubscriptionFacts, facts_from_json
from tenantry.licensing.rules.plan import Intent, Plan, plan_from_json
from tenantry.licensing.rules.product_seats import sku_name


class _Order(NamedTuple):
    """What is read of an order and its subscription; whole rows would cost more than all the rest of judging a plan."""

    number: int
    state: OrderState
    plan: dict[str, Any]
    seen_quantity: int
    subscription_id: uuid.UUID
    product_id: str
    sku_id: str
    quantity: int
    status: str


_READ = (
    *("number", "state", "plan", "seen_quantity", "subscription_id"),
    *(f"subscription__{name}" for name in ("product_id", "sku_id", "quantity", "status")),
)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A subscription that orders have changed, or are changing, since its seats were counted."""

    counted: int  # seats in force when the directory was read
    present: int  # seats in force once the open order is done
    open_order: Plan | None


class MovedSeats:
    """What a company's orders have done since its tenant's directory was counted, and are about to do, in one query.

    ``skus`` are the products that are asked for. ``judged``: a subscription whose open order is being judged; what is
    open and was placed after that does not count.
    """

    def __init__(
        self,
        company_id: CompanyId,
        counted_at: datetime | None,
        *,
        skus: Iterable[SkuKey],
        judged: uuid.UUID | None = None,
    ) -> None:
        since = Q(state__in=OPEN_STATES)
        if counted_at is not None:
            since |= Q(state=OrderState.APPLIED, sent_at__gt=counted_at) & _of_products(skus, "subscription__")
        found = ChangeOrder.objects.filter(since, company_id=company_id).order_by("number")
        orders = [_Order(*values) for values in found.values_list(*_READ)]
        is_open = [order for order in orders if order.state in OPEN_STATES]
        last = next((order.number for order in is_open if order.subscription_id == judged), None)
        by_subscription: dict[uuid.UUID, list[_Order]] = {}
        for order in orders:
            if last is None or order.number < last or order not in is_open:
                by_subscription.setdefault(order.subscription_id, []).append(order)
        self._orders = by_subscription

    def since_counted(self, skus: Collection[str]) -> int:
        """Return by how many seats of a product the tenant has more than were counted, or fewer."""
        # Plans are long to read: only those of the product are.
        of_product = (
            found for found in self._orders.values() if sku_name(found[0].product_id, found[0].sku_id) in skus
        )
        return sum(moved.present - moved.counted for moved in map(_moved, of_product))

    def intended(self, row_id: uuid.UUID, facts: SubscriptionFacts) -> SubscriptionFacts:
        """Return a subscription as it will be once its open order is done; a decision that is put back is one."""
        found = self._orders.get(row_id)
        plan = _moved(found).open_order if found else None
        return facts if plan is None or plan.write is None else after(facts, plan.write.target)


def _moved(orders: list[_Order]) -> _Moved:
    """Judge the orders of one subscription, the oldest first; at most one of them is open."""
    first, last = orders[0], orders[-1]
    began = plan_from_json(first.plan).write
    counted = 0 if began is not None and began.intent is Intent.REACTIVATE else first.seen_quantity
    plan = plan_from_json(last.plan) if last.state in OPEN_STATES else None
    if plan is not None and plan.write is not None:
        quantity, status = plan.write.target.quantity, plan.write.target.status
    else:
        quantity, status = last.quantity, Status(last.status)
    present = quantity if status is Status.ACTIVE else 0
    return _Moved(counted, present, plan)


def _of_products(skus: Iterable[SkuKey], prefix: str = "") -> Q:
    keys = [Q(**{f"{prefix}product_id": product_id, f"{prefix}sku_id": sku_id}) for product_id, sku_id in skus]
    return reduce(or_, keys, Q(pk__in=[]))


def others(
    company_id: CompanyId, row_id: uuid.UUID, skus: Collection[SkuKey], moved: MovedSeats
) -> tuple[SubscriptionFacts, ...]:
    """Return the company's other subscriptions that have seats of a product or are scheduled to move to it."""
    of_product = _of_products(skus)
    for product_id, sku_id in skus:
        of_product |= Q(facts__scheduled__contains=[{"product_id": product_id, "sku_id": sku_id}])
    rows = Subscription.objects.filter(of_product, company_id=company_id, status=Status.ACTIVE, gone_at=None)
    found = rows.exclude(id=row_id).order_by("id").values_list("id", "facts")
    return tuple(moved.intended(other_id, facts_from_json(facts)) for other_id, facts in found)
