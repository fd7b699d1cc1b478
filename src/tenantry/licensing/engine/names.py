"""An order's customer and subscription in Microsoft's names."""

from tenantry.clients.partner_center.ids import CustomerId, SubscriptionId
from tenantry.licensing.models import ChangeOrder


def upstream_ids(order: ChangeOrder) -> tuple[CustomerId, SubscriptionId]:
    """Return the order's customer and subscription as Microsoft names them."""
    return CustomerId(order.company.tenant_id), SubscriptionId(order.subscription.upstream_id)
