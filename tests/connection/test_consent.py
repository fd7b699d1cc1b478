"""Granting Partner Center consent, from the button to the stored token, over the sandbox."""

import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.connection import actions
from tenantry.connection.client import client_for
from tenantry.connection.models import ConnectionState, ConsentAttempt, DirectCsp, PartnerConnection, Tenant
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.testing import run_due_jobs, waiting_jobs
from tenantry.kernel import clock
from tenantry.kernel.refusals import Refusal
from tenantry.kernel.seal import CannotOpen, Place, open_sealed
from tests.connection.people import (
    DANA,
    MILAN,
    RETURN_URL,
    SERVICE,
    again,
    begin,
    come_back,
    connection_of,
    grant,
    take,
)
from tests.support.house import House
from tests.support.sandbox import SandboxHandle

STRANGER = "anna.lindqvist@harbourvale.example"


def test_consent_makes_a_connection_that_works(microsoft: SandboxHandle) -> None:
    run = grant()

    assert (run.state, run.message_key) == (RunState.DONE, "consent_granted")
    assert (run.steps_done, run.steps_total, run.asked_by) == (3, 3, "Dana Okafor")
    row = connection_of(run)
    assert run.details == {"connection_id": str(row.id), "name": "Kestrel IT Services", "account": SERVICE}
    assert (row.name, row.account, row.mode) == ("Kestrel IT Services", SERVICE, "consent")
    assert row.partner_tenant_id == django_settings.PARTNER_TENANT_ID
    assert (row.state, row.mfa_compliant, row.direct_csp) == (ConnectionState.WORKING, True, DirectCsp.UNSET)
    assert "62e90394-69f5-4237-9190-012177145e10" in row.roles
    assert len(client_for(row.id).customers().items) == Tenant.objects.filter(connection=row).count() == 26
    told = AuditRow.objects.get(verb="connection.added")
    assert (told.actor_id, told.actor_name, told.subject_id) == (DANA.id, "Dana Okafor", str(row.id))
    assert told.after == {"account": SERVICE, "mfa": True}


def test_the_address_asks_for_the_partner_tenant_and_a_lasting_consent(microsoft: SandboxHandle) -> None:
    address = urlsplit(begin())
    query = parse_qs(address.query)

    assert address.path == f"/{django_settings.PARTNER_TENANT_ID}/oauth2/v2.0/authorize"
    assert query["scope"] == [
        "https://api.partnercenter.microsoft.com/user_impersonation offline_access openid profile"
    ]
    assert query["redirect_uri"] == [RETURN_URL]
    assert query["code_challenge_method"] == ["S256"]
    attempt = ConsentAttempt.objects.get()
    assert query["state"][0] not in attempt.state_digest
    assert str(attempt.staff_id) == DANA.id


def test_nothing_of_the_answer_can_be_read_without_the_private_key(
    microsoft: SandboxHandle, settings: Settings
) -> None:
    answer = come_back(begin())
    settings.SEAL_PRIVATE_KEYS = []
    take(answer)

    attempt = ConsentAttempt.objects.get()
    sealed = {column: bytes(getattr(attempt, column)) for column in ("sealed_code", "sealed_verifier")}
    for column, blob in sealed.items():
        assert answer["code"].encode() not in blob
        with pytest.raises(CannotOpen):
            open_sealed(blob, Place("connection_consentattempt", str(attempt.id), column))
    assert [(name, arguments) for name, arguments, _ in waiting_jobs()] == [
        ("connection.redeem_consent", {"attempt_id": str(attempt.id)})
    ]


def test_a_redeemed_code_is_forgotten_and_redeeming_again_does_nothing(microsoft: SandboxHandle) -> None:
    run = grant()
    attempt = ConsentAttempt.objects.get()
    assert (attempt.sealed_code, attempt.sealed_verifier) == (None, None)
    before = microsoft.journal(method="POST")

    actions.redeem_consent(attempt.id)

    assert again(run).state == RunState.DONE
    assert microsoft.journal(method="POST") == before
    assert PartnerConnection.objects.count() == 1


def test_the_answer_counts_once_for_the_one_who_began_and_not_for_ever(microsoft: SandboxHandle) -> None:
    def refused(who: object, state: str, **later: int) -> str:
        outcome = actions.take_consent_return(
            acting_as=who,  # type: ignore[arg-type]
            state=state,
            code="a-code",
            now=clock.now() + timedelta(**later),
        )
        assert isinstance(outcome, Refusal)
        return outcome.reason

    answer = come_back(begin())
    assert refused(MILAN, answer["state"]) == "consent_unknown"
    assert refused(DANA, "made-up") == "consent_unknown"
    assert refused(DANA, answer["state"], minutes=31) == "consent_unknown"
    take(answer)
    assert refused(DANA, answer["state"]) == "consent_unknown"
    assert RunRecord.objects.count() == 1


def test_consent_again_replaces_the_token_of_the_same_partner(house: House) -> None:
    row = house.connection
    PartnerConnection.objects.filter(id=row.id).update(
        state=ConnectionState.BROKEN, last_error_at=clock.now(), last_error_advice="consent_revoked"
    )
    before = bytes(row.sealed_refresh_token or b"")
    old_client = client_for(row.id)

    run = grant("dana.okafor@kestrel-it.example", row)

    assert run.details["connection_id"] == str(row.id)
    row.refresh_from_db()
    assert PartnerConnection.objects.count() == 1
    assert (row.state, row.account, row.last_error_at) == (
        ConnectionState.WORKING,
        "dana.okafor@kestrel-it.example",
        None,
    )
    assert bytes(row.sealed_refresh_token or b"") != before
    assert row.direct_csp == DirectCsp.SET
    assert client_for(row.id) is not old_client
    assert AuditRow.objects.get(verb="connection.consent_renewed").before == {"account": SERVICE, "mfa": True}


