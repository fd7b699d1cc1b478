"""Tools and Logs › Settings: the look, the notification address, limits, retention, the stop switch."""

from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings as installation
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenantry.branding import actions as branding_actions
from tenantry.branding import queries as branding
from tenantry.branding.contrast import Palette, Scheme, Tokens
from tenantry.branding.logo import MOST_BYTES
from tenantry.branding.texts import refusal_text
from tenantry.jobs import retention
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import actions as licensing
from tenantry.licensing import ledger
from tenantry.licensing.moment import Moment
from tenantry.notices import actions as notice_actions
from tenantry.notices import queries as notices
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.logo_preview import logo_preview
from tenantry.web.backoffice.setting_forms import (
    Forms,
    LimitsForm,
    LogoForm,
    LookForm,
    NoticeForm,
    RetentionForm,
    StopForm,
    setting_forms,
)


@dataclass(frozen=True, slots=True)
class SchemePreview:
    """The accent in one scheme: what became of it, ready to be drawn."""

    name: str
    theme: str
    tokens: Tokens
    note: str


@office(Permission.OFFICE_SETTINGS)
def settings(request: OfficeRequest) -> HttpResponse:
    """Show everything that can be set."""
    return _page(request, setting_forms())


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_look(request: OfficeRequest) -> HttpResponse:
    """Store name, accent and support contact."""
    form = LookForm(request.POST)
    moment = Moment.current()
    if form.is_valid():
        look = branding_actions.Look(**form.cleaned_data)
        try:
            branding_actions.set_brand(acting_as=request.viewer.acting_as(), look=look, now=moment.real)
        except ValidationError as error:
            for name, errors in error.message_dict.items():
                form.add_error(name, errors)
        else:
            return _back(request, "look", _("The look is saved."))
    return _page(request, setting_forms(look=form), status=422)


@office(Permission.OFFICE_SETTINGS)
def contrast(request: OfficeRequest) -> HttpResponse:
    """Show what contrast makes of an accent, as a fragment, while it is being typed."""
    return render_page(request, "settings/_contrast", {"schemes": _schemes(request.GET.get("accent", "").strip())})


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_logo(request: OfficeRequest) -> HttpResponse:
    """Take uploaded logos and show them; nothing changes before they are saved."""
    names: dict[branding_actions.Place, str] = {"main": "logo", "dark": "logo_dark"}
    uploads = {place: request.FILES.get(name) for place, name in names.items()}
    files = {place: file.read(MOST_BYTES + 1) for place, file in uploads.items() if isinstance(file, UploadedFile)}
    if not files:
        return _back(request, "logo", _("No file was chosen."), messages.ERROR)
    refused = branding_actions.offer_logos(acting_as=request.viewer.acting_as(), files=files)
    if not refused:
        return redirect(f"{reverse('office:settings')}#logo")
    form = LogoForm({}, request.FILES)
    for place, refusal in refused.items():
        form.add_error(names[place], " ".join(refusal_text(refusal)))
    return _page(request, setting_forms(logo=form), status=422)


