"""One answer of the sandbox, before it is put on the line."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenantry.sandbox.wire import encode

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(slots=True)
class Answer:
    """Status, headers and body; header names are lower case."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def json(cls, value: object, status: int = 200) -> Answer:
        """Answer with JSON."""
        return cls(status, encode(value), JSON_TYPE)

    @classmethod
    def page(cls, html: str, status: int = 200) -> Answer:
        """Answer with a page."""
        return cls(status, html.encode(), "text/html; charset=utf-8")
