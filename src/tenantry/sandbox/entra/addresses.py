"""The addresses of the stand-in for Microsoft Entra, as tables: the router and the documentation are made from them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import Route

from tenantry.sandbox.context import Context
from tenantry.sandbox.entra import authorize, consent_endpoint, discovery, knobs, token_endpoint
from tenantry.sandbox.entra.directory import Directory
from tenantry.sandbox.entra.forms import Handler, answering

READ_AND_POST = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Address:
    """One address of Entra; `source` is the section of the reference that it was built from."""

    methods: tuple[str, ...]
    path: str
    handler: Handler
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Knob:
    """One knob below /_sandbox/entra: no part of Microsoft's service."""

    method: str
    path: str
    action: knobs.Action


ADDRESSES: tuple[Address, ...] = (
    Address(("GET",), "/{tenant}/v2.0/.well-known/openid-configuration", discovery.openid_configuration, "2.4"),
    Address(("GET",), "/{tenant}/.well-known/openid-configuration", discovery.openid_configuration_v1, "2.4"),
    Address(("GET",), "/{tenant}/discovery/v2.0/keys", discovery.keys, "2.4", "key of personal accounts: inferred"),
    Address(("GET",), "/{tenant}/discovery/keys", discovery.keys, "2.4"),
    Address(READ_AND_POST, "/{tenant}/oauth2/v2.0/authorize", authorize.authorize_v2, "2.4", "POST picks an account"),
    Address(READ_AND_POST, "/{tenant}/oauth2/authorize", authorize.authorize_v1, "2.2", "POST picks an account"),
    Address(("POST",), "/{tenant}/oauth2/v2.0/token", token_endpoint.token_v2, "2.3", "OAuth error per code: inferred"),
    Address(("POST",), "/{tenant}/oauth2/token", token_endpoint.token_v1, "2.3"),
    Address(READ_AND_POST, "/{tenant}/v2.0/adminconsent", consent_endpoint.admin_consent, "2.4"),
    Address(READ_AND_POST, "/{tenant}/adminconsent", consent_endpoint.admin_consent, "2.4"),
    Address(("GET",), "/{tenant}/oauth2/v2.0/logout", consent_endpoint.logout, "2.4", "no front-channel notices"),
    Address(("GET",), "/{tenant}/oauth2/logout", consent_endpoint.logout, "2.4"),
)

KNOBS: tuple[Knob, ...] = (
    Knob("GET", "/_sandbox/entra", knobs.show),
    Knob("PATCH", "/_sandbox/entra/settings", knobs.change_settings),
    Knob("POST", "/_sandbox/entra/keys/roll", knobs.roll_keys),
    Knob("POST", "/_sandbox/entra/refusals", knobs.plan_refusal),
    Knob("DELETE", "/_sandbox/entra/refusals", knobs.forget_refusals),
    Knob("POST", "/_sandbox/entra/refresh-tokens/revoke", knobs.revoke_refresh_tokens),
    Knob("POST", "/_sandbox/entra/people", knobs.add_person),
    Knob("PATCH", "/_sandbox/entra/people/{key}", knobs.change_person),
    Knob("PATCH", "/_sandbox/entra/tenants/{id}", knobs.change_tenant),
    Knob("PATCH", "/_sandbox/entra/applications/{id}", knobs.change_application),
    Knob("POST", "/_sandbox/entra/applications/{id}/certificates", knobs.add_certificate),
)


def routes(directory: Directory, context: Context) -> list[Route]:
    """Return the routes of Entra and of its knobs for the world that the context holds."""
    if context.directory is not directory:
        raise ValueError("the context holds another directory")
    entra = [Route(a.path, answering(context, a.handler), methods=list(a.methods)) for a in ADDRESSES]
    return entra + [Route(k.path, knobs.knob(context, k.action), methods=[k.method]) for k in KNOBS]
