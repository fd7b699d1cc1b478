"""Addresses of "Delegated Admin": partner connections, below /office/delegated-admin/."""

from django.urls import URLPattern, URLResolver, path

from tenantry.web.backoffice import delegated_admin, delegated_admin_runs

_connection = "<uuid:connection_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", delegated_admin.connections, name="delegated_admin"),
    path("add/", delegated_admin.add, name="add_connection"),
    path("consent/", delegated_admin.start_consent, name="start_consent"),
    path("consent/return/", delegated_admin.consent_return, name="consent_return"),
    path("runs/<uuid:run_id>/", delegated_admin_runs.run, name="connection_run"),
    path(_connection, delegated_admin.connection, name="connection"),
    path(f"{_connection}consent/", delegated_admin.renew_consent, name="renew_consent"),
    path(f"{_connection}check/", delegated_admin_runs.check, name="check_connection"),
    path(f"{_connection}direct-csp/", delegated_admin_runs.direct_csp, name="direct_csp"),
    path(f"{_connection}certificate/", delegated_admin.certificate, name="connection_certificate"),
    path(f"{_connection}certificate/new/", delegated_admin_runs.new_certificate, name="new_certificate"),
    path(f"{_connection}remove/", delegated_admin.remove, name="remove_connection"),
]
