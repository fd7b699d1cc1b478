"""What follows from a change, what to read first, and what is asked back."""

from collections.abc import Callable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.kernel.dates import day, moment
from tenantry.kernel.refusals import Facts
from tenantry.licensing.rules.effects import ending_facts
from tenantry.licensing.rules.facts import BillingPlan, Term
from tenantry.licensing.rules.plan import Caution, Consequence, Option, Question, When
from tenantry.licensing.rules.terms import Ending
from tenantry.licensing.rules.wishes import ScheduleHandling
from tenantry.licensing.texts.labels import term_text
from tenantry.licensing.texts.words import instant, number, seats

Sentence = Callable[[Facts, datetime | None, datetime | None], str]

_WHEN: dict[When, str | Promise] = {
    When.NOW: gettext_lazy("Now"),
    When.UNTIL: gettext_lazy("Meanwhile"),
    When.AT_TERM_END: gettext_lazy("At the end"),
    When.LATER: gettext_lazy("Afterwards"),
}


def when_text(first: Consequence) -> str:
    """Name the group that a consequence begins; it stands above their sentences."""
    return str(_WHEN[first.when])


def is_about_returns(first: Consequence) -> bool:
    """Say whether the group that a consequence begins is about returning seats: a decision is not returned."""
    return first.when is When.UNTIL and first.key != "can_be_changed"


def consequence_text(consequence: Consequence, now: datetime | None = None) -> str:
    """Return the sentence of a consequence."""
    return CONSEQUENCES[consequence.key](consequence.facts, consequence.at, now)


def ending_text(ending: Ending, now: datetime | None = None) -> str:
    """Say what happens at the end of the term if nobody acts."""
    return CONSEQUENCES[f"end_{ending.outcome.value}"](ending_facts(ending), ending.at, now)


def caution_text(caution: Caution, now: datetime | None = None) -> str:
    """Return the sentence to read before confirming."""
    return CAUTIONS[caution.key](caution.facts, now)


def question_text(question: Question, now: datetime | None = None) -> str:
    """Return the question; its answers are `option_text` of its options."""
    return QUESTIONS[question.key](question.facts, now)


def option_text(option: Option, question: Question) -> str:
    """Return one answer to the question about a scheduled number: "10 (8 + your 2)"."""
    scheduled = number(question.facts, "scheduled")
    change = number(question.facts, "after") - number(question.facts, "before")
    known = {"number": option.quantity, "scheduled": scheduled, "change": abs(change)}
    match option.answer:
        case ScheduleHandling.KEEP:
            return _("%(number)d (as planned)") % known
        case ScheduleHandling.SHIFT if change > 0:
            return _("%(number)d (%(scheduled)d + your %(change)d)") % known
        case ScheduleHandling.SHIFT:
            return _("%(number)d (%(scheduled)d − your %(change)d)") % known
        case ScheduleHandling.DROP if change > 0:
            return _("%(number)d (keep them all)") % known
        case ScheduleHandling.DROP:
            return _("%(number)d (the same as from now on)") % known


def _seats(facts: Facts, name: str = "seats") -> str:
    return seats(number(facts, name))


def _added(facts: Facts) -> str:
    count = number(facts, "seats")
    return ngettext("the added seat", "the added %(n)d seats", count) % {"n": count}


def _day(at: datetime | None, now: datetime | None) -> str:
    return day(at, now) if at else _("the last day of the term")


def _moment(at: datetime | None, now: datetime | None) -> str:
    return moment(at, now) if at else _("the end of the term")


def _surcharge(facts: Facts) -> str:
    """Put the surcharge into words whose figures and signs stay on one line."""
    low, high = number(facts, "surcharge"), number(facts, "surcharge_at_most")
    if low == high:
        return _("%(percent)d\u00a0%%") % {"percent": low}
    return _("%(low)d\u00a0%% (%(high)d\u00a0%% where there is no monthly plan)") % {"low": low, "high": high}


def _changed(facts: Facts) -> str:
    """Name the term of the renewal where the scheduled change names one."""
    if "term" not in facts:
        return _seats(facts, "quantity")
    term = term_text(Term(str(facts["term"])), BillingPlan(str(facts["billing_plan"])))
    return _("%(seats)s (%(term)s)") % {"seats": _seats(facts, "quantity"), "term": term}


