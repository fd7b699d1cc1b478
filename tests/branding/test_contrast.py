"""Any accent in, readable tokens out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.branding.contrast import (
    BLACK,
    CONTROL_RATIO,
    HARDEST_SURFACE,
    TEXT_RATIO,
    WHITE,
    Change,
    Colour,
    Scheme,
    palette,
    ratio,
)

channel = st.integers(0, 255)
colours = st.builds(Colour, channel, channel, channel)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_ratios_are_those_of_wcag(one: str, other: str, expected: float) -> None:
    assert round(ratio(Colour.parse(one), Colour.parse(other)), 2) == expected


@given(colours)
def test_every_accent_is_brought_to_contrast_in_both_schemes(accent: Colour) -> None:
    result = palette(accent)
    for scheme, tokens, lightest in ((Scheme.LIGHT, result.light, WHITE), (Scheme.DARK, result.dark, BLACK)):
        for surface in (HARDEST_SURFACE[scheme], lightest):
            assert ratio(tokens.accent, surface) >= CONTROL_RATIO
            assert ratio(tokens.accent_text, surface) >= TEXT_RATIO
        assert ratio(tokens.on_accent, tokens.accent) >= TEXT_RATIO
        assert tokens.on_accent in (WHITE, BLACK)


@given(colours)
def test_every_change_is_told_and_nothing_else(accent: Colour) -> None:
    result = palette(accent)
    told = {(change.scheme, change.token): change.after for change in result.changes}
    for scheme, tokens in ((Scheme.LIGHT, result.light), (Scheme.DARK, result.dark)):
        assert told.get((scheme, "accent"), accent) == tokens.accent
        assert told.get((scheme, "accent_text"), accent) == tokens.accent_text
    assert all(change.ratio < change.needed and change.before != change.after for change in result.changes)


@given(colours)
def test_a_colour_is_moved_no_further_than_needed(accent: Colour) -> None:
    for change in palette(accent).changes:
        assert change.needed - 0.001 <= _best(change) < change.needed * 1.08


def _best(change: Change) -> float:
    """The ratio that was reached against what asked for it: the surface, or white letters."""
    against = {ratio(change.before, other): other for other in (WHITE, HARDEST_SURFACE[change.scheme])}
    return ratio(change.after, against[change.ratio])


@pytest.mark.parametrize(
    ("accent", "light", "dark"),
    [
        ("#0b5a72", ("#0b5a72", "#ffffff", "#0b5a72"), None),
        ("#ffe94d", None, ("#ffe94d", "#000000", "#ffe94d")),
        ("#111111", ("#111111", "#ffffff", "#111111"), None),
    ],
)
def test_what_is_good_already_stays(
    accent: str, light: tuple[str, str, str] | None, dark: tuple[str, str, str] | None
) -> None:
    result = palette(Colour.parse(accent))
    for tokens, expected in ((result.light, light), (result.dark, dark)):
        if expected is not None:
            assert (str(tokens.accent), str(tokens.on_accent), str(tokens.accent_text)) == expected


def test_a_strong_colour_gets_a_little_darker_rather_than_black_letters() -> None:
    light = palette(Colour.parse("#4285f4")).light
    assert (str(light.accent), light.on_accent) == ("#3a74d5", WHITE)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#1234567", "0b5a72", "#0b5a72;}"])
def test_only_six_digits_are_a_colour(text: str) -> None:
    with pytest.raises(ValueError, match="is no colour"):
        Colour.parse(text)
