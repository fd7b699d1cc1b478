"""Every address of the product with what it takes and what becomes of anything odd.

Whoever adds an address, a form, or a name that is read from a request adds it here; until then the tests fail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django import forms
from hypothesis import strategies as st

from tenantry.web.backoffice.delegated_admin import ApplicationForm, RemovalForm
from tenantry.web.backoffice.end_user_portal import InviteForm
from tenantry.web.backoffice.end_users import RoleForm
from tenantry.web.backoffice.orders import SettleForm
from tenantry.web.backoffice.people import StaffForm
from tenantry.web.backoffice.second_factor import ContextForm
from tenantry.web.backoffice.setting_forms import (
    LimitsForm,
    LogoForm,
    LookForm,
    NoticeForm,
    RetentionForm,
    StopForm,
)
from tenantry.web.backoffice.tools.preferences import PreferencesForm as StaffPreferencesForm
from tenantry.web.backoffice.users import AddUserForm
from tenantry.web.portal.views.home import PreferencesForm
from tenantry.web.portal.wishing import EndForm, SeatsForm
from tenantry.web.time_zones import CompanyZoneForm
from tests.bad_inputs import typed
from tests.bad_inputs.typed import Kind, anything, choice, whole


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its fields, an entry that is good, and how its page answers.

    A refused entry comes back with ``refused`` and all that was typed. A good one leads to ``kept_on``, where a field
    of the same name shows what was kept; empty where it stands on no form. ``also`` are answers that are neither, such
    as a question that is asked first. In ``query`` it is sent with the address instead of posted.
    """

    of: type[forms.Form]
    fields: Mapping[str, Kind]
    good: Mapping[str, str]
    kept_on: str = ""
    refused: int = 422
    also: frozenset[int] = frozenset()
    query: bool = False
    counts: Callable[[Mapping[str, str]], bool] = lambda texts: True  # whether the form has anything to refuse


@dataclass(frozen=True, slots=True)
class Door:
    """What an address takes.

    - ``reads``, ``posts``: whether it answers GET, and POST; what it does not take is answered 405 with a sentence.
    - ``search``: the name in its query that is searched for and shown back; ``page``: whether it has pages, and
      ``beyond`` how it answers a page behind the last one.
    - ``filters``: other names in its query, whose odd values count for nothing.
    - ``query``: names in its query that may change where it leads, with the answers there may be.
    - ``buttons``: names in its body, with the answers there may be to odd values.
    """

    reads: bool = True
    posts: bool = False
    search: str = ""
    beyond: frozenset[int] = frozenset()
    filters: str = ""
    query: Mapping[str, Kind] = field(default_factory=dict)
    query_answers: frozenset[int] = frozenset()
    buttons: Mapping[str, Kind] = field(default_factory=dict)
    button_answers: frozenset[int] = frozenset({302})
    files: tuple[str, ...] = ()
    form: Form | None = None

    def names(self) -> set[str]:
        """Return every name that this row knows of."""
        known = {self.search, *self.filters.split(), *self.query, *self.buttons, *self.files}
        return known | (set(self.form.fields) if self.form else set()) | ({"page"} if self.beyond else set())


PAGE = Door()
BUTTON = Door(reads=False, posts=True)
ASKED_AND_DONE = Door(posts=True)
_ID = anything(typed.ODD_IDS)
_LOG = "show period company export connection order subject person what kind"
_LOOK = {
    "portal_name": typed.text(60),
    "accent": typed.colour(),
    "support_name": typed.text(100),
    "support_email": typed.text(254, typed=typed.ODD_ADDRESSES, sure=False),
    "support_phone": typed.text(40),
    "support_url": typed.text(200, typed=typed.ODD_LINKS, sure=False),
}
_STAFF_ROLE = choice("owner", "admin", "billing", "support")
_SCOPE = choice("all", "named")
_COMPANY = choice(required=False)
_TICK = anything()
_CONFIRM = {"plan": anything(), "sure": anything()}

_ZONE = choice("UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", required=False)

