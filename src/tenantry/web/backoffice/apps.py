from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "tenantry.web.backoffice"
    label = "backoffice"
