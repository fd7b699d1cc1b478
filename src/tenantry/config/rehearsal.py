"""How the product is pointed at a sandbox, and how a program signs in there: the way a person would."""

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode


class NotSentBack(Exception):  # noqa: N818 - reads as what happened
    """Microsoft's page did not send the browser back; the text is the page's end."""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


# The sandbox is a neighbour: never ask a proxy of the environment for it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_staying = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())


def world(sandbox_url: str) -> dict[str, Any]:
    """Return the sandbox's own description of its world: tenants, people, applications."""
    with _opener.open(f"{sandbox_url}/_sandbox/world", timeout=30) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def turn(sandbox_url: str, switches: dict[str, object]) -> None:
    """Change switches of the sandbox."""
    request = urllib.request.Request(  # noqa: S310 - our sandbox
        f"{sandbox_url}/_sandbox/switches",
        data=json.dumps(switches).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    with _opener.open(request, timeout=30):
        pass


def wiring(sandbox_url: str, told: dict[str, Any]) -> dict[str, str]:
    """Return the settings (without TENANTRY_) that point at a sandbox whose world is ``told``.

    Of its applications the one that holds Partner Center's refresh tokens is for the partner connection, another one
    that works in every tenant is for sign-in.
    """
    applications = told["applications"]
    partner = next(found for found in applications if found["refresh_tokens"])
    sign_in = next(found for found in applications if found["multi_tenant"] and found is not partner)
    return {
        "SANDBOX_URL": sandbox_url,
        "LOGIN_URL": sandbox_url,
        "PARTNER_CENTER_URL": sandbox_url,
        "PARTNER_TENANT_ID": told["partner"]["tenant_id"],
        "SIGN_IN_CLIENT_ID": sign_in["id"],
        "SIGN_IN_CLIENT_SECRET": sign_in["secret"],
        "PARTNER_CLIENT_ID": partner["id"],
        "PARTNER_CLIENT_SECRET": partner["secret"],
    }


def choose_account(address: str, person: str, **form: str) -> str:
    """Choose an account on the sandbox's sign-in page and return the address that it sends the browser back to.

    ``person`` is the key of one of the world's people; ``form`` adds or replaces fields of the page (mfa, consent, or
    those of another account). Errors: NotSentBack.
    """
    fields = {"account": person, "mfa": "yes", "consent": "accept"} | form
    request = urllib.request.Request(address, data=urlencode(fields).encode(), method="POST")  # noqa: S310 - our sandbox
    try:
        with _staying.open(request, timeout=30) as answer:
            text = answer.read().decode()
    except HTTPError as answer:
        with answer:
            location = answer.headers.get("Location")
            if answer.status in {302, 303} and location:
                return location
            text = answer.read().decode()
    raise NotSentBack(text[-1500:])
