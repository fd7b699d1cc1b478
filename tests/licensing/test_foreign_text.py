"""What Microsoft shows that no column takes: the name is cut, the odd record is named, everything else is kept."""

from datetime import timedelta

import pytest

from tenantry.clients.partner_center.paging import Collected, Unreadable
from tenantry.connection.queries import audit_cursor, client_for
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord
from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel.ids import CompanyId
from tenantry.licensing.asking import AUDIT
from tenantry.licensing.mirror import store_company
from tenantry.licensing.models import LicenceCount, OrderState, Subscription
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import freshness
from tenantry.licensing.refresh import read_company, refresh_company
from tenantry.licensing.rules.wishes import SetQuantity
from tests.support.house import HARBOUR, NORDLYS, House, finish
from tests.support.orders import placed

PREMIUM = "Microsoft 365 Business Premium"
TOO_MANY = 2**31


def change(house: House, row: Subscription, **more: object) -> None:
    """Have Microsoft show something else."""
    about = {"customer": HARBOUR, "subscription": row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, **more})


def polled() -> list[str]:
    """Poll, and return which jobs that started."""
    enqueue("licensing.poll_audit_records")
    return run_due_jobs()[1:]


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"),
        ("😀" * 5000, "😀" * 299 + "…"),
        ("Bristol\x00 office", "Bristol office"),
        ("half \ud83d of a smile", "half \ufffd of a smile"),
        ("whole \ud83d\ude00 smile", "whole 😀 smile"),
        ("\x00", "Microsoft 365 Business Premium"),
        ("two\r\nlines\tand \x1b[31mred", "two\r\nlines\tand \x1b[31mred"),
        ("مكتب \u202ebristol", "مكتب \u202ebristol"),
    ],
    ids=["fits", "one more", "emoji", "NUL", "half", "whole", "only NUL", "control characters", "from right to left"],
)
def test_a_name_of_any_kind_is_kept_and_the_order_comes_to_its_end(house: House, shown: str, kept: str) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    change(house, view.row, body={"friendlyName": shown, "offerName": shown if kept == shown else PREMIUM})

    assert finish(order.id).state == OrderState.APPLIED

    row = Subscription.objects.get(id=view.id)
    assert house.view(row).facts.name == kept
    assert (row.friendly_name or row.offer_name) == kept
    totals = refresh_company(company.id)
    assert (totals.failed, totals.unkept) == (0, ())
    assert not freshness(CompanyId(company.id)).unkept


def test_a_long_product_name_costs_nobody_the_refresh(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    change(house, view.row, body={"offerName": "y" * 5000, "friendlyName": ""})
    assert refresh_company(company.id).failed == 0
    row = Subscription.objects.get(id=view.id)
    assert (row.offer_name, len(row.upstream["offerName"])) == ("y" * 299 + "…", 5000)


NESTED: object = "bottom"
for _ in range(60):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "body",
    [
        {"quantity": TOO_MANY},
        {"friendlyName": {"not": "a name"}},
        {"offerId": "CFQ7TTC0LH18:0001:" + "X" * 100},
        {"offerId": "C" * 41 + ":0001:CFQ7TTC0K971"},
        {"creationDate": "12026-01-01T00:00:00Z"},
        {"creationDate": 20260101},
        {"creationDate": "٢٠٢٦-٠١-٠١"},
        {"suspensionReasons": "none"},
        {"refundOptions": [{"type": "Full", "expiresAt": "soon"}]},
        {"nextChargeInstructions": {"quantity": 10**40}},
        {"nextChargeInstructions": {"quantity": "1_000"}},
        {"nextChargeInstructions": {"quantity": "٣"}},
        {"brandNew": NESTED},
    ],
    ids=str,
)
def test_a_record_that_cannot_be_kept_is_named_and_leaves_the_others(house: House, body: dict[str, object]) -> None:
    company = house.add_company()
    odd, well = house.subscription(company, PREMIUM), house.subscription(company, "Visio Plan 2")
    listed = Subscription.objects.filter(company=company, gone_at=None).count()
    change(house, odd.row, body=body)
    change(house, well.row, body={"friendlyName": "Draughtsmen"})
    run = runs.new_run("refresh_company", company_id=company.id, now=Moment.current().real)

    totals = refresh_company(company.id, run.id)

    assert (totals.failed, totals.changed, totals.gone) == (0, 1, 0)
    assert house.view(Subscription.objects.get(id=well.id)).facts.name == "Draughtsmen"
    assert Subscription.objects.get(id=odd.id).upstream == odd.row.upstream
    assert Subscription.objects.filter(company=company, gone_at=None).count() == listed
    begins = f"{odd.row.upstream_id}: Subscription: "
    (told,) = (line for line in freshness(CompanyId(company.id)).unkept if line.startswith(begins))
    run.refresh_from_db()
    assert f"{company.name}: {told}" in run.details["unkept_told"]
    assert run.details["unkept"] == len(totals.unkept)

    mended: dict[str, object] = {name: odd.row.upstream.get(name) for name in body}
    change(house, odd.row, body=mended)
    assert refresh_company(company.id).unkept == ()
    assert freshness(CompanyId(company.id)).unkept == ()


