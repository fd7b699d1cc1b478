"""Microsoft's audit records wake a refresh up, and each change of somebody else's only until it has been read."""

from datetime import timedelta

from tenantry.connection.models import PartnerConnection
from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.licensing.models import ChangeOrder, CompanyRefresh
from tenantry.licensing.polling import OVERLAP
from tenantry.licensing.rules.wishes import SetQuantity
from tests.support.house import House, finish
from tests.support.orders import placed


def polled() -> list[str]:
    """Poll, and return which jobs that started."""
    enqueue("licensing.poll_audit_records")
    return run_due_jobs()[1:]


def test_a_change_elsewhere_is_read_and_then_left_alone(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, "Microsoft 365 Business Premium")
    run_due_jobs()
    assert polled() == []
    about = {"customer": company.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"quantity": view.facts.quantity + 1}})

    assert polled() == ["licensing.refresh_company"]
    assert house.view(view.row).facts.quantity == view.facts.quantity + 1

    # The record is the newest one for a long time; a reading well after it has seen it.
    CompanyRefresh.objects.filter(company=company).update(succeeded_at=clock.now() + timedelta(minutes=3))
    assert polled() == []


def test_after_months_without_a_change_the_next_one_is_still_noticed(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, "Microsoft 365 Business Premium")
    run_due_jobs()
    long_ago = clock.commerce_now() - timedelta(days=200)
    PartnerConnection.objects.filter(id=house.connection.id).update(audit_read_until=long_ago)
    about = {"customer": company.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"quantity": view.facts.quantity + 1}})

    assert polled() == ["licensing.refresh_company"]
    assert house.view(view.row).facts.quantity == view.facts.quantity + 1


def test_what_was_told_of_an_order_stays_told_when_its_first_records_grow_old(house: House) -> None:
    view = house.subscription(house.add_company(), "Microsoft 365 Business Premium")
    about = {"path": f"*/subscriptions/{view.row.upstream_id}", "method": "PATCH", "count": 1, "delta": 1}
    order = placed(view, SetQuantity(view.facts.quantity + 5))
    house.sandbox.fault("seats_changed", **about)
    order = finish(order.id)
    assert order.read_on is not None and order.outcome is not None
    earlier = {"by": "ann@kestrel-it.example", "at": order.read_on.isoformat(), "from": 40, "to": 42}
    told = {"overwrote": [earlier, *order.outcome["overwrote"]]}
    ChangeOrder.objects.filter(id=order.id).update(outcome=told)

    # The oldest record that is looked at is now one of the order's last.
    PartnerConnection.objects.filter(id=house.connection.id).update(audit_read_until=order.read_on + OVERLAP)
    polled()

    order.refresh_from_db()
    assert order.outcome == told
