"""Companies › "Delegated Admin": partner connections, their health, adding and removing them, and consent."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from tenantry.connection import actions, queries
from tenantry.connection.actions.common import CERTIFICATE
from tenantry.connection.models import ConnectionMode
from tenantry.connection.queries import ConnectionView
from tenantry.connection.texts import refusal_text
from tenantry.jobs import runs
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.moment import Moment
from tenantry.people import queries as people
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import companies_tabs, office_page
from tenantry.web.backoffice.delegated_admin_words import card_of, state_sentence
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.ui.frame import Crumb


class ApplicationForm(OfficeForm):
    """The partner's own application."""

    name = forms.CharField(label=gettext_lazy("Name of the connection"), max_length=200)
    partner_tenant_id = forms.CharField(label=gettext_lazy("Directory (tenant) id"), max_length=36)
    client_id = forms.CharField(label=gettext_lazy("Application (client) id"), max_length=36)


class RemovalForm(OfficeForm):
    """The name, written to confirm."""

    confirmed_name = forms.CharField(label=gettext_lazy("Name of the connection"), max_length=200)


@office(Permission.OFFICE_SEE, every_company=True)
@require_GET
def connections(request: OfficeRequest) -> HttpResponse:
    """Show every connection at a glance."""
    moment = Moment.current()
    views = queries.connections(moment.real)
    context = office_page(
        request,
        "companies",
        moment,
        cards=[card_of(view, moment.real) for view in views],
        tabs=companies_tabs(request.viewer, "delegated_admin"),
        state=state_sentence(views),
        **({} if views else _ways(ApplicationForm(initial=_own_tenant()))),
    )
    return render_page(request, "delegated_admin/list", context)


