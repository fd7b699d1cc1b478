"""The text that staff send to somebody whom they invited: a greeting, the way in, the role, until when, whom to ask."""

from dataclasses import dataclass
from urllib.parse import quote

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tenantry.branding.queries import BrandView
from tenantry.people.models import EndUserRole
from tenantry.people.queries import EndUserRow, invitation_link
from tenantry.people.texts import end_user_role_text


@dataclass(frozen=True, slots=True)
class Invitation:
    """A message, and the address that opens it in the mail program."""

    subject: str
    text: str
    mailto: str


def invitation(row: EndUserRow, brand: BrandView, sender: str) -> Invitation:
    """Write the message to the person whom ``row`` is about; the address in it is no secret."""
    names = {"portal": brand.portal_name, "company": row.company_name}
    subject = _("Your access to the Microsoft subscriptions of %(company)s") % names
    role = _("Your role is %(role)s. %(may)s") % {"role": end_user_role_text(row.role)[0], "may": _may(row.role)}
    way_in = _("Open this address and sign in with Microsoft as %(address)s, by %(day)s:\n%(link)s") % {
        "address": row.email,
        "day": date_format(localtime(row.expires_at), "l, j F Y"),
        "link": invitation_link(row.email),
    }
    parts = [
        _("Hello,"),
        _("you now have access to the portal %(portal)s, for the Microsoft subscriptions of %(company)s.") % names,
        role,
        way_in,
        _whom_to_ask(brand),
        f"{sender}\n{brand.portal_name}",
    ]
    text = "\n\n".join(part for part in parts if part)
    query = f"subject={quote(subject, safe='')}&body={quote(text.replace(chr(10), chr(13) + chr(10)), safe='')}"
    return Invitation(subject, text, f"mailto:{quote(row.email, safe='@')}?{query}")


def _may(role: EndUserRole) -> str:
    """Say to the person what the role lets them do."""
    return {
        EndUserRole.VIEW: _("You can see the subscriptions, their renewals and what was done."),
        EndUserRole.MODIFY: _("You can see the subscriptions and change the number of seats."),
        EndUserRole.ADMIN: _(
            "You can see the subscriptions, change the number of seats, decide what happens when a term ends, cancel, "
            "and see who has access."
        ),
    }[role]


def _whom_to_ask(brand: BrandView) -> str:
    """Name who helps; without anything set the sender is asked, by an answer to the message."""
    found = [part for part in (brand.support_name, brand.support_email, brand.support_phone, brand.support_url) if part]
    return _("Questions: %(who)s") % {"who": ", ".join(found)} if found else _("Questions: answer this message.")
