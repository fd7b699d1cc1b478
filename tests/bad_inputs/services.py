"""Odd talk between services: what Microsoft answers about a domain, and what is sent to the sandbox's controls."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tenantry.clients.entra import DomainKind, EntraClient
from tenantry.clients.http import Timeouts
from tests.bad_inputs.parsers import ODD_BODIES, ODD_JSON
from tests.bad_inputs.typed import ANY_TEXT, ODD_IDS, ODD_LINKS
from tests.bad_inputs.visits import quoted
from tests.clients.vendor import Reply, Seen, Vendor
from tests.support.sandbox import SandboxHandle

_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

_ISSUERS = ("http://[", "https://[::1", "//a]b/c", "https://h/" + "x" * 36, "https://h//v2.0", "urn:uuid:x", "/", "")
ODD_DOCUMENTS: SearchStrategy[Reply] = st.builds(
    Reply,
    st.sampled_from((200, 200, 200, 400, 404)),
    st.one_of(
        st.sampled_from(_ISSUERS).map(lambda issuer: json.dumps({"issuer": issuer}).encode()),
        ODD_BODIES,
        st.builds(
            lambda issuer: json.dumps({"issuer": issuer}).encode(),
            st.one_of(ODD_LINKS, ODD_IDS.map(lambda odd: f"https://login.microsoftonline.com/{odd}/v2.0"), ODD_JSON),
        ),
    ),
)


def client_of(vendor: Vendor) -> EntraClient:
    """Return a client that takes a server for Microsoft's."""
    return EntraClient(
        vendor.url, now=lambda: _NOW, timeouts=Timeouts(connect=10.0, read=10.0, total=20.0, patience=0.1)
    )


def discovery(client: EntraClient, answers: list[Reply]) -> Callable[[Reply], str]:
    """Return what is wrong with how an answer about a domain is read; the server gives what stands in ``answers``."""

    def finding(reply: Reply) -> str:
        answers[:] = [reply]
        answer = client.find_domain("fabrikam.example")
        if answer.kind is DomainKind.ORGANISATION:
            return "" if answer.tenant_id in str(reply.body).lower() else f"made up {answer.tenant_id}"
        return "" if answer.kind is DomainKind.CONSUMER or answer.words.strip() else f"{answer.kind} without a word"

    return finding


def answering(answers: list[Reply]) -> Vendor:
    """Return a server that gives the answer that stands in a list."""

    def script(_seen: Seen) -> Reply:
        return answers[0]

    return Vendor(script=script)


@dataclass(frozen=True, slots=True)
class Control:
    """A request to the sandbox's controls."""

    method: str
    path: str
    body: bytes
    content_type: str


_NAMES = (
    "kind",
    "path",
    "count",
    "customer",
    "set",
    "freeze",
    "advance_to",
    "application",
    "pem",
    "subscription",
    "body",
)
# Numbers are left out: a clock that is moved or an answer that is delayed would be what was asked for.
_NO_NUMBERS = ODD_JSON.filter(lambda value: not isinstance(value, int | float | str) or value == "")
_OBJECTS = st.dictionaries(st.one_of(st.sampled_from(_NAMES), ANY_TEXT), _NO_NUMBERS, max_size=3)
ODD_CONTROLS: SearchStrategy[Control] = st.builds(
    Control,
    st.sampled_from(("POST", "POST", "PUT", "PATCH", "DELETE", "GET")),
    st.one_of(
        st.sampled_from(("clock", "faults", "switches", "applications", "change", "journal?since=x", "nothing", "")),
        st.sampled_from(("settings", "keys/roll", "refusals", "refresh-tokens/revoke", "people", "people/x", "x")).map(
            "entra/{}".format
        ),
        ANY_TEXT.map(lambda text: f"journal?{quoted(text)}"),
        ANY_TEXT.map(lambda text: f"faults/{quoted(text)}"),
    ),
    st.one_of(ODD_BODIES, _OBJECTS.map(lambda value: json.dumps(value).encode())),
    st.sampled_from(("application/json", "application/json", "application/x-www-form-urlencoded", "text/plain")),
)


def controls(sandbox: SandboxHandle) -> Callable[[Control], str]:
    """Return what is wrong with the sandbox's answer."""

    def finding(asked: Control) -> str:
        request = urllib.request.Request(
            f"{sandbox.url}/_sandbox/{asked.path}",
            data=asked.body,
            method=asked.method,
            headers={"Content-Type": asked.content_type},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return "" if answer.status < 400 else f"answered {answer.status}"
        except urllib.error.HTTPError as refusal:
            with refusal:
                told = refusal.read()
            if refusal.code >= 500:
                return f"500: answered {refusal.code}"
            return "" if refusal.code == 303 or len(told.split()) > 1 else f"{refusal.code} without words: {told!r}"

    return finding
