"""Why something cannot be done, and what can be done instead: two sentences for every refusal."""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.dates import day, moment
from tenantry.kernel.refusals import Facts, Refusal
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.texts.labels import decision_text
from tenantry.licensing.texts.orders import ORDER_NEXT_STEPS, ORDER_REASONS
from tenantry.licensing.texts.words import instant, number, seats

Sentence = Callable[[Facts, datetime | None], str]


def refusal_text(refusal: Refusal, now: datetime | None = None) -> tuple[str, str]:
    """Return the sentence that says why not, and the sentence that says what can be done."""
    reason = REASONS.get(refusal.reason) or ORDER_REASONS[refusal.reason]
    step = NEXT_STEPS.get(refusal.next_step) or ORDER_NEXT_STEPS[refusal.next_step]
    return reason(refusal.facts, now), step(refusal.next_step_facts, now)


def _seats(facts: Facts, name: str) -> str:
    return seats(number(facts, name))


def _closed(facts: Facts, now: datetime | None) -> str:
    closed = instant(facts, "closed")
    return moment(closed, now) if closed else _("an unknown day")


def _value_day(facts: Facts, now: datetime | None) -> str:
    value = instant(facts, "value")
    return day(value, now) if value else _("the end of the term")


def _value_moment(facts: Facts, now: datetime | None) -> str:
    value = instant(facts, "value")
    return moment(value, now) if value else _("the end of the term")


def _suspended(facts: Facts, now: datetime | None) -> str:
    """Say what being suspended means; whether it is charged meanwhile depends on how it was sold."""
    until = instant(facts, "until")
    match facts.get("charged"):
        case 1:
            return _(
                "This subscription is suspended: nobody can use it, and Microsoft goes on charging for it until "
                "%(day)s."
            ) % {"day": day(until, now) if until else _("the end of its term")}
        case 0:
            return _(
                "This subscription is suspended: nobody can use it. Microsoft does not charge for it meanwhile, and "
                "deletes it after a while."
            )
    return _("This subscription is suspended, and Microsoft allows no changes to it.")


REASONS: dict[str, Sentence] = {
    "usage_has_no_seats": lambda facts, now: _("This is charged by use and has no seats that could be changed."),
    "publisher_decides": lambda facts, now: _(
        "This comes from another publisher, whose own rules decide what can be changed."
    ),
    "reservation_is_fixed": lambda facts, now: _("A reservation or savings plan is fixed for its whole term."),
    "kind_unknown": lambda facts, now: _("Microsoft lists this as something that is not known here."),
    "software_by_partner": lambda facts, now: _("Software is returned through its order, not by changing it."),
    "software_seats_stay": lambda facts, now: _(
        "The number of seats of this software cannot be changed: Microsoft takes no single ones back, and more of them "
        "are a new order."
    ),
    "trial": lambda facts, now: _("Microsoft allows no changes while a trial runs."),
    "pending": lambda facts, now: _("Microsoft is still setting this subscription up."),
    "suspended": lambda facts, now: _suspended(facts, now),
    "expired": lambda facts, now: _("The term has expired; Microsoft does not allow changes any more."),
    "disabled": lambda facts, now: _("Microsoft has disabled this subscription; it cannot be taken back into use."),
    "deleted": lambda facts, now: _("This subscription has been cancelled, which is final."),
    "status_unknown": lambda facts, now: _("Microsoft reports a status that is not known here."),
    "renewing": lambda facts, now: _("Microsoft is renewing this subscription right now."),
    "renewing_is_locked": lambda facts, now: _(
        "Microsoft is renewing this subscription right now and locks decisions about the end of the term meanwhile."
    ),
    "term_is_over": lambda facts, now: _("The term is over, and Microsoft is closing this subscription."),
    "extended_term_is_fixed": lambda facts, now: _(
        "This subscription runs in the extended term, where Microsoft does not let the number of seats change."
    ),
    "extended_term_renews_as_it_is": lambda facts, now: _(
        "Out of the extended term, Microsoft renews the number of seats that you have."
    ),
    "extended_term_has_no_end": lambda facts, now: _(
        "The extended term goes on month by month; it has no end to choose."
    ),
    "zero_is_no_quantity": lambda facts, now: (
        _("%(wanted)d is no number of seats: to have none is to cancel.") % {"wanted": number(facts, "wanted")}
    ),
    "same_quantity": lambda facts, now: _("You have %(seats)s already.") % {"seats": _seats(facts, "quantity")},
    "already_scheduled": lambda facts, now: (
        _("%(seats)s is already what the next term starts with.") % {"seats": _seats(facts, "quantity")}
    ),
    "above_maximum": lambda facts, now: (
        _("Microsoft sells at most %(seats)s of this product.") % {"seats": _seats(facts, "maximum")}
    ),
    "above_promotion_maximum": lambda facts, now: (
        _("The promotion of this term covers at most %(seats)s.") % {"seats": _seats(facts, "maximum")}
    ),
    "below_minimum": lambda facts, now: (
        _("Microsoft sells at least %(seats)s of this product.") % {"seats": _seats(facts, "minimum")}
    ),
    "too_many_updates": lambda facts, now: (
        _("Microsoft allows %(limit)d changes of one subscription, and they have all been made.")
        % {"limit": number(facts, "limit")}
    ),
    "more_than_returnable": lambda facts, now: (
        _("You want to return %(returned)d; Microsoft takes back %(returnable)d now.")
        % {"returned": number(facts, "returned"), "returnable": number(facts, "returnable")}
    ),
    "return_window_closed": lambda facts, now: (
        _("The return window for your seats closed on %(moment)s.") % {"moment": _closed(facts, now)}
    ),
    "nothing_returnable": lambda facts, now: _("Microsoft takes no seats back now: no return window is open."),
    "legacy_has_no_schedule": lambda facts, now: _(
        "Legacy subscriptions have no scheduled changes: their number changes at once, up and down."
    ),
    "term_end_unknown": lambda facts, now: _("Microsoft names no end of term for this subscription."),
    "schedule_needs_renewal": lambda facts, now: _(
        "Microsoft schedules a number only for a subscription that renews, and this one is not set to."
    ),
    "schedule_not_understood": lambda facts, now: _(
        "Something is scheduled for the end of the term that is not understood here."
    ),
    "nothing_scheduled": lambda facts, now: _("Nothing is scheduled for the end of the term."),
    "ending_is_a_decision": lambda facts, now: _("It has been decided that this subscription does not renew."),
    "no_choice": lambda facts, now: _("No choice has been made."),
    "quantity_needs_renewal": lambda facts, now: _("A number for the next term only makes sense with a renewal."),
    "already_decided": lambda facts, now: (
        _("That is decided already: %(decision)s.") % {"decision": decision_text(EndOfTerm(str(facts["choice"])))}
    ),
    "no_extended_term": lambda facts, now: _("Microsoft offers no extended term for this subscription."),
    "cannot_renew": lambda facts, now: _("Microsoft does not sell this product any more, so it cannot renew."),
    "cancel_not_offered": lambda facts, now: _("Microsoft does not offer to cancel this subscription within its term."),
    "cancel_window_closed": lambda facts, now: (
        _("Microsoft let this subscription be cancelled until %(moment)s.") % {"moment": _closed(facts, now)}
    ),
    "not_suspended": lambda facts, now: _("This subscription is in use."),
}

