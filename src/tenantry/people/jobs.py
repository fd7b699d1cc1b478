"""Jobs of this room."""

from uuid import UUID

from procrastinate import RetryStrategy

from tenantry.jobs import retention
from tenantry.jobs.queue import schedule, task
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor
from tenantry.people import actions
from tenantry.people.sessions import SessionStore


class StillUnreachable(Exception):  # noqa: N818 - reads as what happened
    """Microsoft could not be asked; the queue tries again later."""


@task(name="people.look_up_invitation", retry=RetryStrategy(max_attempts=40, wait=30, linear_wait=60))
def look_up_invitation(end_user_id: str) -> None:
    """Ask again whose the domain of a stored invitation is, with growing pauses for about a day and a half."""
    done = actions.look_up_again(acting_as=Actor.system(), end_user_id=UUID(end_user_id), now=clock.now())
    if not done:
        raise StillUnreachable


@task(name="people.follow_tenant_names")
def follow_tenant_names() -> None:
    """Rename companies whose tenants were renamed."""
    actions.follow_tenant_names(acting_as=Actor.system(), now=clock.now())


@task(name="people.clear_sessions")
def clear_sessions() -> None:
    """Delete sessions that have ended, and sign-ins that were begun and never finished."""
    SessionStore.clear_expired()


@task(name="people.warn_of_secrets")
def warn_of_secrets() -> None:
    """Tell the partner in time when a secret of an application ends."""
    actions.warn_of_secrets(clock.now())


schedule("people.warn_of_secrets", "10 2 * * *")
schedule("people.clear_sessions", "*/15 * * * *")
schedule("people.follow_tenant_names", "17 * * * *")
retention.register("people.sign_ins", retention.Log.SIGN_INS, actions.prune_sign_ins)
