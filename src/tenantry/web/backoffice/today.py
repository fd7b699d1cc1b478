"""The first page of the back office: what waits for somebody, over all companies that the person sees."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.connection import queries as connections
from tenantry.connection.health import Lack, Standing
from tenantry.connection.queries import ConnectionHealth
from tenantry.connection.texts import broken_sentence, lack_text, standing_text
from tenantry.kernel import dates
from tenantry.licensing import queries
from tenantry.licensing.attention import failed_orders, not_read
from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.moment import Moment
from tenantry.licensing.upcoming import LOST, TRIALS, UNDECIDED, Part, UpcomingEnd, due, next_end
from tenantry.people import queries as people
from tenantry.people.access import Viewer
from tenantry.people.models import Company
from tenantry.people.permissions import Permission
from tenantry.people.sign_in_log import SignInRow, still_refused
from tenantry.people.texts import sign_in_reason_text
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.companies import beginning, counted_seats
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.order_words import state_badge
from tenantry.web.portal import wishing, words
from tenantry.web.portal.outcomes import subscription_name, wish_words
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks

SHOWN, COUNTED = 5, 100
LATELY = timedelta(days=7)
_ENDING = frozenset({Lack.CERTIFICATE_ENDS, Lack.CONSENT_OLD})
_HEAVY = ("plan", "before", "subscription__facts", "subscription__upstream")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits: what it is, where it belongs, since or until when, and the one thing to do about it."""

    name: str
    note: str
    url: str  # of the one thing to do
    action: str
    date: str = ""
    badge: SafeString | str = ""

    @property
    def about(self) -> str:
        """Name the action with what it is about, for who hears the buttons one after the other."""
        return f"{self.action}: {self.name}"


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one kind: the first of them, how many there are, and where all are."""

    title: str
    lines: list[Line]
    total: int
    all_url: str = ""

    @property
    def more(self) -> bool:
        """Say whether there are more than the page shows."""
        return self.total > len(self.lines)

    @property
    def count(self) -> str:
        """Return how many there are; more than a hundred are not counted."""
        return f"{COUNTED}+" if self.total > COUNTED else str(self.total)


@office(Permission.OFFICE_SEE)
def today(request: OfficeRequest) -> HttpResponse:
    """Show what waits for somebody; with no company yet, how to begin."""
    moment = Moment.current()
    viewer, only = request.viewer, request.viewer.office_companies()
    used = people.connections_of(only)
    healths = connections.healths(moment.real)
    broken = [key for key, found in healths.items() if found.health.standing is Standing.BROKEN]
    sections = [
        *_ends(viewer, moment),
        *_orders(viewer, moment),
        _connections(viewer, moment, healths, used),
        _not_read(only, moment, broken),
        _removed_tenants(viewer),
        _refused(viewer, moment),
    ]
    waiting = [one for one in sections if one.lines]
    context = office_page(
        request,
        "today",
        moment,
        sections=waiting,
        begin=None if used else beginning(moment),
        state=_state(waiting),
    )
    calm = used and not (waiting or context["alarms"] or "stop_switch" in context)
    context["calm"] = calm
    if calm and (coming := next_end(moment.commerce, only=only)) and coming.commitment_end:
        context |= {
            "next_name": f"{coming.friendly_name or coming.offer_name}, {coming.company.name}",
            "next_date": distances.both_forms(coming.commitment_end, moment.commerce),
        }
    return render_page(request, "today", context)


def _state(waiting: Iterable[Section]) -> str:
    total = sum(one.total for one in waiting)
    if total > COUNTED:
        return _("More than %(n)d things wait") % {"n": COUNTED}
    return ngettext("%(n)d thing waits", "%(n)d things wait", total) % {"n": total} if total else ""


def _ends(viewer: Viewer, moment: Moment) -> list[Section]:
    now = moment.commerce
    found = due(now, only=viewer.office_companies(), limit=SHOWN, most=COUNTED + 1)

    def section(title: str, part: Part, **filters: str) -> Section:
        lines = [_end(one, viewer, moment) for one in part.rows]
        return Section(title, lines, part.total, f"{reverse('office:renewals')}?{urlencode(filters)}")

    return [
        section(_("Decisions that are due"), found.decisions, show=UNDECIDED),
        section(_("Decisions that Microsoft does not have"), found.lost, show=LOST, month="year"),
        section(_("Trials that become paid"), found.trials, show=TRIALS),
    ]


def _end(one: UpcomingEnd, viewer: Viewer, moment: Moment) -> Line:
    row, acts = one.row, viewer.may(Permission.OFFICE_ACT)
    decides = acts and not one.under_way and not row.is_trial
    if decides:
        url = wishing.Door.END_OF_TERM.url(row.company_id, row.id)
    else:
        url = _subscription_url(acts, row.company_id, row.id)
    seats = [] if row.is_trial else [counted_seats(row.quantity)]  # what a trial becomes says its seats
    return Line(
        name=row.friendly_name or row.offer_name,
        note=" · ".join((row.company.name, *seats, words.ending_short(one.ending, row.quantity))),
        url=url,
        action=_("Decide") if decides else _("Open"),
        date=distances.both_forms(row.commitment_end, moment.commerce) if row.commitment_end else "",
        badge=marks.badge(_("Order under way"), "info") if one.under_way else "",
    )


def _subscription_url(acts: bool, company_id: UUID, subscription_id: UUID) -> str:
    """Lead to the subscription; who may not act in the portal sees it in the company's list."""
    if acts:
        return reverse("portal:subscription", args=[company_id, subscription_id])
    return reverse("office:company", args=[company_id])


