"""Settings: the look, the logo, the notification address, limits, retention and the stop switch."""

import re

import pytest
from django import forms
from django.test import Client

from tenantry.audit.models import AuditRow
from tenantry.branding import queries as branding
from tenantry.jobs import retention
from tenantry.licensing.ledger import current_limits, current_stop
from tenantry.notices import queries as notices
from tenantry.people.models import Company, StaffRole
from tenantry.web.backoffice.forms import OfficeForm
from tests.people.house import House, audit_verbs
from tests.web.backoffice.visitors import admin_of, page, staff_of, strangers, told, words

PAGE = "/office/settings/"


@pytest.fixture
def milan(small: House) -> Client:
    """An admin."""
    return staff_of(StaffRole.ADMIN)


def test_settings_are_for_admins_and_owners(small: House, harbour_vale: Company) -> None:
    forms = ("look", "logo", "logo/save", "logo/discard", "logo/remove", "notices", "limits", "retention", "stop", "go")
    before = audit_verbs()
    for role in StaffRole:
        client = staff_of(role)
        allowed = role in (StaffRole.ADMIN, StaffRole.OWNER)
        assert client.get(PAGE).status_code == (200 if allowed else 403)
        for place in ("contrast", "limits", "notices", "retention", "addresses", "stop"):
            assert client.get(f"{PAGE}{place}/").status_code == (200 if allowed else 403), place
        assert ("Settings" in page(client.get("/office/"))) is allowed
        if not allowed:
            for form in forms:
                assert client.post(f"{PAGE}{form}/").status_code == 403, form
    for who, (client, status) in strangers(harbour_vale).items():
        assert client.get(PAGE).status_code == status, who
        for form in forms:
            assert client.post(f"{PAGE}{form}/").status_code == status, (who, form)
    assert audit_verbs() == before


@pytest.mark.parametrize("typed", ["1.000", "1,000", "1_000", "+20", "1e3", "２０", "٢٠", " ", "many"])
def test_what_is_no_plain_number_is_refused_and_stays_as_it_was_typed(milan: Client, typed: str) -> None:
    before = (current_limits().changes_per_day, current_limits().seats_per_change, retention.kept().call_days)
    limits = {"changes_per_day": typed, "seats_per_change": typed, "seats_per_cancellation": typed}
    days = {"call_days": typed, "run_days": typed, "sign_in_days": typed}
    for form, fields in (("limits", limits), ("retention", days)):
        shown = page(milan.post(f"{PAGE}{form}/", fields), 422)
        sentence = "Write a whole number without points or commas, such as 1000."
        assert words(shown).count(sentence) >= len(fields), form
        assert shown.count(f'value="{typed}"') == len(fields), form
    assert (current_limits().changes_per_day, current_limits().seats_per_change, retention.kept().call_days) == before


def test_the_notification_address_is_shown_as_it_is_kept_before_it_is(milan: Client) -> None:
    shown = page(milan.post(f"{PAGE}notices/", {"address": "alerts@weißbrot.example"}), 422)
    assert "alerts@weißbrot.example is kept as alerts@xn--weibrot-2va.example" in words(shown)
    assert 'value="alerts@xn--weibrot-2va.example"' in shown
    assert notices.address() == ""
    milan.post(f"{PAGE}notices/", {"address": "alerts@xn--weibrot-2va.example"})
    assert notices.address() == "alerts@xn--weibrot-2va.example"


def test_the_stop_switch_is_thrown_with_a_reason_and_shown_on_every_page(
    small: House, harbour_vale: Company, milan: Client
) -> None:
    assert "Nothing is written here. Fill it in." in words(page(milan.post(f"{PAGE}stop/", {"reason": ""}), 422))
    assert current_stop().stopped_at is None
    before = len(audit_verbs())
    asked = page(milan.post(f"{PAGE}stop/", {"reason": "The price list is wrong"}))
    assert "Stop sending to Microsoft, for every company?" in asked
    assert (current_stop().stopped_at, audit_verbs()[before:]) == (None, [])
    confirmed = {"reason": "The price list is wrong", "sure": "yes"}
    assert milan.post(f"{PAGE}stop/", confirmed).headers["Location"] == f"{PAGE}stop/"
    assert audit_verbs()[before:] == ["stop_switch.thrown"]
    assert current_stop().reason == "The price list is wrong"
    assert "The stop switch is on. Nothing more is sent to Microsoft; orders wait." in told(milan, f"{PAGE}stop/")
    samuel = staff_of(StaffRole.SUPPORT)
    for client, address in ((milan, "/office/"), (samuel, "/office/orders/")):
        banner = page(client.get(address))
        assert "The stop switch is on." in banner
        assert "<q>The price list is wrong</q>" in banner
        assert ('href="/office/settings/stop/"' in banner) is (client is milan)
    assert milan.post(f"{PAGE}go/").headers["Location"] == f"{PAGE}stop/"
    assert audit_verbs()[before:] == ["stop_switch.thrown", "stop_switch.released"]
    assert "The stop switch is on." not in page(milan.get("/office/"))
    assert current_stop().stopped_at is None


