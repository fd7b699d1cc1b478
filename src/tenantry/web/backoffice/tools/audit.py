"""The audit record: who did what, for whom, with what outcome, and whether all of it is whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenantry.audit import jobs as checking
from tenantry.audit import queries as record
from tenantry.audit.models import AuditRow
from tenantry.connection.advice import advice, has_advice
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.kernel import dates
from tenantry.licensing.moment import Moment
from tenantry.people import queries as people
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import reload_page, render_page
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
from tenantry.web.backoffice.tools.runs import ending
from tenantry.web.backoffice.tools.verbs import subjects, verb_text
from tenantry.web.ui.components import marks

_OPEN = (RunState.WAITING, RunState.RUNNING)
_TONES = {
    "applied": "positive",
    "scheduled": "positive",
    "refused": "caution",
    "failed": "critical",
    "unsure": "caution",
}


@dataclass(frozen=True, slots=True)
class Check:
    """The last check of the whole record."""

    run: RunRecord
    is_open: bool
    whole: bool
    sentence: str
    breaks: tuple[str, ...]


@office(Permission.OFFICE_SEE)
def log(request: OfficeRequest) -> HttpResponse:
    """Show the record, the newest rows first; staff for named companies see the rows of these companies only."""
    asked = asked_of(request, ())
    subject = request.GET.get("what", "")
    found = record.rows(
        companies=asked.companies(),
        with_partner=asked.companies() is None,
        verb=subject if subject in subjects() else "",
        actor=request.GET.get("person", ""),
        subject_id=request.GET.get("subject", ""),
        search=asked.search,
        since=asked.since,
    )
    if wants_file(request):
        rows = list(found[:MOST_IN_FILE])
        names = _names(rows)
        return log_file(_("Audit"), asked, _head(), [_cells(row, names) for row in rows])
    rows = list(found[asked.offset : asked.offset + PER_PAGE + 1])
    return render_page(request, "tools/audit", _page(request, asked, rows, subject))


@office(Permission.OFFICE_SEE, every_company=True)
@require_POST
def verify(request: OfficeRequest) -> HttpResponse:
    """Have the whole record checked."""
    checking.ask_verify(acting_as=request.viewer.acting_as(), now=Moment.current().real)
    return redirect("office:audit_log")


@office(Permission.OFFICE_SEE, every_company=True)
def progress(request: OfficeRequest) -> HttpResponse:
    """Show that a check is under way, as a fragment; once it is over the page around it is loaded again."""
    check = _check()
    if check is None or not check.is_open:
        return reload_page()
    return render_page(request, "tools/_check", {"check": check})


def _page(request: OfficeRequest, asked: Asked, rows: list[AuditRow], subject: str) -> dict[str, object]:
    names = _names(rows)
    everything = request.viewer.office_companies() is None
    return log_page(
        request,
        asked,
        "audit",
        [_line(row, names) for row in rows],
        sentence=_("Who did what; rows can be added, and never changed or removed"),
        search_label=_("Search person, subject or request id"),
        shows={},
        counts={},
        kept_days=None,
        choices=[Choice("what", _("About"), [("", _("Everything")), *subjects().items()], subject)],
        more={"may_check": everything, "check": _check() if everything else None},
    )


def _check() -> Check | None:
    run = runs.latest(checking.VERIFY)
    if run is None:
        return None
    whole = run.message_key == checking.WHOLE
    return Check(run, run.state in _OPEN, whole, ending(run)[0], _breaks(run.details))


def _breaks(details: Mapping[str, list[dict[str, str]]]) -> tuple[str, ...]:
    """Say where the record is broken."""
    found = details.get("breaks", [])
    names = people.company_names(UUID(one["company_id"]) for one in found if one["company_id"])
    words = {
        record.Fault.CHANGED: _("the row does not say what it said when it was written"),
        record.Fault.MISSING: _("the row is missing"),
        record.Fault.REORDERED: _("the row does not follow the one before it"),
        record.Fault.HEAD: _("the end of the chain is not where it should be"),
        record.Fault.WENT_BACK: _("the chain is shorter than what was published"),
        record.Fault.NOT_AS_PUBLISHED: _("the row is not the one that was published"),
    }
    return tuple(
        _("%(chain)s, row %(number)s: %(what)s")
        % {
            "chain": names.get(UUID(one["company_id"]), one["company_id"]) if one["company_id"] else _("Partner"),
            "number": one["sequence"],
            "what": words[record.Fault(one["fault"])],
        }
        for one in found
    )


def _line(row: AuditRow, names: Mapping[UUID, str]) -> Line:
    company, why = names.get(row.company_id, "") if row.company_id else "", _why(row)
    links = []
    if row.company_id is not None:
        links.append(company_link(row.company_id))
    if row.actor_id:
        links.append((_("Only this person"), f"?person={row.actor_id}"))
    links.append((_("All about this subject"), f"?subject={row.subject_id}"))
    if row.subject_kind == "change_order":
        links.append((_("Open the change order"), reverse("office:order", args=[row.subject_id])))
    return Line(
        at=row.happened_at,
        sentence=verb_text(row.verb),
        details=parts(row.subject_name, company if company != row.subject_name else "", row.actor_name, why),
        mark=marks.badge(_outcome(row.outcome), _TONES.get(row.outcome, "neutral"))
        if row.outcome and not why
        else SafeString(),
        facts=facts(
            (_("When"), dates.stamp(row.happened_at)),
            (_("Who"), row.actor_name),
            (_("As"), _kind(row.actor_kind)),
            (_("What"), row.verb),
            (_("Subject"), row.subject_name),
            (_("Company"), company),
            (_("Outcome"), why or _outcome(row.outcome)),
            (_("Rule"), row.rule),
            (_("Row in its chain"), row.sequence),
            copied=[
                (_("Microsoft's request id"), row.request_id),
                (_("Hash of the row"), bytes(row.hash).hex()),
            ],
        ),
        texts=tuple(
            (title, _pretty(value)) for title, value in ((_("Before"), row.before), (_("After"), row.after)) if value
        ),
        links=tuple(links),
    )


def _kind(kind: str) -> str:
    return {
        "end_user": _("end user"),
        "staff": _("staff"),
        "operator": _("operator"),
        "system": _("the system itself"),
        "microsoft": _("Microsoft"),
    }.get(kind, kind)


def _why(row: AuditRow) -> str:
    """Return what the trouble with a connection was, where that is the outcome; a sentence is no mark."""
    troubled = row.subject_kind == "partner_connection" and has_advice(row.outcome)
    return advice(row.outcome).sentence if troubled else ""


def _outcome(outcome: str) -> str:
    return {
        "requested": _("Saved"),
        "queued": _("Waiting"),
        "sending": _("Sent"),
        "unsure": _("Unsure"),
        "applied": _("Applied"),
        "scheduled": _("Scheduled"),
        "refused": _("Refused"),
        "failed": _("Failed"),
        "withdrawn": _("Withdrawn"),
    }.get(outcome, outcome)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _names(rows: list[AuditRow]) -> dict[UUID, str]:
    return people.company_names(row.company_id for row in rows if row.company_id)


def _head() -> list[str]:
    return [
        _("When"),
        _("Chain"),
        _("Row"),
        _("Who"),
        _("As"),
        _("What"),
        _("Subject"),
        _("Company"),
        _("Outcome"),
        _("Rule"),
        _("Before"),
        _("After"),
        _("Microsoft's request id"),
        _("Hash"),
    ]


def _cells(row: AuditRow, names: Mapping[UUID, str]) -> list[str]:
    return [
        dates.stamp(row.happened_at),
        str(row.company_id or "partner"),
        str(row.sequence),
        row.actor_name,
        row.actor_kind,
        row.verb,
        row.subject_name,
        names.get(row.company_id, "") if row.company_id else "",
        row.outcome,
        row.rule,
        "" if row.before is None else json.dumps(row.before, ensure_ascii=False, sort_keys=True),
        "" if row.after is None else json.dumps(row.after, ensure_ascii=False, sort_keys=True),
        row.request_id,
        bytes(row.hash).hex(),
    ]
