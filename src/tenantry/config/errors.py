"""Pages for what went wrong: calm, with a next step, and without anything that could fail once more."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from tenantry.licensing.moment import Moment
from tenantry.web.frame import bare_frame


def _page(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    """Show what happened; ``words`` may name whom to ask: ``%(whom)s``."""
    frame = bare_frame(Moment.current())
    context = frame | {"title": title, "words": words % {"whom": frame["whom_to_ask"]}}
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
    """Answer 403."""
    return _page(
        request,
        403,
        _("This is not allowed"),
        _("Nothing was changed. If you think that you should be able to do this, ask %(whom)s."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return _page(
        request, 400, _("This request could not be understood"), _("Nothing was changed. Go back and try again.")
    )


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose protection against forgery does not fit: mostly a page that was open for too long."""
    return _page(
        request,
        403,
        _("This page was open for too long"),
        _("Nothing was changed. Go back, load the page again and repeat what you wanted to do."),
    )


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 500; the page needs neither the database nor the brand, which may be what failed."""
    return HttpResponse(
        render_to_string(
            "errors/failed.html",
            {
                "title": _("Something went wrong here"),
                "words": _(
                    "The error has been recorded. If you had just confirmed a change, look at Activity before you "
                    "repeat it: a change that was saved is carried out once and only once."
                ),
                "sandbox_url": f"{settings.SANDBOX_URL}/" if settings.REHEARSAL and settings.SANDBOX_URL else "",
            },
        ),
        status=500,
        headers={"Cache-Control": "no-store"},
    )
