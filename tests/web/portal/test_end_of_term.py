"""The three ways a term can end, and stopping at once."""

import re
from datetime import timedelta

import time_machine
from django.test import Client
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.kernel import clock
from tenantry.licensing.models import ChangeOrder, OrderState, Wish
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.wishes import DecideEndOfTerm
from tenantry.notices.models import Notice
from tenantry.people.models import Company, EndUserRole
from tests.support.house import House, finish
from tests.support.orders import placed
from tests.web.portal.visitors import ANNA, BEN, CHLOE, INGRID, PREMIUM, at, of, signed_in, text, token


def kept(client: Client, address: str) -> str:
    """Return the sealed part of the form that confirms a renewal."""
    found = re.search(r'name="keep" value="([^"]+)"', client.get(address).content.decode())
    assert found, f"there is no renewal to confirm at {address}"
    return found[1]


DEFENDER = "Microsoft Defender for Business"
SONNENSCHEIN = "503a4286-b7ae-5bd8-985c-d88d74134615"
RIVERA = "842e905e-b4a5-56d2-88c8-5dc389b3b006"
MOREAU = "aae8af3f-e607-5919-b64e-538bcf36788b"
OLD_MILL = "60176b12-e1e8-5f3a-bb0c-3324aa27f137"
MARGARET = "margaret.pryce@oldmill-antiques.example"
CAMILLE = "camille.moreau@atelier-moreau.example"
GRETA = "greta.sonnenschein@baeckerei-sonnenschein.example"
LUCIA = "lucia.gomez@clinica-rivera.example"


def test_each_way_is_explained_with_its_date(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    page = text(anna, of(view, "end-of-term/"))
    assert "Renew Stands now. On Tue 15 Dec it renews with 42 seats." in page
    assert "End On Tue 15 Dec it ends, and access stops." in page
    assert "Go on month by month After Tue 15 Dec it goes on month by month with 42 seats, in the extended" in page


def test_a_renewal_that_stands_is_confirmed_without_sending_anything(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    for address in ("end-of-term/", "end-of-term/?choice=renew", "end-of-term/?choice=renew&seats=42"):
        page = text(anna, of(view, address))
        assert "This stands already. Say yes, and it counts as decided" in page and "Microsoft's rule" not in page
        assert "Yes, renew with 42 seats" in page
    by_itself = "it renews with 42 seats. It does so by itself, unless somebody decides otherwise."
    for address in (of(view), at(harbour)):
        assert by_itself in text(anna, address)

    keep = kept(anna, of(view, "end-of-term/"))
    for _click in range(2):
        answer = anna.post(of(view, "end-of-term/"), {"keep": keep}, follow=True).content.decode()
        assert "Decided. On Tue 15 Dec it renews with 42 seats." in answer
    assert (ChangeOrder.objects.count(), house.patches()) == (0, [])
    wish = Wish.objects.get(subscription=view.row)
    assert (wish.choice, wish.quantity, wish.decided_by) == ("renew", None, "Anna Lindqvist")
    [row] = AuditRow.objects.filter(verb="wish.decided")
    assert (row.subject_id, row.actor_name) == (str(view.id), "Anna Lindqvist")

    page = text(anna, of(view))
    assert "On Tue 15 Dec it renews with 42 seats. Decided by Anna Lindqvist, Sun 22 Nov." in page
    assert page.count("Renews as it is") == 1 and "Decided · nothing was sent to Microsoft" in page
    assert "This stands already: there is nothing to confirm." in text(anna, of(view, "end-of-term/"))
    assert by_itself not in text(anna, at(harbour))
    assert "Renews with 42 seats Decided by Anna Lindqvist" in text(anna, at(harbour, "renewals/"))
    assert "Microsoft 365 Business Premium: renews as it is" in text(anna, at(harbour, "activity/?q=anna"))
    assert "renews as it is" in text(anna, at(harbour, "activity/?show=orders"))
    assert "renews as it is" not in text(anna, at(harbour, "activity/?show=elsewhere"))

    # What was confirmed is watched; but nobody's switch at Microsoft is turned back, which would buy another term.
    about = {"customer": harbour.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"autoRenewEnabled": False}})
    refresh_company(harbour.id)
    assert (ChangeOrder.objects.count(), house.patches()) == (0, [])
    page = text(anna, of(view))
    assert "“Renews” was decided by Anna Lindqvist, and Microsoft does not have it." in page
    assert "Somebody switched the renewal off at Microsoft, and that was left alone." in page
    assert "A scheduled change is not at Microsoft" in Notice.objects.get().subject


