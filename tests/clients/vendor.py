"""A tiny real HTTP server on a loopback socket that plays a vendor by a script, its misbehaviour included."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

from tests.support.waiting import FAR_TOO_LONG

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Seen:
    """A request as the vendor got it; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """Return the decoded body."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form."""
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Reply:
    """An answer. `body` is sent as it is when bytes, else as JSON; with `drip` one byte every so many seconds."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0


class Cut:
    """Close the connection instead of an answer."""


Step: TypeAlias = Reply | Cut
Script: TypeAlias = Callable[[Seen], Step]


class Vendor:
    """The server. Answers come from `script` or, in order, from `steps`; a request beyond the steps gets a 599."""

    def __init__(self, *steps: Step, script: Script | None = None, port: int = 0) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self._steps = list(steps)
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()  # nobody waits any more for an answer that comes late
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._acceptor.join(FAR_TOO_LONG)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(FAR_TOO_LONG)

    def then(self, *steps: Step) -> None:
        """Add further answers."""
        self._steps.extend(steps)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while (seen := _read(stream)) is not None:
                    self.seen.append(seen)
                    if not self._answer(connection, seen):
                        return
        except OSError:
            return
        finally:
            self._open.discard(connection)

    def _answer(self, connection: socket.socket, seen: Seen) -> bool:
        step: Step
        if self._script is not None:
            step = self._script(seen)
        else:
            step = self._steps.pop(0) if self._steps else Reply(599, {"description": "the script is over"})
        if isinstance(step, Cut):
            return False
        self._closing.wait(step.delay)
        body = step.body if isinstance(step.body, bytes) else b""
        if step.body is not None and not isinstance(step.body, bytes):
            body = json.dumps(step.body).encode()
        lines = [f"HTTP/1.1 {step.status} Said", f"Content-Length: {len(body)}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in step.headers.items()]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        if not step.drip:
            connection.sendall(body)
        else:
            for byte in body:
                connection.sendall(bytes([byte]))
                self._closing.wait(step.drip)
        return True


def _read(stream: BinaryIO) -> Seen | None:
    first = stream.readline().decode().split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    parts = urlsplit(first[1])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Seen(first[0], parts.path, query, headers, body)
