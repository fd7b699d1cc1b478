"""What is about the partner: audit records, profiles, a tenant's licences, validations (4.14, 4.21, 4.23)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.partner_center.bodies import canonical
from tenantry.sandbox.partner_center.call import Call, collection, shown
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.paging import page_of, read_filter
from tenantry.sandbox.partner_center.records import is_visible
from tenantry.sandbox.wire import JsonDict, link, parse_moment

_OLDEST_DAYS = 90
_DEFAULT_DAYS = 30
_LICENCE_READERS = frozenset({"Directory Readers", "Global Reader", "User Administrator", "License Administrator"})


def list_audit_records(call: Call) -> Answer:
    """List audit records between two days (UTC, both included), newest first, page by page."""
    today = call.now.date()
    start = _day(call, "startdate") or today - timedelta(days=_DEFAULT_DAYS)
    end = _day(call, "enddate") or date.max
    if start < today - timedelta(days=_OLDEST_DAYS):
        raise RefusalError(800002, description="Invalid request input: startDate is more than 90 days ago.")
    if end < start:
        raise RefusalError(800002, description="Invalid request input: endDate is before startDate.")
    fits = read_filter(
        call,
        {
            "companyname": lambda record: str(record.get("customerName") or ""),
            "customerid": lambda record: str(record.get("customerId") or ""),
            "resourcetype": lambda record: str(record.get("resourceType") or ""),
        },
        frozenset({"equals", "substring"}),
    )
    lag = call.ctx.switches.number("audit_lag_seconds")
    records = [
        record
        for record in reversed(call.ctx.store.audit)
        if is_visible(record, lag) and start <= _date_of(record) <= end and (fits is None or fits(record))
    ]
    records.sort(key=lambda record: str(record["operationDate"]), reverse=True)
    default = call.ctx.switches.whole("audit_page_size")
    page = page_of(call, records, path="/auditrecords", default_size=default, largest=max(default, 500))
    page["items"] = [shown(record) for record in page["items"]]
    return Answer.json(page)


def get_audit_record(call: Call) -> Answer:
    """Give one audit record."""
    lag = call.ctx.switches.number("audit_lag_seconds")
    for record in call.ctx.store.audit:
        if str(record.get("id")).lower() == call.params["record"].lower() and is_visible(record, lag):
            return Answer.json(shown(record))
    raise RefusalError(1000)


def _day(call: Call, name: str) -> date | None:
    text = call.query.get(name)
    if not text:
        return None
    for read in (parse_moment, _american):
        try:
            return read(text).date()
        except ValueError:
            continue
    raise RefusalError(800002, description=f"Invalid request input: {name} is not a date.")


def _american(text: str) -> datetime:
    """Read a day as the documented example of audit records writes it: 6/1/2017 12:00:00 AM."""
    return datetime.strptime(text.partition(" ")[0], "%m/%d/%Y").replace(tzinfo=UTC)


def _date_of(record: JsonDict) -> date:
    return date.fromisoformat(str(record["operationDate"])[:10])


def list_subscribed_skus(call: Call) -> Answer:
    """List what a tenant owns and uses, all channels together; needs a user and a reader's role there."""
    customer = call.customer()
    call.need_directory_role(_LICENCE_READERS)
    rows = call.ctx.store.subscribed_skus.get(str(customer["id"]).lower(), [])
    groups = {group.strip().lower() for group in call.query.get("licensegroupids", "").split(",") if group.strip()}
    fitting = [
        row
        for row in rows
        if not groups or str((row.get("productSku") or {}).get("licenseGroupId", "group1")).lower() in groups
    ]
    return Answer.json(collection([shown(row) for row in fitting], f"/customers/{customer['id']}/subscribedskus"))


def _profile(call: Call, name: str, kind: str, body: JsonDict) -> Answer:
    links = {"self": link(f"/profiles/{name}")}
    return Answer.json({**body, "profileType": kind, "links": links, "attributes": {"objectType": kind}})


def get_mpn_profile(call: Call) -> Answer:
    """Give the partner's MPN profile."""
    partner = call.ctx.store.partner
    return _profile(call, "mpn", "MpnProfile", {"mpnId": partner.get("mpn_id", ""), "partnerName": partner["name"]})


def get_legal_profile(call: Call) -> Answer:
    """Give the partner's legal business profile."""
    partner = call.ctx.store.partner
    body = {"companyName": partner["name"], "address": _address(call), "vettingStatus": "authorized"}
    return _profile(call, "legalbusiness", "LegalBusinessProfile", {**body, "vettingSubStatus": "none"})


def get_organization_profile(call: Call) -> Answer:
    """Give the partner's organization profile."""
    partner = call.ctx.store.partner
    body = {
        "id": partner["tenant_id"],
        "companyName": partner["name"],
        "defaultAddress": _address(call),
        "tenantId": partner["tenant_id"],
        "domain": partner.get("domain", ""),
        "culture": "en-US",
        "language": "en",
    }
    return _profile(call, "organization", "OrganizationProfile", body)


def get_billing_profile(call: Call) -> Answer:
    """Give the partner's billing profile."""
    partner = call.ctx.store.partner
    body = {
        "companyName": partner["name"],
        "address": _address(call),
        "billingCurrency": partner.get("currency", "USD"),
    }
    return _profile(call, "billing", "BillingProfile", body)


def get_support_profile(call: Call) -> Answer:
    """Give the partner's support profile."""
    domain = call.ctx.store.partner.get("domain", "partner.example")
    body = {"email": f"support@{domain}", "telephone": "4255550100", "website": f"www.{domain}"}
    return _profile(call, "support", "SupportProfile", body)


def _address(call: Call) -> JsonDict:
    return {"country": call.ctx.store.partner.get("country", "US")}


def validate_address(call: Call) -> Answer:
    """Take every address with a country, a city and a first line for a good one."""
    address: JsonDict = canonical(call.json_object())
    if not all(address.get(name) for name in ("country", "city", "addressLine1")):
        raise RefusalError(800002, description="Invalid request input: country, city and addressLine1 are needed.")
    return Answer.json({"originalAddress": address, "suggestedAddresses": [], "status": "VerifiedShippable"})
