"""Collections: seek paging, links, and rows that cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from tenantry.clients.http import JsonValue
from tenantry.clients.partner_center.wire import Wire, camel_case

Record = TypeVar("Record", bound=Wire)

CONTINUATION = "MS-ContinuationToken"
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row of a collection that is not what it should be: its id where it has one, and why."""

    id: str
    words: str

    def __str__(self) -> str:
        return f"{self.id[:LONGEST_ID]}: {self.words}" if self.id else self.words


@dataclass(frozen=True, slots=True)
class Collected(Generic[Record]):
    """A whole collection, and the rows that could not be read: these are there, so they must not count as gone."""

    items: tuple[Record, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class NextPage:
    """Where a collection goes on."""

    path: str
    token: str


def rows_of(body: JsonValue) -> tuple[JsonValue, ...]:
    """Return the items of a collection's body; raise ValueError when it is none."""
    if not isinstance(body, Mapping):
        raise ValueError("not a collection")
    items = camel_case(body).get("items")
    if not isinstance(items, list):
        raise ValueError("a collection without items")
    return tuple(items)


def read_rows(kind: type[Record], rows: tuple[JsonValue, ...]) -> Collected[Record]:
    """Read every row as `kind`."""
    items: list[Record] = []
    unreadable: list[Unreadable] = []
    for row in rows:
        try:
            items.append(kind.parse(row))
        except ValueError as error:
            unreadable.append(Unreadable(_id_of(row), str(error)))
    return Collected(tuple(items), tuple(unreadable))


def next_page(body: JsonValue, base: str) -> NextPage | None:
    """Return where a seek collection goes on, None at its end; raise ValueError for a link that leads elsewhere."""
    if not isinstance(body, Mapping):
        return None
    fields = camel_case(body)
    links = fields.get("links")
    link = links.get("next") if isinstance(links, Mapping) else None
    if not isinstance(link, Mapping):
        return None
    uri = link.get("uri")
    if not isinstance(uri, str):
        raise ValueError("a next link without an address")
    token = fields.get("continuationToken")
    headers = link.get("headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, Mapping) and str(header.get("key", "")).lower() == CONTINUATION.lower():
            token = header.get("value")
    return NextPage(path_of(uri, base), token if isinstance(token, str) else "")


def path_of(uri: str, base: str) -> str:
    """Return a link's path and query below `base`, with "/v1" in front.

    Links in bodies are relative and mostly without "/v1" (read 2026-11). Raise ValueError for one that leads to another
    host: the token must not follow it.
    """
    parts = urlsplit(uri)
    if parts.netloc and parts.netloc.lower() != urlsplit(base).netloc.lower():
        raise ValueError("the link leads to another host")
    path = "/" + parts.path.lstrip("/")
    if ".." in path.split("/") or "\\" in path:
        raise ValueError("the link is not a plain path")
    if not path.lower().startswith("/v1/"):
        path = "/v1" + path
    return f"{path}?{parts.query}" if parts.query else path


def _id_of(row: JsonValue) -> str:
    if not isinstance(row, Mapping):
        return ""
    value = row.get("id", row.get("Id"))
    return value if isinstance(value, str) else ""
