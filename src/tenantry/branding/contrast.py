"""Contrast arithmetic: any accent colour becomes tokens that can be read, in light and dark.

Relative luminance and contrast ratio as in WCAG 2.2, "relative luminance" and "contrast ratio" (read 2026-11).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

TEXT_RATIO = 4.5


@dataclass(frozen=True, slots=True)
class Colour:
    """An sRGB colour with eight bits per channel."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "#rrggbb".

        Errors: ValueError for anything else.
        """
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
            raise ValueError(f"{text!r} is no colour such as #1a2b3c.")
        return cls(int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def luminance(self) -> float:
        """Return the relative luminance: 0 for black, 1 for white."""
        return 0.2126 * _linear(self.red) + 0.7152 * _linear(self.green) + 0.0722 * _linear(self.blue)

    def towards(self, other: Self, share: float) -> "Colour":
        """Mix: 0 gives this colour, 1 the other one."""
        channels = ((self.red, other.red), (self.green, other.green), (self.blue, other.blue))
        return Colour(*(round(mine + (theirs - mine) * share) for mine, theirs in channels))


BLACK = Colour(0, 0, 0)
WHITE = Colour(255, 255, 255)


def ratio(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((one.luminance(), other.luminance()))
    return (lighter + 0.05) / (darker + 0.05)


class Scheme(StrEnum):
    """Light or dark."""

    LIGHT = "light"
    DARK = "dark"


# The surface of each scheme that is hardest to stand out from: the darkest light one, the lightest dark one, each a
# little beyond the surfaces of the design system.
HARDEST_SURFACE = {Scheme.LIGHT: Colour.parse("#ececea"), Scheme.DARK: Colour.parse("#2e3238")}
_STEPS = 255
_UNDER_POINTER = 0.14  # how far a fill moves under the pointer
_AWAY = {Scheme.LIGHT: BLACK, Scheme.DARK: WHITE}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The brand colours of one scheme.

    ``accent`` fills controls and is the partner's colour itself; ``on_accent`` is text on it (4.5:1), and on
    ``accent_deep``, the fill under the pointer. ``accent_text`` is the colour of links and edges (4.5:1 to every
    surface): it is the edge that makes a fill of a pale colour stand out on paper, and a dark one at night.
    """

    accent: Colour
    accent_deep: Colour
    on_accent: Colour
    accent_text: Colour


@dataclass(frozen=True, slots=True)
class Change:
    """Links and edges that had to move, from where to where, because the colour had ``ratio`` and needs 4.5:1."""

    scheme: Scheme
    before: Colour
    after: Colour
    ratio: float


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of both schemes, and where links and edges are not the colour that was asked for."""

    light: Tokens
    dark: Tokens
    changes: tuple[Change, ...]


def palette(accent: Colour) -> Palette:
    """Derive the colours of both schemes from an accent; the colour itself is kept as a fill."""
    changes: list[Change] = []
    on_accent = WHITE if ratio(WHITE, accent) >= TEXT_RATIO else BLACK  # one of the two can always be read
    deep = _deep(accent, on_accent)
    light, dark = (
        Tokens(accent, deep, on_accent, _accent_text(accent, scheme, changes)) for scheme in (Scheme.LIGHT, Scheme.DARK)
    )
    return Palette(light, dark, tuple(changes))


def _deep(accent: Colour, on_accent: Colour) -> Colour:
    """Return the fill under the pointer: towards the text as long as that can be read, else away from it."""
    towards = accent.towards(on_accent, _UNDER_POINTER)
    if ratio(towards, on_accent) >= TEXT_RATIO:
        return towards
    return accent.towards(WHITE if on_accent == BLACK else BLACK, _UNDER_POINTER)


def _accent_text(wished: Colour, scheme: Scheme, changes: list[Change]) -> Colour:
    surface = HARDEST_SURFACE[scheme]
    moved = _at_least(wished, surface, TEXT_RATIO, _AWAY[scheme])
    if moved != wished:
        changes.append(Change(scheme, wished, moved, ratio(wished, surface)))
    return moved


def _at_least(colour: Colour, against: Colour, needed: float, away: Colour) -> Colour:
    """Return the colour, or the nearest mix with ``away`` that has the ratio; the mix with more of it has more."""
    low, high = 0, _STEPS
    while low < high:
        middle = (low + high) // 2
        if ratio(colour.towards(away, middle / _STEPS), against) >= needed:
            high = middle
        else:
            low = middle + 1
    return colour.towards(away, low / _STEPS)


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
