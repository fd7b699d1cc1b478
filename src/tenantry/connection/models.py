"""Tables of partner connections: consent, sealed tokens, health, tenants."""

import uuid

from django.db import models


class ConnectionMode(models.TextChoices):
    """How the connection gets its tokens."""

    CONSENT = "consent"  # secure application model: refresh token of a partner user who signed in with MFA
    APPLICATION = "application"  # own application with a certificate, app-only


class ConnectionState(models.TextChoices):
    """What the last contact with Microsoft said."""

    WAITING = "waiting"  # consent is being redeemed, or the certificate is not yet uploaded
    WORKING = "working"
    ATTENTION = "attention"  # works, but something is missing
    BROKEN = "broken"


class TroubleAbout(models.TextChoices):
    """What the last trouble was about; trouble with one customer is kept with its company."""

    TOKEN = "token"  # noqa: S105 - Microsoft issues none, or does not accept a fresh one: nothing goes through
    TENANTS = "tenants"  # the list of customers


class DirectCsp(models.TextChoices):
    """The Direct CSP flag: set only by a live test call."""

    UNSET = "unset"
    TESTING = "testing"
    SET = "set"
    FAILED = "failed"


class PartnerConnection(models.Model):
    """One consented Partner Center account; the page calls the list "Delegated Admin"."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    mode = models.CharField(max_length=12, choices=ConnectionMode.choices)
    partner_tenant_id = models.CharField(max_length=36)
    client_id = models.CharField(max_length=36)
    account = models.CharField(max_length=200, blank=True)  # user principal name of the consenting user
    sealed_refresh_token = models.BinaryField(null=True)
    sealed_private_key = models.BinaryField(null=True)
    certificate = models.TextField(blank=True)  # public part, PEM: shown and downloadable
    certificate_expires_at = models.DateTimeField(null=True)
    # Made here, but Microsoft does not know it yet: it replaces the one above when a token was issued for it.
    sealed_next_key = models.BinaryField(null=True)
    next_certificate = models.TextField(blank=True, default="", db_default="")
    next_certificate_expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=ConnectionState.choices, default=ConnectionState.WAITING)
    created_at = models.DateTimeField()
    consented_at = models.DateTimeField(null=True)
    token_renewed_at = models.DateTimeField(null=True)
    mfa_compliant = models.BooleanField(null=True)
    roles = models.JSONField(default=list)
    last_call_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_error_code = models.CharField(max_length=40, blank=True)
    last_error_words = models.CharField(max_length=500, blank=True)
    last_error_request_id = models.CharField(max_length=64, blank=True)
    last_error_advice = models.CharField(max_length=60, blank=True)
    last_error_about = models.CharField(
        max_length=10, choices=TroubleAbout.choices, blank=True, default="", db_default=""
    )
    direct_csp = models.CharField(max_length=10, choices=DirectCsp.choices, default=DirectCsp.UNSET)
    direct_csp_at = models.DateTimeField(null=True)
    direct_csp_tenant_id = models.CharField(max_length=36, blank=True)
    direct_csp_advice = models.CharField(max_length=60, blank=True)
    direct_csp_words = models.CharField(max_length=500, blank=True)
    tenants_refreshed_at = models.DateTimeField(null=True)
    audit_read_until = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)


class ConsentAttempt(models.Model):
    """One press of "Grant Partner Center consent": state, sealed code, and how it ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state_digest = models.CharField(max_length=64, unique=True)
    staff_id = models.UUIDField()
    connection = models.ForeignKey(
        PartnerConnection, on_delete=models.CASCADE, null=True
    )  # set when consent is renewed
    redirect_uri = models.CharField(max_length=300, default="", db_default="")
    sealed_verifier = models.BinaryField(null=True)
    sealed_code = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    run_id = models.UUIDField(null=True)


class Tenant(models.Model):
    """A customer's Microsoft tenant, as Partner Center lists it for one connection."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(PartnerConnection, on_delete=models.CASCADE, related_name="tenants")
    tenant_id = models.CharField(max_length=36)
    name = models.CharField(max_length=300)
    domain = models.CharField(max_length=255, blank=True)
    relationship = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, blank=True)
    first_seen_at = models.DateTimeField()
    missing_since = models.DateTimeField(null=True)  # held for a person to decide
    removal_confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "tenant_id"], name="tenant_once_per_connection")]
        indexes = [models.Index(fields=["name"], name="tenant_by_name")]
