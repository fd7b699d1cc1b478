"""Declare on every view who may open it; a view without a declaration fails the isolation test.

``@public`` opens to everybody. ``@signed_in`` needs a person. ``@portal(Permission.X)`` needs that permission at the
company of ``<uuid:company_id>`` and gives ``request.access``. ``@office(Permission.X)`` needs it in the back office
and, where the address has a ``company_id``, sight of that company. ``@rehearsal_only`` exists in rehearsal and debug
only. What is missing and what is forbidden both answer 404; who is signed out is sent to the sign-in page.

Put the declaration outermost: above ``require_POST`` and the like.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import SplitResult, urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from tenantry.kernel import clock
from tenantry.kernel.zones import first_set
from tenantry.people.access import CompanyAccess, Viewer
from tenantry.people.permissions import OFFICE_PERMISSIONS, PORTAL_PERMISSIONS, Permission
from tenantry.people.texts import who_may_text
from tenantry.web.request_log import log_denied
from tenantry.web.sign_in.session import Ended, SignedIn


class Audience(Enum):
    """Whom a view is for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    PORTAL = "portal"
    OFFICE = "office"
    REHEARSAL = "rehearsal"


@dataclass(frozen=True, slots=True)
class DeclaredAccess:
    """What a view declares; readable as ``view.declared_access``."""

    audience: Audience
    permission: Permission | None = None
    fresh: bool = False
    every_company: bool = False


class SignedInRequest(HttpRequest):
    """A request of a signed-in person."""

    viewer: Viewer


class PortalRequest(SignedInRequest):
    """A request for one company's portal, by somebody who may see it."""

    access: CompanyAccess


class OfficeRequest(SignedInRequest):
    """A request for the back office, by partner staff."""


P = ParamSpec("P")
_Open = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def public(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> _Open[P]:
    """Open a view to everybody, signed in or not."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return _declare(wrapper, DeclaredAccess(Audience.PUBLIC))


def rehearsal_only(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> _Open[P]:
    """Open a view to everybody in rehearsal and debug; elsewhere it does not exist."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not (settings.REHEARSAL or settings.DEBUG):
            raise Http404
        return view(request, *args, **kwargs)

    return _declare(wrapper, DeclaredAccess(Audience.REHEARSAL))


def signed_in(view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase]) -> _Open[P]:
    """Open a view to every signed-in person."""

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if current_viewer(request) is None:
            return _to_sign_in(request)
        return view(cast(SignedInRequest, request), *args, **kwargs)

    return _declare(wrapper, DeclaredAccess(Audience.SIGNED_IN))


def portal(
    permission: Permission, *, fresh: bool = False
) -> Callable[[Callable[Concatenate[PortalRequest, P], HttpResponseBase]], _Open[P]]:
    """Open a view of one company's portal to those who have a permission there.

    ``fresh`` asks for a new sign-in when the last one is older than FRESH_SIGN_IN_MINUTES.
    """
    if permission not in PORTAL_PERMISSIONS:
        raise ValueError(f"{permission} is not a permission of the portal.")

    def decorate(view: Callable[Concatenate[PortalRequest, P], HttpResponseBase]) -> _Open[P]:
        @wraps(view)
        def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            elsewhere = _own_host(request, settings.PORTAL_URL)
            if elsewhere is not None:
                return elsewhere
            viewer = current_viewer(request)
            if viewer is None:
                return _to_sign_in(request)
            company_id = kwargs["company_id"]
            access = viewer.company(company_id) if isinstance(company_id, UUID) else None
            if access is None or not access.may(permission):
                raise _denied(request, viewer, Audience.PORTAL, permission, company_id)
            if fresh and not _is_fresh(request):
                return _to_fresh_sign_in(request)
            known = cast(PortalRequest, request)
            known.access = access
            timezone.activate(first_set(viewer.person.time_zone, access.time_zone))  # until `ViewerMiddleware` ends
            return view(known, *args, **kwargs)

        return _declare(wrapper, DeclaredAccess(Audience.PORTAL, permission, fresh))

    return decorate


