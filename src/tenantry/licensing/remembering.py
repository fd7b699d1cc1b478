"""Remember what a company decided for the end of a term, however its order came out: the wish outlives the schedule."""

from dataclasses import replace

from tenantry.kernel.actor import ActorKind
from tenantry.licensing.models import ChangeOrder, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.facts import EndOfTerm, ScheduledChange, SubscriptionFacts, facts_from_json
from tenantry.licensing.rules.kept_decision import CHOICES, KeptDecision, stands
from tenantry.licensing.rules.plan import Intent, Plan, Write, plan_from_json
from tenantry.licensing.rules.terms import changes_nothing
from tenantry.licensing.rules.weights import AT_TERM_END

_ENDS = frozenset({Intent.WITHDRAW_SCHEDULE, Intent.CANCEL, Intent.SUSPEND})


def remember(
    order: ChangeOrder, plan: Plan, subscription: Subscription, facts: SubscriptionFacts, moment: Moment
) -> None:
    """Remember what the order decided about the end of the term, or that there is nothing to remember any more.

    ``facts`` is the subscription as it is now; what was decided is read from the plan, because somebody may have
    scheduled something else since. In the transaction that settles the order.
    """
    if plan.write is None or plan.write.intent is Intent.REACTIVATE:
        return
    if plan.write.intent in _ENDS:
        Wish.objects.filter(subscription=subscription).delete()
    elif plan.write.intent in AT_TERM_END:
        by_system = order.actor_kind == ActorKind.SYSTEM
        change = _at_term_end(plan.write, facts)
        choice = CHOICES.get(change.action) if change else _by_auto_renew(plan.write)
        _store(subscription, facts, choice, change, moment, order=order, keep_author=by_system)
    elif waiting := _at_term_end(plan.write, facts):
        choice = CHOICES.get(waiting.action)
        _store(subscription, facts, choice, waiting, moment, order=order, keep_author=True)
    else:
        # A number for the renewal gives way to the new number; how the term ends is another question.
        Wish.objects.filter(subscription=subscription, choice=EndOfTerm.RENEW).exclude(quantity=None).delete()


def remember_renewal(subscription: Subscription, facts: SubscriptionFacts, decided_by: str, moment: Moment) -> None:
    """Remember that a term is to renew as it does by itself: nothing has to be sent for it."""
    _store(subscription, facts, EndOfTerm.RENEW, None, moment, decided_by=decided_by)


def _at_term_end(write: Write, facts: SubscriptionFacts) -> ScheduledChange | None:
    dates = (None, facts.commitment_end)
    return next((change for change in write.target.scheduled if change.effective_date in dates), None)


def _by_auto_renew(write: Write) -> EndOfTerm:
    return EndOfTerm.RENEW if write.target.auto_renew else EndOfTerm.END


def _store(
    subscription: Subscription,
    facts: SubscriptionFacts,
    choice: EndOfTerm | None,
    change: ScheduledChange | None,
    moment: Moment,
    *,
    order: ChangeOrder | None = None,
    decided_by: str = "",
    keep_author: bool = False,
) -> None:
    if facts.commitment_end is None or choice is None:
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
    author = {"decided_by": order.actor_label if order else decided_by, "decided_at": moment.commerce}
    wish = Wish.objects.filter(subscription=subscription).first()
    if wish is None:
        wish = Wish.objects.create(subscription=subscription, company_id=subscription.company_id, **about, **author)
    else:
        for name, value in {**about, **({} if keep_author else author)}.items():
            setattr(wish, name, value)
        wish.save()
    if stands(kept_decision(wish), facts):
        Wish.objects.filter(pk=wish.pk).update(seen_at_microsoft_at=moment.commerce)


def kept_decision(wish: Wish) -> KeptDecision:
    """Return what the rules know of a kept wish; what it was decided with is read from its order."""
    order = wish.order
    write = plan_from_json(order.plan).write if order else None
    return KeptDecision(
        choice=EndOfTerm(wish.choice),
        term_end=wish.term_end,
        quantity=wish.quantity,
        seats_then=write.target.quantity if write else None,
        change=_more_than_seats(order, write) if order and write else None,
        by_switch=write is not None and not write.target.scheduled,
    )


def _more_than_seats(order: ChangeOrder, write: Write) -> ScheduledChange | None:
    """Return the change that an order was about where it brings another product, term or billing plan with it."""
    if order.before is None:
        return None
    before = facts_from_json(order.before)
    change = _at_term_end(write, before)
    if change is None or CHOICES.get(change.action) is not EndOfTerm.RENEW:
        return None
    return None if changes_nothing(replace(change, quantity=None), before) else change
