"""A change order in the words of the page: its steps, what became of it, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel import clock
from tenantry.kernel.actor import ActorKind
from tenantry.kernel.refusals import refusal_from_json
from tenantry.licensing import texts
from tenantry.licensing.actions import stored_wish
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderEvent, OrderState
from tenantry.licensing.rules.facts import Status
from tenantry.licensing.rules.plan import When, plan_from_json
from tenantry.licensing.rules.wishes import Cancel, Reactivate, SetQuantity
from tenantry.web.portal import wishing
from tenantry.web.portal.planning import RefusalView, refusal_view
from tenantry.web.ui.frame import Happening, NextStep, ProgressStep

_TONES: dict[str, str] = {
    OrderState.APPLIED: "positive",
    OrderState.SCHEDULED: "positive",
    OrderState.REFUSED: "caution",
    OrderState.FAILED: "critical",
    OrderState.UNSURE: "caution",
    OrderState.WITHDRAWN: "neutral",
}
# What happened last to an order that waits for its next try.
_TRIED_AGAIN = frozenset({"throttled", "conflict", "unreachable", "cannot_read"})


@dataclass(frozen=True, slots=True)
class OrderPage:
    """What the order's template shows. ``token`` changes whenever anything on it does.

    ``is_asked_for``: the page asks again by itself; what a person looks into takes hours, not seconds.
    """

    order: ChangeOrder
    title: str
    steps: tuple[ProgressStep, ...]
    headline: str
    detail: str
    tone: str
    refusal: RefusalView | None
    quoted: str
    facts_later: tuple[str, ...]
    put_back: NextStep | None
    is_open: bool
    is_asked_for: bool
    may_withdraw: bool
    token: str


def subscription_name(order: ChangeOrder) -> str:
    """Name the subscription that the order is about."""
    return order.subscription.friendly_name or order.subscription.offer_name


def wish_words(order: ChangeOrder) -> str:
    """Name what was ordered: what was carried out in the past tense."""
    carried_out = order.state in (OrderState.APPLIED, OrderState.SCHEDULED)
    return texts.order_text(stored_wish(order), order.seen_quantity, carried_out=carried_out)


def order_page(order: ChangeOrder, events: Sequence[OrderEvent], now: datetime) -> OrderPage:
    """Put an order into words."""
    headline, detail = _outcome(order, events, now)
    refusal = _refusal(order, now)
    is_open = order.state in OPEN_STATES
    return OrderPage(
        order=order,
        title=wish_words(order),
        steps=_steps(order, events),
        headline=headline,
        detail=detail,
        tone=tone_of(order),
        refusal=refusal,
        quoted=order.microsoft_words,
        facts_later=_later(order, now) if order.state in (OrderState.APPLIED, OrderState.SCHEDULED) else (),
        put_back=_put_back(order),
        is_open=is_open,
        is_asked_for=is_open and not order.needs_person,
        may_withdraw=order.state in (OrderState.REQUESTED, OrderState.QUEUED),
        token=f"{order.state}-{events[-1].id if events else 0}",
    )


def _steps(order: ChangeOrder, events: Sequence[OrderEvent]) -> tuple[ProgressStep, ...]:
    saved = ProgressStep(_("Saved"), "done", order.requested_at)
    sent_label, confirmed_label = _("Sent to Microsoft"), _("Confirmed by Microsoft")
    waiting = ProgressStep(confirmed_label, "waiting")
    was_sent = any(event.what == "sending" for event in events)
    sent = ProgressStep(sent_label, "done", order.sent_on)
    match order.state:
        case OrderState.REQUESTED | OrderState.QUEUED:
            return saved, ProgressStep(sent_label, "active", note=_waits_for(events)), waiting
        case OrderState.SENDING:
            return saved, sent, replace(waiting, state="active")
        case OrderState.UNSURE:
            note = _("A person looks at it") if order.needs_person else _("We are asking Microsoft")
            return saved, sent, replace(waiting, state="unsure", note=note)
        case OrderState.APPLIED | OrderState.SCHEDULED:
            return saved, sent, ProgressStep(confirmed_label, "done", order.settled_at)
        case OrderState.WITHDRAWN:
            return saved, ProgressStep(_("Withdrawn before it was sent"), "failed", order.settled_at)
        case OrderState.REFUSED if not was_sent:
            return saved, ProgressStep(_("Not sent to Microsoft"), "failed", order.settled_at)
        case OrderState.REFUSED:
            return saved, sent, ProgressStep(_("Refused by Microsoft"), "failed", order.settled_at)
        case _:
            last = ProgressStep(state_words(order), "failed", order.settled_at)
            return (saved, sent, last) if was_sent else (saved, last)


def _waits_for(events: Sequence[OrderEvent]) -> str:
    """Say why a queued order has not been sent yet, by the last thing that happened to it."""
    return {
        "held": _("Waits until your partner lets changes go on"),
        "throttled": _("Microsoft asks for a pause"),
        "conflict": _("Microsoft is busy with this subscription"),
        "unreachable": _("Microsoft cannot be reached"),
        "cannot_read": _("The subscription could not be read at Microsoft"),
        "did_not_arrive": _("It did not arrive; it is sent again"),
    }.get(events[-1].what if events else "", "")


def _next_try(order: ChangeOrder) -> str:
    """Say when a queued order is sent again."""
    minutes = ceil((order.not_before - clock.now()).total_seconds() / 60)
    if minutes <= 1:
        return _("We try again within a minute.")
    return ngettext("We try again in %(n)d minute.", "We try again in %(n)d minutes.", minutes) % {"n": minutes}


def _outcome(order: ChangeOrder, events: Sequence[OrderEvent], now: datetime) -> tuple[str, str]:
    """Return the sentence that matters, and what it means."""
    match order.state:
        case OrderState.REQUESTED | OrderState.QUEUED:
            if events and events[-1].what == "held":
                return (
                    _("Your change waits."),
                    _("Your partner has stopped all changes for the moment. It is sent when they go on; until then "
                      "you can withdraw it."),
                )  # fmt: skip
            if events and events[-1].what in _TRIED_AGAIN:
                return (
                    _("Your change is saved. It could not be sent yet."),
                    _("%(next_try)s You can leave this page: nothing is lost.") % {"next_try": _next_try(order)},
                )
            return (
                _("Your change is saved and on its way."),
                _("You can leave this page: nothing is lost."),
            )
        case OrderState.SENDING:
            return _("Microsoft is working on it."), _("You can leave this page: nothing is lost.")
        case OrderState.UNSURE if order.needs_person:
            return (
                _("A person is looking at this."),
                _("Microsoft's records do not say whether your change took effect. Your partner has been told and "
                  "finds out. Nothing is sent a second time."),
            )  # fmt: skip
        case OrderState.UNSURE:
            return (
                _("Microsoft's answer was lost on the way."),
                _("We are asking Microsoft what happened. This takes a few minutes at most, and nothing is sent again "
                  "before that is known."),
            )  # fmt: skip
        case OrderState.APPLIED:
            return _("Done."), _overwritten(order) or _what_is_so(order, now)
        case OrderState.SCHEDULED:
            return _("Decided."), _overwritten(order) or _what_is_so(order, now)
        case OrderState.WITHDRAWN:
            return _("Withdrawn."), _("It was not sent to Microsoft, and nothing has changed.")
        case OrderState.REFUSED if order.microsoft_words:
            return _("Microsoft said no."), _("Nothing has changed.")
        case OrderState.REFUSED:
            return _("This was not carried out."), _("Nothing has changed.")
        case _:
            return _failed(order)


def tone_of(order: ChangeOrder) -> str:
    """Return the tone of an order's state."""
    return "caution" if had_other_effect(order) else _TONES.get(order.state, "info")


