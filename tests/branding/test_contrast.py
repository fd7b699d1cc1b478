"""Any accent in, readable tokens out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.branding.contrast import (
    BLACK,
    HARDEST_SURFACE,
    TEXT_RATIO,
    WHITE,
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
def test_every_pair_that_is_derived_from_an_accent_has_its_contrast_in_both_schemes(accent: Colour) -> None:
    result = palette(accent)
    for scheme, tokens, lightest in ((Scheme.LIGHT, result.light, WHITE), (Scheme.DARK, result.dark, BLACK)):
        for surface in (HARDEST_SURFACE[scheme], lightest):
            assert ratio(tokens.accent_text, surface) >= TEXT_RATIO
        for fill in (tokens.accent, tokens.accent_deep):
            assert ratio(tokens.on_accent, fill) >= TEXT_RATIO
        assert tokens.on_accent in (WHITE, BLACK)


@given(colours)
def test_the_fill_is_the_colour_itself_and_every_change_of_links_is_told(accent: Colour) -> None:
    result = palette(accent)
    told = {change.scheme: change.after for change in result.changes}
    for scheme, tokens in ((Scheme.LIGHT, result.light), (Scheme.DARK, result.dark)):
        assert tokens.accent == accent
        assert told.get(scheme, accent) == tokens.accent_text
    assert all(change.ratio < TEXT_RATIO and change.before != change.after for change in result.changes)


@given(colours)
def test_a_colour_is_moved_no_further_than_needed(accent: Colour) -> None:
    for change in palette(accent).changes:
        assert TEXT_RATIO <= ratio(change.after, HARDEST_SURFACE[change.scheme]) < TEXT_RATIO * 1.08


@pytest.mark.parametrize(
    ("accent", "on_accent", "links_in_light", "links_in_dark"),
    [
        ("#0b5a72", "#ffffff", "#0b5a72", ""),  # a dark colour: white letters
        ("#ffd100", "#000000", "", "#ffd100"),  # yellow stays yellow, with dark letters
        ("#a8e6cf", "#000000", "", "#a8e6cf"),  # mint
        ("#fadadd", "#000000", "", "#fadadd"),  # pale pink
        ("#ffffff", "#000000", "", "#ffffff"),
        ("#000000", "#ffffff", "#000000", ""),
        ("#4285f4", "#000000", "", ""),  # a strong blue: white letters would have 3.6:1
        ("#767676", "#ffffff", "", ""),  # the lightest grey for white letters
        ("#777777", "#000000", "", ""),
        ("#999999", "#000000", "", "#999999"),
    ],
)
def test_a_brand_colour(accent: str, on_accent: str, links_in_light: str, links_in_dark: str) -> None:
    result = palette(Colour.parse(accent))
    for tokens, links in ((result.light, links_in_light), (result.dark, links_in_dark)):
        assert (str(tokens.accent), str(tokens.on_accent)) == (accent, on_accent)
        # Left empty here: the colour cannot be read on that paper, so links have another one.
        assert (str(tokens.accent_text) if str(tokens.accent_text) == accent else "") == links


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#1234567", "0b5a72", "#0b5a72;}"])
def test_only_six_digits_are_a_colour(text: str) -> None:
    with pytest.raises(ValueError, match="is no colour"):
        Colour.parse(text)