def test_limits_are_stored_and_recorded(small: House, milan: Client) -> None:
    milan.post(f"{PAGE}limits/", {"changes_per_day": "5", "seats_per_change": "12", "seats_per_cancellation": "90"})
    assert (current_limits().changes_per_day, current_limits().seats_per_change) == (5, 12)
    row = AuditRow.objects.get(verb="limits.set")
    assert row.before == {"changes_per_day": 20, "seats_per_change": 50, "seats_per_cancellation": 500}
    assert row.after == {"changes_per_day": 5, "seats_per_change": 12, "seats_per_cancellation": 90}
    assert 'value="5"' in page(milan.get(f"{PAGE}limits/"))
    answer = milan.post(f"{PAGE}limits/", {"changes_per_day": "0", "seats_per_change": "many"})
    text = words(page(answer, 422))
    assert "The least is 1. Write a larger number." in text
    assert "Write a whole number without points or commas, such as 1000." in text
    assert current_limits().changes_per_day == 5


@pytest.mark.parametrize(
    ("form", "typed", "sentence"),
    [
        ("limits", {"changes_per_day": "0"}, "The least is 1. Write a larger number."),
        ("limits", {"changes_per_day": "10001"}, "The most is 10000. Write a smaller number."),
        ("limits", {"changes_per_day": "1.5"}, "Write a whole number without points or commas, such as 1000."),
        ("retention", {"call_days": ""}, "Write a whole number without points or commas, such as 1000."),
        ("notices", {"address": "nobody"}, "This is no e-mail address. Write one such as name@example.com."),
        ("stop", {"reason": "x" * 301}, "This has 301 characters, and at most 300 fit. Shorten it."),
        ("stop", {"reason": "a\0b"}, "There is a character in it that cannot be kept. Write it anew."),
        ("look", {"portal_name": "x" * 61}, "This has 61 characters, and at most 60 fit. Shorten it."),
        ("look", {"support_url": "no address"}, "Write a web address that begins with https://."),
    ],
)
def test_a_field_that_cannot_be_taken_says_what_to_write(
    small: House, milan: Client, form: str, typed: dict[str, str], sentence: str
) -> None:
    assert sentence in words(page(milan.post(f"{PAGE}{form}/", typed), 422))


def test_every_form_of_the_office_speaks_for_itself() -> None:
    found = [one for one in subclasses(forms.Form) if one.__module__.startswith("tenantry.web.backoffice.")]
    assert len(found) > 8
    assert [one.__name__ for one in found if not issubclass(one, OfficeForm)] == []


def subclasses(kind: type) -> list[type]:
    return [found for one in kind.__subclasses__() for found in (one, *subclasses(one))]


def test_the_outcome_stands_on_the_page_that_was_saved_once(small: House, milan: Client) -> None:
    limits = {"changes_per_day": "5", "seats_per_change": "12", "seats_per_cancellation": "90"}
    assert milan.post(f"{PAGE}limits/", limits).headers["Location"] == f"{PAGE}limits/"
    assert "The limits are saved." in told(milan, f"{PAGE}limits/")
    assert "The limits are saved." not in told(milan, f"{PAGE}limits/")


@pytest.mark.parametrize(
    ("place", "primary"),
    [
        ("", "Save the look"),
        ("limits/", "Save the limits"),
        ("notices/", "Save the address"),
        ("retention/", "Save the retention"),
        ("addresses/", ""),
        ("stop/", ""),
    ],
)
def test_every_page_has_one_button_in_the_accent_and_lists_the_others(
    small: House, milan: Client, place: str, primary: str
) -> None:
    markup = page(milan.get(f"{PAGE}{place}"))
    assert [words(one) for one in re.findall(r'class="button button-primary[^>]*>(.*?)</', markup, re.DOTALL)] == (
        [primary] if primary else []
    )
    assert "button-danger" not in markup
    listed = re.search(r'<nav class="page-list".*?</nav>', markup, re.DOTALL)
    assert listed is not None
    assert re.findall(r'id="(\w+)" href="([^"]+)"', listed[0]) == [
        ("look", PAGE),
        ("limits", f"{PAGE}limits/"),
        ("notices", f"{PAGE}notices/"),
        ("retention", f"{PAGE}retention/"),
        ("addresses", f"{PAGE}addresses/"),
        ("stop", f"{PAGE}stop/"),
    ]


