"""What staff choose for themselves."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.connection import queries as connections
from tenantry.connection.queries import ConnectionView
from tenantry.licensing.moment import Moment
from tenantry.people.access import PersonView
from tenantry.people.actions import set_preferences
from tenantry.people.permissions import Permission
from tenantry.web import time_zones
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page, tell
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.sessions import own_sessions


class PreferencesForm(OfficeForm):
    """How the person wants to be named and shown, and which partner connection to begin with."""

    display_name = forms.CharField(
        label=gettext_lazy("Your name on these pages"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty: the name that Microsoft gives. Records always carry that one."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    theme = forms.ChoiceField(
        label=gettext_lazy("Look"),
        choices=[
            ("", gettext_lazy("As this device")),
            ("light", gettext_lazy("Light")),
            ("dark", gettext_lazy("Dark")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    time_zone = time_zones.TimeZoneField()
    connection = forms.ChoiceField(
        label=gettext_lazy("Default connection"),
        required=False,
        help_text=gettext_lazy("Whose tenants are shown first where companies are added."),
    )

    def __init__(self, person: PersonView, known: tuple[ConnectionView, ...], data: object = None) -> None:
        super().__init__(
            data,
            initial={
                "display_name": person.display_name,
                "language": person.language,
                "theme": person.theme,
                "time_zone": person.time_zone,
                "connection": str(person.default_connection_id or ""),
            },
        )
        time_zones.offer(self, time_zones.installation())
        self._offer("connection", [("", _("The first one by name")), *((str(one.id), one.name) for one in known)])
        if not known:
            del self.fields["connection"]
        self._offer("language", [("", _("As this browser")), *settings.LANGUAGES])
        if len(settings.LANGUAGES) < 2:
            del self.fields["language"]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        offered = self.fields[name]
        if isinstance(offered, forms.ChoiceField):
            offered.choices = choices


@office(Permission.OFFICE_SEE)
def preferences(request: OfficeRequest) -> HttpResponse:
    """Show and store what the person chooses for themselves."""
    viewer, moment = request.viewer, Moment.current()
    adds = viewer.may(Permission.OFFICE_COMPANIES) and viewer.office_companies() is None
    known = connections.connections(moment.real) if adds else ()
    form = PreferencesForm(viewer.person, known, request.POST if request.method == "POST" else None)
    if form.is_valid():
        chosen = form.cleaned_data
        kept = viewer.person.default_connection_id
        connection = UUID(chosen["connection"]) if chosen.get("connection") else None
        refusal = set_preferences(
            acting_as=viewer.acting_as(),
            person_id=viewer.person.id,
            display_name=chosen["display_name"],
            language=chosen.get("language", viewer.person.language),
            theme=chosen["theme"],
            time_zone=chosen["time_zone"],
            now=moment.real,
            default_company_id=viewer.person.default_company_id,
            default_connection_id=connection if "connection" in form.fields else kept,
        )
        if tell(request, refusal, _("Your preferences are saved.")):
            return redirect("office:preferences")
    sessions = own_sessions(request, viewer.person.id, moment.real)
    context = office_page(request, "preferences", moment, form=form) | sessions
    return render_page(request, "tools/preferences", context, status=422 if form.errors else 200)
