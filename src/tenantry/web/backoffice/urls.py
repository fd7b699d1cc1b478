"""Addresses of the back office."""

from django.urls import URLPattern, URLResolver, include, path

from tenantry.web.backoffice import (
    companies,
    company,
    end_user_portal,
    end_users,
    orders,
    people,
    renewals,
    search,
    second_factor,
    sessions,
    setting_look,
    settings,
    tenants,
)

app_name = "office"

_company = "c/<uuid:company_id>/"
_user = f"{_company}portal/users/<uuid:end_user_id>/"
_staff = "people/staff/<uuid:staff_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", companies.companies, name="companies"),
    path("search/", search.search, name="search"),
    path("renewals/", renewals.renewals, name="renewals"),
    path("renewals/confirm/", renewals.renew_as_is, name="renew_as_is"),
    path("refresh/", companies.refresh_all, name="refresh_all"),
    path("refresh/<uuid:run_id>/", companies.refresh_run, name="refresh_run"),
    path("refresh/<uuid:run_id>/progress/", companies.refresh_progress, name="refresh_progress"),
    path("add/", tenants.add_companies, name="add_companies"),
    path("add/<uuid:connection_id>/refresh/", tenants.refresh_tenants, name="refresh_tenants"),
    path("removed-tenants/", tenants.removed_tenants, name="removed_tenants"),
    path("removed-tenants/<uuid:tenant_id>/", tenants.decide_removed_tenant, name="decide_removed_tenant"),
    path("delegated-admin/", include("tenantry.web.backoffice.delegated_admin_urls")),
    path(_company, company.subscriptions, name="company"),
    path(f"{_company}activity/", company.activity, name="activity"),
    path(f"{_company}refresh/", companies.refresh_company, name="refresh_company"),
    path(f"{_company}remove/", company.remove, name="remove_company"),
    path(f"{_company}portal/", end_user_portal.end_user_portal, name="end_user_portal"),
    path(f"{_company}portal/switch/", end_user_portal.switch, name="portal_switch"),
    path(f"{_company}portal/users/", end_user_portal.invite, name="invite"),
    path(_user, end_users.end_user, name="end_user"),
    path(f"{_user}role/", end_users.change_role, name="change_role"),
    path(f"{_user}remove/", end_users.remove_end_user, name="remove_end_user"),
    path(f"{_user}anew/", end_users.invite_anew, name="invite_anew"),
    path(f"{_user}sessions/", sessions.end_user_sessions, name="end_user_sessions"),
    path(f"{_user}renew/", end_users.renew_invitation, name="renew_invitation"),
    path(f"{_user}tenant/", end_users.confirm_tenant, name="confirm_tenant"),
    path(f"{_user}bind/<int:sign_in_id>/", end_users.bind_end_user, name="bind_end_user"),
    path("people/", people.people, name="people"),
    path("people/staff/", people.staff, name="staff"),
    path("people/staff/add/", people.add_staff, name="add_staff"),
    path("people/staff/second-factor/", second_factor.require, name="require_second_factor"),
    path("people/staff/second-factor/stop/", second_factor.stop_requiring, name="stop_requiring_second_factor"),
    path(_staff, people.change_staff, name="change_staff"),
    path(f"{_staff}remove/", people.remove_staff, name="remove_staff"),
    path(f"{_staff}sessions/", sessions.end_staff_sessions, name="end_staff_sessions"),
    path(f"{_staff}renew/", people.renew_staff, name="renew_staff"),
    path(f"{_staff}bind/<int:sign_in_id>/", people.bind_staff, name="bind_staff"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/settle/", orders.settle, name="settle_order"),
    path("orders/<uuid:order_id>/withdraw/", orders.withdraw, name="withdraw_order"),
    path("settings/", setting_look.look, name="settings"),
    path("settings/look/", setting_look.set_look, name="set_look"),
    path("settings/contrast/", setting_look.contrast, name="contrast"),
    path("settings/logo/", setting_look.set_logo, name="set_logo"),
    path("settings/logo/save/", setting_look.save_logo, name="save_logo"),
    path("settings/logo/discard/", setting_look.discard_logo, name="discard_logo"),
    path("settings/logo/remove/", setting_look.remove_logo, name="remove_logo"),
    path("settings/limits/", settings.limits, name="limits"),
    path("settings/notices/", settings.notices, name="notices"),
    path("settings/retention/", settings.retention, name="retention"),
    path("settings/addresses/", settings.addresses, name="addresses"),
    path("settings/stop/", settings.stop_switch, name="stop_switch"),
    path("settings/go/", settings.release_stop_switch, name="release_stop_switch"),
    path("", include("tenantry.web.backoffice.tools_urls")),  # all logs and the preferences
]
