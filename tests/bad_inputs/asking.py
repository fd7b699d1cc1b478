"""Odd requests at a door: one of them drawn, with what has to come of it."""

from collections.abc import Mapping
from urllib.parse import unquote

from django.conf import settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.bad_inputs.files import ODD_FILES
from tests.bad_inputs.typed import ANY_TEXT, ODD_IDS, ODD_LINKS, ODD_NUMBERS, Kind, arrived
from tests.bad_inputs.visits import (
    FORM,
    Asked,
    Example,
    Finding,
    Place,
    Visit,
    as_plain,
    coded,
    found_again,
    judged,
    leads_to,
    one_of,
    quoted,
    refused_with,
    says_why,
)
from tests.isolation.samples import value_for

_PART = b'--x\r\nContent-Disposition: form-data; name="other"'
_ODD_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LINK")
_ODD_HEADERS = (
    "Accept",
    "Accept-Language",
    "Forwarded",
    "HX-Current-URL",
    "If-Modified-Since",
    "If-None-Match",
    "Range",
    "Referer",
    "Sec-Fetch-Mode",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Request-Id",
)


@st.composite
def examples(draw: DrawFn, place: Place) -> Example:
    """Draw one of the odd requests that this door can get."""
    door = place.door
    ways = [_method, _header, _cookie, _host, _address]
    # What a page takes of its own is tried more often than what all of them have in common.
    ways += 3 * [_form] if door.form is not None and door.form.fields else []
    ways += 2 * [_buttons] if door.buttons else []
    ways += 2 * [_upload] if door.files else []
    ways += 2 * [_query] if door.search or door.filters or door.beyond or door.query else [_query]
    ways += [_body] if door.posts else []
    ways += 2 * [_part] if place.address.parts else []
    first = place.number % len(ways)  # or the simplest example is the same one at every door
    ways = ways[first:] + ways[:first]
    example: Example = draw(draw(st.sampled_from(ways))(place))
    return example


def _reading(place: Place) -> str:
    return "GET" if place.door.reads else "POST"


@st.composite
def _method(draw: DrawFn, place: Place) -> Example:
    other = [name for name, takes in (("GET", place.door.reads), ("POST", place.door.posts)) if not takes]
    method = draw(st.sampled_from((*_ODD_METHODS, *other)))
    as_get = [as_plain(place, "GET")] if place.door.reads else [_leads_back]
    return Example(Asked(method, place.path), _either(refused_with(405), *as_get))


def _leads_back(visit: Visit) -> str:
    return "" if visit.answer.status_code == 302 else "neither refused nor led back"


def _either(*findings: Finding) -> Finding:
    def finding(visit: Visit) -> str:
        found = [one(visit) for one in findings]
        return "" if "" in found else "; ".join(found)

    return finding


@st.composite
def _header(draw: DrawFn, place: Place) -> Example:
    name = draw(st.sampled_from(_ODD_HEADERS))
    value = draw(st.one_of(_HEADER_TEXT, ODD_LINKS.map(_in_header)))
    method = _reading(place)
    return Example(Asked(method, place.path, headers={name: value}), as_plain(place, method, refused_with(304)))


_HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)


def _in_header(text: str) -> str:
    """Return what a server hands on of a text in a header: bytes without control characters."""
    raw = text.encode("utf-8", "surrogatepass").decode("latin-1")
    return "".join(letter for letter in raw if letter >= " " and letter != "\x7f")


@st.composite
def _cookie(draw: DrawFn, place: Place) -> Example:
    names = (settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_NAME, "theme", "messages", "other")
    name = draw(st.sampled_from(names))
    value = draw(
        st.one_of(st.sampled_from(('"\\000\\000abcdefgh"', "x" * 4_000, "abcdefgh\\", "%00" * 9)), _HEADER_TEXT)
    )
    method = _reading(place)
    signed_out: list[Finding] = [_to_sign_in] if name == settings.SESSION_COOKIE_NAME else []
    value = value.replace(";", "").replace(",", "")
    return Example(Asked(method, place.path, cookies={name: value}), as_plain(place, method, *signed_out))


def _to_sign_in(visit: Visit) -> str:
    asks = leads_to(visit.answer) == "/sign-in/" and visit.answer.status_code == 302
    return "" if asks else "neither the page nor the way to sign in"


@st.composite
def _host(draw: DrawFn, place: Place) -> Example:
    value = draw(
        st.one_of(st.sampled_from(("", "evil.example", "testserver:x", "[::1", "a b", "testserver/../")), ODD_LINKS)
    )
    value = _in_header(value)
    return Example(Asked(_reading(place), place.path, headers={"Host": value}), refused_with(400))


@st.composite
def _address(draw: DrawFn, place: Place) -> Example:
    """A neighbour of the address that does not exist."""
    tail = draw(
        st.one_of(st.sampled_from(("\x00", "..", "%", "index.php", "\ud800", "x" * 2_000)), ANY_TEXT.filter(bool))
    )
    path = f"{place.path.rstrip('/')}/{quoted(tail)}/no/"
    return Example(Asked("GET", path), refused_with(404, 400))