DOORS: dict[str, Door] = {
    "hooks:brand_stylesheet": PAGE,
    "hooks:brand_logo": PAGE,
    "ui:theme": Door(reads=False, posts=True, buttons={"next": anything(typed.ODD_LINKS), "theme": anything()}),
    "ui:gallery": Door(filters="brand theme density plan-seats"),
    "ui:preview": Door(filters="brand theme density plan-seats"),
    "ui:frame": Door(filters="brand theme density plan-seats"),
    "ui:brand": PAGE,
    "rehearsal:advance": Door(reads=False, posts=True, buttons={"by": anything(), "next": anything(typed.ODD_LINKS)}),
    "rehearsal:mailbox": Door(beyond=frozenset({200})),
    "sign_in:page": Door(filters="next as fresh ended"),
    "sign_in:start": Door(filters="next as owner fresh other context staff"),
    "sign_in:return": Door(
        query={name: anything() for name in ("state", "code", "error", "error_description", "admin_consent")},
        query_answers=frozenset({302}),
    ),
    "sign_in:out": Door(posts=True),
    "sign_in:no_access": Door(filters="how"),
    "sign_in:end_sessions": Door(
        reads=False, posts=True, buttons={"session": anything(), "next": anything(typed.ODD_LINKS)}
    ),
    "sign_in:admin_approval": Door(filters="done"),
    "sign_in:first_owner": PAGE,
    "portal:home": PAGE,
    "portal:companies": PAGE,
    "portal:preferences": Door(
        posts=True,
        form=Form(
            PreferencesForm,
            {
                "display_name": typed.person(100),
                "theme": choice("system", "light", "dark"),
                "time_zone": _ZONE,
            },
            {"display_name": "Anna", "theme": "dark", "time_zone": "Asia/Kolkata"},
            kept_on="portal:preferences",
            refused=200,
        ),
    ),
    "portal:time_zone": Door(
        posts=True,
        form=Form(CompanyZoneForm, {"time_zone": _ZONE}, {"time_zone": "Europe/Berlin"}, kept_on="portal:people"),
    ),
    "portal:overview": PAGE,
    "portal:subscriptions": Door(search="q", filters="show sort", beyond=frozenset({404})),
    "portal:subscriptions_file": Door(filters="q show sort page"),
    "portal:subscription": PAGE,
    "portal:change": Door(
        posts=True,
        buttons=_CONFIRM,
        query={"withdraw": anything()},
        query_answers=frozenset({200, 302}),
        form=Form(
            SeatsForm,
            {
                "seats": whole(0, 100_000),
                "when": choice("now", "renewal"),
                "schedule": anything(),  # what was never offered is no answer
            },
            {"seats": "27", "when": "now", "schedule": ""},
            refused=200,
            query=True,
        ),
    ),
    "portal:end_of_term": Door(
        posts=True,
        buttons=_CONFIRM | {"keep": anything()},
        form=Form(
            EndForm,
            {"choice": choice("renew", "end", "extend"), "seats": whole(1, 100_000, required=False)},
            {"choice": "renew", "seats": "20"},
            refused=200,
            query=True,
            counts=lambda texts: texts["choice"] == "renew",  # seats of what does not renew are nobody's question
        ),
    ),
    "portal:stop": Door(posts=True, buttons=_CONFIRM, filters="again sure"),
    "portal:order": Door(filters="seen"),
    "portal:withdraw": BUTTON,
    "portal:renewals": Door(search="q", filters="show tick"),
    "portal:renew_as_is": Door(
        posts=True, buttons={"term": _ID, "terms": anything()}, button_answers=frozenset({200, 302})
    ),
    "portal:activity": Door(search="q", filters="show", beyond=frozenset({404})),
    "portal:activity_file": Door(filters="q show page"),
    "portal:people": PAGE,
    "office:today": PAGE,
    "office:companies": Door(search="q", filters="show sort", beyond=frozenset({302})),
    "office:search": Door(search="q"),
    "office:renewals": Door(search="q", filters="show month tick", beyond=frozenset({302})),
    "office:renew_as_is": Door(
        posts=True, buttons={"term": _ID, "terms": anything()}, button_answers=frozenset({200, 302})
    ),
    "office:refresh_all": BUTTON,
    "office:refresh_run": Door(filters="company"),
    "office:refresh_progress": PAGE,
    "office:add_companies": Door(
        posts=True,
        search="q",
        beyond=frozenset({200}),
        filters="connection added do at ticks_of",
        buttons={
            "tenant": _ID,
            "q": anything(),
            "page": anything(typed.ODD_NUMBERS),
            "at": anything(typed.ODD_NUMBERS),
            "do": anything(st.sampled_from(("add", "look", "all", "none", "", "\x00"))),
            "added": anything(),
            "connection": _ID,
            "ticks_of": _ID,
        },
        button_answers=frozenset({200, 302, 422}),
    ),
    "office:refresh_tenants": BUTTON,
    "office:removed_tenants": PAGE,
    "office:decide_removed_tenant": Door(posts=True, buttons={"decision": anything()}),
    "office:delegated_admin": PAGE,
    "office:add_connection": Door(
        posts=True,
        form=Form(
            ApplicationForm,
            {
                "name": typed.text(200, required=True, sure=False),
                "partner_tenant_id": typed.text(36, required=True, typed=typed.ODD_IDS, sure=False),
                "client_id": typed.text(36, required=True, typed=typed.ODD_IDS, sure=False),
            },
            {
                "name": "Kestrel",
                "partner_tenant_id": "11111111-2222-4333-8444-555555555555",
                "client_id": "11111111-2222-4333-8444-555555555555",
            },
        ),
    ),
    "office:start_consent": PAGE,
    "office:consent_return": Door(
        query={name: anything() for name in ("state", "code", "error", "error_description")},
        query_answers=frozenset({302}),
    ),
    "office:connection_run": PAGE,
    "office:connection": PAGE,
    "office:renew_consent": PAGE,
    "office:check_connection": BUTTON,
    "office:direct_csp": Door(
        posts=True, search="q", beyond=frozenset({200}), filters="tenant", buttons={"tenant": _ID}
    ),
    "office:connection_certificate": PAGE,
    "office:new_certificate": BUTTON,
    "office:remove_connection": Door(
        posts=True,
        form=Form(
            RemovalForm, {"confirmed_name": typed.text(200, required=True, sure=False)}, {"confirmed_name": "Unused"}
        ),
    ),
    "office:company": Door(search="q", filters="show sort", beyond=frozenset({302})),
    "office:activity": Door(search="q", filters="show export", beyond=frozenset({302})),
    "office:refresh_company": Door(reads=False, posts=True, buttons={"side": anything()}),
    "office:remove_company": ASKED_AND_DONE,
    "office:end_user_portal": Door(filters="email role"),
    "office:portal_switch": Door(posts=True, buttons={"to": anything()}),
    "office:time_zone": Door(
        posts=True,
        form=Form(
            CompanyZoneForm, {"time_zone": _ZONE}, {"time_zone": "Europe/Berlin"}, kept_on="office:end_user_portal"
        ),
    ),
    "office:invite": Door(
        posts=True,
        form=Form(
            InviteForm,
            {"email": typed.address(), "role": choice("view", "modify", "admin")},
            {"email": "new@harbourvale.example", "role": "view"},
            also=frozenset({200}),
        ),
        buttons={"confirmed_tenant_id": _ID, "loses_access": _ID},
    ),
    "office:end_user": PAGE,
    "office:change_role": Door(
        reads=False,
        posts=True,
        form=Form(RoleForm, {"role": choice("view", "modify", "admin")}, {"role": "view"}, kept_on="office:end_user"),
    ),
    "office:remove_end_user": ASKED_AND_DONE,
    "office:renew_invitation": BUTTON,
    "office:confirm_tenant": Door(reads=False, posts=True, buttons={"tenant_id": _ID}),
    "office:bind_end_user": ASKED_AND_DONE,
    "office:invite_anew": ASKED_AND_DONE,
    "office:end_user_sessions": Door(reads=False, posts=True, buttons={"session": anything()}),
    "office:people": Door(search="q", filters="show", beyond=frozenset({302})),
    "office:add_user": Door(
        posts=True,
        form=Form(
            AddUserForm,
            {"company": choice(), "email": typed.address(), "role": choice("view", "modify", "admin")},
            {"company": "", "email": "new@harbourvale.example", "role": "view"},
            also=frozenset({200, 422}),
        ),
    ),
    "office:staff": Door(
        form=Form(ContextForm, {"context": typed.matching("c[1-9][0-9]?")}, {"context": "c1"}, refused=200, query=True)
    ),
    "office:require_second_factor": Door(reads=False, posts=True, buttons={"context": anything()}),
    "office:stop_requiring_second_factor": BUTTON,
    "office:end_staff_sessions": Door(reads=False, posts=True, buttons={"session": anything()}),
    "office:add_staff": Door(
        posts=True,
        form=Form(
            StaffForm,
            {
                "email": typed.address(),
                "role": _STAFF_ROLE,
                "scope": _SCOPE,
                "companies": _COMPANY,
                "guest_allowed": _TICK,
            },
            {
                "email": "new@kestrel-it.example",
                "role": "support",
                "scope": "all",
                "companies": "",
                "guest_allowed": "",
            },
        ),
    ),
    "office:change_staff": Door(
        posts=True,
        form=Form(
            StaffForm,
            {"role": _STAFF_ROLE, "scope": _SCOPE, "companies": _COMPANY, "guest_allowed": _TICK},
            {"role": "support", "scope": "all", "companies": "", "guest_allowed": ""},
        ),
    ),
    "office:remove_staff": ASKED_AND_DONE,
    "office:renew_staff": BUTTON,
    "office:bind_staff": ASKED_AND_DONE,
    "office:orders": Door(search="q", filters=f"state {_LOG}", beyond=frozenset({200})),
    "office:order": Door(filters="seen"),
    "office:settle_order": Door(
        posts=True,
        form=Form(
            SettleForm,
            {"took_effect": choice("yes", "no"), "note": typed.text(500, required=True)},
            {"took_effect": "yes", "note": "Looked at Partner Center."},
        ),
    ),
    "office:withdraw_order": Door(posts=True),
    "office:settings": PAGE,
    "office:set_look": Door(
        reads=False,
        posts=True,
        form=Form(LookForm, _LOOK, dict.fromkeys(_LOOK, ""), kept_on="office:settings"),
    ),
    "office:contrast": Door(filters="accent"),
    "office:set_logo": Door(
        reads=False,
        posts=True,
        files=("logo", "logo_dark"),
        form=Form(LogoForm, {}, {}),
    ),
    "office:save_logo": Door(
        reads=False,
        posts=True,
        buttons={"main": anything(), "dark": anything()},
        button_answers=frozenset({422}),
    ),
    "office:discard_logo": BUTTON,
    "office:remove_logo": Door(reads=False, posts=True, buttons={"place": anything()}),
    "office:notices": Door(
        posts=True,
        buttons={"do": anything()},
        button_answers=frozenset({302}),
        form=Form(NoticeForm, {"address": typed.address(required=False)}, {"address": ""}, kept_on="office:notices"),
    ),
    "office:limits": Door(
        posts=True,
        form=Form(
            LimitsForm,
            {
                "changes_per_day": whole(1, 10_000),
                "seats_per_change": whole(1, 100_000),
                "seats_per_cancellation": whole(1, 100_000),
            },
            {"changes_per_day": "20", "seats_per_change": "50", "seats_per_cancellation": "50"},
            kept_on="office:limits",
        ),
    ),
    "office:retention": Door(
        posts=True,
        form=Form(
            RetentionForm,
            {"call_days": whole(1, 3650), "run_days": whole(1, 3650), "sign_in_days": whole(1, 3650)},
            {"call_days": "30", "run_days": "30", "sign_in_days": "30"},
            kept_on="office:retention",
        ),
    ),
    "office:addresses": PAGE,
    "office:stop_switch": Door(
        posts=True,
        buttons={"sure": anything()},
        form=Form(
            StopForm, {"reason": typed.text(300, required=True)}, {"reason": "Maintenance"}, also=frozenset({200})
        ),
    ),
    "office:release_stop_switch": BUTTON,
    "office:logs": Door(search="q", filters=_LOG, beyond=frozenset({200})),
    "office:call_log": Door(search="q", filters=_LOG, beyond=frozenset({200})),
    "office:sign_in_log": Door(search="q", filters=_LOG, beyond=frozenset({200})),
    "office:audit_log": Door(search="q", filters=_LOG, beyond=frozenset({200})),
    "office:audit_verify": BUTTON,
    "office:audit_progress": PAGE,
    "office:preferences": Door(
        posts=True,
        form=Form(
            StaffPreferencesForm,
            {
                "display_name": typed.person(100),
                "theme": choice("light", "dark", required=False),
                "time_zone": _ZONE,
                "connection": choice(required=False),
            },
            {"display_name": "Dana", "theme": "", "time_zone": "Europe/Berlin", "connection": ""},
            kept_on="office:preferences",
        ),
    ),
}
