"""What a person can do about an error of Microsoft's: a sentence, a next step, and who can take it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Who(StrEnum):
    """Who can put it right."""

    OWNER = "owner"  # an owner of this installation
    PARTNER_ADMIN = "partner_admin"  # an administrator of the partner's own Microsoft tenant
    CUSTOMER = "customer"  # somebody at the customer
    MICROSOFT = "microsoft"
    OPERATOR = "operator"  # whoever runs the server
    NOBODY = "nobody"  # it passes by itself


@dataclass(frozen=True, slots=True)
class Advice:
    """What is the matter, what to do about it, and whose turn it is; texts in the reader's language."""

    sentence: str
    next_step: str
    who: Who
    who_text: str


def advice(key: str) -> Advice:
    """Return the advice for a key of a client's `ADVICE`; a key that nobody knows gets that of "refused"."""
    sentence, next_step, who = _ADVICE.get(key) or _ADVICE["refused"]
    return Advice(str(sentence), str(next_step), who, str(_WHO[who]))


def has_advice(key: str) -> bool:
    """Say whether there is a text of its own for this key."""
    return key in _ADVICE


def key_for(key: str, *, by_application: bool) -> str:
    """Return the key whose advice fits the kind of a connection: nobody grants an own application consent here."""
    return _OF_APPLICATION.get(key, key) if by_application else key


_Entry = tuple[Promise, Promise, Who]

_WHO: Mapping[Who, Promise] = {
    Who.OWNER: _("An owner of this installation"),
    Who.PARTNER_ADMIN: _("An administrator of your own Microsoft tenant"),
    Who.CUSTOMER: _("An administrator at the customer"),
    Who.MICROSOFT: _("Microsoft's partner support"),
    Who.OPERATOR: _("Whoever runs this installation"),
    Who.NOBODY: _("Nobody: it passes by itself"),
}

_GRANT_AGAIN = _("Grant Partner Center consent again.")
_TRY_LATER = _("Try again in some minutes.")
_CHOOSE_OTHER = _("Choose another change, or make this one in Partner Center.")
_SUPPORT = _("Open a support request in Partner Center and name the request id.")
_TELL_MAKERS = _("Tell the makers of this product, with the request id.")

_CONSENT: Mapping[str, _Entry] = {
    "mfa_missing": (
        _("The account did not sign in with multi-factor authentication, and Partner Center refuses it without."),
        _("Sign in again with a second factor: grant Partner Center consent again, and see that Microsoft asks."),
        Who.OWNER,
    ),
    "consent_revoked": (
        _("The consent was withdrawn, for example because the account's password was changed."),
        _GRANT_AGAIN,
        Who.OWNER,
    ),
    "consent_expired": (_("The consent was not used for too long, or a policy ended it."), _GRANT_AGAIN, Who.OWNER),
    "consent_missing": (
        _("There is no consent for this partner connection (any more)."),
        _("Grant Partner Center consent."),
        Who.OWNER,
    ),
    "admin_consent_needed": (
        _("The account may not approve the application by itself."),
        _("Have a Global Administrator of your tenant approve the application, then grant consent again."),
        Who.PARTNER_ADMIN,
    ),
    "consent_declined": (
        _("The sign-in was cancelled, or the consent was declined."),
        _("Grant Partner Center consent again and accept on Microsoft's page."),
        Who.OWNER,
    ),
    "code_spent": (
        _("Microsoft's answer was used before, came too late, or belongs to another try."),
        _GRANT_AGAIN,
        Who.OWNER,
    ),
    "secret_wrong": (
        _("Microsoft does not accept the application's secret or certificate."),
        _("Check the secret in the settings of the worker; a certificate must be uploaded to the application first."),
        Who.OPERATOR,
    ),
    "secret_expired": (
        _("The application's secret or certificate has expired."),
        _("Make a new one: a secret in Entra for the settings of the worker, a certificate on this page."),
        Who.OPERATOR,
    ),
    "app_not_found": (
        _("Microsoft does not know the application in this tenant, or it is switched off."),
        _("Check the application id and the tenant, and that the application is enabled in Entra."),
        Who.PARTNER_ADMIN,
    ),
    "app_single_tenant": (
        _("The application is registered for one tenant only."),
        _("Change its account types in Entra to any organisational directory."),
        Who.PARTNER_ADMIN,
    ),
    "redirect_not_registered": (
        _("The address to come back to is not registered with the application."),
        _("Add the redirect address that this page names to the application in Entra."),
        Who.PARTNER_ADMIN,
    ),
    "tenant_not_found": (
        _("Microsoft knows no such tenant."),
        _("Check the tenant id of the partner connection."),
        Who.OWNER,
    ),
    "user_not_in_tenant": (
        _("The account does not belong to your own Microsoft tenant."),
        _("Grant consent with an account of your own tenant."),
        Who.OWNER,
    ),
    "user_not_assigned": (
        _("The account is not assigned to the application."),
        _("Assign it in Entra under Enterprise applications, or switch off that assignment is required."),
        Who.PARTNER_ADMIN,
    ),
    "conditional_access": (
        _("A Conditional Access policy of your tenant stopped the sign-in."),
        _("Look at the account's sign-in log in Entra, adjust the policy for it, then grant consent again."),
        Who.PARTNER_ADMIN,
    ),
    "sign_in_again": (_("Microsoft wants somebody to sign in again."), _GRANT_AGAIN, Who.OWNER),
    "token_audience": (
        _("The token is for an older service that Partner Center has not accepted since August 2025."),
        _GRANT_AGAIN,
        Who.OWNER,
    ),
    "token_refused": (
        _("Partner Center does not accept the access token."),
        _("Grant Partner Center consent again; if that does not help, register the application in Partner Center."),
        Who.OWNER,
    ),
    "app_user_needed": (
        _("Microsoft does not give this to an application alone: it wants a partner user behind it."),
        _("Add a partner connection by granting Partner Center consent."),
        Who.OWNER,
    ),
    "request_wrong": (_("Microsoft could not make sense of the request."), _TELL_MAKERS, Who.OPERATOR),
}

