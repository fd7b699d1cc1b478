"""Words of the trade that a customer meets, explained once; and the rules by name."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from tenantry.licensing.rules.book import RuleName

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Explanation:
    """A word and what it means."""

    word: Text
    meaning: Text


GLOSSARY: dict[str, Explanation] = {
    "nce": Explanation(
        gettext_lazy("NCE"),
        gettext_lazy(
            "New Commerce Experience: Microsoft's present way of selling seats. You commit to a number of seats for a "
            "term, and can add to them at any time."
        ),
    ),
    "legacy": Explanation(
        gettext_lazy("Legacy"),
        gettext_lazy("Microsoft's earlier way of selling seats: their number can go up and down at any time."),
    ),
    "term": Explanation(
        gettext_lazy("Term"),
        gettext_lazy("How long you commit to your seats: one month, one year or three years. Then it renews or ends."),
    ),
    "billing_plan": Explanation(
        gettext_lazy("Billing plan"),
        gettext_lazy("How often the term is paid: every month, every year, or all at once."),
    ),
    "return_window": Explanation(
        gettext_lazy("Return window"),
        gettext_lazy(
            "The days after a purchase or a renewal in which Microsoft takes seats back. Seats added later have a "
            "return window of their own."
        ),
    ),
    "lot": Explanation(
        gettext_lazy("Lot"),
        gettext_lazy("Seats that were bought at the same moment. Each lot has its own return window."),
    ),
    "scheduled_change": Explanation(
        gettext_lazy("Scheduled change"),
        gettext_lazy(
            "A change that Microsoft makes at the end of the term. Until then it can be changed or taken back."
        ),
    ),
    "auto_renew": Explanation(
        gettext_lazy("Renewal"),
        gettext_lazy(
            "At the end of its term a subscription starts a new term of the same length by itself, if it may."
        ),
    ),
    "extended_term": Explanation(
        gettext_lazy("Extended term"),
        gettext_lazy(
            "When a term ends without renewal and without a decision to stop, Microsoft lets it go on month by month "
            "at a higher price. You can renew or cancel it at any time then."
        ),
    ),
}

_RULES: dict[RuleName, Text] = {
    RuleName.ADD_ANY_TIME: gettext_lazy("Seats can be added at any time."),
    RuleName.RETURN_WINDOW: gettext_lazy("Seats can be returned only inside their return window."),
    RuleName.CANCEL_WINDOW: gettext_lazy("A subscription can be cancelled until the moment that Microsoft names."),
    RuleName.FULL_REFUND: gettext_lazy("Cancelling in the first day costs nothing."),
    RuleName.SCHEDULE_AT_TERM_END: gettext_lazy("Changes can be scheduled for the end of the term."),
    RuleName.SCHEDULE_NEEDS_RENEWAL: gettext_lazy("Scheduled changes need a subscription that renews."),
    RuleName.SCHEDULE_DROPPED: gettext_lazy("A change at once makes Microsoft drop what is scheduled."),
    RuleName.END_OF_TERM_CHOICE: gettext_lazy("A term renews, ends, or rolls into the extended term."),
    RuleName.EXTENDED_TERM: gettext_lazy("In the extended term one can renew, cancel and upgrade only."),
    RuleName.EXPIRY_GRACE: gettext_lazy("Without an extended term, access goes on for a while after expiry."),
    RuleName.END_OF_SALE: gettext_lazy("What Microsoft no longer sells cannot renew."),
    RuleName.LEGACY_ANY_TIME: gettext_lazy("Legacy seats go up and down at any time, and have no schedules."),
    RuleName.LEGACY_SUSPENDS: gettext_lazy("Legacy subscriptions are suspended, not cancelled."),
    RuleName.SOFTWARE_SEATS_STAY: gettext_lazy("The number of software seats stays as it was ordered."),
    RuleName.SOFTWARE_RETURN: gettext_lazy("Software is returned through its order."),
    RuleName.KIND_WITHOUT_SEATS: gettext_lazy("Only seats can be changed here."),
    RuleName.TRIAL_IS_FIXED: gettext_lazy("Trials cannot be changed."),
    RuleName.STATUS_ALLOWS: gettext_lazy("Only active subscriptions can be changed."),
    RuleName.RENEWAL_RUNS: gettext_lazy("Nothing can be changed while Microsoft renews."),
    RuleName.TERM_IS_OVER: gettext_lazy("Nothing can be changed once the term is over."),
    RuleName.ZERO_IS_NO_QUANTITY: gettext_lazy("No seats is no quantity."),
    RuleName.SEAT_LIMITS: gettext_lazy("A product has a smallest and a largest number of seats."),
    RuleName.PROMOTION_LIMIT: gettext_lazy("A promotion covers a largest number of seats."),
    RuleName.UPDATE_LIMIT: gettext_lazy("Microsoft counts the changes of a subscription."),
    RuleName.ASSIGNED_SEATS: gettext_lazy("Seats that people use are warned about."),
    RuleName.SOMETHING_CHANGES: gettext_lazy("A change has to change something."),
}


def rule_text(name: str) -> str:
    """Name a rule by its sentence, for the page and the records."""
    return str(_RULES[RuleName(name)])
