"""Every key has its own text, and every text can be read."""

import pytest

from tenantry.clients.entra import errors as entra
from tenantry.clients.http import errors as http
from tenantry.clients.partner_center import errors as partner_center
from tenantry.connection.advice import Who, advice, has_advice
from tenantry.connection.health import Lack, Standing
from tenantry.connection.texts import lack_text, refusal_text, run_text, standing_text
from tenantry.kernel.refusals import Refusal


@pytest.mark.parametrize("key", sorted(http.ADVICE | entra.ADVICE | partner_center.ADVICE))
def test_every_advice_key_of_the_clients_has_a_text(key: str) -> None:
    assert has_advice(key)
    told = advice(key)
    for text in (told.sentence, told.next_step):
        assert text.endswith(".")
        assert text[0].isupper() or text[0] in "“"
        assert "please" not in text.lower()
        assert "!" not in text
    assert told.who_text


def test_a_key_that_nobody_knows_gets_the_plain_advice() -> None:
    assert advice("something_new") == advice("refused")
    assert not has_advice("something_new")


def test_weather_is_nobodys_turn() -> None:
    assert {advice(key).who for key in ("throttled", "service_trouble", "being_processed")} == {Who.NOBODY}


def test_every_lack_and_standing_has_words() -> None:
    assert all(all(lack_text(lack)) for lack in Lack)
    assert len({standing_text(standing) for standing in Standing}) == len(Standing)


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (
            Refusal("still_used", "rule", "remove_companies", facts={"companies": 3}),
            "3 companies still use this connection.",
        ),
        (Refusal("gone", "rule", "look_again"), "This partner connection is not here any more, or somebody changed it"),
    ],
)
def test_a_refusal_has_a_sentence_and_a_next_step(refusal: Refusal, sentence: str) -> None:
    told, step = refusal_text(refusal)
    assert told.startswith(sentence)
    assert step.endswith(".")


def test_runs_end_with_what_happened() -> None:
    assert run_text("direct_csp_set", {"tenant": "Harbour & Vale Ltd", "subscriptions": 1}).sentence == (
        "Direct CSP status has been set"
    )
    assert run_text(
        "direct_csp_set", {"tenant": "Harbour & Vale Ltd", "subscriptions": 9, "indirect": True}
    ).detail == (
        "Microsoft let us read Harbour & Vale Ltd and its 9 subscriptions. Some of them name another partner; "
        "changing those may be up to that partner."
    )
    read = {"listed": 26, "added": 1, "changed": 0, "missing": 2, "returned": 0}
    assert run_text("tenants_refreshed", read).detail == (
        "Partner Center lists 26 tenants. 1 is new. 2 are no longer listed and wait for a decision."
    )
    refused = run_text(
        "refused_by_microsoft", {"advice": "mfa_missing", "words": "No.", "code": "x", "request_id": "r"}
    )
    assert (refused.words, refused.code, refused.request_id, refused.who) == (
        "No.",
        "x",
        "r",
        "An owner of this installation",
    )
    assert run_text("unexpected", {"error": "KeyError"}).sentence == "Something went wrong here, not at Microsoft."
