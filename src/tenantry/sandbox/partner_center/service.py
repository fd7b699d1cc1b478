"""The gateway: who may call, how often, what every answer carries."""

from __future__ import annotations

import base64
import secrets
import time
import uuid
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from tenantry.sandbox.answer import JSON_TYPE, Answer
from tenantry.sandbox.context import Context
from tenantry.sandbox.entra.tokens import Bearer, BearerProblem, verify_bearer
from tenantry.sandbox.faults import FaultKind
from tenantry.sandbox.front import throttled
from tenantry.sandbox.journal import Exchange
from tenantry.sandbox.partner_center.call import Call, Endpoint
from tenantry.sandbox.partner_center.endpoints import Routes
from tenantry.sandbox.partner_center.errors import RefusalError
from tenantry.sandbox.partner_center.lifecycle import Event, Timetable
from tenantry.sandbox.partner_center.patching import change_behind_our_back, settle_store
from tenantry.sandbox.partner_center.records import SYSTEM, audit_change, count_licences, follow_product
from tenantry.sandbox.partner_center.replies import Replies
from tenantry.sandbox.partner_center.throttling import Limits
from tenantry.sandbox.store import Subscription
from tenantry.sandbox.wire import BOM, JsonDict

AUDIENCE = "https://api.partnercenter.microsoft.com"
_OLD_AUDIENCE = "https://graph.windows.net"
_WITHOUT_MFA = "app+user token without MFA"
_SERVER_ID = "0000112D"
_APP_ID = "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f"


