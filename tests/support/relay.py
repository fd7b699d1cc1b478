"""A relay in front of a PostgreSQL, which can be told to let connections down in the ways that real ones are."""

import selectors
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

_REQUEST_TLS = 80877103


class Way(Enum):
    """How connections fare: those that come, and those that are open."""

    THROUGH = "through"
    SILENT = "silent"  # taken, and never answered
    CUT = "cut"  # closed at once
    RECOVERING = "recovering"
    USED_UP = "used up"


# What a PostgreSQL 18 says to whoever connects, by SQLSTATE.
_REFUSALS = {
    Way.RECOVERING: ("57P03", "the database system is in recovery mode"),
    Way.USED_UP: ("53300", "sorry, too many clients already"),
}


class Relay:
    """Listens on a port of loopback for a server that listens on a socket in the file system."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._way = Way.THROUGH
        self._open: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def go(self, way: Way) -> None:
        """Let connections fare in another way from now on; those that are open end, except where all is silence."""
        self._way = way
        if way is not Way.SILENT:
            self.close_connections()

    def close_connections(self) -> None:
        """Cut every connection that is open."""
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End everything."""
        self._listener.close()
        self.close_connections()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if self._way in _REFUSALS:
                _refuse(client, *_REFUSALS[self._way])
            elif self._way is Way.SILENT:
                while client.recv(65536):
                    pass
            elif self._way is Way.THROUGH:
                with socket.socket(socket.AF_UNIX) as server:
                    server.connect(self._server)
                    self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        with selectors.DefaultSelector() as ready:
            for side in other:
                ready.register(side, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    side = client if key.fileobj is client else server
                    data = side.recv(65536)
                    if not data:
                        return
                    if self._way is not Way.SILENT:
                        other[side].sendall(data)


def _refuse(client: socket.socket, code: str, words: str) -> None:
    """Say what a PostgreSQL says before it closes a connection (protocol 3.0, ErrorResponse)."""
    length, request = struct.unpack("!ii", client.recv(8, socket.MSG_WAITALL))
    if request == _REQUEST_TLS:
        client.sendall(b"N")
        (length,) = struct.unpack("!i", client.recv(4, socket.MSG_WAITALL))
        client.recv(length - 4, socket.MSG_WAITALL)
    else:
        client.recv(length - 8, socket.MSG_WAITALL)
    fields = b"".join(f"{name}{text}\0".encode() for name, text in (("S", "FATAL"), ("C", code), ("M", words))) + b"\0"
    client.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)


@contextmanager
def relay_to(server: str) -> Iterator[Relay]:
    """Run a relay until the end of the block."""
    relay = Relay(server)
    try:
        yield relay
    finally:
        relay.close()
