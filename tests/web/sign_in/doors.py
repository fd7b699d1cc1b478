"""A few views of every kind, to try the declarations of access on."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_POST

from tenantry.people.permissions import Permission
from tenantry.web.access import (
    OfficeRequest,
    PortalRequest,
    SignedInRequest,
    office,
    portal,
    public,
    rehearsal_only,
    signed_in,
)
from tenantry.web.rehearsal.views import advance


@public
def open_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@rehearsal_only
def gallery(request: HttpRequest) -> HttpResponse:
    return HttpResponse("gallery")


@signed_in
def preferences(request: SignedInRequest) -> HttpResponse:
    return HttpResponse(request.viewer.person.name)


@portal(Permission.SEE)
def overview(request: PortalRequest, company_id: UUID) -> HttpResponse:
    return HttpResponse(f"{request.access.name} {request.access.acting_as().label}")


@portal(Permission.CHANGE_QUANTITY)
@require_POST
def change(request: PortalRequest, company_id: UUID) -> HttpResponse:
    return HttpResponse("changed")


@portal(Permission.CANCEL, fresh=True)
def cancel(request: PortalRequest, company_id: UUID) -> HttpResponse:
    return HttpResponse("cancelled" if request.method == "POST" else "cancel?")


@portal(Permission.CANCEL, fresh=True)
def confirm(request: PortalRequest, company_id: UUID) -> HttpResponse:
    if request.method == "POST":
        return HttpResponse("<!doctype html><title>Done</title><p>It is cancelled.</p>")
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    form = f'<form method="post">{token}<button>Cancel now</button></form>'
    return HttpResponse(f"<!doctype html><title>Sure</title>{form}")


@office(Permission.OFFICE_SEE)
def companies(request: OfficeRequest) -> HttpResponse:
    return HttpResponse("companies")


@office(Permission.OFFICE_SEE)
def company(request: OfficeRequest, company_id: UUID) -> HttpResponse:
    return HttpResponse("company")


@office(Permission.OFFICE_COMPANIES, every_company=True)
def add(request: OfficeRequest) -> HttpResponse:
    return HttpResponse("add")


@office(Permission.OFFICE_OWNER, fresh=True)
def connections(request: OfficeRequest) -> HttpResponse:
    return HttpResponse("connections")


# What the strip of the rehearsal on every page leads to.
REHEARSAL = path(
    "rehearsal/",
    include(([path("advance/", advance, name="advance"), path("mailbox/", advance, name="mailbox")], "rehearsal")),
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.web.hooks.urls")),
    path("", include("tenantry.web.sign_in.urls")),
    REHEARSAL,
    path("open/", open_page),
    path("gallery/", gallery),
    path("preferences/", preferences),
    path("c/<uuid:company_id>/", overview),
    path("c/<uuid:company_id>/change/", change),
    path("c/<uuid:company_id>/cancel/", cancel),
    path("c/<uuid:company_id>/confirm/", confirm),
    path("office/", companies),
    path("office/add/", add),
    path("office/connections/", connections),
    path("office/<uuid:company_id>/", company),
]
handler404 = "tenantry.config.errors.not_found"