@office(Permission.OFFICE_SEE, every_company=True)
@require_GET
def connection(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Show one connection with everything that is known about it."""
    return _detail(request, known_connection(connection_id), RemovalForm())


@office(Permission.OFFICE_OWNER, every_company=True)
def add(request: OfficeRequest) -> HttpResponse:
    """Offer both ways to add a connection, and take an own application."""
    form = ApplicationForm(request.POST or None, initial=_own_tenant())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            outcome = actions.add_application_connection(
                acting_as=request.viewer.acting_as(), now=Moment.current().real, **form.cleaned_data
            )
            if not isinstance(outcome, Refusal):
                making = runs.latest(CERTIFICATE, outcome.id)
                return redirect("office:connection_run", making.id) if making else redirect("office:delegated_admin")
            about = _FIELD_OF.get(outcome.reason) or outcome.facts.get("field")
            form.add_error(str(about) if about else None, " ".join(refusal_text(outcome)))
    context = office_page(
        request,
        "companies",
        Moment.current(),
        **_ways(form),
        crumbs=_crumbs(_("Add a partner connection")),
    )
    return render_page(request, "delegated_admin/add", context, status=status)


@office(Permission.OFFICE_OWNER, every_company=True)
@require_GET
def start_consent(request: OfficeRequest) -> HttpResponse:
    """Send the browser to Microsoft to consent; a link leads here, as a form may not lead to another host."""
    return _to_microsoft(request, None)


@office(Permission.OFFICE_OWNER, every_company=True)
@require_GET
def renew_consent(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Send the browser to Microsoft to consent once more."""
    return _to_microsoft(request, connection_id)


@office(Permission.OFFICE_OWNER, every_company=True)
@require_GET
@sensitive_variables("code")
def consent_return(request: OfficeRequest) -> HttpResponse:
    """Take the browser back from Microsoft; the code is sealed for the worker, and the page shows how it goes on."""
    code = request.GET.get("code", "")
    outcome = actions.take_consent_return(
        acting_as=request.viewer.acting_as(),
        state=request.GET.get("state", ""),
        code=code,
        error=request.GET.get("error", ""),
        error_description=request.GET.get("error_description", ""),
        now=Moment.current().real,
    )
    if isinstance(outcome, Refusal):
        messages.error(request, " ".join(refusal_text(outcome)))
        return redirect("office:delegated_admin")
    return redirect("office:connection_run", outcome.id)


@office(Permission.OFFICE_SEE, every_company=True)
@require_GET
def certificate(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Hand out the public certificate of an own application: the one that waits, else the one in use."""
    view = known_connection(connection_id)
    pem = view.next_certificate or view.certificate
    if not pem:
        raise Http404
    answer = HttpResponse(pem, content_type="application/x-pem-file")
    name = slugify(view.name) or "certificate"
    answer.headers["Content-Disposition"] = f'attachment; filename="tenantry-{name}.cer"'
    return answer


@office(Permission.OFFICE_OWNER, every_company=True)
def remove(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Ask for the name once more, and take the connection out."""
    view = known_connection(connection_id)
    if request.method != "POST":
        return _removal(request, view, RemovalForm())
    form = RemovalForm(request.POST)
    if form.is_valid():
        refusal = actions.remove_connection(
            acting_as=request.viewer.acting_as(),
            connection_id=connection_id,
            confirmed_name=form.cleaned_data["confirmed_name"],
            companies_of=lambda used: len(people.companies_of_tenants(used)),
            now=Moment.current().real,
        )
        if refusal is None:
            messages.success(request, _("%(name)s is removed and its secrets are wiped.") % {"name": view.name})
            return redirect("office:delegated_admin")
        form.add_error(_FIELD_OF.get(refusal.reason), " ".join(refusal_text(refusal)))
    return _removal(request, view, form, status=422)


def known_connection(connection_id: UUID) -> ConnectionView:
    """Return a connection; 404 if there is none (any more)."""
    view = queries.connection(connection_id, Moment.current().real)
    if view is None:
        raise Http404
    return view


def connection_crumbs(view: ConnectionView, label: str) -> list[Crumb]:
    """Return the way back from a page about one connection."""
    return [*_crumbs("")[:-1], Crumb(view.name, reverse("office:connection", args=[view.id])), Crumb(label)]


# Which field of a form a refusal is about; the form as a whole otherwise.
_FIELD_OF = {"name_missing": "name", "other_tenant": "partner_tenant_id", "name_differs": "confirmed_name"}


def _own_tenant() -> dict[str, str]:
    return {"partner_tenant_id": settings.PARTNER_TENANT_ID}


def _ways(form: ApplicationForm) -> dict[str, object]:
    """Return what both ways to add a connection need."""
    return {
        "form": form,
        "return_url": _return_url(),
        "ready": bool(settings.PARTNER_CLIENT_ID),
        "client_id": settings.PARTNER_CLIENT_ID,
    }


def _detail(request: OfficeRequest, view: ConnectionView, form: RemovalForm) -> HttpResponse:
    moment = Moment.current()
    context = office_page(
        request,
        "companies",
        moment,
        view=view,
        card=card_of(view, moment.real),
        by_application=view.mode == ConnectionMode.APPLICATION,
        certificate=view.next_certificate or view.certificate,
        companies=len(people.companies_of_tenants(view.id)),
        form=form,
        crumbs=_crumbs(view.name),
    )
    return render_page(request, "delegated_admin/detail", context)


def _removal(request: OfficeRequest, view: ConnectionView, form: RemovalForm, *, status: int = 200) -> HttpResponse:
    context = office_page(
        request,
        "companies",
        Moment.current(),
        view=view,
        card=card_of(view, Moment.current().real),
        companies=len(people.companies_of_tenants(view.id)),
        form=form,
        crumbs=connection_crumbs(view, _("Remove")),
    )
    return render_page(request, "delegated_admin/remove", context, status=status)


def _to_microsoft(request: OfficeRequest, connection_id: UUID | None) -> HttpResponse:
    outcome = actions.start_consent(
        acting_as=request.viewer.acting_as(),
        connection_id=connection_id,
        return_url=_return_url(),
        now=Moment.current().real,
    )
    if isinstance(outcome, Refusal):
        messages.error(request, " ".join(refusal_text(outcome)))
        return redirect("office:delegated_admin")
    return HttpResponseRedirect(outcome)


def _return_url() -> str:
    return f"{settings.BACKOFFICE_URL}{reverse('office:consent_return')}"


def _crumbs(label: str) -> list[Crumb]:
    return [
        Crumb(_("Companies"), reverse("office:companies")),
        Crumb(_("Delegated Admin"), reverse("office:delegated_admin")),
        Crumb(label),
    ]
