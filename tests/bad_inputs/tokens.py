"""Odd id tokens: one claim or one part of a good one is something else."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from joserfc.jwk import RSAKey

from tenantry.clients.entra import IdTokenRefusedError, SigningKeys, TenantPolicy, verify_id_token
from tests.bad_inputs.typed import ANY_TEXT, ODD_IDS, ODD_NUMBERS

_BASE = "https://login.microsoftonline.com"
_TENANT = "11111111-2222-4333-8444-555555555555"
_OID = "0a1b2c3d-1111-4222-8333-444455556666"
_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_AT = int(_NOW.timestamp())
_KEY = RSAKey.generate_key(2048)
_MISSING = "(missing)"
PUBLIC_KEY: dict[str, object] = {
    "kty": "RSA",
    "use": "sig",
    "kid": "shared",
    "n": _KEY.as_dict(private=False)["n"],
    "e": _KEY.as_dict(private=False)["e"],
    "issuer": _BASE + "/{tenantid}/v2.0",
}
_CLAIMS: dict[str, object] = {
    "iss": f"{_BASE}/{_TENANT}/v2.0",
    "aud": "app-1",
    "iat": _AT - 10,
    "nbf": _AT - 10,
    "exp": _AT + 3600,
    "nonce": "n-1",
    "tid": _TENANT,
    "oid": _OID,
    "name": "Rosa Diaz",
    "preferred_username": "rosa@fabrikam.example",
    "email": "rosa@fabrikam.example",
}
_HEADER: dict[str, object] = {"alg": "RS256", "kid": "shared"}
# Whatever else one of these says, nobody is let in.
_MUST_FIT = frozenset({"iss", "aud", "nonce", "tid", "alg", "kid"})
_EXTRA_CLAIMS = ("auth_time", "idp", "acct", "amr", "xms_edov", "azp", "ver", "sub")
_EXTRA_HEADERS = ("typ", "b64", "crit", "jku", "x5c")
_VALUES: SearchStrategy[object] = st.one_of(
    ANY_TEXT,
    ODD_IDS,
    ODD_NUMBERS,
    st.just(_MISSING),
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(ANY_TEXT, max_size=2),
    st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=1),
)


@dataclass(frozen=True, slots=True)
class Odd:
    """A token that is signed with a good key: what differs, or other text in place of one of its three parts."""

    name: str = ""
    value: object = None
    part: int | None = None
    text: str = ""


_PARTS_TEXT = st.one_of(ANY_TEXT, ODD_NUMBERS, st.binary(max_size=40).map(lambda raw: _coded(raw)))
ODD_TOKENS: SearchStrategy[Odd] = st.one_of(
    st.builds(Odd, st.sampled_from((*_CLAIMS, *_EXTRA_CLAIMS, *_HEADER, *_EXTRA_HEADERS)), _VALUES),
    st.builds(Odd, st.sampled_from(tuple(_CLAIMS)), _VALUES),
    st.builds(lambda part, text: Odd(part=part, text=text), st.integers(0, 2), _PARTS_TEXT),
)
PARTS: SearchStrategy[str] = st.lists(_PARTS_TEXT, min_size=3, max_size=3).map(".".join)


def finding(odd: Odd) -> str:
    """Say what is wrong with how a token was taken."""
    try:
        who = verify_id_token(
            _token(odd),
            client_id="app-1",
            nonce="n-1",
            allowed=TenantPolicy.any_organisation(),
            keys=_keys(),
            login_base=_BASE,
            now=_NOW,
        )
    except IdTokenRefusedError as refusal:
        return "" if refusal.reason.value else "refused without a reason"
    if odd.part is not None or (odd.name in _MUST_FIT and odd.value != {**_CLAIMS, **_HEADER}[odd.name]):
        return "let somebody in"
    oid = odd.value if odd.name == "oid" else _OID
    return "" if (who.tid, who.oid) == (_TENANT, oid) else f"let in as {who.tid} {who.oid}"


@cache
def _keys() -> SigningKeys:
    return SigningKeys(lambda: {"keys": [PUBLIC_KEY]})  # type: ignore[list-item]


def _token(odd: Odd) -> str:
    header, claims = dict(_HEADER), dict(_CLAIMS)
    if odd.name:
        place = header if odd.name in {*_HEADER, *_EXTRA_HEADERS} else claims
        place[odd.name] = odd.value
        if odd.value == _MISSING:
            del place[odd.name]
    told = f"{_json(header)}.{_json(claims)}"
    signature = _KEY.get_op_key("sign").sign(told.encode(), padding.PKCS1v15(), hashes.SHA256())
    parts = [*told.split("."), _coded(signature)]
    if odd.part is not None:
        parts[odd.part] = odd.text
    return ".".join(parts)


def _json(value: Mapping[str, object]) -> str:
    return _coded(json.dumps(value).encode())


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
