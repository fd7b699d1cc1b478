"""Who is signed in, on every request: access is looked up anew, sessions end, pages are not kept."""

import codecs
from collections.abc import Callable
from typing import cast
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from tenantry.kernel import clock
from tenantry.kernel.zones import first_set
from tenantry.people.access import Viewer, viewer
from tenantry.web.sign_in import session
from tenantry.web.sign_in.session import Ended, SignedIn


class SeenRequest(HttpRequest):
    """A request after this middleware."""

    viewer: Viewer | None
    signed_in: SignedIn | None
    session_ended: Ended | None  # why a session was ended just now


class ViewerMiddleware:
    """Put the signed-in person on the request, in their language and time zone.

    It belongs after the session and locale middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _refuse_odd_text(request)
        seen = cast(SeenRequest, request)
        _look_up(seen)
        if seen.viewer is not None and seen.viewer.person.language:
            translation.activate(seen.viewer.person.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(_zone(seen.viewer)):
            response = self._get_response(request)
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        return response


def _zone(viewer: Viewer | None) -> str:
    """Return the zone of what is read; a page of a company's portal goes on to that company's (`web.access`)."""
    return settings.TIME_ZONE if viewer is None else first_set(viewer.person.time_zone, viewer.companys_time_zone)


def _refuse_odd_text(request: HttpRequest) -> None:
    """Refuse what no page of ours sends: a null character in an address, which no search can take, and other text than
    UTF-8, for which a client may name whatever Python calls a codec, base64 as well. Forms refuse null characters by
    themselves.
    """
    if "\x00" in unquote(request.META.get("QUERY_STRING", "")):
        raise BadRequest("the address holds a null character")
    if request.encoding is not None and codecs.lookup(request.encoding).name != "utf-8":
        raise BadRequest("the text is not UTF-8")


def _asks_by_itself(request: HttpRequest) -> bool:
    """Say whether a page asks for its progress without a click: `live.js` tells, and for whole pages the browser."""
    loaded_itself = request.headers.get("Sec-Fetch-Mode") == "navigate" and "Sec-Fetch-User" not in request.headers
    return loaded_itself or "X-By-Itself" in request.headers


def _look_up(request: SeenRequest) -> None:
    request.viewer = request.signed_in = request.session_ended = None
    found = session.current(request.session, clock.now(), by_itself=_asks_by_itself(request))
    if isinstance(found, SignedIn):
        who = viewer(found.person_id)
        if who is None or not who.has_access:
            found = Ended.ACCESS
        elif who.staff is not None and not found.satisfies(who.staff.context):
            found = Ended.FACTOR
        else:
            request.viewer, request.signed_in = who, found
            return
    if isinstance(found, Ended):
        session.end(request.session)
        request.session_ended = found
