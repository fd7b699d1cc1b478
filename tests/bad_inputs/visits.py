"""A door, a request at it, and what has to come of an odd one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote_from_bytes, urlsplit

from django.conf import settings
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bad_inputs.doors import Door, Form
from tests.bad_inputs.pages import Page, has_sentence, read_page
from tests.bad_inputs.typed import Fate, Judgement
from tests.isolation.addresses import Address
from tests.isolation.samples import World, value_for
from tests.isolation.walk import first_write, undone

FORM = "application/x-www-form-urlencoded"
_TOKEN = "a" * 32  # what the browser holds, and what it says that the page said
_UNESCAPED = ("<script>alert(1)", "<img src=x", "</textarea><b>")
_NEW_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of what a button just made


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it goes over the wire."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = FORM
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was answered, by somebody who can go on from there."""

    asked: Asked
    answer: HttpResponseBase
    page: Page
    wrote: str
    client: Client

    def follow(self) -> "Visit":
        """Go where the answer leads."""
        visit = self
        for _ in range(4):
            location = visit.answer.headers.get("Location")
            if location is None:
                break
            parts = urlsplit(location)
            visit = send(visit.client, Asked("GET", parts.path, parts.query))
        return visit


Finding = Callable[[Visit], str]


@dataclass(frozen=True, slots=True)
class Example:
    """An odd request, and what is wrong with an answer to it, in words; empty is well."""

    asked: Asked
    finding: Finding = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A door in a world: its address, and somebody whom it is open to."""

    number: int
    name: str
    door: Door
    address: Address
    world: World
    cookies: Mapping[str, str]

    def browser(self) -> Client:
        """Return a browser of that person, which sends forms from pages of ours."""
        client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        client.cookies.load({**self.cookies, "csrftoken": _TOKEN})
        return client

    @property
    def path(self) -> str:
        """Return the path of real things."""
        return self.path_with({})

    def path_with(self, other: Mapping[str, str]) -> str:
        """Return the path with some parts replaced, as it goes over the wire."""
        parts = self.address.parts.items()
        values = {name: str(value_for(name, converter, self.world.values)) for name, converter in parts}
        return self.address.path({name: quoted(text) for name, text in ({**values, **other}).items()})


def send(client: Client, asked: Asked) -> Visit:
    """Send a request and read the answer."""
    with CaptureQueriesContext(connection) as queries:
        for name, value in asked.cookies.items():
            client.cookies[name] = ""
            client.cookies[name].set(name, value, value)
        headers = {"X-CSRFToken": _TOKEN, **asked.headers}
        answer: HttpResponseBase = client.generic(
            asked.method, asked.path, asked.body, asked.content_type, headers=headers, QUERY_STRING=asked.query
        )
    return Visit(asked, answer, read_page(answer), first_write(queries), client)


def quoted(text: str) -> str:
    """Write a text into an address, every byte of it."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="-")


def coded(entries: Sequence[tuple[str, str]]) -> str:
    """Write fields as a form or a query has them."""
    return "&".join(f"{quoted(name)}={quoted(text)}" for name, text in entries)


def findings_of(place: Place, example: Example) -> str:
    """Try an example and undo it; say what is wrong."""
    with undone():
        visit = send(place.browser(), example.asked)
        return _anywhere(visit) or example.finding(visit)


# -- what has to come of it -----------------------------------------------------------------------------------------


def _anywhere(visit: Visit) -> str:
    """Say what no answer may be."""
    status = visit.answer.status_code
    if status >= 500:
        return f"500: answered {status}"
    if status >= 400 and visit.wrote:
        return f"refused, and wrote: {visit.wrote}"
    body = getattr(visit.answer, "content", b"")
    if visit.page.words and any(code.encode() in body for code in _UNESCAPED):
        return "what was typed is code on the page"
    host = urlsplit(visit.answer.headers.get("Location", "")).netloc
    at_microsoft = urlsplit(settings.LOGIN_URL).netloc
    return "" if host in {"", "testserver", at_microsoft} else f"leads to {host}"


def refused_with(*statuses: int) -> Finding:
    """Refused with a sentence on a page of ours, which leads on."""

    def finding(visit: Visit) -> str:
        if visit.answer.status_code not in statuses:
            return f"answered {visit.answer.status_code}, not {' or '.join(map(str, statuses))}"
        if visit.asked.method == "HEAD":
            return ""
        return "" if has_sentence(visit.page.text) else f"{visit.answer.status_code} without a sentence"

    return finding


