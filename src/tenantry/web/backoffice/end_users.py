"""Somebody's access to one company: role, invitation, binding, removal."""

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tenantry.branding import queries as branding
from tenantry.licensing.moment import Moment
from tenantry.people import actions as people
from tenantry.people import queries
from tenantry.people.models import EndUserRole
from tenantry.people.permissions import Permission
from tenantry.people.queries import EndUserRow, EndUserState
from tenantry.people.sign_in_log import SignInRow
from tenantry.people.texts import end_user_role_text, sign_in_reason_text
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page, tell
from tenantry.web.backoffice.context import company_page, known_company
from tenantry.web.backoffice.end_user_portal import (
    is_own_tenant,
    role_choices,
    role_notes,
    signs_in_as,
    state_note,
    user_row,
)
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.backoffice.invitation import invitation
from tenantry.web.backoffice.sessions import sessions_panel
from tenantry.web.ui.frame import Crumb


class RoleForm(OfficeForm):
    """What somebody may do."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        if isinstance(role, forms.ChoiceField):
            role.choices = role_choices()


@office(Permission.OFFICE_SEE)
def end_user(request: OfficeRequest, company_id: UUID, end_user_id: UUID) -> HttpResponse:
    """Show somebody's access with everything that can be done about it."""
    moment = Moment.current()
    row = _known(company_id, end_user_id, moment)
    return _page(request, row, RoleForm(initial={"role": row.role.value}), moment)


@office(Permission.OFFICE_COMPANIES)
@require_POST
def change_role(request: OfficeRequest, company_id: UUID, end_user_id: UUID) -> HttpResponse:
    """Change what somebody may do."""
    moment = Moment.current()
    row = _known(company_id, end_user_id, moment)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, moment, status=422)
    role = EndUserRole(form.cleaned_data["role"])
    refusal = people.change_role(
        acting_as=request.viewer.acting_as(),
        company_id=company_id,
        end_user_id=end_user_id,
        role=role,
        now=moment.real,
    )
    words = {"person": row.name or row.email, "role": end_user_role_text(role)[0]}
    tell(request, refusal, _("%(person)s has the role %(role)s now.") % words)
    return redirect("office:end_user", company_id, end_user_id)


@office(Permission.OFFICE_COMPANIES)
def remove_end_user(request: OfficeRequest, company_id: UUID, end_user_id: UUID) -> HttpResponse:
    """Ask whether somebody's access shall end, and end it."""
    moment = Moment.current()
    row = _known(company_id, end_user_id, moment)
    if request.method != "POST":
        return render_page(request, "portal/remove_user", _context(request, row, moment))
    refusal = people.remove_end_user(
        acting_as=request.viewer.acting_as(), company_id=company_id, end_user_id=end_user_id, now=moment.real
    )
    tell(request, refusal, _("%(person)s has no access any more.") % {"person": row.name or row.email})
    return redirect("office:end_user_portal", company_id)


@office(Permission.OFFICE_COMPANIES)
def invite_anew(request: OfficeRequest, company_id: UUID, end_user_id: UUID) -> HttpResponse:
    """Say who loses access if the address is invited anew, and ask; the answer goes to where people are invited."""
    moment = Moment.current()
    row = _known(company_id, end_user_id, moment)
    if row.person_id is None:
        return redirect("office:end_user", company_id, end_user_id)
    elsewhere = queries.access_of(row.person_id, only=request.viewer.office_companies())
    context = _context(request, row, moment) | {
        "form": RoleForm(initial={"role": request.GET.get("role", "") or row.role.value}),
        "notes": role_notes(),
        "signs_in_as": signs_in_as(row),
        "elsewhere": [
            (reverse("office:end_user_portal", args=[other_id]), name)
            for other_id, name in elsewhere
            if other_id != company_id
        ],
    }
    return render_page(request, "portal/invite_anew", context)


