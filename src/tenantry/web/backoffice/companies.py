"""The list of companies, adding some, and refreshing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tenantry.connection import queries as connections
from tenantry.connection.models import DirectCsp
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.kernel import dates
from tenantry.licensing import asking
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import overall_freshness
from tenantry.licensing.summary import Summary, company_list, decisions_of, summaries
from tenantry.licensing.upcoming import UNDECIDED
from tenantry.people import queries as people
from tenantry.people.permissions import Permission
from tenantry.people.queries import COMPANY_SORTS, CompanyPage, CompanyRow
from tenantry.web.access import OfficeRequest, office, page_around
from tenantry.web.backoffice.answers import reload_page, render_page
from tenantry.web.backoffice.context import companies_tabs, office_page
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.backoffice.lists import PER_PAGE, page_number, page_of, search_of
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks
from tenantry.web.ui.components.chips import chips

OLD = timedelta(days=1)  # a mirror that was read longer ago says so
OPEN_RUNS = (RunState.WAITING, RunState.RUNNING)
_REFRESHES = frozenset({asking.ALL, asking.NEW, asking.ONE})


# Fifty rows of template nodes would cost more than all the rest of the page. On a phone a row is its first cell.
_ROW = (
    '<tr><td><span class="thing">{tile}<span class="thing-words"><a class="primary-link" href="{url}" title="{name}">'
    '<bdi>{name}</bdi></a><span class="sub tenant">{domain}</span><span class="sub card-words">{words}</span>{notes}'
    "</span></span></td>"
    '<td class="nowrap">{decide}</td><td class="nowrap">{next}</td><td class="numeric">{orders}</td>'
    '<td class="numeric">{subscriptions}</td><td class="numeric">{seats}</td><td>{portal}</td>'
    '<td class="numeric">{people}</td></tr>'
)
_LINK = '<a href="{}">{{}}</a>'


@office(Permission.OFFICE_SEE)
def companies(request: OfficeRequest) -> HttpResponse:
    """Show the companies that the person sees, fifty to a page: the most urgent first, searched, filtered, sorted."""
    moment = Moment.current()
    only, number, search = request.viewer.office_companies(), page_number(request), search_of(request)
    show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
    broken = connections.broken(moment.real)
    by = company_list(moment.commerce, only=only, broken=broken.keys())
    sorts = {**COMPANY_SORTS, **by.sorts}
    show = show if show in by.filters else ""
    found = people.companies(
        only=only,
        search=search,
        where=by.filters.get(show, Q()),
        order=sorts.get(sort, sorts["decide"]),
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    if number > 1 and not found.rows:
        return redirect("office:companies")
    counts = people.company_counts(only=only, search=search, kinds=by.filters)
    run = runs.latest(asking.ALL) if only is None else None
    context = office_page(
        request,
        "companies",
        moment,
        rows=_rows(found, by.orders, moment),
        page=page_of(found.total, number, PER_PAGE),
        search=search,
        show=show,
        chips=chips(request.GET, "show", _kinds(), show, {**counts, "": counts["all"]}),
        tabs=companies_tabs(request.viewer, "companies"),
        state=_state(request, counts["all"], searched=bool(search), moment=moment),
        run=run if run is not None and run.state in OPEN_RUNS else None,
        filtered=bool(search or show),
        broken=list(broken.values()) if only is None else [],
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
        added = as_uuid(request.GET.get("company", ""))
        if added is not None and request.viewer.sees_company(added):
            return redirect("office:end_user_portal", added)
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


def to_run(run: RunRecord, company_id: UUID | None = None) -> HttpResponseRedirect:
    """Lead to the page of a refresh, and from there to the End User Portal of the one company that was added."""
    query = "" if company_id is None else f"?{urlencode({'company': company_id})}"
    return HttpResponseRedirect(f"{reverse('office:refresh_run', args=[run.id])}{query}")


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


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a company waits for somebody: ends of terms to decide about, and orders that need a person."""

    decisions: int
    orders: int


def _rows(found: CompanyPage, orders: Mapping[UUID, int], moment: Moment) -> SafeString:
    ids = [row.id for row in found.rows]
    known, decisions = summaries(ids), decisions_of(ids, moment.commerce)
    return format_html_join(
        "",
        _ROW,
        (
            _cells(row, known.get(row.id), Waiting(decisions.get(row.id, 0), orders.get(row.id, 0)), moment)
            for row in found.rows
        ),
    )


