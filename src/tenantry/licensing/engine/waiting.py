"""How long an order waits before it is looked at again."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction

from tenantry.licensing import actions, outcomes
from tenantry.licensing.engine.lease import Lease
from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.moment import Moment

LATER_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
GIVE_UP_AFTER = timedelta(hours=24)


def later(order: ChangeOrder) -> float:
    """Return how many seconds to wait before the next try, longer with every attempt."""
    return LATER_SECONDS[max(0, min(order.attempts, len(LATER_SECONDS)) - 1)]


def steps_since_sending(order: ChangeOrder) -> list[str]:
    """Return what has happened to the order since its last sending, the newest first."""
    steps = list(order.events.order_by("-id").values_list("what", flat=True))
    return steps[: steps.index("sending")] if "sending" in steps else steps


def look_later(held: Lease, order: ChangeOrder, what: str, seconds: float, facts: Mapping[str, object]) -> None:
    """Leave a sent order as it is and look again later."""
    moment = Moment.current()
    with transaction.atomic():
        held.move(what, moment, not_before=moment.in_seconds(seconds), facts=facts)
        actions.wake(order.id, seconds=seconds, moment=moment)


def look_later_or_ask(
    held: Lease, order: ChangeOrder, what: str, facts: Mapping[str, object], *, quote: str = ""
) -> None:
    """Look at a sent order again later, because Microsoft could not be asked; after a day ask a person instead.

    It may never be possible again: the subscription is gone, a right was taken away, the connection was removed.
    ``quote``: Microsoft's own words about it, where it gave any.
    """
    if order.sent_at is not None and Moment.current().real - order.sent_at > GIVE_UP_AFTER:
        outcomes.hand_over(held, order, {"settled": "undecidable", "seen": [what], **facts, "words": quote})
    else:
        look_later(held, order, what, later(order), facts)
