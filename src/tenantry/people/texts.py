"""The sentences of this room: why not, what to do, and how a sign-in ended."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel import dates
from tenantry.kernel.refusals import Refusal
from tenantry.people.models import EndUserRole, StaffRole
from tenantry.people.outcomes import SignInReason
from tenantry.people.permissions import END_USER_MAY, STAFF_MAY, Permission


def refusal_text(refusal: Refusal) -> tuple[str, str]:
    """Return the sentence of a refusal and what to do next."""
    return _reasons()[refusal.reason] % refusal.facts, _next_steps()[refusal.next_step] % refusal.next_step_facts


def sign_in_reason_text(reason: SignInReason) -> str:
    """Return what the partner reads about a refused sign-in."""
    return {
        SignInReason.PERSONAL: _("This was a personal Microsoft account. Only work or school accounts are let in."),
        SignInReason.GUEST: _("This account is a guest of the tenant. Guests are not let in."),
        SignInReason.EXPIRED: _("The invitation had expired. Renew it, then the person can sign in."),
        SignInReason.NOT_READY: _("The invitation is not usable yet: the tenant of its address is not settled."),
        SignInReason.PORTAL_CLOSED: _("The End User Portal of the company is switched off."),
        SignInReason.RECREATED: _(
            "Same user name, but another account than the one that has the access: the user name was given to somebody "
            "else, or the account was recreated."
        ),
        SignInReason.PASSED_ON: _("This account had the access until the address was invited anew for somebody else."),
        SignInReason.SECOND_FACTOR: _("Staff need a second factor, and Microsoft did not confirm one."),
        SignInReason.OTHER_NAME: _("The right tenant, but a user name that nobody invited."),
        SignInReason.OTHER_TENANT: _("The address was invited, but this account belongs to another tenant."),
        SignInReason.OWNER_LINK: _("The one-time link was used before, has expired, or is wrong."),
        SignInReason.NOT_PARTNER: _("The one-time link needs a member of the partner's own tenant."),
        SignInReason.UNKNOWN: _("Nobody invited this account."),
    }[reason]


def who_may_text(permission: Permission, company: str = "", *, every_company: bool = False) -> str:
    """Say which roles open what another role does not: at a company, or without one in the back office.

    ``every_company``: to somebody who is for named companies only, it may take one who is for all of them.
    """
    if company:
        roles = [end_user_role_text(role)[0] for role in EndUserRole if permission in END_USER_MAY[role]]
        where = _("at %(company)s") % {"company": company}
    else:
        roles = [staff_role_text(role)[0] for role in StaffRole if permission in STAFF_MAY[role]]
        where = _("in the back office")
    sentence = ngettext(
        "It takes the role %(roles)s %(where)s. Ask somebody who has it.",
        "It takes one of the roles %(roles)s %(where)s. Ask somebody who has one.",
        len(roles),
    )
    told = sentence % {"roles": ", ".join(roles), "where": where}
    return f"{told} {_('Some pages also need staff who are for all companies.')}" if every_company else told


def end_user_role_text(role: EndUserRole) -> tuple[str, str]:
    """Return the name of a role and what it may do."""
    return {
        EndUserRole.VIEW: (_("View"), _("Sees subscriptions, renewals and activity.")),
        EndUserRole.MODIFY: (_("Modify"), _("Also changes seats, now or at renewal.")),
        EndUserRole.ADMIN: (_("Admin"), _("Also decides the end of a term, cancels, and sees who has access.")),
    }[role]


def staff_role_text(role: StaffRole) -> tuple[str, str]:
    """Return the name of a role and what it may do."""
    return {
        StaffRole.SUPPORT: (_("Support"), _("Sees companies and logs, and acts for a company in its portal.")),
        StaffRole.BILLING: (_("Billing"), _("Sees companies and logs, and looks after billing.")),
        StaffRole.ADMIN: (_("Admin"), _("Also looks after companies, their portals and people, and the settings.")),
        StaffRole.OWNER: (_("Owner"), _("Everything, also partner connections, Direct CSP and staff.")),
    }[role]


def application_trouble_text(advice: str) -> tuple[str, str]:
    """Return why Microsoft refuses the application for sign-in, and what to do."""
    return {
        "secret_expired": (
            _("The secret of the application for sign-in has expired."),
            _(
                "Make a new client secret in Entra, set its value as TENANTRY_SIGN_IN_CLIENT_SECRET and the day of its "
                "end as TENANTRY_SIGN_IN_SECRET_ENDS, then restart web and worker."
            ),
        ),
        "secret_wrong": (
            _("Microsoft does not accept the secret of the application for sign-in."),
            _(
                "Check that TENANTRY_SIGN_IN_CLIENT_SECRET holds the value of a secret of this application, not the "
                "secret's id, then restart web and worker."
            ),
        ),
        "app_single_tenant": (
            _("The application for sign-in is registered for one tenant only."),
            _("Change its account types in Entra to any organisational directory."),
        ),
        "app_not_found": (
            _("Microsoft does not know the application for sign-in, or it is switched off."),
            _("Check TENANTRY_SIGN_IN_CLIENT_ID, and that the application is there and enabled in Entra."),
        ),
    }[advice]


def secret_ends_text(name: str, ends: date, today: date) -> tuple[str, str]:
    """Return when the secret of an application ("sign_in" or "partner") ends, and what to do."""
    over = ends < today
    if name == "sign_in":
        ended = _("The secret of the application for sign-in was to end on %(day)s.")
        sentence = ended if over else _("The secret of the application for sign-in ends on %(day)s.")
        next_step = _(
            "Make a new one in Entra before, set it as TENANTRY_SIGN_IN_CLIENT_SECRET and the day of its end as "
            "TENANTRY_SIGN_IN_SECRET_ENDS, then restart web and worker. Without it nobody can sign in."
        )
    else:
        ended = _("The secret of the application for Partner Center was to end on %(day)s.")
        sentence = ended if over else _("The secret of the application for Partner Center ends on %(day)s.")
        next_step = _(
            "Make a new one in Entra before, set it as TENANTRY_PARTNER_CLIENT_SECRET (worker only) and the day of its "
            "end as TENANTRY_PARTNER_SECRET_ENDS, then restart web and worker. Without it no connection by consent "
            "works."
        )
    return sentence % {"day": dates.full_day(ends)}, next_step


def _reasons() -> dict[str, str]:
    return {
        "gone": _("This is not here any more, or somebody changed it meanwhile."),
        "tenant_missing": _("The tenant %(tenant)s is not in the list that Partner Center gave."),
        "direct_csp_not_set": _("Direct CSP is not set on the partner connection %(connection)s."),
        "email_invalid": _("This is not an e-mail address."),
        "domain_unknown": _("Microsoft knows no tenant for %(domain)s, so nobody there can sign in."),
        "domain_consumer": _("%(domain)s holds personal accounts, and only work or school accounts are let in."),
        "already_invited": _("%(address)s has access to this company already, or an invitation."),
        "already_bound": _("The invitation has been used: the person has signed in."),
        "not_bindable": _("This sign-in does not belong to the tenant of the invitation."),
        "person_has_access": _("%(person)s has access already."),
        "already_staff": _("%(address)s is in the list of staff already."),
        "name_companies": _("No company is chosen, or one of them is not here any more."),
        "context_invalid": _("This is no authentication context."),
        "context_not_proven": _("You are not signed in with %(context)s in this session."),
        "no_such_zone": _("%(zone)s is no time zone that is known here."),
        "last_owner": _("This is the only owner for all companies who can sign in."),
    }


def _next_steps() -> dict[str, str]:
    return {
        "look_again": _("Look at the page again."),
        "refresh_tenants": _("Refresh the tenants of the connection, then add the company."),
        "set_direct_csp": _("Under “Delegated Admin”, enable Direct CSP on the connection."),
        "correct_address": _("Write an address such as name@example.com."),
        "work_account": _("Ask for the address of the person's work or school account."),
        "change_or_renew": _("Change the role there, or renew the invitation."),
        "nothing_to_do": _("There is nothing to do."),
        "invite_address": _("Invite the user name of that account instead."),
        "change_role": _("Change the role there."),
        "choose_companies": _("Choose at least one company, or all companies."),
        "write_context": _("Write one such as c1."),
        "try_second_factor": _("Sign in with it first. Then it can be required."),
        "choose_zone": _("Choose one of the list."),
        "another_owner_first": _("Make somebody else an owner first, and let them sign in."),
    }
