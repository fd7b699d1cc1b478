"""Views with the mistakes that the walk is there to find."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenantry.licensing.models import ChangeOrder
from tenantry.people.models import EndUser
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, PortalRequest, office, portal, public
from tests.web.sign_in.doors import REHEARSAL


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open to everybody by mistake")


@portal(Permission.SEE)
def careful_order(request: PortalRequest, company_id: UUID, order_id: UUID) -> HttpResponse:
    if not ChangeOrder.objects.filter(id=order_id, company_id=company_id).exists():
        raise Http404
    return HttpResponse("order")


@portal(Permission.SEE)
def leaking_order(request: PortalRequest, company_id: UUID, order_id: UUID) -> HttpResponse:
    return HttpResponse(str(ChangeOrder.objects.get(id=order_id).number))


@office(Permission.OFFICE_SEE)
def leaking_end_user(request: OfficeRequest, end_user_id: UUID) -> HttpResponse:
    return HttpResponse(EndUser.objects.get(id=end_user_id).email)


@require_POST
@portal(Permission.CHANGE_QUANTITY)
def late_declaration(request: PortalRequest, company_id: UUID) -> HttpResponse:
    return HttpResponse("changed")


@public
def inline_style(request: HttpRequest) -> HttpResponse:
    return HttpResponse('<p style="color: red"><img src="https://elsewhere.example/x.png">')


@csrf_exempt
@public
def form_of_anybody(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.web.sign_in.urls")),
    REHEARSAL,
    path("undeclared/", undeclared),
    path("c/<uuid:company_id>/orders/<uuid:order_id>/", careful_order),
    path("c/<uuid:company_id>/leak/<uuid:order_id>/", leaking_order),
    path("office/leak/<uuid:end_user_id>/", leaking_end_user),
    path("c/<uuid:company_id>/late/", late_declaration),
    path("inline/", inline_style),
    path("form/", form_of_anybody),
]
handler404 = "tenantry.config.errors.not_found"
