"""What touches every company refuses somebody who is there for named ones, even if a page let them through."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tenantry.audit.models import AuditRow
from tenantry.branding import actions as branding
from tenantry.connection import actions as connection
from tenantry.jobs import retention
from tenantry.kernel.actor import Actor, ActorKind, NotForWholePartnerError
from tenantry.licensing import actions as licensing
from tenantry.licensing.moment import Moment
from tenantry.notices import actions as notices
from tenantry.people import actions as people
from tenantry.people.models import StaffRole

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
INES = Actor(ActorKind.STAFF, "ines", "Ines Duarte", "Ines Duarte", whole_partner=False)
SOME = uuid.uuid4()

ACTIONS: dict[str, Callable[[], object]] = {
    "logo": lambda: branding.offer_logos(acting_as=INES, files={}),
    "saved logo": lambda: branding.save_logos(acting_as=INES, now=NOW),
    "discarded logo": lambda: branding.discard_offer(acting_as=INES),
    "no logo": lambda: branding.remove_logo(acting_as=INES, place="main", now=NOW),
    "look": lambda: branding.set_brand(acting_as=INES, look=branding.Look(portal_name="Ines"), now=NOW),
    "notification address": lambda: notices.set_address(acting_as=INES, address="ines@kestrel-it.example", now=NOW),
    "retention": lambda: retention.set_retention(acting_as=INES, call_days=1, run_days=1, sign_in_days=1, now=NOW),
    "limits": lambda: licensing.set_limits(
        acting_as=INES, changes_per_day=1, seats_per_change=1, seats_per_cancellation=1, moment=Moment.current()
    ),
    "stop": lambda: licensing.stop(acting_as=INES, reason="", moment=Moment.current()),
    "go": lambda: licensing.go(acting_as=INES, moment=Moment.current()),
    "application": lambda: connection.add_application_connection(
        acting_as=INES, name="Own", partner_tenant_id=str(SOME), client_id=str(SOME), now=NOW
    ),
    "certificate": lambda: connection.ask_new_certificate(acting_as=INES, connection_id=SOME, now=NOW),
    "check": lambda: connection.ask_check(acting_as=INES, connection_id=SOME, now=NOW),
    "consent": lambda: connection.start_consent(acting_as=INES, connection_id=None, return_url="", now=NOW),
    "consent given": lambda: connection.take_consent_return(acting_as=INES, state="", code="", now=NOW),
    "Direct CSP": lambda: connection.ask_direct_csp_test(acting_as=INES, connection_id=SOME, tenant_id="", now=NOW),
    "no connection": lambda: connection.remove_connection(
        acting_as=INES, connection_id=SOME, confirmed_name="", companies_of=lambda _id: 0, now=NOW
    ),
    "tenants": lambda: connection.ask_refresh_tenants(acting_as=INES, connection_id=SOME, now=NOW),
    "removed tenant": lambda: connection.decide_removed_tenant(
        acting_as=INES, tenant_id=SOME, gone_for_good=True, now=NOW
    ),
    "staff": lambda: people.add_staff(acting_as=INES, email="x@kestrel-it.example", role=StaffRole.OWNER, now=NOW),
    "role of staff": lambda: people.change_staff(acting_as=INES, staff_id=SOME, role=StaffRole.OWNER, now=NOW),
    "no staff": lambda: people.remove_staff(acting_as=INES, staff_id=SOME, now=NOW),
    "invitation of staff": lambda: people.renew_staff_invitation(acting_as=INES, staff_id=SOME, now=NOW),
    "sessions of others": lambda: people.end_sessions(acting_as=INES, person_id=SOME, now=NOW),
    "second factor": lambda: people.require_second_factor(acting_as=INES, context="c1", proven={"c1"}, now=NOW),
    "no second factor": lambda: people.stop_requiring_second_factor(acting_as=INES, now=NOW),
    "account of staff": lambda: people.bind_staff(acting_as=INES, staff_id=SOME, sign_in_id=1, now=NOW),
}


@pytest.mark.parametrize("what", ACTIONS)
def test_the_action_refuses_whoever_is_for_named_companies(db: None, what: str) -> None:
    with pytest.raises(NotForWholePartnerError, match="Ines Duarte is not there for all companies"):
        ACTIONS[what]()
    assert not AuditRow.objects.exists()
