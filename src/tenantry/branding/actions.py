"""Changing the partner's look."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from tenantry.audit import actions as audit
from tenantry.branding import contrast, logo
from tenantry.branding.models import Brand
from tenantry.kernel.actor import Actor
from tenantry.kernel.refusals import Refusal


def set_logo(*, acting_as: Actor, data: bytes, now: datetime) -> Refusal | None:
    """Take an uploaded file as the logo.

    One of which next to nothing would be left within 502 × 81 pixels is refused. A larger one is refused with its
    measured size; a smaller copy is kept on offer for `scale_logo` under the refusal's next-step fact "offer".
    """
    acting_as.check_whole_partner()
    read = logo.read(data)
    if isinstance(read, Refusal):
        return read
    if (thin := logo.too_thin(read)) is not None:
        return thin
    if not logo.fits(read):
        offer = logo.scaled(read)
        with transaction.atomic():
            _offer(_locked(), offer)
        return logo.too_large(read, offer)
    with transaction.atomic():
        _take(_locked(), read, acting_as, now)
    return None


def scale_logo(*, acting_as: Actor, offer: str, now: datetime) -> Refusal | None:
    """Take the smaller copy that was offered; refuse if it is not on offer any more."""
    acting_as.check_whole_partner()
    with transaction.atomic():
        brand = _locked()
        if brand.offered_logo is None or brand.offered_digest != offer:
            return Refusal(reason="logo_offer_gone", rule="logo_file", next_step="choose_other_logo")
        width, height = brand.offered_width or 0, brand.offered_height or 0
        _take(brand, logo.Logo(bytes(brand.offered_logo), width, height, offer), acting_as, now)
    return None


def remove_logo(*, acting_as: Actor, now: datetime) -> None:
    """Go back to the portal's name in letters."""
    acting_as.check_whole_partner()
    with transaction.atomic():
        brand = _locked()
        _offer(brand, None)
        if brand.logo is not None:
            _take(brand, None, acting_as, now)


@dataclass(frozen=True, slots=True)
class Look:
    """What the partner writes about itself; every part may be empty."""

    portal_name: str = ""
    accent: str = ""
    support_name: str = ""
    support_email: str = ""
    support_phone: str = ""
    support_url: str = ""


def set_brand(*, acting_as: Actor, look: Look, now: datetime) -> tuple[contrast.Change, ...]:
    """Change name, accent colour and support contact; return what contrast will change about the colour.

    Errors: ValidationError, by field, for what is no colour, mail address or web address.
    """
    acting_as.check_whole_partner()
    _check(look)
    after = {
        "portal_name": look.portal_name.strip(),
        "accent": look.accent.lower(),
        "support_name": look.support_name.strip(),
        "support_email": look.support_email,
        "support_phone": look.support_phone.strip(),
        "support_url": look.support_url,
    }
    with transaction.atomic():
        brand = _locked()
        before = {name: str(getattr(brand, name)) for name in after}
        changed = [name for name in after if before[name] != after[name]]
        if changed:
            Brand.objects.filter(id=1).update(**after, updated_at=now)
            _record(acting_as, "brand.changed", {n: before[n] for n in changed}, {n: after[n] for n in changed}, now)
    return contrast.palette(contrast.Colour.parse(after["accent"])).changes if after["accent"] else ()


def _check(look: Look) -> None:
    errors: dict[str, str] = {}
    if look.accent:
        try:
            contrast.Colour.parse(look.accent)
        except ValueError:
            errors["accent"] = _("Write the colour as # and six digits, such as #0b5a72.")
    for field, most in (("portal_name", 60), ("support_name", 100), ("support_phone", 40)):
        if len(getattr(look, field).strip()) > most:
            errors[field] = _("At most %(most)d characters fit here.") % {"most": most}
    if look.support_email:
        try:
            validate_email(look.support_email)
        except ValidationError:
            errors["support_email"] = _("This is no mail address.")
    if look.support_url:
        try:
            URLValidator(schemes=["http", "https"])(look.support_url)
        except ValidationError:
            errors["support_url"] = _("Write a web address that begins with https://.")
    if errors:
        raise ValidationError(errors)


def _locked() -> Brand:
    Brand.objects.bulk_create([Brand(id=1)], ignore_conflicts=True)
    return Brand.objects.select_for_update().get(id=1)


def _offer(brand: Brand, offer: logo.Logo | None) -> None:
    brand.offered_logo = offer.png if offer else None
    brand.offered_digest = offer.digest if offer else ""
    brand.offered_width = offer.width if offer else None
    brand.offered_height = offer.height if offer else None
    brand.save(update_fields=["offered_logo", "offered_digest", "offered_width", "offered_height"])


def _take(brand: Brand, taken: logo.Logo | None, acting_as: Actor, now: datetime) -> None:
    before = _said(brand.logo_digest, brand.logo_width, brand.logo_height)
    brand.logo = taken.png if taken else None
    brand.logo_digest = taken.digest if taken else ""
    brand.logo_width = taken.width if taken else None
    brand.logo_height = taken.height if taken else None
    brand.updated_at = now
    brand.save(update_fields=["logo", "logo_digest", "logo_width", "logo_height", "updated_at"])
    _offer(brand, None)
    after = _said(brand.logo_digest, brand.logo_width, brand.logo_height)
    _record(acting_as, "logo.changed" if taken else "logo.removed", before, after, now)


def _said(digest: str, width: int | None, height: int | None) -> dict[str, object] | None:
    return {"digest": digest, "width": width, "height": height} if digest else None


def _record(
    acting_as: Actor, verb: str, before: dict[str, object] | None, after: dict[str, object] | None, now: datetime
) -> None:
    audit.record(
        acting_as=acting_as, verb=verb, subject_kind="settings", subject_id="brand", before=before, after=after, now=now
    )
