"""The gallery: every component in every state, for rehearsal and debugging."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tenantry.branding import queries as branding
from tenantry.kernel.numbers import whole_number
from tenantry.web.ui import frame as frames
from tenantry.web.ui import glossary
from tenantry.web.ui.components import marks
from tenantry.web.ui.gallery import samples

FRAMES = {
    "portal": "ui/gallery/portal.html",
    "backoffice": "ui/gallery/backoffice.html",
    "sign-in": "ui/gallery/sign_in.html",
}


def _only_in_rehearsal() -> None:
    if not (settings.DEBUG or settings.REHEARSAL):
        raise Http404


def _context(request: HttpRequest) -> dict[str, object]:
    brand = request.GET.get("brand", "")
    if brand not in samples.BRANDS:
        brand = ""
    context = samples.frame_context(brand, reverse("ui:brand", args=[brand]) if brand else "")
    context["theme"] = request.GET.get("theme") or None
    context["density"] = request.GET.get("density") or None
    return context


def gallery(request: HttpRequest) -> HttpResponse:
    """Show the components; `?brand=`, `?theme=` and `?density=` choose the look."""
    _only_in_rehearsal()
    context = _context(request) | samples.forms_shown()
    context |= {
        "chosen": {name: request.GET.get(name, "") for name in ("brand", "theme", "density")},
        "brands": ["", *samples.BRANDS],
        "tones": marks.TONES,
        "rows": samples.rows(),
        "lines": samples.lines(),
        "strip": samples.strip(),
        "crowded": samples.strip(66),
        "nothing": samples.strip(0),
        "progress": samples.progress(),
        "happenings": samples.happenings(),
        "notes": samples.OUTCOME_NOTES,
        "chips": samples.chips(),
        "page": samples.page(7),
        "terms": glossary.TERMS,
        "long_name": samples.LONG_NAME,
        "tabs": [
            frames.Tab("Companies", "#", True, 24),
            frames.Tab("Delegated Admin", "#", False, 2),
            frames.Tab("Removed tenants", "#"),
        ],
        "crumbs": [
            frames.Crumb("Companies", "#"),
            frames.Crumb("Fabrikam", "#"),
            frames.Crumb("End User Portal"),
        ],
        "refusal": {
            "reason": (
                "Microsoft takes seats back for 7 days after they were bought. The last of yours were bought on "
                "7 November, so the window closed on 14 November, 10:20 UTC."
            ),
            "rule": "Rule: return window of 168 hours, Microsoft, read November 2026",
        },
        "schedule": frames.NextStep("Set 8 seats for 16 December", "#"),
        "cancel": frames.NextStep("Keep 12 seats", "#"),
        "alarms_sample": [
            frames.Alarm(
                "Nobody can sign in.", "The secret has expired. What to do: make a new one.", code="AADSTS7000222"
            ),
            frames.Alarm("The secret ends on 10 December 2026.", "Make a new one in Entra before.", tone="caution"),
        ],
        "stop_switch_sample": frames.StopSwitch(samples.NOW, "Dana Birkby", "Price list is wrong", "#"),
        "acting_sample": frames.ActingAsStaff("Dana Birkby", "Contoso IT", "Fabrikam", "#"),
    }
    return render(request, "ui/gallery/gallery.html", context)


def preview(request: HttpRequest) -> HttpResponse:
    """Show what a number of seats would do, as the fragment of a live preview."""
    _only_in_rehearsal()
    seats = whole_number(request.GET.get("plan-seats", ""))
    return render(request, "ui/gallery/consequences.html", {"seats": 12 if seats is None else seats})


def frame(request: HttpRequest, name: str) -> HttpResponse:
    """Show a base template with sample content."""
    _only_in_rehearsal()
    if name not in FRAMES:
        raise Http404
    context = _context(request) | {
        "places": samples.groups() if name == "backoffice" else samples.places(),
        "current_place": "companies" if name == "backoffice" else "overview",
        "rows": samples.rows(),
        "strip": samples.strip(),
        "lines": samples.lines(),
        "happenings": samples.happenings(),
        "tabs": [
            frames.Tab("Companies", "#", True, 24),
            frames.Tab("Delegated Admin", "#", False, 2),
            frames.Tab("Removed tenants", "#"),
        ],
    }
    return render(request, FRAMES[name], context)


def brand_stylesheet(request: HttpRequest, name: str) -> HttpResponse:
    """Serve the accent of one of the difficult brands."""
    _only_in_rehearsal()
    if name not in samples.BRANDS:
        raise Http404
    return HttpResponse(branding.stylesheet_of(samples.BRANDS[name]), content_type="text/css")
