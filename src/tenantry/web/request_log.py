"""One line in the log for every request: who asked for what, from where, and how it ended."""

import re
import time
import uuid
from collections.abc import Callable
from uuid import UUID

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tenantry.clients.http.redaction import HIDDEN
from tenantry.people.access import Viewer
from tenantry.people.permissions import Permission

# Whoever reads the log in time could become an owner.
_SECRET_PATH = re.compile(r"^(/first-owner/)[^/]+")
_QUIET_PATHS = ("/static/", "/healthz", "/readyz")
_log = structlog.stdlib.get_logger("tenantry.web")


class RequestLogMiddleware:
    """Give every request an id, in the logs and in the answer, and write one line about it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self._get_response(request)
            if not request.path.startswith(_QUIET_PATHS):
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                _log.info("request", **_facts(request), status=response.status_code, milliseconds=milliseconds)
        response.headers["X-Request-ID"] = request_id
        return response


def log_denied(request: HttpRequest, needs: Permission, company_id: UUID | None = None) -> None:
    """Note that somebody who is signed in asked for what they may not see; their answer is that it is not there."""
    company = {"company_id": str(company_id)} if company_id else {}
    _log.warning("access.denied", **_facts(request), needs=needs.value, **company)


def _facts(request: HttpRequest) -> dict[str, str]:
    """Return what a line says of a request; of its address only the path: queries carry Microsoft's codes."""
    facts = {
        "method": request.method or "",
        "path": _SECRET_PATH.sub(rf"\g<1>{HIDDEN}", request.path),
        "client": request.META.get("REMOTE_ADDR", ""),
    }
    viewer = getattr(request, "viewer", None)
    if isinstance(viewer, Viewer):
        facts |= {"person": viewer.person.username, "person_id": str(viewer.person.id)}
    return facts
