"""The logs of the back office: what each line says, filters, pages, files, and who sees which rows."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenantry.audit import actions as audit
from tenantry.jobs import runs
from tenantry.kernel import clock
from tenantry.people.models import Company, SignInRecord, StaffRole
from tenantry.traffic.models import CallRecord
from tenantry.web.backoffice.tools.verbs import known_verbs, subjects
from tests.people.house import HARBOUR_TENANT, House
from tests.support.orders import ANNA
from tests.web.backoffice.visitors import page, staff_of, strangers, told, words

LOGS = ("logs", "call_log", "sign_in_log", "audit_log")
ODD_REFRESH = {
    "companies": 2,
    "failed": 0,
    "added": 0,
    "changed": 0,
    "gone": 0,
    "unkept": 1,
    "unkept_told": ["Harbour & Vale: s-1: odd"],
}
REQUEST_ID = "2f6dd0ae-6b0c-4f0e-8f4b-6d6a0b1a6a01"


@pytest.fixture
def harbour(harbour_vale: Company) -> Company:
    """Harbour & Vale: the company that some staff look after."""
    return harbour_vale


@pytest.fixture
def nordlys(small: House) -> Company:
    """Nordlys Shipping: another company."""
    return Company.objects.get(id=small.nordlys)


@pytest.fixture
def dana(small: House) -> Client:
    """An owner."""
    return staff_of(StaffRole.OWNER)


def rows_of(answer: HttpResponseBase) -> list[list[str]]:
    """Read a file as a spreadsheet would."""
    return list(csv.reader(io.StringIO(page(answer).removeprefix("\ufeff"))))


def address(name: str, query: str = "") -> str:
    return f"{reverse(f'office:{name}')}{query}"


def call(company: Company | None, status: int | None, **more: object) -> CallRecord:
    """Log a call of a minute ago."""
    known: dict[str, object] = {
        "happened_at": clock.now() - timedelta(minutes=1),
        "customer": company.tenant_id if company else "",
        "method": "GET",
        "path": "/v1/customers/one/subscriptions",
        "status": status,
        "milliseconds": 120,
    }
    return CallRecord.objects.create(**known | more)


def sign_in(company: Company | None, name: str, *, reason: str = "") -> SignInRecord:
    """Log a sign-in of now."""
    return SignInRecord.objects.create(
        happened_at=clock.now(),
        accepted=not reason,
        reason=reason,
        company=company,
        tid=HARBOUR_TENANT,
        oid="11111111-2222-3333-4444-555555555555",
        name=name,
        username=f"{name.lower()}@harbourvale.example",
        tenant_name="Harbour & Vale",
        address="203.0.113.7",
    )


# -- who sees what -------------------------------------------------------------------------------------------------


def test_all_staff_see_the_logs_and_nobody_else(small: House, harbour: Company) -> None:
    staff, others = [staff_of(role) for role in StaffRole], strangers(harbour)
    for name in LOGS:
        for client in staff:
            assert client.get(address(name)).status_code == 200
            assert client.get(address(name, "?export=csv")).status_code == 200
        for who, (client, status) in others.items():
            assert client.get(address(name)).status_code == status, who


def test_staff_for_named_companies_see_only_their_rows(harbour: Company, nordlys: Company) -> None:
    runs.new_run("refresh_subscriptions", asked_by="Everybody's run", now=clock.now())
    for company in (harbour, nordlys):
        runs.new_run("refresh_company", company_id=company.id, asked_by=f"Run of {company.name}", now=clock.now())
        call(company, 200, path=f"/v1/customers/{company.tenant_id}")
        sign_in(company, company.name)
    call(None, 200, path="/v1/everything")
    sign_in(None, "Partner")
    ines = staff_of(StaffRole.SUPPORT, [harbour])
    theirs = (nordlys.name, nordlys.tenant_id, "Everybody's run", "/v1/everything", "partner@")
    for name in LOGS:
        for query in ("", "?export=csv", "?period=365", f"?company={nordlys.id}", f"?company={nordlys.id}&export=csv"):
            seen = page(ines.get(address(name, query)))
            assert [hidden for hidden in theirs if hidden in seen] == [], (name, query)
            assert query not in ("", "?export=csv") or "Harbour" in seen or harbour.tenant_id in seen, (name, query)


def test_only_staff_for_all_companies_may_check_the_record(harbour: Company) -> None:
    ines = staff_of(StaffRole.SUPPORT, [harbour])
    assert ines.post(address("audit_verify")).status_code == 403
    assert ines.get(address("audit_progress")).status_code == 403
    assert "Check the record now" not in told(ines, address("audit_log"))


# -- refreshes -----------------------------------------------------------------------------------------------------


def test_a_run_says_what_came_of_it(small: House, dana: Client) -> None:
    done = runs.new_run("refresh_subscriptions", asked_by="Dana Okafor", now=clock.now())
    runs.begin(done.id)
    runs.finish(done.id, "refreshed", {"companies": 24, "failed": 2, "added": 3, "changed": 1, "gone": 0})
    refused = runs.new_run("direct_csp", subject_id=small.connection.id, now=clock.now())
    runs.fail(
        refused.id,
        "refused_by_microsoft",
        {"advice": "mfa_missing", "words": "Access denied", "code": "900421", "request_id": REQUEST_ID},
    )
    shown = told(dana, address("logs"))
    assert "Refresh of all companies Dana Okafor · 22 companies read, 2 could not be read" in shown
    assert "Direct CSP test by itself · The account did not sign in with multi-factor authentication" in shown
    assert "Microsoft's words Access denied" in shown
    assert f'value="{REQUEST_ID}"' in page(dana.get(address("logs")))
    failed = told(dana, address("logs", "?show=failed"))
    assert "Direct CSP test by itself" in failed
    assert "Dana Okafor · 22" not in failed
    assert "Dana Okafor · 22" not in told(dana, address("logs", "?kind=direct_csp"))


def test_runs_of_every_kind_and_end_have_words(dana: Client) -> None:
    for key, details in (
        ("unexpected", {"error": "KeyError"}),
        ("refresh_failed", {"companies": 1, "failed": 1, "added": 0, "changed": 0, "gone": 0}),
        ("tenants_refreshed", {"listed": 3, "added": 1, "missing": 0, "unkept": 1, "unkept_told": ["t-1: too long"]}),
        ("refreshed", ODD_REFRESH),
        ("audit_records_read", {"unkept": 2, "unkept_told": ["a-1: odd", "a-2: odd"]}),
        ("audit_broken", {"chains": 2, "rows": 9, "broken": 1, "breaks": []}),
    ):
        run = runs.new_run("consent", now=clock.now())
        runs.fail(run.id, key, details)
    shown = told(dana, address("logs"))
    assert "Something went wrong here, not at Microsoft." in shown
    assert "0 companies read, 1 could not be read" in shown
    assert "The tenants have been refreshed." in shown
    assert "The record is broken at 1 place." in shown
    assert "Partner Center lists 3 tenants. 1 is new. 1 could not be kept." in shown
    assert "Could not be kept t-1: too long" in shown
    assert "2 companies read. 1 record could not be kept" in shown
    assert "Could not be kept Harbour &amp; Vale: s-1: odd" in shown or "Harbour & Vale: s-1: odd" in shown
    assert "2 records could not be kept" in shown
    assert "Could not be kept a-2: odd" in shown


@pytest.mark.parametrize(
    ("begins", "shown"),
    [
        *(
            (sign, f"'{sign}1+1")
            for sign in (
                "=",
                "+",
                "-",
                "@",
                "＝",
                "＋",
                "－",
                "＠",
                " =",
                "\u00a0＝",
                "\ufeff=",
                "\u2066=",
                "\u00ad=",
                "\x7f=",
                "﹦",
                "\t",
            )
        ),
        *((ends, "' 1+1") for ends in ("\r", "\n", "\r\n", "\n\n")),
        ("Dana\r\n=", "Dana =1+1"),
        ("Dana\u2028=", "Dana =1+1"),
        ("Dana;=", "Dana;=1+1"),
        ("Dana = ", "Dana = 1+1"),
    ],
)
def test_no_cell_of_a_file_is_a_formula_or_breaks_its_row(dana: Client, begins: str, shown: str) -> None:
    runs.new_run("refresh_company", asked_by=f"{begins}1+1", now=clock.now())
    answer = dana.get(address("logs", "?export=csv"))
    assert shown in rows_of(answer)[1]
    # Cell by cell in quotes, and a row to a line: no program finds another place where a cell could begin.
    lines = page(answer).removeprefix("\ufeff").splitlines()
    assert len(lines) == len(rows_of(answer))
    assert all(line.startswith('"') and line.endswith('"') for line in lines)


def test_a_file_of_runs(harbour: Company, dana: Client) -> None:
    run = runs.new_run("refresh_company", company_id=harbour.id, asked_by="=HYPERLINK()", now=clock.now())
    answer = dana.get(address("logs", "?export=csv"))
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tenantry-refreshes-')
    head, first, *_rest = rows_of(answer)
    assert head == ["When", "What", "Company", "Asked by", "State", "Began", "Ended", "Result"]
    assert first[1:] == ["Refresh of one company", harbour.name, "'=HYPERLINK()", "Waiting", "", "", ""]
    assert first[0] == run.created_at.isoformat(sep=" ", timespec="seconds")


# -- calls ---------------------------------------------------------------------------------------------------------


def test_a_call_shows_the_ids_that_microsoft_asks_for(harbour: Company, dana: Client) -> None:
    call(harbour, 429, code="", words="Too many", request_id=REQUEST_ID, attempt=2)
    call(None, None, path="/nowhere")
    markup = page(dana.get(address("call_log", f"?q={REQUEST_ID}")))
    assert f"GET /v1/customers/one/subscriptions {harbour.name} · Too many · 120 ms · try 2 429" in words(markup)
    assert f'value="{REQUEST_ID}"' in markup
    assert "/nowhere" not in markup
    assert "GET /nowhere 120 ms No answer" in told(dana, address("call_log", "?show=trouble"))
    throttled = told(dana, address("call_log", "?show=throttled&period=1"))
    assert "Too many" in throttled
    assert "/nowhere" not in throttled


def test_calls_of_one_company_and_of_one_order(harbour: Company, nordlys: Company, dana: Client) -> None:
    order_id = "7c7a0d2a-2d3e-4c57-9f5c-0a6f6b1f0001"
    call(harbour, 200, path="/harbour", order_id=order_id)
    call(nordlys, 200, path="/nordlys")
    of_company = told(dana, address("call_log", f"?company={harbour.id}"))
    assert f"{harbour.name} remove this filter" in of_company
    assert "/harbour" in of_company
    assert "/nordlys" not in of_company
    of_order = page(dana.get(address("call_log", f"?order={order_id}")))
    assert "/harbour" in of_order
    assert "/nordlys" not in of_order
    assert f'href="{reverse("office:order", args=[order_id])}"' in of_order


def test_a_file_of_calls(harbour: Company, dana: Client) -> None:
    call(harbour, 200, request_id=REQUEST_ID)
    head, first, *_rest = rows_of(dana.get(address("call_log", f"?q={REQUEST_ID}&export=csv")))
    assert head[3:5] == ["Status", "Company"]
    assert first[1:7] == ["GET", "/v1/customers/one/subscriptions", "200", harbour.name, harbour.tenant_id, "120"]
    assert first[10] == REQUEST_ID


# -- sign-ins ------------------------------------------------------------------------------------------------------


def test_a_refused_sign_in_says_why(harbour: Company, dana: Client) -> None:
    sign_in(harbour, "Mallory", reason="other_name")
    sign_in(harbour, "Anna")
    refused = told(dana, address("sign_in_log", f"?company={harbour.id}&show=refused"))
    assert (
        f"Mallory mallory@harbourvale.example · {harbour.name} · The right tenant, but a user name that nobody "
        "invited. Refused" in refused
    )
    assert "Anna" not in refused
    assert "Anna anna@harbourvale.example" in told(dana, address("sign_in_log", "?show=accepted&q=ann"))
    head, *rows = rows_of(dana.get(address("sign_in_log", "?export=csv")))
    assert head[:4] == ["When", "Let in", "Why not", "Name"]
    assert [row[1:4] for row in rows] == [
        ["yes", "", "Anna"],
        ["no", "The right tenant, but a user name that nobody invited.", "Mallory"],
    ]


# -- audit ---------------------------------------------------------------------------------------------------------


def test_the_record_says_who_did_what(harbour: Company, dana: Client) -> None:
    shown = told(dana, address("audit_log"))
    assert f"Company added {harbour.name} · Dana Okafor" in shown
    assert f"End User Portal switched on {harbour.name} · Dana Okafor" in shown
    portals = told(dana, address("audit_log", "?what=portal"))
    assert "End User Portal switched on" in portals
    assert "Company added" not in portals
    assert "Kept for ever." in shown


def test_the_record_says_in_words_why_a_connection_broke(harbour: Company, dana: Client) -> None:
    with transaction.atomic():
        audit.record(
            acting_as=ANNA,
            verb="connection.broke",
            subject_kind="partner_connection",
            subject_id=str(harbour.connection_id),
            subject_name="Kestrel IT Services",
            outcome="consent_revoked",
            now=clock.now(),
        )
    shown = told(dana, address("audit_log"))
    assert "Partner connection broke Kestrel IT Services · Anna Lindqvist · The consent was withdrawn" in shown
    assert "consent_revoked" not in shown


def test_every_verb_can_be_filtered_by() -> None:
    assert {verb.split(".")[0] for verb in known_verbs()} == set(subjects())


def test_the_record_of_one_subject_and_one_person(harbour: Company, nordlys: Company, dana: Client) -> None:
    about = told(dana, address("audit_log", f"?subject={harbour.id}"))
    assert harbour.name in about
    assert nordlys.name not in about
    audit_of_anna(harbour)
    by_anna = told(dana, address("audit_log", "?person=anna"))
    assert "Change order placed" in by_anna
    assert "Company added" not in by_anna


def audit_of_anna(company: Company) -> None:
    with transaction.atomic():
        audit.record(
            acting_as=ANNA,
            verb="change_order.placed",
            subject_kind="change_order",
            subject_id="7c7a0d2a-2d3e-4c57-9f5c-0a6f6b1f0001",
            subject_name="#1",
            company_id=company.id,
            after={"wish": {"quantity": 13}},
            now=clock.now(),
        )


def test_a_file_of_the_record_has_what_the_chain_is_made_of(harbour: Company, dana: Client) -> None:
    head, *rows = rows_of(dana.get(address("audit_log", f"?company={harbour.id}&export=csv")))
    assert head[1:3] == ["Chain", "Row"]
    assert [(row[1], row[2], row[5]) for row in rows] == [
        (str(harbour.id), "2", "portal.enabled"),
        (str(harbour.id), "1", "company.added"),
    ]
    assert all(len(row[-1]) == 64 for row in rows)


# -- pages ---------------------------------------------------------------------------------------------------------


def test_a_long_log_has_pages_and_keeps_its_filters(harbour: Company, dana: Client) -> None:
    for number in range(101):
        call(harbour, 200, path=f"/call-{number:03}", happened_at=clock.now() - timedelta(minutes=number))
    first = page(dana.get(address("call_log", "?q=/call-")))
    assert "/call-000" in first
    assert "/call-049" in first
    assert "/call-050" not in first
    assert 'href="?q=%2Fcall-&amp;page=2"' in first
    last = page(dana.get(address("call_log", "?q=/call-&page=3")))
    assert "/call-100" in last
    assert "Older" not in words(last)
    assert len(rows_of(dana.get(address("call_log", "?q=/call-&page=3&export=csv")))) == 102


def test_chips_say_how_many_lines_they_show(harbour: Company, nordlys: Company, dana: Client) -> None:
    for status, path in ((200, "/one"), (200, "/two"), (429, "/one"), (None, "/one")):
        call(harbour, status, path=path)
    sign_in(harbour, "Anna")
    sign_in(nordlys, "Ingrid", reason="unknown")
    runs.begin(runs.new_run("refresh_company", company_id=harbour.id, now=clock.now()).id)
    ines = staff_of(StaffRole.SUPPORT, [harbour])
    assert "All 4 Answered 2 Throttled 1 Trouble or no answer 1 " in told(dana, address("call_log"))
    assert "All 3 Answered 1 Throttled 1 Trouble or no answer 1 " in told(dana, address("call_log", "?q=/one"))
    assert "All 3 Answered 1 Refused 0 Throttled 1" in told(dana, address("call_log", "?q=/one&show=refused"))
    assert "All 2 Let in 1 Refused 1 " in told(dana, address("sign_in_log"))
    assert "All 1 Let in 1 " in told(ines, address("sign_in_log"))
    assert "All 1 Under way 1 " in told(ines, address("logs"))


def test_odd_questions_are_answered_calmly(dana: Client) -> None:
    odd = "?show=%27&period=x&company=7&page=-1&kind=x&what=x&order=x&connection=x&subject=x&person=x&q=%25_"
    for name in LOGS:
        assert "Nothing matches. Show everything" in told(dana, address(name, odd))


def test_a_page_costs_the_same_however_many_rows_it_has(harbour: Company, dana: Client) -> None:

    def add_rows(many: int) -> None:
        for number in range(many):
            runs.new_run("refresh_company", company_id=harbour.id, now=clock.now())
            call(harbour, 200)
            sign_in(harbour, f"Person {number}")

    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            dana.get(address(name))
        return len(queries)

    add_rows(1)
    few = {name: cost(name) for name in LOGS}
    add_rows(60)
    assert {name: cost(name) for name in LOGS} == few
    assert max(few.values()) <= 15


def test_retention_is_stated_where_the_log_is(dana: Client) -> None:
    samuel = staff_of(StaffRole.SUPPORT)
    assert "Kept for 90 days. Change the retention" in told(dana, address("call_log"))
    assert told(samuel, address("call_log")).endswith("Kept for 90 days.")
    assert "Kept for 365 days." in told(dana, address("logs"))
    assert "Kept for 365 days." in told(dana, address("sign_in_log"))
