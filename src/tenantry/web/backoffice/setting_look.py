"""Tools and Logs › Settings › Look: portal name, colour, help, and the logo."""

from dataclasses import dataclass

from django.contrib import messages
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
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.moment import Moment
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.logo_preview import logo_preview
from tenantry.web.backoffice.setting_forms import LogoForm, LookForm
from tenantry.web.backoffice.setting_pages import setting_page, settled

_LOGO = "logo"  # the section of the logo, and the messages that stand in it


@dataclass(frozen=True, slots=True)
class SchemePreview:
    """The accent in one scheme: what became of it, ready to be drawn."""

    name: str
    theme: str
    tokens: Tokens
    note: str


@office(Permission.OFFICE_SETTINGS)
def look(request: OfficeRequest) -> HttpResponse:
    """Show the look: it is the first page of the settings."""
    return _page(request)


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
            return settled(request, "settings", _("The look is saved."))
    return _page(request, look=form, status=422)


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
        return _logo_settled(request, _("No file was chosen."), messages.ERROR)
    refused = branding_actions.offer_logos(acting_as=request.viewer.acting_as(), files=files)
    if not refused:
        return redirect(f"{reverse('office:settings')}#{_LOGO}")
    form = LogoForm({}, request.FILES)
    for place, refusal in refused.items():
        form.add_error(names[place], " ".join(refusal_text(refusal)))
    return _page(request, logo=form, status=422)


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
        return _page(request, refusal=refusal, status=422)
    return _logo_settled(request, _("The logo is saved."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def discard_logo(request: OfficeRequest) -> HttpResponse:
    """Forget what was uploaded and not saved."""
    branding_actions.discard_offer(acting_as=request.viewer.acting_as())
    return _logo_settled(request, _("What was not saved is discarded."))


@office(Permission.OFFICE_SETTINGS)
@require_POST
def remove_logo(request: OfficeRequest) -> HttpResponse:
    """Go back to the portal's name in letters, or to one logo on all pages."""
    acting_as, now = request.viewer.acting_as(), Moment.current().real
    if request.POST.get("place") == "dark":
        branding_actions.remove_logo(acting_as=acting_as, place="dark", now=now)
        return _logo_settled(request, _("The logo for dark pages is removed. The other one stands there too."))
    branding_actions.remove_logo(acting_as=acting_as, place="main", now=now)
    return _logo_settled(request, _("The logo is removed. The portal's name stands in its place."))


def _logo_settled(request: OfficeRequest, words: str, level: int = messages.SUCCESS) -> HttpResponse:
    """Lead back to the logo, with the outcome beside it: the top of the page is out of sight there."""
    messages.add_message(request, level, words, extra_tags=_LOGO)
    return redirect(f"{reverse('office:settings')}#{_LOGO}")


def _page(
    request: OfficeRequest,
    *,
    look: LookForm | None = None,
    logo: LogoForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    brand = branding.current()
    look = look or LookForm.of(brand)
    told = list(messages.get_messages(request))
    return setting_page(
        request,
        "settings",
        "look",
        status=status,
        messages=[message for message in told if message.extra_tags != _LOGO],
        logo_messages=[message for message in told if message.extra_tags == _LOGO],
        look_form=look,
        logo_form=logo or LogoForm(),
        look=brand,
        colour=brand.accent or branding.PRODUCT_ACCENT,
        schemes=_schemes(str(look["accent"].value() or "")),
        logo_refusal=refusal_text(refusal) if refusal else None,
        logos=logo_preview(brand, branding.offer()),
    )


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
