"""The choice of a time zone, for a person and for a company."""

from collections.abc import Mapping
from functools import cache
from itertools import groupby

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.kernel import dates, zones
from tenantry.people.access import Viewer


class _ZoneSelect(forms.Select):
    """The list, written once: Django would render a template for each of its five hundred lines, on every page."""

    def render(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        chosen, options = str(value or ""), _options()
        if chosen in zones.offered():
            options = options.replace(f'value="{chosen}"', f'value="{chosen}" selected', 1)
        attributes = flatatt(self.build_attrs({"name": name}, dict(attrs or {})))
        (_nothing, fallback), *_zones = self.choices
        return format_html(
            '<select{}><option value="">{}</option>{}</select>', attributes, fallback, SafeString(options)
        )


@cache
def _options() -> str:
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        (
            (area, format_html_join("", '<option value="{}">{}</option>', ((name, _town(name)) for name in names)))
            for area, names in groupby(zones.offered(), key=lambda name: name.partition("/")[0])
        ),
    )


class TimeZoneField(forms.ChoiceField):
    """One of the time zones, by area; nothing chosen is what `fallback` names."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Time zone"),
            required=False,
            widget=_ZoneSelect,
            error_messages={
                "invalid_choice": gettext_lazy("%(value)s is no time zone that is known here. Choose one of the list.")
            },
        )

    def offer(self, fallback: str) -> None:
        """Fill the list; ``fallback`` says in words what holds where nothing is chosen."""
        self.choices = [("", fallback), *((name, _town(name)) for name in zones.offered())]


class CompanyZoneForm(forms.Form):
    """The time zone of a company."""

    time_zone = TimeZoneField()

    def __init__(self, chosen: str = "", data: object = None) -> None:
        super().__init__(data, initial={"time_zone": chosen})  # type: ignore[arg-type]  # a query dictionary or nothing
        offer(self, installation())


def offer(form: forms.Form, fallback: str) -> None:
    """Fill the list of a form's `time_zone`."""
    field = form.fields["time_zone"]
    if isinstance(field, TimeZoneField):
        field.offer(fallback)


def installation() -> str:
    """Name what holds where neither a person nor a company has chosen."""
    return _("As this portal: %(zone)s") % {"zone": dates.zone_name(zones.first_set())}


def fallback(viewer: Viewer) -> str:
    """Name what holds on the portal's pages where a person has not chosen."""
    if viewer.companys_time_zone:
        return _("As your company: %(zone)s") % {"zone": dates.zone_name(viewer.companys_time_zone)}
    if len(viewer.companies) > 1:
        return _("As the company whose pages you read")
    return installation()


def _town(name: str) -> str:
    return name.partition("/")[2].replace("/", ", ").replace("_", " ") or name
