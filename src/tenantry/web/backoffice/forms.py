"""What all forms of the back office share: errors that say what to do next, not Django's own sentences."""

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_EMPTY = _("Nothing is written here. Fill it in.")
_CHOOSE = _("Nothing is chosen. Choose one.")
_NOT_OFFERED = _("This is not among the choices. Choose one of those shown.")
_ADDRESS = _("This is no e-mail address. Write one such as name@example.com.")
_NUMBER = _("Write a whole number without points or commas, such as 1000.")
_TEXT = {
    "required": _EMPTY,
    "max_length": _("This has %(show_value)d characters, and at most %(limit_value)d fit. Shorten it."),
    "null_characters_not_allowed": _("There is a character in it that cannot be kept. Write it anew."),
}
_WORDS: "tuple[tuple[type[forms.Field], dict[str, _StrPromise]], ...]" = (
    (forms.EmailField, _TEXT | {"required": _ADDRESS, "invalid": _ADDRESS}),
    (
        forms.IntegerField,
        {
            "required": _NUMBER,
            "invalid": _NUMBER,
            "min_value": _("The least is %(limit_value)s. Write a larger number."),
            "max_value": _("The most is %(limit_value)s. Write a smaller number."),
        },
    ),
    (forms.MultipleChoiceField, {"required": _CHOOSE, "invalid_choice": _NOT_OFFERED, "invalid_list": _NOT_OFFERED}),
    (forms.ChoiceField, {"required": _CHOOSE, "invalid_choice": _NOT_OFFERED}),
    (forms.CharField, _TEXT),
)


class OfficeForm(forms.Form):
    """A form whose errors are sentences of the product."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for field in self.fields.values():
            words = next((words for kind, words in _WORDS if isinstance(field, kind)), {})
            field.error_messages |= words
