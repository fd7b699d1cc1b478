"""When a refusal at sign-in concerns everybody, and which warning of a secret's end is due: tables and laws."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.people.rules import ALWAYS_EVERYBODY, WARN_DAYS, concerns_everybody, due_warning

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENDS = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("advice", "tenant", "others", "everybody"),
    [
        ("secret_expired", "", [], True),
        ("secret_wrong", "customer", [], True),
        ("app_single_tenant", "", [], True),
        ("app_not_found", "partner", [], True),
        ("app_not_found", "customer", [], False),
        ("app_not_found", "customer", [("customer", NOW)], False),
        ("app_not_found", "customer", [("another", NOW)], True),
        ("app_not_found", "customer", [("another", NOW - HOUR)], True),
        ("app_not_found", "customer", [("another", NOW - HOUR - timedelta(seconds=1))], False),
        ("app_not_found", "customer", [("", NOW)], False),
        ("app_not_found", "", [("another", NOW)], False),
        ("consent_declined", "partner", [("another", NOW)], False),
        ("code_spent", "partner", [], False),
    ],
)
def test_whose_trouble_it_is(advice: str, tenant: str, others: list[tuple[str, datetime]], everybody: bool) -> None:
    assert concerns_everybody(advice, tenant, others, partner_tenant="partner", now=NOW) is everybody


@given(st.sampled_from(sorted(ALWAYS_EVERYBODY)), st.text())
def test_the_applications_own_secret_concerns_everybody_wherever_it_is_refused(advice: str, tenant: str) -> None:
    assert concerns_everybody(advice, tenant, [], partner_tenant="", now=NOW)


@given(st.text(), st.lists(st.datetimes(timezones=st.just(UTC))))
def test_one_customers_tenant_alone_never_concerns_everybody(tenant: str, when: list[datetime]) -> None:
    again = [(tenant, at) for at in when]
    assert not concerns_everybody("app_not_found", tenant, again, partner_tenant="partner " + tenant, now=NOW)


@pytest.mark.parametrize(
    ("left", "due"),
    [
        (31, None),
        (30, 30),
        (29, 30),
        (15, 30),
        (14, 14),
        (8, 14),
        (7, 7),
        (3, 7),
        (2, 2),
        (1, 2),
        (0, 2),
        (-1, None),
    ],
)
def test_the_due_warning_is_the_nearest_to_the_end(left: int, due: int | None) -> None:
    assert due_warning(ENDS, ENDS - timedelta(days=left)) == due


@given(st.sets(st.integers(-5, 60)))
def test_whatever_days_are_missed_no_warning_comes_late_or_out_of_order(days_with_a_worker: set[int]) -> None:
    steps = [due_warning(ENDS, ENDS - timedelta(days=left)) for left in sorted(days_with_a_worker, reverse=True)]
    told = [step for step in steps if step is not None]
    assert told == sorted(told, reverse=True)
    if any(0 <= left <= 2 for left in days_with_a_worker):
        assert told[-1] == WARN_DAYS[-1]
