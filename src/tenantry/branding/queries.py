"""Reading the partner's look."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from tenantry.branding import contrast
from tenantry.branding.models import Brand, LogoPicture

PRODUCT_NAME = "Tenantry"
# The design system's own accent, used as long as the partner has not chosen one.
PRODUCT_ACCENT = "#0b5a72"


@dataclass(frozen=True, slots=True)
class LogoView:
    """A logo's address, its size in pixels, and whether it needs a plate on light and on dark pages."""

    digest: str
    url: str
    width: int
    height: int
    plate_on_light: bool
    plate_on_dark: bool
    unseen_on_light: int
    unseen_on_dark: int


@dataclass(frozen=True, slots=True)
class BrandView:
    """The look as pages, mails and reports take it.

    ``dark_logo`` stands on dark pages in place of ``main_logo``; there is none without the other.
    ``accent`` is as it was entered (empty: none), ``palette`` what it became; ``stylesheet_url`` is empty without one.
    """

    portal_name: str
    accent: str
    palette: contrast.Palette
    stylesheet_url: str
    main_logo: LogoView | None
    dark_logo: LogoView | None
    support_name: str
    support_email: str
    support_phone: str
    support_url: str


_last_seen: BrandView | None = None


def last_seen() -> BrandView | None:
    """Give the look as this process read it last, for a page that must do without the database; None: never."""
    return _last_seen


def current() -> BrandView:
    """Give the partner's look; one query."""
    global _last_seen
    logos = ("main_logo", "dark_logo")
    brand = Brand.objects.select_related(*logos).defer(*(f"{logo}__png" for logo in logos)).filter(id=1).first()
    brand = brand or Brand()
    digest = _digest(stylesheet_of(brand.accent)) if brand.accent else ""
    seen = BrandView(
        portal_name=brand.portal_name or PRODUCT_NAME,
        accent=brand.accent,
        palette=palette_of(brand.accent or PRODUCT_ACCENT),
        stylesheet_url=f"/brand/{digest}.css" if digest else "",
        main_logo=_view(brand.main_logo),
        dark_logo=_view(brand.dark_logo),
        support_name=brand.support_name,
        support_email=brand.support_email,
        support_phone=brand.support_phone,
        support_url=brand.support_url,
    )
    _last_seen = seen
    return seen


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
    text = stylesheet_of(accent)
    return text if _digest(text) == digest else None


@dataclass(frozen=True, slots=True)
class OfferedLogo:
    """A logo that was uploaded and is not saved, with what the file was: its size in pixels, and whether it moved."""

    view: LogoView
    file_width: int
    file_height: int
    file_moves: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What was uploaded and is not saved; either part may be missing."""

    main: OfferedLogo | None
    dark: OfferedLogo | None

    @property
    def main_digest(self) -> str:
        """Name the picture for all pages; empty without one."""
        return self.main.view.digest if self.main else ""

    @property
    def dark_digest(self) -> str:
        """Name the picture for dark pages; empty without one."""
        return self.dark.view.digest if self.dark else ""


def offer() -> Offer:
    """Give what was uploaded and is not saved."""
    brand = Brand.objects.select_related("offered_main_logo", "offered_dark_logo").filter(id=1).first() or Brand()
    return Offer(_offered(brand.offered_main_logo), _offered(brand.offered_dark_logo))


def logo_png(digest: str) -> bytes | None:
    """Give the logo with this digest, saved or on offer; None if there is none (any more)."""
    png = LogoPicture.objects.filter(digest=digest).values_list("png", flat=True).first()
    return None if png is None else bytes(png)


def _offered(picture: LogoPicture | None) -> OfferedLogo | None:
    view = _view(picture)
    if picture is None or view is None:
        return None
    return OfferedLogo(view, picture.file_width, picture.file_height, picture.file_moves)


def _view(picture: LogoPicture | None) -> LogoView | None:
    if picture is None:
        return None
    return LogoView(
        digest=picture.digest,
        url=logo_url(picture.digest),
        width=picture.width,
        height=picture.height,
        plate_on_light=picture.plate_on_light,
        plate_on_dark=picture.plate_on_dark,
        unseen_on_light=picture.unseen_on_light,
        unseen_on_dark=picture.unseen_on_dark,
    )


def logo_url(digest: str) -> str:
    """Give the address of a logo; it changes with the picture, so that it may be kept for ever."""
    return f"/brand/logo-{digest}.png"


def stylesheet_of(accent: str) -> str:
    """Write the brand stylesheet of an accent colour such as "#1a2b3c"."""
    palette = palette_of(accent)
    lines = []
    for tokens, suffix in ((palette.light, ""), (palette.dark, "-dark")):
        lines += [
            f"  --brand-accent{suffix}: {tokens.accent};",
            f"  --brand-accent-deep{suffix}: {tokens.accent_deep};",
            f"  --brand-on-accent{suffix}: {tokens.on_accent};",
            f"  --brand-accent-text{suffix}: {tokens.accent_text};",
        ]
    return "\n".join([":root {", *lines, "}", ""])


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
