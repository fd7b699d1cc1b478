"""What the pages of the settings have in common: their list, and the way back to a page that was saved."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.licensing.moment import Moment
from tenantry.web.access import OfficeRequest
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import office_page


@dataclass(frozen=True, slots=True)
class SettingPage:
    """One entry of the list: ``key`` is also its anchor, for addresses from when all settings were one page."""

    key: str
    label: str
    url: str
    current: bool


def setting_page(
    request: OfficeRequest, current: str, template: str, *, status: int = 200, **more: object
) -> HttpResponse:
    """Show one page of the settings; ``current`` names its address, ``template`` its file."""
    pages = [
        ("look", _("Look"), "settings"),
        ("limits", _("Limits"), "limits"),
        ("notices", _("Notifications"), "notices"),
        ("retention", _("Retention"), "retention"),
        ("addresses", _("Addresses"), "addresses"),
        ("stop", _("Stop switch"), "stop_switch"),
    ]
    listed = [SettingPage(key, label, reverse(f"office:{name}"), name == current) for key, label, name in pages]
    context = office_page(request, "settings", Moment.current(), title=_("Settings"), setting_pages=listed)
    return render_page(request, f"settings/{template}", context | more, status=status)


def settled(request: OfficeRequest, page: str, words: str, level: int = messages.SUCCESS) -> HttpResponse:
    """Lead back to a page of the settings, with the outcome on it."""
    messages.add_message(request, level, words)
    return redirect(f"office:{page}")
