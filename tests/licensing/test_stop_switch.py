"""Releasing the stop switch wakes up what it held, and nothing else."""

from tenantry.licensing import actions
from tenantry.licensing.models import OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.wishes import SetQuantity
from tests.support.house import NORDLYS, OWNER, House, finish
from tests.support.orders import placed


def test_an_order_that_microsoft_told_to_wait_is_not_hurried(house: House) -> None:
    waiting_view = house.subscription(house.add_company(), "Microsoft 365 Business Premium")
    held_view = house.subscription(house.add_company(NORDLYS), "Exchange")
    house.sandbox.fault("throttle", method="PATCH", count=1, retry_after=60)
    waiting = finish(placed(waiting_view, SetQuantity(waiting_view.facts.quantity + 1)).id)
    held = placed(held_view, SetQuantity(held_view.facts.quantity + 1))
    actions.stop(acting_as=OWNER, reason="an audit", moment=Moment.current())
    assert finish(held.id).state == OrderState.QUEUED

    actions.go(acting_as=OWNER, moment=Moment.current())

    assert finish(held.id).state == OrderState.APPLIED
    after = finish(waiting.id)
    assert (after.state, after.not_before, after.attempts) == (OrderState.QUEUED, waiting.not_before, waiting.attempts)
