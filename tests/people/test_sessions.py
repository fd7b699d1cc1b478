"""Sessions: what the database has of them, how they end, and the pace of those that begin."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.people import actions
from tenantry.people.models import Session, SignInStart
from tenantry.people.sessions import SessionStore, digest_of, sessions_of
from tenantry.web.sign_in import session
from tests.people.house import DANA, HARBOUR_TENANT, NOW, audit_verbs
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> UUID:
    return make_person(HARBOUR_TENANT, "oid-anna", "Anna Lindqvist", "anna@harbourvale.example").id


def signed_in(person_id: UUID, agent: str = "A browser", address: str | None = "203.0.113.9") -> str:
    """Sign somebody in and return the key that their browser has."""
    store, now = SessionStore(), clock.now()
    session.begin(store, person_id=person_id, proved_at=now, now=now, origin=actions.Origin(address, agent))
    store.save()
    return store.session_key or ""


def test_the_database_opens_no_session(anna: UUID) -> None:
    key = signed_in(anna)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_session')")
        assert cursor.fetchone() == (None,)
        cursor.execute("SELECT people_session::text FROM people_session")
        [(stored,)] = cursor.fetchall()
    assert key not in stored
    assert digest_of(key) in stored
    assert SessionStore(key).get("person_id") == str(anna)
    for stolen in (digest_of(key), digest_of(key)[:32], stored):
        assert SessionStore(stolen).get("person_id") is None


def test_a_session_is_found_kept_renamed_and_forgotten() -> None:
    store = SessionStore()
    store["a"] = 1
    store.save()
    first = store.session_key or ""
    assert store.exists(first)
    store["a"] = 2
    store.save()
    assert SessionStore(first)["a"] == 2
    store.cycle_key()
    assert SessionStore(first).get("a") is None
    assert SessionStore(store.session_key)["a"] == 2
    gone = SessionStore(store.session_key)
    assert gone["a"] == 2
    store.flush()
    assert not Session.objects.exists()
    gone["a"] = 3
    with pytest.raises(UpdateError):  # it was ended while somebody else's request was under way
        gone.save()
    assert not Session.objects.exists()


def test_what_is_over_is_not_read_and_goes(anna: UUID) -> None:
    key = signed_in(anna)
    with time_machine.travel(clock.now() + timedelta(hours=11), tick=False):
        assert SessionStore(key).get("person_id") is None
        SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_a_person_is_shown_the_browsers_in_which_they_are_signed_in(anna: UUID) -> None:
    signed_in(make_person(HARBOUR_TENANT, "oid-ben", "Ben", "ben@harbourvale.example").id)
    first = signed_in(anna, "One")
    with time_machine.travel(clock.now() + timedelta(minutes=30), tick=False):
        second = signed_in(anna, "Two", None)
        now = clock.now()
        rows = sessions_of(anna, now)
        assert [(row.digest, row.agent, row.address) for row in rows] == [
            (digest_of(second), "Two", ""),
            (digest_of(first), "One", "203.0.113.9"),
        ]
        assert (rows[0].signed_in_at, rows[0].seen_at) == (now, now)
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        assert [row.agent for row in sessions_of(anna, clock.now())] == ["Two"]  # the other one was idle for an hour


def test_sessions_are_ended_and_the_end_is_recorded(anna: UUID) -> None:
    here, there, elsewhere = (signed_in(anna) for _each in range(3))
    other = signed_in(make_person(HARBOUR_TENANT, "oid-ben", "Ben", "ben@harbourvale.example").id)
    own = Actor(ActorKind.END_USER, str(anna), "Anna Lindqvist", "Anna Lindqvist", whole_partner=False)

    def end(**which: str) -> int:
        return actions.end_sessions(acting_as=own, person_id=anna, now=NOW, **which)

    before = len(audit_verbs())
    assert end(only=digest_of(other)) == 0  # somebody else's
    assert end(only="what nobody has") == 0
    assert end(only=digest_of(here), keep=digest_of(here)) == 0
    assert audit_verbs()[before:] == []
    assert end(only=digest_of(there)) == 1
    assert end(keep=digest_of(here)) == 1
    assert set(Session.objects.values_list("digest", flat=True)) == {digest_of(here), digest_of(other)}
    assert SessionStore(elsewhere).get("person_id") is None
    assert audit_verbs()[before:] == ["session.ended", "session.ended"]
    row = AuditRow.objects.filter(verb="session.ended").first()
    assert row is not None
    assert (row.subject_name, row.before) == ("Anna Lindqvist", {"sessions": 1})
    assert actions.end_sessions(acting_as=DANA, person_id=anna, now=NOW) == 1
    assert actions.end_sessions(acting_as=DANA, person_id=uuid4(), now=NOW) == 0


def test_sign_ins_that_begin_are_paced_per_address_and_for_everybody(settings: Settings) -> None:
    settings.SIGN_INS_PER_ADDRESS, settings.SIGN_INS_PER_MINUTE = 3, 5

    def begin(address: str | None, seconds: float = 0) -> int:
        return actions.begin_sign_in(address=address, now=NOW + timedelta(seconds=seconds))

    assert [begin("203.0.113.9", second) for second in (0, 10, 20, 30, 30)] == [0, 0, 0, 30, 30]
    assert [begin("198.51.100.1", 30), begin("::ffff:198.51.100.1", 30)] == [0, 0]
    assert begin("192.0.2.1", 30) == 30  # five in this minute, whoever they are
    assert begin("203.0.113.9", 60) == 0  # the first one is a minute old
    assert begin("203.0.113.9", 60) == 10
    assert SignInStart.objects.count() == 5  # what was refused left nothing, and what is old is gone


@pytest.mark.parametrize(
    ("address", "neighbour", "together"),
    [
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.10", False),
        (None, "203.0.113.9", False),
    ],
)
def test_one_visitor_is_one_address_and_in_ipv6_one_network(
    settings: Settings, address: str | None, neighbour: str, together: bool
) -> None:
    settings.SIGN_INS_PER_ADDRESS = 1
    assert actions.begin_sign_in(address=address, now=NOW) == 0
    assert (actions.begin_sign_in(address=neighbour, now=NOW) > 0) is together


@given(typed=st.text(max_size=6))
def test_only_c1_to_c99_are_authentication_contexts(typed: str) -> None:
    allowed = {f"c{number}" for number in range(1, 100)}
    read = actions.read_context(typed)
    assert read == (typed.strip().lower() if typed.strip().lower() in allowed else "")


@pytest.mark.parametrize(
    ("typed", "read"),
    [("c1", "c1"), (" C25 ", "c25"), ("c99", "c99"), ("c0", ""), ("c100", ""), ("c01", ""), ("c٣", ""), ("", "")],
)
def test_contexts_as_people_write_them(typed: str, read: str) -> None:
    assert actions.read_context(typed) == read
