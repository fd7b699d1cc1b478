"""Foreign text on its way into a column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.connection.models import Tenant
from tenantry.kernel.columns import exact, fit


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("reseller", "reseller"),
        ("r" * 40, "r" * 40),
        ("r" * 41, "r" * 39 + "…"),
        ("a\x00b", "ab"),
        ("\ud800", "?"),
        ("", ""),
    ],
)
def test_a_text_is_cut_to_its_column(text: str, kept: str) -> None:
    assert fit(Tenant, "relationship", text) == kept


@given(st.text(st.characters(), max_size=60))
def test_whatever_it_is_the_column_takes_it(text: str) -> None:
    kept = fit(Tenant, "relationship", text)
    assert len(kept) <= 40
    assert "\x00" not in kept
    kept.encode()


def test_an_id_is_never_cut() -> None:
    assert exact(Tenant, "tenant_id", "t" * 36) == "t" * 36
    with pytest.raises(ValueError, match="tenant_id: longer than 36 characters"):
        exact(Tenant, "tenant_id", "t" * 37)


def test_a_column_without_a_length_is_a_slip_of_the_pen() -> None:
    with pytest.raises(TypeError, match=r"Tenant\.first_seen_at"):
        fit(Tenant, "first_seen_at", "now")
