"""Who acts in the connection tests, and how they walk through Microsoft's pages."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from tenantry.connection import actions
from tenantry.connection.models import PartnerConnection
from tenantry.jobs.models import RunRecord
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tests.support.sign_in import choose_account

DANA = Actor(ActorKind.STAFF, "5f0c8dd4-5c8f-4a05-9a9e-5a1c1d3a0001", "Dana Okafor", "Dana Okafor")
MILAN = Actor(ActorKind.STAFF, "5f0c8dd4-5c8f-4a05-9a9e-5a1c1d3a0002", "Milan Novák", "Milan Novák")
SERVICE = "partnercenter@kestrel-it.example"
RETURN_URL = "http://127.0.0.1:8000/office/delegated-admin/consent/return/"


def begin(connection: PartnerConnection | None = None) -> str:
    """Begin to grant consent and return Microsoft's address."""
    address = actions.start_consent(
        acting_as=DANA, connection_id=connection.id if connection else None, return_url=RETURN_URL, now=clock.now()
    )
    assert isinstance(address, str), address
    return address


def come_back(address: str, account: str = SERVICE, **form: str) -> dict[str, str]:
    """Choose an account at Microsoft's page and return the query that comes back."""
    back = urlsplit(choose_account(address, account, **form))
    assert f"{back.scheme}://{back.netloc}{back.path}" == RETURN_URL
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def take(answer: dict[str, str], who: Actor = DANA) -> RunRecord:
    """Hand Microsoft's answer in."""
    run = actions.take_consent_return(
        acting_as=who,
        state=answer.get("state", ""),
        code=answer.get("code", ""),
        error=answer.get("error", ""),
        error_description=answer.get("error_description", ""),
        now=clock.now(),
    )
    assert isinstance(run, RunRecord), run
    return run


def grant(account: str = SERVICE, connection: PartnerConnection | None = None, **form: str) -> RunRecord:
    """Grant consent from the button to the end of the worker's work."""
    run = take(come_back(begin(connection), account, **form))
    run_due_jobs()
    return again(run)


def again(run: RunRecord) -> RunRecord:
    """Read a run again."""
    return RunRecord.objects.get(id=run.id)


def connection_of(run: RunRecord) -> PartnerConnection:
    """Return the connection that a granted consent made or renewed."""
    return PartnerConnection.objects.get(id=UUID(str(run.details["connection_id"])))
