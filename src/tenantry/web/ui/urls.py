"""Addresses of the design system: the theme everywhere, the gallery in rehearsal and debugging only."""

from django.urls import path

from tenantry.web.access import public, rehearsal_only
from tenantry.web.ui.gallery import views as gallery
from tenantry.web.ui.views import set_theme

app_name = "ui"
urlpatterns = [
    path("theme", public(set_theme), name="theme"),
    path("", rehearsal_only(gallery.gallery), name="gallery"),
    path("preview", rehearsal_only(gallery.preview), name="preview"),
    path("frame/<slug:name>", rehearsal_only(gallery.frame), name="frame"),
    path("brand/<slug:name>.css", rehearsal_only(gallery.brand_stylesheet), name="brand"),
]
