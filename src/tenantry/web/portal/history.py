"""What happened to subscriptions: our orders and what changed at Microsoft, as one history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from tenantry.kernel import dates
from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries, texts
from tenantry.licensing.models import ChangeOrder, SubscriptionChange
from tenantry.licensing.rules.facts import BillingPlan, ScheduledAction, Status, Term
from tenantry.web.portal.outcomes import order_happening, state_words, subscription_name, wish_words
from tenantry.web.ui.frame import Happening

# What is told of a change, the most important first.
_TOLD = ("quantity", "status", "auto_renew", "scheduled", "term", "billing_plan", "commitment_end", "name")
_MOST_OF_A_MONTH = timedelta(days=31)
SHOWN = ("all", "orders", "elsewhere")
_DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: exactly one of ``order`` and ``change`` is there."""

    order: ChangeOrder | None
    change: SubscriptionChange | None


def entries(
    company_id: CompanyId,
    *,
    subscription_id: UUID | None = None,
    show: str = "all",
    search: str = "",
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[Entry], Mapping[str, int]]:
    """Return a part of the history, the newest first, and how long each of `SHOWN` is.

    Changes that one of our orders made are told by the order alone.
    """
    orders = queries.orders(company_id)
    changes = queries.changes(company_id, subscription_id).exclude(source="order")
    if subscription_id is not None:
        orders = orders.filter(subscription_id=subscription_id)
    if search:
        named = Q(subscription__offer_name__icontains=search) | Q(subscription__friendly_name__icontains=search)
        orders = orders.filter(named | Q(actor_label__icontains=search))
        changes = changes.filter(named | Q(after__by__icontains=search))
    ordered = orders.count()
    changed = changes.aggregate(all=Count("id"), decided=Count("id", filter=Q(source=_DECISION)))
    counts = {
        "all": ordered + changed["all"],
        "orders": ordered + changed["decided"],
        "elsewhere": changed["all"] - changed["decided"],
    }
    if show == "elsewhere":
        orders, changes = orders.none(), changes.exclude(source=_DECISION)
    if show == "orders":
        changes = changes.filter(source=_DECISION)
    keys = list(
        _keys(orders, "order", "requested_at")
        .union(_keys(changes, "change", "seen_at"), all=True)
        .order_by("-at", "-key")[offset : offset + limit]
    )
    found_orders = {str(one.id): one for one in orders.filter(id__in=[k["key"] for k in keys if k["kind"] == "order"])}
    found_changes = {
        str(one.id): one for one in changes.filter(id__in=[k["key"] for k in keys if k["kind"] == "change"])
    }
    return [Entry(found_orders.get(k["key"]), found_changes.get(k["key"])) for k in keys], counts


def _keys(rows: QuerySet[ChangeOrder] | QuerySet[SubscriptionChange], kind: str, at: str) -> QuerySet[Any, Any]:
    keys: QuerySet[Any, Any] = rows.order_by().annotate(
        kind=Value(kind, CharField()), at=F(at), key=Cast("id", CharField())
    )
    return keys.values("kind", "at", "key")


def happenings(found: Iterable[Entry], now: datetime, *, named: bool = True) -> list[Happening]:
    """Make a timeline; ``named`` puts the subscription's name into each sentence."""
    shown = []
    for entry in found:
        if entry.order is not None:
            shown.append(order_happening(entry.order, named=named))
        elif entry.change is not None:
            shown.append(_change_happening(entry.change, now, named))
    return shown


def _change_happening(change: SubscriptionChange, now: datetime, named: bool) -> Happening:
    name = change.subscription.friendly_name or change.subscription.offer_name
    what = "; ".join(change_words(change, now))
    return Happening(
        at=change.seen_at,
        sentence=_("%(name)s: %(what)s") % {"name": name, "what": what} if named else capfirst(what),
        who=_where(change),
        detail=_("Decided · nothing was sent to Microsoft") if change.source == _DECISION else "",
        tone="positive" if change.source == _DECISION else "neutral",
        icon="" if change.source == _DECISION else "cloud",
        url=reverse("portal:subscription", args=[change.company_id, change.subscription_id]) if named else "",
    )


