"""Everything that reads what others wrote, with odd things to read and what has to come of each.

A parser refuses in words, or gives what stands there: a database and a page can hold it, and nothing of it is made up.
Whoever adds a function that reads (``read_…``, ``decode_…``, ``explain…``) adds a row; until then the tests fail.
"""

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tenantry.branding import logo
from tenantry.clients.entra import errors as entra_errors
from tenantry.clients.entra import keys, tokens
from tenantry.clients.http import UpstreamError, bodies, retry
from tenantry.clients.http.bodies import JsonValue
from tenantry.clients.http.errors import Failure, explain_by_status
from tenantry.clients.partner_center import catalogue, models, paging, wire
from tenantry.clients.partner_center import errors as partner_errors
from tenantry.config import env
from tenantry.kernel import addresses, columns, numbers
from tenantry.kernel.refusals import Refusal
from tenantry.licensing.models import Subscription
from tenantry.licensing.upstream import columns_from_record, digest_of
from tenantry.web.portal.files import csv_answer
from tests.bad_inputs import tokens as signing
from tests.bad_inputs.files import ODD_FILES, File
from tests.bad_inputs.typed import ANY_TEXT, ODD_ADDRESSES, ODD_DOMAINS, ODD_IDS, ODD_LINKS, ODD_NUMBERS, arrived

_BASE = "https://api.partnercenter.microsoft.com"
_ODD_DATES = ("0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2026-02-30", "1770000000", "2026-11-22T12:00:00+25:00")
ODD_JSON: SearchStrategy[JsonValue] = st.recursive(
    st.one_of(
        ANY_TEXT,
        ODD_NUMBERS,
        ODD_LINKS,
        st.sampled_from(_ODD_DATES),
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from((10**120, -1, 2**31, 0)),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ANY_TEXT, inner, max_size=3)),
    max_leaves=6,
)
ODD_BODIES: SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=60),
    ODD_JSON.map(lambda value: json.dumps(value).encode()),
    ODD_JSON.map(
        lambda value: b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    ),
    st.sampled_from(
        (
            b"",
            b"NaN",
            b"[" * 50_000,
            b'{"a":1e999}',
            b'"\\ud800"',
            b'"\\u0000"',
            b"9" * 5_000,
            b'{"a":1}{',
            b"\xff\xfe{}",
        )
    ),
)

_SUBSCRIPTION: dict[str, JsonValue] = {
    "id": "a1c1340d-6911-4758-bba3-0c4c6007d161",
    "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
    "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
    "status": "active",
    "quantity": 15,
    "autoRenewEnabled": True,
    "billingCycle": "monthly",
    "termDuration": "P1Y",
    "commitmentEndDate": "2027-03-01T00:00:00Z",
}
Input = TypeVar("Input")


@dataclass(frozen=True, slots=True)
class Parser(Generic[Input]):
    """What a parser is given, and what is wrong with what it made of it, in words; empty is well."""

    inputs: SearchStrategy[Input]
    finding: Callable[[Input], str]


def record_kinds() -> list[type[wire.Wire]]:
    """Return every kind of record at the wire."""
    known = [kind for module in (models, catalogue) for kind in vars(module).values()]
    return [kind for kind in known if isinstance(kind, type) and issubclass(kind, wire.Wire) and kind is not wire.Wire]


@st.composite
def _records(draw: st.DrawFn) -> tuple[type[wire.Wire], Mapping[str, JsonValue]]:
    """Draw a record of some kind: odd things under names that are read, and under others."""
    kinds: list[type[wire.Wire]] = [models.Subscription, models.Subscription, *record_kinds()]
    kind = draw(st.sampled_from(kinds))
    good = _SUBSCRIPTION if kind is models.Subscription else {}
    names = [str(field.alias or name) for name, field in kind.model_fields.items()]
    odd = draw(st.dictionaries(st.one_of(st.sampled_from(names), ANY_TEXT), ODD_JSON, min_size=1, max_size=3))
    return kind, {**good, **odd}


