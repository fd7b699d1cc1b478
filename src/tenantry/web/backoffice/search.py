"""One search over everything that the person sees: companies, people, subscriptions, orders, calls to Microsoft."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.numbers import whole_number
from tenantry.licensing import finding as licensing
from tenantry.licensing.finding import FoundSubscription
from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.moment import Moment
from tenantry.people import finding, queries
from tenantry.people.access import Viewer
from tenantry.people.models import EndUser, EndUserRole, Staff, StaffRole
from tenantry.people.permissions import Permission
from tenantry.people.queries import CompanyRow
from tenantry.people.texts import end_user_role_text, staff_role_text
from tenantry.traffic import queries as traffic
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.backoffice.lists import search_of
from tenantry.web.portal.outcomes import subscription_name, wish_words

SHOWN = 20
COUNTED = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found, with what tells it from others of its name."""

    name: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind; ``exact`` are those that have the number or id that was asked for."""

    label: str
    hits: Sequence[Hit]
    total: int
    all_url: str = ""
    exact: bool = False

    @property
    def count(self) -> str:
        """Return how many there are; more than a hundred are not counted."""
        return f"{COUNTED}+" if self.total > COUNTED else str(self.total)

    @property
    def more(self) -> bool:
        """Say whether there are more than the page shows."""
        return self.total > len(self.hits)


@office(Permission.OFFICE_SEE)
def search(request: OfficeRequest) -> HttpResponse:
    """Show what was found; the one thing that has the number or id leads straight to its page."""
    text = search_of(request)
    groups = _found(request.viewer, text) if text else []
    if (only := _only_hit(groups)) is not None:
        return redirect(only.url)
    context = office_page(
        request,
        "",
        Moment.current(),
        search_words=text,
        groups=groups,
        state=_state(groups),
    )
    return render_page(request, "search", context)


def _state(groups: Sequence[Group]) -> str:
    if any(group.total > COUNTED for group in groups):
        return _("More than %(n)d found") % {"n": COUNTED}
    total = sum(group.total for group in groups)
    return ngettext("%(n)d found", "%(n)d found", total) % {"n": total} if groups else ""


def _only_hit(groups: Sequence[Group]) -> Hit | None:
    """Return the one hit of a number or id; where a name was found too, such as "365", the person chooses."""
    hits = [hit for group in groups for hit in group.hits]
    return hits[0] if len(hits) == 1 and all(group.exact for group in groups) else None


def _found(viewer: Viewer, text: str) -> list[Group]:
    """Look everywhere where a text can stand; an id is looked for as an id only."""
    wanted = as_uuid(text)
    groups = _with_id(viewer, wanted) if wanted is not None else _with_words(viewer, text)
    return [group for group in groups if group.hits]


def _with_id(viewer: Viewer, wanted: UUID) -> Iterable[Group]:
    only = viewer.office_companies()
    tenants = None if only is None else queries.tenants_of(only)
    calls = traffic.calls_with_request(wanted, customers=tenants)
    of_call = {order_id for order_id in calls if order_id is not None}
    companies = queries.companies(only=only, search=str(wanted), limit=SHOWN)
    subscriptions = licensing.subscriptions_with_id(wanted, only=only)
    orders = licensing.orders_with_id(wanted, of_call=of_call, only=only)
    yield _companies(companies.rows, companies.total, exact=True)
    yield _subscriptions(viewer, subscriptions, exact=True)
    yield _orders(orders)
    if not orders and calls:
        note = ngettext("%(n)d call in the log", "%(n)d calls in the log", len(calls)) % {"n": len(calls)}
        hit = Hit(str(wanted), note, f"{reverse('office:call_log')}?{urlencode({'q': str(wanted)})}")
        yield Group(_("Calls to Microsoft"), [hit], 1, exact=True)


def _with_words(viewer: Viewer, text: str) -> Iterable[Group]:
    only = viewer.office_companies()
    number = whole_number(text.removeprefix("#"))
    if number is not None:
        yield _orders(licensing.orders_with_number(number, only=only))
    if number is not None and text.startswith("#"):
        return
    companies = queries.companies(only=only, search=text, limit=SHOWN)
    yield _companies(companies.rows, companies.total, text)
    yield _end_users(viewer, finding.end_users_called(text, only=only, limit=COUNTED + 1), text)
    if viewer.may(Permission.OFFICE_OWNER):
        yield _staff(finding.staff_called(text, limit=COUNTED + 1))
    yield _subscriptions(viewer, licensing.subscriptions_with_words(text, only=only, limit=COUNTED + 1))


def _companies(rows: Sequence[CompanyRow], total: int, text: str = "", *, exact: bool = False) -> Group:
    hits = [Hit(row.name, row.domain, reverse("office:company", args=[row.id])) for row in rows]
    all_url = f"{reverse('office:companies')}?{urlencode({'q': text})}" if total > len(hits) else ""
    return Group(_("Companies"), hits, total, all_url, exact)


def _end_users(viewer: Viewer, rows: Sequence[EndUser], text: str) -> Group:
    hits = [
        Hit(
            (row.person.name if row.person else "") or row.email,
            " · ".join((row.company.name, end_user_role_text(EndUserRole(row.role))[0], row.email)),
            reverse("office:end_user", args=[row.company_id, row.id]),
        )
        for row in rows[:SHOWN]
    ]
    listed = len(rows) > SHOWN and viewer.may(Permission.OFFICE_COMPANIES)
    all_url = f"{reverse('office:people')}?{urlencode({'q': text})}" if listed else ""
    return Group(_("End users"), hits, len(rows), all_url)


def _staff(rows: Sequence[Staff]) -> Group:
    hits = [
        Hit(
            (row.person.name if row.person else "") or row.email,
            f"{staff_role_text(StaffRole(row.role))[0]} · {row.email}",
            reverse("office:change_staff", args=[row.id]),
        )
        for row in rows[:SHOWN]
    ]
    return Group(_("Staff"), hits, len(rows))


def _subscriptions(viewer: Viewer, rows: Sequence[FoundSubscription], *, exact: bool = False) -> Group:
    by_company = sorted(rows, key=lambda row: (row.company.casefold(), row.product, row.id))
    hits = [Hit(row.name, _about(row), _subscription_url(viewer, row)) for row in by_company[:SHOWN]]
    return Group(_("Subscriptions"), hits, len(rows), exact=exact)


def _about(row: FoundSubscription) -> str:
    product = row.product if row.name != row.product else ""
    return " · ".join(part for part in (row.company, product, _("ended") if row.over else "") if part)


def _subscription_url(viewer: Viewer, row: FoundSubscription) -> str:
    """Lead to the subscription; who may not act in the portal sees it in the company's list."""
    if viewer.may(Permission.OFFICE_ACT):
        return reverse("portal:subscription", args=[row.company_id, row.id])
    query = urlencode({"q": row.name[:100], "show": "over" if row.over else "current"})
    return f"{reverse('office:company', args=[row.company_id])}?{query}"


def _orders(rows: Sequence[ChangeOrder]) -> Group:
    hits = [
        Hit(
            f"#{row.number} {wish_words(row)}",
            f"{row.company.name} · {subscription_name(row)}",
            reverse("office:order", args=[row.id]),
        )
        for row in rows[:SHOWN]
    ]
    return Group(_("Change orders"), hits, len(rows), exact=True)
