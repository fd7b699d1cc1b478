"""One subscription: its term, the planner, what is known of it, and what happened to it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.kernel import dates
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import refusal_from_json
from tenantry.licensing import queries, texts
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import Freshness, SubscriptionView
from tenantry.licensing.rules.facts import EndOfTerm, Status, SubscriptionFacts
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.possibilities import Possibilities, possible_changes
from tenantry.licensing.rules.terms import Outcome, is_charged, next_charge
from tenantry.licensing.rules.wishes import Cancel, DecideEndOfTerm, Reactivate, SetQuantity, WithdrawSchedule
from tenantry.people.access import CompanyAccess
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.frame import support_of
from tenantry.web.portal import history, outcomes, wishing, words
from tenantry.web.portal.context import company_page
from tenantry.web.portal.planning import PlanView, decide_url, may_words, plan_view, refusal_view
from tenantry.web.portal.wishing import Door, SeatsForm
from tenantry.web.ui import distances
from tenantry.web.ui.drawings import term_line
from tenantry.web.ui.frame import Crumb

SHOWN_HISTORY = 8
MOST_TOLD = 10_000  # where Microsoft's limit is a million, it is none
_ON_A_LINE = frozenset({Status.ACTIVE, Status.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Planner:
    """The form that asks for a number: where it leads, what one may choose from, and where the limits are."""

    form: SeatsForm
    url: str
    choose_when: bool
    when: str
    hint: str


@dataclass(frozen=True, slots=True)
class EndBlock:
    """What happens at the end of the term, who decided it, and the ways on (addresses; empty: not open).

    ``answers`` are the ways to answer for a decision that was lost, each with its label; ``hint`` says who may decide
    it, or why nobody can; ``ask_url`` writes to the partner about a trial that becomes paid. ``extended``: the extended
    term is spoken of.
    """

    sentence: str
    decided: str
    undecided: bool
    lost: str
    answers: list[tuple[str, str]]
    decide_url: str
    withdraw_url: str
    hint: str
    ask_url: str
    extended: bool


@dataclass(frozen=True, slots=True)
class StopBlock:
    """Cancelling, or taking what is suspended back into use: until when, and the way there (empty: not open)."""

    title: str
    sentence: str
    label: str
    url: str


def find(request: PortalRequest, company_id: UUID, subscription_id: UUID, moment: Moment) -> SubscriptionView:
    """Return a subscription of the company; 404 when it is missing or another company's."""
    view = queries.subscription_view(CompanyId(company_id), subscription_id, moment.commerce)
    if view is None:
        raise Http404
    return view


def subscription_page(
    request: PortalRequest, view: SubscriptionView, moment: Moment, *, last: str = "", **more: object
) -> dict[str, object]:
    """Return the context that all pages about one subscription share; ``last`` is the page below it."""
    company_id = request.access.company_id
    url = reverse("portal:subscription", args=[company_id, view.id])
    crumbs = [Crumb(_("Subscriptions"), reverse("portal:subscriptions", args=[company_id]))]
    crumbs += [Crumb(view.name, url), Crumb(last)] if last else [Crumb(view.name)]
    return company_page(
        request,
        "subscriptions",
        moment,
        view=view,
        url=url,
        crumbs=crumbs,
        tags=words.explained_tags([view])[0],
        status=words.status_badge(view),
        **more,
    )


