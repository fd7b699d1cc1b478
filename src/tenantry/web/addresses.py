"""E-mail addresses in forms."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenantry.kernel.addresses import domain_of, read_address


class AddressField(forms.EmailField):
    """A field for an e-mail address, which it gives as it is kept.

    A domain with letters beyond ASCII is kept in another form than people type: such an address comes back in that
    form, to be looked at and sent once more.
    """

    # A field for addresses of HTML would send other letters in the form that the browser thinks right, unseen.
    widget = forms.TextInput
    default_error_messages = {
        "kept_as": _(
            "%(typed)s is kept as %(kept)s, which is how mail and Microsoft write it. If that is who you mean, "
            "send it once more."
        )
    }

    def to_python(self, value: object) -> str:
        """Read what was typed."""
        typed = str(super().to_python(value))
        kept = read_address(typed)
        if not typed or kept is None:
            return typed  # the validators say what is wrong
        if not domain_of(typed).isascii():
            raise ValidationError(self.error_messages["kept_as"], code="kept_as", params={"typed": typed, "kept": kept})
        return kept

    def run_validators(self, value: str) -> None:
        """Refuse what cannot be kept, also where Django's own rules would let it pass."""
        super().run_validators(value)
        if value and read_address(value) is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        """Ask for the keyboard of addresses."""
        return {**super().widget_attrs(widget), "inputmode": "email", "autocapitalize": "off", "spellcheck": "false"}

    def prepare_value(self, value: object) -> object:
        """Show an address as it is kept, and anything else as it was typed."""
        return (read_address(value) or value) if isinstance(value, str) else value
