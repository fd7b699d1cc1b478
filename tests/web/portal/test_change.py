"""From a number to an order and its outcome."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client

from tenantry.kernel import clock
from tenantry.licensing import actions
from tenantry.licensing.models import ChangeOrder, OrderState, Subscription
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.wishes import ScheduleQuantity, SetQuantity
from tenantry.people.models import Company, EndUserRole
from tests.scenarios.months import change_elsewhere, refreshed
from tests.support.house import OWNER, House, finish
from tests.support.orders import BEN as BEN_ACTS
from tests.support.orders import allow, placed
from tests.web.portal.visitors import ANNA, BEN, CHLOE, DANA, PREMIUM, TEAMS, at, of, signed_in, text, token, words

HTMX = {"HX-Request": "true"}


def post(client: Client, address: str, **fields: str) -> tuple[int, str]:
    """Send a form; return the status and the words of the answer, or where it leads."""
    answer = client.post(address, fields)
    return answer.status_code, answer.headers.get("Location") or words(answer.content)


def test_an_addition_from_the_number_to_the_confirmation(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    page = text(ben, of(view))
    assert "Seats Up to 300." in page
    assert "When Now At the renewal on Tue 15 Dec" in page
    plan = text(ben, of(view, "change/?seats=45&when=now"))
    assert "Now You get 3 seats more: 45 instead of 42." in plan
    assert "You can return the added 3 seats until Sun 29 Nov, 09:30 UTC." in plan
    assert "After that you commit to the added 3 seats until Tue 15 Dec. At the end On Tue 15 Dec" in plan
    assert "Add 3 seats" in plan
    assert house.patches() == [] and not ChangeOrder.objects.exists()

    sealed = token(ben, of(view, "change/?seats=45&when=now"))
    status, where = post(ben, of(view, "change/"), plan=sealed)
    order = ChangeOrder.objects.get()
    assert (status, where) == (302, at(harbour, f"orders/{order.id}/"))
    assert (order.actor_kind, order.actor_label, order.wish["quantity"]) == ("end_user", "Ben Carter", 45)
    assert "Your change is saved and on its way." in text(ben, where)
    assert 'http-equiv="refresh"' in ben.get(where).content.decode()
    assert post(ben, of(view, "change/"), plan=sealed) == (302, where)  # the second click
    assert ChangeOrder.objects.count() == 1

    finish(order.id)

    done = text(ben, where)
    assert "Saved : done Sun 22 Nov, 09:30 UTC Sent to Microsoft : done" in done
    assert "Confirmed by Microsoft : done" in done and "Done. You now have 45 seats." in done
    assert 'http-equiv="refresh"' not in ben.get(where).content.decode()
    assert [patch["acted"] for patch in house.patches()] == [True]
    assert "Added 3 seats (42 → 45) Ben Carter" in text(ben, of(view))


@pytest.mark.parametrize(
    "typed", ["1.000", "1,000", "1_000", "1 000", "1e3", "+45", "45.0", "٤٥", "４５", "²", "4​5", "forty", "9" * 5000]
)
def test_what_is_no_plain_number_is_refused_and_stays_as_it_was_typed(
    house: House, harbour: Company, typed: str
) -> None:
    view, ben, anna = house.subscription(harbour, PREMIUM), signed_in(BEN), signed_in(ANNA)
    sentence = "Type the number of seats as a whole number without points or commas, such as 1000."
    end = "end-of-term/?" + urlencode({"choice": "renew", "seats": typed})
    for who, address in ((ben, "change/?" + urlencode({"seats": typed, "when": "now"})), (anna, end)):
        shown = who.get(of(view, address)).content.decode()
        assert sentence in shown, address
        assert f'value="{typed}"' in shown, address
        assert 'name="plan"' not in shown, address


def test_blanks_around_a_number_count_for_nothing(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    assert "45 instead of 42." in text(ben, of(view, "change/?seats=+45%C2%A0&when=now"))


def test_the_preview_in_place_is_a_fragment_without_a_page(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    added = anna.get(of(view, "change/?seats=43&when=now"), headers=HTMX).content.decode()
    assert "<html" not in added and 'data-announce="You get 1 seat more: 43 instead of 42."' in added
    same = text(anna, of(view, "change/?seats=42&when=now"), headers=HTMX)
    assert same == "You have 42 seats already."
    empty = text(anna, of(view, "change/?seats=&when=now"), headers=HTMX)
    assert empty == "Type how many seats you want."
    assert "Type a number of seats up to 100,000." in text(
        anna, of(view, "change/?seats=999999999999&when=now"), headers=HTMX
    )
    assert anna.get(of(view, "change/")).headers["Location"] == of(view)


def test_what_cannot_be_returned_now_can_be_scheduled(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    refused = ben.get(of(view, "change/?seats=10&when=now"))
    told = words(refused.content)
    assert "You want to return 32; Microsoft takes back 5 now." in told
    assert "You can schedule 10 seats for Tue 15 Dec." in told
    assert "Seats can be returned only inside their return window." in told
    assert f'href="{of(view, "change/?seats=10&amp;when=renewal")}"' in refused.content.decode()
    sealed = token(ben, of(view, "change/?seats=10&when=renewal"))
    _status, where = post(ben, of(view, "change/"), plan=sealed)
    order = finish(ChangeOrder.objects.get().id)
    assert order.state == OrderState.SCHEDULED
    assert "Decided. On Tue 15 Dec it renews with a change: 10 seats (1 year, paid monthly)." in text(ben, where)
    page = text(ben, of(view))
    assert "Decided by Ben Carter, Sun 22 Nov." in page and "Take back the scheduled change" in page

    withdrawal = of(view, "change/?withdraw=yes")
    assert "On Tue 15 Dec it renews with 42 seats." in text(ben, withdrawal)
    post(ben, of(view, "change/"), plan=token(ben, withdrawal))
    finish(ChangeOrder.objects.latest("number").id)
    assert "On Tue 15 Dec it renews with 42 seats." in text(ben, of(view))


def test_every_place_names_the_same_number_of_seats_that_can_be_returned(house: House, harbour: Company) -> None:
    company = house.add_company("503a4286-b7ae-5bd8-985c-d88d74134615")  # Sonnenschein: 18 seats, bought this morning
    house.end_user(company, ANNA, EndUserRole.ADMIN)
    view, anna = house.subscription(company, "Microsoft 365 Business Standard"), signed_in(ANNA)
    page = text(anna, of(view))
    assert "18 seats · 1 year" in page
    assert "Can be returned" in page and " 17 seats · until " in page and " 18 seats · until " not in page
    plan = text(anna, of(view, "change/?seats=14&when=now"))
    assert "You return 4 seats: 14 instead of 18." in plan and "You can return 13 more, at least until" in plan
    assert "You can return" not in text(anna, of(view, "change/?seats=1&when=now"))
    assert "to have none is to cancel" in text(anna, of(view, "change/?seats=0&when=now"))


def test_a_scheduled_number_is_asked_about(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, TEAMS), signed_in(BEN)
    asked = text(ben, of(view, "change/?seats=14&when=now"))
    assert "On Wed 25 Nov you go down to 8. Keep that? 8 (as planned)" in asked
    assert "10 (8 + your 2)" in asked and "14 (keep them all)" in asked and "Choose one first" in asked
    assert 'name="plan"' not in ben.get(of(view, "change/?seats=14&when=now")).content.decode()
    answered = of(view, "change/?seats=14&when=now&schedule=shift")
    assert "It is put back right after that." in text(ben, answered)
    post(ben, of(view, "change/"), plan=token(ben, answered))
    order = finish(ChangeOrder.objects.get().id)
    assert (order.state, order.wish["schedule"]) == (OrderState.APPLIED, "shift")
    finish(ChangeOrder.objects.latest("number").id)
    again = house.view(view.row)
    assert (again.facts.quantity, again.ending.quantity) == (14, 10)


def test_going_below_assigned_seats_is_asked_twice(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    plan = of(view, "change/?seats=38&when=now")
    assert "41 seats of this product are assigned, and 38 would remain" in text(ben, plan)
    sealed = token(ben, plan)
    assert post(ben, of(view, "change/"), plan=sealed) == (302, plan)
    asked = text(ben, plan)
    assert "Nothing was changed. Read the sentence in red, then tick that you are sure." in asked
    assert "take 3 away from people first. I am sure Return 4 seats now" in asked
    assert "Now You return 4 seats: 38 instead of 42." in asked
    assert not ChangeOrder.objects.exists()
    asked_again = token(ben, plan)
    status, where = post(ben, of(view, "change/"), plan=asked_again, sure="yes")
    order = ChangeOrder.objects.get()
    assert (status, where) == (302, at(harbour, f"orders/{order.id}/")) and order.wish["quantity"] == 38
    assert post(ben, of(view, "change/"), plan=asked_again, sure="yes") == (302, where)  # the second click

    assert "is still under way" in text(ben, plan)  # Back while it is carried out
    finish(order.id)
    assert "You have 38 seats already." in text(ben, plan)  # and after it
    assert ChangeOrder.objects.count() == 1


def test_none_is_no_quantity_and_leads_to_who_may_end_it(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    address = of(view, "change/?seats=0&when=now")
    admin = signed_in(ANNA).get(address).content.decode()
    assert "0 is no number of seats: to have none is to cancel." in admin
    assert f'href="{of(view, "end-of-term/?choice=end")}"' in admin
    modify = text(signed_in(BEN), address)
    assert "Somebody with the role Admin can do this instead: End on Tue 15 Dec." in modify


def test_an_altered_or_old_page_changes_nothing(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    sealed = token(anna, of(view, "change/?seats=43&when=now"))
    for wrong in ("", "nonsense", sealed[:-3] + "abc"):
        assert post(anna, of(view, "change/"), plan=wrong) == (302, of(view))
    assert "This page had become old, and nothing was changed." in text(anna, of(view))
    other = house.subscription(harbour, "Exchange")
    assert post(anna, of(other, "change/"), plan=sealed) == (302, of(other))
    assert not ChangeOrder.objects.exists()


def test_a_change_meanwhile_is_told_and_planned_anew(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    sealed = token(anna, of(view, "change/?seats=50&when=now"))
    order = finish(placed(view, SetQuantity(44), who=BEN_ACTS).id)
    assert order.state == OrderState.APPLIED
    again = of(view, "change/?seats=50&when=now")
    assert post(anna, of(view, "change/"), plan=sealed) == (302, again)
    told = text(anna, again)
    assert "This subscription is no longer as your page showed it, so nothing was changed." in told
    assert "You get 6 seats more: 50 instead of 44." in told and "Add 6 seats" in told
    assert ChangeOrder.objects.count() == 1


def test_one_order_at_a_time(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    sealed = token(anna, of(view, "change/?seats=50&when=now"))
    order = placed(view, SetQuantity(44), who=BEN_ACTS)
    again = of(view, "change/?seats=50&when=now")
    assert post(anna, of(view, "change/"), plan=sealed) == (302, again)
    told = text(anna, again)
    assert "This was not carried out, and nothing was changed." in told
    assert f"Change order #{order.number} for this subscription is still under way" in told
    assert "Look at the order" in told and "Add 8 seats" not in told
    page = text(anna, of(view))
    assert f"A change is under way. Add 2 seats (42 → 44). See order #{order.number}" in page
    assert "Type the number you want" not in page
    assert ChangeOrder.objects.count() == 1


def test_limits_and_the_stop_switch_are_answers(house: House, harbour: Company) -> None:
    view, anna = house.subscription(harbour, PREMIUM), signed_in(ANNA)
    beyond = of(view, "change/?seats=142&when=now")
    assert "This moves 100 seats, and your partner allows 50 in one change." in text(anna, beyond)
    assert 'name="plan"' not in anna.get(beyond).content.decode()  # nothing to press that would be refused
    sealed = token(anna, of(view, "change/?seats=47&when=now"))
    allow(seats=4)
    again = of(view, "change/?seats=47&when=now")
    assert post(anna, of(view, "change/"), plan=sealed) == (302, again)
    told = text(anna, again)
    limit = "This moves 5 seats, and your partner allows 4 in one change."
    assert f"{limit} Ask your partner, who has set this limit." in told

    sealed = token(anna, of(view, "change/?seats=43&when=now"))
    actions.stop(acting_as=OWNER, reason="Price list is wrong", moment=Moment.current())
    again = of(view, "change/?seats=43&when=now")
    assert post(anna, of(view, "change/"), plan=sealed) == (302, again)
    told = text(anna, again)
    assert "Your partner has stopped all changes for the moment. Nothing was changed." in told
    assert "Changes are paused." in told and "Price list is wrong" not in told  # the reason is for the staff
    assert 'name="plan"' not in anna.get(of(view, "change/?seats=43&when=now")).content.decode()
    assert "Price list is wrong" in text(signed_in(DANA), at(harbour))
    assert not ChangeOrder.objects.exists()


def test_a_queued_order_can_be_withdrawn(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    order = placed(view, SetQuantity(43), who=BEN_ACTS)
    page = at(harbour, f"orders/{order.id}/")
    assert "Withdraw the order" in text(ben, page)
    assert "Withdraw the order" not in text(signed_in(CHLOE), page)
    assert post(ben, f"{page}withdraw/") == (302, page)
    shown = text(ben, page)
    assert "The order was withdrawn. Nothing was sent to Microsoft." in shown
    assert "Withdrawn. It was not sent to Microsoft, and nothing has changed." in shown
    finish(order.id)
    assert house.patches() == []
    post(ben, f"{page}withdraw/")
    assert "It was on its way to Microsoft already and cannot be withdrawn any more." in text(ben, page)


def test_withdrawing_what_puts_a_decision_back_says_that_it_gives_it_up(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    finish(placed(view, ScheduleQuantity(40), who=BEN_ACTS).id)
    actions.stop(acting_as=OWNER, reason="moving", moment=Moment.current())
    change_elsewhere(house, view, body={"scheduledActions": None, "scheduledNextTermInstructions": None})
    refreshed(house, view)
    order = ChangeOrder.objects.get(actor_kind="system")
    page, office = at(harbour, f"orders/{order.id}/"), f"/office/orders/{order.id}/"
    for shown in (text(ben, page), text(signed_in(DANA), office)):
        assert "Whoever withdraws it gives that decision up." in shown
    post(ben, f"{page}withdraw/")
    assert "Nothing was sent to Microsoft. The decision that it was to put back is given up." in text(ben, page)
    assert "Whoever withdraws it" not in text(ben, page)


def test_progress_answers_only_when_something_is_new(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    order = placed(view, SetQuantity(43), who=BEN_ACTS)
    page = at(harbour, f"orders/{order.id}/")
    shown = ben.get(page).context["shown"]
    assert ben.get(f"{page}?seen={shown.token}", headers=HTMX).status_code == 204
    finish(order.id)
    news = ben.get(f"{page}?seen={shown.token}", headers=HTMX).content.decode()
    assert 'data-announce="Done. You now have 43 seats."' in news
    assert "hx-trigger" not in news and "<html" not in news


def test_microsoft_s_refusal_is_an_answer_in_its_own_words(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    order = placed(view, SetQuantity(43), who=BEN_ACTS)
    house.sandbox.fault("status", method="PATCH", count=1, status=400, code=800073)
    order = finish(order.id)
    assert order.state == OrderState.REFUSED
    shown = text(ben, at(harbour, f"orders/{order.id}/"))
    assert "Refused by Microsoft : failed" in shown and "Microsoft said no. Nothing has changed." in shown
    assert f"Microsoft's words: {order.microsoft_words}" in shown
    assert "Look at the subscription" in shown


def test_a_lost_answer_is_explained_calmly(house: House, harbour: Company) -> None:
    view, ben = house.subscription(harbour, PREMIUM), signed_in(BEN)
    order = placed(view, SetQuantity(43), who=BEN_ACTS)
    page = at(harbour, f"orders/{order.id}/")
    ChangeOrder.objects.filter(id=order.id).update(state=OrderState.UNSURE, sent_on=Moment.current().commerce)
    shown = text(ben, page)
    assert "Microsoft's answer was lost on the way." in shown and "nothing is sent again before that is known" in shown
    ChangeOrder.objects.filter(id=order.id).update(needs_person=True)
    assert "A person is looking at this." in text(ben, page)
    ChangeOrder.objects.filter(id=order.id).update(state=OrderState.FAILED, needs_person=False)
    assert "This could not be carried out. Nothing has changed, and your partner has been told." in text(ben, page)


def test_what_microsoft_no_longer_lists_offers_nothing(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    Subscription.objects.filter(id=view.id).update(gone_at=clock.now() - timedelta(hours=1))
    page = text(signed_in(ANNA), of(view))
    assert "Microsoft no longer lists this subscription." in page
    assert "Change the seats" not in page and "End of the term" not in page and "Cancel" not in page
    for path in ("change/?seats=43&when=now", "end-of-term/?choice=end", "stop/"):
        assert signed_in(ANNA).get(of(view, path)).headers["Location"] == of(view), path
