"""Clients of a connection: opened in the worker only, kept, renewed, and told when they break."""

import threading
import uuid

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from tenantry.clients.http import NotAllowed, SignInNeeded, Unavailable
from tenantry.connection.client import client_for, fetch_tokens, forget_clients, key_place, token_place
from tenantry.connection.models import ConnectionState, PartnerConnection
from tenantry.kernel import clock
from tenantry.kernel.seal import CannotOpen, open_sealed, seal
from tenantry.notices.models import Notice
from tests.support.house import House


def stored_token(house: House) -> str:
    """Open what is stored."""
    row = PartnerConnection.objects.get(id=house.connection.id)
    return open_sealed(bytes(row.sealed_refresh_token or b""), token_place(row.id)).decode()


def test_a_client_is_kept_and_costs_one_query(house: House, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first = client_for(house.connection.id)
    with django_assert_num_queries(1):
        assert client_for(house.connection.id) is first


def test_a_web_process_cannot_open_the_token(house: House, settings: Settings) -> None:
    forget_clients()
    settings.SEAL_PRIVATE_KEYS = []
    with pytest.raises(CannotOpen):
        client_for(house.connection.id).customers()
    house.connection.refresh_from_db()
    assert house.connection.state == ConnectionState.WORKING


def test_a_sealed_token_moved_to_another_row_or_column_does_not_open(house: House) -> None:
    house.connection.refresh_from_db()
    sealed = bytes(house.connection.sealed_refresh_token or b"")
    other = PartnerConnection.objects.create(
        name="Another",
        mode="consent",
        partner_tenant_id=house.connection.partner_tenant_id,
        client_id=house.connection.client_id,
        sealed_refresh_token=sealed,
        created_at=clock.now(),
    )
    with pytest.raises(CannotOpen):
        client_for(other.id).customers()
    with pytest.raises(CannotOpen):
        open_sealed(sealed, key_place(house.connection.id))


def test_a_rotated_token_is_stored_before_it_is_used(house: House) -> None:
    before = stored_token(house)
    tokens = fetch_tokens(house.connection.id)
    assert tokens.refresh_token is not None
    assert stored_token(house) == tokens.refresh_token != before
    row = PartnerConnection.objects.get(id=house.connection.id)
    assert row.token_renewed_at is not None
    assert (row.mfa_compliant, row.account) == (True, "partnercenter@kestrel-it.example")


def test_a_token_rotated_for_an_older_consent_does_not_replace_a_newer_one(house: House) -> None:
    # While Microsoft answers slowly, somebody grants consent anew.
    slow = house.sandbox.fault("slow", path="*/token", seconds=600, count=1)
    renewing = threading.Thread(target=_fetch_and_close, args=(house.connection.id,))
    renewing.start()
    house.sandbox.wait_until_struck(slow)
    newer = seal(b"the newer one", token_place(house.connection.id))
    PartnerConnection.objects.filter(id=house.connection.id).update(
        sealed_refresh_token=newer, consented_at=clock.now()
    )
    house.sandbox.end_fault(slow)
    renewing.join()
    assert stored_token(house) == "the newer one"


def _fetch_and_close(connection_id: uuid.UUID) -> None:
    from django.db import connection

    try:
        fetch_tokens(connection_id)
    finally:
        connection.close()


def test_threads_share_one_token(house: House) -> None:
    forget_clients()
    client = client_for(house.connection.id)
    seen: list[int] = []

    def read() -> None:
        from django.db import connection

        seen.append(len(client.customers().items))
        connection.close()

    before = len(house.sandbox.journal(method="POST"))
    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [26] * 6
    assert len(house.sandbox.journal(method="POST")) == before + 1


def test_what_is_not_there_or_has_no_token_is_an_upstream_error(house: House) -> None:
    for change in ({"removed_at": clock.now()}, {"removed_at": None, "sealed_refresh_token": None}):
        PartnerConnection.objects.filter(id=house.connection.id).update(**change)
        with pytest.raises(NotAllowed) as refused:
            client_for(house.connection.id)
        assert refused.value.advice == "consent_missing"
    with pytest.raises(NotAllowed):
        client_for(uuid.uuid4())


def test_a_withdrawn_consent_breaks_the_connection_and_is_told_once_a_day(house: House) -> None:
    house.sandbox.post("/_sandbox/entra/refresh-tokens/revoke", {})
    with pytest.raises(SignInNeeded) as refused:
        fetch_tokens(house.connection.id)
    with pytest.raises(SignInNeeded):
        fetch_tokens(house.connection.id)

    row = PartnerConnection.objects.get(id=house.connection.id)
    assert (row.state, row.last_error_code, row.last_error_advice) == (
        ConnectionState.BROKEN,
        "AADSTS50173",
        "consent_revoked",
    )
    notice = Notice.objects.get()
    assert notice.kind == "connection_broken"
    assert "What to do: Grant Partner Center consent again." in notice.body
    assert refused.value.request_id in notice.body


def test_a_login_host_in_trouble_breaks_nothing(house: House) -> None:
    house.sandbox.fault("status", path="*/token", status=503)
    with pytest.raises(Unavailable):
        fetch_tokens(house.connection.id)
    row = PartnerConnection.objects.get(id=house.connection.id)
    assert (row.state, row.last_error_advice) == (ConnectionState.WORKING, "service_trouble")
    assert Notice.objects.count() == 0


def test_a_replaced_client_still_finishes_what_it_has_begun(house: House) -> None:
    old = client_for(house.connection.id)
    PartnerConnection.objects.filter(id=house.connection.id).update(consented_at=clock.now())
    assert client_for(house.connection.id) is not old
    assert len(old.customers().items) == 26
