"""The words for what happens to an order: every step of the engine has some, and what repeats is told once."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import tenantry.licensing
from tenantry.licensing.models import OrderEvent
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.web.backoffice.order_words import event_text
from tests.support.house import HARBOUR, House
from tests.support.orders import placed
from tests.web.backoffice.visitors import owner, told

# The functions through which a step gets its name.
_DOORS = {"move", "_queue_again", "look_later", "look_later_or_ask", "_unsure", "_event", "_end"}


def steps_of_the_engine() -> Iterator[str]:
    """Give the name of every step that the source of the room writes, as an argument or in a variable `step` before."""
    for file in sorted(Path(tenantry.licensing.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args) if name in _DOORS:
                    yield from [one.value for one in args if isinstance(one, ast.Constant) and type(one.value) is str][
                        :1
                    ]
                case ast.Assign(targets=[ast.Name(id="step")], value=ast.Constant(value=str(text))):
                    yield text


def test_the_walk_finds_the_steps() -> None:
    assert {"requested", "sending", "confirmed", "looking_again", "not_yet_recorded", "refused"} <= set(
        steps_of_the_engine()
    )


@pytest.mark.parametrize("step", sorted(set(steps_of_the_engine())))
def test_every_step_has_words(step: str) -> None:
    assert event_text(step) != step.replace("_", " ")


def test_a_step_that_repeats_is_told_once_with_its_times(house: House) -> None:
    view = house.subscription(house.add_company(HARBOUR), "Microsoft 365 Business Premium")
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    first = order.requested_at.replace(hour=14, minute=5, second=9, microsecond=0)
    for seconds in (0, 1, 3):
        OrderEvent.objects.create(
            order=order,
            company_id=order.company_id,
            happened_at=first + timedelta(seconds=seconds),
            state=order.state,
            what="cannot_read",
        )
    text = told(owner(house), f"/office/orders/{order.id}/")
    assert text.count("The subscription could not be read; tried again later") == 2  # where it stands, and the trail
    day = f"{first:%a} {first.day} {first:%b}"
    assert f"{day}, 14:05:12 UTC 3 times, first on {day}, 14:05:09 UTC Saved, with the plan" in text
