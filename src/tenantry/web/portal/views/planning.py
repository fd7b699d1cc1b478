"""From a wish to an order: what would happen, and the confirmation, which takes a tick where it is dangerous."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import queries, texts
from tenantry.licensing.actions import hindrance, place_change_order
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.renewing import confirm_renewal
from tenantry.licensing.rules.facts import EndOfTerm, SubscriptionKind
from tenantry.licensing.rules.plan import Plan
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.possibilities import Possibilities, possible_changes
from tenantry.licensing.rules.terms import Outcome
from tenantry.licensing.rules.wishes import Cancel, DecideEndOfTerm, Reactivate, Wish, WithdrawSchedule
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.portal import wishing, words
from tenantry.web.portal.planning import RefusalView, plan_view, refusal_view
from tenantry.web.portal.views.subscription import find, locked, planner, subscription_page
from tenantry.web.portal.wishing import Door, EndForm, SeatsForm, address_of, door_of, open_plan
from tenantry.web.ui.frame import NextStep

# While somebody types, the present number is where they come from, not a wish to be refused.
_NO_CHANGE = frozenset({"same_quantity", "already_scheduled"})
# What happens anyway has nothing to confirm, and needs no rule of Microsoft's to say so.
_STANDS = frozenset({"already_decided"})
# Why an order was not taken although the same wish may well be planned again.
_MEANWHILE = frozenset({"changed_meanwhile", "plan_changed", "form_used"})


@portal(Permission.CHANGE_QUANTITY)
def change(request: PortalRequest, company_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Show what another number of seats would do, or taking back a scheduled one; place it when confirmed."""
    if request.method == "POST":
        return _confirm(request, company_id, subscription_id, Door.CHANGE)
    moment = Moment.current()
    view = find(request, company_id, subscription_id, moment)
    if view.row.gone_at is not None or not {"withdraw", "seats"} & request.GET.keys():
        return _to_subscription(company_id, subscription_id)
    if request.GET.get("withdraw"):
        return _show(request, view, WithdrawSchedule(), moment, title=_("Take back the scheduled change"))
    form = SeatsForm(request.GET)
    wish = form.wish() if form.is_valid() else None
    return _show(request, view, wish, moment, title=_("Change the seats"), form=form)


