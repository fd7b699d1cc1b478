"""Who did what, when, with the outcome: our orders and what changed at Microsoft."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries
from tenantry.licensing.moment import Moment
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.numbers import page_in
from tenantry.web.portal import history, words
from tenantry.web.portal.context import company_page
from tenantry.web.portal.files import csv_answer
from tenantry.web.ui.components.chips import chips

PER_PAGE = 50
MOST_IN_FILE = 10_000


def _wanted(request: HttpRequest) -> tuple[str, str, int]:
    show = request.GET.get("show", "all")
    return (
        show if show in history.SHOWN else "all",
        request.GET.get("q", "").strip()[:100],
        page_in(request.GET),
    )


@portal(Permission.SEE)
def activity(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Show what happened, the newest first."""
    moment = Moment.current()
    show, search, number = _wanted(request)
    found, counts = history.entries(
        CompanyId(company_id), show=show, search=search, offset=(number - 1) * PER_PAGE, limit=PER_PAGE
    )
    if number > 1 and not found:
        raise Http404
    labels = {"all": _("Everything"), "orders": _("Orders from here"), "elsewhere": _("Changes at Microsoft")}
    context = company_page(
        request,
        "activity",
        moment,
        # Orders from here are always the newest; only what comes from Microsoft has an age.
        state=words.state_line(_("Changes at Microsoft"), queries.freshness(CompanyId(company_id)), moment),
        happenings=history.happenings(found, moment.commerce),
        page=Paginator(range(counts[show]), PER_PAGE).get_page(number),
        chips=chips(request.GET, "show", labels, show, counts),
        show=show,
        search=search,
    )
    return render(request, "portal/activity.html", context)


@portal(Permission.SEE)
def export(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Give what happened as a file, with the same search and filter."""
    moment = Moment.current()
    show, search, _page = _wanted(request)
    found, _counts = history.entries(CompanyId(company_id), show=show, search=search, limit=MOST_IN_FILE)
    return csv_answer(_("activity"), request.access.name, moment.commerce, history.csv_rows(found, moment.commerce))
