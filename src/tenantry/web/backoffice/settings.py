"""Tools and Logs › Settings: the look, the notification address, limits, retention, the stop switch."""

from dataclasses import dataclass
from uuid import uuid4

from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tenantry.branding import actions as branding_actions
from tenantry.branding import queries as branding
from tenantry.branding.contrast import Change, Palette, Scheme, Tokens
from tenantry.branding.logo import MOST_BYTES
from tenantry.branding.texts import refusal_text
from tenantry.jobs import retention
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import actions as licensing
from tenantry.licensing.moment import Moment
from tenantry.notices import actions as notice_actions
from tenantry.notices import queries as notices
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import office_page
from tenantry.web.ui.frame import NextStep


class LookForm(forms.Form):
    """What the partner writes about itself."""

    portal_name = forms.CharField(
        label=gettext_lazy("Portal name"),
        help_text=gettext_lazy("Stands where there is no logo, in titles and in messages."),
        max_length=60,
        required=False,
    )
    accent = forms.CharField(
        label=gettext_lazy("Accent colour"),
        help_text=gettext_lazy("As # and six digits, such as #0b5a72. Left empty, it is the product's own."),
        max_length=7,
        required=False,
    )
    support_name = forms.CharField(label=gettext_lazy("Who helps"), max_length=100, required=False)
    support_email = forms.CharField(label=gettext_lazy("E-mail for help"), max_length=254, required=False)
    support_phone = forms.CharField(label=gettext_lazy("Telephone for help"), max_length=40, required=False)
    support_url = forms.CharField(label=gettext_lazy("Web page for help"), max_length=200, required=False)


class NoticeForm(forms.Form):
    """Where messages to the partner go."""

    address = forms.EmailField(
        label=gettext_lazy("Notification address"),
        help_text=gettext_lazy("Hears of orders that failed or are unsure, and of lost schedules."),
        required=False,
    )


class LimitsForm(forms.Form):
    """How much may happen."""

    changes_per_day = forms.IntegerField(
        label=gettext_lazy("Changes per company in 24 hours"), min_value=1, max_value=10_000
    )
    seats_per_change = forms.IntegerField(label=gettext_lazy("Seats in one change"), min_value=1, max_value=100_000)


class RetentionForm(forms.Form):
    """How long logs are kept."""

    call_days = forms.IntegerField(label=gettext_lazy("Calls to Microsoft, days"), min_value=1, max_value=3650)
    run_days = forms.IntegerField(label=gettext_lazy("Refreshes, days"), min_value=1, max_value=3650)
    sign_in_days = forms.IntegerField(label=gettext_lazy("Sign-ins, days"), min_value=1, max_value=3650)


class StopForm(forms.Form):
    """Why everything is stopped."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Staff read it in the banner on every page."),
        max_length=300,
    )


@dataclass(frozen=True, slots=True)
class SchemePreview:
    """The accent in one scheme: what became of it, ready to be drawn."""

    name: str
    theme: str
    tokens: Tokens
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the page; one of them may come back with errors."""

    look: LookForm
    notice: NoticeForm
    limits: LimitsForm
    retention: RetentionForm
    stop: StopForm


@office(Permission.OFFICE_SETTINGS)
def settings(request: OfficeRequest) -> HttpResponse:
    """Show everything that can be set."""
    return _page(request, _forms())


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
            messages.success(request, _("The look is saved."))
            return _back("look")
    return _page(request, _forms(look=form), status=422)


@office(Permission.OFFICE_SETTINGS)
def contrast(request: OfficeRequest) -> HttpResponse:
    """Show what contrast makes of an accent, as a fragment, while it is being typed."""
    return render_page(request, "settings/_contrast", {"schemes": _schemes(request.GET.get("accent", "").strip())})


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_logo(request: OfficeRequest) -> HttpResponse:
    """Take an uploaded logo; one that is too large is refused with its size and a smaller copy is offered."""
    file = request.FILES.get("logo")
    if file is None:
        messages.error(request, _("No file was chosen."))
        return _back("logo")
    acting_as, now = request.viewer.acting_as(), Moment.current().real
    refusal = branding_actions.set_logo(acting_as=acting_as, data=file.read(MOST_BYTES + 1), now=now)
    if refusal is not None:
        return _page(request, _forms(), refusal=refusal, status=422)
    messages.success(request, _("The logo is saved."))
    return _back("logo")


