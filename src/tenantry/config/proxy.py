"""Who the visitor is, when a proxy stands in front."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ProxyMiddleware:
    """Take the visitor's address from X-Forwarded-For when the request came through our own proxy, and only then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "")
        trusted = settings.PROXY_ADDRESSES
        if settings.TLS_PROXY_HEADER and told and ("*" in trusted or request.META.get("REMOTE_ADDR") in trusted):
            # The last one is what our proxy saw; what stands before it is what somebody claimed.
            request.META["REMOTE_ADDR"] = told.rpartition(",")[2].strip()
        return self._get_response(request)