def test_a_renewal_is_confirmed_by_those_who_decide_and_as_they_saw_it(house: House, harbour: Company) -> None:
    view, anna, ben = house.subscription(harbour, PREMIUM), signed_in(ANNA), signed_in(BEN)
    keep = kept(anna, of(view, "end-of-term/"))
    assert ben.post(of(view, "end-of-term/"), {"keep": keep}).status_code == 403
    assert signed_in(INGRID).post(of(view, "end-of-term/"), {"keep": keep}).status_code == 404
    about = {"customer": harbour.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"quantity": 45}})
    refresh_company(harbour.id)
    for old in (keep, "forged"):
        answer = anna.post(of(view, "end-of-term/"), {"keep": old}, follow=True).content.decode()
        assert "no longer as your page showed it" in answer
    assert not Wish.objects.exists()


def test_nothing_to_choose_yet_asks_to_choose(house: House, harbour: Company) -> None:
    undecided = text(signed_in(ANNA), of(house.subscription(harbour, DEFENDER), "end-of-term/"))
    assert "Choose one: what it means is shown before anything happens." in undecided


def test_an_extended_term_that_nobody_chose_needs_a_decision(house: House, harbour: Company) -> None:
    company = house.add_company(SONNENSCHEIN)
    house.end_user(company, GRETA, EndUserRole.ADMIN)
    view, greta = house.subscription(company, "Exchange Online Kiosk"), signed_in(GRETA)
    assert "It goes on month by month with 22 seats" in text(greta, at(company))
    assert "Not decided" in text(greta, at(company, "renewals/"))
    order = placed(house.subscription(harbour, PREMIUM), DecideEndOfTerm(EndOfTerm.EXTEND))
    finish(order.id)
    ChangeOrder.objects.filter(id=order.id).update(subscription=view.row, company=company)  # as if chosen last year
    assert "It goes on month by month with 22 seats" not in text(greta, at(company))
    assert "Not decided" not in text(greta, at(company, "renewals/"))


def test_what_is_decided_is_changed_and_the_rest_decided(house: House, harbour: Company) -> None:
    anna = signed_in(ANNA)
    assert "Decide what happens" in text(anna, of(house.subscription(harbour, PREMIUM)))
    assert "Change what happens" in text(anna, of(house.subscription(harbour, "Microsoft 365 Copilot")))
    assert "Ends, and access stops in 78 days · Mon 8 Feb 2027 Change" in text(anna, at(harbour, "renewals/"))


