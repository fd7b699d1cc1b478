"""What the tests of Entra share: a browser without a window, and a client that proves itself as a real one would."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tenantry.sandbox.worlds import partner
from tests.support.waiting import FAR_TOO_LONG

PORTAL = {"client_id": partner.PORTAL_APPLICATION, "client_secret": partner.PORTAL_SECRET}
PARTNER = {"client_id": partner.PARTNER_APPLICATION, "client_secret": partner.PARTNER_SECRET}
CALLBACK = "http://127.0.0.1:8000/sign-in/callback"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ANNA = "anna.lindqvist@harbourvale.example"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text.encode().decode("utf-8-sig"))

    @property
    def sent_back(self) -> dict[str, str]:
        """The fields that a redirect carries in its query or fragment."""
        assert self.status == 302, (self.status, self.text[:500])
        target = urlsplit(self.headers["location"])
        return dict(parse_qsl(target.query or target.fragment, keep_blank_values=True))


@dataclass
class Browser:
    """Sends requests to one sandbox, follows nothing, keeps cookies."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        target = urlsplit(path if path.startswith("http") else self.url + path)
        connection = HTTPConnection(target.netloc, timeout=FAR_TOO_LONG)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, f"{target.path}?{target.query}" if target.query else target.path, body, headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8")
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                pair = value.split(";")[0].partition("=")
                self.cookies[pair[0]] = pair[2].strip('"')
        connection.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)

    def get(self, path: str, /, **query: str) -> Answer:
        return self.send("GET", path + (f"?{urlencode(query)}" if query else ""))

    def form(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        return self.send(
            "POST", path, urlencode(fields), **{"Content-Type": "application/x-www-form-urlencoded"} | headers
        )

    def knob(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        return self.send(method, f"/_sandbox/{path}", json.dumps(body or {}), **{"Content-Type": "application/json"})

    # -- signing in -----------------------------------------------------------------------------------------------

    def authorize(self, account: str, authority: str = "organizations", **more: str) -> Answer:
        """Pick an account directly; `form_…` arguments go into the picker's form, all others into the query."""
        chosen = {"account": account, "consent": "accept"}
        chosen |= {name.removeprefix("form_"): value for name, value in more.items() if name.startswith("form_")}
        query = {
            "client_id": partner.PORTAL_APPLICATION,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid profile email offline_access",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | {name: value for name, value in more.items() if not name.startswith("form_")}
        query = {name: value for name, value in query.items() if value}
        return self.form(f"/{authority}/oauth2/v2.0/authorize?{urlencode(query)}", chosen)

    def redeem(self, code: str, authority: str = "organizations", /, **more: str) -> Answer:
        fields = PORTAL | {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        fields = {name: value for name, value in (fields | more).items() if value}
        return self.form(f"/{authority}/oauth2/v2.0/token", fields)

    def sign_in(self, account: str, authority: str = "organizations", **more: str) -> dict[str, Any]:
        """Sign in and return the verified claims of the id token."""
        picked = self.authorize(account, authority, **more)
        token = self.redeem(picked.sent_back["code"], authority).json()["id_token"]
        return self.claims(token, authority)

    def claims(self, token: str, authority: str = "common") -> dict[str, Any]:
        keys = KeySet.import_key_set(self.get(f"/{authority}/discovery/v2.0/keys").json())
        return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)

    def refresh(self, token: str, tenant: str = partner.PARTNER_TENANT, **more: str) -> Answer:
        fields = PARTNER | {"grant_type": "refresh_token", "refresh_token": token} | more
        return self.form(f"/{tenant}/oauth2/v2.0/token", fields)


def query_of(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def assertion(world: dict[str, Any], audience: str, *, thumbprint: str = "x5t#S256", **changes: Any) -> str:
    """Make a client assertion with the example certificate of the Partner Center application."""
    application = next(a for a in world["applications"] if a["id"] == partner.PARTNER_APPLICATION)
    certificate = application["certificates"][0]
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": partner.PARTNER_APPLICATION,
        "sub": partner.PARTNER_APPLICATION,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 300,
    } | changes
    value = certificate["x5t#S256"]
    if thumbprint == "x5t":
        raw = bytes.fromhex(certificate["thumbprint"])
        value = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    key = RSAKey.import_key(application["certificate_private_key"])
    return jwt.encode({"alg": "PS256", "typ": "JWT", thumbprint: value}, claims, key, algorithms=["PS256"])