def _below_assigned(facts: Facts, now: datetime | None) -> str:
    remaining, at = number(facts, "remaining"), instant(facts, "at")
    counted = {
        "assigned": _seats(facts, "assigned"),
        "remaining": str(remaining) if remaining else _("none"),
        "short": number(facts, "short"),
    }
    if at is None:
        sentence = _(
            "%(assigned)s of this product are assigned, and %(remaining)s would remain: take %(short)d away "
            "from people first."
        )
        return sentence % counted
    return _(
        "%(assigned)s of this product are assigned, and %(remaining)s would remain after %(day)s: take "
        "%(short)d away from people first."
    ) % {**counted, "day": day(at, now)}


CONSEQUENCES: dict[str, Sentence] = {
    "seats_added": lambda facts, at, now: (
        _("You get %(seats)s more: %(after)d instead of %(before)d.")
        % {"seats": _seats(facts), "before": number(facts, "before"), "after": number(facts, "after")}
    ),
    "seats_returned": lambda facts, at, now: (
        _("You return %(seats)s: %(after)d instead of %(before)d.")
        % {"seats": _seats(facts), "before": number(facts, "before"), "after": number(facts, "after")}
    ),
    "refund_prorated": lambda facts, at, now: _("Microsoft pays back the unused days and charges those used."),
    "refund_full": lambda facts, at, now: (
        _("Microsoft pays back everything: cancelling is free until %(moment)s.") % {"moment": _moment(at, now)}
    ),
    "access_stops": lambda facts, at, now: (
        _("Everybody who uses one of your %(seats)s loses access at once.") % {"seats": _seats(facts)}
    ),
    "seats_stop": lambda facts, at, now: _("Your %(seats)s stop at once.") % {"seats": _seats(facts)},
    "access_returns": lambda facts, at, now: _("Your %(seats)s can be used again.") % {"seats": _seats(facts)},
    "charges_stop": lambda facts, at, now: _("Microsoft stops charging for it."),
    "charges_start": lambda facts, at, now: _("Microsoft charges for it again."),
    "nothing_changes_now": lambda facts, at, now: (
        _("Nothing changes: you keep your %(seats)s.") % {"seats": _seats(facts, "quantity")}
    ),
    "renews_out_of_extended": lambda facts, at, now: (
        _(
            "Microsoft starts a new term (%(term)s) when the running month ends, at the latest, and you commit to your "
            "%(seats)s for it."
        )
        % {"seats": _seats(facts, "quantity"), "term": term_text(Term(str(facts["term"])))}
    ),
    "added_can_be_returned": lambda facts, at, now: (
        _("You can return %(added)s until %(moment)s.") % {"added": _added(facts), "moment": _moment(at, now)}
    ),
    "rest_can_be_returned": lambda facts, at, now: (
        _("You can return %(seats)d more, at least until %(moment)s. Microsoft decides which purchase goes first.")
        % {"seats": number(facts, "seats"), "moment": _moment(at, now)}
    ),
    "can_be_changed": lambda facts, at, now: (
        _("You can change your mind until %(moment)s.") % {"moment": _moment(at, now)}
    ),
    "seats_committed": lambda facts, at, now: (
        _("After that you commit to %(added)s until %(day)s.") % {"added": _added(facts), "day": _day(at, now)}
    ),
    "legacy_can_go_down": lambda facts, at, now: _("You can return %(added)s at any time.") % {"added": _added(facts)},
    # No plan says this any more; orders from before more seats of software were refused still do.
    "software_stays": lambda facts, at, now: (
        _("You cannot return %(added)s: Microsoft takes no software seats back.") % {"added": _added(facts)}
    ),
    "deleted_after_suspension": lambda facts, at, now: (
        _("Microsoft deletes it after %(day)s if it is not used again.") % {"day": _day(at, now)}
    ),
    "not_recoverable": lambda facts, at, now: _("Its data is deleted after a while."),
    "renewal_opens_window": lambda facts, at, now: (
        ngettext(
            "After the renewal you can return seats for %(hours)d hour.",
            "After the renewal you can return seats for %(hours)d hours.",
            number(facts, "hours"),
        )
        % {"hours": number(facts, "hours")}
    ),
    "extended_can_be_left": lambda facts, at, now: _("In the extended term you can renew or cancel at any time."),
    "expired_grace": lambda facts, at, now: (
        ngettext(
            "Access goes on for %(days)d day without charge; then it stops.",
            "Access goes on for %(days)d days without charge; then it stops.",
            number(facts, "days"),
        )
        % {"days": number(facts, "days")}
    ),
    "end_renews": lambda facts, at, now: (
        _("On %(day)s it renews with %(seats)s.") % {"day": _day(at, now), "seats": _seats(facts, "quantity")}
    ),
    "end_renews_changed": lambda facts, at, now: (
        _("On %(day)s it renews with a change: %(seats)s.") % {"day": _day(at, now), "seats": _changed(facts)}
    ),
    "end_upgrades": lambda facts, at, now: (
        _("On %(day)s it moves to another product with %(seats)s.") % {"day": _day(at, now), "seats": _changed(facts)}
    ),
    "end_converts": lambda facts, at, now: (
        _("On %(day)s the trial becomes a paid subscription: %(seats)s.")
        % {"day": _day(at, now), "seats": _changed(facts)}
    ),
    "end_ends": lambda facts, at, now: _("On %(day)s it ends, and access stops.") % {"day": _day(at, now)},
    "end_extends": lambda facts, at, now: (
        _(
            "After %(day)s it goes on month by month with %(seats)s, in the extended term: the monthly price plus "
            "%(surcharge)s."
        )
        % {"day": _day(at, now), "seats": _seats(facts, "quantity"), "surcharge": _surcharge(facts)}
    ),
    "end_stays_extended": lambda facts, at, now: (
        _("It goes on month by month with %(seats)s, until you renew or cancel it.")
        % {"seats": _seats(facts, "quantity")}
    ),
    "end_expires": lambda facts, at, now: _("On %(day)s it expires.") % {"day": _day(at, now)},
    "end_lapses": lambda facts, at, now: (
        _("It is suspended; on %(day)s its term is over for good.") % {"day": _day(at, now)}
    ),
    "end_nothing": lambda facts, at, now: _("It has no term that ends."),
    "end_unknown": lambda facts, at, now: (
        _("What happens on %(day)s is not known: Microsoft does not say clearly.") % {"day": _day(at, now)}
    ),
}

