"""Products, SKUs and availabilities, for everybody and for one customer (reference 4.12, reads)."""

from __future__ import annotations

from collections.abc import Iterable

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.partner_center.call import Call, collection, hidden_of, shown
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.wire import JsonDict

_VIEWS = {
    "onlineservices": ("OnlineServicesNCE", "OnlineServices"),
    "microsoftazure": ("Azure",),
    "azure": ("Azure",),
    "azurereservations": ("AzureReservations",),
    "azurereservationsvm": ("AzureReservations",),
    "azurereservationssql": ("AzureReservations",),
    "azurereservationscosmosdb": ("AzureReservations",),
    "software": ("Software",),
    "softwaresuselinux": ("Software",),
    "softwareperpetual": ("Software",),
    "softwaresubscriptions": ("Software",),
    "specializedoffers": (),
    "marketplacesaas": ("SaaS",),
}


def list_products(call: Call) -> Answer:
    """List the products of a target view that are sold in a country."""
    country = _country(call)
    view = call.query.get("targetview", "").lower()
    if view not in _VIEWS:
        raise RefusalError(400036)
    products = [
        one for one in call.ctx.store.products.values() if (one.get("productType") or {}).get("id") in _VIEWS[view]
    ]
    sold = [one for one in products if _sold(call, country, product=str(one["id"]))]
    return _listed(sold, country, f"/products?country={country}&targetView={call.query['targetview']}")


def get_product(call: Call) -> Answer:
    """Give one product."""
    return Answer.json(_in_market(_product(call), _country(call)))


def list_skus(call: Call) -> Answer:
    """List the SKUs of a product that are sold in a country."""
    country = _country(call)
    product = str(_product(call)["id"])
    skus = [one for one in call.ctx.store.skus.values() if one["productId"] == product]
    sold = [one for one in skus if _sold(call, country, product=product, sku=str(one["id"]))]
    return _listed(sold, country, f"/products/{product}/skus?country={country}")


def get_sku(call: Call) -> Answer:
    """Give one SKU: limits, billing cycles, and the directory's id in dynamicAttributes.provisioningId."""
    return Answer.json(_in_market(_sku(call), _country(call)))


def list_availabilities(call: Call) -> Answer:
    """List the availabilities of a SKU in a country; without a segment every one but nonprofit."""
    country = _country(call)
    sku = _sku(call)
    items = [
        one
        for one in call.ctx.store.availabilities.values()
        if one["productId"] == sku["productId"] and one["skuId"] == sku["id"] and _fits(call, country, one)
    ]
    return _listed(items, country, f"/products/{sku['productId']}/skus/{sku['id']}/availabilities?country={country}")


def get_availability(call: Call) -> Answer:
    """Give one availability."""
    country = _country(call)
    sku = _sku(call)
    key = (str(sku["productId"]).upper(), str(sku["id"]).upper(), call.params["availability"].upper())
    found = call.ctx.store.availabilities.get(key)
    if found is None or str(found.get("country", country)).upper() != country:
        raise RefusalError(400019)
    return Answer.json(_in_market(found, country))


def _country(call: Call) -> str:
    """Give the market: the customer's own below a customer, else the one that the query has to name."""
    if "customer" in call.params:
        address = (call.customer().get("billingProfile") or {}).get("defaultAddress") or {}
        return str(address.get("country") or call.ctx.store.partner.get("country", "US")).upper()
    country = call.query.get("country", "")
    if len(country) != 2:
        raise RefusalError(800002, description="Invalid request input: country is needed.")
    return country.upper()


def _product(call: Call) -> JsonDict:
    found = call.ctx.store.products.get(call.params["product"].upper())
    if found is None:
        raise RefusalError(400013)
    return found


def _sku(call: Call) -> JsonDict:
    product = _product(call)
    found = call.ctx.store.skus.get((str(product["id"]).upper(), call.params["sku"].upper()))
    if found is None:
        raise RefusalError(400018)
    return found


def _sold(call: Call, country: str, *, product: str, sku: str | None = None) -> bool:
    of_it = [
        one
        for one in call.ctx.store.availabilities.values()
        if one["productId"] == product and (sku is None or one["skuId"] == sku)
    ]
    return not of_it or any(_fits(call, country, one) for one in of_it)


def _fits(call: Call, country: str, availability: JsonDict) -> bool:
    if str(availability.get("country", country)).upper() != country:
        return False
    segment = str(availability.get("segment", "commercial")).lower()
    wanted = call.query.get("targetsegment", "").lower()
    if wanted:
        return segment == wanted
    if "customer" in call.params:
        rows = hidden_of(call.customer()).get("qualifications") or []
        return segment in {"commercial", *(str(row.get("qualification")).lower() for row in rows)}
    return segment != "nonprofit"


def _in_market(record: JsonDict, country: str) -> JsonDict:
    """Give what the wire shows of a record in a market; its links stay there. An availability is of that market."""
    body = shown(record)
    if "links" in body:
        body["links"] = {
            name: {**one, "uri": f"{one['uri'].partition('?')[0]}?country={country}"}
            for name, one in body["links"].items()
        }
    return {"country": country, **body} if "catalogItemId" in body else body


def _listed(items: Iterable[JsonDict], country: str, uri: str) -> Answer:
    return Answer.json(collection([_in_market(one, country) for one in items], uri))
