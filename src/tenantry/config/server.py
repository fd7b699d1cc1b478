"""The web process: gunicorn with threads, set up here so that there is one way to start it."""

import errno
import logging
import re
import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

PROBE_THREADS = 4
# Whoever connects and says nothing is let go; a browser that connects in advance connects anew.
FIRST_WORD_SECONDS = 5.0
_HEAD_BYTES = 4096
# A whole request without a body: whoever answers it waits for nothing more from the other side.
_PROBE = re.compile(
    rb"(?:GET|HEAD) /(?:healthz|readyz)(?:\?\S*)? HTTP/1\.[01]\r\n"
    rb"(?:(?!content-length|transfer-encoding)[^\r\n]+\r\n)*\r\n",
    re.IGNORECASE,
)


class _Log(Logger):
    """Hand gunicorn's own lines to our log; requests are written by our middleware."""

    def setup(self, cfg: Any) -> None:
        self.error_log = logging.getLogger("gunicorn.error")
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


# What gunicorn reads of a body that nobody wanted; with more left it closes the connection, whatever it had promised.
_READ_TO_THE_END = 64 * 1024


def _say_close(worker: object, request: Any) -> None:
    """Announce that the connection closes after a large body, so that no proxy sends the next request into it."""
    headers = dict(request.headers)
    length = headers.get("CONTENT-LENGTH", "")
    if "TRANSFER-ENCODING" in headers or (length.isdigit() and int(length) >= _READ_TO_THE_END):
        request.force_close()


class ProbingWorker(ThreadWorker):
    """gunicorn's worker with threads, and a few threads more that answer probes and nothing else.

    All others may be waiting, for the database or for Microsoft. `docs/decisions/health-probes.md` says why it is so.
    """

    def init_process(self) -> None:
        """Begin to work; gunicorn returns from here when the process is to end."""
        self._probe_threads = ThreadPoolExecutor(PROBE_THREADS, "probe")
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and let the loop wait for its first words: they say which threads it is for."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.ECONNABORTED}:
                return  # another process took it, or it is gone again
            raise
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + FIRST_WORD_SECONDS
        self.pending_conns.append(connection)
        self.poller.register(client, selectors.EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to the threads that it is for."""
        threads = self._probe_threads if _asks_a_probe(conn.sock) else self.tpool
        future = threads.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))


def _asks_a_probe(client: socket.socket) -> bool:
    try:
        head = client.recv(_HEAD_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return False
    return _PROBE.fullmatch(head) is not None


class WebServer(BaseApplication):
    """Serve the product until SIGTERM or SIGINT; requests under way are finished."""

    def load_config(self) -> None:
        options = {
            "bind": f"{settings.WEB_HOST}:{settings.WEB_PORT}",
            "workers": settings.WEB_PROCESSES,
            "threads": settings.WEB_THREADS,
            "worker_class": ProbingWorker,
            "timeout": 60,
            "graceful_timeout": 30,
            "keepalive": 15,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "forwarded_allow_ips": ",".join(settings.PROXY_ADDRESSES),
            "logger_class": _Log,
            "pre_request": _say_close,
            "control_socket_disable": True,
            "proc_name": "tenantry web",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return get_wsgi_application()
