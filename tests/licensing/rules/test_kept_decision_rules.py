"""What becomes of a kept decision, by what Microsoft shows: a table, and what never happens."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.licensing.rules.facts import EndOfTerm, ScheduledAction, Status, Term
from tenantry.licensing.rules.kept_decision import FINAL, KeptDecision, KeptState, compare
from tests.licensing.rules.cases import END, ENDS, EXTENDS, NOT_UNDERSTOOD, NOW, nce, renewal_with

RENEW, STOP, EXTEND = EndOfTerm.RENEW, EndOfTerm.END, EndOfTerm.EXTEND
HELD, STANDS, PUT_BACK, ASK = KeptState.HELD, KeptState.STANDS, KeptState.PUT_BACK, KeptState.ASK
TRUE, UNTRUE = KeptState.CAME_TRUE, KeptState.DID_NOT_COME_TRUE

OFF: dict[str, Any] = {"auto_renew": False}
NEXT_END: dict[str, Any] = {"commitment_end": END + timedelta(days=365)}
JUST_OVER, LONG_OVER = END + timedelta(hours=20), END + timedelta(hours=25)
TO_8: dict[str, Any] = {"quantity": 8, "seats_then": 12}
TO_15: dict[str, Any] = {"quantity": 15, "seats_then": 12}
MONTHLY = renewal_with(8, term=Term.MONTH)

CASES: list[tuple[str, EndOfTerm, dict[str, Any], dict[str, Any], KeptState, str]] = [
    # what was decided, then what Microsoft shows of 12 seats that renew by themselves, then what follows
    ("an end stands", STOP, {}, OFF | {"scheduled": (ENDS,)}, STANDS, ""),
    ("an end by the switch stands", STOP, {"by_switch": True}, OFF, STANDS, ""),
    ("suspended passes", STOP, {}, OFF | {"status": Status.SUSPENDED}, HELD, ""),
    ("pending passes", STOP, {}, {"status": Status.PENDING}, HELD, ""),
    ("an unknown status passes", RENEW, {}, {"status": Status.UNKNOWN}, HELD, ""),
    ("a missing date passes", RENEW, {}, {"commitment_end": None}, HELD, ""),
    ("the extended term instead of an end", STOP, {}, OFF | {"scheduled": (EXTENDS,)}, PUT_BACK, ""),
    ("off without a choice instead of an end", STOP, {}, OFF, PUT_BACK, ""),
    ("switched on again instead of an end", STOP, {}, {}, PUT_BACK, ""),
    ("somebody's number instead of an end", STOP, {}, {"scheduled": (renewal_with(8),)}, ASK, "other_schedule"),
    ("something unknown instead of an end", STOP, {}, {"scheduled": (NOT_UNDERSTOOD,)}, ASK, "other_schedule"),
    ("the extended term stands", EXTEND, {}, OFF | {"scheduled": (EXTENDS,)}, STANDS, ""),
    ("off without a choice instead of extending", EXTEND, {}, OFF, PUT_BACK, ""),
    ("an end instead of extending", EXTEND, {}, OFF | {"scheduled": (ENDS,)}, ASK, "other_schedule"),
    ("a renewal stands", RENEW, {}, {}, STANDS, ""),
    ("a renewal stands with other seats", RENEW, {}, {"quantity": 14}, STANDS, ""),
    ("off instead of a renewal", RENEW, {"seats_then": 12}, OFF, ASK, "switched_off"),
    ("off instead of a renewal with 8", RENEW, TO_8, OFF, ASK, "switched_off"),
    ("the extended term instead of a renewal", RENEW, {}, OFF | {"scheduled": (EXTENDS,)}, ASK, "other_schedule"),
    ("8 stands", RENEW, TO_8, {"scheduled": (renewal_with(8),)}, STANDS, ""),
    ("8 was dropped", RENEW, TO_8, {}, PUT_BACK, ""),
    ("8 was dropped, 10 today", RENEW, TO_8, {"quantity": 10}, PUT_BACK, ""),
    ("8 was dropped, 8 today", RENEW, TO_8, {"quantity": 8}, STANDS, ""),
    ("8 would add today", RENEW, TO_8, {"quantity": 5}, ASK, "direction_reversed"),
    ("15 was dropped", RENEW, TO_15, {}, PUT_BACK, ""),
    ("15 would return today", RENEW, TO_15, {"quantity": 20}, ASK, "direction_reversed"),
    ("another term was dropped, 8 today", RENEW, TO_8 | {"change": MONTHLY}, {"quantity": 8}, PUT_BACK, ""),
    ("the same number of then would return today", RENEW, {"quantity": 12, "seats_then": 12, "change": MONTHLY},
     {"quantity": 15}, ASK, "direction_reversed"),
    ("a later term with the number", RENEW, TO_8, NEXT_END | {"quantity": 8}, TRUE, ""),
    ("a later term without the number", RENEW, TO_8, NEXT_END, UNTRUE, ""),
    ("a later term, suspended since", RENEW, {}, NEXT_END | {"status": Status.SUSPENDED}, TRUE, ""),
    ("a later term instead of an end", STOP, {}, NEXT_END, UNTRUE, ""),
    ("cancelled long before its end", STOP, {}, {"status": Status.DELETED}, UNTRUE, ""),
    ("disabled instead of a renewal", RENEW, {}, {"status": Status.DISABLED}, UNTRUE, ""),
]  # fmt: skip


@pytest.mark.parametrize(("choice", "decided", "shown", "state", "reason"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_what_becomes_of_a_decision(
    choice: EndOfTerm, decided: dict[str, Any], shown: dict[str, Any], state: KeptState, reason: str
) -> None:
    found = compare(KeptDecision(choice, END, **decided), nce(**shown), NOW)
    assert (found.state, found.reason) == (state, reason)


@pytest.mark.parametrize(
    ("choice", "shown", "when", "state"),
    [
        (STOP, {"status": Status.EXPIRED}, JUST_OVER, TRUE),
        (STOP, {"status": Status.SUSPENDED} | OFF, JUST_OVER, HELD),
        (STOP, {"status": Status.SUSPENDED} | OFF, LONG_OVER, TRUE),
        (STOP, OFF | {"scheduled": (ENDS,)}, JUST_OVER, STANDS),
        (STOP, OFF, LONG_OVER, UNTRUE),
        (EXTEND, OFF, LONG_OVER, TRUE),
        (RENEW, {}, LONG_OVER, TRUE),
        (RENEW, {"status": Status.SUSPENDED}, LONG_OVER, UNTRUE),
    ],
)
def test_a_term_that_is_over(choice: EndOfTerm, shown: dict[str, Any], when: Any, state: KeptState) -> None:
    assert compare(KeptDecision(choice, END), nce(**shown), when).state is state


def test_the_question_names_the_numbers() -> None:
    found = compare(KeptDecision(RENEW, END, **TO_8), nce(quantity=5), NOW)
    assert found.facts == {"decided": 8, "then": 12, "today": 5}


def test_what_is_no_longer_listed_is_held_until_its_end() -> None:
    kept = KeptDecision(RENEW, END)
    assert compare(kept, nce(), NOW, listed=False).state is HELD
    assert compare(kept, nce(), LONG_OVER, listed=False).state is UNTRUE


@given(
    choice=st.sampled_from([RENEW, STOP, EXTEND]),
    decided=st.one_of(st.none(), st.integers(1, 300)),
    then=st.one_of(st.none(), st.integers(1, 300)),
    today=st.integers(1, 300),
    status=st.sampled_from(Status),
    auto_renew=st.sampled_from([True, False, None]),
    shown=st.sampled_from([(), (ENDS,), (EXTENDS,), (NOT_UNDERSTOOD,), (renewal_with(8),)]),
    before_end=st.timedeltas(timedelta(0), timedelta(days=110)),
)
def test_a_decision_is_put_back_only_in_its_own_direction_and_never_buys_a_term(
    choice: EndOfTerm,
    decided: int | None,
    then: int | None,
    today: int,
    status: Status,
    auto_renew: bool | None,
    shown: Any,
    before_end: timedelta,
) -> None:
    kept = KeptDecision(choice, END, decided if choice is RENEW else None, then)
    facts = nce(quantity=today, status=status, auto_renew=auto_renew, scheduled=shown)
    found = compare(kept, facts, END - before_end)
    over = {TRUE, UNTRUE}
    assert (found.state in over) == (status in FINAL)
    if found.state is not PUT_BACK:
        return
    assert status is Status.ACTIVE
    if choice is RENEW:
        assert auto_renew and not shown and decided is not None
        assert then is None or (decided - then) * (decided - today) > 0
    else:
        assert not any(change.action is ScheduledAction.RENEW for change in shown)
