"""Figures, meters and the heads of tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Page
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.web.ui.components.html import attributes
from tenantry.web.ui.components.marks import icon

Params = QueryDict | Mapping[str, str]


def address_with(params: Params, **changes: str | None) -> str:
    """Make a query string from the present one with some parts replaced; None drops a part. Starts with "?"."""
    if isinstance(params, QueryDict):
        pairs = {name: params.getlist(name) for name in params}
    else:
        pairs = {name: [value] for name, value in params.items()}
    for name, value in changes.items():
        if value is None:
            pairs.pop(name, None)
        else:
            pairs[name] = [value]
    return "?" + urlencode(pairs, doseq=True)


def sort_header(
    params: Params,
    key: str,
    label: str,
    numeric: bool = False,
    default: bool = False,
    name: str = "sort",
    beside: SafeString | str = "",
) -> SafeString:
    """Make a column head that sorts by link: once upwards, again downwards ("-key").

    `default` marks the column that the page sorts by when the address says nothing; `beside` stands after the link,
    and whoever listens to the cells hears the label alone.
    """
    chosen = params.get(name) or (key if default else "")
    upwards, downwards = chosen == key, chosen == f"-{key}"
    state = "ascending" if upwards else "descending" if downwards else "none"
    mark = "arrow-up" if upwards else "arrow-down" if downwards else "chevrons-up-down"
    url = address_with(params, **{name: f"-{key}" if upwards else key, "page": None})
    return format_html(
        '<th scope="col" aria-sort="{}"{}{}><a class="sort" href="{}">{}{}</a>{}</th>',
        state,
        attributes(abbr=label if beside else None),
        format_html(' class="{}"', "numeric") if numeric else "",
        url,
        label,
        icon(mark, 14),
        beside,
    )


def figure(number: str | int, meaning: str, note: str = "", url: str = "") -> SafeString:
    """Show a strong number with a word of meaning under it, as a link where there is something to see."""
    shown = number_format(number, use_l10n=True, force_grouping=True) if isinstance(number, int) else number
    tail = format_html('<span class="figure-note">{}</span>', note) if note else ""
    inner = format_html(
        '<span class="figure-number">{}</span><span class="figure-meaning">{}</span>{}', shown, meaning, tail
    )
    if url:
        return format_html('<a class="figure" href="{}">{}</a>', url, inner)
    return format_html('<div class="figure">{}</div>', inner)


def meter(used: int | None, total: int, label: str) -> SafeString:
    """Show how many of a total are in use, in words and as a bar; None means that nobody told us.

    More in use than bought is said in words as well.
    """
    if used is None:
        return format_html(
            '<span class="meter meter-unknown"><span class="meter-words">{}</span></span>',
            _("Assigned seats are not known"),
        )
    free = total - used
    if free < 0:
        words = _("%(used)s assigned, %(short)s more than are active") % {"used": used, "short": -free}
    else:
        words = _("%(used)s of %(total)s · %(free)s free") % {"used": used, "total": total, "free": free}
    return format_html(
        '<span class="meter"><meter class="meter-bar{}" min="0" max="{}" value="{}" aria-label="{}"></meter>'
        '<span class="meter-words">{}</span></span>',
        " meter-over" if free < 0 else "",
        max(total, 1),
        min(used, max(total, 1)),
        label,
        words,
    )


@dataclass(frozen=True, slots=True)
class PageLink:
    """One entry of the pagination; a gap has no address."""

    label: str
    url: str
    current: bool = False


def page_links(page: "Page[object]", params: Params) -> Iterator[PageLink]:
    """List the pages worth offering, with gaps."""
    for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
        if isinstance(number, int):
            url = address_with(params, page=str(number) if number > 1 else None)
            yield PageLink(str(number), url, number == page.number)
        else:
            yield PageLink("…", "")
