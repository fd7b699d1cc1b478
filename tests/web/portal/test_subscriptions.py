"""The list of subscriptions, and the file."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.kernel import clock
from tenantry.licensing.models import CompanyRefresh, LicenceCount, Subscription
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company
from tests.support.house import House
from tests.support.orders import placed
from tests.web.portal.visitors import ANNA, CHLOE, PREMIUM, at, of, signed_in, text


def names(client: Client, address: str) -> list[str]:
    """Return the names of the rows, in order."""
    answer = client.get(address)
    assert answer.status_code == 200
    return [row.name for row in answer.context["rows"]]


def test_one_row_says_it_all(house: House, harbour: Company) -> None:
    placed(house.subscription(harbour, PREMIUM), SetQuantity(45))
    page = text(signed_in(CHLOE), at(harbour, "subscriptions/"))
    assert "9 subscriptions · As of" in page
    assert (
        "Microsoft 365 Business Premium NCE 42 1 free 42 seats 1 year, paid monthly in 23 days · Tue 15 Dec Renews"
        in page
    )
    assert "Renews Order #" in page and "is under way" in page
    assert (
        "Microsoft Teams Phone Standard NCE 12 5 free 12 seats 1 year, paid monthly in 3 days · Wed 25 Nov Renews → 8"
        in page
    )
    assert "Microsoft Teams Premium Trial NCE Trial 25 6 free" in page
    assert "Microsoft 365 Copilot NCE 4 2 free 4 seats 1 year, paid yearly in 78 days · Mon 8 Feb 2027 Ends" in page
    assert "Microsoft Defender for Business NCE 40" in page and "Mon 23 Nov Extended term" in page


def test_free_seats_of_a_product_are_said_once(house: House, harbour: Company) -> None:
    """The number is the product's: beside each of its subscriptions it would read as that many each."""
    premium, visio = house.subscription(harbour, PREMIUM).row, house.subscription(harbour, "Visio Plan 2").row
    visio.facts |= {key: premium.facts[key] for key in ("product_id", "sku_id")}
    visio.save()
    page = text(signed_in(CHLOE), at(harbour, "subscriptions/?sort=-quantity"))
    assert page.count("1 free in all Microsoft 365 Business Premium") == 1
    assert "NCE 42 1 free in all Microsoft 365 Business Premium" in page and "Visio Plan 2 NCE 5 5 seats 1 year" in page
    assert "Free seats are said once for a product" in page


def test_search_filter_and_sort(house: House, harbour: Company) -> None:
    anna, page = signed_in(ANNA), at(harbour, "subscriptions/")
    assert names(anna, page)[0] == "Microsoft Defender for Business"
    assert names(anna, f"{page}?sort=-quantity")[:2] == [PREMIUM, "Microsoft Defender for Business"]
    assert names(anna, f"{page}?sort=name")[0] == "Exchange Online (Plan 1)"
    assert names(anna, f"{page}?q=vISIO") == ["Visio Plan 2"]
    assert names(anna, f"{page}?show=trials") == ["Microsoft Teams Premium Trial"]
    assert names(anna, f"{page}?show=over") == []
    assert "Nothing has ended." in text(anna, f"{page}?show=over")
    assert "Nothing has this name." in text(anna, f"{page}?q=unheard")
    assert names(anna, f"{page}?sort=quatsch&show=nonsense&page=x") == names(anna, page)
    for odd in ("²", "١", "1_0", "%2B2", "2.0", "-2", "0", "9" * 5000):  # no numbers, whatever Python thinks of them
        assert names(anna, f"{page}?page={odd}") == names(anna, page), odd
    assert anna.get(f"{page}?page=2").status_code == 404
    fragment = anna.get(f"{page}?q=visio", headers={"HX-Request": "true"}).content.decode()
    assert "Visio Plan 2" in fragment and "<html" not in fragment


def chips(client: Client, address: str) -> list[tuple[str, int | None, bool]]:
    """Return the chips of a page: word, number, whether it is chosen."""
    return [(chip.label, chip.count, chip.chosen) for chip in client.get(address).context["chips"]]


def test_chips_show_what_there_is_and_how_many(house: House, harbour: Company) -> None:
    anna, page = signed_in(ANNA), at(harbour, "subscriptions/")
    assert chips(anna, page) == [("All now", 9, True), ("Trials", 1, False)]
    assert "All now 9 Trials 1" in text(anna, page)
    assert chips(anna, f"{page}?show=over") == [("All now", 9, False), ("Trials", 1, False), ("Ended", 0, True)]
    assert chips(anna, f"{page}?q=visio") == []
    gone = Subscription.objects.filter(company=harbour, offer_name="Visio Plan 2")
    gone.update(gone_at=clock.now())
    Subscription.objects.filter(company=harbour, offer_name=PREMIUM).update(status="suspended")
    assert chips(anna, page) == [
        ("All now", 8, True),
        ("Active", 7, False),
        ("Trials", 1, False),
        ("Ended", 1, False),
    ]
    for shown, number in (("current", 8), ("active", 7), ("trials", 1), ("over", 1)):
        assert len(names(anna, f"{page}?show={shown}")) == number
    fragment = anna.get(f"{page}?q=m", headers={"HX-Request": "true"}).content.decode()
    assert "filter-chip" in fragment  # the numbers follow what is typed


