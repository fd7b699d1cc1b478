"""Tokens: every grant, rotation, the cache, certificates, and Microsoft's refusals."""

import base64
import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import RSAKey

from tenantry.clients.entra import (
    ClientCertificate,
    ClientSecret,
    EntraClient,
    explain_redirect,
    make_key_and_certificate,
    read_access_token,
)
from tenantry.clients.entra.errors import ADVICE
from tenantry.clients.http import Call, Malformed, Observer, Retry, SignInNeeded, Throttled, Timeouts, Unavailable
from tests.clients.vendor import Cut, Reply, Seen, Vendor

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TENANT = "11111111-2222-4333-8444-555555555555"
SECRET = ClientSecret("app-1", "s3cr3t~value")
SCOPE = "https://api.partnercenter.microsoft.com/user_impersonation offline_access"


def entra(url: str, observer: Observer | None = None) -> EntraClient:
    steady = Timeouts(connect=10.0, read=10.0, total=20.0, patience=20.0)
    return EntraClient(url, now=lambda: NOW, timeouts=steady, observer=observer)


def granted(number: int, **more: object) -> Reply:
    return Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": f"access-{number}", **more})


def refused(number: int, error: str, status: int = 400) -> Reply:
    words = f"AADSTS{number}: Some words.\r\nTrace ID: t-1\r\nCorrelation ID: c-1\r\nTimestamp: 2026-11-22 12:00:00Z"
    body = {"error": error, "error_description": words, "error_codes": [number]}
    return Reply(status, {**body, "trace_id": "t-1", "correlation_id": "c-1"})


def test_a_rotated_refresh_token_is_stored_before_the_access_token_is_given_out() -> None:
    stored: list[str] = []
    with Vendor(granted(1, refresh_token="refresh-2", scope="s")) as vendor, entra(vendor.url) as client:
        tokens = client.by_refresh_token(TENANT, SECRET, refresh_token="refresh-1", scope=SCOPE, store=stored.append)
    assert stored == ["refresh-2"]
    assert (tokens.access_token, tokens.refresh_token, tokens.expires_in, tokens.scope) == (
        "access-1",
        "refresh-2",
        3599,
        "s",
    )
    (seen,) = vendor.seen
    assert (seen.method, seen.path) == ("POST", f"/{TENANT}/oauth2/v2.0/token")
    assert seen.form == {
        "client_id": "app-1",
        "client_secret": "s3cr3t~value",
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
        "scope": SCOPE,
    }


def test_a_token_is_not_used_when_the_rotated_one_cannot_be_stored() -> None:
    def full(token: str) -> None:
        raise OSError("no space left")

    with Vendor(granted(1, refresh_token="r-2"), granted(2)) as vendor, entra(vendor.url) as client:
        source = client.consented_tokens(TENANT, SECRET, scope=SCOPE, load=lambda: "r-1", store=full)
        with pytest.raises(OSError, match="no space"):
            source.access_token()
        assert source.access_token() == "access-2"


def test_an_unchanged_refresh_token_is_not_stored_again() -> None:
    stored: list[str] = []
    with Vendor(granted(1, refresh_token="r-1")) as vendor, entra(vendor.url) as client:
        client.by_refresh_token(TENANT, SECRET, refresh_token="r-1", scope=SCOPE, store=stored.append)
    assert stored == []


