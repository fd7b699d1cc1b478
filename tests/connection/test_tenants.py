"""The list of tenants: read, kept, held when one vanishes, and decided."""

import uuid

import pytest
from django.db import connection as database

from tenantry.audit.models import AuditRow
from tenantry.connection import actions, queries
from tenantry.connection.models import ConnectionState, PartnerConnection, Tenant
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.testing import run_due_jobs, waiting_jobs
from tenantry.kernel import clock
from tenantry.kernel.refusals import Refusal
from tenantry.notices.models import Notice
from tests.connection.people import DANA, again
from tests.support.house import HARBOUR, NORDLYS, House


def ask(house: House) -> RunRecord:
    """Press "Refresh now"."""
    run = actions.ask_refresh_tenants(acting_as=DANA, connection_id=house.connection.id, now=clock.now())
    assert isinstance(run, RunRecord)
    return run


def refresh(house: House) -> RunRecord:
    """Refresh to the end."""
    run = ask(house)
    # A call that was refused may have the connection looked at a second time, when its log is written.
    assert set(run_due_jobs()) == {"connection.refresh_tenants"}
    return again(run)


def tenant(tenant_id: str) -> Tenant:
    """Read a tenant's row."""
    return Tenant.objects.get(tenant_id=tenant_id)


def transaction_marks() -> dict[uuid.UUID, str]:
    """Return which transaction wrote each tenant's row last."""
    with database.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text FROM connection_tenant")
        return dict(cursor.fetchall())


def test_the_first_refresh_brings_all_tenants(house: House) -> None:
    Tenant.objects.all().delete()
    run = refresh(house)

    assert (run.state, run.message_key) == (RunState.DONE, "tenants_refreshed")
    assert run.details == {"listed": 26, "added": 26, "changed": 0, "missing": 0, "returned": 0}
    row = tenant(HARBOUR)
    assert (row.name, row.domain, row.relationship, row.missing_since) == (
        "Harbour & Vale Ltd",
        "harbourvale.onmicrosoft.com",
        "reseller",
        None,
    )
    house.connection.refresh_from_db()
    assert house.connection.tenants_refreshed_at == queries.tenants_refreshed_at()
    assert house.connection.mfa_compliant is True


def test_an_unchanged_list_writes_no_row(house: House) -> None:
    refresh(house)
    before = transaction_marks()
    run = refresh(house)

    assert run.details == {"listed": 26, "added": 0, "changed": 0, "missing": 0, "returned": 0}
    assert transaction_marks() == before


@pytest.mark.parametrize(
    ("name", "domain", "kept"),
    [
        ("n" * 5000, "d" * 300, ("n" * 299 + "…", "d" * 254 + "…")),
        ("half \ud83d", "\x00", ("half \ufffd", "")),
        ("", "harbourvale.example", ("harbourvale.example", "harbourvale.example")),
        ("\x00", "", (HARBOUR, "")),
    ],
)
def test_a_tenant_of_any_name_is_kept(house: House, name: str, domain: str, kept: tuple[str, str]) -> None:
    body = {"companyProfile": {"companyName": name, "domain": domain}}
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "body": body})
    run = refresh(house)
    assert (run.state, run.details.get("unkept")) == (RunState.DONE, None)
    assert (tenant(HARBOUR).name, tenant(HARBOUR).domain) == kept


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"id": "t" * 500}, "t" * 64 + ": Customer: tenant_id: longer than 36 characters"),
        ({"companyProfile": {"companyName": 7}}, f"{HARBOUR}: Customer: companyProfile.companyName: "),
        ({"id": 7}, "Customer: id: "),
    ],
    ids=["long id", "name that is a number", "id that is a number"],
)
def test_a_tenant_that_cannot_be_kept_is_named_and_leaves_the_others(
    house: House, body: dict[str, object], told: str
) -> None:
    refresh(house)
    house.sandbox.post("/_sandbox/change", {"customer": NORDLYS, "rename": "Nordlys Group"})
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "body": body})

    run = refresh(house)

    assert (run.state, run.details["unkept"], run.details["listed"], run.details["changed"]) == (
        RunState.DONE,
        1,
        26,
        1,
    )
    assert run.details["unkept_told"][0].startswith(told)
    assert tenant(NORDLYS).name == "Nordlys Group"
    # Which tenant a row with a new id or without one means is not known: with one more id, one fewer is listed.
    assert (tenant(HARBOUR).missing_since is None) is ("t" * 500 not in body.values())


def test_a_renamed_tenant_is_renamed_and_nothing_else_is_written(house: House) -> None:
    refresh(house)
    before = transaction_marks()
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "rename": "Harbour & Vale Group"})

    assert refresh(house).details["changed"] == 1
    assert tenant(HARBOUR).name == "Harbour & Vale Group"
    changed = {row for row, mark in transaction_marks().items() if before[row] != mark}
    assert changed == {tenant(HARBOUR).id}


def test_a_vanished_tenant_is_held_and_told_once(house: House) -> None:
    refresh(house)
    for customer in (HARBOUR, NORDLYS):
        house.sandbox.post("/_sandbox/change", {"customer": customer, "remove": True})

    assert refresh(house).details["missing"] == 2
    assert refresh(house).details["missing"] == 0
    assert [row.name for row in queries.removed_tenants()] == ["Harbour & Vale Ltd", "Nordlys Shipping AS"]
    assert queries.tenants(house.connection.id).total == 24
    notice = Notice.objects.get(kind="tenants_missing")
    assert notice.subject == "2 tenants are no longer listed in Partner Center"
    assert "- Harbour & Vale Ltd\n- Nordlys Shipping AS" in notice.body
    assert AuditRow.objects.filter(verb="tenant.missing").count() == 2


