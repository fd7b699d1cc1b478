"""Refusals are stored with what was refused, and come back as they were."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tenantry.kernel.refusals import Refusal, facts_from_json, facts_to_json, refusal_from_json, refusal_to_json

AT = datetime(2026, 11, 29, 14, 5, tzinfo=UTC)
REFUSAL = Refusal(
    "return_window_closed", "return-window", "schedule", {"returned": 3, "closed": AT}, {"value": AT, "name": "x"}
)


def test_a_refusal_survives_storing() -> None:
    assert refusal_from_json(refusal_to_json(REFUSAL)) == REFUSAL


def test_instants_are_written_in_utc_and_told_from_texts() -> None:
    east = AT.astimezone(timezone(timedelta(hours=1)))
    assert facts_to_json({"at": east, "text": AT.isoformat()}) == {
        "at": {"instant": "2026-11-29T14:05:00+00:00"},
        "text": "2026-11-29T14:05:00+00:00",
    }


@pytest.mark.parametrize("value", [None, 1.5, [], {}, {"instant": 3}])
def test_what_is_no_fact_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="speed is not a fact"):
        facts_from_json({"speed": value})


def test_a_refusal_without_a_part_or_with_another_shape_is_refused() -> None:
    data = refusal_to_json(REFUSAL)
    with pytest.raises(ValueError, match="objects"):
        refusal_from_json({**data, "facts": []})
    del data["rule"]
    with pytest.raises(KeyError):
        refusal_from_json(data)
