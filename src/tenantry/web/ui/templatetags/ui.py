"""The design system in templates: `{% load ui %}`. docs/reference/design-system.md shows each in use."""

from collections.abc import Iterable
from datetime import datetime
from secrets import token_hex
from typing import TypedDict

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_htmx.jinja import htmx_script

from tenantry.kernel import dates
from tenantry.web.ui import distances, glossary
from tenantry.web.ui.components import controls, data, fields, marks
from tenantry.web.ui.components.html import Attribute, attributes
from tenantry.web.ui.drawings.term_line import TermLine
from tenantry.web.ui.drawings.year_strip import YearStrip

register = template.Library()

register.simple_tag(marks.icon, name="icon")
register.simple_tag(marks.badge, name="badge")
register.simple_tag(marks.tag, name="tag")
register.simple_tag(marks.initials_tile, name="initials_tile")
register.simple_tag(marks.unknown, name="unknown")
register.simple_tag(controls.button, name="button")
register.simple_tag(controls.link_button, name="link_button")
register.simple_tag(controls.copy_field, name="copy_field")
register.simple_tag(data.figure, name="figure")
register.simple_tag(data.meter, name="meter")
register.simple_tag(fields.stepper_control, name="stepper_control")
register.filter("day", dates.day)
register.filter("moment", dates.moment)
register.filter("exact", dates.exact)
register.filter("remaining", dates.remaining)
register.filter("both_forms", distances.both_forms)
register.filter("initials", marks.initials)
register.filter("tone_icon", marks.tone_icon)

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"


def _unique(stem: str) -> str:
    """Make an id that neither this page nor a fragment swapped into it has yet."""
    return f"{stem}-{token_hex(4)}"


def chosen_theme(context: Context) -> str:
    """Find the theme: `theme` in the context (a person's preference) before the cookie; auto follows the system."""
    request = context.get("request")
    wanted = context.get("theme") or (request.COOKIES.get(THEME_COOKIE) if request else None)
    return wanted if wanted in THEMES else "auto"


@register.simple_tag(takes_context=True)
def appearance(context: Context, density: str = "airy") -> SafeString:
    """Give `<html>` its theme and density."""
    return format_html('data-theme="{}" data-density="{}"', chosen_theme(context), context.get("density") or density)


@register.simple_tag
def htmx() -> SafeString:
    """Load htmx from its wheel."""
    return htmx_script(version=2)


@register.inclusion_tag("ui/theme_switch.html", takes_context=True)
def theme_switch(context: Context) -> dict[str, object]:
    """Offer light, dark and the system's own; works as a form, at once where scripts run."""
    request = context.get("request")
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "chosen": chosen_theme(context),
        "back": request.get_full_path() if request else "/",
        "choices": (
            ("auto", _("As this device"), "monitor"),
            ("light", _("Light"), "sun"),
            ("dark", _("Dark"), "moon"),
        ),
    }


@register.simple_tag
def explain(key: str, word: str = "", mark: bool = False) -> SafeString:
    """Put a term's explanation one click away; with `mark` only a question mark is shown, for use beside a heading."""
    term = glossary.TERMS[key]
    shown = word or str(term.word)
    panel = _unique("explain")
    label = _("What does “%(word)s” mean?") % {"word": shown}
    if mark:
        opener = format_html(
            '<button class="explain-mark" type="button" popovertarget="{}" aria-label="{}">{}</button>',
            panel,
            label,
            marks.icon("circle-question-mark", 16),
        )
    else:
        opener = format_html(
            '<button class="explain" type="button" popovertarget="{}" title="{}">{}</button>', panel, label, shown
        )
    return format_html(
        '{}<span class="popover explain-panel" id="{}" popover><strong>{}</strong> <span>{}</span></span>',
        opener,
        panel,
        term.word,
        term.text,
    )


@register.simple_tag
def nce_tag(nce: bool = True) -> SafeString:
    """Show the (NCE) or legacy tag of a subscription."""
    return marks.tag(_("NCE") if nce else _("Legacy"))


class FieldContext(TypedDict):
    field: fields.FieldView


@register.inclusion_tag("ui/field.html", name="field")
def field_tag(bound: BoundField, hint: str = "", **more: Attribute) -> FieldContext:
    """Show a form field with label, hint and errors; more arguments become attributes of the control."""
    return {"field": fields.field_view(bound, hint, **more)}


@register.inclusion_tag("ui/field.html", name="stepper")
def stepper_tag(bound: BoundField, hint: str = "", **more: Attribute) -> dict[str, object]:
    """Show a number field with − and +."""
    return {"field": fields.field_view(bound, hint), "control": fields.stepper_control(bound, hint, **more)}


@register.inclusion_tag("ui/choices.html")
def choices(bound: BoundField, hint: str = "", notes: dict[str, str] | None = None) -> dict[str, object]:
    """Show radio buttons or check boxes as cards; `notes` maps a value to the sentence under it."""
    return {"field": fields.field_view(bound, hint), "cards": fields.choice_cards(bound, notes)}


