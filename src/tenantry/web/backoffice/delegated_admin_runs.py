"""What the worker does for a connection while somebody watches: consent, checks, certificates, the Direct CSP test."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tenantry.connection import actions, queries
from tenantry.connection.actions.common import CERTIFICATE, CHECK, CONSENT, DIRECT_CSP, REFRESH_TENANTS
from tenantry.connection.health import Standing
from tenantry.connection.models import ConnectionMode, DirectCsp
from tenantry.connection.queries import ConnectionView
from tenantry.connection.texts import RunText, refusal_text, run_text
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queries import queue_state
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.moment import Moment
from tenantry.people.permissions import Permission
from tenantry.people.queries import companies_of_tenants
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import render_page
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.delegated_admin import connection_crumbs, known_connection
from tenantry.web.backoffice.delegated_admin_words import card_of
from tenantry.web.backoffice.ids import as_tenant_id
from tenantry.web.backoffice.lists import PER_PAGE, page_number, page_of, search_of
from tenantry.web.ui.frame import Crumb, ProgressStep

_OPEN = (RunState.WAITING, RunState.RUNNING)
# A worker takes a job up within milliseconds; after this long the page asks whether there is one.
_NO_WORKER_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as its page shows it."""

    title: str
    steps: tuple[ProgressStep, ...]
    is_open: bool
    failed: bool
    text: RunText | None  # how it ended
    is_direct_csp: bool
    is_certificate: bool
    is_tenants: bool
    consent_again: bool  # granting consent again is the way on
    no_worker: bool


@office(Permission.OFFICE_SEE, every_company=True)
def run(request: OfficeRequest, run_id: UUID) -> HttpResponse:
    """Show how far a run is and how it ended: a page, or its inner part for the page that asks every half second."""
    found = runs.run(run_id)
    if found is None or found.kind not in _titles():
        raise Http404
    moment = Moment.current()
    view = _connection_of(found, moment)
    shown = _run_view(found, view, moment)
    context: dict[str, object] = {
        "run": found,
        "shown": shown,
        "view": view,
        "real_now": moment.real,
        "may_add": request.viewer.may(Permission.OFFICE_COMPANIES),
        "first_companies": view is not None and found.kind == DIRECT_CSP and not companies_of_tenants(view.id),
        "next_is_direct_csp": view is not None
        and not shown.failed
        and found.kind in (CONSENT, CHECK)
        and view.direct_csp != DirectCsp.SET,
    }
    if "HX-Request" in request.headers:
        return render_page(
            request, "delegated_admin/_run", context | {"may_change": request.viewer.may(Permission.OFFICE_OWNER)}
        )
    crumbs = connection_crumbs(view, shown.title) if view is not None else _crumbs(shown.title)
    return render_page(
        request,
        "delegated_admin/run",
        office_page(
            request,
            "companies",
            moment,
            **context,
            crumbs=crumbs,
            may_change=request.viewer.may(Permission.OFFICE_OWNER),
        ),
    )


