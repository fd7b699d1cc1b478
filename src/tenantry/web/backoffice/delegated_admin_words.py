"""Partner connections as plain words for the pages: does it work, until when, what is missing, who to call."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.connection.advice import advice
from tenantry.connection.health import HealthView, Lack, Standing
from tenantry.connection.models import ConnectionMode, DirectCsp, TroubleAbout
from tenantry.connection.queries import ConnectionView
from tenantry.connection.texts import lack_text, standing_text
from tenantry.kernel import dates
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks

_TONES = {
    Standing.WAITING: "info",
    Standing.WORKING: "positive",
    Standing.ATTENTION: "caution",
    Standing.BROKEN: "critical",
}


@dataclass(frozen=True, slots=True)
class TroubleWords:
    """What went wrong, what to do, who can, and Microsoft's own words."""

    sentence: str
    next_step: str
    who: str
    words: str
    code: str
    request_id: str
    at: datetime | None
    title: str = ""
    tone: str = "critical"


@dataclass(frozen=True, slots=True)
class LackWords:
    """Something that is missing, what to do, and whether enabling Direct CSP does it."""

    sentence: str
    next_step: str
    is_direct_csp: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One connection at a glance."""

    id: UUID
    name: str
    badge: SafeString
    broken: bool
    waiting: bool
    sentence: str
    by_consent: bool
    identity: str  # the account, or the application id
    until: str
    until_note: str
    direct_csp: SafeString
    direct_csp_note: str
    tenants: str
    tenants_note: str
    answered: str
    mfa: SafeString | None
    roles: str
    lacks: tuple[LackWords, ...]
    trouble: TroubleWords | None
    direct_csp_trouble: TroubleWords | None
    tenants_held: int


def card_of(view: ConnectionView, now: datetime) -> Card:
    """Put a connection into words; ``now`` is the real time, which tokens and tests follow."""
    by_consent = view.mode == ConnectionMode.CONSENT
    health = view.health
    return Card(
        id=view.id,
        name=view.name,
        badge=marks.badge(standing_text(health.standing), _TONES[health.standing]),
        broken=health.standing == Standing.BROKEN,
        waiting=health.standing == Standing.WAITING,
        sentence=_sentence(view),
        by_consent=by_consent,
        identity=view.account if by_consent else view.client_id,
        until=_until(health),
        until_note=_until_note(view, now),
        direct_csp=_direct_csp_badge(view.direct_csp),
        direct_csp_note=_direct_csp_note(view, now),
        tenants=ngettext("%(n)d tenant", "%(n)d tenants", view.tenants) % {"n": view.tenants},
        tenants_note=_tenants_note(view, now),
        answered=distances.ago(view.last_success_at, now) if view.last_success_at else _("never yet"),
        mfa=_mfa_badge(view) if by_consent else None,
        roles=", ".join(health.roles),
        lacks=tuple(LackWords(*lack_text(lack), lack == Lack.DIRECT_CSP) for lack in health.lacks),
        trouble=_trouble(health),
        direct_csp_trouble=_direct_csp_trouble(view),
        tenants_held=view.tenants_held,
    )


def state_sentence(views: tuple[ConnectionView, ...]) -> str:
    """Say in one sentence how all connections are."""
    words = ngettext("%(n)d partner connection", "%(n)d partner connections", len(views)) % {"n": len(views)}
    broken = sum(view.health.standing == Standing.BROKEN for view in views)
    lacking = sum(view.health.standing in (Standing.ATTENTION, Standing.WAITING) for view in views)
    if broken:
        words += " · " + ngettext("%(n)d does not work", "%(n)d do not work", broken) % {"n": broken}
    if lacking:
        words += " · " + ngettext("%(n)d needs attention", "%(n)d need attention", lacking) % {"n": lacking}
    if views and not broken and not lacking:
        words += " · " + ngettext("works", "all work", len(views))
    return words


def _sentence(view: ConnectionView) -> str:
    if view.health.standing == Standing.BROKEN:
        if view.health.orders_stop:
            return _("No change order reaches Microsoft through this connection until this is fixed.")
        return _("Change orders are still sent to Microsoft, and each one says how it ended.")
    if view.health.standing == Standing.WAITING:
        return _("Microsoft gives no token yet, so nothing can be read or changed.")
    if view.mode == ConnectionMode.CONSENT:
        return _("By consent of a partner account. It is renewed by itself, many times before it would end.")
    return _("With your own app registration and a certificate. Assigned seats cannot be read this way.")


def _until(health: HealthView) -> str:
    if health.standing == Standing.BROKEN and health.orders_stop:
        return _("not now")
    return "" if health.works_until is None else dates.full_day(health.works_until)


def _until_note(view: ConnectionView, now: datetime) -> str:
    if view.health.works_until is None:
        return ""
    left = distances.away(view.health.works_until, now)
    broken = view.health.standing == Standing.BROKEN and view.health.orders_stop
    if view.mode == ConnectionMode.APPLICATION or view.token_renewed_at is None:
        return "" if broken else left
    renewed = distances.ago(view.token_renewed_at, now)
    if broken:
        return format_html(_("last renewed {}"), renewed)
    return format_html(_("{left} · renewed {ago}"), left=left, ago=renewed)


def _direct_csp_badge(flag: DirectCsp) -> SafeString:
    return {
        DirectCsp.SET: marks.badge(_("Set"), "positive"),
        DirectCsp.UNSET: marks.badge(_("Not set"), "neutral"),
        DirectCsp.TESTING: marks.badge(_("Being tested"), "info"),
        DirectCsp.FAILED: marks.badge(_("Test failed"), "critical"),
    }[flag]


def _direct_csp_note(view: ConnectionView, now: datetime) -> str:
    if view.direct_csp_at is None or view.direct_csp not in (DirectCsp.SET, DirectCsp.FAILED):
        return ""
    ago = distances.ago(view.direct_csp_at, now)
    if view.direct_csp_tenant:
        return format_html(_("tested {ago} against {tenant}"), ago=ago, tenant=view.direct_csp_tenant)
    return format_html(_("tested {}"), ago)


def _tenants_note(view: ConnectionView, now: datetime) -> str:
    if view.tenants_refreshed_at is None:
        return _("not read yet")
    return format_html(_("read {}"), distances.ago(view.tenants_refreshed_at, now))


def _mfa_badge(view: ConnectionView) -> SafeString:
    if view.mfa_compliant is None:
        return marks.unknown()
    if view.mfa_compliant:
        return marks.badge(_("In the token"), "positive")
    return marks.badge(_("Missing"), "critical")


def _trouble(health: HealthView) -> TroubleWords | None:
    if health.trouble is None:
        return None
    told = advice(health.trouble.advice)
    broken = health.standing == Standing.BROKEN
    return TroubleWords(
        title="" if broken else _not_read(health.trouble.about),
        tone="critical" if broken else "caution",
        sentence=told.sentence,
        next_step=told.next_step,
        who=told.who_text,
        words=health.trouble.words,
        code=health.trouble.code,
        request_id=health.trouble.request_id,
        at=health.trouble.at,
    )


def _not_read(about: TroubleAbout) -> str:
    """Say what the last try did not bring, where the connection works all the same."""
    return {
        TroubleAbout.TOKEN: _("Microsoft gave no new token at the last try. The last one works for up to an hour."),
        TroubleAbout.TENANTS: _("The list of tenants could not be read. Companies and change orders go on."),
    }[about]


def _direct_csp_trouble(view: ConnectionView) -> TroubleWords | None:
    if view.direct_csp != DirectCsp.FAILED:
        return None
    told = advice(view.direct_csp_advice)
    return TroubleWords(
        sentence=told.sentence,
        next_step=told.next_step,
        who=told.who_text,
        words=view.direct_csp_words,
        code="",
        request_id="",
        at=view.direct_csp_at,
    )