def _where(change: SubscriptionChange) -> str:
    """Say where a change came from: what the end of a term brings may well have been decided here."""
    if change.source == _DECISION:
        return str(change.after.get("by", ""))
    if not _term_ended(change):
        return _("Changed at Microsoft, not from here")
    if _month_ended(change) and not change.after.get("scheduled"):
        return _("At Microsoft, as the month ended")
    return _("At Microsoft, as the term ended")


def _end_moved(change: SubscriptionChange) -> timedelta:
    was, became = change.before.get("commitment_end"), change.after.get("commitment_end")
    if not isinstance(was, str) or not isinstance(became, str):
        return timedelta()
    return datetime.fromisoformat(became) - datetime.fromisoformat(was)


def _term_ended(change: SubscriptionChange) -> bool:
    return _end_moved(change) > timedelta()


def _month_ended(change: SubscriptionChange) -> bool:
    """Say whether a longer term went on by a month only: Microsoft moves its date so in the extended term."""
    term = Term(str(change.after.get("term", change.subscription.term)))
    return timedelta() < _end_moved(change) <= _MOST_OF_A_MONTH and term in (Term.YEAR, Term.THREE_YEARS)


def change_words(change: SubscriptionChange, now: datetime) -> list[str]:
    """Say in a few words each what differs between two readings."""
    before, after = change.before, change.after
    if change.source == _DECISION:
        return [_("renews as it is")]
    told = [name for name in _TOLD if name in after]
    if _term_ended(change) and not after.get("scheduled"):
        told = [name for name in told if name != "scheduled"]  # it was carried out, not dropped
    month = _month_ended(change)
    return [_difference(name, before.get(name), after[name], now, month) for name in told] or [_("a small change")]


def _difference(name: str, was: object, became: object, now: datetime, month: bool) -> str:
    match name:
        case "quantity":
            return _("%(before)s → %(after)s seats") % {"before": was, "after": became}
        case "status":
            return _("now %(status)s") % {"status": texts.status_text(Status(str(became))).lower()}
        case "auto_renew":
            return _("renews by itself") if became else _("does not renew by itself any more")
        case "scheduled":
            return _("goes on month by month, in the extended term") if month else _scheduled(became)
        case "term":
            return _("term: %(term)s") % {"term": texts.term_text(Term(str(became)))}
        case "billing_plan":
            return texts.term_text(Term.NONE, BillingPlan(str(became)))
        case "commitment_end":
            if not isinstance(became, str):
                return _("no end of term any more")
            day = dates.day(datetime.fromisoformat(became), now)
            return (_("the running month ends on %(day)s") if month else _("the term now ends on %(day)s")) % {
                "day": day
            }
        case _:
            return _("a new name")


def _scheduled(became: object) -> str:
    changes = [one for one in became if isinstance(one, Mapping)] if isinstance(became, list) else []
    if not changes:
        return _("nothing is scheduled any more")
    action, quantity = ScheduledAction(str(changes[0].get("action"))), changes[0].get("quantity")
    if action is ScheduledAction.RENEW and isinstance(quantity, int):
        return _("%(seats)s scheduled for the renewal") % {"seats": texts.seats(quantity)}
    return {
        ScheduledAction.END: _("set to end with the term"),
        ScheduledAction.EXTEND: _("set to go on month by month"),
    }.get(action, _("a change is scheduled"))


def csv_rows(found: Iterable[Entry], now: datetime) -> Iterable[list[str]]:
    """Give the history as lines of a table, the head first."""
    yield [_("When"), _("Subscription"), _("What"), _("Who"), _("Outcome"), _("Order"), _("Microsoft's request id")]
    for entry in found:
        if (order := entry.order) is not None:
            request_id = "" if order.request_id is None else str(order.request_id)
            yield [
                order.requested_at.isoformat(timespec="seconds"),
                subscription_name(order),
                wish_words(order),
                order.actor_label,
                state_words(order),
                f"#{order.number}",
                request_id,
            ]
        elif (change := entry.change) is not None:
            yield [
                change.seen_at.isoformat(timespec="seconds"),
                change.subscription.friendly_name or change.subscription.offer_name,
                "; ".join(change_words(change, now)),
                _where(change),
                "",
                "",
                "",
            ]