@office(Permission.OFFICE_OWNER, every_company=True)
@require_POST
def check(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Have the whole way to Microsoft tried now."""
    return _watch(
        request,
        actions.ask_check(acting_as=request.viewer.acting_as(), connection_id=connection_id, now=Moment.current().real),
    )


@office(Permission.OFFICE_OWNER, every_company=True)
@require_POST
def new_certificate(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Have another certificate made, beside the one in use."""
    return _watch(
        request,
        actions.ask_new_certificate(
            acting_as=request.viewer.acting_as(), connection_id=connection_id, now=Moment.current().real
        ),
    )


@office(Permission.OFFICE_OWNER, every_company=True)
def direct_csp(request: OfficeRequest, connection_id: UUID) -> HttpResponse:
    """Choose a tenant to test Direct CSP against, confirm, and have it tested."""
    view = known_connection(connection_id)
    if request.method == "POST":
        return _watch(
            request,
            actions.ask_direct_csp_test(
                acting_as=request.viewer.acting_as(),
                connection_id=connection_id,
                tenant_id=as_tenant_id(request.POST.get("tenant", "")),
                now=Moment.current().real,
            ),
        )
    moment = Moment.current()
    chosen = queries.tenants(view.id, search=request.GET.get("tenant", ""), limit=1).rows
    confirming = chosen[0] if chosen and chosen[0].tenant_id == request.GET.get("tenant") else None
    number, search = page_number(request), search_of(request)
    found = queries.tenants(view.id, search=search, offset=(number - 1) * PER_PAGE, limit=PER_PAGE)
    context = office_page(
        request,
        "companies",
        moment,
        view=view,
        card=card_of(view, moment.real),
        confirming=confirming,
        tenants=found.rows,
        page=page_of(found.total, number, PER_PAGE),
        search=search,
        state=ngettext("%(n)d tenant to choose from", "%(n)d tenants to choose from", view.tenants)
        % {"n": view.tenants},
        crumbs=connection_crumbs(view, _("Enable Direct CSP")),
    )
    return render_page(request, "delegated_admin/direct_csp", context)


def _watch(request: OfficeRequest, outcome: RunRecord | Refusal) -> HttpResponse:
    if isinstance(outcome, Refusal):
        messages.error(request, " ".join(refusal_text(outcome)))
        return redirect("office:delegated_admin")
    return redirect("office:connection_run", outcome.id)


def _run_view(found: RunRecord, view: ConnectionView | None, moment: Moment) -> RunView:
    over = found.state not in _OPEN
    failed = found.state == RunState.FAILED
    by_consent = view is not None and view.mode == ConnectionMode.CONSENT
    broken = view is not None and view.health.standing == Standing.BROKEN
    waits = found.state == RunState.WAITING and moment.real - found.created_at > _NO_WORKER_AFTER
    return RunView(
        title=_titles()[found.kind],
        steps=_steps(found),
        is_open=not over,
        failed=failed,
        text=run_text(found.message_key, found.details) if over else None,
        is_direct_csp=found.kind == DIRECT_CSP,
        is_certificate=found.kind == CERTIFICATE,
        is_tenants=found.kind == REFRESH_TENANTS,
        consent_again=failed and by_consent and (found.kind == CONSENT or broken),
        no_worker=waits and queue_state().workers == 0,
    )


def _steps(found: RunRecord) -> tuple[ProgressStep, ...]:
    """Return the steps of a run with how far they are; the one at which it failed says so."""
    labels = _step_labels()[found.kind]
    done = len(labels) if found.state == RunState.DONE else found.steps_done
    at_work = {RunState.FAILED: "failed", RunState.RUNNING: "active"}.get(RunState(found.state), "waiting")
    return tuple(
        ProgressStep(label, "done" if number < done else at_work if number == done else "waiting")
        for number, label in enumerate(labels)
    )


def _connection_of(found: RunRecord, moment: Moment) -> ConnectionView | None:
    named = found.subject_id or found.details.get("connection_id", "")
    return queries.connection(UUID(str(named)), moment.real) if named else None


def _titles() -> dict[str, str]:
    return {
        CONSENT: _("Granting Partner Center consent"),
        CHECK: _("Checking the connection"),
        DIRECT_CSP: _("Enabling Direct CSP"),
        CERTIFICATE: _("Making a certificate"),
        REFRESH_TENANTS: _("Reading the tenants"),
    }


def _step_labels() -> dict[str, tuple[str, ...]]:
    return {
        CONSENT: (_("Get a token from Microsoft"), _("Try it at Partner Center"), _("Keep the connection")),
        CHECK: (_("Get a token from Microsoft"), _("List the tenants")),
        DIRECT_CSP: (
            _("Try the account at Partner Center"),
            _("Read the tenant and its subscriptions"),
        ),
        CERTIFICATE: (_("Make key and certificate"),),
        REFRESH_TENANTS: (_("List the tenants"),),
    }


def _crumbs(label: str) -> list[Crumb]:
    return [
        Crumb(_("Companies"), reverse("office:companies")),
        Crumb(_("Delegated Admin"), reverse("office:delegated_admin")),
        Crumb(label),
    ]
