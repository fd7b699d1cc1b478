"""What browsers are told about https, by the settings of the installation."""

import os
import subprocess
import sys

import pytest

ANSWERS = """
import django; django.setup()
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
answer = SecurityMiddleware(lambda request: HttpResponse())(RequestFactory().get("/", secure=True))
print(answer.headers.get("Strict-Transport-Security"))
"""


@pytest.mark.parametrize(
    ("address", "more", "told"),
    [
        ("https://portal.example.org", {}, "max-age=31536000"),
        (
            "https://portal.example.org",
            {"TENANTRY_HSTS_SUBDOMAINS": "true"},
            "max-age=31536000; includeSubDomains",
        ),
        ("http://127.0.0.1:8000", {"TENANTRY_HSTS_SUBDOMAINS": "true"}, "None"),
    ],
)
def test_names_below_are_bound_to_https_only_where_it_is_set(address: str, more: dict[str, str], told: str) -> None:
    environment = os.environ | {"TENANTRY_PUBLIC_URL": address} | more
    done = subprocess.run([sys.executable, "-c", ANSWERS], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == told
