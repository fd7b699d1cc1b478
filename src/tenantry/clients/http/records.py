"""Values that go in and out of a session."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from tenantry.clients.http.bodies import JsonValue
from tenantry.clients.http.errors import UpstreamError


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Bounds in seconds; none is infinite.

    connect: until a connection stands. read: longest silence while sending or receiving. total: one attempt, from the
    first byte sent to the last byte received. patience: the whole call with waiting for the quota, for Retry-After and
    between attempts.
    """

    connect: float = 5.0
    read: float = 30.0
    total: float = 60.0
    patience: float = 120.0


@dataclass(frozen=True, slots=True)
class IdHeaders:
    """Names of the headers that carry request and correlation ids, and of the one a vendor answers its own id in.

    `request` is "" where the vendor takes none.
    """

    request: str
    correlation: str
    answered_request: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A vendor's success. `json` is None for an empty body; header names are lower case; `duration` in seconds."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    json: JsonValue = field(repr=False)
    request_id: str
    correlation_id: str
    duration: float


@dataclass(frozen=True, slots=True)
class Call:
    """What is known about one attempt, free of secrets. `status` is None when no answer came; `duration` in seconds.

    `template` is the path with its ids named ("/v1/customers/{customer_id}"); `path` has no query.
    """

    service: str
    method: str
    path: str
    template: str
    status: int | None
    code: str
    words: str
    duration: float
    request_id: str
    correlation_id: str
    attempt: int
    customer_id: str | None


Observer: TypeAlias = Callable[[Call], None]


class TokenSource(Protocol):
    """Where a session gets its bearer token from."""

    def access_token(self, *, renew: bool = False) -> str:
        """Return a token that is good for this call; `renew` says that the last one was refused: fetch a fresh one."""

    def refused(self, error: UpstreamError) -> None:
        """Hear that the vendor does not accept a fresh token either; the call fails with this error."""
