"""What a load balancer and a monitor ask."""

from datetime import timedelta

from django.db import DatabaseError
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queries import queue_state
from tenantry.kernel import clock
from tenantry.licensing import asking
from tenantry.web.access import public

# A job that was due this long ago and still waits means: no worker is running, or all of them are stuck.
LONGEST_WAIT = timedelta(minutes=2)
_REFRESHES = (asking.ALL, asking.NEW)


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the database and the queue work, and how old the last refresh is; 503 when something does not.

    The age of the refresh is told and not judged: an installation without a partner connection has none. What counts is
    that all companies were read, or all that were new: the list of tenants, or one company, says nothing of the rest.
    """
    try:
        queue = queue_state()
        refreshed = RunRecord.objects.filter(kind__in=_REFRESHES, state=RunState.DONE).aggregate(at=Max("finished_at"))[
            "at"
        ]
    except DatabaseError:
        return JsonResponse({"ready": False, "database": "unreachable"}, status=503)
    moves = timedelta(seconds=queue.oldest_due_seconds) <= LONGEST_WAIT
    answer = {
        "ready": moves,
        "database": "ok",
        "queue": "ok" if moves else "stuck",
        "workers": queue.workers,
        "due_jobs": queue.due,
        "oldest_due_job_seconds": round(queue.oldest_due_seconds),
        "last_refresh_seconds": round((clock.now() - refreshed).total_seconds()) if refreshed else None,
    }
    return JsonResponse(answer, status=200 if moves else 503)
