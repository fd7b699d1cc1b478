"""Records of Partner Center about customers and subscriptions (read 2026-11).

What we use is required; what we do not know is kept and shown, never a crash.
"""

from enum import StrEnum
from typing import Self

from pydantic import AliasChoices, Field

from tenantry.clients.partner_center.ids import (
    AvailabilityId,
    CustomerId,
    OfferId,
    OrderId,
    ProductId,
    SkuId,
    SubscriptionId,
)
from tenantry.clients.partner_center.wire import Count, Moment, Wire


class _Named(StrEnum):
    """An enumeration of the service: read without regard to case, with an unknown member for what is new."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        wanted = str(value).replace("_", "").lower()
        for member in cls:
            if member.value.replace("_", "").lower() == wanted:
                return member
        return cls("unknown")


class Status(_Named):
    """State of a subscription."""

    NONE = "none"
    ACTIVE = "active"
    PENDING = "pending"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    DISABLED = "disabled"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class BillingCycle(_Named):
    """How often a subscription is billed."""

    MONTHLY = "monthly"
    ANNUAL = "annual"
    TRIENNIAL = "triennial"
    ONE_TIME = "one_time"
    NONE = "none"
    UNKNOWN = "unknown"


class ScheduleType(_Named):
    """When a scheduled action happens."""

    TERM_END = "TermEnd"
    CUSTOM_DATE = "CustomDate"
    UNKNOWN = "unknown"


class ActionType(_Named):
    """What a scheduled action does."""

    CANCEL = "Cancel"
    RENEW = "RenewToNewTerm"
    EXTEND = "RenewToExtendedServiceTerm"
    TRANSITION = "Transition"
    UNKNOWN = "unknown"


class Link(Wire):
    """A link in a body; `uri` is relative and mostly without "/v1"."""

    uri: str


class Attributes(Wire):
    """What every resource carries; only some have an etag."""

    etag: str = ""


class CompanyProfile(Wire):
    """Name and default domain of a customer."""

    tenant_id: str = ""
    domain: str = ""
    company_name: str = ""


class Address(Wire):
    """An address; `country` is a two-letter code and decides the market of catalogue and prices."""

    country: str = ""


class BillingProfile(Wire):
    """Billing profile of a customer, present when one is read by id."""

    default_address: Address = Address()
    culture: str = ""
    language: str = ""


class Customer(Wire):
    """A customer of the partner; its id is the Microsoft tenant id. Lists carry less than a read by id."""

    id: CustomerId
    company_profile: CompanyProfile = CompanyProfile()
    relationship_to_partner: str = ""
    billing_profile: BillingProfile | None = None

    @property
    def name(self) -> str:
        """Return the company's name."""
        return self.company_profile.company_name

    @property
    def country(self) -> str:
        """Return the market's two-letter code, "" where it was not read."""
        return self.billing_profile.default_address.country if self.billing_profile else ""


class ProductType(Wire):
    """Product family; absent on legacy subscriptions."""

    id: str = ""
    display_name: str = ""


class RefundDetail(Wire):
    """Seats of one purchase that may still be returned, and until when."""

    quantity: Count
    allowed_until_date_time: Moment = None


class RefundableQuantity(Wire):
    """Seats that may be returned now; one detail per purchase."""

    total_quantity: Count = 0
    details: tuple[RefundDetail, ...] = ()


class RefundOption(Wire):
    """Full or partial refund until a moment; documentation and examples name the date differently."""

    type: str = ""
    expires_at: Moment = Field(
        default=None, validation_alias=AliasChoices("expiresAt", "expiresAfter"), serialization_alias="expiresAt"
    )


class NextTermProduct(Wire):
    """The product that the next term is to have."""

    product_id: ProductId = ProductId("")
    sku_id: SkuId = SkuId("")
    availability_id: AvailabilityId | None = None
    billing_cycle: BillingCycle = BillingCycle.UNKNOWN
    term_duration: str = ""
    promotion_id: str | None = None


class Instructions(Wire):
    """What the next term is to be: product, number of seats (absolute), end date where it is not the usual one."""

    product: NextTermProduct | None = None
    quantity: Count | None = None
    custom_term_end_date: Moment = None


