"""Certificates of applications: uploaded on the page, and good until they end."""

import base64
import datetime as dt
import json
import time
import uuid
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.sandbox.commerce import APP_ID, PARTNER, Caller, Reply

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(ends: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "our own")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * DAY)
        .not_valid_after(ends)
        .sign(KEY, hashes.SHA256())
    )


def pem_of(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def upload(caller: Caller, application: str, pem: str) -> Reply:
    """Press the button of the page: a browser sends line ends as CR LF."""
    fields = urlencode({"application": application, "pem": pem.replace("\n", "\r\n")})
    return caller.send("POST", "/_sandbox/applications", headers=FORM, raw=fields.encode())


def token(caller: Caller, made: x509.Certificate) -> Reply:
    """Ask for a token with a client assertion."""
    endpoint = f"{caller.url}/{PARTNER}/oauth2/v2.0/token"
    now = int(time.time())
    claims = {"aud": endpoint, "iss": APP_ID, "sub": APP_ID, "jti": str(uuid.uuid4()), "nbf": now, "exp": now + 300}
    thumbprint = base64.urlsafe_b64encode(made.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
    private = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}
    fields = {
        "client_id": APP_ID,
        "grant_type": "client_credentials",
        "scope": "https://api.partnercenter.microsoft.com/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(header, claims, RSAKey.import_key(private), algorithms=["PS256"]),
    }
    return caller.send("POST", f"/{PARTNER}/oauth2/v2.0/token", headers=FORM, raw=urlencode(fields).encode())


def test_a_person_uploads_a_certificate_on_the_page(caller: Caller) -> None:
    made = certificate(NOW + 100 * DAY)
    page = caller.send("GET", "/").raw.decode()
    assert 'action="/_sandbox/applications"' in page
    assert f'<option value="{APP_ID}"' in page
    assert token(caller, made).status == 401
    for _ in range(2):  # twice is once
        reply = upload(caller, APP_ID, pem_of(made))
        assert (reply.status, reply.headers["location"]) == (303, "/#applications")
    (application,) = caller.control("GET", "world")["applications"]
    assert len(application["certificates"]) == 1
    assert application["certificates"][0]["thumbprint"] in caller.send("GET", "/").raw.decode()
    assert token(caller, made).status == 200


def test_what_is_no_certificate_is_said_on_the_page(caller: Caller) -> None:
    for application, pem in ((APP_ID, "hello"), ("nobody", pem_of(certificate(NOW + DAY)))):
        reply = upload(caller, application, pem)
        assert reply.status == 400
        assert "That was not done: " in reply.raw.decode()
    assert caller.control("GET", "world")["applications"][0]["certificates"] == []


def test_a_certificate_that_has_ended_proves_nothing(caller: Caller) -> None:
    ended, good = certificate(NOW - DAY), certificate(NOW + DAY)
    for made in (ended, good):
        assert upload(caller, APP_ID, pem_of(made)).status == 303
    refused = token(caller, ended)
    assert (refused.status, json.loads(refused.raw)["error_codes"]) == (401, [700027])
    assert "expired" in refused.json["error_description"]
    assert token(caller, good).status == 200
