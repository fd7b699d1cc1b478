"""Dates of terms and charges, and what happens at the end of a term if nobody acts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import (
    BillingPlan,
    EndOfTerm,
    ScheduledAction,
    Status,
    SubscriptionKind,
    Term,
)
from tenantry.licensing.rules.plan import RuleUse
from tenantry.licensing.rules.terms import (
    Standing,
    charge_date,
    end_of_term,
    exact_end,
    is_charged,
    next_charge,
    standing,
    term_end,
)
from tests.licensing.rules.cases import END, ENDS, EXTENDS, NCE, NOT_UNDERSTOOD, NOW, nce, renewal_with

AFTER = datetime(2027, 3, 13, 2, 0, tzinfo=UTC)


# Microsoft's rows for monthly terms: start day, last day of the term.
@pytest.mark.parametrize(
    ("start", "last_day"),
    [
        ((6, 18), (7, 17)),
        ((1, 31), (2, 27)),
        ((2, 28), (3, 27)),
        ((5, 31), (6, 29)),
        ((6, 30), (7, 29)),
        ((7, 31), (8, 30)),
        ((1, 30), (2, 27)),
        ((2, 27), (3, 26)),
        ((5, 30), (6, 29)),
        ((6, 29), (7, 28)),
        ((7, 30), (8, 29)),
    ],
)
def test_a_monthly_term_ends_the_day_before_the_next_starts(start: tuple[int, int], last_day: tuple[int, int]) -> None:
    assert term_end(date(2023, *start), Term.MONTH) == date(2023, *last_day)


@pytest.mark.parametrize(
    ("start", "term", "last_day"),
    [
        (date(2021, 1, 14), Term.YEAR, date(2022, 1, 13)),
        (date(2024, 2, 29), Term.YEAR, date(2025, 2, 27)),
        (date(2022, 7, 1), Term.THREE_YEARS, date(2025, 6, 30)),
        (date(2022, 12, 31), Term.MONTH, date(2023, 1, 30)),
        (date(2022, 7, 1), Term.NONE, None),
        (date(2022, 7, 1), Term.UNKNOWN, None),
    ],
)
def test_longer_terms_and_none(start: date, term: Term, last_day: date | None) -> None:
    assert term_end(start, term) == last_day


# Microsoft's rows for the monthly charge cycles of a longer term.
@pytest.mark.parametrize(
    ("anchor", "starts"),
    [
        ((1, 31), ["01-31", "02-28", "03-31", "04-30", "05-31"]),
        (
            (1, 30),
            [
                "01-30",
                "02-27",
                "03-30",
                "04-29",
                "05-30",
                "06-29",
                "07-30",
                "08-30",
                "09-29",
                "10-30",
                "11-29",
                "12-30",
            ],
        ),
        ((1, 28), ["01-28", "02-28", "03-28"]),
        ((4, 30), ["04-30", "05-30", "06-30"]),
        ((6, 18), ["06-18", "07-18", "08-18"]),
    ],
)
def test_charge_cycles_keep_their_anchor(anchor: tuple[int, int], starts: list[str]) -> None:
    found = [charge_date(date(2023, *anchor), number).strftime("%m-%d") for number in range(len(starts))]
    assert found == starts


def test_charge_cycles_go_on_over_the_year() -> None:
    assert charge_date(date(2023, 1, 31), 13) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        (datetime(2022, 1, 13, tzinfo=UTC), datetime(2022, 1, 13, 23, 59, 59, tzinfo=UTC)),
        (datetime(2022, 1, 13, 23, 59, 59, tzinfo=UTC), datetime(2022, 1, 13, 23, 59, 59, tzinfo=UTC)),
        (datetime(2019, 2, 8, 0, 21, 45, tzinfo=UTC), datetime(2019, 2, 8, 0, 21, 45, tzinfo=UTC)),
    ],
)
def test_the_last_day_of_a_term_is_inclusive(written: datetime, exact: datetime) -> None:
    assert exact_end(written) == exact


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, date(2026, 12, 13), id="from the anchor"),
        pytest.param(
            {"billing_cycle_end": datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC)},
            date(2026, 12, 2),
            id="Microsoft's own",
        ),
        pytest.param({"billing_cycle_end": END}, None, id="the last cycle runs"),
        pytest.param(
            {"billing_cycle_end": datetime(2026, 11, 1, tzinfo=UTC)}, date(2026, 12, 13), id="Microsoft's own is old"
        ),
        pytest.param({"billing_plan": BillingPlan.ANNUAL}, None, id="paid at once"),
        pytest.param({"billing_plan": BillingPlan.ONE_TIME}, None, id="paid once"),
        pytest.param({"term_start": None}, None, id="no anchor known"),
        pytest.param({"commitment_end": None}, None, id="no end known"),
        pytest.param({"status": Status.DELETED}, None, id="cancelled"),
        pytest.param({"status": Status.SUSPENDED}, date(2026, 12, 13), id="suspended, and paid for all the same"),
        pytest.param({"status": Status.SUSPENDED, "kind": SubscriptionKind.LEGACY}, None, id="suspended legacy"),
    ],
)
def test_next_charge(changes: dict[str, Any], expected: date | None) -> None:
    assert next_charge(nce(**changes), NOW) == expected


@pytest.mark.parametrize(
    ("status", "nce_seats", "legacy_seats", "software"),
    [
        (Status.ACTIVE, True, True, True),
        (Status.SUSPENDED, True, False, None),
        (Status.EXPIRED, False, False, False),
        (Status.DISABLED, False, False, False),
        (Status.DELETED, False, False, False),
        (Status.PENDING, None, None, None),
        (Status.NONE, None, None, None),
        (Status.UNKNOWN, None, None, None),
    ],
)
def test_whether_a_status_is_charged(
    status: Status, nce_seats: bool | None, legacy_seats: bool | None, software: bool | None
) -> None:
    kinds = (SubscriptionKind.NCE, SubscriptionKind.LEGACY, SubscriptionKind.SOFTWARE_SUBSCRIPTION)
    assert tuple(is_charged(nce(status=status, kind=kind)) for kind in kinds) == (nce_seats, legacy_seats, software)


def test_three_years_paid_yearly_are_charged_every_year() -> None:
    facts = nce(
        term=Term.THREE_YEARS,
        billing_plan=BillingPlan.ANNUAL,
        term_start=datetime(2025, 1, 31, tzinfo=UTC),
        commitment_end=datetime(2028, 1, 30, 23, 59, 59, tzinfo=UTC),
    )
    assert next_charge(facts, NOW) == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        pytest.param({}, NOW, Standing.RUNNING, id="in the term"),
        pytest.param({}, END, Standing.RUNNING, id="its last second"),
        pytest.param({"commitment_end": None}, NOW, Standing.RUNNING, id="without an end"),
        pytest.param({}, AFTER, Standing.RENEWING, id="after the end, renews"),
        pytest.param({"renewing": True}, NOW, Standing.RENEWING, id="known to be renewing"),
        pytest.param({"in_extended_term": True}, NOW, Standing.EXTENDED, id="known to be extended"),
        pytest.param({"auto_renew": False}, AFTER, Standing.EXTENDED, id="after the end, nobody chose"),
        pytest.param({"auto_renew": False, "scheduled": (EXTENDS,)}, AFTER, Standing.EXTENDED, id="extending chosen"),
        pytest.param({"auto_renew": False, "scheduled": (ENDS,)}, AFTER, Standing.OVER, id="ending chosen"),
        pytest.param(
            {"auto_renew": False, "kind": SubscriptionKind.LEGACY}, AFTER, Standing.OVER, id="legacy is not extended"
        ),
    ],
)
def test_standing(changes: dict[str, Any], now: datetime, expected: Standing) -> None:
    assert standing(nce(**changes), now, BOOK) is expected


OLD_TERM = {
    "auto_renew": False,
    "term_start": datetime(2025, 5, 4, tzinfo=UTC),
    "commitment_end": datetime(2026, 5, 3, 23, 59, 59, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("changes", "outcome", "decided", "quantity", "surcharges"),
    [
        pytest.param({}, "renews", "renew", 12, (), id="auto-renew on"),
        pytest.param({"scheduled": (renewal_with(8),)}, "renews_changed", "renew", 8, (), id="another number"),
        pytest.param({"scheduled": (renewal_with(12),)}, "renews", "renew", 12, (), id="scheduled, the same"),
        pytest.param(
            {"scheduled": (renewal_with(12, term=Term.MONTH),)}, "renews_changed", "renew", 12, (), id="another term"
        ),
        pytest.param(
            {"scheduled": (replace(EXTENDS, action=ScheduledAction.TRANSITION, product_id="X"),)},
            "upgrades",
            "renew",
            12,
            (),
            id="upgrade without a number",
        ),
        pytest.param({"auto_renew": False, "scheduled": (ENDS,)}, "ends", "end", None, (), id="ending chosen"),
        pytest.param(
            {"auto_renew": False, "scheduled": (EXTENDS,)}, "extends", "extend", 12, (3, 23), id="extending chosen"
        ),
        pytest.param({"auto_renew": False}, "extends", "undecided", 12, (3, 23), id="auto-renew off, nobody chose"),
        pytest.param(
            {"auto_renew": False, "has_monthly_plan": True}, "extends", "undecided", 12, (3,), id="has a monthly plan"
        ),
        pytest.param(
            {"auto_renew": False, "has_monthly_plan": False},
            "extends",
            "undecided",
            12,
            (23,),
            id="has no monthly plan",
        ),
        pytest.param(OLD_TERM, "expires", "end", None, (), id="ended before 4 May 2026"),
        pytest.param(
            {**OLD_TERM, "commitment_end": datetime(2026, 5, 4, tzinfo=UTC)},
            "extends",
            "undecided",
            12,
            (3, 23),
            id="ends on 4 May 2026",
        ),
        pytest.param(
            {"auto_renew": False, "term_start": datetime(2025, 3, 31, tzinfo=UTC)},
            "expires",
            "end",
            None,
            (),
            id="started before April 2025",
        ),
        pytest.param(
            {"auto_renew": False, "term_start": datetime(2025, 3, 31, tzinfo=UTC), "scheduled": (EXTENDS,)},
            "extends",
            "extend",
            12,
            (3, 23),
            id="started before April 2025, and Microsoft shows the extended term",
        ),
        pytest.param(
            {"auto_renew": False, "term_start": None}, "extends", "undecided", 12, (3, 23), id="start not known"
        ),
        pytest.param(
            {"auto_renew": False, "kind": SubscriptionKind.LEGACY}, "expires", "end", None, (), id="legacy, no renewal"
        ),
        pytest.param({"auto_renew": None}, "unknown", "undecided", None, (), id="Microsoft says nothing"),
        pytest.param({"can_renew": False}, "unknown", "undecided", None, (), id="end of sale"),
        pytest.param({"scheduled": (NOT_UNDERSTOOD,)}, "unknown", "undecided", None, (), id="schedule not understood"),
        pytest.param(
            {"auto_renew": False, "scheduled": (renewal_with(8),)}, "unknown", "undecided", None, (), id="contradiction"
        ),
        pytest.param({"is_trial": True}, "converts", "renew", 12, (), id="trial"),
        pytest.param(
            {"is_trial": True, "scheduled": (renewal_with(25),)}, "converts", "renew", 25, (), id="trial with a number"
        ),
        pytest.param({"is_trial": True, "auto_renew": False}, "ends", "end", None, (), id="trial, no conversion"),
        pytest.param({"status": Status.SUSPENDED}, "lapses", "undecided", None, (), id="suspended"),
        pytest.param(
            {"status": Status.SUSPENDED, "kind": SubscriptionKind.LEGACY}, "nothing", "undecided", None, (), id="by age"
        ),
        pytest.param(
            {"in_extended_term": True, "auto_renew": False},
            "stays_extended",
            "extend",
            12,
            (),
            id="in the extended term",
        ),
        pytest.param({"in_extended_term": True}, "renews", "renew", 12, (), id="renews out of the extended term"),
        pytest.param({"status": Status.DELETED}, "nothing", "undecided", None, (), id="cancelled"),
        pytest.param({"commitment_end": None}, "nothing", "undecided", None, (), id="no end"),
        pytest.param({"kind": SubscriptionKind.AZURE_PLAN}, "nothing", "undecided", None, (), id="usage"),
    ],
)
def test_what_happens_if_nobody_acts(
    changes: dict[str, Any], outcome: str, decided: str, quantity: int | None, surcharges: tuple[int, ...]
) -> None:
    ending = end_of_term(nce(**changes), NOW if "term_start" not in changes else ENDED_BEFORE, BOOK)
    assert (ending.outcome.value, ending.decided, ending.quantity, ending.surcharges) == (
        outcome,
        EndOfTerm(decided),
        quantity,
        surcharges,
    )


ENDED_BEFORE = datetime(2026, 4, 1, tzinfo=UTC)


def test_an_ending_has_the_moment_and_the_change_that_causes_it() -> None:
    ending = end_of_term(nce(scheduled=(renewal_with(8, effective_date=END),)), NOW, BOOK)
    assert (ending.at, ending.change) == (END, renewal_with(8, effective_date=END))


def test_a_change_at_another_date_is_not_the_end_of_the_term() -> None:
    other = renewal_with(8, effective_date=datetime(2027, 1, 1, tzinfo=UTC))
    assert end_of_term(nce(scheduled=(other,)), NOW, BOOK).outcome.value == "renews"


@pytest.mark.parametrize(
    ("bought", "hours"),
    [
        (datetime(2022, 3, 11, 23, 59, 59, tzinfo=UTC), 72),
        (datetime(2022, 3, 12, tzinfo=UTC), 168),
        (NOW, 168),
    ],
)
def test_the_return_window_is_dated(bought: datetime, hours: int) -> None:
    assert BOOK.return_window(bought).total_seconds() == hours * 3600


def test_a_rule_is_named_with_the_day_from_which_it_holds() -> None:
    assert BOOK.use("return-window", NOW) == RuleUse("return-window", date(2022, 3, 12))
    assert BOOK.use("return-window", datetime(2022, 1, 1, tzinfo=UTC)) == RuleUse("return-window")
    assert BOOK.use("extended-term", NOW) == RuleUse("extended-term", date(2026, 5, 4))
    assert BOOK.use("seat-limits", NOW) == RuleUse("seat-limits")


def test_the_case_to_start_from_is_a_year() -> None:
    assert NCE.term_start is not None
    assert term_end(NCE.term_start.date(), NCE.term) == END.date()
