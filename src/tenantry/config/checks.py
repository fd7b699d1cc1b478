"""What must be in order before a process starts: one sentence for each thing that is not."""

import re
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from tenantry.config import env
from tenantry.kernel.seal import CannotOpen, CannotSeal, Place, open_sealed, seal

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SHORTEST_SECRET_KEY = 40
_LEAST_SETTLE = 60
_LEAST_LEASE = 5
_LONGEST_SESSION = 24
_EXAMPLE_ID = "00000000-0000-0000-0000-000000000000"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class Role(StrEnum):
    """Which kind of process is to be started."""

    WEB = "web"
    WORKER = "worker"


def problems(role: Role) -> list[str]:
    """Return why a process of this kind must not start with these settings; an empty list: it may."""
    found = [*_names(), *_addresses(), *_keys(role)]
    found += _rehearsal() if settings.REHEARSAL else _production(role)
    return found


def database_problems() -> list[str]:
    """Return why the database cannot be used: unreachable, or older than this release."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return [f"The database does not answer: {str(error).strip()}"]
    if missing:
        return [f"The database is {len(missing)} migrations behind this release. Run: tenantry migrate"]
    return []


def _names() -> Iterator[str]:
    for name in env.unknown():
        yield f"{name} is no setting of this product; see docs/reference/settings.md. Is it misspelt?"


def _addresses() -> Iterator[str]:
    https = settings.PUBLIC_URL.startswith("https://")
    if not https and urlsplit(settings.PUBLIC_URL).hostname not in _LOOPBACK:
        yield f"TENANTRY_PUBLIC_URL is {settings.PUBLIC_URL}; people would sign in without encryption. Use https."
    if https and not settings.TLS_PROXY_HEADER:
        yield (
            "TENANTRY_PUBLIC_URL is https, but TENANTRY_TLS_PROXY_HEADER is not set: without the proxy's "
            "X-Forwarded-Proto header every page would take itself for unencrypted. "
            "Let the proxy set that header, then set this to true."
        )
    for name in ("PORTAL_URL", "BACKOFFICE_URL"):
        if getattr(settings, name).startswith("https://") != https:
            yield f"TENANTRY_{name} and TENANTRY_PUBLIC_URL must both be https, or neither."


def _keys(role: Role) -> Iterator[str]:
    if settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        yield "TENANTRY_SECRET_KEY is not set. Make one with: tenantry keys"
    elif len(settings.SECRET_KEY) < _SHORTEST_SECRET_KEY:
        yield f"TENANTRY_SECRET_KEY is shorter than {_SHORTEST_SECRET_KEY} characters. Make one with: tenantry keys"
    if any(len(key) < _SHORTEST_SECRET_KEY for key in settings.SECRET_KEY_FALLBACKS):
        yield f"TENANTRY_SECRET_KEY_FALLBACKS holds a key of fewer than {_SHORTEST_SECRET_KEY} characters. Remove it."
    place = Place("check", "check", "check")
    try:
        sealed = seal(b"check", place)
    except CannotSeal as problem:
        yield f"{problem} Make a pair of keys with: tenantry keys"
        return
    if role is Role.WORKER:
        try:
            open_sealed(sealed, place)
        except CannotOpen as problem:
            yield (
                f"The worker could not open what is sealed now: {problem} TENANTRY_SEAL_PRIVATE_KEYS must hold the "
                "private key that belongs to TENANTRY_SEAL_PUBLIC_KEY."
            )
    if role is Role.WEB:
        for name in ("SEAL_PRIVATE_KEYS", "PARTNER_CLIENT_SECRET"):
            if getattr(settings, name):
                yield f"TENANTRY_{name} must not be given to the web process: only the worker may open secrets."


def _production(role: Role) -> Iterator[str]:
    if settings.DEBUG:
        yield "TENANTRY_DEBUG is on: pages would show settings and code to everybody."
    if settings.SANDBOX_URL:
        yield "TENANTRY_SANDBOX_URL is set, but TENANTRY_REHEARSAL is not. Remove it, or rehearse."
    for name in ("LOGIN_URL", "PARTNER_CENTER_URL"):
        if not getattr(settings, name).startswith("https://"):
            yield f"TENANTRY_{name} must be an https address outside of rehearsal."
    yield from _numbers()
    wanted = ["PARTNER_TENANT_ID", "SIGN_IN_CLIENT_ID", "SIGN_IN_CLIENT_SECRET"]
    if role is Role.WORKER and settings.PARTNER_CLIENT_ID:  # who connects by own applications alone needs neither
        wanted.append("PARTNER_CLIENT_SECRET")
    for name in wanted:
        if not getattr(settings, name):
            yield f"TENANTRY_{name} is not set; docs/start/microsoft.md says where to find it."
    for name in ("PARTNER_TENANT_ID", "SIGN_IN_CLIENT_ID", "PARTNER_CLIENT_ID"):
        if getattr(settings, name) == _EXAMPLE_ID:
            yield f"TENANTRY_{name} is still the example; docs/start/microsoft.md says where to find yours."
    if settings.PARTNER_TENANT_ID and not _GUID.fullmatch(settings.PARTNER_TENANT_ID):
        wrong = settings.PARTNER_TENANT_ID
        yield f"TENANTRY_PARTNER_TENANT_ID is {wrong}; write the tenant's ID, not its domain or name."


def _numbers() -> Iterator[str]:
    """Numbers that would work and do harm; a rehearsal may have them."""
    settle = max(_LEAST_SETTLE, settings.UPSTREAM_CONNECT_SECONDS + settings.UPSTREAM_READ_SECONDS)
    if settle > settings.SETTLE_SECONDS:
        yield (
            f"TENANTRY_SETTLE_SECONDS is {settings.SETTLE_SECONDS}: an order whose answer was lost could be sent again "
            f"while Microsoft still works on it. Set at least {settle}."
        )
    if settings.ORDER_LEASE_SECONDS < _LEAST_LEASE:
        yield (
            f"TENANTRY_ORDER_LEASE_SECONDS is {settings.ORDER_LEASE_SECONDS}: a worker that is merely slow would lose "
            f"its order to another one. Set at least {_LEAST_LEASE}."
        )
    if settings.SESSION_ABSOLUTE_HOURS > _LONGEST_SESSION:
        yield (
            f"TENANTRY_SESSION_ABSOLUTE_HOURS is {settings.SESSION_ABSOLUTE_HOURS}: a forgotten browser would stay "
            f"signed in for days. Set at most {_LONGEST_SESSION}."
        )
    longest = settings.SESSION_ABSOLUTE_HOURS * 60
    for name, harm in (
        ("SESSION_IDLE_MINUTES", "a session that nobody uses would never end before its time"),
        ("FRESH_SIGN_IN_MINUTES", "cancelling would never ask for a new sign-in"),
    ):
        if getattr(settings, name) > longest:
            yield (
                f"TENANTRY_{name} is longer than a session lasts, so {harm}. "
                f"Set at most {longest}, or a longer TENANTRY_SESSION_ABSOLUTE_HOURS."
            )
    if "*" in settings.ALLOWED_HOSTS:
        yield "TENANTRY_ALLOWED_HOSTS lets in every host name. Name those that lead here."


def _rehearsal() -> Iterator[str]:
    if not settings.SANDBOX_URL:
        yield "TENANTRY_REHEARSAL is on, but TENANTRY_SANDBOX_URL does not say where the sandbox is."
    for name in ("LOGIN_URL", "PARTNER_CENTER_URL"):
        host = urlsplit(getattr(settings, name)).hostname or ""
        if host.endswith((".microsoft.com", ".microsoftonline.com")):
            yield f"TENANTRY_REHEARSAL is on, but TENANTRY_{name} is Microsoft's real address. Use one or the other."