def _orders(viewer: Viewer, moment: Moment) -> list[Section]:
    only = viewer.office_companies()
    waiting = queries.waiting_for_a_person(only)
    failed = failed_orders(only, moment.commerce - LATELY)
    settle = _("Settle") if viewer.may(Permission.OFFICE_ACT) else _("Open")
    orders_url = reverse("office:orders")
    return [
        Section(
            _("Orders that need a person"),
            [_order(one, moment, settle) for one in waiting.defer(*_HEAVY)[:SHOWN]],
            waiting[: COUNTED + 1].count(),
            f"{orders_url}?state=person",
        ),
        Section(
            _("Orders of the last 7 days that were not carried out"),
            [_order(one, moment, _("Open")) for one in failed.defer(*_HEAVY)[:SHOWN]],
            failed[: COUNTED + 1].count(),
            f"{orders_url}?state=failed&period=7",
        ),
    ]


def _order(order: ChangeOrder, moment: Moment, action: str) -> Line:
    return Line(
        name=f"#{order.number} {wish_words(order)}",
        note=f"{order.company.name} · {subscription_name(order)}",
        url=reverse("office:order", args=[order.id]),
        action=action,
        date=dates.moment(order.requested_at, moment.commerce),
        badge=state_badge(order),
    )


def _connections(
    viewer: Viewer, moment: Moment, healths: Mapping[UUID, ConnectionHealth], used: frozenset[UUID]
) -> Section:
    """List the connections that do not work or lack something; before the first company only what does not work.

    Staff for named companies see those of their companies that do not work.
    """
    every = viewer.office_companies() is None
    lines = [
        _connection(key, found, moment, every)
        for key, found in healths.items()
        if (every or key in used)
        and (
            found.health.standing is Standing.BROKEN
            or (every and used and found.health.standing is not Standing.WORKING)
        )
    ]
    return Section(_("Partner connections"), lines, len(lines))


def _connection(connection_id: UUID, found: ConnectionHealth, moment: Moment, every: bool) -> Line:
    health = found.health
    is_broken = health.standing is Standing.BROKEN
    notes = [lack_text(lack)[0] for lack in health.lacks[:1]]
    if is_broken:
        notes = [broken_sentence(health.orders_stop)]
    if not every:
        notes.append(_("Staff for all companies see what to do."))
    ends = health.works_until if not is_broken and {*health.lacks} & _ENDING else None
    return Line(
        name=found.name,
        note=" ".join(notes),
        url=reverse("office:connection", args=[connection_id]) if every else "",
        action=_("See what to do"),
        date=distances.both_forms(ends, moment.real) if ends else "",
        badge=marks.badge(standing_text(health.standing), "critical" if is_broken else "caution"),
    )


def _not_read(only: Iterable[UUID] | None, moment: Moment, broken: Collection[UUID]) -> Section:
    found = not_read(only, except_over=broken)
    lines = [_company_not_read(one, moment) for one in found[:SHOWN]]
    total = found[: COUNTED + 1].count()
    return Section(_("Companies that could not be read"), lines, total, f"{reverse('office:companies')}?show=trouble")


def _company_not_read(one: Company, moment: Moment) -> Line:
    read = one.refresh.succeeded_at
    return Line(
        name=one.name,
        note=_("Never read") if read is None else format_html(_("Last read: {}"), distances.ago(read, moment.real)),
        url=reverse("office:company", args=[one.id]),
        action=_("See why"),
    )


def _removed_tenants(viewer: Viewer) -> Section:
    """List the tenants that vanished, to those for all companies."""
    held = connections.removed_tenants() if viewer.office_companies() is None else ()
    url, decides = reverse("office:removed_tenants"), viewer.may(Permission.OFFICE_COMPANIES)
    lines = [
        Line(
            name=row.name,
            note=_("Partner Center does not list it any more"),
            url=url,
            action=_("Decide") if decides else _("Open"),
            date=dates.full_day(row.missing_since) if row.missing_since else "",
        )
        for row in held[:SHOWN]
    ]
    return Section(_("Removed tenants"), lines, len(held), url)


def _refused(viewer: Viewer, moment: Moment) -> Section:
    found = still_refused(only=viewer.office_companies(), since=moment.real - LATELY)
    lines = [_refusal(row, viewer, moment) for row in found[:SHOWN]]
    query = urlencode({"show": "refused", "period": "7"})
    title = _("People who were refused at sign-in in the last 7 days")
    return Section(title, lines, len(found), f"{reverse('office:sign_in_log')}?{query}")


def _refusal(row: SignInRow, viewer: Viewer, moment: Moment) -> Line:
    if row.company_id is not None:
        url = reverse("office:end_user_portal", args=[row.company_id])
    elif row.staff_id is not None and viewer.may(Permission.OFFICE_OWNER):
        url = reverse("office:staff")
    else:
        url = f"{reverse('office:sign_in_log')}?{urlencode({'show': 'refused', 'q': row.username[:100]})}"
    place = row.company_name or (_("staff") if row.staff_id else row.tenant_name)
    reason = sign_in_reason_text(row.reason) if row.reason else ""
    return Line(
        name=row.name or row.username or _("Somebody without a name"),
        note=" · ".join(part for part in (row.username, place, reason) if part),
        url=url,
        action=_("Open"),
        date=distances.ago(row.happened_at, moment.real),
    )
