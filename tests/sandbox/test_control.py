"""The control endpoints beside clock, faults and journal, and the page."""

import re

import pytest

from tests.sandbox.commerce import ADATUM, APP_ID, BASIC, FABRIKAM, PARTNER, Caller, sub
from tests.sandbox.conftest import Play

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_the_world_gives_any_client_what_it_needs_to_start(caller: Caller) -> None:
    world = caller.control("GET", "world")
    assert (world["world"], world["partner"]["tenant_id"]) == ("tests", PARTNER)
    assert world["addresses"] == {
        "login": caller.url,
        "partner_center": caller.url,
        "partner_center_v1": f"{caller.url}/v1",
        "audience": "https://api.partnercenter.microsoft.com",
    }
    application = world["applications"][0]
    assert (application["id"], application["secret"]) == (APP_ID, "rehearsal-secret")
    assert [one["refresh_token"] for one in application["refresh_tokens"]] == ["rt-mfa", "rt-no-mfa"]
    assert [one["upn"] for one in world["people"]] == ["dana@contoso.example"]
    assert world["customers"][0] == {
        "id": FABRIKAM,
        "name": "Fabrikam",
        "domain": "fabrikam.onmicrosoft.com",
        "relationship": "reseller",
        "subscriptions": 5,
    }


def test_switches_are_described_set_and_refused(caller: Caller) -> None:
    listed = {one["name"]: one for one in caller.control("GET", "switches")["switches"]}
    assert listed["lot_order"]["value"] == listed["lot_order"]["default"] == "newest"
    assert listed["lot_order"]["choices"] == ["newest", "oldest"]
    assert all(one["meaning"] and one["source"] for one in listed.values())
    caller.switch(lot_order="oldest", bom=False, patch_202_seconds=3)
    listed = {one["name"]: one["value"] for one in caller.control("GET", "switches")["switches"]}
    assert (listed["lot_order"], listed["bom"], listed["patch_202_seconds"]) == ("oldest", False, 3.0)
    for wrong in ({"lot_order": "middle"}, {"bom": "perhaps"}, {"update_limit": "1_0"}, {"colour": "red"}):
        assert caller.send("PUT", "/_sandbox/switches", {"strict": True} | wrong).status == 400
    listed = {one["name"]: one["value"] for one in caller.control("GET", "switches")["switches"]}
    assert listed["strict"] is False


def test_a_reset_starts_the_world_over(caller: Caller) -> None:
    assert caller.send("POST", "/_sandbox/reset", {"world": "no-such-world"}).status == 400
    assert caller.subscription()["quantity"] == 15
    caller.control("POST", "reset", {"world": "small-msp"})
    world = caller.control("GET", "world")
    assert world["world"] == "small-msp"
    assert caller.journal() == []
    assert caller.control("GET", "faults")["faults"] == []


def test_customers_are_renamed_removed_and_restored(caller: Caller) -> None:
    caller.control("POST", "change", {"customer": ADATUM, "rename": "Adatum & Sons"})
    assert caller.api("GET", f"/customers/{ADATUM}").json["companyProfile"]["companyName"] == "Adatum & Sons"
    caller.control("POST", "change", {"customer": ADATUM, "remove": True})
    assert caller.api("GET", f"/customers/{ADATUM}").refusal == (403, 20002)
    caller.control("POST", "change", {"customer": ADATUM, "restore": True, "hidden": {"credit": False}})
    assert caller.api("GET", f"/customers/{ADATUM}").status == 200


def test_subscriptions_are_changed_as_somebody_else_would(caller: Caller) -> None:
    one = {"customer": FABRIKAM, "subscription": BASIC}
    caller.control("POST", "change", one | {"quantity": 20})
    assert caller.subscription()["quantity"] == 20
    pending = {"until": "2026-06-11T00:00:00Z", "why": "operation"}
    caller.control("POST", "change", one | {"hidden": {"pending": pending}, "body": {"friendlyName": "Mail"}})
    assert caller.subscription()["friendlyName"] == "Mail"
    assert caller.patch(quantity=21).refusal == (409, 900278)
    caller.control("POST", "change", one | {"hidden": {"pending": None, "lots": []}})
    assert "refundableQuantity" not in caller.subscription()
    assert caller.api("GET", "/auditrecords?size=9").json["totalCount"] == 3
    caller.control("POST", "change", one | {"remove": True})
    assert caller.api("GET", sub()).refusal == (404, 20003)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"customer": "nobody"},
        {"customer": FABRIKAM, "subscription": "nothing"},
        {"customer": FABRIKAM, "colour": "red"},
        {"customer": FABRIKAM, "subscription": BASIC, "quantity": "many"},
        *({"customer": FABRIKAM, "subscription": BASIC, "quantity": odd} for odd in ("1.000", "1_000", "٣", True)),
    ],
)
def test_wrong_changes_are_refused_with_a_sentence(caller: Caller, spec: dict[str, object]) -> None:
    reply = caller.send("POST", "/_sandbox/change", spec)
    assert reply.status == 400
    assert reply.json["error"]


