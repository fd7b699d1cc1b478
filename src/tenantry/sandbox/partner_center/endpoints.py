"""The table of endpoints: what is modelled, from which section of the reference, and who may call it."""

from __future__ import annotations

from tenantry.sandbox.partner_center import catalogue, customers, orders, partner, subscriptions
from tenantry.sandbox.partner_center.call import Endpoint
from tenantry.sandbox.partner_center.patching import patch_subscription

_C = "/customers/{customer}"
_S = _C + "/subscriptions/{subscription}"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/customers", customers.list_customers, "4.1", note="seek paging, filter by beginning"),
    Endpoint("POST", "/customers", customers.create_customer, "4.1", note="no people; registration numbers unchecked"),
    Endpoint("GET", "/customers/relationshiprequests", customers.get_relationship_request, "4.1"),
    Endpoint("GET", _C, customers.get_customer, "4.1"),
    Endpoint("PATCH", _C, customers.patch_customer, "4.1", app_only=False, note="relationshipToPartner none"),
    Endpoint("DELETE", _C, customers.delete_customer, "4.1", app_only=False, note="switch integration_sandbox"),
    Endpoint("GET", _C + "/profiles/company", customers.get_company_profile, "4.1"),
    Endpoint("GET", _C + "/profiles/billing", customers.get_billing_profile, "4.1"),
    Endpoint("PUT", _C + "/profiles/billing", customers.put_billing_profile, "4.1"),
    Endpoint("GET", _C + "/relationships", customers.list_relationships, "4.1"),
    Endpoint("HEAD", "/domains/{domain}", customers.head_domain, "4.1", throttled=False),
    Endpoint("GET", _C + "/validationstatus", customers.get_validation_status, "4.2"),
    Endpoint("GET", "/agreements", customers.list_agreement_types, "4.3", throttled=False),
    Endpoint("GET", _C + "/agreements", customers.list_customer_agreements, "4.3", app_only=False),
    Endpoint("POST", _C + "/agreements", customers.create_customer_agreement, "4.3", app_only=False),
    Endpoint("GET", _C + "/directsignedmicrosoftcustomeragreementstatus", customers.get_direct_sign_status, "4.3"),
    Endpoint("GET", _C + "/subscriptions", subscriptions.list_subscriptions, "4.4", note="no paging"),
    Endpoint("GET", _C + "/subscriptions/customtermenddates", subscriptions.list_custom_end_dates, "4.9"),
    Endpoint("GET", _S, subscriptions.get_subscription, "4.4"),
    Endpoint("PATCH", _S, patch_subscription, "4.5, 4.8, 6, 12", note="order of checks inferred"),
    Endpoint("GET", _S + "/addons", subscriptions.list_addons, "4.4"),
    Endpoint("GET", _S + "/provisioningstatus", subscriptions.get_provisioning_status, "4.4"),
    Endpoint("GET", _S + "/activationlinks", subscriptions.list_activation_links, "4.4", note="shape: from the SDK"),
    Endpoint("GET", _S + "/registrationstatus", subscriptions.get_registration_status, "4.4", note="value inferred"),
    Endpoint("GET", _S + "/supportcontact", subscriptions.get_support_contact, "4.4"),
    Endpoint("PUT", _S + "/supportcontact", subscriptions.put_support_contact, "4.4"),
    Endpoint("GET", _C + "/orders", orders.list_orders, "4.11"),
    Endpoint("GET", _C + "/orders/{order}", orders.get_order, "4.11"),
    Endpoint("GET", _C + "/orders/{order}/provisioningstatus", orders.get_order_provisioning, "4.11"),
    Endpoint("GET", _C + "/orders/{order}/lineitems/{line}/activationlinks", orders.list_activation_links, "4.11"),
    *(
        Endpoint("GET", base + path, handler, "4.12", throttled=False, note="our worlds sell the same in every country")
        for base in ("", _C)
        for path, handler in (
            ("/products", catalogue.list_products),
            ("/products/{product}", catalogue.get_product),
            ("/products/{product}/skus", catalogue.list_skus),
            ("/products/{product}/skus/{sku}", catalogue.get_sku),
            ("/products/{product}/skus/{sku}/availabilities", catalogue.list_availabilities),
            ("/products/{product}/skus/{sku}/availabilities/{availability}", catalogue.get_availability),
        )
    ),
    Endpoint("GET", _C + "/subscribedskus", partner.list_subscribed_skus, "4.14", app_only=False),
    Endpoint("GET", "/auditrecords", partner.list_audit_records, "4.21", throttled=False),
    Endpoint("GET", "/auditrecords/{record}", partner.get_audit_record, "1, 4.21", throttled=False),
    Endpoint("GET", _C + "/qualifications", customers.list_qualifications, "4.23"),
    Endpoint("GET", "/profiles/mpn", partner.get_mpn_profile, "4.23", throttled=False),
    Endpoint("GET", "/profiles/legalbusiness", partner.get_legal_profile, "4.23", throttled=False),
    Endpoint("GET", "/profiles/organization", partner.get_organization_profile, "4.23", throttled=False),
    Endpoint("GET", "/profiles/billing", partner.get_billing_profile, "4.23", throttled=False),
    Endpoint("GET", "/profiles/support", partner.get_support_profile, "4.23", throttled=False),
    Endpoint("POST", "/validations/address", partner.validate_address, "4.23", throttled=False),
)


def split_path(path: str) -> list[str]:
    """Cut a path below /v1 into its segments."""
    return [part for part in path.split("/") if part]


class Routes:
    """Finds endpoints by method and path; literal segments are compared without regard to case."""

    def __init__(self) -> None:
        """Sort the table by the number of segments."""
        self._by_length: dict[int, list[tuple[list[str], Endpoint]]] = {}
        for endpoint in ENDPOINTS:
            parts = split_path(endpoint.path)
            self._by_length.setdefault(len(parts), []).append((parts, endpoint))

    def find(self, method: str, path: str) -> tuple[Endpoint | None, dict[str, str], bool]:
        """Give the endpoint, its ids, and whether the path is known at all (then only the method is wrong)."""
        sent = split_path(path)
        known = False
        for parts, endpoint in self._by_length.get(len(sent), []):
            params = _match(parts, sent)
            if params is not None:
                if endpoint.method == method:
                    return endpoint, params, True
                known = True
        return None, {}, known


def _match(parts: list[str], sent: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for part, given in zip(parts, sent, strict=True):
        if part.startswith("{"):
            params[part[1:-1]] = given
        elif part != given.lower():
            return None
    return params
