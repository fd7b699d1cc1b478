"""Which tenant a domain belongs to, Microsoft's keys, and the addresses a browser is sent to."""

import base64
import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from tenantry.clients.entra import (
    PERSONAL_TENANT,
    DomainKind,
    EntraClient,
    SigningKeys,
    admin_consent_url,
    authorize_url,
    new_pkce,
)
from tenantry.clients.http import JsonValue, Timeouts, Unavailable
from tests.clients.vendor import Cut, Reply, Seen, Vendor

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TENANT = "11111111-2222-4333-8444-555555555555"
BASE = "https://login.microsoftonline.com"


def entra(url: str) -> EntraClient:
    return EntraClient(url, now=lambda: NOW, timeouts=Timeouts(connect=10.0, read=10.0, total=20.0, patience=0.1))


def unknown(number: int) -> Reply:
    words = f"AADSTS{number}: Tenant not found."
    return Reply(400, {"error": "invalid_tenant", "error_description": words, "error_codes": [number]})


@pytest.mark.parametrize(
    ("domain", "step", "kind", "tenant_id"),
    [
        ("fabrikam.example", Reply(200, {"issuer": f"{BASE}/{TENANT}/v2.0"}), DomainKind.ORGANISATION, TENANT),
        (
            " Fabrikam.Example. ",
            Reply(200, {"issuer": f"{BASE}/{TENANT.upper()}/v2.0"}),
            DomainKind.ORGANISATION,
            TENANT,
        ),
        (TENANT, Reply(200, {"issuer": f"{BASE}/{TENANT}/v2.0"}), DomainKind.ORGANISATION, TENANT),
        ("nobody.example", unknown(90002), DomainKind.UNKNOWN, ""),
        ("nobody.example", unknown(900023), DomainKind.UNKNOWN, ""),
        ("live-like.example", Reply(200, {"issuer": f"{BASE}/{PERSONAL_TENANT}/v2.0"}), DomainKind.CONSUMER, ""),
        ("fabrikam.example", Reply(503), DomainKind.UNREACHABLE, ""),
        ("fabrikam.example", Reply(429), DomainKind.UNREACHABLE, ""),
        ("fabrikam.example", Cut(), DomainKind.UNREACHABLE, ""),
        ("fabrikam.example", Reply(200, b"<html>"), DomainKind.UNREACHABLE, ""),
        ("fabrikam.example", Reply(200, {"issuer": f"{BASE}/{{tenantid}}/v2.0"}), DomainKind.UNREACHABLE, ""),
    ],
)
def test_a_domain_is_looked_up(domain: str, step: Reply | Cut, kind: DomainKind, tenant_id: str) -> None:
    with Vendor(step) as vendor, entra(vendor.url) as client:
        answer = client.find_domain(domain)
    assert (answer.kind, answer.tenant_id) == (kind, tenant_id)
    assert vendor.seen[0].path == f"/{domain.strip().rstrip('.').lower()}/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize("domain", ["gmail.com", "OUTLOOK.com", "hotmail.de"])
def test_a_consumer_domain_is_known_without_asking(domain: str) -> None:
    with Vendor() as vendor, entra(vendor.url) as client:
        assert client.find_domain(domain).kind is DomainKind.CONSUMER
    assert vendor.seen == []


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "common",
        "organizations",
        "a b.example",
        "x/../y.example",
        "@evil.example",
        ".",
        "bücher.example",
        "weißbrot.example",
    ],
)
def test_what_is_no_domain_is_never_sent(domain: str) -> None:
    with Vendor() as vendor, entra(vendor.url) as client:
        assert client.find_domain(domain).kind is DomainKind.UNKNOWN
    assert vendor.seen == []


def test_nobody_there_is_unreachable() -> None:
    with Vendor() as vendor:
        url = vendor.url
    with entra(url) as client:
        assert client.find_domain("fabrikam.example").kind is DomainKind.UNREACHABLE


