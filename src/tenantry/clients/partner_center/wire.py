"""What every record at the wire has in common."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Annotated, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from tenantry.clients.http import JsonObject, JsonValue

# A larger number is no number of seats, and the columns that seats are kept in take no more.
LARGEST_COUNT = 2**31 - 1
# What is dated later is meant to be "never"; a few years before the last one there is, so that one can reckon with it.
FAR_FUTURE = datetime(9990, 1, 1, tzinfo=UTC)
# Records of Microsoft go down four or five levels; what goes down so far can be read here, but not be kept.
MOST_LEVELS = 50
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?")
_WHOLE_NUMBER = re.compile(r"\s*-?[0-9]{1,15}\s*")


class Wire(BaseModel):
    """A record as Microsoft sends it: camelCase names, unknown fields kept, whole original at hand."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=to_camel, validate_by_name=True)

    _as_read: JsonObject = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        """Microsoft leaves null properties out; where one comes all the same, it means the same."""
        if isinstance(value, Mapping) and None in value.values():
            return {name: inner for name, inner in value.items() if inner is not None}
        return value

    @classmethod
    def parse(cls, value: JsonValue) -> Self:
        """Read a decoded JSON object; raise ValueError with one line of words when it is not such a record."""
        if not isinstance(value, Mapping):
            raise ValueError(f"{cls.__name__}: not an object")
        if _goes_deeper(value, MOST_LEVELS):
            raise ValueError(f"{cls.__name__}: nested too deeply")
        original = camel_case(value)
        try:
            record = cls.model_validate(original)
        except ValidationError as error:
            raise ValueError(f"{cls.__name__}: {_in_words(error)}") from None
        record._as_read = original
        return record

    @property
    def original(self) -> Mapping[str, JsonValue]:
        """The record exactly as it was read, with everything that was not understood; to look at, not to change."""
        return self._as_read

    def as_read(self) -> JsonObject:
        """Return a copy of the original that may be changed: copying costs more than reading, so only for that."""
        return deepcopy(self._as_read)


def camel_case(value: Mapping[str, JsonValue]) -> JsonObject:
    """Return the object with camelCase names; some services answer in PascalCase throughout (read 2026-11)."""
    if any(name[:1].isupper() for name in value):
        return cast(JsonObject, _lower_names(value))
    return dict(value)


def _lower_names(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: _lower_names(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_lower_names(inner) for inner in value]
    return value


def _in_words(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in problems[:5])


def _goes_deeper(value: JsonValue, levels: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    nested = [inner for inner in inside if isinstance(inner, dict | list)]
    return bool(nested) and (levels == 0 or any(_goes_deeper(inner, levels - 1) for inner in nested))


def _read_date(value: object) -> object:
    """Dates that mean "none": empty, and .NET's year 1. A bare number is no date, whatever it might count."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, str) and (not value.strip() or value.startswith("0001-")):
        return None
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("not a date")
    return value


def _in_utc(value: datetime | None) -> datetime | None:
    """Dates without a zone are UTC (read 2026-11)."""
    if value is None:
        return None
    if value.year >= FAR_FUTURE.year:
        return FAR_FUTURE
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _read_number(value: object) -> object:
    """A number may come as text of digits; neither yes and no nor digits with anything between them are one."""
    if isinstance(value, bool) or (isinstance(value, str) and not _WHOLE_NUMBER.fullmatch(value)):
        raise ValueError("not a whole number")
    return value


Moment = Annotated[datetime | None, BeforeValidator(_read_date), AfterValidator(_in_utc)]
Number = Annotated[int, BeforeValidator(_read_number), Field(ge=-LARGEST_COUNT, le=LARGEST_COUNT)]
Count = Annotated[Number, Field(ge=0)]
