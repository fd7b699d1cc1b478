"""Stories of the mirror: somebody else changes things, tenants fail and vanish, readings overtake each other."""

import uuid
from datetime import datetime

from tenantry.connection import actions as connections
from tenantry.connection.models import Tenant
from tenantry.connection.queries import client_for
from tenantry.jobs import runs
from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.ids import CompanyId
from tenantry.licensing.mirror import store_company
from tenantry.licensing.models import ChangeOrder, CompanyRefresh, OrderState, Subscription, SubscriptionChange
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import freshness
from tenantry.licensing.refresh import read_company, refresh_company
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.notices.models import Notice
from tests.scenarios.months import PREMIUM, change_elsewhere, poll, refreshed
from tests.support.house import HARBOUR, MERIDIAN, NORDLYS, OWNER, House, finish
from tests.support.orders import placed


def refresh_all() -> uuid.UUID:
    run = runs.new_run("refresh_subscriptions", asked_by=OWNER.name, now=clock.now())
    enqueue("licensing.refresh_all", run_id=run.id)
    run_due_jobs()
    return run.id


def refreshed_at() -> dict[uuid.UUID, datetime]:
    rows = CompanyRefresh.objects.values_list("company_id", "succeeded_at")
    return {company_id: succeeded_at for company_id, succeeded_at in rows if succeeded_at is not None}


def test_polled_records_refresh_just_the_company_that_somebody_changed(house: House) -> None:
    harbour, nordlys = house.add_company(), house.add_company(NORDLYS)
    poll()
    fresh = refreshed_at()
    view = house.subscription(harbour, PREMIUM)
    change_elsewhere(house, view, quantity=view.facts.quantity + 5)

    assert poll() == ["licensing.refresh_company"]

    assert house.view(Subscription.objects.get(id=view.id)).facts.quantity == view.facts.quantity + 5
    after = refreshed_at()
    assert after[harbour.id] > fresh[harbour.id]
    assert after[nordlys.id] == fresh[nordlys.id]
    change = SubscriptionChange.objects.get()
    assert (change.source, change.before["quantity"], change.after["quantity"]) == (
        "elsewhere",
        view.facts.quantity,
        view.facts.quantity + 5,
    )


def test_our_own_changes_wake_no_refresh(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    poll()
    finish(placed(view, SetQuantity(view.facts.quantity + 1)).id)
    assert poll() == []


def test_one_failing_tenant_does_not_stop_the_rest(house: House) -> None:
    failing, well = house.add_company(), house.add_company(NORDLYS)
    view = house.subscription(well, "Exchange")
    change_elsewhere(house, view, quantity=view.facts.quantity + 1)
    house.sandbox.fault("status", path=f"*/customers/{HARBOUR}/*", status=400, code=2000)

    run_id = refresh_all()

    run = runs.run(run_id)
    assert run is not None
    assert (run.message_key, run.details["companies"], run.details["failed"], run.details["changed"]) == (
        "refreshed",
        2,
        1,
        1,
    )
    assert house.view(Subscription.objects.get(id=view.id)).facts.quantity == view.facts.quantity + 1
    assert freshness(CompanyId(failing.id)).failing
    assert not freshness(CompanyId(well.id)).failing
    assert not Subscription.objects.filter(company=failing).exclude(gone_at=None).exists()


def test_a_renamed_subscription_is_the_same_one(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    count = Subscription.objects.count()
    change_elsewhere(house, view, body={"friendlyName": "Everybody in Bristol"})

    after = refreshed(house, view)

    assert (after.id, after.name) == (view.id, "Everybody in Bristol")
    assert Subscription.objects.count() == count
    assert SubscriptionChange.objects.get().after == {"name": "Everybody in Bristol"}


def test_a_subscription_that_is_no_longer_listed_is_marked_and_comes_back(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    listed = Subscription.objects.filter(company=company, gone_at=None).count()
    about = {"customer": HARBOUR, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "remove": True})
    assert refresh_company(company.id).gone == 1
    assert Subscription.objects.get(id=view.id).gone_at is not None
    assert Subscription.objects.filter(company=company, gone_at=None).count() == listed - 1
    assert refresh_company(company.id).gone == 0


def test_a_tenant_that_vanishes_is_held_for_a_person_and_nothing_is_cancelled(house: House) -> None:
    company = house.add_company()
    active = Subscription.objects.filter(company=company, status="active", gone_at=None).count()
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "remove": True})

    connections.refresh_tenants(house.connection.id)
    refresh_company(company.id)
    run_due_jobs()

    assert Tenant.objects.get(tenant_id=HARBOUR).missing_since is not None
    assert Notice.objects.filter(kind="tenants_missing").count() == 1
    assert freshness(CompanyId(company.id)).failing
    assert Subscription.objects.filter(company=company, status="active", gone_at=None).count() == active
    assert house.patches() == []

    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "restore": True})
    connections.refresh_tenants(house.connection.id)
    refresh_company(company.id)
    assert Tenant.objects.get(tenant_id=HARBOUR).missing_since is None
    assert not freshness(CompanyId(company.id)).failing


def test_an_older_reading_does_not_overwrite_what_an_order_has_read_back(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    reading = read_company(client_for(house.connection.id), HARBOUR, "GB")
    order = finish(placed(view, SetQuantity(view.facts.quantity + 3)).id)
    assert order.state == OrderState.APPLIED

    stored = store_company(company, reading.records, Moment.current(), read_from=reading.read_from)

    assert stored.changed == 0
    assert house.view(Subscription.objects.get(id=view.id)).facts.quantity == view.facts.quantity + 3


def test_a_refresh_leaves_alone_what_is_being_sent(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    ChangeOrder.objects.filter(id=order.id).update(state=OrderState.UNSURE)
    change_elsewhere(house, view, quantity=view.facts.quantity + 1)

    assert refresh_company(company.id).changed == 0

    assert house.view(Subscription.objects.get(id=view.id)).facts.quantity == view.facts.quantity


def test_an_unchanged_world_costs_no_write(house: House) -> None:
    company = house.add_company(MERIDIAN)
    before = list(Subscription.objects.filter(company=company).order_by("id").values_list("id", "stored_at", "digest"))
    assert len(before) == 60
    totals = refresh_company(company.id)
    assert (totals.added, totals.changed, totals.gone) == (0, 0, 0)
    after = list(Subscription.objects.filter(company=company).order_by("id").values_list("id", "stored_at", "digest"))
    assert after == before
