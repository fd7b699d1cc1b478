"""Logs: one line per event with its request id or order id, and never a secret in it."""

import logging
import logging.config
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from tenantry.clients.http.redaction import HIDDEN, redact

_SECRET_NAMES = ("token", "secret", "password", "authorization", "cookie", "private_key", "assertion", "verifier")


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
            "filters": {"told": {"()": lambda: _not_told_yet}},
            "handlers": {"stderr": {"()": _CurrentStderr, "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": level.upper()},
            "loggers": {
                # Our own middleware writes one line per request; a 404 is no warning.
                "django.request": {"level": "ERROR", "filters": ["told"]},
                "django.server": {"level": "ERROR"},
                "httpx2": {"level": "WARNING"},
                "httpcore2": {"level": "WARNING"},
                "procrastinate": {"level": "WARNING"},
            },
        }
    )


def _not_told_yet(record: logging.LogRecord) -> bool:
    """Pass over a page that said 503: a line has said why, and a traceback per visitor would hide it."""
    return getattr(record, "status_code", None) != 503


class _CurrentStderr(logging.Handler):
    """Write to whatever the standard error output is now; a test runner replaces it between tests."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except (OSError, ValueError):
            self.handleError(record)
