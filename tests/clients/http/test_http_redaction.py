"""What is taken out of texts, and what stays."""

import pytest

from tenantry.clients.http import redact
from tenantry.clients.http.redaction import plain_words

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdefghijkl", "Authorization: [hidden]"),
        (f"token {JWT} was refused", "token [hidden] was refused"),
        ('{"refresh_token":"0.AXoA-secret_part","x":1}', '{"refresh_token":"[hidden]","x":1}'),
        ("client_secret=abc~def.ghi&grant_type=x", "client_secret=[hidden]&grant_type=x"),
        ("?code=0.AVYAJ-kHV1h3ckeX1234567890&state=1", "?code=[hidden]&state=1"),
        ("Set-Cookie: session=abcdefgh", "Set-Cookie: [hidden]"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "[hidden]"),
        ("https://blob.example/x?sig=abcdefgh%2B1", "https://blob.example/x?sig=[hidden]"),
        (
            "code: 800090, Subscription quantity cannot be decreased.",
            "code: 800090, Subscription quantity cannot be decreased.",
        ),
        ("AADSTS70011: The scope is wrong.", "AADSTS70011: The scope is wrong."),
    ],
)
def test_secrets_go_and_words_stay(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_known_secrets_go_wherever_they_are() -> None:
    assert redact("x-opaque-1-x y", ("opaque-1",)) == "x-[hidden]-x y"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><head><title>503 Busy</title></head><body><h1>503 Busy</h1></body></html>", "503 Busy"),
        ("<html><head><title>503 Busy</title></head><body> </body></html>", "503 Busy"),
        ("<h1>Bad</h1>\n<style>p {}</style><p>gateway</p>", "Bad gateway"),
        ("plain words", "plain words"),
    ],
)
def test_a_page_becomes_its_words_said_once(page: str, words: str) -> None:
    assert plain_words(page) == words