def test_the_seats_of_the_next_term_count_only_when_it_renews(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    assert "Choose “End” instead." in text(anna, of(view, "end-of-term/?choice=renew&seats=0"))
    for seats in ("0", "none"):
        page = text(anna, of(view, f"end-of-term/?choice=end&seats={seats}"))
        assert "When the term ends, everybody who uses one of your 42 seats loses access" in page
        assert "Choose “End” instead." not in page and "as a whole number" not in page


def test_ending_makes_the_person_read_the_sentence_that_matters(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    sealed = token(anna, of(view, "end-of-term/?choice=end"))
    asked = anna.post(of(view, "end-of-term/"), {"plan": sealed}).headers["Location"]
    assert asked == of(view, "end-of-term/?choice=end") and not ChangeOrder.objects.exists()
    assert (
        "When the term ends, everybody who uses one of your 42 seats loses access, and the subscription cannot be "
        "brought back." in text(anna, asked)
    )
    assert "You can change your mind until Tue 15 Dec, 23:59 UTC." in text(anna, asked)
    anna.post(of(view, "end-of-term/"), {"plan": sealed, "sure": "yes"})
    order = finish(ChangeOrder.objects.get().id)
    assert order.state == OrderState.SCHEDULED
    assert "Decided. On Tue 15 Dec it ends, and access stops." in text(anna, at(harbour, f"orders/{order.id}/"))
    assert "On Tue 15 Dec it ends, and access stops. Decided by Anna Lindqvist, Sun 22 Nov." in text(anna, of(view))


def test_renewing_with_another_number_and_going_on_month_by_month(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, DEFENDER), signed_in(ANNA)
    renewing = of(view, "end-of-term/?choice=renew&seats=30")
    assert "On Mon 23 Nov it renews with a change: 30 seats" in text(anna, renewing)
    anna.post(of(view, "end-of-term/"), {"plan": token(anna, renewing)})
    finish(ChangeOrder.objects.get().id)
    assert house.view(view.row).ending.quantity == 30
    extending = of(view, "end-of-term/?choice=extend")
    assert "After Mon 23 Nov it goes on month by month with 40 seats" in text(anna, extending)
    anna.post(of(view, "end-of-term/"), {"plan": token(anna, extending)})
    finish(ChangeOrder.objects.latest("number").id)
    assert house.view(view.row).ending.outcome.value == "extends"


def test_who_may_not_decide_sees_who_can(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    for who in (BEN, CHLOE):
        page = text(signed_in(who), of(view))
        assert "Somebody with the role Admin at Harbour & Vale Ltd decides this." in page
        assert "Decide what happens" not in page
    assert "Your role here is to look." in text(signed_in(CHLOE), of(view))
    assert "Your role here is to look." not in text(signed_in(BEN), of(view))


def test_a_lost_wish_is_shown_and_decided_again(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    anna.post(of(view, "change/"), {"plan": token(anna, of(view, "change/?seats=30&when=renewal"))})
    finish(ChangeOrder.objects.get().id)
    lost = {
        "reason": "other_schedule",
        "rule": "wishes_survive",
        "next_step": "decide_again",
        "facts": {},
        "next_step_facts": {},
    }
    Wish.objects.update(lost_at=clock.now(), lost_reason=lost)
    page = text(anna, of(view))
    assert "A decision has been lost. “Renew with 30 seats” was decided by Anna Lindqvist" in page
    assert "Something else was scheduled at Microsoft in its place, and it was left alone." in page
    assert "What was decided is not at Microsoft: decide again." in text(anna, at(harbour))
    assert "Not at Microsoft" in text(anna, at(harbour, "renewals/"))
    assert "Decide again" not in text(signed_in(CHLOE), at(harbour, "renewals/"))


def test_cancelling_takes_two_steps_and_a_fresh_sign_in(house: House, harbour: Company, settings: Settings) -> None:
    company = house.add_company(SONNENSCHEIN)
    house.end_user(company, GRETA, EndUserRole.ADMIN)
    view, greta = house.subscription(company, "Microsoft 365 Business Standard"), signed_in(GRETA)
    assert "Cancel this subscription" in text(greta, of(view))
    page = text(greta, of(view, "stop/"))
    assert "Cancelling is final: everybody who uses one of your 18 seats loses access now" in page
    assert page.count("loses access") == 1 and page.count("brought back") == 1
    assert "Microsoft pays back everything: cancelling is free until Mon 23 Nov" in page
    sealed = token(greta, of(view, "stop/"))
    assert greta.post(of(view, "stop/"), {"plan": sealed}).headers["Location"] == of(view, "stop/")
    assert "Nothing was changed. Read the sentence in red" in text(greta, of(view, "stop/"))
    assert not ChangeOrder.objects.exists()
    with time_machine.travel(clock.now() + timedelta(minutes=settings.FRESH_SIGN_IN_MINUTES - 1)):
        text(greta, of(view))  # the session itself is kept alive
    with time_machine.travel(clock.now() + timedelta(minutes=settings.FRESH_SIGN_IN_MINUTES + 1)):
        again = greta.post(of(view, "stop/"), {"plan": sealed, "sure": "yes"})
        assert again.headers["Location"].startswith("/sign-in/?")
    assert not ChangeOrder.objects.exists()
    greta.post(of(view, "stop/"), {"plan": sealed, "sure": "yes"})
    order = finish(ChangeOrder.objects.get().id)
    assert order.state == OrderState.APPLIED
    assert house.view(view.row).facts.status.value == "deleted"
    assert "Done. The subscription is cancelled." in text(greta, at(company, f"orders/{order.id}/"))


def test_a_suspended_legacy_subscription_comes_back_into_use(house: House, harbour: Company) -> None:
    company = house.add_company(RIVERA)
    house.end_user(company, LUCIA, EndUserRole.ADMIN)
    row = company.subscriptions.get(status="suspended")
    view, lucia = house.view(row), signed_in(LUCIA)
    assert "Use it again" in text(lucia, of(view))
    sealed = token(lucia, of(view, "stop/?again=yes"))
    lucia.post(of(view, "stop/"), {"plan": sealed})
    order = finish(ChangeOrder.objects.get().id)
    assert order.state == OrderState.APPLIED
    assert "Done. The subscription is in use again." in text(lucia, at(company, f"orders/{order.id}/"))


def test_what_is_suspended_says_whether_it_is_charged(house: House, harbour: Company) -> None:
    company = house.add_company(MOREAU)
    house.end_user(company, CAMILLE, EndUserRole.ADMIN)
    page = text(signed_in(CAMILLE), of(house.view(company.subscriptions.get(status="suspended"))))
    assert (
        "This subscription is suspended: nobody can use it, and Microsoft goes on charging for it until Wed 7 Apr 2027."
        in page
    )
    assert "Charged by Microsoft Also while it is suspended; next charge: Tue 8 Dec" in page
    assert "It is suspended; on Wed 7 Apr 2027 its term is over for good." in page

    company = house.add_company(RIVERA)
    house.end_user(company, LUCIA, EndUserRole.ADMIN)
    legacy = text(signed_in(LUCIA), of(house.view(company.subscriptions.get(status="suspended"))))
    assert "Microsoft does not charge for it meanwhile, and deletes it after a while." in legacy
    assert "Charged by Microsoft Not while it is suspended" in legacy
    assert "its term is over for good" not in legacy and "goes on charging" not in legacy


def test_the_extended_term_says_what_is_possible(house: House, harbour: Company) -> None:
    company = house.add_company(SONNENSCHEIN)
    house.end_user(company, GRETA, EndUserRole.ADMIN)
    view, greta = house.subscription(company, "Exchange Online Kiosk"), signed_in(GRETA)
    page = text(greta, of(view))
    assert "This subscription runs in the extended term, where Microsoft does not let the number of seats" in page
    assert "You can let it renew." in page
    assert "It goes on month by month with 22 seats, until you renew or cancel it." in page
    assert "Charged by Microsoft Every month, until you renew or cancel" in page
    assert "Extended term · 22 seats" in page
    assert "The running month ends in " in page
    assert "What is to happen now that the term is over?" in text(greta, of(view, "end-of-term/"))
    assert "After that: the extended term, month by month, at a higher price" in page  # the term line
    assert "Month by month Extended term" in text(greta, at(company, "subscriptions/"))
    greta.post(of(view, "end-of-term/"), {"plan": token(greta, of(view, "end-of-term/?choice=renew"))})
    finish(ChangeOrder.objects.get().id)
    assert "Charged by Microsoft Every month, until it renews" in text(greta, of(view))


def test_what_is_over_says_so(house: House, harbour: Company) -> None:
    company = house.add_company(OLD_MILL)
    house.end_user(company, MARGARET, EndUserRole.ADMIN)
    margaret = signed_in(MARGARET)
    over = {row.status: house.view(row) for row in company.subscriptions.exclude(kind="legacy")}
    expired = over["expired"]
    page = text(margaret, of(expired))
    assert "The term ended 17 days ago · Thu 5 Nov" in page and "This term ends" not in page
    assert "Charged by Microsoft No longer" in page
    asked = text(margaret, of(expired, "end-of-term/"))
    assert "The term has expired; Microsoft does not allow changes any more." in asked
    assert "Ask your partner to order it anew if you need it." in asked
    assert "no term that ends" not in asked and "What is to happen" not in asked
    cancelled = text(margaret, of(over["deleted"]))
    assert "Cancelled" in cancelled
    assert "The term ends" not in cancelled and "The term ended" not in cancelled
    listed = text(margaret, at(company, "subscriptions/?show=over"))
    assert "ago" not in listed and "Cancelled" in listed


def test_what_is_charged_by_use_has_no_seats_to_change(house: House, harbour: Company) -> None:
    company = Company.objects.exclude(id=harbour.id).get()
    refresh_company(company.id)
    ingrid, view = signed_in(INGRID), house.subscription(company, "Azure plan")
    page = text(ingrid, of(view))
    assert "Charged by use Azure has no number of seats and no term that ends" in page
    assert "Change the seats" not in page and "Assigned seats" not in page and "Since Tue 30 Aug 2022" in page
    asked = text(ingrid, of(view, "end-of-term/"))
    assert "This is charged by use and has no seats that could be changed." in asked
    assert "What is to happen" not in asked
    assert "Azure plan" in text(ingrid, at(company, "subscriptions/")) and "by use" in text(
        ingrid, at(company, "subscriptions/")
    )


def test_software_says_why_its_end_cannot_be_decided(house: House, harbour: Company) -> None:
    company = Company.objects.exclude(id=harbour.id).get()
    refresh_company(company.id)
    ingrid, view = signed_in(INGRID), house.subscription(company, "SQL Server")
    page = text(ingrid, of(view))
    assert "it renews with 4 seats. Software is returned through its order, not by changing it. Ask your" in page
    assert "Assigned seats" not in page and "Decide what happens" not in page
    fixed = "The number of seats of this software cannot be changed: Microsoft takes no single ones back, and more of"
    for shown in (page, text(ingrid, of(view, "change/?seats=5&when=now"))):
        assert f"{fixed} them are a new order. Ask your partner, who can order more for you." in shown
        assert "Type the number you want" not in shown and "Add 1 seat" not in shown
    assert of(view, "end-of-term/") not in ingrid.get(at(company, "renewals/")).content.decode()


def test_the_end_of_term_form_stops_at_the_partners_limit(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    page = anna.get(of(view, "end-of-term/?choice=renew&seats=142")).content.decode()
    assert "This moves 100 seats, and your partner allows 50 in one change." in page
    assert 'name="plan"' not in page  # nothing to press that would be refused
    assert 'name="seats" value="142"' in page  # nothing typed is lost, and another number can be typed


def test_a_number_that_would_buy_seats_now_is_asked_about_on_the_page(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    finish(placed(view, DecideEndOfTerm(EndOfTerm.RENEW, 40)).id)
    about = {"customer": harbour.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "quantity": 37})
    refresh_company(harbour.id)

    page = text(anna, of(view))
    assert "It was decided when there were 42 seats; there are 37 now" in page
    assert "an addition instead of a reduction. Is it still 40, or 37?" in page
    assert "Renew with 40 seats Renew with 37 seats Decide otherwise" in page
    assert "This stands already. Say yes" in text(anna, of(view, "end-of-term/?choice=renew&seats=37"))
    assert token(anna, of(view, "end-of-term/?choice=renew&seats=40"))
