"""Company › End User Portal: the switch, inviting in all its cases, and what is done about somebody's access."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from tenantry.branding.actions import Look, set_brand
from tenantry.connection.models import DirectCsp, PartnerConnection
from tenantry.kernel import clock
from tenantry.people import actions, queries
from tenantry.people.models import Company, EndUser, EndUserRole, SignInRecord, StaffRole
from tenantry.people.outcomes import Invited
from tests.people.house import DANA, GREENFIELD_TENANT, HARBOUR_TENANT, NORDLYS_TENANT, House, audit_verbs
from tests.support.people import make_end_user, make_person
from tests.support.sandbox import SandboxHandle
from tests.web.backoffice.visitors import admin_of, page, staff_of, strangers, told, words

EDWARD = "edward.finch@harbourvale.example"


@pytest.fixture
def milan(small: House) -> Client:
    """An admin for all companies."""
    return staff_of(StaffRole.ADMIN)


@pytest.fixture
def portal(small: House) -> str:
    """The page of Harbour & Vale."""
    return f"/office/c/{small.harbour}/portal/"


def invited(small: House, email: str = EDWARD) -> EndUser:
    outcome = actions.invite_end_user(
        acting_as=DANA, company_id=small.harbour, email=email, role=EndUserRole.VIEW, now=clock.now()
    )
    assert isinstance(outcome, Invited)
    return EndUser.objects.get(id=outcome.end_user_id)


def address(end_user: EndUser, what: str = "") -> str:
    return f"/office/c/{end_user.company_id}/portal/users/{end_user.id}/{what}"


def tried(small: House, end_user: EndUser | None, reason: str = "other_name", oid: str = "new-oid") -> SignInRecord:
    return SignInRecord.objects.create(
        happened_at=clock.now() - timedelta(minutes=5),
        accepted=False,
        reason=reason,
        company_id=small.harbour,
        tid=HARBOUR_TENANT,
        oid=oid,
        tenant_name="Harbour & Vale Ltd",
        name="Eddie Finch",
        username="eddie@harbourvale.example",
        end_user=end_user,
    )


def test_switching_off_asks_and_signs_everybody_out_at_once(
    small: House, harbour_vale: Company, milan: Client, portal: str
) -> None:
    anna = admin_of(harbour_vale)
    assert anna.get(f"/c/{small.harbour}/people/").status_code == 200
    asked = told(milan, f"{portal}switch/")
    assert "Switch the portal of Harbour & Vale Ltd off? 1 person is signed out at once, with the next click." in asked
    before = len(audit_verbs())
    assert milan.post(f"{portal}switch/", {"to": "off"}).headers["Location"] == portal
    assert audit_verbs()[before:] == ["portal.disabled"]
    assert anna.get(f"/c/{small.harbour}/people/").headers["Location"].startswith("/sign-in/?")
    text = told(milan, portal)
    assert "The End User Portal of Harbour & Vale Ltd is switched off." in text
    assert "What they confirm is ordered at Microsoft. Switch the portal on" in text
    milan.post(f"{portal}switch/", {"to": "on"})
    assert Company.objects.get(id=small.harbour).portal_enabled
    assert "is switched on." in told(milan, portal)


def test_without_direct_csp_the_portal_cannot_be_switched_on_and_the_page_says_so(
    small: House, milan: Client, portal: str
) -> None:
    Company.objects.update(portal_enabled=False)
    PartnerConnection.objects.update(direct_csp=DirectCsp.UNSET)
    markup = page(milan.get(portal))
    assert "once Direct CSP is set on the partner connection Kestrel IT Services." in words(markup)
    assert 'href="/office/delegated-admin/"' in markup
    assert "Switch the portal on" not in markup
    milan.post(f"{portal}switch/", {"to": "on"})
    assert "Direct CSP is not set on the partner connection Kestrel IT Services. Under “Delegated Admin”" in told(
        milan, portal
    )
    assert not Company.objects.get(id=small.harbour).portal_enabled


def test_an_address_of_the_companys_own_tenant_is_invited(small: House, milan: Client, portal: str) -> None:
    answer = milan.post(f"{portal}users/", {"email": EDWARD, "role": "modify"})
    end_user = EndUser.objects.get()
    assert answer.headers["Location"] == address(end_user)
    assert (end_user.email, end_user.role, end_user.pinned_tenant_id) == (EDWARD, "modify", HARBOUR_TENANT)
    markup = page(milan.get(address(end_user)))
    text = words(markup)
    assert f"{EDWARD} is invited. No mail goes out by itself." in text
    assert "The address is not a secret: only the invited Microsoft account gets in." in text
    assert f"/sign-in/?as={EDWARD.replace('@', '%40')}" in markup
    assert f"sign in with Microsoft as {EDWARD}, by " in markup
    assert f"{EDWARD} Modify Invited Can sign in until" in told(milan, portal)
    assert "Nobody can sign in until it is switched on." not in text
    Company.objects.update(portal_enabled=False)
    assert "Nobody can sign in until it is switched on." in told(milan, address(end_user))


def test_the_page_of_somebody_invited_begins_with_the_text_to_send(small: House, milan: Client, portal: str) -> None:
    set_brand(
        acting_as=DANA,
        look=Look(portal_name="Kestrel Portal", support_name="Service desk", support_email="help@kestrel-it.example"),
        now=clock.now(),
    )
    milan.post(f"{portal}users/", {"email": EDWARD, "role": "modify"})
    end_user = EndUser.objects.get()
    markup = page(milan.get(address(end_user)))
    assert words(re.findall(r"<h2.*?</h2>", markup)[0]) == "Send the invitation"
    assert [words(one) for one in re.findall(r"button-primary.*?>(.*?)</button>", markup)] == ["Copy the text"]
    written = re.search(r"<textarea[^>]*>(.*?)</textarea>", markup, re.DOTALL)
    assert written is not None
    text = unescape(written[1]).strip()
    day = date_format(localtime(end_user.expires_at), "l, j F Y")
    assert text == (
        "Hello,\n\n"
        "you now have access to the portal Kestrel Portal, for the Microsoft subscriptions of Harbour & Vale Ltd.\n\n"
        "Your role is Modify. You can see the subscriptions and change the number of seats.\n\n"
        f"Open this address and sign in with Microsoft as {EDWARD}, by {day}:\n"
        f"{queries.invitation_link(EDWARD)}\n\n"
        "Questions: Service desk, help@kestrel-it.example\n\n"
        "Admin of staff\nKestrel Portal"
    )
    mail = re.search(r'href="(mailto:[^"]+)"', markup)
    assert mail is not None
    opened = urlsplit(unescape(mail[1]))
    assert opened.path == EDWARD
    assert parse_qs(opened.query) == {
        "subject": ["Your access to the Microsoft subscriptions of Harbour & Vale Ltd"],
        "body": [text.replace("\n", "\r\n")],
    }


def test_the_page_of_somebody_who_signed_in_or_came_too_late_begins_with_what_matters_then(
    small: House, milan: Client, portal: str
) -> None:
    milan.post(f"{portal}users/", {"email": EDWARD, "role": "modify"})
    end_user = EndUser.objects.get()
    told(milan, address(end_user))  # the message about the invitation is read
    EndUser.objects.update(expires_at=clock.now() - timedelta(days=1))
    markup = page(milan.get(address(end_user)))
    assert [words(one) for one in re.findall(r"button-primary.*?>(.*?)</button>", markup)] == ["Renew for 14 days"]
    assert "Send the invitation" not in markup
    EndUser.objects.update(person=make_person(HARBOUR_TENANT, "edward", "Edward Finch", EDWARD))
    markup = page(milan.get(address(end_user)))
    assert words(re.findall(r"<h2.*?</h2>", markup)[0]) == "Facts"
    assert "button-primary" not in markup


def test_an_address_of_another_tenant_is_asked_about_once_more(small: House, milan: Client, portal: str) -> None:
    form = {"email": "kari.moen@nordlys-shipping.example", "role": "view"}
    asked = page(milan.post(f"{portal}users/", form))
    assert "nordlys-shipping.example belongs to another tenant" in words(asked)
    assert f"the domain of Nordlys Shipping AS (tenant {NORDLYS_TENANT})." in words(asked)
    assert f'name="confirmed_tenant_id" value="{NORDLYS_TENANT}"' in asked
    back = re.search(r'href="([^"]+)#add-head"', asked)
    assert back is not None
    assert f'value="{form["email"]}"' in page(milan.get(unescape(back[1])))
    assert not EndUser.objects.exists()
    milan.post(f"{portal}users/", form | {"confirmed_tenant_id": GREENFIELD_TENANT})
    assert not EndUser.objects.exists()
    milan.post(f"{portal}users/", form | {"confirmed_tenant_id": NORDLYS_TENANT})
    assert EndUser.objects.get().pinned_tenant_id == NORDLYS_TENANT
    assert "Nordlys Shipping AS other tenant" in told(milan, address(EndUser.objects.get()))


def test_the_partners_own_tenant_is_named_as_such(small: House, milan: Client, portal: str) -> None:
    asked = page(milan.post(f"{portal}users/", {"email": "petra.lang@kestrel-it.example", "role": "view"}))
    assert "Microsoft says that it is the domain of your own tenant, the partner's." in words(asked)
    assert "none of your customers" not in words(asked)
    assert not EndUser.objects.exists()


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("edward@nobody-has-this.example", "Microsoft knows no tenant for nobody-has-this.example"),
        ("edward@outlook.com", "outlook.com holds personal accounts"),
        ("edward", "This is no e-mail address. Write one such as name@example.com."),
    ],
)
def test_what_cannot_be_invited_is_refused_with_the_reason(
    small: House, milan: Client, portal: str, email: str, sentence: str
) -> None:
    markup = page(milan.post(f"{portal}users/", {"email": email, "role": "view"}), 422)
    assert sentence in words(markup)
    assert f'value="{email}"' in markup
    assert not EndUser.objects.exists()


def test_an_address_with_other_letters_is_shown_as_it_is_kept_before_anybody_is_invited(
    small: House, sandbox: SandboxHandle, milan: Client, portal: str
) -> None:
    shown = page(milan.post(f"{portal}users/", {"email": "edward@weißbrot.example", "role": "admin"}), 422)
    assert "edward@weißbrot.example is kept as edward@xn--weibrot-2va.example" in words(shown)
    assert 'value="edward@xn--weibrot-2va.example"' in shown
    assert '<option value="admin" selected>' in shown
    assert not EndUser.objects.exists()
    assert not [entry for entry in sandbox.journal() if "openid-configuration" in str(entry["path"])]

    refused = page(milan.post(f"{portal}users/", {"email": "edward@xn--weibrot-2va.example", "role": "admin"}), 422)
    assert "Microsoft knows no tenant for xn--weibrot-2va.example" in words(refused)


@pytest.mark.parametrize("email", ["edward@☃.example", "edwärd@harbourvale.example", "edward@a\u202eb.example"])
def test_an_address_that_nobody_can_have_is_refused_as_it_was_typed(
    small: House, milan: Client, portal: str, email: str
) -> None:
    shown = page(milan.post(f"{portal}users/", {"email": email, "role": "view"}), 422)
    assert "This is no e-mail address. Write one such as name@example.com." in words(shown)
    assert f'value="{email}"' in shown


def test_an_invitation_is_stored_unusable_while_microsoft_cannot_be_asked(
    small: House, sandbox: SandboxHandle, milan: Client, portal: str
) -> None:
    sandbox.fault("status", path="*openid-configuration*", status=503)
    milan.post(f"{portal}users/", {"email": EDWARD, "role": "view"})
    end_user = EndUser.objects.get()
    markup = page(milan.get(address(end_user)))
    text = words(markup)
    assert "is saved, but cannot be used yet" in text
    assert 'class="message tone-caution"' in markup
    assert "Microsoft could not be asked whose the domain is. It is asked again by itself." in text
    assert "Send" not in text


def test_a_later_look_up_that_finds_another_tenant_waits_for_a_person(small: House, milan: Client) -> None:
    end_user = invited(small)
    EndUser.objects.filter(id=end_user.id).update(
        pinned_tenant_id="", pinned_tenant_name="", look_up="organisation", found_tenant_id=NORDLYS_TENANT
    )
    assert "Until you confirm it, nobody can sign in with this invitation." in told(milan, address(end_user))
    milan.post(address(end_user, "tenant/"), {"tenant_id": GREENFIELD_TENANT})
    assert "somebody changed it meanwhile" in told(milan, address(end_user))
    milan.post(address(end_user, "tenant/"), {"tenant_id": NORDLYS_TENANT})
    end_user.refresh_from_db()
    assert end_user.pinned_tenant_id == NORDLYS_TENANT


def test_a_role_is_changed_from_the_next_click_on(small: House, harbour_vale: Company, milan: Client) -> None:
    anna = admin_of(harbour_vale)
    access = EndUser.objects.get()
    before = len(audit_verbs())
    milan.post(address(access, "role/"), {"role": "view"})
    assert audit_verbs()[before:] == ["end_user.role_changed"]
    assert "Anna Lindqvist has the role View now." in told(milan, address(access))
    assert anna.get(f"/c/{small.harbour}/people/").status_code == 403
    assert milan.post(address(access, "role/"), {"role": "king"}).status_code == 422
    access.refresh_from_db()
    assert access.role == "view"


def test_access_is_taken_away_after_asking(small: House, harbour_vale: Company, milan: Client, portal: str) -> None:
    anna = admin_of(harbour_vale)
    access = EndUser.objects.get()
    assert "Remove the access of Anna Lindqvist to Harbour & Vale Ltd?" in told(milan, address(access, "remove/"))
    assert milan.post(address(access, "remove/")).headers["Location"] == portal
    assert "Anna Lindqvist has no access any more." in told(milan, portal)
    assert anna.get(f"/c/{small.harbour}/").status_code == 302
    assert milan.get(address(access)).status_code == 404


def test_an_expired_invitation_is_renewed(small: House, milan: Client, portal: str) -> None:
    end_user = invited(small)
    told(milan, address(end_user))  # the message about the invitation is read
    EndUser.objects.update(expires_at=clock.now() - timedelta(hours=1))
    assert "Invitation expired" in told(milan, portal)
    milan.post(address(end_user, "renew/"))
    assert f"The invitation of {EDWARD} can be used for 14 days." in told(milan, address(end_user))
    end_user.refresh_from_db()
    assert end_user.expires_at > clock.now() + timedelta(days=13)


def test_bind_shows_who_tried_and_binds_for_good(small: House, milan: Client, portal: str) -> None:
    end_user = invited(small)
    sign_in = tried(small, end_user)
    markup = page(milan.get(portal))
    bind = address(end_user, f"bind/{sign_in.id}/")
    assert "Eddie Finch eddie@harbourvale.example, Harbour & Vale Ltd The right tenant, but a user name" in words(
        markup
    )
    assert f'href="{bind}"' in markup
    asked = told(milan, bind)
    assert "Name Eddie Finch User name at Microsoft eddie@harbourvale.example Tenant Harbour & Vale Ltd" in asked
    before = len(audit_verbs())
    assert milan.post(bind).headers["Location"] == address(end_user)
    assert audit_verbs()[before:] == ["end_user.bound"]
    end_user.refresh_from_db()
    assert end_user.person is not None
    assert (end_user.person.tid, end_user.person.oid) == (HARBOUR_TENANT, "new-oid")
    assert "Eddie Finch can sign in now." in told(milan, address(end_user))
    assert milan.post(bind).status_code == 404


def test_a_try_that_may_be_either_of_two_is_bound_where_the_person_is(small: House, milan: Client, portal: str) -> None:
    first, second = invited(small), invited(small, "chloe.adeyemi@harbourvale.example")
    sign_in = tried(small, None)
    markup = page(milan.get(portal))
    assert "Several invitations wait: open the right one above to bind." in words(markup)
    assert "/bind/" not in markup
    for one in (first, second):
        assert f'href="{address(one, f"bind/{sign_in.id}/")}"' in page(milan.get(address(one)))


def test_a_sign_in_of_another_kind_is_shown_but_cannot_be_bound(small: House, milan: Client, portal: str) -> None:
    end_user = invited(small)
    for reason, sentence in (
        ("guest", "This account is a guest of the tenant."),
        ("personal", "This was a personal Microsoft account."),
        ("other_tenant", "The address was invited, but this account belongs to another tenant."),
    ):
        sign_in = tried(small, end_user, reason)
        assert sentence in told(milan, portal)
        assert milan.post(address(end_user, f"bind/{sign_in.id}/")).status_code == 404
    end_user.refresh_from_db()
    assert end_user.person is None


def test_support_and_billing_look_and_change_nothing(small: House, harbour_vale: Company, portal: str) -> None:
    end_user = invited(small)
    sign_in = tried(small, end_user)
    before = audit_verbs()
    for role in (StaffRole.SUPPORT, StaffRole.BILLING):
        client = staff_of(role)
        text = told(client, portal)
        assert "edward.finch@harbourvale.example View Invited" in text
        for action in ("Add user", "Switch the portal", "Bind"):
            assert action not in text
        assert "Renew" not in told(client, address(end_user))
        for what in ("switch/", "users/"):
            assert client.post(portal + what).status_code == 403
        for what in ("role/", "remove/", "renew/", "tenant/", f"bind/{sign_in.id}/"):
            assert client.post(address(end_user, what)).status_code == 403
    assert audit_verbs() == before


def test_admins_for_named_companies_look_after_theirs_only(
    small: House, harbour_vale: Company, milan: Client, portal: str
) -> None:
    named = staff_of(StaffRole.ADMIN, [harbour_vale])
    assert named.post(f"{portal}users/", {"email": EDWARD, "role": "view"}).status_code == 302
    other = f"/office/c/{small.nordlys}/portal/"
    assert named.get(other).status_code == 404
    assert named.post(f"{other}users/", {"email": EDWARD, "role": "view"}).status_code == 404
    crossed = reverse("office:end_user", args=[small.nordlys, EndUser.objects.get().id])
    assert milan.get(crossed).status_code == 404
    for who, (client, status) in strangers(harbour_vale).items():
        assert client.get(portal).status_code == status, who
        assert client.post(f"{portal}users/").status_code == status, who


def test_a_person_of_two_companies_keeps_the_other_one(small: House, milan: Client) -> None:
    person = make_person(HARBOUR_TENANT, "oid", "Anna Lindqvist", "anna@harbourvale.example")
    first, second = (make_end_user(UUID(str(one)), person, EndUserRole.VIEW) for one in (small.harbour, small.nordlys))
    milan.post(address(first, "remove/"))
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.removed_at is not None
    assert second.removed_at is None


def test_who_may_not_change_a_portal_is_told_who_can(small: House, harbour_vale: Company) -> None:
    Company.objects.filter(id=harbour_vale.id).update(portal_enabled=False)
    address = f"/office/c/{harbour_vale.id}/portal/"
    for who, told_so in ((StaffRole.SUPPORT, True), (StaffRole.ADMIN, False)):
        text = told(staff_of(who), address)
        assert ("An Owner or Admin can switch it on." in text) is told_so
        assert ("Switch the portal on" in text) is not told_so


def test_a_page_with_one_side_has_no_tabs(small: House, harbour_vale: Company) -> None:
    for client, address, tabs in (
        (staff_of(StaffRole.OWNER), "/office/companies/", True),
        (staff_of(StaffRole.SUPPORT, [harbour_vale]), "/office/companies/", False),
        (staff_of(StaffRole.OWNER), "/office/people/", True),
        (staff_of(StaffRole.ADMIN), "/office/people/", False),
    ):
        assert ('class="tabs"' in page(client.get(address))) is tabs, address
