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
from tenantry.licensing.rules.facts import EndOfTerm, ScheduledAction, ScheduledChange, Status, SubscriptionFacts
from tenantry.licensing.rules.plan import Intent, Plan
from tenantry.licensing.rules.wishes import DecideEndOfTerm, ScheduleQuantity
from tenantry.licensing.rules.wishes import Wish as AnyWish
from tenantry.notices.actions import notify

_CHOICES = {
    ScheduledAction.RENEW: EndOfTerm.RENEW,
    ScheduledAction.TRANSITION: EndOfTerm.RENEW,
    ScheduledAction.END: EndOfTerm.END,
    ScheduledAction.EXTEND: EndOfTerm.EXTEND,
}
_DECIDES = frozenset({Intent.SCHEDULE_CHANGE, Intent.RENEW, Intent.END_AT_TERM, Intent.EXTEND_AT_TERM})
_ENDS = frozenset({Intent.WITHDRAW_SCHEDULE, Intent.CANCEL, Intent.SUSPEND})
# A wish that could not be put back is tried again this much later, in case the hindrance has passed.
_TRY_AGAIN_AFTER = timedelta(hours=1)
_RENEWAL_TAKES_AT_MOST = timedelta(hours=24)


def after_order(
    order: ChangeOrder, plan: Plan, subscription: Subscription, facts: SubscriptionFacts, moment: Moment
) -> None:
    """Remember what the order decided about the end of the term, and put back what Microsoft dropped for it.

    In the transaction that settles the order.
    """
    if plan.write is None:
        return
    by_system = order.actor_kind == ActorKind.SYSTEM
    if plan.write.intent in _ENDS:
        Wish.objects.filter(subscription=subscription).delete()
    elif plan.write.intent in _DECIDES:
        _remember(order, subscription, facts, facts.scheduled_at_term_end, moment, keep_author=by_system)
    else:
        waiting = next(iter(plan.write.put_back), None)
        if waiting is None:
            Wish.objects.filter(subscription=subscription).exclude(choice=EndOfTerm.RENEW, quantity=None).delete()
            return
        _remember(order, subscription, facts, waiting, moment, keep_author=True)
        check(subscription, moment)


def _remember(
    order: ChangeOrder,
    subscription: Subscription,
    facts: SubscriptionFacts,
    change: ScheduledChange | None,
    moment: Moment,
    *,
    keep_author: bool,
) -> None:
    if facts.commitment_end is None:
        return
    choice = _CHOICES.get(change.action) if change else (EndOfTerm.RENEW if facts.auto_renew else EndOfTerm.END)
    if choice is None:
        return
    about = {
        "choice": choice.value,
        "quantity": change.quantity if change and choice is EndOfTerm.RENEW else None,
        "term_end": facts.commitment_end,
        "order": order,
        "lost_at": None,
        "lost_reason": None,
        "seen_at_microsoft_at": None,
    }
    author = {"decided_by": order.actor_label, "decided_at": moment.commerce}
    wish = Wish.objects.filter(subscription=subscription).first()
    if wish is None:
        wish = Wish.objects.create(subscription=subscription, company_id=order.company_id, **about, **author)
    else:
        for name, value in {**about, **({} if keep_author else author)}.items():
            setattr(wish, name, value)
        wish.save()
    if _stands(wish, facts):
        Wish.objects.filter(pk=wish.pk).update(seen_at_microsoft_at=moment.commerce)


def check(subscription: Subscription, moment: Moment) -> None:
    """Compare the kept wish with what Microsoft has, and put it back or raise an alarm.

    In a transaction that holds the subscription's row.
    """
    wish = Wish.objects.filter(subscription=subscription).select_related("order").first()
    if wish is None or subscription.orders.filter(state__in=OPEN_STATES).exists():
        return
    facts = facts_of(subscription)
    if _is_over(wish, facts, moment):
        _term_is_over(wish, facts, moment)
        return
    if _stands(wish, facts):
        if wish.seen_at_microsoft_at is None or wish.lost_at is not None:
            Wish.objects.filter(pk=wish.pk).update(seen_at_microsoft_at=moment.commerce, lost_at=None, lost_reason=None)
        return
    if wish.lost_at is not None and moment.commerce - wish.lost_at < _TRY_AGAIN_AFTER:
        return
    refusal = _put_back(wish, subscription, facts, moment)
    if refusal is not None:
        _lost(wish, subscription, refusal, moment)


def _stands(wish: Wish, facts: SubscriptionFacts) -> bool:
    """Say whether Microsoft will do at the end of the term what the wish says."""
    change = facts.scheduled_at_term_end
    if wish.choice == EndOfTerm.RENEW:
        if not facts.auto_renew:
            return False
        if change is None:
            return wish.quantity in (None, facts.quantity)
        return change.action in (ScheduledAction.RENEW, ScheduledAction.TRANSITION) and (
            wish.quantity is None or change.quantity == wish.quantity
        )
    if facts.auto_renew:
        return False
    if change is None:
        # Switched off without a choice: that was all there was to ending before the extended term.
        return wish.choice == EndOfTerm.END and wish.order is not None and not _has_choice(wish.order)
    return _CHOICES.get(change.action) == wish.choice


def _has_choice(order: ChangeOrder) -> bool:
    write = order.plan.get("write")
    target = write.get("target") if isinstance(write, dict) else None
    return bool(target.get("scheduled")) if isinstance(target, dict) else False


def _put_back(wish: Wish, subscription: Subscription, facts: SubscriptionFacts, moment: Moment) -> Refusal | None:
    if facts.scheduled_at_term_end is not None:
        return Refusal("other_schedule", "wishes_survive", "decide_again")
    if subscription.orders.filter(
        actor_kind=ActorKind.SYSTEM,
        state__in=(OrderState.REFUSED, OrderState.FAILED),
        requested_at__gt=moment.commerce - _TRY_AGAIN_AFTER,
    ).exists():
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
        return ScheduleQuantity(wish.quantity)
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
        or facts.commitment_end > wish.term_end + timedelta(days=1)
        or moment.commerce > wish.term_end + _RENEWAL_TAKES_AT_MOST
    )


def _term_is_over(wish: Wish, facts: SubscriptionFacts, moment: Moment) -> None:
    """Note whether the term ended as wished, and let the wish go."""
    active = facts.status is Status.ACTIVE
    if wish.choice == EndOfTerm.RENEW:
        as_wished = active and bool(facts.auto_renew) and wish.quantity in (None, facts.quantity)
    else:
        as_wished = not active if wish.choice == EndOfTerm.END else active and not facts.auto_renew
    _record(wish, wish.subscription, "wish.came_true" if as_wished else "wish.did_not_come_true", moment, "")
    if not as_wished:
        _tell_lost(wish, wish.subscription, moment)
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