NEXT_STEPS: dict[str, Sentence] = {
    "ask_partner": lambda facts, now: _("Ask your partner, who can look at it with Microsoft."),
    "ask_partner_for_more": lambda facts, now: _("Ask your partner, who can order more for you."),
    "ask_partner_before": lambda facts, now: (
        _("Ask your partner to return it, before %(moment)s.") % {"moment": _value_moment(facts, now)}
    ),
    "order_again": lambda facts, now: _("Ask your partner to order it anew if you need it."),
    "after_trial": lambda facts, now: (
        _("You can change it once the trial has ended, after %(day)s.") % {"day": _value_day(facts, now)}
    ),
    "after_renewal": lambda facts, now: (
        _("You can change it once the new term has begun, after %(day)s at the latest.")
        % {"day": _value_day(facts, now)}
    ),
    "wait_until_ready": lambda facts, now: _("Look again in a few minutes."),
    "try_again_in_minutes": lambda facts, now: (
        ngettext("Try again in %(minutes)d minute.", "Try again in %(minutes)d minutes.", number(facts, "value"))
        % {"minutes": number(facts, "value")}
    ),
    "wait_for_renewal": lambda facts, now: (
        ngettext(
            "A renewal takes up to %(hours)d hour. Look again after that.",
            "A renewal takes up to %(hours)d hours. Look again after that.",
            number(facts, "value"),
        )
        % {"hours": number(facts, "value")}
    ),
    "choose_another_number": lambda facts, now: _("Choose another number."),
    "choose_end_of_term": lambda facts, now: _("Choose whether it renews, ends, or goes on month by month."),
    "nothing_to_do": lambda facts, now: _("There is nothing to do."),
    "set_now": lambda facts, now: _("You can have %(seats)s now.") % {"seats": _seats(facts, "quantity")},
    "schedule": lambda facts, now: (
        _("You can schedule %(seats)s for %(day)s.")
        % {"seats": _seats(facts, "quantity"), "day": _value_day(facts, now)}
    ),
    "renew_with": lambda facts, now: (
        _("You can let it renew with %(seats)s on %(day)s.")
        % {"seats": _seats(facts, "quantity"), "day": _value_day(facts, now)}
    ),
    "renew": lambda facts, now: _("You can let it renew."),
    "end_at_term": lambda facts, now: _("You can let it end on %(day)s.") % {"day": _value_day(facts, now)},
    "cancel": lambda facts, now: _("You can cancel the whole subscription now."),
    "reactivate": lambda facts, now: _("You can take it back into use."),
}
