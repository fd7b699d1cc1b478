"""Laws that hold whatever is done: an account kept here, beside the sandbox, agrees with it at every step."""

import random
from datetime import datetime, timedelta

import pytest

from tenantry.sandbox.wire import iso, parse_moment
from tests.sandbox.commerce import NOW, nce
from tests.sandbox.conftest import Play

WINDOW = timedelta(hours=168)
STEPS = 60


@pytest.mark.parametrize("seed", range(4))
def test_seats_lots_and_refusals_agree_with_an_account_of_ones_own(play: Play, seed: int) -> None:
    dice = random.Random(seed)
    caller = play(nce(quantity=40, _sandbox={"lots": []}))
    now, quantity = parse_moment(NOW), 40
    lots: list[tuple[datetime, int]] = []  # until, seats; newest last
    for _ in range(STEPS):
        if dice.random() < 0.35:
            now += timedelta(hours=dice.choice([1, 5, 30, 100, 168]))
            caller.move(set=iso(now))
            lots = [(until, seats) for until, seats in lots if until > now]
        wanted = max(0, quantity + dice.randint(-8, 8))
        reply = caller.patch(quantity=wanted)
        refundable = sum(seats for _, seats in lots)
        if wanted == 0:
            assert reply.refusal == (400, 2002)
        elif quantity - wanted > refundable:
            assert reply.refusal == (400, 800090)
        else:
            assert reply.status == 200
            if wanted > quantity:
                lots.append((now + WINDOW, wanted - quantity))
            left = quantity - wanted
            while left > 0:
                until, seats = lots.pop()
                if seats > left:
                    lots.append((until, seats - left))
                left -= min(seats, left)
            quantity = wanted
        shown = caller.subscription()
        assert shown["quantity"] == quantity
        details = (shown.get("refundableQuantity") or {"details": []})["details"]
        assert [(one["allowedUntilDateTime"], one["quantity"]) for one in details] == [(iso(u), s) for u, s in lots]
    acted = [entry for entry in caller.journal(method="PATCH") if entry["acted"]]
    totals = [entry["after_quantity"] - entry["before_quantity"] for entry in acted]
    assert 40 + sum(totals) == quantity
    month_ago = (now - timedelta(days=30)).date().isoformat()
    recent = [entry for entry in acted if entry["commerce_at"][:10] >= month_ago]
    assert caller.api("GET", "/auditrecords?size=500").json["totalCount"] == len(recent)
