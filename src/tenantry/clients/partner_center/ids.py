"""Identifiers of Partner Center: distinct types, kept as Microsoft writes them, compared without regard to case."""

from typing import NewType

CustomerId = NewType("CustomerId", str)  # equals the customer's Microsoft tenant id
SubscriptionId = NewType("SubscriptionId", str)  # lower case for new commerce, often upper case for legacy
OrderId = NewType("OrderId", str)
OfferId = NewType("OfferId", str)  # new commerce "product:SKU:availability", legacy a GUID or "MS-AZR-…"
ProductId = NewType("ProductId", str)  # twelve characters
SkuId = NewType("SkuId", str)  # four characters, unique within the product
AvailabilityId = NewType("AvailabilityId", str)  # changes over time: read again right before it is needed
EntraSkuId = NewType("EntraSkuId", str)  # GUID that joins what was bought to what is assigned