def test_adding_the_same_partner_once_more_updates_it(house: House) -> None:
    assert grant().details["connection_id"] == str(house.connection.id)
    assert PartnerConnection.objects.count() == 1


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (65004, "consent_declined"),
        (90094, "admin_consent_needed"),
        (53003, "conditional_access"),
        (50105, "user_not_assigned"),
    ],
)
def test_what_microsoft_refuses_ends_the_run_with_advice(microsoft: SandboxHandle, code: int, advice: str) -> None:
    microsoft.post("/_sandbox/entra/refusals", {"code": code, "at": "authorize"})
    run = take(come_back(begin()))

    assert (run.state, run.message_key, run.details["advice"]) == (RunState.FAILED, "refused_by_microsoft", advice)
    assert waiting_jobs() == []
    assert PartnerConnection.objects.count() == 0
    assert ConsentAttempt.objects.get().sealed_verifier is None


def test_somebody_who_cancels_gets_a_clear_run(microsoft: SandboxHandle) -> None:
    run = take(come_back(begin(), action="cancel"))
    assert (run.state, run.details["advice"], run.details["code"]) == (
        RunState.FAILED,
        "consent_declined",
        "AADSTS65004",
    )


def test_an_account_without_mfa_never_replaces_a_working_consent(house: House) -> None:
    house.connection.refresh_from_db()
    before = bytes(house.connection.sealed_refresh_token or b"")
    run = grant(connection=house.connection, mfa="no")

    assert (run.state, run.details["advice"]) == (RunState.FAILED, "mfa_missing")
    house.connection.refresh_from_db()
    assert bytes(house.connection.sealed_refresh_token or b"") == before
    assert house.connection.state == ConnectionState.WORKING


def test_an_account_without_mfa_is_told_by_its_token_when_partner_center_does_not_answer(house: House) -> None:
    house.sandbox.fault("status", path="/v1/profiles/*", status=503)
    house.connection.refresh_from_db()
    before = bytes(house.connection.sealed_refresh_token or b"")
    run = grant(connection=house.connection, mfa="no")

    assert (run.state, run.details["advice"]) == (RunState.FAILED, "mfa_missing")
    house.connection.refresh_from_db()
    assert bytes(house.connection.sealed_refresh_token or b"") == before


def test_a_code_of_another_tenant_is_not_redeemed(microsoft: SandboxHandle, settings: Settings) -> None:
    own = settings.PARTNER_TENANT_ID
    settings.PARTNER_TENANT_ID = ""
    run = take(come_back(begin(), STRANGER))
    settings.PARTNER_TENANT_ID = own
    run_due_jobs()
    assert (again(run).state, again(run).details["advice"]) == (RunState.FAILED, "code_spent")
    assert PartnerConnection.objects.count() == 0


def test_another_partner_does_not_take_a_connection_over(house: House, settings: Settings) -> None:
    settings.PARTNER_TENANT_ID = ""
    run = grant(STRANGER, house.connection)

    assert (run.state, run.details["advice"]) == (RunState.FAILED, "other_partner")
    house.connection.refresh_from_db()
    assert house.connection.account == SERVICE


def test_an_account_without_rights_is_not_kept(microsoft: SandboxHandle) -> None:
    microsoft.fault("status", path="/v1/profiles/*", status=403, code=2032)
    run = grant()

    assert (run.state, run.details["advice"], run.details["code"]) == (RunState.FAILED, "not_allowed", "2032")
    assert run.details["request_id"]
    assert PartnerConnection.objects.count() == 0


def test_trouble_at_microsoft_does_not_cost_the_consent(microsoft: SandboxHandle) -> None:
    microsoft.fault("malformed", path="/v1/profiles/*")
    run = take(come_back(begin()))
    run_due_jobs()

    row = connection_of(again(run))
    assert (row.name, row.state) == ("kestrel-it.example", ConnectionState.WORKING)
    microsoft.clear_faults()
    assert len(client_for(row.id).customers().items) == 26


def test_a_wrong_secret_is_said_so(microsoft: SandboxHandle, settings: Settings) -> None:
    settings.PARTNER_CLIENT_SECRET = "not-the-secret"
    run = grant()
    assert (run.state, run.details["advice"], run.details["code"]) == (RunState.FAILED, "secret_wrong", "AADSTS7000215")


def test_consent_needs_an_application_and_a_connection_that_is_there(house: House, settings: Settings) -> None:
    def refused(connection_id: uuid.UUID | None) -> str:
        outcome = actions.start_consent(
            acting_as=DANA, connection_id=connection_id, return_url=RETURN_URL, now=clock.now()
        )
        assert isinstance(outcome, Refusal)
        return outcome.reason

    assert refused(uuid.uuid4()) == "gone"
    PartnerConnection.objects.filter(id=house.connection.id).update(mode="application")
    assert refused(house.connection.id) == "no_consent_here"
    settings.PARTNER_CLIENT_ID = ""
    assert refused(None) == "no_application"
    assert ConsentAttempt.objects.count() == 0


def test_unfinished_consents_are_forgotten_after_a_day(microsoft: SandboxHandle) -> None:
    begin()
    assert actions.prune_consent_attempts(clock.now() + timedelta(hours=23)) == 0
    assert actions.prune_consent_attempts(clock.now() + timedelta(hours=25)) == 1
    assert ConsentAttempt.objects.count() == 0
