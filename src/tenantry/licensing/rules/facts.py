"""What the rules know about a subscription.

Instants are aware UTC; quantities are seats and totals, never differences.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from tenantry.licensing.rules import codec


class _Known(StrEnum):
    """An enumeration of another system's words: an unknown word is UNKNOWN, never an error."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        word = str(value).strip().casefold()
        for member in cls:
            if member.value.casefold() == word:
                return member
        return cls("unknown")


class SubscriptionKind(_Known):
    """Which rules hold. Source: reference of the subscription resource, read 2026-11."""

    NCE = "nce"
    LEGACY = "legacy"
    SOFTWARE_SUBSCRIPTION = "software_subscription"
    SOFTWARE_PERPETUAL = "software_perpetual"
    AZURE_PLAN = "azure_plan"
    LEGACY_AZURE = "legacy_azure"
    MARKETPLACE = "marketplace"
    RESERVATION = "reservation"
    UNKNOWN = "unknown"


class Status(_Known):
    """The status of a subscription in Microsoft's words."""

    ACTIVE = "active"
    PENDING = "pending"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    DISABLED = "disabled"
    DELETED = "deleted"
    NONE = "none"
    UNKNOWN = "unknown"


class Term(_Known):
    """The length of a term. NONE: nothing is committed (perpetual software, usage)."""

    MONTH = "P1M"
    YEAR = "P1Y"
    THREE_YEARS = "P3Y"
    NONE = ""
    UNKNOWN = "unknown"


class BillingPlan(_Known):
    """How often Microsoft charges. TRIENNIAL is three years paid at once."""

    MONTHLY = "monthly"
    ANNUAL = "annual"
    TRIENNIAL = "triennial"
    ONE_TIME = "one_time"
    NONE = "none"
    UNKNOWN = "unknown"


class EndOfTerm(StrEnum):
    """The three ways a term can end, and that nobody has chosen yet."""

    RENEW = "renew"
    END = "end"
    EXTEND = "extend"
    UNDECIDED = "undecided"


class ScheduledAction(_Known):
    """What Microsoft does on the date of a scheduled change. TRANSITION is an upgrade to another product."""

    RENEW = "renew"
    END = "end"
    EXTEND = "extend"
    TRANSITION = "transition"
    UNKNOWN = "unknown"


class ScheduleGeneration(StrEnum):
    """Which of the two ways of writing a scheduled change Microsoft showed."""

    NEXT_TERM_INSTRUCTIONS = "scheduledNextTermInstructions"
    SCHEDULED_ACTIONS = "scheduledActions"


@dataclass(frozen=True, slots=True)
class Lot:
    """Seats that were bought at one moment and may still be returned, as Microsoft counts them."""

    quantity: int
    returnable_until: datetime


