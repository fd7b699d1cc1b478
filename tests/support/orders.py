"""Placing orders in tests as the pages do, and looking at what became of them."""

import uuid

from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.actions import PlacedOrder, place_change_order, set_limits
from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView, events
from tenantry.licensing.rules.facts import fingerprint
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.wishes import Wish
from tests.support.house import OWNER

ANNA = Actor(ActorKind.END_USER, "anna", "Anna Lindqvist", "Anna Lindqvist")
BEN = Actor(ActorKind.END_USER, "ben", "Ben Carter", "Ben Carter")


def place(
    view: SubscriptionView, wish: Wish, *, who: Actor = ANNA, form_key: uuid.UUID | None = None
) -> PlacedOrder | Refusal:
    """Confirm a wish as the page would: with the plan that was shown for what was seen."""
    moment = Moment.current()
    return place_change_order(
        acting_as=who,
        company_id=CompanyId(view.row.company_id),
        subscription_id=view.id,
        wish=wish,
        shown=plan_change(view.facts, wish, moment.commerce),
        seen=fingerprint(view.facts),
        form_key=form_key or uuid.uuid4(),
        moment=moment,
    )


def placed(view: SubscriptionView, wish: Wish, *, who: Actor = ANNA) -> ChangeOrder:
    """Confirm a wish that is taken."""
    outcome = place(view, wish, who=who)
    assert isinstance(outcome, PlacedOrder), outcome
    return ChangeOrder.objects.get(id=outcome.id)


def refused(view: SubscriptionView, wish: Wish) -> str:
    """Confirm a wish that is refused, and return the reason."""
    outcome = place(view, wish)
    assert isinstance(outcome, Refusal), outcome
    return outcome.reason


def allow(*, changes: int = 20, seats: int = 50, cancelled: int = 500) -> None:
    """Set the partner's limits: changes in a day, seats in one change, seats in one cancellation."""
    set_limits(
        acting_as=OWNER,
        changes_per_day=changes,
        seats_per_change=seats,
        seats_per_cancellation=cancelled,
        moment=Moment.current(),
    )


def steps(order: ChangeOrder) -> list[str]:
    """Return what happened to an order, in order."""
    return [event.what for event in events(order.id)]
