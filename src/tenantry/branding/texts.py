"""The sentences of branding's refusals."""

from django.utils.translation import gettext as _

from tenantry.kernel.refusals import Refusal


def refusal_text(refusal: Refusal) -> tuple[str, str]:
    """Return why a logo was refused, and what can be done."""
    return _reason(refusal), _next_step(refusal)


def _reason(refusal: Refusal) -> str:
    facts = dict(refusal.facts)
    match refusal.reason:
        case "logo_empty_file":
            return _("This file is empty.")
        case "logo_file_too_large":
            return _("This file is larger than 5 MB.")
        case "logo_too_many_pixels":
            return _("This picture is %(width)d × %(height)d pixels: more than the 8 million that can be read.") % facts
        case "logo_too_many_scans":
            return _("This JPEG picture is put together from too many layers to be read.")
        case "logo_too_thin":
            return (
                _("This picture is %(width)d × %(height)d pixels: within 502 × 81 it is too thin to be seen.") % facts
            )
        case "logo_transparent":
            return _("This picture is transparent all over: nothing of it can be seen.")
        case "logo_damaged":
            return _("This %(format)s picture is damaged or cut off.") % facts
        case "logo_other_format" if facts["format"]:
            return _("By its content this file is %(format)s, which cannot be taken as a logo.") % facts
        case "logo_dark_alone":
            return _("A logo for dark pages stands beside a logo for all pages, and there is none yet.")
        case "logo_offer_gone":
            return _("What was shown is not there any more, or another logo was uploaded meanwhile. Nothing is saved.")
        case _:
            return _("This file is neither a PNG nor a JPEG picture.")


def _next_step(refusal: Refusal) -> str:
    match refusal.next_step:
        case "upload_again":
            return _("Export the logo anew and upload that file.")
        case "export_as_png":
            return _("Export the logo as PNG, best at 502 × 81 pixels or less, and upload that file.")
        case "check_export":
            return _("Export the logo anew with its drawing visible and upload that file.")
        case "choose_other_shape":
            return _("Choose a picture of another shape: at least 8 pixels wide and high when it fits.")
        case "upload_main_logo":
            return _("Upload the logo for all pages too; the one for dark pages is kept until then.")
        case "look_again":
            return _("Look at what is shown now, or upload the logo again.")
        case _:
            return _("Choose a PNG or JPEG file of at most 502 × 81 pixels.")
