"""The words of the trade that a reader meets, each with its explanation, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Term:
    """A word and what it means, in sentences for somebody who reads them four times a year."""

    word: _StrPromise
    text: _StrPromise


TERMS: dict[str, Term] = {
    "nce": Term(
        _("NCE"),
        _(
            "New Commerce Experience: the way Microsoft sells subscriptions today. You commit to a number of seats for "
            "a term. Seats can be added at any time, and taken away only within 7 days of buying them or when "
            "the term ends."
        ),
    ),
    "legacy": Term(
        _("Legacy"),
        _("A subscription from before the New Commerce Experience. Its quantity can go up and down at any time."),
    ),
    "term": Term(
        _("Term"),
        _("How long the commitment to Microsoft lasts: a month, a year or three years. It ends on the renewal date."),
    ),
    "billing_plan": Term(
        _("Billing plan"),
        _("How often the subscription is charged. It does not shorten the commitment: a year paid monthly is a year."),
    ),
    "return_window": Term(
        _("Return window"),
        _(
            "Microsoft takes seats back for 7 days (168 hours) after they were bought or renewed. "
            "Every purchase has a window of its own."
        ),
    ),
    "lot": Term(
        _("Lot"),
        _("Seats that were bought together. Each lot has its own return window."),
    ),
    "auto_renew": Term(
        _("Auto-renew"),
        _("Whether the subscription starts another term by itself when this one ends."),
    ),
    "extended_term": Term(
        _("Extended term"),
        _(
            "When a term ends without a renewal, Microsoft can keep the subscription running month by month at a "
            "higher price. It can be cancelled or renewed from there."
        ),
    ),
    "scheduled_change": Term(
        _("Scheduled change"),
        _("A change that Microsoft carries out when the term ends. Until then it can be altered or withdrawn."),
    ),
    "trial": Term(
        _("Trial"),
        _("A subscription that costs nothing for a limited time. What follows it is decided before it ends."),
    ),
    "assigned": Term(
        _("Assigned seats"),
        _("Seats that are given to people in your Microsoft 365, counted for the product over all your subscriptions."),
    ),
    "free": Term(
        _("Free seats"),
        _(
            "Seats of a product that nobody has, counted in your Microsoft 365 over all subscriptions of the product, "
            "whoever sold them."
        ),
    ),
    "direct_csp": Term(
        _("Direct CSP"),
        _("The partner buys from Microsoft directly through this connection, and a live test call was answered well."),
    ),
    "connection": Term(
        _("Partner connection"),
        _("A Partner Center account whose administrator has granted this portal access."),
    ),
    "tenant": Term(
        _("Tenant"),
        _("A customer's own space at Microsoft, as Partner Center lists it."),
    ),
    "catalogue": Term(
        _("Catalogue"),
        _("The offers that a company may order."),
    ),
    "stop_switch": Term(
        _("Stop switch"),
        _("While it is on, nothing is sent to Microsoft. Pages can be read, and orders wait or can be withdrawn."),
    ),
}
