"""Sign-in with Microsoft: authorization code with PKCE, back by a plain redirect.

The button is a link, because a form may not lead to another origin here; ``response_mode=query`` keeps the Lax cookie.
"""

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tenantry.clients.entra import Identity, IdTokenRefusedError, explain_redirect
from tenantry.clients.http import SignInNeeded, UpstreamError
from tenantry.kernel import clock
from tenantry.licensing.moment import Moment
from tenantry.people import actions, queries, upstream
from tenantry.people.access import Viewer, viewer
from tenantry.people.outcomes import SignInReason
from tenantry.people.permissions import Permission
from tenantry.web.access import SignedInRequest, current_session, current_viewer, local_path, public, signed_in
from tenantry.web.frame import bare_frame
from tenantry.web.sign_in import attempts, pages, session
from tenantry.web.sign_in.pages import Ending

_OFFICE = "/office/"
# Clocks of two machines are never quite the same.
_LEEWAY = timedelta(seconds=120)
_log = structlog.get_logger(__name__)


@public
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show the one button; with ``fresh=1`` also to who is signed in, before a step that needs a fresh sign-in."""
    next_path = local_path(request.GET.get("next", ""))
    who = current_viewer(request)
    fresh = who is not None and request.GET.get("fresh") == "1"
    if who is not None and not fresh:
        return HttpResponseRedirect(next_path or _home(who))
    query = {"next": next_path, "as": request.GET.get("as", "")[:254], "fresh": "1" if fresh else ""}
    start_url = f"{reverse('sign_in:start')}?{urlencode({key: value for key, value in query.items() if value})}"
    context = bare_frame(Moment.current()) | {
        "start_url": start_url,
        "fresh": fresh,
        "for_staff": next_path.startswith(_OFFICE),
        "note": pages.note(request.GET.get("ended", "")),
    }
    return render(request, "sign_in/page.html", context)


@public
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to Microsoft.

    Query: ``next`` (a path of this site), ``as`` (a user name to begin with), ``owner`` (token of a one-time link),
    ``fresh=1`` (credentials again, for who is signed in), ``other=1`` (let the person choose another account),
    ``staff=1`` (at the partner's tenant, whatever the way on is), ``context`` (with ``fresh``: an authentication
    context that an owner tries).
    """
    next_path = local_path(request.GET.get("next", ""))
    owner_token = request.GET.get("owner", "")[:100]
    who, now = current_viewer(request), clock.now()
    if who is None and (wait := actions.begin_sign_in(address=_origin(request).address, now=now)):
        answer = _ending_page(request, Ending.TOO_MANY)
        answer.headers["Retry-After"] = str(wait)
        return answer
    authority = upstream.ORGANISATIONS
    login_hint = request.GET.get("as", "")[:254]
    again, context = None, ""
    if who is not None and request.GET.get("fresh") == "1":
        authority, login_hint, again = who.person.tid, who.person.username, who.person.id
        context = _context_of(request, who)
    elif owner_token:
        authority = upstream.authority_for_staff()
    elif request.GET.get("staff") == "1" or next_path.startswith(_OFFICE) or _only_office(request):
        authority, context = upstream.authority_for_staff(), queries.staff_context()
    address = attempts.begin(
        request.session,
        authority,
        redirect_uri=_own_address(request) + reverse("sign_in:return"),
        now=now,
        next_path=next_path,
        owner_link=actions.link_digest(owner_token) if owner_token else "",
        again=again,
        login_hint=login_hint,
        prompt="select_account" if request.GET.get("other") == "1" else "",
        context=context,
    )
    return HttpResponseRedirect(address)


