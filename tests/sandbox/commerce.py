"""A small world of its own and a plain HTTP caller, for the tests of the sandbox's commerce part."""

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.types import Receive, Scope, Send

from tenantry.sandbox.app import Sandbox, create_app
from tenantry.sandbox.wire import parse_moment
from tests.support.waiting import FAR_TOO_LONG

PARTNER = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "22222222-2222-4222-8222-222222222222"
ADATUM = "33333333-3333-4333-8333-333333333333"
STRANGER = "44444444-4444-4444-8444-444444444444"
APP_ID = "55555555-5555-4555-8555-555555555555"
BASIC = "a0000000-0000-4000-8000-000000000001"
LEGACY = "A0000000-0000-4000-8000-000000000002"
TRIAL = "a0000000-0000-4000-8000-000000000003"
SOFTWARE = "a0000000-0000-4000-8000-000000000004"
AZURE = "a0000000-0000-4000-8000-000000000005"
MONTHLY = "a0000000-0000-4000-8000-000000000006"
NOW = "2026-06-10T12:00:00Z"
ENTRA_SKU = "3b555118-da6a-4418-894f-7df1e2096870"
BASIC_OFFER = "CFQ7TTC0LH18:0001:CFQ7TTC0K971"
PREMIUM_OFFER = "CFQ7TTC0LCHC:0002:CFQ7TTC0JN4M"

Json = dict[str, Any]


def nce(subscription_id: str = BASIC, **changes: Any) -> Json:
    """An active one-year subscription, ten seats long since settled, five bought yesterday."""
    body: Json = {
        "id": subscription_id,
        "offerId": BASIC_OFFER,
        "offerName": "Microsoft 365 Business Basic",
        "friendlyName": "Microsoft 365 Business Basic",
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": 15,
        "unitType": "Licenses",
        "creationDate": "2025-09-01T09:00:00Z",
        "effectiveStartDate": "2025-09-01T00:00:00Z",
        "commitmentEndDate": "2026-08-31T00:00:00Z",
        "commitmentEndDateTime": "2026-08-31T23:59:59Z",
        "status": "active",
        "autoRenewEnabled": True,
        "isTrial": False,
        "billingType": "license",
        "billingCycle": "monthly",
        "termDuration": "P1Y",
        "renewalTermDuration": "",
        "isMicrosoftProduct": True,
        "partnerId": "",
        "contractType": "subscription",
        "publisherName": "Microsoft Corporation",
        "orderId": "34b37d7340cc",
        "attributes": {"objectType": "Subscription"},
        "_sandbox": {"lots": [{"quantity": 5, "until": "2026-06-16T08:30:00.25Z"}]},
    }
    return body | changes


def customer(customer_id: str, name: str, **changes: Any) -> Json:
    """A customer with everything that belongs to one."""
    domain = f"{name.lower()}.onmicrosoft.com"
    address = {"country": "US", "city": "Redmond", "addressLine1": "1 Way", "postalCode": "98052"}
    body: Json = {
        "id": customer_id,
        "companyProfile": {"tenantId": customer_id, "domain": domain, "companyName": name, "address": address},
        "billingProfile": {"id": "b1", "companyName": name, "culture": "en-US", "defaultAddress": address},
        "relationshipToPartner": "reseller",
        "customDomains": [domain],
    }
    return body | changes


def _sku(product: str, sku: str, title: str, entra: str) -> Json:
    return {
        "id": sku,
        "productId": product,
        "title": title,
        "minimumQuantity": 1,
        "maximumQuantity": 300,
        "isTrial": False,
        "supportedBillingCycles": ["annual", "monthly"],
        "dynamicAttributes": {"provisioningId": entra},
    }


def _availability(product: str, sku: str, availability: str, **changes: Any) -> Json:
    body: Json = {
        "id": availability,
        "productId": product,
        "skuId": sku,
        "catalogItemId": f"{product}:{sku}:{availability}",
        "segment": "commercial",
        "country": "US",
        "isPurchasable": True,
        "isRenewable": True,
        "terms": [{"duration": "P1Y", "billingCycle": "Monthly"}],
    }
    return body | changes