@office(Permission.OFFICE_COMPANIES)
@require_POST
def renew_invitation(request: OfficeRequest, company_id: UUID, end_user_id: UUID) -> HttpResponse:
    """Give an invitation its full time again."""
    moment = Moment.current()
    row = _known(company_id, end_user_id, moment)
    refusal = people.renew_invitation(
        acting_as=request.viewer.acting_as(), company_id=company_id, end_user_id=end_user_id, now=moment.real
    )
    tell(request, refusal, _("The invitation of %(address)s can be used for 14 days.") % {"address": row.email})
    return redirect("office:end_user", company_id, end_user_id)


@office(Permission.OFFICE_COMPANIES)
@require_POST
def confirm_tenant(request: OfficeRequest, company_id: UUID, end_user_id: UUID) -> HttpResponse:
    """Let an invitation count for another tenant than the company's."""
    moment = Moment.current()
    row = _known(company_id, end_user_id, moment)
    refusal = people.confirm_tenant(
        acting_as=request.viewer.acting_as(),
        company_id=company_id,
        end_user_id=end_user_id,
        tenant_id=request.POST.get("tenant_id", ""),
        now=moment.real,
    )
    tell(request, refusal, _("%(address)s can sign in from that tenant.") % {"address": row.email})
    return redirect("office:end_user", company_id, end_user_id)


@office(Permission.OFFICE_COMPANIES)
def bind_end_user(request: OfficeRequest, company_id: UUID, end_user_id: UUID, sign_in_id: int) -> HttpResponse:
    """Show who tried to sign in, and bind the access to that account."""
    moment = Moment.current()
    row = _known(company_id, end_user_id, moment)
    tried = next((one for one in row.bindable if one.id == sign_in_id), None)
    if tried is None:
        raise Http404
    if request.method != "POST":
        context = _context(request, row, moment) | {"tried": tried, "reason": _reason(tried)}
        return render_page(request, "portal/bind_user", context)
    refusal = people.bind_end_user(
        acting_as=request.viewer.acting_as(),
        company_id=company_id,
        end_user_id=end_user_id,
        sign_in_id=sign_in_id,
        now=moment.real,
        loses_access=as_uuid(request.POST.get("loses_access", "")),
    )
    tell(request, refusal, _("%(person)s can sign in now.") % {"person": tried.name or tried.username})
    return redirect("office:end_user", company_id, end_user_id)


def _known(company_id: UUID, end_user_id: UUID, moment: Moment) -> EndUserRow:
    found = next((row for row in queries.end_users(company_id, moment.real) if row.id == end_user_id), None)
    if found is None:
        raise Http404
    return found


def _context(request: OfficeRequest, row: EndUserRow, moment: Moment) -> dict[str, object]:
    company = known_company(row.company_id)
    context = company_page(request, company, "portal", moment)
    portal = reverse("office:end_user_portal", args=[company.id])
    context |= {
        "row": row,
        "shown": user_row(row, moment.real),
        "head_title": row.name or row.email,
        "head_state": _("%(role)s at %(company)s") % {"role": end_user_role_text(row.role)[0], "company": company.name},
        "crumbs": [
            Crumb(_("Companies"), reverse("office:companies")),
            Crumb(company.name, reverse("office:company", args=[company.id])),
            Crumb(_("End User Portal"), portal),
            Crumb(row.name or row.email),
        ],
    }
    del context["tabs"]
    return context


def _page(
    request: OfficeRequest, row: EndUserRow, form: RoleForm, moment: Moment, *, status: int = 200
) -> HttpResponse:
    context = _context(request, row, moment) | {
        "form": form,
        "notes": role_notes(),
        "state_note": "" if row.person_id else state_note(row, moment.real),
        "invited": row.state is EndUserState.INVITED,
        "asks_tenant": row.state is EndUserState.CONFIRM,
        "own_tenant": is_own_tenant(row.tenant_id),
        "expired": row.state is EndUserState.EXPIRED,
        "invitation": invitation(row, branding.current(), request.viewer.person.name),
        "tries": [(one, _reason(one)) for one in row.bindable],
    }
    context |= sessions_panel(
        request, row.person_id, reverse("office:end_user_sessions", args=[row.company_id, row.id]), moment.real
    )
    return render_page(request, "portal/user", context, status=status)


def _reason(row: SignInRow) -> str:
    return sign_in_reason_text(row.reason) if row.reason else ""
