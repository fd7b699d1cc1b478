"""Addresses for machines: the brand's files."""

from django.urls import path

from tenantry.web.hooks import brand

app_name = "hooks"

urlpatterns = [
    path("brand/<slug:digest>.css", brand.stylesheet, name="brand_stylesheet"),
    path("brand/logo-<slug:digest>.png", brand.logo, name="brand_logo"),
]
