"""Why an order is not taken or did not go on, beside what the rules say: limits, the stop switch, other people."""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.refusals import Facts
from tenantry.licensing.texts.words import number, seats

Sentence = Callable[[Facts, datetime | None], str]

ORDER_REASONS: dict[str, Sentence] = {
    "order_under_way": lambda facts, now: (
        _("Change order #%(number)d for this subscription is still under way, and there is one at a time.")
        % {"number": number(facts, "number")}
    ),
    "changed_meanwhile": lambda facts, now: _(
        "This subscription is no longer as your page showed it, so nothing was changed."
    ),
    "plan_changed": lambda facts, now: _(
        "The same change would have other consequences now than those you were shown, so nothing was changed."
    ),
    "question_open": lambda facts, now: _("There is a question about this change that only you can answer."),
    "form_used": lambda facts, now: _("This page has been used for another subscription already."),
    "stopped": lambda facts, now: _("Your partner has stopped all changes for the moment. Nothing was changed."),
    "too_many_seats": lambda facts, now: (
        _("This moves %(seats)s, and your partner allows %(most)d in one change.")
        % {"seats": seats(number(facts, "seats")), "most": number(facts, "most")}
    ),
    "too_many_cancelled": lambda facts, now: (
        _("This subscription has %(seats)s, and your partner lets at most %(most)d be cancelled at once.")
        % {"seats": seats(number(facts, "seats")), "most": number(facts, "most")}
    ),
    "too_many_changes": lambda facts, now: (
        ngettext(
            "Your partner allows %(most)d change in 24 hours, and it has been made.",
            "Your partner allows %(most)d changes in 24 hours, and they have been made.",
            number(facts, "most"),
        )
        % {"most": number(facts, "most")}
    ),
    "already_sent": lambda facts, now: _("It was on its way to Microsoft already and cannot be withdrawn any more."),
    "already_settled": lambda facts, now: _("The outcome of this change order is known already."),
    "other_schedule": lambda facts, now: _(
        "Something else was scheduled at Microsoft in its place, and it was left alone."
    ),
    "switched_off": lambda facts, now: _("Somebody switched the renewal off at Microsoft, and that was left alone."),
    "direction_reversed": lambda facts, now: (
        _(
            "It was decided when there were %(then)d seats; there are %(today)d now, so that %(decided)d would be "
            "%(meaning)s. Is it still %(decided)d, or %(today)d?"
        )
        % {
            "decided": number(facts, "decided"),
            "then": number(facts, "then"),
            "today": number(facts, "today"),
            "meaning": _("an addition instead of a reduction")
            if number(facts, "decided") > number(facts, "today")
            else _("a reduction instead of an addition"),
        }
    ),
    "put_back_refused": lambda facts, now: _("Microsoft dropped what was scheduled, and it could not be put back."),
}

ORDER_NEXT_STEPS: dict[str, Sentence] = {
    "ask_who_limits": lambda facts, now: _("Ask your partner, who has set this limit."),
    "wait_for_order": lambda facts, now: _("Look at that order: when it is done, you can change this again."),
    "wait_for_partner": lambda facts, now: _(
        "Your partner lets changes go on again: try it later, or ask them when that will be."
    ),
    "look_again": lambda facts, now: _("Look at it as it is now, and decide again."),
    "answer_question": lambda facts, now: _("Choose one of the answers."),
    "see_outcome": lambda facts, now: _("The page of the order shows what became of it."),
    "decide_again": lambda facts, now: _("Decide again what happens at the end of the term."),
}
