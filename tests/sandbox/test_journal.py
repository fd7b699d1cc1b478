"""The journal: what it keeps, what it hides, how it is searched."""

from datetime import UTC, datetime

from tenantry.sandbox.journal import READS_KEPT, Exchange, Journal
from tests.sandbox.commerce import ADATUM, BASIC, FABRIKAM, Caller, sub

MOMENT = datetime(2026, 6, 10, tzinfo=UTC)


def exchange(journal: Journal, method: str, path: str = "/v1/customers") -> Exchange:
    return Exchange(journal.next_number(), MOMENT, MOMENT, method, path, "", {})


def test_no_storm_of_reads_pushes_a_write_out() -> None:
    journal = Journal()
    journal.add(exchange(journal, "PATCH"))
    for _ in range(READS_KEPT + 10):
        journal.add(exchange(journal, "GET"))
    kept = journal.find()
    assert len(kept) == READS_KEPT + 1
    assert (kept[0].number, kept[0].method, kept[1].number) == (1, "PATCH", 12)
    assert [one.number for one in journal.find(limit=2)] == [READS_KEPT + 10, READS_KEPT + 11]
    journal.clear()
    assert journal.find() == []
    assert journal.next_number() == READS_KEPT + 12


def test_an_entry_says_what_was_sent_answered_and_done(caller: Caller) -> None:
    caller.patch(quantity=16, headers={"MS-RequestId": "r-1"})
    entry = caller.journal()[-1]
    assert (entry["method"], entry["path"], entry["status"]) == ("PATCH", "/v1" + sub(), 200)
    assert (entry["customer_id"], entry["subscription_id"]) == (FABRIKAM, BASIC)
    assert entry["commerce_at"] == "2026-06-10T12:00:00Z"
    assert entry["at"] > "2026-11"
    assert entry["headers"]["ms-requestid"] == "r-1"
    assert (entry["body"]["quantity"], entry["answer"]["quantity"]) == (16, 16)
    assert (entry["acted"], entry["faults"], entry["doubts"]) == (True, [], [])


def test_secrets_are_blotted_out_everywhere(caller: Caller) -> None:
    token = caller.token()
    caller.api("GET", sub())
    text = caller.send("GET", "/_sandbox/journal").raw.decode()
    assert "rehearsal-secret" not in text
    assert "rt-mfa" not in text
    assert token not in text
    grant, call = caller.journal()
    assert (grant["body"]["client_secret"], grant["body"]["grant_type"]) == ("…", "refresh_token")
    assert grant["answer"]["access_token"] == "…"
    assert call["headers"]["authorization"] == "…"
    profiles = {"CompanyProfile": {"Domain": "north.example"}, "BillingProfile": {"CompanyName": "North"}}
    password = caller.api("POST", "/customers", profiles).json["userCredentials"]["password"]
    assert password not in caller.send("GET", "/_sandbox/journal").raw.decode()


def test_the_number_of_a_refusal_is_no_secret(caller: Caller) -> None:
    caller.switch(error_code_type="string")
    caller.patch(quantity=1)
    assert caller.journal(method="PATCH")[-1]["answer"]["code"] == "800090"


def test_it_is_searched_by_number_path_customer_and_method(caller: Caller) -> None:
    caller.api("GET", f"/customers/{ADATUM}")
    caller.api("GET", sub())
    caller.patch(quantity=16)
    everything = caller.journal()
    assert [entry["number"] for entry in everything] == [1, 2, 3, 4, 5]
    assert [entry["number"] for entry in caller.journal(since=3)] == [4, 5]
    assert [entry["number"] for entry in caller.journal(path="/SUBSCRIPTIONS/")] == [3, 4, 5]
    assert [entry["number"] for entry in caller.journal(customer=ADATUM.upper())] == [2]
    assert [entry["number"] for entry in caller.journal(method="patch")] == [5]
    assert [entry["number"] for entry in caller.journal(limit=2)] == [4, 5]
    caller.control("DELETE", "journal")
    assert caller.control("GET", "journal") == {"last": 5, "entries": []}


def test_what_steers_the_sandbox_is_not_journalled(caller: Caller) -> None:
    caller.control("GET", "clock")
    caller.send("GET", "/")
    assert caller.journal() == []
