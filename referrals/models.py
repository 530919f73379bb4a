"""The recorded conversation. It belongs to an agency, and is frozen once it is recorded."""

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.db import models

from accounts.models import Agency, User
from referrals.fields import SHORT
from thresholds.models import Area, Edition, Indicator

# Without letters and digits that are mistaken for each other on the telephone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Frozen(Exception):
    """Something tried to change a conversation after it was recorded."""


def new_reference() -> str:
    """Return a reference that tells nothing about the child, such as TG-4K7M-Q2XD."""
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
    return f"TG-{letters[:4]}-{letters[4:]}"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> "ConversationQuerySet":
        """Return what `user` may see: their own, while they belong to its agency.

        This is the only way in. Editors have no agency, so they see nothing.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(author=user, agency__memberships__user=user)

    def drafts(self) -> "ConversationQuerySet":
        return self.filter(status=Conversation.Status.DRAFT)

    def recorded(self) -> "ConversationQuerySet":
        return self.filter(status=Conversation.Status.RECORDED)


class Conversation(models.Model):
    """A concern about a child, from first worry to record.

    `area` is empty when the child lives elsewhere or nobody knows where; `place` says
    which. `content` is the summary as it stood when it was recorded. The columns beside it
    repeat what lists and counts need, and are empty until then.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        RECORDED = "recorded", "Recorded"

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conversations"
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="conversations")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="conversations")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT)
    place = models.CharField(max_length=50)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    recorded_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=12, null=True, blank=True, unique=True)
    judged_level = models.PositiveSmallIntegerField(null=True, blank=True)
    read_level = models.PositiveSmallIntegerField(null=True, blank=True)
    read_up_to = models.PositiveSmallIntegerField(null=True, blank=True)
    child_protection = models.BooleanField(default=False)
    urgency = models.CharField(max_length=20, blank=True)
    agreement = models.CharField(max_length=20, blank=True)
    content = models.JSONField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(
                fields=["agency", "status", "-updated_at", "-id"], name="conversation_desk"
            ),
            models.Index(
                fields=["author", "status", "-updated_at", "-id"], name="conversation_own"
            ),
        ]

    def __str__(self) -> str:
        return self.reference or "Draft"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, unless the conversation is recorded already. Raises Frozen."""
        if self.pk and type(self).objects.recorded().filter(pk=self.pk).exists():
            raise Frozen(f"{self.reference} is recorded and cannot be changed.")
        super().save(*args, **kwargs)

    @property
    def is_recorded(self) -> bool:
        return self.status == self.Status.RECORDED


class PartOfConversation(models.Model):
    """A row that is fixed together with its conversation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE)

    class Meta:
        abstract = True


class Answer(PartOfConversation):
    """What was answered at one step. Saved as it is posted, also while it is a draft."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="answers")
    step = models.SlugField(max_length=30)
    data = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "step"], name="one_answer_a_step"),
        ]

    def __str__(self) -> str:
        return self.step


class Child(PartOfConversation):
    """The child of a recorded conversation: enough to recognise the same child again."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, related_name="child"
    )
    name = models.CharField(max_length=SHORT, blank=True)
    agency_reference = models.CharField(max_length=SHORT, blank=True)
    born_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    siblings = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "children"

    def __str__(self) -> str:
        return self.name or self.agency_reference


class Sign(PartOfConversation):
    """An indicator observed in a recorded conversation, in the words of its edition."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="signs")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="signs")
    seen_by = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "indicator"], name="one_sign_an_indicator"
            ),
        ]

    def __str__(self) -> str:
        return self.indicator.code


class Call(PartOfConversation):
    """A telephone call about the child.

    The 48 hours for writing count from `called_at` where the call was to the council.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="calls")
    to = models.CharField(max_length=SHORT)
    called_at = models.DateTimeField()
    said = models.TextField(blank=True)
    to_council = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.to
