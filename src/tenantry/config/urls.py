"""All addresses of the product."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

handler400 = "tenantry.config.errors.bad_request"
handler403 = "tenantry.config.errors.forbidden"
handler404 = "tenantry.config.errors.not_found"
handler500 = "tenantry.config.errors.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.web.hooks.urls")),
    path("", include("tenantry.web.sign_in.urls")),
    path("", include("tenantry.web.portal.urls")),
    path("office/", include("tenantry.web.backoffice.urls")),
    path("ui/", include("tenantry.web.ui.urls")),
]
if settings.REHEARSAL or settings.DEBUG:
    urlpatterns.append(path("rehearsal/", include("tenantry.web.rehearsal.urls")))