def test_a_tenant_that_comes_back_is_listed_again(house: House) -> None:
    refresh(house)
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "remove": True})
    refresh(house)
    assert (
        actions.decide_removed_tenant(acting_as=DANA, tenant_id=tenant(HARBOUR).id, gone_for_good=True, now=clock.now())
        is None
    )
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "restore": True})

    assert refresh(house).details["returned"] == 1
    row = tenant(HARBOUR)
    assert (row.missing_since, row.removal_confirmed_at) == (None, None)
    assert list(AuditRow.objects.filter(subject_id=HARBOUR).order_by("id").values_list("verb", "actor_name")) == [
        ("tenant.missing", "Tenantry"),
        ("tenant.removal_confirmed", "Dana Okafor"),
        ("tenant.returned", "Tenantry"),
    ]


def test_a_dismissed_tenant_is_raised_again_while_it_is_missing(house: House) -> None:
    refresh(house)
    house.sandbox.post("/_sandbox/change", {"customer": HARBOUR, "remove": True})
    refresh(house)
    held = queries.removed_tenants()[0]
    assert (
        actions.decide_removed_tenant(acting_as=DANA, tenant_id=held.id, gone_for_good=False, now=clock.now()) is None
    )
    assert queries.removed_tenants() == ()

    refresh(house)
    assert [row.tenant_id for row in queries.removed_tenants()] == [HARBOUR]
    assert Notice.objects.filter(kind="tenants_missing").count() == 2


def test_only_a_held_tenant_can_be_decided(house: House) -> None:
    outcome = actions.decide_removed_tenant(
        acting_as=DANA, tenant_id=tenant(HARBOUR).id, gone_for_good=True, now=clock.now()
    )
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "tenant_decided"
    assert tenant(HARBOUR).removal_confirmed_at is None


def test_everybody_waits_for_the_same_refresh(house: House) -> None:
    assert ask(house).id == ask(house).id
    assert [name for name, _, _ in waiting_jobs()] == ["connection.refresh_tenants"]


def test_a_refresh_that_began_while_one_was_asked_for_leaves_none_waiting(house: House) -> None:
    asked = ask(house)
    earlier = runs.new_run("refresh_tenants", subject_id=house.connection.id, now=clock.now())
    runs.finish(earlier.id)
    assert run_due_jobs() == ["connection.refresh_tenants"]
    assert again(asked).state == RunState.DONE


def test_a_refresh_that_nobody_asked_for_makes_its_own_record(house: House) -> None:
    actions.refresh_tenants(house.connection.id)
    run = RunRecord.objects.get(kind="refresh_tenants")
    assert (run.state, run.asked_by, run.subject_id) == (RunState.DONE, "", str(house.connection.id))


def test_trouble_that_passes_leaves_everything_as_it_was(house: House) -> None:
    refresh(house)
    house.sandbox.fault("throttle", path="/v1/customers*", retry_after=300)
    run = refresh(house)

    assert (run.state, run.details["advice"]) == (RunState.FAILED, "throttled")
    house.connection.refresh_from_db()
    assert house.connection.state == ConnectionState.WORKING
    assert house.connection.last_error_advice == "throttled"
    assert queries.tenants(house.connection.id).total == 26
    assert Notice.objects.count() == 0


def test_a_refusal_breaks_the_connection_and_a_later_good_answer_mends_it(house: House) -> None:
    house.sandbox.fault("mfa_missing")
    run = refresh(house)

    assert (run.state, run.details["advice"]) == (RunState.FAILED, "mfa_missing")
    house.connection.refresh_from_db()
    assert (house.connection.state, house.connection.last_error_advice) == (ConnectionState.BROKEN, "mfa_missing")
    assert queries.working_connection_ids() == []
    notice = Notice.objects.get(kind="connection_broken")
    assert notice.subject == "The partner connection Kestrel IT Services does not work"
    assert "An owner of this installation" in notice.body

    refresh(house)
    assert Notice.objects.count() == 1  # once a day
    house.sandbox.clear_faults()
    assert refresh(house).state == RunState.DONE
    house.connection.refresh_from_db()
    assert house.connection.state == ConnectionState.WORKING
    assert list(AuditRow.objects.order_by("id").values_list("verb", flat=True)) == [
        "connection.broke",
        "connection.recovered",
    ]


def test_a_connection_that_is_gone_is_not_read(house: House) -> None:
    PartnerConnection.objects.filter(id=house.connection.id).update(removed_at=clock.now())
    before = len(house.sandbox.journal())
    actions.refresh_tenants(house.connection.id)
    outcome = actions.ask_refresh_tenants(acting_as=DANA, connection_id=house.connection.id, now=clock.now())
    assert isinstance(outcome, Refusal)
    assert RunRecord.objects.count() == 0
    assert len(house.sandbox.journal()) == before


def test_tenants_are_searched_and_paged(house: House) -> None:
    def found(search: str = "", **more: object) -> list[str]:
        page = queries.tenants(house.connection.id, search=search, **more)  # type: ignore[arg-type]
        return [row.name for row in page.rows]

    assert found("nordlys") == ["Nordlys Shipping AS"]
    assert found("HARBOURVALE.ON") == ["Harbour & Vale Ltd"]
    assert found(NORDLYS.upper()) == ["Nordlys Shipping AS"]
    assert found("no such tenant") == []
    everything = found()
    assert everything == sorted(everything, key=str.lower)
    assert found(offset=2, limit=3) == everything[2:5]
    page = queries.tenants(house.connection.id, without=[HARBOUR, NORDLYS])
    assert page.total == 24
    assert HARBOUR not in {row.tenant_id for row in page.rows}
