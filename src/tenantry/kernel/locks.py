"""Locks on a name, held by the database until the transaction ends."""

import hashlib

from django.db import connection, transaction


def lock_in_transaction(*parts: object) -> None:
    """Wait for the lock named by the parts and hold it until the surrounding transaction ends.

    Errors: TransactionManagementError outside a transaction, where the lock would be gone at once.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock needs a transaction to live in.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_number(parts)])


def _number(parts: tuple[object, ...]) -> int:
    name = "\x00".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
