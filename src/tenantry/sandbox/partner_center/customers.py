"""Customers: list, one, create, profiles, relationship, validation, agreements, qualifications (reference 4.1–4.3)."""

from __future__ import annotations

import hashlib
import uuid

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.entra.records import Tenant
from tenantry.sandbox.partner_center.bodies import canonical, section, word
from tenantry.sandbox.partner_center.call import Call, collection, hidden_of, shown
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.paging import page_of, read_filter
from tenantry.sandbox.partner_center.records import audit_customer
from tenantry.sandbox.wire import JsonDict, encode, iso, link

_LIST_FIELDS = ("tenantId", "domain", "companyName")
_NEEDS_DIRECTORY = frozenset({"Global Administrator", "Directory Writers", "Global Reader"})


def list_customers(call: Call) -> Answer:
    """List the partner's customers, page by page, filtered by the beginning of a name or domain."""
    fits = read_filter(
        call,
        {
            "companyname": lambda item: str(item["companyProfile"].get("companyName") or ""),
            "domain": lambda item: str(item["companyProfile"].get("domain") or ""),
            "indirectreseller": lambda item: str(item.get("associatedPartnerId") or ""),
            "indirectcloudsolutionprovider": lambda item: str(item.get("associatedPartnerId") or ""),
        },
        frozenset({"starts_with"}),
    )
    ours = [
        customer
        for customer in call.ctx.store.customers.values()
        if customer.get("relationshipToPartner") == "reseller" and (fits is None or fits(customer))
    ]
    default = call.ctx.switches.whole("customers_page_size")
    page = page_of(call, ours, path="/v1/customers", default_size=default)
    page["items"] = [_list_item(customer) for customer in page["items"]]
    return Answer.json(page)