_RIGHTS: Mapping[str, _Entry] = {
    "not_allowed": (
        _("The account does not have the rights for this."),
        _("In Partner Center, make the account an Admin agent (“Assists your customers as”), then try again."),
        Who.PARTNER_ADMIN,
    ),
    "gdap_missing": (
        _("You hold no granular admin role in the customer's tenant that allows this."),
        _("Ask the customer for a GDAP relationship with Directory Readers or Global Reader."),
        Who.PARTNER_ADMIN,
    ),
    "customer_conditional_access": (
        _("Conditional Access in the customer's tenant keeps partners out."),
        _("Ask the customer's administrator to let service providers in."),
        Who.CUSTOMER,
    ),
    "not_our_customer": (
        _("Microsoft sees no reseller relationship between you and this customer."),
        _("Look the customer up in Partner Center; send a new relationship request if it is missing."),
        Who.PARTNER_ADMIN,
    ),
    "partner_not_active": (
        _("Your partner account is not active in the programme that this needs."),
        _("Look at the account settings in Partner Center for what is open."),
        Who.PARTNER_ADMIN,
    ),
    "partner_agreement": (
        _("The Microsoft Partner Agreement is not accepted."),
        _("A Global Administrator of your tenant accepts it in Partner Center."),
        Who.PARTNER_ADMIN,
    ),
    "customer_agreement": (
        _("The customer has not accepted the Microsoft Customer Agreement."),
        _("Have it accepted, and confirm that in Partner Center."),
        Who.CUSTOMER,
    ),
    "attestation_missing": (
        _("An attestation is missing for this product."),
        _("Give it in Partner Center, then try again."),
        Who.PARTNER_ADMIN,
    ),
    "customer_review": (
        _("Microsoft is still reviewing the customer's account."),
        _("Wait until the review is over."),
        Who.MICROSOFT,
    ),
    "customer_blocked": (
        _("Microsoft has not approved the customer's account, or has locked it."),
        _SUPPORT,
        Who.MICROSOFT,
    ),
}

