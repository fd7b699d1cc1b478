"""What odd inputs have found: drawn once, wrong then, and tried every time since."""

from collections.abc import Callable
from dataclasses import replace

from tests.bad_inputs.parsers import PARSERS
from tests.bad_inputs.run import places
from tests.bad_inputs.services import Control, answering, client_of, controls, discovery
from tests.bad_inputs.visits import Asked, Example, Finding, Visit, findings_of, one_of, refused_with, send
from tests.clients.vendor import Reply
from tests.isolation.samples import World
from tests.support.sandbox import SandboxHandle

_PART = b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--x--'


def _posted(body: bytes, content_type: str = "application/x-www-form-urlencoded") -> Callable[[str], Asked]:
    return lambda path: Asked("POST", path, body=body, content_type=content_type)


def _asked(query: str = "", cookie: str = "") -> Callable[[str], Asked]:
    return lambda path: Asked("GET", path, query, cookies={"tenantry": cookie} if cookie else {})


def _error_beside(field: str) -> Finding:
    return lambda visit: "" if visit.page.errors.get(field) else f"no error beside {field}: {visit.page.errors}"


def _as_with(query: str) -> Finding:
    """The words of the page are those of the page with another query."""

    def finding(visit: Visit) -> str:
        other = send(visit.client, replace(visit.asked, query=query)).page.text
        return "" if visit.page.text == other else f"{visit.page.text} is not {other}"

    return finding


FOUND: tuple[tuple[str, Callable[[str], Asked], Finding], ...] = (
    ("office:add_companies", _posted(b"do=none&q=%00"), one_of(frozenset({200}))),
    ("office:end_user_sessions", _posted(b"session=%00"), one_of(frozenset({302, 404}))),
    ("sign_in:end_sessions", _posted(b"session=%00"), one_of(frozenset({302}))),
    ("office:companies", _asked(cookie='"\\000\\000abcdefgh"'), one_of(frozenset({302}))),
    ("office:confirm_tenant", _posted(_PART, "multipart/form-data; boundary=x; charset=base64"), refused_with(400)),
    ("office:release_stop_switch", _asked(), refused_with(405)),
    ("office:add_staff", _posted(b"companies=x"), _error_beside("companies")),
    ("portal:change", _asked("seats=27&when=now&schedule=x"), _as_with("seats=27&when=now")),
)


def test_what_was_wrong_at_a_door_is_right(world: World) -> None:
    doors = {place.name: place for place in places(world)}
    for name, ask, finding in FOUND:
        example = Example(ask(doors[name].path), finding)
        assert findings_of(doors[name], example) == "", (name, example)


def test_a_settings_file_that_is_no_text_is_refused_in_words() -> None:
    assert PARSERS["env"].finding(("text", "half \ud83d", True)) == ""


def test_json_that_goes_too_deep_is_refused_by_the_sandbox(sandbox: SandboxHandle) -> None:
    deep = b'{"a":' * 5_000
    for path in ("clock", "faults", "entra/refusals"):
        assert controls(sandbox)(Control("POST", path, deep, "application/json")) == ""


def test_an_issuer_that_is_no_address_names_no_tenant() -> None:
    answers = [Reply(200, {"issuer": "http://["})]
    with answering(answers) as vendor, client_of(vendor) as client:
        assert discovery(client, answers)(answers[0]) == ""
