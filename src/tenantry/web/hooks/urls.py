"""Addresses for machines: health, readiness, the brand's files."""

from django.urls import path

from tenantry.web.hooks import brand, health

app_name = "hooks"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("brand/<slug:digest>.css", brand.stylesheet, name="brand_stylesheet"),
    path("brand/logo-<slug:digest>.png", brand.logo, name="brand_logo"),
]
