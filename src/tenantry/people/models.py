"""Tables of companies and of the people who may sign in."""

import uuid

from django.db import models
from django.db.models.functions import Lower

from tenantry.connection.models import PartnerConnection


class Company(models.Model):
    """A tenant that the partner has added, with its portal and its people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(PartnerConnection, on_delete=models.PROTECT, related_name="companies")
    tenant_id = models.CharField(max_length=36)
    name = models.CharField(max_length=300)
    added_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, blank=True)  # IANA name; empty: the installation's
    portal_enabled = models.BooleanField(default=False)
    portal_enabled_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Over all connections: two mirrors of one subscription could each take an order for it.
            models.UniqueConstraint(
                fields=["tenant_id"], condition=models.Q(removed_at__isnull=True), name="company_of_tenant_once"
            )
        ]
        indexes = [models.Index(Lower("name"), "id", name="company_by_name")]


class Person(models.Model):
    """Somebody who signed in once: (tid, oid) of a verified token."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tid = models.CharField(max_length=36)
    oid = models.CharField(max_length=36)
    name = models.CharField(max_length=200)
    username = models.CharField(max_length=254)
    is_guest = models.BooleanField(default=False)  # of the tenant, as the last token said
    display_name = models.CharField(max_length=100, blank=True)  # preference: how to be named here
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=10, blank=True)  # "", light, dark
    time_zone = models.CharField(max_length=64, blank=True)  # IANA name; empty: the company's, else the installation's
    default_company = models.ForeignKey(Company, on_delete=models.SET_NULL, null=True, related_name="+")
    default_connection = models.ForeignKey(PartnerConnection, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    last_sign_in_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tid", "oid"], name="person_once")]


class EndUserRole(models.TextChoices):
    """What an end user may do at one company (product rules: roles of an end user)."""

    VIEW = "view"
    MODIFY = "modify"
    ADMIN = "admin"


class EndUser(models.Model):
    """Somebody's access to one company: an invitation until it is bound to a person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="end_users")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=EndUserRole.choices)
    pinned_tenant_id = models.CharField(max_length=36, blank=True)  # empty: discovery could not be reached yet
    pinned_tenant_name = models.CharField(max_length=300, blank=True)
    look_up = models.CharField(max_length=12, blank=True)  # what a later look-up of the domain said (DomainKind)
    found_tenant_id = models.CharField(max_length=36, blank=True)  # another tenant than the company's: to be confirmed
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="end_users")
    invited_by = models.CharField(max_length=200)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    bound_at = models.DateTimeField(null=True)
    last_sign_in_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    passed_on = models.BooleanField(default=False)  # removed because the address was invited anew for somebody else

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "company", Lower("email"), condition=models.Q(removed_at__isnull=True), name="end_user_once_per_company"
            ),
            models.UniqueConstraint(
                fields=["company", "person"],
                condition=models.Q(removed_at__isnull=True, person__isnull=False),
                name="end_user_person_once_per_company",
            ),
        ]


class StaffRole(models.TextChoices):
    """What partner staff may do (product rules: roles of staff)."""

    SUPPORT = "support"
    BILLING = "billing"
    ADMIN = "admin"
    OWNER = "owner"


class Staff(models.Model):
    """A person at the partner, for all companies or for named ones."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=StaffRole.choices)
    all_companies = models.BooleanField(default=True)
    companies = models.ManyToManyField(Company, blank=True, related_name="staff")
    guest_allowed = models.BooleanField(default=False)  # explicit grant for a guest of the partner's tenant
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="staff")
    added_by = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    bound_at = models.DateTimeField(null=True)
    last_sign_in_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    passed_on = models.BooleanField(default=False)  # removed because the address was added anew for somebody else

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=models.Q(removed_at__isnull=True), name="staff_once"),
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(removed_at__isnull=True, person__isnull=False),
                name="staff_person_once",
            ),
        ]


class OwnerLink(models.Model):
    """The one-time link on the console that makes the first owner."""

    digest = models.CharField(max_length=64, primary_key=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class SignInTrouble(models.Model):
    """Microsoft refused the application for sign-in itself; every row goes with the next good sign-in."""

    code = models.CharField(max_length=40)
    tenant = models.CharField(max_length=300, blank=True)  # where it was refused: id or name; empty: not known
    advice = models.CharField(max_length=60)
    words = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    last_at = models.DateTimeField()
    for_everybody = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "tenant"], name="sign_in_trouble_once_per_tenant")]


class StaffSignInRule(models.Model):
    """What a sign-in of staff must have passed at Microsoft; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    context = models.CharField(max_length=3, blank=True)  # authentication context, such as "c1"; empty: none

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="staff_sign_in_rule_single_row")]


class Session(models.Model):
    """What a browser holds the key to: somebody who is signed in, or a sign-in that is under way.

    Only a digest of the key is here, so that nobody can sign in with what the database says.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    data = models.TextField()  # signed
    expires_at = models.DateTimeField(db_index=True)
    # Where somebody is signed in, read out of the data for the lists of sessions:
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="sessions")
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)


class SignInStart(models.Model):
    """A sign-in that somebody began in the last minute: what the pace of sign-ins is measured by."""

    network = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField(db_index=True)


class SignInRecord(models.Model):
    """One sign-in, accepted or refused, with the reason that the partner reads."""

    happened_at = models.DateTimeField()
    accepted = models.BooleanField()
    reason = models.CharField(max_length=40, blank=True)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True)
    tid = models.CharField(max_length=36, blank=True)
    oid = models.CharField(max_length=36, blank=True)
    tenant_name = models.CharField(max_length=300, blank=True)
    name = models.CharField(max_length=200, blank=True)
    username = models.CharField(max_length=254, blank=True)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, related_name="sign_ins")
    end_user = models.ForeignKey(EndUser, on_delete=models.SET_NULL, null=True)  # whose invitation it could bind to
    staff = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-happened_at"], name="sign_in_by_time")]
