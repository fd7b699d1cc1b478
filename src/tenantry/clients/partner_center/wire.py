"""What every record at the wire has in common."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Annotated, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from tenantry.clients.http import JsonObject, JsonValue


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


def _nothing_to_none(value: object) -> object:
    """Dates that mean "none": empty, and .NET's year 1."""
    if isinstance(value, str) and (not value.strip() or value.startswith("0001-")):
        return None
    return value


def _in_utc(value: datetime | None) -> datetime | None:
    """Dates without a zone are UTC (read 2026-11)."""
    if value is None:
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:  # the last day of year 9999 west of Greenwich means "never"
        return value.replace(tzinfo=UTC)


Moment = Annotated[datetime | None, BeforeValidator(_nothing_to_none), AfterValidator(_in_utc)]
