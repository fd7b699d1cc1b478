"""Who may open which page of the portal."""

from urllib.parse import parse_qs, urlsplit

from django.test import Client

from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.wishes import DecideEndOfTerm, SetQuantity
from tenantry.people.models import Company
from tests.support.house import House
from tests.support.orders import placed
from tests.web.portal.visitors import ANNA, BEN, CHLOE, DANA, INGRID, PREMIUM, SAMUEL, at, of, signed_in, text, token

SEE, CHANGE, ADMIN = "see", "change", "admin"
PAGES = {
    "": SEE,
    "subscriptions/": SEE,
    "subscriptions/export.csv": SEE,
    "renewals/": SEE,
    "activity/": SEE,
    "activity/export.csv": SEE,
    "people/": ADMIN,
}
OF_SUBSCRIPTION = {
    "": SEE,
    "change/?seats=50&when=now": CHANGE,
    "end-of-term/": ADMIN,
    "stop/": ADMIN,
}
MAY = {CHLOE: {SEE}, BEN: {SEE, CHANGE}, ANNA: {SEE, CHANGE, ADMIN}, DANA: {SEE, CHANGE, ADMIN}}


def test_every_page_opens_for_its_roles_only(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    order = placed(house.subscription(harbour, "Power BI"), SetQuantity(7))
    wanted = {at(harbour, path): need for path, need in PAGES.items()}
    wanted |= {of(view, path): need for path, need in OF_SUBSCRIPTION.items()}
    wanted[at(harbour, f"orders/{order.id}/")] = SEE
    for who in (CHLOE, BEN, ANNA, DANA, INGRID, SAMUEL):
        client = signed_in(who)
        found = {address: client.get(address).status_code for address in wanted}
        assert found == {
            address: (200 if need in MAY[who] else 403) if who in MAY else 404 for address, need in wanted.items()
        }, who
    stranger = Client()
    for address in wanted:
        answer = stranger.get(address)
        location = urlsplit(answer.headers["Location"])
        assert (answer.status_code, location.path) == (302, "/sign-in/")
        assert parse_qs(location.query)["next"] == [address]


def test_a_page_that_a_role_does_not_open_says_who_could(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    page = text(signed_in(CHLOE), of(view, "change/?seats=50&when=now"), 403)
    assert "Your role does not open this page" in page
    assert "It takes one of the roles Modify, Admin at Harbour & Vale Ltd. Ask somebody who has one." in page
    page = text(signed_in(BEN), of(view, "stop/"), 403)
    assert "It takes the role Admin at Harbour & Vale Ltd. Ask somebody who has it. Nothing was changed." in page
    page = text(signed_in(SAMUEL), "/office/settings/", 403)
    assert "It takes one of the roles Admin, Owner in the back office." in page
    page = text(signed_in(CHLOE), "/office/settings/", 404)
    assert "back office" not in page


def test_what_is_missing_and_what_is_another_company_s_look_alike(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    anna = signed_in(ANNA)
    other = Company.objects.exclude(id=harbour.id).get()
    missing = text(anna, of(view).replace(str(view.id), str(other.id)), 404)
    assert text(anna, at(other), 404) == missing
    ingrid = signed_in(INGRID)
    assert text(ingrid, of(view).replace(str(harbour.id), str(other.id)), 404) != ""
    order = placed(view, SetQuantity(43))
    assert ingrid.get(at(other, f"orders/{order.id}/")).status_code == 404
    assert ingrid.post(at(other, f"orders/{order.id}/withdraw/")).status_code == 404
    assert ChangeOrder.objects.get().state == "queued"


def test_writes_need_the_permission_that_the_wish_needs(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    anna = signed_in(ANNA)
    seats, end = token(anna, of(view, "change/?seats=43&when=now")), token(anna, of(view, "end-of-term/?choice=extend"))
    for who, path in ((CHLOE, "change/"), (BEN, "end-of-term/"), (BEN, "stop/")):
        assert signed_in(who).post(of(view, path), {"plan": seats}).status_code == 403
    assert signed_in(INGRID).post(of(view, "change/"), {"plan": seats}).status_code == 404
    # What somebody else was shown cannot be confirmed, nor a decision at the door for seats.
    assert signed_in(BEN).post(of(view, "change/"), {"plan": seats}).status_code == 302
    assert anna.post(of(view, "change/"), {"plan": end}).status_code == 404
    assert not ChangeOrder.objects.exists()
    order = placed(view, SetQuantity(43))
    assert signed_in(CHLOE).post(at(harbour, f"orders/{order.id}/withdraw/")).status_code == 403
    assert signed_in(ANNA).get(at(harbour, f"orders/{order.id}/withdraw/")).status_code == 405


def test_only_who_could_have_placed_an_order_takes_it_back(house: House, harbour: Company) -> None:
    order = placed(house.subscription(harbour, PREMIUM), DecideEndOfTerm(EndOfTerm.EXTEND))
    path = at(harbour, f"orders/{order.id}/withdraw/")
    assert signed_in(BEN).post(path).status_code == 404
    assert ChangeOrder.objects.get().state == "queued"
    assert signed_in(ANNA).post(path).status_code == 302
    assert ChangeOrder.objects.get().state == "withdrawn"


def test_staff_act_as_themselves_for_the_company(house: House, harbour: Company) -> None:
    view, dana = house.subscription(harbour, PREMIUM), signed_in(DANA)
    page = text(dana, of(view))
    assert "You act for Harbour & Vale Ltd as Dana Okafor of Kestrel IT Services." in page
    dana.post(of(view, "change/"), {"plan": token(dana, of(view, "change/?seats=43&when=now"))})
    order = ChangeOrder.objects.get()
    assert (order.actor_kind, order.actor_label) == (
        "staff",
        "Dana Okafor of Kestrel IT Services, for Harbour & Vale Ltd",
    )


def test_a_removed_role_counts_with_the_next_click(house: House, harbour: Company) -> None:
    ben = signed_in(BEN)
    view = house.subscription(harbour, PREMIUM)
    sealed = token(ben, of(view, "change/?seats=43&when=now"))
    harbour.end_users.filter(email=BEN).update(role="view")
    assert ben.post(of(view, "change/"), {"plan": sealed}).status_code == 403
    harbour.end_users.filter(email=BEN).update(removed_at="2026-11-22T10:00:00Z")
    assert ben.get(at(harbour)).status_code == 302
    assert not ChangeOrder.objects.exists()
