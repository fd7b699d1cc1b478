"""Discovery documents and keys, per tenant id, verified domain, common, organizations and consumers.

Shape: reference 2.4 and the sample of the vendor's page, read 2026-11; the issuer of `common` and `organizations`
is the template with {tenantid}. Consumer mail domains resolving to the consumer tenant is inferred.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tenantry.sandbox.context import Context


async def openid_configuration(context: Context, request: Request) -> Response:
    """Give the discovery document of the v2 endpoints; `common` and `organizations` have a template for an issuer."""
    name = str(request.path_params["tenant"])
    tenant = context.directory.tenant(name)
    base = context.base_for(request)
    return JSONResponse(_document(base, name, f"{base}/{tenant.id if tenant else '{tenantid}'}/v2.0", "v2.0/", "/v2.0"))


async def openid_configuration_v1(context: Context, request: Request) -> Response:
    """Give the discovery document of the v1 endpoints, with the issuer at sts.windows.net."""
    name = str(request.path_params["tenant"])
    tenant = context.directory.tenant(name)
    issuer = f"https://sts.windows.net/{tenant.id if tenant else '{tenantid}'}/"
    return JSONResponse(_document(context.base_for(request), name, issuer, "", ""))


def _document(base: str, name: str, issuer: str, version: str, keys_version: str) -> dict[str, Any]:
    root = f"{base}/{name}"
    return {
        "token_endpoint": f"{root}/oauth2/{version}token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{root}/discovery{keys_version}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{root}/oauth2/{version}authorize",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{root}/oauth2/{version}logout",
        "claims_supported": _CLAIMS,
        "cloud_instance_name": "microsoftonline.com",
    }


_CLAIMS = ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver"]


async def keys(context: Context, request: Request) -> Response:
    """Give the signing keys, every key with the issuer that may use it."""
    tenant = context.directory.tenant(str(request.path_params["tenant"]))
    document = context.directory.keys.published(context.base_for(request), tenant.id if tenant else None)
    return JSONResponse(document, headers={"Cache-Control": "max-age=86400, private"})
