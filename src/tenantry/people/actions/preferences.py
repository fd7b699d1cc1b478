"""What a person chooses for themselves."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tenantry.audit import actions as audit
from tenantry.connection.models import PartnerConnection
from tenantry.kernel import zones
from tenantry.kernel.actor import Actor
from tenantry.kernel.refusals import Refusal
from tenantry.people.access import viewer
from tenantry.people.actions.companies import gone, no_such_zone
from tenantry.people.models import Person

THEMES = ("", "light", "dark")
_FIELDS = ("display_name", "language", "theme", "time_zone", "default_company_id", "default_connection_id")


@transaction.atomic
def set_preferences(
    *,
    acting_as: Actor,
    person_id: UUID,
    display_name: str,
    language: str,
    theme: str,
    time_zone: str,
    now: datetime,
    default_company_id: UUID | None = None,
    default_connection_id: UUID | None = None,
) -> Refusal | None:
    """Store the preferences of a person; empty texts mean: as Microsoft, the browser or the system says.

    A default company or connection must be one that the person sees.
    """
    person = Person.objects.select_for_update().filter(id=person_id).first()
    seen = viewer(person_id)
    if person is None or seen is None:
        return gone()
    if language not in {"", *dict(settings.LANGUAGES)} or theme not in THEMES:
        return gone()
    if time_zone and time_zone not in zones.offered():
        return no_such_zone(time_zone)
    if default_company_id is not None and seen.company(default_company_id) is None:
        return gone()
    if default_connection_id is not None and (
        seen.staff is None or not PartnerConnection.objects.filter(id=default_connection_id, removed_at=None).exists()
    ):
        return gone()
    before = _described(person)
    person.display_name = " ".join(display_name.split())[:100]
    person.language = language
    person.theme = theme
    person.time_zone = time_zone
    person.default_company_id = default_company_id
    person.default_connection_id = default_connection_id
    after = _described(person)
    if before != after:
        person.save(update_fields=_FIELDS)
        audit.record(
            acting_as=acting_as,
            verb="preferences.changed",
            subject_kind="person",
            subject_id=str(person.id),
            subject_name=person.name,
            before=before,
            after=after,
            now=now,
        )
    return None


def _described(person: Person) -> dict[str, object]:
    return {name: None if (value := getattr(person, name)) is None else str(value) for name in _FIELDS}
