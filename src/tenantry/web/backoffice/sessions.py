"""Where staff and end users are signed in, for owners, who can sign them out there."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tenantry.licensing.moment import Moment
from tenantry.people import actions, queries
from tenantry.people.permissions import Permission
from tenantry.people.queries import EndUserRow, StaffRow
from tenantry.web.access import OfficeRequest, office
from tenantry.web.sessions import listed_sessions
from tenantry.web.sign_in import session


@office(Permission.OFFICE_OWNER)
@require_POST
def end_staff_sessions(request: OfficeRequest, staff_id: UUID) -> HttpResponse:
    """Sign somebody at the partner out of one browser or of all."""
    moment = Moment.current()
    row = next((row for row in queries.staff(moment.real) if row.id == staff_id), None)
    _end(request, row, moment.real)
    return redirect(f"{reverse('office:change_staff', args=[staff_id])}#sessions")


@office(Permission.OFFICE_OWNER)
@require_POST
def end_user_sessions(request: OfficeRequest, company_id: UUID, end_user_id: UUID) -> HttpResponse:
    """Sign an end user out of one browser or of all."""
    moment = Moment.current()
    row = next((row for row in queries.end_users(company_id, moment.real) if row.id == end_user_id), None)
    _end(request, row, moment.real)
    return redirect(f"{reverse('office:end_user', args=[company_id, end_user_id])}#sessions")


def sessions_panel(request: OfficeRequest, person_id: UUID | None, end_url: str, now: datetime) -> dict[str, object]:
    """Return what the list of somebody's sessions shows; nothing for whoever may not see it."""
    if person_id is None or not request.viewer.may(Permission.OFFICE_OWNER):
        return {"sessions": None}
    return {
        "sessions": listed_sessions(person_id, now, current=session.digest(request.session)),
        "sessions_now": now,
        "own": person_id == request.viewer.person.id,
        "end_url": end_url,
    }


def _end(request: OfficeRequest, row: StaffRow | EndUserRow | None, now: datetime) -> None:
    if row is None or row.person_id is None:
        raise Http404
    ended = actions.end_sessions(
        acting_as=request.viewer.acting_as(),
        person_id=row.person_id,
        only=request.POST.get("session", ""),
        keep=session.digest(request.session),
        now=now,
    )
    told = ngettext("%(person)s is signed out of %(n)d browser.", "%(person)s is signed out of %(n)d browsers.", ended)
    messages.success(request, told % {"person": row.name or row.email, "n": ended})
