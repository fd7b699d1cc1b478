"""A small builder for worlds: companies, people and subscriptions in a few readable words each.

What it makes is a plain world document (see `tenantry.sandbox.store` and `tenantry.sandbox.entra.directory`).
Everything is derived from names, so a world is the same each time it is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from tenantry.sandbox.partner_center import terms
from tenantry.sandbox.wire import iso, link, parse_moment
from tenantry.sandbox.worlds import catalogue, resources
from tenantry.sandbox.worlds.catalogue import ITEMS, LEGACY, Item
from tenantry.sandbox.worlds.resources import guid, user_name

JsonDict = dict[str, Any]

WINDOW = timedelta(hours=168)
_GOES_ON = ("active", "suspended", "pending")  # what is in one of these was renewed until today


@dataclass
class Company:
    """One customer of the partner while its part of the world is built."""

    world: World
    slug: str
    name: str
    country: str
    city: str
    domain: str
    tenant_id: str
    hidden: JsonDict = field(default_factory=dict)
    subscriptions: list[JsonDict] = field(default_factory=list)
    assigned: dict[str, int] = field(default_factory=dict)  # item key -> seats assigned to people
    elsewhere: dict[str, int] = field(default_factory=dict)  # item key -> seats bought through another channel
    directory_access: bool = True  # False: no GDAP, Partner Center refuses directory calls

    # -- people -----------------------------------------------------------------------------------------------

    def person(self, name: str, *roles: str, hint: str = "", **more: Any) -> JsonDict:
        """Add an account of the company's tenant; `roles` are directory roles."""
        return self.world.person(self.tenant_id, self.domain, name, roles, hint, **more)

    # -- seats of new commerce ----------------------------------------------------------------------------------

    def nce(
        self,
        key: str,
        quantity: int,
        bought: str,
        term: tuple[str, str] = catalogue.YEAR_MONTHLY,
        *,
        added: Sequence[tuple[int, str]] = (),
        nickname: str = "",
        **changes: Any,
    ) -> JsonDict:
        """Add a subscription that was bought at a moment and has been renewed ever since.

        `quantity` counts all seats of today; `added` names those of them that were added later, with their moments.
        Windows that are still open become lots; `changes` are written over the finished resource.
        """
        item = ITEMS[key]
        start = parse_moment(bought)
        duration, cycle = term
        months = terms.MONTHS_OF_TERM[duration]
        goes_on = changes.get("status", "active") in _GOES_ON
        begun, last = _current_term(start.date(), months, self.world.clock.date() if goes_on else date.min)
        renewed = begun > start.date()
        opened = terms.midnight(begun) + timedelta(hours=1) if renewed else start
        body = self._seats(item, quantity, start)
        body |= {
            "friendlyName": nickname or item.title,
            "effectiveStartDate": f"{begun.isoformat()}T00:00:00Z" if renewed else iso(start),
            "termDuration": duration,
            "billingCycle": cycle,
            "renewalTermDuration": "",
            "autoRenewEnabled": True,
            "isTrial": item.is_trial,
        }
        body["commitmentEndDate"] = f"{last.isoformat()}T00:00:00Z"
        body["commitmentEndDateTime"] = f"{last.isoformat()}T23:59:59Z"
        step = terms.MONTHS_OF_CYCLE.get(cycle, months)
        today = min(max(self.world.clock.date(), begun), last)
        cycle_last = last if step == months else _cycle_end(begun, step, today, last)
        body["billingCycleEndDate"] = f"{cycle_last.isoformat()}T00:00:00Z"
        body["billingCycleEndDateTime"] = f"{cycle_last.isoformat()}T23:59:59Z"
        hidden = body["_sandbox"]
        hidden["lots"] = self._lots(quantity, opened, added)
        hidden["updates"] = len(added)
        if not item.has_monthly_plan:
            hidden["monthly_plan"] = False
        if self.world.clock < opened + WINDOW:
            body["cancellationAllowedUntilDate"] = iso(opened + WINDOW)
            body["refundOptions"] = [{"type": "Full", "expiresAt": iso(opened + timedelta(days=1))}]
        return self._keep(body, changes)

    def _lots(self, quantity: int, opened: datetime, added: Sequence[tuple[int, str]]) -> list[JsonDict]:
        lots = [(quantity - sum(seats for seats, _ in added), opened)]
        lots += [(seats, parse_moment(moment)) for seats, moment in added]
        return [
            {"quantity": seats, "until": iso(moment + WINDOW)}
            for seats, moment in lots
            if seats > 0 and self.world.clock < moment + WINDOW
        ]

    def _seats(self, item: Item, quantity: int, bought: datetime) -> JsonDict:
        return resources.seat_body(item, self.tenant_id, self.country, len(self.subscriptions), quantity, bought)

    def trial(self, key: str, begun: str, paid: str, quantity: int = 25) -> JsonDict:
        """Add a trial of thirty days, which becomes a paid year by itself."""
        start, target = parse_moment(begun), ITEMS[paid]
        last = (start + timedelta(days=29)).date()
        product = resources.next_product(target, catalogue.YEAR_MONTHLY)
        body = self.nce(key, quantity, begun, catalogue.MONTH)
        body["commitmentEndDate"] = f"{last.isoformat()}T00:00:00Z"
        body["commitmentEndDateTime"] = f"{last.isoformat()}T23:59:59Z"
        body["billingCycleEndDate"], body["billingCycleEndDateTime"] = (
            body["commitmentEndDate"],
            body["commitmentEndDateTime"],
        )
        for name in ("cancellationAllowedUntilDate", "refundOptions"):
            body.pop(name, None)
        body["_sandbox"] |= {"lots": [], "trial_converts_to": product}
        body["scheduledNextTermInstructions"] = {"product": product, "quantity": quantity}
        return body

    # -- everything else ----------------------------------------------------------------------------------------

    def legacy(
        self, key: str, quantity: int, bought: str, *, parent: JsonDict | None = None, **changes: Any
    ) -> JsonDict:
        """Add a subscription of the time before new commerce: upper-case ids, an etag, no product type."""
        offer, start = LEGACY[key], parse_moment(bought)
        goes_on = changes.get("status", "active") in _GOES_ON
        begun, last = _current_term(start.date(), 12, self.world.clock.date() if goes_on else date.min)
        identity = guid("subscription", self.tenant_id, key, str(len(self.subscriptions))).upper()
        own = f"/customers/{self.tenant_id}/subscriptions"
        body = resources.legacy_body(offer, identity, quantity, start, begun, last, self.country, own)
        if parent is not None:
            body["parentSubscriptionId"] = parent["id"]
            body["links"]["parentSubscription"] = link(f"{own}/{parent['id']}")
            parent["hasPurchasableAddons"] = True
        body["_sandbox"] = {"version": 1, "provisioning_id": offer.provisioning_id}
        return self._keep(body, changes)

    def azure_plan(self, bought: str, entitlements: int, **changes: Any) -> JsonDict:
        """Add an Azure plan with a number of active Azure subscriptions below it."""
        body = self._seats(ITEMS["azure-plan"], 1, parse_moment(bought))
        body |= {
            "unitType": "Usage-based",
            "billingType": "usage",
            "billingCycle": "one_time",
            "effectiveStartDate": iso(parse_moment(bought)),
            "autoRenewEnabled": False,
            "isTrial": False,
        }
        body["_sandbox"] = {"active_entitlements": entitlements}
        return self._keep(body, changes)

    def software(self, key: str, quantity: int, bought: str, **changes: Any) -> JsonDict:
        """Add a software subscription (three years) or perpetual software, as the product is sold."""
        item, start = ITEMS[key], parse_moment(bought)
        duration, cycle = item.plans[0]
        body = self._seats(item, quantity, start)
        body |= {
            "effectiveStartDate": iso(start),
            "billingCycle": cycle,
            "autoRenewEnabled": bool(duration),
            "isTrial": False,
        }
        until = start + timedelta(days=item.refundable_days)
        if self.world.clock < until:
            body["cancellationAllowedUntilDate"] = iso(until)
        if duration:
            last = terms.term_end(start.date(), terms.MONTHS_OF_TERM[duration])
            body |= {"termDuration": duration, "renewalTermDuration": ""}
            body["commitmentEndDate"] = f"{last.isoformat()}T00:00:00Z"
        return self._keep(body, changes)

    def _keep(self, body: JsonDict, changes: Mapping[str, Any]) -> JsonDict:
        hidden = dict(changes.get("_sandbox") or {})
        body.update({name: value for name, value in changes.items() if name != "_sandbox"})
        body["_sandbox"] |= hidden
        if body["status"] != "active":
            body["_sandbox"]["lots"] = []
            for name in ("cancellationAllowedUntilDate", "refundOptions"):
                body.pop(name, None)
            body["autoRenewEnabled"] = False
        self.subscriptions.append(body)
        return body

    # -- document -----------------------------------------------------------------------------------------------

    # -- document -----------------------------------------------------------------------------------------------

    def customer(self) -> JsonDict:
        """Return the customer resource; without directory access it lacks address, e-mail and custom domains."""
        if not self.directory_access:
            self.hidden.setdefault("gdap_roles", [])
        body = resources.customer_body(
            self.tenant_id, self.slug, self.name, self.country, self.city, self.domain, full=self.directory_access
        )
        return body | ({"_sandbox": self.hidden} if self.hidden else {})

    def subscribed_skus(self) -> list[JsonDict]:
        """Return what the customer's directory counts."""
        return resources.subscribed_skus(self.subscriptions, self.assigned, self.elsewhere, self.slug)


