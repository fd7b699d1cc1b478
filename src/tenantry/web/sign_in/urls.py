"""Addresses of sign-in with Microsoft."""

from django.urls import path

from tenantry.web.sign_in import views

app_name = "sign_in"
urlpatterns = [
    path("sign-in/", views.page, name="page"),
    path("sign-in/start/", views.start, name="start"),
    path("sign-in/return/", views.came_back, name="return"),
    path("sign-out/", views.sign_out, name="out"),
    path("sessions/end/", views.end_sessions, name="end_sessions"),
    path("no-access/", views.no_access, name="no_access"),
    path("admin-approval/", views.admin_approval, name="admin_approval"),
    path("first-owner/<str:token>/", views.first_owner, name="first_owner"),
]
