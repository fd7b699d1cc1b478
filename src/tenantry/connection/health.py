"""Does a partner connection work, until when, and what is missing? Decided from its row, by nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from tenantry.connection.models import ConnectionMode, ConnectionState, DirectCsp, PartnerConnection, TroubleAbout

# A refresh token ends when it was not used for so long (Microsoft Entra, "Refresh tokens", read 2026-11).
CONSENT_LASTS = timedelta(days=90)
# Renewed every day; when that has not worked for so long, somebody must know, with a month left to act.
CONSENT_GROWS_OLD = timedelta(days=60)
CERTIFICATE_ENDS_SOON = timedelta(days=30)

# Directory roles that an account may carry in `wids` (Microsoft Entra, "Permissions reference", read 2026-11).
DIRECTORY_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
        "b0f54661-2d74-4c50-afa3-1ec803f12efe": "Billing Administrator",
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
        "4d6ac14f-3453-41d0-bef9-a3e0c569773a": "License Administrator",
        "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
        "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
        "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
        "729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk Administrator",
        "fdd7a751-b60b-444a-984c-02652fe8fa1c": "Groups Administrator",
    }
)


class Standing(StrEnum):
    """The answer at a glance."""

    WAITING = "waiting"  # there is no token yet
    WORKING = "working"
    ATTENTION = "attention"  # works, but something is missing or runs out
    BROKEN = "broken"


class Lack(StrEnum):
    """Something that is missing or runs out."""

    CERTIFICATE_MAKING = "certificate_making"
    CERTIFICATE_UPLOAD = "certificate_upload"
    CERTIFICATE_ENDS = "certificate_ends"
    CONSENT_OLD = "consent_old"
    MFA = "mfa"
    TENANTS = "tenants"
    DIRECT_CSP = "direct_csp"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What Microsoft said last when a token or the list of customers could not be had.

    `advice` is a key of `connection.advice`.
    """

    at: datetime
    about: TroubleAbout
    advice: str
    code: str
    words: str
    request_id: str


@dataclass(frozen=True, slots=True)
class HealthView:
    """The health of one connection.

    `works_until` is the last moment of the consent or certificate as far as is known; the consent moves on with every
    renewal. `lacks` are sorted by urgency. `trouble` is there while the connection is broken, and also while what went
    wrong without breaking it has not gone well since. `orders_stop` says that no change order reaches Microsoft: not
    so where the list of customers alone is refused, or where Microsoft has answered other calls since.
    """

    standing: Standing
    works_until: datetime | None
    lacks: tuple[Lack, ...]
    trouble: Trouble | None
    roles: tuple[str, ...]
    orders_stop: bool


def health_of(row: PartnerConnection, now: datetime) -> HealthView:
    """Judge a connection by its row."""
    usable = _has_token(row)
    until = works_until(row) if usable else None
    lacks = tuple(_lacks(row, now))
    trouble = _trouble(row)
    ended = until is not None and until <= now
    if not usable:
        standing = Standing.WAITING
    elif row.state == ConnectionState.BROKEN or ended:
        standing = Standing.BROKEN
    elif lacks or trouble:
        standing = Standing.ATTENTION
    else:
        standing = Standing.WORKING
    stop = not usable or ended or (standing == Standing.BROKEN and _orders_stop(row, trouble))
    return HealthView(standing, until, lacks, trouble, _roles(row), stop)


def works_until(row: PartnerConnection) -> datetime | None:
    """Return when the consent or the certificate ends if nothing is done; None if neither is known."""
    if row.mode == ConnectionMode.APPLICATION:
        return row.certificate_expires_at
    renewed_at = row.token_renewed_at or row.consented_at
    return None if renewed_at is None else renewed_at + CONSENT_LASTS


def _has_token(row: PartnerConnection) -> bool:
    return bool(row.sealed_refresh_token if row.mode == ConnectionMode.CONSENT else row.sealed_private_key)


def _lacks(row: PartnerConnection, now: datetime) -> list[Lack]:
    usable = _has_token(row)
    until = works_until(row) if usable else None
    found = {
        Lack.CERTIFICATE_MAKING: row.mode == ConnectionMode.APPLICATION and not usable and not row.next_certificate,
        Lack.CERTIFICATE_UPLOAD: bool(row.next_certificate),
        Lack.CERTIFICATE_ENDS: row.mode == ConnectionMode.APPLICATION
        and until is not None
        and until - now <= CERTIFICATE_ENDS_SOON,
        Lack.CONSENT_OLD: row.mode == ConnectionMode.CONSENT
        and until is not None
        and until - now <= CONSENT_LASTS - CONSENT_GROWS_OLD,
        Lack.MFA: row.mode == ConnectionMode.CONSENT and row.mfa_compliant is False,
        Lack.TENANTS: usable and row.tenants_refreshed_at is None,
        Lack.DIRECT_CSP: row.direct_csp != DirectCsp.SET,
    }
    return [lack for lack, missing in found.items() if missing]


def _orders_stop(row: PartnerConnection, trouble: Trouble | None) -> bool:
    """Say whether nothing gets through a broken connection, as far as is known."""
    return trouble is None or (trouble.about == TroubleAbout.TOKEN and not _is_after(row.last_success_at, trouble.at))


def _trouble(row: PartnerConnection) -> Trouble | None:
    if row.last_error_at is None:
        return None
    about = TroubleAbout(row.last_error_about or TroubleAbout.TOKEN)
    went_well_at = row.tenants_refreshed_at if about == TroubleAbout.TENANTS else row.last_success_at
    if row.state != ConnectionState.BROKEN and _is_after(went_well_at, row.last_error_at):
        return None
    return Trouble(
        at=row.last_error_at,
        about=about,
        advice=row.last_error_advice,
        code=row.last_error_code,
        words=row.last_error_words,
        request_id=row.last_error_request_id,
    )


def _is_after(moment: datetime | None, other: datetime) -> bool:
    return moment is not None and moment > other


def _roles(row: PartnerConnection) -> tuple[str, ...]:
    """Name the directory roles in the account's token; the membership in AdminAgents is in no token."""
    return tuple(sorted(DIRECTORY_ROLES[role] for role in row.roles if role in DIRECTORY_ROLES))
