"""What all logs have in common: one line per event with its details, filters, pages, a file, how long it is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.branding import queries as branding
from tenantry.licensing.moment import Moment
from tenantry.people import queries as people
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.backoffice.lists import PER_PAGE, page_number, search_of, slice_of
from tenantry.web.portal.files import csv_answer
from tenantry.web.ui.components.chips import Chip, chips
from tenantry.web.ui.components.data import address_with
from tenantry.web.ui.frame import Tab

_PERIODS = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30), "365": timedelta(days=365)}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know about an event; ``copy`` for what somebody will paste elsewhere."""

    label: str
    value: str
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One event as plain words: what the line says, and what opens under it."""

    at: datetime
    sentence: str
    details: tuple[str, ...] = ()
    code: bool = False
    mark: SafeString = field(default_factory=SafeString)
    facts: tuple[Fact, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()  # titles and what was stored, such as JSON
    links: tuple[tuple[str, str], ...] = ()  # words and addresses


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with many values."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader of a log asks for, as far as all logs have it."""

    moment: Moment
    only: frozenset[UUID] | None
    search: str
    show: str
    company_id: UUID | None
    since: datetime | None
    number: int

    @property
    def offset(self) -> int:
        """Return how many events come before this page."""
        return (self.number - 1) * PER_PAGE

    def companies(self) -> frozenset[UUID] | None:
        """Return the companies whose events are shown; None means all."""
        if self.company_id is None:
            return self.only
        chosen = frozenset({self.company_id})
        return chosen if self.only is None else chosen & self.only


def asked_of(request: OfficeRequest, shows: Iterable[str]) -> Asked:
    """Read the filters of an address; anything odd counts as not asked."""
    moment = Moment.current()
    show = request.GET.get("show", "")
    period = _PERIODS.get(request.GET.get("period", ""))
    return Asked(
        moment=moment,
        only=request.viewer.office_companies(),
        search=search_of(request),
        show=show if show in set(shows) else "",
        company_id=as_uuid(request.GET.get("company", "")),
        since=None if period is None else moment.real - period,
        number=page_number(request),
    )


def log_page(
    request: OfficeRequest,
    asked: Asked,
    key: str,
    lines: Sequence[Line],
    *,
    sentence: str,
    search_label: str,
    shows: Mapping[str, str],
    counts: Mapping[str, int],
    kept_days: int | None,
    choices: Sequence[Choice] = (),
    more: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Return the context of a log; ``lines`` may have one more than a page, which tells that older ones exist.

    ``shows`` are the parts of the log by their value in the address, ``counts`` how long they are (`count_kinds`).
    """
    filters = ("q", "show", "period", "company", *(choice.name for choice in choices), "order", "subject", "person")
    return office_page(
        request,
        "logs",
        asked.moment,
        title=_("Logs"),
        state=sentence,
        tabs=log_tabs(key),
        slice=slice_of(request, lines[:PER_PAGE], PER_PAGE, older=len(lines) > PER_PAGE),
        search=asked.search,
        search_label=search_label,
        chips=chips(request.GET, "show", shows, asked.show, counts) if shows else [],
        narrowed=_narrowed(request, asked),
        choices=[*choices, _period(request)],
        filtered=any(request.GET.get(name) for name in filters),
        everything_url=request.path,
        kept=_kept(kept_days),
        retention_url=_retention_url(request, kept_days),
    ) | dict(more or {})


def log_tabs(key: str) -> list[Tab]:
    """Return the logs."""
    logs = [
        ("runs", _("Refreshes"), "logs"),
        ("calls", _("Calls to Microsoft"), "call_log"),
        ("sign_ins", _("Sign-ins"), "sign_in_log"),
        ("audit", _("Audit"), "audit_log"),
    ]
    return [Tab(label, reverse(f"office:{name}"), tab == key) for tab, label, name in logs]


def log_file(what: str, asked: Asked, head: list[str], rows: Iterable[list[str]]) -> HttpResponse:
    """Answer with the events as a file."""
    return csv_answer(what, branding.current().portal_name, asked.moment.real, [head, *rows])


def company_link(company_id: UUID) -> tuple[str, str]:
    """Lead to what this log has about one company."""
    return _("Only this company"), f"?company={company_id}"


def facts(*pairs: tuple[str, object], copied: Iterable[tuple[str, object]] = ()) -> tuple[Fact, ...]:
    """Make facts of what is there; empty values are left out."""
    told = [Fact(label, str(value)) for label, value in pairs if value not in (None, "")]
    told += [Fact(label, str(value), copy=True) for label, value in copied if value not in (None, "")]
    return tuple(told)


def parts(*words: str) -> tuple[str, ...]:
    """Keep what is there."""
    return tuple(word for word in words if word)


def _narrowed(request: HttpRequest, asked: Asked) -> list[Chip]:
    """Return what was followed here from elsewhere, each to be taken away with one click."""
    found = []
    if asked.company_id is not None:
        visible = asked.companies()
        names = people.company_names(visible or ())
        found.append(("company", names.get(asked.company_id, _("One company"))))
    labels = {"order": _("One change order"), "subject": _("One subject"), "person": _("One person")}
    found += [(name, label) for name, label in labels.items() if request.GET.get(name)]
    return [
        Chip(label, address_with(request.GET, **{name: None, "page": None}), chosen=True, removes=True)
        for name, label in found
    ]


def _period(request: HttpRequest) -> Choice:
    options = [
        ("", _("Any time")),
        ("1", _("Last 24 hours")),
        ("7", _("Last 7 days")),
        ("30", _("Last 30 days")),
        ("365", _("Last year")),
    ]
    return Choice("period", _("Period"), options, request.GET.get("period", ""))


def _kept(days: int | None) -> str:
    if days is None:
        return _("Kept for ever.")
    return ngettext("Kept for %(n)d day.", "Kept for %(n)d days.", days) % {"n": days}


def _retention_url(request: OfficeRequest, days: int | None) -> str:
    if days is None or not request.viewer.may(Permission.OFFICE_SETTINGS):
        return ""
    return reverse("office:retention")