def test_retention_is_stored(small: House, milan: Client) -> None:
    milan.post(f"{PAGE}retention/", {"call_days": "30", "run_days": "60", "sign_in_days": "90"})
    kept = retention.kept()
    assert (kept.call_days, kept.run_days, kept.sign_in_days) == (30, 60, 90)
    assert "Saved. What is older is deleted tonight." in told(milan, f"{PAGE}retention/")
    answer = milan.post(f"{PAGE}retention/", {"call_days": "0", "run_days": "60", "sign_in_days": "90"})
    assert answer.status_code == 422
    assert retention.kept().call_days == 30


def test_the_notification_address_is_stored_and_tried(small: House, milan: Client) -> None:
    assert "Send a test" not in told(milan, f"{PAGE}notices/")
    milan.post(f"{PAGE}notices/", {"do": "test"})
    assert "There is no notification address yet: save one first." in told(milan, f"{PAGE}notices/")
    assert milan.post(f"{PAGE}notices/", {"address": "nobody"}).status_code == 422
    milan.post(f"{PAGE}notices/", {"address": "alerts@kestrel-it.example"})
    assert notices.address() == "alerts@kestrel-it.example"
    milan.post(f"{PAGE}notices/", {"address": "ignored@kestrel-it.example", "do": "test"})
    assert "In rehearsal no mail leaves: the test message is in the mailbox." in told(milan, f"{PAGE}notices/")
    notice = notices.mailbox().get()
    assert (notice.kind, notice.address) == ("test", "alerts@kestrel-it.example")
    milan.post(f"{PAGE}notices/", {"do": "test"})
    assert notices.mailbox().count() == 2


def test_name_colour_and_help_are_stored(small: House, harbour_vale: Company, milan: Client) -> None:
    look = {
        "portal_name": "Kestrel Portal",
        "accent": "#ffd200",
        "support_name": "Kestrel IT",
        "support_email": "help@kestrel-it.example",
        "support_phone": "+49 30 1234",
        "support_url": "https://help.kestrel-it.example/",
    }
    assert milan.post(f"{PAGE}look/", look).headers["Location"] == PAGE
    current = branding.current()
    assert {name: getattr(current, name) for name in look} == look
    markup = page(milan.get(PAGE))
    assert "Light: Buttons have your colour. Links and edges use #806900" in words(markup)
    assert f'<link rel="stylesheet" href="{current.stylesheet_url}">' in markup
    assert "Kestrel Portal" in page(admin_of(harbour_vale).get(f"/c/{small.harbour}/people/"))
    wrong = look | {"accent": "yellow", "support_email": "nobody", "support_url": "ftp://x"}
    text = words(page(milan.post(f"{PAGE}look/", wrong), 422))
    assert "Write the colour as # and six digits, such as #0b5a72." in text
    assert "This is no mail address." in text
    assert "Write a web address that begins with https://." in text
    assert branding.current().accent == "#ffd200"


def test_contrast_is_shown_while_a_colour_is_typed(small: House, milan: Client) -> None:
    before = audit_verbs()
    for typed, sentence in {
        "#0b5a72": "Light: Buttons and links have your colour.",
        "#FFD200": "Light: Buttons have your colour. Links and edges use #806900: yours could not be read there.",
        "": "Write the colour as # and six digits to see how it looks.",
        "yellow": "Write the colour as # and six digits to see how it looks.",
        "#12": "Write the colour as # and six digits",
    }.items():
        answer = milan.get(f"{PAGE}contrast/", {"accent": typed})
        assert sentence in words(page(answer)), typed
        assert "<html" not in page(answer)
    assert audit_verbs() == before


def test_addresses_are_shown_to_be_copied(small: House, milan: Client) -> None:
    markup = page(milan.get(f"{PAGE}addresses/"))
    for path in ("/office/", "/sign-in/return/", "/office/delegated-admin/consent/return/", "/healthz", "/readyz"):
        assert f'value="http://127.0.0.1:8000{path}"' in markup
