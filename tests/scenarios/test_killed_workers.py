"""Workers killed before, during and after the call to Microsoft, and two at once: one effect, and a right state."""

import threading
import uuid

import pytest
from django.db import connection

from tenantry.audit import queries as audit
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import actions
from tenantry.licensing.actions import PlacedOrder
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.rules.wishes import SetQuantity
from tests.support.house import OWNER, House
from tests.support.orders import ANNA, BEN, place, placed, steps
from tests.support.waiting import until
from tests.support.workers import running_workers

pytestmark = pytest.mark.slow
PREMIUM = "Microsoft 365 Business Premium"
QUICK = {"SETTLE_SECONDS": 3, "ORDER_LEASE_SECONDS": 2, "QUOTA_PER_MINUTE": 6000}
# Longer than anybody waits for an answer: the test says when it comes.
HELD = 600


def now(order: ChangeOrder) -> ChangeOrder:
    return ChangeOrder.objects.get(id=order.id)


def until_closed(order: ChangeOrder, seconds: float = 40) -> ChangeOrder:
    until(lambda: now(order).state not in OPEN_STATES or now(order).needs_person, seconds, "the order")
    return now(order)


def holder_of_answered(order: ChangeOrder) -> str:
    """Wait until Microsoft has answered, and return who holds the order's lease: between two looks nobody does."""
    seen = [""]

    def held() -> bool:
        found = now(order)
        seen.append(found.lease_owner if found.accepted else "")
        return seen[-1] != ""

    until(held, 20, "the answer")
    return seen[-1]


def one_more(view: SubscriptionView) -> SetQuantity:
    return SetQuantity(view.facts.quantity + 1)


def acted(house: House) -> list[bool]:
    return [bool(patch["acted"]) for patch in house.patches()]


def test_killed_before_the_call_reached_microsoft(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    with running_workers(2, **QUICK) as workers:
        reading = house.sandbox.fault("slow", method="GET", path="*/subscriptions/*", seconds=HELD, count=1)
        order = placed(view, one_more(view))
        house.sandbox.wait_until_struck(reading)
        assert now(order).state == OrderState.QUEUED
        workers.kill_holder(now(order).lease_owner)
        house.sandbox.end_fault(reading)
        order = until_closed(order)

    assert order.state == OrderState.APPLIED
    assert steps(order) == ["requested", "sending", "accepted", "confirmed"]
    assert acted(house) == [True]
    assert house.at_microsoft(view.row).quantity == view.facts.quantity + 1


@pytest.mark.parametrize("fault", ["slow", "slow_after"])
def test_killed_while_microsoft_was_at_it(house: House, fault: str) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    with running_workers(2, **QUICK) as workers:
        writing = house.sandbox.fault(fault, method="PATCH", seconds=HELD, count=1)
        order = placed(view, one_more(view))
        house.sandbox.wait_until_struck(writing)
        workers.kill_holder(now(order).lease_owner)
        house.sandbox.end_fault(writing)
        order = until_closed(order)

    assert order.state == OrderState.APPLIED
    assert "sender_lost" in steps(order)
    assert acted(house).count(True) == 1
    assert house.at_microsoft(view.row).quantity == view.facts.quantity + 1
    assert house.view(view.row).facts.quantity == view.facts.quantity + 1
    assert audit.verify().whole


def test_killed_after_microsoft_had_answered(house: House) -> None:
    house.sandbox.put("/_sandbox/switches", {"patch_status": 202, "patch_202_seconds": 4})
    view = house.subscription(house.add_company(), PREMIUM)
    with running_workers(2, **QUICK) as workers:
        order = placed(view, one_more(view))
        workers.kill_holder(holder_of_answered(order))
        order = until_closed(order)

    assert order.state == OrderState.APPLIED
    assert "sender_lost" not in steps(order)
    assert acted(house) == [True]
    assert house.view(view.row).facts.quantity == view.facts.quantity + 1


def test_the_only_worker_is_killed_and_another_one_comes_later(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    with running_workers(1, **QUICK) as workers:
        house.sandbox.fault("cut_before", method="PATCH", count=1)
        writing = house.sandbox.fault("slow", method="PATCH", seconds=HELD, count=1)
        order = placed(view, one_more(view))
        house.sandbox.wait_until_struck(writing)
        workers.kill_holder(now(order).lease_owner)
        house.sandbox.end_fault(writing)
        assert now(order).state == OrderState.SENDING
        workers.start()
        order = until_closed(order)

    assert order.state == OrderState.APPLIED
    assert [step for step in steps(order) if step in ("sending", "sender_lost", "did_not_arrive")] == [
        "sending",
        "sender_lost",
        "did_not_arrive",
        "sending",
    ]
    assert acted(house) == [False, True]


def test_the_stop_switch_thrown_midway_lets_the_announced_one_through_and_holds_the_rest(house: House) -> None:
    company = house.add_company()
    first = house.subscription(company, PREMIUM)
    second = house.subscription(company, "Exchange Online (Plan 1)")  # nothing is scheduled that would be put back
    with running_workers(2, **QUICK):
        writing = house.sandbox.fault("slow", method="PATCH", seconds=HELD, count=1)
        under_way = placed(first, one_more(first))
        house.sandbox.wait_until_struck(writing)
        here = f"*/{second.row.upstream_id}"
        reading = house.sandbox.fault("slow", method="GET", path=here, seconds=HELD, count=1)
        held = placed(second, one_more(second))
        house.sandbox.wait_until_struck(reading)
        actions.stop(acting_as=OWNER, reason="an audit", moment=Moment.current())
        house.sandbox.clear_faults()
        under_way = until_closed(under_way)
        until(lambda: "held" in steps(held), 20, "holding")
        assert under_way.state == OrderState.APPLIED
        assert now(held).state == OrderState.QUEUED
        assert acted(house) == [True]
        actions.go(acting_as=OWNER, moment=Moment.current())
        held = until_closed(held)

    assert held.state == OrderState.APPLIED
    assert acted(house) == [True, True]


def test_two_people_at_once_get_one_change_and_one_clear_answer(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    start = threading.Barrier(2)
    answers: dict[str, PlacedOrder | Refusal] = {}

    def confirm(name: str, wish: SetQuantity) -> None:
        start.wait()
        answers[name] = place(view, wish, who=ANNA if name == "anna" else BEN, form_key=uuid.uuid4())
        connection.close()

    people = [
        threading.Thread(target=confirm, args=("anna", SetQuantity(view.facts.quantity + 1))),
        threading.Thread(target=confirm, args=("ben", SetQuantity(view.facts.quantity + 2))),
    ]
    with running_workers(2, **QUICK):
        for person in people:
            person.start()
        for person in people:
            person.join()
        order = ChangeOrder.objects.get()
        order = until_closed(order)

    taken = [name for name, answer in answers.items() if isinstance(answer, PlacedOrder)]
    told = [answer.reason for answer in answers.values() if isinstance(answer, Refusal)]
    assert len(taken) == 1
    assert told in (["order_under_way"], ["changed_meanwhile"])
    assert order.state == OrderState.APPLIED
    assert acted(house) == [True]
    wanted = 1 if taken == ["anna"] else 2
    assert house.at_microsoft(view.row).quantity == view.facts.quantity + wanted
