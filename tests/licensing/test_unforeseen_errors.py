"""An error that nobody foresaw never makes an order run for ever: it is tried again, then told and left to a person."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tenantry.kernel import clock
from tenantry.licensing.engine.carry_out import MOST_ERRORS, carry_out
from tenantry.licensing.models import ChangeOrder, OrderState, Sent
from tenantry.licensing.queries import waiting_for_a_person
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.notices.models import Notice
from tests.support.house import House, finish
from tests.support.orders import placed, steps

PREMIUM = "Microsoft 365 Business Premium"


@contextmanager
def database_that_refuses(table: str) -> Iterator[None]:
    """Have the database refuse every change of a table's rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_in_test() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'refused by the test'; END $$"
        )
        cursor.execute(f"CREATE TRIGGER refuse_in_test BEFORE UPDATE ON {table} EXECUTE FUNCTION refuse_in_test()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse_in_test ON {table}")
            cursor.execute("DROP FUNCTION refuse_in_test()")


def again(order: ChangeOrder) -> ChangeOrder:
    """Take the order up once more, as a worker does when its time has come."""
    ChangeOrder.objects.filter(id=order.id).update(not_before=clock.now())
    carry_out(order.id)
    return ChangeOrder.objects.get(id=order.id)


@pytest.fixture
def order(house: House) -> ChangeOrder:
    """An order for one more seat that waits to be sent."""
    view = house.subscription(house.add_company(), PREMIUM)
    return placed(view, SetQuantity(view.facts.quantity + 1))


def test_an_outcome_that_cannot_be_stored_goes_to_a_person(house: House, order: ChangeOrder) -> None:
    with database_that_refuses("licensing_subscription"):
        order = finish(order.id)
        assert (order.state, order.accepted, order.errors) == (OrderState.SENDING, True, 1)
        assert steps(order)[-1] == "unforeseen_error"
        for _ in range(MOST_ERRORS - 1):
            order = again(order)

    assert (order.state, order.needs_person) == (OrderState.UNSURE, True)
    assert [one.id for one in waiting_for_a_person(None)] == [order.id]
    assert steps(order).count("unforeseen_error") == MOST_ERRORS - 1
    told = Notice.objects.get(kind="order_undecidable")
    assert "an error here kept its outcome from being stored" in told.body
    assert len(house.patches()) == 1


def test_an_error_that_passes_costs_nothing(house: House, order: ChangeOrder) -> None:
    with database_that_refuses("licensing_subscription"):
        finish(order.id)
    order = again(order)
    assert (order.state, order.needs_person) == (OrderState.APPLIED, False)
    assert len(house.patches()) == 1
    assert not Notice.objects.filter(kind="order_undecidable").exists()


def test_an_order_that_nothing_was_sent_of_fails_and_is_told(house: House, order: ChangeOrder) -> None:
    plan = order.plan
    ChangeOrder.objects.filter(id=order.id).update(plan=plan | {"verdict": {"type": "Nonsense"}})
    finish(order.id)
    for _ in range(MOST_ERRORS - 1):
        order = again(order)
    assert (order.state, house.patches()) == (OrderState.FAILED, [])
    assert Notice.objects.filter(kind="order_failed").count() == 1
    assert not Sent.objects.exists()
