"""One company: its subscriptions, what happened, and taking it out."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.connection import queries as connections
from tenantry.connection.models import DirectCsp
from tenantry.jobs import runs
from tenantry.kernel.ids import CompanyId
from tenantry.licensing import asking, queries
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.people import actions as people
from tenantry.people.permissions import Permission
from tenantry.people.queries import CompanyRow
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page, tell
from tenantry.web.backoffice.companies import OPEN_RUNS
from tenantry.web.backoffice.context import company_page, known_company
from tenantry.web.backoffice.lists import PER_PAGE, page_number, page_of, search_of, wants_file
from tenantry.web.portal import words
from tenantry.web.portal.files import csv_answer
from tenantry.web.portal.history import SHOWN, Entry, csv_rows, entries, happenings
from tenantry.web.portal.views.subscriptions import subscription_chips
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks
from tenantry.web.ui.components.chips import chips
from tenantry.web.ui.components.data import address_with
from tenantry.web.ui.frame import Happening

MOST_IN_FILE = 10_000
_SHOW = ("current", "active", "trials", "over")


@dataclass(frozen=True, slots=True)
class Row:
    """One subscription as plain words."""

    url: str
    name: str
    product: str
    tile: SafeString
    tags: SafeString
    seats: str
    free: str
    term: str
    date: str
    ending: str
    status: SafeString | str
    order: str
    order_url: str


@office(Permission.OFFICE_SEE)
def subscriptions(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Show the company's subscriptions."""
    moment = Moment.current()
    company = known_company(company_id)
    number, search = page_number(request), search_of(request)
    show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
    show = show if show in _SHOW else "current"
    found = queries.listed(
        CompanyId(company_id),
        moment.commerce,
        search=search,
        show=show,
        sort=sort if sort in queries.SORTS else "date",
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    if number > 1 and not found.views:
        return redirect("office:company", company_id)
    context = company_page(request, company, "subscriptions", moment)
    run = _open_refresh(company_id) or _first_refresh(request, found.freshness)
    context |= {
        "rows": [
            _row(view, free, company_id, moment, acts=request.viewer.may(Permission.OFFICE_ACT))
            for view, free in zip(found.views, words.free_seats(found.views), strict=True)
        ],
        "page": page_of(found.counts[show], number, PER_PAGE),
        "search": search,
        "show": show,
        "chips": subscription_chips(request.GET, show, found.counts),
        "filtered": bool(search) or show != "current",
        "licences_known": found.freshness.licences_known,
        "never_read": found.freshness.succeeded_at is None,
        "run": run,
        # The page loads itself anew at the end of a refresh, which would swallow a press at that moment.
        "offers_portal": run is None and _offers_portal(request, company, moment),
        "side": "company",
    }
    return render_page(request, "company/subscriptions", context)


@office(Permission.OFFICE_SEE)
def activity(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Show what happened to the company's subscriptions: orders from here and changes at Microsoft."""
    moment = Moment.current()
    company = known_company(company_id)
    number, search, show = page_number(request), search_of(request), request.GET.get("show", "all")
    show = show if show in SHOWN else "all"
    if wants_file(request):
        found, _counts = entries(CompanyId(company_id), show=show, search=search, limit=MOST_IN_FILE)
        return csv_answer(_("Activity"), company.name, moment.commerce, csv_rows(found, moment.commerce))
    found, counts = entries(
        CompanyId(company_id),
        show=show,
        search=search,
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    context = company_page(request, company, "activity", moment)
    labels = {"all": _("All"), "orders": _("Change orders"), "elsewhere": _("At Microsoft")}
    context |= {
        "happenings": _happenings(found, request, moment),
        "page": page_of(counts[show], number, PER_PAGE),
        "search": search,
        "show": show,
        "chips": chips(request.GET, "show", labels, show, counts),
        "export_url": address_with(request.GET, export="csv", page=None),
        "run": _open_refresh(company_id),
        "side": "activity",
    }
    return render_page(request, "company/activity", context)


@office(Permission.OFFICE_COMPANIES, every_company=True)
def remove(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Ask whether the company shall go, and take it out."""
    moment = Moment.current()
    company = known_company(company_id)
    if request.method == "POST":
        refusal = people.remove_company(acting_as=request.viewer.acting_as(), company_id=company_id, now=moment.real)
        tell(request, refusal, _("%(name)s was removed. Nothing changed at Microsoft.") % {"name": company.name})
        return redirect("office:companies")
    return render_page(request, "company/remove", company_page(request, company, "", moment))


def _happenings(found: list[Entry], request: OfficeRequest, moment: Moment) -> list[Happening]:
    """Make a timeline whose links stay where the person may go."""
    acts = request.viewer.may(Permission.OFFICE_ACT)
    shown = []
    for entry, happening in zip(found, happenings(found, moment.commerce), strict=True):
        if entry.order is not None:
            shown.append(replace(happening, url=reverse("office:order", args=[entry.order.id])))
        else:
            shown.append(happening if acts else replace(happening, url=""))
    return shown


def _open_refresh(company_id: UUID) -> object:
    run = runs.latest(asking.ONE, company_id)
    return run if run is not None and run.state in OPEN_RUNS else None


def _first_refresh(request: OfficeRequest, fresh: queries.Freshness) -> object:
    """Return the refresh that reads a company for the first time; it is about several, so who sees all follows it."""
    if fresh.succeeded_at is not None or request.viewer.office_companies() is not None:
        return None
    run = runs.latest(asking.NEW)
    return run if run is not None and run.state in OPEN_RUNS else None


def _offers_portal(request: OfficeRequest, company: CompanyRow, moment: Moment) -> bool:
    """Tell whether switching on the portal is the next thing to do: it is off, nobody was invited yet, and it can be.

    A portal that was switched off has its people still: there the page of the portal itself is enough.
    """
    if company.portal_enabled or company.end_users or not request.viewer.may(Permission.OFFICE_COMPANIES):
        return False
    connection = connections.connection(company.connection_id, moment.real)
    return connection is not None and connection.direct_csp == DirectCsp.SET


def _row(view: SubscriptionView, free: str, company_id: UUID, moment: Moment, *, acts: bool) -> Row:
    facts, now = view.facts, moment.commerce
    return Row(
        url=reverse("portal:subscription", args=[company_id, view.id]) if acts else "",
        name=view.name,
        product=view.row.offer_name if view.name != view.row.offer_name else "",
        tile=marks.initials_tile(view.row.offer_name),
        tags=words.tags(view),
        seats=words.quantity(view),
        free=free,
        term=words.term(view),
        date=distances.both_forms(facts.commitment_end, now) if facts.commitment_end else "",
        ending=words.ending_short(view.ending, facts.quantity),
        status=words.status_badge(view),
        order=_("#%(number)s under way") % {"number": view.order.number} if view.order else "",
        order_url=reverse("office:order", args=[view.order.id]) if view.order else "",
    )
