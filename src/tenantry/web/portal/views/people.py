"""Who has access to the company's portal, with which role."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.licensing.moment import Moment
from tenantry.people import queries
from tenantry.people.models import EndUserRole
from tenantry.people.permissions import Permission
from tenantry.people.queries import EndUserRow, EndUserState
from tenantry.people.texts import end_user_role_text
from tenantry.web.access import PortalRequest, portal
from tenantry.web.portal.context import company_page
from tenantry.web.ui import dates
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
    """Show who has access."""
    moment = Moment.current()
    found = [_row(row, moment) for row in queries.end_users(company_id, moment.real)]
    state = ngettext(
        "%(n)s person has access or an invitation", "%(n)s people have access or an invitation", len(found)
    )
    roles = [end_user_role_text(role) for role in EndUserRole]
    context = company_page(request, "people", moment, rows=found, roles=roles, state=state % {"n": len(found)})
    return render(request, "portal/people.html", context)


def _row(row: EndUserRow, moment: Moment) -> Row:
    return Row(
        tile=marks.initials_tile(row.name or row.email, "person"),
        name=row.name or row.email,
        address=row.email if row.name else "",
        role=end_user_role_text(row.role)[0],
        state=_state(row),
        seen=dates.ago(row.last_sign_in_at, moment.real) if row.last_sign_in_at else "",
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