def had_other_effect(order: ChangeOrder) -> bool:
    """Say whether an order acted, but undid somebody's change of seats instead of what was wished."""
    return order.state == OrderState.FAILED and _of(order.outcome).get("settled") == "other_effect"


def undone_words(order: ChangeOrder) -> str:
    """Tell openly that an order about something else undid somebody's change of seats; empty where it did not."""
    undid = _of(_of(order.outcome).get("undid"))
    if not undid:
        return ""
    return _(
        "While it was on its way, somebody else set %(from)s seats. It carried the seats as they were before, so that "
        "Microsoft set %(to)s again."
    ) % {"from": undid.get("from"), "to": undid.get("to")}


def _put_back(order: ChangeOrder) -> NextStep | None:
    """Offer to repeat the change of seats that the order undid, as long as the seats stand as it left them."""
    undid, subscription = _of(_of(order.outcome).get("undid")), order.subscription
    wanted = undid.get("from")
    usable = subscription.status == Status.ACTIVE and subscription.gone_at is None
    if not isinstance(wanted, int) or not usable or undid.get("to") != subscription.quantity:
        return None
    seats = wanted - subscription.quantity
    label = ngettext("Put %(n)d seat back", "Put %(n)d seats back", seats) % {"n": seats}
    if seats < 0:
        label = ngettext("Return %(n)d seat again", "Return %(n)d seats again", -seats) % {"n": -seats}
    return NextStep(label, wishing.address_of(SetQuantity(wanted), order.company_id, order.subscription_id))


def _failed(order: ChangeOrder) -> tuple[str, str]:
    if had_other_effect(order):
        again = _(
            "Microsoft dropped the decision with it. We keep it and put it back where we can: the subscription's page "
            "shows how it stands."
        )
        return _("This had another effect than the one you asked for."), f"{undone_words(order)} {again}"
    if _of(order.outcome).get("by_hand"):
        return (
            _("This was not carried out."),
            _("%(who)s has looked at it: nothing has changed.") % {"who": _of(order.outcome).get("by", "")},
        )
    return (
        _("This could not be carried out."),
        _("Nothing has changed, and your partner has been told. You can try again later."),
    )


def _of(outcome: object) -> Mapping[str, object]:
    return outcome if isinstance(outcome, Mapping) else {}