def jwk(kid: str, **more: JsonValue) -> dict[str, JsonValue]:
    public = RSAKey.generate_key(2048).as_dict(private=False)
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": public["n"], "e": public["e"], "issuer": f"{BASE}/x", **more}


def test_keys_are_kept_and_fetched_again_for_an_unknown_id_but_not_at_will() -> None:
    first, second = jwk("k-1"), jwk("k-2")
    published: list[list[dict[str, JsonValue]]] = [[first], [first, second], [second]]

    def script(seen: Seen) -> Reply:
        return Reply(200, {"keys": published.pop(0)})

    with Vendor(script=script) as vendor, entra(vendor.url) as client:
        keys = SigningKeys(lambda: client.signing_keys("organizations"), pause=60)
        assert keys.find("k-1") is not None
        assert keys.find("k-1") is not None
        assert len(vendor.seen) == 1
        found = keys.find("k-2")
        assert found is not None
        assert (found.kid, found.issuer) == ("k-2", f"{BASE}/x")
        assert [keys.find(f"forged-{number}") for number in range(20)] == [None] * 20
    assert [seen.path for seen in vendor.seen] == ["/organizations/discovery/v2.0/keys"] * 2


def test_unsound_keys_are_passed_over() -> None:
    rows = [
        jwk("good"),
        {"kty": "RSA", "kid": "small", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "kid": "curve", "crv": "P-256", "x": "a", "y": "b"},
        jwk("encryption", use="enc"),
        {"kty": "RSA", "kid": "broken", "n": "!" * 400, "e": "AQAB"},
        "no row",
    ]
    with Vendor(Reply(200, {"keys": rows})) as vendor, entra(vendor.url) as client:
        keys = SigningKeys(lambda: client.signing_keys("common"), pause=60)
        assert keys.find("good") is not None
    names = ["small", "curve", "encryption", "broken"]
    with Vendor(*[Reply(200, {"keys": rows})] * 2) as vendor, entra(vendor.url) as client:
        keys = SigningKeys(lambda: client.signing_keys("common"), pause=60)
        assert [keys.find(name) for name in names] == [None] * 4


def test_keys_that_cannot_be_read_are_an_error_and_not_an_empty_set() -> None:
    with Vendor(Reply(503)) as vendor, entra(vendor.url) as client, pytest.raises(Unavailable):
        SigningKeys(lambda: client.signing_keys("common")).find("k")


def test_the_sign_in_address_carries_everything_and_nothing_empty() -> None:
    pkce = new_pkce()
    digest = hashlib.sha256(pkce.verifier.encode()).digest()
    assert pkce.challenge == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert pkce.verifier not in repr(pkce)
    assert new_pkce().verifier != pkce.verifier
    url = authorize_url(
        BASE + "/",
        "organizations",
        client_id="app-1",
        redirect_uri="https://us.example/back?x=1",
        scope="openid profile email",
        state="st&te",
        nonce="n-1",
        code_challenge=pkce.challenge,
        max_age=0,
    )
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{BASE}/organizations/oauth2/v2.0/authorize"
    assert parse_qs(parts.query) == {
        "client_id": ["app-1"],
        "response_type": ["code"],
        "response_mode": ["query"],
        "redirect_uri": ["https://us.example/back?x=1"],
        "scope": ["openid profile email"],
        "state": ["st&te"],
        "nonce": ["n-1"],
        "code_challenge": [pkce.challenge],
        "code_challenge_method": ["S256"],
        "max_age": ["0"],
    }


def test_the_administrators_address() -> None:
    url = admin_consent_url(
        BASE, TENANT, client_id="app-1", redirect_uri="https://us.example/back", scope="openid", state="s"
    )
    parts = urlsplit(url)
    assert parts.path == f"/{TENANT}/v2.0/adminconsent"
    assert parse_qs(parts.query) == {
        "client_id": ["app-1"],
        "redirect_uri": ["https://us.example/back"],
        "scope": ["openid"],
        "state": ["s"],
    }
