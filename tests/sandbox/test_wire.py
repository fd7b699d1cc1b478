"""Moments and durations as Microsoft's clients and people write them."""

from datetime import UTC, datetime, timedelta

import pytest

from tenantry.sandbox.wire import drop_nulls, iso, parse_duration, parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-01-14T16:57:15.0966728Z", datetime(2021, 1, 14, 16, 57, 15, 96672, UTC)),
        ("2023-07-31T00:00:00", datetime(2023, 7, 31, tzinfo=UTC)),
        ("2019-01-09T00:21:45.9263727+02:00", datetime(2019, 1, 8, 22, 21, 45, 926372, UTC)),
        ("2026-06-10", datetime(2026, 6, 10, tzinfo=UTC)),
        ("2026-06-10T08:30:00.25Z", datetime(2026, 6, 10, 8, 30, 0, 250000, UTC)),
    ],
)
def test_moments_are_read_in_every_form_that_occurs(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


def test_moments_are_written_in_utc() -> None:
    assert iso(datetime(2026, 6, 10, 8, 30, tzinfo=UTC)) == "2026-06-10T08:30:00Z"
    assert iso(datetime(2026, 6, 10, 8, 30, 0, 5, UTC)) == "2026-06-10T08:30:00.000005Z"


def test_durations() -> None:
    assert parse_duration("P1D") == timedelta(days=1)
    assert parse_duration("PT6H30M") == timedelta(hours=6, minutes=30)
    assert parse_duration("P2W") == timedelta(weeks=2)
    assert parse_duration(90) == timedelta(seconds=90)
    for text in ("P1M", "P1Y", "P", "tomorrow", ""):
        with pytest.raises(ValueError, match="not a duration"):
            parse_duration(text)


def test_null_properties_are_left_out_and_empty_texts_stay() -> None:
    assert drop_nulls({"a": None, "b": "", "c": 0}) == {"b": "", "c": 0}
