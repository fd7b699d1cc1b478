"""Records: what is read, what is kept, which kind a subscription is, what is scheduled."""

from datetime import UTC, datetime

import pytest

from tenantry.clients.http import JsonObject, JsonValue
from tenantry.clients.partner_center import (
    ActionType,
    AuditRecord,
    BillingCycle,
    Customer,
    Generation,
    Kind,
    ScheduleType,
    Sku,
    Status,
    Subscription,
    end_action,
    kind_of,
)

NCE: JsonObject = {
    "id": "a1c1340d-6911-4758-bba3-0c4c6007d161",
    "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
    "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
    "status": "active",
    "quantity": 15,
    "autoRenewEnabled": True,
    "billingCycle": "monthly",
    "termDuration": "P1Y",
}
LEGACY: JsonObject = {
    "id": "A356AC8C-E310-44F4-BF85-C7F29044AF99",
    "offerId": "031C9E47-4802-4248-838E-778FB1D2CC05",
    "status": "active",
    "quantity": 2,
    "links": {"offer": {"uri": "/offers/031C9E47-4802-4248-838E-778FB1D2CC05"}},
}


def subscription(base: JsonObject, **changes: JsonValue) -> Subscription:
    return Subscription.parse({**base, **changes})


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (subscription(NCE), Kind.NCE),
        (subscription(NCE, productType={"id": "onlineservicesnce"}), Kind.NCE),
        (subscription(NCE, offerId="DZH318Z0BPS6:0001:DZH318Z0BMJX"), Kind.AZURE_PLAN),
        (subscription(NCE, productType={"id": "Azure"}), Kind.AZURE_PLAN),
        (subscription(LEGACY, offerId="MS-AZR-0145P"), Kind.LEGACY_AZURE),
        (subscription(NCE, productType={"id": "Software"}), Kind.SOFTWARE_SUBSCRIPTION),
        (subscription(NCE, offerId="DG7GMGF0FKZV:0003:DG7GMGF0DQLM", productType=None), Kind.SOFTWARE_SUBSCRIPTION),
        (subscription(NCE, productType={"id": "Software"}, termDuration=None), Kind.SOFTWARE_PERPETUAL),
        (subscription(NCE, productType={"id": "Software"}, billingCycle="one_time"), Kind.SOFTWARE_PERPETUAL),
        (subscription(NCE, productType={"id": "SaaS"}), Kind.MARKETPLACE),
        (subscription(NCE, productType={"id": "ThirdPartyX"}), Kind.MARKETPLACE),
        (subscription(NCE, productType={"id": "New"}, isMicrosoftProduct=False), Kind.MARKETPLACE),
        (subscription(NCE, productType={"id": "AzureReservations"}), Kind.RESERVATION),
        (subscription(NCE, productType={"id": "SavingsPlan"}), Kind.RESERVATION),
        (subscription(NCE, productType=None, productOrderId="x"), Kind.RESERVATION),
        (subscription(LEGACY), Kind.LEGACY),
        (subscription(LEGACY, links={}), Kind.UNKNOWN),
        (subscription(NCE, productType={"id": "Unheard"}), Kind.UNKNOWN),
        (subscription(NCE, productType=None), Kind.UNKNOWN),
    ],
    ids=lambda value: value.value if isinstance(value, Kind) else "",
)
def test_the_kind_is_the_first_test_that_matches(record: Subscription, kind: Kind) -> None:
    assert kind_of(record) is kind


def test_a_record_is_kept_exactly_as_it_was_read() -> None:
    raw: JsonObject = {
        **NCE,
        "creationDate": "2021-01-14T16:57:15.0966728Z",
        "brandNew": {"deep": [1, {"NewThing": None}]},
        "renewalTermDuration": "",
    }
    record = Subscription.parse(raw)
    assert record.as_read() == raw
    record.as_read()["quantity"] = 99
    assert record.as_read() == raw
    assert record.creation_date == datetime(2021, 1, 14, 16, 57, 15, 96672, tzinfo=UTC)


def test_names_in_pascal_case_are_read() -> None:
    record = Subscription.parse(
        {
            "Id": "x",
            "OfferId": "y",
            "Status": "Suspended",
            "Quantity": "2",
            "ParentSubscriptionId": None,
            "Links": {"Offer": {"Uri": "/offers/y"}},
            "Attributes": {"Etag": "e-1"},
        }
    )
    assert (record.id, record.status, record.quantity, record.etag) == ("x", Status.SUSPENDED, 2, "e-1")
    assert record.links.offer is not None
    assert record.as_read()["quantity"] == "2"


