"""The stop switch: releasing it wakes up what it held, and nothing else; who waited for its lock looks again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection as database
from django.db import transaction

from tenantry.audit.actions import record
from tenantry.audit.models import AuditRow
from tenantry.audit.queries import verify
from tenantry.jobs.testing import run_due_jobs
from tenantry.licensing import actions, ledger
from tenantry.licensing.engine.carry_out import SEND_AT_ONCE_SECONDS
from tenantry.licensing.models import OrderState
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.wishes import SetQuantity
from tests.support.house import NORDLYS, OWNER, House, finish
from tests.support.orders import placed, steps
from tests.support.waiting import FAR_TOO_LONG, until, until_somebody_waits_for_us


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


def test_a_sender_that_was_held_up_after_its_announcement_reads_and_judges_again(house: House) -> None:
    """Somebody else may have settled the order meanwhile, and sent it again."""
    view = house.subscription(house.add_company(), "Microsoft 365 Business Premium")
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    holding = threading.Event()

    def hold_the_switch() -> None:
        with transaction.atomic():
            ledger.stopped_for_update()
            holding.set()
            until_somebody_waits_for_us()
            time.sleep(SEND_AT_ONCE_SECONDS + 1)
        database.close()

    with ThreadPoolExecutor() as beside:
        held = beside.submit(hold_the_switch)
        assert holding.wait(FAR_TOO_LONG)
        finish(order.id)
        held.result()

    assert steps(order)[:3] == ["requested", "sending", "too_late_to_send"]
    until(lambda: finish(order.id).state == OrderState.APPLIED, 20, "the second sending")
    assert len(house.patches()) == 1


def test_the_switch_is_thrown_at_once_and_recorded_when_the_record_can_be_written(house: House) -> None:
    """Whoever has taken over the web may hold the record for as long as a connection of theirs lives."""
    actions.go(acting_as=OWNER, moment=Moment.current())  # the partner's chain has begun
    rows = AuditRow.objects.filter(verb="stop_switch.thrown")
    holding, let_go = threading.Event(), threading.Event()

    def hold_the_record() -> None:
        with transaction.atomic():
            record(acting_as=OWNER, verb="x.held", subject_kind="x", subject_id="x", now=Moment.current().real)
            holding.set()
            let_go.wait(60)
        database.close()

    moment = Moment.current()
    with ThreadPoolExecutor() as beside:
        held = beside.submit(hold_the_record)
        assert holding.wait(10)
        actions.stop(acting_as=OWNER, reason="somebody is inside", moment=moment)
        assert (ledger.current_stop().stopped_at, rows.exists()) == (moment.real, False)
        let_go.set()
        held.result()

    run_due_jobs()
    row = rows.get()
    assert (row.actor_name, row.happened_at, row.after) == (OWNER.label, moment.real, {"reason": "somebody is inside"})
    assert verify().whole