@office(Permission.OFFICE_SETTINGS)
@require_POST
def save_logo(request: OfficeRequest) -> HttpResponse:
    """Put the logos that were shown in their place."""
    refusal = branding_actions.save_logos(
        acting_as=request.viewer.acting_as(),
        main=request.POST.get("main", ""),
        dark=request.POST.get("dark", ""),
        now=Moment.current().real,
    )
    if refusal is not None:
        return _page(request, setting_forms(), refusal=refusal, status=422)
    return _back(request, "logo", _("The logo is saved."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def discard_logo(request: OfficeRequest) -> HttpResponse:
    """Forget what was uploaded and not saved."""
    branding_actions.discard_offer(acting_as=request.viewer.acting_as())
    return _back(request, "logo", _("What was not saved is discarded."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def remove_logo(request: OfficeRequest) -> HttpResponse:
    """Go back to the portal's name in letters, or to one logo on all pages."""
    acting_as, now = request.viewer.acting_as(), Moment.current().real
    if request.POST.get("place") == "dark":
        branding_actions.remove_logo(acting_as=acting_as, place="dark", now=now)
        return _back(request, "logo", _("The logo for dark pages is removed. The other one stands there too."))
    branding_actions.remove_logo(acting_as=acting_as, place="main", now=now)
    return _back(request, "logo", _("The logo is removed. The portal's name stands in its place."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_notification_address(request: OfficeRequest) -> HttpResponse:
    """Store where messages go, or send one to try it."""
    if request.POST.get("do") == "test":
        words, level = _send_test(request)
        return _back(request, "notices", words, level)
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _page(request, setting_forms(notice=form), status=422)
    notice_actions.set_address(
        acting_as=request.viewer.acting_as(), address=form.cleaned_data["address"], now=Moment.current().real
    )
    return _back(request, "notices", _("The notification address is saved."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_limits(request: OfficeRequest) -> HttpResponse:
    """Store how much may happen."""
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, setting_forms(limits=form), status=422)
    licensing.set_limits(
        acting_as=request.viewer.acting_as(),
        changes_per_day=form.cleaned_data["changes_per_day"],
        seats_per_change=form.cleaned_data["seats_per_change"],
        seats_per_cancellation=form.cleaned_data["seats_per_cancellation"],
        moment=Moment.current(),
    )
    return _back(request, "limits", _("The limits are saved. They count for every order from now on."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_retention(request: OfficeRequest) -> HttpResponse:
    """Store how long logs are kept."""
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, setting_forms(keep=form), status=422)
    retention.set_retention(
        acting_as=request.viewer.acting_as(),
        call_days=form.cleaned_data["call_days"],
        run_days=form.cleaned_data["run_days"],
        sign_in_days=form.cleaned_data["sign_in_days"],
        now=Moment.current().real,
    )
    return _back(request, "retention", _("Saved. What is older goes tonight."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def throw_stop_switch(request: OfficeRequest) -> HttpResponse:
    """Hold everything that writes to Microsoft."""
    form = StopForm(request.POST)
    if not form.is_valid():
        return _page(request, setting_forms(stop=form), status=422)
    licensing.stop(acting_as=request.viewer.acting_as(), reason=form.cleaned_data["reason"], moment=Moment.current())
    return _back(
        request,
        "stop",
        _("The stop switch is thrown. Nothing more is sent to Microsoft; orders wait."),
        messages.WARNING,
    )


@office(Permission.OFFICE_SETTINGS)
@require_POST
def release_stop_switch(request: OfficeRequest) -> HttpResponse:
    """Let orders go on."""
    licensing.go(acting_as=request.viewer.acting_as(), moment=Moment.current())
    return _back(request, "stop", _("The stop switch is released. Orders that waited go on."))


def _page(request: OfficeRequest, shown: Forms, *, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
    moment = Moment.current()
    brand, told = branding.current(), _messages(request)
    accent = str(shown.look["accent"].value() or "")
    context = office_page(
        request,
        "settings",
        moment,
        title=_("Settings"),
        messages=told.pop("page", []),
        told=told,
        forms=shown,
        look=brand,
        schemes=_schemes(accent),
        stop=ledger.current_stop(),
        sends=notice_actions.can_send(),
        address=notices.address(),
        logo_refusal=refusal_text(refusal) if refusal else None,
        logos=logo_preview(brand, branding.offer()),
        addresses=_addresses(),
        page_sections=_sections(),
    )
    return render_page(request, "settings/page", context, status=status)


def _back(request: OfficeRequest, section: str, words: str, level: int = messages.SUCCESS) -> HttpResponse:
    """Lead back to a section, with the outcome inside it: the top of the page may be out of sight."""
    messages.add_message(request, level, words, extra_tags=section)
    return redirect(f"{reverse('office:settings')}#{section}")


def _messages(request: OfficeRequest) -> dict[str, list[Message]]:
    """Return the messages by section; those of no section stand under "page"."""
    found: dict[str, list[Message]] = {}
    for message in messages.get_messages(request):
        found.setdefault(message.extra_tags or "page", []).append(message)
    return found


def _sections() -> list[tuple[str, str]]:
    return [
        ("stop", _("Stop switch")),
        ("limits", _("Limits")),
        ("notices", _("Notifications")),
        ("retention", _("Retention")),
        ("addresses", _("Addresses")),
        ("look", _("Portal name, colour and help")),
        ("logo", _("Logo")),
    ]


def _send_test(request: OfficeRequest) -> tuple[str, int]:
    """Send a message to the stored address; return what to say about it."""
    address = notices.address()
    if not address:
        return _("There is no notification address yet: save one first."), messages.ERROR
    notice_actions.notify(
        kind="test",
        subject=_("This is a test of the notification address"),
        body=_("%(person)s pressed “Send a test” in the settings. Nothing has to be done.")
        % {"person": request.viewer.person.name},
        subject_id=uuid4(),
        now=Moment.current().real,
    )
    if notice_actions.can_send():
        return _("A test message is on its way to %(address)s.") % {"address": address}, messages.SUCCESS
    if installation.REHEARSAL:
        return _("In rehearsal no mail leaves: the test message is in the mailbox."), messages.INFO
    return _("No mail server is set up, so the test message stays in the record of messages."), messages.WARNING


def _schemes(accent: str) -> tuple[SchemePreview, ...]:
    """Return what contrast makes of an accent in both schemes; nothing for what is no colour."""
    try:
        palette = branding.palette_of(accent.lower())
    except ValueError:
        return ()
    return (
        SchemePreview(_("Light"), "light", palette.light, _colour_note(palette, Scheme.LIGHT)),
        SchemePreview(_("Dark"), "dark", palette.dark, _colour_note(palette, Scheme.DARK)),
    )


def _colour_note(palette: Palette, scheme: Scheme) -> str:
    """Say what became of the colour in links and edges; on buttons it stays as it is."""
    change = next((change for change in palette.changes if change.scheme is scheme), None)
    if change is None:
        return _("Buttons and links have your colour.")
    return _("Buttons have your colour. Links and edges use %(after)s: yours could not be read there.") % {
        "after": change.after
    }


def _addresses() -> list[tuple[str, str]]:
    """Return the addresses that are set up elsewhere: at Microsoft, and in monitoring."""
    returns = reverse("sign_in:return")
    found = [
        (_("Customer portal"), f"{installation.PORTAL_URL}/"),
        (_("Back office"), f"{installation.BACKOFFICE_URL}{reverse('office:companies')}"),
    ]
    for base in dict.fromkeys((installation.PORTAL_URL, installation.BACKOFFICE_URL)):
        found.append((_("Redirect address of the app registration for sign-in"), f"{base}{returns}"))
    consent = f"{installation.BACKOFFICE_URL}{reverse('office:consent_return')}"
    found.append((_("Redirect address of the app registration for Partner Center"), consent))
    found.append((_("Health, for monitoring"), f"{installation.PUBLIC_URL}/healthz"))
    found.append((_("Readiness, for monitoring"), f"{installation.PUBLIC_URL}/readyz"))
    return found
