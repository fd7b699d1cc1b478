"""What a person chooses for themselves."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tenantry.people import actions
from tenantry.people.access import viewer
from tenantry.people.models import EndUserRole, Person, StaffRole
from tests.people.house import DANA, HARBOUR_TENANT, NOW, PARTNER_TENANT, audit_verbs, make_house
from tests.support.people import make_end_user, make_person, make_staff

pytestmark = pytest.mark.django_db


def test_they_are_stored_once_and_records_keep_microsofts_name() -> None:
    house = make_house()
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna Lindqvist", "anna@harbourvale.example")
    make_end_user(house.harbour, person, EndUserRole.VIEW)
    for _ in range(2):
        outcome = actions.set_preferences(
            acting_as=DANA,
            person_id=person.id,
            display_name="  Anni   L. ",
            language="en-gb",
            theme="dark",
            time_zone="Europe/Berlin",
            default_company_id=house.harbour,
            now=NOW,
        )
        assert outcome is None
    who = viewer(person.id)
    assert who is not None
    assert (who.person.shown_name, who.person.language, who.person.theme) == ("Anni L.", "en-gb", "dark")
    assert who.person.time_zone == "Europe/Berlin"
    assert who.person.default_company_id == house.harbour
    assert who.acting_as().name == "Anna Lindqvist"
    assert audit_verbs()[-1] == "preferences.changed"
    assert audit_verbs().count("preferences.changed") == 1


def test_only_what_the_person_sees_can_be_chosen() -> None:
    house = make_house()
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna Lindqvist", "anna@harbourvale.example")
    make_end_user(house.harbour, person, EndUserRole.VIEW)

    def refused(person_id: UUID, **wanted: Any) -> bool:
        choice = {"display_name": "", "language": "", "theme": "", "time_zone": ""} | wanted
        outcome = actions.set_preferences(acting_as=DANA, person_id=person_id, now=NOW, **choice)
        return outcome is not None and outcome.reason == "gone"

    assert refused(person.id, default_company_id=house.nordlys)
    assert refused(person.id, default_connection_id=house.connection.id)
    assert refused(person.id, language="tlh")
    assert refused(person.id, theme="sepia")
    assert refused(uuid4())
    assert Person.objects.get(id=person.id).theme == ""


def test_staff_choose_a_connection() -> None:
    house = make_house()
    person = make_person(PARTNER_TENANT, "oid-sam", "Sam", "sam@kestrel-it.example")
    make_staff(person, StaffRole.SUPPORT)
    outcome = actions.set_preferences(
        acting_as=DANA,
        person_id=person.id,
        display_name="",
        language="",
        theme="",
        time_zone="",
        default_connection_id=house.connection.id,
        now=NOW,
    )
    assert outcome is None
    assert Person.objects.get().default_connection_id == house.connection.id
