"""Whole numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.kernel.numbers import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1000", 1000),
        (" 5 ", 5),
        ("\u00a05\t", 5),
        ("007", 7),
        ("-5", -5),
        ("1.000", None),
        ("1,000", None),
        ("1_000", None),
        ("1 000", None),
        ("1'000", None),
        ("+5", None),
        ("1e3", None),
        ("5.0", None),
        ("0x10", None),
        ("١٢", None),
        ("１２", None),
        ("²", None),
        ("⅕", None),
        ("--5", None),
        ("-", None),
        ("", None),
        ("5\x00", None),
        ("twelve", None),
        ("9" * 5000, None),
    ],
)
def test_only_the_digits_0_to_9_write_a_number(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@given(st.integers(-(10**30), 10**30))
def test_what_is_written_plainly_is_read(number: int) -> None:
    assert whole_number(str(number)) == number


@given(st.text(max_size=12))
def test_nothing_else_is(text: str) -> None:
    number = whole_number(text)
    assert number is None or text.strip().lstrip("-").lstrip("0").rjust(1, "0") == str(abs(number))
