"""Tenants of Partner Center: those that can become companies, and those that vanished."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
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
from tenantry.web.backoffice.ids import as_tenant_id
from tenantry.web.backoffice.lists import PER_PAGE, page_of
from tenantry.web.numbers import page_in
from tenantry.web.searching import search_in
from tenantry.web.ui import distances
from tenantry.web.ui.components.data import address_with
from tenantry.web.ui.frame import Crumb


@dataclass(frozen=True, slots=True)
class Choice:
    """One tenant of the list; ``company_url`` is there when it is a company already."""

    tenant_id: str
    name: str
    domain: str
    company_url: str
    ticked: bool


class Doing(StrEnum):
    """What a button of the page does: add the ticked ones, or show another part of the list and keep the ticks."""

    ADD = "add"
    LOOK = "look"
    TICK_ALL = "all"
    TICK_NONE = "none"


@dataclass(frozen=True, slots=True)
class Look:
    """Which part of the list is to be seen, and what is ticked, there and elsewhere."""

    search: str
    show_added: bool
    number: int
    doing: Doing
    ticked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A tenant that vanished; ``company_url`` is there when it is a company."""

    row: TenantRow
    company_url: str
    company_name: str


@office(Permission.OFFICE_COMPANIES, every_company=True)
def add_companies(request: OfficeRequest) -> HttpResponse:
    """Show the tenants of a connection, and make companies of those that are ticked.

    Searching and paging are posted together with the ticks, which no address could carry; without a tick the list
    has an address of its own, so that going back works.
    """
    moment = Moment.current()
    known = connections.connections(moment.real)
    chosen = _chosen_connection(request, known)
    look = _look(request, chosen)
    if request.method == "POST" and look.doing is Doing.ADD:
        return _add(request, known, chosen, look, moment)
    if request.method == "POST" and look.doing is Doing.LOOK and not look.ticked:
        return redirect(_address(chosen, look))
    return _show(request, known, chosen, look, moment)


def _show(
    request: OfficeRequest,
    known: tuple[ConnectionView, ...],
    chosen: ConnectionView | None,
    look: Look,
    moment: Moment,
    status: int = 200,
) -> HttpResponse:
    context = office_page(
        request,
        "companies",
        moment,
        crumbs=[Crumb(_("Companies"), reverse("office:companies")), Crumb(_("Add companies"))],
        connections=known,
        connection=chosen,
    )
    if chosen is not None:
        context |= _tenants(chosen, look, moment)
    return render_page(request, "companies/add", context, status=status)


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


def _look(request: OfficeRequest, chosen: ConnectionView | None) -> Look:
    """Read what is to be seen and what is ticked; ticks of another connection count for nothing."""
    asked = request.POST if request.method == "POST" else request.GET
    doing = Doing.LOOK if "page" in asked else _doing(asked.get("do", Doing.ADD))
    ticked = tuple(dict.fromkeys(as_tenant_id(one).lower() for one in request.POST.getlist("tenant")))
    if ticked and chosen is not None and asked.get("ticks_of", str(chosen.id)) != str(chosen.id):
        messages.info(request, _("The ticks belonged to the other connection, so they were removed."))
        ticked, doing = (), Doing.LOOK
    return Look(
        search=search_in(asked),
        show_added=asked.get("added") == "yes",
        number=page_in(asked, "at" if doing in {Doing.TICK_ALL, Doing.TICK_NONE} else "page"),
        doing=doing,
        ticked=() if doing is Doing.TICK_NONE else ticked,
    )


def _doing(asked: str) -> Doing:
    return Doing(asked) if asked in set(Doing) else Doing.LOOK


def _address(chosen: ConnectionView | None, look: Look) -> str:
    parts = {
        "connection": str(chosen.id) if chosen else "",
        "q": look.search,
        "added": "yes" if look.show_added else "",
        "page": str(look.number) if look.number > 1 else "",
    }
    return reverse("office:add_companies") + address_with({name: part for name, part in parts.items() if part})


def _tenants(chosen: ConnectionView, look: Look, moment: Moment) -> dict[str, object]:
    companies = queries.companies_of_tenants()  # of every connection: several may list the same tenant
    found = connections.tenants(
        chosen.id,
        search=look.search,
        without=() if look.show_added else tuple(companies),
        offset=(look.number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    shown = {row.tenant_id for row in found.rows}
    elsewhere = [one for one in look.ticked if one not in shown]
    kept = connections.tenants(chosen.id, only=elsewhere, without=tuple(companies), limit=len(elsewhere)).rows
    choices = [
        Choice(
            tenant_id=row.tenant_id,
            name=row.name,
            domain=row.domain,
            company_url=reverse("office:company", args=[companies[row.tenant_id]])
            if row.tenant_id in companies
            else "",
            ticked=look.doing is Doing.TICK_ALL or row.tenant_id in look.ticked,
        )
        for row in found.rows
    ]
    return {
        "choices": choices,
        "kept": kept,
        "kept_words": ngettext(
            "%(n)d ticked tenant is not in this list",
            "%(n)d ticked tenants are not in this list",
            len(kept),
        )
        % {"n": len(kept)},
        "can_add": bool(kept) or any(not choice.company_url for choice in choices),
        "some_ticked": bool(kept) or any(choice.ticked and not choice.company_url for choice in choices),
        "page": page_of(found.total, look.number, PER_PAGE),
        "search": look.search,
        "show_added": look.show_added,
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
    ago = distances.ago(chosen.tenants_refreshed_at, moment.real)
    return format_html(_("{words} · read {ago}"), words=words, ago=ago)


def _add(
    request: OfficeRequest,
    known: tuple[ConnectionView, ...],
    chosen: ConnectionView | None,
    look: Look,
    moment: Moment,
) -> HttpResponse:
    if chosen is None or not look.ticked:
        messages.error(request, _("No tenant is ticked, so nothing was added."))
        return redirect(_address(chosen, look))
    acting_as = request.viewer.acting_as()
    outcome = people.add_companies(
        acting_as=acting_as, connection_id=chosen.id, tenant_ids=look.ticked, now=moment.real
    )
    if isinstance(outcome, Refusal):
        tell(request, outcome, "", words=people_text)
        return _show(request, known, chosen, look, moment, status=422)
    if not outcome.added:
        messages.info(request, _("All of these are companies already."))
        return redirect("office:companies")
    words = ngettext("%(n)d company was added.", "%(n)d companies were added.", len(outcome.added))
    messages.success(request, words % {"n": len(outcome.added)})
    run = asking.ask_first_refresh(acting_as=acting_as, moment=moment)
    return redirect("office:company", outcome.added[0]) if len(outcome.added) == 1 else to_run(run)


def _removed_state(count: int, moment: Moment) -> str:
    words = (
        ngettext("%(n)d tenant waits for a decision", "%(n)d tenants wait for a decision", count) % {"n": count}
        if count
        else _("Nothing waits for a decision")
    )
    read = connections.tenants_refreshed_at()
    if read is None:
        return words
    return format_html(_("{words} · list read {ago}"), words=words, ago=distances.ago(read, moment.real))
