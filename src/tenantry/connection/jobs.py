"""Jobs of this room: thin, and safe to run twice."""

from uuid import UUID

from tenantry.connection import actions
from tenantry.jobs.queue import schedule, task
from tenantry.kernel import clock


@task(name="connection.redeem_consent")
def redeem_consent(attempt_id: str) -> None:
    """Redeem the code of a consent."""
    actions.redeem_consent(UUID(attempt_id))


@task(name="connection.make_certificate")
def make_certificate(run_id: str) -> None:
    """Make the certificate of an own application."""
    actions.make_certificate(UUID(run_id))


@task(name="connection.check")
def check(run_id: str) -> None:
    """Try a connection."""
    actions.check_connection(UUID(run_id))


@task(name="connection.direct_csp_test")
def direct_csp_test(run_id: str, tenant_id: str, staff_id: str) -> None:
    """Test Direct CSP."""
    actions.run_direct_csp_test(UUID(run_id), tenant_id=tenant_id, staff_id=staff_id)


@task(name="connection.refresh_tenants")
def refresh_tenants(connection_id: str) -> None:
    """Read the tenants of a connection."""
    actions.refresh_tenants(UUID(connection_id))


@task(name="connection.keep_alive")
def keep_alive() -> None:
    """Use every connection once a day, warn of what ends soon, and close secrets with today's key."""
    actions.keep_alive()
    actions.warn_in_time(clock.now())
    actions.reseal_secrets()


@task(name="connection.try_broken")
def try_broken() -> None:
    """See whether broken connections have been mended."""
    actions.keep_alive(only_broken=True)


@task(name="connection.prune")
def prune() -> None:
    """Forget consents that nobody finished."""
    actions.prune_consent_attempts(clock.now())


schedule("connection.keep_alive", "5 2 * * *")
schedule("connection.try_broken", "*/15 * * * *")
schedule("connection.prune", "50 2 * * *")
