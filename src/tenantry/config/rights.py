"""What the role of the web process may do in the database; every `tenantry migrate` grants it anew.

The web process faces the internet. What its role has no right to, a web process that was taken over cannot do either.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from django.db import connection, transaction
from psycopg import sql


class Right(StrEnum):
    """What the web's role may do with a table."""

    NOTHING = ""
    READ = "SELECT"
    ADD = "SELECT, INSERT"  # what stands there stays as it is
    WRITE = "SELECT, INSERT, UPDATE, DELETE"


# Every table has its line: a new one that has none is out of the web's reach.
TABLES: Mapping[str, Right] = MappingProxyType(
    {
        "audit_auditrow": Right.READ,
        "audit_chain": Right.READ,
        "branding_brand": Right.WRITE,
        "branding_logopicture": Right.WRITE,
        "catalogue_availability": Right.READ,
        "catalogue_sku": Right.READ,
        "connection_consentattempt": Right.WRITE,
        "connection_partnerconnection": Right.WRITE,
        "connection_tenant": Right.WRITE,
        "django_content_type": Right.READ,
        "django_migrations": Right.READ,
        "jobs_retention": Right.WRITE,
        "jobs_runrecord": Right.WRITE,
        "licensing_changeorder": Right.WRITE,
        "licensing_companyrefresh": Right.WRITE,
        "licensing_licencecount": Right.READ,
        "licensing_limits": Right.WRITE,
        "licensing_orderevent": Right.ADD,
        "licensing_subscription": Right.WRITE,  # an order locks its row
        "licensing_subscriptionchange": Right.ADD,
        "licensing_wish": Right.WRITE,
        "notices_notice": Right.ADD,
        "notices_noticesettings": Right.WRITE,
        "orders_sent": Right.READ,  # what the limits count is the worker's own
        "orders_stop": Right.WRITE,
        "orders_tally": Right.WRITE,
        "people_company": Right.WRITE,
        "people_enduser": Right.WRITE,
        "people_ownerlink": Right.WRITE,
        "people_person": Right.WRITE,
        "people_session": Right.WRITE,
        "people_signinrecord": Right.WRITE,
        "people_signinstart": Right.WRITE,
        "people_signintrouble": Right.WRITE,
        "people_staff": Right.WRITE,
        "people_staff_companies": Right.WRITE,
        "people_staffsigninrule": Right.WRITE,
        "procrastinate_events": Right.ADD,
        "procrastinate_jobs": Right.WRITE,
        "procrastinate_periodic_defers": Right.NOTHING,
        "procrastinate_workers": Right.READ,
        "traffic_callrecord": Right.ADD,
        "traffic_quotabucket": Right.READ,
    }
)
# Functions that do with the rights of the tables' owner what the web's role may not do by itself.
FUNCTIONS = ("audit_append",)

_START_OVER = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}",
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM {role}",
    # An older deploy/database.sql gave the role every right to every table that was ever made.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",  # the next number, and no other
)


@transaction.atomic
def grant(role: str) -> str:
    """Give the web's role the rights of the table above and take all others; return a sentence about what was done.

    Errors: WrongRole for a role that has the owner's rights anyway.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None:
            return (
                f"The database has no role {role}, so the web process uses the rights of the tables' owner. "
                "docs/start/install.md says how to give it a role of its own."
            )
        if found[0]:
            raise WrongRole(f"The role {role} has the rights of the tables' owner. The web needs a role of its own.")
        web = sql.Identifier(role)
        for statement in _START_OVER:
            cursor.execute(sql.SQL(statement).format(role=web))
        for table, right in TABLES.items():
            if right is not Right.NOTHING:
                give = sql.SQL("GRANT {right} ON {table} TO {role}")
                cursor.execute(give.format(right=sql.SQL(right), table=sql.Identifier("public", table), role=web))
        for function in FUNCTIONS:
            allow = sql.SQL("GRANT EXECUTE ON FUNCTION {function} TO {role}")
            cursor.execute(allow.format(function=sql.Identifier("public", function), role=web))
    return f"The role {role} has the rights of the web process and no others."


class WrongRole(Exception):  # noqa: N818 - reads as what it is
    """The role cannot be bounded; the text is a sentence for the person at the console."""
