"""Microsoft Entra: tokens, consent, discovery, sign-in."""

from tenantry.clients.entra.client import PERSONAL_TENANT, DomainAnswer, DomainKind, EntraClient
from tenantry.clients.entra.consumer_domains import CONSUMER_DOMAINS
from tenantry.clients.entra.credentials import (
    ClientCertificate,
    ClientSecret,
    Credential,
    KeyAndCertificate,
    make_key_and_certificate,
)
from tenantry.clients.entra.errors import explain_redirect
from tenantry.clients.entra.id_token import Identity, IdTokenRefusedError, Reason, TenantPolicy, verify_id_token
from tenantry.clients.entra.keys import SigningKey, SigningKeys
from tenantry.clients.entra.tokens import CachedTokens, TokenFacts, Tokens, read_access_token
from tenantry.clients.entra.urls import (
    PARTNER_CENTER_APP_SCOPE,
    PARTNER_CENTER_SCOPE,
    SIGN_IN_SCOPE,
    Pkce,
    admin_consent_url,
    authorize_url,
    new_pkce,
)

__all__ = [
    "CONSUMER_DOMAINS",
    "PARTNER_CENTER_APP_SCOPE",
    "PARTNER_CENTER_SCOPE",
    "PERSONAL_TENANT",
    "SIGN_IN_SCOPE",
    "CachedTokens",
    "ClientCertificate",
    "ClientSecret",
    "Credential",
    "DomainAnswer",
    "DomainKind",
    "EntraClient",
    "IdTokenRefusedError",
    "Identity",
    "KeyAndCertificate",
    "Pkce",
    "Reason",
    "SigningKey",
    "SigningKeys",
    "TenantPolicy",
    "TokenFacts",
    "Tokens",
    "admin_consent_url",
    "authorize_url",
    "explain_redirect",
    "make_key_and_certificate",
    "new_pkce",
    "read_access_token",
    "verify_id_token",
]
