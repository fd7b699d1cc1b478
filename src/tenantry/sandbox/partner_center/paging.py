"""Seek paging and filters of collections (reference 3.4, read 2026-11)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

from tenantry.sandbox.partner_center.call import Call, collection
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.wire import JsonDict

TOKEN_HEADER = "MS-ContinuationToken"  # noqa: S105 (a header's name)
Match = Callable[[JsonDict], bool]


def page_of(call: Call, items: list[JsonDict], *, path: str, default_size: int, largest: int = 500) -> JsonDict:
    """Answer one page of a collection; the token of the next page stands in its link and in the body.

    `default_size` 0 means everything at once where the caller names no size.
    """
    size = _size(call, default_size, largest)
    start = _start(call, len(items))
    page = items[start : start + size] if size else items[start:]
    kept = {name: value for name, value in call.query.items() if name not in {"seekoperation", "size"}}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in {"size": str(size), **kept}.items())
    self_uri = f"{path}?{query}" if size else path
    if not size or start + size >= len(items):
        return collection(page, self_uri)
    token = _token(start + size)
    following = {
        "uri": f"{path.removeprefix('/v1')}?{query}&seekOperation=Next",
        "method": "GET",
        "headers": [{"key": TOKEN_HEADER, "value": token}],
    }
    return collection(page, self_uri, links={"next": following}, continuationToken=token)


def _size(call: Call, default: int, largest: int) -> int:
    text = call.query.get("size")
    if text is None:
        call.doubt("no size on a paged collection")
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RefusalError(800002, description="Invalid request input: size is not a number.")
    if int(text) == 0:  # Microsoft's own example of a search by name asks for size=0 and gets an answer
        call.doubt("size 0: as many as without a size")
        return default
    return min(int(text), largest)


def _start(call: Call, count: int) -> int:
    token = call.exchange.header(TOKEN_HEADER.lower())
    if call.query.get("seekoperation") is None:
        if token is not None:
            call.doubt("a continuation token without seekOperation: the first page is answered")
        return 0
    if call.query["seekoperation"].lower() != "next":
        raise RefusalError(800002, description="Invalid request input: only seekOperation=Next is known.")
    if token is None:
        raise RefusalError(800002, description=f"Invalid request input: seekOperation needs the header {TOKEN_HEADER}.")
    try:
        start = int(json.loads(base64.b64decode(token, validate=True))["n"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise RefusalError(800002, description="Invalid request input: unknown continuation token.") from None
    return min(max(start, 0), count)


def _token(start: int) -> str:
    return base64.b64encode(json.dumps({"v": 1, "n": start}).encode()).decode()


def read_filter(call: Call, fields: dict[str, Callable[[JsonDict], str]], operators: frozenset[str]) -> Match | None:
    """Read the JSON of a `filter`, None without one; `fields` (lower case) name what can be compared."""
    text = call.query.get("filter")
    if not text:
        return None
    try:
        return _condition(json.loads(text), fields, operators)
    except (ValueError, AttributeError, KeyError, RecursionError):
        raise RefusalError(800002, description="Invalid request input: the filter cannot be read.") from None


def _condition(node: JsonDict, fields: dict[str, Callable[[JsonDict], str]], operators: frozenset[str]) -> Match:
    node = {key.lower(): value for key, value in node.items()}
    operator = str(node.get("operator", "")).lower()
    if operator in {"and", "or"}:
        left = _condition(node["leftfilter"], fields, operators)
        right = _condition(node["rightfilter"], fields, operators)
        both = operator == "and"
        return lambda item: (left(item) and right(item)) if both else (left(item) or right(item))
    field = fields.get(str(node.get("field", "")).lower())
    if field is None or operator not in operators:
        raise RefusalError(800002, description="Invalid request input: this field or operator cannot be filtered by.")
    wanted = str(node.get("value", "")).casefold()
    compare = _COMPARE[operator]
    return lambda item: compare(field(item).casefold(), wanted)


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda have, wanted: have == wanted,
    "not_equals": lambda have, wanted: have != wanted,
    "starts_with": lambda have, wanted: have.startswith(wanted),
    "substring": lambda have, wanted: wanted in have,
}