CAUTIONS: dict[str, Callable[[Facts, datetime | None], str]] = {
    "below_assigned": lambda facts, now: _below_assigned(facts, now),
    "schedule_put_back": lambda facts, now: _(
        "Microsoft drops what is scheduled for the end of the term when seats change. It is put back right after that."
    ),
    "schedule_taken_back": lambda facts, now: _("What was scheduled for the end of the term is dropped."),
    "schedule_not_understood": lambda facts, now: _(
        "Something is scheduled for later that is not understood here. Microsoft drops it, and it cannot be put back."
    ),
    "access_will_stop": lambda facts, now: (
        _(
            "When the term ends, everybody who uses one of your %(seats)s loses access, and the subscription cannot be "
            "brought back."
        )
        % {"seats": _seats(facts)}
    ),
    "cancelling_is_final": lambda facts, now: (
        _(
            "Cancelling is final: everybody who uses one of your %(seats)s loses access now, and the subscription "
            "cannot be brought back."
        )
        % {"seats": _seats(facts)}
    ),
    "seats_will_stop": lambda facts, now: (
        _("When the term ends, your %(seats)s stop, and the subscription cannot be brought back.")
        % {"seats": _seats(facts)}
    ),
    "cancelling_stops_seats": lambda facts, now: (
        _("Cancelling is final: your %(seats)s stop now, and the subscription cannot be brought back.")
        % {"seats": _seats(facts)}
    ),
    "access_stops_now": lambda facts, now: (
        _("Everybody who uses one of your %(seats)s loses access now.") % {"seats": _seats(facts)}
    ),
}

QUESTIONS: dict[str, Callable[[Facts, datetime | None], str]] = {
    "schedule": lambda facts, now: (
        (
            _("On %(day)s you go down to %(scheduled)d. Keep that?")
            if number(facts, "scheduled") < number(facts, "before")
            else _("On %(day)s you go up to %(scheduled)d. Keep that?")
        )
        % {"day": _day(instant(facts, "at"), now), "scheduled": number(facts, "scheduled")}
    ),
}
