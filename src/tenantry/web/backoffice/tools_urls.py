"""Addresses of the logs and of the staff's preferences."""

from django.urls import URLPattern, URLResolver, path

from tenantry.web.backoffice.tools import audit, calls, preferences, runs, sign_ins

urlpatterns: list[URLPattern | URLResolver] = [
    path("logs/", runs.log, name="logs"),
    path("logs/calls/", calls.log, name="call_log"),
    path("logs/sign-ins/", sign_ins.log, name="sign_in_log"),
    path("logs/audit/", audit.log, name="audit_log"),
    path("logs/audit/verify/", audit.verify, name="audit_verify"),
    path("logs/audit/progress/", audit.progress, name="audit_progress"),
    path("preferences/", preferences.preferences, name="preferences"),
]
