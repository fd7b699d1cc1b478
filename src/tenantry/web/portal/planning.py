"""A plan in the words of the page: what follows in order of time, what to read first, or why not and what instead."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.html import format_html
from django.utils.translation import gettext as _

from tenantry.kernel import dates
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import texts
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.rules.book import RuleName
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.plan import Alternative, Plan
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.wishes import DecideEndOfTerm, SetQuantity
from tenantry.people.access import CompanyAccess
from tenantry.people.permissions import Permission
from tenantry.web.portal import wishing
from tenantry.web.ui.frame import NextStep
from tenantry.web.ui.templatetags.ui import explain

_TOLD_BY_PAGE = frozenset({RuleName.END_OF_TERM_CHOICE, RuleName.ASSIGNED_SEATS})
# What the sentence in red says already, so that nothing is said twice.
_TOLD_BY_DANGER: Mapping[str, tuple[str, ...]] = {
    "cancelling_is_final": ("access_stops",),
    "cancelling_stops_seats": ("seats_stop",),
}


@dataclass(frozen=True, slots=True)
class Group:
    """What follows at one point of time."""

    when: str
    sentences: tuple[str, ...]
    explains: str = ""  # a term of the glossary


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A no as an answer: why not, what can be done, by which rule, and buttons that lead there."""

    sentence: str
    reason: str
    rule: str = ""
    steps: tuple[NextStep, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionView:
    """What only the person can answer; ``chosen`` is the value of the answer given, if one was."""

    sentence: str
    options: tuple[tuple[str, str], ...]
    chosen: str
    seats: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """Everything that the plan's template shows; ``token`` is empty where there is nothing to confirm."""

    groups: tuple[Group, ...] = ()
    warnings: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    refusal: RefusalView | None = None
    question: QuestionView | None = None
    button: str = ""
    token: str = ""
    url: str = ""
    rules: tuple[str, ...] = ()
    spoken: str = ""


def plan_view(plan: Plan, view: SubscriptionView, access: CompanyAccess, now: datetime) -> PlanView:
    """Put a plan into words for somebody who may confirm it."""
    company_id, subscription_id = access.company_id, view.id
    url = wishing.door_of(plan.wish).url(company_id, subscription_id)
    if plan.refusal is not None:
        refusal = _refused(plan, view, access, now)
        return PlanView(refusal=refusal, url=url, spoken=f"{refusal.sentence} {refusal.reason}")
    dangers = [one for one in plan.warnings if one.dangerous]
    told = {key for one in dangers for key in _TOLD_BY_DANGER.get(one.key, ())}
    if isinstance(plan.wish, DecideEndOfTerm) and plan.wish.quantity is None:  # the chosen card says it
        told |= {one.key for one in plan.consequences if one.key.startswith("end_")}
    groups = plan_groups(plan, now, without=told)
    token = wishing.seal_plan(plan, view.facts, subscription_id, access.person.id) if plan.write else ""
    return PlanView(
        groups=groups,
        warnings=tuple(texts.caution_text(one, now) for one in plan.warnings if not one.dangerous),
        dangers=tuple(texts.caution_text(one, now) for one in dangers),
        question=_question(plan, view, now),
        button=texts.button_label(plan, now),
        token=token,
        url=url,
        rules=rule_sentences(plan),
        spoken=" ".join(groups[0].sentences) if groups else "",
    )


def plan_groups(plan: Plan, now: datetime, *, without: Collection[str] = ()) -> tuple[Group, ...]:
    """Say what follows from a plan, in order of time; ``without`` are keys of what is said elsewhere."""
    told = [one for one in plan.consequences if one.key not in without]
    found = [list(group) for _when, group in groupby(told, key=lambda one: one.when)]
    return tuple(
        Group(
            texts.when_text(group[0]),
            tuple(texts.consequence_text(one, now) for one in group),
            "return_window" if texts.is_about_returns(group[0]) else "",
        )
        for group in found
    )


def rule_sentences(plan: Plan) -> tuple[str, ...]:
    """Name the rules that had a say, in sentences, with the date since which they hold where they have changed.

    What the page says anyway is left out: the choices at the end of a term, and that people use the seats.
    """
    found = []
    for use in plan.rules:
        if use.name in _TOLD_BY_PAGE:
            continue
        sentence = texts.rule_text(use.name)
        if use.since is not None:
            sentence = _("%(rule)s (Since %(day)s.)") % {"rule": sentence, "day": dates.full_day(use.since)}
        if use.name is RuleName.RETURN_WINDOW:
            sentence = format_html("{} {}", sentence, explain("lot", mark=True))
        found.append(sentence)
    return tuple(found)


def _question(plan: Plan, view: SubscriptionView, now: datetime) -> QuestionView | None:
    """Ask what becomes of a scheduled number; the answer given stays visible and can be changed."""
    if not isinstance(plan.wish, SetQuantity):
        return None
    asked = plan_change(view.facts, SetQuantity(plan.wish.quantity), now).questions
    if not asked:
        return None
    return QuestionView(
        sentence=texts.question_text(asked[0], now),
        options=tuple((option.answer.value, texts.option_text(option, asked[0])) for option in asked[0].options),
        chosen=plan.wish.schedule.value if plan.wish.schedule else "",
        seats=plan.wish.quantity,
    )


def _refused(plan: Plan, view: SubscriptionView, access: CompanyAccess, now: datetime) -> RefusalView:
    refusal = plan.refusal
    if refusal is None:
        raise ValueError("the plan is not refused")
    sentence, reason = texts.refusal_text(refusal, now)
    open_to = [one for one in plan.alternatives if access.may(wishing.door_of(one.wish).value)]
    if plan.alternatives and not open_to:
        reason = _("Somebody with the role Admin can do this instead: %(what)s.") % {
            "what": texts.alternative_label(plan.alternatives[0], view.facts.quantity, now)
        }
    elif open_to and open_to[0] != plan.alternatives[0]:
        reason = _("This is possible instead: %(what)s.") % {
            "what": texts.alternative_label(open_to[0], view.facts.quantity, now)
        }
    steps = tuple(_next_step(one, view, access.company_id, now) for one in open_to[:2])
    rules = rule_sentences(plan)
    return RefusalView(sentence, reason, rules[-1] if rules else "", steps)


def _next_step(alternative: Alternative, view: SubscriptionView, company_id: uuid.UUID, now: datetime) -> NextStep:
    """Make the button that shows what another wish would do."""
    label = texts.alternative_label(alternative, view.facts.quantity, now)
    return NextStep(label, wishing.address_of(alternative.wish, company_id, view.id))


def refusal_view(refusal: Refusal, now: datetime, steps: Sequence[NextStep] = ()) -> RefusalView:
    """Put a refusal into words that comes from elsewhere than a plan."""
    sentence, reason = texts.refusal_text(refusal, now)
    return RefusalView(sentence, reason, steps=tuple(steps))


def decide_url(view: SubscriptionView, access: CompanyAccess, now: datetime) -> str:
    """Return where the end of the term is decided; empty where no choice is open, or not to this person."""
    if view.order is not None or view.row.gone_at is not None or not access.may(Permission.DECIDE_END):
        return ""
    choices = (EndOfTerm.RENEW, EndOfTerm.END, EndOfTerm.EXTEND)
    is_open = any(plan_change(view.facts, DecideEndOfTerm(choice), now).refusal is None for choice in choices)
    return wishing.Door.END_OF_TERM.url(access.company_id, view.id) if is_open else ""


def may_words(access: CompanyAccess, permission: Permission) -> str:
    """Say who may do what this person may not."""
    if permission is Permission.CHANGE_QUANTITY:
        return _(
            "Your role here is to look. Somebody with the role Modify or Admin at %(company)s can change seats."
        ) % {"company": access.name}
    return _("Somebody with the role Admin at %(company)s decides this.") % {"company": access.name}
