"""World `messy`: every odd shape that the reference warns of, on purpose (sections 1, 3, 4.4 and 13, read 2026-11).

Whoever reads Microsoft's answers has to survive all of this. The clock leaves most of it alone (`still`): the
service itself would not move such things either.
"""

from __future__ import annotations

from typing import Any

from tenantry.sandbox.worlds.build import Company, World
from tenantry.sandbox.worlds.catalogue import MONTH, YEAR
from tenantry.sandbox.worlds.partner import new_world
from tenantry.sandbox.worlds.resources import action, at, guid, next_quantity

CLOCK = "2026-11-22T09:30:00Z"
GLOBAL_ADMIN = "Global Administrator"
STILL = {"still": True}


def build() -> dict[str, Any]:
    """Return the world document."""
    world = new_world("messy", at(CLOCK))
    _dates(world)
    _fields(world)
    _kinds(world)
    _schedules(world)
    _text(world)
    world.switches |= {"bom": False, "error_code_type": "string", "customers_page_size": 3}
    document = world.document()
    _spoil_customers(document)
    _spoil_counts(document)
    return document


def _company(world: World, slug: str, name: str) -> Company:
    company = world.company(slug, name, "DE", "Erfurt", f"{slug}.example")
    company.person("Alex Admin", GLOBAL_ADMIN, hint="Admin")
    return company


def _dates(world: World) -> None:
    """Moments in every way in which they have been seen."""
    c = _company(world, "dates", "Dates & Sons")
    c.nce("business-basic", 5, "2026-03-01T09:00:00Z", creationDate="2026-03-01T09:00:00.1234567Z",
          effectiveStartDate="2026-03-01T09:00:00.9999999", friendlyName="seven digits, one zone missing")  # fmt: skip
    c.nce("business-standard", 5, "2026-04-01T09:00:00Z", commitmentEndDate="2027-03-31T00:00:00",
          friendlyName="no zone at the end of the term", _sandbox=STILL)  # fmt: skip
    c.nce("exchange-1", 5, "2026-05-01T09:00:00Z", commitmentEndDate="2027-04-30T00:21:45.9263727+00:00",
          creationDate="2026-05-01T02:00:00.5-07:00", friendlyName="offsets", _sandbox=STILL)  # fmt: skip
    body = c.nce("exchange-2", 5, "2026-06-01T09:00:00Z", friendlyName="no exact end, no cycle end")
    for name in ("commitmentEndDateTime", "billingCycleEndDate", "billingCycleEndDateTime"):
        del body[name]
    body = c.nce("visio-1", 5, "2026-06-02T09:00:00Z", friendlyName="no dates at all", _sandbox=STILL)
    for name in [name for name in body if name.endswith(("Date", "DateTime"))]:
        del body[name]
    c.legacy("legacy-e1", 5, "2017-02-10T09:00:00.69Z", commitmentEndDate="9999-12-10T00:00:00Z", _sandbox=STILL)
    c.nce("visio-2", 5, "2026-07-01T09:00:00Z", MONTH, commitmentEndDate="2026-10-31T00:00:00Z",
          commitmentEndDateTime="2026-10-31T23:59:59Z", friendlyName="over for weeks and still active",
          _sandbox=STILL)  # fmt: skip


