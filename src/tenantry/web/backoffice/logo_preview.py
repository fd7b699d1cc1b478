"""What the settings show of the logos: the heads of both looks as they are, or as they would be once saved."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenantry.branding import queries as branding
from tenantry.branding.contrast import Scheme
from tenantry.branding.plates import WORTH_TELLING
from tenantry.web.frame import head_logos
from tenantry.web.ui.frame import FrameBrand


@dataclass(frozen=True, slots=True)
class HeadPreview:
    """The portal's head in one look: what stands in it, and what is to be said about that."""

    name: str
    theme: str
    brand: FrameBrand
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogoPreview:
    """Both heads, with what is not saved yet in its place; the digests say which pictures are shown.

    ``has_dark`` tells of a saved logo for dark pages; ``can_save`` is missing where there is none for all pages.
    """

    heads: tuple[HeadPreview, ...]
    notes: tuple[str, ...]
    main_digest: str
    dark_digest: str
    has_dark: bool
    can_save: bool

    @property
    def offered(self) -> bool:
        """Tell whether something is shown that is not saved yet."""
        return bool(self.main_digest or self.dark_digest)


def logo_preview(brand: branding.BrandView, offer: branding.Offer) -> LogoPreview:
    """Prepare the heads; none where there is no logo at all."""
    main = offer.main.view if offer.main else brand.main_logo
    dark = offer.dark.view if offer.dark else brand.dark_logo
    notes = [
        *_file_notes(_("The logo for all pages"), offer.main),
        *_file_notes(_("The logo for dark pages"), offer.dark),
    ]
    if main is None and dark is not None:
        notes.append(
            _("A logo for dark pages stands beside a logo for all pages. Upload that too, then both are saved.")
        )
    return LogoPreview(
        heads=_heads(brand, main, dark) if main or dark else (),
        notes=tuple(notes),
        main_digest=offer.main_digest,
        dark_digest=offer.dark_digest,
        has_dark=brand.dark_logo is not None,
        can_save=main is not None,
    )


def _heads(
    brand: branding.BrandView, main: branding.LogoView | None, dark: branding.LogoView | None
) -> tuple[HeadPreview, ...]:
    logos = head_logos(main or dark, dark)
    found = []
    for scheme, name, shown in (
        (Scheme.LIGHT, _("Head of light pages"), main),
        (Scheme.DARK, _("Head of dark pages"), dark or main),
    ):
        seen = tuple(logo for logo in logos if shown and logo.on in ("", scheme))
        notes = _standing_notes(scheme, shown, own=shown is dark) if shown else ()
        found.append(HeadPreview(name, scheme, FrameBrand(brand.portal_name, logos=seen), notes))
    return tuple(found)


def _standing_notes(scheme: Scheme, logo: branding.LogoView, *, own: bool) -> tuple[str, ...]:
    light = scheme is Scheme.LIGHT
    plate, unseen = (logo.plate_on_light, logo.unseen_on_light) if light else (logo.plate_on_dark, logo.unseen_on_dark)
    notes = []
    if plate:
        notes.append(_("It stands on a plate here: without one it would not stand out."))
    if unseen > WORTH_TELLING:
        share = _("About %(share)d %% of its outline hardly stands out here.") % {"share": unseen}
        if light:
            notes.append(f"{share} {_('Upload a logo with darker or stronger colours.')}")
        elif own:
            notes.append(f"{share} {_('Upload one with lighter or stronger colours for dark pages.')}")
        else:
            notes.append(f"{share} {_('A logo of its own for dark pages helps.')}")
    return tuple(notes)


def _file_notes(name: str, logo: branding.OfferedLogo | None) -> list[str]:
    if logo is None:
        return []
    facts = {
        "name": name,
        "width": logo.file_width,
        "height": logo.file_height,
        "shown_width": logo.view.width,
        "shown_height": logo.view.height,
    }
    notes = []
    if (logo.file_width, logo.file_height) != (logo.view.width, logo.view.height):
        notes.append(
            _("%(name)s is %(width)d × %(height)d pixels; at most 502 × 81 are possible. "
              "It is scaled down to %(shown_width)d × %(shown_height)d.") % facts
        )  # fmt: skip
    if logo.file_moves:
        notes.append(_("%(name)s is an animation. Only its still picture is kept.") % facts)
    return notes
