"""The one search of the back office: what it finds, where it leads, and who finds what."""

import json
import logging
import uuid
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.audit.models import AuditRow
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.licensing.finding import subscriptions_with_words
from tenantry.licensing.models import ChangeOrder, Subscription
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company, EndUserRole
from tenantry.traffic.models import CallRecord
from tests.support.house import HARBOUR, NORDLYS, House
from tests.support.orders import placed
from tests.web.backoffice.visitors import ANNA, admin, billing, end_user, owner, page, signed_in, support, told

PREMIUM = "Microsoft 365 Business Premium"


@pytest.fixture
def harbour(house: House) -> Company:
    """Harbour & Vale with its mirrored subscriptions."""
    return house.add_company(HARBOUR)


def at(text: str) -> str:
    return f"/office/search/?q={quote(text)}"


def led(client: Client, text: str) -> str:
    """Search and return where it leads; empty for a page of results."""
    answer = client.get(at(text))
    assert answer.status_code in {200, 302}, answer.status_code
    return answer.headers.get("Location", "")


def add_one(house: House, company: Company) -> ChangeOrder:
    view = house.subscription(company, PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    run_due_jobs()
    order.refresh_from_db()
    return order


def test_names_are_found_in_groups_with_counts(house: House, harbour: Company) -> None:
    house.end_user(harbour, ANNA, EndUserRole.ADMIN)
    dana, view = owner(house), house.subscription(harbour, PREMIUM)
    found = told(dana, at("harbour"))
    assert "Companies 1 Harbour & Vale Ltd harbourvale.onmicrosoft.com" in found
    assert "End users 1 Anna Lindqvist Harbour & Vale Ltd · Admin · anna.lindqvist@harbourvale.example" in found
    markup = page(dana.get(at("business prem")))
    assert "Subscriptions <span" in markup and f'href="/c/{harbour.id}/subscriptions/{view.id}/"' in markup
    assert "Staff 1 Dana Okafor Owner · dana.okafor@kestrel-it.example" in told(dana, at("okafor"))
    assert f'href="/office/c/{harbour.id}/"' in page(dana.get(at("harbourvale.onmicrosoft.com")))
    assert "Nothing was found." in told(dana, at("no such thing"))
    assert "What are you looking for?" in told(dana, at("  "))
    assert 'value="business prem"' in markup


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("premium business", True),
        ("PREM", True),
        ("remium", False),
        ("archive-e3", True),
        ("contoso", True),
        ("plan (1", True),
        ("'; drop table", False),
        ("\\", False),
        ("& | ! :*", False),
        ("<->", False),
    ],
)
def test_words_begin_the_words_of_a_subscriptions_names(harbour: Company, text: str, found: bool) -> None:
    row = Subscription.objects.filter(company=harbour).first()
    assert row is not None
    Subscription.objects.filter(id=row.id).update(
        offer_name="Business Premium (Plan 1)", friendly_name="Archive-E3 of mail.contoso.com"
    )
    ids = {one.id for one in subscriptions_with_words(text, only=None, limit=50)}
    assert (row.id in ids) == found


def test_a_number_or_an_id_leads_straight_to_its_page(house: House, harbour: Company) -> None:
    order, dana = add_one(house, harbour), owner(house)
    row = order.subscription
    earlier = uuid.uuid4()  # an order keeps the ids of its last sending; the log of calls knows the others
    CallRecord.objects.create(happened_at=clock.now(), order_id=order.id, request_id=str(earlier), milliseconds=1)
    to_order, to_row = f"/office/orders/{order.id}/", f"/c/{harbour.id}/subscriptions/{row.id}/"
    cases = {
        f"#{order.number}": to_order,
        f" #{order.number} ": to_order,
        str(order.id): to_order,
        str(order.request_id): to_order,
        str(order.correlation_id).upper(): to_order,
        str(earlier): to_order,
        row.upstream_id: to_row,
        row.upstream_id.upper(): to_row,
        f"{{{row.id}}}": to_row,
        harbour.tenant_id.upper(): f"/office/c/{harbour.id}/",
    }
    for text, address in cases.items():
        assert led(dana, text) == address, text
    for nothing in ("#999999", "#-1", "#99999999999999999999999", str(uuid.uuid4())):
        assert led(dana, nothing) == ""
        assert "Nothing was found." in told(dana, at(nothing))


