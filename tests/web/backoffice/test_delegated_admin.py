"""Companies › "Delegated Admin": connections at a glance, consent, Direct CSP, certificates, removal."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.http.response import HttpResponseBase
from django.test import Client

from tenantry.connection.actions import run_direct_csp_test
from tenantry.connection.models import ConnectionMode, ConnectionState, DirectCsp, PartnerConnection, Tenant
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.testing import run_due_jobs, waiting_jobs
from tenantry.kernel import clock
from tests.support.house import HARBOUR, NORDLYS, House
from tests.support.sign_in import choose_account
from tests.web.backoffice.visitors import admin, billing, end_user, owner, page, support, told, words

LIST = "/office/delegated-admin/"
SERVICE = "partnercenter@kestrel-it.example"


def address(house: House, more: str = "") -> str:
    """Return the address of the connection's page, or of one below it."""
    return f"{LIST}{house.connection.id}/{more}"


def change(house: House, **values: object) -> None:
    """Bring the connection into a state."""
    PartnerConnection.objects.filter(id=house.connection.id).update(**values)


def where(answer: HttpResponseBase) -> str:
    """Return where an answer leads."""
    assert answer.status_code == 302, answer.status_code
    return answer.headers["Location"]


def followed(client: Client, answer: HttpResponseBase) -> str:
    """Follow a redirect and return what a reader sees."""
    return told(client, where(answer))


def test_the_list_answers_at_a_glance(house: House) -> None:
    change(house, tenants_refreshed_at=clock.now(), token_renewed_at=clock.now(), last_success_at=clock.now())
    seen = told(owner(house), LIST)

    assert "1 partner connection · works" in seen
    assert "Kestrel IT Services Works By consent of a partner account." in seen
    until = clock.now() + timedelta(days=90)
    assert f"Works until {until.day} {until:%B %Y}" in seen
    assert f"Account {SERVICE}" in seen
    assert "Direct CSP Set" in seen
    assert "26 tenants" in seen
    assert "What is missing" not in seen


def test_what_is_missing_is_said_with_what_to_do(house: House) -> None:
    change(house, direct_csp=DirectCsp.UNSET, tenants_refreshed_at=clock.now(), mfa_compliant=False)
    seen = told(owner(house), LIST)

    assert "1 partner connection · 1 needs attention" in seen
    assert "The account's token does not carry multi-factor authentication." in seen
    assert "Direct CSP is not set, so no End User Portal can be enabled." in seen
    assert "An owner enables it with a test, which changes nothing. Enable Direct CSP" in seen


def test_a_broken_connection_says_whom_to_call(house: House) -> None:
    change(
        house,
        state=ConnectionState.BROKEN,
        last_error_at=clock.now(),
        last_error_code="AADSTS50173",
        last_error_words="The grant was revoked.",
        last_error_advice="consent_revoked",
        tenants_refreshed_at=clock.now(),
    )
    seen = told(owner(house), LIST)

    assert "1 partner connection · 1 does not work" in seen
    assert "The consent was withdrawn, for example because the account's password was changed." in seen
    assert "What to do Grant Partner Center consent again. Who can An owner of this installation" in seen
    assert "In Microsoft's words: The grant was revoked. AADSTS50173" in seen


def test_without_a_connection_the_page_says_how_to_begin(house: House) -> None:
    change(house, removed_at=clock.now())
    assert "There is no partner connection yet." in told(owner(house), LIST)
    markup = page(owner_again(house).get(LIST))
    assert f'href="{LIST}add/"' in markup


def owner_again(house: House) -> Client:
    """Return the browser of another owner."""
    from tenantry.people.models import StaffRole
    from tests.web.backoffice.visitors import MILAN, signed_in

    return signed_in(house.staff(MILAN, StaffRole.OWNER))


@pytest.mark.parametrize("who", [admin, billing, support])
def test_staff_may_look_but_change_nothing(house: House, who: Callable[[House], Client]) -> None:
    client = who(house)
    for shown in (LIST, address(house)):
        markup = page(client.get(shown))
        assert "Enable Direct CSP" not in words(markup)
        assert "consent/" not in markup
        assert f"{LIST}add/" not in markup
    for shut in ("add/", "consent/", "consent/return/?state=x"):
        assert client.get(f"{LIST}{shut}").status_code == 403
    for shut in ("consent/", "direct-csp/", "remove/"):
        assert client.get(address(house, shut)).status_code == 403
    for shut in ("check/", "direct-csp/", "certificate/new/", "remove/"):
        assert client.post(address(house, shut), {"tenant": HARBOUR}).status_code == 403
    assert waiting_jobs() == []


