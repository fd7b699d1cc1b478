"""Every page in a test is served with the rights that the web's role has in an installation, and no others."""

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from tenantry.config import rights

ROLE = "tenantry_web"


def make() -> None:
    """Make the role in the tests' server, unless another run has made it, and give it its rights in this database."""
    with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
    rights.grant(ROLE)


def as_web_role(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Be the web's role from the first query of a request to its end; a middleware, before all others."""

    def answer(request: HttpRequest) -> HttpResponse:
        lines: list[psycopg.Connection[Any]] = []

        def be_the_web(execute: Callable[..., Any], statement: str, values: Any, many: bool, context: Any) -> Any:
            line = context["connection"].connection
            if line not in lines:
                line.execute(f"SET ROLE {ROLE}")
                lines.append(line)
            return execute(statement, values, many, context)

        try:
            with connection.execute_wrapper(be_the_web):
                return get_response(request)
        finally:
            for line in lines:
                # A transaction that has failed takes the role back with itself.
                with contextlib.suppress(psycopg.Error):
                    line.execute("RESET ROLE")

    return answer