@public
@require_GET
@sensitive_variables("code")
def came_back(request: HttpRequest) -> HttpResponse:
    """Take the browser back from Microsoft, check who it brings, and let them in or say why not."""
    if "admin_consent" in request.GET:
        # An administrator's approval: what this return says proves nothing, the next sign-in will.
        return HttpResponseRedirect(f"{reverse('sign_in:admin_approval')}?done=1")
    now = clock.now()
    pending = attempts.take(request.session, request.GET.get("state", ""), now)
    if pending is None:
        who = current_viewer(request)
        return _end(request, Ending.START_AGAIN) if who is None else HttpResponseRedirect(_home(who))
    if "error" in request.GET:
        refused = explain_redirect(request.GET["error"], request.GET.get("error_description", ""))
        if pending.context and refused.advice == "request_wrong":
            return _end(request, Ending.NO_CONTEXT)
        return _refused_by_microsoft(request, refused)
    try:
        identity = upstream.identity_of(request.GET.get("code", ""), pending.attempt, now)
    except IdTokenRefusedError as refusal:
        return _refused_token(request, refusal, now)
    except UpstreamError as error:
        answered = error.http_status is not None and error.http_status < 500
        if isinstance(error, SignInNeeded) and answered:
            tenant = upstream.tenant_named(pending.attempt, error)
            if actions.note_application_refused(error, tenant, now=now):
                _log.error("sign_in.nobody_can", code=error.code, advice=error.advice, request_id=error.request_id)
                return _end(request, Ending.NOBODY_CAN)
            return _refused_by_microsoft(request, error)
        _log.warning("sign_in.microsoft_unreachable", code=error.code, request_id=error.request_id)
        return _end(request, Ending.UNREACHABLE)
    actions.forget_application_trouble()
    return _let_in(request, identity, pending, now)


@public
@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; Microsoft's own session is another matter, and the page says so."""
    who = current_viewer(request)
    if request.method == "POST":
        session.end(request.session)
        return HttpResponseRedirect(reverse("sign_in:out"))
    if who is not None:
        return render(request, "sign_in/sign_out.html", bare_frame(Moment.current()) | {"name": who.person.shown_name})
    back = f"{_own_address(request)}{reverse('sign_in:page')}"
    microsoft = (
        f"{settings.LOGIN_URL}/{upstream.ORGANISATIONS}/oauth2/v2.0/logout?"
        f"{urlencode({'post_logout_redirect_uri': back})}"
    )
    return render(request, "sign_in/signed_out.html", bare_frame(Moment.current()) | {"microsoft_url": microsoft})


@signed_in
@require_POST
def end_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign the person out of one other browser, or of all others."""
    ended = actions.end_sessions(
        acting_as=request.viewer.acting_as(),
        person_id=request.viewer.person.id,
        only=request.POST.get("session", ""),
        keep=session.digest(request.session),
        now=clock.now(),
    )
    told = ngettext("You are signed out of %(n)d other browser.", "You are signed out of %(n)d other browsers.", ended)
    messages.success(request, told % {"n": ended})
    return HttpResponseRedirect(local_path(request.POST.get("next", "")) or "/")


@public
@require_GET
def no_access(request: HttpRequest) -> HttpResponse:
    """Say how a sign-in ended that did not let anybody in, and whom to ask."""
    ending, username = pages.remembered(request.session, request.GET.get("how", ""))
    return _ending_page(request, ending, username)


@public
@require_GET
def admin_approval(request: HttpRequest) -> HttpResponse:
    """Explain that an administrator must approve the application, with the link for that administrator."""
    address = upstream.approval_address(_own_address(request) + reverse("sign_in:return"))
    context = bare_frame(Moment.current()) | {"approval_url": address, "done": request.GET.get("done") == "1"}
    return render(request, "sign_in/admin_approval.html", context)


@public
@require_GET
def first_owner(request: HttpRequest, token: str) -> HttpResponse:
    """Show the one-time link's page; the link is used up by the sign-in, not by looking."""
    if not actions.owner_link_is_good(token, clock.now()):
        return _ending_page(request, Ending.OWNER_LINK)
    start_url = f"{reverse('sign_in:start')}?{urlencode({'owner': token, 'other': '1'})}"
    return render(request, "sign_in/first_owner.html", bare_frame(Moment.current()) | {"start_url": start_url})


def _let_in(request: HttpRequest, identity: Identity, pending: attempts.Pending, now: datetime) -> HttpResponse:
    if pending.again is not None:
        ending = _not_fresh(request, identity, pending)
        if ending is not None:
            return _end(request, ending, identity.username)
    origin, before = _origin(request), current_session(request)
    # What the console's link let through is not let through for longer because the person proves themselves anew.
    goes_on = before if pending.again is not None and before is not None and before.by_owner_link else None
    if pending.owner_link:
        outcome = actions.take_owner_link(identity, digest=pending.owner_link, now=now, origin=origin)
    else:
        outcome = actions.sign_in(identity, now=now, origin=origin, needs_factor=goes_on is None)
    who = None if outcome.person_id is None else viewer(outcome.person_id)
    if who is None:
        if outcome.reason is SignInReason.SECOND_FACTOR and not pending.context:
            return HttpResponseRedirect(_with_second_factor(identity, pending))
        return _end(request, pages.ending_of(outcome.reason), identity.username)
    proved_at = None if identity.auth_time is None else min(identity.auth_time, now)
    session.begin(
        request.session,
        person_id=who.person.id,
        proved_at=proved_at,
        now=now,
        origin=origin,
        contexts=identity.contexts,
        by_owner_link=bool(pending.owner_link) or goes_on is not None,
        signed_in_at=None if goes_on is None else goes_on.signed_in_at,
    )
    if pending.again is None:
        rotate_token(request)  # forms of before belong to somebody else; in a fresh sign-in they stay good
    return HttpResponseRedirect(pending.next or _home(who))