_BUSINESS: Mapping[str, _Entry] = {
    "not_found": (
        _("Microsoft says that it is not there (any more)."),
        _("Refresh, then look again."),
        Who.NOBODY,
    ),
    "not_for_sale": (
        _("The product cannot be bought this way, here or any more."),
        _CHOOSE_OTHER,
        Who.PARTNER_ADMIN,
    ),
    "quantity_limit": (
        _("The number of seats is outside what the product or its promotion allows."),
        _("Choose a number within the limits."),
        Who.OWNER,
    ),
    "update_limit": (
        _("The subscription was changed too often for Microsoft to take another change."),
        _("Buy further seats as another subscription."),
        Who.PARTNER_ADMIN,
    ),
    "sandbox_limit": (
        _("This is a limit of Microsoft's integration sandbox."),
        _("Use a smaller number, or your real partner account."),
        Who.OWNER,
    ),
    "credit_limit": (
        _("Your credit limit with Microsoft is reached."),
        _("Pay open invoices, or ask Microsoft for a higher limit."),
        Who.PARTNER_ADMIN,
    ),
    "risk_refused": (_("Microsoft's risk control does not allow this transaction."), _SUPPORT, Who.MICROSOFT),
    "return_window_closed": (
        _("Seats cannot be given back now: Microsoft's return window has passed."),
        _("Schedule the lower number for the renewal."),
        Who.OWNER,
    ),
    "cancel_window_closed": (
        _("The subscription cannot be cancelled now: Microsoft's window has passed."),
        _("Let it end with its term instead."),
        Who.OWNER,
    ),
    "subscription_suspended": (
        _("The subscription is suspended and takes no such change."),
        _("Reactivate it in Partner Center first."),
        Who.PARTNER_ADMIN,
    ),
    "subscription_closed": (
        _("The subscription has ended and takes no changes."),
        _("Buy it anew in Partner Center."),
        Who.PARTNER_ADMIN,
    ),
    "subscription_not_changeable": (
        _("This kind of subscription does not take that change."),
        _CHOOSE_OTHER,
        Who.PARTNER_ADMIN,
    ),
    "auto_renew_impossible": (
        _("Microsoft no longer renews this product."),
        _("Choose what follows it before its term ends."),
        Who.PARTNER_ADMIN,
    ),
    "parent_suspended": (
        _("The subscription that this one is added to is suspended."),
        _("Reactivate that one first."),
        Who.PARTNER_ADMIN,
    ),
    "azure_resources": (
        _("Azure subscriptions under this plan are still active."),
        _("Cancel them in the Azure portal first."),
        Who.CUSTOMER,
    ),
    "plan_change": (
        _("The billing plan or the term cannot be changed like that."),
        _CHOOSE_OTHER,
        Who.PARTNER_ADMIN,
    ),
    "end_date_invalid": (_("That end date is not possible."), _("Choose another date."), Who.OWNER),
    "order_not_cancellable": (
        _("The order cannot be cancelled this way."),
        _("Look at the order in Partner Center."),
        Who.PARTNER_ADMIN,
    ),
    "upgrade_invalid": (_("That upgrade is not possible."), _CHOOSE_OTHER, Who.PARTNER_ADMIN),
    "legacy_only": (_("This is not possible for a legacy subscription."), _CHOOSE_OTHER, Who.PARTNER_ADMIN),
    "migration": (
        _("A migration to new commerce stands in the way."),
        _("Finish or withdraw the migration in Partner Center."),
        Who.PARTNER_ADMIN,
    ),
    "transfer": (
        _("A transfer between partners stands in the way."),
        _("Finish or withdraw the transfer in Partner Center."),
        Who.PARTNER_ADMIN,
    ),
    "promotion": (_("The promotion does not fit."), _("Try it without the promotion."), Who.PARTNER_ADMIN),
    "cart": (_("The cart is gone, wrong or was ordered before."), _("Start the order again."), Who.OWNER),
    "licence_missing": (
        _("There is no free seat."),
        _("Add a seat first, or take one from somebody."),
        Who.OWNER,
    ),
    "customer_data": (
        _("Something in the customer's data is missing or wrong at Microsoft."),
        _("Correct the customer's account details in Partner Center."),
        Who.PARTNER_ADMIN,
    ),
    "refused": (_("Microsoft refused."), _SUPPORT, Who.MICROSOFT),
}

_WEATHER: Mapping[str, _Entry] = {
    "being_processed": (_("Microsoft is still busy with another change."), _TRY_LATER, Who.NOBODY),
    "renewal_running": (_("The renewal is being processed at Microsoft."), _TRY_LATER, Who.NOBODY),
    "stale": (_("It changed at Microsoft meanwhile."), _("Look again, then decide."), Who.OWNER),
    "throttled": (_("Microsoft wants fewer calls for a while."), _TRY_LATER, Who.NOBODY),
    "unreachable": (
        _("Microsoft could not be reached."),
        _("If it lasts, check the server's network, name resolution and proxy."),
        Who.OPERATOR,
    ),
    "service_trouble": (_("There is trouble at Microsoft."), _TRY_LATER, Who.NOBODY),
    "outcome_unknown": (
        _("Microsoft's answer was lost, so nobody knows yet whether it was done."),
        _("Look at what is so at Microsoft before trying again."),
        Who.OWNER,
    ),
    "malformed": (_("Microsoft answered something that cannot be read."), _TELL_MAKERS, Who.OPERATOR),
}

# Keys of this room, beside those of the clients.
_OWN: Mapping[str, _Entry] = {
    "other_partner": (
        _("The account belongs to another partner than this connection."),
        _("Grant consent with an account of the same partner, or add a connection of its own."),
        Who.OWNER,
    ),
    "no_refresh_token": (
        _("Microsoft gave no lasting consent."),
        _("Grant consent again and leave “Maintain access to data” as it is on Microsoft's page."),
        Who.OWNER,
    ),
    "certificate_waiting": (
        _("Microsoft does not know the certificate yet."),
        _("Upload it to the application in Entra, wait a minute, then check again."),
        Who.PARTNER_ADMIN,
    ),
    "app_permission_missing": (
        _("The application has no permission for Microsoft Partner Center (any more)."),
        _("In Entra, open the application › API permissions, and grant admin consent for Microsoft Partner Center."),
        Who.PARTNER_ADMIN,
    ),
    "app_not_allowed": (
        _("The application does not have the rights for this."),
        _("Register it in Partner Center under App management, then try again."),
        Who.PARTNER_ADMIN,
    ),
    "unreadable_rows": (_("Some of Microsoft's records could not be kept."), _TELL_MAKERS, Who.OPERATOR),
    "unexpected": (
        _("Something went wrong here, not at Microsoft."),
        _("Try again. If it happens again, look at the log of the worker."),
        Who.OPERATOR,
    ),
}

_OF_APPLICATION: Mapping[str, str] = {
    "consent_missing": "app_permission_missing",
    "consent_revoked": "app_permission_missing",
    "not_allowed": "app_not_allowed",
    "token_refused": "app_not_allowed",
}

_ADVICE: Mapping[str, _Entry] = {**_CONSENT, **_RIGHTS, **_BUSINESS, **_WEATHER, **_OWN}
