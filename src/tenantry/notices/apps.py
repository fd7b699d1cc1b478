from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "tenantry.notices"
    label = "notices"