def _record(given: tuple[type[wire.Wire], Mapping[str, JsonValue]]) -> str:
    kind, told = given
    body = bodies.decode_json(json.dumps(told).encode())
    try:
        record = kind.parse(body)
    except ValueError as refusal:
        return _refused(refusal)
    assert isinstance(body, Mapping)
    if record.original != wire.camel_case(body):
        return f"the record is not kept as it was read: {record.original}"
    if isinstance(record, models.Subscription):
        try:
            row = columns_from_record(record, digest=digest_of(record))
        except ValueError as refusal:
            return _refused(refusal)
        return _fits(row)
    return ""


def _fits(row: Mapping[str, object]) -> str:
    """Say which column does not take what is meant for it."""
    for name, value in row.items():
        most = getattr(Subscription._meta.get_field(name), "max_length", None)
        long = isinstance(value, str) and most is not None and len(value) > most
        large = isinstance(value, int) and not -(2**31) <= value < 2**31
        if long or large or _unkeepable(value):
            return f"{name} does not take {value!r}"
    return ""


def _body(given: bytes) -> str:
    try:
        value = bodies.decode_json(given)
    except ValueError as refusal:
        return _refused(refusal)
    if _unkeepable(value):
        return f"what nobody can keep: {value!r}"
    return "" if bodies.decode_json(bodies.encode_json(value)) == value else f"not the same once more: {value!r}"


def _text_of(given: bytes) -> str:
    text = bodies.decode_text(given)
    return f"what nobody can keep: {text!r}" if _unkeepable(text) else ""


def _rows(given: JsonValue) -> str:
    try:
        rows = paging.rows_of(given)
    except ValueError as refusal:
        return _refused(refusal)
    found = paging.read_rows(models.Customer, rows)
    lost = len(rows) - len(found.items) - len(found.unreadable)
    silent = [one for one in found.unreadable if not str(one).strip()]
    return f"{lost} rows are lost, {len(silent)} without a word" if lost or silent else ""


_LINKED: SearchStrategy[JsonValue] = st.one_of(
    ODD_JSON,
    st.builds(
        lambda uri, token: {
            "links": {"next": {"uri": uri, "headers": [{"key": "MS-ContinuationToken", "value": token}]}}
        },
        st.one_of(ODD_LINKS, ODD_JSON, st.just("/customers?size=2&seekOperation=next")),
        ODD_JSON,
    ),
)


def _next_page(given: JsonValue) -> str:
    try:
        following = paging.next_page(given, _BASE)
    except ValueError as refusal:
        return _refused(refusal)
    good = following is None or (
        following.path.startswith("/v1/") and ".." not in following.path.split("?")[0].split("/")
    )
    return "" if good else f"leads to {following}"


def _failure(given: tuple[int, JsonValue, str]) -> str:
    status, body, text = given
    failure = Failure(status, {}, body, text, write=True, request_id="r", correlation_id="c", retry_after=None)
    for explain in (partner_errors.explain, entra_errors.explain, explain_by_status):
        error = explain(failure)
        if not isinstance(error, UpstreamError) or not str(error).strip():
            return f"{explain.__module__} says nothing"
    return ""


def _redirect(given: tuple[str, str]) -> str:
    error = entra_errors.explain_redirect(*given)
    return "" if str(error).strip() else "says nothing"


def _retry_after(given: str) -> str:
    for seconds in (
        retry.read_retry_after({"Retry-After": given}, ""),
        retry.read_retry_after({}, f"Try again in {given} seconds."),
    ):
        if seconds is not None and not 0 <= seconds < float("inf"):
            return f"waits {seconds} seconds"
    return ""


def _digits(given: str) -> str:
    expected = int(given) if re.fullmatch("[0-9]{1,9}", given, re.ASCII) else None
    found = bodies.read_digits(given)
    return "" if found == expected else f"read as {found}, not {expected}"


def _whole(given: str) -> str:
    digits = given.strip()
    expected = int(digits) if re.fullmatch("-?[0-9]{1,4000}", digits, re.ASCII) else None
    found = numbers.whole_number(given)
    return "" if found == expected else f"read as {found}, not {expected}"


