from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "tenantry.web.hooks"
    label = "hooks"
