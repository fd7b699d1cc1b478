"""Empty the tables after a transactional test, the append-only ones too."""

from typing import Any

from django.core.management.commands.flush import Command as Flush
from django.db import connection, transaction

_GUARDED = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
    WHERE NOT tgisinternal AND (tgtype & 32) <> 0 AND tgenabled <> 'D'
"""

_QUEUE = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'procrastinate%'"


class Command(Flush):
    """Django's own command refuses where a trigger refuses TRUNCATE; only the owner of a table may lift that."""

    def handle(self, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_GUARDED)
            tables = [row[0] for row in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            super().handle(**options)
            # The job queue's tables are not Django's to empty, and a waiting job would run in a later test.
            cursor.execute(_QUEUE)
            cursor.execute(f"TRUNCATE {', '.join(row[0] for row in cursor.fetchall())}")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