@office(Permission.OFFICE_SETTINGS)
@require_POST
def scale_logo(request: OfficeRequest) -> HttpResponse:
    """Take the smaller copy of the logo that was offered."""
    offer = request.POST.get("offer", "")
    acting_as, now = request.viewer.acting_as(), Moment.current().real
    refusal = branding_actions.scale_logo(acting_as=acting_as, offer=offer, now=now)
    if refusal is not None:
        return _page(request, _forms(), refusal=refusal, status=422)
    messages.success(request, _("The scaled-down logo is saved."))
    return _back("logo")


@office(Permission.OFFICE_SETTINGS)
@require_POST
def remove_logo(request: OfficeRequest) -> HttpResponse:
    """Go back to the portal's name in letters."""
    branding_actions.remove_logo(acting_as=request.viewer.acting_as(), now=Moment.current().real)
    messages.success(request, _("The logo is removed. The portal's name stands in its place."))
    return _back("logo")


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_notification_address(request: OfficeRequest) -> HttpResponse:
    """Store where messages go, or send one to try it."""
    if request.POST.get("do") == "test":
        _send_test(request)
        return _back("notices")
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _page(request, _forms(notice=form), status=422)
    notice_actions.set_address(
        acting_as=request.viewer.acting_as(), address=form.cleaned_data["address"], now=Moment.current().real
    )
    messages.success(request, _("The notification address is saved."))
    return _back("notices")


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_limits(request: OfficeRequest) -> HttpResponse:
    """Store how much may happen."""
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, _forms(limits=form), status=422)
    licensing.set_limits(
        acting_as=request.viewer.acting_as(),
        changes_per_day=form.cleaned_data["changes_per_day"],
        seats_per_change=form.cleaned_data["seats_per_change"],
        moment=Moment.current(),
    )
    messages.success(request, _("The limits are saved. They count for every order from now on."))
    return _back("limits")


@office(Permission.OFFICE_SETTINGS)
@require_POST
def set_retention(request: OfficeRequest) -> HttpResponse:
    """Store how long logs are kept."""
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, _forms(keep=form), status=422)
    retention.set_retention(
        acting_as=request.viewer.acting_as(),
        call_days=form.cleaned_data["call_days"],
        run_days=form.cleaned_data["run_days"],
        sign_in_days=form.cleaned_data["sign_in_days"],
        now=Moment.current().real,
    )
    messages.success(request, _("Saved. What is older goes tonight."))
    return _back("retention")


@office(Permission.OFFICE_SETTINGS)
@require_POST
def throw_stop_switch(request: OfficeRequest) -> HttpResponse:
    """Hold everything that writes to Microsoft."""
    form = StopForm(request.POST)
    if not form.is_valid():
        return _page(request, _forms(stop=form), status=422)
    licensing.stop(acting_as=request.viewer.acting_as(), reason=form.cleaned_data["reason"], moment=Moment.current())
    messages.warning(request, _("The stop switch is thrown. Nothing more is sent to Microsoft; orders wait."))
    return _back("stop")


@office(Permission.OFFICE_SETTINGS)
@require_POST
def release_stop_switch(request: OfficeRequest) -> HttpResponse:
    """Let orders go on."""
    licensing.go(acting_as=request.viewer.acting_as(), moment=Moment.current())
    messages.success(request, _("The stop switch is released. Orders that waited go on."))
    return _back("stop")


