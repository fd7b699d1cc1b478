"""A change order in the words of the partner: what became of it, what to do, and the evidence."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.connection.advice import advice, has_advice
from tenantry.kernel import dates
from tenantry.kernel.refusals import refusal_from_json
from tenantry.licensing import texts
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderEvent, OrderState
from tenantry.licensing.rules.plan import plan_from_json
from tenantry.web.portal.outcomes import had_other_effect, order_page, state_words, undone_words, withdrawal_words
from tenantry.web.portal.planning import Group, plan_groups, rule_sentences
from tenantry.web.ui.components import marks
from tenantry.web.ui.frame import Happening, NextStep, ProgressStep

_TONES: dict[str, str] = {
    OrderState.REQUESTED: "info",
    OrderState.QUEUED: "info",
    OrderState.SENDING: "info",
    OrderState.APPLIED: "positive",
    OrderState.SCHEDULED: "positive",
    OrderState.REFUSED: "caution",
    OrderState.FAILED: "critical",
    OrderState.UNSURE: "caution",
    OrderState.WITHDRAWN: "neutral",
}


@dataclass(frozen=True, slots=True)
class OrderView:
    """What the page of an order shows; ``token`` changes whenever anything on it does."""

    title: str
    state: SafeString
    steps: tuple[ProgressStep, ...]
    sentence: str
    explanation: str
    next_step: str
    who: str
    quoted: str
    code: str
    groups: tuple[Group, ...]
    cautions: tuple[str, ...]
    rules: tuple[str, ...]
    happenings: tuple[Happening, ...]
    sendings: tuple[tuple[str, str], ...]  # request id and correlation id of every sending, the last one first
    before: str
    outcome: str
    is_open: bool
    needs_person: bool
    may_withdraw: bool
    withdrawal: str
    put_back: NextStep | None
    token: str


def state_badge(order: ChangeOrder) -> SafeString:
    """Show where an order stands."""
    if order.needs_person and order.state == OrderState.UNSURE:
        return marks.badge(_("Needs a person"), "critical", "hand")
    return marks.badge(state_words(order), "caution" if had_other_effect(order) else _TONES.get(order.state, "neutral"))


def order_view(order: ChangeOrder, events: Sequence[OrderEvent], now: datetime) -> OrderView:
    """Put an order into words."""
    portal = order_page(order, events, now)
    plan = plan_from_json(order.plan)
    outcome = order.outcome if isinstance(order.outcome, Mapping) else {}
    sentence, explanation = _outcome(order, outcome, events, now)
    key = str(outcome.get("advice", ""))
    told = advice(key) if key and has_advice(key) else None
    return OrderView(
        title=portal.title,
        state=state_badge(order),
        steps=portal.steps,
        sentence=sentence,
        explanation=explanation if told is None else told.sentence,
        next_step="" if told is None else told.next_step,
        who="" if told is None else told.who_text,
        quoted=order.microsoft_words or _quoted(outcome),
        code=order.microsoft_code,
        groups=plan_groups(plan, now),
        cautions=tuple(texts.caution_text(one, now) for one in plan.warnings),
        rules=rule_sentences(plan),
        happenings=tuple(
            _happening(list(same), now) for _what, same in groupby(reversed(events), key=lambda event: event.what)
        ),
        sendings=_sendings(order, events),
        before=_pretty(order.before),
        outcome=_pretty(order.outcome),
        is_open=order.state in OPEN_STATES,
        needs_person=order.needs_person and order.state == OrderState.UNSURE,
        may_withdraw=order.state in (OrderState.REQUESTED, OrderState.QUEUED),
        withdrawal=withdrawal_words(order),
        put_back=portal.put_back,
        token=portal.token,
    )


def _outcome(
    order: ChangeOrder, outcome: Mapping[str, object], events: Sequence[OrderEvent], now: datetime
) -> tuple[str, str]:
    """Return what became of it, and why."""
    if outcome.get("by_hand"):
        words = {"who": outcome.get("by", ""), "note": outcome.get("note", "")}
        if order.state == OrderState.APPLIED:
            return _("Settled by hand: it took effect."), _("%(who)s: %(note)s") % words
        return _("Settled by hand: it did not take effect."), _("%(who)s: %(note)s") % words
    match order.state:
        case OrderState.REQUESTED | OrderState.QUEUED:
            return _("It waits to be sent."), event_text(events[-1].what) if events else ""
        case OrderState.SENDING:
            return _("It was sent, and the outcome is being read."), event_text(events[-1].what) if events else ""
        case OrderState.UNSURE if order.needs_person:
            sentence = _("Microsoft's records do not say whether it took effect.")
            seen = outcome.get("seen")
            if isinstance(seen, list) and "own_record_succeeded" in seen:
                sentence = _("Microsoft recorded that it acted, but the subscription does not show what was wanted.")
            if isinstance(seen, list) and ("cannot_look" in seen or "journal_unavailable" in seen):
                sentence = _("Microsoft's answer was lost, and for a day Microsoft could not be asked what happened.")
            if isinstance(seen, list) and "unforeseen_error" in seen:
                sentence = _("It was sent, and then an error here kept its outcome from being stored.")
            return sentence, _("Look into Partner Center, then settle it below. Nothing is sent again.")
        case OrderState.UNSURE:
            return (
                _("Microsoft's answer was lost."),
                _("Microsoft's records are being asked what happened. Nothing is sent again blindly."),
            )
        case OrderState.APPLIED | OrderState.SCHEDULED:
            done = _("It took effect, read back from Microsoft.")
            if order.state == OrderState.SCHEDULED:
                done = _("It is scheduled, read back from Microsoft.")
            if outcome.get("settled") == "overwritten":
                return done, _("Somebody changed the subscription again right after it.")
            return done, undone_words(order) or _came_on_top(outcome, now)
        case OrderState.WITHDRAWN:
            return _("It was withdrawn before it was sent."), ""
        case OrderState.REFUSED if isinstance(told := outcome.get("refusal"), Mapping):
            reason, step = texts.refusal_text(refusal_from_json(told), now)
            return _("It was refused here before it was sent."), f"{reason} {step}"
        case OrderState.REFUSED:
            return _("Microsoft refused it."), ""
        case _ if had_other_effect(order):
            again = _("The decision was dropped with it. It is kept: the subscription's page shows how it stands.")
            told = " ".join(filter(None, (undone_words(order), _came_on_top(outcome, now), again)))
            return _("It acted, but undid somebody's change of seats instead."), told
        case _:
            return _("It was not carried out at Microsoft."), ""


def _came_on_top(outcome: Mapping[str, object], now: datetime) -> str:
    """Name the last change by somebody else that the order came on top of."""
    listed = outcome.get("overwrote")
    last = listed[-1] if isinstance(listed, list) and listed else None
    if not isinstance(last, Mapping):
        return ""
    words = {
        "by": last.get("by") or _("somebody else"),
        "at": dates.exact(datetime.fromisoformat(str(last.get("at"))), now),
        "from": last.get("from"),
        "to": last.get("to"),
    }
    if words["to"] is None:
        return _("It came on top of a change by %(by)s, %(at)s.") % words
    return _("It came on top of a change by %(by)s, %(at)s: from %(from)s to %(to)s seats.") % words


def _quoted(outcome: Mapping[str, object]) -> str:
    return str(outcome.get("words", ""))


def event_text(what: str) -> str:
    """Say what happened to an order, by the key of its event; an unknown key is shown as it is."""
    return {
        "requested": _("Saved, with the plan as it was shown"),
        "withdrawn": _("Withdrawn"),
        "held": _("Held by the stop switch"),
        "sending": _("Sent to Microsoft"),
        "accepted": _("Microsoft accepted it; the outcome is read back"),
        "confirmed": _("Confirmed: the subscription shows it"),
        "not_yet_recorded": _("The subscription shows it; Microsoft's record of it is awaited"),
        "not_yet_shown": _("The subscription does not show it yet"),
        "cannot_look": _("Microsoft could not be asked; asked again later"),
        "cannot_read": _("The subscription could not be read; tried again later"),
        "throttled": _("Microsoft asked for a pause"),
        "conflict": _("Microsoft was busy with this subscription"),
        "unreachable": _("Microsoft could not be reached"),
        "too_late_to_send": _("The process was held up; it is read and judged again before sending"),
        "answer_lost": _("The answer was lost"),
        "interrupted": _("The sending was interrupted"),
        "unforeseen_error": _("An error here, named in the worker's log; tried again later"),
        "sender_lost": _("The worker that sent it is gone"),
        "waiting_for_microsoft": _("Waiting until Microsoft must have finished"),
        "looking_again": _("Microsoft's records do not decide it yet; asked again later"),
        "records_unavailable": _("Microsoft's records could not be read; asked again later"),
        "did_not_arrive": _("Microsoft's records show that it did not arrive; it goes out again"),
        "other_effect": _("It acted, but only undid somebody's change of seats"),
        "needs_person": _("Left to a person"),
        "settled_by_hand": _("Settled by hand"),
        "refused": _("Refused by the rules, before sending"),
        "refused_by_microsoft": _("Refused by Microsoft"),
        "failed": _("Given up"),
    }.get(what, what.replace("_", " "))


def _happening(same: Sequence[OrderEvent], now: datetime) -> Happening:
    """Make one entry of steps of one kind that followed each other, the newest first."""
    event = same[0]
    told = [str(event.facts[name]) for name in ("code", "words", "by", "note") if event.facts.get(name)]
    if request_id := event.facts.get("request_id"):
        told.append(_("request id %(id)s") % {"id": request_id})
    if len(same) > 1:
        words = {"n": len(same), "first": dates.exact(same[-1].happened_at, now)}
        told.append(_("%(n)d times, first on %(first)s") % words)
    return Happening(
        at=event.happened_at,
        sentence=event_text(event.what),
        detail=" · ".join(told),
        tone=_TONES.get(event.state, "neutral"),
        exact=True,
    )


def _sendings(order: ChangeOrder, events: Sequence[OrderEvent]) -> tuple[tuple[str, str], ...]:
    found = [
        (str(event.facts["request_id"]), str(event.facts.get("correlation_id", "")))
        for event in reversed(events)
        if event.what == "sending" and event.facts.get("request_id")
    ]
    if not found and order.request_id is not None:
        found = [(str(order.request_id), str(order.correlation_id or ""))]
    return tuple(found)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) if value else ""
