"""Reading the partner's look."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from tenantry.branding import contrast
from tenantry.branding.models import Brand

PRODUCT_NAME = "Tenantry"
# The design system's own accent, used as long as the partner has not chosen one.
PRODUCT_ACCENT = "#0b5a72"


@dataclass(frozen=True, slots=True)
class BrandView:
    """The look as pages, mails and reports take it.

    ``accent`` is as it was entered (empty: none), ``palette`` what it became; ``stylesheet_url`` is empty without one.
    """

    portal_name: str
    accent: str
    palette: contrast.Palette
    stylesheet_url: str
    logo_url: str | None
    logo_width: int
    logo_height: int
    support_name: str
    support_email: str
    support_phone: str
    support_url: str


def current() -> BrandView:
    """Give the partner's look; one query."""
    brand = Brand.objects.defer("logo", "offered_logo").filter(id=1).first() or Brand()
    digest = _digest(_stylesheet(brand.accent)) if brand.accent else ""
    return BrandView(
        portal_name=brand.portal_name or PRODUCT_NAME,
        accent=brand.accent,
        palette=palette_of(brand.accent or PRODUCT_ACCENT),
        stylesheet_url=f"/brand/{digest}.css" if digest else "",
        logo_url=logo_url(brand.logo_digest) if brand.logo_digest else None,
        logo_width=brand.logo_width or 0,
        logo_height=brand.logo_height or 0,
        support_name=brand.support_name,
        support_email=brand.support_email,
        support_phone=brand.support_phone,
        support_url=brand.support_url,
    )


@lru_cache(maxsize=64)
def palette_of(accent: str) -> contrast.Palette:
    """Give the tokens of an accent colour such as "#1a2b3c".

    Errors: ValueError for what is no colour.
    """
    return contrast.palette(contrast.Colour.parse(accent))


def stylesheet(digest: str) -> str | None:
    """Give the brand stylesheet with this digest; None if the look has changed since."""
    accent = Brand.objects.filter(id=1).values_list("accent", flat=True).first()
    if not accent:
        return None
    text = _stylesheet(accent)
    return text if _digest(text) == digest else None


@dataclass(frozen=True, slots=True)
class LogoFile:
    """A logo to be served: PNG bytes and its size in pixels."""

    png: bytes
    width: int
    height: int


def logo(digest: str) -> LogoFile | None:
    """Give the logo with this digest, or the smaller copy that is on offer; None if there is none (any more)."""
    brand = Brand.objects.filter(id=1).first()
    if brand is None or not digest:
        return None
    if brand.logo is not None and brand.logo_digest == digest:
        return LogoFile(bytes(brand.logo), brand.logo_width or 0, brand.logo_height or 0)
    if brand.offered_logo is not None and brand.offered_digest == digest:
        return LogoFile(bytes(brand.offered_logo), brand.offered_width or 0, brand.offered_height or 0)
    return None


def logo_url(digest: str) -> str:
    """Give the address of a logo; it changes with the picture, so that it may be kept for ever."""
    return f"/brand/logo-{digest}.png"


def _stylesheet(accent: str) -> str:
    palette = palette_of(accent)
    lines = []
    for tokens, suffix in ((palette.light, ""), (palette.dark, "-dark")):
        lines += [
            f"  --brand-accent{suffix}: {tokens.accent};",
            f"  --brand-on-accent{suffix}: {tokens.on_accent};",
            f"  --brand-accent-text{suffix}: {tokens.accent_text};",
        ]
    return "\n".join([":root {", *lines, "}", ""])


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
