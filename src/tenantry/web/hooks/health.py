"""What a load balancer and a monitor ask. They are answered in time, whatever the database does."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from django.db import Error, connection
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queries import queue_state
from tenantry.kernel import clock
from tenantry.licensing import asking

# A job that was due this long ago and still waits means: no worker is running, or all of them are stuck.
LONGEST_WAIT = timedelta(minutes=2)
# A monitor is to have its answer within two seconds.
LOOK_SECONDS = 1.5
_REFRESHES = (asking.ALL, asking.NEW)


class ProbeMiddleware:
    """Answer `/healthz` and `/readyz` before anything that may ask the database, such as a session, is begun."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = _PROBES.get(request.path)
        if probe is None:
            return self._get_response(request)
        answer = probe(request)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Length"] = str(len(answer.content))
        return answer


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the database and the queue work, and how old the last refresh is; 503 when something does not.

    The age of the refresh is told and not judged: an installation without a partner connection has none. What counts is
    that all companies were read, or all that were new: the list of tenants, or one company, says nothing of the rest.
    """
    try:
        found = _looks.answer()
    except (Error, TimeoutError):
        found = {"ready": False, "database": "unreachable"}
    return JsonResponse(found, status=200 if found["ready"] else 503)


_PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}


class _Looks:
    """Looks at the database from a thread of their own, one at a time; whoever asks meanwhile gets the same answer."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "readiness")
        self._lock = threading.Lock()
        self._under_way: Future[dict[str, object]] | None = None
        self._begun = 0.0

    def answer(self) -> dict[str, object]:
        """Return what the look under way, or a new one, finds.

        Errors: those of the database; TimeoutError when it has not ended LOOK_SECONDS after its beginning.
        """
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way, self._begun = self._thread.submit(_look), time.monotonic()
            look, left = self._under_way, self._begun + LOOK_SECONDS - time.monotonic()
        return look.result(max(left, 0))


_looks = _Looks()


def _look() -> dict[str, object]:
    """Look on a connection of its own: one that was kept would not tell that there are no more to be had."""
    try:
        queue = queue_state()
        done = RunRecord.objects.filter(kind__in=_REFRESHES, state=RunState.DONE)
        refreshed = done.aggregate(at=Max("finished_at"))["at"]
    finally:
        connection.close()
    moves = timedelta(seconds=queue.oldest_due_seconds) <= LONGEST_WAIT
    return {
        "ready": moves,
        "database": "ok",
        "queue": "ok" if moves else "stuck",
        "workers": queue.workers,
        "due_jobs": queue.due,
        "oldest_due_job_seconds": round(queue.oldest_due_seconds),
        "last_refresh_seconds": round((clock.now() - refreshed).total_seconds()) if refreshed else None,
    }
