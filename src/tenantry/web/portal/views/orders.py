"""One change order: its way to Microsoft and back, and taking it back before it is sent."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries, texts
from tenantry.licensing.actions import stored_wish, withdraw_order
from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.moment import Moment
from tenantry.people.access import CompanyAccess
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.portal import outcomes, wishing
from tenantry.web.portal.context import company_page
from tenantry.web.ui.frame import Crumb


@portal(Permission.SEE)
def order(request: PortalRequest, company_id: UUID, order_id: UUID) -> HttpResponse:
    """Show an order; to a script that asks again, only what has changed since."""
    moment = Moment.current()
    found = _find(company_id, order_id)
    shown = outcomes.order_page(found, queries.events(found.id), moment.commerce)
    parts = {
        "shown": shown,
        "order": found,
        "now": moment.commerce,
        "may_withdraw": shown.may_withdraw and _may_withdraw(request.access, found),
        "put_back": shown.put_back if request.access.may(Permission.CHANGE_QUANTITY) else None,
        "subscription_url": outcomes.subscription_url(found),
        "withdrawal": outcomes.withdrawal_words(found),
        "withdraw_url": reverse("portal:withdraw", args=[company_id, order_id]),
    }
    if "HX-Request" in request.headers:
        if request.GET.get("seen") == shown.token:
            return HttpResponse(status=204)
        return render(request, "portal/_order.html", parts | {"again": True})
    context = company_page(
        request,
        "activity",
        moment,
        crumbs=[
            Crumb(_("Activity"), reverse("portal:activity", args=[company_id])),
            Crumb(_("Order #%(number)s") % {"number": found.number}),
        ],
        name=outcomes.subscription_name(found),
        **parts,
    )
    return render(request, "portal/order.html", context)


@portal(Permission.CHANGE_QUANTITY)
@require_POST
def withdraw(request: PortalRequest, company_id: UUID, order_id: UUID) -> HttpResponse:
    """Take a queued order back."""
    moment = Moment.current()
    found = _find(company_id, order_id)
    if not _may_withdraw(request.access, found):
        raise Http404
    refusal = withdraw_order(
        acting_as=request.access.acting_as(), company_id=CompanyId(company_id), order_id=order_id, moment=moment
    )
    if refusal is None:
        done = _("The order was withdrawn. Nothing was sent to Microsoft.")
        messages.success(request, outcomes.withdrawn_words(done, found))
    else:
        messages.warning(request, " ".join(texts.refusal_text(refusal, moment.commerce)))
    return HttpResponseRedirect(reverse("portal:order", args=[company_id, order_id]))


def _find(company_id: UUID, order_id: UUID) -> ChangeOrder:
    found = queries.order(CompanyId(company_id), order_id)
    if found is None:
        raise Http404
    return found


def _may_withdraw(access: CompanyAccess, order: ChangeOrder) -> bool:
    """Say whether the person could have placed the order: only then may they take it back."""
    return access.may(wishing.door_of(stored_wish(order)).value)
