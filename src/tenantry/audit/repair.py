"""After somebody has looked into a broken record: what is broken is noted, and later checks tell of new breaks only."""

from datetime import datetime

from django.db import connection, transaction

from tenantry.audit.actions import record
from tenantry.audit.queries import BREAKS_ACCEPTED, VerifyResult, verify
from tenantry.kernel.actor import Actor

# A head that is not the last row says nothing true any more; what was published stays in the mails.
_HEADS_FROM_ROWS = """
    UPDATE audit_chain SET sequence = last.sequence, head = last.hash,
           published_sequence = least(published_sequence, last.sequence)
    FROM (SELECT DISTINCT ON (chain_id) chain_id, sequence, hash FROM audit_auditrow
          WHERE sequence <= 1000000000000000 ORDER BY chain_id, sequence DESC) AS last
    WHERE last.chain_id = audit_chain.id AND (audit_chain.sequence, head) IS DISTINCT FROM (last.sequence, last.hash)
"""


@transaction.atomic
def accept_breaks(*, acting_as: Actor, reason: str, now: datetime) -> VerifyResult:
    """Note every place where the record is broken now, with the reason, and return what was found.

    Nothing is removed or written anew: `verify` goes on to list these places, as accepted ones. A place that is changed
    once more counts as broken again. Only the owner of the tables may do this.
    """
    found = verify()
    if not found.whole:
        with connection.cursor() as cursor:
            cursor.execute(_HEADS_FROM_ROWS)
        record(
            acting_as=acting_as,
            verb=BREAKS_ACCEPTED,
            subject_kind="audit_record",
            subject_id="breaks",
            after={"reason": reason, "breaks": [one.note() for one in found.breaks]},
            now=now,
        )
    return found
