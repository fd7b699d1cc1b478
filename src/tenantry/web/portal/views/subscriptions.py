"""The list of subscriptions, on the page and as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries, texts
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.numbers import page_in
from tenantry.web.portal import words
from tenantry.web.portal.context import company_page
from tenantry.web.portal.files import csv_answer
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks
from tenantry.web.ui.components.chips import Chip, chips
from tenantry.web.ui.components.data import Params

PER_PAGE = 100
MOST_IN_FILE = 10_000
FILTERS = ("current", "active", "trials", "over")


@dataclass(frozen=True, slots=True)
class Row:
    """One subscription as plain words: a table of many rows must not ask the template for more than to print."""

    url: str
    name: str
    product: str
    tile: SafeString
    tags: SafeString
    seats: str
    seats_said: str
    free: str
    term: str
    date: str
    ending: str
    changes: bool
    status: SafeString | str
    order: str


def _row(view: SubscriptionView, free: str, company_id: UUID, now: datetime) -> Row:
    facts, ending, end = view.facts, view.ending, words.term_end(view)
    return Row(
        url=reverse("portal:subscription", args=[company_id, view.id]),
        name=view.name,
        product=view.row.offer_name if view.name != view.row.offer_name else "",
        tile=marks.initials_tile(view.row.offer_name),
        tags=words.tags(view),
        seats=words.quantity(view),
        seats_said=words.quantity(view) if facts.kind in words.BY_USE else texts.seats(facts.quantity),
        free=free,
        term=words.term(view),
        date=distances.both_forms(end, now) if end else "",
        ending=words.ending_short(ending, facts.quantity),
        changes=ending.change is not None,
        status=words.status_badge(view),
        order=_("Order #%(number)s is under way") % {"number": view.order.number} if view.order else "",
    )


def _wanted(request: HttpRequest) -> tuple[str, str, str, int]:
    search = request.GET.get("q", "").strip()[:100]
    show = request.GET.get("show", "current")
    sort = request.GET.get("sort", "date")
    return (
        search,
        show if show in FILTERS else "current",
        sort if sort in queries.SORTS else "date",
        page_in(request.GET),
    )


@portal(Permission.SEE)
def subscriptions(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Show the list: searched, filtered, sorted, a hundred to a page."""
    moment = Moment.current()
    search, show, sort, number = _wanted(request)
    found = queries.listed(
        CompanyId(company_id),
        moment.commerce,
        search=search,
        show=show,
        sort=sort,
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    if number > 1 and not found.views:
        raise Http404
    rows = [
        _row(view, free, company_id, moment.commerce)
        for view, free in zip(found.views, words.free_seats(found.views), strict=True)
    ]
    total = found.counts[show]
    context = company_page(
        request,
        "subscriptions",
        moment,
        rows=rows,
        with_status=any(row.status or row.order for row in rows),
        page=Paginator(range(total), PER_PAGE).get_page(number),
        search=search,
        show=show,
        chips=subscription_chips(request.GET, show, found.counts),
        state=words.state_line(_count(total), found.freshness, moment),
        licences_known=found.freshness.licences_known,
        never_read=found.freshness.succeeded_at is None,
    )
    template = "portal/_subscriptions.html" if "HX-Request" in request.headers else "portal/subscriptions.html"
    return render(request, template, context)


def _count(total: int) -> str:
    return ngettext("%(n)s subscription", "%(n)s subscriptions", total) % {"n": total}


def subscription_chips(params: Params, show: str, counts: Mapping[str, int]) -> list[Chip]:
    """Make the chips of a company's list; "Active" stands beside "All now" only where it shows something else."""
    labels = {"current": _("All now"), "active": _("Active"), "trials": _("Trials"), "over": _("Ended")}
    if counts["active"] == counts["current"] and show != "active":
        del labels["active"]
    return chips(params, "show", labels, show, counts)


@portal(Permission.SEE)
def export(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Give the list as a file, with the same search and filter."""
    moment = Moment.current()
    search, show, sort, _page = _wanted(request)
    found = queries.listed(
        CompanyId(company_id), moment.commerce, search=search, show=show, sort=sort, limit=MOST_IN_FILE
    )
    lines = [_head(), *(_line(view) for view in found.views)]
    return csv_answer(_("subscriptions"), request.access.name, moment.commerce, lines)


def _head() -> list[str]:
    return [
        _("Subscription"),
        _("Product"),
        _("Kind"),
        _("Seats"),
        _("Assigned in all subscriptions of the product"),
        _("Seats in all subscriptions of the product"),
        _("Term"),
        _("End of the term"),
        _("At the end of the term"),
        _("Status"),
        _("Subscription id"),
    ]


def _line(view: SubscriptionView) -> list[str]:
    facts, licences, end = view.facts, view.licences, words.term_end(view)
    return [
        view.name,
        view.row.offer_name,
        texts.kind_text(facts.kind),
        words.quantity(view),
        "" if licences is None else str(licences.assigned),
        "" if licences is None else str(licences.total),
        words.term(view),
        end.date().isoformat() if end else "",
        words.ending_short(view.ending, facts.quantity),
        texts.status_text(facts.status),
        view.row.upstream_id,
    ]
