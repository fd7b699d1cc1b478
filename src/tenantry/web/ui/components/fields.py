"""Form fields: label, hint and error tied to the control."""

from dataclasses import dataclass

from django import forms
from django.forms import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.web.ui.components.html import Attribute, attributes
from tenantry.web.ui.components.marks import icon


@dataclass(frozen=True, slots=True)
class FieldView:
    """Everything that the field's template shows."""

    id: str
    label: str
    hint: str
    errors: list[str]
    control: SafeString
    optional: bool
    group: bool
    check: bool


def _id(bound: BoundField) -> str:
    """Give the id of the control; a group of radio buttons has none of its own, so its frame takes the field's."""
    return bound.id_for_label or bound.auto_id


def _described_by(bound: BoundField, hint: str) -> str | None:
    ids = []
    if hint:
        ids.append(f"{_id(bound)}_hint")
    if bound.errors:
        ids.append(f"{_id(bound)}_error")
    return " ".join(ids) or None


def _css_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.Select):
        return "input select"
    if isinstance(widget, forms.Textarea):
        return "input textarea"
    return "input"


def _always_chosen(widget: forms.Widget) -> bool:
    """Say whether one of several is chosen at any time: leaving that out is none of the choices."""
    return isinstance(widget, forms.Select | forms.RadioSelect) and not widget.allow_multiple_selected


def field_view(bound: BoundField, hint: str = "", **more: Attribute) -> FieldView:
    """Prepare a field of a Django form; a hint given here goes before the form's own help text."""
    widget = bound.field.widget
    text = hint or str(bound.help_text)
    attrs: dict[str, str | bool] = {"class": _css_class(widget)}
    if described := _described_by(bound, text):
        attrs["aria-describedby"] = described
    for name, value in more.items():
        if value is not None:
            attrs[name.rstrip("_").replace("_", "-")] = value if isinstance(value, bool) else str(value)
    return FieldView(
        id=_id(bound),
        label=str(bound.label),
        hint=text,
        errors=[str(error) for error in bound.errors],
        control=bound.as_widget(attrs=attrs),
        optional=not bound.field.required and not _always_chosen(widget),
        group=bool(widget.use_fieldset),
        check=isinstance(widget, forms.CheckboxInput),
    )


def stepper_control(bound: BoundField, hint: str = "", **more: Attribute) -> SafeString:
    """Put − and + beside a field for a whole number; without scripts the field stands alone."""
    view = field_view(bound, hint, **more)
    side = (
        '<button class="stepper-button js-only" type="button" data-step="{}" tabindex="-1" '
        'aria-label="{}" aria-controls="{}">{}</button>'
    )
    less = format_html(side, "-1", _("One less"), view.id, icon("minus"))
    plus = format_html(side, "1", _("One more"), view.id, icon("plus"))
    return format_html('<span class="stepper" data-stepper>{}{}{}</span>', less, view.control, plus)


def choice_cards(bound: BoundField, notes: dict[str, str] | None = None) -> SafeString:
    """Make radio buttons or check boxes as cards with a sentence each; `notes` maps a value to its sentence."""
    notes = notes or {}
    described = _described_by(bound, str(bound.help_text))
    cards = []
    for choice in bound.subwidgets:
        value = str(choice.data["value"])
        attrs = choice.data["attrs"]
        note = notes.get(value, "")
        note_id = f"{choice.id_for_label}_note"
        ids = " ".join(part for part in (note_id if note else "", described or "") if part)
        cards.append(
            {
                "type": choice.data["type"],
                "name": choice.data["name"],
                "value": value,
                "id": choice.id_for_label,
                "state": attributes(
                    checked=bool(choice.data["selected"]),
                    disabled=bool(attrs.get("disabled")),
                    required=bool(attrs.get("required")),
                    aria_describedby=ids or None,
                ),
                "label": choice.data["label"],
                "note": format_html('<span class="choice-note" id="{}">{}</span>', note_id, note) if note else "",
            }
        )
    return format_html_join(
        "",
        '<div class="choice"><input class="choice-input" type="{type}" name="{name}" value="{value}" id="{id}"{state}>'
        '<label class="choice-label" for="{id}">{label}</label>{note}</div>',
        cards,
    )
