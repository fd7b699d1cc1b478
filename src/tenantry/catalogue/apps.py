from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "tenantry.catalogue"
    label = "catalogue"
