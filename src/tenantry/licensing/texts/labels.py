"""Short names: of states, terms and wishes, and what a button says."""

from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.kernel.dates import day
from tenantry.licensing.rules.facts import BillingPlan, EndOfTerm, Status, SubscriptionKind, Term
from tenantry.licensing.rules.plan import Alternative, Plan, Scheduled
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)
from tenantry.licensing.texts.words import number, seats

_STATUS: dict[Status, str | Promise] = {
    Status.ACTIVE: gettext_lazy("Active"),
    Status.PENDING: gettext_lazy("Being set up"),
    Status.SUSPENDED: gettext_lazy("Suspended"),
    Status.EXPIRED: gettext_lazy("Expired"),
    Status.DISABLED: gettext_lazy("Disabled"),
    Status.DELETED: gettext_lazy("Cancelled"),
    Status.NONE: gettext_lazy("No status"),
    Status.UNKNOWN: gettext_lazy("Unknown status"),
}

_KIND: dict[SubscriptionKind, str | Promise] = {
    SubscriptionKind.NCE: gettext_lazy("New Commerce (NCE)"),
    SubscriptionKind.LEGACY: gettext_lazy("Legacy"),
    SubscriptionKind.SOFTWARE_SUBSCRIPTION: gettext_lazy("Software subscription"),
    SubscriptionKind.SOFTWARE_PERPETUAL: gettext_lazy("Perpetual software"),
    SubscriptionKind.AZURE_PLAN: gettext_lazy("Azure plan"),
    SubscriptionKind.LEGACY_AZURE: gettext_lazy("Azure (legacy)"),
    SubscriptionKind.MARKETPLACE: gettext_lazy("Marketplace"),
    SubscriptionKind.RESERVATION: gettext_lazy("Reservation"),
    SubscriptionKind.UNKNOWN: gettext_lazy("Unknown kind"),
}

_TERM: dict[Term, str | Promise] = {
    Term.MONTH: gettext_lazy("1 month"),
    Term.YEAR: gettext_lazy("1 year"),
    Term.THREE_YEARS: gettext_lazy("3 years"),
    Term.NONE: gettext_lazy("no term"),
    Term.UNKNOWN: gettext_lazy("unknown term"),
}

_PAID: dict[BillingPlan, str | Promise] = {
    BillingPlan.MONTHLY: gettext_lazy("paid monthly"),
    BillingPlan.ANNUAL: gettext_lazy("paid yearly"),
    BillingPlan.TRIENNIAL: gettext_lazy("paid for three years at once"),
    BillingPlan.ONE_TIME: gettext_lazy("paid once"),
}

_DECISION: dict[EndOfTerm, str | Promise] = {
    EndOfTerm.RENEW: gettext_lazy("Renews"),
    EndOfTerm.END: gettext_lazy("Ends"),
    EndOfTerm.EXTEND: gettext_lazy("Goes on month by month"),
    EndOfTerm.UNDECIDED: gettext_lazy("Not decided"),
}


def status_text(status: Status) -> str:
    """Name a status in the words of the page."""
    return str(_STATUS[status])


def kind_text(kind: SubscriptionKind) -> str:
    """Name a kind of subscription."""
    return str(_KIND[kind])


def term_text(term: Term, billing_plan: BillingPlan = BillingPlan.NONE) -> str:
    """Write term and billing plan in words: "1 year, paid monthly". What there is none of is left out."""
    paid = _PAID.get(billing_plan)
    if paid is None:
        return str(_TERM[term])
    if term in (Term.NONE, Term.UNKNOWN):
        return str(paid)
    return _("%(term)s, %(paid)s") % {"term": _TERM[term], "paid": paid}


def decision_text(choice: EndOfTerm) -> str:
    """Name what has been decided about the end of a term."""
    return str(_DECISION[choice])


def next_charge_text(on: date | None, now: datetime | None = None) -> str:
    """Name the day on which Microsoft charges next in this term, for the word "Next charge" before it."""
    return _("none in this term") if on is None else day(on, now)


