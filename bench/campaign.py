"""The campaign of the scenarios, as figures."""

from bench.figures import Figure, median, p95
from tests.scenarios.campaign import SETTLE_SECONDS, run_campaign
from tests.support.house import House

ORDERS = 500
SEED = 20261122


def figures(house: House) -> list[Figure]:
    """Run the campaign and count what must not be."""
    result = run_campaign(house, orders=ORDERS, seed=SEED)
    wrong = (len(result.lost), len(result.second_effects), len(result.falsely_applied))
    rest = len(result.falsely_ended) + len(result.unsaid) + len(result.decidable)
    for sentence in (
        *result.lost,
        *result.second_effects,
        *result.falsely_applied,
        *result.falsely_ended,
        *result.unsaid,
        *result.decidable,
    ):
        print(f"  {sentence}", flush=True)
    settling = list(result.settling)
    return [
        Figure(
            "campaign",
            "campaign: lost / second effects / falsely applied",
            f"{wrong[0]} / {wrong[1]} / {wrong[2]} ({result.orders} orders, {sum(result.faults.values())} faults, "
            f"{result.kills} kills, {result.stops} stops, {result.seconds:.0f} s)",
            "0 / 0 / 0",
            wrong == (0, 0, 0),
        ),
        Figure(
            "campaign",
            "campaign: falsely ended, seats undone without saying so, or left to a person although decidable",
            f"{rest} (left to a person: {len(result.to_a_person)}, with another effect: {result.other_effects})",
            "0",
            rest == 0,
        ),
        Figure(
            "campaign",
            "campaign: how long unsure orders took to settle",
            f"median {median(settling):.1f}, p95 {p95(settling):.1f} s of {len(settling)} "
            f"(Microsoft is given {SETTLE_SECONDS} s)"
            if settling
            else "no order was unsure",
        ),
    ]