def test_a_source_fetches_once_for_many_threads_and_again_when_it_is_nearly_over() -> None:
    with Vendor(granted(1, expires_in=3599)) as vendor, entra(vendor.url) as client:
        source = client.application_tokens(TENANT, SECRET, scope="x/.default")
        given: list[str] = []
        threads = [threading.Thread(target=lambda: given.append(source.access_token())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert given == ["access-1"] * 8
        assert source.access_token(renew=True) == "access-1"  # asked for right after the first
    assert len(vendor.seen) == 1
    assert vendor.seen[0].form["grant_type"] == "client_credentials"
    with Vendor(granted(1, expires_in=100), granted(2)) as vendor, entra(vendor.url) as client:
        source = client.application_tokens(TENANT, SECRET, scope="x/.default")
        assert (source.access_token(), source.access_token()) == ("access-1", "access-2")


def test_a_code_is_redeemed_with_its_verifier() -> None:
    with Vendor(granted(1, id_token="a.b.c", refresh_token="r-1")) as vendor, entra(vendor.url) as client:
        tokens = client.by_code(
            TENANT, SECRET, code="code-1", redirect_uri="https://us/back", code_verifier="v-1", scope="openid"
        )
    assert (tokens.id_token, tokens.refresh_token) == ("a.b.c", "r-1")
    assert vendor.seen[0].form == {
        "client_id": "app-1",
        "client_secret": "s3cr3t~value",
        "grant_type": "authorization_code",
        "code": "code-1",
        "redirect_uri": "https://us/back",
        "code_verifier": "v-1",
        "scope": "openid",
    }


@pytest.mark.parametrize("step", [Cut(), Reply(503)], ids=["cut", "503"])
def test_a_code_is_redeemed_once_and_a_lost_answer_means_start_again(step: Cut | Reply) -> None:
    with Vendor(step) as vendor, entra(vendor.url) as client, pytest.raises(SignInNeeded) as caught:
        client.by_code(TENANT, SECRET, code="c", redirect_uri="https://us/back", code_verifier="v", scope="openid")
    assert (len(vendor.seen), caught.value.advice) == (1, "code_spent")


def test_a_refresh_is_repeated_after_a_cut_line() -> None:
    with Vendor(Cut(), granted(1)) as vendor, entra(vendor.url) as client:
        client.by_refresh_token(TENANT, SECRET, refresh_token="r", scope=SCOPE, store=lambda token: None)
    assert len(vendor.seen) == 2


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
def test_a_certificate_proves_the_application(algorithm: str) -> None:
    made = make_key_and_certificate("Tenantry for Contoso IT", 365, NOW)
    credential = ClientCertificate("app-1", made.private_key_pem, made.certificate_pem, algorithm)
    with Vendor(granted(1)) as vendor, entra(vendor.url) as client:
        client.app_only(TENANT, credential, scope="x/.default")
    form = vendor.seen[0].form
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in form
    certificate = x509.load_pem_x509_certificate(made.certificate_pem.encode())
    public = RSAKey.import_key(made.certificate_pem)
    assertion = jwt.decode(form["client_assertion"], public, algorithms=[algorithm])
    digest = base64.urlsafe_b64encode(hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())
    assert assertion.header == {"alg": algorithm, "typ": "JWT", "x5t#S256": digest.rstrip(b"=").decode()}
    issued = int(NOW.timestamp())
    assert assertion.claims.pop("jti")
    assert assertion.claims == {
        "aud": f"{vendor.url}/{TENANT}/oauth2/v2.0/token",
        "iss": "app-1",
        "sub": "app-1",
        "iat": issued,
        "nbf": issued,
        "exp": issued + 300,
    }


def test_a_made_certificate_is_what_was_asked_for() -> None:
    made = make_key_and_certificate("Tenantry for Contoso IT", 365, NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate_pem.encode())
    assert certificate.subject.rfc4514_string() == "CN=Tenantry for Contoso IT"
    assert certificate.not_valid_after_utc == made.not_after == NOW + timedelta(days=365)
    assert len(made.thumbprint) == 40
    assert "PRIVATE KEY" not in repr(made)
    assert "PRIVATE KEY" not in repr(ClientCertificate("a", made.private_key_pem, made.certificate_pem))


@pytest.mark.parametrize(
    ("number", "error", "advice"),
    [
        (50076, "interaction_required", "mfa_missing"),
        (50079, "invalid_grant", "mfa_missing"),
        (50173, "invalid_grant", "consent_revoked"),
        (700082, "invalid_grant", "consent_expired"),
        (54005, "invalid_grant", "code_spent"),
        (65001, "invalid_grant", "consent_missing"),
        (7000215, "invalid_client", "secret_wrong"),
        (7000222, "invalid_client", "secret_expired"),
        (700016, "unauthorized_client", "app_not_found"),
        (90002, "invalid_request", "tenant_not_found"),
        (53003, "access_denied", "conditional_access"),
        (99999999, "invalid_client", "secret_wrong"),
        (99999999, "something_new", "sign_in_again"),
    ],
)
def test_a_refusal_has_number_words_ids_and_advice(number: int, error: str, advice: str) -> None:
    with (
        Vendor(refused(number, error)) as vendor,
        entra(vendor.url) as client,
        pytest.raises(SignInNeeded) as caught,
    ):
        client.app_only(TENANT, SECRET, scope="x/.default")
    found = caught.value
    assert (found.code, found.advice, found.retry) == (f"AADSTS{number}", advice, Retry.NEVER)
    assert (found.words, found.request_id, found.correlation_id) == (f"AADSTS{number}: Some words.", "t-1", "c-1")
    assert advice in ADVICE
    assert len(vendor.seen) == 1


def test_a_throttled_tenant_is_throttled_and_a_broken_service_unavailable() -> None:
    with Vendor(refused(90055, "invalid_request"), refused(90033, "temporarily_unavailable")) as vendor:
        client = EntraClient(vendor.url, now=lambda: NOW, timeouts=Timeouts(patience=0.1))
        with client, pytest.raises(Throttled):
            client.app_only(TENANT, SECRET, scope="x/.default")
        client = EntraClient(vendor.url, now=lambda: NOW, timeouts=Timeouts(patience=0.1))
        with client, pytest.raises(Unavailable):
            client.app_only(TENANT, SECRET, scope="x/.default")


@pytest.mark.parametrize("body", [{}, [], {"access_token": "a"}, {"access_token": "", "expires_in": 1}])
def test_an_answer_without_a_token_is_malformed(body: object) -> None:
    with Vendor(Reply(200, body)) as vendor, entra(vendor.url) as client, pytest.raises(Malformed):
        client.app_only(TENANT, SECRET, scope="x/.default")


def test_an_error_that_comes_back_to_the_redirect_address_has_advice() -> None:
    error = explain_redirect("consent_required", "AADSTS90094: Admin consent is required.\r\nTrace ID: t")
    assert (error.code, error.words, error.advice) == (
        "AADSTS90094",
        "AADSTS90094: Admin consent is required.",
        "admin_consent_needed",
    )
    assert explain_redirect("access_denied", "").advice == "consent_declined"


def test_no_secret_of_a_grant_is_in_a_record_an_exception_or_a_printed_token() -> None:
    told: list[Call] = []

    def reflect(seen: Seen) -> Reply:
        if seen.form["grant_type"] == "client_credentials":
            return granted(1, refresh_token="refresh-secret")
        return Reply(400, {"error": "invalid_grant", "error_description": seen.body.decode()})

    with Vendor(script=reflect) as vendor, entra(vendor.url, told.append) as client:
        with pytest.raises(SignInNeeded) as caught:
            client.by_refresh_token(TENANT, SECRET, refresh_token="0.opaque-refresh", scope=SCOPE, store=print)
        tokens = client.app_only(TENANT, SECRET, scope="x/.default")
    everything = repr(told) + str(caught.value) + repr(tokens) + repr(SECRET)
    for secret in ("0.opaque-refresh", "s3cr3t~value", "s3cr3t%7Evalue", "access-1", "refresh-secret"):
        assert secret not in everything


def test_claims_of_an_access_token_can_be_read() -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {
        "tid": TENANT,
        "oid": "o-1",
        "appid": "app-1",
        "upn": "admin@contoso.example",
        "amr": ["pwd", "mfa"],
        "wids": ["w-1"],
        "scp": "user_impersonation",
        "exp": int(NOW.timestamp()),
    }
    facts = read_access_token(f"{part({'alg': 'RS256'})}.{part(claims)}.x")
    assert (facts.tenant_id, facts.object_id, facts.app_id, facts.username) == (
        TENANT,
        "o-1",
        "app-1",
        "admin@contoso.example",
    )
    assert (facts.mfa, facts.roles, facts.scopes, facts.app_only, facts.expires_at) == (
        True,
        ("w-1",),
        ("user_impersonation",),
        False,
        NOW,
    )
    with pytest.raises(ValueError, match="not a signed JWT"):
        read_access_token("opaque")
