"""Every release that was made: its database is brought to this release, and everything in it to its end."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.support.sign_in import sign_in_client
from tests.support.waiting import until
from tests.support.workers import Workers, worker_environment

if TYPE_CHECKING:
    from tests.upgrade.installation import Installation
    from tests.upgrade.life import OpenPage

pytestmark = pytest.mark.slow
# Every term that a dump has a decision for is over then.
AFTER_THE_TERMS = datetime(2027, 6, 1, tzinfo=UTC)
QUICK = {"SETTLE_SECONDS": 3, "ORDER_LEASE_SECONDS": 2, "QUOTA_PER_MINUTE": 6000}
INDEX = Path(__file__).with_name("releases.json")
RELEASES = [release["version"] for release in json.loads(INDEX.read_text())]


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a person landed who sent a form, and what the page says."""

    status: int
    path: str
    page: str


@pytest.fixture(scope="module", params=RELEASES)
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator["Installation"]:
    """The installation after the migrations; its stop switch is still thrown, and no worker runs."""
    from tests.upgrade.installation import upgraded  # Django is ready only now

    with django_db_blocker.unblock(), upgraded(request.param, tmp_path_factory.mktemp("upgrade")) as installation:
        yield installation


@pytest.fixture(scope="module")
def released(migrated: "Installation") -> "Installation":
    """The installation with its stop switch released."""
    from tenantry.licensing import actions, ledger
    from tenantry.licensing.moment import Moment
    from tests.support.house import OWNER

    assert ledger.current_stop().reason == "The release is being changed"
    actions.go(acting_as=OWNER, moment=Moment.current())
    return migrated


@pytest.fixture(scope="module")
def before_sign_in(released: "Installation") -> list[tuple["OpenPage", Answer]]:
    """What the forms of open pages were answered a minute later, in the browsers in which they were open."""
    from tenantry.kernel import clock

    answers = []
    for page in released.kept["pages"]:
        browser = Client(enforce_csrf_checks=True)
        browser.cookies.load(released.kept["cookies"][page["person"]])
        with time_machine.travel(released.moment + timedelta(minutes=1)):
            clock.read_commerce_clock_again()
            answers.append((page, _send(browser, page)))
        clock.read_commerce_clock_again()
    return answers


@pytest.fixture(scope="module")
def after_sign_in(
    released: "Installation", before_sign_in: list[tuple["OpenPage", Answer]]
) -> list[tuple["OpenPage", Answer]]:
    """What the same forms were answered, sent once more after a new sign-in."""
    answers = []
    for page, _ in before_sign_in:
        browser = Client()
        sign_in_client(browser, page["person"])
        answers.append((page, _send(browser, page)))
    return answers


def _send(browser: Client, page: "OpenPage") -> Answer:
    answer = browser.post(page["address"], page["fields"], follow=True)
    return Answer(answer.status_code, answer.request["PATH_INFO"], answer.content.decode())


@pytest.fixture(scope="module")
def ended(released: "Installation", after_sign_in: list[tuple["OpenPage", Answer]]) -> Iterator["Installation"]:
    """The installation after a worker of this release has done everything that waited, and a person what is theirs."""
    from tenantry.licensing import actions
    from tenantry.licensing.models import OPEN_STATES, ChangeOrder
    from tenantry.licensing.moment import Moment
    from tests.support.house import OWNER

    workers = Workers(worker_environment(**QUICK), released.home / "worker.log")
    waiting = _jobs_to_do()
    assert waiting
    try:
        workers.start()
        for order in ChangeOrder.objects.filter(needs_person=True):
            refusal = actions.settle_by_hand(
                acting_as=OWNER, order_id=order.id, took_effect=True, note="It did.", moment=Moment.current()
            )
            assert refusal is None
        until(lambda: not ChangeOrder.objects.filter(state__in=OPEN_STATES).exists(), 90, "ending the orders")
        until(lambda: not waiting & _jobs_to_do(), 60, "doing the jobs")
        yield released
    finally:
        workers.stop()


@pytest.fixture(scope="module")
def terms_over(ended: "Installation") -> "Installation":
    """The installation after the end of every term that something was decided for."""
    from tenantry.jobs.queue import enqueue
    from tenantry.licensing.models import Wish
    from tenantry.people.models import Company

    decided = [uuid.UUID(subscription) for subscription in ended.kept["decisions"]]
    assert Wish.objects.filter(subscription_id__in=decided).count() == len(decided)
    ended.sandbox.clock_set(AFTER_THE_TERMS)
    for company in Company.objects.all():
        enqueue("licensing.refresh_company", company_id=str(company.id))
    until(lambda: not Wish.objects.filter(subscription_id__in=decided).exists(), 60, "the end of the decisions")
    return ended


