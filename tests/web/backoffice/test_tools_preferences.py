"""What staff choose for themselves."""

from tenantry.audit.models import AuditRow
from tenantry.people.models import Company, Person, StaffRole
from tests.people.house import House
from tests.web.backoffice.visitors import page, staff_of, strangers, told, words

URL = "/office/preferences/"


def test_the_choices_are_kept_and_recorded(small: House) -> None:
    dana = staff_of(StaffRole.OWNER)
    assert "@kestrel-it.example" in told(dana, URL)
    answer = dana.post(URL, {"display_name": " Dana  O. ", "theme": "dark", "connection": str(small.connection.id)})
    assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    person = Person.objects.get(name="Owner of staff")
    assert (person.display_name, person.theme, person.default_connection_id) == ("Dana O.", "dark", small.connection.id)
    row = AuditRow.objects.get(verb="preferences.changed")
    assert (row.actor_name, row.before, row.after) == (
        "Owner of staff",
        {
            "display_name": "",
            "language": "",
            "theme": "",
            "time_zone": "",
            "default_company_id": None,
            "default_connection_id": None,
        },
        {
            "display_name": "Dana O.",
            "language": "",
            "theme": "dark",
            "time_zone": "",
            "default_company_id": None,
            "default_connection_id": str(small.connection.id),
        },
    )
    shown = page(dana.get(URL))
    assert "Your preferences are saved." in words(shown)
    assert 'data-theme="dark"' in shown
    assert "Dana O." in shown


def test_what_nobody_offered_is_not_taken(small: House) -> None:
    dana = staff_of(StaffRole.OWNER)
    for odd in ({"theme": "pink"}, {"connection": "7c7a0d2a-2d3e-4c57-9f5c-0a6f6b1f0001"}, {"display_name": "x" * 101}):
        answer = dana.post(URL, {"display_name": "", "theme": "", "connection": ""} | odd)
        assert "This could not be saved." in words(page(answer, 422))
    assert not AuditRow.objects.filter(verb="preferences.changed").exists()


def test_a_default_connection_is_for_those_who_add_companies(small: House) -> None:
    company = Company.objects.get(id=small.harbour)
    assert "Default connection" in told(staff_of(StaffRole.OWNER), URL)
    samuel = staff_of(StaffRole.SUPPORT)
    assert "Default connection" not in told(samuel, URL)
    samuel.post(URL, {"display_name": "Sam", "theme": "", "connection": str(small.connection.id)})
    assert Person.objects.get(display_name="Sam").default_connection_id is None
    assert "Default connection" not in told(staff_of(StaffRole.ADMIN, [company]), URL)


def test_staff_only(harbour_vale: Company) -> None:
    for who, (client, status) in strangers(harbour_vale).items():
        assert client.get(URL).status_code == status, who
