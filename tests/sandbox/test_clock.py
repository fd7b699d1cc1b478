"""The clock of commerce: by itself and through its control endpoint."""

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.sandbox.clock import Clock, real_now
from tests.sandbox.commerce import BASIC, FABRIKAM, Caller

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def test_a_clock_without_a_beginning_shows_real_time() -> None:
    clock = Clock()
    assert abs(clock.now() - real_now()) < timedelta(seconds=1)
    assert clock.ahead() < timedelta(seconds=1)


def test_it_runs_on_from_where_it_is_set() -> None:
    clock = Clock.starting_at(NEW_YEAR)
    first = clock.now()
    assert NEW_YEAR <= first < NEW_YEAR + timedelta(seconds=1)
    assert clock.now() >= first


def test_it_stands_still_and_goes_on_from_there() -> None:
    clock = Clock.starting_at(NEW_YEAR)
    clock.freeze(True)
    stood = clock.now()
    assert clock.now() == stood
    clock.set(NEW_YEAR)
    assert clock.now() == NEW_YEAR
    clock.freeze(False)
    assert timedelta() <= clock.now() - NEW_YEAR < timedelta(seconds=1)


def test_a_kept_clock_goes_on_where_it_stood() -> None:
    clock = Clock.starting_at(NEW_YEAR)
    clock.freeze(True)
    clock.set(NEW_YEAR)
    kept = clock.dump()
    assert kept == {"now": "2027-01-01T00:00:00Z", "frozen": True}
    back = Clock.load(kept)
    assert back.now() == NEW_YEAR
    running = Clock.load({"now": "2027-01-01T00:00:00Z", "frozen": False})
    assert timedelta() <= running.now() - NEW_YEAR < timedelta(seconds=1)


def test_the_endpoint_tells_time_and_what_comes_next(caller: Caller) -> None:
    shown = caller.control("GET", "clock")
    assert (shown["now"], shown["frozen"]) == ("2026-06-10T12:00:00Z", True)
    assert shown["next_event"] == {
        "at": "2026-06-16T08:30:00.250000Z",
        "what": "a return window ends",
        "customer_id": FABRIKAM,
        "subscription_id": BASIC,
        "name": "Microsoft 365 Business Basic",
    }


def test_it_goes_on_by_durations_seconds_and_to_the_next_event(caller: Caller) -> None:
    assert caller.move(advance="P1D")["now"] == "2026-06-11T12:00:00Z"
    assert caller.move(advance="PT6H")["now"] == "2026-06-11T18:00:00Z"
    assert caller.move(advance=90)["now"] == "2026-06-11T18:01:30Z"
    moved = caller.move(advance_to="next_event")
    assert moved["now"] == "2026-06-16T08:30:00.250000Z"
    assert [one["what"] for one in moved["happened"]] == ["a return window ends"]
    assert moved["next_event"]["what"] == "the term ends"


def test_going_back_undoes_nothing(caller: Caller) -> None:
    caller.move(set="2026-06-17T00:00:00Z")
    caller.move(set="2026-06-10T12:00:00Z")
    assert caller.control("GET", "clock")["now"] == "2026-06-10T12:00:00Z"
    assert "refundableQuantity" not in caller.subscription()


def test_it_runs_when_it_is_let(caller: Caller) -> None:
    caller.move(set="2026-06-16T08:30:00.2Z")
    caller.move(freeze=False)
    while "refundableQuantity" in caller.subscription():
        assert caller.control("GET", "clock")["frozen"] is False
    assert caller.control("GET", "clock")["now"] >= "2026-06-16T08:30:00.25"


@pytest.mark.parametrize("body", [{}, {"advance": "P1Y"}, {"set": "soon"}, {"advance_to": "the end"}, {"jump": 1}])
def test_what_it_does_not_understand_is_refused_with_a_sentence(caller: Caller, body: dict[str, object]) -> None:
    reply = caller.send("POST", "/_sandbox/clock", body)
    assert reply.status == 400
    assert reply.json["error"]
    assert caller.control("GET", "clock")["now"] == "2026-06-10T12:00:00Z"