def explained(client: Client, address: str) -> list[str]:
    """Return the questions that a page answers one click away, in their order."""
    return re.findall(
        r'class="explain-mark"[^>]*aria-label="What does “([^”]*)” mean\?"', client.get(address).content.decode()
    )


def test_the_words_of_the_trade_are_explained_once_where_they_stand(house: House, harbour: Company) -> None:
    anna, view = signed_in(ANNA), house.subscription(harbour, PREMIUM)
    listed = anna.get(at(harbour, "subscriptions/")).content.decode()
    assert explained(anna, at(harbour, "subscriptions/")) == ["NCE", "Term", "Free seats"]
    assert 'abbr="Product"' in listed and 'class="tag tone-neutral">NCE' in listed and 'tone-info">NCE' not in listed
    assert explained(anna, at(harbour, "")) == ["NCE"]
    assert explained(anna, at(harbour, "renewals/")) == ["NCE"]
    assert explained(anna, of(view))[:1] == ["NCE"]
    assert "What does “Term” mean?" in anna.get(of(view)).content.decode()
    assert explained(anna, f"{of(view)}change/?seats=45&when=now") == ["NCE", "Return window", "Lot"]
    Subscription.objects.filter(id=view.id).update(facts={**view.row.facts, "kind": "legacy"})
    assert explained(anna, at(harbour, "")) == ["NCE", "Legacy"]
    assert explained(anna, of(view))[:1] == ["Legacy"]


def test_the_file_has_the_same_rows_and_runs_no_formula(house: House, harbour: Company) -> None:
    Subscription.objects.filter(company=harbour, offer_name="Visio Plan 2").update(friendly_name='=HYPERLINK("x")')
    answer = signed_in(CHLOE).get(at(harbour, "subscriptions/export.csv?q=visio"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="harbour-vale-ltd-subscriptions-2026-11-22.csv"'
    )
    head, line = answer.content.decode("utf-8-sig").splitlines()
    assert head.startswith('"Subscription","Product","Kind","Seats",')
    assert line.startswith(
        '"\'=HYPERLINK(""x"")","Visio Plan 2","New Commerce (NCE)","5","4","5","1 year, paid yearly","2026-12-03"'
    )
    assert len(signed_in(CHLOE).get(at(harbour, "subscriptions/export.csv")).content.decode().splitlines()) == 10


def test_licences_that_are_not_shared_are_not_guessed(house: House, harbour: Company) -> None:
    LicenceCount.objects.filter(company=harbour).delete()
    CompanyRefresh.objects.filter(company=harbour).update(licences_known=False)
    page = text(signed_in(CHLOE), at(harbour, "subscriptions/"))
    assert "How many seats are assigned is not shared with us." in page
    assert " free " not in page


@pytest.mark.parametrize(
    ("advice", "why"),
    [
        ("unreachable", "Microsoft cannot be reached"),
        ("service_trouble", "there is trouble at Microsoft"),
        ("throttled", "Microsoft is busy"),
        ("malformed", "the last answer could not be read"),
        ("not_our_customer", "Microsoft refused the last look"),
        ("not_found", "Microsoft refused the last look"),
        ("mfa_missing", "Microsoft refused the last look"),
        ("something_new", "Microsoft refused the last look"),
    ],
)
def test_old_figures_are_called_old_with_the_reason(house: House, harbour: Company, advice: str, why: str) -> None:
    refresh = CompanyRefresh.objects.get(company=harbour)
    assert refresh.succeeded_at is not None
    refresh.failed_at, refresh.advice = refresh.succeeded_at + timedelta(minutes=3), advice
    refresh.save()
    page = text(signed_in(CHLOE), at(harbour, "subscriptions/"))
    assert f": {why}, showing what we know" in page
    assert ("cannot be reached" in page) is (advice == "unreachable")


def test_what_was_never_read_says_why(house: House, harbour: Company) -> None:
    CompanyRefresh.objects.update(succeeded_at=None, failed_at=clock.now(), advice="not_our_customer")
    page = text(signed_in(CHLOE), at(harbour, "subscriptions/"))
    assert "Not read from Microsoft yet: Microsoft refused the last look" in page


def test_two_hundred_rows_take_as_many_queries_as_ten(house: House, harbour: Company) -> None:
    client, page = signed_in(CHLOE), at(harbour, "subscriptions/")
    client.get(page)
    with CaptureQueriesContext(connection) as few:
        assert len(names(client, page)) == 9
    row = Subscription.objects.get(company=harbour, offer_name=PREMIUM)
    copies = []
    for number in range(200):
        copy = Subscription.objects.get(id=row.id)
        copy.id, copy.upstream_id, copy.friendly_name = uuid.uuid4(), str(uuid.uuid4()), f"Copy {number:03}"
        copies.append(copy)
    Subscription.objects.bulk_create(copies)
    with CaptureQueriesContext(connection) as many:
        assert len(names(client, page)) == 100
    assert len(few) == len(many) <= 11
    assert len(names(client, f"{page}?page=3")) == 9
    assert "1–100 of 209 subscriptions" in text(client, page)
