from django.apps import AppConfig


class LicensingConfig(AppConfig):
    name = "tenantry.licensing"
    label = "licensing"