class PartnerCenter:
    """The REST API of one partner, as far as it is modelled."""

    def __init__(self, ctx: Context, replies: Replies | None = None) -> None:
        """Take over a loaded world and bring it up to its clock; `replies` are the answers given so far."""
        self.ctx = ctx
        self.timetable = Timetable(ctx.switches, self._record)
        self._routes = Routes()
        self._limits = Limits()
        self.replies = replies or Replies()
        settle_store(ctx.store, ctx.clock.now())
        for subscription in ctx.store.all_subscriptions():
            self.timetable.plan(subscription)
        self.settle()

    def settle(self) -> list[Event]:
        """Do everything that is due by the present time of commerce; tells what was done."""
        done = self.timetable.run_until(self.ctx.clock.now())
        if done:
            self.ctx.save()
        return done

    def _record(self, subscription: Subscription, why: str, at: datetime, before: JsonDict) -> None:
        follow_product(self.ctx, subscription, before)
        subscription.touch()
        count_licences(self.ctx, subscription, before)
        if self.ctx.switches.on("audit_system_changes"):
            audit_change(self.ctx, subscription, at, before, application=SYSTEM, why=why)

    def answer(self, exchange: Exchange, path: str) -> Answer:
        """Answer one request; `path` is tidy and still begins with /v1."""
        self.settle()
        try:
            answer = self._answer(exchange, path[len("/v1") :])
        except RefusalError as refusal:
            answer = refusal.as_answer(self.ctx.switches.text("error_code_type"))
        self._dress(exchange, answer)
        return answer

    def _answer(self, exchange: Exchange, path: str) -> Answer:
        endpoint, params, known = self._routes.find(exchange.method, path)
        bearer = self._check_bearer(exchange)
        if isinstance(bearer, Answer):
            return bearer
        if endpoint is None:
            if not known:
                exchange.doubt("not modelled")
                raise RefusalError(1000)
            raise RefusalError(1000, status=405, description="The requested resource does not support this method.")
        if wait := self._throttle(endpoint, params):
            return throttled(wait)
        if bearer.app_only and not endpoint.app_only:
            raise RefusalError(900329)
        call = Call(
            ctx=self.ctx,
            timetable=self.timetable,
            exchange=exchange,
            bearer=bearer,
            params={name: unquote(value) for name, value in params.items()},
            query=read_query(exchange.query),
            now=self.ctx.clock.now(),
        )
        if exchange.header("ms-requestid") is None:
            call.doubt("no MS-RequestId")
        self._change_seats(call, "before")
        answer = self._once(call, endpoint, path)
        self._change_seats(call, "after")
        return answer

    def _once(self, call: Call, endpoint: Endpoint, path: str) -> Answer:
        """Carry out a call; a POST with a request id that was answered before gets that answer again."""
        request_id = call.exchange.header("ms-requestid")
        if endpoint.method != "POST" or request_id is None:
            return endpoint.handler(call)
        kept = self.replies.find(request_id, path)
        if kept is not None:
            call.exchange.doubt("repeated MS-RequestId: the first answer again")
            return kept
        answer = endpoint.handler(call)
        self.replies.keep(request_id, path, answer)
        self.ctx.save()
        return answer

    def _check_bearer(self, exchange: Exchange) -> Bearer | Answer:
        """Let a caller in: a token for this audience, of this partner, of a user with MFA or of an application."""
        header = exchange.header("authorization")
        bearer = verify_bearer(self.ctx.directory, header, AUDIENCE, time.time())
        if isinstance(bearer, BearerProblem):
            exchange.doubt(f"token refused: {bearer.reason}")
            if (bearer.audience or "").rstrip("/") == _OLD_AUDIENCE:
                raise RefusalError(900420)
            return _unauthorized(bearer.reason)
        if bearer.tid.lower() != str(self.ctx.store.partner["tenant_id"]).lower():
            raise RefusalError(2032)
        agents = self.ctx.store.partner.get("admin_agents")
        if agents is not None and not bearer.app_only and bearer.upn not in agents:
            exchange.doubt("the user is no admin agent")
            raise RefusalError(2032)
        if self.ctx.faults.stands(FaultKind.CONSENT_REVOKED):
            exchange.doubt("the token's consent counts as revoked")
            return _unauthorized("consent_revoked")
        if not bearer.app_only and bearer.mfa and self.ctx.faults.take(FaultKind.MFA_MISSING, exchange):
            bearer = replace(bearer, mfa=False)
        if not (bearer.app_only or bearer.mfa):
            exchange.doubt(_WITHOUT_MFA)
            if self.ctx.switches.on("mfa_enforced"):
                refusal = RefusalError(900421).as_answer(self.ctx.switches.text("error_code_type"))
                refusal.headers.append(("ismfacompliant", "false"))
                return refusal
        return bearer

    def _throttle(self, endpoint: Endpoint, params: dict[str, str]) -> int:
        switches = self.ctx.switches
        if not endpoint.throttled or not switches.on("throttle"):
            return 0
        limits = {"partner": switches.whole("throttle_partner_per_minute")}
        if "customer" in params:
            limits[params["customer"].lower()] = switches.whole("throttle_customer_per_minute")
        return self._limits.wait_for(limits)

    def _change_seats(self, call: Call, when: str) -> None:
        """Let the fault strike that changes seats behind the caller's back."""
        if not self.ctx.faults.active or "subscription" not in call.params:
            return
        many = self.ctx.store.subscriptions.get(call.params["customer"].lower(), {})
        subscription = many.get(call.params["subscription"].lower())
        fault = self.ctx.faults.take(FaultKind.SEATS_CHANGED, call.exchange, when) if subscription else None
        if fault is not None and subscription is not None:
            delta = 1 if fault.delta is None else fault.delta
            quantity = fault.quantity if fault.quantity is not None else subscription.quantity + delta
            change_behind_our_back(self.ctx, self.timetable, subscription, quantity)

    def _dress(self, exchange: Exchange, answer: Answer) -> None:
        """Put on what every answer carries: the echoed ids, the service's marks, the byte order mark."""
        vector = base64.b64encode(secrets.token_bytes(12)).decode()
        answer.headers += [
            ("ms-correlationid", exchange.header("ms-correlationid") or str(uuid.uuid4())),
            ("ms-requestid", exchange.header("ms-requestid") or str(uuid.uuid4())),
            ("ms-cv", f"{vector}.0"),
            ("ms-serverid", _SERVER_ID),
            ("request-context", _APP_ID),
        ]
        names = {name for name, _ in answer.headers}
        if (exchange.header("validatemfa") or "").lower() == "true" and "ismfacompliant" not in names:
            bearer = verify_bearer(self.ctx.directory, exchange.header("authorization"), AUDIENCE, time.time())
            passes = isinstance(bearer, Bearer) and (bearer.mfa or bearer.app_only)
            compliant = passes and _WITHOUT_MFA not in exchange.doubts
            answer.headers.append(("ismfacompliant", "true" if compliant else "false"))
        if answer.content_type == JSON_TYPE and answer.body and answer.status != 429 and self.ctx.switches.on("bom"):
            answer.body = BOM + answer.body


def read_query(query: str) -> dict[str, str]:
    """Read a query string with lower-case names; a name given several times joins its values with commas."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        key = name.lower()
        found[key] = f"{found[key]},{value}" if key in found else value
    return found


def _unauthorized(reason: str) -> Answer:
    answer = Answer(401)
    answer.headers.append(("www-authenticate", f'Bearer error="invalid_token", error_description="{reason}"'))
    return answer
