"""Unsafe settings are refused, each with its sentence."""

import pytest
from pytest_django import Settings

from tenantry.config.checks import Role, database_problems, problems
from tenantry.kernel.seal import new_key_pair

PRODUCTION = {
    "REHEARSAL": False,
    "DEBUG": False,
    "SANDBOX_URL": "",
    "SECRET_KEY": "a-key-that-is-long-enough-for-a-check-of-its-length",
    "PUBLIC_URL": "https://portal.example.org",
    "PORTAL_URL": "https://portal.example.org",
    "BACKOFFICE_URL": "https://office.example.org",
    "TLS_PROXY_HEADER": True,
    "LOGIN_URL": "https://login.microsoftonline.com",
    "PARTNER_CENTER_URL": "https://api.partnercenter.microsoft.com",
    "PARTNER_TENANT_ID": "6e5a3b5e-5be4-54b4-ad33-04bb76a6b074",
    "SIGN_IN_CLIENT_ID": "one",
    "SIGN_IN_CLIENT_SECRET": "two",
    "PARTNER_CLIENT_ID": "three",
    "SETTLE_SECONDS": 60,
    "ORDER_LEASE_SECONDS": 5,
    "SESSION_ABSOLUTE_HOURS": 10,
    "SESSION_IDLE_MINUTES": 600,
    "FRESH_SIGN_IN_MINUTES": 600,
}


@pytest.fixture
def safe(settings: Settings) -> Settings:
    """Settings of a web process with which nothing is wrong."""
    for name, value in PRODUCTION.items():
        setattr(settings, name, value)
    settings.SEAL_PRIVATE_KEYS = []
    settings.PARTNER_CLIENT_SECRET = ""
    return settings


@pytest.fixture
def safe_worker(safe: Settings) -> Settings:
    """Settings of a worker with which nothing is wrong."""
    safe.SEAL_PUBLIC_KEY, private = new_key_pair()
    safe.SEAL_PRIVATE_KEYS = [private]
    safe.PARTNER_CLIENT_SECRET = "four"
    return safe


def test_a_safe_web_process_may_start(safe: Settings) -> None:
    assert problems(Role.WEB) == []


def test_a_safe_worker_may_start(safe_worker: Settings) -> None:
    assert problems(Role.WORKER) == []


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", True, "TENANTRY_DEBUG is on"),
        ("SECRET_KEY", "insecure-only-for-tests-and-tools", "TENANTRY_SECRET_KEY is not set"),
        ("SECRET_KEY", "short", "TENANTRY_SECRET_KEY is shorter than 40"),
        ("SECRET_KEY_FALLBACKS", ["short"], "TENANTRY_SECRET_KEY_FALLBACKS holds a key of fewer than 40"),
        ("PUBLIC_URL", "http://portal.example.org", "people would sign in without encryption"),
        ("TLS_PROXY_HEADER", False, "TENANTRY_TLS_PROXY_HEADER is not set"),
        ("BACKOFFICE_URL", "http://office.example.org", "must both be https, or neither"),
        ("SEAL_PUBLIC_KEY", "", "TENANTRY_SEAL_PUBLIC_KEY is not set"),
        ("SEAL_PUBLIC_KEY", "nonsense", "is no key for sealing"),
        ("SEAL_PRIVATE_KEYS", ["anything"], "TENANTRY_SEAL_PRIVATE_KEYS must not be given to the web process"),
        ("PARTNER_CLIENT_SECRET", "x", "TENANTRY_PARTNER_CLIENT_SECRET must not be given to the web process"),
        ("SANDBOX_URL", "http://localhost:8001", "TENANTRY_SANDBOX_URL is set, but TENANTRY_REHEARSAL is not"),
        ("LOGIN_URL", "http://localhost:8001", "TENANTRY_LOGIN_URL must be an https address"),
        ("PARTNER_CENTER_URL", "http://localhost:8001", "TENANTRY_PARTNER_CENTER_URL must be an https address"),
        ("PARTNER_TENANT_ID", "", "TENANTRY_PARTNER_TENANT_ID is not set"),
        ("PARTNER_TENANT_ID", "contoso.example", "write the tenant's ID, not its domain or name"),
        (
            "PARTNER_TENANT_ID",
            "00000000-0000-0000-0000-000000000000",
            "TENANTRY_PARTNER_TENANT_ID is still the example",
        ),
        ("SIGN_IN_CLIENT_ID", "", "TENANTRY_SIGN_IN_CLIENT_ID is not set"),
        ("SIGN_IN_CLIENT_SECRET", "", "TENANTRY_SIGN_IN_CLIENT_SECRET is not set"),
        ("REHEARSAL", True, "does not say where the sandbox is"),
        ("SETTLE_SECONDS", 59, "TENANTRY_SETTLE_SECONDS is 59: an order whose answer was lost could be sent again"),
        ("UPSTREAM_READ_SECONDS", 300, "while Microsoft still works on it. Set at least 305."),
        ("ORDER_LEASE_SECONDS", 4, "TENANTRY_ORDER_LEASE_SECONDS is 4: a worker that is merely slow"),
        ("SESSION_ABSOLUTE_HOURS", 25, "TENANTRY_SESSION_ABSOLUTE_HOURS is 25: a forgotten browser"),
        ("SESSION_IDLE_MINUTES", 601, "TENANTRY_SESSION_IDLE_MINUTES is longer than a session lasts"),
        ("FRESH_SIGN_IN_MINUTES", 601, "cancelling would never ask for a new sign-in. Set at most 600"),
        ("ALLOWED_HOSTS", ["*"], "TENANTRY_ALLOWED_HOSTS lets in every host name."),
    ],
)
def test_one_unsafe_setting_is_named(safe: Settings, name: str, value: object, sentence: str) -> None:
    setattr(safe, name, value)
    assert any(sentence in found for found in problems(Role.WEB))


def test_a_worker_that_could_not_open_what_the_web_seals(safe_worker: Settings) -> None:
    safe_worker.SEAL_PUBLIC_KEY = new_key_pair()[0]
    [found] = problems(Role.WORKER)
    assert found.startswith("The worker could not open what is sealed now")


def test_a_worker_without_its_secret(safe_worker: Settings) -> None:
    safe_worker.PARTNER_CLIENT_SECRET = ""
    [found] = problems(Role.WORKER)
    assert found.startswith("TENANTRY_PARTNER_CLIENT_SECRET is not set")


def test_own_applications_with_certificates_need_no_secret(safe_worker: Settings) -> None:
    safe_worker.PARTNER_CLIENT_ID = safe_worker.PARTNER_CLIENT_SECRET = ""
    assert problems(Role.WORKER) == []


def test_a_rehearsal_never_meets_the_real_microsoft(safe: Settings) -> None:
    safe.REHEARSAL = True
    safe.SANDBOX_URL = "http://localhost:8001"
    found = problems(Role.WEB)
    assert [sentence.split(" is Microsoft's")[0] for sentence in found] == [
        "TENANTRY_REHEARSAL is on, but TENANTRY_LOGIN_URL",
        "TENANTRY_REHEARSAL is on, but TENANTRY_PARTNER_CENTER_URL",
    ]


def test_a_rehearsal_may_be_in_a_hurry(safe: Settings) -> None:
    safe.REHEARSAL = True
    safe.SANDBOX_URL = safe.LOGIN_URL = safe.PARTNER_CENTER_URL = "http://localhost:8001"
    safe.SETTLE_SECONDS = 3
    assert problems(Role.WEB) == []


@pytest.mark.django_db
def test_a_migrated_database_is_in_order() -> None:
    assert database_problems() == []