def _not_fresh(request: HttpRequest, identity: Identity, pending: attempts.Pending) -> Ending | None:
    who = current_viewer(request)
    if who is not None and (who.person.tid, who.person.oid) != (identity.tid, identity.oid):
        return Ending.OTHER_ACCOUNT
    if identity.auth_time is None:
        return Ending.NO_TIME
    if identity.auth_time < pending.began_at - _LEEWAY:
        return Ending.NOT_FRESH
    return Ending.SECOND_FACTOR if pending.context and pending.context not in identity.contexts else None


def _context_of(request: HttpRequest, who: Viewer) -> str:
    """Return what Microsoft must confirm in a fresh sign-in: what staff need, or what an owner tries."""
    tried = actions.read_context(request.GET.get("context", ""))
    if tried and who.may(Permission.OFFICE_OWNER):
        return tried
    found = current_session(request)
    if who.staff is None or (found is not None and found.by_owner_link):
        return ""
    return who.staff.context


def _with_second_factor(identity: Identity, pending: attempts.Pending) -> str:
    """Return where staff begin again who came by a way on which Microsoft was not asked for a second factor."""
    query = {"staff": "1", "next": pending.next, "as": identity.username}
    return f"{reverse('sign_in:start')}?{urlencode({key: value for key, value in query.items() if value})}"


def _refused_token(request: HttpRequest, refusal: IdTokenRefusedError, now: datetime) -> HttpResponse:
    """Answer a token that must not be believed; a personal account's is genuine, and goes into the partner's log."""
    _log.warning("sign_in.token_refused", reason=refusal.reason.value)
    if refusal.identity is None or not refusal.identity.is_personal:
        return _end(request, Ending.NOT_BELIEVED)
    outcome = actions.sign_in(refusal.identity, now=now, origin=_origin(request))
    return _end(request, pages.ending_of(outcome.reason), refusal.identity.username)


def _refused_by_microsoft(request: HttpRequest, error: SignInNeeded) -> HttpResponse:
    _log.info("sign_in.refused_by_microsoft", code=error.code, advice=error.advice, request_id=error.request_id)
    if error.advice in {"consent_missing", "admin_consent_needed"}:
        return HttpResponseRedirect(reverse("sign_in:admin_approval"))
    return _end(request, pages.ending_of_advice(error.advice))


def _end(request: HttpRequest, ending: Ending, username: str = "") -> HttpResponse:
    address = reverse("sign_in:no_access")
    if request.session.is_empty():
        # Nobody began to sign in with this browser: nothing is kept for whoever merely opens the address.
        return HttpResponseRedirect(f"{address}?{urlencode({'how': ending.value})}")
    pages.remember(request.session, ending, username)
    return HttpResponseRedirect(address)


def _ending_page(request: HttpRequest, ending: Ending, username: str = "") -> HttpResponse:
    frame = bare_frame(Moment.current())
    told = pages.words(ending, str(frame["whom_to_ask"]))
    return render(request, "sign_in/ending.html", frame | {"told": told, "username": username}, status=told.status)


def _home(who: Viewer) -> str:
    """Return where somebody begins: end users in their portal, staff in the back office."""
    return "/" if who.is_end_user or who.staff is None else _OFFICE


def _own_address(request: HttpRequest) -> str:
    """Return the public address of the host that was asked; Microsoft sends people back to no other."""
    for address in (settings.PORTAL_URL, settings.BACKOFFICE_URL):
        if urlsplit(address).netloc == request.get_host():
            return str(address)
    return str(settings.PUBLIC_URL)


def _only_office(request: HttpRequest) -> bool:
    office = urlsplit(settings.BACKOFFICE_URL).netloc
    return office != urlsplit(settings.PORTAL_URL).netloc and request.get_host() == office


def _origin(request: HttpRequest) -> actions.Origin:
    try:
        known = str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        known = None
    return actions.Origin(known, request.headers.get("User-Agent", ""))
