"""Attributes from keyword arguments."""

from django.forms.utils import flatatt
from django.utils.safestring import SafeString

Attribute = str | int | bool | None


def attributes(**values: Attribute) -> SafeString:
    """Turn `hx_get="/x"` into ` hx-get="/x"`; None and False leave the attribute out, True gives a bare one.

    A trailing underscore is dropped, so that `class_` and `for_` can be written.
    """
    return flatatt({name.rstrip("_").replace("_", "-"): value for name, value in values.items() if value is not None})