@dataclass(frozen=True, slots=True)
class ScheduledChange:
    """A change that Microsoft applies later.

    ``effective_date`` is None for the end of the term, however Microsoft dates that. Product ids are empty and
    ``quantity`` is None where the action carries no instructions (ending, extending).
    """

    action: ScheduledAction
    quantity: int | None = None
    product_id: str = ""
    sku_id: str = ""
    availability_id: str = ""
    promotion_id: str = ""
    term: Term = Term.NONE
    billing_plan: BillingPlan = BillingPlan.NONE
    effective_date: datetime | None = None
    custom_term_end: datetime | None = None
    generation: ScheduleGeneration = ScheduleGeneration.SCHEDULED_ACTIONS


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """A subscription as the rules see it.

    ``term_start`` and ``commitment_end`` bound the current term; ``commitment_end`` is the exact last moment (the last
    day is inclusive: see `terms.exact_end`). ``lots`` and ``refundable_total`` are Microsoft's figures as read;
    ``refundable_total`` is None where Microsoft names none. ``assigned`` and ``sold_total`` count the product in the
    whole tenant, over all channels and all subscriptions; ``others`` are the company's other subscriptions that have,
    or will have, seats of it, as they are once their open orders are done, and ``product_skus`` the SKUs
    ("product:SKU") that provide it. ``can_renew`` is False for a product at its end of sale. ``auto_renew`` is None
    where Microsoft says nothing. ``renewing`` and ``in_extended_term`` say what the reader knows already; the rules
    also conclude both from the dates.
    """

    subscription_id: str
    kind: SubscriptionKind
    status: Status
    name: str
    quantity: int
    product_id: str = ""
    sku_id: str = ""
    availability_id: str = ""
    minimum: int | None = None
    maximum: int | None = None
    promotion_maximum: int | None = None
    term: Term = Term.NONE
    billing_plan: BillingPlan = BillingPlan.NONE
    purchased_at: datetime | None = None
    term_start: datetime | None = None
    commitment_end: datetime | None = None
    billing_cycle_end: datetime | None = None
    cancellation_allowed_until: datetime | None = None
    full_refund_until: datetime | None = None
    auto_renew: bool | None = None
    is_trial: bool = False
    lots: tuple[Lot, ...] = ()
    refundable_total: int | None = None
    scheduled: tuple[ScheduledChange, ...] = ()
    suspension_reasons: tuple[str, ...] = ()
    renewing: bool = False
    in_extended_term: bool = False
    can_renew: bool | None = None
    has_monthly_plan: bool | None = None
    assigned: int | None = None
    sold_total: int | None = None
    others: tuple["SubscriptionFacts", ...] = ()
    product_skus: tuple[str, ...] = ()
    update_count: int | None = None

    @property
    def scheduled_at_term_end(self) -> ScheduledChange | None:
        """The change that waits for the end of the term, if there is one."""
        for change in self.scheduled:
            if change.effective_date is None or change.effective_date == self.commitment_end:
                return change
        return None


def same_change(one: ScheduledChange | None, other: ScheduledChange | None) -> bool:
    """Say whether two scheduled changes do the same.

    Not compared: the generation (Microsoft may show either), the availability and the promotion (Microsoft may fill in
    its own).
    """
    if one is None or other is None:
        return one is other
    return _bare(one) == _bare(other)


def _bare(change: ScheduledChange) -> ScheduledChange:
    return replace(
        change,
        availability_id="",
        promotion_id="",
        generation=ScheduleGeneration.SCHEDULED_ACTIONS,
        effective_date=None,
    )


_FINGERPRINTED = (
    "subscription_id",
    "kind",
    "status",
    "quantity",
    "product_id",
    "sku_id",
    "term",
    "billing_plan",
    "term_start",
    "commitment_end",
    "auto_renew",
    "is_trial",
    "scheduled",
    "in_extended_term",
)


def fingerprint(facts: SubscriptionFacts) -> str:
    """Digest what must still be so when an order is sent: a different digest means "it changed meanwhile".

    Left out: what runs by itself (lots and deadlines), what is counted elsewhere (assigned seats, limits) and what
    passes (a running renewal). The plan is made again before sending and judges those.
    """
    state = facts_to_json(facts)
    kept = json.dumps([state[name] for name in _FINGERPRINTED], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(kept.encode()).hexdigest()


def changed_fields(before: SubscriptionFacts, now: SubscriptionFacts) -> tuple[str, ...]:
    """Name the fingerprinted fields that differ, for "it changed meanwhile: look again"."""
    return tuple(name for name in _FINGERPRINTED if getattr(before, name) != getattr(now, name))


def facts_to_json(facts: SubscriptionFacts) -> dict[str, object]:
    """Write the facts as JSON values, to be stored with an order."""
    return codec.dump_object(facts)


def facts_from_json(data: object) -> SubscriptionFacts:
    """Read stored facts back.

    Errors: ValueError for anything that `facts_to_json` has not written.
    """
    return codec.load(SubscriptionFacts, data)