@st.composite
def _part(draw: DrawFn, place: Place) -> Example:
    name, converter = draw(st.sampled_from(sorted(place.address.parts.items())))
    odd = ODD_NUMBERS if converter == "int" else ODD_IDS if converter == "uuid" else ANY_TEXT
    real = str(value_for(name, converter, place.world.values))
    text = draw(odd.filter(lambda found: found.lower() != real and found not in {"", ".", ".."} and len(found) < 2_000))
    path = place.path_with({name: text})
    method = _reading(place)
    return Example(Asked(method, path), _either(refused_with(404, 403, 410), says_why))


@st.composite
def _query(draw: DrawFn, place: Place) -> Example:
    door, method = place.door, _reading(place)
    names = ["nobody-knows", *door.filters.split(), *door.query]
    names += 2 * [door.search] if door.search else []
    names += 2 * ["page"] if door.beyond else []
    name = draw(st.sampled_from(names))
    text = draw(ODD_NUMBERS if name in {"page", "at"} else ODD_LINKS if name in {"next", "as"} else ANY_TEXT)
    times = draw(st.sampled_from((1, 1, 1, 2, 3)))
    query = draw(st.sampled_from(("{}", "{}", "{}", "&&{}", "{}&%zz=%", "{}&a;b&=&==")))
    query = query.format(coded([(name, text)] * times))
    came = arrived(text)
    if "\x00" in unquote(query):
        expected = refused_with(400)
    elif name == door.search:
        expected = found_again(name, came)
    elif name in door.query:
        expected = one_of(door.query_answers)
    elif name == "page" and door.beyond:
        expected = as_plain(place, method, one_of(door.beyond))
    else:
        expected = as_plain(place, method)
    return Example(Asked(method, place.path, query), expected)


@st.composite
def _form(draw: DrawFn, place: Place) -> Example:
    form = place.door.form
    assert form is not None
    odd = draw(st.sets(st.sampled_from(sorted(form.fields)), min_size=1))
    typed = {name: draw(kind.typed) if name in odd else form.good[name] for name, kind in form.fields.items()}
    sent = coded([(name, text) for name, text in typed.items() if text or not form.fields[name].chosen])
    texts = {name: arrived(text) for name, text in typed.items()}
    if form.query:
        expected = refused_with(400) if "\x00" in unquote(sent) else judged(form, texts)
        return Example(Asked("GET", place.path, sent), expected)
    return Example(Asked("POST", place.path, body=sent.encode()), judged(form, texts))


@st.composite
def _buttons(draw: DrawFn, place: Place) -> Example:
    buttons: Mapping[str, Kind] = place.door.buttons
    names = draw(st.lists(st.sampled_from(sorted(buttons)), min_size=1, max_size=4))
    entries = [(name, draw(buttons[name].typed)) for name in names]
    answers = place.door.button_answers | ({place.door.form.refused} if place.door.form else set())
    return Example(Asked("POST", place.path, body=coded(entries).encode()), one_of(frozenset(answers)))


@st.composite
def _upload(draw: DrawFn, place: Place) -> Example:
    name, file = draw(st.sampled_from(place.door.files)), draw(ODD_FILES)
    filename = draw(st.sampled_from(("a.png", "../../a", "", "\u202egnp.exe", 'a"b.png', "a\r\nb", "x" * 300)))
    body = _multipart(name, filename, file.data)
    asked = Asked("POST", place.path, body=body, content_type="multipart/form-data; boundary=x")
    if not filename:  # to a browser, no file was chosen
        return Example(asked, one_of(frozenset({302, 422})))
    return Example(asked, one_of(frozenset({302} if file.good else {422})))


def _multipart(name: str, filename: str, data: bytes) -> bytes:
    safe = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode()
    head = b'--x\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n' % (name.encode(), safe)
    return head + b"Content-Type: image/png\r\n\r\n" + data + b"\r\n--x--\r\n"


@st.composite
def _body(draw: DrawFn, place: Place) -> Example:
    """A body that is no form, or a broken one: as without one, or not understood."""
    content_type = draw(
        st.sampled_from(
            (
                "application/json",
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=x",
                "multipart/form-data; boundary=x; charset=utf-16",
                "multipart/form-data; boundary=x; charset=base64",
                f"{FORM}; charset=utf-16",
                f"{FORM}; charset=rot13",
                f"{FORM}; charset=nobody-knows",
                "text/plain",
                "",
                "\xff/\xfe",
            )
        )
    )
    body = draw(
        st.one_of(
            st.binary(max_size=200),
            st.sampled_from(
                (
                    b"",
                    b"[1, {",
                    b'{"x": null}',
                    b"null",
                    b"[" * 5_000,
                    _multipart("other", "a", b"\x00\xff"),
                    _multipart("other", "a", b"x")[:-9],
                    _PART + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
                    _PART + b"\r\n\r\n\xff\xfe\r\n--x--",
                    b"&".join(b"f%d=" % number for number in range(1_100)),
                )
            ),
        )
    )
    asked = Asked("POST", place.path, body=body, content_type=content_type)
    return Example(asked, as_plain(place, "POST", refused_with(400, 413)))
