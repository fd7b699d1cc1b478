"""Partner & End User Management: staff."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from tenantry.kernel.refusals import Refusal
from tenantry.licensing.moment import Moment
from tenantry.people import actions, queries
from tenantry.people.access import Viewer
from tenantry.people.models import StaffRole
from tenantry.people.outcomes import HolderQuestion
from tenantry.people.permissions import Permission
from tenantry.people.queries import StaffRow
from tenantry.people.texts import refusal_text, sign_in_reason_text, staff_role_text
from tenantry.web.access import OfficeRequest, office
from tenantry.web.addresses import AddressField
from tenantry.web.backoffice import second_factor
from tenantry.web.backoffice.answers import render_page, tell
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.end_user_portal import (
    attention,
    signs_in_as,
)
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.backoffice.sessions import sessions_panel
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks
from tenantry.web.ui.frame import Crumb, Tab

MOST_COMPANIES = 10_000


@dataclass(frozen=True, slots=True)
class ListedStaff:
    """Somebody at the partner as plain words."""

    url: str
    name: str
    address: str
    tile: SafeString
    role: str
    companies: str
    state: SafeString
    note: str
    last_sign_in: str
    attention: str


class StaffForm(OfficeForm):
    """What somebody at the partner may do, and for which companies."""

    email = AddressField(label=gettext_lazy("E-mail address of the Microsoft account"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect)
    scope = forms.ChoiceField(
        label=gettext_lazy("Companies"),
        help_text=gettext_lazy("Settings, partner connections and staff are for those who look after all companies."),
        widget=forms.RadioSelect,
    )
    companies = forms.MultipleChoiceField(required=False)
    guest_allowed = forms.BooleanField(
        label=gettext_lazy("Let this person sign in as a guest of the partner's tenant"),
        help_text=gettext_lazy("Only for somebody whose account is at another organisation."),
        required=False,
    )

    def __init__(self, *args: object, known: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["email"]
        page = queries.companies(only=None, limit=MOST_COMPANIES)
        self.offered = [(str(row.id), row.name) for row in page.rows]
        self._choices("role", [(role.value, staff_role_text(role)[0]) for role in StaffRole])
        self._choices("scope", [("all", _("All companies")), ("named", _("Named companies"))])
        self._choices("companies", self.offered)

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def company_boxes(self) -> list[tuple[str, str, bool]]:
        """Return the companies to tick: id, name, whether it is ticked."""
        bound = self["companies"].value() or []
        return [(value, name, value in bound) for value, name in self.offered]


@office(Permission.OFFICE_OWNER)
def staff(request: OfficeRequest) -> HttpResponse:
    """Show who is at the partner."""
    moment = Moment.current()
    rows = queries.staff(moment.real)
    context = office_page(
        request,
        "people",
        moment,
        staff=[_listed_staff(row, moment) for row in rows],
        tabs=people_tabs(request.viewer, "staff"),
        factor=second_factor.panel(request),
        state=ngettext("%(n)d person at the partner", "%(n)d people at the partner", len(rows)) % {"n": len(rows)},
    )
    return render_page(request, "people/staff", context)


@office(Permission.OFFICE_OWNER)
def add_staff(request: OfficeRequest) -> HttpResponse:
    """Add somebody at the partner."""
    moment = Moment.current()
    form = StaffForm(
        request.POST if request.method == "POST" else None,
        initial=_initial_anew(request.GET.get("email", ""), moment),
    )
    holder: StaffRow | None = None
    if form.is_valid():
        outcome = actions.add_staff(
            acting_as=request.viewer.acting_as(),
            email=form.cleaned_data["email"],
            now=moment.real,
            role=StaffRole(form.cleaned_data["role"]),
            all_companies=form.cleaned_data["scope"] == "all",
            company_ids=_companies_of(form),
            guest_allowed=form.cleaned_data["guest_allowed"],
            loses_access=as_uuid(request.POST.get("loses_access", "")),
        )
        if isinstance(outcome, UUID):
            tell(
                request,
                None,
                (
                    _("%(address)s can sign in for the next 14 days, also as a guest, and then belongs to the staff.")
                    if form.cleaned_data["guest_allowed"]
                    else _(
                        "%(address)s can sign in for the next 14 days with an account of your own tenant, and then "
                        "belongs to the staff."
                    )
                )
                % {"address": form.cleaned_data["email"]},
            )
            return redirect("office:staff")
        if isinstance(outcome, HolderQuestion):
            holder = _known(outcome.place_id, moment)
        else:
            form.add_error("companies" if outcome.reason == "name_companies" else "email", _sentence(outcome))
    context = _staff_context(request, _("Add staff"), moment) | {
        "form": form,
        "notes": _role_notes(),
        "held_by": holder,
    }
    return render_page(request, "people/edit_staff", context, status=422 if form.is_bound else 200)


@office(Permission.OFFICE_OWNER)
def change_staff(request: OfficeRequest, staff_id: UUID) -> HttpResponse:
    """Show somebody at the partner, and change what they may do."""
    moment = Moment.current()
    row = _known(staff_id, moment)
    form = StaffForm(
        request.POST if request.method == "POST" else None,
        known=True,
        initial=_initial(row),
    )
    if form.is_valid():
        outcome = actions.change_staff(
            acting_as=request.viewer.acting_as(),
            staff_id=staff_id,
            now=moment.real,
            role=StaffRole(form.cleaned_data["role"]),
            all_companies=form.cleaned_data["scope"] == "all",
            company_ids=_companies_of(form),
            guest_allowed=form.cleaned_data["guest_allowed"],
        )
        if outcome is None:
            tell(request, None, _("%(person)s: the changes count from the next click on.") % {"person": _name(row)})
            return redirect("office:staff")
        form.add_error("companies" if outcome.reason == "name_companies" else "role", _sentence(outcome))
    context = _staff_context(request, _name(row), moment) | {
        "form": form,
        "notes": _role_notes(),
        "row": row,
        "shown": _listed_staff(row, moment),
        "tries": [(one, sign_in_reason_text(one.reason) if one.reason else "") for one in row.bindable],
        "anew_url": f"{reverse('office:add_staff')}?{urlencode({'email': row.email})}",
    }
    end_url = reverse("office:end_staff_sessions", args=[staff_id])
    context |= sessions_panel(request, row.person_id, end_url, moment.real)
    return render_page(request, "people/edit_staff", context, status=422 if form.is_bound else 200)


@office(Permission.OFFICE_OWNER)
def remove_staff(request: OfficeRequest, staff_id: UUID) -> HttpResponse:
    """Ask whether somebody's place at the partner shall end, and end it."""
    moment = Moment.current()
    row = _known(staff_id, moment)
    if request.method != "POST":
        context = _staff_context(request, _name(row), moment) | {"row": row}
        return render_page(request, "people/remove_staff", context)
    refusal = actions.remove_staff(acting_as=request.viewer.acting_as(), staff_id=staff_id, now=moment.real)
    tell(request, refusal, _("%(person)s has no access any more.") % {"person": _name(row)})
    return redirect("office:staff")


