"""The log of calls to Microsoft: redacted, with the ids that Microsoft's support asks for."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.connection import queries as connections
from tenantry.jobs import retention
from tenantry.kernel import dates
from tenantry.people import queries as people
from tenantry.people.permissions import Permission
from tenantry.traffic import queries as traffic
from tenantry.traffic.models import CallRecord
from tenantry.traffic.queries import CallOutcome, CallPage
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.backoffice.lists import MOST_IN_FILE, PER_PAGE, wants_file
from tenantry.web.backoffice.tools.lines import (
    Asked,
    Choice,
    Line,
    asked_of,
    company_link,
    facts,
    log_file,
    log_page,
    parts,
)
from tenantry.web.ui.components import marks


@office(Permission.OFFICE_SEE)
def log(request: OfficeRequest) -> HttpResponse:
    """Show calls to Microsoft, the newest first; staff for named companies see those about these companies."""
    asked = asked_of(request, (outcome.value for outcome in CallOutcome))
    if wants_file(request):
        rows = _found(request, asked, 0, MOST_IN_FILE).rows
        companies = _companies(asked, rows)
        return log_file(_("Calls to Microsoft"), asked, _head(), [_cells(call, companies) for call in rows])
    found = _found(request, asked, asked.offset, PER_PAGE + 1)
    rows = found.rows
    companies = _companies(asked, rows)
    known = connections.connections(asked.moment.real)
    names = {one.id: one.name for one in known}
    context = log_page(
        request,
        asked,
        "calls",
        [_line(call, companies, names) for call in rows],
        sentence=_("Every call to Microsoft, without secrets and without contents"),
        search_label=_("Search request id or path"),
        shows={
            "": _("All"),
            CallOutcome.GOOD.value: _("Answered"),
            CallOutcome.REFUSED.value: _("Refused"),
            CallOutcome.THROTTLED.value: _("Throttled"),
            CallOutcome.TROUBLE.value: _("Trouble or no answer"),
        },
        counts=found.counts,
        kept_days=retention.kept().call_days,
        choices=_connection_choice(request, list(names.items())),
    )
    return render_page(request, "tools/log", context)


def _found(request: OfficeRequest, asked: Asked, offset: int, limit: int) -> CallPage:
    companies = asked.companies()
    return traffic.calls(
        source_id=as_uuid(request.GET.get("connection", "")),
        customers=None if companies is None else people.tenants_of(companies),
        order_id=as_uuid(request.GET.get("order", "")),
        outcome=CallOutcome(asked.show) if asked.show else None,
        search=asked.search,
        since=asked.since,
        offset=offset,
        limit=limit,
    )


def _connection_choice(request: OfficeRequest, names: list[tuple[UUID, str]]) -> list[Choice]:
    if len(names) < 2:
        return []
    options = [("", _("Every connection")), *((str(one), name) for one, name in names)]
    return [Choice("connection", _("Partner connection"), options, request.GET.get("connection", ""))]


def _companies(asked: Asked, rows: tuple[CallRecord, ...]) -> dict[str, tuple[UUID, str]]:
    return people.companies_at((row.customer for row in rows if row.customer), only=asked.only)


def _is_quoted(call: CallRecord) -> bool:
    """Say whether Microsoft gave the words: a lost line and a bare status have none but ours."""
    return call.status is not None and call.words != f"HTTP {call.status}"


def _line(call: CallRecord, companies: dict[str, tuple[UUID, str]], connections: dict[UUID, str]) -> Line:
    company = companies.get(call.customer)
    took = _("%(n)d ms") % {"n": call.milliseconds}
    again = _("try %(n)d") % {"n": call.attempt} if call.attempt > 1 else ""
    links = []
    if company is not None:
        links.append(company_link(company[0]))
    if call.order_id is not None:
        links.append((_("Open the change order"), reverse("office:order", args=[call.order_id])))
    return Line(
        at=call.happened_at,
        sentence=f"{call.method} {call.path}",
        details=parts(company[1] if company else "", call.words, took, again),
        code=True,
        mark=_badge(call),
        facts=facts(
            (_("When"), dates.stamp(call.happened_at)),
            (_("Partner connection"), connections.get(call.source_id, "") if call.source_id else ""),
            (_("Company"), company[1] if company else ""),
            (_("Tenant"), call.customer),
            (_("Microsoft's code"), call.code),
            (_("Microsoft's words") if _is_quoted(call) else _("What went wrong"), call.words),
            (_("Took"), took),
            (_("Try"), call.attempt),
            copied=[(_("Request id"), call.request_id), (_("Correlation id"), call.correlation_id)],
        ),
        links=tuple(links),
    )


def _badge(call: CallRecord) -> SafeString:
    if call.status is None:
        return marks.badge(_("No answer"), "critical")
    if call.status < 400:
        return marks.badge(str(call.status), "positive")
    return marks.badge(str(call.status), "critical" if call.status >= 500 else "caution")


def _head() -> list[str]:
    return [
        _("When"),
        _("Method"),
        _("Path"),
        _("Status"),
        _("Company"),
        _("Tenant"),
        _("Milliseconds"),
        _("Try"),
        _("Microsoft's code"),
        _("Microsoft's words"),
        _("Request id"),
        _("Correlation id"),
    ]


def _cells(call: CallRecord, companies: dict[str, tuple[UUID, str]]) -> list[str]:
    company = companies.get(call.customer)
    return [
        dates.stamp(call.happened_at),
        call.method,
        call.path,
        "" if call.status is None else str(call.status),
        company[1] if company else "",
        call.customer,
        str(call.milliseconds),
        str(call.attempt),
        call.code,
        call.words,
        call.request_id,
        call.correlation_id,
    ]
