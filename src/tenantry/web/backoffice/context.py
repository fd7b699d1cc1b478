"""What the pages of the back office have around them: places, tabs, the way back."""

from dataclasses import replace
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.connection import queries as connections
from tenantry.connection.advice import advice
from tenantry.kernel.ids import CompanyId
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import Freshness, freshness
from tenantry.people import queries as people
from tenantry.people.access import Viewer
from tenantry.people.application import secrets_that_end, sign_in_alarm
from tenantry.people.permissions import Permission
from tenantry.people.queries import CompanyRow
from tenantry.people.texts import application_trouble_text, secret_ends_text, staff_role_text
from tenantry.web.access import OfficeRequest
from tenantry.web.backoffice.delegated_admin_words import TroubleWords
from tenantry.web.frame import page_frame
from tenantry.web.portal.words import fresh_words
from tenantry.web.ui import frame as ui


def office_page(request: OfficeRequest, place: str, moment: Moment, **more: object) -> dict[str, object]:
    """Return the context of a page; ``place`` is the key of the place that it belongs to."""
    viewer = request.viewer
    staff = viewer.staff
    context = page_frame(
        viewer,
        moment,
        role=staff_role_text(staff.role)[0] if staff else "",
        stop_switch_url=reverse("office:stop_switch") if viewer.may(Permission.OFFICE_SETTINGS) else "",
        home_url=reverse("office:today"),
    )
    if isinstance(person := context.get("person"), ui.Person):
        context["person"] = replace(person, preferences_url=reverse("office:preferences"))
    context |= {
        "places": _places(viewer),
        "current_place": place,
        "search_url": reverse("office:search"),
        "may": {permission.value: viewer.may(permission) for permission in Permission},
        "every_company": viewer.office_companies() is None,
        "real_now": moment.real,
        "alarms": _alarms(viewer, moment),
    }
    return context | more


def companies_tabs(viewer: Viewer, current: str) -> list[ui.Tab]:
    """Return the tabs of the page "Companies"; who is for named companies sees these only, and needs no tabs."""
    if viewer.office_companies() is not None:
        return []
    tabs = [
        ("companies", _("Companies"), reverse("office:companies")),
        ("delegated_admin", _("Delegated Admin"), reverse("office:delegated_admin")),
        ("removed_tenants", _("Removed tenants"), reverse("office:removed_tenants")),
    ]
    held = connections.removed_tenant_count() or None  # nothing to decide: no number that asks to be looked at
    return [ui.Tab(label, url, key == current, held if key == "removed_tenants" else None) for key, label, url in tabs]


def company_page(request: OfficeRequest, company: CompanyRow, side: str, moment: Moment) -> dict[str, object]:
    """Return the context of one side of a company's page."""
    fresh, broken = freshness(CompanyId(company.id)), connections.broken(moment.real).get(company.connection_id)
    return office_page(
        request,
        "companies",
        moment,
        company=company,
        fresh=fresh,
        broken=[broken] if broken else [],
        trouble=None if broken else _company_trouble(fresh),
        missing_since=connections.missing_since(company.connection_id, company.tenant_id),
        head_title=company.name,
        head_state=_company_state(company, fresh, moment),
        crumbs=[ui.Crumb(_("Companies"), reverse("office:companies")), ui.Crumb(company.name)],
        tabs=[
            ui.Tab(_("Subscriptions"), reverse("office:company", args=[company.id]), side == "subscriptions"),
            ui.Tab(_("Activity"), reverse("office:activity", args=[company.id]), side == "activity"),
            ui.Tab(_("End User Portal"), reverse("office:end_user_portal", args=[company.id]), side == "portal"),
        ],
    )


def known_company(company_id: UUID) -> CompanyRow:
    """Return a company whose access was checked already; 404 if it was removed meanwhile."""
    found = people.company(company_id)
    if found is None:
        raise Http404
    return found


def _company_state(company: CompanyRow, fresh: Freshness, moment: Moment) -> SafeString:
    return format_html("{} · {}", company.domain or company.tenant_id, fresh_words(fresh, moment))


def _alarms(viewer: Viewer, moment: Moment) -> list[ui.Alarm]:
    """Say that nobody can sign in, to everybody who still is, and that a secret ends, to those who can see to it."""
    alarms = []
    if viewer.nobody_can_sign_in and (alarm := sign_in_alarm()) is not None:
        sentence, next_step = application_trouble_text(alarm.advice)
        text = _("%(sentence)s What to do: %(step)s") % {"sentence": sentence, "step": next_step}
        alarms.append(ui.Alarm(_("Nobody can sign in."), text, code=alarm.code))
    if viewer.may(Permission.OFFICE_SETTINGS):
        today = moment.real.date()
        for name, ends in secrets_that_end(today):
            sentence, next_step = secret_ends_text(name, ends, today)
            alarms.append(ui.Alarm(sentence, next_step, tone="caution"))
    return alarms


def _company_trouble(fresh: Freshness) -> TroubleWords | None:
    """Say why this company could not be read last; its connection works."""
    if not fresh.failing:
        return None
    told = advice(fresh.advice)
    return TroubleWords(
        sentence=told.sentence,
        next_step=told.next_step,
        who=told.who_text,
        words=fresh.words,
        code="",
        request_id=fresh.request_id,
        at=fresh.failed_at,
        title=_("This company could not be read the last time."),
        tone="caution",
    )


def _places(viewer: Viewer) -> list[ui.PlaceGroup]:
    def place(key: str, label: str, icon: str) -> ui.Place:
        return ui.Place(key, label, reverse(f"office:{key}"), icon)

    daily = [
        place("today", _("Today"), "inbox"),
        place("companies", _("Companies"), "building-2"),
        place("renewals", _("Renewals"), "calendar-sync"),
        place("orders", _("Change orders"), "list-checks"),
    ]
    if viewer.may(Permission.OFFICE_COMPANIES) or viewer.may(Permission.OFFICE_OWNER):
        daily.append(place("people", _("Partner & End User Management"), "users-round"))
    tools = [place("logs", _("Logs"), "scroll-text")]
    if viewer.may(Permission.OFFICE_SETTINGS):
        tools.insert(0, place("settings", _("Settings"), "sliders-horizontal"))
    return [ui.PlaceGroup("", tuple(daily)), ui.PlaceGroup(_("Tools and Logs"), tuple(tools))]
