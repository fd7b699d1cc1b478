"""JSON as it comes over the wire."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

JsonValue: TypeAlias = Union[bool, int, float, str, "Sequence[JsonValue]", "Mapping[str, JsonValue]", None]
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # an even number of backslashes before it escapes nothing
JsonObject: TypeAlias = dict[str, JsonValue]


def decode_text(body: bytes) -> str:
    """Decode UTF-8 with or without a byte order mark; bytes that are not UTF-8 become replacement characters."""
    return body.decode("utf-8-sig", errors="replace")


def decode_json(body: bytes) -> JsonValue:
    """Decode a JSON body; raise ValueError when it is none.

    Every JSON body of Partner Center starts with a byte order mark (read 2026-11), others do not.
    Escaped NUL characters are dropped: they mean nothing and PostgreSQL cannot store them.
    """
    text = _ESCAPED_NUL.sub(r"\1", body.decode("utf-8-sig"))
    try:
        value: JsonValue = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def encode_json(value: JsonValue) -> bytes:
    """Encode a body: compact, UTF-8, no byte order mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
