"""The web process: gunicorn with threads, set up here so that there is one way to start it."""

import logging
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger


class _Log(Logger):
    """Hand gunicorn's own lines to our log; requests are written by our middleware."""

    def setup(self, cfg: Any) -> None:
        self.error_log = logging.getLogger("gunicorn.error")
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class WebServer(BaseApplication):
    """Serve the product until SIGTERM or SIGINT; requests under way are finished."""

    def load_config(self) -> None:
        options = {
            "bind": f"{settings.WEB_HOST}:{settings.WEB_PORT}",
            "workers": settings.WEB_PROCESSES,
            "threads": settings.WEB_THREADS,
            "worker_class": "gthread",
            "timeout": 60,
            "graceful_timeout": 30,
            "keepalive": 15,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "forwarded_allow_ips": ",".join(settings.PROXY_ADDRESSES),
            "logger_class": _Log,
            "control_socket_disable": True,
            "proc_name": "tenantry web",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return get_wsgi_application()
