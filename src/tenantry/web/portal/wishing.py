"""How a wish travels: in an address, in a form, and sealed with the plan that was shown for it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlencode

from django import forms
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenantry.licensing.rules.facts import EndOfTerm, SubscriptionFacts, SubscriptionKind, fingerprint
from tenantry.licensing.rules.plan import Plan, plan_from_json, plan_to_json
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleHandling,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)
from tenantry.people.permissions import Permission
from tenantry.web.numbers import WholeNumberField

MOST_SEATS = 100_000
SURE = "sure"  # the tick of a form that confirms something dangerous
_SALT = "portal.plan"
_HOW_MANY = _("Type how many seats you want.")
_FROM_WHEN = _("Choose from when on the new number counts.")
_NUMBERS = {
    "invalid": _("Type the number of seats as a whole number without points or commas, such as 1000."),
    "min_value": _("There are no fewer seats than 0. Type how many you want in the end."),
    "max_value": _("Type a number of seats up to 100,000."),  # a translation groups the digits in its own way
}


class Door(Enum):
    """The page that a wish belongs to: what one needs to be let in, and its address."""

    CHANGE = Permission.CHANGE_QUANTITY
    END_OF_TERM = Permission.DECIDE_END
    STOP = Permission.CANCEL

    def url(self, company_id: uuid.UUID, subscription_id: uuid.UUID) -> str:
        """Return the address of the page."""
        return reverse(f"portal:{self.name.lower()}", args=[company_id, subscription_id])


def door_of(wish: Wish) -> Door:
    """Say which page a wish belongs to."""
    match wish:
        case SetQuantity() | ScheduleQuantity() | WithdrawSchedule():
            return Door.CHANGE
        case DecideEndOfTerm():
            return Door.END_OF_TERM
        case Cancel() | Reactivate():
            return Door.STOP


def address_of(wish: Wish, company_id: uuid.UUID, subscription_id: uuid.UUID) -> str:
    """Return the address that shows what a wish would do."""
    query = urlencode(_query(wish))
    address = door_of(wish).url(company_id, subscription_id)
    return f"{address}?{query}" if query else address


def _query(wish: Wish) -> dict[str, str]:
    match wish:
        case SetQuantity(quantity, answer):
            return {"seats": str(quantity), "when": "now"} | ({"schedule": answer.value} if answer else {})
        case ScheduleQuantity(quantity):
            return {"seats": str(quantity), "when": "renewal"}
        case WithdrawSchedule():
            return {"withdraw": "yes"}
        case DecideEndOfTerm(choice, quantity):
            return {"choice": choice.value} | ({} if quantity is None else {"seats": str(quantity)})
        case Cancel():
            return {}
        case Reactivate():
            return {"again": "yes"}


class SeatsForm(forms.Form):
    """The planner: how many seats, from when on, and what becomes of a number that waits for the renewal."""

    seats = WholeNumberField(
        label=_("Seats"), min_value=0, max_value=MOST_SEATS, error_messages={"required": _HOW_MANY} | _NUMBERS
    )
    when = forms.ChoiceField(
        label=_("When"),
        choices=[("now", _("Now")), ("renewal", _("At the renewal"))],
        widget=forms.RadioSelect,
        error_messages={"required": _FROM_WHEN, "invalid_choice": _FROM_WHEN},
    )
    schedule = forms.ChoiceField(choices=[(one.value, one.value) for one in ScheduleHandling], required=False)

    def clean(self) -> None:
        """Take an answer that was never offered for none, so that the question is asked: no field shows its error."""
        if self.errors.pop("schedule", None):
            self.cleaned_data["schedule"] = ""

    def wish(self) -> SetQuantity | ScheduleQuantity:
        """Return what a valid form wishes for."""
        if self.cleaned_data["when"] == "renewal":
            return ScheduleQuantity(self.cleaned_data["seats"])
        answer = self.cleaned_data["schedule"]
        return SetQuantity(self.cleaned_data["seats"], ScheduleHandling(answer) if answer else None)


class EndForm(forms.Form):
    """How the term is to end, and with how many seats the next one starts."""

    choice = forms.ChoiceField(
        choices=[
            (EndOfTerm.RENEW.value, _("Renew")),
            (EndOfTerm.END.value, _("End")),
            (EndOfTerm.EXTEND.value, _("Go on month by month")),
        ],
        widget=forms.RadioSelect,
    )
    seats = WholeNumberField(
        label=_("Seats of the next term"),
        min_value=1,
        max_value=MOST_SEATS,
        required=False,
        error_messages=_NUMBERS | {"min_value": _("With 0 seats there is nothing to renew. Choose “End” instead.")},
    )

    def clean(self) -> None:
        """Ask nobody for seats that do not count: only a renewal has any."""
        if self.cleaned_data.get("choice") not in (None, EndOfTerm.RENEW.value):
            self.errors.pop("seats", None)
            self.cleaned_data["seats"] = None

    def wish(self, facts: SubscriptionFacts) -> DecideEndOfTerm:
        """Return what a valid form wishes for; the seats count for a renewal of seats that have schedules only."""
        choice = EndOfTerm(self.cleaned_data["choice"])
        counts = choice is EndOfTerm.RENEW and facts.kind is SubscriptionKind.NCE
        return DecideEndOfTerm(choice, self.cleaned_data["seats"] if counts else None)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person saw when they confirmed: the wish, its plan, the subscription's fingerprint, the form's name."""

    wish: Wish
    plan: Plan
    seen: str
    form_key: uuid.UUID