def test_what_is_far_in_the_future_can_be_reckoned_with(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    never = dict.fromkeys(("creationDate", "effectiveStartDate"), "9999-12-31T23:59:59.9999999Z")
    never["billingCycleEndDate"] = "9999-12-31T23:59:59-11:00"
    change(house, view.row, body=never, hidden={"still": True})
    assert refresh_company(company.id).unkept == ()
    assert house.view(view.row).facts.billing_cycle_end is not None


def licence(sku_id: str, **units: object) -> dict[str, object]:
    return {"productSku": {"id": sku_id, "name": "n" * 400, "skuPartNumber": "p" * 200}, "totalUnits": 5, **units}


@pytest.mark.parametrize(
    "row",
    [licence("e" * 37), licence("2b8f" * 9, consumedUnits=TOO_MANY), licence("2b8f" * 9, totalUnits="5,0"), {}],
    ids=["long id", "too many", "no number", "nothing"],
)
def test_a_count_of_seats_that_cannot_be_kept_leaves_the_others(house: House, row: dict[str, object]) -> None:
    company = house.add_company()
    before = set(LicenceCount.objects.filter(company=company).values_list("entra_sku_id", "assigned", "total"))
    good = licence("2b8f" * 9, consumedUnits=4)
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "licences": [row]})
    assert len(refresh_company(company.id).unkept) == 1
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "licences": [good]})
    assert len(refresh_company(company.id).unkept) == 1
    after = LicenceCount.objects.filter(company=company)
    assert set(after.values_list("entra_sku_id", "assigned", "total")) == before | {("2b8f" * 9, 4, 5)}
    assert after.get(entra_sku_id="2b8f" * 9).name == "n" * 299 + "…"


def audit_runs() -> list[RunRecord]:
    return list(RunRecord.objects.filter(kind=AUDIT).order_by("created_at"))


def test_an_audit_record_that_cannot_be_read_is_told_once_and_hides_no_other(house: House) -> None:
    company = house.add_company()
    run_due_jobs()
    polled()
    view = house.subscription(company, PREMIUM)
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "audit": {"id": "odd-1", "operationType": [1]}})
    change(house, view.row, quantity=view.facts.quantity + 2)

    assert polled() == ["licensing.refresh_company"]
    assert house.view(view.row).facts.quantity == view.facts.quantity + 2
    (run,) = audit_runs()
    assert (run.details["unkept"], run.details["unkept_told"][0][:20]) == (1, "odd-1: AuditRecord: ")
    polled()
    assert len(audit_runs()) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"resourceNewValue": "[" * 3000},
        {"resourceNewValue": '{"Quantity": 1' + "0" * 5000 + "}"},
        {"resourceNewValue": '{"Id": "\\u0000\\ud800", "Status": "\\ud800"}', "userPrincipalName": "u" * 9000},
        {"originalCorrelationId": "\ud800", "customerName": "\x00" * 9},
        {"customizedData": [{"key": "SubscriptionId-0", "value": "s" * 9000}]},
    ],
    ids=["deep", "long number", "odd text", "odd ids", "long value"],
)
def test_an_odd_audit_record_stops_neither_the_poll_nor_an_order(house: House, odd: dict[str, object]) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    about = {"resourceType": "subscription", "operationType": "update_subscription_quantity", **odd}
    about.setdefault("customizedData", [{"key": "SubscriptionId-0", "value": view.row.upstream_id}])
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "audit": about})
    assert finish(placed(view, SetQuantity(view.facts.quantity + 1)).id).state == OrderState.APPLIED
    polled()
    assert audit_cursor(house.connection.id) is not None


def test_a_record_from_the_future_does_not_hide_those_of_today(house: House) -> None:
    company = house.add_company()
    run_due_jobs()
    polled()
    ahead = (Moment.current().commerce + timedelta(days=300)).isoformat()
    record = {"operationType": "update_customer", "operationDate": ahead}
    house.sandbox.post("/_sandbox/change", {"customer": NORDLYS, "audit": record})
    polled()
    view = house.subscription(company, PREMIUM)
    change(house, view.row, quantity=view.facts.quantity + 2)
    assert polled() == ["licensing.refresh_company"]


def test_a_record_without_an_id_makes_nothing_vanish(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    reading = read_company(client_for(house.connection.id), HARBOUR, "GB")
    others = tuple(record for record in reading.records.items if record.id != view.row.upstream_id)
    listed = Collected(others, (Unreadable("", "Subscription: id: Field required"),))

    stored = store_company(company, listed, Moment.current(), read_from=reading.read_from)

    assert (stored.gone, stored.unkept) == (0, listed.unreadable)
    assert Subscription.objects.get(id=view.id).gone_at is None
