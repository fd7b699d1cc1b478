from django.apps import AppConfig


class ConnectionConfig(AppConfig):
    name = "tenantry.connection"
    label = "connection"