def test_a_number_that_is_also_in_a_name_is_left_to_the_person(house: House, harbour: Company) -> None:
    order, dana = add_one(house, harbour), owner(house)
    ChangeOrder.objects.filter(id=order.id).update(number=365)
    assert led(dana, "#365") == f"/office/orders/{order.id}/"
    assert led(dana, "365") == ""
    found = told(dana, at("365"))
    assert "Change orders 1 #365" in found and PREMIUM in found
    ChangeOrder.objects.filter(id=order.id).update(number=36577)
    assert led(dana, "36577") == f"/office/orders/{order.id}/"


def test_a_call_without_an_order_leads_to_the_log(house: House, harbour: Company) -> None:
    wanted = uuid.uuid4()
    CallRecord.objects.create(happened_at=clock.now(), customer=NORDLYS, request_id=str(wanted), milliseconds=1)
    assert led(owner(house), str(wanted)) == f"/office/logs/calls/?q={wanted}"
    assert led(support(house, [harbour]), str(wanted)) == ""


def test_everybody_finds_only_what_they_may_see(house: House, harbour: Company) -> None:
    nordlys = house.add_company(NORDLYS)
    anna = house.end_user(harbour, ANNA, EndUserRole.ADMIN)
    order = add_one(house, harbour)
    owner(house)
    words = ("harbour", "lindqvist", "business premium")
    ids = (f"#{order.number}", str(order.request_id), order.subscription.upstream_id, harbour.tenant_id)
    ines, samuel = support(house, [nordlys]), support(house)
    for text in words:
        assert "Harbour" not in told(ines, at(text)), text
        assert "Harbour" in told(samuel, at(text)), text
    for text in ids:
        assert led(ines, text) == "", text
        assert led(samuel, text), text
    # Who does not act in the portal is led to the company's list; staff are for those who look after staff.
    petra = billing(house)
    assert led(petra, order.subscription.upstream_id).startswith(f"/office/c/{harbour.id}/?q=")
    assert PREMIUM in told(petra, led(petra, order.subscription.upstream_id))
    for client in (petra, admin(house), ines):
        assert "Dana Okafor" not in told(client, at("okafor"))
    assert Client().get(at("harbour")).status_code == 302
    assert signed_in(anna).get(at("harbour")).status_code == 404


def test_what_was_removed_is_not_found(house: House, harbour: Company) -> None:
    dana = owner(house)
    Company.objects.filter(id=harbour.id).update(removed_at=clock.now())
    row = Subscription.objects.filter(company=harbour).first()
    assert row is not None
    for text in ("harbour", "business premium", row.upstream_id):
        assert "Nothing was found." in told(dana, at(text)), text


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """Everything that is written, with the requests."""
    logger = logging.getLogger("tenantry.web")
    before = logger.level
    logger.setLevel(logging.INFO)
    yield capfd
    logger.setLevel(before)


def test_the_words_are_written_nowhere(house: House, harbour: Company, lines: pytest.CaptureFixture[str]) -> None:
    dana, ines = owner(house), support(house, [])
    secret = "zanzibar"
    lines.readouterr()
    for client in (dana, ines, Client(), end_user(house, harbour)):
        client.get(at(f"{secret} harbour"))
    written = lines.readouterr()
    assert '"path": "/office/search/"' in written.err
    assert secret not in written.err + written.out
    assert secret not in json.dumps(list(AuditRow.objects.values("subject_name", "before", "after")), default=str)


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(house: House, harbour: Company) -> None:
    dana = owner(house)
    counted: dict[str, set[int]] = {}
    for many in (1, 2):
        if many == 2:
            house.add_company(NORDLYS)
        for text in ("microsoft", HARBOUR, "365"):
            dana.get(at(text))
            with CaptureQueriesContext(connection) as captured:
                dana.get(at(text))
            counted.setdefault(text, set()).add(len(captured))
    assert all(len(found) == 1 and max(found) <= 14 for found in counted.values()), counted


def test_the_field_is_on_every_page_of_the_office(house: House, harbour: Company) -> None:
    dana = owner(house)
    for address in ("/office/", f"/office/c/{harbour.id}/", "/office/settings/", "/office/logs/"):
        assert '<form class="office-search" method="get" action="/office/search/" role="search">' in page(
            dana.get(address)
        )
