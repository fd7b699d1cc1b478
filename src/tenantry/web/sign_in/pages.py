"""The words of the sign-in pages."""

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.sessions.backends.base import SessionBase
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.people.outcomes import SignInReason
from tenantry.web.sign_in.session import Ended

_KEY = "sign_in_ending"


class Ending(StrEnum):
    """How a sign-in ended that let nobody in."""

    NO_ACCESS = "no_access"
    NOT_RECOGNISED = "not_recognised"  # the right tenant, but not the account that was invited
    EXPIRED = "expired"
    PERSONAL = "personal"
    GUEST = "guest"
    STAFF_ONLY = "staff_only"
    OWNER_LINK = "owner_link"
    OTHER_ACCOUNT = "other_account"
    NOT_FRESH = "not_fresh"
    NO_TIME = "no_time"
    SECOND_FACTOR = "second_factor"
    NO_CONTEXT = "no_context"
    TOO_MANY = "too_many"
    START_AGAIN = "start_again"
    CANCELLED = "cancelled"
    NOT_BELIEVED = "not_believed"
    MICROSOFT_REFUSED = "microsoft_refused"
    SET_UP = "set_up"
    NOBODY_CAN = "nobody_can"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Told:
    """One page: what happened, what to do, and whether trying another account can help."""

    title: str
    sentences: tuple[str, ...]
    status: int
    action: str  # label of the way on; empty: none
    action_url: str


_OF_REASON = {
    SignInReason.PERSONAL: Ending.PERSONAL,
    SignInReason.GUEST: Ending.GUEST,
    SignInReason.EXPIRED: Ending.EXPIRED,
    SignInReason.RECREATED: Ending.NOT_RECOGNISED,
    SignInReason.PASSED_ON: Ending.NOT_RECOGNISED,
    SignInReason.OTHER_NAME: Ending.NOT_RECOGNISED,
    SignInReason.OWNER_LINK: Ending.OWNER_LINK,
    SignInReason.NOT_PARTNER: Ending.STAFF_ONLY,
    SignInReason.SECOND_FACTOR: Ending.SECOND_FACTOR,
}
_OF_ADVICE = {
    "consent_declined": Ending.CANCELLED,
    "mfa_missing": Ending.SECOND_FACTOR,
    "user_not_in_tenant": Ending.STAFF_ONLY,
    "code_spent": Ending.START_AGAIN,
    "secret_wrong": Ending.SET_UP,
    "secret_expired": Ending.SET_UP,
    "app_not_found": Ending.SET_UP,
    "app_single_tenant": Ending.SET_UP,
    "redirect_not_registered": Ending.SET_UP,
    "request_wrong": Ending.SET_UP,
}


def ending_of(reason: SignInReason | None) -> Ending:
    """Return the page for a refused sign-in; most reasons are for the partner only."""
    return Ending.NO_ACCESS if reason is None else _OF_REASON.get(reason, Ending.NO_ACCESS)


def ending_of_advice(advice: str) -> Ending:
    """Return the page for a refusal by Microsoft, by its advice key."""
    return _OF_ADVICE.get(advice, Ending.MICROSOFT_REFUSED)


def remember(session: SessionBase, ending: Ending, username: str) -> None:
    """Keep how it ended for the page that follows."""
    session[_KEY] = [ending.value, username]


def remembered(session: SessionBase, told: str) -> tuple[Ending, str]:
    """Return how the last try of this browser ended, and with which account.

    ``told`` is what the address says, for browsers of which nothing is kept.
    """
    if told not in set(Ending):
        told = Ending.NO_ACCESS.value
    ending, username = session.get(_KEY, [told, ""])
    return Ending(ending), username


def note(ended: str) -> str:
    """Return why the person sees the sign-in page again; empty for anything else."""
    return {
        Ended.IDLE.value: _("You were signed out because nothing happened for a while. Nothing was lost."),
        Ended.DAY.value: _("A working day has passed since you signed in."),
        Ended.ACCESS.value: _("You were signed out because your access has changed."),
        Ended.FACTOR.value: _("Staff need a second factor here now. Sign in once more: Microsoft asks for it."),
    }.get(ended, "")


