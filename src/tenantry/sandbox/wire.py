"""Small things about JSON, moments and paths as Partner Center writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

JsonDict = dict[str, Any]

BOM = b"\xef\xbb\xbf"

_MOST_LEVELS = 100
_TOO_DEEP = "the JSON is nested too deeply"
_WHOLE = re.compile(r"-?[0-9]{1,4000}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_FRACTION = re.compile(r"\.(\d+)")
_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def encode(value: object) -> bytes:
    """Write compact JSON in UTF-8; text with half a character in it, which UTF-8 has no bytes for, is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def decode(text: str | bytes) -> Any:
    """Read JSON; ValueError for what is none, or goes deeper than anything that is sent here."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    level = [value]
    for _ in range(_MOST_LEVELS):
        inside = [list(one.values()) if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [inner for one in inside for inner in one]
        if not level:
            return value
    raise ValueError(_TOO_DEEP)


def iso(moment: datetime) -> str:
    """Write a moment in UTC with as many fractional digits as it has (none, or six)."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 moment; a missing zone means UTC and digits beyond microseconds are cut off."""
    text = _FRACTION.sub(lambda found: "." + found.group(1)[:6].ljust(6, "0"), text.strip())
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_duration(value: str | int | float) -> timedelta:
    """Read seconds or an ISO 8601 duration without years and months (those have no fixed length)."""
    if isinstance(value, int | float):
        return timedelta(seconds=value)
    found = _DURATION.fullmatch(value.strip().upper())
    if found is None or not any(found.groups()) or found["years"] or found["months"]:
        raise ValueError(f"not a duration in weeks, days, hours, minutes or seconds: {value!r}")
    return timedelta(**{unit: int(found[unit] or 0) for unit in ("weeks", "days", "hours", "minutes", "seconds")})


def read_whole(value: object) -> int:
    """Read a whole number, as text in the digits 0 to 9; ValueError for anything else."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (isinstance(value, float) and not value.is_integer())
    ):
        raise ValueError(f"{value!r} is not a whole number without points or commas, such as 1000")
    return int(value)


def read_number(value: object) -> float:
    """Read a number, as text in digits with a point; ValueError for anything else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number such as 20 or 0.5")
    return float(value)


def drop_nulls(body: Mapping[str, Any]) -> JsonDict:
    """Leave null properties out, as Partner Center does; empty strings stay."""
    return {key: value for key, value in body.items() if value is not None}


def link(uri: str) -> JsonDict:
    """Write a link as resources carry it: relative and without the version segment."""
    return {"uri": uri, "method": "GET", "headers": []}
