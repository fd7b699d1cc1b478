"""The exact bytes that are hashed for a row, and the plain values that may be in it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from tenantry.audit.models import AuditRow


def text(value: str) -> str:
    """Return text that PostgreSQL and UTF-8 take: what they refuse becomes the replacement character."""
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def plain(value: object) -> object:
    """Return a value as JSON keeps it, so that it reads back from the database exactly as it was hashed.

    Moments, dates, ids and decimals become text. Errors: TypeError for a float, which the database would rewrite, and
    for anything else that is not plain.
    """
    match value:
        case None | bool() | int():
            return value
        case str():
            return text(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case Mapping():
            return {text(str(name)): plain(inner) for name, inner in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [plain(inner) for inner in value]
        case _:
            raise TypeError(f"The audit record takes no {type(value).__name__}.")


def hash_of(row: AuditRow, previous_hash: bytes) -> bytes:
    """Return the SHA-256 of the previous hash and of everything that the row says."""
    said = {
        "chain": str(row.company_id) if row.company_id else "partner",
        "sequence": row.sequence,
        "happened_at": row.happened_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [row.actor_kind, row.actor_id, row.actor_name],
        "verb": row.verb,
        "subject": [row.subject_kind, row.subject_id, row.subject_name],
        "before": row.before,
        "after": row.after,
        "outcome": row.outcome,
        "rule": row.rule,
        "request_id": row.request_id,
    }
    written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous_hash + written.encode("utf-8")).digest()
