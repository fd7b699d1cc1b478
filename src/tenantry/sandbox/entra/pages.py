"""The pages that a person sees while signing in to the rehearsal: account picker, consent, approval, errors.

They say plainly that they are not Microsoft's. They work without scripts; the one script sends a form_post answer on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from starlette.responses import HTMLResponse

from tenantry.sandbox.entra.errors import EntraError
from tenantry.sandbox.entra.forms import NO_STORE
from tenantry.sandbox.entra.records import Application, Person, Tenant

_SHOWN = 100  # accounts on one page; a search field comes with more


def _page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/_sandbox/style.css"><link rel="icon" type="image/svg+xml" '
        'href="/_sandbox/icon.svg"></head><body class="sign-in">'
        "<header><p>Rehearsal: this page stands in for Microsoft. Nobody here is real, no password is "
        f"needed.</p></header><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(text, status_code=status, headers=NO_STORE)


def picker(
    application: Application,
    tenants: Mapping[str, Tenant],
    people: Sequence[Person],
    query: Mapping[str, str],
    authority: str,
) -> HTMLResponse:
    """Show who can sign in; every button posts `account`, and the boxes above it `mfa`.

    `query` is the request's: `login_hint` sorts somebody to the top, and `find` (ours) narrows a long list down.
    """
    login_hint, wanted = query.get("login_hint", ""), query.get("find", "").casefold()
    hinted = [person for person in people if login_hint and login_hint.lower() in _known_as(person)]
    others = [person for person in people if person not in hinted and (not wanted or wanted in _words(person, tenants))]
    parts = [f"<p>to continue to <strong>{escape(application.name)}</strong></p>"]
    if len(people) > _SHOWN:
        parts.append(_search(query, len(others)))
    parts += [
        '<form method="post"><input type="hidden" name="mfa" value="no">',
        '<label class="tick"><input type="checkbox" name="mfa" value="yes" checked> with multi-factor authentication'
        "</label>",
    ]
    if hinted:
        parts.append(f"<h2>Suggested</h2>{_people(hinted)}")
    elif login_hint:
        parts.append(f"<p>Nobody here is called {escape(login_hint)}.</p>")
    for tenant_id, group in groupby(others[:_SHOWN], key=lambda person: person.tenant):
        parts.append(f'<h2 dir="auto">{escape(tenants[tenant_id].name)}</h2>{_people(group)}')
    parts.append('<p><button name="action" value="cancel">Cancel</button></p></form>')
    parts.append(_another(authority, tenants, login_hint))
    return _page("Choose an account", "".join(parts))


def _words(person: Person, tenants: Mapping[str, Tenant]) -> str:
    return f"{person.name} {person.upn} {tenants[person.tenant].name}".casefold()


def _search(query: Mapping[str, str], found: int) -> str:
    kept = _hidden({name: value for name, value in query.items() if name != "find"})
    more = f" The first {_SHOWN} are shown." if found > _SHOWN else ""
    return (
        f'<form method="get" class="row">{kept}<label>Name, user name or tenant '
        f'<input type="search" name="find" value="{escape(query.get("find", ""))}"></label><button>Search</button>'
        f"</form><p>{found} accounts.{more}</p>"
    )


def _people(people: Iterable[Person]) -> str:
    return f'<div class="people">{"".join(_button(person) for person in people)}</div>'


def _known_as(person: Person) -> tuple[str, ...]:
    """Return what a login hint may call a person: a guest also by the address at home."""
    return (person.upn.lower(), person.email.lower()) if person.guest_of and person.email else (person.upn.lower(),)


def _button(person: Person) -> str:
    more = " · ".join(
        part for part in ("guest" if person.guest_of else "", ", ".join(person.roles), person.hint) if part
    )
    off = " · disabled" if person.disabled else ""
    return (
        f'<button class="person" name="account" value="{escape(person.key)}"><bdi>{escape(person.name)}</bdi> '
        f"<small>{escape(person.upn)}{off}</small>{f'<small>{escape(more)}</small>' if more else ''}</button>"
    )


def _another(authority: str, tenants: Mapping[str, Tenant], login_hint: str) -> str:
    suggestion = authority if authority not in ("common", "organizations", "consumers") else next(iter(tenants), "")
    return (
        '<details><summary>Use another account</summary><form method="post">'
        "<p>Any account of any tenant, also one that a hostile administrator would make up.</p>"
        f"{_field('tenant', 'Tenant (id or domain)', suggestion)}{_field('upn', 'User name', login_hint)}"
        f"{_field('name', 'Name')}{_field('oid', 'Object id (empty: made from the user name)')}"
        f"{_field('email', 'E-mail claim (empty: none)')}"
        '<label class="tick"><input type="checkbox" name="email_verified" value="yes"> its domain is verified '
        "(xms_edov)</label>"
        f"{_field('guest_of', 'Guest, at home in tenant (id, empty: member)')}"
        '<label>Further claims (JSON, written over the usual ones)<textarea name="claims" rows="3"></textarea></label>'
        '<label>Signed with <select name="signed_with"><option value="own">the tenant\'s own key</option>'
        '<option value="other">a published key of another issuer</option>'
        '<option value="unknown">a key that nobody published</option></select></label>'
        '<input type="hidden" name="mfa" value="no">'
        '<label class="tick"><input type="checkbox" name="mfa" value="yes" checked> with multi-factor authentication'
        '</label><button name="account" value="another">Sign in with this account</button></form></details>'
    )


def _field(name: str, label: str, value: str = "") -> str:
    return f'<label>{escape(label)}<input type="text" name="{name}" value="{escape(value)}"></label>'


def consent(
    application: Application, tenant: Tenant, person: Person, scope: str, carried: Mapping[str, str]
) -> HTMLResponse:
    """Ask a person to let the application in; an administrator may do it for the whole organisation."""
    admin = "Global Administrator" in person.roles
    for_all = '<button name="consent" value="organisation">Accept for the whole organisation</button> ' if admin else ""
    return _page(
        "Permissions requested",
        f"<p><strong>{escape(application.name)}</strong> asks <bdi>{escape(person.name)}</bdi> "
        f"of <bdi>{escape(tenant.name)}</bdi> for:</p><p>{escape(scope)}</p>"
        f'<form method="post">{_hidden(carried)}<button name="consent" value="accept">Accept</button> {for_all}'
        '<button name="consent" value="decline">Cancel</button></form>',
    )


def approval(application: Application, tenant: Tenant, carried: Mapping[str, str]) -> HTMLResponse:
    """Say that an administrator has to approve the application (AADSTS90094)."""
    return _page(
        "Need admin approval",
        f"<p><strong>{escape(application.name)}</strong> needs permission in <bdi>{escape(tenant.name)}</bdi> that "
        "only an administrator can grant. Ask one, or go back without granting it.</p>"
        f'<form method="post">{_hidden(carried)}'
        '<button name="consent" value="approval_wanted">Return to the application without granting consent</button>'
        "</form>",
    )


def admin_consent(
    application: Application, tenants: Mapping[str, Tenant], administrators: Iterable[Person], scope: str
) -> HTMLResponse:
    """Ask an administrator to consent for everybody in their tenant."""
    buttons = "".join(
        f'<h2 dir="auto">{escape(tenants[person.tenant].name)}</h2>{_people([person])}' for person in administrators
    )
    return _page(
        "Permissions for your organisation",
        f"<p><strong>{escape(application.name)}</strong> asks for: {escape(scope)}</p>"
        f'<form method="post"><input type="hidden" name="consent" value="accept"><p>Accept as</p>{buttons}</form>'
        '<form method="post"><button name="consent" value="decline">Cancel</button></form>',
    )


def failure(error: EntraError, now: float) -> HTMLResponse:
    """Show a refusal that must not be sent to any redirect address."""
    lines = error.description(now).split("\r\n")
    return _page("Sorry, signing in did not work", "".join(f"<p>{escape(line)}</p>" for line in lines), status=400)


def signed_out() -> HTMLResponse:
    """Say that nobody is signed in any more."""
    return _page("You signed out", "<p>You can close this page.</p>")


def post_back(address: str, fields: Mapping[str, str]) -> HTMLResponse:
    """Send the answer on as a form (response_mode form_post)."""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Working…</title>'
        '<link rel="icon" href="data:,"></head><body>'
        f'<form method="post" action="{escape(address)}">{_hidden(fields)}'
        "<noscript><p>Scripts are off: press the button to go on.</p><button>Continue</button></noscript></form>"
        "<script>document.forms[0].submit()</script></body></html>",
        headers=NO_STORE,
    )


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
