"""The chips over a list: which stand there, where they lead, and what they say."""

import re

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from tenantry.web.ui.components.chips import Chip, chips

LABELS = {"": "All", "open": "Under way", "done": "Done"}


@pytest.mark.parametrize(
    ("chosen", "counts", "shown"),
    [
        ("", {"": 3, "open": 1, "done": 2}, "[All 3] Under way 1, Done 2"),
        ("", {"": 3, "open": 3, "done": 0}, "[All 3] Under way 3"),
        ("done", {"": 3, "open": 3, "done": 0}, "All 3, Under way 3, [Done 0]"),
        ("", {"": 0, "open": 0, "done": 0}, ""),
        ("done", {"": 0, "open": 0, "done": 0}, "All 0, [Done 0]"),
        ("open", {}, "All, [Under way] Done"),
    ],
)
def test_which_chips_stand_over_a_list(chosen: str, counts: dict[str, int], shown: str) -> None:
    words = []
    for chip in chips(QueryDict(), "show", LABELS, chosen, counts):
        word = chip.label if chip.count is None else f"{chip.label} {chip.count}"
        words.append(f"[{word}]" if chip.chosen else word)
    assert ", ".join(words).replace("],", "]") == shown


def test_a_chip_keeps_the_search_and_begins_at_the_first_page() -> None:
    params = QueryDict("q=a%26b&page=3&tick=all&show=open")
    urls = [chip.url for chip in chips(params, "show", LABELS, "open", {}, also_dropped=("tick",))]
    assert urls == ["?q=a%26b", "?q=a%26b&show=open", "?q=a%26b&show=done"]


def test_a_chip_is_a_link_with_its_number_and_says_what_a_click_takes_away() -> None:
    markup = render_to_string(
        "ui/chips.html",
        {"chips": [Chip("<b>", "?show=open", True, 0), Chip("Done", "?show=done"), Chip("Acme", "?", removes=True)]},
    )
    said = re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>", "", markup, flags=re.DOTALL)).strip()
    assert '<a class="filter-chip" href="?show=open" aria-current="true"> <bdi>&lt;b&gt;</bdi> ' in said
    assert '<span class="count">0</span>' in said and said.count("count") == 1
    assert "<bdi>Acme</bdi>" in said and said.count("remove this filter") == 1
