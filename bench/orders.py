"""From the confirmation to the stored outcome, and from a worker's death until its order is taken up again."""

import re
import time
from functools import partial
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from bench.figures import Figure, median, p95
from bench.stage import Visitor, wait_until
from tenantry.jobs.queries import queue_state
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState, Subscription
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company
from tenantry.traffic.models import CallRecord
from tests.support.house import House
from tests.support.orders import placed
from tests.support.workers import Workers

ORDERS = 40
KILLS = 12
LONGEST_SECONDS = 60.0
# The log of calls is written every second.
LOGGED_SECONDS = 2.5
_PLAN = re.compile(r'name="plan" value="([^"]+)"')
_EVERY = re.compile(r'hx-trigger="every (\d+)ms"')


def outcome(house: House, visitor: Visitor, company: Company) -> list[Figure]:
    """Confirm additions on the page, one after the other, and wait for each one's outcome."""
    taken: dict[UUID, float] = {}
    for row in seats_that_can_grow(company):
        if len(taken) < ORDERS and (confirmed := _confirm(visitor, row)) is not None:
            order_id, begun = confirmed
            wait_until(partial(_is_over, order_id), LONGEST_SECONDS, "an outcome", pause=0.004)
            taken[order_id] = time.perf_counter() - begun
    states = set(ChangeOrder.objects.filter(id__in=taken).values_list("state", flat=True))
    assert states == {OrderState.APPLIED}, states
    interval = _polling(house, visitor, company)
    time.sleep(LOGGED_SECONDS)
    logged = CallRecord.objects.filter(order_id__in=taken).values_list("order_id").annotate(Sum("milliseconds"))
    calls = {order_id: total / 1000 for order_id, total in logged if order_id is not None}
    ours = [seconds - calls[order_id] for order_id, seconds in taken.items()]
    return [
        Figure(
            "outcome",
            "confirm → outcome stored, less calls to the sandbox",
            f"median {median(ours) * 1000:.0f}, p95 {p95(ours) * 1000:.0f} ms of {len(ours)} orders "
            f"(with calls: median {median(list(taken.values())) * 1000:.0f} ms)",
            "p95 ≤ 300 ms",
            p95(ours) <= 0.3,
        ),
        Figure("outcome", "polling interval of the order's page", f"{interval} ms", "≤ 500 ms", interval <= 500),
    ]


def killed(house: House, workers: Workers, company: Company) -> list[Figure]:
    """Kill a worker in the middle of its call, again and again, and wait until another one takes the order up."""
    while len(workers.running) < 2:
        workers.start()
    waited: list[float] = []
    for row in seats_that_can_grow(company)[:KILLS]:
        # A worker that is only just starting is no second worker.
        wait_until(lambda: queue_state().workers >= 2, LONGEST_SECONDS, "starting the second worker")
        view = house.view(row)
        house.sandbox.fault("slow", method="PATCH", path=f"*{row.upstream_id}", seconds=3, count=1)
        order = placed(view, SetQuantity(view.facts.quantity + 1))
        wait_until(partial(_is_sending, order.id), LONGEST_SECONDS, "sending")
        before = _now(order.id)
        begun = time.perf_counter()
        workers.kill_holder(before.lease_owner)
        workers.start()
        wait_until(partial(_is_taken_up, before), LONGEST_SECONDS, "taking an order up")
        waited.append(time.perf_counter() - begun)
    return [
        Figure(
            "killed",
            "killed worker: until its order is taken up again",
            f"median {median(waited):.1f}, p95 {p95(waited):.1f} s of {len(waited)} kills",
            "p95 ≤ 15 s",
            p95(waited) <= 15,
        )
    ]


def shown_plan(visitor: Visitor, row: Subscription) -> tuple[str, str, str] | None:
    """Ask for a seat more; return the form's address, its page and its plan, None where it is not offered."""
    address = f"/c/{row.company_id}/subscriptions/{row.id}/change/"
    page = visitor.get(f"{address}?seats={row.quantity + 1}&when=now")
    assert page.status == 200, (page.status, page.text[:500])
    plan = _PLAN.search(page.text)
    return None if plan is None else (address, page.text, plan.group(1))


def _confirm(visitor: Visitor, row: Subscription) -> tuple[UUID, float] | None:
    """Ask for a seat more and confirm it; return the order and when it was confirmed, None where it is not offered."""
    form = shown_plan(visitor, row)
    if form is None:
        return None
    address, page, plan = form
    begun = time.perf_counter()
    answer = visitor.post(address, page, plan=plan)
    assert answer.status == 302, (answer.status, answer.text[:500])
    return UUID(answer.headers["location"].rstrip("/").rpartition("/")[2]), begun


def _polling(house: House, visitor: Visitor, company: Company) -> int:
    """Read on the page of an order that is under way how often it asks again, in milliseconds."""
    house.sandbox.fault("slow", method="PATCH", seconds=2, count=1)
    for row in reversed(seats_that_can_grow(company)):
        if (confirmed := _confirm(visitor, row)) is not None:
            order_id, _ = confirmed
            found = _EVERY.search(visitor.get(f"/c/{company.id}/orders/{order_id}/").text)
            wait_until(partial(_is_over, order_id), LONGEST_SECONDS, "an outcome")
            assert found is not None, "the page of an order under way does not ask again"
            return int(found.group(1))
    raise AssertionError("no subscription can be changed")


def seats_that_can_grow(company: Company) -> list[Subscription]:
    """Return subscriptions that can have a seat more and have no order under way."""
    rows = company.subscriptions.filter(status="active", kind="nce", is_trial=False, gone_at=None, auto_renew=True)
    busy = ChangeOrder.objects.filter(company=company, state__in=OPEN_STATES).values("subscription_id")
    rows = rows.filter(facts__scheduled=[]).exclude(id__in=busy)
    return list(rows.select_related("company").order_by("id"))


def _is_sending(order_id: UUID) -> bool:
    return _now(order_id).state == OrderState.SENDING


def _is_taken_up(before: ChangeOrder) -> bool:
    return _now(before.id).attempts > before.attempts


def _is_over(order_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM licensing_changeorder WHERE id = %s", [order_id])
        row = cursor.fetchone()
    return row is not None and row[0] not in OPEN_STATES


def _now(order_id: UUID) -> ChangeOrder:
    return ChangeOrder.objects.get(id=order_id)
