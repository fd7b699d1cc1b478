"""What the pages of one company have around them."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.licensing.moment import Moment
from tenantry.people.access import CompanyAccess, Viewer
from tenantry.people.models import EndUserRole
from tenantry.people.permissions import Permission
from tenantry.people.texts import end_user_role_text
from tenantry.web.access import PortalRequest
from tenantry.web.frame import page_frame
from tenantry.web.ui import frame as ui


def company_page(request: PortalRequest, place: str, moment: Moment, **more: object) -> dict[str, object]:
    """Return the context of a page at a company; ``place`` is the key of the place that it belongs to."""
    access, viewer = request.access, request.viewer
    context = page_frame(viewer, moment, role=_role(access), stop_switch_url=_stop_switch_url(viewer))
    context |= {
        "access": access,
        "may": {permission.value: access.may(permission) for permission in Permission},
        "company": ui.CompanyChoice(access.name, reverse("portal:overview", args=[access.company_id]), True),
        "companies": _choices(access, viewer),
        "places": _places(access),
        "current_place": place,
    }
    if access.as_staff:
        context["acting_as_staff"] = ui.ActingAsStaff(
            name=access.person.name,
            partner=access.partner_name,
            company=access.name,
            leave_url=f"{settings.BACKOFFICE_URL}{reverse('office:company', args=[access.company_id])}",
        )
    return context | more


def _role(access: CompanyAccess) -> str:
    if not isinstance(access.role, EndUserRole):
        return _("Staff of %(partner)s") % {"partner": access.partner_name}
    return _("%(role)s at %(company)s") % {"role": end_user_role_text(access.role)[0], "company": access.name}


def _stop_switch_url(viewer: Viewer) -> str:
    if not viewer.may(Permission.OFFICE_SETTINGS):
        return ""
    return f"{settings.BACKOFFICE_URL}{reverse('office:stop_switch')}"


def _choices(access: CompanyAccess, viewer: Viewer) -> list[ui.CompanyChoice]:
    return [
        ui.CompanyChoice(choice.name, reverse("portal:overview", args=[choice.id]), choice.id == access.company_id)
        for choice in viewer.companies
    ]


def _places(access: CompanyAccess) -> list[ui.Place]:
    def place(key: str, label: str, icon: str) -> ui.Place:
        return ui.Place(key, label, reverse(f"portal:{key}", args=[access.company_id]), icon)

    places = [
        place("overview", _("Overview"), "layout-dashboard"),
        place("subscriptions", _("Subscriptions"), "package"),
        place("renewals", _("Renewals"), "calendar-sync"),
        place("activity", _("Activity"), "history"),
    ]
    if access.may(Permission.SEE_PEOPLE):
        places.append(place("people", _("People"), "users-round"))
    return places
