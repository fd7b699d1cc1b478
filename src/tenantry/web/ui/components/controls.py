"""Buttons and what copies."""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.web.ui.components.html import Attribute, attributes
from tenantry.web.ui.components.marks import icon

KINDS = ("primary", "plain", "quiet", "danger")


def _classes(kind: str, small: bool, only_icon: bool, more: str) -> str:
    names = ["button", f"button-{kind}"]
    if small:
        names.append("button-small")
    if only_icon:
        names.append("button-icon")
    return " ".join([*names, more]).strip()


def _content(label: str, name: str, only_icon: bool) -> SafeString:
    if only_icon:
        return format_html('{}<span class="visually-hidden">{}</span>', icon(name), label)
    if name:
        return format_html("{}<span>{}</span>", icon(name, 18), label)
    return format_html("<span>{}</span>", label)


def button(
    label: str,
    kind: str = "plain",
    icon: str = "",
    only_icon: bool = False,
    small: bool = False,
    **more: Attribute,
) -> SafeString:
    """Make a button that says what it does; it submits its form unless `type="button"` is given.

    `kind` is primary (one per view), plain, quiet or danger. With `only_icon` the label is kept for those who listen.
    """
    given = dict(more)
    classes = _classes(kind, small, only_icon, str(given.pop("class_", "") or ""))
    given.setdefault("type", "submit")
    if only_icon:
        given.setdefault("title", label)
    return format_html(
        '<button class="{}"{}>{}</button>', classes, attributes(**given), _content(label, icon, only_icon)
    )


def link_button(
    label: str,
    url: str,
    kind: str = "plain",
    icon: str = "",
    only_icon: bool = False,
    small: bool = False,
    **more: Attribute,
) -> SafeString:
    """Make a link that looks like a button, for going somewhere; arguments as for `button`."""
    given = dict(more)
    classes = _classes(kind, small, only_icon, str(given.pop("class_", "") or ""))
    if only_icon:
        given.setdefault("title", label)
    return format_html(
        '<a class="{}" href="{}"{}>{}</a>', classes, url, attributes(**given), _content(label, icon, only_icon)
    )


def copy_field(value: str, label: str) -> SafeString:
    """Show a value that can be copied whole: a read-only field that selects itself, and a button where scripts run."""
    return format_html(
        '<span class="copy" data-copy><input class="input copy-value" type="text" readonly value="{}" aria-label="{}">'
        '<button class="button button-plain button-icon js-only" type="button" data-copy-button data-done="{}" '
        'aria-label="{}">{}</button></span>',
        value,
        label,
        _("Copied"),
        _("Copy %(what)s") % {"what": label},
        icon("copy"),
    )