@office(Permission.OFFICE_OWNER)
@require_POST
def renew_staff(request: OfficeRequest, staff_id: UUID) -> HttpResponse:
    """Give somebody who never signed in the full time again."""
    moment = Moment.current()
    row = _known(staff_id, moment)
    refusal = actions.renew_staff_invitation(acting_as=request.viewer.acting_as(), staff_id=staff_id, now=moment.real)
    tell(request, refusal, _("%(address)s can sign in for the next 14 days.") % {"address": row.email})
    return redirect("office:change_staff", staff_id)


@office(Permission.OFFICE_OWNER)
def bind_staff(request: OfficeRequest, staff_id: UUID, sign_in_id: int) -> HttpResponse:
    """Show who tried to sign in, and bind the place at the partner to that account."""
    moment = Moment.current()
    row = _known(staff_id, moment)
    tried = next((one for one in row.bindable if one.id == sign_in_id), None)
    if tried is None:
        raise Http404
    if request.method != "POST":
        context = _staff_context(request, _name(row), moment) | {
            "row": row,
            "tried": tried,
            "reason": sign_in_reason_text(tried.reason) if tried.reason else "",
        }
        return render_page(request, "people/bind_staff", context)
    refusal = actions.bind_staff(
        acting_as=request.viewer.acting_as(),
        staff_id=staff_id,
        sign_in_id=sign_in_id,
        now=moment.real,
        loses_access=as_uuid(request.POST.get("loses_access", "")),
    )
    tell(request, refusal, _("%(person)s can sign in now.") % {"person": tried.name or tried.username})
    return redirect("office:change_staff", staff_id)