def _cells(row: CompanyRow, known: Summary | None, waits: Waiting, moment: Moment) -> dict[str, str]:
    read = known is not None and known.freshness.succeeded_at is not None
    size = ""
    if known is not None and read:
        size = " · ".join((_counted_subscriptions(known.active), counted_seats(known.seats)))
    first = _first(known, moment) if waits.decisions else ""
    to_decide, to_orders = _links(row, waits)
    # On a phone the words of a link say what its column says on a wide page.
    decide_words = _("%(n)d to decide") % {"n": waits.decisions}
    order_words = ngettext("%(n)d order needs a person", "%(n)d orders need a person", waits.orders)
    due = (
        format_html(to_decide, decide_words) if waits.decisions else "",
        format_html(to_orders, order_words % {"n": waits.orders}) if waits.orders else "",
        "" if row.portal_enabled else _("portal off"),
    )
    notes = ((note,) for note in _notes(known, moment))
    return {
        "url": reverse("office:company", args=[row.id]),
        "name": row.name,
        "tile": marks.initials_tile(row.name),
        "notes": format_html_join("", '<span class="sub tone-caution">{}</span>', notes),
        "words": format_html_join(" · ", "{}", ((part,) for part in (size, *due) if part)),
        "domain": row.domain,
        "decide": format_html('{} <span class="quiet small">{}</span>', format_html(to_decide, waits.decisions), first)
        if waits.decisions
        else "",
        "next": dates.day(known.next_end, moment.commerce) if known is not None and known.next_end else "",
        "orders": format_html(to_orders, waits.orders) if waits.orders else "",
        "subscriptions": _number(known.active) if known is not None and read else "–",
        "seats": _number(known.seats) if known is not None and read else "–",
        "portal": marks.badge(_("On"), "positive")
        if row.portal_enabled
        else format_html('<span class="quiet">{}</span>', _("Off")),
        "people": _number(row.end_users),
    }


def _links(row: CompanyRow, waits: Waiting) -> tuple[str, str]:
    """Return links to what waits of a company: to its decisions, and to its orders; the words go into the braces."""
    decide = urlencode({"show": UNDECIDED, "month": "year", "q": row.name[:100]})
    orders = urlencode({"state": "person", "company": row.id})
    return (
        _LINK.format(f"{reverse('office:renewals')}?{escape(decide)}"),
        _LINK.format(f"{reverse('office:orders')}?{escape(orders)}"),
    )


def _first(known: Summary | None, moment: Moment) -> str:
    """Say how far off the first decision is."""
    if known is None or known.decide_by is None:
        return ""
    lost = known.decide_by < moment.commerce
    return _("not at Microsoft") if lost else distances.away(known.decide_by, moment.commerce)


def _notes(known: Summary | None, moment: Moment) -> list[str]:
    """Say what is not as fresh as it should be."""
    if known is None or known.freshness.succeeded_at is None:
        return [_("refreshing") if known is not None and known.freshness.refreshing else _("not read yet")]
    fresh, read_at = known.freshness, known.freshness.succeeded_at
    notes = [_("Could not be read last time")] if fresh.failing else []
    if moment.real - read_at > OLD:
        notes.append(format_html(_("Read {}"), distances.ago(read_at, moment.real)))
    return notes


def _counted_subscriptions(count: int) -> str:
    return ngettext("%(n)s subscription", "%(n)s subscriptions", count) % {"n": _number(count)}


def counted_seats(count: int) -> str:
    """Return "41 seats"."""
    return ngettext("%(n)s seat", "%(n)s seats", count) % {"n": _number(count)}


def _number(value: int) -> str:
    return str(value) if value < 1000 else number_format(value, use_l10n=True, force_grouping=True)


def _state(request: OfficeRequest, total: int, *, searched: bool, moment: Moment) -> SafeString | str:
    words = ngettext("%(n)d company", "%(n)d companies", total) % {"n": total}
    if searched:
        words = ngettext("%(n)d company found", "%(n)d companies found", total) % {"n": total}
    if request.viewer.office_companies() is not None:
        return words
    fresh = overall_freshness()
    parts = [words]
    if fresh.oldest is not None:
        parts.append(format_html(_("refreshed {ago}"), ago=distances.ago(fresh.oldest, moment.real)))
    if fresh.failing:
        parts.append(_("%(n)d could not be read") % {"n": fresh.failing})
    if fresh.incomplete:
        parts.append(_("%(n)d not complete") % {"n": fresh.incomplete})
    return format_html_join(" · ", "{}", ((part,) for part in parts))


def _kinds() -> dict[str, str]:
    return {
        "": _("All"),
        "decide": _("To decide"),
        "person": _("Needs a person"),
        "off": _("Portal off"),
        "trouble": _("Could not be read"),
    }
