"""Tools and Logs › Settings: limits, notifications, retention, addresses and the stop switch, a page each."""

from uuid import uuid4

from django.conf import settings as installation
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tenantry.jobs import retention as kept_logs
from tenantry.licensing import actions as licensing
from tenantry.licensing import ledger
from tenantry.licensing.moment import Moment
from tenantry.notices import actions as notice_actions
from tenantry.notices import queries as notice_queries
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.setting_forms import LimitsForm, NoticeForm, RetentionForm, StopForm
from tenantry.web.backoffice.setting_pages import setting_page, settled


@office(Permission.OFFICE_SETTINGS)
def notices(request: OfficeRequest) -> HttpResponse:
    """Show where messages go; store it, or send one to try it."""
    address = notice_queries.address()
    if request.method == "POST" and request.POST.get("do") == "test":
        words, level = _send_test(request)
        return settled(request, "notices", words, level)
    form = NoticeForm(request.POST if request.method == "POST" else None, initial={"address": address})
    if form.is_valid():
        notice_actions.set_address(
            acting_as=request.viewer.acting_as(), address=form.cleaned_data["address"], now=Moment.current().real
        )
        return settled(request, "notices", _("The notification address is saved."))
    return setting_page(
        request,
        "notices",
        "notices",
        form=form,
        address=address,
        sends=notice_actions.can_send(),
        status=422 if form.is_bound else 200,
    )


@office(Permission.OFFICE_SETTINGS)
def limits(request: OfficeRequest) -> HttpResponse:
    """Show how much may happen, and store it."""
    initial = model_to_dict(ledger.current_limits())
    form = LimitsForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        licensing.set_limits(
            acting_as=request.viewer.acting_as(),
            changes_per_day=form.cleaned_data["changes_per_day"],
            seats_per_change=form.cleaned_data["seats_per_change"],
            seats_per_cancellation=form.cleaned_data["seats_per_cancellation"],
            moment=Moment.current(),
        )
        return settled(request, "limits", _("The limits are saved. They count for every order from now on."))
    return setting_page(request, "limits", "limits", form=form, status=422 if form.is_bound else 200)


@office(Permission.OFFICE_SETTINGS)
def retention(request: OfficeRequest) -> HttpResponse:
    """Show how long logs are kept, and store it."""
    kept = kept_logs.kept()
    initial = {"call_days": kept.call_days, "run_days": kept.run_days, "sign_in_days": kept.sign_in_days}
    form = RetentionForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        kept_logs.set_retention(
            acting_as=request.viewer.acting_as(),
            call_days=form.cleaned_data["call_days"],
            run_days=form.cleaned_data["run_days"],
            sign_in_days=form.cleaned_data["sign_in_days"],
            now=Moment.current().real,
        )
        return settled(request, "retention", _("Saved. What is older is deleted tonight."))
    return setting_page(request, "retention", "retention", form=form, status=422 if form.is_bound else 200)


@office(Permission.OFFICE_SETTINGS)
@require_safe
def addresses(request: OfficeRequest) -> HttpResponse:
    """Show the addresses that are set up elsewhere."""
    return setting_page(request, "addresses", "addresses", addresses=_addresses())


@office(Permission.OFFICE_SETTINGS)
def stop_switch(request: OfficeRequest) -> HttpResponse:
    """Show the stop switch; switch it on once the reason was given and the second step confirmed."""
    form = StopForm(request.POST if request.method == "POST" else None)
    asks = form.is_valid()
    if asks and request.POST.get("sure") == "yes":
        reason = form.cleaned_data["reason"]
        licensing.stop(acting_as=request.viewer.acting_as(), reason=reason, moment=Moment.current())
        words = _("The stop switch is on. Nothing more is sent to Microsoft; orders wait.")
        return settled(request, "stop_switch", words, messages.WARNING)
    return setting_page(
        request,
        "stop_switch",
        "stop",
        form=form,
        asks=asks,
        stop=ledger.current_stop(),
        status=422 if form.is_bound and not asks else 200,
    )


@office(Permission.OFFICE_SETTINGS)
@require_POST
def release_stop_switch(request: OfficeRequest) -> HttpResponse:
    """Let orders go on."""
    licensing.go(acting_as=request.viewer.acting_as(), moment=Moment.current())
    return settled(request, "stop_switch", _("The stop switch is off. Orders that waited go on."))


def _send_test(request: OfficeRequest) -> tuple[str, int]:
    """Send a message to the stored address; return what to say about it."""
    address = notice_queries.address()
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


def _addresses() -> list[tuple[str, str]]:
    """Return the addresses that are set up elsewhere: at Microsoft, and in monitoring."""
    returns = reverse("sign_in:return")
    found = [
        (_("Customer portal"), f"{installation.PORTAL_URL}/"),
        (_("Back office"), f"{installation.BACKOFFICE_URL}{reverse('office:today')}"),
    ]
    for base in dict.fromkeys((installation.PORTAL_URL, installation.BACKOFFICE_URL)):
        found.append((_("Redirect address of the app registration for sign-in"), f"{base}{returns}"))
    consent = f"{installation.BACKOFFICE_URL}{reverse('office:consent_return')}"
    found.append((_("Redirect address of the app registration for Partner Center"), consent))
    found.append((_("Health, for monitoring"), f"{installation.PUBLIC_URL}/healthz"))
    found.append((_("Readiness, for monitoring"), f"{installation.PUBLIC_URL}/readyz"))
    return found
