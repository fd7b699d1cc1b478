"""What is typed into a field, by its kind, and what has to become of it: refused, or kept as a certain text.

The judgements are written a second time here, from what the pages promise, and share no code with the product.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import idna
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

ODD_TEXTS = (
    "\x00",
    "a\x00b",
    "\ud83d",
    "half \udc00 of a character",
    "",
    "   ",
    "\u202e\u202dtxt.exe",
    "\u200f\u05d0\u05d1 to the right",
    "e\u0301\u0302\u0303" * 12,
    "👩\u200d👩\u200d👧\u200d👦",
    "\ufeffmarked",
    "\u2028\u2029",
    "\x07\x1b[31m",
    "two\r\nlines",
    "\t",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><b>",
    "&amp;&lt;&#0;",
    "=1+1",
    "＝HYPERLINK(1)",
    "%s %(name)s {0} {{ 7 }} {% now %}",
    "' OR 1=1 --",
    "../../etc/passwd",
    "ß",
    "İstanbul",
    "x" * 3_000,
    "界" * 700,
)

_ANY_CHARACTER = st.characters(exclude_categories=())
ANY_TEXT: SearchStrategy[str] = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.text(_ANY_CHARACTER, max_size=40),
    st.lists(st.sampled_from(ODD_TEXTS[:-2]), min_size=2, max_size=4).map("".join),
)
_DIGITS = st.integers(-(10**6), 10**12).map(str)
ODD_NUMBERS: SearchStrategy[str] = st.one_of(
    st.sampled_from(
        ("1.000", "1,000", "1_000", "1 000", "1e3", "+5", "-0", "007", "٣", "５", "½", "0x10", "--1", "1.", "9" * 20)
    ),
    _DIGITS,
    st.tuples(_DIGITS, st.sampled_from((".", ",", "_", "'", "\u00a0", "\x00")), _DIGITS).map("".join),
    st.sampled_from(("9" * 4_001, " 12 ", "\u300012", "1\n")),
    ANY_TEXT,
)
_DOMAINS = (
    "harbourvale.example",
    "Example.COM",
    "weißbrot.example",
    "faß.de",
    "example.com.",
    "ex..ample.com",
    ".example.com",
    "-a.example",
    "xn--a.example",
    "xn--strae-oqa.example",
    "[127.0.0.1]",
    "a" * 64 + ".example",
    ("a" * 50 + ".") * 6 + "example",
    "例え.テスト",
    "exa mple.com",
    "example。com",
    "\u200fexample.com",
    "localhost",
)
ODD_DOMAINS: SearchStrategy[str] = st.one_of(st.sampled_from(_DOMAINS), ANY_TEXT)
ODD_ADDRESSES: SearchStrategy[str] = st.one_of(
    st.tuples(st.sampled_from(("x", "a.b+c", "ö", "", '"a b"', "a" * 70, "<b>", "a\x00")), ODD_DOMAINS).map("@".join),
    st.sampled_from(("@", "a@@b.example", "a@b@example.com", "Anna <a@b.example>", "a@b.example, c@d.example")),
    ANY_TEXT,
)
ODD_IDS: SearchStrategy[str] = st.one_of(
    st.sampled_from(
        (
            "00000000-0000-0000-0000-000000000000",
            "7428417D-3D15-52DD-A167-A4854D0F91A9",
            "{7428417d-3d15-52dd-a167-a4854d0f91a9}",
            "7428417d3d1552dda167a4854d0f91a9",
            "7428417d-3d15-52dd-a167-a4854d0f91a",
            "urn:uuid:7428417d-3d15-52dd-a167-a4854d0f91a9",
            "７428417d-3d15-52dd-a167-a4854d0f91a9",
        )
    ),
    st.uuids().map(str),
    ANY_TEXT,
)
ODD_COLOURS: SearchStrategy[str] = st.one_of(
    st.sampled_from(("#FFF", "#12345", "#1234567", "0b5a72", "#0B5A72", "#gggggg", "red", "#１23456", "rgb(0,0,0)")),
    st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True),
    ANY_TEXT,
)
ODD_LINKS: SearchStrategy[str] = st.one_of(
    st.sampled_from(
        (
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "http://[",
            "https://example.com:99999/",
            "https://weißbrot.example/",
            "data:text/html,x",
            "/../..//evil.example",
            "\\\\evil",
            "/%00",
        )
    ),
    ANY_TEXT,
)


def arrived(typed: str) -> str:
    """Return a typed text as it arrives: what UTF-8 cannot say comes over the wire as bytes that are none."""
    return typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


class Fate(Enum):
    """What has to become of a field's text."""

    REFUSED = "refused"
    REFUSED_LAST = "refused, once nothing else is"
    KEPT = "kept"
    EITHER = "refused or kept"  # where a library's own rules decide; what follows has to hold all the same


