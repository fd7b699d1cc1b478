"""Addresses of the portal."""

from django.urls import path

from tenantry.web.portal.views import (
    activity,
    home,
    orders,
    overview,
    people,
    planning,
    renewals,
    renewing,
    subscriptions,
)
from tenantry.web.portal.views import subscription as one

_COMPANY = "c/<uuid:company_id>/"
_SUBSCRIPTION = f"{_COMPANY}subscriptions/<uuid:subscription_id>/"

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("companies/", home.companies, name="companies"),
    path("preferences/", home.preferences, name="preferences"),
    path(_COMPANY, overview.overview, name="overview"),
    path(f"{_COMPANY}subscriptions/", subscriptions.subscriptions, name="subscriptions"),
    path(f"{_COMPANY}subscriptions/export.csv", subscriptions.export, name="subscriptions_file"),
    path(_SUBSCRIPTION, one.subscription, name="subscription"),
    path(f"{_SUBSCRIPTION}change/", planning.change, name="change"),
    path(f"{_SUBSCRIPTION}end-of-term/", planning.end_of_term, name="end_of_term"),
    path(f"{_SUBSCRIPTION}stop/", planning.stop, name="stop"),
    path(f"{_COMPANY}orders/<uuid:order_id>/", orders.order, name="order"),
    path(f"{_COMPANY}orders/<uuid:order_id>/withdraw/", orders.withdraw, name="withdraw"),
    path(f"{_COMPANY}renewals/", renewals.renewals, name="renewals"),
    path(f"{_COMPANY}renewals/confirm/", renewing.renew_as_is, name="renew_as_is"),
    path(f"{_COMPANY}activity/", activity.activity, name="activity"),
    path(f"{_COMPANY}activity/export.csv", activity.export, name="activity_file"),
    path(f"{_COMPANY}people/", people.people, name="people"),
    path(f"{_COMPANY}time-zone/", people.set_zone, name="time_zone"),
]
