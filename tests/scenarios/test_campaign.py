"""At least 500 random orders under random faults and kills: each agrees with the sandbox's journal."""

import pytest

from tenantry.audit import queries as audit
from tests.scenarios.campaign import run_campaign
from tests.support.house import House


@pytest.mark.slow
def test_every_order_of_a_campaign_agrees_with_microsofts_journal(house: House) -> None:
    result = run_campaign(house, orders=500, seed=20261122)
    assert result.lost == ()
    assert result.second_effects == ()
    assert result.falsely_applied == ()
    assert result.falsely_ended == ()
    assert result.unsaid == ()
    assert result.decidable == ()
    assert result.orders >= 500
    assert result.kills > 5
    assert audit.verify().whole
