"""Say of terms that renew by themselves that this is right: it is recorded, and nothing is sent to Microsoft."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from tenantry.audit import actions as audit
from tenantry.kernel.actor import Actor
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.models import OPEN_STATES, Subscription, SubscriptionChange, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import facts_of
from tenantry.licensing.remembering import kept_decision, remember_renewal
from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import EndOfTerm, fingerprint
from tenantry.licensing.rules.kept_decision import is_of_earlier_term
from tenantry.licensing.rules.terms import Outcome, end_of_term
from tenantry.licensing.summary import keep_summary_later


@dataclass(frozen=True, slots=True)
class SeenTerm:
    """A term that somebody says is to renew as it is; ``seen`` is the fingerprint of the subscription as they saw it.

    ``acting_as`` is who says so, for the company that it belongs to.
    """

    company_id: CompanyId
    subscription_id: uuid.UUID
    seen: str
    acting_as: Actor


def confirm_renewal(
    *, acting_as: Actor, company_id: CompanyId, subscription_id: uuid.UUID, seen: str, moment: Moment
) -> Refusal | None:
    """Record that a term is to renew as it does by itself: the question is answered, and nothing is sent to Microsoft.

    Errors: Subscription.DoesNotExist for another company's subscription.
    """
    answer = _confirm(SeenTerm(company_id, subscription_id, seen, acting_as), moment)
    return answer if isinstance(answer, Refusal) else None


def confirm_renewals(terms: Iterable[SeenTerm], moment: Moment) -> dict[uuid.UUID, Refusal | bool]:
    """Record it for several terms, each by itself, and return what came of each.

    True: it is recorded now. False: it stood already, by a double click or by somebody else. What changed since it was
    seen, or is gone, is refused, and the others are recorded all the same.
    """
    answers: dict[uuid.UUID, Refusal | bool] = {}
    for term in terms:
        try:
            answers[term.subscription_id] = _confirm(term, moment)
        except Subscription.DoesNotExist:
            answers[term.subscription_id] = _refuse("changed_meanwhile", "as_seen", "look_again")
    return answers


@transaction.atomic
def _confirm(term: SeenTerm, moment: Moment) -> Refusal | bool:
    subscription = Subscription.objects.select_for_update(of=("self",)).get(
        id=term.subscription_id, company_id=term.company_id
    )
    facts = facts_of(subscription)
    if fingerprint(facts) != term.seen or subscription.gone_at is not None:
        return _refuse("changed_meanwhile", "as_seen", "look_again")
    under_way = subscription.orders.filter(state__in=OPEN_STATES).only("number").first()
    if under_way is not None:
        return _refuse("order_under_way", "one_order_at_a_time", "wait_for_order", number=under_way.number)
    if end_of_term(facts, moment.commerce, BOOK).outcome is not Outcome.RENEWS:
        return _refuse("plan_changed", "as_seen", "look_again")
    kept = Wish.objects.filter(subscription=subscription, lost_at=None).first()
    if kept is not None and not is_of_earlier_term(kept_decision(kept), facts):
        # A double click, or two people at once: the first one has decided it.
        same = kept.choice == EndOfTerm.RENEW and kept.quantity is None
        return False if same else _refuse("plan_changed", "as_seen", "look_again")
    remember_renewal(subscription, facts, term.acting_as.label, moment)
    keep_summary_later(term.company_id, moment.commerce)
    decided = {"decided": EndOfTerm.RENEW.value, "by": term.acting_as.label}
    SubscriptionChange.objects.create(
        company_id=term.company_id,
        subscription=subscription,
        seen_at=moment.commerce,
        before={},
        after=decided,
        source="decision",
    )
    audit.record(
        acting_as=term.acting_as,
        verb="wish.decided",
        subject_kind="subscription",
        subject_id=str(subscription.id),
        subject_name=subscription.offer_name,
        company_id=term.company_id,
        after={"choice": EndOfTerm.RENEW.value, "quantity": facts.quantity, "seen": term.seen},
        rule="end_of_term_choice",
        now=moment.real,
    )
    return True


def _refuse(reason: str, rule: str, next_step: str, **facts: int) -> Refusal:
    return Refusal(reason, rule, next_step, facts)
