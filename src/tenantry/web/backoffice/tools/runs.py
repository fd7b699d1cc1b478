"""The log of refreshes and other long work, with how each ended."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.audit.jobs import BROKEN, VERIFY, WHOLE
from tenantry.connection.actions.common import CERTIFICATE, CHECK, CONSENT, DIRECT_CSP, REFRESH_TENANTS
from tenantry.connection.texts import run_text
from tenantry.jobs import retention, runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.kernel import dates
from tenantry.kernel.actor import Actor
from tenantry.kernel.counting import count_kinds
from tenantry.licensing import asking
from tenantry.people import queries as people
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
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

_KINDS = {
    "open": Q(state__in=(RunState.WAITING, RunState.RUNNING)),
    "done": Q(state=RunState.DONE),
    "failed": Q(state=RunState.FAILED),
}
_TONES = {RunState.WAITING: "neutral", RunState.RUNNING: "info", RunState.DONE: "positive", RunState.FAILED: "critical"}


@office(Permission.OFFICE_SEE)
def log(request: OfficeRequest) -> HttpResponse:
    """Show refreshes and other long work, the newest first."""
    asked = asked_of(request, _KINDS)
    kind = request.GET.get("kind", "")
    every = runs.log(
        companies=asked.companies(),
        kinds=(kind,) if kind in kinds() else (),
        asked_by=asked.search,
        since=asked.since,
    )
    found = every.filter(_KINDS.get(asked.show, Q()))
    if wants_file(request):
        listed = list(found[:MOST_IN_FILE])
        names = _names(listed)
        return log_file(_("Refreshes"), asked, _head(), [_cells(run, names) for run in listed])
    listed = list(found[asked.offset : asked.offset + PER_PAGE + 1])
    return render_page(request, "tools/log", _page(request, asked, listed, kind, count_kinds(every, _KINDS)))


def _page(
    request: OfficeRequest, asked: Asked, listed: list[RunRecord], kind: str, counts: Mapping[str, int]
) -> dict[str, object]:
    names = _names(listed)
    return log_page(
        request,
        asked,
        "runs",
        [_line(run, names) for run in listed],
        sentence=_("Everything that was read from Microsoft, by itself or because somebody asked"),
        search_label=_("Search who asked"),
        shows={"": _("All"), "open": _("Under way"), "done": _("Done"), "failed": _("Failed")},
        counts=counts,
        kept_days=retention.kept().run_days,
        choices=[Choice("kind", _("Kind"), [("", _("Every kind")), *kinds().items()], kind)],
    )


def kinds() -> dict[str, str]:
    """Name every kind of run."""
    return {
        asking.ALL: _("Refresh of all companies"),
        asking.NEW: _("First refresh of new companies"),
        asking.ONE: _("Refresh of one company"),
        asking.AUDIT: _("Reading Microsoft's audit records"),
        REFRESH_TENANTS: _("Reading the tenants"),
        DIRECT_CSP: _("Direct CSP test"),
        CONSENT: _("Partner Center consent"),
        CHECK: _("Check of a partner connection"),
        CERTIFICATE: _("Making a certificate"),
        VERIFY: _("Check of the audit record"),
    }


def state_text(state: str) -> str:
    """Name the state of a run."""
    return {
        RunState.WAITING.value: _("Waiting"),
        RunState.RUNNING.value: _("Running"),
        RunState.DONE.value: _("Done"),
        RunState.FAILED.value: _("Failed"),
    }[state]


def _line(run: RunRecord, names: Mapping[UUID, str]) -> Line:
    sentence, more = ending(run)
    company = names.get(run.company_id, "") if run.company_id else ""
    who = _("by itself") if run.asked_by in ("", Actor.system().label) else run.asked_by
    return Line(
        at=run.created_at,
        sentence=kinds().get(run.kind, run.kind),
        details=parts(company, who, sentence),
        mark=_badge(run),
        facts=facts(
            (_("Asked for"), dates.stamp(run.created_at)),
            (_("Asked by"), who),
            (_("Company"), company),
            (_("Began"), dates.stamp(run.started_at) if run.started_at else ""),
            (_("Ended"), dates.stamp(run.finished_at) if run.finished_at else ""),
            (_("Took"), _took(run)),
            (_("Steps"), f"{run.steps_done} / {run.steps_total}" if run.steps_total else ""),
            (_("Result"), sentence),
            *more,
            copied=[(_("Microsoft's request id"), run.details.get("request_id"))],
        ),
        links=_links(run),
    )


def ending(run: RunRecord) -> tuple[str, tuple[tuple[str, object], ...]]:
    """Say how a run ended, and what else is known about that."""
    details = run.details
    match run.message_key:
        case "":
            return "", ()
        case "refreshed" | "refresh_failed":
            return _refreshed(details)
        case "audit_records_read":
            return _unkept_words(details), _unkept(details)
        case key if key == WHOLE:
            rows = int(details["rows"])
            return (
                ngettext("The record is whole: %(n)d row was read.", "The record is whole: %(n)d rows were read.", rows)
                % {"n": rows},
                ((_("Chains"), details["chains"]),),
            )
        case key if key == BROKEN:
            return (
                ngettext(
                    "The record is broken at %(broken)d place.",
                    "The record is broken at %(broken)d places.",
                    int(details["broken"]),
                )
                % details,
                (),
            )
    told = run_text(run.message_key, details)
    return told.sentence, (
        (_("In detail"), told.detail),
        *_unkept(details),
        (_("What to do"), told.next_step),
        (_("Who can"), told.who),
        (_("Microsoft's words"), told.words),
        (_("Microsoft's code"), told.code),
        (_("Error"), details.get("error")),
    )


def _unkept_words(details: Mapping[str, Any]) -> str:
    count = details["unkept"]
    return ngettext("%(n)d record could not be kept", "%(n)d records could not be kept", count) % {"n": count}


def _unkept(details: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
    """Name the records of Microsoft that could not be kept, as many as the run has noted."""
    return tuple((_("Could not be kept"), told) for told in details.get("unkept_told", ()))


def _refreshed(details: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, object], ...]]:
    read = details["companies"] - details["failed"]
    words = ngettext("%(n)d company read", "%(n)d companies read", read) % {"n": read}
    if details["failed"]:
        words = _("%(words)s, %(n)d could not be read") % {"words": words, "n": details["failed"]}
    if details.get("unkept"):
        words = _("%(words)s. %(more)s") % {"words": words, "more": _unkept_words(details)}
    return words, (
        *_unkept(details),
        (_("New subscriptions"), details["added"]),
        (_("Changed subscriptions"), details["changed"]),
        (_("No longer listed"), details["gone"]),
    )


def _badge(run: RunRecord) -> SafeString:
    return marks.badge(state_text(run.state), _TONES[RunState(run.state)])


def _took(run: RunRecord) -> str:
    if run.started_at is None or run.finished_at is None:
        return ""
    return _("%(seconds).1f seconds") % {"seconds": (run.finished_at - run.started_at).total_seconds()}


def _links(run: RunRecord) -> tuple[tuple[str, str], ...]:
    if run.company_id is not None:
        return (company_link(run.company_id), (_("Open the company"), reverse("office:company", args=[run.company_id])))
    return ()


def _names(listed: list[RunRecord]) -> dict[UUID, str]:
    return people.company_names(run.company_id for run in listed if run.company_id)


def _head() -> list[str]:
    return [_("When"), _("What"), _("Company"), _("Asked by"), _("State"), _("Began"), _("Ended"), _("Result")]


def _cells(run: RunRecord, names: Mapping[UUID, str]) -> list[str]:
    return [
        dates.stamp(run.created_at),
        kinds().get(run.kind, run.kind),
        names.get(run.company_id, "") if run.company_id else "",
        run.asked_by,
        state_text(run.state),
        dates.stamp(run.started_at) if run.started_at else "",
        dates.stamp(run.finished_at) if run.finished_at else "",
        ending(run)[0],
    ]
