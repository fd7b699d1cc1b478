"""The walk: every address, everybody, and what should not have happened, in words."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import connection, reset_queries, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.people.models import StaffRole
from tenantry.web.access import Audience, DeclaredAccess
from tests.isolation.addresses import Address, all_addresses
from tests.isolation.people import Visitor
from tests.isolation.samples import OWNED, World, value_for

_WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE)\b(?!.*\bpeople_session\b)", re.IGNORECASE | re.DOTALL)
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|<[^>]*\s(?:style|on[a-z]+)\s*=\s*[\"']", re.IGNORECASE)
_FETCHED = re.compile(r"<(?:script|img|link|iframe|source|video|audio)\b[^>]*\b(?:src|href)=\"(?:https?:)?//", re.I)
_METHODS = ("get", "post")
# What no page of ours sends, and what its scripts send: neither may open a door that is shut.
_ODD_METHODS = ("head", "options", "put", "patch", "delete")
# One of each kind is enough to try them: the doors are the same ones.
_CURIOUS = frozenset({"signed out", "view at Harbour", "Admin of Nordlys", "support for Nordlys", "billing for all"})
_BY_SCRIPT = {"HX-Request": "true", "X-By-Itself": "true"}
# Nothing from elsewhere, nothing inline, no frames, no forms to others: what is not named falls back to the first.
_POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "img-src": "'self' data:",
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Files whose addresses change with their content; everything else is kept nowhere.
_KEPT = frozenset({"hooks:brand_stylesheet", "hooks:brand_logo"})

Finding = Callable[[HttpResponseBase, CaptureQueriesContext], str]


def undeclared() -> list[str]:
    """Return the addresses that nobody declared."""
    return [address.route for address in all_addresses() if address.access is None]


def declared_access_holds(world: World) -> list[str]:
    """Try everything as everybody and return what differs from what is declared."""
    wrong = []
    for visitor in world.visitors:
        client = visitor.client()
        for address, access in _declared():
            values = _filled(address, world.values)
            allowed = visitor.may(access, _company_of(values))
            # What a form does for those who may send it is for the tests of its page.
            for method in ("get",) if allowed else _METHODS:
                at_home = visitor.is_at_home(access, _company_of(values))
                found = _page_of_theirs(address, access) if allowed else _shut_out(visitor, at_home)
                wrong += _try(client, visitor, address, values, method, found)
    return wrong


def odd_requests_open_nothing(world: World) -> list[str]:
    """Try what is shut with methods that no page uses, and as a script asks for a fragment."""
    wrong = []
    for visitor in world.visitors:
        if visitor.name not in _CURIOUS:
            continue
        client = visitor.client()
        for address, access in _declared():
            values = _filled(address, world.values)
            if visitor.may(access, _company_of(values)):
                continue
            at_home = visitor.is_at_home(access, _company_of(values))
            for method in _ODD_METHODS:
                wrong += _try(client, visitor, address, values, method, _shut_out(visitor, at_home))
            found = _shut_out(visitor, at_home, by_script=True)
            wrong += _try(client, visitor, address, values, "get", found, _BY_SCRIPT)
    return wrong


def ids_stay_with_their_company(world: World) -> list[str]:
    """Put one company's ids below another company's address, as those who may see that other one."""
    wrong = []
    crossed = world.values | {"company_id": world.nordlys.id}
    for address, access in _declared():
        if "company_id" not in address.parts or not OWNED & set(address.parts):
            continue
        for visitor in world.visitors:
            if visitor.may(access, world.nordlys.id):
                wrong += _try_ids(visitor, address, _filled(address, crossed))
    return wrong


def unseen_companies_stay_unseen(world: World) -> list[str]:
    """Try ids of a company where the address names no company, as staff who do not see that company."""
    wrong = []
    for address, access in _declared():
        if "company_id" in address.parts or not OWNED & set(address.parts):
            continue
        for visitor in world.visitors:
            blind = visitor.sees is not None and world.harbour.id not in visitor.sees
            if blind and visitor.may(access, None):
                wrong += _try_ids(visitor, address, _filled(address, world.values))
    return wrong


def queries_show_nothing_of_another_company(world: World) -> list[str]:
    """Name what belongs to one company in the query of every page, as those who see another one only."""
    wrong = []
    values = world.values | {"company_id": world.nordlys.id}
    order = world.values["order_id"]
    queries = (f"company={world.harbour.id}", f"order={order}", f"subject={order}", f"q={world.values['number']}")
    for visitor in world.visitors:
        if visitor.name not in {"Admin of Nordlys", "admin for Nordlys"}:
            continue
        client, found = visitor.client(), _silent_about(world)
        for address, access in _declared():
            private = access.audience not in {Audience.PUBLIC, Audience.REHEARSAL}
            if private and not set(address.parts) - {"company_id"} and visitor.may(access, world.nordlys.id):
                filled = _filled(address, values)
                for query in (*queries, f"{queries[0]}&export=csv"):
                    wrong += _try(client, visitor, address, filled, "get", found, query=query)
    return wrong


def fresh_sign_ins_are_asked_for(world: World) -> list[str]:
    """Try what needs a fresh sign-in with an old one."""
    wrong = []
    for address, access in _declared():
        values = _filled(address, world.values)
        for visitor in world.visitors:
            if access.fresh and visitor.may(access, _company_of(values)):
                client = visitor.client(proved_ago=timedelta(days=1))
                # From a form, browsers follow no redirect to another host: there a page of ours asks.
                for method, way in (("get", "/sign-in/start/?"), ("post", "/sign-in/?")):
                    wrong += _try(client, visitor, address, values, method, _asks_again(way))
    return wrong


def forms_of_elsewhere_are_refused(world: World) -> list[str]:
    """Post to everything, as who may do all of it, from a page that is not ours."""
    wrong = []
    for visitor in world.visitors:
        if visitor.sees is None and visitor.role is StaffRole.OWNER:
            client = visitor.client(strict=True)
            for address, _access in _declared():
                wrong += _try(client, visitor, address, _filled(address, world.values), "post", _refused_form)
    return wrong


def _declared() -> Iterator[tuple[Address, DeclaredAccess]]:
    for address in all_addresses():
        if address.access is not None:
            yield address, address.access


def _filled(address: Address, values: Mapping[str, object]) -> dict[str, object]:
    return {name: value_for(name, converter, values) for name, converter in address.parts.items()}


def _company_of(values: Mapping[str, object]) -> UUID | None:
    found = values.get("company_id")
    return found if isinstance(found, UUID) else None


@contextmanager
def undone() -> Iterator[CaptureQueriesContext]:
    """Undo whatever a request does, so that the next one finds the world as it was; give what it asked the database."""
    reset_queries()  # Django's log has an end, and the walk is long
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        yield queries
        transaction.set_rollback(True)


def _try(
    client: Client,
    visitor: Visitor,
    address: Address,
    values: Mapping[str, object],
    method: str,
    found: Finding,
    headers: Mapping[str, str] | None = None,
    *,
    query: str = "",
) -> list[str]:
    with undone() as queries:
        path = f"{address.path(values)}?{query}" if query else address.path(values)
        answer: HttpResponseBase = getattr(client, method)(path, headers=headers)
    words = found(answer, queries) or _safe(address, answer)
    return [f"{visitor.name}: {method} {address.route}: {words}"] if words else []


def _try_ids(visitor: Visitor, address: Address, values: Mapping[str, object]) -> list[str]:
    """Ask for what is not there, as pages do and as their scripts do."""
    client = visitor.client()
    wrong = []
    for method in _METHODS:
        found = _try(client, visitor, address, values, method, _missing)
        wrong += found or _try(client, visitor, address, values, method, _missing, _BY_SCRIPT)
    return wrong


# -- findings: what is wrong with an answer, in words; empty is well ------------------------------------------------


def first_write(queries: CaptureQueriesContext) -> str:
    """Return what was written first, apart from sessions."""
    asked = (query["sql"] or "" for query in queries.captured_queries)  # None for what could not even be sent
    return next((sql[:100] for sql in asked if _WRITES.match(sql)), "")


def _goes_to(answer: HttpResponseBase, start: str) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith(start)


def _shut_out(visitor: Visitor, at_home: bool, *, by_script: bool = False) -> Finding:
    status = 403 if at_home else 404

    def finding(answer: HttpResponseBase, queries: CaptureQueriesContext) -> str:
        if written := first_write(queries):
            return f"wrote: {written}"
        if visitor.role is None and by_script:
            asks = answer.headers.get("HX-Redirect", "").startswith("/sign-in/?next=")
            return "" if asks and not getattr(answer, "content", b"") else "no way to sign in for a script"
        if visitor.role is None:
            return "" if _goes_to(answer, "/sign-in/?next=") else f"{answer.status_code} instead of the way to sign in"
        return "" if answer.status_code == status else f"{answer.status_code} instead of {status}"

    return finding


def _missing(answer: HttpResponseBase, queries: CaptureQueriesContext) -> str:
    if written := first_write(queries):
        return f"wrote: {written}"
    return "" if answer.status_code in {404, 405} else f"{answer.status_code} instead of 404"


def _silent_about(world: World) -> Finding:
    hidden = ("Harbour &", "harbourvale", world.harbour.tenant_id)

    def finding(answer: HttpResponseBase, queries: CaptureQueriesContext) -> str:
        text = answer.content.decode() if isinstance(answer, HttpResponse) else ""
        return next((f"tells of {word}" for word in hidden if word in text), "")

    return finding


def _refused_form(answer: HttpResponseBase, queries: CaptureQueriesContext) -> str:
    if written := first_write(queries):
        return f"wrote: {written}"
    return "" if answer.status_code == 403 else f"{answer.status_code} instead of 403"


def _asks_again(way: str) -> Finding:
    def finding(answer: HttpResponseBase, queries: CaptureQueriesContext) -> str:
        if written := first_write(queries):
            return f"wrote: {written}"
        asks = _goes_to(answer, way) and "fresh=1" in answer.headers["Location"]
        return "" if asks else f"{answer.status_code} instead of a fresh sign-in"

    return finding


def _page_of_theirs(address: Address, access: DeclaredAccess) -> Finding:
    def finding(answer: HttpResponseBase, queries: CaptureQueriesContext) -> str:
        if _goes_to(answer, "/sign-in/?next="):
            return "sends away who may see it"
        if answer.status_code >= 500 and address.namespace != "hooks":
            return f"answered {answer.status_code}"
        if answer.status_code == 404 and not set(address.parts) - {"company_id"}:
            return "404 for who may see it"
        return _code_of_page(answer)

    return finding


def _safe(address: Address, answer: HttpResponseBase) -> str:
    """Say which header is missing or weaker than it was meant; whatever the answer is, it has all of them."""
    policy = answer.headers.get("Content-Security-Policy", "")
    told = dict(directive.strip().split(" ", 1) for directive in policy.split(";") if directive.strip())
    if told != _POLICY:
        return f"the content security policy is {told}"
    for name, value in _HEADERS.items():
        if answer.headers.get(name) != value:
            return f"{name} is {answer.headers.get(name)}"
    kept = answer.headers.get("Cache-Control") != "no-store"
    return "may be kept by browsers" if kept and address.name not in _KEPT else ""


def _code_of_page(answer: HttpResponseBase) -> str:
    if not isinstance(answer, HttpResponse) or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return ""
    text = answer.content.decode()
    if found := _INLINE.search(text):
        return f"inline code or style: {found[0][:60]}"
    if found := _FETCHED.search(text):
        return f"asks another host: {found[0][:80]}"
    return ""
