"""JSON as it comes over the wire, free of characters and numbers that nobody can keep."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

JsonValue: TypeAlias = Union[bool, int, float, str, "Sequence[JsonValue]", "Mapping[str, JsonValue]", None]
JsonObject: TypeAlias = dict[str, JsonValue]

# Longer whole numbers are kept as text: nothing counts that many, and Python refuses to read them as numbers.
MOST_DIGITS = 100
_ESCAPED_ODD = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Return text without what PostgreSQL and UTF-8 refuse: NUL is dropped, half of a character becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text.replace("\x00", ""))


def decode_text(body: bytes) -> str:
    """Decode UTF-8 with or without a byte order mark; what is not UTF-8 becomes U+FFFD, NUL is dropped."""
    return body.decode("utf-8-sig", errors="replace").replace("\x00", "")


def decode_json(body: bytes) -> JsonValue:
    """Decode a JSON body; raise ValueError when it is none.

    Every JSON body of Partner Center starts with a byte order mark (read 2026-11), others do not. Text comes out as
    `clean_text` leaves it, bare control characters included; a number that is out of every range comes out as text.
    """
    text = decode_text(body)
    try:
        value: JsonValue = json.loads(
            text, strict=False, parse_int=_read_int, parse_float=_read_float, parse_constant=_refuse_constant
        )
        return _clean(value) if _ESCAPED_ODD.search(text) else value
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def encode_json(value: JsonValue) -> bytes:
    """Encode a body: compact, UTF-8, no byte order mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def read_digits(text: str) -> int | None:
    """Read a whole number that is written with up to nine ASCII digits and nothing else; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _clean(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(name): _clean(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return value


def _read_int(text: str) -> int | str:
    return int(text) if len(text) <= MOST_DIGITS else text


def _read_float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
