"""Partner Center's REST API as far as we use it (read 2026-11)."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self, TypeVar
from urllib.parse import quote

from tenantry.clients.http import (
    Answer,
    IdHeaders,
    JsonValue,
    Malformed,
    Observer,
    Quota,
    Session,
    Timeouts,
    TokenSource,
    Unsure,
    UpstreamError,
)
from tenantry.clients.http.retry import read_retry_after
from tenantry.clients.partner_center.catalogue import Availability, Order, Product, Sku, SubscribedSku
from tenantry.clients.partner_center.errors import explain
from tenantry.clients.partner_center.ids import AvailabilityId, CustomerId, OrderId, ProductId, SkuId, SubscriptionId
from tenantry.clients.partner_center.intents import Patch
from tenantry.clients.partner_center.models import (
    AuditRecord,
    Customer,
    LegalBusinessProfile,
    OrganizationProfile,
    ProvisioningStatus,
    Subscription,
)
from tenantry.clients.partner_center.paging import (
    CONTINUATION,
    Collected,
    Unreadable,
    next_page,
    path_of,
    read_rows,
    rows_of,
)
from tenantry.clients.partner_center.wire import Wire

IDS = IdHeaders(request="MS-RequestId", correlation="MS-CorrelationId", answered_request="MS-RequestId")
VERSION = {"MS-Contract-Version": "v1"}
PAGE_SIZE = 500
MOST_PAGES = 2000

_CUSTOMER = "/v1/customers/{customer_id}"
_SUBSCRIPTION = "/v1/customers/{customer_id}/subscriptions/{subscription_id}"

Record = TypeVar("Record", bound=Wire)


@dataclass(frozen=True, slots=True)
class PatchAnswer:
    """What Microsoft said to a PATCH. `accepted` (202) is not an outcome yet: follow `location`, read back.

    `subscription` is the resource in the answer, where there was a whole one.
    """

    accepted: bool
    subscription: Subscription | None
    location: str
    request_id: str
    correlation_id: str
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class DirectCspCheck:
    """What the live test for direct-bill rights read; it cannot show the right to write.

    `indirect` says that subscriptions name an indirect reseller, so that the partner is not the only one in between.
    """

    customer: Customer
    subscriptions: int
    indirect: bool
    mfa_compliant: bool | None


class PartnerCenter:
    """Calls of one partner; safe to share between threads. Close it, or use it in `with`.

    `quota_key` names the partner in the quota; calls about a customer also count under "{quota_key}/{customer id}".
    What goes wrong outside is raised as an `UpstreamError` (see `tenantry.clients.http.errors`).
    """

    def __init__(
        self,
        base: str,
        tokens: TokenSource,
        *,
        quota_key: str = "partner",
        quota: Quota | None = None,
        timeouts: Timeouts | None = None,
        observer: Observer | None = None,
        user_agent: str = "Tenantry",
    ) -> None:
        self._quota_key = quota_key
        self._session = Session(
            base,
            service="partner_center",
            user_agent=user_agent,
            timeouts=timeouts,
            quota=quota,
            observer=observer,
            auth=tokens,
            ids=IDS,
            explain=explain,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    # Customers

    def customers(self, *, name_starts_with: str = "") -> Collected[Customer]:
        """List all customers, or those whose company name starts so; list rows carry id, name, domain and relation."""
        params = {"size": str(PAGE_SIZE)}
        if name_starts_with:
            wanted = {"Field": "CompanyName", "Value": name_starts_with, "Operator": "starts_with"}
            params["filter"] = json.dumps(wanted, ensure_ascii=False)
        return self._seek(Customer, "/v1/customers", params)

    def customer(self, customer_id: CustomerId) -> Customer:
        """Read one customer, with its market where the partner may see it."""
        return self._one(Customer, _CUSTOMER, customer_id=customer_id)

    # Subscriptions

    def subscriptions(self, customer_id: CustomerId) -> Collected[Subscription]:
        """List all subscriptions of a customer, deleted ones included; Microsoft does not page them."""
        return self._all(Subscription, _CUSTOMER + "/subscriptions", customer_id=customer_id)

    def subscription(self, customer_id: CustomerId, subscription_id: SubscriptionId) -> Subscription:
        """Read one subscription."""
        return self._one(Subscription, _SUBSCRIPTION, customer_id=customer_id, subscription_id=subscription_id)

    def patch_subscription(
        self,
        customer_id: CustomerId,
        subscription_id: SubscriptionId,
        patch: Patch,
        *,
        request_id: str = "",
        correlation_id: str = "",
        patience: float | None = None,
    ) -> PatchAnswer:
        """Send a body of `intents`, once; raise Unsure when nobody knows whether it acted.

        `patience` (seconds) bounds the waiting before it is sent; one attempt takes at most `Timeouts.total` on top.
        """
        answer = self._call(
            "PATCH",
            _SUBSCRIPTION,
            {"customer_id": customer_id, "subscription_id": subscription_id},
            body=patch.body,
            headers={"If-Match": f'"{patch.etag.strip(chr(34))}"'} if patch.etag else {},
            request_id=request_id,
            correlation_id=correlation_id,
            patience=patience,
        )
        if answer.json is not None and not isinstance(answer.json, Mapping):
            raise _unreadable(Unsure, "the answer is not a subscription", answer)
        subscription: Subscription | None = None
        with contextlib.suppress(ValueError):  # legacy answers can be short of fields: it acted all the same
            subscription = Subscription.parse(answer.json)
        return PatchAnswer(
            accepted=answer.status == 202,
            subscription=subscription,
            location=answer.headers.get("location", ""),
            request_id=answer.request_id,
            correlation_id=answer.correlation_id,
            retry_after=read_retry_after(answer.headers, ""),
        )

    def follow(self, customer_id: CustomerId, location: str) -> Subscription:
        """Read the subscription that a 202 answer's Location names; raise Malformed when it leads elsewhere."""
        try:
            path = path_of(location, self._session.base_url)
        except ValueError as error:
            raise Malformed(str(error)) from None
        answer = self._session.call(
            "GET", path, template=_SUBSCRIPTION, customer_id=customer_id, quota_keys=self._keys(customer_id)
        )
        return _parse(Subscription, answer)

    def provisioning_status(self, customer_id: CustomerId, subscription_id: SubscriptionId) -> ProvisioningStatus:
        """Read how far the seats are provisioned; needs a granular admin role."""
        return self._one(
            ProvisioningStatus,
            _SUBSCRIPTION + "/provisioningstatus",
            customer_id=customer_id,
            subscription_id=subscription_id,
        )

    def subscribed_skus(self, customer_id: CustomerId) -> Collected[SubscribedSku]:
        """List assigned and free licences of the tenant, all channels together; needs App+User and a granular role."""
        return self._all(SubscribedSku, _CUSTOMER + "/subscribedskus", customer_id=customer_id)

    # Orders

    def orders(self, customer_id: CustomerId) -> Collected[Order]:
        """List a customer's orders; a new one can be missing for fifteen minutes."""
        return self._all(Order, _CUSTOMER + "/orders", customer_id=customer_id)

    def order(self, customer_id: CustomerId, order_id: OrderId) -> Order:
        """Read one order."""
        return self._one(Order, _CUSTOMER + "/orders/{order_id}", customer_id=customer_id, order_id=order_id)

    # Catalogue

    def product(self, product_id: ProductId, country: str) -> Product:
        """Read a product in a market."""
        return self._one(Product, "/v1/products/{product_id}", {"country": country}, product_id=product_id)

    def skus(self, product_id: ProductId, country: str) -> Collected[Sku]:
        """List a product's SKUs in a market."""
        return self._all(Sku, "/v1/products/{product_id}/skus", {"country": country}, product_id=product_id)

    def sku(self, product_id: ProductId, sku_id: SkuId, country: str) -> Sku:
        """Read a SKU in a market: its limits and its Entra SKU id."""
        path = "/v1/products/{product_id}/skus/{sku_id}"
        return self._one(Sku, path, {"country": country}, product_id=product_id, sku_id=sku_id)

    def availabilities(self, product_id: ProductId, sku_id: SkuId, country: str) -> Collected[Availability]:
        """List how a SKU is sold in a market, every segment."""
        path = "/v1/products/{product_id}/skus/{sku_id}/availabilities"
        return self._all(Availability, path, {"country": country}, product_id=product_id, sku_id=sku_id)

    def availability(
        self, product_id: ProductId, sku_id: SkuId, availability_id: AvailabilityId, country: str
    ) -> Availability:
        """Read one availability in a market."""
        path = "/v1/products/{product_id}/skus/{sku_id}/availabilities/{availability_id}"
        ids = {"product_id": product_id, "sku_id": sku_id, "availability_id": availability_id}
        return self._one(Availability, path, {"country": country}, **ids)

    # The partner

    def audit_records(
        self, start: date, end: date | None = None, *, customer_id: CustomerId | None = None
    ) -> Collected[AuditRecord]:
        """List who did what since `start` (UTC day, at most 90 days back), for all customers or one."""
        params = {"startDate": start.isoformat(), "size": str(PAGE_SIZE)}
        if end is not None:
            params["endDate"] = end.isoformat()
        if customer_id is not None:
            params["filter"] = json.dumps({"Field": "CustomerId", "Value": customer_id, "Operator": "equals"})
        return self._seek(AuditRecord, "/v1/auditrecords", params)

    def organization_profile(self) -> OrganizationProfile:
        """Read the partner's own profile."""
        return self._one(OrganizationProfile, "/v1/profiles/organization")

    def legal_business_profile(self) -> LegalBusinessProfile:
        """Read the partner's legal entity."""
        return self._one(LegalBusinessProfile, "/v1/profiles/legalbusiness")

    def mfa_compliant(self) -> bool | None:
        """Ask whether the token carries the multi-factor claim; None when Microsoft does not say."""
        answer = self._call("GET", "/v1/profiles/organization", {}, headers={"ValidateMfa": "true"})
        return _flag(answer.headers.get("ismfacompliant", ""))

    def check_direct_csp(self, customer_id: CustomerId) -> DirectCspCheck:
        """Make the live test calls for direct-bill rights: read one customer and its subscriptions."""
        answer = self._call("GET", _CUSTOMER, {"customer_id": customer_id}, headers={"ValidateMfa": "true"})
        customer = _parse(Customer, answer)
        listed = self.subscriptions(customer_id)
        return DirectCspCheck(
            customer=customer,
            subscriptions=len(listed.items) + len(listed.unreadable),
            indirect=any(subscription.partner_id for subscription in listed.items),
            mfa_compliant=_flag(answer.headers.get("ismfacompliant", "")),
        )

    # How calls are made

    def _keys(self, customer_id: str | None) -> tuple[str, ...]:
        if customer_id is None:
            return (self._quota_key,)
        return (self._quota_key, f"{self._quota_key}/{customer_id.lower()}")

    def _call(
        self,
        method: str,
        template: str,
        ids: Mapping[str, str],
        *,
        params: Mapping[str, str] | None = None,
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        request_id: str = "",
        correlation_id: str = "",
        patience: float | None = None,
    ) -> Answer:
        customer_id = ids.get("customer_id")
        return self._session.call(
            method,
            template.format_map({name: quote(value, safe=":") for name, value in ids.items()}),
            template=template,
            params=params,
            json=body,
            headers={**VERSION, **(headers or {})},
            request_id=request_id,
            correlation_id=correlation_id,
            customer_id=customer_id,
            quota_keys=self._keys(customer_id),
            patience=patience,
        )

    def _one(self, kind: type[Record], template: str, params: Mapping[str, str] | None = None, **ids: str) -> Record:
        return _parse(kind, self._call("GET", template, ids, params=params))

    def _all(
        self, kind: type[Record], template: str, params: Mapping[str, str] | None = None, **ids: str
    ) -> Collected[Record]:
        answer = self._call("GET", template, ids, params=params)
        try:
            return read_rows(kind, rows_of(answer.json))
        except ValueError as error:
            raise _unreadable(Malformed, str(error), answer) from None

    def _seek(self, kind: type[Record], template: str, params: Mapping[str, str]) -> Collected[Record]:
        answer = self._call("GET", template, {}, params=params)
        items: list[Record] = []
        unreadable: list[Unreadable] = []
        seen: set[tuple[str, str]] = set()
        for _ in range(MOST_PAGES):
            try:
                page = read_rows(kind, rows_of(answer.json))
                following = next_page(answer.json, self._session.base_url)
            except ValueError as error:
                raise _unreadable(Malformed, str(error), answer) from None
            items.extend(page.items)
            unreadable.extend(page.unreadable)
            if following is None:
                return Collected(tuple(items), tuple(unreadable))
            if (following.path, following.token) in seen:
                break
            seen.add((following.path, following.token))
            answer = self._session.call(
                "GET",
                following.path,
                template=template,
                headers={**VERSION, **({CONTINUATION: following.token} if following.token else {})},
                quota_keys=self._keys(None),
            )
        raise _unreadable(Malformed, "the pages of the list do not end", answer)


def _parse(kind: type[Record], answer: Answer) -> Record:
    try:
        return kind.parse(answer.json)
    except ValueError as error:
        raise _unreadable(Malformed, str(error), answer) from None


def _unreadable(error: type[UpstreamError], words: str, answer: Answer) -> UpstreamError:
    return error(
        words,
        code="malformed",
        http_status=answer.status,
        request_id=answer.request_id,
        correlation_id=answer.correlation_id,
    )


def _flag(value: str) -> bool | None:
    return {"true": True, "false": False}.get(value.strip().lower())
