"""Overview, renewals, activity, people, the way in, and preferences."""

import uuid
from datetime import timedelta

from django.conf import settings

from tenantry.audit.models import AuditRow
from tenantry.licensing.models import SubscriptionChange
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company, EndUser, EndUserRole, Person
from tests.support.house import House, finish
from tests.support.orders import placed
from tests.web.portal.visitors import (
    ANNA,
    BEN,
    CHLOE,
    DANA,
    INGRID,
    PREMIUM,
    SAMUEL,
    at,
    of,
    signed_in,
    text,
    words,
)


def changed_elsewhere(house: House, company: Company, before: dict[str, object], after: dict[str, object]) -> None:
    """Note a change that was seen between two readings."""
    SubscriptionChange.objects.create(
        company=company,
        subscription=house.subscription(company, PREMIUM).row,
        seen_at=Moment.current().commerce + timedelta(minutes=1),
        before=before,
        after=after,
        source="elsewhere",
    )


def test_the_overview_puts_first_what_needs_a_decision(house: House, harbour: Company) -> None:
    page = text(signed_in(ANNA), at(harbour))
    assert "4 decisions, the first in 38 hours · As of" in page and page.count("9 active subscriptions") == 1
    assert "9 active subscriptions 145 seats 6 terms end within 30 days next: Mon 23 Nov" in page
    assert "1 trial becomes paid on Sat 5 Dec" in page
    assert "Needs your decision MD Microsoft Defender for Business NCE After Mon 23 Nov it goes on month by" in page
    assert "in 38 hours · Mon 23 Nov Decide" in page
    assert "25 seats (1 year, paid monthly). If you do not want that, ask your partner." in page
    assert "Microsoft Teams Phone Standard" not in page.split("The next twelve months")[0]  # it has been decided about
    assert "Nothing has happened yet." in page
    others = text(signed_in(BEN), at(harbour)).split("Needs a decision")[1].split("The next twelve months")[0]
    assert "Somebody with the role Admin at Harbour & Vale Ltd decides this." in others
    assert "Decide" not in others.replace("decides", "")
    assert "your decision" not in text(signed_in(BEN), at(harbour))


def test_a_company_that_was_never_read_says_so(house: House, harbour: Company) -> None:
    other = Company.objects.exclude(id=harbour.id).get()
    ingrid = signed_in(INGRID)
    page = text(ingrid, at(other))
    assert f"{other.name} Not read from Microsoft yet" in page
    assert "Nothing needs a decision." in page
    assert "Your subscriptions have not been read from Microsoft yet." in text(ingrid, at(other, "subscriptions/"))
    assert "No term ends in the next twelve months." in text(ingrid, at(other, "renewals/"))
    assert "Nothing has happened yet." in text(ingrid, at(other, "activity/"))


def test_renewals_stand_by_month_with_what_happens(house: House, harbour: Company) -> None:
    page = text(signed_in(ANNA), at(harbour, "renewals/"))
    assert "9 terms end in the next twelve months" in page
    months = ["November 2026", "December 2026", "February 2027", "March 2027", "August 2027"]
    page = page[page.index(months[0]) :]
    places = [page.index(month) for month in months]
    assert places == sorted(places)
    november = page[places[0] : places[1]]
    assert "Renews → 8 seats" in november
    assert "Not decided" in november and "Decide" in november
    view = text(signed_in(CHLOE), at(harbour, "renewals/"))
    assert "Somebody with the role Admin at Harbour & Vale Ltd decides this." in view


def test_activity_tells_orders_and_what_others_changed(house: House, harbour: Company) -> None:
    finish(placed(house.subscription(harbour, PREMIUM), SetQuantity(45)).id)
    changed_elsewhere(house, harbour, {"quantity": 45, "auto_renew": True}, {"quantity": 44, "auto_renew": False})
    anna, page = signed_in(ANNA), at(harbour, "activity/")
    everything = text(anna, page)
    ours = "Microsoft 365 Business Premium: Added 3 seats (42 → 45) Anna Lindqvist"
    theirs = "Microsoft 365 Business Premium: 45 → 44 seats; does not renew by itself any more"
    assert everything.index(theirs) < everything.index(ours)
    assert "Changed at Microsoft, not from here" in everything
    assert theirs not in text(anna, f"{page}?show=orders") and ours in text(anna, f"{page}?show=orders")
    assert ours not in text(anna, f"{page}?show=elsewhere") and theirs in text(anna, f"{page}?show=elsewhere")
    assert theirs not in text(anna, f"{page}?q=lindqvist") and ours in text(anna, f"{page}?q=lindqvist")
    assert "Nothing was found." in text(anna, f"{page}?q=unheard")
    assert anna.get(f"{page}?page=²").status_code == 200
    assert anna.get(f"{page}?page=2").status_code == 404
    head, first, second = anna.get(f"{page}export.csv").content.decode("utf-8-sig").splitlines()
    assert head == '"When","Subscription","What","Who","Outcome","Order","Microsoft\'s request id"'
    assert "45 → 44 seats" in first and '"Added 3 seats (42 → 45)","Anna Lindqvist","Done","#' in second


def test_every_difference_has_its_words(house: House, harbour: Company) -> None:
    schedule = {"action": "renew", "quantity": 8}
    changed_elsewhere(house, harbour, {"scheduled": []}, {"scheduled": [schedule], "status": "suspended"})
    changed_elsewhere(house, harbour, {"scheduled": [schedule]}, {"scheduled": [], "auto_renew": True})
    changed_elsewhere(
        house, harbour, {}, {"term": "P3Y", "commitment_end": "2027-12-15T23:59:59+00:00", "name": "Desk"}
    )
    changed_elsewhere(house, harbour, {}, {"billing_plan": "annual", "scheduled": [{"action": "end"}]})
    page = text(signed_in(ANNA), of(house.subscription(harbour, PREMIUM)))
    assert "Now suspended; 8 seats scheduled for the renewal" in page
    assert "Renews by itself; nothing is scheduled any more" in page
    assert "Term: 3 years; the term now ends on Wed 15 Dec 2027; a new name" in page
    assert "Set to end with the term; paid yearly" in page