@dataclass
class World:
    """A world while it is built: the partner, its companies, and the directory that all of them live in."""

    name: str
    clock: datetime
    partner: JsonDict
    people: list[JsonDict] = field(default_factory=list)
    tenants: list[JsonDict] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    applications: list[JsonDict] = field(default_factory=list)
    consented_everywhere: list[str] = field(default_factory=list)  # applications that every customer has let in
    refresh_tokens: list[JsonDict] = field(default_factory=list)
    audit: list[JsonDict] = field(default_factory=list)
    switches: JsonDict = field(default_factory=dict)

    def tenant(self, tenant_id: str, name: str, domains: Iterable[str], country: str, **more: Any) -> JsonDict:
        """Add a tenant to the directory only: the partner's own, or one that is no customer."""
        values = {"id": tenant_id, "name": name, "domains": list(domains), "country": country, **more}
        self.tenants.append(values)
        return values

    def person(
        self,
        tenant_id: str,
        domain: str,
        name: str,
        roles: Sequence[str] = (),
        hint: str = "",
        *,
        upn: str = "",
        **more: Any,
    ) -> JsonDict:
        """Add an account to a tenant; its user name is made from the name unless it is given."""
        address = upn or f"{user_name(name)}@{domain}"
        values = {
            "key": address,
            "tenant": tenant_id,
            "oid": guid("person", tenant_id, address),
            "upn": address,
            "name": name,
            "email": address,
            "roles": list(roles),
            "hint": hint,
        } | more
        self.people.append(values)
        return values

    def company(
        self,
        slug: str,
        name: str,
        country: str,
        city: str,
        domain: str,
        *,
        directory_access: bool = True,
        **tenant: Any,
    ) -> Company:
        """Add a customer with its tenant; the portal's sign-in application is consented there unless said otherwise."""
        tenant_id = guid("tenant", slug)
        self.tenant(
            tenant_id,
            name,
            [resources.initial_domain(slug), domain],
            country,
            **({"consented": list(self.consented_everywhere), "delegated_admin": directory_access} | tenant),
        )
        company = Company(self, slug, name, country, city, domain, tenant_id, directory_access=directory_access)
        self.companies.append(company)
        return company

    def history(self, company: Company, body: JsonDict, moment: str, before: int, after: int, who: str) -> None:
        """Add an audit record of a change of seats in the past."""
        customer = (company.tenant_id, company.name)
        partner_id = str(self.partner["tenant_id"])
        self.audit.append(resources.audit_record(partner_id, customer, body, moment, before, after, who))

    def document(self) -> JsonDict:
        """Return the world as the plain document that the sandbox loads."""
        return {
            "name": self.name,
            "clock": iso(self.clock),
            "partner": self.partner,
            "directory": {
                "tenants": self.tenants,
                "people": self.people,
                "applications": self.applications,
                "refresh_tokens": self.refresh_tokens,
            },
            "customers": [company.customer() for company in self.companies],
            "catalogue": catalogue.document(self.partner["country"], self.partner["currency"]),
            "subscriptions": {company.tenant_id: company.subscriptions for company in self.companies},
            "subscribed_skus": {company.tenant_id: company.subscribed_skus() for company in self.companies},
            "audit": sorted(self.audit, key=lambda record: str(record["operationDate"])),
            "switches": self.switches,
        }


# Days repeat: in a large world the same few thousand questions are asked again and again.
_cycle_end = cache(terms.cycle_end)


@cache
def _current_term(bought: date, months: int, today: date) -> tuple[date, date]:
    """Return first and last day of the term that holds today, renewed since the day of the purchase."""
    begun, last = bought, terms.term_end(bought, months)
    while last < today:
        begun = last + timedelta(days=1)
        last = terms.term_end(begun, months)
    return begun, last
