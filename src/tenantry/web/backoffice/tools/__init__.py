"""Tools of the back office: all "Logs" (refreshes, calls to Microsoft, sign-ins, audit) and the staff's preferences.

Addresses are in `tenantry.web.backoffice.tools_urls` (included by `urls`, same namespace "office"): ``logs``,
``run_log``, ``call_log``, ``sign_in_log``, ``audit_log``, ``audit_verify``, ``preferences``; templates are in
``backoffice/tools/``. "Settings" are in `tenantry.web.backoffice.settings`, change orders in
`tenantry.web.backoffice.orders`, the places around all of it in `tenantry.web.backoffice.context`.
"""
