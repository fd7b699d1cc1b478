"""The lease of an order: only its holder may write the order, and a holder that died loses it within seconds."""

import contextlib
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Least

from tenantry.kernel import clock
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderEvent, OrderState
from tenantry.licensing.moment import Moment

log = structlog.get_logger(__name__)

# Nobody asks for more, and the column has an end: an order that is held for weeks must stay one that can be taken up.
MOST_ATTEMPTS = 1000


class LeaseLostError(Exception):
    """Somebody else has taken the order up: whatever this process knew about it is old."""


class Lease:
    """The right to write one order, renewed by a thread until `release`.

    Every write names the holder, so a process that was stopped for longer than the lease cannot write any more.
    """

    def __init__(self, order_id: uuid.UUID, owner: str) -> None:
        self.order_id = order_id
        self.owner = owner
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{order_id}", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def release(self) -> None:
        """Stop renewing and give the order free."""
        self._done.set()
        self._thread.join()
        ChangeOrder.objects.filter(id=self.order_id, lease_owner=self.owner).update(lease_owner="", lease_until=None)

    def order(self) -> ChangeOrder:
        """Read the order afresh.

        Errors: LeaseLostError if it is no longer ours.
        """
        order = (
            ChangeOrder.objects.select_related("company", "subscription")
            .filter(id=self.order_id, lease_owner=self.owner)
            .first()
        )
        if order is None:
            raise LeaseLostError
        return order

    def locked(self) -> ChangeOrder:
        """Read the order afresh and lock its row until the transaction ends.

        Errors: LeaseLostError if it is no longer ours.
        """
        ChangeOrder.objects.select_for_update().filter(id=self.order_id, lease_owner=self.owner).first()
        return self.order()

    def move(self, what: str, moment: Moment, *, only_from: OrderState | None = None, **changes: Any) -> None:
        """Write fields of the order and the event that explains them, in the caller's or one transaction.

        Errors: LeaseLostError if the order is no longer ours, or not in the state that the caller believes.
        """
        facts = changes.pop("facts", {})
        with transaction.atomic(savepoint=False):
            rows = ChangeOrder.objects.filter(id=self.order_id, lease_owner=self.owner, state__in=OPEN_STATES)
            if only_from is not None:
                rows = rows.filter(state=only_from)
            if rows.update(**changes) != 1:
                raise LeaseLostError
            state, company_id = ChangeOrder.objects.values_list("state", "company_id").get(id=self.order_id)
            OrderEvent.objects.create(
                order_id=self.order_id,
                company_id=company_id,
                happened_at=moment.commerce,
                state=state,
                what=what,
                facts=facts,
            )

    def _keep(self) -> None:
        pause = settings.ORDER_LEASE_SECONDS / 4
        try:
            while not self._done.wait(pause):
                try:
                    kept = ChangeOrder.objects.filter(id=self.order_id, lease_owner=self.owner).update(
                        lease_until=clock.now() + timedelta(seconds=settings.ORDER_LEASE_SECONDS)
                    )
                except Exception:
                    # The database may be gone for a moment; the next round tries again, and the owner's own writes
                    # fail by themselves when the lease is lost.
                    log.warning("lease.renewal_failed", order=str(self.order_id), exc_info=True)
                    close_old_connections()
                    continue
                if not kept:
                    return
        finally:
            connection.close()


def _due(now: Moment) -> Q:
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now.real)
    return Q(state__in=OPEN_STATES) & Q(not_before__lte=now.real) & free


@contextlib.contextmanager
def lease(order_id: uuid.UUID, moment: Moment) -> Iterator[Lease | None]:
    """Take the order's lease for the length of a block; None when it is not due or somebody holds it."""
    owner = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    taken = ChangeOrder.objects.filter(_due(moment), id=order_id).update(
        lease_owner=owner,
        lease_until=moment.in_seconds(settings.ORDER_LEASE_SECONDS),
        attempts=Least(F("attempts") + 1, MOST_ATTEMPTS),
    )
    if not taken:
        yield None
        return
    held = Lease(order_id, owner)
    held.start()
    try:
        yield held
    finally:
        held.release()


def due_orders(moment: Moment, limit: int = 200) -> list[uuid.UUID]:
    """Return orders that nobody holds and whose time has come: what a sweep wakes up."""
    return list(ChangeOrder.objects.filter(_due(moment)).order_by("not_before").values_list("id", flat=True)[:limit])
