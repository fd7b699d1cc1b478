"""Invented content for the gallery: one Sunday in November 2026 at a company called Fabrikam."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.core.paginator import Paginator

from tenantry.web.numbers import WholeNumberField
from tenantry.web.ui import frame
from tenantry.web.ui.components.chips import Chip
from tenantry.web.ui.drawings import term_line, year_strip

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LONG_NAME = (
    "Microsoft Dynamics 365 Customer Insights Attach with Additional Interacted People Capacity for Faculty Staff "
    "and Students (Annual)"
)
ARABIC_NAME = "شركة النور للتجارة والخدمات"

# Three difficult wishes: pale yellow, near-black, saturated red.
BRANDS = {"yellow": "#ffe94d", "black": "#111111", "red": "#e60012"}


class SampleForm(forms.Form):
    """One field of each kind."""

    email = forms.EmailField(label="E-mail address", help_text="The address they sign in to Microsoft with.")
    role = forms.ChoiceField(label="Role", choices=[("view", "View"), ("modify", "Modify"), ("admin", "Admin")])
    note = forms.CharField(label="Note for the partner", required=False, widget=forms.Textarea)
    seats = WholeNumberField(
        label="Seats",
        min_value=1,
        max_value=300,
        help_text="You have 12. Microsoft allows 1 to 300.",
    )
    invite = forms.BooleanField(label="Send an invitation by mail", required=False)
    outcome = forms.ChoiceField(
        label="When the term ends on 16 December",
        widget=forms.RadioSelect,
        choices=[("renew", "Renew for another year"), ("end", "End"), ("extend", "Go on month by month")],
    )


OUTCOME_NOTES = {
    "renew": "12 seats until 16 December 2027. Seats can be returned for 7 days after the renewal.",
    "end": "Everybody loses access on 16 December 2026.",
    "extend": "The extended term of Microsoft, at a higher price, until you cancel or renew.",
}


def chips() -> list[Chip]:
    """Give the chips over a list: chosen, empty and chosen elsewhere, not counted, and one that a click takes away."""
    return [
        Chip("All", "#", chosen=True, count=24),
        Chip("Expiring soon", "#", count=0),
        Chip("Trials", "#"),
        Chip("Fabrikam", "#", chosen=True, removes=True),
    ]


def forms_shown() -> dict[str, SampleForm]:
    """Give the sample form filled in, and refused."""
    filled = {"email": "kim@fabrikam.example", "role": "modify", "seats": 12, "outcome": "renew", "invite": True}
    wrong = SampleForm({"email": "kim@fabrikam", "seats": "0", "role": "modify"}, prefix="wrong")
    wrong.is_valid()
    return {
        "form": SampleForm(initial=filled),
        "wrong": wrong,
        "plan": SampleForm(initial=filled, prefix="plan"),
    }


def rows() -> list[dict[str, object]]:
    """List subscriptions as a table shows them."""
    return [
        {"name": "Microsoft 365 Business Premium", "nce": True, "seats": 12, "term": "1 year, paid monthly",
         "next": NOW + timedelta(days=24), "pending": "→ 8 on 16 Dec", "tone": "", "status": ""},
        {"name": "Exchange Online (Plan 1)", "nce": True, "seats": 140, "term": "1 month, paid monthly",
         "next": NOW + timedelta(days=9), "pending": "", "tone": "", "status": ""},
        {"name": "Visio Plan 2", "nce": False, "seats": 3, "term": "1 year, paid yearly",
         "next": NOW + timedelta(days=201), "pending": "", "tone": "caution", "status": "Suspended"},
        {"name": LONG_NAME, "nce": True, "seats": 2500, "term": "3 years, paid yearly",
         "next": NOW + timedelta(days=840), "pending": "", "tone": "critical", "status": "Could not be confirmed"},
        {"name": ARABIC_NAME, "nce": True, "seats": 1, "term": "1 year, paid monthly",
         "next": NOW + timedelta(hours=5), "pending": "", "tone": "info", "status": "Trial"},
    ]  # fmt: skip


def lines() -> dict[str, term_line.TermLine]:
    """Draw terms in every shape."""
    day = timedelta(days=1)
    year = term_line.draw(
        NOW - 341 * day,
        NOW + 24 * day,
        NOW,
        [(3, NOW + timedelta(days=6, hours=4, minutes=35)), (2, NOW + timedelta(hours=20))],
        ("8 seats", NOW + 24 * day),
        extended=True,
    )
    fresh = term_line.draw(NOW - 2 * day, NOW + 363 * day, NOW, [(12, NOW + 5 * day)])
    month = term_line.draw(NOW - 12 * day, NOW + 18 * day, NOW, [(4, NOW + 3 * day)])
    late = term_line.draw(NOW - 400 * day, NOW - 35 * day, NOW, extended=True)
    three = term_line.draw(NOW - 500 * day, NOW + 596 * day, NOW, [], ("Ends", NOW + 596 * day))
    many = [(index + 1, NOW + timedelta(hours=8 * index, minutes=50)) for index in range(20)]
    lots = term_line.draw(NOW - 6 * day, NOW + 1090 * day, NOW, many)
    return {"year": year, "fresh": fresh, "month": month, "late": late, "three": three, "lots": lots}


def strip(count: int = 11) -> year_strip.YearStrip:
    """Draw renewals over the year, three of them on one day."""
    names = ["Microsoft 365 Business Premium", "Exchange Online (Plan 1)", "Visio Plan 2", "Power BI Pro", LONG_NAME]
    offsets = [9, 24, 24, 25, 26, 70, 131, 133, 201, 290, 355]
    sizes = [140, 12, 3, 40, 90, 1, 25, 8, 3, 60, 15]
    renewals = [
        year_strip.Renewal(
            names[index % 5],
            NOW + timedelta(days=offsets[index % 11], hours=index),
            sizes[index % 11],
            year_strip.KINDS[(0, 3, 0, 1, 0, 0, 2, 0, 3, 0, 0)[index % 11]],
            "#",
        )
        for index in range(count)
    ]
    return year_strip.draw(renewals, NOW, "#")


def progress() -> dict[str, list[frame.ProgressStep]]:
    """Show a change order on its way, done, refused and unsure."""
    saved = frame.ProgressStep("Saved", "done", NOW - timedelta(seconds=40))
    sent = frame.ProgressStep("Sent to Microsoft", "done", NOW - timedelta(seconds=32))
    return {
        "Under way": [
            saved,
            frame.ProgressStep("Sent to Microsoft", "active", NOW - timedelta(seconds=32)),
            frame.ProgressStep("Confirmed by Microsoft", "waiting"),
        ],
        "Done": [saved, sent, frame.ProgressStep("Confirmed by Microsoft", "done", NOW)],
        "Refused": [
            saved,
            sent,
            frame.ProgressStep("Refused by Microsoft", "failed", NOW, "The limit for this product is 300 seats."),
        ],
        "Unsure": [
            saved,
            sent,
            frame.ProgressStep("Confirmed by Microsoft", "unsure", None, "The answer was lost. We are asking again."),
        ],
    }


def happenings() -> list[frame.Happening]:
    """List what happened, newest first."""
    return [
        frame.Happening(NOW - timedelta(minutes=12), "3 seats of Microsoft 365 Business Premium added", "Kim Akers",
                        "Now 15 seats. Confirmed by Microsoft.", "positive", "plus", "#"),
        frame.Happening(NOW - timedelta(hours=30), "A scheduled change was lost and put back", "Tenantry",
                        "8 seats for 16 December.", "caution"),
        frame.Happening(NOW - timedelta(days=4), "Return of 2 seats of Visio Plan 2 refused",
                        "Robin Counts of Contoso IT", "The return window closed on 14 November.", "critical"),
        frame.Happening(NOW - timedelta(days=90), "Access given to Kim Akers: Modify", "Lee Gu", tone="neutral",
                        icon="user-round-plus"),
    ]  # fmt: skip


def places() -> list[frame.Place]:
    """List the places of the portal."""
    return [
        frame.Place("overview", "Overview", "#", "layout-dashboard"),
        frame.Place("subscriptions", "Subscriptions", "#", "package"),
        frame.Place("renewals", "Renewals", "#", "calendar-sync", 2),
        frame.Place("activity", "Activity", "#", "history"),
        frame.Place("people", "People", "#", "users-round"),
    ]


def groups() -> list[frame.PlaceGroup]:
    """List the places of the back office."""
    return [
        frame.PlaceGroup(
            "",
            (
                frame.Place("overview", "Overview", "#", "layout-dashboard"),
                frame.Place("companies", "Companies", "#", "building-2", 1),
                frame.Place("people", "Partner & End User Management", "#", "users-round"),
            ),
        ),
        frame.PlaceGroup(
            "Tools and Logs",
            (
                frame.Place("settings", "Settings", "#", "settings-2"),
                frame.Place("orders", "Change orders", "#", "arrow-left-right"),
                frame.Place("refreshes", "Refreshes", "#", "refresh-cw"),
                frame.Place("calls", "Calls to Microsoft", "#", "radio-tower"),
                frame.Place("audit", "Audit", "#", "scroll-text"),
            ),
        ),
    ]


def frame_context(brand: str, brand_url: str) -> dict[str, object]:
    """Give everything that the base templates read."""
    return {
        "brand": frame.FrameBrand("Contoso IT", brand_url if brand else ""),
        "person": frame.Person("Kim Akers", "kim@fabrikam.example", "#", "#", "Admin at Fabrikam"),
        "companies": [
            frame.CompanyChoice("Fabrikam", "#", True),
            frame.CompanyChoice("Fabrikam Residences", "#"),
            frame.CompanyChoice(ARABIC_NAME, "#"),
        ],
        "company": frame.CompanyChoice("Fabrikam", "#"),
        "rehearsal": frame.Rehearsal(NOW, "#", "#", "#", "Return window of 2 seats closes"),
        "support": {"name": "Contoso IT", "email": "help@contoso.example", "phone": "+44 20 7946 0000"},
        "now": NOW,
    }


def page(number: int) -> object:
    """Give one page of a long list."""
    return Paginator(range(1, 1001), 50).get_page(number)