def _product(product: str, title: str) -> Json:
    kind = {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"}
    return {"id": product, "title": title, "productType": kind, "isMicrosoftProduct": True}


def small_world(*subscriptions: Json, **changes: Any) -> Json:
    """One partner, two customers and a stranger; Fabrikam has the given subscriptions, else one of each kind."""
    legacy = {
        "id": LEGACY,
        "offerId": "2828BE95-46BA-4F91-B2FD-0BEF192ECF60",
        "offerName": "Exchange Online (Plan 1)",
        "friendlyName": "Exchange Online (Plan 1)",
        "quantity": 4,
        "unitType": "Licenses",
        "creationDate": "2020-01-25T23:01:08.693Z",
        "effectiveStartDate": "2026-01-25T00:00:00Z",
        "commitmentEndDate": "2027-01-24T00:00:00Z",
        "status": "active",
        "autoRenewEnabled": True,
        "billingType": "license",
        "billingCycle": "monthly",
        "contractType": "subscription",
        "orderId": "CF3B0E37-BE0B-4CDD-B584-D1A97D98A922",
        "links": {"offer": {"uri": "/offers/2828BE95?country=US", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Subscription"},
    }
    trial = nce(
        TRIAL,
        quantity=25,
        isTrial=True,
        termDuration="P1M",
        effectiveStartDate="2026-05-20T00:00:00Z",
        commitmentEndDate="2026-06-19T00:00:00Z",
        commitmentEndDateTime="2026-06-19T23:59:59Z",
        scheduledNextTermInstructions={
            "product": {
                "productId": "CFQ7TTC0LH18",
                "skuId": "0001",
                "availabilityId": "CFQ7TTC0K971",
                "billingCycle": "monthly",
                "termDuration": "P1Y",
            },
            "quantity": 25,
        },
        _sandbox={},
    )
    software = nce(
        SOFTWARE,
        offerId="DG7GMGF0FKZV:0003:DG7GMGF0DQLM",
        productType={"id": "Software", "displayName": "Software"},
        quantity=2,
        _sandbox={},
    )
    azure = nce(
        AZURE,
        offerId="DZH318Z0BPS6:0001:DZH318Z0BMJX",
        productType={"id": "Azure", "displayName": "Azure"},
        quantity=1,
        billingType="usage",
        commitmentEndDate="9999-09-09T00:00:00Z",
        commitmentEndDateTime="9999-09-09T23:59:59Z",
        _sandbox={"active_entitlements": 2},
    )
    row = {
        "availableUnits": 3,
        "activeUnits": 15,
        "consumedUnits": 12,
        "suspendedUnits": 0,
        "totalUnits": 15,
        "warningUnits": 0,
        "productSku": {
            "id": ENTRA_SKU,
            "name": "Business Basic",
            "skuPartNumber": "O365_BUSINESS_ESSENTIALS",
            "targetType": "User",
            "licenseGroupId": "group1",
        },
        "capabilityStatus": "Enabled",
    }
    world: Json = {
        "name": "tests",
        "clock": NOW,
        "partner": {
            "tenant_id": PARTNER,
            "name": "Contoso IT",
            "mpn_id": "4847383",
            "country": "US",
            "currency": "USD",
            "domain": "contoso.example",
        },
        "directory": {
            "tenants": [
                {"id": PARTNER, "name": "Contoso IT", "domains": ["contoso.example"], "consented": [APP_ID]},
                {"id": FABRIKAM, "name": "Fabrikam", "domains": ["fabrikam.onmicrosoft.com"]},
            ],
            "people": [
                {
                    "key": "dana@contoso.example",
                    "tenant": PARTNER,
                    "oid": "66666666-6666-4666-8666-666666666666",
                    "upn": "dana@contoso.example",
                    "name": "Dana",
                }
            ],
            "applications": [
                {
                    "id": APP_ID,
                    "name": "Partner app",
                    "home_tenant": PARTNER,
                    "secrets": [{"value": "rehearsal-secret"}],
                    "redirect_uris": ["http://localhost/*"],
                }
            ],
            "refresh_tokens": [
                _refresh_token("rt-mfa", mfa=True),
                _refresh_token("rt-no-mfa", mfa=False),
            ],
        },
        "customers": [
            customer(FABRIKAM, "Fabrikam"),
            customer(ADATUM, "Adatum"),
            customer(STRANGER, "Stranger", relationshipToPartner="none"),
        ],
        "catalogue": {
            "products": [_product("CFQ7TTC0LH18", "Business Basic"), _product("CFQ7TTC0LCHC", "Business Premium")],
            "skus": [
                _sku("CFQ7TTC0LH18", "0001", "Business Basic", ENTRA_SKU),
                _sku("CFQ7TTC0LCHC", "0002", "Business Premium", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"),
            ],
            "availabilities": [
                _availability("CFQ7TTC0LH18", "0001", "CFQ7TTC0K971"),
                _availability("CFQ7TTC0LH18", "0001", "CFQ7TTC0K972", segment="nonprofit"),
                _availability("CFQ7TTC0LCHC", "0002", "CFQ7TTC0JN4M"),
            ],
        },
        "subscriptions": {FABRIKAM: list(subscriptions) or [nce(), legacy, trial, software, azure]},
        "subscribed_skus": {FABRIKAM: [row]},
        "audit": [],
        "switches": {},
    }
    return world | changes


def _refresh_token(value: str, *, mfa: bool) -> Json:
    scope = "https://api.partnercenter.microsoft.com/user_impersonation offline_access"
    return {"value": value, "client_id": APP_ID, "scope": scope, "person": "dana@contoso.example", "mfa": mfa}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # lower-case names
    raw: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, with or without a byte order mark."""
        return json.loads(self.raw.decode("utf-8-sig"))

    @property
    def refusal(self) -> tuple[int, int]:
        """Status and code of an error envelope."""
        return self.status, int(self.json["code"])


@dataclass(slots=True)
class Caller:
    """Calls a running sandbox the way a plain client would."""

    url: str
    tokens: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, raw: bytes = b""
    ) -> Reply:
        """Send one request on a connection of its own."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=FAR_TOO_LONG)
        data = raw if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, data or None, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def token(self, kind: str = "rt-mfa") -> str:
        """Get an access token by refresh token (rt-mfa, rt-no-mfa) or for the application alone (app)."""
        if kind not in self.tokens:
            fields = {"client_id": APP_ID, "client_secret": "rehearsal-secret"}
            scope = "https://api.partnercenter.microsoft.com/.default"
            if kind == "app":
                fields |= {"grant_type": "client_credentials", "scope": scope}
            else:
                fields |= {"grant_type": "refresh_token", "refresh_token": kind, "scope": scope}
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            reply = self.send("POST", f"/{PARTNER}/oauth2/v2.0/token", headers=form, raw=urlencode(fields).encode())
            assert reply.status == 200, reply.raw
            self.tokens[kind] = reply.json["access_token"]
        return self.tokens[kind]

    def api(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str = "rt-mfa",
        raw: bytes = b"",
    ) -> Reply:
        """Call Partner Center with a token and the usual headers; `path` comes after /v1."""
        usual = {
            "Authorization": f"Bearer {self.token(token)}",
            "MS-RequestId": str(uuid.uuid4()),
            "MS-CorrelationId": str(uuid.uuid4()),
        }
        return self.send(method, "/v1" + path, body, usual | dict(headers or {}), raw)

    def subscription(self, subscription_id: str = BASIC) -> Json:
        """Read one of Fabrikam's subscriptions."""
        found: Json = self.api("GET", sub(subscription_id)).json
        return found

    def patch(self, subscription_id: str = BASIC, headers: Mapping[str, str] | None = None, **changes: Any) -> Reply:
        """Read a subscription, change fields of it (None removes), send it back whole."""
        wanted = self.subscription(subscription_id) | changes
        body = {key: value for key, value in wanted.items() if value is not None}
        return self.api("PATCH", sub(subscription_id), body, headers=headers)

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Use a control endpoint; anything but a good answer fails the test."""
        reply = self.send(method, f"/_sandbox/{path}", body)
        assert reply.status < 300, reply.raw
        return reply.json if reply.raw else None

    def switch(self, **values: object) -> None:
        """Set switches."""
        self.control("PUT", "switches", values)

    def fault(self, kind: str, **details: object) -> Json:
        """Switch a fault on."""
        found: Json = self.control("POST", "faults", {"kind": kind, **details})
        return found

    def journal(self, **filters: object) -> list[Json]:
        """Read the journal."""
        found: list[Json] = self.control("GET", f"journal?{urlencode(filters)}")["entries"]
        return found

    def move(self, **how: object) -> Json:
        """Move the clock."""
        found: Json = self.control("POST", "clock", how)
        return found


def sub(subscription_id: str = BASIC) -> str:
    """The path of one of Fabrikam's subscriptions."""
    return f"/customers/{FABRIKAM}/subscriptions/{subscription_id}"


class Stage:
    """One server for many tests, each with a world of its own behind it."""

    def __init__(self) -> None:
        """Start with a world that nobody uses."""
        self.app = create_app(small_world())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the present world answer."""
        await self.app(scope, receive, send)

    def play(self, world: Json) -> Sandbox:
        """Put a world on, its clock standing still."""
        self.app = create_app(world)
        self.app.ctx.clock.freeze(True)
        self.app.ctx.clock.set(parse_moment(world["clock"]))
        return self.app
