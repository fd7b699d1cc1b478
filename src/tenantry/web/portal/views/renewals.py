"""Every end of a term in the next twelve months, with what has been decided about it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries, texts
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.people.access import CompanyAccess
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.portal import words
from tenantry.web.portal.context import company_page
from tenantry.web.portal.planning import decide_url, may_words
from tenantry.web.portal.views.overview import strip
from tenantry.web.ui.components import marks


@dataclass(frozen=True, slots=True)
class Row:
    """One end of a term."""

    url: str
    name: str
    tile: SafeString
    tags: SafeString
    date: str
    what: str
    decided: str
    undecided: bool
    lost: bool
    badge: SafeString | str
    decide_url: str
    order: str


@dataclass(frozen=True, slots=True)
class Month:
    """The ends of terms in one month."""

    name: str
    rows: tuple[Row, ...]


@portal(Permission.SEE)
def renewals(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Show the year ahead, by month."""
    moment = Moment.current()
    now, company = moment.commerce, CompanyId(company_id)
    ahead = queries.year_ahead(company, now)
    found = ahead.renewals
    undecided = queries.needs_decision(found, now)
    open_ids = {view.id for view in undecided}
    short = {one.view.id: texts.caution_text(one.caution, now) for one in ahead.shortages}
    may = request.access.may(Permission.DECIDE_END)
    months = [
        Month(
            name, tuple(_row(view, request.access, now, view.id in open_ids, short.get(view.id, "")) for view in group)
        )
        for name, group in groupby(found, key=_month)
    ]
    words_of_state = ngettext(
        "%(n)s term ends in the next twelve months", "%(n)s terms end in the next twelve months", len(found)
    ) % {"n": len(found)}
    context = company_page(
        request,
        "renewals",
        moment,
        state=words.state_line(words_of_state, queries.freshness(company), moment),
        strip=strip(company_id, found, undecided, now),
        months=months,
        may_not="" if may else may_words(request.access, Permission.DECIDE_END),
    )
    return render(request, "portal/renewals.html", context)


def _month(view: SubscriptionView) -> str:
    if view.facts.commitment_end is None:
        return ""
    return date_format(words.term_moment(view.facts.commitment_end), "F Y")


def _badge(view: SubscriptionView, undecided: bool) -> SafeString | str:
    if view.wish is not None and view.wish.lost_at is not None:
        return marks.badge(_("Not at Microsoft"), "critical")
    if not undecided:
        return ""
    return (
        marks.badge(_("Becomes paid"), "caution") if view.facts.is_trial else marks.badge(_("Not decided"), "caution")
    )


def _row(view: SubscriptionView, access: CompanyAccess, now: datetime, undecided: bool, short: str) -> Row:
    end, wish = view.facts.commitment_end, view.wish
    lost = wish is not None and wish.lost_at is not None
    what = words.open_ending(view, now) if undecided and not lost else words.ending_sentence(view, now)
    decided = "" if wish is None else _("Decided by %(who)s") % {"who": wish.decided_by}
    return Row(
        url=reverse("portal:subscription", args=[access.company_id, view.id]),
        name=view.name,
        tile=marks.initials_tile(view.row.offer_name),
        tags=words.tags(view),
        date=words.term_day_both(end, now) if end else "",
        what=f"{what} {short}" if short else what,
        decided=decided,
        undecided=undecided,
        lost=lost,
        badge=_badge(view, undecided),
        decide_url=decide_url(view, access, now),
        order=_("Order #%(number)s is under way") % {"number": view.order.number} if view.order else "",
    )
