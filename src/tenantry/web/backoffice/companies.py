"""The list of companies, adding some, and refreshing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tenantry.connection import queries as connections
from tenantry.connection.models import DirectCsp
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.licensing import asking
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import Freshness, freshness_of, overall_freshness, subscription_counts
from tenantry.people import queries as people
from tenantry.people.permissions import Permission
from tenantry.people.queries import COMPANY_SORTS, CompanyPage, CompanyRow
from tenantry.web.access import OfficeRequest, office, page_around
from tenantry.web.backoffice.answers import reload_page, render_page
from tenantry.web.backoffice.context import companies_tabs, office_page
from tenantry.web.backoffice.lists import PER_PAGE, page_number, page_of, search_of
from tenantry.web.ui import dates
from tenantry.web.ui.components import marks
from tenantry.web.ui.components.chips import chips

_PORTAL = {"on": True, "off": False}
OPEN_RUNS = (RunState.WAITING, RunState.RUNNING)
_REFRESHES = frozenset({asking.ALL, asking.NEW, asking.ONE})


# Fifty rows of template nodes would cost more than all the rest of the page.
_ROW = (
    '<tr><td><span class="thing">{tile}<span class="thing-words"><a class="primary-link" href="{url}" title="{name}">'
    '<bdi>{name}</bdi></a></span></span></td><td data-label="{l_tenant}">{domain}</td>'
    '<td class="numeric" data-label="{l_subscriptions}">{subscriptions}</td>'
    '<td class="numeric" data-label="{l_seats}">{seats}</td><td data-label="{l_portal}">{portal}</td>'
    '<td class="numeric" data-label="{l_people}">{people}</td>'
    '<td class="nowrap" data-label="{l_refreshed}"><span>{fresh}{trouble}</span></td></tr>'
)


@office(Permission.OFFICE_SEE)
def companies(request: OfficeRequest) -> HttpResponse:
    """Show the companies that the person sees: searched, filtered, sorted, fifty to a page."""
    moment = Moment.current()
    number, search = page_number(request), search_of(request)
    portal, sort = request.GET.get("portal", ""), request.GET.get("sort", "name")
    found = people.companies(
        only=request.viewer.office_companies(),
        search=search,
        portal_enabled=_PORTAL.get(portal),
        sort=sort if sort in COMPANY_SORTS else "name",
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    if number > 1 and not found.rows:
        return redirect("office:companies")
    labels = _labels()
    run = runs.latest(asking.ALL) if request.viewer.office_companies() is None else None
    context = office_page(
        request,
        "companies",
        moment,
        rows=_rows(found, moment, labels),
        **labels,
        page=page_of(found.total, number, PER_PAGE),
        search=search,
        chips=chips(
            request.GET,
            "portal",
            {"": _("All"), "on": _("Portal on"), "off": _("Portal off")},
            portal,
            people.company_counts(only=request.viewer.office_companies(), search=search),
        ),
        tabs=companies_tabs(request.viewer, "companies"),
        state=_state(request, found, filtered=bool(search or portal), moment=moment),
        run=run if run is not None and run.state in OPEN_RUNS else None,
        filtered=bool(search or portal),
        broken=list(connections.broken(moment.real).values()) if request.viewer.office_companies() is None else [],
        begin=None if found.rows else beginning(moment),
    )
    return render_page(request, "companies/list", context)


@office(Permission.OFFICE_SEE, every_company=True)
@require_POST
def refresh_all(request: OfficeRequest) -> HttpResponse:
    """Have every company read from Microsoft."""
    asking.ask_refresh_all(acting_as=request.viewer.acting_as(), moment=Moment.current())
    return redirect("office:companies")


@office(Permission.OFFICE_SEE)
@require_POST
def refresh_company(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Have one company read from Microsoft, and go back to the side of its page that was open."""
    asking.ask_refresh_company(acting_as=request.viewer.acting_as(), company_id=company_id, moment=Moment.current())
    side = request.POST.get("side", "")
    return redirect(f"office:{side}" if side in {"activity", "end_user_portal"} else "office:company", company_id)


@office(Permission.OFFICE_SEE)
def refresh_progress(request: OfficeRequest, run_id: UUID) -> HttpResponse:
    """Show how far a refresh is, as a fragment; once it is over the page around it is loaded again."""
    run = known_run(request, run_id)
    if run.state not in OPEN_RUNS:
        own_page = reverse("office:refresh_run", args=[run_id])  # which tells it when it reloads
        if page_around(request).path != own_page:
            tell_end(request, run)
        return reload_page()
    return render_page(request, "companies/_progress", {"run": run})


@office(Permission.OFFICE_SEE)
def refresh_run(request: OfficeRequest, run_id: UUID) -> HttpResponse:
    """Show a refresh on a page of its own: after adding companies, and for those without scripts."""
    run = known_run(request, run_id)
    moment = Moment.current()
    if run.state not in OPEN_RUNS:
        tell_end(request, run)
        return redirect("office:companies")
    return render_page(
        request,
        "companies/run",
        office_page(request, "companies", moment, run=run, tabs=[], added=run.kind == asking.NEW),
    )


