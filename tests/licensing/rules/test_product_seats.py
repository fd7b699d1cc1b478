"""What stands of a product at a moment, and what is said where that is too little for the people who have a seat."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.licensing.rules.book import BOOK
from tenantry.licensing.rules.facts import EndOfTerm, Lot, ScheduledAction, Status, SubscriptionFacts, SubscriptionKind
from tenantry.licensing.rules.plan import Caution, Plan, RuleUse
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.product_seats import Course, ProductSeats, course
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    ScheduleHandling,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)
from tests.licensing.rules.cases import (
    END,
    ENDS,
    EXTENDS,
    GONE,
    LAST,
    NCE,
    NOT_UNDERSTOOD,
    NOW,
    keys,
    legacy,
    nce,
    outcome,
    renewal_with,
    warned,
)

SKU = f"{NCE.product_id}:{NCE.sku_id}"
DAY = timedelta(days=1)
OLD = datetime(2025, 3, 31, tzinfo=UTC)  # a term from before the extended term
ELSEWHERE = {"action": ScheduledAction.TRANSITION, "product_id": "CFQ7TTC0LCHC"}
PAID = {"product_id": NCE.product_id, "sku_id": "0009"}


@pytest.mark.parametrize(
    ("changes", "present", "steps"),
    [
        pytest.param({}, 12, [], id="renews as it is"),
        pytest.param({"scheduled": (renewal_with(8),)}, 12, [(END, 8)], id="renews with fewer"),
        pytest.param({"scheduled": (renewal_with(20),)}, 12, [(END, 20)], id="renews with more"),
        pytest.param({"auto_renew": False, "scheduled": (ENDS,)}, 12, [(END, 0)], id="ends"),
        pytest.param({"auto_renew": False}, 12, [], id="undecided: goes on in the extended term"),
        pytest.param({"auto_renew": False, "scheduled": (EXTENDS,)}, 12, [(END, 12)], id="extending chosen"),
        pytest.param({"auto_renew": False, "term_start": OLD}, 12, [(END, 0)], id="expires"),
        pytest.param({"in_extended_term": True, "auto_renew": False}, 12, [], id="in the extended term"),
        pytest.param({"is_trial": True, "auto_renew": False}, 12, [(END, 0)], id="trial that ends"),
        pytest.param({"is_trial": True, "scheduled": (renewal_with(25),)}, 12, [(END, 25)], id="trial that converts"),
        pytest.param(
            {"is_trial": True, "scheduled": (renewal_with(25, **PAID),)},
            12,
            [(END, 25)],
            id="to its product's paid SKU",
        ),
        pytest.param({"scheduled": (renewal_with(12, **ELSEWHERE),)}, 12, [(END, 0)], id="moves to another product"),
        pytest.param(
            {"product_id": "CFQ7TTC0LCHC", "scheduled": (renewal_with(9, action=ScheduledAction.TRANSITION),)},
            0,
            [(END, 9)],
            id="moves here from another product",
        ),
        pytest.param({"product_id": "CFQ7TTC0LCHC"}, 0, [], id="another product"),
        pytest.param(
            {"scheduled": (renewal_with(7, effective_date=LAST), renewal_with(9))},
            12,
            [(LAST, 7), (END, 9)],
            id="a change before the end of the term",
        ),
        pytest.param({"scheduled": (renewal_with(7, effective_date=LAST),)}, 12, [(LAST, 7)], id="and it stays so"),
        pytest.param({"scheduled": (NOT_UNDERSTOOD,)}, 12, [], id="not understood: taken to stay"),
        pytest.param({"auto_renew": False, "scheduled": (renewal_with(8),)}, 12, [], id="a contradiction: the same"),
        pytest.param({"commitment_end": GONE, "scheduled": (renewal_with(8),)}, 12, [(GONE, 8)], id="is renewing"),
        pytest.param({"commitment_end": GONE, "auto_renew": False, "scheduled": (ENDS,)}, 12, [(GONE, 0)], id="over"),
        *(pytest.param({"status": status}, 0, [], id=status.value) for status in Status if status is not Status.ACTIVE),
    ],
)
def test_the_seats_of_a_subscription_over_time(
    changes: dict[str, Any], present: int, steps: list[tuple[datetime, int]]
) -> None:
    assert course(nce(**changes), {SKU}, NOW, BOOK) == Course(present, tuple(steps))


def redwood(wish: Wish, other: SubscriptionFacts, *, sold: int | None = None, **changes: Any) -> Plan:
    """Plan for 130 seats beside another subscription; 113 people have a seat of the product."""
    facts = {
        "quantity": 130,
        "assigned": 113,
        "sold_total": 130 + other.quantity if sold is None else sold,
        "others": (other,),
        "product_skus": (SKU,),
    }
    return plan_change(nce(**{**facts, **changes}), wish, NOW)


def short(remaining: int, at: datetime | None = None) -> Caution:
    facts: dict[str, int | datetime] = {"assigned": 113, "remaining": remaining, "short": 113 - remaining}
    return Caution("below_assigned", at is None, facts if at is None else {**facts, "at": at})


@pytest.mark.parametrize(
    ("other", "sold", "expected"),
    [
        pytest.param({}, None, None, id="the other one renews"),
        pytest.param({"scheduled": (renewal_with(20),)}, None, short(40, END), id="both cut to 20"),
        pytest.param({"scheduled": (renewal_with(93),)}, None, None, id="just enough"),
        pytest.param({"scheduled": (renewal_with(92),)}, None, short(112, END), id="one too few"),
        pytest.param({"scheduled": (renewal_with(20),)}, 360, short(60, END), id="20 from another channel"),
        pytest.param({"auto_renew": False, "scheduled": (ENDS,)}, None, short(20, END), id="the other one ends"),
        pytest.param({"auto_renew": False, "term_start": OLD}, None, short(20, END), id="the other one expires"),
        pytest.param({"auto_renew": False}, None, None, id="the other one goes on in the extended term"),
        pytest.param({"is_trial": True, "auto_renew": False}, None, short(20, END), id="the other one is a trial"),
        pytest.param(
            {"scheduled": (ENDS,), "auto_renew": False, "commitment_end": END - 30 * DAY},
            None,
            short(20, END),
            id="the other one has ended by then",
        ),
        pytest.param(
            {"scheduled": (ENDS,), "auto_renew": False, "commitment_end": END + 30 * DAY},
            None,
            short(20, END + 30 * DAY),
            id="the other one ends a month later",
        ),
        pytest.param({"scheduled": (renewal_with(20, effective_date=LAST),)}, None, short(40, END), id="by a date"),
        pytest.param({"scheduled": (renewal_with(210, **ELSEWHERE),)}, None, short(20, END), id="moves elsewhere"),
        pytest.param({"status": Status.SUSPENDED}, 130, short(20, END), id="the other one is suspended"),
        pytest.param({"status": Status.EXPIRED}, 130, short(20, END), id="the other one has expired"),
    ],
)
def test_a_number_for_the_next_term_is_held_against_what_stands_by_then(
    other: dict[str, Any], sold: int | None, expected: Caution | None
) -> None:
    beside = nce(**{"quantity": 210, **other})
    found = redwood(ScheduleQuantity(20), beside, sold=sold)
    assert found.warnings == ((expected,) if expected else ())
    assert (RuleUse("assigned-seats") in found.rules) is bool(expected)
    assert outcome(found) == "at term end" and not found.dangerous
    from_the_end = redwood(DecideEndOfTerm(EndOfTerm.RENEW, 20), beside, sold=sold, auto_renew=False, scheduled=(ENDS,))
    assert found.warnings == tuple(one for one in from_the_end.warnings if one.key == "below_assigned")


ALL_OPEN: dict[str, Any] = {"lots": (Lot(130, LAST),), "refundable_total": 130, "cancellation_allowed_until": LAST}
BOTH_LATER = nce(quantity=210, scheduled=(renewal_with(20),))
ENDING = nce(quantity=210, auto_renew=False, scheduled=(ENDS,), commitment_end=LAST)


@pytest.mark.parametrize(
    ("wish", "other", "changes", "expected"),
    [
        pytest.param(SetQuantity(20), nce(quantity=210), ALL_OPEN, [], id="returned now, the rest stays"),
        pytest.param(SetQuantity(20), nce(quantity=20), ALL_OPEN, [short(40)], id="returned now, both"),
        pytest.param(SetQuantity(20), ENDING, ALL_OPEN, [short(20, LAST)], id="returned now, the other ends soon"),
        pytest.param(SetQuantity(140), ENDING, {}, [], id="adding takes nobody's seat"),
        pytest.param(SetQuantity(140), BOTH_LATER, {"quantity": 130}, [], id="nor does it where others are cut"),
        pytest.param(
            SetQuantity(140, ScheduleHandling.KEEP),
            BOTH_LATER,
            {"scheduled": (renewal_with(20),)},
            [],
            id="what was scheduled before is not this change's doing",
        ),
        pytest.param(
            SetQuantity(140, ScheduleHandling.SHIFT),
            BOTH_LATER,
            {"scheduled": (renewal_with(20),)},
            [short(50, END)],
            id="what is scheduled with it is",
        ),
        pytest.param(WithdrawSchedule(), BOTH_LATER, {"scheduled": (renewal_with(20),)}, [], id="taking a cut back"),
        pytest.param(DecideEndOfTerm(EndOfTerm.EXTEND), BOTH_LATER, {}, [], id="extending keeps the seats"),
        pytest.param(
            DecideEndOfTerm(EndOfTerm.RENEW), BOTH_LATER, {"auto_renew": False, "scheduled": (ENDS,)}, [], id="renewing"
        ),
        pytest.param(DecideEndOfTerm(EndOfTerm.END), BOTH_LATER, {}, [short(20, END)], id="ending"),
        pytest.param(DecideEndOfTerm(EndOfTerm.END), nce(quantity=210), {}, [], id="ending, the rest is enough"),
        pytest.param(Cancel(), nce(quantity=210), ALL_OPEN, [], id="cancelled, the rest is enough"),
        pytest.param(Cancel(), nce(quantity=20), ALL_OPEN, [short(20)], id="cancelled"),
        pytest.param(Cancel(), ENDING, ALL_OPEN, [short(0, LAST)], id="cancelled, the other ends soon"),
    ],
)
def test_every_change_is_held_against_what_stands_when_it_takes_effect(
    wish: Wish, other: SubscriptionFacts, changes: dict[str, Any], expected: list[Caution]
) -> None:
    found = redwood(wish, other, **changes)
    assert found.write is not None
    assert [one for one in found.warnings if one.key == "below_assigned"] == expected
    assert (RuleUse("assigned-seats") in found.rules) is bool(expected)


@pytest.mark.parametrize(
    ("wish", "everybody", "others_keep"),
    [
        (DecideEndOfTerm(EndOfTerm.END), "access_will_stop!", "seats_will_stop!"),
        (Cancel(), "cancelling_is_final!", "cancelling_stops_seats!"),
    ],
)
def test_not_everybody_loses_access_where_other_seats_remain(wish: Wish, everybody: str, others_keep: str) -> None:
    alone = redwood(wish, nce(quantity=0), **ALL_OPEN)
    with_another = redwood(wish, nce(quantity=210), **ALL_OPEN)
    unknown = redwood(wish, nce(quantity=210), **{**ALL_OPEN, "assigned": None})
    assert warned(alone) == warned(unknown) == [everybody]
    assert warned(with_another) == [others_keep]
    assert ("access_stops" in keys(alone)) is isinstance(wish, Cancel)
    assert "access_stops" not in keys(with_another)


def test_what_is_suspended_with_the_others_standing_is_the_legacy_way() -> None:
    found = plan_change(legacy(), Cancel(), NOW)
    assert warned(found) == ["access_stops_now!"] and "access_stops" in keys(found)


@pytest.mark.parametrize(
    ("courses", "expected"),
    [
        pytest.param([Course(130), Course(210)], None, id="nothing changes"),
        pytest.param([Course(130, ((END, 20),)), Course(210)], None, id="enough remains"),
        pytest.param([Course(130, ((END, 20),)), Course(210, ((END, 20),))], (END, short(40, END)), id="both cut"),
        pytest.param(
            [Course(130, ((LAST, 0),)), Course(210, ((END, 20),))], (END, short(20, END)), id="one after the other"
        ),
        pytest.param(
            [Course(130, ((LAST, 0),)), Course(210, ((LAST, 100), (END, 0)))], (LAST, short(100, LAST)), id="the first"
        ),
        pytest.param([Course(130, ((GONE, 20),)), Course(210, ((GONE, 20),))], None, id="it has happened already"),
        pytest.param(
            [Course(100, ((LAST, 20), (END, 200))), Course(60, ((LAST, 90),))],
            (LAST, short(110, LAST)),
            id="for a time",
        ),
        pytest.param([Course(50, ((LAST, 60), (END, 70)))], None, id="too few already, and it gets better"),
        pytest.param([Course(130, ((END, 0),)), Course(0)], None, id="the only subscription ends"),
        pytest.param([Course(130, ((END, 0),)), Course(1, ((END, 0),))], (END, short(0, END)), id="the last two end"),
        pytest.param([Course(130, ((LAST, 20), (END, 0)))], (LAST, short(20, LAST)), id="it is cut before it ends"),
    ],
)
def test_the_first_coming_shortage(courses: list[Course], expected: tuple[datetime, Caution] | None) -> None:
    product = ProductSeats(113, sum(one.present for one in courses), tuple(courses))
    assert product.first_shortage(NOW) == expected


def test_seats_of_other_channels_are_taken_to_stay_and_an_old_count_makes_none() -> None:
    assert ProductSeats(113, 150, (Course(130, ((END, 0),)),)).standing(END) == 20
    assert ProductSeats(113, 90, (Course(130, ((END, 100),)),)).standing(END) == 100  # counted before an addition


seats = st.integers(0, 300)
moments = st.datetimes(datetime(2026, 11, 23), datetime(2029, 1, 1), timezones=st.just(UTC))
courses = st.builds(
    Course, seats, st.lists(st.tuples(moments, seats), max_size=3).map(lambda steps: tuple(sorted(steps)))
)


@given(seats, seats, st.lists(courses, max_size=4).map(tuple))
def test_a_shortage_is_named_exactly_where_seats_fall_below_the_people(
    assigned: int, total: int, found: tuple[Course, ...]
) -> None:
    product = ProductSeats(assigned, total, found)
    shortage = product.first_shortage(NOW)
    steps = sorted({moment for one in found for moment, _seats in one.steps})
    alone = sum(one.present > 0 for one in found) <= 1
    falls = [
        at
        for at in steps
        if product.standing(at) < min(assigned, product.standing(at - timedelta(microseconds=1)))
        and not (alone and product.standing(at) == 0)
    ]
    assert (shortage[0] if shortage else None) == next(iter(falls), None)
    if shortage is not None:
        at, caution = shortage
        assert caution.facts["remaining"] == product.standing(at) and caution.facts["at"] == at
        assert any(one.falls_at(at) for one in found)


@given(seats, st.integers(1, 300), st.integers(0, 300), st.booleans())
def test_a_plan_warns_by_the_same_count_as_the_overview(assigned: int, mine: int, beside: int, ends: bool) -> None:
    other = nce(quantity=beside, **({"auto_renew": False, "scheduled": (ENDS,)} if ends else {}))
    facts = {"assigned": assigned, "sold_total": 130 + beside, "quantity": 130, "maximum": None}
    plan = redwood(ScheduleQuantity(mine), other, **facts)
    after = nce(**facts, scheduled=(renewal_with(mine),) if mine != 130 else ())
    product = ProductSeats(assigned, 130 + beside, tuple(course(one, {SKU}, NOW, BOOK) for one in (after, other)))
    shortage = product.first_shortage(NOW)
    if mine < 130:
        assert plan.warnings == ((shortage[1],) if shortage else ())
    else:
        assert plan.warnings == ()


def test_kinds_that_the_directory_does_not_count_are_not_warned_about() -> None:
    assert plan_change(legacy(), SetQuantity(1), NOW).warnings == ()
    assert plan_change(nce(kind=SubscriptionKind.LEGACY, assigned=9), SetQuantity(1), NOW).dangerous