def words(ending: Ending, whom: str) -> Told:
    """Return the page of an ending; ``whom`` is who can let somebody in."""
    again = (_("Sign in again"), reverse("sign_in:page"))
    other = (_("Use another account"), f"{reverse('sign_in:start')}?other=1")
    ask = _("If you think that you should have access, ask %(whom)s.") % {"whom": whom}
    title, sentences, status, way = {
        Ending.NO_ACCESS: (
            _("You have no access here yet"),
            (_("Microsoft has confirmed who you are, but nobody has given this account access."), ask),
            403,
            other,
        ),
        Ending.NOT_RECOGNISED: (
            _("This account is not known here yet"),
            (
                _("Your organisation has been invited, but under another user name, or your account is a new one."),
                _("Ask %(whom)s: they can see this attempt, and let you in without a new invitation.") % {"whom": whom},
            ),
            403,
            other,
        ),
        Ending.EXPIRED: (
            _("Your invitation has expired"),
            (_("Ask whoever invited you to renew it, then sign in again."),),
            403,
            again,
        ),
        Ending.PERSONAL: (
            _("This is a personal Microsoft account"),
            (_("This portal is for work or school accounts. Use the account that you work with."),),
            403,
            other,
        ),
        Ending.GUEST: (
            _("This account is a guest"),
            (_("You signed in as a guest of another organisation. Use the account of your own organisation."),),
            403,
            other,
        ),
        Ending.STAFF_ONLY: (
            _("This sign-in is for partner staff"),
            (
                _("Only accounts of the partner's own organisation are let in here."),
                _("Customers sign in at the portal."),
            ),
            403,
            other,
        ),
        Ending.OWNER_LINK: (
            _("This link cannot be used any more"),
            (_("It works once and for one day. Make a new one on the server with: tenantry owner-link"),),
            410,
            ("", ""),
        ),
        Ending.OTHER_ACCOUNT: (
            _("This is another account"),
            (_("Sign in with the account that you are signed in with here. Nothing was changed."),),
            403,
            (_("Go back"), "/"),
        ),
        Ending.NOT_FRESH: (
            _("Microsoft did not ask for your credentials"),
            (_("This step needs a fresh sign-in, and Microsoft used an older one. Nothing was changed."),),
            403,
            (_("Go back"), "/"),
        ),
        Ending.NO_TIME: (
            _("Microsoft did not say when you signed in"),
            (
                _("This step needs a fresh sign-in that can be checked. Nothing was changed."),
                _("For the administrator: add the optional claim auth_time to the application for sign-in."),
            ),
            403,
            (_("Go back"), "/"),
        ),
        Ending.SECOND_FACTOR: (
            _("A second factor is needed"),
            (
                _("Microsoft did not confirm that a second factor was used for this sign-in."),
                _("Sign in again and confirm it when Microsoft asks. If it never asks, your own IT can tell why."),
            ),
            403,
            again,
        ),
        Ending.NO_CONTEXT: (
            _("Microsoft refused this authentication context"),
            (
                _("Most likely the partner's tenant has none of that name. Nothing was changed."),
                _("In Entra, under Conditional Access, create it, publish it, and assign a policy to it."),
                _("If no owner can sign in any more, run on the server: tenantry owner-link"),
            ),
            403,
            (_("Go back"), "/"),
        ),
        Ending.TOO_MANY: (
            _("Many people are signing in at this moment"),
            (_("Wait a minute, then sign in. Nothing was lost, and nobody is locked out."),),
            429,
            again,
        ),
        Ending.START_AGAIN: (
            _("This sign-in was not finished"),
            (_("It took too long, or its page was opened a second time. Nothing was changed."),),
            400,
            again,
        ),
        Ending.CANCELLED: (
            _("You did not sign in"),
            (_("You cancelled at Microsoft's page, or did not let the portal see who you are."),),
            403,
            again,
        ),
        Ending.NOT_BELIEVED: (
            _("This sign-in could not be confirmed"),
            (_("The answer from Microsoft did not pass our checks, so nobody was signed in."),),
            403,
            again,
        ),
        Ending.MICROSOFT_REFUSED: (
            _("Microsoft did not let you sign in"),
            (_("A rule of your organisation may ask for something else first. Your own IT can tell."),),
            403,
            again,
        ),
        Ending.SET_UP: (
            _("Signing in is not set up completely"),
            (_("Microsoft does not accept this registration. Ask %(whom)s to set it right.") % {"whom": whom},),
            502,
            again,
        ),
        Ending.NOBODY_CAN: (
            _("Signing in does not work at the moment"),
            (
                _("This is not about your account: Microsoft refuses this portal, so nobody can sign in."),
                _("Try again later. If it lasts, ask %(whom)s, who can put it right. Nothing was changed.")
                % {"whom": whom},
            ),
            503,
            again,
        ),
        Ending.UNREACHABLE: (
            _("Microsoft cannot be reached"),
            (_("You could not be signed in. Try again in a few minutes. Nothing was changed."),),
            503,
            again,
        ),
    }[ending]
    return Told(title, sentences, status, *way)
