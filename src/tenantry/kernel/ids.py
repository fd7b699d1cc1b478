"""Ids as types of their own, so that one cannot be handed over as another.

Ours are UUIDs; Microsoft's are text, kept as Microsoft writes it.
"""

from typing import NewType
from uuid import UUID

CompanyId = NewType("CompanyId", UUID)
ConnectionId = NewType("ConnectionId", UUID)
PersonId = NewType("PersonId", UUID)
EndUserId = NewType("EndUserId", UUID)
StaffId = NewType("StaffId", UUID)
SubscriptionId = NewType("SubscriptionId", UUID)
OrderId = NewType("OrderId", UUID)
RunId = NewType("RunId", UUID)

TenantId = NewType("TenantId", str)
UpstreamSubscriptionId = NewType("UpstreamSubscriptionId", str)
