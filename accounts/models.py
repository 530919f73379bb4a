"""People and agencies: who a person is. What they may see is decided in referrals."""

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models


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

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email


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

    class Meta:
        verbose_name_plural = "agencies"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one agency."""

    class Role(models.TextChoices):
        PRACTITIONER = "practitioner", "Practitioner"
        LEAD = "lead", "Safeguarding lead"
        READER = "reader", "Reader only"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.PRACTITIONER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "agency"], name="one_role_a_person_and_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display().lower()} at {self.agency}"
