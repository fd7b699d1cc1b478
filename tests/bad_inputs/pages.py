"""Answers as a person reads them: the sentences, and what stands in the fields."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse
from django.http.response import HttpResponseBase

_SENTENCE = re.compile(r"[^\W\d_][^.?!]{8,}[.?!]")
_SILENT = frozenset({"script", "style", "title"})
_EMPTY = frozenset({"input", "br", "img", "meta", "link", "hr", "use", "path", "rect", "circle", "line"})


@dataclass
class Page(HTMLParser):
    """A page: its fields by name with what stands in them, its text, and the errors beside its fields."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)  # by name of the field
    words: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # what the page says about what was just done

    def __post_init__(self) -> None:
        """Begin to read."""
        super().__init__(convert_charrefs=True)
        self._inside: list[tuple[str, str]] = []
        self._area = self._select = ""
        self._written = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field, or where an element begins."""
        told = {name: value or "" for name, value in attrs}
        name = told.get("name", "")
        if tag == "input":
            ticked = told.get("type") not in {"radio", "checkbox"} or "checked" in told
            self._note(name, told.get("value", "") if ticked else None)
        elif tag == "textarea":
            self._area, self._written = name, ""
        elif tag == "select":
            self._select = name
            self._note(name, None)
        elif tag == "option" and "selected" in told:
            self._note(self._select, told.get("value", ""))
        if tag not in _EMPTY:
            says = "message" in told.get("class", "").split() or told.get("role") == "alert"
            self._inside.append((tag, "says" if says else told.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        """Note where an element ends."""
        if tag == "textarea":
            # The line break after the tag is markup, not text.
            self._note(self._area, self._written.removeprefix("\n"))
            self._area = ""
        if any(tag == begun for begun, _ in self._inside):  # an icon's lines are begun and ended at once
            while self._inside.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Note text."""
        if self._area:
            self._written += data
        if any(tag in _SILENT for tag, _ in self._inside):
            return
        self.words.append(data)
        for _, identity in self._inside:
            if identity == "says":
                self.told.append(data)
            if identity.endswith("_error"):
                name = identity.removeprefix("id_").removesuffix("_error")
                self.errors[name] = self.errors.get(name, "") + data

    def _note(self, name: str, value: str | None) -> None:
        found = self.fields.setdefault(name, [])
        if value is not None:
            found.append(value)

    @property
    def text(self) -> str:
        """The words of the page in one line."""
        return " ".join(" ".join(self.words).split())


def read_page(answer: HttpResponseBase) -> Page:
    """Read an answer; one that is no page has neither words nor fields."""
    page = Page()
    if isinstance(answer, HttpResponse) and answer.headers.get("Content-Type", "").startswith("text/html"):
        page.feed(answer.content.decode())
        page.close()
    return page


def has_sentence(text: str) -> bool:
    """Say whether a text has a sentence in it."""
    return _SENTENCE.search(text) is not None