def _fields(world: World) -> None:
    """Fields that are missing, empty, unknown, or of another type than one hopes."""
    c = _company(world, "fields", "Fields (missing)")
    for missing in ("friendlyName", "offerName", "autoRenewEnabled", "termDuration", "billingCycle", "orderId",
                    "unitType", "links", "productType", "publisherName", "isTrial", "attributes"):  # fmt: skip
        body = c.nce("business-basic", 3, "2026-03-01T09:00:00Z", friendlyName=f"without {missing}", _sandbox=STILL)
        del body[missing]
    c.nce("business-basic", 0, "2026-03-02T09:00:00Z", friendlyName="no seats", _sandbox=STILL)
    c.nce("m365-e3", 999_999, "2026-03-02T09:00:00Z", friendlyName="many seats")
    c.nce("business-basic", 3, "2026-03-03T09:00:00Z", status="paused", friendlyName="status nobody knows",
          _sandbox=STILL)  # fmt: skip
    c.nce("business-basic", 3, "2026-03-03T09:00:00Z", status="none", friendlyName="status none", _sandbox=STILL)
    c.nce("business-basic", 3, "2026-11-21T09:00:00Z", status="pending", friendlyName="pending",
          _sandbox={"pending": {"until": "2026-11-23T09:00:00Z", "why": "not_ready"}})  # fmt: skip
    c.nce("business-basic", 3, "2026-03-04T09:00:00Z", termDuration="P2Y", billingCycle="biennial",
          friendlyName="a term of the future", _sandbox=STILL)  # fmt: skip
    c.nce("business-basic", 3, "2026-03-05T09:00:00Z", billingType="barter", contractType="productKey",
          unitType="License(s)", renewalTermDuration=None, termDuration="p1y", billingCycle="Monthly",
          friendlyName="unknown values, odd capitals", attentionNeeded=True, actionTaken=True)  # fmt: skip
    c.nce("business-basic", 3, "2026-11-20T09:00:00Z", friendlyName="refund options by the other name",
          refundOptions=[{"type": "Full", "expiresAfter": "2026-11-21T09:00:00Z"}, {"type": "Partial"}],
          somethingNew={"nested": [1, {"deep": None}]}, consumptionType="overage",
          promotionId="39NFJQT1PJQB:0001:39NFJQT1Q5KN", customTermEndDate="2027-11-19T00:00:00",
          migratedFromSubscriptionId=guid("migrated").upper())  # fmt: skip
    shouting = c.nce("business-premium", 4, "2026-03-06T09:00:00Z", friendlyName="id in capitals")
    shouting["id"] = shouting["id"].upper()


def _kinds(world: World) -> None:
    """Kinds of subscriptions that are hard to tell."""
    c = _company(world, "kinds", "Kinds unknown AG")
    c.nce("business-basic", 2, "2026-03-01T09:00:00Z", productType={"id": "OnlineServicesNextGen", "displayName": ""},
          offerId="CFQ7TTC0ZZZZ:0001:CFQ7TTC0ZZZZ", offerName="Product of tomorrow", _sandbox=STILL)  # fmt: skip
    parent = guid("vanished").upper()
    c.legacy("legacy-archiving", 4, "2017-01-25T23:01:08.693Z", parentSubscriptionId=parent,
             friendlyName="add-on whose parent is gone", _sandbox=STILL)  # fmt: skip
    c.legacy("legacy-audio", 1, "2015-11-24T08:00:00Z", unitType="none", billingType="none", offerName="",
             friendlyName="legacy with nothing in it", status="suspended",
             suspensionReasons=["Fraud", "SomethingElse"], _sandbox=STILL)  # fmt: skip
    c.legacy("legacy-e1", 1, "2016-05-10T07:30:05.427Z", offerId="MS-AZR-0145P", offerName="Microsoft Azure",
             friendlyName="legacy Azure", unitType="Usage-based", billingType="usage", autoRenewEnabled=False,
             entitlementId=guid("entitlement").upper(), commitmentEndDate="9999-12-10T00:00:00Z")  # fmt: skip
    c.software("windows-server", 2, "2026-11-01T10:00:00Z", contractType="product_key", effectiveStartDate=None)
    c.nce("cloud-backup", 10, "2026-10-01T09:00:00Z", YEAR, isMicrosoftProduct=False)
    c.azure_plan("2022-08-30T11:20:00Z", 1, commitmentEndDate="9999-12-30T00:00:00Z", friendlyName="")
    c.azure_plan("2024-08-30T11:20:00Z", 0, productType={"id": "AzureReservations", "displayName": "Reservation"},
                 offerId="DZH318Z0BQ36:004J:DZH318Z08B8X", offerName="Reserved VM Instance, 1 Year",
                 friendlyName="reservation", billingType="benefit", productOrderId=guid("reservation"),
                 lineItems=[{"lineItemNumber": 0, "quantity": 2}], _sandbox=STILL)  # fmt: skip


