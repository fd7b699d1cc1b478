"""The partner's limits and what they count: the ledger of what orders were sent for, written by the worker alone."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db.models import QuerySet, Sum

from tenantry.kernel.actor import ActorKind
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.models import ChangeOrder, Limits, OrderState, Sent, Stop, Tally
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.plan import Write
from tenantry.licensing.rules.weights import AT_TERM_END, WAYS_TO_END, Measure, Weight

MICROSOFT = "microsoft"
_DAY = timedelta(days=1)


def current_limits() -> Limits:
    """Return the limits; the defaults while nobody has set any."""
    return Limits.objects.filter(id=1).first() or Limits()


def current_stop() -> Stop:
    """Return the stop switch for Microsoft as it stands."""
    return Stop.objects.filter(key=MICROSOFT).first() or Stop(key=MICROSOFT)


def stopped_for_update() -> bool:
    """Say whether the stop switch is thrown, and keep anybody from moving it until the transaction ends."""
    rows = Stop.objects.select_for_update().filter(key=MICROSOFT)
    row = rows.first()
    if row is None:
        Stop.objects.bulk_create([Stop(key=MICROSOFT)], ignore_conflicts=True)
        row = rows.get()
    return row.stopped_at is not None


def lock_tally(company_id: CompanyId) -> None:
    """Let nobody else count the orders of a company until the transaction ends."""
    rows = Tally.objects.select_for_update().filter(company_id=company_id)
    if rows.first() is None:
        Tally.objects.bulk_create([Tally(company_id=company_id)], ignore_conflicts=True)
        rows.get()


def beyond_limits(company_id: CompanyId, weights: Iterable[Weight], moment: Moment) -> Refusal | None:
    """Return what the limits have against placing an order of these weights; a preview asks before an order does.

    Orders that wait to be sent count with the ledger. To place one, lock the tally first.
    """
    waiting = ChangeOrder.objects.filter(
        company_id=company_id, state__in=(OrderState.REQUESTED, OrderState.QUEUED), sent=None
    ).exclude(actor_kind=ActorKind.SYSTEM)
    return _refusal(weights, lambda: _sent_today(company_id, moment) + waiting.count())


def announce(order: ChangeOrder, write: Write, weights: Iterable[Weight], moment: Moment) -> Refusal | None:
    """Enter what an order is about to be sent for, or return the limit that it is beyond; nothing is entered then.

    In the transaction that announces the write, which holds the order's row and the stop switch. A write that is
    announced again neither counts against itself nor is entered twice. What the order's row says of who asked for it is
    not believed: only an order that ends a term as one in the ledger did for its subscription, and goes no further, is
    free, because a decision that Microsoft dropped must be put back whatever else happened that day.
    """
    company_id = CompanyId(order.company_id)
    lock_tally(company_id)
    entries = tuple(weights)
    if _puts_back(order, write, entries):
        entries = tuple(weight for weight in entries if weight.measure in WAYS_TO_END)
    else:
        refusal = _refusal(entries, lambda: _sent_today(company_id, moment, besides=order))
        if refusal is not None:
            return refusal
    Sent.objects.bulk_create(
        (
            Sent(order=order, company_id=company_id, measure=entry.measure, amount=entry.amount, at=moment.commerce)
            for entry in entries
        ),
        ignore_conflicts=True,
    )
    return None


def _puts_back(order: ChangeOrder, write: Write, weights: Iterable[Weight]) -> bool:
    if order.actor_kind != ActorKind.SYSTEM or write.intent not in AT_TERM_END:
        return False
    sent = Sent.objects.filter(order__subscription_id=order.subscription_id).exclude(order=order)
    return all(
        sent.filter(measure=weight.measure, amount__gte=weight.amount).exists()
        for weight in weights
        if weight.measure in WAYS_TO_END
    )


def _sent_today(company_id: CompanyId, moment: Moment, *, besides: ChangeOrder | None = None) -> int:
    entries: QuerySet[Sent] = Sent.objects.filter(
        company_id=company_id, measure=Measure.CHANGES, at__gt=moment.commerce - _DAY
    )
    if besides is not None:
        entries = entries.exclude(order=besides)
    return entries.aggregate(changes=Sum("amount"))["changes"] or 0


def _refusal(weights: Iterable[Weight], made: Callable[[], int]) -> Refusal | None:
    """Hold weights against the limits; ``made`` counts the changes of the last 24 hours, besides this one."""
    limits = current_limits()
    amounts = {weight.measure: weight.amount for weight in weights}
    for measure, most, reason, rule in (
        (Measure.SEATS, limits.seats_per_change, "too_many_seats", "seats_per_change"),
        (Measure.CANCELLED, limits.seats_per_cancellation, "too_many_cancelled", "seats_per_cancellation"),
    ):
        if (seats := amounts.get(measure, 0)) > most:
            return Refusal(reason, rule, "ask_who_limits", {"seats": seats, "most": most})
    if made() + amounts.get(Measure.CHANGES, 0) > limits.changes_per_day:
        return Refusal("too_many_changes", "changes_per_day", "ask_who_limits", {"most": limits.changes_per_day})
    return None
