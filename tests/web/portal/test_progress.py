"""Pages that ask again by themselves, and how fresh pages say they are."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from pytest_django import Settings

from tenantry.kernel import clock
from tenantry.licensing.models import ChangeOrder, CompanyRefresh
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company
from tests.support.house import House, finish
from tests.support.orders import placed
from tests.web.portal.visitors import BEN, CHLOE, PREMIUM, at, of, signed_in, text

BY_SCRIPT = {"HX-Request": "true", "X-By-Itself": "true"}
BY_BROWSER = {"Sec-Fetch-Mode": "navigate"}  # what Chromium, Firefox and Safari say when a page loads itself again
BY_CLICK = BY_BROWSER | {"Sec-Fetch-User": "?1"}


@pytest.mark.parametrize("headers", [BY_SCRIPT, BY_BROWSER], ids=["with scripts", "without scripts"])
def test_progress_keeps_nobody_signed_in(
    house: House, harbour: Company, settings: Settings, headers: dict[str, str]
) -> None:
    order = placed(house.subscription(harbour, PREMIUM), SetQuantity(43))
    page, began, idle = (
        at(harbour, f"orders/{order.id}/"),
        clock.now(),
        timedelta(minutes=settings.SESSION_IDLE_MINUTES),
    )
    watching, clicking = signed_in(BEN), signed_in(BEN)
    with time_machine.travel(began + idle / 2):
        assert watching.get(page, headers=headers).status_code == 200
        assert clicking.get(page, headers=BY_CLICK).status_code == 200
    with time_machine.travel(began + idle + timedelta(minutes=1)):
        answer = watching.get(page, headers=headers)
        leads_to = urlsplit(answer.headers.get("HX-Redirect") or answer.headers["Location"])
        assert (leads_to.path, parse_qs(leads_to.query)["ended"]) == ("/sign-in/", ["idle"])
        assert clicking.get(page, headers=BY_CLICK).status_code == 200


def test_what_a_person_looks_into_is_not_asked_for_by_the_second(house: House, harbour: Company) -> None:
    order = placed(house.subscription(harbour, PREMIUM), SetQuantity(43))
    ben, page = signed_in(BEN), at(harbour, f"orders/{order.id}/")
    assert "every 400ms" in ben.get(page).content.decode()
    ChangeOrder.objects.filter(id=order.id).update(state="unsure", needs_person=True)
    shown = ben.get(page).content.decode()
    assert "every 400ms" not in shown and 'http-equiv="refresh"' not in shown


def test_how_fresh_a_page_is_stands_on_the_clock_of_its_dates(house: House, harbour: Company) -> None:
    chloe, view = signed_in(CHLOE), house.subscription(harbour, PREMIUM)
    assert "9 subscriptions · As of Sun 22 Nov, 09:30 UTC" in text(chloe, at(harbour, "subscriptions/"))
    CompanyRefresh.objects.filter(company=harbour).update(succeeded_at=clock.now() - timedelta(hours=2))
    view.row.stored_at = clock.now() - timedelta(hours=3)
    view.row.save()
    assert "As of Sun 22 Nov, 07:30 UTC" in text(chloe, of(view))

    finish(placed(view, SetQuantity(43)).id)

    assert "43 seats · 1 year, paid monthly · As of Sun 22 Nov, 09:30 UTC" in text(chloe, of(view))