def _address(given: str) -> str:
    kept = addresses.read_address(given)
    if kept is None:
        return ""
    domain = kept.rpartition("@")[2]
    good = kept.isascii() and len(kept) <= 254 and domain == domain.lower() and not re.search(r"[\x00-\x20]", domain)
    if not good or addresses.read_address(kept) != kept or addresses.same_way(kept) != addresses.same_way(given):
        return f"kept as {kept!r}"
    return "kept as somebody else's" if "ß" in given.lower() and "xn--" not in kept else ""


def _domain(given: str) -> str:
    kept = addresses.ascii_domain(given)
    if kept is None:
        return ""
    good = kept.isascii() and kept == kept.lower() and len(kept) <= 253 and addresses.ascii_domain(kept) == kept
    return "" if good and ("ß" not in given or "xn--" in kept) else f"kept as {kept!r}"


def _fit(given: str) -> str:
    kept = columns.fit(Subscription, "offer_name", given)
    clean = re.sub("[\ud800-\udfff]", "?", given.replace("\x00", ""))
    if len(kept) > 300 or _unkeepable(kept):
        return f"kept as {kept!r}"
    return "" if kept == clean or (len(clean) > 300 and kept == f"{clean[:299]}…") else f"{given!r} kept as {kept!r}"


def _table(given: list[list[str]]) -> str:
    """A file for spreadsheets: every cell as it was, but on one line and never a formula."""
    lines = [[arrived(cell).replace("\x00", "") for cell in line] for line in given]
    answer = csv_answer("what", "whose", datetime(2026, 11, 22, tzinfo=UTC), lines)
    found = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    if len(found) != len(lines):
        return f"{len(lines)} rows became {len(found)}"
    for before, after in zip(lines, found, strict=True):
        for cell, kept in zip(before, after, strict=True):
            if re.match(r"[\s\u200b-\u200f\u2060\ufeff]*[=+@＝＋＠-]", kept) or re.search("[\r\n]", kept):
                return f"{kept!r} is run"
            if _blanks(kept.removeprefix("'")) != _blanks(cell) and _blanks(kept) != _blanks(cell):
                return f"{cell!r} became {kept!r}"
    return ""


def _logo(given: File) -> str:
    found = logo.read(given.data)
    if isinstance(found, Refusal):
        return "refused although it is good" if given.good else ""
    fits = found.logo.width <= 502 and found.logo.height <= 81 and found.logo.png.startswith(b"\x89PNG")
    return "" if fits and given.good else f"taken as {found.logo.width} × {found.logo.height}"


def _id_token(given: signing.Odd) -> str:
    return signing.finding(given)


def _access_token(given: str) -> str:
    for read in (tokens.read_access_token, lambda token: tokens.read_part(token, 0)):
        try:
            read(given)
        except ValueError as refusal:
            if words := _refused(refusal):
                return words
    return ""


def _keys(given: JsonValue) -> str:
    try:
        found = keys.read_keys(given)
    except UpstreamError as refusal:
        return "" if str(refusal).strip() else "refused without a word"
    return "" if all(isinstance(kid, str) and key.kid == kid for kid, key in found.items()) else f"keys: {found}"


_KEY_SETS: SearchStrategy[JsonValue] = st.one_of(
    ODD_JSON,
    st.builds(
        lambda name, value: {"keys": [{**signing.PUBLIC_KEY, name: value}]},
        st.sampled_from(("kty", "use", "kid", "n", "e", "issuer", "x5c")),
        ODD_JSON,
    ),
)

SETTINGS: dict[str, Callable[[str], object]] = {
    "text": env.text,
    "address": lambda name: env.address(name, "portal@example.org"),
    "flag": lambda name: env.flag(name, True),
    "number": lambda name: env.number(name, 5, least=1, most=100),
    "choice": lambda name: env.choice(name, "a", ("a", "b")),
    "words": env.words,
    "url": lambda name: env.url(name, "https://portal.example.org", host_only=True),
    "split": lambda name: env.split(name, env.text(name, "https://portal.example.org")),
    "time_zone": lambda name: env.time_zone(name, "UTC"),
    "day": env.day,
}
_SETTING = "BAD_INPUTS_SETTING"


