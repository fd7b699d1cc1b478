"""The commerce data of one world: customers, catalogue, subscriptions, licences, orders, audit records.

Shape of the document (and of the state file's "store")::

    {"partner": {"tenant_id", "name", "mpn_id", "country", "currency", "domain"?,
                 "admin_agents"?: [user names that may make commerce calls; default everybody]},
     "customers": [customer as GET /customers/{id} answers it, plus "_sandbox"?],
     "catalogue": {"products": [...], "skus": [... with productId], "availabilities": [... with productId, skuId; one
                   without a country is sold in every market, with the country that is asked for]},
     "subscriptions": {customer id: [subscription as GET answers it, plus "_sandbox"?]},
     "subscribed_skus": {customer id: [row as GET /customers/{id}/subscribedskus answers it]},
     "orders": {customer id: [order as GET answers it]}?,
     "audit": [record as GET /auditrecords answers it],
     "switches": {name: value}?}

`_sandbox` of a customer (all optional):

- "validation_status": "Allowed" (default) | "UnderReview" | "NotAllowed" | "Unknown" | "NotReady" | null (none: 404)
- "agreement": false where the customer agreement is not confirmed (13605); default true
- "agreements": rows of GET /customers/{id}/agreements
- "gdap_roles": role names in the customer tenant; default: all that is needed; [] refuses directory calls with 900308
- "conditional_access": true refuses directory calls with 900309
- "locked": true refuses increases with 900416; "signed_directly": true where the agreement was signed with Microsoft
- "credit": false refuses increases with 800023
- "qualifications": rows of GET /customers/{id}/qualifications
- "resellers": rows of GET /customers/{id}/relationships

`_sandbox` of a subscription (all optional; what is left out is derived from the wire fields):

- "kind": "nce" | "legacy" | "software" | "perpetual" | "azure_plan" | "azure_legacy" | "marketplace" | "other"
- "lots": [{"quantity": 5, "until": iso}] open return windows, oldest first; `refundableQuantity` is always made from
  these (default: the details of `refundableQuantity` in the wire fields)
- "updates": how often it was updated (limit 1,200)
- "version": counter behind the etag of legacy subscriptions
- "minimum", "maximum": seat limits where they differ from the SKU's (a promotion sets "promotion": true: code 2002)
- "pending": {"until": iso, "why": "operation" | "transfer" | "not_ready"}: writes are refused (900278, 900104, 800082)
- "renewal_until": iso: the renewal is queued until then; "expiring_until": iso: it is being expired until then
- "extended": {"since": iso, "percent": 3}: in the extended service term
- "ended_at": iso: when it became expired, disabled or suspended past its term (the next stage is counted from there)
- "suspended_at": iso (legacy): deleted ninety days later
- "monthly_plan": false where the product has no monthly plan (a higher surcharge in the extended term)
- "seats_fixed": true: the number of seats cannot be changed (800027)
- "renewable": false: the product cannot renew (800093)
- "software_assurance": true: increases are refused (800092)
- "active_entitlements": number of active Azure subscriptions below an Azure plan (suspending: 900115)
- "trial_converts_to": {"productId","skuId","availabilityId","billingCycle","termDuration"}: next-term instructions of a
  trial that states none
- "provisioning": "pending" | "failed" for the provisioning status (default success)
- "registration": status of its registration for Azure reservations (default registered)
- "support_contact": {"supportTenantId", "supportMpnId", "name"} where another one was put
- "still": true: the clock never touches it (for shapes that the service itself would not leave standing)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tenantry.sandbox.wire import JsonDict, encode, iso, parse_moment

SNAPSHOTS_KEPT = 8


@dataclass(slots=True)
class Lot:
    """Seats that were bought together and may be given back until a moment."""

    quantity: int
    until: datetime


@dataclass(slots=True)
class Subscription:
    """One subscription: its wire fields without refundableQuantity, and what the wire does not show."""

    customer_id: str
    body: JsonDict
    lots: list[Lot]
    hidden: JsonDict
    snapshots: deque[bytes] = field(default_factory=lambda: deque(maxlen=SNAPSHOTS_KEPT))
    shown_from: float = 0.0  # real time (monotonic) from which the newest state shows …
    looks_left: int = 0  # … and reads that must still see the one before
    due: datetime | None = None  # the next moment at which the clock changes something
    _encoded: bytes | None = None

    @property
    def id(self) -> str:
        """Give the id as it is written on the wire."""
        return str(self.body["id"])

    @property
    def quantity(self) -> int:
        """Give the number of seats, 0 where the body has none."""
        return int(self.body.get("quantity") or 0)

    @classmethod
    def load(cls, customer_id: str, document: JsonDict) -> Subscription:
        """Take a subscription out of a world document."""
        body = {key: value for key, value in document.items() if key != "_sandbox" and value is not None}
        hidden = dict(document.get("_sandbox") or {})
        stated = hidden.pop("lots", None)
        shown = body.pop("refundableQuantity", None)
        if stated is None:
            details = (shown or {}).get("details") or []
            stated = [{"quantity": lot["quantity"], "until": lot["allowedUntilDateTime"]} for lot in details]
        lots = [Lot(int(lot["quantity"]), parse_moment(lot["until"])) for lot in stated]
        return cls(customer_id, body, lots, hidden)

    def dump(self) -> JsonDict:
        """Describe the subscription for the state file."""
        lots = [{"quantity": lot.quantity, "until": iso(lot.until)} for lot in self.lots]
        return {**self.body, "_sandbox": {**self.hidden, "lots": lots}}

    def as_wire(self) -> JsonDict:
        """Give the resource as a read answers it; suspended and ended ones show nothing refundable."""
        if self.body.get("status") != "active" or not self.lots:
            return self.body
        return {
            **self.body,
            "refundableQuantity": {
                "totalQuantity": sum(lot.quantity for lot in self.lots),
                "details": [{"quantity": lot.quantity, "allowedUntilDateTime": iso(lot.until)} for lot in self.lots],
            },
        }

    def encoded(self) -> bytes:
        """Give the newest state as JSON; it is kept until the next `touch`."""
        if self._encoded is None:
            self._encoded = encode(self.as_wire())
        return self._encoded

    def remember(self) -> None:
        """Keep the present state for reads that are to lag behind; call before changing anything."""
        self.snapshots.append(self.encoded())

    def touch(self) -> None:
        """Forget the kept JSON; call after changing anything."""
        self._encoded = None


@dataclass(slots=True)
class Store:
    """Everything that Partner Center knows about one partner."""

    partner: JsonDict
    customers: dict[str, JsonDict]  # by lower-case id, in order
    products: dict[str, JsonDict]
    skus: dict[tuple[str, str], JsonDict]
    availabilities: dict[tuple[str, str, str], JsonDict]
    subscriptions: dict[str, dict[str, Subscription]]  # lower-case customer id → lower-case subscription id
    subscribed_skus: dict[str, list[JsonDict]]
    orders: dict[str, list[JsonDict]]
    audit: list[JsonDict]

    @classmethod
    def load(cls, document: JsonDict) -> Store:
        """Take the commerce part of a world document, or of a state file."""
        catalogue = document.get("catalogue") or {}
        subscriptions = {
            customer.lower(): {str(one["id"]).lower(): Subscription.load(customer, one) for one in many}
            for customer, many in (document.get("subscriptions") or {}).items()
        }
        return cls(
            partner=dict(document["partner"]),
            customers={str(customer["id"]).lower(): customer for customer in document.get("customers") or []},
            products={one["id"].upper(): one for one in catalogue.get("products") or []},
            skus={(one["productId"].upper(), one["id"].upper()): one for one in catalogue.get("skus") or []},
            availabilities={
                (one["productId"].upper(), one["skuId"].upper(), one["id"].upper()): one
                for one in catalogue.get("availabilities") or []
            },
            subscriptions=subscriptions,
            subscribed_skus={key.lower(): rows for key, rows in (document.get("subscribed_skus") or {}).items()},
            orders={key.lower(): rows for key, rows in (document.get("orders") or {}).items()},
            audit=list(document.get("audit") or []),
        )

    def dump(self) -> JsonDict:
        """Describe everything for the state file, in the shape that `load` takes."""
        return {
            "partner": self.partner,
            "customers": list(self.customers.values()),
            "catalogue": {
                "products": list(self.products.values()),
                "skus": list(self.skus.values()),
                "availabilities": list(self.availabilities.values()),
            },
            "subscriptions": {
                customer: [one.dump() for one in many.values()] for customer, many in self.subscriptions.items()
            },
            "subscribed_skus": self.subscribed_skus,
            "orders": self.orders,
            "audit": self.audit,
        }

    def all_subscriptions(self) -> Iterator[Subscription]:
        """Walk through every subscription of every customer."""
        for many in self.subscriptions.values():
            yield from many.values()

    def of_customer(self, customer_id: str) -> Iterable[Subscription]:
        """List the subscriptions of a customer, in their order."""
        return self.subscriptions.get(customer_id.lower(), {}).values()

    def sku_of(self, offer_id: str) -> JsonDict | None:
        """Find the SKU behind a catalogue item id (product:sku:availability)."""
        product, _, rest = offer_id.upper().partition(":")
        return self.skus.get((product, rest.partition(":")[0]))
