"""How much a write weighs: a table, and that no way in weighs less than another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.weights import Measure, weigh
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    ScheduleHandling,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)
from tests.licensing.rules.cases import END, ENDS, NOW, legacy, nce, renewal_with

KEEP, SHIFT, DROP = ScheduleHandling.KEEP, ScheduleHandling.SHIFT, ScheduleHandling.DROP
RENEW, RENEWS = EndOfTerm.RENEW, Measure.RENEWS
TO_8: dict[str, Any] = {"scheduled": (renewal_with(8),)}
OFF: dict[str, Any] = {"auto_renew": False, "scheduled": (ENDS,)}

# Of 12 seats: what is asked for, then seats moved, and how the term ends (how far the next one is from the present).
CASES: list[tuple[str, dict[str, Any], Wish, int, tuple[Measure, int]]] = [
    ("three more", {}, SetQuantity(15), 3, (RENEWS, 0)),
    ("two fewer", {}, SetQuantity(10), 2, (RENEWS, 0)),
    ("three more, 8 kept", TO_8, SetQuantity(15, KEEP), 3, (RENEWS, 7)),
    ("three more, 8 moved along", TO_8, SetQuantity(15, SHIFT), 3, (RENEWS, 4)),
    ("three more, 8 dropped", TO_8, SetQuantity(15, DROP), 3, (RENEWS, 0)),
    ("three more, the end kept", OFF, SetQuantity(15), 3, (Measure.ENDS, 0)),
    ("8 at the renewal", {}, ScheduleQuantity(8), 4, (RENEWS, 4)),
    ("300 at the renewal", {}, ScheduleQuantity(300), 288, (RENEWS, 288)),
    ("300 instead of 8 at the renewal", TO_8, ScheduleQuantity(300), 288, (RENEWS, 288)),
    ("8 taken back", TO_8, WithdrawSchedule(), 0, (RENEWS, 0)),
    ("renew with 300", OFF, DecideEndOfTerm(RENEW, 300), 288, (RENEWS, 288)),
    ("renew as it is", OFF, DecideEndOfTerm(RENEW), 0, (RENEWS, 0)),
    ("end", {}, DecideEndOfTerm(EndOfTerm.END), 0, (Measure.ENDS, 0)),
    ("extend", {}, DecideEndOfTerm(EndOfTerm.EXTEND), 0, (Measure.EXTENDS, 0)),
]


def weights(facts: Any, wish: Wish) -> dict[Measure, int]:
    """Weigh a wish's write by measure."""
    plan = plan_change(facts, wish, NOW)
    assert plan.write is not None, plan.refusal
    return {weight.measure: weight.amount for weight in weigh(facts, plan.write)}


@pytest.mark.parametrize(
    ("shown", "wish", "seats", "end"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_write_weighs_its_effect(shown: dict[str, Any], wish: Wish, seats: int, end: tuple[Measure, int]) -> None:
    assert weights(nce(**shown), wish) == {Measure.CHANGES: 1, Measure.SEATS: seats, end[0]: end[1]}


def test_cancelling_weighs_its_seats() -> None:
    assert weights(nce(cancellation_allowed_until=END), Cancel()) == {Measure.CHANGES: 1, Measure.CANCELLED: 12}


def test_suspending_a_legacy_subscription_weighs_its_seats() -> None:
    assert weights(legacy(), Cancel()) == {Measure.CHANGES: 1, Measure.CANCELLED: 12}


@given(wanted=st.integers(13, 300))
def test_no_way_in_weighs_less_than_another(wanted: int) -> None:
    ways = [
        weights(nce(), SetQuantity(wanted)),
        weights(nce(), ScheduleQuantity(wanted)),
        weights(nce(), DecideEndOfTerm(RENEW, wanted)),
        weights(nce(**OFF), DecideEndOfTerm(RENEW, wanted)),
    ]
    assert {way[Measure.SEATS] for way in ways} == {wanted - 12}
