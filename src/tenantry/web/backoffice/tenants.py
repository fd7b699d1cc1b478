"""Tenants of Partner Center: those that can become companies, and those that vanished."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tenantry.connection import actions as connection_actions
from tenantry.connection import queries as connections
from tenantry.connection.queries import ConnectionView, TenantRow
from tenantry.connection.texts import refusal_text
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import asking
from tenantry.licensing.moment import Moment
from tenantry.people import actions as people
from tenantry.people import queries
from tenantry.people.permissions import Permission
from tenantry.people.texts import refusal_text as people_text
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page, tell
from tenantry.web.backoffice.companies import to_run
from tenantry.web.backoffice.context import companies_tabs, office_page
from tenantry.web.backoffice.lists import page_number, page_of, posted_id, search_of
from tenantry.web.ui import dates
from tenantry.web.ui.frame import Crumb

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """One tenant of the list; ``company_url`` is there when it is a company already."""

    tenant_id: str
    name: str
    domain: str
    company_url: str


@dataclass(frozen=True, slots=True)
class Held:
    """A tenant that vanished; ``company_url`` is there when it is a company."""

    row: TenantRow
    company_url: str
    company_name: str


@office(Permission.OFFICE_COMPANIES, every_company=True)
def add_companies(request: OfficeRequest) -> HttpResponse:
    """Show the tenants of a connection, and make companies of those that are ticked."""
    moment = Moment.current()
    known = connections.connections(moment.real)
    chosen = _chosen_connection(request, known)
    if request.method == "POST":
        return _add(request, chosen, moment)
    context = office_page(
        request,
        "companies",
        moment,
        crumbs=[Crumb(_("Companies"), reverse("office:companies")), Crumb(_("Add companies"))],
        connections=known,
        connection=chosen,
    )
    if chosen is not None:
        context |= _tenants(request, chosen, moment)
    return render_page(request, "companies/add", context)


@office(Permission.OFFICE_COMPANIES, every_company=True)
@require_POST
def refresh_tenants(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Have the list of tenants read from Partner Center, and show how that goes."""
    moment = Moment.current()
    outcome = connection_actions.ask_refresh_tenants(
        acting_as=request.viewer.acting_as(), connection_id=connection_id, now=moment.real
    )
    if isinstance(outcome, Refusal):
        tell(request, outcome, "", words=refusal_text)
        return redirect("office:add_companies")
    return redirect("office:connection_run", outcome.id)


@office(Permission.OFFICE_SEE, every_company=True)
def removed_tenants(request: OfficeRequest) -> HttpResponse:
    """Show the tenants that Partner Center no longer lists and about which nobody has decided."""
    moment = Moment.current()
    held = []
    for row in connections.removed_tenants():
        company_id = queries.companies_of_tenants(row.connection_id).get(row.tenant_id)
        company = queries.company(company_id) if company_id else None
        url = reverse("office:company", args=[company.id]) if company else ""
        held.append(Held(row, url, company.name if company else ""))
    context = office_page(
        request,
        "companies",
        moment,
        held=held,
        tabs=companies_tabs(request.viewer, "removed_tenants"),
        state=_removed_state(len(held), moment),
    )
    return render_page(request, "companies/removed", context)


@office(Permission.OFFICE_COMPANIES, every_company=True)
def decide_removed_tenant(request: OfficeRequest, tenant_id: UUID) -> HttpResponse:
    """Ask whether a tenant is gone for good; confirm it, which removes its company, or dismiss the report."""
    moment = Moment.current()
    acting_as = request.viewer.acting_as()
    row = next((one for one in connections.removed_tenants() if one.id == tenant_id), None)
    if row is None:
        raise Http404
    company_id = queries.companies_of_tenants(row.connection_id).get(row.tenant_id)
    if request.method != "POST":
        title = _("Removed tenants")
        crumbs = [Crumb(title, reverse("office:removed_tenants")), Crumb(row.name)]
        company = queries.company(company_id) if company_id else None
        context = office_page(request, "companies", moment, title=row.name, crumbs=crumbs, row=row, company=company)
        return render_page(request, "companies/gone", context)
    gone = request.POST.get("decision") == "confirm"
    refusal = connection_actions.decide_removed_tenant(
        acting_as=acting_as, tenant_id=tenant_id, gone_for_good=gone, now=moment.real
    )
    if gone and refusal is None and company_id is not None:
        people.remove_company(acting_as=acting_as, company_id=company_id, now=moment.real)
    done = (
        _("%(name)s is gone for good. Its company was removed; nothing was cancelled at Microsoft.")
        if gone
        else _("%(name)s stays. If Partner Center still does not list it at the next refresh, it comes back here.")
    )
    tell(request, refusal, done % {"name": row.name}, words=refusal_text)
    return redirect("office:removed_tenants")


