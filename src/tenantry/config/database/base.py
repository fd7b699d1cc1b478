"""Django's PostgreSQL backend with an end to waiting, for the web process.

A database can be frozen, or hang behind a proxy that takes connections and answers nothing. No setting of PostgreSQL
helps there, because whoever should obey it is the one who is silent; so the waiting itself ends, in this process.
"""

import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import RV, PQGen
from psycopg.rows import TupleRow

CONNECT_SECONDS = 3
# The first question of a request on a connection that was kept: one that is silent is given up for a new one.
FIRST_ANSWER_SECONDS = 3.0
# PostgreSQL itself ends a statement in time; that it did not even do that is what the rest of the waiting finds out.
SILENCE_SECONDS = 2.0
# After a connection was waited for in vain nobody else tries so soon: whoever queues behind is answered at once.
PAUSE_SECONDS = 1.0
_no_attempt_before = 0.0


class DatabaseSilent(psycopg.OperationalError):
    """The database does not answer in time."""


class Connection(psycopg.Connection[TupleRow]):
    """A connection that waits for one answer for so many seconds at most; None: as long as it takes."""

    patience: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for the end of one exchange with the database.

        Errors: DatabaseSilent.
        """
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.errors._WaitTimeout:
            self.close()  # whatever it says later would be taken for the answer to another question
            raise DatabaseSilent(f"The database was silent for {self.patience:g} seconds.") from None


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes ``patience`` among the OPTIONS: seconds."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what the driver takes; ``patience`` is ours."""
        params = super().get_connection_params()
        params.pop("patience", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Connect.

        Errors: DatabaseSilent, also when it was so a moment ago.
        """
        patience = self.settings_dict["OPTIONS"].get("patience")
        if patience is None:
            return Connection.connect(**conn_params)
        global _no_attempt_before
        if time.monotonic() < _no_attempt_before:
            raise DatabaseSilent("The database was silent a moment ago.")
        try:
            connection = Connection.connect(**conn_params)
        except psycopg.errors.ConnectionTimeout:
            _no_attempt_before = time.monotonic() + PAUSE_SECONDS
            raise
        connection.patience = patience
        return connection

    def is_usable(self) -> bool:
        """Say whether the connection that was kept still answers."""
        opened: Connection | None = self.connection
        if opened is None or opened.patience is None:
            return super().is_usable()
        patience, opened.patience = opened.patience, FIRST_ANSWER_SECONDS
        try:
            return super().is_usable()
        finally:
            opened.patience = patience


def wait_at_most(options: dict[str, Any], seconds: int) -> None:
    """Change a database's OPTIONS, so that no connection is waited for and no statement takes longer than that."""
    options.setdefault("connect_timeout", CONNECT_SECONDS)
    options["options"] = f"-c statement_timeout={seconds * 1000} {options.get('options', '')}".rstrip()
    options["patience"] = seconds + SILENCE_SECONDS
