"""People and agencies: who a person is, and what they did.

What they may see is decided in referrals.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

INVITATION_LASTS = timedelta(days=7)


class UserManager(BaseUserManager["User"]):
    """Creates users known by their email address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Return a new, saved user. Raises ValueError for an empty email."""
        if not email:
            raise ValueError("A user needs an email address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Return a new user who may open the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email=email)


class User(AbstractUser):
    """A person who signs in, by email address.

    `is_editor` marks an editor of the guidance. An editor sees no conversations; a
    person who records conversations has a Membership of an agency instead.
    """

    username = None  # type: ignore[assignment]
    email = models.EmailField("email address", unique=True)
    name = models.CharField("full name", max_length=150)
    job_title = models.CharField(max_length=150, blank=True)
    is_editor = models.BooleanField("editor of the guidance", default=False)

    @property
    def is_lead(self) -> bool:
        """Whether they lead an agency, and so have a desk."""
        return Membership.Role.LEAD in self.roles

    @property
    def is_reader(self) -> bool:
        """Whether they only read numbers: they have no conversations."""
        return self.roles == {Membership.Role.READER}

    @cached_property
    def roles(self) -> set[str]:
        """The roles that they have in force, in whichever agency."""
        return set(Membership.objects.of(self).values_list("role", flat=True))

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


class AgencyQuerySet(models.QuerySet["Agency"]):
    def of(self, user: User, *roles: "Membership.Role") -> "AgencyQuerySet":
        """Return the agencies in which a person has one of these roles in force, by name."""
        return self.none() if user.is_editor else self.held_by(user.pk, *roles)

    def held_by(self, key: object, *roles: "Membership.Role") -> "AgencyQuerySet":
        """Return the same of whoever has this key. That it is no editor is asked in the query."""
        memberships = Membership.objects.held_by(key).filter(role__in=roles)
        return self.filter(pk__in=memberships.values("agency"))


class Agency(models.Model):
    """A school, a health trust, a police team: every conversation belongs to one."""

    class Kind(models.TextChoices):
        SCHOOL = "school", "School or college"
        HEALTH = "health", "Health service"
        POLICE = "police", "Police"
        COUNCIL = "council", "Council service"
        VOLUNTARY = "voluntary", "Voluntary or community organisation"
        OTHER = "other", "Another kind"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    phone = models.CharField(max_length=40, blank=True)
    members = models.ManyToManyField(User, through="Membership", related_name="agencies")

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "agencies"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def member_at(self, email: str) -> User | None:
        """Return the member with this email address, in capitals or not."""
        return self.members.filter(email__iexact=email).first()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        """Return those in force: neither the membership nor the account is suspended."""
        return self.filter(suspended_at=None, user__is_active=True)

    def leads(self) -> "MembershipQuerySet":
        return self.active().filter(role=Membership.Role.LEAD)

    def of(self, user: User) -> "MembershipQuerySet":
        """Return the memberships in force of one person. An editor of the guidance has none."""
        return self.none() if user.is_editor else self.held_by(user.pk)

    def held_by(self, key: object) -> "MembershipQuerySet":
        """Return the same of whoever has this key. That it is no editor is asked in the query."""
        return self.active().filter(user=key, user__is_editor=False)


class Membership(models.Model):
    """One person's role in one agency. A suspended one counts for nothing.

    A reader sees the agency's numbers and no conversation.
    """

    class Role(models.TextChoices):
        PRACTITIONER = "practitioner", "Practitioner"
        LEAD = "lead", "Safeguarding lead"
        READER = "reader", "Reader only"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.PRACTITIONER)
    suspended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "agency"], name="one_role_a_person_and_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display().lower()} at {self.agency}"


def invitation_ends() -> Any:
    return timezone.now() + INVITATION_LASTS


class Invitation(models.Model):
    """A lead's invitation to an agency, sent by email. The address in it is kept as a digest."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("email address")
    role = models.CharField(max_length=20, choices=Membership.Role.choices)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invited")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=invitation_ends)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"Invitation {self.pk}"