def _schedules(world: World) -> None:
    """Wishes for the end of the term in every shape."""
    c = _company(world, "schedules", "Schedules Ltd")
    first = {"product": {"productId": "CFQ7TTC0LH18", "skuId": "0001", "availabilityId": "CFQ7TTC0K971",
                         "billingCycle": "Annual", "termDuration": "P3Y"}, "quantity": 1}  # fmt: skip
    c.nce("business-basic", 9, "2025-12-20T09:00:00Z", scheduledNextTermInstructions=first,
          scheduledActions=action("RenewToNewTerm", next_quantity("business-basic", 7)),
          friendlyName="both generations at once")  # fmt: skip
    c.nce("business-basic", 9, "2025-12-21T09:00:00Z", friendlyName="the other key",
          scheduledActions=[{"scheduledType": "TermEnd", "actionType": "Cancel"}], autoRenewEnabled=False)  # fmt: skip
    c.nce("business-basic", 9, "2025-12-22T09:00:00Z", friendlyName="an action nobody knows", _sandbox=STILL,
          scheduledActions=[{"scheduleType": "Whenever", "actionType": "RenewToSomethingNew"}])  # fmt: skip
    c.nce("business-basic", 9, "2025-12-23T09:00:00Z", friendlyName="on a date of its own",
          scheduledActions=[{"scheduleType": "CustomDate", "actionType": "Cancel",
                             "effectiveDate": "2026-12-01T00:00:00Z"}])  # fmt: skip
    c.nce("business-basic", 9, "2025-12-24T09:00:00Z", friendlyName="empty wishes", scheduledActions=[],
          nextChargeInstructions={"product": None, "quantity": 9}, _sandbox=STILL)  # fmt: skip
    c.nce("business-basic", 9, "2026-11-19T09:00:00Z", friendlyName="same moment, several lots", _sandbox={
        "lots": [{"quantity": 4, "until": "2026-11-26T09:00:00Z"}, {"quantity": 3, "until": "2026-11-26T09:00:00Z"},
                 {"quantity": 2, "until": "2026-11-26T09:00:00.0000001Z"}]})  # fmt: skip


def _text(world: World) -> None:
    """Names that break what does not expect them; two companies of one name; a company called nothing."""
    for slug in ("twin-one", "twin-two"):
        c = _company(world, slug, "Zwilling GmbH")
        c.nce("business-basic", 2, "2026-03-01T09:00:00Z", friendlyName="Microsoft 365 Business Basic")
        c.nce("business-basic", 3, "2026-03-01T09:00:00Z", friendlyName="Microsoft 365 Business Basic")
    c = _company(world, "text", "<script>alert('names')</script> \"quotes\" & Söhne 🚀 \u202etfel ot thgir")
    c.nce("visio-1", 1, "2026-03-01T09:00:00Z", friendlyName="=cmd|'/c calc'!A1")
    c.nce("visio-1", 1, "2026-03-02T09:00:00Z", friendlyName="word" * 75)
    c.nce("visio-1", 1, "2026-03-03T09:00:00Z", friendlyName="tab\tline\nend\u0000zero\u200bwidth")
    c.nce("visio-1", 1, "2026-03-04T09:00:00Z", friendlyName="")
    c.nce("visio-1", 1, "2026-03-05T09:00:00Z", friendlyName="   ")
    _company(world, "nameless", "Nameless")
    _company(world, "capitals", "Capitals plc").nce("exchange-1", 2, "2026-03-01T09:00:00Z")
    _company(world, "bare", "Bare minimum")
    _company(world, "gone", "Gone away Ltd")
    _company(world, "related", "Related somehow Inc.")


def _spoil_customers(document: dict[str, Any]) -> None:
    customers = {customer["companyProfile"]["companyName"]: customer for customer in document["customers"]}
    nameless = customers["Nameless"]
    nameless["companyProfile"]["companyName"] = ""
    nameless["billingProfile"].pop("companyName")
    capitals = customers["Capitals plc"]
    capitals["id"] = capitals["id"].upper()
    bare = customers["Bare minimum"]
    for name in ("billingProfile", "commerceId", "customDomains", "allowDelegatedAccess", "links"):
        del bare[name]
    bare["companyProfile"] = {"tenantId": bare["id"], "companyName": "Bare minimum"}
    customers["Gone away Ltd"]["relationshipToPartner"] = "none"
    customers["Related somehow Inc."]["relationshipToPartner"] = "co_manager"


def _spoil_counts(document: dict[str, Any]) -> None:
    """Make the directory's counts contradict each other, and name a product that nobody sold."""
    rows = document["subscribed_skus"][guid("tenant", "fields")]
    rows[0]["consumedUnits"] = rows[0]["totalUnits"] + 7
    rows[0]["availableUnits"] = -7
    rows.append(
        {
            "availableUnits": 0,
            "activeUnits": 10_000,
            "productSku": {"id": guid("nobody's sku").upper(), "name": "", "skuPartNumber": "FLOW_FREE"},
            "servicePlans": None,
            "capabilityStatus": "Daydreaming",
        }
    )
    document["subscribed_skus"][guid("tenant", "twin-two")] = []
