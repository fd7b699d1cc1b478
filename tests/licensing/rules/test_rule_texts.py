"""Every key that the rules can carry has its sentence, and no sentence is left over."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tenantry.kernel.refusals import Refusal
from tenantry.licensing import texts
from tenantry.licensing.rules.book import BOOK, RuleName
from tenantry.licensing.rules.facts import (
    BillingPlan,
    EndOfTerm,
    Lot,
    ScheduledAction,
    Status,
    SubscriptionFacts,
    SubscriptionKind,
    Term,
)
from tenantry.licensing.rules.plan import Alternative, Caution, Plan
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.terms import end_of_term
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleHandling,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)
from tenantry.licensing.texts.consequences import CAUTIONS, CONSEQUENCES, QUESTIONS
from tenantry.licensing.texts.refusals import NEXT_STEPS, REASONS
from tests.licensing.rules.cases import (
    END,
    ENDS,
    EXTENDS,
    GONE,
    LEGACY,
    NCE,
    NOT_UNDERSTOOD,
    NOW,
    legacy,
    nce,
    renewal_with,
)

SOON = NOW + timedelta(days=3)
UPGRADE = renewal_with(12, action=ScheduledAction.TRANSITION, product_id="CFQ7TTC0LCHC", term=Term.THREE_YEARS)
OLD = datetime(2025, 3, 31, tzinfo=UTC)

SUBSCRIPTIONS: list[SubscriptionFacts] = [
    *(nce(kind=kind, term_start=SOON) for kind in SubscriptionKind),
    *(nce(kind=kind, term_start=SOON, cancellation_allowed_until=SOON) for kind in SubscriptionKind),
    *(nce(status=status) for status in Status),
    nce(auto_renew=False),
    nce(auto_renew=None),
    nce(in_extended_term=True),
    nce(auto_renew=False, can_renew=False),
    nce(auto_renew=False, scheduled=(ENDS,)),
    nce(auto_renew=False, scheduled=(EXTENDS,), has_monthly_plan=True),
    nce(auto_renew=False, term_start=OLD),
    nce(scheduled=(renewal_with(8),), assigned=11),
    nce(scheduled=(UPGRADE,)),
    nce(assigned=11, sold_total=40, cancellation_allowed_until=SOON),
    nce(scheduled=(NOT_UNDERSTOOD,)),
    nce(lots=(Lot(3, GONE),)),
    nce(lots=(), refundable_total=0),
    nce(cancellation_allowed_until=None),
    nce(cancellation_allowed_until=SOON, full_refund_until=SOON),
    nce(promotion_maximum=14, minimum=10),
    nce(update_count=1200),
    nce(is_trial=True),
    nce(is_trial=True, commitment_end=None),
    nce(renewing=True),
    nce(in_extended_term=True, auto_renew=False),
    nce(commitment_end=GONE, auto_renew=False, scheduled=(ENDS,)),
    nce(commitment_end=None),
    LEGACY,
    legacy(auto_renew=False),
    legacy(status=Status.SUSPENDED),
]

WISHES: list[Wish] = [
    *(SetQuantity(quantity) for quantity in (0, 8, 10, 12, 15, 400)),
    *(SetQuantity(15, answer) for answer in ScheduleHandling),
    *(ScheduleQuantity(quantity) for quantity in (0, 8, 12, 400)),
    *(DecideEndOfTerm(choice) for choice in EndOfTerm),
    DecideEndOfTerm(EndOfTerm.RENEW, 8),
    DecideEndOfTerm(EndOfTerm.END, 8),
    WithdrawSchedule(),
    Cancel(),
    Reactivate(),
]


def plans() -> Iterator[Plan]:
    for facts in SUBSCRIPTIONS:
        for wish in WISHES:
            yield plan_change(facts, wish, NOW)


def test_every_key_has_its_text_and_every_text_its_key() -> None:
    reasons, steps, consequences, cautions, questions, rules = set(), set(), set(), set(), set(), set()
    for plan in plans():
        if plan.refusal:
            reasons.add(plan.refusal.reason)
            steps.add(plan.refusal.next_step)
        consequences |= {consequence.key for consequence in plan.consequences}
        cautions |= {caution.key for caution in plan.warnings}
        questions |= {question.key for question in plan.questions}
        rules |= {rule.name for rule in plan.rules}
    endings = {f"end_{end_of_term(facts, NOW, BOOK).outcome.value}" for facts in SUBSCRIPTIONS}
    assert reasons == set(REASONS)
    assert steps == set(NEXT_STEPS)
    assert consequences | endings | {"software_stays"} == set(CONSEQUENCES)  # which only stored orders say
    assert cautions == set(CAUTIONS)
    assert questions == set(QUESTIONS)
    assert rules == {rule.value for rule in RuleName}


def sentences(plan: Plan) -> Iterator[str]:
    if plan.refusal:
        yield from texts.refusal_text(plan.refusal, NOW)
    for consequence in plan.consequences:
        yield texts.consequence_text(consequence, NOW)
    for caution in plan.warnings:
        yield texts.caution_text(caution, NOW)
    for question in plan.questions:
        yield texts.question_text(question)


def test_every_sentence_is_one() -> None:
    for plan in plans():
        for sentence in sentences(plan):
            assert sentence[0].isupper() or sentence[0].isdigit() or sentence[0] == "-"
            assert sentence[-1] in ".?"
            assert "%" not in sentence.replace("\u00a0%", "")
            assert "  " not in sentence
            assert "!" not in sentence
        assert texts.button_label(plan, NOW)
        for rule in plan.rules:
            assert texts.rule_text(rule.name).endswith(".")


def said(plan: Plan) -> list[str]:
    return [texts.consequence_text(consequence, NOW) for consequence in plan.consequences]


def test_adding_seats_in_words() -> None:
    assert said(plan_change(NCE, SetQuantity(15), NOW)) == [
        "You get 3 seats more: 15 instead of 12.",
        "You can return the added 3 seats until Sun 29 Nov, 12:00 UTC.",
        "After that you commit to the added 3 seats until Fri 12 Mar 2027.",
        "On Fri 12 Mar 2027 it renews with 15 seats.",
    ]


def test_returning_seats_in_words() -> None:
    assert said(plan_change(NCE, SetQuantity(11), NOW)) == [
        "You return 1 seat: 11 instead of 12.",
        "Microsoft pays back the unused days and charges those used.",
        "You can return 2 more, at least until Wed 25 Nov, 08:00 UTC. Microsoft decides which purchase goes first.",
        "On Fri 12 Mar 2027 it renews with 11 seats.",
    ]


def test_extending_in_words() -> None:
    assert said(plan_change(NCE, DecideEndOfTerm(EndOfTerm.EXTEND), NOW)) == [
        "Nothing changes: you keep your 12 seats.",
        "You can change your mind until Fri 12 Mar 2027, 23:59 UTC.",
        "After Fri 12 Mar 2027 it goes on month by month with 12 seats, in the extended term: the monthly price plus "
        "3\u00a0% (23\u00a0% where there is no monthly plan).",
        "In the extended term you can renew or cancel at any time.",
    ]


def test_a_scheduled_term_is_named() -> None:
    facts = nce(scheduled=(renewal_with(8, term=Term.THREE_YEARS, billing_plan=BillingPlan.ANNUAL),))
    assert texts.ending_text(end_of_term(facts, NOW, BOOK), NOW) == (
        "On Fri 12 Mar 2027 it renews with a change: 8 seats (3 years, paid yearly)."
    )


@pytest.mark.parametrize(
    ("facts", "wish", "sentence", "next_step"),
    [
        (
            NCE,
            SetQuantity(8),
            "You want to return 4; Microsoft takes back 3 now.",
            "You can schedule 8 seats for Fri 12 Mar 2027.",
        ),
        (
            nce(lots=(Lot(3, GONE),)),
            SetQuantity(11),
            "The return window for your seats closed on Fri 20 Nov, 08:00 UTC.",
            "You can schedule 11 seats for Fri 12 Mar 2027.",
        ),
        (
            nce(renewing=True),
            SetQuantity(11),
            "Microsoft is renewing this subscription right now.",
            "Try again in 2 minutes.",
        ),
        (
            nce(auto_renew=False, scheduled=(ENDS,)),
            DecideEndOfTerm(EndOfTerm.END),
            "That is decided already: Ends.",
            "There is nothing to do.",
        ),
        (
            NCE,
            SetQuantity(0),
            "0 is no number of seats: to have none is to cancel.",
            "You can let it end on Fri 12 Mar 2027.",
        ),
    ],
)
def test_refusals_in_words(facts: SubscriptionFacts, wish: Wish, sentence: str, next_step: str) -> None:
    refusal = plan_change(facts, wish, NOW).refusal
    assert refusal is not None
    assert texts.refusal_text(refusal, NOW) == (sentence, next_step)


@pytest.mark.parametrize(
    ("facts", "wish", "label"),
    [
        (NCE, SetQuantity(15), "Add 3 seats"),
        (NCE, SetQuantity(13), "Add 1 seat"),
        (NCE, SetQuantity(10), "Return 2 seats now"),
        (nce(scheduled=(renewal_with(8),)), SetQuantity(15), "Add 3 seats"),
        (
            nce(commitment_end=datetime(2026, 12, 16, 23, 59, 59, tzinfo=UTC)),
            ScheduleQuantity(8),
            "Set 8 seats for Wed 16 Dec",
        ),
        (NCE, DecideEndOfTerm(EndOfTerm.RENEW, 8), "Renew with 8 seats"),
        (nce(auto_renew=False), DecideEndOfTerm(EndOfTerm.RENEW), "Renew on Fri 12 Mar 2027"),
        (NCE, DecideEndOfTerm(EndOfTerm.END), "End on Fri 12 Mar 2027"),
        (NCE, DecideEndOfTerm(EndOfTerm.EXTEND), "Go on month by month after Fri 12 Mar 2027"),
        (nce(scheduled=(renewal_with(8),)), WithdrawSchedule(), "Take back the scheduled change"),
        (nce(in_extended_term=True, auto_renew=False), DecideEndOfTerm(EndOfTerm.RENEW), "Renew"),
        (nce(cancellation_allowed_until=SOON), Cancel(), "Cancel the subscription now"),
        (legacy(status=Status.SUSPENDED), Reactivate(), "Use it again"),
        (nce(cancellation_allowed_until=SOON), Cancel(), "Cancel the subscription now"),
    ],
)
def test_a_button_says_what_it_does(facts: SubscriptionFacts, wish: Wish, label: str) -> None:
    assert texts.button_label(plan_change(facts, wish, NOW), NOW) == label


def test_alternatives_have_buttons() -> None:
    found = [texts.alternative_label(other, 12, NOW) for other in plan_change(NCE, SetQuantity(8), NOW).alternatives]
    assert found == ["Set 8 seats for Fri 12 Mar 2027", "Return 3 seats now"]
    assert (
        texts.alternative_label(Alternative(DecideEndOfTerm(EndOfTerm.END), END), 12, NOW) == "End on Fri 12 Mar 2027"
    )
    assert texts.alternative_label(Alternative(SetQuantity(14)), 12, NOW) == "Add 2 seats"


def test_wishes_have_names() -> None:
    assert [texts.wish_text(wish) for wish in WISHES[-7:]] == [
        "Go on month by month after the term",
        "Decide how the term ends",
        "Renew with 8 seats",
        "End with the term",
        "Take back the scheduled change",
        "Cancel the subscription now",
        "Use it again",
    ]
    assert texts.wish_text(SetQuantity(1)) == "1 seat from now on"
    assert texts.wish_text(ScheduleQuantity(8)) == "8 seats from the next term on"


@pytest.mark.parametrize(
    ("scheduled", "wanted", "question", "answers"),
    [
        (
            8,
            15,
            "On Fri 12 Mar 2027 you go down to 8. Keep that?",
            ["8 (as planned)", "11 (8 + your 3)", "15 (keep them all)"],
        ),
        (
            8,
            10,
            "On Fri 12 Mar 2027 you go down to 8. Keep that?",
            ["8 (as planned)", "6 (8 − your 2)", "10 (the same as from now on)"],
        ),
        (
            20,
            15,
            "On Fri 12 Mar 2027 you go up to 20. Keep that?",
            ["20 (as planned)", "23 (20 + your 3)", "15 (keep them all)"],
        ),
    ],
)
def test_the_question_and_its_answers(scheduled: int, wanted: int, question: str, answers: list[str]) -> None:
    (asked,) = plan_change(nce(scheduled=(renewal_with(scheduled),)), SetQuantity(wanted), NOW).questions
    assert texts.question_text(asked, NOW) == question
    assert [texts.option_text(option, asked) for option in asked.options] == answers


@pytest.mark.parametrize(
    ("wish", "carried_out", "text"),
    [
        (SetQuantity(43), True, "Returned 2 seats (45 → 43)"),
        (SetQuantity(43), False, "Return 2 seats (45 → 43)"),
        (SetQuantity(46), True, "Added 1 seat (45 → 46)"),
        (SetQuantity(48), False, "Add 3 seats (45 → 48)"),
        (ScheduleQuantity(7), True, "At renewal 45 → 7 seats"),
        (DecideEndOfTerm(EndOfTerm.RENEW, 40), True, "At renewal 45 → 40 seats"),
        (DecideEndOfTerm(EndOfTerm.RENEW, 45), True, "Renew with 45 seats"),
        (SetQuantity(45), True, "45 seats from now on"),
        (DecideEndOfTerm(EndOfTerm.END), False, "End with the term"),
        (Cancel(), True, "Cancel the subscription now"),
    ],
)
def test_an_order_says_its_direction_and_both_numbers(wish: Wish, carried_out: bool, text: str) -> None:
    assert texts.order_text(wish, 45, carried_out=carried_out) == text


@pytest.mark.parametrize(
    ("term", "billing_plan", "text"),
    [
        (Term.YEAR, BillingPlan.MONTHLY, "1 year, paid monthly"),
        (Term.MONTH, BillingPlan.MONTHLY, "1 month, paid monthly"),
        (Term.THREE_YEARS, BillingPlan.TRIENNIAL, "3 years, paid for three years at once"),
        (Term.YEAR, BillingPlan.NONE, "1 year"),
        (Term.NONE, BillingPlan.ONE_TIME, "paid once"),
        (Term.UNKNOWN, BillingPlan.UNKNOWN, "unknown term"),
    ],
)
def test_terms_in_words(term: Term, billing_plan: BillingPlan, text: str) -> None:
    assert texts.term_text(term, billing_plan) == text


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("UTC", "End on Wed 16 Dec"),
        ("America/New_York", "End on Wed 16 Dec"),
        ("Europe/Berlin", "End on Thu 17 Dec"),
        ("Pacific/Kiritimati", "End on Thu 17 Dec"),
    ],
)
def test_the_last_day_of_a_term_is_the_readers(zone: str, label: str) -> None:
    facts = nce(commitment_end=datetime(2026, 12, 16, 23, 59, 59, tzinfo=UTC))
    with timezone.override(zone):
        assert texts.button_label(plan_change(facts, DecideEndOfTerm(EndOfTerm.END), NOW), NOW) == label


def test_next_charge_in_words() -> None:
    assert texts.next_charge_text(date(2026, 12, 13), NOW) == "Sun 13 Dec"
    assert texts.next_charge_text(None, NOW) == "none in this term"


@pytest.mark.parametrize("status", list(Status))
def test_every_status_and_kind_has_a_name(status: Status) -> None:
    assert texts.status_text(status)
    assert all(texts.kind_text(kind) for kind in SubscriptionKind)
    assert all(texts.decision_text(choice) for choice in EndOfTerm)


def test_every_rule_has_a_sentence_and_its_place_in_the_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs/domain/nce.md").read_text()
    for rule in RuleName:
        assert texts.rule_text(rule.value)
        assert f"`{rule.value}`" in page


def test_the_words_of_the_trade_are_explained() -> None:
    assert {"nce", "term", "billing_plan", "return_window", "extended_term"} <= set(texts.GLOSSARY)
    assert all(str(entry.word) and str(entry.meaning).endswith(".") for entry in texts.GLOSSARY.values())


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"assigned": 11, "remaining": 8, "short": 3},
            "11 seats of this product are assigned, and 8 would remain: take 3 away from people first.",
        ),
        (
            {"assigned": 11, "remaining": 8, "short": 3, "at": END},
            "11 seats of this product are assigned, and 8 would remain after Fri 12 Mar 2027: take 3 away "
            "from people first.",
        ),
        (
            {"assigned": 11, "remaining": 0, "short": 11},
            "11 seats of this product are assigned, and none would remain: take 11 away from people first.",
        ),
    ],
)
def test_a_warning_in_words(facts: dict[str, Any], sentence: str) -> None:
    assert texts.caution_text(Caution("below_assigned", True, facts), NOW) == sentence


def test_a_refusal_that_lost_its_facts_is_still_a_sentence() -> None:
    refusal = Refusal("return_window_closed", "return-window", "ask_partner_before")
    assert texts.refusal_text(refusal) == (
        "The return window for your seats closed on an unknown day.",
        "Ask your partner to return it, before the end of the term.",
    )
