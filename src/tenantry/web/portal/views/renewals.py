"""Every end of a term in the next twelve months, with what has been decided about it."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel import dates
from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries, texts
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.people.access import CompanyAccess
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.frame import support_of
from tenantry.web.portal import words
from tenantry.web.portal.context import company_page
from tenantry.web.portal.planning import decide_url, may_words
from tenantry.web.portal.views.overview import row_anchor, strip
from tenantry.web.portal.views.renewing import can_be_confirmed
from tenantry.web.searching import search_in
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks
from tenantry.web.ui.components.chips import Chip, chips
from tenantry.web.ui.components.data import address_with
from tenantry.web.ui.drawings.year_strip import month_anchor

KINDS = ("undecided", "renews", "ends", "extends")


@dataclass(frozen=True, slots=True)
class Row:
    """One end of a term."""

    anchor: str
    url: str
    name: str
    tile: SafeString
    tags: SafeString
    date: str
    what: str
    short: str  # how many seats would be missing, where people have more
    decided: str
    undecided: bool
    lost: bool
    badge: SafeString | str
    decide_url: str
    ask_url: str
    order: str
    term: str  # what ticks it, where it can be confirmed that it renews as it is


@dataclass(frozen=True, slots=True)
class Month:
    """The ends of terms in one month."""

    anchor: str
    name: str
    rows: tuple[Row, ...]


@portal(Permission.SEE)
def renewals(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Show the year ahead by month, searched and filtered by what happens."""
    moment = Moment.current()
    now, company = moment.commerce, CompanyId(company_id)
    ahead = queries.year_ahead(company, now)
    undecided = queries.needs_decision(ahead.renewals, now)
    open_ids = {view.id for view in undecided}
    short = {one.view.id: texts.caution_text(one.caution, now) for one in ahead.shortages}
    to_decide = open_ids | short.keys()  # as the overview counts them
    may = request.access.may(Permission.DECIDE_END)
    search, show = search_in(request.GET), request.GET.get("show", "")
    show = show if show in KINDS else ""
    named = [view for view in ahead.renewals if _is_called(view, search)]
    found = [view for view in named if not show or _kind(view, to_decide) == show]
    tags = dict(zip((view.id for view in found), words.explained_tags(found), strict=True))
    words_of_state = ngettext(
        "%(n)s term ends in the next twelve months", "%(n)s terms end in the next twelve months", len(ahead.renewals)
    ) % {"n": len(ahead.renewals)}
    ticked = "tick" in request.GET
    context = company_page(
        request,
        "renewals",
        moment,
        state=words.state_line(words_of_state, queries.freshness(company), moment),
        strip=strip(company_id, ahead.renewals, undecided, now, to_rows=True),
        may_not="" if may else may_words(request.access, Permission.DECIDE_END),
        search=search,
        show=show,
        chips=_chips(request.GET, show, named, to_decide),
        any_ends=bool(ahead.renewals),
        ticked=ticked,
        tick_url=address_with(request.GET, tick=None if ticked else "all"),
    )
    support = support_of(context)
    months = [
        Month(
            anchor,
            name,
            tuple(
                _row(view, tags[view.id], request.access, support, now, view.id in open_ids, short.get(view.id, ""))
                for view in group
            ),
        )
        for (anchor, name), group in groupby(found, key=_month)
    ]
    context |= {"months": months, "terms": sum(bool(row.term) for month in months for row in month.rows)}
    return render(request, "portal/renewals.html", context)


def _is_called(view: SubscriptionView, search: str) -> bool:
    text = search.casefold()
    return text in view.name.casefold() or text in view.row.offer_name.casefold()


def _kind(view: SubscriptionView, to_decide: Set[UUID]) -> str:
    return words.ending_kind(view, view.id in to_decide)


def _chips(asked: QueryDict, show: str, found: Sequence[SubscriptionView], to_decide: Set[UUID]) -> list[Chip]:
    labels = {
        "": _("All"),
        "undecided": _("To decide"),
        "renews": _("Renews"),
        "ends": _("Ends"),
        "extends": _("Month by month"),
    }
    counts = dict.fromkeys(KINDS, 0) | Counter(_kind(view, to_decide) for view in found) | {"": len(found)}
    return chips(asked, "show", labels, show, counts, also_dropped=("tick",))


def _month(view: SubscriptionView) -> tuple[str, str]:
    """Give a month's anchor and name."""
    if view.facts.commitment_end is None:
        return "", ""
    end = dates.local(view.facts.commitment_end)
    return month_anchor(end), date_format(end, "F Y")


def _badge(view: SubscriptionView, undecided: bool) -> SafeString | str:
    if view.wish is not None and view.wish.lost_at is not None:
        return marks.badge(_("Not at Microsoft"), "critical")
    if not undecided:
        return ""
    return (
        marks.badge(_("Becomes paid"), "caution") if view.facts.is_trial else marks.badge(_("Not decided"), "caution")
    )


def _row(
    view: SubscriptionView,
    tags: SafeString,
    access: CompanyAccess,
    support: str,
    now: datetime,
    undecided: bool,
    short: str,
) -> Row:
    end, wish = view.facts.commitment_end, view.wish
    lost = wish is not None and wish.lost_at is not None
    what = words.ending_line(view.ending, view.facts.quantity)
    decided = "" if wish is None else _("Decided by %(who)s") % {"who": wish.decided_by}
    return Row(
        anchor=row_anchor(view),
        url=reverse("portal:subscription", args=[access.company_id, view.id]),
        name=view.name,
        tile=marks.initials_tile(view.row.offer_name),
        tags=tags,
        date=distances.both_forms(end, now) if end else "",
        what=what,
        short=short,
        decided=decided,
        undecided=undecided,
        lost=lost,
        badge=_badge(view, undecided),
        decide_url=decide_url(view, access, now),
        ask_url=words.trial_mail(view, access.name, support, now),
        order=_("Order #%(number)s is under way") % {"number": view.order.number} if view.order else "",
        term=str(view.id) if access.may(Permission.DECIDE_END) and can_be_confirmed(view) else "",
    )
