"""The control endpoints below /_sandbox, and the page that uses them.

They take JSON; the page posts the same fields as a form and is sent back to itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from urllib.parse import parse_qsl

from starlette.types import Scope

from tenantry.sandbox import entra
from tenantry.sandbox.answer import Answer
from tenantry.sandbox.context import Context
from tenantry.sandbox.control import page
from tenantry.sandbox.control.changes import make_change
from tenantry.sandbox.faults import STANDING
from tenantry.sandbox.partner_center.lifecycle import Event
from tenantry.sandbox.partner_center.service import PartnerCenter, read_query
from tenantry.sandbox.wire import JsonDict, decode, iso, parse_duration, parse_moment, read_number, read_whole

_HAPPENED_SHOWN = 200
_LONGEST_MOVE = timedelta(days=20 * 366)


class NotThereError(Exception):
    """There is nothing at this address, or nothing with this id."""


class Desk:
    """Answers everything below /_sandbox and the page at /."""

    def __init__(self, ctx: Context, partner_center: PartnerCenter, reset: Callable[[str | None], None]) -> None:
        """Take over a loaded world; `reset` loads one anew."""
        self.ctx = ctx
        self.partner_center = partner_center
        self._reset = reset

    def answer(self, scope: Scope, path: str, raw: bytes) -> Answer:
        """Answer one request of a person or a test."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = read_query(scope["query_string"].decode("latin-1"))
        base = self.ctx.base_url or f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}"
        is_form = "form-urlencoded" in headers.get("content-type", "")
        try:
            if path == "/" and method == "GET":
                self.partner_center.settle()
                return Answer.page(page.render(self.ctx, self.partner_center, base, query))
            body = _read_form(raw) if is_form else _read_json(raw)
            if is_form:
                method = str(body.pop("_method", method)).upper()
                if path == "/_sandbox/faults":
                    _fill_in_fault(body)
            answer = self._act(method, path[len("/_sandbox") :], query, body, base)
        except (NotThereError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as problem:
            status = 404 if isinstance(problem, NotThereError) else 400
            if is_form:
                told = page.render(self.ctx, self.partner_center, base, {}, problem=str(problem))
                return Answer.page(told, status)
            return Answer.json({"error": str(problem)}, status)
        if is_form:
            return Answer(303, headers=[("location", f"/#{path.split('/')[2]}")])
        return answer

    def _act(self, method: str, path: str, query: dict[str, str], body: JsonDict, base: str) -> Answer:
        name, _, rest = path.lstrip("/").partition("/")
        match method, name:
            case "GET", "style.css":
                return _file(name, "text/css; charset=utf-8")
            case "GET", "icon.svg":
                return _file(name, "image/svg+xml")
            case "GET", "clock":
                return Answer.json(self._clock(self.partner_center.settle()))
            case "POST", "clock":
                return Answer.json(self._clock(self._move(body)))
            case "GET", "faults":
                return Answer.json({"faults": self.ctx.faults.dump()})
            case "POST", "faults":
                fault = self.ctx.faults.add(body)
                self.ctx.save()
                return Answer.json(fault.as_json(), 201)
            case "DELETE", "faults":
                return self._remove_faults(rest)
            case "GET", "journal":
                return self._journal(query)
            case "DELETE", "journal":
                self.ctx.journal.clear()
                return Answer(204)
            case "POST", "reset":
                self._reset(str(body["world"]) if body.get("world") else None)
                return Answer.json({"reset": True})
            case "GET", "world":
                return Answer.json(self._world(base))
            case "GET", "switches":
                return Answer.json({"switches": self.ctx.switches.describe()})
            case (("PUT" | "POST" | "PATCH"), "switches"):
                self.ctx.switches.update(body)
                self.ctx.save()
                return Answer.json({"switches": self.ctx.switches.describe()})
            case "POST", "applications":
                uploaded = entra.upload_certificate(self.ctx.directory, str(body["application"]), str(body["pem"]))
                self.ctx.save()
                return Answer.json(uploaded)
            case "POST", "change":
                changed = make_change(self.ctx, self.partner_center, body)
                self.ctx.save()
                return Answer.json(changed)
        raise NotThereError(f"there is no {method} /_sandbox{path}")

    # -- clock ----------------------------------------------------------------------------------------------------

    def _clock(self, happened: list[Event]) -> JsonDict:
        clock = self.ctx.clock
        following = self.partner_center.timetable.next()
        return {
            "now": iso(clock.now()),
            "offset_seconds": round(clock.ahead().total_seconds(), 3),
            "frozen": clock.frozen_at is not None,
            "next_event": describe_event(following) if following else None,
            "happened": [describe_event(event) for event in happened[-_HAPPENED_SHOWN:]],
            "happened_count": len(happened),
        }

    def _move(self, body: JsonDict) -> list[Event]:
        """Move the clock as asked; everything that becomes due happens at its own moment."""
        clock = self.ctx.clock
        done = self.partner_center.settle()
        known = {"set", "advance", "advance_to", "freeze"}
        if not body or set(body) - known:
            raise ValueError(f"one of: {', '.join(sorted(known))}")
        if "set" in body:
            self._set_clock(parse_moment(str(body["set"])))
        if "advance" in body:
            self._set_clock(clock.now() + parse_duration(_number_or_text(body["advance"])))
        if "advance_to" in body:
            if body["advance_to"] != "next_event":
                raise ValueError("advance_to knows next_event only")
            following = self.partner_center.timetable.next()
            if following is not None:
                clock.set(max(following.at, clock.now()))
        if "freeze" in body:
            clock.freeze(body["freeze"] in {True, "true", "on", "1"})
        done += self.partner_center.settle()
        self.ctx.save()
        return done

    def _set_clock(self, moment: datetime) -> None:
        """Set the clock, but not so far that doing what is due takes minutes."""
        if abs(moment - self.ctx.clock.now()) > _LONGEST_MOVE:
            raise ValueError("the clock moves by at most twenty years at a time")
        self.ctx.clock.set(moment)

    # -- the rest -------------------------------------------------------------------------------------------------

    def _remove_faults(self, fault_id: str) -> Answer:
        if not fault_id:
            self.ctx.faults.clear()
        elif not self.ctx.faults.remove(fault_id):
            raise NotThereError(f"there is no fault {fault_id}")
        self.ctx.save()
        return Answer(204)

    def _journal(self, query: dict[str, str]) -> Answer:
        exchanges = self.ctx.journal.find(
            since=read_whole(query.get("since") or 0),
            path=query.get("path", ""),
            customer=query.get("customer", ""),
            method=query.get("method", ""),
            limit=read_whole(query["limit"]) if query.get("limit") else None,
        )
        last = self.ctx.journal.number
        return Answer.json({"last": last, "entries": [exchange.as_json() for exchange in exchanges]})

    def _world(self, base: str) -> JsonDict:
        partner = self.ctx.store.partner
        return {
            "world": self.ctx.world,
            "partner": partner,
            "addresses": {
                "login": base,
                "partner_center": base,
                "partner_center_v1": f"{base}/v1",
                "audience": "https://api.partnercenter.microsoft.com",
            },
            **entra.describe_directory(self.ctx.directory),
            "customers": [
                {
                    "id": customer["id"],
                    "name": customer["companyProfile"].get("companyName"),
                    "domain": customer["companyProfile"].get("domain"),
                    "relationship": customer.get("relationshipToPartner"),
                    "subscriptions": len(self.ctx.store.subscriptions.get(key, {})),
                }
                for key, customer in self.ctx.store.customers.items()
            ],
        }


def describe_event(event: Event) -> JsonDict:
    """Describe something that the clock did or will do."""
    return {
        "at": iso(event.at),
        "what": event.what.value,
        "customer_id": event.subscription.customer_id,
        "subscription_id": event.subscription.id,
        "name": event.subscription.body.get("friendlyName"),
    }


def _file(name: str, content_type: str) -> Answer:
    return Answer(200, files("tenantry.sandbox.control").joinpath(name).read_bytes(), content_type)


def _read_json(raw: bytes) -> JsonDict:
    if not raw.strip():
        return {}
    value = decode(raw)
    if not isinstance(value, dict):
        raise ValueError("the body has to be a JSON object")
    return value


def _read_form(raw: bytes) -> JsonDict:
    """Read a form; fields left empty count as not named."""
    return {name: value for name, value in parse_qsl(raw.decode()) if value}


def _fill_in_fault(body: JsonDict) -> None:
    """Give a fault of the page what was left empty: a mishap strikes Partner Center once, a state lasts everywhere."""
    standing = body.get("kind") in STANDING
    body.setdefault("path", "*" if standing else "/v1/*")
    body.setdefault("count", page.WITHOUT_END if standing else "1")
    if body["count"] == page.WITHOUT_END:
        del body["count"]


def _number_or_text(value: object) -> str | float:
    try:
        return read_number(value)
    except ValueError:
        return str(value)
