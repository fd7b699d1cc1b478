from django.apps import AppConfig


class TrafficConfig(AppConfig):
    name = "tenantry.traffic"
    label = "traffic"
