"""Other people's clients as they come: raw bytes on a socket, old habits, stray marks."""

import json
import socket
from urllib.parse import urlsplit

from tests.sandbox.commerce import FABRIKAM, Caller, sub
from tests.support.waiting import FAR_TOO_LONG


def talk(caller: Caller, request: bytes) -> bytes:
    """Put bytes on a fresh connection and read until the other side is done."""
    address = urlsplit(caller.url)
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=FAR_TOO_LONG) as line:
        line.sendall(request)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)


def head(caller: Caller, method: str, path: str, *more: str, version: str = "1.1") -> bytes:
    """Write the head of a request with a token, as one that closes the connection."""
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost", f"Authorization: Bearer {caller.token()}", *more]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def test_http_1_0_and_a_lower_case_scheme(caller: Caller) -> None:
    token = caller.token()
    request = f"GET /v1{sub()} HTTP/1.0\r\nauthorization: bearer {token}\r\n\r\n".encode()
    answer = talk(caller, request)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"}")


def test_a_chunked_body_without_a_content_type(caller: Caller) -> None:
    body = json.dumps(caller.subscription() | {"quantity": 16}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:])) + b"0\r\n\r\n"
    answer = talk(caller, head(caller, "PATCH", f"/v1{sub()}", "Transfer-Encoding: chunked") + chunks)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert caller.subscription()["quantity"] == 16


def test_a_client_that_waits_for_a_go_ahead(caller: Caller) -> None:
    body = json.dumps(caller.subscription() | {"quantity": 16}).encode()
    lines = ("Expect: 100-continue", "Content-Type: application/json", f"Content-Length: {len(body)}")
    answer = talk(caller, head(caller, "PATCH", f"/v1{sub()}", *lines) + body)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_a_body_with_a_byte_order_mark_and_another_content_type(caller: Caller) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(caller.subscription() | {"quantity": 16}).encode()
    reply = caller.api("PATCH", sub(), raw=body, headers={"Content-Type": "text/json"})
    assert (reply.status, reply.json["quantity"]) == (200, 16)


def test_numbers_as_texts_and_a_whole_number_with_a_point(caller: Caller) -> None:
    assert caller.patch(quantity="16").json["quantity"] == 16
    assert caller.patch(quantity=17.0).json["quantity"] == 17


def test_two_requests_at_once_on_one_connection(caller: Caller) -> None:
    first = f"GET /v1{sub()} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.token()}\r\n\r\n".encode()
    answer = talk(caller, first + head(caller, "GET", f"/v1/customers/{FABRIKAM}"))
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2


def test_encoded_paths_a_question_mark_at_the_end_and_names_in_capitals(caller: Caller) -> None:
    encoded = sub().replace("-", "%2D")
    assert caller.api("GET", encoded + "?").status == 200
    assert caller.api("GET", "/CUSTOMERS?SIZE=1").json["totalCount"] == 1


def test_a_client_that_hangs_up_in_the_middle_leaves_the_others_alone(caller: Caller) -> None:
    caller.token()
    address = urlsplit(caller.url)
    for start in (b"GET /v1/cust", b"PATCH /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"):
        with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=FAR_TOO_LONG) as line:
            line.sendall(start)
    assert caller.api("GET", sub()).status == 200
    assert [entry["method"] for entry in caller.journal()] == ["POST", "GET"]


def test_a_long_filter_fits(caller: Caller) -> None:
    condition = (
        "%7B%22Field%22%3A%22CompanyName%22%2C%22Value%22%3A%22"
        + "x" * 6000
        + "%22%2C%22Operator%22%3A%22starts_with%22%7D"
    )
    assert caller.api("GET", f"/customers?size=5&filter={condition}").json["items"] == []
