"""The journal: every request that reached the sandbox, what was answered, and what it changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from tenantry.sandbox.wire import JsonDict, decode, encode, iso, parse_moment

READS_KEPT = 5_000
WRITES_KEPT = 50_000
READ_ANSWER_BYTES_KEPT = 4_096
WRITES_IN_STATE = 200
_SECRET_FIELDS = frozenset(
    {
        "client_secret",
        "client_assertion",
        "refresh_token",
        "access_token",
        "id_token",
        "code",
        "code_verifier",
        "password",
    }
)
_SECRET_IN_JSON = _SECRET_FIELDS - {"code"}  # there it is the number of a refusal
_SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie"})


@dataclass(slots=True)
class Exchange:
    """One request on its way through the sandbox, and its answer; handlers note here what they did."""

    number: int
    at: datetime  # real time
    commerce_at: datetime
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    customer_id: str | None = None
    subscription_id: str | None = None
    status: int | None = None  # None: the line was cut, nothing was answered
    answer: bytes = b""
    answer_type: str = ""
    faults: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    acted: bool = False
    before_quantity: int | None = None
    after_quantity: int | None = None
    after: JsonDict | None = None  # what a write left behind: how the subscription stood right after it

    def header(self, name: str) -> str | None:
        """Give a request header by its lower-case name."""
        return self.headers.get(name)

    def doubt(self, text: str) -> None:
        """Note something that the real service may treat differently."""
        self.doubts.append(text)

    def as_json(self) -> JsonDict:
        """Describe the exchange with every secret blotted out."""
        return {
            "number": self.number,
            "at": iso(self.at),
            "commerce_at": iso(self.commerce_at),
            "method": self.method,
            "path": self.path,
            "query": _without_secrets_in_query(self.query),
            "headers": {key: "…" if key in _SECRET_HEADERS else value for key, value in self.headers.items()},
            "body": _readable(self.body, self.headers.get("content-type", "")),
            "customer_id": self.customer_id,
            "subscription_id": self.subscription_id,
            "status": self.status,
            "answer": _readable(self.answer, self.answer_type),
            "faults": list(self.faults),
            "doubts": list(self.doubts),
            "acted": self.acted,
            "before_quantity": self.before_quantity,
            "after_quantity": self.after_quantity,
            "after": self.after,
        }


@dataclass(slots=True)
class Journal:
    """Keep the last exchanges: writes much longer than reads, so that no storm of reads pushes a write out."""

    number: int = 0
    _reads: deque[Exchange] = field(default_factory=lambda: deque(maxlen=READS_KEPT))
    _writes: deque[Exchange] = field(default_factory=lambda: deque(maxlen=WRITES_KEPT))

    def next_number(self) -> int:
        """Count one more request."""
        self.number += 1
        return self.number

    def add(self, exchange: Exchange) -> None:
        """Keep a finished exchange."""
        if exchange.method in {"GET", "HEAD"}:
            exchange.answer = exchange.answer[:READ_ANSWER_BYTES_KEPT]
            self._reads.append(exchange)
        else:
            self._writes.append(exchange)

    def clear(self) -> None:
        """Forget every exchange; numbers go on."""
        self._reads.clear()
        self._writes.clear()

    def find(
        self, *, since: int = 0, path: str = "", customer: str = "", method: str = "", limit: int | None = None
    ) -> list[Exchange]:
        """List exchanges after a number in their order; `path` is a part of the path, `limit` keeps the newest."""
        wanted = [
            exchange
            for exchange in self._all()
            if exchange.number > since
            and path.casefold() in exchange.path.casefold()
            and (not customer or customer.casefold() == (exchange.customer_id or "").casefold())
            and (not method or method.upper() == exchange.method)
        ]
        wanted.sort(key=lambda exchange: exchange.number)
        return wanted if limit is None else wanted[-limit:] if limit else []

    def dump(self) -> list[JsonDict]:
        """Describe the newest writes for the state file, secrets blotted out."""
        newest = list(self._writes)[-WRITES_IN_STATE:]
        return [exchange.as_json() for exchange in newest]

    @classmethod
    def load(cls, number: int, state: list[JsonDict]) -> Journal:
        """Go on after a number of requests, with the writes that were kept."""
        journal = cls(number)
        for kept in state:
            at, commerce_at = parse_moment(kept["at"]), parse_moment(kept["commerce_at"])
            bodies = {name: b"" if kept[name] is None else encode(kept[name]) for name in ("body", "answer")}
            rest = {
                "headers": {**kept["headers"], "content-type": "application/json"},
                "answer_type": "application/json",
            }
            journal.add(Exchange(**{**kept, **bodies, **rest, "at": at, "commerce_at": commerce_at}))
        return journal

    def _all(self) -> Iterator[Exchange]:
        yield from self._reads
        yield from self._writes


def _without_secrets_in_query(query: str) -> str:
    return "&".join(
        part.partition("=")[0] + "=…" if part.partition("=")[0].lower() in _SECRET_FIELDS else part
        for part in query.split("&")
    )


def _readable(raw: bytes, content_type: str) -> object:
    """Decode a body for the journal: JSON as JSON, forms as objects, anything else as text."""
    if not raw:
        return None
    text = raw.decode("utf-8-sig", errors="replace")
    if "form-urlencoded" in content_type:
        fields = dict(parse_qsl(text, keep_blank_values=True))
        return {key: "…" if key.lower() in _SECRET_FIELDS else value for key, value in fields.items()}
    if "html" in content_type:
        return f"(a page of {len(raw)} bytes)"
    try:
        return _without_secrets(decode(text))
    except ValueError:
        return text


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: "…" if str(key).lower() in _SECRET_IN_JSON and isinstance(inner, str) else _without_secrets(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value
