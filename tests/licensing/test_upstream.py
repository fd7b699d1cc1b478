"""From Microsoft's record to our facts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.licensing.rules.facts import (
    BillingPlan,
    Lot,
    ScheduledAction,
    ScheduleGeneration,
    Status,
    SubscriptionKind,
    Term,
)
from tenantry.licensing.upstream import columns_from_record, digest_of, facts_from_record

NCE: dict[str, Any] = {
    "id": "A4C1340D-6911-4758-BBA3-0C4C6007D161",
    "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
    "offerName": "Microsoft 365 Business Basic",
    "friendlyName": "Front desk",
    "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
    "quantity": 15,
    "creationDate": "2026-01-14T16:57:15.0966728Z",
    "effectiveStartDate": "2026-01-14T16:57:14.498252Z",
    "commitmentEndDate": "2027-01-13T00:00:00Z",
    "status": "active",
    "autoRenewEnabled": True,
    "billingCycle": "monthly",
    "termDuration": "P1Y",
    "refundOptions": [{"type": "Full", "expiresAt": "2026-01-15T16:57:15Z"}],
    "refundableQuantity": {
        "totalQuantity": 10,
        "details": [{"quantity": 10, "allowedUntilDateTime": "2026-01-21T16:57:15Z"}],
    },
}


def facts(**changes: Any) -> Any:
    """Read the record with some fields changed; None leaves one out."""
    body = {name: value for name, value in {**NCE, **changes}.items() if value is not None}
    return facts_from_record(Record.parse(body))


def test_a_record_says_what_the_rules_need() -> None:
    found = facts()
    assert found.kind is SubscriptionKind.NCE
    assert found.status is Status.ACTIVE
    assert (found.subscription_id, found.name) == ("a4c1340d-6911-4758-bba3-0c4c6007d161", "Front desk")
    assert (found.product_id, found.sku_id, found.availability_id) == ("CFQ7TTC0LH18", "0001", "CFQ7TTC0K971")
    assert (found.term, found.billing_plan) == (Term.YEAR, BillingPlan.MONTHLY)
    assert found.commitment_end == datetime(2027, 1, 13, 23, 59, 59, tzinfo=UTC)
    assert found.full_refund_until == datetime(2026, 1, 15, 16, 57, 15, tzinfo=UTC)
    assert found.lots == (Lot(10, datetime(2026, 1, 21, 16, 57, 15, tzinfo=UTC)),)
    assert found.refundable_total == 10
    assert found.scheduled == ()
    assert found.in_extended_term is False


def test_the_exact_end_wins_over_the_day() -> None:
    found = facts(commitmentEndDateTime="2027-01-13T23:59:58Z")
    assert found.commitment_end == datetime(2027, 1, 13, 23, 59, 58, tzinfo=UTC)


def test_the_end_of_what_never_ends_is_no_end() -> None:
    assert facts(commitmentEndDate="9999-12-31T00:00:00Z").commitment_end is None
    never = facts(commitmentEndDate="9999-09-09T00:00:00Z", commitmentEndDateTime="9999-09-09T23:59:59Z")
    assert never.commitment_end is None


def test_both_generations_of_schedules_become_one_shape() -> None:
    product = {"productId": "CFQ7TTC0LH18", "skuId": "0001", "availabilityId": "CFQ7TTC0K971"}
    terms = {"billingCycle": "annual", "termDuration": "P1Y"}
    instructions = {"product": {**product, **terms}, "quantity": 8}
    old = facts(scheduledNextTermInstructions=instructions).scheduled_at_term_end
    action = {"scheduledType": "TermEnd", "actionType": "RenewToNewTerm", "instructions": instructions}
    new = facts(scheduledActions=[action], scheduledNextTermInstructions=instructions).scheduled_at_term_end
    assert old is not None and new is not None
    assert (old.action, old.quantity, old.billing_plan) == (ScheduledAction.RENEW, 8, BillingPlan.ANNUAL)
    assert (new.action, new.quantity, new.billing_plan) == (ScheduledAction.RENEW, 8, BillingPlan.ANNUAL)
    assert old.generation is ScheduleGeneration.NEXT_TERM_INSTRUCTIONS
    assert new.generation is ScheduleGeneration.SCHEDULED_ACTIONS


@pytest.mark.parametrize(
    ("action", "meaning"),
    [
        ("Cancel", ScheduledAction.END),
        ("RenewToExtendedServiceTerm", ScheduledAction.EXTEND),
        ("Transition", ScheduledAction.TRANSITION),
        ("SomethingNew", ScheduledAction.UNKNOWN),
    ],
)
def test_actions_at_the_end_of_the_term(action: str, meaning: ScheduledAction) -> None:
    found = facts(scheduledActions=[{"scheduleType": "TermEnd", "actionType": action}]).scheduled_at_term_end
    assert found is not None and found.action is meaning


@pytest.mark.parametrize(
    ("case", "changes", "extended"),
    [
        ("a year as long as a year", {}, False),
        ("a year that runs a month longer", {"commitmentEndDate": "2027-02-13T00:00:00Z"}, True),
        ("a monthly term that never renewed", {"termDuration": "P1M"}, True),
        ("aligned to an earlier end", {"commitmentEndDate": "2026-06-30T00:00:00Z"}, False),
        ("no longer active", {"commitmentEndDate": "2027-02-13T00:00:00Z", "status": "expired"}, False),
        ("a trial", {"commitmentEndDate": "2027-02-13T00:00:00Z", "isTrial": True}, False),
        ("without an end", {"commitmentEndDate": None}, False),
    ],
)
def test_the_extended_term_is_a_term_that_runs_past_its_length(
    case: str, changes: dict[str, Any], extended: bool
) -> None:
    assert facts(**changes).in_extended_term is extended, case


def test_a_legacy_subscription_has_no_catalogue_ids() -> None:
    found = facts(
        productType=None,
        offerId="195416C1-3447-423A-B37B-EE59A99A19C4",
        links={"offer": {"uri": "/offers/195416C1-3447-423A-B37B-EE59A99A19C4"}},
        refundableQuantity=None,
    )
    assert found.kind is SubscriptionKind.LEGACY
    assert (found.product_id, found.sku_id, found.availability_id) == ("", "", "")
    assert found.refundable_total is None


def test_the_digest_sees_every_field_and_no_order() -> None:
    one = Record.parse(NCE)
    turned = Record.parse(dict(reversed(list(NCE.items()))))
    unknown = Record.parse({**NCE, "somethingNew": 1})
    assert digest_of(one) == digest_of(turned)
    assert digest_of(one) != digest_of(unknown)


def test_the_columns_keep_the_whole_record_as_evidence() -> None:
    record = Record.parse({**NCE, "somethingNew": {"deep": [1, 2]}})
    columns = columns_from_record(record, digest="d")
    assert columns["upstream"]["somethingNew"] == {"deep": [1, 2]}
    assert (columns["quantity"], columns["offer_name"], columns["friendly_name"]) == (
        15,
        "Microsoft 365 Business Basic",
        "Front desk",
    )
