"""The log of calls to Microsoft."""

import uuid
from datetime import timedelta

from tenantry.clients.http import Call
from tenantry.clients.partner_center import CustomerId
from tenantry.connection.client import client_for, forget_clients
from tenantry.connection.models import PartnerConnection
from tenantry.kernel import clock
from tenantry.traffic import queries
from tenantry.traffic.calls import CallLog, call_log, calls_for_order, prune_calls
from tenantry.traffic.models import CallRecord
from tenantry.traffic.queries import CallOutcome
from tests.support.house import HARBOUR, NORDLYS, House
from tests.support.waiting import until

ORDER = uuid.UUID("0a0a0a0a-0000-4000-8000-000000000001")


def a_call(status: int | None = 200, *, service: str = "partner_center", path: str = "/v1/customers") -> Call:
    """Make the record of a call."""
    return Call(
        service=service,
        method="GET",
        path=path,
        template=path,
        status=status,
        code="" if status == 200 else "2032",
        words="" if status == 200 else "Access denied.",
        duration=0.0426,
        request_id=str(uuid.uuid4()),
        correlation_id=str(uuid.uuid4()),
        attempt=1,
        customer_id=None,
    )


def test_a_call_is_logged_with_its_order_and_without_secrets(house: House) -> None:
    forget_clients()
    call_log.flush()
    CallRecord.objects.all().delete()
    with calls_for_order(ORDER):
        client_for(house.connection.id).subscriptions(CustomerId(HARBOUR))
    client_for(house.connection.id).customers()
    call_log.flush()

    rows = list(CallRecord.objects.order_by("id"))
    assert [(row.method, row.path, row.status, row.order_id) for row in rows] == [
        ("POST", f"/{house.connection.partner_tenant_id}/oauth2/v2.0/token", 200, ORDER),
        ("GET", f"/v1/customers/{HARBOUR}/subscriptions", 200, ORDER),
        ("GET", "/v1/customers", 200, None),
    ]
    assert [row.customer for row in rows] == ["", HARBOUR, ""]
    assert all(row.source_id == house.connection.id for row in rows)
    assert all(row.request_id and row.correlation_id and row.attempt == 1 for row in rows)
    everything = " ".join(str(vars(row)) for row in rows).lower()
    assert "secret" not in everything
    assert "eyj" not in everything


def test_the_log_writes_by_itself(house: House) -> None:
    log = CallLog()
    log.note(house.connection.id, a_call(path="/v1/by-itself"))
    until(CallRecord.objects.filter(path="/v1/by-itself").exists, 10, "writing")


def test_long_words_fit(house: House) -> None:
    log = CallLog()
    log.note(house.connection.id, a_call(400, path="/v1/" + "x" * 500))
    log.flush()
    row = CallRecord.objects.get(path__startswith="/v1/xxx")
    assert (len(row.path), row.milliseconds, row.code) == (300, 43, "2032")


def test_only_partner_centers_good_answers_count_as_success(house: House) -> None:
    PartnerConnection.objects.update(last_call_at=None, last_success_at=None)
    log = CallLog()
    log.note(house.connection.id, a_call(200, service="entra"))
    log.note(house.connection.id, a_call(403))
    log.flush()
    house.connection.refresh_from_db()
    assert house.connection.last_success_at is None
    assert house.connection.last_call_at is not None
    log.note(house.connection.id, a_call(200))
    log.flush()
    house.connection.refresh_from_db()
    assert house.connection.last_success_at == house.connection.last_call_at


def test_calls_are_filtered_and_paged(house: House) -> None:
    call_log.flush()
    CallRecord.objects.all().delete()
    now = clock.now()
    for number, (status, customer) in enumerate(
        [(200, HARBOUR), (403, HARBOUR), (429, NORDLYS), (503, NORDLYS), (None, "")]
    ):
        CallRecord.objects.create(
            happened_at=now - timedelta(minutes=number),
            source_id=house.connection.id,
            customer=customer,
            order_id=ORDER if number == 1 else None,
            method="GET",
            path=f"/v1/customers/{customer}/subscriptions",
            status=status,
            milliseconds=10,
            request_id=f"request-{number}",
        )

    def statuses(**filters: object) -> list[int | None]:
        return [row.status for row in queries.calls(**filters).rows]  # type: ignore[arg-type]

    assert statuses() == [200, 403, 429, 503, None]
    assert statuses(outcome=CallOutcome.GOOD) == [200]
    assert statuses(outcome=CallOutcome.REFUSED) == [403]
    assert statuses(outcome=CallOutcome.THROTTLED) == [429]
    assert statuses(outcome=CallOutcome.TROUBLE) == [503, None]
    assert statuses(customers=[NORDLYS]) == [429, 503]
    assert statuses(customers=[]) == []
    assert statuses(order_id=ORDER) == [403]
    assert statuses(search="Request-2") == [429]
    assert statuses(search=HARBOUR[:8]) == [200, 403]
    assert statuses(since=now - timedelta(minutes=1)) == [200, 403]
    assert statuses(until=now - timedelta(minutes=2)) == [503, None]
    assert statuses(source_id=uuid.uuid4()) == []
    page = queries.calls(outcome=CallOutcome.TROUBLE, offset=1, limit=2)
    assert [row.status for row in page.rows] == [None]
    assert page.counts == {"": 5, "good": 1, "refused": 1, "throttled": 1, "trouble": 2}


def test_old_calls_are_pruned(house: House) -> None:
    call_log.flush()
    CallRecord.objects.all().delete()
    now = clock.now()
    for days in (1, 91):
        CallRecord.objects.create(happened_at=now - timedelta(days=days), method="GET", path="/", milliseconds=1)
    assert prune_calls(now - timedelta(days=90)) == 1
    assert CallRecord.objects.count() == 1