def seal_plan(plan: Plan, facts: SubscriptionFacts, subscription_id: uuid.UUID, person_id: uuid.UUID) -> str:
    """Sign a plan for the form that confirms it, so that nobody can alter what was shown."""
    shown = {"plan": plan_to_json(plan), "seen": fingerprint(facts), "key": str(uuid.uuid4())}
    return signing.dumps(shown, salt=_salt(subscription_id, person_id), compress=True)


def open_plan(token: str, subscription_id: uuid.UUID, person_id: uuid.UUID) -> Shown | None:
    """Read what a form confirms; None for anything that was not made for this person and subscription."""
    try:
        shown = signing.loads(token, salt=_salt(subscription_id, person_id))
        plan = plan_from_json(shown["plan"])
    except (signing.BadSignature, ValueError):
        return None
    return Shown(plan.wish, plan, shown["seen"], uuid.UUID(shown["key"]))


def seal_seen(facts: SubscriptionFacts, subscription_id: uuid.UUID, person_id: uuid.UUID) -> str:
    """Sign what a person saw of a subscription, for the form that confirms its renewal."""
    return signing.dumps(fingerprint(facts), salt=f"seen.{_salt(subscription_id, person_id)}")


def open_seen(token: str, subscription_id: uuid.UUID, person_id: uuid.UUID) -> str:
    """Read the fingerprint that was seen; empty for anything that was not made for this person and subscription."""
    try:
        return str(signing.loads(token, salt=f"seen.{_salt(subscription_id, person_id)}"))
    except signing.BadSignature:
        return ""


def seal_terms(seen: Mapping[uuid.UUID, str], person_id: uuid.UUID) -> str:
    """Sign what a person saw of several subscriptions, as fingerprints, for the form that confirms their renewal."""
    return signing.dumps({str(row_id): digest for row_id, digest in seen.items()}, salt=_terms_salt(person_id))


def open_terms(token: str, person_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Read what was seen, by subscription; empty for anything that was not made for this person."""
    try:
        found = signing.loads(token, salt=_terms_salt(person_id))
    except signing.BadSignature:
        return {}
    return {uuid.UUID(row_id): digest for row_id, digest in found.items()}


def _terms_salt(person_id: uuid.UUID) -> str:
    return f"terms.{_SALT}:{person_id}"


def _salt(subscription_id: uuid.UUID, person_id: uuid.UUID) -> str:
    return f"{_SALT}:{subscription_id}:{person_id}"
