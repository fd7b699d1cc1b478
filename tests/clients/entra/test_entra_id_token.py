"""Id tokens: a good one first, then every attack against the same keys and the same policy."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from tenantry.clients.entra import (
    PERSONAL_TENANT,
    Identity,
    IdTokenRefusedError,
    Reason,
    SigningKeys,
    TenantPolicy,
    verify_id_token,
)

BASE = "https://login.microsoftonline.com"
TENANT = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-2222-4333-8444-555555555555"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
OID = "0a1b2c3d-1111-4222-8333-444455556666"
OTHER_OID = "0a1b2c3d-1111-4222-8333-444455557777"

SHARED, TENANTS, PERSONAL, BARE, FORGED = (RSAKey.generate_key(2048) for _ in range(5))


def row(key: RSAKey, kid: str, issuer: str | None) -> dict[str, object]:
    public = key.as_dict(private=False)
    entry: dict[str, object] = {"kty": "RSA", "use": "sig", "kid": kid, "n": public["n"], "e": public["e"]}
    return entry if issuer is None else {**entry, "issuer": issuer}


DOCUMENT = {
    "keys": [
        row(SHARED, "shared", BASE + "/{tenantid}/v2.0"),
        row(TENANTS, "others", f"{BASE}/{OTHER}/v2.0"),
        row(PERSONAL, "personal", f"{BASE}/{PERSONAL_TENANT}/v2.0"),
        row(BARE, "bare", None),
    ]
}

CLAIMS: dict[str, object] = {
    "iss": f"{BASE}/{TENANT}/v2.0",
    "aud": "app-1",
    "iat": AT - 10,
    "nbf": AT - 10,
    "exp": AT + 3600,
    "nonce": "n-1",
    "tid": TENANT,
    "oid": OID,
    "name": "Rosa Diaz",
    "preferred_username": "rosa@fabrikam.example",
    "email": "rosa@fabrikam.example",
    "ver": "2.0",
}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(
    changes: Mapping[str, object] | None = None,
    *,
    without: str = "",
    key: RSAKey = SHARED,
    kid: str = "shared",
    algorithm: str = "RS256",
    header: Mapping[str, object] | None = None,
) -> str:
    claims = {name: value for name, value in {**CLAIMS, **(changes or {})}.items() if name != without}
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    if header is not None:
        # The library refuses to write these: the signature is right for what stands there nonetheless.
        told = f"{part({'alg': algorithm, 'kid': kid, **header})}.{part(claims)}"
        return f"{told}.{_signed(told, key)}"
    return jwt.encode({"alg": algorithm, "kid": kid, "x-new": "1"}, claims, key, registry=registry)


def _signed(text: str, key: RSAKey) -> str:
    signature = key.get_op_key("sign").sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


ATTACKS = [
    ("", Reason.MALFORMED),
    ("a.b", Reason.MALFORMED),
    ("a.b.c", Reason.MALFORMED),
    ("x" * 70000, Reason.MALFORMED),
    (f"{part([])}.{part({})}.x", Reason.MALFORMED),
    (token(without="tid"), Reason.MALFORMED),
    (token(without="oid"), Reason.MALFORMED),
    (token({"oid": 7}), Reason.MALFORMED),
    (token({"oid": "o" * 500}), Reason.MALFORMED),
    (token({"oid": "o-1"}), Reason.MALFORMED),
    (token({"oid": f" {OID}"}), Reason.MALFORMED),
    (token({"tid": TENANT + "0"}), Reason.MALFORMED),
    (token({"exp": True}), Reason.MALFORMED),
    (token(header={"b64": False}), Reason.MALFORMED),
    (token(header={"b64": False, "crit": ["b64"]}), Reason.MALFORMED),
    (token(header={"crit": ["exp"]}), Reason.MALFORMED),
    (token({"tid": "organizations", "iss": f"{BASE}/organizations/v2.0"}), Reason.MALFORMED),
    (token(without="exp"), Reason.MALFORMED),
    (token(without="iat"), Reason.MALFORMED),
    (token({"exp": str(AT + 3600)}), Reason.MALFORMED),
    (token({"exp": 10**400}), Reason.MALFORMED),
    (f"{part({'alg': 'none', 'kid': 'shared'})}.{part(CLAIMS)}.", Reason.ALGORITHM),
    (token(algorithm="RS512"), Reason.ALGORITHM),
    (token(algorithm="PS256"), Reason.ALGORITHM),
    (token(kid="unheard-of"), Reason.UNKNOWN_KEY),
    (f"{part({'alg': 'RS256'})}.{part(CLAIMS)}.c2ln", Reason.UNKNOWN_KEY),
    (token(key=FORGED), Reason.SIGNATURE),
    (token().rpartition(".")[0] + ".", Reason.SIGNATURE),
    (token().split(".")[0] + "." + part({**CLAIMS, "oid": OTHER_OID}) + "." + token().split(".")[2], Reason.SIGNATURE),
    (token({"iss": f"{BASE}/{OTHER}/v2.0"}), Reason.ISSUER),
    (token({"iss": f"https://login.evil.example/{TENANT}/v2.0"}), Reason.ISSUER),
    (token({"iss": BASE + "/{tenantid}/v2.0"}), Reason.ISSUER),
    (token({"iss": f"{BASE}/{TENANT}/v2.0/"}), Reason.ISSUER),
    (token({"tid": OTHER}), Reason.ISSUER),
    (token(without="iss"), Reason.ISSUER),
    (token(key=TENANTS, kid="others"), Reason.KEY_ISSUER),
    (token(key=PERSONAL, kid="personal"), Reason.KEY_ISSUER),
    (token(key=BARE, kid="bare"), Reason.KEY_ISSUER),
    (token({"aud": "app-2"}), Reason.AUDIENCE),
    (token({"aud": "app-2", "azp": "app-1"}), Reason.AUDIENCE),
    (token({"aud": ["app-1"]}), Reason.AUDIENCE),
    (token({"aud": ["app-1", "app-2"], "azp": "app-1"}), Reason.AUDIENCE),
    (token(without="aud"), Reason.AUDIENCE),
    (token({"nonce": "n-2"}), Reason.NONCE),
    (token(without="nonce"), Reason.NONCE),
    (token({"nonce": ["n-1"]}), Reason.NONCE),
    (token({"exp": AT - 60}), Reason.EXPIRED),
    (token({"iat": AT + 61}), Reason.NOT_YET),
    (token({"nbf": AT + 61}), Reason.NOT_YET),
]


class Gate:
    """One sign-in door: its keys live on between sign-ins, as in the product."""

    def __init__(self) -> None:
        self._keys = SigningKeys(lambda: json.loads(json.dumps(DOCUMENT)))

    def check(
        self, text: str, allowed: TenantPolicy | None = None, nonce: str = "n-1", client_id: str = "app-1"
    ) -> Identity:
        return verify_id_token(
            text,
            client_id=client_id,
            nonce=nonce,
            allowed=allowed or TenantPolicy.any_organisation(),
            keys=self._keys,
            login_base=BASE + "/",
            now=NOW,
            leeway=timedelta(seconds=60),
        )


@pytest.fixture
def gate() -> Gate:
    """A door that has already let one person in."""
    gate = Gate()
    assert gate.check(token()).oid == OID
    return gate


def test_a_good_token_says_who_it_is() -> None:
    text = token({"xms_edov": True, "acct": 0, "auth_time": AT - 20, "amr": ["pwd", "mfa"]})
    assert Gate().check(text) == Identity(
        tid=TENANT,
        oid=OID,
        name="Rosa Diaz",
        username="rosa@fabrikam.example",
        email="rosa@fabrikam.example",
        email_verified=True,
        is_guest=False,
        is_personal=False,
        auth_time=NOW - timedelta(seconds=20),
        amr=("pwd", "mfa"),
    )


@pytest.mark.parametrize(
    ("value", "verified"),
    [(True, True), ("true", True), (1, True), ("1", True), (False, False), ("0", False), (None, False)],
)
def test_an_address_is_verified_only_when_microsoft_says_so(gate: Gate, value: object, verified: bool) -> None:
    assert gate.check(token({"xms_edov": value})).email_verified is verified


@pytest.mark.parametrize(
    ("changes", "guest"),
    [
        ({}, False),
        ({"acct": 0}, False),
        ({"acct": 1}, True),
        ({"acct": "1"}, True),
        ({"idp": f"https://sts.windows.net/{TENANT}/"}, False),
        ({"idp": f"https://sts.windows.net/{OTHER}/"}, True),
        ({"idp": "live.com"}, True),
    ],
)
def test_a_guest_is_told(gate: Gate, changes: dict[str, object], guest: bool) -> None:
    assert gate.check(token(changes)).is_guest is guest


def test_a_key_of_one_tenant_signs_for_that_tenant(gate: Gate) -> None:
    text = token({"tid": OTHER, "iss": f"{BASE}/{OTHER}/v2.0"}, key=TENANTS, kid="others")
    assert gate.check(text).tid == OTHER


@pytest.mark.parametrize(
    ("text", "reason"),
    ATTACKS,
    ids=[f"{number}-{reason}" for number, (_, reason) in enumerate(ATTACKS)],
)
def test_an_attack_after_a_good_sign_in_is_refused(gate: Gate, text: str, reason: Reason) -> None:
    with pytest.raises(IdTokenRefusedError) as caught:
        gate.check(text)
    assert (caught.value.reason, caught.value.identity) == (reason, None)
    assert gate.check(token()).oid == OID


def test_odd_text_in_a_claim_is_cleaned(gate: Gate) -> None:
    identity = gate.check(token({"name": "Rosa \ud800\x00Diaz", "preferred_username": "r" * 5000}, header={}))
    assert (identity.name, len(identity.username)) == ("Rosa \ufffdDiaz", 5000)


def test_times_have_a_leeway(gate: Gate) -> None:
    assert gate.check(token({"exp": AT - 59})).oid == OID
    assert gate.check(token({"iat": AT + 59, "nbf": AT + 59})).oid == OID


def test_a_symmetric_signature_with_the_public_key_is_refused(gate: Gate) -> None:
    signed = f"{part({'alg': 'HS256', 'kid': 'shared'})}.{part(CLAIMS)}"
    code = hmac.digest(SHARED.as_pem(private=False), signed.encode(), "sha256")
    text = f"{signed}.{base64.urlsafe_b64encode(code).rstrip(b'=').decode()}"
    with pytest.raises(IdTokenRefusedError) as caught:
        gate.check(text)
    assert caught.value.reason is Reason.ALGORITHM


def test_a_key_inside_the_token_is_not_looked_at(gate: Gate) -> None:
    header = {"alg": "RS256", "kid": "shared", "jwk": FORGED.as_dict(private=False)}
    text = jwt.encode(header, CLAIMS, FORGED, algorithms=["RS256"])
    with pytest.raises(IdTokenRefusedError) as caught:
        gate.check(text)
    assert caught.value.reason is Reason.SIGNATURE


def test_an_empty_nonce_or_client_id_of_ours_lets_nobody_in(gate: Gate) -> None:
    with pytest.raises(IdTokenRefusedError) as caught:
        gate.check(token({"nonce": ""}), nonce="")
    assert caught.value.reason is Reason.NONCE
    with pytest.raises(IdTokenRefusedError) as caught:
        gate.check(token({"aud": ""}), client_id="")
    assert caught.value.reason is Reason.AUDIENCE


def test_a_genuine_person_of_another_tenant_is_refused_by_name(gate: Gate) -> None:
    assert gate.check(token(), TenantPolicy.one_tenant(TENANT.upper())).tid == TENANT
    with pytest.raises(IdTokenRefusedError) as caught:
        gate.check(token(), TenantPolicy.one_tenant(OTHER))
    assert caught.value.reason is Reason.OTHER_TENANT
    assert caught.value.identity is not None
    assert caught.value.identity.username == "rosa@fabrikam.example"


def test_a_personal_account_is_refused_by_name(gate: Gate) -> None:
    text = token({"tid": PERSONAL_TENANT, "iss": f"{BASE}/{PERSONAL_TENANT}/v2.0"}, key=PERSONAL, kid="personal")
    with pytest.raises(IdTokenRefusedError) as caught:
        gate.check(text)
    assert caught.value.reason is Reason.PERSONAL_ACCOUNT
    assert caught.value.identity is not None
    assert caught.value.identity.is_personal
