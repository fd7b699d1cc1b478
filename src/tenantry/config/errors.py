"""Pages for what went wrong: calm, with a next step, and without anything that could fail once more."""

import sys
from collections.abc import Callable, Iterator

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_NO_CSRF_COOKIE, REASON_NO_REFERER
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from tenantry.branding import queries as branding
from tenantry.licensing.moment import Moment
from tenantry.web.access import RoleDoesNotAllow
from tenantry.web.frame import bare_frame

_log = structlog.get_logger(__name__)
RETRY_AFTER_SECONDS = 10
_READ_ONLY = "25006"  # a standby, or a server that is being recovered


def _page(request: HttpRequest, status: int, title: str, *words: str) -> HttpResponse:
    """Show what happened, in paragraphs; ``words`` may name whom to ask: ``%(whom)s``."""
    frame = bare_frame(Moment.current())
    context = frame | {"title": title, "words": [one % {"whom": frame["whom_to_ask"]} for one in words]}
    return HttpResponse(
        render_to_string("errors/error.html", context, request),
        status=status,
        headers={"Cache-Control": "no-store"},
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404: for what is missing and for what one may not see alike."""
    return _page(
        request,
        404,
        _("This page is not here"),
        _("It may have moved, or it belongs to a company that you have no access to. Nothing was changed."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403; for a page of one's own company with who could open it."""
    if isinstance(exception, RoleDoesNotAllow):
        return _page(request, 403, _("Your role does not open this page"), exception.who, _("Nothing was changed."))
    return _page(
        request,
        403,
        _("This is not allowed"),
        _("Nothing was changed. If you think that you should be able to do this, ask %(whom)s."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400, or 413 to what is larger than anything that a page sends."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return _page(
            request,
            413,
            _("This is too much at once"),
            _("Nothing was changed. Go back and send less: a shorter text, a smaller file or fewer ticks."),
        )
    return _page(
        request, 400, _("This request could not be understood"), _("Nothing was changed. Go back and try again.")
    )


class NotAllowedMiddleware:
    """Answer 405 with a page, where Django's own answer is blank: mostly a button's address that was opened by hand."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        if not isinstance(answer, HttpResponseNotAllowed):
            return answer
        page = _page(
            request,
            405,
            _("This address cannot be opened like this"),
            _(
                "Nothing was changed. It belongs to a button, and works only from the page on which that stands. Open "
                "that page and press the button there."
            ),
        )
        page.headers["Allow"] = answer.headers["Allow"]
        return page


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose protection against forgery does not fit: mostly a page that was open for too long."""
    origin = request.headers.get("Origin", "")
    if origin == "null" or reason == REASON_NO_REFERER:
        return _page(
            request,
            403,
            _("Your browser does not say where this was sent from"),
            _(
                "Nothing was changed. An extension, a privacy setting or a page around this one hides it, and without "
                "it a stranger's page could press buttons in your name."
            ),
            _(
                "Open this address in a tab of its own, switch the extension or setting off for it, or take another "
                "browser. Then repeat what you wanted to do."
            ),
        )
    if reason == REASON_NO_CSRF_COOKIE:
        return _page(
            request,
            403,
            _("Your browser sent no cookie"),
            _("Nothing was changed. Allow cookies for this address, load the page again and repeat what you wanted."),
        )
    if reason == REASON_BAD_ORIGIN % origin:
        return _page(
            request,
            403,
            _("This was sent from another website"),
            _(
                "Nothing was changed. Open the portal at its own address and repeat there what you wanted to do. If "
                "this is its own address, tell %(whom)s that it is not the one in the settings."
            ),
        )
    return _page(
        request,
        403,
        _("This page was open for too long"),
        _("Nothing was changed. Go back, load the page again and repeat what you wanted to do."),
    )


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when it was the database that failed; the page needs neither the database nor the brand."""
    trouble = next((error for error in _chain(sys.exception()) if _is_passing(error)), None)
    if trouble is not None:
        # An answer of the server, such as a statement that took too long, has a place in the program; silence has none.
        answered = getattr(trouble.__cause__, "sqlstate", None) is not None
        _log.error("database.unavailable", error=str(trouble).strip(), exc_info=answered)
        return _unavailable(request)
    return _bare_page(
        500,
        _("Something went wrong here"),
        [
            _(
                "The error has been recorded. If you had just confirmed a change, look at Activity before you "
                "repeat it: a change that was saved is carried out once and only once."
            )
        ],
    )


def _unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 with the look as this process knew it last."""
    brand = branding.last_seen()
    whom = (brand.support_name or brand.portal_name) if brand else _("whoever runs this portal")
    asked = request.method in {"GET", "HEAD"}
    safe = (
        _("Nothing was changed. What was confirmed before is stored; it is carried out once and only once.")
        if asked
        else _(
            "What you sent just now may not have been saved. When the portal is back, look at Activity before you "
            "repeat it: a change that was saved is carried out once and only once."
        )
    )
    answer = _bare_page(
        503,
        _("The portal cannot answer just now"),
        [_("Its database does not answer. Try again in a moment; if it lasts, ask %(whom)s.") % {"whom": whom}, safe],
        brand=brand,
        again=request.get_full_path() if asked else "",
    )
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _bare_page(status: int, title: str, words: list[str], **context: object) -> HttpResponse:
    """Build a page that asks nobody anything."""
    sandbox_url = f"{settings.SANDBOX_URL}/" if settings.REHEARSAL and settings.SANDBOX_URL else ""
    return HttpResponse(
        render_to_string("errors/failed.html", {"title": title, "words": words, "sandbox_url": sandbox_url} | context),
        status=status,
        headers={"Cache-Control": "no-store"},
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and what led to it: the job queue wraps what the database said."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_passing(error: BaseException) -> bool:
    """Say whether the database is away, busy, full or read-only: nothing that the request or the program did wrong."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, Error) and getattr(error.__cause__, "sqlstate", None) == _READ_ONLY
