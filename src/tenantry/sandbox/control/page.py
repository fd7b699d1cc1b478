"""The page at /: the world at a glance, with forms that post to the control endpoints. No script, no other host."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from tenantry.sandbox import entra
from tenantry.sandbox.context import Context
from tenantry.sandbox.faults import MEANINGS, STANDING, FaultKind
from tenantry.sandbox.journal import Exchange
from tenantry.sandbox.partner_center.service import PartnerCenter
from tenantry.sandbox.switches import ALL_SWITCHES
from tenantry.sandbox.wire import JsonDict

_JOURNAL_ROWS = 100
_ROWS = 60
WITHOUT_END = "always"
_STEPS = (("PT1H", "1 hour"), ("P1D", "1 day"), ("P7D", "1 week"), ("P30D", "30 days"))


def render(ctx: Context, partner_center: PartnerCenter, base: str, query: dict[str, str], *, problem: str = "") -> str:
    """Render the whole page; `problem` says why what was asked for did not happen."""
    directory = entra.describe_directory(ctx.directory)
    sections = [
        ("clock", "Clock", _clock(ctx, partner_center)),
        ("people", "People", _people(directory)),
        ("applications", "Applications", _applications(directory, base)),
        ("customers", "Tenants", _customers(ctx)),
        ("faults", "Faults", _faults(ctx)),
        ("journal", "Journal", _journal(ctx, query)),
        ("switches", "Switches", _switches(ctx)),
    ]
    told = f'<p class="problem" role="alert">That was not done: {escape(problem)}</p>' if problem else ""
    places = "".join(f'<a href="#{name}">{title}</a>' for name, title, _ in sections)
    body = "".join(f'<section id="{name}"><h2>{title}</h2>{content}</section>' for name, title, content in sections)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>Sandbox · {escape(ctx.world)}</title><link rel="stylesheet" href="/_sandbox/style.css">'
        '<link rel="icon" type="image/svg+xml" href="/_sandbox/icon.svg"></head>'
        f'<body><header><h1>Sandbox <small>{escape(ctx.world)}</small></h1><nav aria-label="Sections">{places}</nav>'
        f"<p>A stand-in for Microsoft Entra and Partner Center at <code>{escape(base)}</code>. "
        "Nothing here is real.</p>"
        f"</header><main>{told}{body}</main></body></html>"
    )


def _clock(ctx: Context, partner_center: PartnerCenter) -> str:
    now = ctx.clock.now()
    frozen = ctx.clock.frozen_at is not None
    following = partner_center.timetable.next()
    if following is None:
        what = "Nothing is due."
    else:
        what = (
            f"Next: {escape(following.what.value)}, {following.at:%a %d %b %Y, %H:%M:%S} UTC "
            f"({escape(str(following.subscription.body.get('friendlyName') or following.subscription.id))})."
        )
    steps = "".join(_button("clock", f"+ {label}", advance=step) for step, label in _STEPS)
    return (
        f'<p class="now">{now:%a %d %b %Y, %H:%M:%S} UTC{" · standing still" if frozen else ""}</p><p>{what}</p>'
        f'<div class="row">{steps}{_button("clock", "To the next event", advance_to="next_event")}'
        f"{_button('clock', 'Let it run' if frozen else 'Stop it', freeze='false' if frozen else 'true')}</div>"
        '<form method="post" action="/_sandbox/clock" class="row"><label>Set to (UTC) '
        f'<input name="set" value="{now:%Y-%m-%dT%H:%M:%S}Z"></label><button>Set</button></form>'
        '<form method="post" action="/_sandbox/reset" class="row"><label>World '
        f'<input name="world" value="{escape(ctx.world)}"></label><button class="danger">Start over</button></form>'
    )


def _people(directory: JsonDict) -> str:
    rows = [
        (
            escape(str(person["name"])),
            f"<code>{escape(str(person['upn']))}</code>",
            escape(str(person["tenant_name"])),
            escape(", ".join(person.get("roles") or []) or "–"),
            escape(str(person.get("hint") or "")),
        )
        for person in directory["people"][:_ROWS]
    ]
    note = "<p>Choose one of them on the sign-in page; there are no passwords.</p>"
    heads = ("Name", "Signs in as", "Tenant", "Directory roles", "Good for")
    return note + _table(heads, rows) + _more(len(directory["people"]) - len(rows))


def _applications(directory: JsonDict, base: str) -> str:
    rows = [
        (
            escape(str(one["name"])),
            f"<code>{escape(str(one['id']))}</code>",
            f"<code>{escape(str(one.get('secret') or '–'))}</code>",
            escape(", ".join(str(cert["thumbprint"]) for cert in one.get("certificates") or []) or "–"),
            str(len(one.get("refresh_tokens") or [])),
        )
        for one in directory["applications"]
    ]
    note = (
        f"<p>Login address and Partner Center address: <code>{escape(base)}</code>. Refresh tokens and keys: "
        '<a href="/_sandbox/world">/_sandbox/world</a>.</p>'
    )
    options = "".join(
        f'<option value="{escape(str(one["id"]))}"{" selected" if one["purpose"] == "partner-center" else ""}>'
        f"{escape(str(one['name']))}</option>"
        for one in directory["applications"]
    )
    upload = (
        "<details><summary>Upload a certificate</summary><p>As an administrator would at Microsoft: the program keeps "
        "the private key, the application gets the certificate.</p>"
        '<form method="post" action="/_sandbox/applications">'
        f'<label>Application <select name="application">{options}</select></label>'
        '<label>Certificate (PEM) <textarea name="pem" rows="6" required '
        'placeholder="-----BEGIN CERTIFICATE-----"></textarea></label><button>Upload</button></form></details>'
    )
    return note + _table(("Application", "Id", "Secret", "Certificate", "Refresh tokens"), rows) + upload


def _customers(ctx: Context) -> str:
    rows = []
    for key, customer in list(ctx.store.customers.items())[:_ROWS]:
        many = ctx.store.subscriptions.get(key, {})
        seats = sum(one.quantity for one in many.values() if one.body.get("status") == "active")
        rows.append(
            (
                escape(str(customer["companyProfile"].get("companyName"))),
                f"<code>{escape(str(customer['id']))}</code>",
                escape(str(customer.get("relationshipToPartner"))),
                str(len(many)),
                str(seats),
            )
        )
    heads = ("Tenant", "Id", "Relation", "Subscriptions", "Active seats")
    return _table(heads, rows) + _more(len(ctx.store.customers) - len(rows))


def _more(count: int) -> str:
    return f'<p>… and {count} more: see <a href="/_sandbox/world">/_sandbox/world</a>.</p>' if count > 0 else ""


def _faults(ctx: Context) -> str:
    rows = [
        (
            escape(fault.id),
            escape(fault.kind.value),
            f"{escape(fault.method or 'any')} <code>{escape(fault.path)}</code>",
            escape(fault.customer or "any"),
            f"{fault.struck}{'' if fault.count is None else f' of {fault.count}'}",
            _button(f"faults/{fault.id}", "Remove", _method="DELETE"),
        )
        for fault in ctx.faults.active
    ]
    kinds = "".join(f"<option>{kind.value}</option>" for kind in FaultKind)
    meanings = "".join(
        f"<dt><code>{kind.value}</code></dt><dd>{escape(MEANINGS[kind].replace('`', ''))}</dd>" for kind in FaultKind
    )
    form = (
        '<form method="post" action="/_sandbox/faults" class="grid">'
        f'<label>Kind <select name="kind">{kinds}</select></label>'
        '<label>Path (glob, or re:…) <input name="path" placeholder="/v1/*"></label>'
        '<label>Method <input name="method" placeholder="any"></label>'
        '<label>Customer id <input name="customer" placeholder="any"></label>'
        f'<label>How often (or: {WITHOUT_END}) <input name="count" placeholder="1"></label>'
        '<label>Probability <input name="probability" placeholder="1.0"></label>'
        '<label>Seed <input name="seed" placeholder="0"></label>'
        '<label>Seconds <input name="seconds" placeholder="5"></label>'
        '<label>Status <input name="status" placeholder="503"></label>'
        '<label>Retry-After <input name="retry_after" placeholder="2"></label>'
        '<label>Code <input name="code" placeholder="none"></label>'
        '<label>Seats by <input name="delta" placeholder="1"></label>'
        '<label>Seats to <input name="quantity" placeholder="none"></label>'
        '<label>Writes back <input name="writes" placeholder="1"></label>'
        '<label>When <select name="when"><option>before</option><option>after</option></select></label>'
        "<button>Add fault</button></form>"
    )
    none = "<p>Everything works as it should.</p>"
    table = _table(("No.", "Kind", "Requests", "Customer", "Struck", "Action"), rows) if rows else none
    clear = _button("faults", "Remove all", _method="DELETE") if rows else ""
    help_ = (
        "<details><summary>What each kind does</summary><p>What is left empty is as the fields say; the three kinds "
        f"that describe a state ({', '.join(f'<code>{kind.value}</code>' for kind in FaultKind if kind in STANDING)}) "
        f"last until they are removed and are everywhere.</p><dl>{meanings}</dl></details>"
    )
    return table + clear + form + help_


def _journal(ctx: Context, query: dict[str, str]) -> str:
    filters = {name: query.get(name, "") for name in ("path", "customer", "method")}
    exchanges = ctx.journal.find(
        path=filters["path"], customer=filters["customer"], method=filters["method"], limit=_JOURNAL_ROWS
    )
    fields = "".join(
        f'<label>{name.capitalize()} <input name="{name}" value="{escape(value)}"></label>'
        for name, value in filters.items()
    )
    form = f'<form method="get" action="/#journal" class="row">{fields}<button>Filter</button></form>'
    as_json = urlencode({**{name: value for name, value in filters.items() if value}, "limit": _JOURNAL_ROWS})
    note = (
        f'<p>The last {len(exchanges)} of {ctx.journal.number} requests, newest first. <a href="/_sandbox/journal?'
        f'{escape(as_json)}">As JSON, with headers and bodies</a>.</p>'
    )
    rows = [_journal_row(exchange) for exchange in reversed(exchanges)]
    heads = ("No.", "Clock", "Request", "Answer", "Seats", "Faults and doubts")
    return form + note + _table(heads, rows) + _button("journal", "Empty the journal", _method="DELETE")


def _journal_row(exchange: Exchange) -> tuple[str, ...]:
    status = "cut" if exchange.status is None else str(exchange.status)
    seats = ""
    if exchange.before_quantity is not None:
        seats = (
            f"{exchange.before_quantity} → {exchange.after_quantity}"
            if exchange.acted
            else str(exchange.before_quantity)
        )
    notes = "; ".join([*exchange.faults, *exchange.doubts])
    return (
        str(exchange.number),
        f"{exchange.commerce_at:%d %b %H:%M:%S}",
        f"{escape(exchange.method)} <code>{escape(exchange.path)}</code>",
        f"{status}{' · acted' if exchange.acted else ''}",
        seats,
        escape(notes),
    )


def _switches(ctx: Context) -> str:
    rows = []
    for switch, now in zip(ALL_SWITCHES, ctx.switches.describe(), strict=True):
        value = now["value"]
        choices = ("true", "false") if isinstance(switch.default, bool) else switch.choices
        present = str(value).lower() if isinstance(value, bool) else str(value)
        label = f'aria-label="{escape(switch.name)}"'
        if choices:
            options = "".join(f"<option{' selected' if one == present else ''}>{one}</option>" for one in choices)
            control = f'<select name="{switch.name}" {label}>{options}</select>'
        else:
            control = f'<input name="{switch.name}" value="{escape(present)}" {label}>'
        form = f'<form method="post" action="/_sandbox/switches" class="row">{control}<button>Set</button></form>'
        changed = " <strong>changed</strong>" if value != switch.default else ""
        meaning = f"{escape(switch.meaning)}<br><small>{escape(switch.source)}</small>"
        rows.append((f"<code>{switch.name}</code>{changed}", meaning, form))
    return _table(("Switch", "Meaning and source", "Value"), rows)


def _button(path: str, label: str, **fields: str) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    return f'<form method="post" action="/_sandbox/{escape(path)}">{hidden}<button>{escape(label)}</button></form>'


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th scope=col>{one}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
