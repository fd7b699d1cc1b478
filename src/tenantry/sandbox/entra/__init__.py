"""The stand-in for Microsoft Entra: discovery, keys, the sign-in page, and the token endpoints."""

from tenantry.sandbox.entra.addresses import routes
from tenantry.sandbox.entra.knobs import describe_directory, upload_certificate

__all__ = ["describe_directory", "routes", "upload_certificate"]
