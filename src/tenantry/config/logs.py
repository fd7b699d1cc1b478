"""Logs: one line per event with its request id or order id, and never a secret in it."""

import logging
import logging.config
import re
import sys
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.typing import EventDict, Processor, WrappedLogger

from tenantry.clients.http.redaction import HIDDEN, redact

_SECRET_NAMES = ("token", "secret", "password", "authorization", "cookie", "private_key", "assertion", "verifier")
# Whoever reads the log in time could become an owner.
_SECRET_PATH = re.compile(r"^(/first-owner/)[^/]+")
_QUIET_PATHS = ("/static/", "/healthz", "/readyz")
_request_log = structlog.stdlib.get_logger("tenantry.web")


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace the values of fields that are named like secrets, and whatever looks like one in a text."""
    for name, value in event.items():
        if isinstance(value, bool | int | float) or value is None:
            continue
        if any(word in name.lower() for word in _SECRET_NAMES):
            event[name] = HIDDEN
        elif not name.startswith("_"):
            event[name] = redact(value if isinstance(value, str) else repr(value))
    return event


def set_up(style: str, level: str) -> None:
    """Send every log, ours and the libraries', through structlog to the standard error output.

    ``style`` is ``json`` (one object per line) or ``text`` (for people).
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        structlog.stdlib.PositionalArgumentsFormatter(),
        hide_secrets,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {"stderr": {"()": _CurrentStderr, "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": level.upper()},
            "loggers": {
                # Our own middleware writes one line per request; a 404 is no warning.
                "django.request": {"level": "ERROR"},
                "django.server": {"level": "ERROR"},
                "httpx2": {"level": "WARNING"},
                "httpcore2": {"level": "WARNING"},
                "procrastinate": {"level": "WARNING"},
            },
        }
    )


class _CurrentStderr(logging.Handler):
    """Write to whatever the standard error output is now; a test runner replaces it between tests."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except (OSError, ValueError):
            self.handleError(record)


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
                # Only the path: the query of the sign-in return carries Microsoft's authorization code.
                _request_log.info(
                    "request",
                    method=request.method,
                    path=_SECRET_PATH.sub(rf"\g<1>{HIDDEN}", request.path),
                    status=response.status_code,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )
        response.headers["X-Request-ID"] = request_id
        return response
