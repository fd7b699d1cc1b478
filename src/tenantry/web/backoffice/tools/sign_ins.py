"""The log of sign-ins: who was let in, and who was refused and why."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.jobs import retention
from tenantry.kernel import dates
from tenantry.people import sign_in_log
from tenantry.people.permissions import Permission
from tenantry.people.sign_in_log import SignInRow
from tenantry.people.texts import sign_in_reason_text
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.lists import MOST_IN_FILE, PER_PAGE, wants_file
from tenantry.web.backoffice.tools.lines import (
    Asked,
    Line,
    asked_of,
    company_link,
    facts,
    log_file,
    log_page,
    parts,
)
from tenantry.web.ui.components import marks

_ACCEPTED = {"accepted": True, "refused": False}


@office(Permission.OFFICE_SEE)
def log(request: OfficeRequest) -> HttpResponse:
    """Show sign-ins, the newest first; staff for named companies see those that concern these companies."""
    asked = asked_of(request, _ACCEPTED)
    if wants_file(request):
        return log_file(_("Sign-ins"), asked, _head(), [_cells(row) for row in _found(asked, 0, MOST_IN_FILE)])
    context = log_page(
        request,
        asked,
        "sign_ins",
        [_line(row) for row in _found(asked, asked.offset, PER_PAGE + 1)],
        sentence=_("Every sign-in with a Microsoft account, let in or refused"),
        search_label=_("Search name, user name or tenant id"),
        shows={"": _("All"), "accepted": _("Let in"), "refused": _("Refused")},
        counts=sign_in_log.sign_in_counts(
            only=asked.only, company_id=asked.company_id, search=asked.search, since=asked.since
        ),
        kept_days=retention.kept().sign_in_days,
    )
    return render_page(request, "tools/log", context)


def _found(asked: Asked, offset: int, limit: int) -> tuple[SignInRow, ...]:
    return sign_in_log.sign_ins(
        only=asked.only,
        accepted=_ACCEPTED.get(asked.show),
        company_id=asked.company_id,
        search=asked.search,
        since=asked.since,
        offset=offset,
        limit=limit,
    )


def _line(row: SignInRow) -> Line:
    reason = sign_in_reason_text(row.reason) if row.reason else ""
    links = []
    if row.company_id is not None:
        links = [
            company_link(row.company_id),
            (_("Open the End User Portal"), reverse("office:end_user_portal", args=[row.company_id])),
        ]
    return Line(
        at=row.happened_at,
        sentence=row.name or row.username or _("Somebody without a name"),
        details=parts(row.username, _place(row), reason),
        mark=marks.badge(_("Let in"), "positive") if row.accepted else marks.badge(_("Refused"), "caution"),
        facts=facts(
            (_("When"), dates.stamp(row.happened_at)),
            (_("Why"), reason),
            (_("Name"), row.name),
            (_("User name"), row.username),
            (_("Company"), row.company_name),
            (_("Tenant"), row.tenant_name),
            (_("Address"), row.address),
            copied=[(_("Tenant id"), row.tid), (_("Object id"), row.oid)],
        ),
        links=tuple(links),
    )


def _place(row: SignInRow) -> str:
    return row.company_name or (_("staff") if row.staff_id else row.tenant_name)


def _head() -> list[str]:
    return [
        _("When"),
        _("Let in"),
        _("Why not"),
        _("Name"),
        _("User name"),
        _("Company"),
        _("Tenant"),
        _("Tenant id"),
        _("Object id"),
        _("Address"),
    ]


def _cells(row: SignInRow) -> list[str]:
    return [
        dates.stamp(row.happened_at),
        _("yes") if row.accepted else _("no"),
        sign_in_reason_text(row.reason) if row.reason else "",
        row.name,
        row.username,
        row.company_name,
        row.tenant_name,
        row.tid,
        row.oid,
        row.address,
    ]
