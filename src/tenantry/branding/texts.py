"""The sentences of branding's refusals."""

from django.utils.translation import gettext as _

from tenantry.kernel.refusals import Refusal


def refusal_text(refusal: Refusal) -> tuple[str, str]:
    """Return why a logo was refused, and what can be done."""
    return _reason(refusal), _next_step(refusal)


def _reason(refusal: Refusal) -> str:
    facts = dict(refusal.facts)
    match refusal.reason:
        case "logo_too_large":
            return (
                _("This logo is %(width)d × %(height)d pixels; at most %(most_width)d × %(most_height)d are possible.")
                % facts
            )
        case "logo_too_thin":
            return (
                _("This picture is %(width)d × %(height)d pixels: within %(most_width)d × %(most_height)d it is "
                  "too thin to be seen.") % facts
            )  # fmt: skip
        case "logo_too_many_pixels" if facts:
            return _("This picture is %(width)d × %(height)d pixels: too large to be read.") % facts
        case "logo_too_many_pixels":
            return _("This picture has too many pixels to be read.")
        case "logo_file_too_large":
            return _("This file is larger than 5 MB.")
        case "logo_offer_gone":
            return _("The smaller copy of the logo is not there any more.")
        case _:
            return _("This file is neither a PNG nor a JPEG picture, or it is damaged.")


def _next_step(refusal: Refusal) -> str:
    if refusal.next_step == "scale_logo":
        return _("It can be scaled down to %(width)d × %(height)d pixels.") % dict(refusal.next_step_facts)
    if refusal.next_step == "choose_other_shape":
        return _("Choose a picture of another shape: at least %(least)d pixels wide and high when it fits.") % dict(
            refusal.next_step_facts
        )
    return _("Choose a PNG or JPEG file of at most 502 × 81 pixels.")
