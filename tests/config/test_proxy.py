"""A visitor's address is believed from our own proxy only."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from tenantry.config.proxy import ProxyMiddleware


@pytest.mark.parametrize(
    ("behind_proxy", "peer", "header", "visitor"),
    [
        (True, "127.0.0.1", "203.0.113.7", "203.0.113.7"),
        (True, "127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (True, "192.0.2.9", "203.0.113.7", "192.0.2.9"),
        (True, "127.0.0.1", "", "127.0.0.1"),
        (False, "127.0.0.1", "203.0.113.7", "127.0.0.1"),
    ],
    ids=["our proxy", "claims before it", "a stranger", "no header", "no proxy"],
)
def test_the_visitors_address(
    rf: RequestFactory, settings: Settings, behind_proxy: bool, peer: str, header: str, visitor: str
) -> None:
    settings.TLS_PROXY_HEADER = behind_proxy
    settings.PROXY_ADDRESSES = ["127.0.0.1"]
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    ProxyMiddleware(view)(rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=header))
    assert seen == [visitor]
