"""The sentences of this room: why not, what to do, what is missing, and how a run ended."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.connection.advice import advice
from tenantry.connection.health import Lack, Standing
from tenantry.kernel.refusals import Refusal


@dataclass(frozen=True, slots=True)
class RunText:
    """How a run ended, for people: the sentence, more about it, what to do, who can do it, and Microsoft's words."""

    sentence: str
    detail: str = ""
    next_step: str = ""
    who: str = ""
    words: str = ""
    code: str = ""
    request_id: str = ""


def refusal_text(refusal: Refusal) -> tuple[str, str]:
    """Return the sentence of a refusal and what to do next."""
    return _reasons()[refusal.reason] % refusal.facts, _next_steps()[refusal.next_step] % refusal.next_step_facts


def standing_text(standing: Standing) -> str:
    """Return the answer at a glance."""
    return {
        Standing.WAITING: _("Not set up yet"),
        Standing.WORKING: _("Works"),
        Standing.ATTENTION: _("Works, needs attention"),
        Standing.BROKEN: _("Does not work"),
    }[standing]


def broken_sentence(orders_stop: bool) -> str:
    """Return what it means that a connection does not work."""
    if orders_stop:
        return _("Nothing new is read from Microsoft, and no change reaches it.")
    return _("Change orders are still sent to Microsoft, and each one says how it ended.")


def lack_text(lack: Lack) -> tuple[str, str]:
    """Return what is missing, and what to do about it."""
    return {
        Lack.CERTIFICATE_MAKING: (
            _("The certificate is being made."),
            _("Wait a moment, then load this page again."),
        ),
        Lack.CERTIFICATE_UPLOAD: (
            _("A certificate waits to be uploaded."),
            _("Upload it to the application in Entra, then press “Check now”."),
        ),
        Lack.CERTIFICATE_ENDS: (
            _("The certificate ends soon."),
            _("Make a new one, upload it to the application in Entra, then press “Check now”."),
        ),
        Lack.CONSENT_OLD: (
            _("The consent has not been renewed for a long time."),
            _("Check the connection now; if that fails, grant Partner Center consent again."),
        ),
        Lack.MFA: (
            _("The account's token does not carry multi-factor authentication."),
            _("Make Microsoft ask this account for MFA, then grant Partner Center consent again."),
        ),
        Lack.TENANTS: (_("The tenants have not been read yet."), _("Check the connection now.")),
        Lack.DIRECT_CSP: (
            _("Direct CSP is not set, so no End User Portal can be enabled."),
            _("An owner enables it with a test, which changes nothing."),
        ),
    }[lack]


def run_text(message_key: str, details: Mapping[str, object]) -> RunText:
    """Return how a run of this room ended."""
    if message_key == "refused_by_microsoft":
        told = advice(str(details.get("advice", "")))
        return RunText(
            told.sentence,
            next_step=told.next_step,
            who=told.who_text,
            words=str(details.get("words", "")),
            code=str(details.get("code", "")),
            request_id=str(details.get("request_id", "")),
        )
    match message_key:
        case "consent_granted":
            return RunText(
                _("Partner Center consent has been granted."),
                _("%(name)s is connected by the account %(account)s. Its tenants are being read.") % details,
            )
        case "tenants_refreshed":
            return RunText(_("The tenants have been refreshed."), _tenants_detail(details))
        case "direct_csp_set":
            return RunText(_("Direct CSP status has been set"), _direct_csp_detail(details))
        case "certificate_made":
            return RunText(_("The certificate has been made."), _("Upload it to the application in Entra."))
        case "connection_works":
            return RunText(_("The connection works."), _("Token, rights and answers were tried just now."))
    told = advice("unexpected")
    return RunText(told.sentence, next_step=told.next_step, who=told.who_text)


def _tenants_detail(details: Mapping[str, object]) -> str:
    listed, added, missing, unkept = (
        int(str(details.get(name, 0))) for name in ("listed", "added", "missing", "unkept")
    )
    parts = [
        ngettext("Partner Center lists %(count)d tenant.", "Partner Center lists %(count)d tenants.", listed)
        % {"count": listed}
    ]
    if added:
        parts.append(ngettext("%(count)d is new.", "%(count)d are new.", added) % {"count": added})
    if missing:
        parts.append(
            ngettext(
                "%(count)d is no longer listed and waits for a decision.",
                "%(count)d are no longer listed and wait for a decision.",
                missing,
            )
            % {"count": missing}
        )
    if unkept:
        parts.append(
            ngettext("%(count)d could not be kept.", "%(count)d could not be kept.", unkept) % {"count": unkept}
        )
    return " ".join(parts)


def _direct_csp_detail(details: Mapping[str, object]) -> str:
    count = int(str(details.get("subscriptions", 0)))
    read = ngettext(
        "Microsoft let us read %(tenant)s and its %(count)d subscription.",
        "Microsoft let us read %(tenant)s and its %(count)d subscriptions.",
        count,
    ) % {"tenant": details.get("tenant", ""), "count": count}
    if details.get("indirect"):
        return f"{read} {_('Some of them name another partner; changing those may be up to that partner.')}"
    return read


def _reasons() -> dict[str, str]:
    return {
        "gone": _("This partner connection is not here any more, or somebody changed it meanwhile."),
        "no_application": _("No application for Partner Center is set, so there is nothing to consent to."),
        "no_consent_here": _("This connection uses your own app registration with a certificate; it needs no consent."),
        "consent_unknown": _(
            "This answer from Microsoft belongs to no consent that you began here, or it came too late."
        ),
        "name_missing": _("The connection has no name."),
        "id_invalid": _("Tenant id and application id look like 6e5a3b5e-5be4-54b4-ad33-04bb76a6b074."),
        "other_tenant": _("This installation is for another Microsoft tenant."),
        "application_there": _("There is already a connection with this app registration."),
        "tenant_missing": _("This tenant is not in the list that Partner Center gave."),
        "tenant_decided": _("Somebody has decided about this tenant already, or Partner Center lists it again."),
        "name_differs": _("This is not the name of the connection."),
        "still_used": _("%(companies)d companies still use this connection."),
    }


def _next_steps() -> dict[str, str]:
    return {
        "look_again": _("Look at the page again."),
        "set_application": _("Whoever runs this installation sets TENANTRY_PARTNER_CLIENT_ID."),
        "new_certificate": _("Open that connection and make a new certificate there."),
        "grant_again": _("Grant Partner Center consent again."),
        "write_name": _("Write how the connection is to be called."),
        "copy_ids": _("Copy both ids from the application's overview in Entra."),
        "refresh_tenants": _("Refresh the tenants of the connection, then choose again."),
        "write_the_name": _("Write it exactly as it stands above the field."),
        "remove_companies": _("Remove these companies first, or leave the connection."),
    }