def test_what_the_end_of_a_term_brings_is_not_called_somebody_else_s_doing(house: House, harbour: Company) -> None:
    changed_elsewhere(
        house,
        harbour,
        {"quantity": 42, "scheduled": [{"action": "renew", "quantity": 8}], "commitment_end": "2026-12-15T23:59:59Z"},
        {"quantity": 8, "scheduled": [], "commitment_end": "2027-12-15T23:59:59Z"},
    )
    page = text(signed_in(ANNA), at(harbour, "activity/"))
    assert "42 → 8 seats; the term now ends on Wed 15 Dec 2027 At Microsoft, as the term ended" in page
    assert "not from here" not in page and "nothing is scheduled" not in page


def test_a_month_of_the_extended_term_is_not_called_a_term(house: House, harbour: Company) -> None:
    extended = {"action": "extend"}
    changed_elsewhere(
        house,
        harbour,
        {"scheduled": [], "commitment_end": "2026-12-15T23:59:59Z"},
        {"scheduled": [extended], "commitment_end": "2027-01-15T23:59:59Z"},
    )
    changed_elsewhere(
        house, harbour, {"commitment_end": "2027-01-15T23:59:59Z"}, {"commitment_end": "2027-02-15T23:59:59Z"}
    )
    page = text(signed_in(ANNA), of(house.subscription(harbour, PREMIUM)))
    assert (
        "Goes on month by month, in the extended term; the running month ends on Fri 15 Jan 2027 At Microsoft" in page
    )
    assert "The running month ends on Mon 15 Feb 2027 At Microsoft, as the month ended" in page


def test_people_are_listed_with_what_they_may_do(house: House, harbour: Company) -> None:
    EndUser.objects.create(
        company=harbour,
        email="new@harbourvale.example",
        role=EndUserRole.VIEW,
        pinned_tenant_id=harbour.tenant_id,
        invited_by="Dana Okafor",
        invited_at=Moment.current().real,
        expires_at=Moment.current().real + timedelta(days=7),
    )
    page = text(signed_in(ANNA), at(harbour, "people/"))
    assert "4 people have access or an invitation" in page
    assert "Anna Lindqvist anna.lindqvist@harbourvale.example Admin" in page
    assert "new@harbourvale.example View Invited" in page
    assert "Modify Also changes seats, now or at renewal." in page


def test_the_way_in_leads_to_the_company_or_the_choice(house: House, harbour: Company) -> None:
    other = Company.objects.exclude(id=harbour.id).get()
    anna = signed_in(ANNA)
    assert anna.get("/").headers["Location"] == at(harbour)
    house.end_user(other, ANNA, EndUserRole.VIEW)
    assert anna.get("/").headers["Location"] == "/companies/"
    assert "Harbour & Vale Ltd" in text(anna, "/companies/") and "Nordlys Shipping AS" in text(anna, "/companies/")
    switcher = text(anna, at(harbour))
    assert "Your companies HV Harbour & Vale Ltd NS Nordlys Shipping AS" in switcher
    answer = anna.post("/preferences/", {"display_name": "", "theme": "system", "default_company": str(other.id)})
    assert answer.headers["Location"] == "/preferences/"
    assert anna.get("/").headers["Location"] == at(other)
    for who in (DANA, SAMUEL):
        assert signed_in(who).get("/").headers["Location"].endswith("/office/")


def test_the_choice_of_companies_leads_on_for_everybody(house: House, harbour: Company) -> None:
    alone, staff = signed_in(ANNA), signed_in(DANA)
    assert "choose one to begin with" not in text(alone, "/companies/")
    assert "back office" not in text(alone, "/companies/")
    assert "You have no company here. The companies that you look after are in the back office." in text(
        staff, "/companies/"
    )
    assert f'href="{settings.BACKOFFICE_URL}/office/"' in staff.get("/companies/").content.decode()
    house.end_user(Company.objects.exclude(id=harbour.id).get(), ANNA, EndUserRole.VIEW)
    assert "choose one to begin with" in text(alone, "/companies/")


def test_preferences_are_the_person_s_own(house: House, harbour: Company) -> None:
    anna = signed_in(ANNA)
    page = text(anna, "/preferences/")
    assert "Your name on these pages" in page and "Begin with" not in page
    anna.post("/preferences/", {"display_name": "  Anna  L. ", "theme": "dark"})
    person = Person.objects.get(username=ANNA)
    assert (person.display_name, person.theme, person.default_company_id) == ("Anna L.", "dark", None)
    shown = anna.get(at(harbour)).content.decode()
    assert 'data-theme="dark"' in shown and "Anna L." in shown
    assert AuditRow.objects.filter(verb="preferences.changed", subject_id=str(person.id)).count() == 1
    for wrong in ({"theme": "pink"}, {"theme": "dark", "display_name": "x" * 101}):
        assert "This could not be saved." in words(anna.post("/preferences/", wrong).content)
    stranger = {"display_name": "", "theme": "system", "default_company": str(uuid.uuid4())}
    anna.post("/preferences/", stranger)  # with one company there is nothing to choose, so nothing is read
    assert Person.objects.get(username=ANNA).default_company_id is None
