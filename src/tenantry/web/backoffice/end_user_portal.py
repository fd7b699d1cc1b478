"""Company › End User Portal: the switch, who has access, and who was refused."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.connection import queries as connections
from tenantry.connection.models import DirectCsp
from tenantry.kernel import dates
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.moment import Moment
from tenantry.people import actions as people
from tenantry.people import queries
from tenantry.people.models import EndUserRole
from tenantry.people.outcomes import HolderQuestion, Invited, TenantQuestion
from tenantry.people.permissions import Permission
from tenantry.people.queries import EndUserRow, EndUserState, StaffRow
from tenantry.people.sign_in_log import SignInRow, sign_ins
from tenantry.people.texts import end_user_role_text, refusal_text, sign_in_reason_text
from tenantry.web.access import OfficeRequest, office
from tenantry.web.addresses import AddressField
from tenantry.web.backoffice.answers import render_page, tell
from tenantry.web.backoffice.context import company_page, known_company
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.time_zones import CompanyZoneForm
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks

_REFUSED_SHOWN = 10
_STATE_TONES = {
    EndUserState.BOUND: "positive",
    EndUserState.INVITED: "info",
    EndUserState.EXPIRED: "caution",
    EndUserState.LOOKING_UP: "caution",
    EndUserState.CONFIRM: "caution",
    EndUserState.NO_TENANT: "critical",
}


class InviteForm(OfficeForm):
    """Somebody's address and what they may do."""

    email = AddressField(label=gettext_lazy("E-mail address of the Microsoft account"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        if isinstance(role, forms.ChoiceField):
            role.choices = role_choices()


@dataclass(frozen=True, slots=True)
class UserRow:
    """Somebody's access as plain words."""

    url: str
    name: str
    address: str
    tile: SafeString
    role: str
    state: SafeString
    note: str
    last_sign_in: str
    attention: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A sign-in that was refused, with its reason; ``bind_url`` leads to who could be let in by it.

    ``several`` says that it may be more than one person: then a person chooses above.
    """

    who: str
    account: str
    at: datetime
    reason: str
    bind_url: str
    several: bool


def role_choices() -> list[tuple[str, str]]:
    """Return the roles of end users for a form: value and name."""
    return [(role.value, end_user_role_text(role)[0]) for role in EndUserRole]


def role_notes() -> dict[str, str]:
    """Return what each role may do."""
    return {role.value: end_user_role_text(role)[1] for role in EndUserRole}


def is_own_tenant(tenant_id: str) -> bool:
    """Say whether this is the partner's own tenant, whose people need no place in a portal."""
    return tenant_id == settings.PARTNER_TENANT_ID.lower()


def state_text(state: EndUserState) -> str:
    """Say how far an invitation has come."""
    return {
        EndUserState.BOUND: _("Has access"),
        EndUserState.INVITED: _("Invited"),
        EndUserState.EXPIRED: _("Invitation expired"),
        EndUserState.LOOKING_UP: _("Not usable yet"),
        EndUserState.CONFIRM: _("Other tenant: confirm"),
        EndUserState.NO_TENANT: _("Not usable"),
    }[state]


def signs_in_as(row: EndUserRow | StaffRow) -> str:
    """Say that an account has another user name than the address that it was invited by; else nothing."""
    if not row.username or row.username.casefold() == row.email.casefold():
        return ""
    return _("Signs in as %(username)s.") % {"username": row.username}


def attention(row: EndUserRow | StaffRow) -> str:
    """Say what somebody should look at; empty: nothing."""
    if row.holder is not None:
        return _("The address belongs to another account now: look who loses access")
    return _("Somebody tried to sign in: decide whether to bind") if row.bindable else ""


def state_note(row: EndUserRow, now: datetime) -> str:
    """Say what the state means and what can be done."""
    match row.state:
        case EndUserState.BOUND:
            return signs_in_as(row)
        case EndUserState.INVITED:
            return _("Can sign in until %(day)s.") % {"day": dates.day(row.expires_at, now)}
        case EndUserState.EXPIRED:
            return _("Expired on %(day)s. Renew it, then the person can sign in.") % {
                "day": dates.day(row.expires_at, now)
            }
        case EndUserState.LOOKING_UP:
            return _("Microsoft could not be asked whose the domain is. It is asked again by itself.")
        case EndUserState.CONFIRM:
            return _("The domain belongs to another tenant than the company's.")
        case EndUserState.NO_TENANT:
            return _("The domain has no Microsoft tenant. Remove it and invite another address.")


@office(Permission.OFFICE_SEE)
def end_user_portal(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Show whether the portal is on, who has access, and who was refused."""
    # An address that was doubted comes back to be corrected.
    again = {"email": request.GET.get("email", ""), "role": request.GET.get("role", "") or EndUserRole.VIEW.value}
    return _page(request, company_id, InviteForm(initial=again))


@office(Permission.OFFICE_COMPANIES)
def switch(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Switch the portal on, or ask before switching it off."""
    moment = Moment.current()
    company = known_company(company_id)
    if request.method != "POST":
        context = company_page(request, company, "portal", moment) | {"end_users": company.end_users}
        return render_page(request, "portal/switch", context)
    acting_as = request.viewer.acting_as()
    if request.POST.get("to") == "off":
        refusal = people.disable_portal(acting_as=acting_as, company_id=company_id, now=moment.real)
        done = _("The End User Portal of %(name)s is switched off. Its people are signed out with their next click.")
    else:
        refusal = people.enable_portal(acting_as=acting_as, company_id=company_id, now=moment.real)
        done = _("The End User Portal of %(name)s is switched on.")
    tell(request, refusal, done % {"name": company.name})
    return redirect("office:end_user_portal", company_id)


@office(Permission.OFFICE_COMPANIES)
def set_zone(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Choose the company's time zone."""
    if request.method != "POST":
        return redirect("office:end_user_portal", company_id)
    form = CompanyZoneForm(data=request.POST)
    if not form.is_valid():
        again = InviteForm(initial={"role": EndUserRole.VIEW.value})
        return _page(request, company_id, again, zone=form, status=422)
    refusal = people.set_time_zone(
        acting_as=request.viewer.acting_as(),
        company_id=company_id,
        time_zone=form.cleaned_data["time_zone"],
        now=Moment.current().real,
    )
    tell(request, refusal, _("The time zone of %(name)s is saved.") % {"name": known_company(company_id).name})
    return redirect("office:end_user_portal", company_id)


@office(Permission.OFFICE_COMPANIES)
def invite(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Invite somebody by address; an address of another tenant asks once more."""
    if request.method != "POST":
        return redirect("office:end_user_portal", company_id)
    return take_invitation(request, company_id)


def take_invitation(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    """Invite whom a form names to a company that the person looks after, or show the form with what is wrong."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, company_id, form, status=422)
    moment = Moment.current()
    outcome = people.invite_end_user(
        acting_as=request.viewer.acting_as(),
        company_id=company_id,
        email=form.cleaned_data["email"],
        role=EndUserRole(form.cleaned_data["role"]),
        now=moment.real,
        confirmed_tenant_id=request.POST.get("confirmed_tenant_id", ""),
        loses_access=as_uuid(request.POST.get("loses_access", "")),
    )
    match outcome:
        case HolderQuestion():
            anew = reverse("office:invite_anew", args=[company_id, outcome.place_id])
            return redirect(f"{anew}?{urlencode({'role': form.cleaned_data['role']})}")
        case TenantQuestion():
            return _ask_tenant(request, company_id, form, outcome, moment)
        case Refusal():
            form.add_error("email", " ".join(refusal_text(outcome)))
            return _page(request, company_id, form, status=422)
        case Invited(usable=False):
            unusable = _(
                "%(address)s is saved, but cannot be used yet: Microsoft could not be asked whose the domain is."
            )
            messages.warning(request, unusable % {"address": form.cleaned_data["email"]})
        case _:
            done = _("%(address)s is invited. No mail goes out by itself.")
            tell(request, None, done % {"address": form.cleaned_data["email"]})
    return redirect("office:end_user", company_id, outcome.end_user_id)


def _ask_tenant(
    request: OfficeRequest, company_id: UUID, form: InviteForm, question: TenantQuestion, moment: Moment
) -> HttpResponse:
    context = company_page(request, known_company(company_id), "portal", moment) | {
        "question": question,
        "own_tenant": is_own_tenant(question.tenant_id),
        "loses_access": request.POST.get("loses_access", ""),
        "email": form.cleaned_data["email"],
        "role": form.cleaned_data["role"],
        "role_name": end_user_role_text(EndUserRole(form.cleaned_data["role"]))[0],
    }
    return render_page(request, "portal/other_tenant", context)


def _page(
    request: OfficeRequest,
    company_id: UUID,
    form: InviteForm,
    *,
    zone: CompanyZoneForm | None = None,
    status: int = 200,
) -> HttpResponse:
    moment = Moment.current()
    company = known_company(company_id)
    users = queries.end_users(company_id, moment.real)
    refused = sign_ins(only=frozenset({company_id}), accepted=False, company_id=company_id, limit=_REFUSED_SHOWN)
    connection = connections.connection(company.connection_id, moment.real)
    context = company_page(request, company, "portal", moment) | {
        "users": [user_row(row, moment.real) for row in users],
        "people_words": ngettext("%(n)d person", "%(n)d people", len(users)) % {"n": len(users)},
        "refused": [_refused_row(row, users, company_id) for row in refused],
        "direct_csp": connection is not None and connection.direct_csp == DirectCsp.SET,
        "form": form,
        "first_user": company.portal_enabled and not users,
        "zone": zone or CompanyZoneForm(company.time_zone),
        "notes": role_notes(),
        "side": "end_user_portal",
    }
    return render_page(request, "portal/page", context, status=status)


def user_row(row: EndUserRow, now: datetime) -> UserRow:
    """Put somebody's access into words."""
    return UserRow(
        url=reverse("office:end_user", args=[row.company_id, row.id]),
        name=row.name or row.email,
        address=row.email if row.name else "",
        tile=marks.initials_tile(row.name or row.email, "person"),
        role=end_user_role_text(row.role)[0],
        state=marks.badge(state_text(row.state), _STATE_TONES[row.state]),
        note=state_note(row, now),
        last_sign_in=distances.ago(row.last_sign_in_at, now) if row.last_sign_in_at else _("never"),
        attention=attention(row),
    )


def _refused_row(row: SignInRow, users: tuple[EndUserRow, ...], company_id: UUID) -> RefusedRow:
    fits = [user for user in users if any(one.id == row.id for one in user.bindable)]
    return RefusedRow(
        who=row.name or row.username or row.oid,
        account=_("%(user)s, %(tenant)s")
        % {"user": row.username or row.oid, "tenant": row.tenant_name or row.tid or _("unknown tenant")},
        at=row.happened_at,
        reason=sign_in_reason_text(row.reason) if row.reason else "",
        bind_url=reverse("office:bind_end_user", args=[company_id, fits[0].id, row.id]) if len(fits) == 1 else "",
        several=len(fits) > 1,
    )