def _overwritten(order: ChangeOrder) -> str:
    """Tell openly that somebody else's change was in between."""
    outcome = _of(order.outcome)
    if outcome.get("by_hand"):
        return _("%(who)s has looked at it: it took effect.") % {"who": outcome.get("by", "")}
    if outcome.get("settled") == "overwritten":
        return _("It took effect, and somebody changed the subscription again right after it.")
    if undone := undone_words(order):
        return _("It took effect. %(undone)s") % {"undone": undone}
    if outcome.get("overwrote"):
        return _("It took effect. Somebody else had changed the subscription a moment before; yours came on top of it.")
    return ""


def _what_is_so(order: ChangeOrder, now: datetime) -> str:
    """Say how it is now, or how it will be at the end of the term."""
    plan = plan_from_json(order.plan)
    match plan.wish:
        case SetQuantity(quantity):
            return _("You now have %(seats)s.") % {"seats": texts.seats(quantity)}
        case Cancel():
            return _("The subscription is cancelled.")
        case Reactivate():
            return _("The subscription is in use again.")
    found = [one for one in plan.consequences if one.when is When.AT_TERM_END] or list(plan.consequences)
    return texts.consequence_text(found[0], now) if found else ""


def _later(order: ChangeOrder, now: datetime) -> tuple[str, ...]:
    """Return what follows later, as it was shown before confirming, unless the headline says it."""
    found = [one for one in plan_from_json(order.plan).consequences if one.when is not When.NOW]
    told = _what_is_so(order, now)
    return tuple(words for one in found if (words := texts.consequence_text(one, now)) != told)


def _refusal(order: ChangeOrder, now: datetime) -> RefusalView | None:
    told = _of(_of(order.outcome).get("refusal"))
    back = subscription_url(order)
    if told:
        return refusal_view(refusal_from_json(told), now, [NextStep(_("Look at the subscription"), back)])
    if order.state == OrderState.REFUSED:
        advice = str(_of(order.outcome).get("advice", ""))
        return RefusalView(_advice(advice), _("Look at it as it is now, or ask your partner."),
                           steps=(NextStep(_("Look at the subscription"), back),))  # fmt: skip
    return None


def _advice(key: str) -> str:
    return {
        "return_window_closed": _("The return window for these seats has closed."),
        "cancel_window_closed": _("The time in which this could be cancelled has passed."),
        "quantity_limit": _("The number of seats is outside what Microsoft sells of this product."),
        "update_limit": _("This subscription has been changed as often as Microsoft allows."),
        "renewal_running": _("Microsoft is renewing this subscription right now."),
        "being_processed": _("Microsoft is busy with another change of this subscription."),
        "subscription_suspended": _("The subscription is suspended."),
        "subscription_closed": _("The subscription is closed and takes no changes."),
        "auto_renew_impossible": _("Microsoft does not sell this product any more, so it cannot renew."),
        "not_found": _("Microsoft does not find this subscription any more."),
        "promotion": _("The promotion of this subscription does not allow it."),
        "customer_agreement": _("Your organisation has not accepted Microsoft's customer agreement yet."),
    }.get(key, _("Microsoft did not accept the change."))


def subscription_url(order: ChangeOrder) -> str:
    """Return the page of the order's subscription."""
    return reverse("portal:subscription", args=[order.company_id, order.subscription_id])


def order_url(order: ChangeOrder) -> str:
    """Return the page of an order."""
    return reverse("portal:order", args=[order.company_id, order.id])


def withdrawal_words(order: ChangeOrder) -> str:
    """Say what goes with an order that is withdrawn: with one that puts a decision back, that decision."""
    if order.actor_kind != ActorKind.SYSTEM:
        return ""
    return _("It puts back what was decided for the end of the term. Whoever withdraws it gives that decision up.")


def withdrawn_words(done: str, order: ChangeOrder) -> str:
    """Add to the sentence of an order that was just withdrawn what else came to an end with it."""
    if order.actor_kind != ActorKind.SYSTEM:
        return done
    return f"{done} {_('The decision that it was to put back is given up.')}"


def state_words(order: ChangeOrder) -> str:
    """Say in a word or two where an order stands."""
    if had_other_effect(order):
        return _("Took another effect")
    return {
        OrderState.REQUESTED.value: _("Saved"),
        OrderState.QUEUED.value: _("Waiting to be sent"),
        OrderState.SENDING.value: _("Sent to Microsoft"),
        OrderState.UNSURE.value: _("Not known yet"),
        OrderState.APPLIED.value: _("Done"),
        OrderState.SCHEDULED.value: _("Scheduled"),
        OrderState.REFUSED.value: _("Refused"),
        OrderState.FAILED.value: _("Not carried out"),
        OrderState.WITHDRAWN.value: _("Withdrawn"),
    }[order.state]


def order_happening(order: ChangeOrder, *, named: bool = True) -> Happening:
    """Make an entry of a timeline out of an order; ``named`` puts the subscription's name before it."""
    sentence = wish_words(order)
    return Happening(
        at=order.requested_at,
        sentence=_("%(name)s: %(wish)s") % {"name": subscription_name(order), "wish": sentence} if named else sentence,
        who=order.actor_label,
        detail=_("%(state)s · order #%(number)s") % {"state": state_words(order), "number": order.number},
        tone=tone_of(order),
        url=order_url(order),
    )
