"""Odd inputs over every form, parser and endpoint: each is refused with a sentence, or kept and shown as it is."""

from bench.figures import Figure
from tests.bad_inputs.run import SEED, Outcome, make_odd_world, try_doors, try_parsers
from tests.support.house import House

AT_DOORS = 2_200
AT_PARSERS = 800


def figures(house: House) -> list[Figure]:
    """Try three thousand inputs, and print each that went otherwise than it has to."""
    outcome = Outcome()
    try_doors(make_odd_world(house), AT_DOORS, outcome)
    try_parsers(house.sandbox, AT_PARSERS, outcome)
    for finding in outcome.findings:
        print(f"  {finding}", flush=True)
    others = len(outcome.findings) - outcome.failures
    return [
        Figure(
            "inputs",
            "odd inputs over every form, parser and endpoint: answered 500, another outcome than it has to be",
            f"{outcome.failures}, {others} (of {outcome.tried:,}, seed {SEED})",
            "0, 0",
            not outcome.findings and outcome.tried == AT_DOORS + AT_PARSERS,
        )
    ]
