"""The partner's look as files. Their addresses change with their content, so browsers may keep them for ever."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenantry.branding import queries
from tenantry.web.access import public

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@public
@require_safe
def stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """Serve the brand's colours."""
    text = queries.stylesheet(digest)
    if text is None:
        raise Http404
    return HttpResponse(text, content_type="text/css; charset=utf-8", headers=_FOR_EVER)


@public
@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """Serve a logo, also one that is shown before it is saved."""
    png = queries.logo_png(digest)
    if png is None:
        raise Http404
    return HttpResponse(png, content_type="image/png", headers=_FOR_EVER)
