"""What pages have around them: the brand, the person, the rehearsal strip, the stop switch."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from tenantry.branding import queries as branding
from tenantry.licensing.ledger import current_stop
from tenantry.licensing.moment import Moment
from tenantry.people.access import Viewer
from tenantry.web.ui import frame as ui

_THEMES = ("light", "dark")


def page_frame(
    viewer: Viewer | None, moment: Moment, *, role: str = "", stop_switch_url: str = "", home_url: str = "/"
) -> dict[str, object]:
    """Return what `ui/base.html` reads, in two queries; ``now`` is the clock of commerce.

    ``role`` says under the person's name who they are here; ``stop_switch_url`` leads those to the switch who may
    release it.
    """
    context: dict[str, object] = bare_frame(moment, home_url) | {"now": moment.commerce}
    if viewer is not None:
        context["person"] = ui.Person(
            name=viewer.person.shown_name,
            user_name=viewer.person.username,
            sign_out_url=reverse("sign_in:out"),
            preferences_url=reverse("portal:preferences"),
            role=role,
        )
        if viewer.person.theme in _THEMES:
            context["theme"] = viewer.person.theme
    stop = current_stop()
    if stop.stopped_at is not None:
        staff = viewer is not None and viewer.staff is not None
        context["stop_switch"] = ui.StopSwitch(
            since=moment.on_commerce(stop.stopped_at),  # as long ago on the clock of the page
            by=stop.stopped_by if staff else "",  # who and why is said among the staff
            reason=stop.reason if staff else "",
            settings_url=stop_switch_url,
        )
    return context


def bare_frame(moment: Moment, home_url: str = "/") -> dict[str, object]:
    """Return what pages that need nobody have around them: the brand, who helps, the rehearsal strip; one query."""
    brand = branding.current()
    found: dict[str, object] = {
        "shown_at": moment.real,
        "brand": ui.FrameBrand(
            name=brand.portal_name,
            stylesheet_url=brand.stylesheet_url,
            logos=head_logos(brand.main_logo, brand.dark_logo),
            home_url=home_url,
        ),
        "support": {
            "name": brand.support_name,
            "email": brand.support_email,
            "phone": brand.support_phone,
            "url": brand.support_url,
        },
        "whom_to_ask": brand.support_name or brand.portal_name,
    }
    if settings.REHEARSAL and settings.SANDBOX_URL:
        found["rehearsal"] = ui.Rehearsal(
            now=moment.commerce,
            advance_url=reverse("rehearsal:advance"),
            mailbox_url=reverse("rehearsal:mailbox"),
            sandbox_url=f"{settings.SANDBOX_URL}/",
        )
    return found


def support_of(context: Mapping[str, object]) -> str:
    """Return the address for mail to whoever helps, from a page's context; empty where there is none."""
    support = context.get("support")
    return str(support["email"]) if isinstance(support, Mapping) else ""


def head_logos(main: branding.LogoView | None, dark: branding.LogoView | None) -> tuple[ui.HeadLogo, ...]:
    """Return the logos of a page's head: one, or two of which the page's look shows one; none without ``main``."""
    if main is None:
        return ()
    dark = dark or main
    if dark is main and not (main.plate_on_light or main.plate_on_dark):
        return (ui.HeadLogo(main.url, main.width, main.height),)
    return (
        ui.HeadLogo(main.url, main.width, main.height, "light", main.plate_on_light),
        ui.HeadLogo(dark.url, dark.width, dark.height, "dark", dark.plate_on_dark),
    )
