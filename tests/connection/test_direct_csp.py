"""The Direct CSP flag, set by a live call and by nothing else."""

from tenantry.audit.models import AuditRow
from tenantry.connection import actions
from tenantry.connection.models import DirectCsp, PartnerConnection, Tenant
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.testing import run_due_jobs, waiting_jobs
from tenantry.kernel import clock
from tenantry.kernel.refusals import Refusal
from tests.connection.people import DANA, again
from tests.support.house import HARBOUR, NORDLYS, House


def set_flag(house: House, flag: DirectCsp) -> None:
    """Start a test from this state of the flag."""
    PartnerConnection.objects.filter(id=house.connection.id).update(direct_csp=flag)


def ask(house: House, tenant_id: str = HARBOUR) -> RunRecord:
    """Choose a tenant and confirm."""
    run = actions.ask_direct_csp_test(
        acting_as=DANA, connection_id=house.connection.id, tenant_id=tenant_id, now=clock.now()
    )
    assert isinstance(run, RunRecord)
    return run


def run_test(house: House, tenant_id: str = HARBOUR) -> RunRecord:
    """Test to the end and read the connection again."""
    run = ask(house, tenant_id)
    run_due_jobs()
    house.connection.refresh_from_db()
    return again(run)


def test_a_good_answer_sets_the_flag(house: House) -> None:
    set_flag(house, DirectCsp.UNSET)
    before = len(house.sandbox.journal())
    run = run_test(house)

    assert (run.state, run.message_key, run.steps_done, run.steps_total) == (RunState.DONE, "direct_csp_set", 2, 2)
    assert run.details == {"tenant": "Harbour & Vale Ltd", "subscriptions": 9, "indirect": False}
    row = house.connection
    assert (row.direct_csp, row.direct_csp_tenant_id, row.direct_csp_advice) == (DirectCsp.SET, HARBOUR, "")
    assert row.mfa_compliant is True
    calls = [(entry["method"], entry["path"]) for entry in house.sandbox.journal()[before:] if "/v1/" in entry["path"]]
    assert calls == [
        ("GET", "/v1/profiles/organization"),
        ("GET", f"/v1/customers/{HARBOUR}"),
        ("GET", f"/v1/customers/{HARBOUR}/subscriptions"),
    ]
    assert list(AuditRow.objects.order_by("id").values_list("verb", "actor_name")) == [
        ("direct_csp.asked", "Dana Okafor"),
        ("direct_csp.set", "Dana Okafor"),
    ]


def test_the_flag_shows_that_a_test_runs(house: House) -> None:
    set_flag(house, DirectCsp.FAILED)
    ask(house)
    house.connection.refresh_from_db()
    assert house.connection.direct_csp == DirectCsp.TESTING


def test_microsofts_refusal_is_kept_with_its_words(house: House) -> None:
    set_flag(house, DirectCsp.UNSET)
    house.sandbox.fault("status", path=f"/v1/customers/{HARBOUR}/subscriptions", status=403, code=2032)
    run = run_test(house)

    assert (run.state, run.message_key) == (RunState.FAILED, "refused_by_microsoft")
    assert (run.details["advice"], run.details["code"]) == ("not_allowed", "2032")
    row = house.connection
    assert (row.direct_csp, row.direct_csp_advice, row.direct_csp_words) == (
        DirectCsp.FAILED,
        "not_allowed",
        run.details["words"],
    )
    told = AuditRow.objects.get(verb="direct_csp.failed")
    assert (told.outcome, told.request_id) == ("not_allowed", run.details["request_id"])


def test_a_customer_that_is_not_ours_any_more_is_refused(house: House) -> None:
    set_flag(house, DirectCsp.UNSET)
    house.sandbox.post("/_sandbox/change", {"customer": NORDLYS, "remove": True})
    run = run_test(house, NORDLYS)
    assert (run.state, run.details["advice"]) == (RunState.FAILED, "not_our_customer")


def test_a_flag_that_is_set_outlives_what_says_nothing_but_not_a_refusal(house: House) -> None:
    house.sandbox.fault("throttle", path="/v1/customers/*", retry_after=300)
    assert run_test(house).details["advice"] == "throttled"
    assert house.connection.direct_csp == DirectCsp.SET
    house.sandbox.clear_faults()
    house.sandbox.fault("mfa_missing")
    assert run_test(house).details["advice"] == "mfa_missing"
    assert house.connection.direct_csp == DirectCsp.FAILED


def test_a_flag_that_was_never_set_is_not_left_testing(house: House) -> None:
    set_flag(house, DirectCsp.UNSET)
    house.sandbox.fault("throttle", path="/v1/customers/*", retry_after=300)
    run_test(house)
    assert (house.connection.direct_csp, house.connection.direct_csp_advice) == (DirectCsp.FAILED, "throttled")


def test_only_a_listed_tenant_can_be_chosen(house: House) -> None:
    Tenant.objects.filter(tenant_id=HARBOUR).update(missing_since=clock.now())
    for tenant_id in (HARBOUR, "11111111-1111-1111-1111-111111111111"):
        outcome = actions.ask_direct_csp_test(
            acting_as=DANA, connection_id=house.connection.id, tenant_id=tenant_id, now=clock.now()
        )
        assert isinstance(outcome, Refusal)
        assert outcome.reason == "tenant_missing"
    assert waiting_jobs() == []


def test_two_owners_get_the_same_test(house: House) -> None:
    first = ask(house)
    assert ask(house, NORDLYS).id == first.id
    assert len(waiting_jobs()) == 1


def test_a_test_that_is_over_is_not_made_again(house: House) -> None:
    run = run_test(house)
    before = len(house.sandbox.journal())
    actions.run_direct_csp_test(run.id, tenant_id=HARBOUR, staff_id=DANA.id)
    assert len(house.sandbox.journal()) == before