@dataclass(frozen=True, slots=True)
class Judgement:
    """What has to become of a text, and what it is once it is kept."""

    fate: Fate
    kept: str = ""


REFUSED = Judgement(Fate.REFUSED)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field; ``chosen`` is one that nobody types into, so that a refused value need not come back."""

    typed: SearchStrategy[str]
    judge: Callable[[str], Judgement]
    chosen: bool = False

    def comes_back_as(self, text: str) -> tuple[str, ...]:
        """Return the ways in which a refused text may stand in its field again."""
        return (text, _kept_address(text)) if self.typed is ODD_ADDRESSES else (text,)


def text(most: int, *, required: bool = False, typed: SearchStrategy[str] = ANY_TEXT, sure: bool = True) -> Kind:
    """Return a field for a text of at most so many characters; without ``sure`` further rules may refuse it."""

    def judge(found: str) -> Judgement:
        kept = found.strip()
        if "\x00" in found or len(kept) > most or (required and not kept):
            return REFUSED
        return Judgement(Fate.KEPT if sure or not kept else Fate.EITHER, kept)

    return Kind(typed, judge)


def person(most: int) -> Kind:
    """Return a field for somebody's name, which is kept in one line."""

    def judge(found: str) -> Judgement:
        if "\x00" in found or len(found.strip()) > most:
            return REFUSED
        return Judgement(Fate.KEPT, " ".join(found.split()))

    return Kind(ANY_TEXT, judge)


def whole(least: int, most: int, *, required: bool = True) -> Kind:
    """Return a field for a whole number."""

    def judge(found: str) -> Judgement:
        kept = found.strip()
        if not kept and not required:
            return Judgement(Fate.KEPT, "")
        if not re.fullmatch("-?[0-9]{1,4000}", kept) or not least <= int(kept) <= most:
            return REFUSED
        return Judgement(Fate.KEPT, str(int(kept)))

    return Kind(ODD_NUMBERS, judge)


def address(*, required: bool = True) -> Kind:
    """Return a field for an e-mail address."""

    def judge(found: str) -> Judgement:
        kept = found.strip()
        if not kept and not required:
            return Judgement(Fate.KEPT, "")
        if "\x00" in found or "@" not in kept or len(kept) > 254 or not kept.isascii():
            return REFUSED
        local, _, domain = kept.rpartition("@")
        return Judgement(Fate.EITHER, f"{local}@{domain.lower()}")

    return Kind(ODD_ADDRESSES, judge)


def colour() -> Kind:
    """Return a field for a colour that may be left empty."""

    def judge(found: str) -> Judgement:
        kept = found.strip().lower()
        if "\x00" in found or len(kept) > 7:
            return REFUSED
        return Judgement(Fate.KEPT if re.fullmatch("(#[0-9a-f]{6})?", kept) else Fate.REFUSED_LAST, kept)

    return Kind(ODD_COLOURS, judge)


def matching(pattern: str) -> Kind:
    """Return a field for a name of a certain form, in whatever case."""

    def judge(found: str) -> Judgement:
        kept = found.strip().lower()
        return Judgement(Fate.KEPT, kept) if re.fullmatch(pattern, kept) else REFUSED

    return Kind(st.one_of(st.from_regex(pattern, fullmatch=True), ODD_NUMBERS), judge)


def choice(*values: str, required: bool = True) -> Kind:
    """Return a field with certain values."""

    def judge(found: str) -> Judgement:
        if not found:
            return REFUSED if required else Judgement(Fate.KEPT, "")
        return Judgement(Fate.KEPT, found) if found in values else REFUSED

    return Kind(st.one_of(st.sampled_from(values or ("",)), ANY_TEXT), judge, chosen=True)


def anything(typed: SearchStrategy[str] = ANY_TEXT) -> Kind:
    """Return a field of a button or an address, whose odd values count for nothing or are refused by the whole page."""
    return Kind(typed, lambda found: Judgement(Fate.EITHER, found), chosen=True)


def _kept_address(found: str) -> str:
    local, _, domain = found.strip().rpartition("@")
    try:
        return f"{local}@{idna.encode(domain, uts46=True, std3_rules=True).decode()}"
    except (idna.IDNAError, UnicodeError):
        return found
