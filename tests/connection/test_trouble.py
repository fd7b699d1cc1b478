"""What breaks a connection and what does not: one odd answer is about the address that gave it."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tenantry.audit.models import AuditRow
from tenantry.clients.http import NotAllowed
from tenantry.clients.partner_center import CustomerId
from tenantry.connection import actions, queries
from tenantry.connection.client import client_for
from tenantry.connection.models import ConnectionState, PartnerConnection, TroubleAbout
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.licensing.models import CompanyRefresh, OrderState
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.notices.models import Notice
from tenantry.traffic.calls import call_log
from tests.connection.people import DANA
from tests.support.house import HARBOUR, House, finish
from tests.support.orders import placed

CUSTOMERS = "/v1/customers"
PROFILE = "/v1/profiles/organization"
HARBOUR_SUBSCRIPTIONS = f"/v1/customers/{HARBOUR}/subscriptions"


@dataclass(frozen=True, slots=True)
class Odd:
    """An odd answer of one address."""

    path: str
    kind: str = "status"
    status: int = 404
    code: int | None = None
    more: dict[str, object] = field(default_factory=dict)

    def at(self, house: House) -> None:
        """Have the sandbox give it."""
        house.sandbox.fault(self.kind, path=self.path, status=self.status, code=self.code, **self.more)


def read_list(house: House) -> RunRecord:
    """Have the worker read the list of tenants; return the run."""
    run = actions.ask_refresh_tenants(acting_as=DANA, connection_id=house.connection.id, now=clock.now())
    assert isinstance(run, RunRecord)
    run_due_jobs()
    call_log.flush()
    house.connection.refresh_from_db()
    return RunRecord.objects.get(id=run.id)


def told() -> list[str]:
    """Return what the partner was mailed about the connection."""
    return list(Notice.objects.filter(kind="connection_broken").values_list("body", flat=True))


BREAKS: dict[str, tuple[Odd, TroubleAbout, str]] = {
    "the list may not be read": (Odd(CUSTOMERS, status=403, code=2032), TroubleAbout.TENANTS, "not_allowed"),
    "the list may not be read, says the gateway": (Odd(CUSTOMERS, status=403), TroubleAbout.TENANTS, "not_allowed"),
    "the programme has ended": (Odd(CUSTOMERS, status=403, code=2030), TroubleAbout.TENANTS, "partner_not_active"),
    "the list wants another token": (Odd(CUSTOMERS, status=401), TroubleAbout.TOKEN, "token_refused"),
    "a second factor is wanted": (Odd(CUSTOMERS, status=401, code=900421), TroubleAbout.TOKEN, "mfa_missing"),
    "a second factor is wanted everywhere": (Odd("*", kind="mfa_missing"), TroubleAbout.TOKEN, "mfa_missing"),
    "another audience is wanted": (Odd(PROFILE, status=401, code=900420), TroubleAbout.TOKEN, "token_audience"),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_refused_token_and_a_refused_list_break_a_connection(house: House, case: str) -> None:
    odd, about, advice = BREAKS[case]
    odd.at(house)
    run = read_list(house)
    row = house.connection
    assert (row.state, row.last_error_about, row.last_error_advice) == (ConnectionState.BROKEN, about, advice)
    assert (run.state, run.details["advice"]) == (RunState.FAILED, advice)
    (mail,) = told()
    assert ("no change order reaches Microsoft" in mail) is (about == TroubleAbout.TOKEN)
    assert ("Change orders are still sent" in mail) is (about == TroubleAbout.TENANTS)
    assert AuditRow.objects.filter(verb="connection.broke").count() == 1


def test_a_missing_second_factor_is_said_as_such(house: House) -> None:
    house.sandbox.fault("mfa_missing")
    read_list(house)
    assert house.connection.last_error_code == "900421"
    (mail,) = told()
    assert "Sign in again with a second factor" in mail
    assert "Code: 900421" in mail


BREAKS_NOTHING: dict[str, tuple[Odd, str]] = {
    "the list is not there": (Odd(CUSTOMERS), "not_found"),
    "the list is not there, by a code": (Odd(CUSTOMERS, code=1000), "not_found"),
    "the list is asked for wrongly": (Odd(CUSTOMERS, status=400, code=3000), "request_wrong"),
    "an unknown refusal": (Odd(CUSTOMERS, status=400, code=999), "refused"),
    "the list is gone": (Odd(CUSTOMERS, status=410), "not_found"),
    "trouble with the list": (Odd(CUSTOMERS, status=500), "service_trouble"),
    "the list cannot be parsed": (Odd(CUSTOMERS, kind="malformed"), "malformed"),
}


@pytest.mark.parametrize("case", BREAKS_NOTHING)
def test_another_answer_for_the_list_is_about_the_list(house: House, case: str) -> None:
    odd, advice = BREAKS_NOTHING[case]
    odd.at(house)
    run = read_list(house)
    assert (run.state, run.details["advice"]) == (RunState.FAILED, advice)
    assert (house.connection.state, told()) == (ConnectionState.WORKING, [])
    assert queries.broken(clock.now()) == {}
    view = queries.connection(house.connection.id, clock.now())
    assert view is not None and view.health.trouble is not None
    assert (view.health.trouble.about, view.health.trouble.advice) == (TroubleAbout.TENANTS, advice)

    client_for(house.connection.id).subscriptions(CustomerId(HARBOUR))
    call_log.flush()
    view = queries.connection(house.connection.id, clock.now())
    assert view is not None and view.health.trouble is not None  # another address says nothing about the list

    house.sandbox.clear_faults()
    read_list(house)
    view = queries.connection(house.connection.id, clock.now())
    assert view is not None and view.health.trouble is None


@pytest.mark.parametrize(
    "odd",
    [
        Odd(PROFILE),
        Odd(PROFILE, status=403, code=2032),
        Odd(PROFILE, status=400, code=3000),
        Odd(PROFILE, status=503),
        Odd(PROFILE, kind="malformed"),
    ],
    ids=lambda odd: f"{odd.kind} {odd.status}",
)
def test_not_knowing_about_the_second_factor_keeps_the_list_from_nothing(house: House, odd: Odd) -> None:
    odd.at(house)
    run = read_list(house)
    assert (run.state, run.details["listed"]) == (RunState.DONE, 26)
    assert (house.connection.state, told()) == (ConnectionState.WORKING, [])
    test = actions.ask_direct_csp_test(
        acting_as=DANA, connection_id=house.connection.id, tenant_id=HARBOUR, now=clock.now()
    )
    assert isinstance(test, RunRecord)
    run_due_jobs()
    assert RunRecord.objects.get(id=test.id).state == RunState.DONE


@pytest.mark.parametrize(
    ("odd", "advice"),
    [
        (Odd(HARBOUR_SUBSCRIPTIONS), "not_found"),
        (Odd(HARBOUR_SUBSCRIPTIONS, status=403, code=20002), "not_our_customer"),
        (Odd(HARBOUR_SUBSCRIPTIONS, status=403), "not_allowed"),
        (Odd(HARBOUR_SUBSCRIPTIONS, status=400, code=3000), "request_wrong"),
        (Odd(HARBOUR_SUBSCRIPTIONS, status=500), "service_trouble"),
        (Odd(HARBOUR_SUBSCRIPTIONS, kind="malformed"), "malformed"),
    ],
    ids=lambda value: f"{value.kind} {value.status} {value.code}" if isinstance(value, Odd) else value,
)
def test_what_one_customer_refuses_is_about_that_company(house: House, odd: Odd, advice: str) -> None:
    company = house.add_company()
    odd.at(house)
    refresh_company(company.id)
    call_log.flush()
    house.connection.refresh_from_db()
    assert (house.connection.state, house.connection.last_error_at, told()) == (ConnectionState.WORKING, None, [])
    assert CompanyRefresh.objects.get(company=company).advice == advice


def test_a_token_that_is_refused_in_the_middle_of_other_work_breaks_the_connection(house: House) -> None:
    Odd(HARBOUR_SUBSCRIPTIONS, status=401, code=900421).at(house)
    with pytest.raises(NotAllowed):
        client_for(house.connection.id).subscriptions(CustomerId(HARBOUR))
    house.connection.refresh_from_db()
    assert (house.connection.state, house.connection.last_error_advice) == (ConnectionState.BROKEN, "mfa_missing")
    assert len(told()) == 1


def test_a_token_that_was_merely_old_is_renewed_without_a_word(house: House) -> None:
    Odd(HARBOUR_SUBSCRIPTIONS, status=401, more={"count": 1}).at(house)
    client_for(house.connection.id).subscriptions(CustomerId(HARBOUR))
    run_due_jobs()
    house.connection.refresh_from_db()
    assert (house.connection.state, house.connection.last_error_at) == (ConnectionState.WORKING, None)


def test_orders_go_through_while_the_list_is_refused(house: House) -> None:
    company = house.add_company()
    Odd(CUSTOMERS, status=403, code=2032).at(house)
    read_list(house)
    view = house.subscription(company, "Microsoft 365 Business Premium")
    order = finish(placed(view, SetQuantity(view.facts.quantity + 1)).id)
    assert order.state == OrderState.APPLIED
    (found,) = queries.broken(clock.now()).values()
    assert found.orders_stop is False


def test_that_orders_stop_is_told_on_the_day_on_which_the_list_was_refused_already(house: House) -> None:
    Odd(CUSTOMERS, status=403, code=2032).at(house)
    read_list(house)
    read_list(house)
    assert len(told()) == 1
    house.sandbox.fault("mfa_missing")
    read_list(house)
    read_list(house)
    assert len(told()) == 2


def test_what_broke_it_is_not_hidden_by_what_may_pass(house: House) -> None:
    Odd(CUSTOMERS, status=403, code=2032).at(house)
    read_list(house)
    broke = (house.connection.last_error_advice, house.connection.last_error_at)
    house.sandbox.clear_faults()
    Odd(CUSTOMERS).at(house)
    read_list(house)
    assert house.connection.state == ConnectionState.BROKEN
    assert (house.connection.last_error_advice, house.connection.last_error_at) == broke


def test_an_answer_that_is_no_word_of_entra_breaks_nothing(house: House) -> None:
    """A proxy in between may answer for the login host; a token from before still serves."""
    Odd("*/token", status=404).at(house)
    run = actions.ask_check(acting_as=DANA, connection_id=house.connection.id, now=clock.now())
    assert isinstance(run, RunRecord)
    run_due_jobs()
    house.connection.refresh_from_db()
    assert (house.connection.state, house.connection.last_error_about) == (ConnectionState.WORKING, TroubleAbout.TOKEN)
    assert (RunRecord.objects.get(id=run.id).state, told()) == (RunState.FAILED, [])


def test_a_refused_token_stops_orders_until_microsoft_answers_again(house: House) -> None:
    now = clock.now()
    PartnerConnection.objects.update(
        state=ConnectionState.BROKEN,
        last_error_at=now,
        last_error_about=TroubleAbout.TOKEN,
        last_error_advice="token_refused",
        last_success_at=now - timedelta(minutes=1),
    )
    assert [found.orders_stop for found in queries.broken(now).values()] == [True]
    PartnerConnection.objects.update(last_success_at=now + timedelta(minutes=1))
    assert [found.orders_stop for found in queries.broken(now).values()] == [False]
