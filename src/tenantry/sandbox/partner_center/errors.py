"""Refusals of Partner Center: code, HTTP status and words, as its list of error codes has them (read 2026-11)."""

from __future__ import annotations

from tenantry.sandbox.answer import Answer
from tenantry.sandbox.wire import JsonDict

SOURCE = "PartnerFD"

REFUSALS: dict[int, tuple[int, str]] = {
    400: (401, "Access denied"),
    1000: (404, "Not found"),
    2001: (400, "Subscription quantity can't be increased or decreased while subscription is being suspended"),
    2002: (400, "Subscription quantity isn't within minimum and maximum allowed quantity"),
    2006: (400, "Updates on subscriptions for offer {0} aren't allowed"),
    2011: (400, "Subscription with ID {0} and deleted status can't be updated."),
    2032: (403, "Access denied"),
    2054: (
        400,
        "The billing cycle for an existing subscription can't be updated using update-subscription operation. "
        "Use update-Order operation",
    ),
    2055: (400, "Etag is no longer valid"),
    13605: (
        403,
        "Either a partner confirmation of the customer acceptance of the Microsoft Customer Agreement must be provided "
        "or the customer must accept the Microsoft Customer Agreement in the Microsoft Admin Center before you can "
        "complete this purchase",
    ),
    20000: (404, "Order ID not found"),
    20002: (403, "The partner ID {0} has no commerce relationship with the customer ID {1}."),
    20003: (404, "Subscription with ID {0} not found."),
    27009: (409, "can't enable a child subscription, when the parent subscription isn't Active"),
    400013: (404, "Product wasn't found"),
    400018: (404, "SKU wasn't found"),
    400019: (404, "Availability not found."),
    400036: (403, "The requested targetView isn't allowed."),
    600061: (400, "An agreement with the same details already exists."),
    800002: (400, "Invalid request input"),
    800018: (400, "The sandbox limit has been met"),
    800023: (
        403,
        "You aren't eligible for this transaction because your Credit Line isn't reaching minimum threshold for this "
        "purchase. Update your order (or) contact Support for help",
    ),
    800027: (403, "The catalog item isn't eligible for add or remove quantity"),
    800040: (400, "Asset status can't be changed to {0} from {1}"),
    800063: (
        400,
        "This order {0} can't be canceled. Use PATCH /customers/{1}/subscriptions/<subscriptionId> to suspend "
        "subscriptions",
    ),
    800067: (403, "The desired seat count exceeded the maximum seat count allowed per subscription"),
    800073: (
        403,
        "Your customer account is currently under review. Check back in few days. Your patience is appreciated during "
        "this time.",
    ),
    800075: (
        403,
        "Your Customer account wasn't approved. Transactions for this customer aren't allowed. Verify the customer "
        "account information is correct.",
    ),
    800081: (400, "Can't update a subscription before activating it"),
    800082: (409, "Subscription is not ready to be updated. Try again after sometime"),
    800090: (400, "Subscription quantity cannot be decreased."),
    800091: (400, "Can't update a subscription with suspended status"),
    800092: (400, "Can't increase the seat quantity for a subscription purchased under the Software Assurance program"),
    800093: (400, "The subscription isn't eligible to be auto-renewed"),
    800095: (400, "Can't update the seat quantity for this subscription"),
    800096: (400, "Can't update the status for this subscription"),
    800097: (400, "Can't update the billing cycle for this subscription"),
    800098: (400, "Can't update the partner on record for this subscription"),
    900104: (409, "Transfer {0} is being processed by another request"),
    900115: (
        403,
        "Azure plan can't be moved to suspended state since you have one or more Azure Subscriptions in the active "
        "state",
    ),
    900117: (400, "You have passed your {0}-day cancellation window. We are unable to cancel your purchase"),
    900118: (400, "Invalid Customer ID"),
    900213: (400, "You have passed your {0}-hour cancellation window. We are unable to cancel your purchase"),
    900214: (400, "You have passed your {0}-hour window for reducing seats for this subscription."),
    900244: (
        400,
        "The custom term end date specified on the scheduled next term instructions is only valid for "
        "OnlineServicesNCE products.",
    ),
    900245: (
        400,
        "The custom term end date specified on the scheduled next term instructions must be within the first term "
        "duration after renewal. Also monthly term products cannot align with a subscription ending on the 28th, 29th, "
        "or 30th of the month, unless that date is the last day of the month.",
    ),
    900246: (
        400,
        "The custom term end date specified on the scheduled next term instructions does not match with the end date "
        "of any active non-trial OnlineServicesNCE subscription or align with the end of the calendar month.",
    ),
    900257: (400, "You have passed your {0}-day window for reducing seats for this subscription."),
    900263: (403, "This API method is not supported for legacy subscriptions."),
    900277: (
        400,
        "Your subscription is in the process of being expired. No further updates are allowed on this subscription.",
    ),
    900278: (409, "There is a pending operation on this subscription. Please try again after 24 hours."),
    900279: (400, "Update operations are no longer allowed for this subscription."),
    900280: (400, "Update operations are currently not allowed for this subscription."),
    900308: (403, "Insufficient privileges to complete the operation."),
    900309: (
        403,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    900311: (
        400,
        "This subscription has been updated too many times. Please contact partner support if you need to make more "
        "updates on this subscription.",
    ),
    900329: (403, "This resource does not support application-only authentication."),
    900416: (403, "This customer account is locked for transactions."),
    900420: (401, "The audience in the token is invalid and is no longer supported in Partner Center API."),
    900421: (401, ""),  # a token without multi-factor authentication; what Microsoft says to it is not published
}


class RefusalError(Exception):
    """A refusal on its way to the caller; nothing has been changed when it is raised."""

    def __init__(self, code: int, *words: object, description: str | None = None, status: int | None = None) -> None:
        """Name the code; `words` fill the places in its description."""
        known_status, known_words = REFUSALS.get(code, (400, "Invalid request input"))
        self.code = code
        self.status = status or known_status
        self.description = description or known_words.format(*words, *[""] * 2)
        super().__init__(f"{code} {self.description}")

    def as_answer(self, code_type: str) -> Answer:
        """Write the error envelope."""
        body: JsonDict = {
            "code": str(self.code) if code_type == "string" else self.code,
            "description": self.description,
            "data": [],
            "source": SOURCE,
        }
        return Answer.json(body, self.status)
