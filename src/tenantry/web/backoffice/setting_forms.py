"""The forms of the settings."""

from typing import Self

from django import forms
from django.utils.translation import gettext_lazy

from tenantry.branding import queries as branding
from tenantry.web.addresses import AddressField
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.numbers import WholeNumberField


class LookForm(OfficeForm):
    """What the partner writes about itself."""

    portal_name = forms.CharField(
        label=gettext_lazy("Portal name"),
        help_text=gettext_lazy("Shown where there is no logo, in titles and in messages."),
        max_length=60,
        required=False,
    )
    accent = forms.CharField(
        label=gettext_lazy("Accent colour"),
        help_text=gettext_lazy("As # and six digits, such as #0b5a72. Empty: the product's own colour."),
        max_length=7,
        required=False,
        widget=forms.TextInput(
            attrs={
                "spellcheck": "false",
                "autocomplete": "off",
                # The page gives the address that is asked while one types.
                "hx-trigger": "input delay:200ms",
                "hx-target": "#contrast",
                "hx-sync": "this:replace",
            }
        ),
    )
    support_name = forms.CharField(label=gettext_lazy("Who helps"), max_length=100, required=False)
    support_email = forms.CharField(label=gettext_lazy("E-mail for help"), max_length=254, required=False)
    support_phone = forms.CharField(label=gettext_lazy("Telephone for help"), max_length=40, required=False)
    support_url = forms.CharField(label=gettext_lazy("Web page for help"), max_length=200, required=False)

    @classmethod
    def of(cls, brand: branding.BrandView) -> Self:
        """Fill the form in with what is set; the product's own name is nothing that was written."""
        initial = {name: getattr(brand, name) for name in cls.base_fields}
        if brand.portal_name == branding.PRODUCT_NAME:
            initial["portal_name"] = ""
        return cls(initial=initial)


class LogoForm(OfficeForm):
    """Pictures to be shown as the logo; what they are is told by their content."""

    logo = forms.FileField(
        label=gettext_lazy("Logo for all pages"),
        help_text=gettext_lazy("PNG or JPEG. What is larger than 502 × 81 pixels is scaled down."),
        allow_empty_file=True,
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    logo_dark = forms.FileField(
        label=gettext_lazy("Logo for dark pages"),
        help_text=gettext_lazy("Shown on dark pages instead of the other, such as one with white letters."),
        allow_empty_file=True,
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )


class NoticeForm(OfficeForm):
    """Where messages to the partner go."""

    address = AddressField(
        label=gettext_lazy("Notification address"),
        help_text=gettext_lazy(
            "Gets messages about orders that need somebody, lost schedules, and a connection or sign-in that "
            "does not work."
        ),
        required=False,
    )


class LimitsForm(OfficeForm):
    """How much may happen."""

    changes_per_day = WholeNumberField(
        label=gettext_lazy("Changes per company in 24 hours"), min_value=1, max_value=10_000
    )
    seats_per_change = WholeNumberField(
        label=gettext_lazy("Seats in one change"),
        help_text=gettext_lazy("The difference from the present seats, at once or at the renewal."),
        min_value=1,
        max_value=100_000,
    )
    seats_per_cancellation = WholeNumberField(
        label=gettext_lazy("Seats in one cancellation"),
        help_text=gettext_lazy("Large enough to undo a mistake within its return window."),
        min_value=1,
        max_value=100_000,
    )


class RetentionForm(OfficeForm):
    """How long logs are kept."""

    call_days = WholeNumberField(label=gettext_lazy("Calls to Microsoft, days"), min_value=1, max_value=3650)
    run_days = WholeNumberField(label=gettext_lazy("Refreshes, days"), min_value=1, max_value=3650)
    sign_in_days = WholeNumberField(label=gettext_lazy("Sign-ins, days"), min_value=1, max_value=3650)


class StopForm(OfficeForm):
    """Why everything is stopped."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Staff read it in the banner on every page."),
        max_length=300,
    )