def test_staff_of_named_companies_and_customers_see_nothing(house: House) -> None:
    company = house.add_company()
    for client, status in ((support(house, [company]), 403), (end_user(house, company), 404)):
        assert client.get(LIST).status_code == status
        assert client.get(address(house)).status_code == status
    assert where(Client().get(LIST)).startswith("/sign-in/?next=")


def test_consent_is_granted_through_microsofts_page(house: House) -> None:
    change(house, removed_at=clock.now())
    client = owner(house)
    assert f'href="{LIST}consent/"' in page(client.get(f"{LIST}add/"))

    microsoft = where(client.get(f"{LIST}consent/"))
    assert microsoft.startswith(
        f"{django_settings.LOGIN_URL}/{django_settings.PARTNER_TENANT_ID}/oauth2/v2.0/authorize?"
    )
    returned = parse_qs(urlsplit(microsoft).query)["redirect_uri"][0]
    assert returned == f"{django_settings.BACKOFFICE_URL}{LIST}consent/return/"
    back = urlsplit(choose_account(microsoft, SERVICE))
    progress = where(client.get(f"{back.path}?{back.query}"))
    waiting = page(client.get(progress))
    assert 'hx-trigger="every 500ms"' in waiting
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting
    assert "Waiting for a worker" in words(waiting)
    assert "You can leave this page." in words(waiting)

    run_due_jobs()

    seen = told(client, progress)
    assert "Partner Center consent has been granted." in seen
    assert f"Kestrel IT Services is connected by the account {SERVICE}." in seen
    assert "Enable Direct CSP" in seen
    fragment = client.get(progress, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "hx-get" not in fragment
    assert 'data-announce="Partner Center consent has been granted."' in fragment
    assert "26 tenants" in told(client, LIST)


def test_a_declined_consent_is_explained(house: House) -> None:
    client = owner(house)
    microsoft = where(client.get(address(house, "consent/")))
    assert parse_qs(urlsplit(microsoft).query)["login_hint"] == [SERVICE]
    back = urlsplit(choose_account(microsoft, SERVICE, action="cancel"))
    seen = followed(client, client.get(f"{back.path}?{back.query}"))

    assert "The sign-in was cancelled, or the consent was declined." in seen
    assert "What to do Grant Partner Center consent again and accept on Microsoft's page." in seen
    assert "AADSTS65004" in seen
    run = RunRecord.objects.get(kind="consent")
    assert f'href="{address(house, "consent/")}"' in page(client.get(f"{LIST}runs/{run.id}/"))
    assert waiting_jobs() == []


def test_an_answer_that_nobody_asked_for_changes_nothing(house: House) -> None:
    client = owner(house)
    seen = followed(client, client.get(f"{LIST}consent/return/", {"state": "forged", "code": "stolen"}))
    assert "This answer from Microsoft belongs to no consent that you began here, or it came too late." in seen
    assert RunRecord.objects.count() == 0
    assert waiting_jobs() == []


def test_somebody_elses_answer_is_not_taken(house: House) -> None:
    microsoft = where(owner(house).get(f"{LIST}consent/"))
    back = urlsplit(choose_account(microsoft, SERVICE))
    other = owner_again(house)
    assert "belongs to no consent that you began here" in followed(other, other.get(f"{back.path}?{back.query}"))
    assert RunRecord.objects.count() == 0


def test_the_tenants_to_test_against_stand_on_one_page_up_to_fifty(house: House) -> None:
    client = owner(house)
    tenants = Tenant.objects.filter(connection=house.connection)
    assert tenants.count() == 26
    assert page(client.get(address(house, "direct-csp/"))).count("<tr>") == 1 + 26
    Tenant.objects.bulk_create(
        Tenant(connection=house.connection, tenant_id=f"{number:036d}", name=f"T {number}", first_seen_at=clock.now())
        for number in range(25)
    )
    markup = page(client.get(address(house, "direct-csp/")))
    assert markup.count("<tr>") == 1 + 50
    assert "1–50 of 51 tenants" in words(markup)


def test_direct_csp_is_chosen_confirmed_and_set(house: House) -> None:
    change(house, direct_csp=DirectCsp.UNSET)
    client = owner(house)
    found = told(client, address(house, "direct-csp/") + "?q=harbour")
    assert "Harbour & Vale Ltd" in found
    assert "Nordlys" not in found
    asked = told(client, address(house, "direct-csp/") + f"?tenant={HARBOUR}")
    assert "Test Direct CSP against Harbour & Vale Ltd?" in asked
    assert f"Microsoft is asked now, as {SERVICE}, to show this tenant and its subscriptions." in asked
    assert waiting_jobs() == []

    progress = where(client.post(address(house, "direct-csp/"), {"tenant": HARBOUR}))
    assert "Try the account at Partner Center : still to come" in told(client, progress)
    run_due_jobs()

    seen = told(client, progress)
    assert "Direct CSP status has been set" in seen
    assert "Microsoft let us read Harbour & Vale Ltd and its 9 subscriptions." in seen
    assert "The test reads: whether you may also write shows with the first order." in seen
    house.connection.refresh_from_db()
    assert (house.connection.direct_csp, house.connection.direct_csp_tenant_id) == (DirectCsp.SET, HARBOUR)
    assert "against Harbour & Vale Ltd" in told(client, address(house))


def test_a_failed_test_shows_microsofts_words_and_what_to_do(house: House) -> None:
    change(house, direct_csp=DirectCsp.UNSET)
    house.sandbox.post("/_sandbox/change", {"customer": NORDLYS, "remove": True})
    client = owner(house)
    progress = where(client.post(address(house, "direct-csp/"), {"tenant": NORDLYS}))
    run_due_jobs()

    seen = told(client, progress)
    assert "Microsoft sees no reseller relationship between you and this customer." in seen
    assert "Who can An administrator of your own Microsoft tenant" in seen
    assert "In Microsoft's words:" in seen
    run = RunRecord.objects.get(kind="direct_csp")
    assert f'value="{run.details["request_id"]}"' in page(client.get(progress))
    assert "Direct CSP Test failed" in told(client, LIST)


@pytest.mark.parametrize("fault", [{"kind": "mfa_missing"}, {"kind": "cut_before"}])
def test_what_microsoft_did_not_say_is_not_shown_as_its_words(house: House, fault: dict[str, object]) -> None:
    change(house, direct_csp=DirectCsp.UNSET)
    house.sandbox.post("/_sandbox/faults", fault | {"path": "/v1/*"})
    client = owner(house)
    progress = where(client.post(address(house, "direct-csp/"), {"tenant": NORDLYS}))
    run_due_jobs()

    for page_address in (progress, LIST, address(house)):
        seen = told(client, page_address)
        assert "In Microsoft's words:" not in seen
    assert "What to do" in told(client, progress)


def test_a_tenant_that_is_not_listed_cannot_be_tested(house: House) -> None:
    Tenant.objects.filter(tenant_id=HARBOUR).delete()
    client = owner(house)
    assert "Choose a tenant to test against." in told(client, address(house, "direct-csp/") + f"?tenant={HARBOUR}")
    answer = client.post(address(house, "direct-csp/"), {"tenant": HARBOUR})
    assert "This tenant is not in the list that Partner Center gave." in followed(client, answer)
    assert where(client.post(address(house, "direct-csp/"), {"tenant": "\x00"})) == LIST
    assert waiting_jobs() == []


def test_a_connection_is_checked_now(house: House) -> None:
    change(house, state=ConnectionState.BROKEN, last_error_at=clock.now(), last_error_advice="mfa_missing")
    client = owner(house)
    progress = where(client.post(address(house, "check/")))
    run_due_jobs()
    assert "The connection works." in told(client, progress)
    assert "Does not work" not in told(client, LIST)


def test_a_check_asks_for_a_new_token_and_is_not_content_with_the_last_one(house: House) -> None:
    client = owner(house)
    client.post(address(house, "check/"))
    run_due_jobs()
    house.sandbox.post("/_sandbox/entra/refresh-tokens/revoke", {"code": 50173})
    progress = where(client.post(address(house, "check/")))
    run_due_jobs()
    seen = told(client, progress)
    assert "Get a token from Microsoft : failed" in seen
    assert "The consent was withdrawn" in seen
    assert "You can leave this page." not in seen
    assert f'href="{address(house, "consent/")}"' in page(client.get(progress))
    assert f'href="{address(house, "consent/")}"' not in page(admin(house).get(progress))
    assert "Does not work" in told(client, LIST)


def test_a_run_says_when_no_worker_takes_it_up(house: House) -> None:
    client = owner(house)
    progress = where(client.post(address(house, "check/")))
    assert "No worker is running." not in told(client, progress)
    RunRecord.objects.update(created_at=clock.now() - timedelta(seconds=10))
    assert "No worker is running." in told(client, progress)


def test_a_run_that_broke_off_says_where(house: House) -> None:
    run = runs.new_run("consent", now=clock.now())
    runs.begin(run.id)
    runs.progress(run.id, 1, 3)
    runs.fail(run.id, "unexpected", {"error": "KeyError"})
    seen = told(owner(house), f"{LIST}runs/{run.id}/")
    assert "Get a token from Microsoft : done" in seen
    assert "Try it at Partner Center : failed" in seen
    assert "Keep the connection : still to come" in seen
    assert "Something went wrong here, not at Microsoft." in seen


def test_runs_of_other_rooms_are_not_shown_here(house: House) -> None:
    run = runs.new_run("refresh_company", now=clock.now())
    assert owner(house).get(f"{LIST}runs/{run.id}/").status_code == 404


def test_an_own_application_is_added_with_its_certificate(house: House) -> None:
    client = owner(house)
    wrong = client.post(f"{LIST}add/", {"name": "By certificate", "partner_tenant_id": "x", "client_id": "y"})
    assert "Directory (tenant) id : Tenant id and application id look like" in words(page(wrong, 422))
    wrong = client.post(
        f"{LIST}add/",
        {"name": "By certificate", "partner_tenant_id": django_settings.PARTNER_TENANT_ID, "client_id": "y"},
    )
    assert "Application (client) id : Tenant id and application id look like" in words(page(wrong, 422))
    values = {
        "name": "By certificate",
        "partner_tenant_id": django_settings.PARTNER_TENANT_ID,
        "client_id": django_settings.PARTNER_CLIENT_ID,
    }
    progress = where(client.post(f"{LIST}add/", values))
    run_due_jobs()
    row = PartnerConnection.objects.get(mode="application")
    made = page(client.get(progress))
    assert "The certificate has been made." in words(made)
    assert f'href="{LIST}{row.id}/certificate/"' in made
    seen = told(client, f"{LIST}{row.id}/")
    assert "Not set up yet" in seen
    assert "A certificate waits to be uploaded." in seen
    answer = client.get(f"{LIST}{row.id}/certificate/")
    assert answer.content.decode() == row.next_certificate
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tenantry-by-certificate.cer"'
    assert "PRIVATE" not in answer.content.decode()

    client.post(f"{LIST}{row.id}/check/")
    run_due_jobs()
    checked = runs.latest("check_connection", row.id)
    assert checked is not None
    assert "Microsoft does not know the certificate yet." in told(client, f"{LIST}runs/{checked.id}/")
    house.sandbox.post(f"/_sandbox/entra/applications/{row.client_id}/certificates", {"pem": row.next_certificate})
    client.post(f"{LIST}{row.id}/check/")
    run_due_jobs()
    assert "In use until" in told(client, f"{LIST}{row.id}/")
    assert re.search("By certificate Works, needs attention", told(client, LIST))


def test_a_connection_without_a_certificate_has_none_to_hand_out(house: House) -> None:
    assert owner(house).get(address(house, "certificate/")).status_code == 404


def test_removal_asks_for_the_name_and_wipes(house: House) -> None:
    client = owner(house)
    asked = page(client.get(address(house)))
    assert 'data-dialog="remove-connection"' in asked
    wrong = client.post(address(house, "remove/"), {"confirmed_name": "Kestrel"})
    assert "This is not the name of the connection." in words(page(wrong, 422))
    house.connection.refresh_from_db()
    assert house.connection.removed_at is None

    answer = client.post(address(house, "remove/"), {"confirmed_name": "Kestrel IT Services"})
    assert "Kestrel IT Services is removed and its secrets are wiped." in followed(client, answer)
    house.connection.refresh_from_db()
    assert house.connection.sealed_refresh_token is None
    assert client.get(address(house)).status_code == 404


def test_removal_says_what_it_does_to_each_kind_of_connection(house: House) -> None:
    client = owner(house)
    assert "somebody grants consent anew" in told(client, address(house, "remove/"))
    change(house, mode=ConnectionMode.APPLICATION)
    asked = told(client, address(house, "remove/"))
    assert "a new certificate is made and uploaded" in asked
    assert "consent" not in asked


def test_removal_waits_for_its_companies(house: House) -> None:
    house.add_company()
    client = owner(house)
    assert "1 company uses this connection. While that is so it cannot be removed." in told(client, address(house))
    shut = page(client.get(address(house, "remove/")))
    assert "Go to the companies" in words(shut)
    assert "confirmed_name" not in shut
    answer = client.post(address(house, "remove/"), {"confirmed_name": "Kestrel IT Services"})
    assert "1 companies still use this connection." in words(page(answer, 422))
    house.connection.refresh_from_db()
    assert house.connection.removed_at is None


def test_no_page_shows_a_secret(house: House) -> None:
    client = owner(house)
    run = RunRecord.objects.get(
        id=where(client.post(address(house, "direct-csp/"), {"tenant": HARBOUR})).split("/")[-2]
    )
    run_direct_csp_test(run.id, tenant_id=HARBOUR, staff_id="")
    assert RunRecord.objects.get(id=run.id).state == RunState.DONE
    for shown in (LIST, address(house), f"{LIST}add/", f"{LIST}runs/{run.id}/"):
        markup = page(client.get(shown))
        assert django_settings.PARTNER_CLIENT_SECRET not in markup
        assert "eyJ" not in markup
        assert "rehearsal-refresh-token" not in markup
