"""Keep what a company wished for the end of a term: Microsoft drops schedules, the wish survives here.

A wish is put back by an order of its own after Microsoft has dropped it. What somebody else scheduled against a wish,
and what would commit to another term, is for a person to decide: the page and the notification address are told.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from tenantry.audit import actions as audit
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.columns import fit
from tenantry.kernel.refusals import Refusal, refusal_to_json
from tenantry.licensing import actions
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import facts_of
from tenantry.licensing.remembering import kept_decision, remember
from tenantry.licensing.rules.facts import EndOfTerm, SubscriptionFacts
from tenantry.licensing.rules.kept_decision import KeptDecision, KeptState, compare
from tenantry.licensing.rules.plan import Plan
from tenantry.licensing.rules.wishes import DecideEndOfTerm, ScheduleQuantity
from tenantry.licensing.rules.wishes import Wish as AnyWish
from tenantry.licensing.summary import keep_summary_later
from tenantry.licensing.texts import refusal_text, wish_text
from tenantry.notices.actions import notify

# A wish that could not be put back is tried again this much later, in case the hindrance has passed.
_TRY_AGAIN_AFTER = timedelta(hours=1)
# As often a wish is put back in that time: whoever takes it out again and again at Microsoft has to talk to a person.
_MOST_PUT_BACKS = 6


def after_order(
    order: ChangeOrder, plan: Plan, subscription: Subscription, facts: SubscriptionFacts, moment: Moment
) -> None:
    """Remember what an order that acted decided about the end of the term, and put back what Microsoft dropped.

    In the transaction that settles the order.
    """
    remember(order, plan, subscription, facts, moment)
    check(subscription, moment)


def check(subscription: Subscription, moment: Moment) -> None:
    """Compare the kept wish with what Microsoft has, and put it back or ask a person.

    In a transaction that holds the subscription's row.
    """
    wish = Wish.objects.filter(subscription=subscription).select_related("order").first()
    if wish is None or subscription.orders.filter(state__in=OPEN_STATES).exists():
        return
    facts, kept = facts_of(subscription), kept_decision(wish)
    listed = subscription.gone_at is None
    found = compare(kept, facts, moment.commerce, listed=listed)
    if found.state in (KeptState.CAME_TRUE, KeptState.DID_NOT_COME_TRUE):
        # A decision ends once, and when it is counts: the clock of a rehearsal may have been moved within the second
        # for which a reading of it is kept.
        clock.read_commerce_clock_again()
        found = compare(kept, facts, max(moment.commerce, clock.commerce_now()), listed=listed)
    match found.state:
        case KeptState.HELD:
            return
        case KeptState.STANDS:
            if wish.seen_at_microsoft_at is None or wish.lost_at is not None:
                Wish.objects.filter(pk=wish.pk).update(
                    seen_at_microsoft_at=moment.commerce, lost_at=None, lost_reason=None
                )
        case KeptState.CAME_TRUE | KeptState.DID_NOT_COME_TRUE:
            _term_is_over(wish, subscription, found.state, moment)
        case KeptState.ASK:
            _ask(wish, subscription, Refusal(found.reason, "wishes_survive", "decide_again", found.facts), moment)
        case KeptState.PUT_BACK:
            if wish.lost_at is not None and moment.commerce - wish.lost_at < _TRY_AGAIN_AFTER:
                return
            refusal = _put_back(kept, wish, subscription, facts, moment)
            if refusal is not None:
                _ask(wish, subscription, refusal, moment)


def _put_back(
    kept: KeptDecision, wish: Wish, subscription: Subscription, facts: SubscriptionFacts, moment: Moment
) -> Refusal | None:
    lately = subscription.orders.filter(
        actor_kind=ActorKind.SYSTEM, requested_at__gt=moment.commerce - _TRY_AGAIN_AFTER
    )
    failed = lately.filter(state__in=(OrderState.REFUSED, OrderState.FAILED))
    failed = failed.exclude(outcome__refusal__reason="changed_meanwhile")  # by what the mirror shows since
    if failed.exists() or lately.count() >= _MOST_PUT_BACKS:
        return Refusal("put_back_refused", "wishes_survive", "decide_again")
    placed = actions.place_system_order(
        acting_as=Actor(ActorKind.SYSTEM, "", "Tenantry", _label(wish)),
        subscription=subscription,
        facts=facts,
        wish=_as_wish(kept),
        moment=moment,
    )
    return placed if isinstance(placed, Refusal) else None


def _as_wish(kept: KeptDecision) -> AnyWish:
    if kept.choice is EndOfTerm.RENEW and kept.quantity is not None:
        return ScheduleQuantity(kept.quantity, kept.change)
    return DecideEndOfTerm(kept.choice)


def _label(wish: Wish) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return fit(
            ChangeOrder, "actor_label", _("Tenantry, keeping the decision of %(who)s") % {"who": wish.decided_by}
        )


def after_refusal(order: ChangeOrder, moment: Moment, *, changed: bool = False) -> None:
    """Ask a person when the order that was to put a wish back did not succeed; in its transaction.

    ``changed``: it was refused because the subscription had changed while it waited; then the wish is compared with
    what the subscription is now. One that is suspended for a while, or whose term has ended meanwhile, is left to the
    next comparison.
    """
    if order.actor_kind != ActorKind.SYSTEM:
        return
    subscription = Subscription.objects.select_for_update(of=("self",)).get(id=order.subscription_id)
    wish = Wish.objects.filter(subscription=subscription).select_related("order").first()
    if wish is None:
        return
    if changed:
        check(subscription, moment)
        return
    found = compare(kept_decision(wish), facts_of(subscription), moment.commerce, listed=subscription.gone_at is None)
    if found.state in (KeptState.PUT_BACK, KeptState.ASK):
        _ask(wish, subscription, Refusal("put_back_refused", "wishes_survive", "decide_again"), moment)


def _ask(wish: Wish, subscription: Subscription, refusal: Refusal, moment: Moment) -> None:
    """Count a wish as lost: the page asks what is to happen, and the notification address hears of it once."""
    lost_at, reason = wish.lost_at, refusal_to_json(refusal)
    if lost_at is not None and wish.lost_reason == reason and moment.commerce - lost_at < _TRY_AGAIN_AFTER:
        return
    Wish.objects.filter(pk=wish.pk).update(lost_at=moment.commerce, lost_reason=reason)
    keep_summary_later(wish.company_id, moment.commerce)
    if lost_at is not None:
        return
    _record(wish, subscription, "wish.lost", moment, refusal.reason)
    _tell_lost(wish, subscription, moment, refusal)


def _term_is_over(wish: Wish, subscription: Subscription, state: KeptState, moment: Moment) -> None:
    """Note whether the term ended as decided, and let the wish go."""
    _record(wish, subscription, f"wish.{state}", moment, "")
    if state is KeptState.DID_NOT_COME_TRUE:
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


def _tell_lost(wish: Wish, subscription: Subscription, moment: Moment, refusal: Refusal | None = None) -> None:
    """Tell the partner that a decision does not stand and why, or that the term did not end as it says."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("A scheduled change is not at Microsoft: %(what)s") % {"what": subscription.offer_name}
        what = " ".join(refusal_text(refusal)) if refusal else _("The term is over.")
        body = _(
            "What was decided for the end of this term does not stand at Microsoft. %(what)s\n\n"
            "Company: %(company)s\nSubscription: %(subscription)s\nDecided: %(decision)s\nDecided by: %(who)s\n"
            "The term ends: %(end)s\n\n%(url)s/c/%(company_id)s/subscriptions/%(id)s/"
        ) % {
            "what": what,
            "company": subscription.company.name,
            "subscription": subscription.friendly_name or subscription.offer_name,
            "decision": wish_text(DecideEndOfTerm(EndOfTerm(wish.choice), wish.quantity)),
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
            # Once a day for each decision: what was decided anew and is lost again is news.
            subject_id=f"{subscription.id}:{wish.decided_at.timestamp():.6f}:{moment.commerce:%Y%m%d}",
            now=moment.real,
        )
