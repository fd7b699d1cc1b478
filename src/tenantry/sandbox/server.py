"""Serve the sandbox on a socket: for the command line, and inside another process for tests and the demo."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp


def open_socket(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes any free one. OSError where the port is taken.

    The protocol is named because asyncio switches Nagle's delay off only on sockets that name it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(512)
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)
    return opened


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Build a quiet server for the application; the first line of a request may be long (filters live there)."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


class RunningSandbox:
    """A sandbox that serves from a thread of this process, on a free loopback port, until the block ends."""

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the socket; the server starts with the block."""
        self.app = app
        self._socket = open_socket(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._server = make_server(app)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> RunningSandbox:
        """Start serving; returns when the first request can be answered."""
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and wait for the thread."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