def known_run(request: OfficeRequest, run_id: UUID) -> RunRecord:
    """Return a refresh that the person may watch; 404 otherwise."""
    run = runs.run(run_id)
    if run is None or run.kind not in _REFRESHES:
        raise Http404
    if run.company_id is not None:
        if not request.viewer.sees_company(run.company_id):
            raise Http404
    elif request.viewer.office_companies() is not None:
        raise Http404
    return run


def tell_end(request: HttpRequest, run: RunRecord) -> None:
    """Leave a message for the next page: how a refresh ended."""
    read = int(run.details.get("companies", 0)) - int(run.details.get("failed", 0))
    failed = int(run.details.get("failed", 0))
    if run.state == RunState.FAILED:
        messages.error(
            request, _("Microsoft could not be read. The pages show what is known from before; the logs say why.")
        )
    elif failed:
        messages.warning(
            request,
            ngettext("%(n)d company was refreshed", "%(n)d companies were refreshed", read) % {"n": read}
            + ngettext(", %(n)d could not be read.", ", %(n)d could not be read.", failed) % {"n": failed},
        )
    else:
        messages.success(
            request,
            ngettext("%(n)d company was refreshed.", "%(n)d companies were refreshed.", read) % {"n": read},
        )


def to_run(run: RunRecord) -> HttpResponseRedirect:
    """Lead to the page of a refresh."""
    return HttpResponseRedirect(reverse("office:refresh_run", args=[run.id]))


@dataclass(frozen=True, slots=True)
class Beginning:
    """With what an office without companies begins: "connect", "direct_csp" on the connection, or "add" companies."""

    step: str
    connection_id: UUID | None = None


def beginning(moment: Moment) -> Beginning:
    """Say with what an office without companies begins."""
    known = connections.connections(moment.real)
    if not known:
        return Beginning("connect")
    is_set = any(one.direct_csp == DirectCsp.SET for one in known)
    return Beginning("add") if is_set else Beginning("direct_csp", known[0].id)


def _rows(found: CompanyPage, moment: Moment, labels: Mapping[str, str]) -> SafeString:
    ids = [row.id for row in found.rows]
    counts, fresh = subscription_counts(ids), freshness_of(ids)
    on, off = marks.badge(_("On"), "positive"), format_html('<span class="quiet">{}</span>', _("Off"))
    trouble = format_html('<span class="sub">{}</span>', _("Could not be read last time"))
    labelled = _ROW
    for name, label in labels.items():
        labelled = labelled.replace(f"{{{name}}}", conditional_escape(label).replace("{", "{{").replace("}", "}}"))
    return format_html_join(
        "",
        labelled,
        (
            _cells(row, counts.get(row.id, (0, 0)), fresh.get(row.id), moment)
            | {
                "portal": on if row.portal_enabled else off,
                "trouble": trouble if row.id in fresh and fresh[row.id].failing else "",
            }
            for row in found.rows
        ),
    )


def _cells(row: CompanyRow, counts: tuple[int, int], fresh: Freshness | None, moment: Moment) -> dict[str, str]:
    read = fresh is not None and fresh.succeeded_at is not None
    return {
        "url": reverse("office:company", args=[row.id]),
        "name": row.name,
        "tile": marks.initials_tile(row.name),
        "domain": row.domain,
        "subscriptions": _number(counts[0]) if read else "–",
        "seats": _number(counts[1]) if read else "–",
        "people": _number(row.end_users),
        "fresh": _fresh_words(fresh, moment),
    }


def _labels() -> dict[str, str]:
    return {
        "l_tenant": _("Tenant"),
        "l_subscriptions": _("Subscriptions"),
        "l_seats": _("Seats"),
        "l_portal": _("End User Portal"),
        "l_people": _("People"),
        "l_refreshed": _("Refreshed"),
    }


def _number(value: int) -> str:
    return str(value) if value < 1000 else number_format(value, use_l10n=True, force_grouping=True)


def _fresh_words(fresh: Freshness | None, moment: Moment) -> str:
    if fresh is not None and fresh.refreshing:
        return _("refreshing")
    if fresh is None or fresh.succeeded_at is None:
        return _("not read yet")
    return dates.ago(fresh.succeeded_at, moment.real)


def _state(request: OfficeRequest, found: CompanyPage, *, filtered: bool, moment: Moment) -> SafeString | str:
    words = ngettext("%(n)d company", "%(n)d companies", found.total) % {"n": found.total}
    if filtered:
        words = ngettext("%(n)d company found", "%(n)d companies found", found.total) % {"n": found.total}
    if request.viewer.office_companies() is not None:
        return words
    fresh = overall_freshness()
    parts = [words]
    if fresh.oldest is not None:
        parts.append(format_html(_("refreshed {ago}"), ago=dates.ago(fresh.oldest, moment.real)))
    if fresh.failing:
        parts.append(_("%(n)d could not be read") % {"n": fresh.failing})
    if fresh.incomplete:
        parts.append(_("%(n)d not complete") % {"n": fresh.incomplete})
    return format_html_join(" · ", "{}", ((part,) for part in parts))
