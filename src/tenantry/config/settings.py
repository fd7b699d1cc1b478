"""Django settings: what an operator sets comes from the environment, what a partner sets is in the database."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from tenantry.config import env, logs, mail

SOURCE = Path(__file__).resolve().parents[1]
VAR = Path(env.text("TENANTRY_VAR", "var")).resolve()

# Rehearsal: the product runs against the sandbox, with a clock that can be moved.
REHEARSAL = env.flag("TENANTRY_REHEARSAL", False)
SANDBOX_URL = env.url("TENANTRY_SANDBOX_URL", "")
DEBUG = env.flag("TENANTRY_DEBUG", False)

INSECURE_SECRET_KEY = "insecure-only-for-tests-and-tools"  # noqa: S105 - refused wherever it could matter
SECRET_KEY = env.text("TENANTRY_SECRET_KEY", INSECURE_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.words("TENANTRY_SECRET_KEY_FALLBACKS")
PUBLIC_URL = env.url("TENANTRY_PUBLIC_URL", "http://127.0.0.1:8000", host_only=True)
# The portal and the back office may have host names of their own; empty means: the public address serves both.
PORTAL_URL = env.url("TENANTRY_PORTAL_URL", "", host_only=True) or PUBLIC_URL
BACKOFFICE_URL = env.url("TENANTRY_BACKOFFICE_URL", "", host_only=True) or PUBLIC_URL
_HOSTS = {urlsplit(address).hostname or "" for address in (PUBLIC_URL, PORTAL_URL, BACKOFFICE_URL)}
ALLOWED_HOSTS = sorted(_HOSTS | set(env.words("TENANTRY_ALLOWED_HOSTS")) | {"127.0.0.1", "localhost"})
CSRF_TRUSTED_ORIGINS = sorted({PUBLIC_URL, PORTAL_URL, BACKOFFICE_URL})
_HTTPS = PUBLIC_URL.startswith("https://")
TLS_PROXY_HEADER = env.flag("TENANTRY_TLS_PROXY_HEADER", False)
if TLS_PROXY_HEADER:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Microsoft. Base addresses are settings so that the sandbox can stand in.
LOGIN_URL = env.url("TENANTRY_LOGIN_URL", "https://login.microsoftonline.com")
PARTNER_CENTER_URL = env.url("TENANTRY_PARTNER_CENTER_URL", "https://api.partnercenter.microsoft.com")
PARTNER_TENANT_ID = env.text("TENANTRY_PARTNER_TENANT_ID", "")
# Two app registrations: one for sign-in (no partner rights), one for Partner Center (redeemed by the worker only).
SIGN_IN_CLIENT_ID = env.text("TENANTRY_SIGN_IN_CLIENT_ID", "")
SIGN_IN_CLIENT_SECRET = env.text("TENANTRY_SIGN_IN_CLIENT_SECRET", "")
PARTNER_CLIENT_ID = env.text("TENANTRY_PARTNER_CLIENT_ID", "")
PARTNER_CLIENT_SECRET = env.text("TENANTRY_PARTNER_CLIENT_SECRET", "")
# Microsoft does not tell an application when its secret ends: whoever makes one writes the day down here.
SIGN_IN_SECRET_ENDS = env.day("TENANTRY_SIGN_IN_SECRET_ENDS")
PARTNER_SECRET_ENDS = env.day("TENANTRY_PARTNER_SECRET_ENDS")

# Sealed secrets: the web process gets the public key only, the worker opens with the private keys (newest first).
SEAL_PUBLIC_KEY = env.text("TENANTRY_SEAL_PUBLIC_KEY", "")
SEAL_PRIVATE_KEYS = env.words("TENANTRY_SEAL_PRIVATE_KEYS")

# The pace towards Microsoft: requests per minute for one partner connection, all workers together.
QUOTA_PER_MINUTE = env.number("TENANTRY_QUOTA_PER_MINUTE", 480, least=1)
REFRESH_THREADS = env.number("TENANTRY_REFRESH_THREADS", 8, least=1)
REFRESH_EVERY_MINUTES = env.number("TENANTRY_REFRESH_EVERY_MINUTES", 360, least=1)
ORDER_LEASE_SECONDS = env.number("TENANTRY_ORDER_LEASE_SECONDS", 8, least=1)
# After a lost answer nothing is judged "did not happen" before Microsoft has had this long to finish.
SETTLE_SECONDS = env.number("TENANTRY_SETTLE_SECONDS", 120, least=1)
WORKER_THREADS = env.number("TENANTRY_WORKER_THREADS", 8, least=1)
UPSTREAM_CONNECT_SECONDS = env.number("TENANTRY_UPSTREAM_CONNECT_SECONDS", 5, least=1)
UPSTREAM_READ_SECONDS = env.number("TENANTRY_UPSTREAM_READ_SECONDS", 30, least=1)

# The web server.
WEB_HOST = env.text("TENANTRY_WEB_HOST", "127.0.0.1")
WEB_PORT = env.number("TENANTRY_WEB_PORT", 8000, least=1, most=65535)
WEB_PROCESSES = env.number("TENANTRY_WEB_PROCESSES", 2, least=1)
WEB_THREADS = env.number("TENANTRY_WEB_THREADS", 8, least=1)
# So long a page waits for one answer of the database; then its thread is free again.
DATABASE_SECONDS = env.number("TENANTRY_DATABASE_SECONDS", 10, least=1, most=50)
# Addresses of the TLS proxy whose X-Forwarded-For names the visitor.
PROXY_ADDRESSES = env.words("TENANTRY_PROXY_ADDRESSES", "127.0.0.1")

# Mail for the notification address, written as smtp://user:password@host:587 or smtps://…; empty: no mail goes out.
EMAIL_BACKEND, _mail = mail.read(env.text("TENANTRY_EMAIL_URL", ""))
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.start_tls, _mail.tls
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.address("TENANTRY_EMAIL_FROM", "tenantry@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOG_FORMAT = env.choice("TENANTRY_LOG_FORMAT", "json", ("json", "text"))
LOG_LEVEL = env.choice("TENANTRY_LOG_LEVEL", "info", ("debug", "info", "warning", "error"))
LOGGING_CONFIG = None
logs.set_up(LOG_FORMAT, LOG_LEVEL)


def _database(address: str) -> dict[str, Any]:
    parts = env.split("DATABASE_URL", address)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise env.SettingError("DATABASE_URL must start with postgresql://.")
    if not parts.path.strip("/"):
        raise env.SettingError("DATABASE_URL names no database; it ends in one, such as /tenantry.")
    options: dict[str, Any] = {}
    host = parts.hostname or ""
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if name == "host":
            host = unquote(value)
        elif name:
            options[name] = unquote(value)
    return {
        "ENGINE": "tenantry.config.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


WEB_ROLE = env.text("TENANTRY_WEB_ROLE", "tenantry_web")
DATABASES = {"default": _database(env.text("DATABASE_URL", "postgresql://postgres@127.0.0.1/tenantry"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "csp",
    "procrastinate.contrib.django",
    "tenantry.audit",
    "tenantry.jobs",
    "tenantry.branding",
    "tenantry.notices",
    "tenantry.traffic",
    "tenantry.connection",
    "tenantry.people",
    "tenantry.catalogue",
    "tenantry.licensing",
    "tenantry.web.ui",
    "tenantry.web.hooks",
    "tenantry.web.sign_in",
    "tenantry.web.portal",
    "tenantry.web.backoffice",
]

MIDDLEWARE = [
    "tenantry.config.proxy.ProxyMiddleware",
    "tenantry.web.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",  # so far out that early refusals carry it too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tenantry.web.hooks.health.ProbeMiddleware",  # before anything that may ask the database
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tenantry.web.middleware.ViewerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenantry.config.errors.NotAllowedMiddleware",
]

ROOT_URLCONF = "tenantry.config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "en-gb"
# Only what is translated as a whole: half a page in another language helps nobody.
LANGUAGES = [("en-gb", "English")]
USE_TZ = True
TIME_ZONE = env.time_zone("TENANTRY_TIME_ZONE", "UTC")
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a partner may tick thousands of tenants; the size of a body stays bounded
SESSION_ENGINE = "tenantry.people.sessions"  # only a digest of the key is stored
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-tenantry" if _HTTPS else "tenantry"
SESSION_IDLE_MINUTES = env.number("TENANTRY_SESSION_IDLE_MINUTES", 60, least=1)
SESSION_ABSOLUTE_HOURS = env.number("TENANTRY_SESSION_ABSOLUTE_HOURS", 10, least=1)
FRESH_SIGN_IN_MINUTES = env.number("TENANTRY_FRESH_SIGN_IN_MINUTES", 60, least=1)
# Sign-ins that may begin in one minute: a shared address of an office, and everybody together.
SIGN_INS_PER_ADDRESS = env.number("TENANTRY_SIGN_INS_PER_ADDRESS", 120, least=1)
SIGN_INS_PER_MINUTE = env.number("TENANTRY_SIGN_INS_PER_MINUTE", 1200, least=1)
# Messages end with the session: in a cookie of their own they would wait for whoever signs in next.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
# Under this name browsers take the cookie from this very host alone, from none beside it.
CSRF_COOKIE_NAME = "__Host-tenantry-csrf" if _HTTPS else "csrftoken"
CSRF_FAILURE_VIEW = "tenantry.config.errors.form_expired"
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("TENANTRY_HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = False  # a promise for years to every browser, which the domain's owner makes by hand
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "img-src": [SELF, "data:"],
    }
}
