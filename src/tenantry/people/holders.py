"""Who has a user name at Microsoft now: it can be given to somebody else, while an access stays with its account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from tenantry.kernel.addresses import same_way
from tenantry.people.models import Person, SignInRecord


@dataclass(frozen=True, slots=True)
class Holder:
    """The account that signed in last with a user name."""

    oid: str
    name: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Holders:
    """The holders of user names, by tenant and user name."""

    _latest: Mapping[tuple[str, str], Holder]

    def other_than(self, person: Person | None, address: str) -> Holder | None:
        """Return who has the user name that an access is bound under, where it is not the person who has the access."""
        if person is None:
            return None
        found = self._latest.get((person.tid, same_way(address)))
        return None if found is None or found.oid == person.oid else found


def holders(bound: Iterable[tuple[Person | None, str]], refused: Iterable[SignInRecord]) -> Holders:
    """Return who has the addresses of these accesses now; ``refused`` are sign-ins that were not let in with them."""
    wanted = {(person.tid, same_way(address)) for person, address in bound if person is not None}
    known = (
        Person.objects.annotate(lower_username=Lower("username"))
        .filter(tid__in={tid for tid, _name in wanted}, lower_username__in={name for _tid, name in wanted})
        .order_by("created_at")
    )
    seen = [
        (person.tid, person.username, Holder(person.oid, person.name, person.last_sign_in_at or person.created_at))
        for person in known
    ]
    seen += [(record.tid, record.username, Holder(record.oid, record.name, record.happened_at)) for record in refused]
    latest: dict[tuple[str, str], Holder] = {}
    for tid, username, holder in seen:
        key = (tid, same_way(username))
        if key in wanted and (key not in latest or latest[key].seen_at < holder.seen_at):
            latest[key] = holder
    return Holders(latest)
