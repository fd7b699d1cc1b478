"""Changing the partner's look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from tenantry.audit import actions as audit
from tenantry.branding import contrast, logo
from tenantry.branding.models import Brand, LogoPicture
from tenantry.branding.plates import Standing
from tenantry.kernel.actor import Actor
from tenantry.kernel.refusals import Refusal

# "main" stands on all pages; "dark" takes its place on dark ones.
Place = Literal["main", "dark"]


def offer_logos(*, acting_as: Actor, files: Mapping[Place, bytes]) -> dict[Place, Refusal]:
    """Take uploaded files to be shown as the logo, before `save_logos` puts them in its place; return what was refused.

    What is accepted is kept until it is saved, discarded or replaced, also where the other file is refused.
    """
    acting_as.check_whole_partner()
    refused: dict[Place, Refusal] = {}
    for place, data in files.items():
        read = logo.read(data)
        if isinstance(read, Refusal):
            refused[place] = read
            continue
        picture = _picture(read)
        with transaction.atomic():
            brand = _locked()
            picture.save()
            setattr(brand, f"offered_{place}_logo", picture)
            _store(brand)
    return refused


def save_logos(*, acting_as: Actor, main: str = "", dark: str = "", now: datetime) -> Refusal | None:
    """Put what is on offer in its place; refuse if that is not what was shown, by the digests of the pictures."""
    acting_as.check_whole_partner()
    with transaction.atomic():
        brand = _locked()
        before = _said(brand)
        if (brand.offered_main_logo_id or "", brand.offered_dark_logo_id or "") != (main, dark) or not (main or dark):
            return Refusal(reason="logo_offer_gone", rule="logo_file", next_step="look_again")
        if not (main or brand.main_logo_id):
            return Refusal(reason="logo_dark_alone", rule="logo_file", next_step="upload_main_logo")
        brand.main_logo_id = brand.offered_main_logo_id or brand.main_logo_id
        brand.dark_logo_id = brand.offered_dark_logo_id or brand.dark_logo_id
        brand.offered_main_logo_id = brand.offered_dark_logo_id = None
        brand.updated_at = now
        _store(brand)
        if (after := _said(brand)) != before:
            _record(acting_as, "logo.changed", before, after, now)
    return None


def discard_offer(*, acting_as: Actor) -> None:
    """Forget what was uploaded and not saved."""
    acting_as.check_whole_partner()
    with transaction.atomic():
        brand = _locked()
        brand.offered_main_logo_id = brand.offered_dark_logo_id = None
        _store(brand)


def remove_logo(*, acting_as: Actor, place: Place, now: datetime) -> None:
    """Go back to the portal's name in letters, or, from the logo for dark pages, to the one logo on all pages."""
    acting_as.check_whole_partner()
    with transaction.atomic():
        brand = _locked()
        before = _said(brand)
        brand.dark_logo_id = None
        if place == "main":
            brand.main_logo_id = None
        brand.updated_at = now
        _store(brand)
        if (after := _said(brand)) != before:
            _record(acting_as, "logo.changed" if after else "logo.removed", before, after, now)


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
    rows = Brand.objects.select_for_update()
    brand = rows.filter(id=1).first()
    if brand is None:
        Brand.objects.bulk_create([Brand(id=1)], ignore_conflicts=True)
        brand = rows.get(id=1)
    return brand


def _store(brand: Brand) -> None:
    """Write the brand's logos, and drop the pictures that nothing leads to any more."""
    brand.save(update_fields=["main_logo", "dark_logo", "offered_main_logo", "offered_dark_logo", "updated_at"])
    used = (brand.main_logo_id, brand.dark_logo_id, brand.offered_main_logo_id, brand.offered_dark_logo_id)
    LogoPicture.objects.exclude(digest__in=[digest for digest in used if digest]).delete()


def _picture(upload: logo.Upload) -> LogoPicture:
    standing = Standing.of(upload.logo.png)
    return LogoPicture(
        digest=upload.logo.digest,
        png=upload.logo.png,
        width=upload.logo.width,
        height=upload.logo.height,
        file_width=upload.width,
        file_height=upload.height,
        file_moves=upload.moves,
        plate_on_light=standing.light.plate,
        plate_on_dark=standing.dark.plate,
        unseen_on_light=standing.light.unseen,
        unseen_on_dark=standing.dark.unseen,
    )


def _said(brand: Brand) -> dict[str, object] | None:
    """Describe the logos in use for the record; None without any."""
    used = LogoPicture.objects.defer("png").in_bulk([d for d in (brand.main_logo_id, brand.dark_logo_id) if d])
    places = {"": brand.main_logo_id, "dark_": brand.dark_logo_id}
    return {
        f"{prefix}{fact}": getattr(used[digest], fact)
        for prefix, digest in places.items()
        if digest
        for fact in ("digest", "width", "height")
    } or None


def _record(
    acting_as: Actor, verb: str, before: dict[str, object] | None, after: dict[str, object] | None, now: datetime
) -> None:
    audit.record(
        acting_as=acting_as, verb=verb, subject_kind="settings", subject_id="brand", before=before, after=after, now=now
    )
