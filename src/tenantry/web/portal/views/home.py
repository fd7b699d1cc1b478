"""The way in: to a company, or to the choice of one; and what a person chooses for themselves."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.licensing.moment import Moment
from tenantry.people.access import Viewer
from tenantry.people.actions import set_preferences
from tenantry.web import time_zones
from tenantry.web.access import SignedInRequest, signed_in
from tenantry.web.frame import page_frame
from tenantry.web.sessions import own_sessions


@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """Go to the person's company, to the choice of one, or to the back office."""
    viewer = request.viewer
    default = viewer.person.default_company_id
    if default is not None and viewer.company(default) is not None:
        return HttpResponseRedirect(reverse("portal:overview", args=[default]))
    if viewer.staff is not None:
        return HttpResponseRedirect(_office_url())
    if len(viewer.companies) == 1:
        return HttpResponseRedirect(reverse("portal:overview", args=[viewer.companies[0].id]))
    return HttpResponseRedirect(reverse("portal:companies"))


@signed_in
def companies(request: SignedInRequest) -> HttpResponse:
    """Offer the companies that the person has a portal of; staff find theirs in the back office."""
    viewer = request.viewer
    context = page_frame(viewer, Moment.current()) | {
        "choices": viewer.companies,
        "office_url": _office_url() if viewer.staff is not None else "",
    }
    return render(request, "portal/companies.html", context)


def _office_url() -> str:
    return settings.BACKOFFICE_URL + reverse("office:today")


class PreferencesForm(forms.Form):
    """How the person wants to be named and shown, and where to begin."""

    display_name = forms.CharField(
        label=gettext_lazy("Your name on these pages"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty: the name that Microsoft gives. Records always carry that one."),
    )
    theme = forms.ChoiceField(
        label=gettext_lazy("Look"),
        choices=[
            ("system", gettext_lazy("As this device")),
            ("light", gettext_lazy("Light")),
            ("dark", gettext_lazy("Dark")),
        ],
        widget=forms.RadioSelect,
    )
    time_zone = time_zones.TimeZoneField()
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    default_company = forms.ChoiceField(label=gettext_lazy("Begin with"), required=False)

    def __init__(self, viewer: Viewer, data: object = None) -> None:
        person = viewer.person
        super().__init__(
            data,  # type: ignore[arg-type]  # a query dictionary or nothing
            initial={
                "display_name": person.display_name,
                "theme": person.theme or "system",
                "time_zone": person.time_zone,
                "language": person.language,
                "default_company": str(person.default_company_id or ""),
            },
        )
        time_zones.offer(self, time_zones.fallback(viewer))
        choices = [(str(choice.id), choice.name) for choice in viewer.companies]
        if len(choices) > 1:
            self._offer("default_company", [("", _("The choice of companies")), *choices])
        else:
            del self.fields["default_company"]
        if len(settings.LANGUAGES) > 1:
            self._offer("language", [("", _("As this browser")), *settings.LANGUAGES])
        else:
            del self.fields["language"]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        offered = self.fields[name]
        if isinstance(offered, forms.ChoiceField):
            offered.choices = choices


@signed_in
def preferences(request: SignedInRequest) -> HttpResponse:
    """Show and store what the person chooses for themselves."""
    viewer, moment = request.viewer, Moment.current()
    form = PreferencesForm(viewer, request.POST if request.method == "POST" else None)
    if form.is_valid():
        chosen = form.cleaned_data
        kept = viewer.person.default_company_id
        default = UUID(chosen["default_company"]) if chosen.get("default_company") else None
        refusal = set_preferences(
            acting_as=viewer.acting_as(),
            person_id=viewer.person.id,
            display_name=chosen["display_name"],
            language=chosen.get("language", viewer.person.language),
            theme="" if chosen["theme"] == "system" else chosen["theme"],
            time_zone=chosen["time_zone"],
            now=moment.real,
            default_company_id=default if "default_company" in form.fields else kept,
            default_connection_id=viewer.person.default_connection_id,
        )
        if refusal is None:
            messages.success(request, _("Your preferences are saved."))
            return HttpResponseRedirect(reverse("portal:preferences"))
        messages.error(request, _("Something changed meanwhile. Look again, then save."))
    context = (
        page_frame(viewer, moment)
        | {"form": form, "real_now": moment.real}
        | own_sessions(request, viewer.person.id, moment.real)
    )
    return render(request, "portal/preferences.html", context)