class AppendOnly(Exception):
    """Something tried to change or remove an event."""


class Chain(models.Model):
    """The chain of events of one agency, or of the portal itself: its length and last digest.

    The row is also the lock under which the next event is written. It is what tells that
    the last events were removed.
    """

    key = models.CharField(max_length=40, unique=True)
    length = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.key


class EventQuerySet(models.QuerySet["Event"]):
    """Events are read and added. Raises AppendOnly for anything else."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnly("Events are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnly("Events are never removed.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise AppendOnly("Events are never changed.")


class Event(models.Model):
    """What was done: by whom, to what, when. Written by accounts.events.note alone.

    It names people and things by id and holds no personal data, so that a record can be
    erased and the chain stays whole. `detail` is one plain code, such as a step's slug.
    """

    class Verb(models.TextChoices):
        BEGAN = "began", "Began"
        CHANGED = "changed", "Changed"
        RECORDED = "recorded", "Recorded"
        OPENED = "opened", "Opened"
        PRINTED = "printed", "Made the PDF"
        EXPORTED = "exported", "Exported"
        REFUSED = "refused", "Was refused"
        ADDED = "added", "Added to the record"
        KEPT_FROM = "kept-from", "Kept from a person"
        REVIEWED = "reviewed", "Reviewed"
        SIGNED_OFF = "signed-off", "Signed off"
        REOPENED = "reopened", "Reopened the review"
        ESCALATED = "escalated", "Wrote an escalation"
        FOLLOWED_UP = "followed-up", "Followed up"
        ALERTED = "alerted", "Was sent an alert"
        SCHEDULED = "scheduled", "Set how long records are kept"
        HELD = "held", "Held from being erased"
        RELEASED = "released", "Lifted a hold"
        WARNED = "warned", "Was told that it will be erased"
        ERASED = "erased", "Erased"
        INVITED = "invited", "Invited"
        WITHDREW = "withdrew", "Withdrew an invitation"
        JOINED = "joined", "Joined"
        SUSPENDED = "suspended", "Suspended"
        RESTORED = "restored", "Restored"
        ROLE_CHANGED = "role-changed", "Changed a role"
        MADE_MEMBER = "made-member", "Made a member"
        REMOVED_MEMBER = "removed-member", "Removed a member"
        ACCOUNT_CHANGED = "account-changed", "Changed an account"
        SIGNED_IN = "signed-in", "Signed in"
        SIGNED_OUT = "signed-out", "Signed out"
        SIGN_IN_FAILED = "sign-in-failed", "Failed to sign in"
        FACTOR_ADDED = "factor-added", "Set up a second factor"
        FACTOR_REMOVED = "factor-removed", "Removed a second factor"
        DRAFTED = "drafted", "Began a draft of an edition"
        PROPOSED = "proposed", "Proposed an edition"
        UNPROPOSED = "unproposed", "Withdrew the proposal of an edition"
        PUBLISHED = "published", "Published an edition"
        ROLLED_BACK = "rolled-back", "Withdrew a published edition"
        DISCARDED = "discarded", "Discarded a draft of an edition"

    chain = models.ForeignKey(
        Chain, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=20, choices=Verb.choices)
    subject = models.CharField(max_length=60, blank=True, db_index=True)
    detail = models.CharField(
        max_length=64, blank=True, validators=[RegexValidator(r"^[a-z0-9-]*$")]
    )
    digest = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["chain", "number"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="one_event_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.verb}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the event. Raises AppendOnly for one that stands already."""
        if not self._state.adding:
            raise AppendOnly("Events are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("Events are never removed.")


class SentForm(models.Model):
    """A form that was sent and done, by the key of its page, and where it led. See once.py."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=22)
    led_to = models.CharField(max_length=200)
    sent_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="one_form_a_key"),
        ]

    def __str__(self) -> str:
        return f"Form {self.pk}"