def test_what_is_new_is_unknown_and_what_is_null_is_absent() -> None:
    record = subscription(
        NCE,
        status="hibernating",
        billingCycle="Weekly",
        refundableQuantity=None,
        links=None,
        friendlyName=None,
        scheduledActions=[{"actionType": "Teleport", "scheduleType": "Someday"}],
    )
    assert (record.status, record.billing_cycle, record.friendly_name) == (Status.UNKNOWN, BillingCycle.UNKNOWN, "")
    assert record.refundable_quantity is None
    assert record.scheduled_actions is not None
    assert [(a.action_type, a.schedule_type) for a in record.scheduled_actions] == [
        (ActionType.UNKNOWN, ScheduleType.UNKNOWN)
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-07-31T00:00:00", datetime(2023, 7, 31, tzinfo=UTC)),
        ("2019-01-09T00:21:45.9263727+02:00", datetime(2019, 1, 8, 22, 21, 45, 926372, tzinfo=UTC)),
        ("9999-12-31T23:59:59-05:00", datetime(9990, 1, 1, tzinfo=UTC)),
        ("9999-12-31", datetime(9990, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_utc_or_nothing(text: str | None, moment: datetime | None) -> None:
    assert subscription(NCE, commitmentEndDate=text).commitment_end_date == moment


@pytest.mark.parametrize(
    "value", ["tomorrow", "12026-01-01", "20260101", 20260101, 1.5, True, [], "٢٠٢٦-٠١-٠١", "2026-13-01"]
)
def test_what_is_no_date_is_said_to_be_none(value: JsonValue) -> None:
    with pytest.raises(ValueError, match="Subscription: commitmentEndDate: "):
        subscription(NCE, commitmentEndDate=value)


@pytest.mark.parametrize(
    ("value", "seats"), [(15, 15), ("15", 15), (" 15 ", 15), (15.0, 15), (0, 0), (2**31 - 1, 2**31 - 1)]
)
def test_numbers_of_seats(value: JsonValue, seats: int) -> None:
    assert subscription(NCE, quantity=value).quantity == seats


@pytest.mark.parametrize(
    "value", ["1_000", "1.000", "+5", "٣", "３", "", True, 1.5, -1, 2**31, "2147483648", "9" * 5000, [5]]
)
def test_what_is_no_number_of_seats_is_said_to_be_none(value: JsonValue) -> None:
    with pytest.raises(ValueError, match="Subscription: quantity: "):
        subscription(NCE, quantity=value)


@pytest.mark.parametrize("name", ["newThing", "links", "NewThing"])
def test_a_record_goes_down_no_further_than_can_be_kept(name: str) -> None:
    deep: JsonValue = "x"
    for _ in range(60):
        deep = {"more": [deep]}
    with pytest.raises(ValueError, match="Subscription: nested too deeply"):
        subscription(NCE, **{name: deep})


def test_seats_that_may_be_returned() -> None:
    details: JsonValue = [{"quantity": 10, "allowedUntilDateTime": "2021-01-24T20:39:17.182697Z"}]
    record = subscription(NCE, refundableQuantity={"totalQuantity": 10, "details": details})
    assert record.refundable_quantity is not None
    assert record.refundable_quantity.total_quantity == 10
    (detail,) = record.refundable_quantity.details
    assert detail.allowed_until_date_time == datetime(2021, 1, 24, 20, 39, 17, 182697, tzinfo=UTC)


@pytest.mark.parametrize("missing", ["id", "offerId", "status", "quantity"])
def test_what_we_use_is_required(missing: str) -> None:
    raw = {name: value for name, value in NCE.items() if name != missing}
    with pytest.raises(ValueError, match=f"Subscription: {missing}: Field required"):
        Subscription.parse(raw)


@pytest.mark.parametrize("value", [None, [], "text", 5])
def test_what_is_no_object_is_refused(value: JsonValue) -> None:
    with pytest.raises(ValueError, match="not an object"):
        Customer.parse(value)


INSTRUCTIONS: JsonObject = {
    "product": {"productId": "P", "skuId": "0001", "billingCycle": "Annual", "termDuration": "P3Y"},
    "quantity": 8,
}


@pytest.mark.parametrize(
    ("changes", "action", "quantity", "generation"),
    [
        ({"scheduledNextTermInstructions": INSTRUCTIONS}, ActionType.RENEW, 8, Generation.INSTRUCTIONS),
        ({"scheduledActions": [{"scheduledType": "TermEnd", "actionType": "Cancel"}]}, ActionType.CANCEL, None, None),
        (
            {
                "scheduledNextTermInstructions": {"quantity": 3},
                "scheduledActions": [
                    {"scheduleType": "CustomDate", "actionType": "Cancel"},
                    {"scheduleType": "TermEnd", "actionType": "RenewToNewTerm", "instructions": INSTRUCTIONS},
                ],
            },
            ActionType.RENEW,
            8,
            Generation.ACTIONS,
        ),
    ],
)
def test_both_shapes_of_a_schedule_are_understood(
    changes: JsonObject, action: ActionType, quantity: int | None, generation: Generation | None
) -> None:
    found = end_action(subscription(NCE, **changes))
    assert found is not None
    assert found.action is action
    assert (found.instructions.quantity if found.instructions else None) == quantity
    assert found.generation is (generation or Generation.ACTIONS)


def test_no_schedule_is_none() -> None:
    assert end_action(subscription(NCE)) is None
    assert end_action(subscription(NCE, scheduledActions=[])) is None


def test_other_records() -> None:
    customer = Customer.parse(
        {
            "id": "c-1",
            "companyProfile": {"tenantId": "c-1", "domain": "fabrikam.example", "companyName": "Fabrikam"},
            "relationshipToPartner": "reseller",
            "billingProfile": {"defaultAddress": {"country": "CH"}},
        }
    )
    assert (customer.name, customer.country, customer.relationship_to_partner) == ("Fabrikam", "CH", "reseller")
    sku = Sku.parse(
        {"id": "0001", "productId": "P", "maximumQuantity": 300, "dynamicAttributes": {"provisioningId": "g"}}
    )
    assert (sku.maximum_quantity, sku.minimum_quantity, sku.dynamic_attributes.provisioning_id) == (300, None, "g")
    record = AuditRecord.parse(
        {
            "operationType": "update_subscription",
            "operationDate": "2026-11-22T10:00:00",
            "customizedData": [
                {"key": "SubscriptionId-0", "value": "s-1"},
                {"key": "PartnerOnRecord-0", "value": None},
            ],
        }
    )
    assert record.details == {"SubscriptionId-0": "s-1", "PartnerOnRecord-0": ""}
    assert record.operation_date == datetime(2026, 11, 22, 10, tzinfo=UTC)
