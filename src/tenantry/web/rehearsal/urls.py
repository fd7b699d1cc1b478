"""Addresses of the rehearsal."""

from django.urls import path

from tenantry.web.rehearsal import views

app_name = "rehearsal"
urlpatterns = [
    path("clock/", views.advance, name="advance"),
    path("mailbox/", views.mailbox, name="mailbox"),
]
