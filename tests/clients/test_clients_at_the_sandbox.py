"""The clients against the sandbox: two readings of the same pages of Microsoft's meet at the socket."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from tenantry.clients.entra import (
    PARTNER_CENTER_APP_SCOPE,
    PARTNER_CENTER_SCOPE,
    ClientCertificate,
    ClientSecret,
    DomainKind,
    EntraClient,
    SigningKeys,
    read_access_token,
)
from tenantry.clients.http import NotAllowed, Refused, SignInNeeded, Throttled, Timeouts, Unsure
from tenantry.clients.partner_center import (
    ActionType,
    Generation,
    Kind,
    PartnerCenter,
    Patch,
    Status,
    Subscription,
    end_action,
    intents,
    kind_of,
    next_term_as_now,
)
from tests.support.sandbox import SandboxHandle


def now() -> datetime:
    return datetime.now(UTC)


def application(sandbox: SandboxHandle) -> dict[str, Any]:
    """Return the application for Partner Center of the world."""
    found: dict[str, Any] = next(app for app in sandbox.world()["applications"] if app["refresh_tokens"])
    return found


def partner_center(sandbox: SandboxHandle, entra: EntraClient, *, mfa: bool = True) -> PartnerCenter:
    app = application(sandbox)
    kept = [next(grant["refresh_token"] for grant in app["refresh_tokens"] if grant["mfa"] is mfa)]
    tokens = entra.consented_tokens(
        app["home_tenant"],
        ClientSecret(app["id"], app["secret"]),
        scope=PARTNER_CENTER_SCOPE,
        load=lambda: str(kept[-1]),
        store=kept.append,
    )
    return PartnerCenter(sandbox.url, tokens, timeouts=Timeouts(patience=1.5))


def test_everything_in_the_world_can_be_read(sandbox: SandboxHandle) -> None:
    with EntraClient(sandbox.url, now=now) as entra, partner_center(sandbox, entra) as calls:
        customers = calls.customers()
        listed = [calls.subscriptions(customer.id) for customer in customers.items]
        assert customers.unreadable == ()
        assert [rows.unreadable for rows in listed] == [()] * len(listed)
        kinds = {kind_of(subscription) for rows in listed for subscription in rows.items}
        assert {Kind.NCE, Kind.LEGACY, Kind.AZURE_PLAN, Kind.SOFTWARE_SUBSCRIPTION} <= kinds
        assert calls.mfa_compliant() is True
        first = customers.items[0]
        check = calls.check_direct_csp(first.id)
        assert (check.customer.id, check.subscriptions, check.mfa_compliant) == (first.id, len(listed[0].items), True)
        nce = next(row for row in listed[0].items if kind_of(row) is Kind.NCE)
        term = next_term_as_now(nce, 1)
        sku = calls.sku(term.product_id, term.sku_id, "GB")
        assert sku.maximum_quantity is not None
        market = sandbox.world()["tenants"][0]["country"]
        assert calls.availabilities(term.product_id, term.sku_id, market).items
        assigned = {str(row.product_sku.id) for row in calls.subscribed_skus(first.id).items}
        assert str(sku.dynamic_attributes.provisioning_id) in assigned


def test_every_intent_has_its_effect(sandbox: SandboxHandle) -> None:
    with EntraClient(sandbox.url, now=now) as entra, partner_center(sandbox, entra) as calls:
        customer = calls.customers().items[0].id
        before = next(
            row
            for row in calls.subscriptions(customer).items
            if kind_of(row) is Kind.NCE
            and row.status is Status.ACTIVE
            and row.auto_renew_enabled
            and not row.is_trial
            and end_action(row) is None
        )

        def change(build: Callable[[Subscription], Patch]) -> Subscription:
            calls.patch_subscription(customer, before.id, build(calls.subscription(customer, before.id)))
            return calls.subscription(customer, before.id)

        more = change(lambda read: intents.set_quantity(read, read.quantity + 2))
        assert more.quantity == before.quantity + 2
        assert change(lambda read: intents.set_quantity(read, read.quantity - 1)).quantity == before.quantity + 1
        for generation in Generation:
            terms = next_term_as_now(before, before.quantity + 5)
            scheduled = end_action(change(partial(intents.schedule_change, next_term=terms, generation=generation)))
            assert scheduled is not None
            assert scheduled.action is ActionType.RENEW
            assert scheduled.instructions is not None
            assert scheduled.instructions.quantity == before.quantity + 5
            assert end_action(change(intents.withdraw_schedule)) is None
        for build, action in ((intents.end_at_term, ActionType.CANCEL), (intents.extend_at_term, ActionType.EXTEND)):
            decided = change(build)
            found = end_action(decided)
            assert found is not None
            assert (found.action, decided.auto_renew_enabled) == (action, False)
        renewing = change(intents.auto_renew_on)
        assert (end_action(renewing), renewing.auto_renew_enabled) == (None, True)
        assert change(lambda read: intents.rename(read, "Main office")).friendly_name == "Main office"
        assert change(intents.suspend).status is Status.SUSPENDED
        assert change(intents.reactivate).status is Status.ACTIVE
        with pytest.raises(Refused) as caught:
            change(lambda read: intents.set_quantity(read, 1))
        assert (caught.value.code, caught.value.kind) == ("800090", "window")
        story = "11111111-1111-4111-8111-111111111111"
        patch = intents.rename(calls.subscription(customer, before.id), "Last")
        calls.patch_subscription(customer, before.id, patch, correlation_id=story)
        records = calls.audit_records(sandbox.now().date(), customer_id=customer).items
        assert [record.operation_type for record in records if record.original_correlation_id == story] == [
            "update_subscription"
        ]


def test_a_line_that_is_cut_after_acting_is_unsure_and_sent_once(sandbox: SandboxHandle) -> None:
    with EntraClient(sandbox.url, now=now) as entra, partner_center(sandbox, entra) as calls:
        customer = calls.customers().items[0].id
        read = next(row for row in calls.subscriptions(customer).items if kind_of(row) is Kind.NCE)
        sandbox.fault("cut_after", method="PATCH", count=1)
        with pytest.raises(Unsure):
            calls.patch_subscription(customer, read.id, intents.rename(read, "Cut off"))
        assert calls.subscription(customer, read.id).friendly_name == "Cut off"
        sandbox.fault("throttle", method="PATCH", count=1, retry_after=7)
        with pytest.raises(Throttled) as caught:
            calls.patch_subscription(customer, read.id, intents.rename(read, "Too fast"))
        assert caught.value.retry_after == 7.0
        assert calls.subscription(customer, read.id).friendly_name == "Cut off"


def test_a_token_without_the_multi_factor_claim_is_told(sandbox: SandboxHandle) -> None:
    with (
        EntraClient(sandbox.url, now=now) as entra,
        partner_center(sandbox, entra, mfa=False) as calls,
        pytest.raises(NotAllowed) as caught,
    ):
        calls.customers()
    assert (caught.value.http_status, caught.value.advice) == (401, "mfa_missing")


def test_a_certificate_is_accepted_and_a_wrong_secret_is_not(sandbox: SandboxHandle) -> None:
    app = application(sandbox)
    certificate = ClientCertificate(app["id"], app["certificate_private_key"], app["certificates"][0]["pem"])
    with EntraClient(sandbox.url, now=now) as entra:
        tokens = entra.app_only(app["home_tenant"], certificate, scope=PARTNER_CENTER_APP_SCOPE)
        assert tokens.refresh_token is None
        assert read_access_token(tokens.access_token).app_only
        with pytest.raises(SignInNeeded) as caught:
            entra.app_only(app["home_tenant"], ClientSecret(app["id"], "not it"), scope=PARTNER_CENTER_APP_SCOPE)
    assert (caught.value.code, caught.value.advice) == ("AADSTS7000215", "secret_wrong")


def test_domains_and_keys(sandbox: SandboxHandle) -> None:
    tenant = sandbox.world()["tenants"][1]
    with EntraClient(sandbox.url, now=now) as entra:
        found = entra.find_domain(tenant["domains"][-1])
        assert (found.kind, found.tenant_id) == (DomainKind.ORGANISATION, tenant["id"])
        assert entra.find_domain("nobody-is-here.example").kind is DomainKind.UNKNOWN
        document = entra.signing_keys("organizations")
        assert isinstance(document, dict)
        keys = SigningKeys(lambda: document)
        for row in document["keys"]:
            key = keys.find(row["kid"])
            assert key is not None
            assert key.issuer == row["issuer"]


def test_no_odd_shape_of_the_messy_world_is_unreadable(sandbox: SandboxHandle) -> None:
    sandbox.reset("messy")
    with EntraClient(sandbox.url, now=now) as entra, partner_center(sandbox, entra) as calls:
        customers = calls.customers()
        assert customers.items
        for customer in customers.items:
            assert calls.subscriptions(customer.id).unreadable == ()