def test_a_customer_shows_whatever_is_wanted(caller: Caller) -> None:
    half = {"companyProfile": {"companyName": "half \ud83d of a smile", "domain": "\x00"}}
    caller.control("POST", "change", {"customer": ADATUM, "body": half})
    shown = caller.api("GET", f"/customers/{ADATUM}").json["companyProfile"]
    assert (shown["companyName"], shown["domain"]) == ("half \ud83d of a smile", "\x00")
    caller.control("POST", "change", {"customer": ADATUM, "licences": [{"productSku": {"id": "odd"}}]})
    rows = caller.api("GET", f"/customers/{ADATUM}/subscribedskus").json["items"]
    assert rows[-1] == {"productSku": {"id": "odd"}}
    caller.control("POST", "change", {"customer": ADATUM, "audit": {"id": "odd", "operationType": []}})
    (record,) = caller.api("GET", "/auditrecords?size=9").json["items"]
    assert (record["id"], record["customerId"], record["operationType"]) == ("odd", ADATUM, [])


def test_unknown_controls_and_broken_bodies(caller: Caller) -> None:
    assert caller.send("GET", "/_sandbox/journal?since=1_0").status == 400
    assert caller.send("GET", "/_sandbox/journal?limit=many").status == 400
    assert caller.send("GET", "/_sandbox/nothing").status == 404
    assert caller.send("DELETE", "/_sandbox/clock").status == 404
    assert caller.send("POST", "/_sandbox/clock", raw=b"{").status == 400
    assert caller.send("POST", "/_sandbox/clock", raw=b"[]").status == 400


def test_the_page_shows_the_world_and_asks_no_other_host(caller: Caller) -> None:
    caller.fault("throttle", path="/v1/*")
    caller.fault("slow", customer="<b>")
    caller.api("GET", sub())
    reply = caller.send("GET", "/")
    page = reply.raw.decode()
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Wed 10 Jun 2026, 12:00:00 UTC · standing still" in page
    for text in (
        "Fabrikam",
        "dana@contoso.example",
        APP_ID,
        "f1 throttle",
        "lot_order",
        "a return window ends",
        "&lt;b&gt;",
    ):
        assert text in page
    assert "<script" not in page
    assert "style=" not in page
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', page)
    assert addresses
    assert all(address.startswith(("/", "#")) for address in addresses)
    style = caller.send("GET", "/_sandbox/style.css")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert b"url(" not in style.raw
    for path in ("/_sandbox/icon.svg", "/favicon.ico"):
        icon = caller.send("GET", path)
        assert (icon.status, icon.headers["content-type"]) == (200, "image/svg+xml")


def test_the_page_filters_the_journal(caller: Caller) -> None:
    caller.api("GET", f"/customers/{ADATUM}")
    caller.api("GET", sub())
    page = caller.send("GET", f"/?customer={ADATUM}").raw.decode()
    assert f"<code>/v1/customers/{ADATUM}</code>" in page
    assert f"<code>/v1{sub()}</code>" not in page


def test_forms_steer_like_json_and_come_back_to_the_page(caller: Caller) -> None:
    moved = caller.send("POST", "/_sandbox/clock", headers=FORM, raw=b"advance=P1D")
    assert (moved.status, moved.headers["location"]) == (303, "/#clock")
    assert caller.control("GET", "clock")["now"] == "2026-06-11T12:00:00Z"
    caller.send("POST", "/_sandbox/clock", headers=FORM, raw=b"freeze=false")
    assert caller.control("GET", "clock")["frozen"] is False
    form = b"kind=status&path=%2Fv1%2F*&method=&count=1&probability=&status=502"
    assert caller.send("POST", "/_sandbox/faults", headers=FORM, raw=form).status == 303
    assert caller.control("GET", "faults")["faults"][0]["status"] == 502
    assert caller.send("POST", "/_sandbox/faults/f1", headers=FORM, raw=b"_method=DELETE").status == 303
    assert caller.control("GET", "faults")["faults"] == []
    assert caller.send("POST", "/_sandbox/switches", headers=FORM, raw=b"bom=false").status == 303
    assert caller.api("GET", sub()).raw.startswith(b"{")


def test_a_fault_of_the_page_is_a_mishap_once_or_a_state_that_lasts(caller: Caller) -> None:
    def added(form: str) -> tuple[str, int | None]:
        caller.control("DELETE", "faults")
        assert caller.send("POST", "/_sandbox/faults", headers=FORM, raw=form.encode()).status == 303
        found = caller.control("GET", "faults")["faults"][0]
        return found["path"], found["count"]

    assert added("kind=throttle&path=&count=") == ("/v1/*", 1)
    assert added("kind=throttle&path=%2Fv1%2Fcustomers&count=always") == ("/v1/customers", None)
    assert added("kind=consent_revoked&path=&count=") == ("*", None)
    assert added("kind=mfa_missing&path=&count=2") == ("*", 2)


def test_what_the_page_could_not_do_it_says_on_the_page(caller: Caller) -> None:
    reply = caller.send("POST", "/_sandbox/reset", headers=FORM, raw=b"world=%3Cnowhere%3E")
    assert (reply.status, reply.headers["content-type"]) == (400, "text/html; charset=utf-8")
    page = reply.raw.decode()
    assert 'role="alert">That was not done: ' in page
    assert "&lt;nowhere&gt;" in page
    assert caller.subscription()["quantity"] == 15


def test_a_public_address_is_given_out_in_place_of_the_hosts(play: Play) -> None:
    caller = play()
    host = {"Host": "sandbox.example:8001"}
    assert (
        caller.send("GET", "/_sandbox/world", headers=host).json["addresses"]["login"] == "http://sandbox.example:8001"
    )