def _jobs_to_do() -> set[int]:
    """Return the jobs that are due or were begun by a worker that is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs"
            " WHERE status = 'doing' OR status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
        )
        return {number for (number,) in cursor.fetchall()}


def _verified(installation: "Installation") -> str:
    """Have the whole record compared with itself and with the heads that were published before the upgrade."""
    published = installation.home / "published.txt"
    published.write_text(installation.kept["heads"])
    told = installation.tenantry("audit", "verify", "--published", str(published))
    return told.stdout.splitlines()[-1] + told.stderr


def test_the_record_is_whole_after_the_migrations(migrated: "Installation") -> None:
    assert _verified(migrated) == "The audit record is whole."


def test_the_ledger_has_what_was_sent_before(migrated: "Installation") -> None:
    from tenantry.licensing.models import ChangeOrder, Sent

    sent = ChangeOrder.objects.exclude(sent_on=None)
    by_people = set(sent.exclude(actor_kind="system").values_list("id", flat=True))
    changes = Sent.objects.filter(measure="changes", amount=1).values_list("order_id", flat=True)
    assert by_people and set(changes) == by_people
    assert set(Sent.objects.values_list("order_id", flat=True)) == set(sent.values_list("id", flat=True))


def test_the_renewals_of_all_companies_know_how_stored_terms_end(migrated: "Installation") -> None:
    from tenantry.licensing.models import Subscription
    from tenantry.licensing.rules.facts import facts_from_json
    from tenantry.licensing.upstream import ending_columns

    rows = list(Subscription.objects.exclude(status="deleted"))
    assert {row.outcome for row in rows} > {"renews", "ends"}
    assert [{"outcome": row.outcome, "asks": row.asks} for row in rows] == [
        ending_columns(facts_from_json(row.facts)) for row in rows
    ]


def test_the_list_of_companies_has_its_columns(migrated: "Installation") -> None:
    from tenantry.licensing.models import CompanyRefresh, Subscription

    stored = CompanyRefresh.objects.values_list("company_id", "active", "seats", "next_end")
    counted: dict[uuid.UUID, tuple[int, int, datetime | None]] = {row[0]: (0, 0, None) for row in stored}
    for row in Subscription.objects.filter(status="active", gone_at=None):
        active, seats, end = counted[row.company_id]
        ends = [one for one in (end, row.commitment_end) if one is not None]
        counted[row.company_id] = (active + 1, seats + row.quantity, min(ends, default=None))
    assert {row[0]: tuple(row[1:]) for row in stored} == counted
    assert CompanyRefresh.objects.exclude(decide_by=None).exists()


def test_a_form_that_was_open_meanwhile_gets_its_outcome_or_asks_to_look_again(
    before_sign_in: list[tuple["OpenPage", Answer]], after_sign_in: list[tuple["OpenPage", Answer]]
) -> None:
    for page, answer in before_sign_in:
        asked_to_sign_in = answer.path.startswith("/sign-in/")
        assert answer.status in (200, 422), page["address"]  # a form that has got a field is shown back
        assert asked_to_sign_in or page["leads_to"] in answer.path or "look again" in answer.page.lower(), answer.path
    for page, answer in after_sign_in:
        assert answer.status in (200, 422), page["address"]  # the second invitation of a person is refused
        assert page["leads_to"] in answer.path or "look again" in answer.page.lower(), answer.path


def test_the_keys_of_the_sessions_of_before_are_deleted(migrated: "Installation") -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_session')")
        assert cursor.fetchone() == (None,)
    for person, cookies in migrated.kept["cookies"].items():
        browser = Client()
        browser.cookies.load(cookies)
        assert browser.get("/preferences/").headers["Location"].startswith("/sign-in/"), person


def test_who_was_signing_in_meanwhile_is_answered_with_a_page(released: "Installation") -> None:
    answer = Client().get(released.kept["sign_in_return"], follow=True)
    assert answer.status_code in (200, 400, 403)
    assert "Sign in" in answer.content.decode()


def test_every_order_comes_to_its_end(ended: "Installation") -> None:
    from tenantry.licensing.models import ChangeOrder

    found = {str(order.number): order.state for order in ChangeOrder.objects.all()}
    assert {number: found[number] for number in ended.kept["orders"]} == ended.kept["orders"]


def test_every_order_acts_at_microsoft_once(ended: "Installation") -> None:
    from tenantry.connection.models import PartnerConnection
    from tenantry.licensing.models import ChangeOrder
    from tests.support.house import House

    house = House(ended.sandbox, PartnerConnection.objects.get())
    patches = ended.sandbox.journal(method="PATCH")
    acted = Counter(patch["headers"]["ms-correlationid"] for patch in patches if patch["acted"])
    assert set(acted.values()) == {1}
    newest = ChangeOrder.objects.order_by("subscription", "-number").distinct("subscription")
    orders = ChangeOrder.objects.filter(id__in=newest, state="applied", wish__type="SetQuantity")
    assert len(orders) > 5
    seats = {order.number: order.wish["quantity"] for order in orders}
    assert {order.number: house.at_microsoft(order.subscription).quantity for order in orders} == seats


def test_no_job_fails(ended: "Installation") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, args FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing', 'succeeded')"
        )
        assert cursor.fetchall() == []


def test_every_decision_is_kept_until_its_term_is_over(terms_over: "Installation") -> None:
    from tenantry.audit.models import AuditRow

    verbs = ("wish.came_true", "wish.did_not_come_true")
    told = AuditRow.objects.filter(verb__in=verbs).values_list("subject_id", "verb")
    decisions = terms_over.kept["decisions"]
    assert {subject: verb for subject, verb in told if subject in decisions} == decisions


def test_the_record_is_whole_at_the_end(terms_over: "Installation") -> None:
    assert _verified(terms_over) == "The audit record is whole."