def _chosen_connection(request: OfficeRequest, known: tuple[ConnectionView, ...]) -> ConnectionView | None:
    """Return the connection that is asked for, the person's default one, or the first."""
    asked = request.POST.get("connection") or request.GET.get("connection") or ""
    preferred = str(request.viewer.person.default_connection_id or "")
    by_id = {str(one.id): one for one in known}
    return by_id.get(asked) or by_id.get(preferred) or (known[0] if known else None)


def _tenants(request: HttpRequest, chosen: ConnectionView, moment: Moment) -> dict[str, object]:
    number, search = page_number(request), search_of(request)
    show_added = request.GET.get("added") == "yes"
    companies = queries.companies_of_tenants()  # of every connection: several may list the same tenant
    found = connections.tenants(
        chosen.id,
        search=search,
        without=() if show_added else tuple(companies),
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    choices = [
        Choice(
            tenant_id=row.tenant_id,
            name=row.name,
            domain=row.domain,
            company_url=reverse("office:company", args=[companies[row.tenant_id]])
            if row.tenant_id in companies
            else "",
        )
        for row in found.rows
    ]
    return {
        "choices": choices,
        "can_add": any(not choice.company_url for choice in choices),
        "select_all": request.GET.get("all") == "yes",
        "page": page_of(found.total, number, PER_PAGE),
        "search": search,
        "show_added": show_added,
        "added_count": len(companies) if chosen.tenants else 0,
        "state": _tenants_state(chosen, moment),
    }


def _tenants_state(chosen: ConnectionView, moment: Moment) -> str:
    words = ngettext(
        "Partner Center lists %(n)d tenant for %(connection)s",
        "Partner Center lists %(n)d tenants for %(connection)s",
        chosen.tenants,
    ) % {"n": chosen.tenants, "connection": chosen.name}
    if chosen.tenants_refreshed_at is None:
        return words
    ago = dates.distance(chosen.tenants_refreshed_at, moment.real)
    return _("%(words)s · read %(ago)s") % {"words": words, "ago": ago}


def _add(request: OfficeRequest, chosen: ConnectionView | None, moment: Moment) -> HttpResponse:
    ticked = request.POST.getlist("tenant")
    if chosen is None or not ticked:
        messages.error(request, _("No tenant is ticked, so nothing was added."))
        return redirect("office:add_companies")
    acting_as = request.viewer.acting_as()
    outcome = people.add_companies(
        acting_as=acting_as,
        connection_id=chosen.id,
        tenant_ids=[posted_id(one).lower() for one in ticked],
        now=moment.real,
    )
    if isinstance(outcome, Refusal):
        tell(request, outcome, "", words=people_text)
        return redirect("office:add_companies")
    if not outcome.added:
        messages.info(request, _("All of these are companies already."))
        return redirect("office:companies")
    words = ngettext("%(n)d company was added.", "%(n)d companies were added.", len(outcome.added))
    messages.success(request, words % {"n": len(outcome.added)})
    return to_run(asking.ask_first_refresh(acting_as=acting_as, moment=moment))


def _removed_state(count: int, moment: Moment) -> str:
    words = (
        ngettext("%(n)d tenant waits for a decision", "%(n)d tenants wait for a decision", count) % {"n": count}
        if count
        else _("Nothing waits for a decision")
    )
    read = connections.tenants_refreshed_at()
    if read is None:
        return words
    return _("%(words)s · list read %(ago)s") % {"words": words, "ago": dates.distance(read, moment.real)}
