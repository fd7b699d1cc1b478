"""Keep what a company wished for the end of a term: Microsoft drops schedules, the wish survives here.

A wish is put back by an order of its own after Microsoft has dropped it. What somebody else scheduled against a wish is
never overwritten: it raises an alarm, and a person decides.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from tenantry.audit import actions as audit
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.refusals import Refusal, refusal_to_json
from tenantry.licensing import actions
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import facts_of
from tenantry.licensing.remembering import is_of_earlier_term, more_than_seats, remember, stands
from tenantry.licensing.rules.facts import EndOfTerm, Status, SubscriptionFacts
from tenantry.licensing.rules.plan import Plan
from tenantry.licensing.rules.wishes import DecideEndOfTerm, ScheduleQuantity
from tenantry.licensing.rules.wishes import Wish as AnyWish
from tenantry.notices.actions import notify

# A wish that could not be put back is tried again this much later, in case the hindrance has passed.
_TRY_AGAIN_AFTER = timedelta(hours=1)
# As often a wish is put back in that time: whoever takes it out again and again at Microsoft has to talk to a person.
_MOST_PUT_BACKS = 6
_RENEWAL_TAKES_AT_MOST = timedelta(hours=24)


def after_order(
    order: ChangeOrder, plan: Plan, subscription: Subscription, facts: SubscriptionFacts, moment: Moment
) -> None:
    """Remember what an order that acted decided about the end of the term, and put back what Microsoft dropped.

    In the transaction that settles the order.
    """
    remember(order, plan, subscription, facts, moment)
    check(subscription, moment)


def check(subscription: Subscription, moment: Moment) -> None:
    """Compare the kept wish with what Microsoft has, and put it back or raise an alarm.

    In a transaction that holds the subscription's row.
    """
    wish = Wish.objects.filter(subscription=subscription).select_related("order").first()
    if wish is None or subscription.orders.filter(state__in=OPEN_STATES).exists():
        return
    facts = facts_of(subscription)
    if _is_over(wish, facts, moment):
        _term_is_over(wish, subscription, facts, moment)
        return
    if stands(wish, facts):
        if wish.seen_at_microsoft_at is None or wish.lost_at is not None:
            Wish.objects.filter(pk=wish.pk).update(seen_at_microsoft_at=moment.commerce, lost_at=None, lost_reason=None)
        return
    if wish.lost_at is not None and moment.commerce - wish.lost_at < _TRY_AGAIN_AFTER:
        return
    refusal = _put_back(wish, subscription, facts, moment)
    if refusal is not None:
        _lost(wish, subscription, refusal, moment)


def _put_back(wish: Wish, subscription: Subscription, facts: SubscriptionFacts, moment: Moment) -> Refusal | None:
    if facts.scheduled_at_term_end is not None:
        return Refusal("other_schedule", "wishes_survive", "decide_again")
    if wish.order_id is None and not facts.auto_renew:
        # It was to renew by itself: somebody has switched that off on purpose. Only a person may buy another term.
        return Refusal("switched_off", "wishes_survive", "decide_again")
    if not facts.auto_renew and more_than_seats(wish) is not None:
        return Refusal("put_back_refused", "wishes_survive", "decide_again")
    lately = subscription.orders.filter(
        actor_kind=ActorKind.SYSTEM, requested_at__gt=moment.commerce - _TRY_AGAIN_AFTER
    )
    failed = lately.filter(state__in=(OrderState.REFUSED, OrderState.FAILED))
    if failed.exists() or lately.count() >= _MOST_PUT_BACKS:
        return Refusal("put_back_refused", "wishes_survive", "decide_again")
    label = _label(wish)
    placed = actions.place_system_order(
        acting_as=Actor(ActorKind.SYSTEM, "", "Tenantry", label),
        subscription=subscription,
        facts=facts,
        wish=_as_wish(wish, facts),
        moment=moment,
    )
    return placed if isinstance(placed, Refusal) else None


def _as_wish(wish: Wish, facts: SubscriptionFacts) -> AnyWish:
    if wish.choice == EndOfTerm.RENEW and wish.quantity is not None and facts.auto_renew:
        return ScheduleQuantity(wish.quantity, more_than_seats(wish))
    return DecideEndOfTerm(EndOfTerm(wish.choice), wish.quantity)


def _label(wish: Wish) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return (_("Tenantry, keeping the wish of %(who)s") % {"who": wish.decided_by})[:300]


def after_refusal(order: ChangeOrder, moment: Moment) -> None:
    """Raise the alarm when the order that was to put a wish back did not succeed; in its transaction."""
    if order.actor_kind != ActorKind.SYSTEM:
        return
    wish = Wish.objects.filter(subscription_id=order.subscription_id).first()
    if wish is not None:
        _lost(wish, order.subscription, Refusal("put_back_refused", "wishes_survive", "decide_again"), moment)


def _lost(wish: Wish, subscription: Subscription, refusal: Refusal, moment: Moment) -> None:
    first = wish.lost_at is None
    Wish.objects.filter(pk=wish.pk).update(lost_at=moment.commerce, lost_reason=refusal_to_json(refusal))
    if not first:
        return
    _record(wish, subscription, "wish.lost", moment, refusal.reason)
    _tell_lost(wish, subscription, moment)


def _is_over(wish: Wish, facts: SubscriptionFacts, moment: Moment) -> bool:
    """Say whether the term that the wish is about has ended, or the subscription with it."""
    return (
        facts.status is not Status.ACTIVE
        or facts.commitment_end is None
        or is_of_earlier_term(wish, facts)
        or moment.commerce > wish.term_end + _RENEWAL_TAKES_AT_MOST
    )


def _term_is_over(wish: Wish, subscription: Subscription, facts: SubscriptionFacts, moment: Moment) -> None:
    """Note whether the term ended as wished, and let the wish go. What Microsoft no longer lists has not renewed."""
    active = facts.status is Status.ACTIVE and subscription.gone_at is None
    if wish.choice == EndOfTerm.RENEW:
        as_wished = active and bool(facts.auto_renew) and wish.quantity in (None, facts.quantity)
    else:
        as_wished = not active if wish.choice == EndOfTerm.END else active and not facts.auto_renew
    _record(wish, subscription, "wish.came_true" if as_wished else "wish.did_not_come_true", moment, "")
    if not as_wished:
        _tell_lost(wish, subscription, moment)
    wish.delete()


def _record(wish: Wish, subscription: Subscription, verb: str, moment: Moment, outcome: str) -> None:
    audit.record(
        acting_as=Actor.system(),
        verb=verb,
        subject_kind="subscription",
        subject_id=str(subscription.id),
        subject_name=subscription.offer_name,
        company_id=wish.company_id,
        after={"choice": wish.choice, "quantity": wish.quantity, "term_end": wish.term_end.isoformat()},
        outcome=outcome,
        now=moment.real,
    )


def _tell_lost(wish: Wish, subscription: Subscription, moment: Moment) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("A scheduled change is not at Microsoft: %(what)s") % {"what": subscription.offer_name[:120]}
        body = _(
            "What was decided for the end of this term does not stand at Microsoft, and could not be put back.\n\n"
            "Company: %(company)s\nSubscription: %(subscription)s\nDecided by: %(who)s\n"
            "The term ends: %(end)s\n\n%(url)s/c/%(company_id)s/subscriptions/%(id)s/"
        ) % {
            "company": subscription.company.name,
            "subscription": subscription.friendly_name or subscription.offer_name,
            "who": wish.decided_by,
            "end": wish.term_end.strftime("%Y-%m-%d %H:%M UTC"),
            "url": settings.PORTAL_URL,
            "company_id": subscription.company_id,
            "id": subscription.id,
        }
        notify(
            kind="schedule_lost",
            subject=subject,
            body=body,
            company_id=wish.company_id,
            subject_id=f"{subscription.id}:{moment.commerce.date().isoformat()}",
            now=moment.real,
        )
