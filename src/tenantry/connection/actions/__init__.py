"""Every write to partner connections, their tenants and their consent."""

from tenantry.connection.actions.application import (
    add_application_connection,
    ask_check,
    ask_new_certificate,
    check_connection,
    make_certificate,
)
from tenantry.connection.actions.consent import (
    prune_consent_attempts,
    redeem_consent,
    start_consent,
    take_consent_return,
)
from tenantry.connection.actions.direct_csp import ask_direct_csp_test, run_direct_csp_test
from tenantry.connection.actions.keeping import (
    keep_alive,
    remove_connection,
    reseal_secrets,
    set_audit_cursor,
    warn_in_time,
)
from tenantry.connection.actions.tenants import ask_refresh_tenants, decide_removed_tenant, refresh_tenants

__all__ = [
    "add_application_connection",
    "ask_check",
    "ask_direct_csp_test",
    "ask_new_certificate",
    "ask_refresh_tenants",
    "check_connection",
    "decide_removed_tenant",
    "keep_alive",
    "make_certificate",
    "prune_consent_attempts",
    "redeem_consent",
    "refresh_tenants",
    "remove_connection",
    "reseal_secrets",
    "run_direct_csp_test",
    "set_audit_cursor",
    "start_consent",
    "take_consent_return",
    "warn_in_time",
]