class ScheduledAction(Wire):
    """A scheduled change of the second generation; one source names its first field `scheduledType`."""

    schedule_type: ScheduleType = Field(
        default=ScheduleType.UNKNOWN,
        validation_alias=AliasChoices("scheduleType", "scheduledType"),
        serialization_alias="scheduleType",
    )
    action_type: ActionType = ActionType.UNKNOWN
    effective_date: Moment = None
    instructions: Instructions | None = None


class SubscriptionLinks(Wire):
    """The links that tell the catalogue apart: new commerce has product and SKU, legacy has an offer."""

    product: Link | None = None
    sku: Link | None = None
    availability: Link | None = None
    offer: Link | None = None


class Subscription(Wire):
    """A subscription. `quantity` is the total number of seats; dates are UTC, those of terms are inclusive."""

    id: SubscriptionId
    offer_id: OfferId
    status: Status
    quantity: Count
    offer_name: str = ""
    friendly_name: str = ""
    product_type: ProductType | None = None
    unit_type: str = ""
    parent_subscription_id: SubscriptionId | None = None
    creation_date: Moment = None
    effective_start_date: Moment = None
    commitment_end_date: Moment = None
    commitment_end_date_time: Moment = None
    billing_cycle_end_date: Moment = None
    billing_cycle_end_date_time: Moment = None
    cancellation_allowed_until_date: Moment = None
    refundable_quantity: RefundableQuantity | None = None
    refund_options: tuple[RefundOption, ...] | None = None
    suspension_reasons: tuple[str, ...] | None = None
    auto_renew_enabled: bool = False
    is_trial: bool = False
    billing_type: str = ""
    billing_cycle: BillingCycle = BillingCycle.UNKNOWN
    term_duration: str = ""
    is_microsoft_product: bool | None = None
    publisher_name: str = ""
    partner_id: str = ""  # of an indirect reseller
    promotion_id: str | None = None
    scheduled_next_term_instructions: Instructions | None = None
    scheduled_actions: tuple[ScheduledAction, ...] | None = None
    next_charge_instructions: Instructions | None = None
    custom_term_end_date: Moment = None
    consumption_type: str = ""
    product_order_id: str | None = None
    line_items: tuple[Wire, ...] | None = None
    order_id: OrderId | None = None
    links: SubscriptionLinks = SubscriptionLinks()
    attributes: Attributes = Attributes()

    @property
    def etag(self) -> str:
        """Return the etag, "" where there is none (new commerce has none)."""
        return self.attributes.etag


class ProvisioningStatus(Wire):
    """How far the seats are provisioned; refreshed every fifteen minutes."""

    sku_id: str = ""
    status: str = ""
    quantity: Count = 0
    end_date: Moment = None


class AuditEntry(Wire):
    """One key and value of an audit record."""

    key: str
    value: str | None = None


class AuditRecord(Wire):
    """One thing that somebody did in Partner Center. `resource_new_value` is JSON text in PascalCase."""

    id: str = ""
    partner_id: str = ""
    customer_id: CustomerId | None = None
    customer_name: str = ""
    user_principal_name: str = ""
    application_id: str = ""
    resource_type: str = ""
    operation_type: str
    operation_date: Moment
    operation_status: str = ""
    original_correlation_id: str = ""
    resource_old_value: str = ""
    resource_new_value: str = ""
    customized_data: tuple[AuditEntry, ...] | None = None

    @property
    def details(self) -> dict[str, str]:
        """Return the customised data as a mapping, for instance "SubscriptionId-0"."""
        return {entry.key: entry.value or "" for entry in self.customized_data or ()}


class OrganizationProfile(Wire):
    """The partner itself."""

    tenant_id: str = ""
    company_name: str = ""
    domain: str = ""
    email: str = ""
    default_address: Address = Address()


class LegalBusinessProfile(Wire):
    """The partner's legal entity and whether Microsoft has vetted it."""

    company_name: str = ""
    vetting_status: str = ""
    vetting_sub_status: str = ""
