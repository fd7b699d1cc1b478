from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "tenantry.web.portal"
    label = "portal"
