"""How many words of our own a page makes its reader read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.test import Client

from bench.figures import Figure
from tenantry.licensing.queries import SubscriptionView
from tenantry.people.models import EndUserRole
from tests.support.house import House
from tests.web.portal.visitors import at, of, signed_in, token

SONNENSCHEIN = "503a4286-b7ae-5bd8-985c-d88d74134615"
GRETA = "greta.sonnenschein@baeckerei-sonnenschein.example"

# The same pages on 1 December 2026, before their words were gone through.
BEFORE = {"overview": 106, "one subscription with a plan": 233, "end of term": 175, "cancel": 178}
REACH = 0.7

_WORD = re.compile(r"[^\W\d_][^\W_]*(?:[’'-][^\W\d_]+)*")
_UNSEEN = frozenset({"script", "style", "template", "svg", "noscript"})
_DATA = "bdi"
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass(slots=True)
class _Reader(HTMLParser):
    """Collects the text of <main>, or of a fragment without one, but for names that are a company's own (<bdi>)."""

    text: list[str] = field(default_factory=list)
    open: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in _VOID:
            return
        on_paper = "only-print" in (known.get("class") or "").split()
        left_out = tag in _UNSEEN or tag == _DATA or "popover" in known or on_paper
        self.open.append((tag, left_out))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(left_out for _tag, left_out in self.open):
            self.text.append(data)


def words_of(markup: str, *, without: str = "") -> int:
    """Count the words that people can read in a page's <main>, or in a part of a page.

    What is folded away counts, and so do labels; numbers, names, and explanations of a word that are asked for do not.
    `without` is the id of an element that is left out.
    """
    inside = re.search(r"<main\b.*?</main>", markup, re.DOTALL)
    part = inside[0] if inside else markup
    if without:
        part = _without(part, without)
    reader = _Reader()
    reader.feed(part)
    return len(_WORD.findall(" ".join(reader.text)))


def _without(markup: str, element_id: str) -> str:
    """Cut a <div> out with what is in it."""
    begin = re.search(rf'<div id="{element_id}"[^>]*>', markup)
    assert begin, element_id
    depth = 0
    for tag in re.finditer(r"<(/?)div\b", markup[begin.start() :]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return markup[: begin.start()] + markup[begin.start() + tag.end() :]
    raise AssertionError(element_id)


def figures(house: House) -> list[Figure]:
    """Count the words of four pages as an Admin sees them, of a subscription that can still be cancelled."""
    company = house.add_company(SONNENSCHEIN)
    house.end_user(company, GRETA, EndUserRole.ADMIN)
    client = signed_in(GRETA)
    view = house.subscription(company, "Microsoft 365 Business Standard")
    found = {
        "overview": words_of(_page(client, at(company))),
        "one subscription with a plan": words_of(_page(client, of(view)), without="planned")
        + words_of(_page(client, of(view, f"change/?seats={view.facts.quantity - 3}&when=now"), script=True)),
        "end of term": words_of(_page(client, of(view, "end-of-term/?choice=end"))),
        "cancel": sum(map(words_of, _cancel(client, view))),
    }
    return [
        Figure(
            "words",
            f"words of our own, {name}: now ÷ before",
            f"{count / BEFORE[name]:.2f} ({count} ÷ {BEFORE[name]})",
            f"≤ {REACH}",
            count <= REACH * BEFORE[name],
        )
        for name, count in found.items()
    ]


def _page(client: Client, address: str, *, script: bool = False) -> str:
    answer = client.get(address, headers={"HX-Request": "true"} if script else None)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def _cancel(client: Client, view: SubscriptionView) -> Iterator[str]:
    """Return every page between the wish to cancel and the order."""
    address = of(view, "stop/")
    page = _page(client, address)
    yield page
    if 'name="sure"' not in page:
        yield _page(client, client.post(address, {"plan": token(client, address)}).headers["Location"])
