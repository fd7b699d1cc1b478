"""Who has access to the company's portal, with which role."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.licensing.moment import Moment
from tenantry.people import queries
from tenantry.people.actions import set_time_zone
from tenantry.people.models import EndUserRole
from tenantry.people.permissions import Permission
from tenantry.people.queries import EndUserRow, EndUserState
from tenantry.people.texts import end_user_role_text, refusal_text
from tenantry.web.access import PortalRequest, portal
from tenantry.web.portal.context import company_page
from tenantry.web.time_zones import CompanyZoneForm
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks


@dataclass(frozen=True, slots=True)
class Row:
    """One person, or one invitation."""

    tile: SafeString
    name: str
    address: str
    role: str
    state: SafeString | str
    seen: str


@portal(Permission.SEE_PEOPLE)
def people(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Show who has access, and the company's time zone."""
    return _page(request, CompanyZoneForm(request.access.time_zone))


@portal(Permission.SET_TIME_ZONE)
def set_zone(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Choose the company's time zone."""
    if request.method != "POST":
        return redirect("portal:people", company_id)
    form = CompanyZoneForm(data=request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    refusal = set_time_zone(
        acting_as=request.access.acting_as(),
        company_id=company_id,
        time_zone=form.cleaned_data["time_zone"],
        now=Moment.current().real,
    )
    if refusal is None:
        messages.success(request, _("The time zone of %(name)s is saved.") % {"name": request.access.name})
    else:
        messages.error(request, " ".join(refusal_text(refusal)))
    return redirect("portal:people", company_id)


def _page(request: PortalRequest, zone: CompanyZoneForm, status: int = 200) -> HttpResponse:
    moment, company_id = Moment.current(), request.access.company_id
    found = [_row(row, moment) for row in queries.end_users(company_id, moment.real)]
    state = ngettext(
        "%(n)s person has access or an invitation", "%(n)s people have access or an invitation", len(found)
    )
    roles = [end_user_role_text(role) for role in EndUserRole]
    state %= {"n": len(found)}
    context = company_page(request, "people", moment, rows=found, roles=roles, zone=zone, state=state)
    return render(request, "portal/people.html", context, status=status)


def _row(row: EndUserRow, moment: Moment) -> Row:
    return Row(
        tile=marks.initials_tile(row.name or row.email, "person"),
        name=row.name or row.email,
        address=row.email if row.name else "",
        role=end_user_role_text(row.role)[0],
        state=_state(row),
        seen=distances.ago(row.last_sign_in_at, moment.real) if row.last_sign_in_at else "",
    )


def _state(row: EndUserRow) -> SafeString | str:
    match row.state:
        case EndUserState.BOUND if row.holder is not None:
            return marks.badge(_("Address belongs to somebody else now"), "caution")
        case EndUserState.BOUND:
            return ""
        case EndUserState.EXPIRED:
            return marks.badge(_("Invitation expired"), "caution")
        case EndUserState.INVITED:
            return marks.badge(_("Invited"), "info")
        case _:
            return marks.badge(_("Invitation is being prepared"), "neutral")