@portal(Permission.DECIDE_END)
def end_of_term(request: PortalRequest, company_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Offer the three ways in which a term can end, show what one of them would do; place it when confirmed."""
    if "keep" in request.POST:
        return _confirm_renewal(request, company_id, subscription_id)
    if request.method == "POST":
        return _confirm(request, company_id, subscription_id, Door.END_OF_TERM)
    moment = Moment.current()
    view = find(request, company_id, subscription_id, moment)
    if view.row.gone_at is not None:
        return _to_subscription(company_id, subscription_id)
    form = EndForm(request.GET) if "choice" in request.GET else None
    wish = form.wish(view.facts) if form is not None and form.is_valid() else None
    return _show_end(request, view, wish, form, moment)


@portal(Permission.CANCEL, fresh=True)
def stop(request: PortalRequest, company_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Show what cancelling would do, or taking a suspended subscription back into use; place it when confirmed."""
    if request.method == "POST":
        return _confirm(request, company_id, subscription_id, Door.STOP)
    moment = Moment.current()
    view = find(request, company_id, subscription_id, moment)
    if view.row.gone_at is not None:
        return _to_subscription(company_id, subscription_id)
    if request.GET.get("again"):
        return _show(request, view, Reactivate(), moment, title=_("Use it again"))
    return _show(request, view, Cancel(), moment, title=_("Cancel this subscription"))


def _to_subscription(company_id: UUID, subscription_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal:subscription", args=[company_id, subscription_id]))


def _show(
    request: PortalRequest,
    view: SubscriptionView,
    wish: Wish | None,
    moment: Moment,
    *,
    title: str,
    form: SeatsForm | None = None,
) -> HttpResponse:
    """Show a wish's plan; for a script that asks for it in place, only the plan."""
    plan = plan_change(view.facts, wish, moment.commerce) if wish is not None else None
    parts: dict[str, object] = {"title": title}
    if plan is not None:
        parts |= _plan_parts(request, view, plan, moment)
    if form is not None:
        possible = possible_changes(view.facts, moment.commerce)
        if possible.seats is not None and possible.schedule is not None:
            parts["plan"] = locked(view, request.access, moment)
        else:
            parts["planner"] = planner(view, possible, request.access, moment, form)
        if plan is None and "HX-Request" in request.headers:  # the whole page says it at the field
            parts["problem"] = " ".join(str(error) for errors in form.errors.values() for error in errors)
    if "HX-Request" in request.headers:
        return render(request, "portal/_plan.html", parts | {"now": moment.commerce, "view": view})
    return render(request, "portal/plan.html", subscription_page(request, view, moment, last=title, **parts))


def _plan_parts(request: PortalRequest, view: SubscriptionView, plan: Plan, moment: Moment) -> dict[str, object]:
    if view.order is not None:
        return {"stopped": _under_way(request, view)}
    if plan.refusal is not None and plan.refusal.reason in _NO_CHANGE:
        return {"idle": texts.refusal_text(plan.refusal, moment.commerce)[0]}
    if plan.refusal is not None and plan.refusal.reason in _STANDS:
        return _stands(request, view, plan.wish, moment)
    against = hindrance(CompanyId(request.access.company_id), view.facts, plan, moment)
    if against is not None:
        return {"stopped": refusal_view(against, moment.commerce)}
    return {"plan": plan_view(plan, view, request.access, moment.commerce)}


def _under_way(request: PortalRequest, view: SubscriptionView) -> RefusalView:
    """Say that another order for the subscription has to end first."""
    if view.order is None:
        raise ValueError("no order is under way")
    step = NextStep(_("Look at the order"), reverse("portal:order", args=[request.access.company_id, view.order.id]))
    refusal = Refusal("order_under_way", "one_order_at_a_time", "wait_for_order", {"number": view.order.number})
    return refusal_view(refusal, Moment.current().commerce, [step])


def _show_end(
    request: PortalRequest,
    view: SubscriptionView,
    wish: DecideEndOfTerm | None,
    form: EndForm | None,
    moment: Moment,
) -> HttpResponse:
    """Show the choices with what each means, and the plan of the chosen one."""
    possible = possible_changes(view.facts, moment.commerce)
    parts: dict[str, object] = {"title": _("End of the term")}
    is_open = any(refusal is None for refusal in possible.decide.values())
    if wish is None and not is_open:
        wish = DecideEndOfTerm(EndOfTerm.RENEW)  # to say why there is nothing to choose
    if wish is not None:
        parts |= _plan_parts(request, view, plan_change(view.facts, wish, moment.commerce), moment)
    elif view.order is not None:
        parts["stopped"] = _under_way(request, view)
    if "HX-Request" in request.headers:
        return render(request, "portal/_plan.html", parts | {"now": moment.commerce, "view": view})
    chosen = wish.choice.value if wish is not None else _default_choice(view)
    if wish is None and view.order is None and form is None:
        if chosen:
            parts |= _stands(request, view, DecideEndOfTerm(EndOfTerm(chosen)), moment)
        else:
            parts["idle"] = _("Choose one: what it means is shown before anything happens.")
    seats = wish.quantity if wish is not None else None
    form = (
        form
        if form is not None and form.errors
        else EndForm(initial={"choice": chosen, "seats": seats or view.ending.quantity or view.facts.quantity})
    )
    parts |= {
        "form": form if is_open and view.order is None else None,
        "question": _("What is to happen now that the term is over?")
        if words.is_extended(view)
        else _("What is to happen when the term ends?"),
        "notes": _choice_notes(view, possible, moment),
        "form_url": Door.END_OF_TERM.url(request.access.company_id, view.id),
        "with_seats": view.facts.kind is SubscriptionKind.NCE and view.ending.outcome is not Outcome.STAYS_EXTENDED,
    }
    context = subscription_page(request, view, moment, last=_("End of the term"), **parts)
    return render(request, "portal/end_of_term.html", context)


def _stands(request: PortalRequest, view: SubscriptionView, wish: Wish, moment: Moment) -> dict[str, object]:
    """Say that a choice is what happens anyway; where nobody has decided it yet, it can be confirmed."""
    renews = isinstance(wish, DecideEndOfTerm) and wish.choice is EndOfTerm.RENEW
    undecided = view.wish is None or view.wish.lost_at is not None
    if not renews or not undecided or view.ending.outcome is not Outcome.RENEWS:
        return {"idle": _("This stands already: there is nothing to confirm.")}
    return {
        "idle": _("This stands already. Say yes, and it counts as decided; nothing is sent to Microsoft."),
        "keep": wishing.seal_seen(view.facts, view.id, request.access.person.id),
        "keep_label": _("Yes, renew with %(seats)s") % {"seats": texts.seats(view.facts.quantity)},
        "keep_url": Door.END_OF_TERM.url(request.access.company_id, view.id),
    }


def _confirm_renewal(request: PortalRequest, company_id: UUID, subscription_id: UUID) -> HttpResponse:
    """Record that the term is to renew as it does by itself."""
    moment = Moment.current()
    view = find(request, company_id, subscription_id, moment)
    refusal = confirm_renewal(
        acting_as=request.access.acting_as(),
        company_id=CompanyId(company_id),
        subscription_id=subscription_id,
        seen=wishing.open_seen(request.POST["keep"], subscription_id, request.access.person.id),
        moment=moment,
    )
    if refusal is None:
        messages.success(request, _("Decided. %(what)s") % {"what": texts.ending_text(view.ending, moment.commerce)})
    else:
        messages.warning(request, " ".join(texts.refusal_text(refusal, moment.commerce)))
    return _to_subscription(company_id, subscription_id)


def _default_choice(view: SubscriptionView) -> str:
    decided = view.ending.decided
    return "" if decided is EndOfTerm.UNDECIDED else decided.value


def _choice_notes(view: SubscriptionView, possible: Possibilities, moment: Moment) -> dict[str, str]:
    """Explain each choice with its date; a choice that is not open says why."""
    notes = {}
    for choice, refusal in possible.decide.items():
        if refusal is not None and refusal.reason != "already_decided":
            notes[choice.value] = " ".join(texts.refusal_text(refusal, moment.commerce))
        elif refusal is not None:
            notes[choice.value] = _("Stands now. %(what)s") % {"what": texts.ending_text(view.ending, moment.commerce)}
        else:
            plan = plan_change(view.facts, DecideEndOfTerm(choice), moment.commerce)
            at_end = [one for one in plan.consequences if one.key.startswith(("end_", "renews_out"))]
            notes[choice.value] = " ".join(texts.consequence_text(one, moment.commerce) for one in at_end)
    return notes


def _confirm(request: PortalRequest, company_id: UUID, subscription_id: UUID, door: Door) -> HttpResponse:
    """Place what was shown; where it is dangerous, the person must have ticked that they are sure.

    Every answer leads to a page with an address of its own, so that Back and reload find it again and send nothing.
    """
    moment = Moment.current()
    # What it is like is read where the order is placed, with its row locked.
    if not queries.is_of_company(CompanyId(company_id), subscription_id):
        raise Http404
    shown = open_plan(request.POST.get("plan", ""), subscription_id, request.access.person.id)
    if shown is None:
        messages.warning(request, _("This page had become old, and nothing was changed. Look again, then confirm."))
        return _to_subscription(company_id, subscription_id)
    if door_of(shown.wish) is not door:
        raise Http404
    if shown.plan.dangerous and request.POST.get(wishing.SURE) != "yes":
        messages.warning(request, _("Nothing was changed. Read the sentence in red, then tick that you are sure."))
        return HttpResponseRedirect(address_of(shown.wish, company_id, subscription_id))
    outcome = place_change_order(
        acting_as=request.access.acting_as(),
        company_id=CompanyId(company_id),
        subscription_id=subscription_id,
        wish=shown.wish,
        shown=shown.plan,
        seen=shown.seen,
        form_key=shown.form_key,
        moment=moment,
    )
    if not isinstance(outcome, Refusal):
        return HttpResponseRedirect(reverse("portal:order", args=[company_id, outcome.id]))
    told = _("This was not carried out, and nothing was changed.")  # why not, the page of the wish says
    if outcome.reason in _MEANWHILE:
        told = " ".join(texts.refusal_text(outcome, moment.commerce))
    messages.warning(request, told)
    return HttpResponseRedirect(address_of(shown.wish, company_id, subscription_id))
