"""Partner & End User Management: end users of all companies, and inviting one."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.licensing.moment import Moment
from tenantry.people import queries
from tenantry.people.permissions import Permission
from tenantry.people.queries import EndUserRow
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.end_user_portal import InviteForm, UserRow, role_notes, take_invitation, user_row
from tenantry.web.backoffice.lists import page_number, page_of, search_of
from tenantry.web.backoffice.people import MOST_COMPANIES, people_tabs
from tenantry.web.ui.components.data import address_with
from tenantry.web.ui.frame import Crumb

PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class ListedUser:
    """Somebody's access to one company, in the list of all."""

    shown: UserRow
    company: str
    company_url: str


class AddUserForm(InviteForm):
    """Whom to invite, and to which of the companies that the person looks after."""

    company = forms.ChoiceField(label=gettext_lazy("Company"))
    field_order = ("company", "email", "role")

    def __init__(self, *args: object, only: frozenset[UUID] | None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        page = queries.companies(only=only, limit=MOST_COMPANIES)
        company = self.fields["company"]
        if isinstance(company, forms.ChoiceField):
            company.choices = [("", _("Choose a company")), *((str(row.id), row.name) for row in page.rows)]


@office(Permission.OFFICE_COMPANIES)
def people(request: OfficeRequest) -> HttpResponse:
    """Show the end users of all companies that the person sees."""
    moment = Moment.current()
    number, search = page_number(request), search_of(request)
    show = request.GET.get("show", "")
    show = show if show in queries.SHOWN_USERS else ""
    found = queries.all_end_users(
        only=request.viewer.office_companies(),
        now=moment.real,
        search=search,
        show=show,
        offset=(number - 1) * PER_PAGE,
        limit=PER_PAGE,
    )
    if number > 1 and not found.rows:
        return redirect("office:people")
    total = found.counts[show]
    context = office_page(
        request,
        "people",
        moment,
        users=[_listed(row, moment) for row in found.rows],
        chips=_chips(request, found.counts, show),
        filtered=bool(search or show),
        show=show,
        page=page_of(total, number, PER_PAGE),
        search=search,
        tabs=people_tabs(request.viewer, "people"),
        state=ngettext("%(n)d entry", "%(n)d entries, one per person and company", total) % {"n": total},
    )
    return render_page(request, "people/users", context)


@office(Permission.OFFICE_COMPANIES)
def add_user(request: OfficeRequest) -> HttpResponse:
    """Ask whom to invite and to which company; the company's own page takes it from there."""
    form = AddUserForm(request.POST or None, only=request.viewer.office_companies())
    if form.is_valid():
        return take_invitation(request, UUID(form.cleaned_data["company"]))
    context = office_page(
        request,
        "people",
        Moment.current(),
        form=form,
        notes=role_notes(),
        crumbs=[Crumb(_("Partner & End User Management"), reverse("office:people")), Crumb(_("Add user"))],
    )
    return render_page(request, "people/add_user", context, status=422 if form.is_bound else 200)


def _chips(request: HttpRequest, counts: Mapping[str, int], show: str) -> list[tuple[str, str, bool, int]]:
    labels = {"": _("All"), "invited": _("Invited"), "never": _("Never signed in"), "admin": _("Admin")}
    return [
        (label, address_with(request.GET, show=kind or None, page=None), kind == show, counts[kind])
        for kind, label in labels.items()
        if not kind or kind == show or counts[kind]
    ]


def _listed(row: EndUserRow, moment: Moment) -> ListedUser:
    return ListedUser(
        shown=user_row(row, moment.real),
        company=row.company_name,
        company_url=reverse("office:end_user_portal", args=[row.company_id]),
    )