def _setting(given: tuple[str, str, bool]) -> str:
    """A setting from the environment or a file: read, or refused with a sentence that names it."""
    reader, value, from_file = given
    raw = value.encode("utf-8", "surrogatepass")
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(raw)
        name = f"{_SETTING}_FILE" if from_file else _SETTING
        os.environ[name] = file.name if from_file else os.fsdecode(raw.replace(b"\x00", b""))
        try:
            found = SETTINGS[reader](_SETTING)
        except env.SettingError as refusal:
            return "" if str(refusal).startswith(_SETTING) and str(refusal).endswith(".") else f"said: {refusal}"
        finally:
            del os.environ[name]
            env.known.pop(_SETTING, None)
    return f"{reader} read {found!r}" if reader == "number" and found != int(value.strip() or 5) else ""


PARSERS: dict[str, Parser[Any]] = {}


def _row(names: str, inputs: SearchStrategy[Input], finding: Callable[[Input], str]) -> None:
    PARSERS[names] = Parser(inputs, finding)


_row("wire.parse columns_from_record", _records(), _record)
_row("bodies.decode_json", ODD_BODIES, _body)
_row("bodies.decode_text", ODD_BODIES, _text_of)
_row("bodies.read_digits", ODD_NUMBERS, _digits)
_row(
    "paging.rows_of paging.read_rows", st.one_of(ODD_JSON, st.lists(ODD_JSON).map(lambda rows: {"items": rows})), _rows
)
_row("paging.next_page paging.path_of", _LINKED, _next_page)
_row(
    "errors.explain errors.explain_by_status",
    st.tuples(st.sampled_from((400, 401, 403, 404, 409, 429, 500, 503)), ODD_JSON, ANY_TEXT),
    _failure,
)
_row("errors.explain_redirect", st.tuples(ANY_TEXT, ANY_TEXT), _redirect)
_row("retry.read_retry_after", ODD_NUMBERS, _retry_after)
_row("id_token.verify_id_token", signing.ODD_TOKENS, _id_token)
_row("tokens.read_access_token tokens.read_part", st.one_of(ANY_TEXT, signing.PARTS), _access_token)
_row("keys.read_keys", _KEY_SETS, _keys)
_row("numbers.whole_number", ODD_NUMBERS, _whole)
_row("addresses.read_address", ODD_ADDRESSES, _address)
_row("addresses.ascii_domain", ODD_DOMAINS, _domain)
_row("columns.fit", ANY_TEXT, _fit)
_row("files.csv_answer", st.lists(st.lists(ANY_TEXT, min_size=1, max_size=3), min_size=1, max_size=3), _table)
_row("logo.read", ODD_FILES, _logo)
_row(
    "env",
    st.tuples(st.sampled_from(sorted(SETTINGS)), st.one_of(ODD_NUMBERS, ODD_LINKS, ODD_IDS, ANY_TEXT), st.booleans()),
    _setting,
)


def _refused(refusal: ValueError) -> str:
    return "" if str(refusal).strip() and "\n" not in str(refusal) else f"refused without a line of words: {refusal!r}"


def _unkeepable(value: object) -> bool:
    """Say whether a text, or one inside a list or an object, has what PostgreSQL or UTF-8 refuses."""
    if isinstance(value, str):
        return re.search("[\x00\ud800-\udfff]", value) is not None
    inside = (*value, *value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_unkeepable(one) for one in inside)


def _blanks(text: str) -> str:
    return re.sub(r"[\r\n\v\f\x85\u2028\u2029]+", " ", text)


def reading_functions() -> Iterator[str]:
    """Return the functions of the parsers' modules that read, as they are named in the table."""
    reads = re.compile("read_|decode_|explain|whole_|ascii_|rows_|next_|path_of|fit")
    for module in (addresses, bodies, columns, entra_errors, keys, numbers, paging, partner_errors, retry, tokens):
        for name, thing in vars(module).items():
            if reads.match(name) and getattr(thing, "__module__", "") == module.__name__:
                yield f"{module.__name__.rpartition('.')[2]}.{name}"