def _page(request: OfficeRequest, shown: Forms, *, refusal: Refusal | None = None, status: int = 200) -> HttpResponse:
    moment = Moment.current()
    brand = branding.current()
    accent = str(shown.look["accent"].value() or "")
    context = office_page(
        request,
        "settings",
        moment,
        title=_("Settings"),
        forms=shown,
        look=brand,
        schemes=_schemes(accent),
        limits=licensing.current_limits(),
        sends=notice_actions.can_send(),
        address=notices.address(),
        logo_refusal=refusal_text(refusal) if refusal else None,
        logo_offer=str(refusal.next_step_facts.get("offer", "")) if refusal else "",
        logo_steps=_logo_steps(refusal),
        addresses=_addresses(),
        page_sections=_sections(),
    )
    return render_page(request, "settings/page", context, status=status)


def _forms(
    *,
    look: LookForm | None = None,
    notice: NoticeForm | None = None,
    limits: LimitsForm | None = None,
    keep: RetentionForm | None = None,
    stop: StopForm | None = None,
) -> Forms:
    brand, current, kept = branding.current(), licensing.current_limits(), retention.kept()
    names = ("portal_name", "accent", "support_name", "support_email", "support_phone", "support_url")
    initial = {name: getattr(brand, name) for name in names}
    if brand.portal_name == branding.PRODUCT_NAME:
        initial["portal_name"] = ""
    return Forms(
        look=look or LookForm(initial=initial),
        notice=notice or NoticeForm(initial={"address": notices.address()}),
        limits=limits
        or LimitsForm(
            initial={"changes_per_day": current.changes_per_day, "seats_per_change": current.seats_per_change}
        ),
        retention=keep
        or RetentionForm(
            initial={"call_days": kept.call_days, "run_days": kept.run_days, "sign_in_days": kept.sign_in_days}
        ),
        stop=stop or StopForm(),
    )


def _back(section: str) -> HttpResponse:
    return redirect(f"{reverse('office:settings')}#{section}")


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


def _send_test(request: OfficeRequest) -> None:
    address = notices.address()
    if not address:
        messages.error(request, _("There is no notification address yet: save one first."))
        return
    notice_actions.notify(
        kind="test",
        subject=_("This is a test of the notification address"),
        body=_("%(person)s pressed “Send a test” in the settings. Nothing has to be done.")
        % {"person": request.viewer.person.name},
        subject_id=uuid4(),
        now=Moment.current().real,
    )
    if notice_actions.can_send():
        messages.success(request, _("A test message is on its way to %(address)s.") % {"address": address})
    elif installation.REHEARSAL:
        messages.info(request, _("In rehearsal no mail leaves: the test message is in the mailbox."))
    else:
        messages.warning(request, _("No mail server is set up, so the test message stays in the record of messages."))


def _schemes(accent: str) -> tuple[SchemePreview, ...]:
    """Return what contrast makes of an accent in both schemes; nothing for what is no colour."""
    try:
        palette = branding.palette_of(accent.lower())
    except ValueError:
        return ()
    return (
        SchemePreview(_("Light"), "light", palette.light, _changes(palette, Scheme.LIGHT)),
        SchemePreview(_("Dark"), "dark", palette.dark, _changes(palette, Scheme.DARK)),
    )


def _changes(palette: Palette, scheme: Scheme) -> tuple[str, ...]:
    return tuple(_change_text(change) for change in palette.changes if change.scheme is scheme)


def _change_text(change: Change) -> str:
    names = {"accent": _("Buttons"), "accent_text": _("Links")}
    return _(
        "%(what)s use %(after)s: the colour itself has a contrast of %(ratio).1f:1, and %(needed)g:1 is needed."
    ) % {
        "what": names.get(change.token, change.token),
        "after": change.after,
        "ratio": change.ratio,
        "needed": change.needed,
    }


def _logo_steps(refusal: Refusal | None) -> NextStep | None:
    if refusal is None or not refusal.next_step_facts.get("offer"):
        return None
    facts = refusal.next_step_facts
    label = _("Scale it down to %(width)d × %(height)d and use it") % {
        "width": facts["width"],
        "height": facts["height"],
    }
    return NextStep(label, reverse("office:scale_logo"), post=True, fields={"offer": str(facts["offer"])})


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