def order_text(wish: Wish, seats_then: int, *, carried_out: bool) -> str:
    """Name what was ordered, with its direction and both numbers: "Returned 2 seats (45 → 43)"."""
    match wish:
        case SetQuantity(quantity) if quantity != seats_then:
            change = quantity - seats_then
            known = {"seats": seats(abs(change)), "before": seats_then, "after": quantity}
            if change > 0:
                text = (
                    _("Added %(seats)s (%(before)d → %(after)d)")
                    if carried_out
                    else _("Add %(seats)s (%(before)d → %(after)d)")
                )
            else:
                text = (
                    _("Returned %(seats)s (%(before)d → %(after)d)")
                    if carried_out
                    else _("Return %(seats)s (%(before)d → %(after)d)")
                )
            return text % known
        case ScheduleQuantity(quantity) | DecideEndOfTerm(EndOfTerm.RENEW, int(quantity)) if quantity != seats_then:
            return _("At renewal %(before)d → %(after)d seats") % {"before": seats_then, "after": quantity}
    return wish_text(wish)


def wish_text(wish: Wish) -> str:
    """Name a wish where the number of seats that it changes is not known, without dates."""
    match wish:
        case SetQuantity(quantity):
            return _("%(seats)s from now on") % {"seats": seats(quantity)}
        case ScheduleQuantity(quantity):
            return _("%(seats)s from the next term on") % {"seats": seats(quantity)}
        case WithdrawSchedule():
            return _("Take back the scheduled change")
        case DecideEndOfTerm(EndOfTerm.RENEW, int(quantity)):
            return _("Renew with %(seats)s") % {"seats": seats(quantity)}
        case DecideEndOfTerm(EndOfTerm.RENEW):
            return _("Renew")
        case DecideEndOfTerm(EndOfTerm.END):
            return _("End with the term")
        case DecideEndOfTerm(EndOfTerm.EXTEND):
            return _("Go on month by month after the term")
        case DecideEndOfTerm():
            return _("Decide how the term ends")
        case Cancel():
            return _("Cancel the subscription now")
        case Reactivate():
            return _("Use it again")


def button_label(plan: Plan, now: datetime | None = None) -> str:
    """Say what confirming the plan does: "Add 3 seats", "Return 2 seats now", "Set 8 seats for 16 December"."""
    for consequence in plan.consequences:
        changed = seats(number(consequence.facts, "seats"))
        if consequence.key == "seats_added":
            return _("Add %(seats)s") % {"seats": changed}
        if consequence.key == "seats_returned":
            return _("Return %(seats)s now") % {"seats": changed}
    return _label(plan.wish, plan.verdict.at if isinstance(plan.verdict, Scheduled) else None, now)


def alternative_label(alternative: Alternative, present: int, now: datetime | None = None) -> str:
    """Say what the other wish would do to the present number of seats, for its button: "Return 5 seats now"."""
    wish = alternative.wish
    if isinstance(wish, SetQuantity) and alternative.at is None:
        if wish.quantity < present:
            return _("Return %(seats)s now") % {"seats": seats(present - wish.quantity)}
        return _("Add %(seats)s") % {"seats": seats(wish.quantity - present)}
    return _label(wish, alternative.at, now)


def _label(wish: Wish, at: datetime | None, now: datetime | None) -> str:
    if at is not None:
        match wish:
            case ScheduleQuantity(quantity):
                return _("Set %(seats)s for %(day)s") % {"seats": seats(quantity), "day": day(at, now)}
            case DecideEndOfTerm(EndOfTerm.RENEW, None):
                return _("Renew on %(day)s") % {"day": day(at, now)}
            case DecideEndOfTerm(EndOfTerm.END):
                return _("End on %(day)s") % {"day": day(at, now)}
            case DecideEndOfTerm(EndOfTerm.EXTEND):
                return _("Go on month by month after %(day)s") % {"day": day(at, now)}
    return wish_text(wish)