def _list_item(customer: JsonDict) -> JsonDict:
    profile = customer["companyProfile"]
    return {
        "id": customer["id"],
        "companyProfile": {
            **{name: profile[name] for name in _LIST_FIELDS if profile.get(name) is not None},
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": customer["relationshipToPartner"],
        "attributes": {"objectType": "Customer"},
    }


def get_customer(call: Call) -> Answer:
    """Give one customer; address, e-mail and custom domains only with a directory role there."""
    customer = call.customer()
    body = shown(customer)
    body["companyProfile"] = _company_profile(call, customer)
    if not call.sees_directory(_NEEDS_DIRECTORY):
        body.pop("customDomains", None)
    if "billingProfile" in body:
        body["billingProfile"] = _billing_profile(customer)
    body["links"] = {"self": link(f"/customers/{customer['id']}")}
    body["attributes"] = {"objectType": "Customer"}
    return Answer.json(body)


def _company_profile(call: Call, customer: JsonDict) -> JsonDict:
    profile = shown(customer["companyProfile"])
    if not call.sees_directory(_NEEDS_DIRECTORY):
        profile.pop("address", None)
        profile.pop("email", None)
    profile["links"] = {"self": link(f"/customers/{customer['id']}/profiles/company")}
    profile["attributes"] = {"objectType": "CustomerCompanyProfile"}
    return profile


def _billing_profile(customer: JsonDict) -> JsonDict:
    profile = {
        key: value for key, value in shown(customer["billingProfile"]).items() if key not in {"attributes", "links"}
    }
    etag = str(int.from_bytes(hashlib.sha256(encode(profile)).digest()[:8], signed=True))
    return {
        **profile,
        "links": {"self": link(f"/customers/{customer['id']}/profiles/billing")},
        "attributes": {"etag": etag, "objectType": "CustomerBillingProfile"},
    }


def get_company_profile(call: Call) -> Answer:
    """Give a customer's company profile."""
    return Answer.json(_company_profile(call, call.customer()))


def get_billing_profile(call: Call) -> Answer:
    """Give a customer's billing profile with its etag."""
    customer = call.customer()
    if not customer.get("billingProfile"):
        raise RefusalError(1000)
    return Answer.json(_billing_profile(customer))


def put_billing_profile(call: Call) -> Answer:
    """Replace a customer's billing profile; the etag has to be the present one (2055)."""
    customer = call.customer()
    body: JsonDict = canonical(call.json_object())
    sent = call.exchange.header("if-match") or (section(body, "attributes") or {}).get("etag")
    section(body, "defaultAddress")
    if sent is None:
        call.doubt("no etag on an update that needs one")
    elif str(sent).strip('"') != _billing_profile(customer)["attributes"]["etag"]:
        raise RefusalError(2055)
    customer["billingProfile"] = {key: value for key, value in body.items() if key not in {"attributes", "links"}}
    _changed(call, customer, "update_customer_billing_profile")
    return Answer.json(_billing_profile(customer))


def create_customer(call: Call) -> Answer:
    """Create a customer with a tenant of its own; the first administrator's password is answered once."""
    body: JsonDict = canonical(call.json_object())
    company = section(body, "companyProfile") or {}
    billing = section(body, "billingProfile") or {}
    section(billing, "defaultAddress")
    domain = word(company, "domain")
    if not domain or not word(billing, "companyName"):
        raise RefusalError(
            800002, description="Invalid request input: companyProfile.domain and billingProfile.companyName."
        )
    if _find_domain(call, domain):
        raise RefusalError(800002, description="Invalid request input: the domain is taken.")
    if call.ctx.switches.on("integration_sandbox") and len(call.ctx.store.customers) >= 75:
        raise RefusalError(800018)
    tenant = str(uuid.uuid4())
    customer: JsonDict = {
        "id": tenant,
        "commerceId": str(uuid.uuid4()),
        "companyProfile": {"tenantId": tenant, "domain": domain, "companyName": billing["companyName"]},
        "billingProfile": {"id": str(uuid.uuid4()), **billing},
        "relationshipToPartner": "reseller",
        "allowDelegatedAccess": bool(body.get("enableGDAPByDefault", False)),
        "_sandbox": {"agreement": False},
    }
    call.ctx.store.customers[tenant] = customer
    call.ctx.directory.tenants[tenant] = Tenant(id=tenant, name=str(billing["companyName"]), domains=[domain])
    _changed(call, customer, "add_customer")
    password = uuid.uuid4().hex[:12]
    user = {"userName": "admin", "password": password, "attributes": {"objectType": "UserCredentials"}}
    answer = {**shown(customer), "userCredentials": user, "attributes": {"objectType": "Customer"}}
    return Answer.json(answer, 201)


def patch_customer(call: Call) -> Answer:
    """End the reseller relationship; every subscription has to be cancelled, expired or suspended first."""
    customer = call.customer()
    body: JsonDict = canonical(call.json_object())
    if str(word(body, "relationshipToPartner")).lower() != "none":
        raise RefusalError(800002, description="Invalid request input: only relationshipToPartner none is known.")
    if any(one.body.get("status") == "active" for one in call.ctx.store.of_customer(customer["id"])):
        raise RefusalError(800002, description="Invalid request input: there are active subscriptions.")
    customer["relationshipToPartner"] = "none"
    _changed(call, customer, "remove_partner_customer_relationship")
    return Answer.json({**_list_item(customer)})


def delete_customer(call: Call) -> Answer:
    """Delete a customer: in Microsoft's integration sandbox only."""
    customer = call.customer()
    if not call.ctx.switches.on("integration_sandbox"):
        raise RefusalError(2032)
    key = str(customer["id"]).lower()
    del call.ctx.store.customers[key]
    call.ctx.store.subscriptions.pop(key, None)
    _changed(call, customer, "delete_customer")
    return Answer(204)


def _changed(call: Call, customer: JsonDict, operation: str) -> None:
    call.exchange.acted = True
    audit_customer(call, customer, operation)
    call.ctx.save()


def _find_domain(call: Call, domain: str) -> bool:
    wanted = domain.casefold()
    if any(wanted == known.casefold() for tenant in call.ctx.directory.tenants.values() for known in tenant.domains):
        return True
    return any(
        wanted
        in {str(known).casefold() for known in (c["companyProfile"].get("domain"), *(c.get("customDomains") or []))}
        for c in call.ctx.store.customers.values()
    )


def head_domain(call: Call) -> Answer:
    """Tell whether a domain is taken (200) or free (404)."""
    return Answer(200 if _find_domain(call, call.params["domain"]) else 404)


def get_relationship_request(call: Call) -> Answer:
    """Give the link that invites a customer."""
    partner = call.ctx.store.partner["tenant_id"]
    url = (
        "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship"
        f"&partnerId={partner}&msppId=0&DAP=false#/BillingAccounts/partner-invitation"
    )
    return Answer.json({"url": url, "attributes": {"objectType": "RelationshipRequest"}})


def list_relationships(call: Call) -> Answer:
    """List the indirect resellers of a customer."""
    return Answer.json(collection(list(hidden_of(call.customer()).get("resellers") or [])))


def get_validation_status(call: Call) -> Answer:
    """Give the state of a customer's account validation; no state at all is 404 with the newer error shape."""
    customer = call.customer()
    if call.query.get("type", "").lower() != "account":
        raise RefusalError(800002, description="Invalid request input: type=account is the only type.")
    status = hidden_of(customer).get("validation_status", "Allowed")
    if status is None:
        words = f"Account Status for the customer, {customer['id']} was not found."
        error = {
            "code": 600074,
            "message": words,
            "description": words,
            "errorName": "AccountStatusNotFound",
            "isRetryable": False,
            "errorMessageExtended": "InternalErrorCode=600074",
        }
        return Answer.json(error, 404)
    return Answer.json({"type": "account", "status": status, "lastUpdateDateTime": "2026-01-15T18:02:00"})


def list_qualifications(call: Call) -> Answer:
    """List a customer's qualifications as a plain array."""
    return Answer.json(hidden_of(call.customer()).get("qualifications") or [{"qualification": "None"}])


# -- agreements ---------------------------------------------------------------------------------------------------

_AGREEMENTS = {
    "MicrosoftCustomerAgreement": ("117a77b0-9360-443b-8795-c6dedc750cf9", "https://aka.ms/customeragreement"),
    "MicrosoftCloudAgreement": (
        "998b88de-aa99-4388-a42c-1b3517d49490",
        "https://learn.microsoft.com/partner-center/agreements",
    ),
}


def list_agreement_types(call: Call) -> Answer:
    """List agreement templates; without a type only the old cloud agreement, with * all."""
    wanted = call.query.get("agreementtype", "MicrosoftCloudAgreement").lower()
    items = [
        {"templateId": template, "agreementType": name, "agreementLink": address, "versionRank": 0}
        for name, (template, address) in _AGREEMENTS.items()
        if wanted in {"*", name.lower()}
    ]
    return Answer.json(collection(items))


def list_customer_agreements(call: Call) -> Answer:
    """List what a customer has agreed to; empty means not confirmed."""
    hidden = hidden_of(call.customer())
    rows = hidden.get("agreements")
    if rows is None:
        rows = [] if hidden.get("agreement") is False else [_agreed(call)]
    wanted = call.query.get("agreementtype", "*").lower()
    return Answer.json(collection([row for row in rows if wanted in {"*", str(row.get("type")).lower()}]))


def _agreed(call: Call) -> JsonDict:
    customer = call.customer()
    template, address = _AGREEMENTS["MicrosoftCustomerAgreement"]
    profile = customer.get("billingProfile") or {}
    contact = {name: profile[name] for name in ("firstName", "lastName", "email") if profile.get(name)}
    return {
        "primaryContact": contact,
        "templateId": template,
        "dateAgreed": "2023-05-02T00:00:00",
        "type": "MicrosoftCustomerAgreement",
        "agreementLink": address,
    }


def create_customer_agreement(call: Call) -> Answer:
    """Confirm that a customer has accepted the agreement; the same contact twice is 600061."""
    customer = call.customer()
    body: JsonDict = canonical(call.json_object())
    contact = body.get("primaryContact")
    known = {template: name for name, (template, _) in _AGREEMENTS.items()}
    if not isinstance(contact, dict) or str(body.get("templateId")).lower() not in known:
        raise RefusalError(800002, description="Invalid request input: primaryContact and templateId are needed.")
    hidden = customer.setdefault("_sandbox", {})
    rows = hidden.setdefault("agreements", [])
    if any(row.get("primaryContact") == contact for row in rows):
        raise RefusalError(600061)
    name = known[str(body["templateId"]).lower()]
    row = {
        "primaryContact": contact,
        "templateId": _AGREEMENTS[name][0],
        "dateAgreed": body.get("dateAgreed") or iso(call.now),
        "type": name,
        "agreementLink": _AGREEMENTS[name][1],
        "userId": call.bearer.oid,
    }
    rows.append(row)
    hidden["agreement"] = True
    _changed(call, customer, "confirm_customer_agreement")
    return Answer.json(row, 201)


def get_direct_sign_status(call: Call) -> Answer:
    """Tell whether the customer signed with Microsoft directly."""
    return Answer.json({"isSigned": bool(hidden_of(call.customer()).get("signed_directly", False))})
