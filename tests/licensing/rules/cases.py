"""A subscription to start from, and what to look at in a plan."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tenantry.licensing.rules.facts import (
    BillingPlan,
    Lot,
    ScheduledAction,
    ScheduledChange,
    Status,
    SubscriptionFacts,
    SubscriptionKind,
    Term,
)
from tenantry.licensing.rules.plan import Allowed, Plan, Scheduled

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = datetime(2026, 3, 13, 9, 30, tzinfo=UTC)
END = datetime(2027, 3, 12, 23, 59, 59, tzinfo=UTC)
FIRST = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
LAST = datetime(2026, 11, 29, 14, 5, tzinfo=UTC)
GONE = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

# 12 seats for a year, paid monthly; 3 of them can be returned, in two lots.
NCE = SubscriptionFacts(
    subscription_id="a4c1340d-6911-4758-bba3-0c4c6007d161",
    kind=SubscriptionKind.NCE,
    status=Status.ACTIVE,
    name="Microsoft 365 Business Basic",
    quantity=12,
    product_id="CFQ7TTC0LH18",
    sku_id="0001",
    availability_id="CFQ7TTC0K971",
    minimum=1,
    maximum=300,
    term=Term.YEAR,
    billing_plan=BillingPlan.MONTHLY,
    purchased_at=START,
    term_start=START,
    commitment_end=END,
    cancellation_allowed_until=GONE,
    auto_renew=True,
    lots=(Lot(1, FIRST), Lot(2, LAST)),
    refundable_total=3,
)

LEGACY = replace(NCE, kind=SubscriptionKind.LEGACY, lots=(), refundable_total=None, cancellation_allowed_until=None)


def nce(**changes: Any) -> SubscriptionFacts:
    """Return the NCE subscription with some facts changed."""
    return replace(NCE, **changes)


def legacy(**changes: Any) -> SubscriptionFacts:
    """Return the legacy subscription with some facts changed."""
    return replace(LEGACY, **changes)


def renewal_with(quantity: int, **changes: Any) -> ScheduledChange:
    """Return the scheduled renewal of the same product with another number of seats."""
    change = ScheduledChange(
        ScheduledAction.RENEW,
        quantity,
        NCE.product_id,
        NCE.sku_id,
        NCE.availability_id,
        term=NCE.term,
        billing_plan=NCE.billing_plan,
    )
    return replace(change, **changes)


ENDS = ScheduledChange(ScheduledAction.END)
EXTENDS = ScheduledChange(ScheduledAction.EXTEND)
NOT_UNDERSTOOD = ScheduledChange(ScheduledAction.UNKNOWN)


def outcome(plan: Plan) -> str:
    """Name the verdict: "now", "at term end", or the reason and the next step of the refusal."""
    match plan.verdict:
        case Allowed():
            return "now"
        case Scheduled():
            return "at term end"
    assert plan.refusal is not None
    return f"{plan.refusal.reason} → {plan.refusal.next_step}"


def keys(plan: Plan) -> list[str]:
    """Return the keys of the consequences, in order."""
    return [consequence.key for consequence in plan.consequences]


def warned(plan: Plan) -> list[str]:
    """Return the keys of the warnings; a dangerous one ends with an exclamation mark."""
    return [caution.key + ("!" if caution.dangerous else "") for caution in plan.warnings]
