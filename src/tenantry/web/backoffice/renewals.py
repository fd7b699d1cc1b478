"""The ends of terms of all companies that the person sees, and saying of several that they renew as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries
from tenantry.licensing.models import Subscription
from tenantry.licensing.moment import Moment
from tenantry.licensing.renewing import SeenTerm, confirm_renewals
from tenantry.licensing.rules.facts import fingerprint
from tenantry.licensing.rules.terms import Outcome
from tenantry.licensing.upcoming import KINDS, LOST, TRIALS, UNDECIDED, UpcomingEnd, upcoming
from tenantry.people.access import CompanyAccess, Viewer
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.lists import PER_PAGE, page_number, page_of, search_of
from tenantry.web.portal import wishing, words
from tenantry.web.portal.views import renewing
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks
from tenantry.web.ui.components.chips import chips
from tenantry.web.ui.components.data import address_with
from tenantry.web.ui.frame import Crumb

MONTHS = 13


@dataclass(frozen=True, slots=True)
class Row:
    """One end of a term as plain words; ``term`` ticks it, where it can be confirmed that it renews as it is."""

    name: str
    tile: SafeString
    url: str
    company: str
    company_url: str
    seats: str
    date: str
    what: str
    decided: str
    badge: SafeString | str
    decide_url: str
    term: str


@dataclass(frozen=True, slots=True)
class Span:
    """A choice of when the terms end: its value in the address, its name, and from when until when."""

    value: str
    label: str
    since: datetime
    until: datetime


@office(Permission.OFFICE_SEE)
def renewals(request: OfficeRequest) -> HttpResponse:
    """Show the ends of terms, the soonest first: by what happens, by month, searched; fifty to a page."""
    moment = Moment.current()
    now, number, search = moment.commerce, page_number(request), search_of(request)
    spans = _spans(now)
    span = next((one for one in spans if one.value == request.GET.get("month", "")), spans[0])
    show = request.GET.get("show", "")
    show = show if show in {UNDECIDED, LOST, TRIALS, *KINDS} else ""
    found = upcoming(
        now,
        only=request.viewer.office_companies(),
        since=span.since,
        until=span.until,
        search=search,
        kind=show,
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    if number > 1 and not found.rows:
        return redirect("office:renewals")
    ticked = "tick" in request.GET
    rows = [_row(one, request.viewer, now) for one in found.rows]
    counts = dict.fromkeys(_kinds(), 0) | {**found.counts, "": found.counts["all"]}
    context = office_page(
        request,
        "renewals",
        moment,
        rows=rows,
        page=page_of(counts[show], number, PER_PAGE),
        search=search,
        show=show,
        month=span.value,
        months=[(one.value, one.label) for one in spans],
        chips=chips(request.GET, "show", _kinds(), show, counts, also_dropped=("tick",)),
        filtered=bool(search or show or span.value),
        state=ngettext("%(n)d term ends · %(span)s", "%(n)d terms end · %(span)s", found.counts["all"])
        % {"n": found.counts["all"], "span": span.label},
        terms=sum(bool(row.term) for row in rows),
        ticked=ticked,
        tick_url=address_with(request.GET, tick=None if ticked else "page"),
    )
    return render_page(request, "renewals/list", context)


@office(Permission.OFFICE_ACT)
def renew_as_is(request: OfficeRequest) -> HttpResponse:
    """Show what was ticked with what it means for each term; record it when confirmed."""
    if request.method != "POST":
        return redirect("office:renewals")
    moment = Moment.current()
    if "terms" in request.POST:
        _record(request, wishing.open_terms(request.POST["terms"], request.viewer.person.id), moment)
        return redirect("office:renewals")
    lines, left_out, seen = [], [], {}
    rows = _known(request.viewer, renewing.ticks(request.POST))
    for company_id, group in groupby(rows, key=lambda row: row.company_id):
        of_company = list(group)
        access = _acts_for(request.viewer, of_company[0])
        for view in queries.views(CompanyId(company_id), of_company, moment.commerce):
            if access is not None and renewing.can_be_confirmed(view):
                lines.append(renewing.line(view, moment.commerce, view.row.company.name))
                seen[view.id] = fingerprint(view.facts)
            else:
                left_out.append(_name(view.row))
    if not lines:
        messages.warning(request, renewing.nothing_ticked(left_out))
        return redirect("office:renewals")
    context = office_page(
        request,
        "renewals",
        moment,
        title=renewing.title(len(lines)),
        crumbs=[Crumb(_("Renewals"), reverse("office:renewals")), Crumb(_("Renew as it is"))],
        lines=lines,
        left_out=left_out,
        terms=wishing.seal_terms(seen, request.viewer.person.id),
        confirm_url=reverse("office:renew_as_is"),
        back_url=reverse("office:renewals"),
    )
    return render_page(request, "renewals/confirm", context)


def _record(request: OfficeRequest, seen: Mapping[UUID, str], moment: Moment) -> None:
    """Record what was confirmed, company by company in the name of whoever acts; the rest is left out and named."""
    terms, left_out = [], []
    names = {}
    accesses: dict[UUID, CompanyAccess | None] = {}
    for row in _known(request.viewer, set(seen)):
        names[row.id] = _name(row)
        if row.company_id not in accesses:
            accesses[row.company_id] = _acts_for(request.viewer, row)
        access = accesses[row.company_id]
        if access is None:
            left_out.append(names[row.id])
        else:
            terms.append(SeenTerm(CompanyId(row.company_id), row.id, seen[row.id], access.acting_as()))
    if terms or not left_out:
        renewing.tell(request, confirm_renewals(terms, moment), names, moment.commerce)
    if left_out:
        told = _("Left out, because the End User Portal is off or you may not act there: %(names)s.")
        messages.warning(request, told % {"names": ", ".join(left_out)})


def _acts_for(viewer: Viewer, row: Subscription) -> CompanyAccess | None:
    """Return how the person acts for the company of a subscription; None without the right, or with the portal off."""
    access = viewer.company(row.company_id) if row.company.portal_enabled else None
    return access if access is not None and access.as_staff and access.may(Permission.DECIDE_END) else None


def _known(viewer: Viewer, wanted: set[UUID]) -> list[Subscription]:
    """Return subscriptions that the person sees in the back office, by company and date."""
    found = queries.office_subscriptions(viewer.office_companies()).filter(id__in=wanted)
    return list(found.order_by("company__name", "company_id", "commitment_end", "id"))


def _name(row: Subscription) -> str:
    return f"{row.company.name}, {row.friendly_name or row.offer_name}"


def _row(one: UpcomingEnd, viewer: Viewer, now: datetime) -> Row:
    row, wish, acts = one.row, one.wish, viewer.may(Permission.OFFICE_ACT)
    return Row(
        name=row.friendly_name or row.offer_name,
        tile=marks.initials_tile(row.offer_name),
        url=reverse("portal:subscription", args=[row.company_id, row.id]) if acts else "",
        company=row.company.name,
        company_url=reverse("office:company", args=[row.company_id]),
        seats=str(row.quantity),
        date=distances.both_forms(row.commitment_end, now) if row.commitment_end else "",
        what=words.ending_line(one.ending, row.quantity),
        decided=_("Decided by %(who)s") % {"who": wish.decided_by} if wish is not None else "",
        badge=_badge(one),
        decide_url=wishing.Door.END_OF_TERM.url(row.company_id, row.id)
        if acts and one.undecided and not one.under_way and one.ending.outcome is not Outcome.CONVERTS
        else "",
        term=str(row.id) if acts and row.company.portal_enabled and one.may_be_confirmed else "",
    )


def _badge(one: UpcomingEnd) -> SafeString | str:
    if one.wish is not None and one.wish.lost_at is not None:
        return marks.badge(_("Not at Microsoft"), "critical")
    if one.under_way:
        return marks.badge(_("Order under way"), "info")
    if not one.undecided:
        return ""
    return marks.badge(_("Becomes paid") if one.row.is_trial else _("Not decided"), "caution")


def _kinds() -> dict[str, str]:
    return {
        "": _("All"),
        UNDECIDED: _("To decide"),
        LOST: _("Not at Microsoft"),
        TRIALS: _("Trials that become paid"),
        "renews": _("Renews"),
        "ends": _("Ends"),
        "extends": _("Month by month"),
    }


def _spans(now: datetime) -> Sequence[Span]:
    """Return the choices: the time in which terms are decided, each month, and the whole year."""
    spans = [Span("", _("Next 60 days"), now, now + queries.DECIDED_BEFORE)]
    spans.append(Span("year", _("Next 12 months"), now, now + queries.YEAR))
    local = timezone.localtime(now)
    first = datetime(local.year, local.month, 1, tzinfo=timezone.get_current_timezone())
    for _number in range(MONTHS):
        after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        spans.append(Span(f"{first:%Y-%m}", date_format(first, "F Y"), first, after))
        first = after
    return spans