@portal(Permission.SEE)
def subscription(request: PortalRequest, company_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Show one subscription."""
    moment = Moment.current()
    view = find(request, company_id, subscription_id, moment)
    access, now = request.access, moment.commerce
    possible = possible_changes(view.facts, now)
    found, counts = history.entries(CompanyId(company_id), subscription_id=view.id, limit=SHOWN_HISTORY)
    freshness = queries.freshness(CompanyId(company_id))
    line = _line(view, possible, moment)
    context = subscription_page(
        request,
        view,
        moment,
        state=words.state_line(_state(view), _as_read(view, freshness), moment),
        line=line,
        stop=_stop(view, possible, access, now),
        facts=_facts(view, moment, drawn=line is not None),
        licences_known=freshness.licences_known,
        with_assigned=words.counts_people(view),
        counted_at=_counted_before(view, freshness, moment),
        order_url=reverse("portal:order", args=[company_id, view.order.id]) if view.order else "",
        order_words=outcomes.wish_words(view.order) if view.order else "",
        happenings=history.happenings(found, now, named=False),
        more_history=counts["all"] > len(found),
    )
    context |= _planner_context(view, possible, access, moment)
    context["end"] = _end(view, possible, access, moment, support_of(context))
    return render(request, "portal/subscription.html", context)


def _as_read(view: SubscriptionView, freshness: Freshness) -> Freshness:
    """Count what an order has read of this one subscription since the company was refreshed."""
    read_at = max(view.row.stored_at, freshness.succeeded_at or view.row.stored_at)
    return replace(freshness, succeeded_at=read_at)


def _counted_before(view: SubscriptionView, freshness: Freshness, moment: Moment) -> datetime | None:
    """Return when assigned seats were counted, where an order has changed this subscription since then."""
    if freshness.succeeded_at is None or view.row.stored_at <= freshness.succeeded_at:
        return None
    return moment.on_commerce(freshness.succeeded_at)


def _state(view: SubscriptionView) -> str:
    parts = [_("charged by use")] if view.facts.kind in words.BY_USE else []
    if view.facts.kind not in words.WITHOUT_SEATS:
        parts.append(texts.seats(view.facts.quantity))
    if term := words.term(view):
        parts.append(term)
    return " · ".join(parts)


def _line(view: SubscriptionView, possible: Possibilities, moment: Moment) -> term_line.TermLine | None:
    facts, ending, last = view.facts, view.ending, words.own_end(view.facts)
    if facts.term_start is None or last is None or facts.status not in _ON_A_LINE:
        return None
    flag = None
    if ending.change is not None or ending.outcome in (Outcome.ENDS, Outcome.EXPIRES):
        changed = ending.quantity is not None and ending.quantity != facts.quantity
        label = texts.seats(ending.quantity or 0) if changed else words.ending_short(ending, facts.quantity)
        flag = (label, last)
    return term_line.draw(
        facts.term_start,
        last,
        moment.commerce,
        [(lot.quantity, lot.returnable_until) for lot in possible.lots],
        flag,
        extended=ending.outcome is Outcome.EXTENDS or words.is_extended(view),
    )


def _planner_context(
    view: SubscriptionView, possible: Possibilities, access: CompanyAccess, moment: Moment
) -> dict[str, object]:
    """Choose what stands in the planner's place: the form, why there is none, who may change it, or how it is paid."""
    if view.row.gone_at is not None or view.order is not None:
        return {}
    if view.facts.kind in words.BY_USE:
        return {"by_use": True}
    if possible.seats is not None and possible.schedule is not None:
        return {"locked": locked(view, access, moment)}
    if not access.may(Permission.CHANGE_QUANTITY):
        return {"may_not": may_words(access, Permission.CHANGE_QUANTITY)}
    return {"planner": planner(view, possible, access, moment)}


def locked(view: SubscriptionView, access: CompanyAccess, moment: Moment) -> PlanView:
    """Say why seats cannot be changed at all, and what is possible instead."""
    plan = plan_change(view.facts, SetQuantity(view.facts.quantity + 1), moment.commerce)
    return plan_view(plan, view, access, moment.commerce)


def planner(
    view: SubscriptionView,
    possible: Possibilities,
    access: CompanyAccess,
    moment: Moment,
    form: SeatsForm | None = None,
) -> Planner:
    """Make the form, filled with the present number or with what was typed."""
    both = possible.seats is None and possible.schedule is None
    when = "renewal" if possible.seats is not None else "now"
    if form is None:
        quantity = view.ending.quantity if when == "renewal" and view.ending.quantity else view.facts.quantity
        form = SeatsForm(initial={"seats": quantity, "when": when})
    if (last := view.facts.commitment_end) is not None:
        end = dates.day(last, moment.commerce)
        form.fields["when"].choices = [("now", _("Now")), ("renewal", _("At the renewal on %(day)s") % {"day": end})]  # type: ignore[attr-defined]  # a choice field
    return Planner(
        form=form,
        url=Door.CHANGE.url(access.company_id, view.id),
        choose_when=both,
        when=when,
        hint=_limits(possible),
    )


def _limits(possible: Possibilities) -> str:
    """Say how many seats Microsoft sells, where that is a limit at all."""
    if possible.seats is None and possible.highest_now is not None and possible.highest_now <= MOST_TOLD:
        return _("Up to %(most)s.") % {"most": possible.highest_now}
    return ""


def _end(
    view: SubscriptionView, possible: Possibilities, access: CompanyAccess, moment: Moment, support: str
) -> EndBlock | None:
    """Put the end of the term together; None where there is no term that ends."""
    now = moment.commerce
    if view.ending.outcome is Outcome.NOTHING or view.row.gone_at is not None:
        return None
    wish, company_id = view.wish, access.company_id
    decided = lost = ""
    if wish is not None:
        decided = _("Decided by %(who)s, %(when)s.") % {
            "who": wish.decided_by,
            "when": dates.day(wish.decided_at, now),
        }
        if wish.lost_at is not None:
            reason = refusal_view(refusal_from_json(wish.lost_reason), now).sentence if wish.lost_reason else ""
            lost = _("%(what)s was decided by %(who)s, and Microsoft does not have it. %(reason)s") % {
                "what": _wished(EndOfTerm(wish.choice), wish.quantity),
                "who": wish.decided_by,
                "reason": reason,
            }
    is_open = any(refusal is None for refusal in possible.decide.values()) and view.order is None
    closed = ""
    against = next((refusal for refusal in possible.decide.values() if refusal is not None), None)
    said = possible.seats is not None and against is not None and possible.seats.rule == against.rule
    if not is_open and view.order is None and against is not None and not said:  # else the planner's place says it
        closed = " ".join(texts.refusal_text(against, now))
    withdraw = possible.withdraw is None and view.order is None and access.may(Permission.CHANGE_QUANTITY)
    undecided = not lost and bool(queries.needs_decision([view], now))
    return EndBlock(
        sentence=words.open_ending(view, now) if undecided else words.ending_sentence(view, now),
        decided="" if lost else decided,
        undecided=undecided,
        lost=lost,
        answers=_answers(view, now) if lost and decide_url(view, access, now) else [],
        decide_url=decide_url(view, access, now),
        withdraw_url=wishing.address_of(WithdrawSchedule(), company_id, view.id) if withdraw else "",
        hint=may_words(access, Permission.DECIDE_END) if is_open and not access.may(Permission.DECIDE_END) else closed,
        ask_url=words.trial_mail(view, access.name, support, now),
        extended=view.ending.outcome is Outcome.EXTENDS or words.is_extended(view),
    )


def _answers(view: SubscriptionView, now: datetime) -> list[tuple[str, str]]:
    """Offer a lost decision again, and where its number has lost its sense also the number of the present."""
    if view.wish is None:
        return []
    decided = DecideEndOfTerm(EndOfTerm(view.wish.choice), view.wish.quantity)
    offered = [decided]
    if view.wish.lost_reason and view.wish.lost_reason["reason"] == "direction_reversed":
        offered.append(DecideEndOfTerm(EndOfTerm.RENEW, view.facts.quantity))
    return [
        (texts.wish_text(wish), wishing.address_of(wish, view.row.company_id, view.id))
        for wish in offered
        if (refusal := plan_change(view.facts, wish, now).refusal) is None or refusal.reason == "already_decided"
    ]


def _wished(choice: EndOfTerm, quantity: int | None) -> str:
    if choice is EndOfTerm.RENEW and quantity is not None:
        return _("“Renew with %(seats)s”") % {"seats": texts.seats(quantity)}
    return f"“{texts.decision_text(choice)}”"


def _stop(view: SubscriptionView, possible: Possibilities, access: CompanyAccess, now: datetime) -> StopBlock | None:
    """Return the block about cancelling or using it again; None where neither is open."""
    if view.order is not None or view.row.gone_at is not None:
        return None
    may, company_id = access.may(Permission.CANCEL), access.company_id
    if possible.reactivate is None:
        url = wishing.address_of(Reactivate(), company_id, view.id) if may else ""
        return StopBlock(_("Suspended"), "" if may else may_words(access, Permission.CANCEL), _("Use it again"), url)
    if possible.cancel is not None:
        return None
    until = view.facts.cancellation_allowed_until
    sentence = _("Until %(moment)s.") % {"moment": dates.moment(until, now)} if until is not None else ""
    if not may:
        sentence = f"{sentence} {may_words(access, Permission.CANCEL)}".strip()
    url = wishing.address_of(Cancel(), company_id, view.id) if may else ""
    return StopBlock(_("Cancel"), sentence, _("Cancel this subscription"), url)


def _facts(view: SubscriptionView, moment: Moment, *, drawn: bool) -> list[tuple[str, SafeString | str]]:
    """List what neither the head nor the drawing nor the end of the term says."""
    facts, now = view.facts, moment.commerce
    found: list[tuple[str, SafeString | str]] = []
    if view.name != view.row.offer_name:
        found.append((_("Product"), view.row.offer_name))
    last = words.term_end(view)
    if not drawn:
        found += _term_facts(view, last, now)
    if last is not None and facts.in_extended_term:
        found.append((_("The running month ends"), distances.both_forms(last, now)))
    if last is not None and facts.status is Status.ACTIVE:
        extended = words.is_extended(view)  # its months follow each other: another charge comes with the next one
        label = _("Charged by Microsoft")
        if not extended:
            label, charge = _("Next charge"), texts.next_charge_text(next_charge(facts, now), now)
        elif view.ending.decided is EndOfTerm.RENEW:
            charge = _("Every month, until it renews")
        else:
            charge = _("Every month, until you renew or cancel")
        found.append((label, charge))
    elif charge := _charge_after_use(facts, now):
        found.append((_("Charged by Microsoft"), charge))
    return found


def _charge_after_use(facts: SubscriptionFacts, now: datetime) -> str:
    """Say whether what is suspended or over still costs something; empty where that is not known."""
    match is_charged(facts), facts.status:
        case True, Status.SUSPENDED:
            return _("Also while it is suspended; next charge: %(next)s") % {
                "next": texts.next_charge_text(next_charge(facts, now), now)
            }
        case False, Status.SUSPENDED:
            return _("Not while it is suspended")
        case False, _:
            return _("No longer")
    return ""


def _term_facts(view: SubscriptionView, last: datetime | None, now: datetime) -> list[tuple[str, str]]:
    """Say when the term began and ends, or ended; in the extended term also when its running month ends."""
    facts = view.facts
    found: list[tuple[str, str]] = []
    own_end = words.own_end(facts)
    if facts.term_start is not None:
        label = _("The term began") if own_end is not None else _("Since")
        found.append((label, dates.day(facts.term_start, now)))
    if last is None or own_end is None:
        return found
    if own_end > now:
        return [*found, (_("The term ends"), distances.both_forms(own_end, now))]
    return [*found, (_("The term ended"), distances.both_forms(own_end, now))]