def people_tabs(viewer: Viewer, current: str) -> list[Tab]:
    if not viewer.may(Permission.OFFICE_OWNER):
        return []  # one side only
    return [
        Tab(_("End users"), reverse("office:people"), current == "people"),
        Tab(_("Staff"), reverse("office:staff"), current == "staff"),
    ]


def _staff_context(request: OfficeRequest, title: str, moment: Moment) -> dict[str, object]:
    crumbs = [
        Crumb(_("Partner & End User Management"), reverse("office:people")),
        Crumb(_("Staff"), reverse("office:staff")),
        Crumb(title),
    ]
    return office_page(request, "people", moment, title=title, crumbs=crumbs)


def _known(staff_id: UUID, moment: Moment) -> StaffRow:
    found = next((row for row in queries.staff(moment.real) if row.id == staff_id), None)
    if found is None:
        raise Http404
    return found


def _initial(row: StaffRow) -> dict[str, object]:
    return {
        "role": row.role.value,
        "scope": "all" if row.all_companies else "named",
        "companies": [str(company_id) for company_id, _name in row.companies],
        "guest_allowed": row.guest_allowed,
    }


def _initial_anew(email: str, moment: Moment) -> dict[str, object]:
    """Return with what adding somebody begins; an address that is to be added anew keeps its role and companies."""
    kept: dict[str, object] = {"role": StaffRole.SUPPORT.value, "scope": "all"}
    if not email:
        return kept
    held = next((row for row in queries.staff(moment.real) if row.email == email), None)
    return (kept if held is None else _initial(held)) | {"email": email}


def _companies_of(form: StaffForm) -> list[UUID]:
    return [UUID(value) for value in form.cleaned_data["companies"]]


def _name(row: StaffRow) -> str:
    return row.name or row.email


def _sentence(refusal: Refusal) -> str:
    return " ".join(refusal_text(refusal))


def _role_notes() -> dict[str, str]:
    return {role.value: staff_role_text(role)[1] for role in StaffRole}


def _listed_staff(row: StaffRow, moment: Moment) -> ListedStaff:
    if row.bound:
        state, note = marks.badge(_("Has access"), "positive"), signs_in_as(row)
    elif row.expired:
        state, note = marks.badge(_("Never signed in"), "caution"), _("The time to sign in is over. Renew it.")
    else:
        state, note = marks.badge(_("Added"), "info"), _("Has not signed in yet.")
    names = [name for _company_id, name in row.companies]
    return ListedStaff(
        url=reverse("office:change_staff", args=[row.id]),
        name=_name(row),
        address=row.email if row.name else "",
        tile=marks.initials_tile(_name(row), "person"),
        role=staff_role_text(row.role)[0],
        companies=_("All companies") if row.all_companies else _few(names),
        state=state,
        note=note,
        last_sign_in=distances.ago(row.last_sign_in_at, moment.real) if row.last_sign_in_at else _("never"),
        attention=attention(row),
    )


def _few(names: list[str]) -> str:
    if len(names) <= 3:
        return ", ".join(names)
    return ngettext("%(names)s and %(n)d more", "%(names)s and %(n)d more", len(names) - 2) % {
        "names": ", ".join(names[:2]),
        "n": len(names) - 2,
    }
