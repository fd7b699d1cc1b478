"""JSON for the frozen dataclasses of the rules, by their annotations."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tenantry.kernel.refusals import facts_from_json, facts_to_json

T = TypeVar("T")


class Tagged:
    """Marks a dataclass that is one of several in a union: its JSON carries the class name as ``type``."""

    __slots__ = ()


def dump_object(value: object) -> dict[str, object]:
    """Write a dataclass as a JSON object. Instants are written in UTC, enumerations by value."""
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"not a dataclass: {value!r}")
    body = {field.name: _dump(getattr(value, field.name)) for field in fields(value)}
    return {"type": type(value).__name__, **body} if isinstance(value, Tagged) else body


def _dump(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_dump(item) for item in value]
    if isinstance(value, Mapping):
        return facts_to_json(value)
    if is_dataclass(value):
        return dump_object(value)
    return value


def load(kind: type[T], data: object) -> T:
    """Read an instance of the dataclass ``kind``.

    Errors: ValueError for anything that `dump_object` has not written.
    """
    return cast(T, load_any(kind, data))


def load_any(hint: object, data: object) -> object:
    """Read what the annotation ``hint`` describes; a union of tagged dataclasses is one.

    Errors: ValueError for anything that `dump_object` has not written.
    """
    try:
        return _load(hint, data)
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not a stored {hint}: {wrong!r}") from wrong


@cache
def _hints(kind: type) -> dict[str, object]:
    return get_type_hints(kind)


def _load(hint: object, data: object) -> object:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _load_union(get_args(hint), data)
    if origin is tuple:
        if not isinstance(data, list):
            raise ValueError(f"not a list: {data!r}")
        return tuple(_load(get_args(hint)[0], item) for item in data)
    if origin is not None and isinstance(data, Mapping):
        return facts_from_json(data)
    if isinstance(hint, type):
        return _load_plain(hint, data)
    raise ValueError(f"cannot read {hint!r}")


def _load_union(members: tuple[object, ...], data: object) -> object:
    if data is None and type(None) in members:
        return None
    choices = [member for member in members if member is not type(None)]
    if len(choices) > 1 and isinstance(data, Mapping):
        named = {member.__name__: member for member in choices if isinstance(member, type)}
        return _load(named[str(data["type"])], data)
    return _load(choices[0], data)


def _load_plain(kind: type, data: object) -> object:
    if is_dataclass(kind):
        if not isinstance(data, Mapping):
            raise ValueError(f"not an object: {data!r}")
        hints = _hints(kind)
        return kind(**{name: _load(hints[name], value) for name, value in data.items() if name != "type"})
    if issubclass(kind, Enum):
        return kind(data)
    if kind in (date, datetime):
        return kind.fromisoformat(str(data))  # type: ignore[attr-defined]  # both have it
    if type(data) is not kind:
        raise ValueError(f"not {kind.__name__}: {data!r}")
    return data
