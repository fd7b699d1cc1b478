"""Does it work, until when, and what is missing: a table of cases, decided from the row alone."""

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.connection.health import HealthView, Lack, Standing, health_of
from tenantry.connection.models import PartnerConnection

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def consented(**values: object) -> PartnerConnection:
    """Make the row of a connection by consent that lacks nothing."""
    known: dict[str, object] = {
        "name": "Kestrel",
        "mode": "consent",
        "state": "working",
        "sealed_refresh_token": b"sealed",
        "consented_at": NOW - 100 * DAY,
        "token_renewed_at": NOW - timedelta(hours=1),
        "mfa_compliant": True,
        "tenants_refreshed_at": NOW - DAY,
        "last_success_at": NOW - timedelta(minutes=1),
        "direct_csp": "set",
    }
    return PartnerConnection(**(known | values))


def application(**values: object) -> PartnerConnection:
    """Make the row of a connection by an own application that lacks nothing."""
    known: dict[str, object] = {
        "mode": "application",
        "sealed_refresh_token": None,
        "sealed_private_key": b"sealed",
        "certificate": "PEM",
        "certificate_expires_at": NOW + 700 * DAY,
        "mfa_compliant": None,
    }
    return consented(**(known | values))


CASES: dict[str, tuple[PartnerConnection, Standing, datetime | None, tuple[Lack, ...]]] = {
    "all is well": (consented(), Standing.WORKING, NOW + 90 * DAY - timedelta(hours=1), ()),
    "an application": (application(), Standing.WORKING, NOW + 700 * DAY, ()),
    "Direct CSP was never tested": (
        consented(direct_csp="unset"),
        Standing.ATTENTION,
        NOW + 90 * DAY - timedelta(hours=1),
        (Lack.DIRECT_CSP,),
    ),
    "Direct CSP has failed": (
        consented(direct_csp="failed"),
        Standing.ATTENTION,
        NOW + 90 * DAY - timedelta(hours=1),
        (Lack.DIRECT_CSP,),
    ),
    "the token has no MFA": (
        consented(mfa_compliant=False),
        Standing.ATTENTION,
        NOW + 90 * DAY - timedelta(hours=1),
        (Lack.MFA,),
    ),
    "nobody knows about MFA yet": (consented(mfa_compliant=None), Standing.WORKING, NOW + 90 * DAY - DAY / 24, ()),
    "not renewed for 59 days": (consented(token_renewed_at=NOW - 59 * DAY), Standing.WORKING, NOW + 31 * DAY, ()),
    "not renewed for 60 days": (
        consented(token_renewed_at=NOW - 60 * DAY),
        Standing.ATTENTION,
        NOW + 30 * DAY,
        (Lack.CONSENT_OLD,),
    ),
    "not renewed for 90 days": (
        consented(token_renewed_at=NOW - 90 * DAY),
        Standing.BROKEN,
        NOW,
        (Lack.CONSENT_OLD,),
    ),
    "consent counts until the first renewal": (
        consented(token_renewed_at=None, consented_at=NOW - 10 * DAY),
        Standing.WORKING,
        NOW + 80 * DAY,
        (),
    ),
    "no token yet": (
        consented(sealed_refresh_token=None, direct_csp="unset", tenants_refreshed_at=None, state="waiting"),
        Standing.WAITING,
        None,
        (Lack.DIRECT_CSP,),
    ),
    "tenants were never read": (
        consented(tenants_refreshed_at=None),
        Standing.ATTENTION,
        NOW + 90 * DAY - timedelta(hours=1),
        (Lack.TENANTS,),
    ),
    "the certificate is being made": (
        application(sealed_private_key=None, certificate="", certificate_expires_at=None, state="waiting"),
        Standing.WAITING,
        None,
        (Lack.CERTIFICATE_MAKING,),
    ),
    "the certificate waits to be uploaded": (
        application(
            sealed_private_key=None,
            certificate="",
            certificate_expires_at=None,
            next_certificate="PEM",
            state="waiting",
        ),
        Standing.WAITING,
        None,
        (Lack.CERTIFICATE_UPLOAD,),
    ),
    "the certificate ends in 30 days": (
        application(certificate_expires_at=NOW + 30 * DAY),
        Standing.ATTENTION,
        NOW + 30 * DAY,
        (Lack.CERTIFICATE_ENDS,),
    ),
    "a second certificate waits": (
        application(certificate_expires_at=NOW + 20 * DAY, next_certificate="PEM"),
        Standing.ATTENTION,
        NOW + 20 * DAY,
        (Lack.CERTIFICATE_UPLOAD, Lack.CERTIFICATE_ENDS),
    ),
    "the certificate has ended": (
        application(certificate_expires_at=NOW - DAY),
        Standing.BROKEN,
        NOW - DAY,
        (Lack.CERTIFICATE_ENDS,),
    ),
    "Microsoft refused": (
        consented(state="broken", last_error_at=NOW, last_error_advice="consent_revoked"),
        Standing.BROKEN,
        NOW + 90 * DAY - timedelta(hours=1),
        (),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_standing_and_what_is_missing(case: str) -> None:
    row, standing, until, lacks = CASES[case]
    health = health_of(row, NOW)
    assert (health.standing, health.works_until, health.lacks) == (standing, until, lacks)


def trouble_of(**values: object) -> HealthView:
    """Judge a connection that had a failure an hour ago."""
    failure = {
        "last_error_at": NOW - timedelta(hours=1),
        "last_error_code": "AADSTS90055",
        "last_error_words": "Too many requests.",
        "last_error_request_id": "r-1",
        "last_error_advice": "throttled",
    }
    return health_of(consented(**(failure | values)), NOW)


def test_trouble_that_passed_is_not_shown() -> None:
    passed = trouble_of(last_success_at=NOW - timedelta(minutes=30))
    assert (passed.standing, passed.trouble) == (Standing.WORKING, None)


def test_trouble_that_may_pass_is_shown_until_it_has_passed() -> None:
    now = trouble_of(last_success_at=NOW - timedelta(hours=2))
    assert now.standing == Standing.ATTENTION
    assert now.trouble is not None
    assert (now.trouble.advice, now.trouble.code, now.trouble.words, now.trouble.request_id) == (
        "throttled",
        "AADSTS90055",
        "Too many requests.",
        "r-1",
    )


@pytest.mark.parametrize(
    ("values", "stops"),
    [
        ({}, False),
        ({"state": "broken", "last_error_about": "token"}, True),
        ({"state": "broken", "last_error_about": "token", "last_success_at": NOW}, False),
        ({"state": "broken", "last_error_about": "tenants"}, False),
        ({"state": "broken", "last_error_about": "tenants", "last_success_at": None}, False),
        ({"token_renewed_at": NOW - 90 * DAY, "last_error_about": "tenants"}, True),
        ({"sealed_refresh_token": None}, True),
    ],
)
def test_orders_stop_where_no_token_serves(values: dict[str, object], stops: bool) -> None:
    known: dict[str, object] = {"last_success_at": NOW - timedelta(hours=2)}
    assert trouble_of(**(known | values)).orders_stop is stops


@pytest.mark.parametrize(
    ("about", "read_at", "shown"),
    [("tenants", NOW - DAY, True), ("tenants", NOW, False), ("token", NOW - DAY, False)],
)
def test_trouble_with_the_list_is_shown_until_the_list_was_read(about: str, read_at: datetime, shown: bool) -> None:
    health = trouble_of(last_error_about=about, last_success_at=NOW, tenants_refreshed_at=read_at)
    assert (health.trouble is not None) is shown


def test_a_broken_connection_shows_its_trouble_whatever_succeeded_since() -> None:
    broken = trouble_of(state="broken", last_success_at=NOW)
    assert broken.standing == Standing.BROKEN
    assert broken.trouble is not None


def test_directory_roles_have_names() -> None:
    roles = ["62e90394-69f5-4237-9190-012177145e10", "b79fbf4d-3ef9-4689-8143-76b194e85509"]
    assert health_of(consented(roles=roles), NOW).roles == ("Global Administrator",)
