"""Icons and the small marks beside words: tags, badges, initials."""

import re
from functools import lru_cache
from zlib import crc32

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

TONES = ("neutral", "positive", "info", "caution", "critical")
_TONE_ICONS = {
    "neutral": "circle-dashed",
    "positive": "circle-check",
    "info": "info",
    "caution": "triangle-alert",
    "critical": "octagon-alert",
}
_HUES = 6


@lru_cache(maxsize=256)
def icon(name: str, size: int = 20) -> SafeString:
    """Draw a Lucide icon in the colour of its text; it is silent for screen readers, so a word stands beside it.

    Raises `lucide.IconDoesNotExist` for an unknown name.
    """
    look = {"class": f"icon icon-{name}", "stroke-width": "1.75", "aria-hidden": "true", "focusable": "false"}
    markup = lucide(name, size=size, **look)
    return mark_safe(re.sub(r">\s+<", "><", markup))  # noqa: S308 - drawn from the icons' own package


def tone_icon(tone: str) -> str:
    """Name the icon that goes with a tone."""
    return _TONE_ICONS[tone]


def badge(word: str, tone: str = "neutral", name: str = "") -> SafeString:
    """Show a status as icon, word and colour."""
    return format_html(
        '<span class="badge tone-{}">{}<span>{}</span></span>', tone, icon(name or tone_icon(tone), 16), word
    )


def tag(word: str, tone: str = "neutral") -> SafeString:
    """Show a short fact about a thing, such as its kind."""
    return format_html('<span class="tag tone-{}">{}</span>', tone, word)


def initials(name: str) -> str:
    """Take the first letters of the first two words, figures included ("Microsoft 365 E3" gives "M3")."""
    words = [word for word in re.split(r"[\s\-_/.,&()]+", name) if word and word[0].isalnum()]
    letters = "".join(word[0] for word in words[:2]) or name.strip()[:1]
    return letters.upper() or "?"


def initials_tile(name: str, kind: str = "thing") -> SafeString:
    """Draw a tile with two letters; its hue follows from the name, so the same thing looks the same everywhere.

    `kind` is "thing" (square) or "person" (round). The name itself stands beside it, so the tile is silent.
    """
    hue = crc32(name.strip().lower().encode()) % _HUES + 1
    return format_html('<span class="tile tile-{} hue-{}" aria-hidden="true">{}</span>', kind, hue, initials(name))


def unknown(reason: str = "") -> SafeString:
    """Show that a figure is not known, with the reason where there is one."""
    return format_html('<span class="unknown">{}</span>', reason or _("unknown"))
