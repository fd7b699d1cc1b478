from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "tenantry.web.ui"
    label = "ui"