def as_plain(place: Place, method: str, *others: Finding) -> Finding:
    """As the same request without anything odd, or as one of the others."""

    status, leads = _plain(place, method)

    def finding(visit: Visit) -> str:
        found = (visit.answer.status_code, leads_to(visit.answer))
        if found == (status, leads) or any(not other(visit) for other in others):
            return ""
        return f"answered {found}, not {(status, leads)} as without it"

    return finding


@cache
def _plain(place: Place, method: str) -> tuple[int, str]:
    with undone():
        answer = send(place.browser(), Asked(method, place.path)).answer
    return answer.status_code, leads_to(answer)


def leads_to(answer: HttpResponseBase) -> str:
    """Return where an answer leads: another host, or a path without the ids of what was just made."""
    parts = urlsplit(answer.headers.get("Location", ""))
    return parts.netloc or _NEW_ID.sub("…", parts.path)


def one_of(statuses: frozenset[int]) -> Finding:
    """One of these answers; one that refuses has a sentence, one that leads on ends at a page."""

    def finding(visit: Visit) -> str:
        status = visit.answer.status_code
        if status not in statuses:
            return f"answered {status}, not {sorted(statuses)}"
        if status >= 400:
            return refused_with(status)(visit)
        if status != 302 or urlsplit(visit.answer.headers["Location"]).netloc:
            return ""
        end = visit.follow()
        return "" if end.page.words else f"leads to {end.answer.status_code} without words"

    return finding


def says_why(visit: Visit) -> str:
    """Led to a page that says why nothing came of it."""
    if visit.answer.status_code != 302:
        return "led nowhere"
    end = visit.follow()
    return "" if has_sentence(" ".join(end.page.told)) else f"leads to {end.answer.status_code}, which says nothing"


def found_again(name: str, text: str) -> Finding:
    """A page of results that shows what was searched for."""

    def finding(visit: Visit) -> str:
        kept = text.strip()[:100]
        if visit.answer.status_code != 200:
            return f"answered {visit.answer.status_code} to a search"
        shown = visit.page.fields.get(name, [])
        return "" if kept in shown else f"searched for {kept!r}, and shows {shown!r}"

    return finding


def judged(form: Form, texts: Mapping[str, str]) -> Finding:
    """A form that is refused at each field that cannot be kept, with all that was typed; or kept and shown."""
    judgements = {name: form.fields[name].judge(text) for name, text in texts.items()}
    bad = [name for name, one in judgements.items() if one.fate is Fate.REFUSED]
    bad = bad or [name for name, one in judgements.items() if one.fate is Fate.REFUSED_LAST]
    may_be_refused = bad or any(one.fate is Fate.EITHER for one in judgements.values())

    def finding(visit: Visit) -> str:
        status = visit.answer.status_code
        if status == form.refused and not form.counts(texts):
            return "" if has_sentence(visit.page.text) else "a page without a sentence"
        if status in form.also and not bad:
            return ""
        if status == form.refused and (form.query or may_be_refused):
            return _comes_back(form, texts, judgements, bad, visit)
        if bad:
            return f"{bad} cannot be kept, and it answered {status}"
        if status != 302:
            return f"answered {status} to what can be kept"
        return _is_kept(form, {name: one.kept for name, one in judgements.items()}, visit)

    return finding


def _comes_back(
    form: Form, texts: Mapping[str, str], judgements: Mapping[str, Judgement], bad: Sequence[str], visit: Visit
) -> str:
    """Say what is missing on a page with the form as it was sent, which in an address need not be wrong."""
    for name, text in texts.items():
        kind, judgement, shown = form.fields[name], judgements[name], visit.page.fields.get(name, [])
        if name in bad and not has_sentence(visit.page.errors.get(name, "")):
            return f"no sentence beside {name}; beside others: {visit.page.errors}"
        ways = kind.comes_back_as(text) if name in bad or not form.query else (text, judgement.kept)
        left_open = form.query and judgement == Judgement(Fate.KEPT)  # then the page proposes something
        if not kind.chosen and not left_open and not set(ways) & set(shown):
            return f"{name} was {text!r}, and comes back as {shown!r}"
    return "" if has_sentence(visit.page.text) else "a page without a sentence"


def _is_kept(form: Form, kept: Mapping[str, str], visit: Visit) -> str:
    end = visit.follow()
    if end.answer.status_code != 200:
        return f"kept, and leads to {end.answer.status_code}"
    for name, text in kept.items():
        shown = end.page.fields.get(name, [])
        if form.kept_on and text not in shown and (text or shown):
            return f"{name} is to be {text!r}, and is shown as {shown!r}"
    return ""
