"""Addresses that only a tool would make are refused, not stumbled over."""

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["q=%00", "q=a%00b&show=ended", "next=/%00"])
def test_a_null_character_is_refused_before_any_page_sees_it(query: str) -> None:
    for path in ("/", "/office/", "/office/logs/", "/sign-in/"):
        answer = Client().get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "This request could not be understood" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["http://[", "http://a]b", "//[::1", "\xff", "javascript:alert(1)"])
@pytest.mark.parametrize("header", ["HX-Current-URL", "Referer", "Origin"])
def test_a_page_that_no_address_names_is_no_page_to_come_back_to(address: str, header: str) -> None:
    for htmx in ({}, {"HX-Request": "true"}):
        answer = Client().post("/office/limits/", headers={header: address, **htmx})
        assert answer.status_code in {200, 302, 404}