def office(
    permission: Permission, *, fresh: bool = False, every_company: bool = False
) -> Callable[[Callable[Concatenate[OfficeRequest, P], HttpResponseBase]], _Open[P]]:
    """Open a view of the back office to staff with a permission, who see the company of the address if it names one.

    ``fresh`` asks for a new sign-in when the last one is older than FRESH_SIGN_IN_MINUTES. ``every_company`` keeps out
    staff who are for named companies only, for example where companies are added.
    """
    if permission not in OFFICE_PERMISSIONS:
        raise ValueError(f"{permission} is not a permission of the back office.")

    def decorate(view: Callable[Concatenate[OfficeRequest, P], HttpResponseBase]) -> _Open[P]:
        @wraps(view)
        def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            elsewhere = _own_host(request, settings.BACKOFFICE_URL)
            if elsewhere is not None:
                return elsewhere
            viewer = current_viewer(request)
            if viewer is None:
                return _to_sign_in(request)
            company_id = kwargs.get("company_id")
            unseen = isinstance(company_id, UUID) and not viewer.sees_company(company_id)
            named_only = every_company and viewer.office_companies() is not None
            if unseen or named_only or not viewer.may(permission):
                raise _denied(request, viewer, Audience.OFFICE, permission, company_id)
            if fresh and not _is_fresh(request):
                return _to_fresh_sign_in(request)
            return view(cast(OfficeRequest, request), *args, **kwargs)

        return _declare(wrapper, DeclaredAccess(Audience.OFFICE, permission, fresh, every_company))

    return decorate


def declared_access(view: object) -> DeclaredAccess | None:
    """Return what a view declared; None if it declared nothing."""
    found = getattr(view, "declared_access", None)
    return found if isinstance(found, DeclaredAccess) else None


def current_viewer(request: HttpRequest) -> Viewer | None:
    """Return who is signed in; None if nobody is."""
    found = getattr(request, "viewer", None)
    return found if isinstance(found, Viewer) else None


def current_session(request: HttpRequest) -> SignedIn | None:
    """Return what is known of the session of whoever is signed in; None if nobody is."""
    found = getattr(request, "signed_in", None)
    return found if isinstance(found, SignedIn) else None


def local_path(address: str) -> str:
    """Return an address as a path of this site; empty for anything that leads elsewhere."""
    if address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return ""


def _declare(view: _Open[P], access: DeclaredAccess) -> _Open[P]:
    vars(view)["declared_access"] = access
    return view


class RoleDoesNotAllow(PermissionDenied):
    """Raised for a page of somebody's own company or own back office that their role does not open.

    ``who`` says who could open it.
    """

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.who = who


def _denied(
    request: HttpRequest, viewer: Viewer, audience: Audience, permission: Permission, company_id: object
) -> Exception:
    """Record that a page was not opened, and return what to raise.

    Whoever does not see the company at all learns nothing, not even that it exists.
    """
    known = company_id if isinstance(company_id, UUID) else None
    log_denied(request, permission, known)
    if known is not None and audience is Audience.PORTAL and (access := viewer.company(known)) is not None:
        return RoleDoesNotAllow(who_may_text(permission, access.name))
    if viewer.staff is None or (known is not None and not viewer.sees_company(known)):
        return Http404()
    needed = permission if audience is Audience.OFFICE else Permission.OFFICE_ACT
    return RoleDoesNotAllow(who_may_text(needed, every_company=viewer.office_companies() is not None))


def _is_fresh(request: HttpRequest) -> bool:
    found = current_session(request)
    if found is None or found.proved_at is None:
        return False
    age: timedelta = clock.now() - found.proved_at
    return age < timedelta(minutes=settings.FRESH_SIGN_IN_MINUTES)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    query = {"next": _page_of(request)}
    ended = getattr(request, "session_ended", None)
    if isinstance(ended, Ended):
        query["ended"] = ended.value
    return _redirect(request, f"{reverse('sign_in:page')}?{urlencode(query)}")


def _to_fresh_sign_in(request: HttpRequest) -> HttpResponseBase:
    # A form may not lead to another origin, through whatever redirects: then a page of ours with a link stands between.
    way = "sign_in:start" if request.method == "GET" else "sign_in:page"
    query = {"next": _page_of(request), "fresh": "1"}
    return _redirect(request, f"{reverse(way)}?{urlencode(query)}")


def _redirect(request: HttpRequest, address: str) -> HttpResponseBase:
    if "HX-Request" in request.headers:
        # A fragment must not hold the sign-in page, and Microsoft's page cannot be fetched by a script at all.
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


def page_around(request: HttpRequest) -> SplitResult:
    """Return the address of the page on which a button or a fragment was; empty where none can be read."""
    try:
        return urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    except ValueError:
        return urlsplit("")


def _page_of(request: HttpRequest) -> str:
    """Return the page to come back to: what was opened, or the page on which a button or a fragment was."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.get_full_path()
    page = page_around(request)
    if page.netloc == request.get_host():
        return local_path(page._replace(scheme="", netloc="", fragment="").geturl()) or request.path
    return request.path


def _own_host(request: HttpRequest, address: str) -> HttpResponseBase | None:
    """Send a request to the host name that serves it, where the portal and the back office have names of their own."""
    if urlsplit(settings.PORTAL_URL).netloc == urlsplit(settings.BACKOFFICE_URL).netloc:
        return None
    if request.get_host() == urlsplit(address).netloc:
        return None
    if request.method != "GET":
        raise Http404
    return _redirect(request, address + request.get_full_path())
