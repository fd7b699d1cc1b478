"""Whole numbers in forms and addresses: read in one way, and shown back as they were typed."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tenantry.kernel.numbers import whole_number

MOST_PAGES = 99_999


class WholeNumberField(forms.IntegerField):
    """A field for a whole number in the digits 0 to 9.

    It is a text to the browser: a number field of HTML reads 1.000 as 1, and hands on nothing at all for 1,000.
    """

    widget = forms.TextInput
    default_error_messages = {"invalid": _("Write a whole number without points or commas, such as 1000.")}

    def to_python(self, value: object) -> int | None:
        """Read what was typed."""
        typed = str(value).strip() if value is not None else ""
        if not typed:
            return None
        number = whole_number(typed)
        if number is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        """Ask for the keyboard of digits, and say to the buttons beside the field how far they go."""
        attrs = {**super().widget_attrs(widget), "inputmode": "numeric", "autocomplete": "off"}
        limits = {"data-least": self.min_value, "data-most": self.max_value}
        return attrs | {name: str(value) for name, value in limits.items() if value is not None}


def page_in(asked: QueryDict, name: str = "page") -> int:
    """Return the number of a page as an address or a form brought it; anything odd is the first one."""
    number = whole_number(asked.get(name, ""))
    return number if number is not None and 1 <= number <= MOST_PAGES else 1