@register.simple_tag(takes_context=True)
def sort_header(
    context: Context,
    key: str,
    label: str,
    numeric: bool = False,
    default: bool = False,
    name: str = "sort",
    explains: str = "",
) -> SafeString:
    """Make the head of a column that sorts by link; ``explains`` is a term of the glossary that its cells show."""
    beside = explain(explains, mark=True) if explains else ""
    return data.sort_header(context["request"].GET, key, label, numeric, default, name, beside)


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(context: Context, page: "Page[object]", things: str = "") -> dict[str, object]:
    """Show where one is in a long list, with links to the other pages; nothing for a single page."""
    params = context["request"].GET
    before = data.address_with(params, page=str(page.previous_page_number())) if page.has_previous() else ""
    after = data.address_with(params, page=str(page.next_page_number())) if page.has_next() else ""
    return {
        "page": page,
        "things": things,
        "links": list(data.page_links(page, params)),
        "before": before,
        "after": after,
    }


@register.inclusion_tag("ui/steps.html")
def steps(steps: Iterable[object], now: datetime) -> dict[str, object]:
    """Show the way of a change order: Saved → Sent to Microsoft → Confirmed by Microsoft (`frame.ProgressStep`)."""
    return {"steps": list(steps), "now": now}


@register.inclusion_tag("ui/timeline.html")
def timeline(entries: Iterable[object], now: datetime) -> dict[str, object]:
    """Show what happened, newest first as given (`frame.Happening`)."""
    return {"entries": list(entries), "now": now}


@register.inclusion_tag("ui/term_line.html")
def term_line(line: TermLine, title: str = "") -> dict[str, object]:
    """Draw a subscription's term (`drawings.term_line.draw`)."""
    return {"line": line, "title": title or _("Term"), "id": _unique("term-line")}


@register.inclusion_tag("ui/year_strip.html")
def year_strip(strip: YearStrip, title: str = "", summary: bool = True) -> dict[str, object]:
    """Draw the next twelve months (`drawings.year_strip.draw`), without the sum where the page says it already."""
    return {"strip": strip, "with_summary": summary, "title": title or _("Renewals in the next twelve months")}


@register.simple_block_tag(end_name="endmenu")
def menu(content: str, label: str, icon: str = "ellipsis", kind: str = "quiet", only_icon: bool = True) -> SafeString:
    """Make a button that opens the enclosed `<a>` and `<button>` entries."""
    panel = _unique("menu")
    opener = controls.button(label, kind, icon, only_icon, type="button", popovertarget=panel, class_="menu-opener")
    return format_html('{}<div class="popover menu" id="{}" popover>{}</div>', opener, panel, content)


@register.simple_block_tag(end_name="enddialog")
def dialog(content: str, id: str, title: str, open: bool = False, small: bool = False) -> SafeString:  # noqa: A002
    """Make a dialog out of the enclosed; `open` shows it at once (used in fragments that htmx brings).

    Open it with `{% link_button … data_dialog="id" %}`: without scripts the link leads to the page that asks the same.
    """
    return format_html(
        '<dialog class="dialog{}" id="{}" aria-labelledby="{}-title"{}>'
        '<div class="dialog-head"><h2 class="dialog-title" id="{}-title">{}</h2>{}</div>'
        '<div class="dialog-body">{}</div></dialog>',
        " dialog-small" if small else "",
        id,
        id,
        attributes(data_open=open),
        id,
        title,
        controls.button(_("Close"), "quiet", "x", True, type="button", data_dialog_close=True),
        content,
    )


@register.simple_block_tag(end_name="enddisclosure")
def disclosure(content: str, summary: str, open: bool = False, group: str = "") -> SafeString:  # noqa: A002
    """Fold the enclosed away under a summary; those with the same `group` close each other."""
    return format_html(
        '<details class="disclosure"{}><summary>{}<span>{}</span></summary>'
        '<div class="disclosure-body">{}</div></details>',
        attributes(open=open, name=group or None),
        marks.icon("chevron-right", 18),
        summary,
        content,
    )


@register.simple_block_tag(end_name="endbanner")
def banner(content: str, tone: str = "info", icon: str = "", title: str = "") -> SafeString:
    """Tell something about the whole page, such as the stop switch or old data."""
    head = format_html("<strong>{}</strong> ", title) if title else ""
    return format_html(
        '<div class="banner tone-{}">{}<div class="banner-text">{}{}</div></div>',
        tone,
        marks.icon(icon or marks.tone_icon(tone)),
        head,
        content,
    )


@register.simple_block_tag(end_name="endempty")
def empty(content: str, title: str, icon: str = "inbox") -> SafeString:
    """Say pleasantly that there is nothing, and what one could do (enclosed)."""
    return format_html(
        '<div class="empty">{}<p class="empty-title">{}</p><div class="empty-text">{}</div></div>',
        marks.icon(icon, 28),
        title,
        content,
    )


@register.simple_block_tag(end_name="endfact")
def fact(content: str, label: str) -> SafeString:
    """Add one line to a `<dl class="facts">`."""
    return format_html('<div class="fact"><dt>{}</dt><dd>{}</dd></div>', label, content)
