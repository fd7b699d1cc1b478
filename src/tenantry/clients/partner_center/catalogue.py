"""Records of Partner Center's catalogue, orders and assigned licences (read 2026-11)."""

from decimal import Decimal

from tenantry.clients.partner_center.ids import (
    AvailabilityId,
    CustomerId,
    EntraSkuId,
    OfferId,
    OrderId,
    ProductId,
    SkuId,
    SubscriptionId,
)
from tenantry.clients.partner_center.models import BillingCycle, ProductType
from tenantry.clients.partner_center.wire import Count, Moment, Number, Wire


class Product(Wire):
    """A product of the catalogue."""

    id: ProductId
    title: str = ""
    description: str = ""
    product_type: ProductType | None = None
    is_microsoft_product: bool | None = None
    publisher_name: str = ""


class SkuAttributes(Wire):
    """What a SKU is and wants; `provisioning_id` is the Entra SKU id, missing on some SKUs."""

    provisioning_id: EntraSkuId | None = None
    is_addon: bool | None = None
    prerequisite_skus: tuple[str, ...] | None = None
    upgrade_target_offers: tuple[str, ...] | None = None


class Sku(Wire):
    """A SKU of a product, with the limits of its seats."""

    id: SkuId
    product_id: ProductId
    title: str = ""
    minimum_quantity: Count | None = None
    maximum_quantity: Count | None = None
    is_trial: bool = False
    supported_billing_cycles: tuple[BillingCycle, ...] | None = None
    dynamic_attributes: SkuAttributes = SkuAttributes()


class AvailabilityTerm(Wire):
    """A term and billing plan that an availability is sold with."""

    id: str = ""
    duration: str = ""
    description: str = ""
    billing_cycle: BillingCycle = BillingCycle.UNKNOWN


class Availability(Wire):
    """How a SKU is sold in a market and segment; its id changes over time."""

    id: AvailabilityId
    product_id: ProductId | None = None
    sku_id: SkuId | None = None
    catalog_item_id: OfferId
    segment: str = ""
    country: str = ""
    is_purchasable: bool = False
    is_renewable: bool = False
    terms: tuple[AvailabilityTerm, ...] | None = None


class LicensedSku(Wire):
    """The SKU of a licence row; `id` is the Entra SKU id."""

    id: EntraSkuId
    name: str = ""
    sku_part_number: str = ""
    target_type: str = ""


class SubscribedSku(Wire):
    """Licences of a whole tenant, all channels together: total = active + warning, available = total - consumed."""

    product_sku: LicensedSku
    available_units: Number = 0
    active_units: Count = 0
    consumed_units: Count = 0
    suspended_units: Count = 0
    total_units: Count = 0
    warning_units: Count = 0
    capability_status: str = ""


class OrderLine(Wire):
    """One line of an order; the subscription id can be late."""

    line_item_number: Count = 0
    offer_id: str = ""
    subscription_id: SubscriptionId | None = None
    quantity: Count = 0
    transaction_type: str = ""
    term_duration: str = ""


class Order(Wire):
    """An order; a new one can be missing from the list for fifteen minutes."""

    id: OrderId
    alternate_id: str = ""
    reference_customer_id: CustomerId | None = None
    creation_date: Moment = None
    status: str = ""
    transaction_type: str = ""
    billing_cycle: BillingCycle = BillingCycle.UNKNOWN
    currency_code: str = ""
    total_price: Decimal | None = None
    line_items: tuple[OrderLine, ...] | None = None
